/** A person's display settings: on the root element, so that tokens.css answers. */
import { signal } from '@preact/signals';
import type { Display } from '../../src/bridge/schema.ts';
import type { Bridge } from './bridge.ts';

/** The system's own wish, which may change at dusk. */
const systemDark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(systemDark.matches);
systemDark.addEventListener('change', () => (systemIsDark.value = systemDark.matches));

export const display = signal<Display>({ theme: 'system', cell: 'auto', contrast: false, motion: true });

function apply(settings: Display): void {
  display.value = settings;
  const root = document.documentElement.dataset;
  set('theme', settings.theme === 'system' ? undefined : settings.theme);
  set('cell', settings.cell === 'auto' ? undefined : settings.cell);
  set('contrast', settings.contrast ? 'more' : undefined);
  set('motion', settings.motion ? undefined : 'none');
  function set(name: string, value: string | undefined): void {
    if (value === undefined) delete root[name];
    else root[name] = value;
  }
}

/** Follows the core's display event. */
export function followDisplay(bridge: Bridge): void {
  bridge.on('display', apply);
}

/** Applies at once and tells the core, which keeps it. */
export function setDisplay(bridge: Bridge, change: Partial<Display>): void {
  apply({ ...display.value, ...change });
  void bridge.request('display.set', change).catch(() => {});
}

const cells = ['8', '9', '10', '12'] as const;

/** Text a step larger or smaller than the cell of `columns` pixels that there is now, as far as it goes; or what the screen asks for. */
export function stepCell(step: 'larger' | 'smaller' | 'standard', columns: number): Display['cell'] {
  if (step === 'standard') return 'auto';
  const larger = cells.find((cell) => Number(cell) > columns) ?? cells.at(-1)!;
  return step === 'larger' ? larger : (cells.findLast((cell) => Number(cell) < columns) ?? cells[0]);
}

/** The next larger cell, and back to automatic after the largest. */
export const largerCell = (cell: Display['cell']): Display['cell'] => (cell === 'auto' ? '9' : (cells[cells.indexOf(cell) + 1] ?? 'auto'));

/** Whether the page is dark now, whoever decided it. */
export function isDark(): boolean {
  const { theme } = display.value;
  return theme === 'system' ? systemIsDark.value : theme === 'dark';
}
