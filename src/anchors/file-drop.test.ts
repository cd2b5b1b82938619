import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { noSmallDisk, onSmallDisk } from '../../test/support/small-disk.ts';
import type { AnchorHead } from './types.ts';
import { START, TestLedger, temporary } from './fixture.ts';
import { dropPath, fileDrop, markDrop } from './file-drop.ts';
import { inspectAnchor, viewOf } from './inspect.ts';
import { readHeads } from './known.ts';
import { AnchorStore } from './store.ts';
import type { Channel } from './kind.ts';
import type { AnchorProof } from './kinds.ts';

const signal = new AbortController().signal;
let ledger: TestLedger;
let folder: string;
let path: string;
let drop: Channel<AnchorProof>;

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
    expect(await drop.latest!()).toEqual({ found: second, tooLong: 0, unknown: 0, disordered: [] });
    for (const from of [path, folder])
      expect(readHeads(from, ledger.key)).toEqual({ heads: [first, second].map((head) => ({ ...head, source: path })), foreign: 0, unknown: 0, tooLong: 0 });
  });

  test('an alert goes into a file of its own, a line each, and is no head to whoever compares the folder', async () => {
    const head = await ledger.head();
    await drop.send(head, signal);
    const alert = { id: 'b-000000000001', time: '2026-11-28T03:00:00.000Z', text: '{"format":"wardmux-alert","breakGlass":"b-000000000001"}' };
    await drop.alert!(alert, 'c2ln', signal);
    await drop.alert!(alert, 'c2ln', signal);
    const line = JSON.stringify({ alert: alert.text, signature: 'c2ln' });
    expect(readFileSync(join(folder, `${ledger.installation}.alerts.jsonl`), 'utf8')).toBe(`${line}\n${line}\n`);
    expect(readHeads(folder, ledger.key)).toEqual({ heads: [{ ...head, source: path }], foreign: 0, unknown: 0, tooLong: 0 });
    rmSync(join(folder, `${ledger.installation}.drop.json`));
    await expect(drop.alert!(alert, 'c2ln', signal)).rejects.toMatchObject({ code: 'not-marked' });
  });

  test('once: a head that was written before a kill is not written again', async () => {
    const head = await ledger.head();
    await drop.send(head, signal);
    await drop.send(head, signal);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2);
  });

  // Some four hundred syncs: on a busy disk they take longer than a test usually may.
  test('after half a line that a crash left, at every cut', { timeout: 120_000 }, async () => {
    const first = await ledger.head();
    await drop.send(first, signal);
    const whole = readFileSync(path);
    ledger.grow(1);
    const second = await ledger.head();
    for (let cut = 0; cut < whole.length; cut++) {
      writeFileSync(path, Buffer.concat([whole, whole.subarray(0, cut)]));
      await drop.send(second, signal);
      // Cut before its newline, it becomes a whole line again.
      expect(await drop.latest!()).toEqual({ found: second, tooLong: 0, unknown: 0, disordered: [] });
      expect(readFileSync(path).subarray(0, whole.length + cut)).toEqual(Buffer.concat([whole, whole.subarray(0, cut)]));
    }
  });

  test('to a share of several workstations, each to its file', async () => {
    const neighbour = new TestLedger('w-ba9876543210');
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
    const { stdout, stderr } = await onSmallDisk(disk, '1m', child, [disk], process.env, 60_000);
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
    const stranger = new TestLedger('w-00000000ffff');
    stranger.grow(100);
    appendFileSync(path, `junk\n${JSON.stringify({ note: (await stranger.head()).note })}\n`);
    ledger.grow(1);
    await drop.send(await ledger.head(), signal);
    expect(readHeads(path, ledger.key)).toMatchObject({ heads: [{ size: 5 }, { size: 6 }], foreign: 1 });
  });

  test('a note in its name by a key that is not known here is told, and nothing of ours goes behind it', async () => {
    await drop.send(await ledger.head(), signal);
    const successor = new TestLedger();
    successor.grow(100);
    appendFileSync(path, `${JSON.stringify({ note: (await successor.head()).note })}\n`);
    const before = readFileSync(path);
    ledger.grow(1);
    await expect(drop.send(await ledger.head(), signal)).rejects.toMatchObject({ code: 'unknown-key', message: expect.stringContaining('1 newer note') });
    expect(readFileSync(path)).toEqual(before);
    expect(await drop.latest!()).toMatchObject({ found: { size: 5 }, unknown: 1 });
  });
});

describe('an old genuine line that somebody appends', () => {
  const line = ({ note }: { note: string }): string => `${JSON.stringify({ note })}\n`;
  const look = async () => {
    const row = { name: 'share', kind: 'file', folder } as const;
    const kept = { row, channel: drop, store: new AnchorStore(join(folder, '../anchors/share')) };
    return viewOf(kept, await inspectAnchor(kept, await ledger.head(), ledger.key, ledger.history, true), START);
  };

  test('hides no larger head: a ledger that was set back diverges still, and adds nothing', async () => {
    const old = await ledger.head();
    await drop.send(old, signal);
    ledger.grow(4);
    await drop.send(await ledger.head(), signal);
    const newest = ledger.events.slice();
    for (const behind of [line(old), line(old).repeat(300), `${line(old)}junk\n`]) {
      ledger.events = newest.slice();
      writeFileSync(path, line(old) + line(await ledger.head()) + behind);
      expect(await drop.latest!()).toMatchObject({ found: { size: 9 }, unknown: 0 });
      // Its own ledger is anchored still: anybody of the account can append. It is told.
      expect(await look()).toMatchObject({ grade: 'anchored', head: { size: 9 }, sentence: expect.stringContaining('A head of 5 events stands at') });
      ledger.events.length = 5;
      expect(await look()).toMatchObject({ grade: 'diverged' });
      ledger.grow(9, 'forged');
      expect(await look()).toMatchObject({ grade: 'diverged' });
      const before = readFileSync(path);
      await expect(drop.send(await ledger.head(), signal)).rejects.toMatchObject({ code: 'diverged' });
      expect(readFileSync(path)).toEqual(before);
    }
  });

  test('and a second history behind it that is longer hides none either', async () => {
    const old = await ledger.head();
    ledger.grow(4);
    const original = await ledger.head();
    ledger.events.length = 5;
    ledger.grow(4, 'forged');
    const same = await ledger.head();
    ledger.grow(4, 'forged');
    const longer = await ledger.head();
    for (const lines of [
      [original, old, longer],
      [original, same, longer],
      [original, same],
    ]) {
      ledger.events.length = lines.at(-1)!.size;
      writeFileSync(path, lines.map(line).join(''));
      expect(await look()).toMatchObject({ grade: 'diverged' });
      await expect(drop.send(await ledger.head(), signal)).rejects.toMatchObject({ code: 'diverged' });
    }
  });

  test('hides no note of a key that came after', async () => {
    const old = await ledger.head();
    const successor = new TestLedger();
    successor.grow(100);
    writeFileSync(path, line(old) + line(await successor.head()) + line(old));
    expect(await drop.latest!()).toMatchObject({ found: { size: 5 }, unknown: 1 });
    await expect(drop.send(old, signal)).rejects.toMatchObject({ code: 'unknown-key' });
  });

  test('a flood of them in disorder is no state to be called good', async () => {
    const old: AnchorHead[] = [];
    for (let n = 0; n < 300; n++) old.push(await ledger.head(START + n));
    ledger.grow(4);
    const newer = await ledger.head();
    // The same again and again is two heads; so many others are more than is checked.
    writeFileSync(path, (line(newer) + line(old[0]!)).repeat(300));
    expect((await drop.latest!()).disordered).toEqual([newer, old[0]]);
    let text = '';
    for (const [n, head] of old.entries()) text += line(await ledger.head(START + n)) + line(head);
    writeFileSync(path, text);
    await expect(drop.latest!()).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('out of order') });
    expect((await look()).grade).toBe('not-anchored');
  });

  test('more of it than a look goes back hides nothing: what was looked at before is signed for', async () => {
    const others = { syslog: { kind: 'syslog', server: 'x', certificate: 'y' } } as const;
    const older = [await ledger.head()];
    for (let n = 0; n < 3; n++) {
      ledger.grow(1);
      older.push(await ledger.head());
    }
    const end = older.map(line).join('').length;
    const known = { kind: 'file', path, end: line(older[0]!).length } as const;
    ledger.grow(4);
    const newer = await ledger.head();
    ledger.events.length = 8;
    // Old lines in their order, junk with one of them behind it, and lines with nothing in them.
    for (const junk of [
      older.map(line).join('').repeat(400),
      `${'x'.repeat(60_000)}\n`.repeat(80) + line(older[3]!),
      '\n'.repeat(5_000_000) + line(older[3]!),
    ]) {
      writeFileSync(path, older.map(line).join('') + line(newer) + junk);
      expect(junk.length).toBeGreaterThan(4 * 1024 * 1024);
      for (const before of [undefined, known, { ...known, end: 1e9 }, { ...known, path: 'elsewhere' }, others.syslog]) {
        expect(await drop.latest!(before)).toMatchObject({ found: { size: newer.size } });
        await expect(drop.send(await ledger.head(), signal, before)).rejects.toMatchObject({ code: 'diverged' });
      }
      expect((await look()).grade).toBe('diverged');
    }
    // A receipt of then says that all before it was looked at.
    writeFileSync(path, older.map(line).join('') + 'x\n'.repeat(3_000_000));
    expect(await drop.latest!({ ...known, end })).toMatchObject({ found: { size: older[3]!.size } });
  });
});

describe('junk that somebody put there', () => {
  const long = 'x'.repeat(600_000);

  test('hides no later head from a comparison, wherever it stands, and is counted', async () => {
    const note = JSON.stringify({ note: (await ledger.head()).note });
    const lines = [long, note, 'y'.repeat(70_000), note, `wardmux.localhost/${ledger.installation}/ledger`, note, 'z'.repeat(65_537), note, long];
    for (const end of ['\n', '']) {
      writeFileSync(path, lines.join('\n') + end);
      const { heads, tooLong } = readHeads(path, ledger.key);
      expect(heads).toHaveLength(4);
      expect(tooLong).toBe(4);
    }
    // Lengths around the size of a block.
    for (const length of [65_535, 65_536, 65_537, 262_143, 262_144, 262_145]) {
      writeFileSync(path, `${note}\n${'x'.repeat(length)}\n${note}\n`);
      expect(readHeads(path, ledger.key)).toMatchObject({ heads: [{ size: 5 }, { size: 5 }], tooLong: length > 65_536 ? 1 : 0 });
    }
  });

  test.each<[string, string, number]>([
    ['one line of 70 KB', `${'x'.repeat(70_000)}\n`, 1],
    ['one line of 600 KB', `${long}\n`, 1],
    ['many short lines', 'junk\n'.repeat(100_000), 0],
    ['half a line', 'x'.repeat(70_000), 0],
    ['long and short ones', `a\n${long}\n\nb\n${long}\nc`, 2],
  ])('%s at the end: the head before it is found', async (_, junk, tooLong) => {
    const head = await ledger.head();
    for (const before of ['', 'first\n', `${long}\n`]) {
      writeFileSync(path, `${before}${JSON.stringify({ note: head.note })}\n${junk}`);
      expect(await drop.latest!()).toEqual({ found: head, tooLong, unknown: 0, disordered: [] });
    }
  });

  test('more of it than is read at one look: never anchored, and nothing is added', async () => {
    const head = await ledger.head();
    const proof = await drop.send(head, signal);
    appendFileSync(path, `${'x'.repeat(33 * 1024 * 1024)}\n`);
    const before = statSync(path).size;
    await expect(drop.latest!(proof)).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('has grown by more than') });
    await expect(drop.send(head, signal, proof)).rejects.toMatchObject({ code: 'io' });
    expect(statSync(path).size).toBe(before);
  });
});

describe('a file drop is judged by itself', () => {
  async function seen() {
    const row = { name: 'share', kind: 'file', folder } as const;
    const kept = { row, channel: drop, store: new AnchorStore(join(folder, '../anchors/share')) };
    return viewOf(kept, await inspectAnchor(kept, await ledger.head(), ledger.key, ledger.history, true), START);
  }
  const receipt = async (): Promise<void> =>
    new AnchorStore(join(folder, '../anchors/share')).addReceipt(
      { at: new Date(START).toISOString(), note: (await ledger.head()).note, proof: { kind: 'file', path, end: 0 } },
      (bytes) => ledger.signer.sign(bytes),
    );

  test('also without a receipt', async () => {
    await drop.send(await ledger.head(), signal);
    expect(await seen()).toMatchObject({ grade: 'anchored', head: { size: 5 } });
  });

  test('a receipt for a head that does not stand there makes nothing good', async () => {
    await receipt();
    expect(await seen()).toMatchObject({ grade: 'not-anchored', head: null, sentence: expect.stringContaining('it was cut, or is another file') });
    await drop.send(await ledger.head(), signal);
    ledger.grow(1);
    await receipt();
    expect(await seen()).toMatchObject({ grade: 'not-anchored', head: { size: 5 } });
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
