/**
 * Builds dist/ from the sources: the Node and Electron bundles, the preload, the renderer, the assets and our addon.
 *
 *   node tools/build.mjs [--force] [--package] [--quiet]
 *
 * `--package` leaves source maps out. A build whose inputs have not changed since the last one is skipped. The new tree
 * is built aside and swapped in whole, so that a second build never meets half of it; the trees before it stay aside for a while, for
 * the apps that were started from them (src/disk/held-folder.ts).
 *
 * Exit status: 0 built or up to date, 1 the build failed (the old dist/ is untouched).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { ensureNative, nativeIsBuilt } from './native.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const stampName = '.build.json';

/**
 * Bundles for Node and for Electron's main and utility processes. One build, so that shared code is in shared chunks; the
 * chunks lie beside the entries, so that `import.meta.dirname` is dist/ in every module.
 */
export const nodeEntries = {
  cli: 'src/cli/main.ts',
  start: 'main/start.ts',
  electron: 'main/electron/main.ts',
  'pty-host': 'src/pty/main.ts',
  'vault-host': 'src/vault/main.ts',
  'audit-host': 'src/audit/main.ts',
};

/** A sandboxed preload cannot require files of its own, so it is one CommonJS file. */
export const preloadEntry = 'main/electron/preload.ts';
export const rendererConfig = 'renderer/vite.config.ts';

/** Left out of the bundles: native addons must stay files, and electron is given by the runtime. */
const externalPackages = ['electron', 'node-pty', '@napi-rs/keyring'];
const builtins = new Set(builtinModules);

/** @param {string} id a module specifier as written in the source */
export function isExternal(id) {
  if (id.startsWith('node:') || builtins.has(id)) return true;
  return externalPackages.some((name) => id === name || id.startsWith(`${name}/`));
}

/** Everything that decides what comes out. Tests beside the sources do not. */
const inputs = [
  'src',
  'main',
  'renderer',
  'assets',
  'native/wardmux.c',
  'tools/native.mjs',
  'tools/build.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

function* filesUnder(path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === 'node_modules' || /\.test\.tsx?$/.test(entry.name)) continue;
    yield* filesUnder(join(path, entry.name));
  }
}

/** SHA-256 (hex) over the names and contents of every input and the kind of build. */
export function hashInputs({ packaged, base = root }) {
  const hash = createHash('sha256');
  hash.update(packaged ? 'package\0' : 'development\0');
  for (const input of inputs) {
    for (const file of filesUnder(join(base, input))) {
      const bytes = readFileSync(file);
      hash.update(`${relative(base, file)}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest('hex');
}

function upToDate(hash) {
  try {
    const stamp = JSON.parse(readFileSync(join(dist, stampName), 'utf8'));
    return stamp.hash === hash && stamp.outputs.every((name) => existsSync(join(dist, name)));
  } catch {
    return false;
  }
}

/** Whether dist/ is what a development build of the sources as they are now would make. */
export const isBuilt = () => upToDate(hashInputs({ packaged: false }));

/** So many trees of before are kept: an app that runs since before that many builds has to be started again. */
const keptTrees = 4;
const beforePrefix = 'dist-before-';

/** Removes all but the newest of the trees in `cache` that were replaced. */
export function forgetOldTrees(cache) {
  const replacedAt = (name) => Number(name.slice(beforePrefix.length).split('-')[0]);
  const trees = readdirSync(cache).filter((name) => name.startsWith(beforePrefix));
  for (const name of trees.sort((a, b) => replacedAt(b) - replacedAt(a)).slice(keptTrees)) rmSync(join(cache, name), { recursive: true, force: true });
}

/** Two builds may finish at the same time: the one that comes second replaces what the first put there. */
function swapIn(fresh, hash) {
  const old = join(dirname(fresh), `${beforePrefix}${Date.now()}-${process.pid}`);
  for (let attempt = 0; ; attempt++) {
    try {
      if (existsSync(dist)) renameSync(dist, old);
      renameSync(fresh, dist);
      break;
    } catch (error) {
      if (upToDate(hash)) {
        rmSync(fresh, { recursive: true, force: true });
        break;
      }
      if (attempt >= 20) throw error;
    }
  }
  forgetOldTrees(dirname(fresh));
}

/** Vite takes what follows these in a path for a part of an address. */
const hasAddressSigns = /[#?]/;

/** Builds in a private copy of the sources with a plain path, and takes what came out of it. */
function buildElsewhere(flags, hash) {
  const place = mkdtempSync(join(tmpdir(), 'wardmux-build-'));
  try {
    if (hasAddressSigns.test(place)) throw new Error(`The build cannot work in ${place}, nor in ${root}: set TMPDIR to a folder without # and ? in its path.`);
    for (const input of [...inputs, 'tools'].filter((path) => existsSync(join(root, path)))) cpSync(join(root, input), join(place, input), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
    const { status } = spawnSync(process.execPath, [join(place, 'tools/build.mjs'), ...flags], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`the build in ${place} failed`);
    const fresh = join(root, '.cache', `build-${process.pid}`);
    rmSync(fresh, { recursive: true, force: true });
    cpSync(join(place, 'dist'), fresh, { recursive: true });
    cpSync(join(place, 'native/build'), join(root, 'native/build'), { recursive: true });
    swapIn(fresh, hash);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/**
 * @param {{ packaged?: boolean, force?: boolean, log?: (line: string) => void }} options
 * @returns {Promise<'built' | 'current'>}
 */
export async function buildAll({ packaged = false, force = false, log = () => {} } = {}) {
  const hash = hashInputs({ packaged });
  if (!force && upToDate(hash) && nativeIsBuilt()) return 'current';
  if (hasAddressSigns.test(root)) {
    buildElsewhere(
      [packaged ? '--package' : '', force ? '--force' : ''].filter((flag) => flag !== ''),
      hash,
    );
    return 'built';
  }
  const addon = ensureNative({ force, log });

  const started = Date.now();
  const { build } = await import('vite');
  const fresh = join(root, '.cache', `build-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });

  for (const entry of [...Object.values(nodeEntries), preloadEntry, rendererConfig]) {
    if (!existsSync(join(root, entry))) throw new Error(`${entry} is missing: is this clone complete? Try: git status`);
  }

  const shared = {
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    // Nothing from the environment of the person who builds may end up in a bundle.
    envDir: false,
  };
  const nodeBuild = (input, output) => ({
    ...shared,
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: true,
      target: 'node24',
      outDir: fresh,
      emptyOutDir: false,
      copyPublicDir: false,
      minify: false,
      sourcemap: !packaged,
      reportCompressedSize: false,
      rolldownOptions: { input, external: isExternal, output, checks: { bundlerTimings: false } },
    },
  });

  try {
    const entries = Object.fromEntries(Object.entries(nodeEntries).map(([name, file]) => [name, join(root, file)]));
    await build(nodeBuild(entries, { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' }));
    await build(nodeBuild({ preload: join(root, preloadEntry) }, { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false }));
    await build({
      root: join(root, 'renderer'),
      configFile: join(root, rendererConfig),
      logLevel: 'warn',
      build: { outDir: join(fresh, 'renderer'), emptyOutDir: true, sourcemap: !packaged, reportCompressedSize: false, chunkSizeWarningLimit: 4096 },
    });
    cpSync(join(root, 'assets'), join(fresh, 'assets'), { recursive: true });
    if (addon !== undefined) copyFileSync(addon, join(fresh, basename(addon)));

    const outputs = readdirSync(fresh);
    writeFileSync(join(fresh, stampName), `${JSON.stringify({ hash, packaged, outputs }, null, 2)}\n`);
    swapIn(fresh, hash);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  log(`build: dist is new (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return 'built';
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const flags = new Set(process.argv.slice(2));
  try {
    const outcome = await buildAll({
      packaged: flags.has('--package'),
      force: flags.has('--force'),
      log: (line) => console.error(line),
    });
    if (outcome === 'current' && !flags.has('--quiet')) console.error('build: nothing changed');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // rolldown colours its messages whether or not somebody looks at a terminal.
    console.error(process.stderr.isTTY ? message : stripVTControlCharacters(message));
    console.error('build: failed, the old dist/ is as it was');
    process.exitCode = 1;
  }
}
