/** The system packages: what each command needs of the machine, and apt-get where the person may use it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeIsBuilt } from '../native.mjs';
import { cache, howToInstall, root, say, tail, which } from './common.mjs';

/** apt's own time limits, so that a network that swallows packets costs seconds and not minutes. */
const aptOptions = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=15', '-o', 'Acquire::https::Timeout=15', '-o', 'DPkg::Lock::Timeout=60'];
const updateSeconds = 120;
const installSeconds = 600;

/** After a failed try, packages that are only better to have are not tried again for this long: a start stays quick. */
const retryHours = 24;

const hasDisplay = () => Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
const anyOf = (...programs) => programs.some((program) => which(program) !== undefined);

function hasFont(pattern) {
  const list = which('fc-list');
  if (list === undefined) return false;
  const { status, stdout } = spawnSync(list, [pattern, 'family'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 && stdout.trim() !== '';
}

const ptyIsBuilt = () => existsSync(join(root, 'node_modules/node-pty/build/Release/pty.node'));
const isBuilt = () => ptyIsBuilt() && nativeIsBuilt();

/** rsyslog's TLS driver is a package of its own, in the folder of the machine's architecture. */
function hasTlsDriver() {
  const libraries = '/usr/lib';
  const folders = ['', ...readdirSync(libraries).filter((name) => name.includes('-linux-'))];
  return folders.some((name) => existsSync(join(libraries, name, 'rsyslog', 'lmnsd_gtls.so')));
}

/**
 * Debian 13 has no tlog any more, and one name that apt-get does not know makes it install nothing of the whole command.
 *
 * @param release the text of /etc/os-release (os-release(5))
 */
export function debianHasTlog(release = readRelease()) {
  const of = (name) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(release)?.[1] ?? '';
  return of('ID') !== 'debian' || Number(of('VERSION_ID') || Infinity) < 13;
}

function readRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

const always = ['start', 'test', 'build', 'check', 'bench', 'screenshots', 'package'];
const withBrowser = ['test', 'screenshots', 'bench'];

/**
 * `for`: the commands that need it. `when`: only then. It is there when all of its `programs` are, or when `has` says so. `better`: the command can go without.
 * A test that is left out where a program is missing has that program here (bootstrap.test.ts).
 */
export const requirements = [
  {
    packages: ['g++'],
    why: 'compiles node-pty and our own addon',
    for: always,
    when: () => !isBuilt(),
    has: () => anyOf('c++', 'g++', 'clang++') && anyOf('cc', 'gcc', 'clang'),
  },
  {
    packages: ['chromium'],
    why: 'the window, where Electron is not installed',
    for: ['start'],
    when: () => hasDisplay() && !existsSync(join(root, 'node_modules/electron/dist/electron')),
    has: () => anyOf('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'microsoft-edge-stable'),
  },
  {
    // Debian's chromium only recommends it, and where user namespaces are not for everybody no window opens without it. Root's has no sandbox.
    packages: ['chromium-sandbox'],
    why: "the browser's sandbox where user namespaces are restricted",
    for: ['start', ...withBrowser],
    when: (command) => process.getuid?.() !== 0 && (command !== 'start' || hasDisplay()) && anyOf('apt-get'),
    has: () => existsSync('/usr/lib/chromium/chrome-sandbox'),
    better: true,
  },
  { packages: ['chromium'], why: 'the end-to-end tests', for: withBrowser, programs: ['chromium'] },
  {
    packages: ['fonts-noto-cjk', 'fonts-noto-color-emoji', 'fonts-tlwg-mono-ttf', 'fonts-lohit-deva', 'fontconfig'],
    why: 'letters that the vendored font lacks',
    for: ['start', ...withBrowser],
    when: (command) => command !== 'start' || hasDisplay(),
    has: () => [':lang=ja', ':lang=und-zsye', ':lang=th', ':lang=hi'].every(hasFont),
    better: true,
  },
  {
    packages: ['gnome-keyring', 'dbus', 'dbus-x11'],
    why: 'the Secret Service',
    for: ['start'],
    when: hasDisplay,
    has: () => anyOf('gnome-keyring-daemon', 'kwalletd5', 'kwalletd6', 'keepassxc'),
    better: true,
  },
  {
    packages: ['gnome-keyring', 'dbus'],
    why: 'tests of the Secret Service',
    for: ['test'],
    programs: ['gnome-keyring-daemon', 'dbus-daemon', 'dbus-send', 'dbus-run-session'],
  },
  {
    packages: ['xvfb', 'xauth'],
    why: 'screens of their own for the tests',
    for: ['test', 'screenshots'],
    when: (command) => command === 'test' || !hasDisplay(),
    programs: ['Xvfb', 'xauth', 'xvfb-run', 'setxkbmap', 'xkbcomp'],
  },
  {
    packages: ['xdotool', 'openbox', 'wmctrl', 'x11-utils', 'imagemagick'],
    why: 'keys, mouse and windows of a real window in the tests',
    for: ['test', 'bench'],
    programs: ['xdotool', 'openbox', 'wmctrl', 'xprop', 'import', 'display'],
  },
  { packages: ['xclip', 'xsel'], why: 'the tests look into the clipboard from outside', for: ['test'], programs: ['xclip', 'xsel'] },
  {
    // Asked for by its place, and never looked for in PATH (src/hosts/command.ts).
    packages: ['openssh-client'],
    why: 'hosts are opened by its ssh',
    for: ['start'],
    has: () => ['/usr/bin/ssh', '/usr/bin/ssh-keygen'].every((program) => existsSync(program)),
    better: true,
  },
  { packages: ['openssh-client'], why: 'hosts are opened by it, and an auditor checks signatures with it', for: ['test'], programs: ['ssh', 'ssh-keygen'] },
  {
    packages: ['openssh-server'],
    why: 'the tests open hosts at an sshd of their own, on the loopback',
    for: ['test'],
    has: () => existsSync('/usr/sbin/sshd'),
    better: true,
  },
  { packages: ['jose'], why: 'an auditor opens keys with jose', for: ['test'], programs: ['jose'] },
  { packages: ['asciinema'], why: 'the tests play an export with it', for: ['test'], programs: ['asciinema'] },
  { packages: ['openssl'], why: 'the tests make certificates and timestamps with it', for: ['test'], programs: ['openssl'] },
  {
    packages: ['rsyslog', 'rsyslog-gnutls'],
    why: 'the tests send heads of the ledger to it',
    for: ['test'],
    has: () => (anyOf('rsyslogd') || existsSync('/usr/sbin/rsyslogd')) && hasTlsDriver(),
    better: true,
  },
  {
    packages: ['nats-server'],
    why: 'the tests send events of the ledger to it',
    for: ['test'],
    has: () => anyOf('nats-server') || existsSync('/usr/sbin/nats-server'),
    better: true,
  },
  {
    packages: ['python3-aiosmtpd'],
    why: 'the tests send alerts by e-mail through it',
    for: ['test'],
    has: () => spawnSync('/usr/bin/python3', ['-c', 'import aiosmtpd'], { stdio: 'ignore' }).status === 0,
    better: true,
  },
  {
    packages: ['python3-msgpack'],
    why: 'the tests send events of the ledger to a Fluent receiver that is made with it',
    for: ['test'],
    has: () => spawnSync('/usr/bin/python3', ['-c', 'import msgpack'], { stdio: 'ignore' }).status === 0,
    better: true,
  },
  { packages: ['zsh', 'fish'], why: 'the tests complete command lines in both', for: ['test'], programs: ['zsh', 'fish'], better: true },
  { packages: ['tmux'], why: 'the tests compare with tmux', for: ['test', 'bench'], programs: ['tmux'] },
  { packages: ['vim', 'htop'], why: 'full-screen programs in panes and replays', for: ['test', 'bench'], programs: ['vim', 'htop'] },
  { packages: ['mc', 'less'], why: 'the tests replay both', for: ['test'], programs: ['mc', 'less'] },
  {
    packages: ['python3-dbus', 'python3-gi', 'systemd'],
    why: "a logind of the tests' own",
    for: ['test'],
    has: () => spawnSync('/usr/bin/python3', ['-c', 'import dbus, gi'], { stdio: 'ignore' }).status === 0 && anyOf('systemd-inhibit'),
    better: true,
  },
  { packages: ['bubblewrap'], why: 'the tests of a class that has a sandbox', for: ['test'], programs: ['bwrap'] },
  { packages: ['xterm'], why: 'a replay is shown to a real terminal', for: ['test'], programs: ['xterm'] },
  { packages: ['ttyrec'], why: 'the tests import its files', for: ['test'], programs: ['ttyrec'], better: true },
  { packages: ['tlog'], why: 'the tests import its files', for: ['test'], when: () => debianHasTlog(), programs: ['tlog-rec'], better: true },
  { packages: ['python3'], why: 'tests of verify.py', for: ['test'], programs: ['python3'] },
  { packages: ['gcc', 'libc6-dev'], why: 'the measuring program is C', for: ['bench'], programs: ['cc'] },
  // The other recorders, by their program: the benchmark says which of them it went without.
  ...Object.entries({ ttyrec: 'ttyrec', asciinema: 'asciinema', tlog: 'tlog-rec', sudo: 'sudo', bsdutils: 'script' }).map(([name, program]) => ({
    packages: [name],
    why: 'a recorder to compare with',
    for: ['bench'],
    when: () => name !== 'tlog' || debianHasTlog(),
    programs: [program],
    better: true,
  })),
];

/** The requirements of a command that this machine does not meet. */
export function missingFor(command, table = requirements) {
  const isThere = (row) => row.has?.() ?? row.programs.every((program) => which(program) !== undefined);
  return table.filter((row) => row.for.includes(command) && (row.when?.(command) ?? true) && !isThere(row));
}

const namesOf = (rows) => [...new Set(rows.flatMap((row) => row.packages))];

/** How this person may run apt-get: directly, through sudo without a password, or not at all. */
function aptPrefix() {
  if (which('apt-get') === undefined) return undefined;
  if (process.getuid?.() === 0) return ['env'];
  const sudo = which('sudo');
  if (sudo !== undefined && spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore', timeout: 5000 }).status === 0) return [sudo, '-n', 'env'];
  return undefined;
}

function apt(prefix, args, seconds) {
  const [program, ...rest] = [...prefix, 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...aptOptions, ...args];
  // SIGTERM first: dpkg in the middle of an unpack is not to be killed outright.
  const { status, stdout, stderr } = spawnSync(program, rest, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: seconds * 1000,
    maxBuffer: 64 << 20,
  });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}` };
}

/** True when apt has package lists at all; a fresh image comes without. */
function hasLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => /_Packages(\.\w+)?$/.test(name));
  } catch {
    return false;
  }
}

/** Installs what it can. Gives what apt said last when something failed. */
function install(prefix, packages) {
  const installOnce = (names) => apt(prefix, ['install', '-y', '--no-install-recommends', ...names], installSeconds);
  const update = () => apt(prefix, ['update', '-o', 'APT::Update::Error-Mode=any'], updateSeconds);
  let updated;
  if (!hasLists()) {
    updated = update();
    if (!updated.ok) return tail(updated.output, 2);
  }
  let result = installOnce(packages);
  if (!result.ok && updated === undefined) {
    updated = update();
    if (updated.ok) result = installOnce(packages);
  }
  if (result.ok) return undefined;
  if (!updated.ok) return tail(updated.output, 2);
  // One name that this distribution does not know must not keep the others out.
  if (packages.length > 1) for (const name of packages) installOnce([name]);
  return tail(result.output, 2);
}

const triesFile = join(cache, 'system-packages.json');

function readTries() {
  try {
    return JSON.parse(readFileSync(triesFile, 'utf8'));
  } catch {
    return {};
  }
}

/** A failed try is remembered by the names it was about, so that the same sentence is not printed at each start. */
function remember(names) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(triesFile, `${JSON.stringify({ names, at: Date.now() })}\n`);
}

const triedLately = (names) => {
  const tries = readTries();
  return tries.names?.join() === names.join() && Date.now() - tries.at < retryHours * 3_600_000;
};

/**
 * Installs the system packages that a command needs, where the person may; else says the exact command. It never stops the
 * command: what really cannot go on says so itself, in its own words.
 */
export function ensureSystem(command) {
  if (process.platform !== 'linux') return;
  const missing = missingFor(command);
  if (missing.length === 0) return;
  const names = namesOf(missing);
  if (missing.every((row) => row.better) && triedLately(names)) return;

  for (const row of missing) say(`setup: missing ${row.packages.join(', ')} (${row.why})`);
  const prefix = aptPrefix();
  if (prefix === undefined) {
    const why = which('apt-get') === undefined ? 'this system has no apt-get, the names are those of Debian' : 'you may not, without a password';
    say(`setup: they are not installed for you (${why}). ${howToInstall(names)}`);
    remember(names);
    return;
  }
  say('setup: installing them with apt-get (this can take a few minutes)');
  const started = Date.now();
  const problem = install(prefix, names);
  const still = missingFor(command);
  if (still.length === 0) {
    say(`setup: system packages installed (${Math.round((Date.now() - started) / 1000)} s)`);
    return;
  }
  say(`setup: could not install ${namesOf(still).join(', ')}${problem === undefined ? '' : `; apt-get says: ${problem}`}`);
  say(`setup: going on without. ${howToInstall(namesOf(still))}`);
  remember(namesOf(still));
}
