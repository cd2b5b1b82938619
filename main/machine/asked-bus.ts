/** A bus that is asked now and then by somebody who does not wait for it: a connection that is kept, a short time, and a silence after nobody could tell. */
import { Bus, type Call, type Reply } from '../../src/dbus/bus.ts';

/** A bus that does not answer within this time is as good as none: neither the lock nor the lid waits for it. */
const BUS_MS = 500;
/** After nobody could tell, nobody is asked for this long: it is asked every second. */
const RETRY_MS = 60_000;

export class AskedBus {
  readonly #path: string;
  #bus: Bus | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Starts no process that is not there. @throws Error where nobody answers, or the answer is an error */
  async call(what: Call): Promise<Reply> {
    if (!this.#bus?.isOpen) this.#bus = await Bus.open(this.#path, BUS_MS);
    const reply = await this.#bus.call({ ...what, noAutoStart: true }, BUS_MS);
    if (reply.error !== undefined) throw new Error('the bus has no answer');
    return reply;
  }

  close(): void {
    this.#bus?.close();
  }
}

export class Silence {
  readonly #now: () => number;
  #since: number | undefined;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  get isKept(): boolean {
    return this.#since !== undefined && this.#now() - this.#since < RETRY_MS;
  }

  begin(): void {
    this.#since = this.#now();
  }
}
