/**
 * A key that waited (key-hold.ts), typed where the focus is now. A synthetic event tells the listeners and no more: what a browser does with a key that none of
 * them has taken, is done here, or the key would be lost. A question that is to be read first (`deliberate`) is not answered by a key that was typed before it stood.
 */

export function deliverKey(event: KeyboardEvent): void {
  const { key, code, keyCode, ctrlKey, altKey, shiftKey, metaKey } = event;
  const target = document.activeElement ?? document.body;
  const since = target.closest<HTMLElement>('dialog[data-since]')?.dataset['since'];
  if (since !== undefined && key !== 'Escape' && event.timeStamp < Number(since)) return;
  const goesOn = target.dispatchEvent(
    new KeyboardEvent('keydown', { key, code, keyCode, ctrlKey, altKey, shiftKey, metaKey, bubbles: true, cancelable: true }),
  );
  if (!goesOn) return;
  const dialog = target.closest('dialog');
  const plain = !ctrlKey && !altKey && !metaKey;
  if (key === 'Escape' && dialog) dialog.dispatchEvent(new Event('cancel', { cancelable: true }));
  else if (key === 'Tab' && plain && dialog) goOn(dialog, target, shiftKey);
  else if (plain && presses(target, key)) target.click();
  else if (key === 'Enter' && target instanceof HTMLInputElement) target.form?.requestSubmit();
  else if (key === 'Backspace' && target instanceof HTMLInputElement) document.execCommand('delete');
  else if ([...key].length === 1 && plain) {
    // The emulator takes a space from the key press or, with no key down, from the input. There is no press here.
    target.dispatchEvent(new KeyboardEvent('keyup', { key, code, keyCode, bubbles: true }));
    document.execCommand('insertText', false, key);
  }
}

/** Whether the key is to it as a click. */
function presses(target: Element, key: string): target is HTMLElement {
  if (target instanceof HTMLButtonElement) return key === 'Enter' || key === ' ';
  return target instanceof HTMLInputElement && key === ' ' && ['checkbox', 'radio'].includes(target.type);
}

/** To the next stop of the dialog, or to the one before: as Tab goes. Of the choices of a group one is a stop. */
function goOn(dialog: HTMLDialogElement, from: Element, back: boolean): void {
  const stops = [...dialog.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]')].filter(
    (stop) => stop.tabIndex >= 0 && !stop.matches(':disabled') && stop.checkVisibility() && !isOtherChoice(dialog, stop),
  );
  const [first, last] = [stops[0], stops.at(-1)];
  const lies = (stop: Element, where: number): boolean => (from.compareDocumentPosition(stop) & where) !== 0;
  const next = back
    ? (stops.findLast((stop) => lies(stop, Node.DOCUMENT_POSITION_PRECEDING)) ?? last)
    : (stops.find((stop) => lies(stop, Node.DOCUMENT_POSITION_FOLLOWING)) ?? first);
  next?.focus();
  if (next instanceof HTMLInputElement) next.select();
}

function isOtherChoice(dialog: HTMLDialogElement, stop: HTMLElement): boolean {
  if (!(stop instanceof HTMLInputElement) || stop.type !== 'radio') return false;
  const choices = [...dialog.querySelectorAll<HTMLInputElement>('input[type=radio]')].filter(({ name }) => name === stop.name);
  return stop !== (choices.find(({ checked }) => checked) ?? choices[0]);
}
