/** Copying. The copy command needs no permission and works inside a key or mouse event; what is copied feeds ctrl-b ] too. */

import { Buffers } from './buffers.ts';

/** What was copied, by the class of the pane that it was copied in. It stays behind where somebody goes to another one, and is gone with the page at the lock. */
export const buffers = new Buffers();

/**
 * Tells of every copy that is made in this page, by us, by the emulator or by the browser in a field, before it is made. What
 * is selected with the mouse counts: on Linux the emulator puts it into its input field and selects it there, and that is
 * how a browser hands it to the desktop (the PRIMARY selection, pasted by the middle button).
 */
export function onCopy(tell: (text: string) => void): void {
  for (const event of ['copy', 'cut']) window.addEventListener(event, ({ target }) => tell(selectedIn(target)), { capture: true });
  const { select } = HTMLTextAreaElement.prototype;
  HTMLTextAreaElement.prototype.select = function (this: HTMLTextAreaElement): void {
    tell(this.value);
    select.call(this);
  };
}

/** What a browser would copy out of a field; of the page, out of everything else. Empty where the emulator alone knows. */
function selectedIn(target: EventTarget | null): string {
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)
    return target.value.slice(target.selectionStart ?? 0, target.selectionEnd ?? 0);
  return document.getSelection()?.toString() ?? '';
}

/** Puts text on the clipboard. False when the browser refused. */
export function copyText(text: string): boolean {
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
