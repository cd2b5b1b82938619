/**
 * How a class keeps its shells to themselves: files of history of its own, variables withheld and, where the policy says so, a sandbox made
 * by bubblewrap (bwrap(1)). The argument list is pure; the one look at the disk is for bwrap itself.
 */
import { mkdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PtyError } from './pty.ts';

/** What main says of the class of a shell. */
export interface Room {
  /** Of this class and person alone, absolute: what their shells keep. */
  readonly folder: string;
  /** Variables that they do not get. */
  readonly withhold: readonly string[];
  /** Null: none. */
  readonly sandbox: { readonly network: boolean } | null;
}

export interface Launch {
  /** Program and arguments; the program is an absolute path. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Fixed, and never looked for in a person's PATH: whatever stands first there would be believed to be a sandbox. */
const BWRAP = '/usr/bin/bwrap';

/** Of the system, to read: programs, libraries, settings. Nothing of /home, /root, /var, /srv, /mnt, /media, /sys. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc', '/opt'];
/** With the network, /etc/resolv.conf may be a link to here. */
const RESOLVERS = ['/run/systemd/resolve', '/run/NetworkManager', '/run/resolvconf'];
/** What a shell in the sandbox gets of the environment: sockets of agents and of the desktop are not there anyway, and nothing that changes what bwrap loads is. */
const KEPT = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TERM', 'COLORTERM', 'WARDMUX']);
const isKept = (name: string): boolean => KEPT.has(name) || /^LC_[A-Z]+$/.test(name);

/** Where programs that keep a history are told to keep it: each by its variable. A person's own start-up file may say otherwise. */
const HISTORIES: Readonly<Record<string, string>> = {
  LESSHISTFILE: 'less',
  PYTHON_HISTORY: 'python',
  NODE_REPL_HISTORY: 'node',
  MYSQL_HISTFILE: 'mysql',
  PSQL_HISTORY: 'psql',
  SQLITE_HISTORY: 'sqlite',
  REDISCLI_HISTFILE: 'redis',
};

/** The environment of a class's shell: without what is withheld, and with a history of its own. @param shell what is started */
export function classEnvironment(env: Launch['env'], { folder, withhold }: Room, shell: string): Record<string, string> {
  const histories = Object.entries(HISTORIES).map(([name, file]) => [name, join(folder, 'history', file)] as const);
  const own = {
    ...env,
    ...Object.fromEntries(histories),
    HISTFILE: join(folder, 'history', basename(shell)),
    fish_history: `wardmux_${basename(folder).replaceAll('-', '_')}`,
  };
  return Object.fromEntries(Object.entries(own).filter(([name]) => !withhold.includes(name)));
}

/**
 * The same program in a sandbox: a process tree, a home and a /tmp of its own, the system to read, no capability, and the
 * machine's network or none. It has no session of its own (bwrap --new-session): that would take job control from the shell, and the terminal is
 * that shell's alone.
 * @throws PtyError where the home cannot be one of a sandbox
 */
export function confined(
  { command, env }: Launch,
  { folder, withhold, sandbox }: Room & { readonly sandbox: NonNullable<Room['sandbox']> },
  bwrap = BWRAP,
): Launch {
  const home = env['HOME'] ?? '';
  if (!home.startsWith('/') || home === '/' || [...SYSTEM, '/proc', '/dev'].some((place) => home === place || home.startsWith(`${place}/`)))
    throw new PtyError(`A sandbox needs a home of its own, and HOME is ${JSON.stringify(home)}. No shell is started.`);
  const { network } = sandbox;
  const reads = [...SYSTEM, ...(network ? RESOLVERS : [])].flatMap((place) => ['--ro-bind-try', place, place]);
  const places = ['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run', '--tmpfs', '/var/tmp'];
  const args = [
    ...['--unshare-all', ...(network ? ['--share-net'] : []), '--die-with-parent', '--cap-drop', 'ALL'],
    ...places,
    ...reads,
    ...['--bind', join(folder, 'home'), home, '--remount-ro', '/', '--chdir', home],
  ];
  return {
    command: [bwrap, ...args, '--', ...command],
    // Outside: bwrap changes into the home inside of it.
    cwd: '/',
    env: { ...Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name) && !withhold.includes(name))), HOME: home, PWD: home },
  };
}

/** Sees that bwrap is what the system installed, and nobody else can have changed. @throws PtyError: no shell is started without it */
function requireBwrap(path: string): void {
  const without = 'The policy has a sandbox for this class, and no shell is started without it.';
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new PtyError(`${path} is not there. ${without} Install the package bubblewrap.`);
  if (stat.uid !== 0 || (stat.mode & 0o022) !== 0)
    throw new PtyError(`${path} can be changed by others than root. ${without} Install the package bubblewrap anew.`);
}

/** What a shell of a class is started as, with the folders that it needs. @throws PtyError */
export function inRoom(launch: Launch, room: Room, bwrap = BWRAP): Launch {
  const { folder, sandbox } = room;
  try {
    mkdirSync(join(folder, sandbox ? 'home' : 'history'), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new PtyError(`The folder of this class cannot be made (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): ${folder}. No shell is started.`);
  }
  if (!sandbox) return { ...launch, env: classEnvironment(launch.env, room, launch.command[0] ?? '') };
  requireBwrap(bwrap);
  return confined(launch, { ...room, sandbox }, bwrap);
}
