/** The door of the room that reads recordings of other programs. */
export { ImportError } from './errors.ts';
export { formatOf, importFormats, LOOK_BYTES } from './formats.ts';
export { emptyTally, settled, type SettledHead, type Tally } from './settle.ts';
export type { ImportFormatRow } from './types.ts';
