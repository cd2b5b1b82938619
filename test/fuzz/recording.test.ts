/**
 * Attacks on a recording at rest, and accidents. What must be found without a key is looked for without a key.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame, FRAME_HEAD_BYTES, parseFrame, SEGMENT_MAGIC } from '../../src/recording/frame.ts';
import { encodeHeader, parseHeader } from '../../src/recording/header.ts';
import { holdRecording, liveState, markLive } from '../../src/recording/live.ts';
import { openRecording } from '../../src/recording/reader.ts';
import { needsRecovery, recoverRecording, recoveryReport } from '../../src/recording/recovery.ts';
import { outlineOf } from '../../src/recording/outline.ts';
import { AuditKeyOpener } from '../../src/recording/wrap.ts';
import { childKey, pattern } from '../support/recording-pattern.ts';
import { newFolder, newRecording, opener, readAll, removeFolders, rotated, walk } from '../support/recording.ts';

afterAll(removeFolders);

/** A recording with three segments, ended. */
let small: string;
let smallHead: { size: number; root: string };
let other: string;
beforeAll(async () => {
  const make = async (): Promise<[string, { size: number; root: string }]> => {
    const { writer, clock } = await newRecording();
    for (let segment = 0; segment < 3; segment++) {
      for (let i = 0; i < 4; i++) {
        writer.output(Buffer.from(`segment ${segment} record ${i}\n`));
        clock.step(10);
      }
      if (segment < 2) await rotated(writer);
    }
    return [writer.folder, await writer.end('exit')];
  };
  [small, smallHead] = await make();
  [other] = await make();
});

/** A copy under the same name, so that only the attack differs. */
function copyOf(folder: string): string {
  const copy = join(newFolder(), basename(folder));
  cpSync(folder, copy, { recursive: true });
  return copy;
}

/** An interrupted one: no end.json. */
function cutOff(folder: string): string {
  const copy = copyOf(folder);
  unlinkSync(join(copy, 'end.json'));
  return copy;
}

const segmentPath = (folder: string, segment: number): string => join(folder, `segment-00000${segment}.wmx`);

/** The frames of a segment file as byte strings. */
function framesOf(path: string): Buffer[] {
  const data = readFileSync(path);
  const frames: Buffer[] = [];
  for (let at = SEGMENT_MAGIC.length; at < data.length;) {
    const parsed = parseFrame(data, at, 0, at);
    if (parsed.kind !== 'frame') throw new Error('the fixture is damaged');
    frames.push(data.subarray(at, parsed.next));
    at = parsed.next;
  }
  return frames;
}

function writeFrames(path: string, frames: readonly Buffer[]): void {
  writeFileSync(path, Buffer.concat([SEGMENT_MAGIC, ...frames]));
}

describe('without any key', () => {
  it('every single-bit flip of a segment is found', async () => {
    const copy = copyOf(small);
    const path = segmentPath(copy, 2);
    const good = readFileSync(path);
    const unnoticed: number[] = [];
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, bad);
      // From this segment on: the others are the same each time.
      const { fault } = await walk(copy, { fromSegment: 2 });
      if (fault?.segment !== 2) unnoticed.push(bit);
    }
    expect(unnoticed).toEqual([]);
  }, 120_000);

  it('a flipped bit in any segment is found in the walk over all', async () => {
    const copy = copyOf(small);
    for (const segment of [0, 1]) {
      const path = segmentPath(copy, segment);
      const good = readFileSync(path);
      for (let bit = 0; bit < good.length * 8; bit += 41) {
        const bad = Buffer.from(good);
        bad[bit >> 3]! ^= 1 << (bit & 7);
        writeFileSync(path, bad);
        expect((await walk(copy)).fault, `bit ${bit}`).toMatchObject({ segment });
      }
      writeFileSync(path, good);
    }
    expect((await walk(copy)).fault).toBeUndefined();
  });

  it('a frame swapped, deleted, doubled or put in from elsewhere is found', async () => {
    const attacks: Record<string, (frames: Buffer[], foreign: Buffer[]) => Buffer[]> = {
      swap: (frames) => [frames[0]!, frames[2]!, frames[1]!, ...frames.slice(3)],
      delete: (frames) => frames.toSpliced(2, 1),
      double: (frames) => frames.toSpliced(2, 0, frames[2]!),
      'first frame gone': (frames) => frames.slice(1),
      'two headers': (frames) => frames.toSpliced(1, 0, frames[0]!),
      'header of another recording': (frames, foreign) => [foreign[0]!, ...frames.slice(1)],
    };
    for (const [name, attack] of Object.entries(attacks)) {
      for (const segment of [0, 1]) {
        const copy = copyOf(small);
        writeFrames(segmentPath(copy, segment), attack(framesOf(segmentPath(small, segment)), framesOf(segmentPath(other, segment))));
        const { fault } = await walk(copy);
        expect(fault, `${name} in segment ${segment}`).toMatchObject({ segment });
        expect(['bad-sequence', 'bad-header']).toContain(fault!.code);
      }
    }
  });

  it('a segment missing, swapped, doubled or from another recording is found', async () => {
    const faultAfter = async (attack: (copy: string) => void): Promise<string | undefined> => {
      const copy = copyOf(small);
      attack(copy);
      return (await walk(copy)).fault?.code;
    };
    expect(await faultAfter((copy) => unlinkSync(segmentPath(copy, 1)))).toBe('missing-segment');
    expect(await faultAfter((copy) => unlinkSync(segmentPath(copy, 0)))).toBe('missing-segment');
    expect(await faultAfter((copy) => [0, 1, 2].forEach((segment) => unlinkSync(segmentPath(copy, segment))))).toBe('missing-segment');
    expect(await faultAfter((copy) => copyFileSync(segmentPath(small, 2), segmentPath(copy, 1)))).toBe('bad-header');
    expect(await faultAfter((copy) => copyFileSync(segmentPath(small, 2), segmentPath(copy, 3)))).toBe('bad-header');
    expect(await faultAfter((copy) => copyFileSync(segmentPath(other, 1), segmentPath(copy, 1)))).toBe('bad-header');
    expect(
      await faultAfter((copy) => {
        renameSync(segmentPath(copy, 1), segmentPath(copy, 9));
        renameSync(segmentPath(copy, 2), segmentPath(copy, 1));
        renameSync(segmentPath(copy, 9), segmentPath(copy, 2));
      }),
    ).toBe('bad-header');
    // A whole recording under another one's name.
    const renamed = join(newFolder(), basename(small));
    cpSync(other, renamed, { recursive: true });
    expect((await walk(renamed)).fault?.code).toBe('bad-header');
  });

  it('the tail cut off at a frame is a whole recording with another head: that is what the ledger is for', async () => {
    const copy = copyOf(small);
    writeFrames(segmentPath(copy, 2), framesOf(segmentPath(small, 2)).slice(0, -1));
    const { fault, frames, root } = await walk(copy);
    expect(fault).toBeUndefined();
    expect({ size: frames, root }).not.toEqual(smallHead);
    expect(frames).toBe(smallHead.size - 1);
  });

  it('a frame from another recording at the same place changes the head, and does not open', async () => {
    const copy = copyOf(small);
    writeFrames(segmentPath(copy, 1), framesOf(segmentPath(small, 1)).toSpliced(2, 1, framesOf(segmentPath(other, 1))[2]!));
    const { fault, root } = await walk(copy);
    // Its checksum is right and its number too: without a key only the head tells.
    expect(fault).toBeUndefined();
    expect(root).not.toBe(smallHead.root);
    expect((await readAll(copy)).fault).toMatchObject({ code: 'bad-seal', segment: 1 });
  });

  it('noise in place of a segment never throws', async () => {
    const copy = copyOf(small);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), fc.boolean(), fc.boolean(), async (noise, magic, live) => {
        writeFileSync(segmentPath(copy, 1), magic ? Buffer.concat([SEGMENT_MAGIC, noise]) : noise);
        expect((await walk(copy, { live })).fault).toBeDefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe('with the key', () => {
  /** Rebuilds one frame with a right checksum: the attacker knows the format but not the key. */
  const reseal = (
    frame: Buffer,
    change: (fields: { seq: number; monoNs: bigint; wallMs: number; type: number; commitment: Buffer; body: Buffer }) => void,
  ): Buffer => {
    const parsed = parseFrame(frame, 0, 0, 0);
    if (parsed.kind !== 'frame') throw new Error('the fixture is damaged');
    const { seq, monoNs, wallMs, type } = parsed.frame;
    const fields = { seq, monoNs, wallMs, type, commitment: Buffer.from(parsed.frame.commitment), body: Buffer.from(parsed.frame.body) };
    change(fields);
    return encodeFrame(fields, fields.body).bytes;
  };

  it.each<[string, (fields: { seq: number; monoNs: bigint; wallMs: number; type: number; commitment: Buffer; body: Buffer }) => void]>([
    ['its wall time', (fields) => (fields.wallMs += 1)],
    ['its monotonic time', (fields) => (fields.monoNs += 1n)],
    ['its commitment', (fields) => (fields.commitment[0]! ^= 1)],
    ['its ciphertext', (fields) => (fields.body[20]! ^= 1)],
    ['its tag', (fields) => (fields.body[fields.body.length - 1]! ^= 1)],
    ['all of its body', (fields) => (fields.body = Buffer.alloc(0))],
  ])('a record with %s changed and its checksum mended does not open', async (_, change) => {
    const copy = copyOf(small);
    const frames = framesOf(segmentPath(small, 1));
    frames[3] = reseal(frames[3]!, change);
    writeFrames(segmentPath(copy, 1), frames);
    expect((await walk(copy)).fault).toBeUndefined();
    const { events, fault } = await readAll(copy);
    expect(fault).toMatchObject({ code: 'bad-seal', segment: 1 });
    // What stands before it is still given.
    expect(events.at(-1)!.data.toString()).toBe('segment 1 record 0\n');
  });

  it('a record renumbered into another place does not open', async () => {
    const copy = copyOf(small);
    const frames = framesOf(segmentPath(small, 2));
    const [a, b] = [frames[2]!, frames[3]!];
    frames[2] = reseal(b, (fields) => (fields.seq -= 1));
    frames[3] = reseal(a, (fields) => {
      fields.seq += 1;
      fields.monoNs += 10_000_000n;
    });
    writeFrames(segmentPath(copy, 2), frames);
    expect((await readAll(copy)).fault).toMatchObject({ code: 'bad-seal', segment: 2 });
  });

  it('a changed header, made whole again, is refused', async () => {
    for (const change of [
      (header: Record<string, unknown>) => (header['outputOffset'] = 5),
      (header: Record<string, unknown>) =>
        (header['recipients'] = [
          {
            ...(header['recipients'] as object[])[0],
            jwe: (parseHeader(framesOf(segmentPath(small, 0))[0]!.subarray(FRAME_HEAD_BYTES))!.recipients[0] as { jwe: string }).jwe,
          },
        ]),
    ]) {
      const copy = copyOf(small);
      const frames = framesOf(segmentPath(small, 1));
      frames[0] = reseal(frames[0]!, (fields) => {
        const header = JSON.parse(fields.body.toString()) as Record<string, unknown>;
        change(header);
        fields.body = encodeHeader(header as never);
        fields.commitment = createHash('sha256').update(fields.body).digest();
      });
      writeFrames(segmentPath(copy, 1), frames);
      expect((await walk(copy)).root).not.toBe(smallHead.root);
      expect((await readAll(copy)).fault).toMatchObject({ segment: 1 });
    }
  });
});

describe('a torn tail', () => {
  it('recovers exactly the whole frames before it, at every cut of the last segment', async () => {
    const path = segmentPath(small, 2);
    const size = statSync(path).size;
    const ends = [SEGMENT_MAGIC.length];
    for (const frame of framesOf(path)) ends.push(ends.at(-1)! + frame.length);
    const before = framesOf(segmentPath(small, 0)).length + framesOf(segmentPath(small, 1)).length;
    const good = readFileSync(path);
    const copy = cutOff(small);
    for (let cut = 0; cut < size; cut++) {
      writeFileSync(segmentPath(copy, 2), good.subarray(0, cut));
      const whole = ends.filter((end) => end <= cut).length - 1;
      const kept = whole > 0 ? ends[whole]! : 0;
      const report = await recoverRecording(copy);
      expect(report.keptFrames).toBe(before + Math.max(whole, 0));
      expect(report.tornBytes).toBe(cut - kept);
      const after = await walk(copy);
      expect(after).toEqual({ frames: report.keptFrames, fault: undefined, root: report.head.root });
      if (kept > 0) expect(readFileSync(segmentPath(copy, 2)).equals(good.subarray(0, kept))).toBe(true);
      else expect(existsSync(segmentPath(copy, 2))).toBe(false);
      const torn = Buffer.concat(report.tornFiles.map((name) => readFileSync(join(copy, name))));
      expect(torn.equals(good.subarray(kept, cut))).toBe(true);
      for (const name of [...report.tornFiles, 'recovered.json']) unlinkSync(join(copy, name));
    }
  }, 120_000);

  it('is the quiet end of a recording that is being written, and a fault of one that is not', async () => {
    const copy = cutOff(small);
    truncateSync(segmentPath(copy, 2), statSync(segmentPath(copy, 2)).size - 3);
    expect((await walk(copy)).fault).toMatchObject({ code: 'torn', segment: 2, seq: smallHead.size - 1 });
    expect(await walk(copy, { live: true })).toMatchObject({ fault: undefined, frames: smallHead.size - 1 });
    // Only the last segment may be torn, even in a live one.
    truncateSync(segmentPath(copy, 1), statSync(segmentPath(copy, 1)).size - 3);
    expect((await walk(copy, { live: true })).fault).toMatchObject({ code: 'torn', segment: 1 });
  });

  it('with zeros or noise behind it, as after a power cut, is moved aside and not lost', async () => {
    for (const junk of [Buffer.alloc(5000), randomBytes(5000)]) {
      const copy = cutOff(small);
      appendFileSync(segmentPath(copy, 2), junk);
      const report = await recoverRecording(copy);
      expect(report).toMatchObject({ keptFrames: smallHead.size, tornBytes: 5000, head: smallHead, tornFiles: ['segment-000002.torn-0'] });
      expect(readFileSync(join(copy, 'segment-000002.torn-0'))).toEqual(junk);
    }
  });

  it('of a middle segment takes the later segments aside as well', async () => {
    const copy = cutOff(small);
    const cut = statSync(segmentPath(copy, 1)).size - 3;
    truncateSync(segmentPath(copy, 1), cut);
    const third = readFileSync(segmentPath(copy, 2));
    const report = await recoverRecording(copy);
    expect(report.tornFiles).toEqual(['segment-000001.torn-0', 'segment-000002.torn-0']);
    expect(readFileSync(join(copy, 'segment-000002.torn-0'))).toEqual(third);
    expect((await walk(copy)).fault).toBeUndefined();
  });

  it('is recovered once: a second run finds the same and moves nothing', async () => {
    const copy = cutOff(small);
    truncateSync(segmentPath(copy, 2), statSync(segmentPath(copy, 2)).size - 3);
    expect(needsRecovery(copy)).toBe(true);
    const first = await recoverRecording(copy);
    expect(needsRecovery(copy)).toBe(false);
    const files = readdirSync(copy).sort();
    const { fault: _fault, ...again } = await recoverRecording(copy);
    expect(readdirSync(copy).sort()).toEqual(files);
    expect(again).toEqual({ ...first, fault: undefined });
    expect(recoveryReport(copy)).toMatchObject({ keptFrames: first.keptFrames, tornBytes: first.tornBytes });
  });

  it('is left alone in a recording that ended, and in one that is being written', async () => {
    const ended = copyOf(small);
    truncateSync(segmentPath(ended, 2), statSync(segmentPath(ended, 2)).size - 3);
    const bytes = readFileSync(segmentPath(ended, 2));
    await expect(recoverRecording(ended)).rejects.toMatchObject({ code: 'ended' });
    expect(needsRecovery(ended)).toBe(false);
    expect(readFileSync(segmentPath(ended, 2))).toEqual(bytes);
    const running = cutOff(small);
    markLive(running);
    // A mark alone is not believed, also where it names a process that runs.
    expect(liveState(running)).toBe('stale');
    expect(needsRecovery(running)).toBe(true);
    const letGo = holdRecording(running);
    expect(liveState(running)).toBe('live');
    expect(needsRecovery(running)).toBe(false);
    await expect(recoverRecording(running)).rejects.toMatchObject({ code: 'live' });
    // Nor does it help to take the mark away.
    unlinkSync(join(running, 'live'));
    await expect(recoverRecording(running)).rejects.toMatchObject({ code: 'live' });
    letGo();
    expect(liveState(running)).toBe('none');
    await expect(recoverRecording('/nowhere/at/all')).rejects.toMatchObject({ code: 'not-a-recording' });
  });

  it('of a folder without any segment is no trouble', async () => {
    const empty = join(newFolder(), '20260304-050607-00000000');
    mkdirSync(empty);
    expect(await recoverRecording(empty)).toMatchObject({ recording: '20260304-050607-00000000', keptFrames: 0, tornBytes: 0 });
    expect(needsRecovery(empty)).toBe(false);
  });
});

describe('a process that dies', () => {
  interface Child {
    readonly id: string;
    readonly sealed: number;
    readonly error: string | undefined;
    readonly folder: string;
  }

  /** Runs the recording child in `sh` after `setup`; kills it once it has sealed `killAfter` bytes. */
  async function run(setup: string, killAfter: number): Promise<Child> {
    const folder = newFolder();
    const script = join(import.meta.dirname, '../support/recording-child.ts');
    const child = spawn('sh', ['-c', `${setup} exec "$0" "$@"`, process.execPath, script, folder, '5000', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const sealed = Number(/sealed (\d+)\n(?![\s\S]*sealed \d+\n)/.exec(text.slice(-200))?.[1] ?? 0);
      if (killAfter > 0 && sealed >= killAfter) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('close', resolve));
    const lines = text.split('\n').slice(0, -1);
    return {
      folder,
      id: lines[0]!.slice('id '.length),
      sealed: Math.max(0, ...lines.filter((line) => line.startsWith('sealed ')).map((line) => Number(line.slice('sealed '.length)))),
      error: lines.find((line) => line.startsWith('error '))?.slice('error '.length),
    };
  }

  const key = AuditKeyOpener.fromJson(childKey.file);

  it('by SIGKILL in the middle of output loses no byte that it called sealed', async () => {
    const child = await run('', 2_500_000);
    const folder = join(child.folder, child.id);
    expect(liveState(folder)).toBe('stale');
    expect(needsRecovery(folder)).toBe(true);
    expect(await outlineOf(folder, child.id)).toMatchObject({ id: child.id, state: 'interrupted' });
    await recoverRecording(folder);
    const { output, fault } = await readAll(folder, { opener: key });
    expect(fault).toBeUndefined();
    expect(child.sealed).toBeGreaterThanOrEqual(2_500_000);
    expect(output.length).toBeGreaterThanOrEqual(child.sealed);
    expect(output.equals(pattern(0, output.length))).toBe(true);
  });

  it('of a full disk stops with an error, and keeps what was sealed', async () => {
    // A limit on the size of a file: the last write is cut short, as a full disk cuts it. 512-byte units.
    const child = await run("trap '' XFSZ; ulimit -f 1000;", 0);
    const folder = join(child.folder, child.id);
    expect(child.error).toBe('write-failed');
    expect(liveState(folder)).toBe('none');
    expect((await walk(folder)).fault).toMatchObject({ code: 'torn' });
    const report = await recoverRecording(folder);
    expect(report.tornBytes).toBeGreaterThan(0);
    const { output, fault } = await readAll(folder, { opener: key });
    expect(fault).toBeUndefined();
    expect(output.length).toBe(child.sealed);
    expect(output.equals(pattern(0, output.length))).toBe(true);
  });
});

it('the recording of the format page is still read as it says', async () => {
  const folder = join(import.meta.dirname, 'recording-golden');
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as { head: object; records: { events: { data: string }[] }[] };
  const copy = join(folder, '20260304-050607-0a1b2c3d');
  const reader = await openRecording(copy);
  const data: string[] = [];
  for await (const { events } of reader.records(AuditKeyOpener.fromJson(childKey.file)))
    data.push(...events.map((piece) => Buffer.from(piece.event.data).toString('base64')));
  expect(reader.fault).toBeUndefined();
  expect(reader.head()).toEqual(expected.head);
  expect(data).toEqual(expected.records.flatMap((record) => record.events.map((event) => event.data)));
});

it('a reader beside a writer sees a true prefix at any moment', async () => {
  const { writer } = await newRecording({ rotate: { minutes: 10, mebibytes: 1 } });
  let seen = 0;
  for (let i = 0; i < 60; i++) {
    writer.output(pattern(writer.outputBytes, 40_000));
    if (i % 6 !== 0) continue;
    const upTo = writer.outputBytes;
    // The writer goes on while the reader walks.
    const reading = (async () => {
      const reader = await openRecording(writer.folder, { live: true });
      let length = 0;
      for await (const { events } of reader.records(opener)) {
        for (const { event } of events) {
          if (event.code !== 'o') continue;
          expect(Buffer.from(event.data).equals(pattern(length, event.data.length))).toBe(true);
          length += event.data.length;
        }
        if (writer.outputBytes < 2_300_000) writer.output(pattern(writer.outputBytes, 1000));
      }
      expect(reader.fault).toBeUndefined();
      return length;
    })();
    seen = await reading;
    expect(seen).toBeGreaterThanOrEqual(upTo);
  }
  expect(writer.segment).toBeGreaterThan(0);
  await writer.end('exit');
});
