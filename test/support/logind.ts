/** A logind of a test's own, on a bus of its own (fake-logind.py): it sleeps, locks, switches people and closes the lid when the test says so. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { noBus } from '../../src/dbus/bus.fixture.ts';

/** The system's own: its modules are packages of the distribution (python3-dbus, python3-gi). */
const PYTHON = '/usr/bin/python3';
const needed = ['import dbus, gi', 'systemd-inhibit'] as const;
const missing =
  spawnSync(PYTHON, ['-c', needed[0]]).status !== 0
    ? `${PYTHON} has no dbus and gi`
    : spawnSync(needed[1], ['--version']).error
      ? `${needed[1]} is not installed`
      : undefined;
/** Why no logind can be tried here, or undefined. */
export const noLogind = noBus ?? (missing === undefined ? undefined : `no logind is tried, because ${missing}`);

export interface TestLogind {
  /** For the environment of whoever is to hear it. */
  readonly env: { readonly DBUS_SYSTEM_BUS_ADDRESS: string };
  /** What it has said so far: `inhibits`, `releases`, `asleep`, `down`. */
  readonly said: readonly Readonly<Record<string, unknown>>[];
  /** Has it do something; resolves when it has. */
  tell(word: string): Promise<void>;
  /** Resolves when it has said this so often. */
  says(what: string, times?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startLogind(address: string): Promise<TestLogind> {
  const env = { DBUS_SYSTEM_BUS_ADDRESS: address };
  const child = spawn(PYTHON, [join(import.meta.dirname, 'fake-logind.py')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(JSON.parse(line) as Record<string, unknown>);
    for (const wake of waiting) wake();
    waiting.clear();
  });
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      const next = new Promise<void>((resolve) => void waiting.add(resolve));
      await Promise.race([next, ended.then(() => Promise.reject(new Error('the logind of this test has ended')))]);
    }
  };
  const count = (what: string): number => said.filter((each) => Object.hasOwn(each, what)).length;
  await until(() => count('ready') === 1);
  return {
    env,
    said,
    async tell(word) {
      const before = count('did');
      child.stdin.write(`${word}\n`);
      await until(() => count('did') > before);
    },
    says: (what, times = 1) => until(() => count(what) >= times),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
