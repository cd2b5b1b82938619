/** The lid, which logind tells nobody of: LidClosed is a property without a signal (org.freedesktop.login1(5)), so it is read now and then. */
import { systemBusPath } from '../../src/dbus/address.ts';
import { propertyIn, propertyOf } from '../../src/dbus/bus.ts';
import { AskedBus, Silence } from './asked-bus.ts';

const lidClosed = propertyOf('org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager', 'LidClosed');

export class Lid {
  readonly #bus: AskedBus;
  readonly #silence: Silence;
  #isClosed: boolean | undefined;
  #asking = false;
  #over = false;

  /** @param now monotonic milliseconds. */
  constructor(env: Readonly<Record<string, string | undefined>>, now: () => number = () => performance.now()) {
    this.#bus = new AskedBus(systemBusPath(env));
    this.#silence = new Silence(now);
  }

  /** Whether it was open at the last look that was answered, and is closed at this one. A lid that was closed when it began is how that machine is used. */
  async hasClosed(): Promise<boolean> {
    if (this.#over || this.#asking || this.#silence.isKept) return false;
    this.#asking = true;
    try {
      const is = propertyIn(await this.#bus.call(lidClosed));
      if (typeof is !== 'boolean') throw new Error('no lid');
      const was = this.#isClosed;
      this.#isClosed = is;
      return is && was === false;
    } catch {
      this.#silence.begin();
      return false;
    } finally {
      this.#asking = false;
      // The connection may have come up only now.
      if (this.#over) this.#bus.close();
    }
  }

  close(): void {
    this.#over = true;
    this.#bus.close();
  }
}
