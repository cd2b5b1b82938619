/** The npm side: node_modules as the lock file says, Node 24, and node-pty's native part. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sentence, cache, capture, root, say, tail, which, withLock } from './common.mjs';
import { compileAddon } from '../native.mjs';

const modules = join(root, 'node_modules');
const stamp = join(modules, '.wardmux-install.json');
const ptyAddon = join(modules, 'node-pty/build/Release/pty.node');

/** What the app runs on: older ones lose the end of a child's output (libuv) and lack parts of node:crypto. */
const neededNode = [24, 18];

/** An installation on a slow hospital line, with the registry's mirror cold: 170 MB. */
const installSeconds = 900;

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

const lock = () => readJson(join(root, 'package-lock.json'))?.packages ?? {};

/**
 * npm as the person runs it, else the one in PATH, as a program for `node`: npm leaves out packages whose `engines` exclude
 * the Node that it runs on, native parts among them, so it never runs on whatever Node somebody happens to have.
 */
function npm(node) {
  const own = process.env.npm_execpath;
  if (own !== undefined && own.endsWith('npm-cli.js') && existsSync(own)) return [node, own];
  const found = which('npm');
  if (found === undefined) throw new Sentence('npm is not in PATH: it comes with Node. Install it (Debian: apt-get install npm) and start again.');
  const script = realpathSync(found);
  // A wrapper of somebody's own runs npm as it pleases.
  return script.endsWith('.js') ? [node, script] : [found];
}

/** Few retries: behind a firewall that drops packets npm would else try for many minutes. */
const npmFlags = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-timeout=60000'];

/** `npm ci` in a folder, with what it says in one sentence where it fails. */
async function npmCi(node, cwd, flags = []) {
  const [program, ...args] = npm(node);
  const { status, output, timedOut } = await capture(program, [...args, 'ci', ...npmFlags, ...flags], { cwd, seconds: installSeconds });
  if (timedOut) throw new Sentence(`npm ci did not end within ${installSeconds} s. Is the npm registry reachable? See: npm config get registry`);
  if (status !== 0) throw new Sentence(`${tail(output)}\nnpm ci failed: nothing was started. Is the npm registry reachable? See: npm config get registry`);
}

/** Node's own report says glibc's version where the system has it; musl has none. */
const ownLibc = process.platform !== 'linux' ? undefined : process.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';

/** May this machine go without the package? Only a native part of another platform, or what only tests and tools need. */
export function isLeftOut(entry, { part, platform = process.platform, arch = process.arch, libc = ownLibc }) {
  if (part === 'program' && entry.dev === true) return true;
  if (entry.optional !== true && entry.devOptional !== true) return false;
  const excludes = (list, own) => list !== undefined && own !== undefined && ![list].flat().includes(own);
  if (excludes(entry.os, platform) || excludes(entry.cpu, arch) || excludes(entry.libc, libc)) return true;
  // Optional and of no platform: the package that wants it can do without.
  return entry.os === undefined && entry.cpu === undefined;
}

/**
 * The packages of the lock file that node_modules lacks. npm writes what it installed into node_modules/.package-lock.json as
 * its last step, so an interrupted installation does not pass; and it leaves out an optional native part without a word.
 */
export function missingPackages(part, { wanted = lock(), folder = root } = {}) {
  const installed = readJson(join(folder, 'node_modules/.package-lock.json'))?.packages ?? {};
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== '' && !entry.link && !isLeftOut(entry, { part }))
    .filter(([path, { version }]) => installed[path]?.version !== version || !existsSync(join(folder, path, 'package.json')))
    .map(([path]) => path);
}

const isInstalled = (part) => {
  const { lock: of, part: has } = readJson(stamp) ?? {};
  return of === lockHash() && (has === part || has === 'everything');
};

/** Has an earlier run left nothing to install? What has to be built then can be built only where one may write. */
export const isReady = (part) => isInstalled(part) && ptyAddons.some((file) => existsSync(file)) && existsSync(join(root, 'dist/.build.json'));

/**
 * The packages that a command needs: `program` is what the program is made of and made with, `everything` has the tests, the
 * checks and the packaging too. Install scripts are left out on purpose: one package reports home in its own, and Electron's
 * may download; what we need of them runs by name below.
 */
export async function ensureModules(part) {
  if (isInstalled(part)) return;
  await withLock(async () => {
    if (isInstalled(part)) return;
    if (missingPackages(part).length > 0) {
      say(`setup: installing the npm packages (${part === 'program' ? 'half a minute' : 'about a minute'})`);
      const started = Date.now();
      const { node, done } = await nodeForNpm();
      try {
        await npmCi(node, root, part === 'program' ? ['--omit=dev'] : []);
      } finally {
        done();
      }
      const missing = missingPackages(part);
      if (missing.length > 0)
        throw new Sentence(
          `npm ci ended well and left out ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''}. Does the registry have them? Run: rm -rf node_modules, then the same command again.`,
        );
      say(`setup: npm packages installed (${Math.round((Date.now() - started) / 1000)} s)`);
    }
    writeFileSync(stamp, `${JSON.stringify({ lock: lockHash(), part })}\n`);
  });
}

/**
 * The Node that runs npm's installation: this one where it is what Wardmux runs on, else the pinned one, fetched first into a
 * folder of its own. Not the one in node_modules, which the installation takes away under it. Debian 12's own Node is 18, and
 * with 22.0 to 22.11 npm leaves out a native part and says that all is well.
 */
async function nodeForNpm() {
  const keep = { node: process.execPath, done: () => {} };
  if (isNewEnough(process.versions.node)) return keep;
  const name = `node-${process.platform}-${process.arch}`;
  const entry = lock()[`node_modules/${name}`];
  // A platform whose Node is not pinned: the person's own has to do, and ensureNode says so where it does not.
  if (entry === undefined) return keep;
  const folder = join(cache, 'node');
  const done = () => rmSync(folder, { recursive: true, force: true });
  done();
  mkdirSync(folder, { recursive: true });
  const dependencies = { [name]: entry.version };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'fetch-node', version: '1.0.0', dependencies }));
  // Not optional here: where it cannot be had, npm has to say so.
  const packages = { '': { name: 'fetch-node', version: '1.0.0', dependencies }, [`node_modules/${name}`]: { ...entry, optional: false } };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ name: 'fetch-node', version: '1.0.0', lockfileVersion: 3, requires: true, packages }));
  say(`setup: this is Node ${process.versions.node}; fetching Node ${entry.version} first, which Wardmux runs on`);
  await npmCi(process.execPath, folder);
  const node = join(folder, 'node_modules', name, 'bin/node');
  if (nodeVersion(node) === entry.version) return { node, done };
  done();
  throw new Sentence(
    `Node ${entry.version} came from the npm registry and does not run here (${name}). Install Node ${neededNode[0]} yourself and run the same command with it.`,
  );
}

function nodeVersion(file) {
  try {
    return execFileSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 }).trim();
  } catch {
    return undefined;
  }
}

const isNewEnough = (version) => {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1]);
};

const bundledNode = join(modules, `node-${process.platform}-${process.arch}/bin/node`);
const installedNode = join(modules, 'node/bin/node');

/** Path of the Node that everything of ours runs under. It comes with the npm packages; nobody is asked to install it. */
export async function ensureNode() {
  for (const file of [bundledNode, installedNode]) if (existsSync(file) && isNewEnough(nodeVersion(file))) return file;
  // Not on a platform whose binary is pinned in package.json: the package `node` has an installer that asks the registry.
  await withLock(async () => {
    say('setup: fetching Node for this platform from the npm registry');
    const [program, ...args] = npm(process.execPath);
    await capture(program, [...args, 'rebuild', 'node', '--ignore-scripts=false'], { seconds: installSeconds });
  });
  if (existsSync(installedNode) && isNewEnough(nodeVersion(installedNode))) return installedNode;
  if (isNewEnough(process.versions.node)) return process.execPath;
  throw new Sentence(
    `There is no Node ${neededNode.join('.')} for ${process.platform}-${process.arch} among the npm packages. Install Node ${neededNode[0]} yourself and run the same command with it.`,
  );
}

/** macOS has one made by the package's authors; elsewhere it is compiled here. */
const ptyAddons = [ptyAddon, join(modules, `node-pty/prebuilds/${process.platform}-${process.arch}/pty.node`)];

/**
 * Compiles node-pty where no addon of it is there: one file, as binding.gyp of node-pty 1.1 says for Linux. Not by `npm
 * rebuild`, which needs Python and make, cannot take a clone in `~/Müller & Söhne`, and with Debian's node-gyp makes an addon
 * that is bound to Debian's own Node and crashes ours.
 */
export async function ensureNodePty() {
  if (ptyAddons.some((file) => existsSync(file))) return;
  await withLock(async () => {
    if (existsSync(ptyAddon)) return;
    say('setup: compiling node-pty (a few seconds)');
    compileAddon({
      source: join(modules, 'node-pty/src/unix/pty.cc'),
      output: ptyAddon,
      compilers: ['c++', 'g++', 'clang++'],
      packages: ['g++'],
      flags: ['-std=c++20', '-fexceptions', '-DNAPI_CPP_EXCEPTIONS', '-I', join(modules, 'node-addon-api')],
      libraries: ['-lutil'],
      consequence: 'no shell can be opened without it',
    });
  });
}

/** `npx wardmux` looks in node_modules/.bin; npm links only the commands of dependencies there, not the clone's own. */
export function linkCommand() {
  const link = join(modules, '.bin/wardmux');
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync('../../bin/wardmux', link);
}
