/** The lid, which logind tells nobody of: LidClosed is a property without a signal (org.freedesktop.login1(5)), so it is read now and then. */
import { systemBusPath } from '../../src/dbus/address.ts';
import { Bus, propertyIn, propertyOf } from '../../src/dbus/bus.ts';

/** A bus that does not answer within this time is as good as none. */
const BUS_MS = 500;
/** After nobody could tell, nobody is asked for this long. */
const RETRY_MS = 60_000;

const lidClosed = propertyOf('org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager', 'LidClosed');

export class Lid {
  readonly #path: string;
  readonly #now: () => number;
  #bus: Bus | undefined;
  #isClosed: boolean | undefined;
  #silentSince: number | undefined;
  #asking = false;

  /** @param now monotonic milliseconds. */
  constructor(env: Readonly<Record<string, string | undefined>>, now: () => number = () => performance.now()) {
    this.#path = systemBusPath(env);
    this.#now = now;
  }

  /** Whether it was open at the last look that was answered, and is closed at this one. A lid that was closed when it began is how that machine is used. */
  async hasClosed(): Promise<boolean> {
    if (this.#asking || (this.#silentSince !== undefined && this.#now() - this.#silentSince < RETRY_MS)) return false;
    this.#asking = true;
    try {
      if (!this.#bus?.isOpen) this.#bus = await Bus.open(this.#path, BUS_MS);
      const is = propertyIn(await this.#bus.call({ ...lidClosed, noAutoStart: true }, BUS_MS));
      if (typeof is !== 'boolean') throw new Error('no lid');
      const was = this.#isClosed;
      this.#isClosed = is;
      this.#silentSince = undefined;
      return is && was === false;
    } catch {
      this.#silentSince = this.#now();
      return false;
    } finally {
      this.#asking = false;
    }
  }

  close(): void {
    this.#silentSince = Infinity;
    this.#bus?.close();
  }
}
