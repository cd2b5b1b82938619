/** The emulator's colours and cell, read from the tokens, so that tokens.css is the only place that has them. */
import type { ITheme, Terminal } from '@xterm/xterm';
import { cellSize } from '../shared/cell.ts';

/** The fonts of Thai and Devanagari that the set-up brings are named: what a browser would take by itself has any width. */
export const fontFamily = '"Wardmux Boxes", "Plex Mono", ui-monospace, "DejaVu Sans Mono", "Tlwg Mono", "Lohit Devanagari", monospace';

export interface Palette {
  readonly theme: ITheme;
  /** The first eight colours as grounds, #rrggbb. */
  readonly grounds: readonly string[];
  /** Of a pane with the focus and of one without, #rrggbb. */
  readonly unpainted: readonly string[];
  /** Search hits, #rrggbb. */
  readonly hit: string;
  readonly current: string;
}

/** Resolves light-dark() and system colours by asking the style engine for a computed colour. */
export function readPalette(): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  probe.style.setProperty('forced-color-adjust', 'none');
  document.body.append(probe);
  const read = (value: string): string => {
    probe.style.color = value;
    return hex(getComputedStyle(probe).color);
  };
  const token = (name: string): string => read(`var(--${name})`);
  const [bg, fg, inverse, faint] = [token('bg'), token('fg'), token('inv'), token('fg3')];
  const forced = matchMedia('(forced-colors: active)').matches;
  const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
  const bright = ['brightBlack', 'brightRed', 'brightGreen', 'brightYellow', 'brightBlue', 'brightMagenta', 'brightCyan', 'brightWhite'] as const;
  const theme: ITheme = {
    // Seen through, so that a pane's ground follows its focus without a repaint; contrast is computed with the colour.
    background: `${bg}00`,
    foreground: fg,
    cursor: forced ? read('Highlight') : fg,
    cursorAccent: forced ? read('HighlightText') : inverse,
    selectionBackground: forced ? read('Highlight') : fg,
    selectionForeground: forced ? read('HighlightText') : inverse,
    selectionInactiveBackground: forced ? read('Highlight') : fg,
    scrollbarSliderBackground: `${faint}66`,
    scrollbarSliderHoverBackground: `${faint}aa`,
    scrollbarSliderActiveBackground: faint,
    overviewRulerBorder: `${bg}00`,
    ...Object.fromEntries(names.map((name, i) => [name, token(`t${i}`)])),
    ...Object.fromEntries(bright.map((name, i) => [name, token(`t${i + 8}`)])),
  };
  const grounds = names.map((_, i) => token(`g${i}`));
  const palette = { theme, grounds, unpainted: [bg, token('sunk')], hit: forced ? read('Mark') : token('hit'), current: forced ? read('Highlight') : fg };
  probe.remove();
  return palette;
}

/** rgb(1, 2, 3) as #010203; the emulator's decorations take no other form. */
function hex(computed: string): string {
  const parts = computed.match(/[\d.]+/g)?.slice(0, 3) ?? ['0', '0', '0'];
  return `#${parts.map((part) => Math.round(Number(part)).toString(16).padStart(2, '0')).join('')}`;
}

/** Plex Mono advances 600/1000 of its size: the font follows from the cell. */
export const advance = 0.6;
/** Row height is floored to device pixels; without this, 20 would become 19. */
const roundingRoom = 0.02;

/** Sets font size, line height and letter spacing so that one cell is exactly --c by --r. The terminal must be opened. */
export function tuneCell(terminal: Terminal): void {
  const { c, r } = cellSize();
  terminal.options.fontSize = c / advance;
  terminal.options.letterSpacing = 0;
  terminal.options.lineHeight = 1;
  const row = terminal.element?.querySelector<HTMLElement>('.xterm-rows > div');
  if (!row) return;
  const plain = parseFloat(row.style.height);
  if (!(plain > 0)) return;
  terminal.options.lineHeight = (r + roundingRoom) / plain;
  // Letter spacing is whole device pixels: it mends a fallback font, not a fraction.
  const width = parseFloat(row.style.width) / terminal.cols;
  terminal.options.letterSpacing = Math.round((c - width) * devicePixelRatio);
}
