/** Room that is held back for the ledger: a lock, an unlock and the end of a recording are entered also where somebody has filled the disk. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { freeMebibytes, holdRoom as hold, releaseRoom as release } from '../disk/room.ts';

export { isFull } from '../disk/errno.ts';

/** Some sixteen thousand events. */
const ROOM_BYTES = 4 * 1024 * 1024;
/** A disk that is nearly full already is not filled by us: so much stays free beyond what is held. */
const LEAVE_MEBIBYTES = 16;
/** Given up at a time: others who want room on a full disk get what is left of a piece, and not all of it. */
const PIECE_BYTES = 128 * 1024;

/** Holds the room back, as far as there is any. Cheap where it is held already. */
export function holdRoom(path: string): void {
  try {
    if (freeMebibytes(existsSync(path) ? path : dirname(path)) >= LEAVE_MEBIBYTES) hold(path, ROOM_BYTES, { sync: true });
  } catch {
    // There is no room to hold back. It is looked for again at the next checkpoint.
  }
}

/** Gives up a piece of it. @returns false where nothing is left. */
export function releaseRoom(path: string): boolean {
  return release(path, PIECE_BYTES);
}
