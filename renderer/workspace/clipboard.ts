/** Copying. The copy command needs no permission and works inside a key or mouse event; the last copy also feeds ctrl-b ]. */

let kept = '';

/**
 * Tells of every copy that is made in this page, by us, by the emulator or by the browser in a field, before it is made. What
 * is selected with the mouse counts: on Linux the emulator puts it into its input field and selects it there, and that is
 * how a browser hands it to the desktop (the PRIMARY selection, pasted by the middle button).
 */
export function onCopy(tell: () => void): void {
  for (const event of ['copy', 'cut']) window.addEventListener(event, tell, { capture: true });
  const { select } = HTMLTextAreaElement.prototype;
  HTMLTextAreaElement.prototype.select = function (this: HTMLTextAreaElement): void {
    tell();
    select.call(this);
  };
}

/** What was copied last in this workspace. Gone with the page at the lock. */
export const lastCopy = (): string => kept;

/** Puts text on the clipboard. False when the browser refused; the text is kept for a paste inside Wardmux all the same. */
export function copyText(text: string): boolean {
  kept = text;
  let taken = false;
  const fill = (event: ClipboardEvent): void => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
    taken = true;
  };
  document.addEventListener('copy', fill, { capture: true, once: true });
  document.execCommand('copy');
  document.removeEventListener('copy', fill, { capture: true });
  return taken;
}
