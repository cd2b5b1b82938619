/** The door of the ledger's room. */
export { LedgerError, type LedgerErrorCode } from './errors.ts';
export { checkEntry, eventRow, eventTable } from './events.ts';
export { LedgerFacts, type PersonFacts, type PolicyFacts } from './facts.ts';
export { Ledger } from './ledger.ts';
export { readHead, type SignedHead } from './head.ts';
export { decodeNoteKey, encodeNoteKey, installationNoteKey, ledgerOrigin, noteKey, openCheckpoint, parseCheckpoint, type NoteKey } from './note.ts';
export { noticeEntry } from './notice.ts';
export { readLedger, type LedgerFault, type LedgerFaultCode, type LedgerReading } from './read.ts';
export { RecordingStates, type RecordingState, type RuleBreak, type RuleCode } from './rules.ts';
export type { FoundEvent } from './found-event.ts';
export { BUSY_INTERVAL_MS, CheckpointScheduler, FIRST_HEAD_MS, REST_INTERVAL_MS } from './scheduler.ts';
export { LedgerView, readFacts } from './view.ts';
export { HEADS, MAX_HEADS, type RecordingHead } from './heads.ts';
export type { Authority, KnownHeads, LedgerEntry, LedgerEvent, LedgerOptions, OutsideHead, SignedCheckpoint } from './types.ts';
export type { EventRow } from './table/row.ts';
