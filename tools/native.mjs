/**
 * Compiles addons, each of one file, with the machine's own compiler: node-pty's, and native/wardmux.c, our one, into
 * native/build/wardmux.node. The header of Node-API comes with the npm package of Node: nothing is downloaded. tools/build.mjs calls it
 * and puts the result into dist/; the tests of src/ load it from where it is made.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Sentence, howToInstall, root, which } from './bootstrap/common.mjs';

const source = join(root, 'native/wardmux.c');
export const nativeAddon = join(root, 'native/build/wardmux.node');
const stamp = `${nativeAddon}.json`;

/** A compiler that takes longer hangs: it is one file. */
const compileMs = 60_000;

const common = ['-O2', '-fPIC', '-fvisibility=hidden', '-fstack-protector-strong', '-Wall'];
/** How each system makes a library whose missing names the program that loads it has. Elsewhere nothing is compiled. */
const flags = {
  linux: [...common, '-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2', '-shared', '-pthread', '-Wl,-z,relro,-z,now'],
  darwin: [...common, '-bundle', '-undefined', 'dynamic_lookup'],
};
const own = ['-std=c11', '-Wextra'];

const isSupported = () => flags[process.platform] !== undefined;

/** SHA-256 (hex) of all that decides what comes out, but for the compiler's version: Node-API is the same for every Node. */
export function hashNative(file = source) {
  return createHash('sha256')
    .update(`${process.platform}-${process.arch} ${[...(flags[process.platform] ?? []), ...own].join(' ')}\0`)
    .update(readFileSync(file))
    .digest('hex');
}

function builtHash() {
  try {
    return JSON.parse(readFileSync(stamp, 'utf8')).hash;
  } catch {
    return undefined;
  }
}

/** True where there is nothing to do. */
export const nativeIsBuilt = () => !isSupported() || (existsSync(nativeAddon) && builtHash() === hashNative());

/**
 * Compiles one file into an addon and sees that it loads, before it takes the place of `output`. Two at once do no harm.
 * @param {{ source: string, output: string, compilers: string[], packages: string[], flags: string[], libraries: string[], consequence: string }} what
 *   `packages`: Debian's, that bring a compiler; `consequence`: what a person is told when it fails
 */
export function compileAddon({ source, output, compilers, packages, flags: more, libraries, consequence }) {
  const name = relative(root, source);
  const compiler = compilers.map(which).find((found) => found !== undefined);
  if (compiler === undefined) throw new Sentence(`${name} has to be compiled and there is no compiler for it. ${howToInstall(packages)}`);
  const node = join(root, `node_modules/node-${process.platform}-${process.arch}`);
  const folders = [join(node, 'include/node'), join(dirname(process.execPath), '../include/node')];
  const headers = folders.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (headers === undefined)
    throw new Sentence(`${name} has to be compiled and node_api.h is missing, the header of Node (looked in ${folders.join(' and ')}).`);
  mkdirSync(dirname(output), { recursive: true });
  const fresh = `${output}.${process.pid}`;
  const quiet = { encoding: 'utf8', stdio: 'pipe', timeout: compileMs };
  try {
    execFileSync(compiler, [...flags[process.platform], ...more, '-I', headers, '-o', fresh, source, ...libraries], quiet);
    // By the Node that will load it, in a process that may crash.
    const loader = [join(node, 'bin/node'), process.execPath].find((file) => existsSync(file));
    execFileSync(loader, ['-e', 'process.dlopen({ exports: {} }, process.argv[1])', fresh], quiet);
    renameSync(fresh, output);
  } catch (error) {
    throw new Sentence(`${error.stderr?.trim() || error.message}\n${name} could not be compiled by ${compiler}: ${consequence}.`);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/**
 * Compiles our addon where its source has changed since, or it is not there.
 * @returns {string | undefined} path of the addon; undefined on a system that it is not for
 */
export function ensureNative({ force = false, log = () => {} } = {}) {
  if (!isSupported()) return undefined;
  if (!force && nativeIsBuilt()) return nativeAddon;
  log('build: compiling native/wardmux.c');
  const hash = hashNative();
  compileAddon({
    source,
    output: nativeAddon,
    compilers: ['cc', 'gcc', 'clang'],
    packages: ['gcc', 'libc6-dev'],
    flags: own,
    libraries: ['-lm'],
    consequence: 'Wardmux does not start without it',
  });
  writeFileSync(stamp, `${JSON.stringify({ hash })}\n`);
  return nativeAddon;
}
