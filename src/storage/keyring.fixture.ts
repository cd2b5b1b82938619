/** A real gnome-keyring on a D-Bus of its own, for tests in other processes. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { keyringState } from './keyring.ts';

export const missingKeyringPrograms = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon'].filter(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
);

export interface Keyring {
  /** For whoever is to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The same keyring, open, from a new process on the same bus: as after somebody has given its password. */
  readonly open: () => Promise<void>;
  readonly stop: () => void;
}

/** @param place an empty folder with a short path. */
export async function startKeyring(place: string): Promise<Keyring> {
  const [home, run] = [join(place, 'account'), join(place, 'run')];
  for (const path of [home, run, join(home, '.local/share/keyrings')]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const bus = `unix:path=${run}/bus`;
  const env = {
    PATH: process.env['PATH']!,
    HOME: home,
    XDG_RUNTIME_DIR: run,
    XDG_DATA_HOME: join(home, '.local/share'),
    DBUS_SESSION_BUS_ADDRESS: bus,
  };
  const bare = { ...env, DBUS_SESSION_BUS_ADDRESS: undefined };
  const pid = Number(execFileSync('dbus-daemon', ['--session', `--address=${bus}`, '--fork', '--print-pid'], { env: bare, encoding: 'utf8' }).trim());
  // To ask whether the name is taken starts nothing; to ask for the service would make the bus start another daemon.
  const taken = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
  const isTaken = (): boolean => spawnSync('dbus-send', taken, { env, encoding: 'utf8' }).stdout.includes('true');
  const begin = async (): Promise<ChildProcess> => {
    const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], { env, stdio: ['pipe', 'ignore', 'ignore'] });
    daemon.stdin.end('a test password\n');
    while (!isTaken()) await new Promise((resolve) => setTimeout(resolve, 20));
    while ((await keyringState(env, 1000)) !== 'open') await new Promise((resolve) => setTimeout(resolve, 50));
    return daemon;
  };
  let daemon = await begin();
  const open = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    while (isTaken()) await new Promise((resolve) => setTimeout(resolve, 20));
    daemon = await begin();
  };
  const stop = (): void => {
    daemon.kill('SIGTERM');
    process.kill(pid, 'SIGTERM');
    // A bus removes its socket when it ends: that of one which is started at the same place before it has would be gone.
    execFileSync('sh', ['-c', 'while kill -0 "$1" 2> /dev/null; do sleep 0.02; done', 'sh', String(pid)]);
  };
  return { env, open, stop };
}
