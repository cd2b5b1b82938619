/** How long nobody has touched the machine, where the desktop says so. The app's own input timer comes first. */
import { Bus, propertyOf, readCount, readVariant, sessionBusPath, systemBusPath, type Call } from '../../src/dbus/dbus.ts';

/** A bus that does not answer within this time is as good as none: the lock must not wait for it. */
const BUS_MS = 500;

type Env = Readonly<Record<string, string | undefined>>;

interface Source {
  readonly path: (env: Env) => string | undefined;
  /** Undefined where it does not say. `nowMs` is wall-clock time. @throws RangeError */
  readonly ask: (call: (what: Call) => Promise<Buffer>, nowMs: number) => Promise<number | undefined>;
}

const monitor = 'org.gnome.Mutter.IdleMonitor';
const login = 'org.freedesktop.login1';
const session = '/org/freedesktop/login1/session/auto';

const sources: readonly Source[] = [
  {
    path: sessionBusPath,
    ask: async (call) =>
      readCount(await call({ destination: monitor, path: '/org/gnome/Mutter/IdleMonitor/Core', interface: monitor, member: 'GetIdletime' })) / 1000,
  },
  {
    path: systemBusPath,
    ask: async (call, nowMs) => {
      const property = (name: string): Promise<Buffer> => call(propertyOf(login, session, 'org.freedesktop.login1.Session', name));
      // A hint of "not idle" does not say for how long, so it is no answer. Microseconds since 1970.
      if (readVariant(await property('IdleHint')) !== true) return undefined;
      const since = Number(readVariant(await property('IdleSinceHint'))) / 1000;
      return since > 0 && since <= nowMs ? (nowMs - since) / 1000 : undefined;
    },
  },
];

/** After nobody could tell, the buses are left alone for this long: the app asks every second. */
const RETRY_MS = 60_000;

/** Gives a function that tells the seconds since the last input, or undefined where nobody can. It keeps its connections, and starts no process. */
export function idleReader(env: Env, now: () => number = () => performance.now()): () => Promise<number | undefined> {
  let silentSince: number | undefined;
  const buses = new Map<string, Bus>();
  const busAt = async (path: string): Promise<Bus> => {
    const kept = buses.get(path);
    if (kept?.isOpen) return kept;
    const fresh = await Bus.open(path, BUS_MS);
    buses.set(path, fresh);
    return fresh;
  };
  return async () => {
    if (silentSince !== undefined && now() - silentSince < RETRY_MS) return undefined;
    for (const { path, ask } of sources) {
      const place = path(env);
      if (place === undefined) continue;
      try {
        const bus = await busAt(place);
        const seconds = await ask(async (what) => {
          const reply = await bus.call({ ...what, noAutoStart: true }, BUS_MS);
          if (reply.error) throw new Error('the bus has no answer');
          return reply.body;
        }, Date.now());
        if (seconds !== undefined) return seconds;
      } catch {
        // No bus, nobody of that name on it, or an answer that is none: the next one is asked.
      }
    }
    silentSince = now();
    return undefined;
  };
}
