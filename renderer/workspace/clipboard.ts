/** Copying. The copy command needs no permission and works inside a key or mouse event; the last copy also feeds ctrl-b ]. */

let kept = '';

/** What was copied last in this workspace. Gone with the page at the lock. */
export const lastCopy = (): string => kept;

/** Puts text on the clipboard. False when the browser refused; the text is kept for a paste inside Wardmux all the same. */
export function copyText(text: string): boolean {
  kept = text;
  let taken = false;
  const onCopy = (event: ClipboardEvent): void => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
    taken = true;
  };
  document.addEventListener('copy', onCopy, { capture: true, once: true });
  document.execCommand('copy');
  document.removeEventListener('copy', onCopy, { capture: true });
  return taken;
}
