/** The grid that everything stands on. */

/** One cell in CSS pixels, as the tokens have it now. */
export function cellSize(): { readonly c: number; readonly r: number } {
  const style = getComputedStyle(document.documentElement);
  return { c: parseFloat(style.getPropertyValue('--c')), r: parseFloat(style.getPropertyValue('--r')) };
}
