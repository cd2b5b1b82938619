/** How long nobody has touched the machine, where the desktop says so. The app's own input timer comes first. */
import { execFile } from 'node:child_process';

/** A bus that does not answer within this time is as good as none: the lock must not wait for it. */
const BUS_MS = 500;

interface Source {
  readonly args: readonly string[];
  /** Reads busctl's answer; undefined when it does not say. `nowMs` is wall-clock time. */
  readonly parse: (text: string, nowMs: number) => number | undefined;
}

const sources: readonly Source[] = [
  {
    args: ['--user', 'call', 'org.gnome.Mutter.IdleMonitor', '/org/gnome/Mutter/IdleMonitor/Core', 'org.gnome.Mutter.IdleMonitor', 'GetIdletime'],
    parse: parseMutter,
  },
  {
    args: [
      '--system',
      'get-property',
      'org.freedesktop.login1',
      '/org/freedesktop/login1/session/auto',
      'org.freedesktop.login1.Session',
      'IdleHint',
      'IdleSinceHint',
    ],
    parse: parseLogind,
  },
];

/** `t MILLISECONDS` */
export function parseMutter(text: string): number | undefined {
  const match = /^t (\d{1,15})\s*$/.exec(text);
  return match ? Number(match[1]) / 1000 : undefined;
}

/** `b true` and `t MICROSECONDS since 1970`. A hint of "not idle" does not say for how long, so it is no answer. */
export function parseLogind(text: string, nowMs: number): number | undefined {
  const match = /^b true\s+t (\d{1,18})\s*$/.exec(text);
  const since = match ? Number(match[1]) / 1000 : 0;
  return since > 0 && since <= nowMs ? (nowMs - since) / 1000 : undefined;
}

/** After nobody could tell, the bus is left alone for this long: the app asks every second. */
const RETRY_MS = 60_000;

/** Gives a function that tells the seconds since the last input, or undefined where nobody can. */
export function idleReader(env: NodeJS.ProcessEnv, now: () => number = () => performance.now()): () => Promise<number | undefined> {
  let silentSince: number | undefined;
  return async () => {
    if (silentSince !== undefined && now() - silentSince < RETRY_MS) return undefined;
    for (const source of sources) {
      if (source.args[0] === '--user' && !env['DBUS_SESSION_BUS_ADDRESS'] && !env['XDG_RUNTIME_DIR']) continue;
      const text = await ask(source.args, env);
      const seconds = text === undefined ? undefined : source.parse(text, Date.now());
      if (seconds !== undefined) return seconds;
    }
    silentSince = now();
    return undefined;
  };
}

function ask(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('busctl', ['--auto-start=no', '--timeout=1', ...args], { env, timeout: BUS_MS, killSignal: 'SIGKILL', maxBuffer: 4096 }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });
}
