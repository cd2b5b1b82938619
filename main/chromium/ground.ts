/**
 * What stands in the window between two pages of ours: one colour, that of the page which comes, and our name as the title. A
 * browser left to itself shows white there, which on a ward at night is a torch in the face.
 */
import type { Appearance } from '../host.ts';

/** `--bg` of renderer/shared/tokens.css; a test holds them to it. */
export const grounds = { plain: { light: '#fbf7f1', dark: '#15120f' }, contrast: { light: '#ffffff', dark: '#000000' } } as const;

function colours({ contrast }: Appearance): { readonly light: string; readonly dark: string } {
  return grounds[contrast ? 'contrast' : 'plain'];
}

function style(appearance: Appearance): string {
  const { light, dark } = colours(appearance);
  return `color-scheme:${appearance.theme === 'system' ? 'light dark' : appearance.theme};background:light-dark(${light},${dark})`;
}

/** Makes the browser's first page one with nothing in it: the next view begins in the colour of the one before. */
export function emptyingExpression(appearance: Appearance): string {
  return `document.title = 'Wardmux'; if (document.documentElement) document.documentElement.style = ${JSON.stringify(style(appearance))};`;
}

/** Its value is whether the system is dark. */
export const darkExpression = `matchMedia('(prefers-color-scheme: dark)').matches`;

/** A window that is not on the screen draws nothing: its page is not waited for longer than this (ms). */
const DRAWN_MS = 50;

/** The same, once the empty page has drawn itself: the next view begins in its colour, or else in white. */
export const drawnExpression = `Promise.race([
  new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
  new Promise((late) => setTimeout(late, ${DRAWN_MS})),
]).then(() => ${darkExpression})`;

/**
 * Where the window is opened, at the page with nothing in it. The browser makes its WM_CLASS of the address, and its title until it has read the page's own
 * (`wardmux_/`, then `wardmux`): so it is our name.
 */
export const groundAddress = 'http://wardmux/';

const page = (appearance: Appearance): string => `<!doctype html><title>Wardmux</title><style>html{${style(appearance)}}</style>`;

/** What stands at `groundAddress`. With an icon in it, so that the browser asks for none. */
export const groundPage = (appearance: Appearance): string => `${page(appearance)}<link rel="icon" href="data:,">`;

/**
 * Runs in a document before anything of it is read: it has its ground until its own style sheets have come. Without it the browser draws its own there, and that
 * is white or a grey. It stands in the first layer of those sheets (renderer/shared/tokens.css) and names nothing that counts, so that each of their rules wins:
 * outside of a layer it would win over them all, and no theme that is chosen later would be seen.
 */
export function groundScript(appearance: Appearance): string {
  return `{
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(${JSON.stringify(`@layer tokens{:where(html){${style(appearance)}}}`)});
  document.adoptedStyleSheets = [sheet];
}`;
}

/** The address of a page with nothing in it, in the colour of the page that comes. Where the system decides, it decides here too. */
export function emptyPage(appearance: Appearance): string {
  return `data:text/html;charset=utf-8,${encodeURIComponent(page(appearance))}`;
}

/** The colour of both, where the person has chosen a theme; undefined where the system decides. @returns as CSS has it, #rrggbb */
export function chosenGround(appearance: Appearance): string | undefined {
  return appearance.theme === 'system' ? undefined : colours(appearance)[appearance.theme];
}

/** What a document is drawn on before it has drawn anything itself. @param systemIsDark asked only where the system decides */
export function ground(appearance: Appearance, systemIsDark: boolean): { readonly r: number; readonly g: number; readonly b: number; readonly a: number } {
  const isDark = appearance.theme === 'system' ? systemIsDark : appearance.theme === 'dark';
  const [r = 0, g = 0, b = 0] = (colours(appearance)[isDark ? 'dark' : 'light'].match(/[0-9a-f]{2}/g) ?? []).map((hex) => parseInt(hex, 16));
  return { r, g, b, a: 1 };
}
