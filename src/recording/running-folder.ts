/** The folder of a recording while it is written: its mark and its lock, which say who writes it, and the room for its end. */
import { mkdirSync, rmSync } from 'node:fs';
import { holdRecording, markLive, unmarkLive } from './live.ts';
import { EndRoom } from './room.ts';

export class RunningFolder {
  readonly #path: string;
  readonly #room: EndRoom;
  /** A folder that was there before may have a writer of its own: nothing in it is ours to remove. */
  #ours = false;
  /** Lets go of the lock that says that this process writes it. */
  #unlock: () => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
    this.#room = new EndRoom(path);
  }

  /** Throws what the system says; nothing is left behind then. */
  make(): void {
    mkdirSync(this.#path, { mode: 0o700 });
    try {
      markLive(this.#path);
      this.#room.hold();
      this.#ours = true;
    } catch (error) {
      rmSync(this.#path, { recursive: true, force: true });
      throw error;
    }
  }

  /** Takes the lock of the first segment, which is there. @throws RecordingError 'live' */
  lock(): void {
    this.#unlock = holdRecording(this.#path);
  }

  /** Gives up the room that is held back for the end. */
  spendRoom(): void {
    this.#room.release();
  }

  /** Nobody writes it any more. Throws what the system says. */
  letGo(): void {
    if (!this.#ours) return;
    // A mark that a power cut brings back is nothing beside the end.
    unmarkLive(this.#path);
    this.#room.remove();
    const unlock = this.#unlock;
    this.#unlock = () => undefined;
    unlock();
  }
}
