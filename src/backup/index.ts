/** The door of the room. */
export { BackupError } from './errors.ts';
export { eraseGrain, readSet, requireSet, runsIn, writeSet } from './folder.ts';
export { CHUNK_BYTES, grainTag, isKept, keptNames, scopeOf, SET_KEY_BYTES, type SetFile } from './format.ts';
export { digestOf } from './packs.ts';
export { hasRun, lookAtRuns, OpenRun, packFaults, readRun, type WholeRun } from './read.ts';
export { restoreFiles, type Restored } from './restore.ts';
export { BackupRun, type RunResult } from './write.ts';
