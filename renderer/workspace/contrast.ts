/**
 * The emulator sees to it that text has its contrast (minimumContrastRatio), with gaps in @xterm/xterm 6.0.0. Inverse text
 * in the default colours is judged with the colour of the text in place of that of the ground, and comes out grey. And a run of
 * cells that begins with a line of a box is not judged at all, so that the words behind it can be unreadable. And it knows nothing of our grounds. This
 * takes hold of one inner part, as quiet-view.ts does; where it is missing, all is as it was.
 */
import type { Terminal } from '@xterm/xterm';

interface Color {
  readonly css: string;
  readonly rgba: number;
}

interface Cell {
  getCode(): number;
  isInverse(): number;
}

type Judge = (element: HTMLElement, ground: Color, ink: Color, cell: Cell, ...overrides: readonly (Color | undefined)[]) => boolean;

interface Inner {
  readonly _core?: {
    readonly _themeService?: { readonly colors?: { readonly foreground: Color; readonly background: Color; readonly ansi: readonly Color[] } };
    readonly _renderService?: { readonly _renderer?: { readonly value?: { readonly _rowFactory?: { _applyMinimumContrast?: Judge } } } };
  };
}

/** Lines of boxes. Blocks (U+2580 and on) stay as they are: pictures are made of them. */
const isBoxLine = (code: number): boolean => code >= 0x2500 && code <= 0x257f;
const letter = 0x41;

const colorOf = (hex: string): Color => ({ css: hex, rgba: ((parseInt(hex.slice(1), 16) << 8) | 0xff) >>> 0 });

/** Call it once, after the terminal was opened. `grounds`: what panes.css paints under the first eight colours. */
export function mendContrast(terminal: Terminal, grounds: () => readonly string[]): void {
  const core = (terminal as unknown as Inner)._core;
  const factory = core?._renderService?._renderer?.value?._rowFactory;
  const judge = factory?._applyMinimumContrast;
  if (!factory || !judge) return;
  factory._applyMinimumContrast = (element, ground, ink, cell, ...overrides) => {
    const colors = core._themeService?.colors;
    if (!colors) return judge.call(factory, element, ground, ink, cell, ...overrides);
    const painted = grounds()[colors.ansi.indexOf(ground)];
    const swapped = ink === colors.foreground && cell.isInverse() !== 0;
    // Black on a coloured bar is as black as the page: the palette's own is a grey that can be read on the page.
    const black = ink === colors.ansi[0] && ground !== colors.background && overrides[1] === undefined;
    const judged = isBoxLine(cell.getCode()) ? (Object.create(cell, { getCode: { value: () => letter } }) as Cell) : cell;
    const mended = judge.call(factory, element, painted ? colorOf(painted) : ground, swapped || black ? colors.background : ink, judged, ...overrides);
    if (!mended && black) element.style.color = colorOf(opaque(colors.background)).css;
    return mended || black;
  };
}

/** The ground is seen through; its colour is not. */
const opaque = ({ rgba }: Color): string => `#${(rgba >>> 8).toString(16).padStart(6, '0')}`;
