/** The npm side: node_modules as the lock file says, Node 24, and node-pty's native part. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sentence, capture, root, say, tail, which, withLock } from './common.mjs';

const modules = join(root, 'node_modules');
const stamp = join(modules, '.wardmux-install.json');
const ptyAddon = join(modules, 'node-pty/build/Release/pty.node');

/** What the app runs on: older ones lose the end of a child's output (libuv) and lack parts of node:crypto. */
const neededNode = [24, 18];

/** An installation on a slow hospital line, with the registry's mirror cold: 170 MB. */
const installSeconds = 900;
const buildSeconds = 300;

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

/** npm as the person runs it, else the one in PATH. */
function npm() {
  const own = process.env.npm_execpath;
  if (own !== undefined && own.endsWith('npm-cli.js') && existsSync(own)) return [process.execPath, own];
  const found = which('npm');
  if (found === undefined) throw new Sentence('npm is not in PATH: it comes with Node. Install it (Debian: apt-get install npm) and start again.');
  return [found];
}

/**
 * Does node_modules hold what the lock file names? npm writes what it installed into node_modules/.package-lock.json as
 * its last step, so an interrupted installation does not pass.
 */
function holdsLock() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const installed = readJson(join(modules, '.package-lock.json'))?.packages;
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link) return true;
    if (installed[path] === undefined) return entry.optional === true;
    return installed[path].version === entry.version && existsSync(join(root, path, 'package.json'));
  });
}

const isInstalled = () => existsSync(modules) && readJson(stamp)?.lock === lockHash();

/**
 * `npm ci --ignore-scripts` where node_modules is missing or belongs to another lock file. Install scripts are left out on
 * purpose: one package reports home in its own, and Electron's may download; what we need of them runs by name below.
 */
export async function ensureModules() {
  if (isInstalled()) return;
  await withLock(async () => {
    if (isInstalled()) return;
    if (!holdsLock()) {
      say('setup: installing the npm packages (about a minute)');
      const started = Date.now();
      const [program, ...args] = npm();
      // Few retries: behind a firewall that drops packets npm would else try for many minutes.
      const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-timeout=60000'];
      const { status, output, timedOut } = await capture(program, [...args, 'ci', ...flags], { seconds: installSeconds });
      if (timedOut) throw new Sentence(`npm ci did not end within ${installSeconds} s. Is the npm registry reachable? See: npm config get registry`);
      if (status !== 0) throw new Sentence(`${tail(output)}\nnpm ci failed: nothing was started. Is the npm registry reachable? See: npm config get registry`);
      say(`setup: npm packages installed (${Math.round((Date.now() - started) / 1000)} s)`);
    }
    writeFileSync(stamp, `${JSON.stringify({ lock: lockHash() })}\n`);
  });
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
    const [program, ...args] = npm();
    await capture(program, [...args, 'rebuild', 'node', '--ignore-scripts=false'], { seconds: installSeconds });
  });
  if (existsSync(installedNode) && isNewEnough(nodeVersion(installedNode))) return installedNode;
  if (isNewEnough(process.versions.node)) return process.execPath;
  throw new Sentence(
    `There is no Node ${neededNode.join('.')} for ${process.platform}-${process.arch} among the npm packages. Install Node ${neededNode[0]} yourself and run the same command with it.`,
  );
}

/** The addon is Node-API, so one build serves every Node; that it loads is the test. */
async function ptyLoads(node) {
  if (!existsSync(ptyAddon)) return false;
  return (await capture(node, ['-e', 'process.dlopen({ exports: {} }, process.argv[1])', ptyAddon], { seconds: 20 })).status === 0;
}

/** Compiles node-pty where its addon does not load. The headers come with the npm package of Node: nothing is downloaded. */
export async function ensureNodePty(node) {
  if (await ptyLoads(node)) return;
  await withLock(async () => {
    if (await ptyLoads(node)) return;
    const missing = ['python3', 'make', 'g++'].filter((program) => which(program) === undefined);
    if (missing.length > 0) {
      throw new Sentence(
        `node-pty has to be compiled and ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing. Run: apt-get install -y python3 make g++`,
      );
    }
    say('setup: compiling node-pty (a few seconds)');
    const headers = join(node, '../..');
    const env = { ...process.env };
    if (existsSync(join(headers, 'include/node/node.h'))) env.npm_config_nodedir = headers;
    const [program, ...args] = npm();
    const flags = ['--ignore-scripts=false', '--foreground-scripts'];
    const { output } = await capture(program, [...args, 'rebuild', 'node-pty', ...flags], { env, seconds: buildSeconds });
    if (!(await ptyLoads(node))) throw new Sentence(`${tail(output, 12)}\nnode-pty could not be compiled: no shell can be opened without it.`);
  });
}

/** `npx wardmux` looks in node_modules/.bin; npm links only the commands of dependencies there, not the clone's own. */
export function linkCommand() {
  const link = join(modules, '.bin/wardmux');
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync('../../bin/wardmux', link);
}
