/**
 * What the machine tells us: suspend, shutdown, the desktop's own lock and another person in front, heard on the buses; the lid, which is looked
 * at; and a watch on the clock, which notices a sleep that nobody announced.
 */
import { sessionBusPath, systemBusPath } from '../../src/dbus/address.ts';
import { Variant, type Value } from '../../src/dbus/values.ts';
import { watchBus, type SignalMatch } from '../../src/dbus/watch.ts';
import { every, steadyClock } from '../../src/time/clock.ts';
import type { HostSignal } from '../host.ts';
import type { Disposable } from '../../src/types/listeners.ts';
import { Listeners } from '../../src/types/listeners.ts';
import { DelayLock } from './delay-lock.ts';
import { Lid } from './lid.ts';

/** The clock is looked at this often. */
const WATCH_MS = 1000;
/** A timer that is later than this was not late: the machine slept, or the process was stopped. */
const GAP_MS = 5000;

interface Row extends SignalMatch {
  /** Of the signal's values; undefined where it is nothing to us. */
  readonly means: (...values: readonly (Value | undefined)[]) => HostSignal | undefined;
}

const login = 'org.freedesktop.login1';
const manager = { sender: login, path: '/org/freedesktop/login1', interface: `${login}.Manager` };
const session = { sender: login, interface: `${login}.Session` };
const screenSaver = (name: string): Row => ({ sender: name, interface: name, member: 'ActiveChanged', means: (on) => (on === true ? 'os-lock' : undefined) });

/**
 * Another person in front (fast user switching, another console): a session's `Active` went. Of any session, as its lock counts: once too often is the
 * safe error. One that is told without its value is unknown, and that is locked.
 */
function wentBehind(of: Value | undefined, changed: Value | undefined, untold: Value | undefined): HostSignal | undefined {
  if (of !== session.interface) return undefined;
  const active = (Array.isArray(changed) ? (changed as readonly Value[]) : []).find((entry) => Array.isArray(entry) && entry[0] === 'Active');
  const value = Array.isArray(active) ? (active as readonly Value[])[1] : undefined;
  if (value instanceof Variant) return value.value === true ? undefined : 'user-switch';
  return Array.isArray(untold) && (untold as readonly Value[]).includes('Active') ? 'user-switch' : undefined;
}

/** Which signals we listen to on which bus. */
export const machineBuses: readonly { readonly path: typeof sessionBusPath; readonly rows: readonly Row[] }[] = [
  {
    path: systemBusPath,
    rows: [
      { ...manager, member: 'PrepareForSleep', means: (starts) => (starts === false ? 'resume' : 'suspend') },
      { ...manager, member: 'PrepareForShutdown', means: (starts) => (starts === true ? 'shutdown' : undefined) },
      // Any session's lock counts: locking once too often is the safe error.
      { ...session, member: 'Lock', means: () => 'os-lock' },
      { sender: login, interface: 'org.freedesktop.DBus.Properties', member: 'PropertiesChanged', means: wentBehind },
    ],
  },
  { path: sessionBusPath, rows: [screenSaver('org.gnome.ScreenSaver'), screenSaver('org.freedesktop.ScreenSaver')] },
];

/** True when so much wall-clock time lies between two looks that the machine must have slept in between. */
export function slept(previousMs: number, nowMs: number): boolean {
  return nowMs - previousMs > WATCH_MS + GAP_MS;
}

export interface Signals {
  /** The machine does not sleep or go down before what the listener gives back is over, where the system waits at all. */
  onSignal(listener: (signal: HostSignal) => unknown): Disposable;
  /** Lets a shutdown go on, too. */
  stop(): void;
}

/** `env` leads to the buses; without it only the clock is watched, and nothing waits for us. */
export function watchSignals(env: NodeJS.ProcessEnv | undefined): Signals {
  const listeners = new Listeners<[HostSignal]>();
  const delay = env ? new DelayLock(env) : undefined;
  delay?.take();
  const tell = async (signal: HostSignal): Promise<void> => {
    await listeners.emit(signal);
    if (signal === 'suspend') delay?.release();
    // For the next sleep. A shutdown waits until we stop.
    if (signal === 'resume') delay?.take();
  };
  const hear = (signal: HostSignal | undefined): void => {
    if (signal) void tell(signal);
  };
  // No bus: nothing is heard, and the app's own timer is what locks.
  const watches = (env ? machineBuses : []).flatMap(({ path, rows }) => {
    const place = path(env!);
    return place === undefined ? [] : [watchBus(place, rows, (row, values) => hear(row.means(...values)))];
  });
  const lid = env ? new Lid(env) : undefined;
  let last = Date.now();
  const unwatch = every(steadyClock, WATCH_MS, () => {
    void lid?.hasClosed().then((has) => hear(has ? 'lid' : undefined));
    const now = Date.now();
    if (slept(last, now)) void tell('resume');
    last = now;
  });
  return {
    onSignal: (listener) => listeners.add(listener),
    stop() {
      unwatch();
      delay?.release();
      lid?.close();
      for (const watch of watches) watch.close();
    },
  };
}
