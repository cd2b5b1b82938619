/**
 * How a class keeps its shells to themselves: files of history of its own, variables withheld and, where the policy says so, a sandbox made
 * by bubblewrap (bwrap(1)). The argument list is pure; the looks at the disk are for bwrap itself and for the class's folders.
 */
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { CLASS_ROOM, EMERGENCY_CLASS } from '../types/classes.ts';
import { Refusal } from '../types/refusal.ts';
import { kindOf } from '../types/sentence.ts';
import { sandboxFilter } from './sandbox-filter.ts';

/** What main says of the class of a shell. */
export interface Room {
  readonly class: string;
  /** Of this class and person alone, absolute: what their shells keep. It lies in a folder of that person, and that in one of all classes (src/services/policy/class-room.ts). */
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
/** Hands bwrap the filter of sockets, and becomes it: a Node program has no way to leave a file open for another one at a pty. */
const BASH = '/usr/bin/bash';
/** With -p neither BASH_ENV nor a function of the environment is read. The filter is a pipe at descriptor 3, and not a file that somebody can write. */
const WITH_FILTER = 'exec 3< <(printf %b "$0"); exec "$@"';

const noRoom = (why: string): Refusal => new Refusal(CLASS_ROOM, `${why} No shell is started.`);

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

/** The environment of a class's shell: without what is withheld, and with a history of its own. @param shell what is started @param kept false: no history at all */
export function classEnvironment(env: Launch['env'], { folder, withhold }: Room, shell: string, kept = true): Record<string, string> {
  const place = (file: string): string => (kept ? join(folder, 'history', file) : '/dev/null');
  const histories = Object.entries(HISTORIES).map(([name, file]) => [name, place(file)] as const);
  const own = {
    ...env,
    ...Object.fromEntries(histories),
    HISTFILE: place(basename(shell)),
    fish_history: `wardmux_${basename(folder).replaceAll('-', '_')}`,
  };
  return Object.fromEntries(Object.entries(own).filter(([name]) => !withhold.includes(name)));
}

/** Where no home of a sandbox can lie: what stands there would be hidden, or be the class's to write. */
const NO_HOME = [...SYSTEM, '/proc', '/dev', '/sys', '/boot', '/run'];
/** Places in which homes lie, and that are none. */
const NO_HOME_ITSELF = ['/', '/home', '/tmp', '/var', '/var/home', '/var/tmp'];

/** @throws Refusal */
function homeOf({ HOME = '' }: Launch['env']): string {
  const home = HOME.replace(/(?<=[^/])\/$/, '');
  const under = (place: string): boolean => home === place || home.startsWith(`${place}/`);
  // By its plain name alone: /tmp/../etc is /etc to whoever mounts there.
  if (home.startsWith('/') && normalize(home) === home && !NO_HOME.some(under) && !NO_HOME_ITSELF.includes(home)) return home;
  throw noRoom(`A sandbox needs a home of its own, by its plain path, and HOME is ${JSON.stringify(HOME)}.`);
}

/**
 * The same program in a sandbox: a process tree, a home and a /tmp of its own, the system to read, no capability, and the
 * machine's network or none. What the kernel refuses to it besides stands in sandbox-filter.ts. It has no session of its own (bwrap
 * --new-session): that would take job control from the shell, and the terminal is that shell's alone.
 * @param processor as process.arch names it
 * @throws Refusal where the home cannot be one of a sandbox, and where there is no filter for the processor
 */
export function confined(
  { command, env }: Launch,
  { folder, withhold, sandbox }: Room & { readonly sandbox: NonNullable<Room['sandbox']> },
  bwrap = BWRAP,
  processor: string = process.arch,
): Launch {
  const home = homeOf(env);
  const { network } = sandbox;
  const filter = sandboxFilter(processor, network);
  if (!filter) throw noRoom(`A sandbox needs a filter of system calls, and there is none for the processor ${processor}.`);
  const reads = [...SYSTEM, ...(network ? RESOLVERS : [])].flatMap((place) => ['--ro-bind-try', place, place]);
  const places = ['--proc', '/proc', '--ro-bind-try', '/dev/null', '/proc/keys', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run', '--tmpfs', '/var/tmp'];
  const args = [
    ...['--unshare-all', ...(network ? ['--share-net'] : []), '--die-with-parent', '--cap-drop', 'ALL'],
    ...places,
    ...reads,
    ...['--bind', join(folder, 'home'), home, '--remount-ro', '/', '--chdir', home],
    ...['--seccomp', '3'],
  ];
  const sandboxed = [bwrap, ...args, '--', ...command];
  const octets = [...filter].map((octet) => `\\x${octet.toString(16).padStart(2, '0')}`).join('');
  return {
    command: [BASH, '-p', '-c', WITH_FILTER, octets, ...sandboxed],
    // Outside: bwrap changes into the home inside of it.
    cwd: '/',
    env: { ...Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name) && !withhold.includes(name))), HOME: home, PWD: home },
  };
}

/** Sees that a program is what the system installed, and nobody else can have changed it. @throws Refusal: no shell is started without it */
function requireProgram(path: string, pack: string): void {
  const without = 'The policy has a sandbox for this class, and no shell is started without it.';
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw noRoom(`${path} is not there. ${without} Install the package ${pack}.`);
  if (stat.uid !== 0 || (stat.mode & 0o022) !== 0) throw noRoom(`${path} can be changed by others than root. ${without} Install the package ${pack} anew.`);
}

/** Of all classes, of a person, of a class: nobody but whoever runs this has made an entry there. What lies inside has the modes that shells give it. */
const OWN_FOLDERS = 3;

/**
 * Makes the folder that a class's shells get, and sees that each part of the way that is ours is a folder, of this account, and no link: through one a
 * class would have the account's home, or another class's, and nobody would be told.
 * @throws Refusal
 */
function requireFolder(path: string): void {
  const own = [dirname(path)];
  while (own.length < OWN_FOLDERS) own.unshift(dirname(own[0]!));
  try {
    mkdirSync(dirname(own[0]!), { recursive: true, mode: 0o700 });
    for (const folder of [...own, path]) {
      let stat = lstatSync(folder, { throwIfNoEntry: false });
      if (!stat) {
        mkdirSync(folder, { mode: 0o700 });
        stat = lstatSync(folder);
      }
      if (!stat.isDirectory())
        throw noRoom(`${folder} is ${stat.isSymbolicLink() ? 'a link' : 'no folder'}, and a class of sessions keeps what is its own there. Take it away.`);
      const me = process.getuid?.();
      if (me !== undefined && stat.uid !== me)
        throw noRoom(`${folder} belongs to another account, and a class of sessions keeps what is its own there. Take it away.`);
      if (me !== undefined && folder !== path && (stat.mode & 0o022) !== 0)
        throw noRoom(`${folder} can be written by other accounts, and a class of sessions keeps what is its own there. Change its mode: chmod 700.`);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : noRoom(`The folder of this class cannot be made (${kindOf(error)}): ${path}.`);
  }
}

/** What a shell of a class is started as, with the folders that it needs. @throws Refusal, whose code is CLASS_ROOM */
export function inRoom(launch: Launch, room: Room, bwrap = BWRAP): Launch {
  const { folder, sandbox } = room;
  let kept = true;
  try {
    requireFolder(join(folder, sandbox ? 'home' : 'history'));
  } catch (error) {
    // Whoever breaks the glass gets a shell, and rather one without a history than none.
    if (room.class !== EMERGENCY_CLASS || sandbox) throw error;
    kept = false;
  }
  if (!sandbox) return { ...launch, env: classEnvironment(launch.env, room, launch.command[0] ?? '', kept) };
  requireProgram(bwrap, 'bubblewrap');
  requireProgram(BASH, 'bash');
  return confined(launch, { ...room, sandbox }, bwrap);
}
