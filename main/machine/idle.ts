/** How long nobody has touched the machine, where the desktop says so. The app's own input timer comes first. */
import { sessionBusPath, systemBusPath } from '../../src/dbus/address.ts';
import { Bus, propertyIn, propertyOf, type Call, type Reply } from '../../src/dbus/bus.ts';
import type { Value } from '../../src/dbus/values.ts';

/** A bus that does not answer within this time is as good as none: the lock must not wait for it. */
const BUS_MS = 500;

type Env = Readonly<Record<string, string | undefined>>;

interface Source {
  readonly path: (env: Env) => string | undefined;
  /** Undefined where it does not say. `nowMs` is wall-clock time. @throws RangeError */
  readonly ask: (call: (what: Call) => Promise<Reply>, nowMs: number) => Promise<number | undefined>;
}

const monitor = 'org.gnome.Mutter.IdleMonitor';
const login = 'org.freedesktop.login1';
const session = '/org/freedesktop/login1/session/auto';

const sources: readonly Source[] = [
  {
    path: sessionBusPath,
    ask: async (call) =>
      countOf((await call({ destination: monitor, path: '/org/gnome/Mutter/IdleMonitor/Core', interface: monitor, member: 'GetIdletime' })).values[0]) / 1000,
  },
  {
    path: systemBusPath,
    ask: async (call, nowMs) => {
      const property = async (name: string): Promise<Value | undefined> =>
        propertyIn(await call(propertyOf(login, session, 'org.freedesktop.login1.Session', name)));
      // A hint of "not idle" does not say for how long, so it is no answer. Microseconds since 1970.
      if ((await property('IdleHint')) !== true) return undefined;
      const since = countOf(await property('IdleSinceHint')) / 1000;
      return since > 0 && since <= nowMs ? (nowMs - since) / 1000 : undefined;
    },
  },
];

/** Of type `t`: a whole number that JavaScript can have. @throws RangeError */
function countOf(value: Value | undefined): number {
  if (typeof value !== 'bigint' || value > Number.MAX_SAFE_INTEGER) throw new RangeError('no number, or one that is too large');
  return Number(value);
}

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
          if (reply.error !== undefined) throw new Error('the bus has no answer');
          return reply;
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
