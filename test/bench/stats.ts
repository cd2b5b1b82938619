/** The middle value (of an even number, the mean of the two in the middle). NaN of none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which a part (0 to 1) of the values lie, interpolated between neighbours. NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = part * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

/** One line of a table of figures. */
export interface FigureRow {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  /** Why it could not be measured. */
  readonly missing?: string;
  readonly samples?: readonly number[];
}

/** A GitHub table; numbers stand right. */
export function markdownTable(head: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number>>): string {
  const line = (cells: ReadonlyArray<string | number>): string => `| ${cells.join(' | ')} |`;
  const align = head.map((_, column) => (rows.some((row) => typeof row[column] === 'number' || /^[\d.,x–-]+$/.test(String(row[column]))) ? '---:' : '---'));
  return [line(head), line(align), ...rows.map(line)].join('\n');
}
