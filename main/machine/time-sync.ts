/**
 * Whether this machine's clock is synchronized, as far as an ordinary account is told: NTPSynchronized of systemd-timedated (org.freedesktop.timedate1(5)),
 * which passes on what the kernel has (adjtimex(2): the greatest error that it reckons with is below 16 s). Whatever put the clock right counts, timesyncd, chrony or ntpd, and
 * whoever that is: a server that lies, and root, who can tell the kernel what they like, are not seen. The kernel goes on saying yes for some hours after the last time it was put right.
 */
import { systemBusPath } from '../../src/dbus/address.ts';
import { Bus, propertyIn, propertyOf } from '../../src/dbus/bus.ts';
import type { ClockState } from '../../src/types/words.ts';

const name = 'org.freedesktop.timedate1';
const synchronized = propertyOf(name, '/org/freedesktop/timedate1', name, 'NTPSynchronized');

/** The bus starts timedated for this, which ends by itself soon after; on a busy machine that takes its time (ms). */
const BUS_MS = 20_000;

/** Asks once, over a connection of its own. Never rejects: whatever is no answer is `unknown`. */
export async function readClockState(env: Readonly<Record<string, string | undefined>>): Promise<ClockState> {
  try {
    const bus = await Bus.open(systemBusPath(env), BUS_MS);
    try {
      const is = propertyIn(await bus.call(synchronized, BUS_MS));
      if (typeof is !== 'boolean') return 'unknown';
      return is ? 'synced' : 'unsynced';
    } finally {
      bus.close();
    }
  } catch {
    return 'unknown';
  }
}
