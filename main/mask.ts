/** "Mara Ueda" becomes "M. U.": what a passer-by may read on the lock page and on a locked terminal. */
export function mask(name: string): string {
  return name
    .split(/\s+/)
    .filter(Boolean)
    .map((part) => `${[...part][0]?.toUpperCase() ?? ''}.`)
    .join(' ');
}
