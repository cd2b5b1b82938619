/**
 * The emulator sees to it that text has its contrast (minimumContrastRatio), with gaps in @xterm/xterm 6.0.0. Inverse text
 * in the default colours is judged with the colour of the text in place of that of the ground, and comes out grey. And a run of
 * cells that begins with a line of a box is not judged at all, so that the words behind it can be unreadable. Dim text is
 * judged before it is made faint. And the emulator knows nothing of our grounds. This takes hold
 * of one inner part, as quiet-view.ts does; where it is missing, all is as it was.
 */
import type { Terminal } from '@xterm/xterm';

interface Color {
  readonly css: string;
  readonly rgba: number;
}

interface Cell {
  getCode(): number;
  isInverse(): number;
  isDim(): number;
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

/** Colours that panes.css has grounds for. */
const PAINTED = 8;
/** What dim text keeps; other text has 4.5. */
const DIM_RATIO = 3;
/** Shares of the ink in a dim letter, the faintest first. */
const shares = [0.5, 0.6, 0.7, 0.8, 0.9, 1];

/**
 * Call it once, after the terminal was opened. `grounds`: what panes.css paints under the first eight colours. `unpainted`: what is under a
 * cell that has no colour, in a pane with the focus and in one without.
 */
export function mendContrast(terminal: Terminal, grounds: () => readonly string[], unpainted: () => readonly string[]): void {
  const core = (terminal as unknown as Inner)._core;
  const factory = core?._renderService?._renderer?.value?._rowFactory;
  const judge = factory?._applyMinimumContrast;
  if (!factory || !judge) return;
  /** The ground as it is painted: another one for the first eight colours. */
  const groundOf = (ground: Color, ansi: readonly Color[]): Color => {
    for (let i = 0; i < PAINTED; i += 1) if (ansi[i] === ground) return colorOf(grounds()[i]!);
    return ground;
  };
  /** Dim ink by ground and ink: there are few pairs on a screen. */
  const dims = new Map<string, string>();
  factory._applyMinimumContrast = (element, ground, ink, cell, ...overrides) => {
    const colors = core._themeService?.colors;
    if (!colors) return judge.call(factory, element, ground, ink, cell, ...overrides);
    const painted = ground === colors.background ? ground : groundOf(ground, colors.ansi);
    const swapped = ink === colors.foreground && cell.isInverse() !== 0;
    // Black on a coloured bar is as black as the page: the palette's own is a grey that can be read on the page.
    const black = ink === colors.ansi[0] && ground !== colors.background && overrides[1] === undefined;
    const wanted = swapped || black ? colorOf(opaque(colors.background)) : ink;
    if (cell.isDim() !== 0 && overrides[1] === undefined) {
      const key = `${painted.rgba} ${wanted.rgba}`;
      let dim = dims.get(key);
      if (dim === undefined) {
        const plain = Object.create(cell, { isDim: { value: () => 0 }, getCode: { value: () => letter } }) as Cell;
        const readable = judge.call(factory, element, painted, wanted, plain) ? channels(element.style.color) : bytes(wanted.rgba);
        const under = ground === colors.background ? unpainted().map((hex) => bytes(colorOf(hex).rgba)) : [bytes(painted.rgba)];
        dims.set(key, (dim = faintest(readable, under)));
      }
      element.style.color = dim;
      return true;
    }
    const judged = isBoxLine(cell.getCode()) ? (Object.create(cell, { getCode: { value: () => letter } }) as Cell) : cell;
    const mended = judge.call(factory, element, painted, wanted, judged, ...overrides);
    if (!mended && black) element.style.color = wanted.css;
    return mended || black;
  };
}

type Rgb = readonly [red: number, green: number, blue: number];

const bytes = (rgba: number): Rgb => [(rgba >>> 24) & 255, (rgba >>> 16) & 255, (rgba >>> 8) & 255];
/** rgb(1, 2, 3), as the browser writes a colour. */
function channels(css: string): Rgb {
  const [red = 0, green = 0, blue = 0] = css.match(/\d+/g)?.map(Number) ?? [];
  return [red, green, blue];
}

/** The ink, mixed with the first ground as far as its contrast with each of them allows. */
function faintest(ink: Rgb, grounds: readonly Rgb[]): string {
  const [ground] = grounds as readonly [Rgb, ...Rgb[]];
  const mix = (share: number): Rgb => [0, 1, 2].map((i) => Math.round(ink[i]! * share + ground[i]! * (1 - share))) as unknown as Rgb;
  const share = shares.find((candidate) => grounds.every((under) => ratio(mix(candidate), under) >= DIM_RATIO)) ?? 1;
  return `rgb(${mix(share).join(', ')})`;
}

/** WCAG 2.2, contrast ratio of two colours. */
function ratio(a: Rgb, b: Rgb): number {
  const linear = (value: number): number => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]: Rgb): number => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** The ground is seen through; its colour is not. */
const opaque = ({ rgba }: Color): string => `#${(rgba >>> 8).toString(16).padStart(6, '0')}`;
