/** How long nobody has touched the machine, where the desktop says so. The app's own input timer comes first. */
import { sessionBusPath, systemBusPath } from '../../src/dbus/address.ts';
import { propertyIn, propertyOf, type Call, type Reply } from '../../src/dbus/bus.ts';
import type { Value } from '../../src/dbus/values.ts';
import { AskedBus, Silence } from './asked-bus.ts';

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

/** Gives a function that tells the seconds since the last input, or undefined where nobody can. It keeps its connections, and starts no process. */
export function idleReader(env: Env, now: () => number = () => performance.now()): () => Promise<number | undefined> {
  const silence = new Silence(now);
  const buses = new Map<string, AskedBus>();
  const busAt = (path: string): AskedBus => {
    const bus = buses.get(path) ?? new AskedBus(path);
    buses.set(path, bus);
    return bus;
  };
  return async () => {
    if (silence.isKept) return undefined;
    for (const { path, ask } of sources) {
      const place = path(env);
      if (place === undefined) continue;
      try {
        const bus = busAt(place);
        const seconds = await ask((what) => bus.call(what), Date.now());
        if (seconds !== undefined) return seconds;
      } catch {
        // No bus, nobody of that name on it, or an answer that is none: the next one is asked.
      }
    }
    silence.begin();
    return undefined;
  };
}
