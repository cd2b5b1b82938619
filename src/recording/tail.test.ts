import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pattern } from '../../test/support/recording-pattern.ts';
import { newFolder, newRecording, opener, removeFolders, rotated } from '../../test/support/recording.ts';
import { recoverRecording } from './recovery.ts';
import { decodeSnapshot, encodeSnapshot, tail, type TailItem, type TailOptions } from './tail.ts';
import { outlineOf } from './outline.ts';
import { AuditKeyOpener, generateAuditKey } from './wrap.ts';
import type { RecordingWriter } from './writer.ts';

afterAll(removeFolders);

async function collect(folder: string, options: TailOptions): Promise<TailItem[]> {
  const items: TailItem[] = [];
  for await (const item of tail(folder, opener, options)) items.push(item);
  return items;
}

/** The replayed output as one buffer, checked to be without holes. */
function outputOf(items: readonly TailItem[]): { readonly from: number; readonly bytes: Buffer } {
  const output = items.filter((item) => item.kind === 'output');
  for (const [i, item] of output.entries()) if (i > 0) expect(item.offset).toBe(output[i - 1]!.offset + output[i - 1]!.bytes.length);
  return { from: output[0]?.offset ?? -1, bytes: Buffer.concat(output.map((item) => item.bytes)) };
}

const write = (writer: RecordingWriter, bytes: number): void => writer.output(pattern(writer.outputBytes, bytes));
const snapshot = (writer: RecordingWriter, outputOffset: number, text: string, cols = 80, rows = 24): void =>
  writer.event('n', encodeSnapshot({ outputOffset, cols, rows }, Buffer.from(text)));

describe('the tail of a recording', () => {
  it('is all of a short one', async () => {
    const { writer } = await newRecording();
    write(writer, 100);
    writer.event('r', '100x40');
    write(writer, 60);
    const items = await collect(writer.folder, { written: writer.written(), maxTailBytes: 1e6 });
    expect(items.filter((item) => item.kind !== 'output')).toEqual([
      { kind: 'begin', offset: 0, skipped: 0, segments: 1 },
      { kind: 'size', offset: 0, cols: 80, rows: 24 },
      { kind: 'size', offset: 100, cols: 100, rows: 40 },
    ]);
    expect(items.findIndex((item) => item.kind === 'size' && item.cols === 100)).toBeGreaterThan(2);
    expect(outputOf(items)).toEqual({ from: 0, bytes: pattern(0, 160) });
    await writer.end('exit');
  });

  it('of one without output has a size all the same', async () => {
    const { writer } = await newRecording();
    writer.event('r', '90x20');
    expect(await collect(writer.folder, { written: writer.written(), maxTailBytes: 1e6 })).toEqual([
      { kind: 'begin', offset: 0, skipped: 0, segments: 1 },
      { kind: 'size', offset: 0, cols: 90, rows: 20 },
    ]);
    await writer.end('exit');
  });

  it('begins at the last snapshot, with the output after what it covers, although that was recorded before it', async () => {
    const { writer } = await newRecording();
    write(writer, 500);
    snapshot(writer, 320, 'an older screen');
    write(writer, 500);
    // The workspace took its snapshot after 800 bytes; 200 more were printed before it came.
    snapshot(writer, 800, 'the screen');
    write(writer, 100);
    const items = await collect(writer.folder, { written: writer.written(), maxTailBytes: 1000 });
    expect(items.slice(0, 3)).toEqual([
      { kind: 'begin', offset: 800, skipped: 0, segments: 1 },
      { kind: 'size', offset: 800, cols: 80, rows: 24 },
      { kind: 'screen', offset: 800, cols: 80, rows: 24, bytes: Buffer.from('the screen') },
    ]);
    expect(outputOf(items)).toEqual({ from: 800, bytes: pattern(800, 300) });
    await writer.end('exit');
  });

  it('stops at what was written when it was asked for, and takes no snapshot of what comes later', async () => {
    const { writer } = await newRecording();
    write(writer, 320);
    snapshot(writer, 320, 'early');
    write(writer, 80);
    const written = writer.written();
    write(writer, 240);
    snapshot(writer, 640, 'late');
    writer.event('r', '200x50');
    write(writer, 320);
    await rotated(writer);
    writer.event('r', '20x5');
    const items = await collect(writer.folder, { written, maxTailBytes: 1e6 });
    expect(items[2]).toMatchObject({ kind: 'screen', offset: 320, bytes: Buffer.from('early') });
    expect(outputOf(items)).toEqual({ from: 320, bytes: pattern(320, 80) });
    expect(items.filter((item) => item.kind === 'size')).toEqual([{ kind: 'size', offset: 320, cols: 80, rows: 24 }]);
    await writer.end('exit');
  });

  it('goes over segments, also when the snapshot covers an earlier one', async () => {
    const { writer } = await newRecording();
    write(writer, 160);
    await rotated(writer);
    write(writer, 160);
    writer.event('r', '120x40');
    await rotated(writer);
    snapshot(writer, 240, 'screen', 80, 24);
    write(writer, 160);
    await rotated(writer);
    const items = await collect(writer.folder, { written: writer.written(), maxTailBytes: 1e6 });
    expect(items.filter((item) => item.kind !== 'output')).toEqual([
      { kind: 'begin', offset: 240, skipped: 0, segments: 3 },
      { kind: 'size', offset: 240, cols: 80, rows: 24 },
      { kind: 'screen', offset: 240, cols: 80, rows: 24, bytes: Buffer.from('screen') },
      { kind: 'size', offset: 320, cols: 120, rows: 40 },
    ]);
    expect(outputOf(items)).toEqual({ from: 240, bytes: pattern(240, 240) });
    await writer.end('exit');
  });

  it('is all of a silent program behind any number of segments, which locks and other sizes begin', async () => {
    const { writer } = await newRecording();
    write(writer, 160);
    for (let lock = 0; lock < 150; lock++) await rotated(writer);
    const written = writer.written();
    expect(written.starts.length).toBeLessThan(100);
    const items = await collect(writer.folder, { written, maxTailBytes: 1e6 });
    expect(items[0]).toEqual({ kind: 'begin', offset: 0, skipped: 0, segments: 151 });
    expect(outputOf(items)).toEqual({ from: 0, bytes: pattern(0, 160) });
    await writer.end('exit');
  });

  it('without a snapshot near enough is the last bytes from a line on, and says what was skipped', async () => {
    const { writer } = await newRecording();
    write(writer, 160);
    snapshot(writer, 160, 'too far back');
    writer.event('r', '132x43');
    await rotated(writer);
    write(writer, 100_000);
    const items = await collect(writer.folder, { written: writer.written(), maxTailBytes: 50_005 });
    const from = Math.ceil((writer.outputBytes - 50_005) / 16) * 16;
    expect(items.slice(0, 2)).toEqual([
      { kind: 'begin', offset: from, skipped: from, segments: 1 },
      { kind: 'size', offset: from, cols: 132, rows: 43 },
    ]);
    expect(outputOf(items)).toEqual({ from, bytes: pattern(from, writer.outputBytes - from) });
    await writer.end('exit');
  });

  it('of output without line ends begins in its middle', async () => {
    const { writer } = await newRecording();
    const bytes = Buffer.alloc(40_000, 'x');
    for (let i = 0; i < 40; i++) writer.output(bytes.subarray(0, 1000));
    const items = await collect(writer.folder, { written: writer.written(), maxTailBytes: 10_500 });
    const { from, bytes: output } = outputOf(items);
    expect(items[0]).toEqual({ kind: 'begin', offset: from, skipped: from, segments: 1 });
    expect(output.length).toBe(40_000 - from);
    expect(output.length).toBeGreaterThan(10_500 - 5000);
    await writer.end('exit');
  });

  it('passes on gaps that the recording knows of', async () => {
    const { writer } = await newRecording();
    write(writer, 16);
    writer.event('g', JSON.stringify({ bytes: 77, reason: 'the host stopped' }));
    write(writer, 16);
    const items = await collect(writer.folder, { written: writer.written(), maxTailBytes: 1000 });
    expect(items.find((item) => item.kind === 'gap')).toEqual({ kind: 'gap', offset: 16, bytes: 77, reason: 'the host stopped' });
    await writer.end('exit');
  });

  it('opens no segment before the one it begins in', async () => {
    const { writer } = await newRecording();
    for (let segment = 0; segment < 4; segment++) {
      write(writer, 1600);
      await rotated(writer);
    }
    snapshot(writer, 6400, 'screen');
    write(writer, 160);
    const opened: string[] = [];
    const counting = {
      kid: opener.kid,
      open: (jwe: string) => {
        opened.push(jwe);
        return opener.open(jwe);
      },
    };
    const items: TailItem[] = [];
    for await (const item of tail(writer.folder, counting, { written: writer.written(), maxTailBytes: 800 })) items.push(item);
    expect(new Set(opened).size).toBe(1);
    expect(outputOf(items)).toEqual({ from: 6400, bytes: pattern(6400, 160) });
    await writer.end('exit');
  });

  it('of a damaged recording gives what comes before the damaged segment, then says so', async () => {
    const { writer } = await newRecording();
    write(writer, 160);
    await rotated(writer);
    write(writer, 160);
    const at = statSync(join(writer.folder, 'segment-000001.wmx')).size;
    write(writer, 160);
    const written = writer.written();
    await writer.end('exit');
    const path = join(writer.folder, 'segment-000001.wmx');
    const file = readFileSync(path);
    file[at + 100]! ^= 1;
    writeFileSync(path, file);
    const items: TailItem[] = [];
    const reading = (async () => {
      for await (const item of tail(writer.folder, opener, { written, maxTailBytes: 1e6 })) items.push(item);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'bad-crc' });
    expect(outputOf(items)).toEqual({ from: 0, bytes: pattern(0, 160) });
  });

  describe('believes its writer, not its files', () => {
    /** A recording of two segments, one that somebody else has sealed to the same keys under the same id, and what is replayed. */
    async function replaced(change: (folder: string, forged: string, early: Buffer) => void): Promise<{ code: string | undefined; shown: string }> {
      const { writer } = await newRecording();
      write(writer, 160);
      const early = readFileSync(join(writer.folder, 'segment-000000.wmx'));
      write(writer, 160);
      await rotated(writer);
      write(writer, 320);
      const other = await newRecording({ recording: writer.id });
      // As many records, of the same lengths.
      for (let i = 0; i < 2; i++) other.writer.output(Buffer.alloc(160, 'FORGED '));
      await rotated(other.writer);
      other.writer.output(Buffer.alloc(320, 'FORGED '));
      change(writer.folder, other.writer.folder, early);
      let shown = '';
      let code: string | undefined;
      try {
        for await (const item of tail(writer.folder, opener, { written: writer.written(), maxTailBytes: 1e6 }))
          if (item.kind === 'output' || item.kind === 'screen') shown += Buffer.from(item.bytes).toString('latin1');
      } catch (error) {
        ({ code } = error as { code: string });
      }
      return { code, shown };
    }
    const name = (segment: number): string => `segment-00000${segment}.wmx`;
    const first = pattern(0, 320).toString('latin1');

    it('nobody touches it', async () => expect(await replaced(() => undefined)).toEqual({ code: undefined, shown: pattern(0, 640).toString('latin1') }));
    it('another recording in the place of all segments: nothing of it', async () =>
      expect(
        await replaced((folder, forged) => {
          for (const segment of [0, 1]) copyFileSync(join(forged, name(segment)), join(folder, name(segment)));
        }),
      ).toEqual({ code: 'not-as-written', shown: '' }));
    it('another last segment: what comes before it', async () =>
      expect(await replaced((folder, forged) => copyFileSync(join(forged, name(1)), join(folder, name(1))))).toEqual({ code: 'not-as-written', shown: first }));
    it('another first segment: nothing, for what stands behind damage is not shown', async () =>
      expect(await replaced((folder, forged) => copyFileSync(join(forged, name(0)), join(folder, name(0))))).toEqual({ code: 'not-as-written', shown: '' }));
    it('an older state of the first segment', async () =>
      expect(await replaced((folder, _, early) => writeFileSync(join(folder, name(0)), early))).toEqual({ code: 'bad-sequence', shown: '' }));
    it('a segment taken away', async () =>
      expect(await replaced((folder) => unlinkSync(join(folder, name(1))))).toEqual({ code: 'missing-segment', shown: first }));
    it('a segment added behind', async () =>
      expect(await replaced((folder, forged) => copyFileSync(join(forged, name(1)), join(folder, name(2))))).toEqual({
        code: undefined,
        shown: pattern(0, 640).toString('latin1'),
      }));
  });

  it('needs the right key and a recording', async () => {
    const { writer } = await newRecording();
    const stranger = AuditKeyOpener.fromJson(generateAuditKey().file);
    await expect(tail(writer.folder, stranger, { written: writer.written(), maxTailBytes: 1 }).next()).rejects.toMatchObject({ code: 'not-a-recipient' });
    await expect(collect(newFolder(), { written: writer.written(), maxTailBytes: 1 })).rejects.toMatchObject({ code: 'missing-segment' });
    await writer.end('exit');
  });

  it('reads snapshots strictly', () => {
    const screen = randomBytes(50);
    expect(decodeSnapshot(encodeSnapshot({ outputOffset: 5, cols: 80, rows: 24 }, screen))).toEqual({ info: { outputOffset: 5, cols: 80, rows: 24 }, screen });
    for (const bad of ['', 'x', 'x\nscreen', '{"outputOffset":-1,"cols":1,"rows":1}\n', '{"outputOffset":1,"cols":0,"rows":1}\n'])
      expect(decodeSnapshot(Buffer.from(bad))).toBeUndefined();
  });
});

describe('the outline of a recording', () => {
  it('says of each what can be said without a key', async () => {
    const folder = newFolder();
    const whole = await newRecording({ folder });
    write(whole.writer, 160);
    whole.clock.step(2500);
    await whole.writer.end('exit');
    const live = await newRecording({ folder });
    write(live.writer, 320);
    await rotated(live.writer);
    live.clock.step(700);
    write(live.writer, 16);
    mkdirSync(join(folder, '20200101-000000-00000000'));
    const outlineIn = (id: string) => outlineOf(join(folder, id), id);
    const started = '2026-03-04T05:06:07.089Z';
    expect(await outlineIn(whole.writer.id)).toEqual({
      id: whole.writer.id,
      folder: whole.writer.folder,
      person: 'p-000000000001',
      started,
      durationMs: 2500,
      size: whole.writer.sealedBytes,
      segments: 1,
      state: 'complete',
    });
    expect(await outlineIn(live.writer.id)).toMatchObject({
      state: 'live',
      started,
      durationMs: 700,
      segments: 2,
      size: live.writer.sealedBytes,
    });
    expect(await outlineIn('20200101-000000-00000000')).toMatchObject({
      state: 'interrupted',
      person: '',
      size: 0,
      fault: expect.stringContaining('no segment') as string,
    });
    await live.writer.end('exit');
  });

  it('tells an interrupted recording by a stale mark, and by none', async () => {
    const folder = newFolder();
    const { writer, clock } = await newRecording({ folder });
    write(writer, 160);
    clock.step(900);
    write(writer, 160);
    clock.step(50);
    await writer.end('exit');
    unlinkSync(join(writer.folder, 'end.json'));
    expect(await outlineOf(writer.folder, writer.id)).toMatchObject({ state: 'interrupted', durationMs: 950 });
    for (const mark of ['{"pid":999999999,"started":"1","boot":"x"}', `{"pid":${process.pid},"started":"1","boot":"x"}`, 'noise', '']) {
      writeFileSync(join(writer.folder, 'live'), mark);
      expect(await outlineOf(writer.folder, writer.id)).toMatchObject({ state: 'interrupted' });
    }
    const path = join(writer.folder, 'segment-000000.wmx');
    truncateSync(path, statSync(path).size - 1);
    await recoverRecording(writer.folder);
    // The last frame was torn, so the one before it is the end now.
    expect(await outlineOf(writer.folder, writer.id)).toMatchObject({ state: 'interrupted', durationMs: 900 });
  });
});
