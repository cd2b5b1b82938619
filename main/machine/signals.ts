/**
 * What the machine tells us: suspend, shutdown and the desktop's own lock, read from the bus with `gdbus monitor`; and a
 * watch on the clock, which notices a sleep that nobody announced.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Disposable, HostSignal } from '../host.ts';
import { Listeners } from '../listeners.ts';
import { DelayLock } from './delay-lock.ts';

/** The clock is looked at this often. */
const WATCH_MS = 1000;
/** A timer that is later than this was not late: the machine slept, or the process was stopped. */
const GAP_MS = 5000;

const monitors: readonly (readonly string[])[] = [
  ['monitor', '--system', '--dest', 'org.freedesktop.login1'],
  ['monitor', '--session', '--dest', 'org.gnome.ScreenSaver'],
  ['monitor', '--session', '--dest', 'org.freedesktop.ScreenSaver'],
];

/** Ends the program when our end of its input closes, so that nothing is left behind when main is killed. */
const guard = '"$@" & child=$!; read -r _; kill "$child" 2>/dev/null';

/** One row a signal, as `gdbus monitor` prints it after the object's path. */
const signals: readonly { readonly text: string; readonly signal: HostSignal }[] = [
  { text: 'org.freedesktop.login1.Manager.PrepareForSleep (true,)', signal: 'suspend' },
  { text: 'org.freedesktop.login1.Manager.PrepareForSleep (false,)', signal: 'resume' },
  { text: 'org.freedesktop.login1.Manager.PrepareForShutdown (true,)', signal: 'shutdown' },
  // Any session's lock counts: locking once too often is the safe error.
  { text: 'org.freedesktop.login1.Session.Lock ()', signal: 'os-lock' },
  { text: 'org.gnome.ScreenSaver.ActiveChanged (true,)', signal: 'os-lock' },
  { text: 'org.freedesktop.ScreenSaver.ActiveChanged (true,)', signal: 'os-lock' },
];

/** `/object/path: interface.Signal (arguments)` */
export function parseSignal(line: string): HostSignal | undefined {
  const colon = line.indexOf(': ');
  const rest = colon < 0 ? '' : line.slice(colon + 2).trim();
  return signals.find(({ text }) => text === rest)?.signal;
}

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
  const children: ChildProcess[] = [];
  const delay = env ? new DelayLock(env) : undefined;
  delay?.take();
  const tell = async (signal: HostSignal): Promise<void> => {
    await listeners.emit(signal);
    if (signal === 'suspend') delay?.release();
    // For the next sleep. A shutdown waits until we stop.
    if (signal === 'resume') delay?.take();
  };
  for (const args of env ? monitors : []) {
    if (args[1] === '--session' && !env?.['DBUS_SESSION_BUS_ADDRESS'] && !env?.['XDG_RUNTIME_DIR']) continue;
    const child = spawn('/bin/sh', ['-c', guard, 'sh', 'gdbus', ...args], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    // No gdbus or no bus: nothing is heard, and the app's own timer is what locks.
    child.on('error', () => {});
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => {
      const signal = parseSignal(line);
      if (signal) void tell(signal);
    });
    children.push(child);
  }
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (slept(last, now)) void tell('resume');
    last = now;
  }, WATCH_MS);
  timer.unref();
  return {
    onSignal: (listener) => listeners.add(listener),
    stop() {
      clearInterval(timer);
      delay?.release();
      for (const child of children) child.stdin?.end();
    },
  };
}
