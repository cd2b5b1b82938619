/**
 * Compiles native/wardmux.c, our one addon, into native/build/wardmux.node with the machine's own C compiler, which node-pty
 * needs as well. The header of Node-API comes with the npm package of Node: nothing is downloaded. tools/build.mjs calls it
 * and puts the result into dist/; the tests of src/ load it from where it is made.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Sentence, root, which } from './bootstrap/common.mjs';

const source = join(root, 'native/wardmux.c');
export const nativeAddon = join(root, 'native/build/wardmux.node');
const stamp = `${nativeAddon}.json`;

/** A compiler that takes longer hangs: it is one file. */
const compileMs = 60_000;

const common = ['-std=c11', '-O2', '-fPIC', '-fvisibility=hidden', '-fstack-protector-strong', '-Wall', '-Wextra'];
/** How each system makes a library whose missing names the program that loads it has. Elsewhere nothing is compiled. */
const flags = {
  linux: [...common, '-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2', '-shared', '-pthread', '-Wl,-z,relro,-z,now'],
  darwin: [...common, '-bundle', '-undefined', 'dynamic_lookup'],
};

const isSupported = () => flags[process.platform] !== undefined;

/** SHA-256 (hex) of all that decides what comes out, but for the compiler's version: Node-API is the same for every Node. */
export function hashNative(file = source) {
  return createHash('sha256')
    .update(`${process.platform}-${process.arch} ${(flags[process.platform] ?? []).join(' ')}\0`)
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
 * Compiles the addon where its source has changed since, or it is not there. Two at once do not harm each other.
 * @returns {string | undefined} path of the addon; undefined on a system that it is not for
 */
export function ensureNative({ force = false, log = () => {} } = {}) {
  if (!isSupported()) return undefined;
  if (!force && nativeIsBuilt()) return nativeAddon;
  const compiler = ['cc', 'gcc', 'clang'].map(which).find((found) => found !== undefined);
  if (compiler === undefined) throw new Sentence('The native part has to be compiled and there is no C compiler. Run: apt-get install -y gcc libc6-dev');
  const folders = [join(dirname(process.execPath), '../include/node'), join(root, `node_modules/node-${process.platform}-${process.arch}/include/node`)];
  const headers = folders.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (headers === undefined)
    throw new Sentence(`The native part has to be compiled and node_api.h is missing, the header of Node (looked in ${folders.join(' and ')}).`);
  log('build: compiling native/wardmux.c');
  mkdirSync(dirname(nativeAddon), { recursive: true });
  const fresh = `${nativeAddon}.${process.pid}`;
  const hash = hashNative();
  try {
    execFileSync(compiler, [...flags[process.platform], '-I', headers, '-o', fresh, source, '-lm'], { encoding: 'utf8', stdio: 'pipe', timeout: compileMs });
    // That it loads is the test, as for node-pty.
    execFileSync(process.execPath, ['-e', 'process.dlopen({ exports: {} }, process.argv[1])', fresh], { encoding: 'utf8', stdio: 'pipe', timeout: compileMs });
    renameSync(fresh, nativeAddon);
  } catch (error) {
    throw new Sentence(`${error.stderr?.trim() || error.message}\nnative/wardmux.c could not be compiled by ${compiler}: Wardmux does not start without it.`);
  } finally {
    rmSync(fresh, { force: true });
  }
  writeFileSync(stamp, `${JSON.stringify({ hash })}\n`);
  return nativeAddon;
}
