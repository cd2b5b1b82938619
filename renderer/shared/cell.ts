/** The grid that everything stands on. */

/** Where the cell grows by itself: as in tokens.css. */
export const LARGE_DISPLAY = '(min-width: 2200px) and (min-height: 1200px)';

/** One cell in CSS pixels, as the tokens have it now. */
export function cellSize(): { readonly c: number; readonly r: number } {
  const style = getComputedStyle(document.documentElement);
  return { c: parseFloat(style.getPropertyValue('--c')), r: parseFloat(style.getPropertyValue('--r')) };
}
