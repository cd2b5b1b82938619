/**
 * What goes from the line when it gets narrow, decided by what fits: later windows one by one, then what is marked with
 * `data-drop`, the lowest step first, then the other windows. Warnings, the mark of sealing and the time until the lock never go.
 */

/** Windows that stay when the later ones go, as long as there is something else that can. */
const FIRST_WINDOWS = 3;

export function fitLine(line: HTMLElement): void {
  const parts = [line, ...line.querySelectorAll<HTMLElement>('.line__where, .line__where > .seg, .seg__name, .line__state')];
  const fits = (): boolean => parts.every((part) => part.scrollWidth <= part.clientWidth);
  const dropped = [...line.querySelectorAll<HTMLElement>('[data-drop]')];
  const windows = [...line.querySelectorAll<HTMLElement>('.line__windows > [data-window]')];
  const more = line.querySelector<HTMLElement>('.win__more');
  const later = windows.filter((window, i) => i >= FIRST_WINDOWS && window.dataset['window'] !== 'current').reverse();
  const first = windows.filter((window, i) => i < FIRST_WINDOWS && window.dataset['window'] !== 'current').reverse();
  let gone = 0;
  for (const element of [...dropped, ...windows]) element.classList.remove('is-dropped');
  const say = (): void => {
    if (!more) return;
    more.classList.toggle('is-dropped', gone === 0);
    more.textContent = `+${gone}`;
  };
  const dropWindows = (which: readonly HTMLElement[]): boolean =>
    which.some((window) => {
      window.classList.add('is-dropped');
      gone += 1;
      say();
      return fits();
    });
  say();
  if (fits() || dropWindows(later)) return;
  for (const step of [...new Set(dropped.map((element) => Number(element.dataset['drop'])))].sort((a, b) => a - b)) {
    for (const element of dropped) if (Number(element.dataset['drop']) <= step) element.classList.add('is-dropped');
    if (!fits()) continue;
    // Without the names there may be room for windows that went before.
    for (const window of later.toReversed()) {
      window.classList.remove('is-dropped');
      gone -= 1;
      say();
      if (fits()) continue;
      window.classList.add('is-dropped');
      gone += 1;
      say();
      return;
    }
    return;
  }
  dropWindows(first);
}
