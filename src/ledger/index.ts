/** The door of the ledger's room. */
export { LedgerError } from './errors.ts';
export { isRetried, Ledger } from './ledger.ts';
export { installationNoteKey } from './note.ts';
export { noticeEntry } from './notice.ts';
export { BUSY_INTERVAL_MS, FIRST_HEAD_MS } from './scheduler.ts';
export { readFacts } from './view.ts';
export type { LedgerEntry } from './types.ts';
