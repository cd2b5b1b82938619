import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { noSmallDisk, onSmallDisk } from '../../test/support/small-disk.ts';
import { TestLedger, temporary } from './fixture.ts';
import { dropPath, fileDrop, markDrop } from './file-drop.ts';
import { readHeads } from './known.ts';
import type { Channel } from './types.ts';

const signal = new AbortController().signal;
let ledger: TestLedger;
let folder: string;
let path: string;
let drop: Channel;

beforeEach(() => {
  ledger = new TestLedger();
  ledger.grow(5);
  folder = join(temporary(), 'share');
  mkdirSync(folder);
  path = dropPath(folder, ledger.installation);
  drop = fileDrop({ row: { name: 'share', kind: 'file', folder }, ...ledger });
  markDrop(folder, ledger.installation);
});

describe('a head goes', () => {
  test('as a line that can be read back, after those that are there', async () => {
    const first = await ledger.head();
    await drop.send(first, signal);
    ledger.grow(1);
    const second = await ledger.head();
    await drop.send(second, signal);
    expect(readFileSync(path, 'utf8')).toBe([first, second].map(({ note }) => `${JSON.stringify({ note })}\n`).join(''));
    expect(await drop.latest!()).toEqual(second);
    for (const from of [path, folder])
      expect(readHeads(from, ledger.key)).toEqual({ heads: [first, second].map((head) => ({ ...head, source: path })), foreign: 0 });
  });

  test('once: a head that was written before a kill is not written again', async () => {
    const head = await ledger.head();
    await drop.send(head, signal);
    await drop.send(head, signal);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2);
  });

  test('after half a line that a crash left, at every cut', async () => {
    const first = await ledger.head();
    await drop.send(first, signal);
    const whole = readFileSync(path);
    ledger.grow(1);
    const second = await ledger.head();
    for (let cut = 0; cut < whole.length; cut++) {
      writeFileSync(path, Buffer.concat([whole, whole.subarray(0, cut)]));
      await drop.send(second, signal);
      expect(await drop.latest!()).toEqual(second);
      expect(readFileSync(path).subarray(0, whole.length + cut)).toEqual(Buffer.concat([whole, whole.subarray(0, cut)]));
    }
  });

  test('to a share of several workstations, each to its file', async () => {
    const neighbour = new TestLedger();
    neighbour.grow(9);
    markDrop(folder, 'w-ba9876543210');
    const theirs = fileDrop({ row: { name: 'share', kind: 'file', folder }, installation: 'w-ba9876543210', key: neighbour.key, rootAt: neighbour.rootAt });
    await theirs.send(await neighbour.head(), signal);
    await drop.send(await ledger.head(), signal);
    expect(readHeads(folder, ledger.key)).toMatchObject({ heads: [{ size: 5 }], foreign: 1 });
  });
});

describe('a head is not taken for kept', () => {
  test('where the mount point is empty: its share is not mounted', async () => {
    renameSync(folder, `${folder}-unmounted`);
    mkdirSync(folder);
    await expect(drop.send(await ledger.head(), signal)).rejects.toMatchObject({
      code: 'not-marked',
      message: expect.stringContaining('wardmux anchor add share'),
    });
    rmSync(folder, { recursive: true });
    await expect(drop.send(await ledger.head(), signal)).rejects.toMatchObject({ code: 'not-marked' });
    renameSync(`${folder}-unmounted`, folder);
    await drop.send(await ledger.head(), signal);
  });

  test('where the disk is full, until there is room, and where it is read-only', async (context) => {
    const disk = join(temporary(), 'disk');
    mkdirSync(disk);
    const reason = noSmallDisk(disk);
    context.skip(reason !== undefined, reason);
    const child = join(import.meta.dirname, '../../test/support/drop-child.ts');
    const { stdout, stderr } = await onSmallDisk(disk, '1m', child, [disk], process.env, 15_000);
    expect(stdout, stderr).toBe(['full: disk-full', 'half a line is left', 'room: anchored 5', 'read-only: read-only', 'writable: anchored 6', ''].join('\n'));
  });

  test.each<[string, () => void]>([
    ['a FIFO', () => execFileSync('mkfifo', [path])],
    ['a link', () => symlinkSync(join(folder, 'elsewhere'), path)],
    ['a folder', () => mkdirSync(path)],
  ])('where %s stands in its place', async (_, put) => {
    put();
    await expect(drop.send(await ledger.head(), signal)).rejects.toMatchObject({ name: 'AnchorError', code: 'io' });
  });
});

describe('a ledger that does not extend what stands there', () => {
  test.each<[string, () => void, string]>([
    ['was cut', () => void (ledger.events.length = 3), 'set back to an older copy'],
    ['was rewritten', () => void (ledger.events[0] = 'another'), 'rewritten'],
    ['was rewritten and is longer', () => ((ledger.events[0] = 'another'), ledger.grow(10)), 'rewritten'],
  ])('%s: nothing is added', async (_, forge, word) => {
    await drop.send(await ledger.head(), signal);
    const before = readFileSync(path);
    forge();
    await expect(drop.send(await ledger.head(), signal)).rejects.toMatchObject({ code: 'diverged', message: expect.stringContaining(word) });
    expect(readFileSync(path)).toEqual(before);
  });

  test('lines that are not of this ledger contradict nothing', async () => {
    await drop.send(await ledger.head(), signal);
    const stranger = new TestLedger();
    stranger.grow(100);
    appendFileSync(path, `junk\n${JSON.stringify({ note: (await stranger.head()).note })}\n`);
    ledger.grow(1);
    await drop.send(await ledger.head(), signal);
    expect(readHeads(path, ledger.key)).toMatchObject({ heads: [{ size: 5 }, { size: 6 }], foreign: 1 });
  });
});

test('a mark is not written over, and anybody may read what is in a drop', async () => {
  markDrop(folder, ledger.installation);
  await drop.send(await ledger.head(), signal);
  expect(statSync(path).mode & 0o777).toBe(0o644);
  writeFileSync(join(folder, `${ledger.installation}.drop.json`), '{}');
  expect(() => markDrop(folder, ledger.installation)).toThrow('not valid');
});

test('heads are found in a note as it is, in what a collector wrote, and in nothing else', async () => {
  const head = await ledger.head();
  const file = join(folder, 'x');
  writeFileSync(file, head.note);
  expect(readHeads(file, ledger.key).heads).toMatchObject([{ size: 5, source: file }]);
  writeFileSync(file, `Nov 22 08:15:00 ws7 wardmux [wardmux@32473 size="5" note="${Buffer.from(head.note).toString('base64')}"] x\nother line\n`);
  expect(readHeads(file, ledger.key)).toMatchObject({ heads: [{ size: 5 }], foreign: 0 });
  expect(() => readHeads(join(folder, 'none'), ledger.key)).toThrow('none cannot be read: it is not there');
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  expect(() => readHeads(join(folder, 'fifo'), ledger.key)).toThrow('neither a file nor a folder');
});
