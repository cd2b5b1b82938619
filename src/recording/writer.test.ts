import { operatorAccess } from './access.ts';
import { closeSync, existsSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { newFolder, newRecording, opener, readAll, recipient, removeFolders, rotated, startInfo, walk } from '../../test/support/recording.ts';
import { liveState } from './live.ts';
import { openRecording } from './reader.ts';
import { walkRecording } from './walk.ts';
import { AuditKeyOpener, generateAuditKey } from './wrap.ts';
import { MAX_EVENT_DATA_BYTES } from './writer.ts';

afterAll(removeFolders);

describe('a recording', () => {
  it('gives back what was recorded, in order, with its times', async () => {
    const { writer, clock, notices } = await newRecording();
    clock.step(1.5);
    writer.output(Buffer.from('login: '));
    clock.step(1000);
    writer.event('r', '100x30');
    writer.event('l', JSON.stringify({ cause: 'idle' }));
    writer.output(Buffer.from('one\r\ntwo\r\n$ '));
    expect(writer.outputBytes).toBe(19);
    const head = await writer.end('exit', { code: 3, signal: 0 });

    const { events, fault } = await readAll(writer.folder);
    expect(fault).toBeUndefined();
    expect(events.map((event) => [event.code, event.timeUs, event.data.toString()])).toEqual([
      ['s', 0, JSON.stringify(startInfo)],
      ['o', 1500, 'login: '],
      ['r', 1_001_500, '100x30'],
      ['l', 1_001_500, '{"cause":"idle"}'],
      ['o', 1_001_500, 'one\r\n'],
      ['o', 1_001_500, 'two\r\n'],
      ['o', 1_001_500, '$ '],
      ['x', 1_001_500, '{"code":3,"signal":0}'],
      ['e', 1_001_500, '{"reason":"exit"}'],
    ]);
    expect(await walk(writer.folder)).toEqual({ frames: head.size, fault: undefined, root: head.root });
    expect(writer.head()).toEqual(head);
    expect(notices).toEqual([
      {
        kind: 'start',
        recording: writer.id,
        person: 'p-000000000001',
        recipients: [recipient.kid],
        policySha256: 'ab'.repeat(32),
        access: operatorAccess('it-office'),
      },
      { kind: 'end', recording: writer.id, reason: 'exit', head, outputBytes: 19, durationMs: 1001 },
    ]);
    expect(readdirSync(writer.folder).sort()).toEqual(['end.json', 'segment-000000.wmx']);
    expect(writer.sealedBytes).toBe(statSync(join(writer.folder, 'segment-000000.wmx')).size);
    expect(statSync(writer.folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(writer.folder, 'segment-000000.wmx')).mode & 0o777).toBe(0o600);
  });

  it('has its bytes in the file when output returns, and nothing of them in the clear', async () => {
    const { writer } = await newRecording();
    const before = writer.sealedBytes;
    const secret = `canary-${randomBytes(12).toString('hex')}`;
    writer.output(Buffer.from(secret));
    const file = readFileSync(join(writer.folder, 'segment-000000.wmx'));
    expect(file.length).toBe(writer.sealedBytes);
    expect(file.length).toBeGreaterThan(before + secret.length);
    expect(file.includes(secret)).toBe(false);
    expect((await readAll(writer.folder, { live: true })).output.toString()).toBe(secret);
    await writer.end('closed');
  });

  it('keeps any bytes exactly, in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 15 }), fc.integer({ min: 1, max: 200_000 }), async (chunks, length) => {
        const { writer } = await newRecording();
        const large = randomBytes(length);
        const reused = Buffer.alloc(Math.max(length, 400));
        for (const chunk of [...chunks, large]) {
          // The caller's buffer is its own again as soon as output returns.
          reused.set(chunk);
          writer.output(reused.subarray(0, chunk.length));
          reused.fill(0);
        }
        await writer.end('exit');
        const { output, fault } = await readAll(writer.folder);
        expect(fault).toBeUndefined();
        expect(output.equals(Buffer.concat([...chunks, large]))).toBe(true);
        expect(writer.outputBytes).toBe(output.length);
      }),
      { numRuns: 25 },
    );
  });

  it('cuts lines while somebody can read them, and coarser in a flood', async () => {
    const { writer, clock } = await newRecording();
    const lines = Buffer.from('0123456789abcde\n'.repeat(64));
    writer.output(lines);
    clock.step(1000);
    for (let i = 0; i < 300; i++) {
      writer.output(lines);
      clock.step(0.1);
    }
    clock.step(5000);
    writer.output(lines);
    await writer.end('exit');
    const { events } = await readAll(writer.folder);
    const output = events.filter((event) => event.code === 'o');
    const pieces = (seq: number): number => output.filter((event) => event.seq === seq).length;
    expect(pieces(2)).toBe(64);
    expect(pieces(290)).toBe(1);
    expect(pieces(303)).toBe(64);
  });

  it('opens for its owner and for the audit key, and for nobody else', async () => {
    const owner = generateAuditKey();
    const stranger = generateAuditKey();
    const { writer } = await newRecording({ recipients: [{ ...owner.recipient, role: 'owner' }, recipient] });
    writer.output(Buffer.from('text'));
    await rotated(writer);
    writer.output(Buffer.from(' and more'));
    await writer.end('exit');
    expect((await readAll(writer.folder, { opener: AuditKeyOpener.fromJson(owner.file) })).output.toString()).toBe('text and more');
    expect((await readAll(writer.folder, { opener })).output.toString()).toBe('text and more');
    await expect(readAll(writer.folder, { opener: AuditKeyOpener.fromJson(stranger.file) })).rejects.toMatchObject({ code: 'not-a-recipient' });
    // A stranger who takes a recipient's name still has not its key.
    const thief = { kid: recipient.kid, open: (jwe: string) => AuditKeyOpener.fromJson(stranger.file).open(jwe) };
    expect((await readAll(writer.folder, { opener: thief })).fault).toMatchObject({ code: 'bad-seal', segment: 0, seq: 0 });
  });

  it('refuses events after its end, and oversized ones', async () => {
    const { writer } = await newRecording();
    expect(() => writer.event('n', Buffer.alloc(MAX_EVENT_DATA_BYTES + 1))).toThrow(RangeError);
    writer.event('n', Buffer.alloc(MAX_EVENT_DATA_BYTES, 'x'));
    await writer.end('exit');
    expect(() => writer.output(Buffer.from('x'))).toThrow(/has ended/);
    expect(() => writer.event('m', 'x')).toThrow(/has ended/);
    await expect(writer.end('exit')).rejects.toMatchObject({ code: 'ended' });
    const { events, fault } = await readAll(writer.folder);
    expect(fault).toBeUndefined();
    expect(events[1]!.data.length).toBe(MAX_EVENT_DATA_BYTES);
  });

  it('is not begun without a recipient, with a bad key, over another one, or with too little space', async () => {
    await expect(newRecording({ recipients: [] })).rejects.toMatchObject({ code: 'bad-recipient' });
    await expect(newRecording({ recipients: [{ ...recipient, kid: 'x' }] })).rejects.toMatchObject({ code: 'bad-recipient' });
    await expect(newRecording({ recording: '../../x' })).rejects.toThrow(RangeError);
    await expect(newRecording({ folder: '/nowhere/at/all' })).rejects.toMatchObject({
      code: 'write-failed',
      message: expect.stringContaining('/nowhere/at/all: it does not exist') as string,
    });
    const folder = newFolder();
    await expect(newRecording({ folder, reserveMebibytes: 2 ** 40 })).rejects.toMatchObject({
      code: 'disk-reserve',
      message: expect.stringContaining(folder) as string,
    });
    expect(readdirSync(folder)).toEqual([]);
    const { writer } = await newRecording({ folder });
    await expect(newRecording({ folder, recording: writer.id })).rejects.toMatchObject({ code: 'write-failed' });
    expect(liveState(writer.folder)).toBe('live');
    expect(existsSync(join(writer.folder, 'reserve'))).toBe(true);
    await writer.end('exit');
    const before = readFileSync(join(writer.folder, 'segment-000000.wmx'));
    await expect(newRecording({ folder, recording: writer.id })).rejects.toMatchObject({ code: 'write-failed' });
    expect(readFileSync(join(writer.folder, 'segment-000000.wmx'))).toEqual(before);
    expect(existsSync(join(writer.folder, 'end.json'))).toBe(true);
  });
});

describe('segments', () => {
  it('rotate by size and by time, and the walk does not notice', async () => {
    const { writer, clock, notices } = await newRecording({ rotate: { minutes: 10, mebibytes: 1 } });
    const all: Buffer[] = [];
    while (writer.segment < 2) {
      const chunk = randomBytes(60_000);
      all.push(chunk);
      writer.output(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    writer.event('r', '132x43');
    const bySize = writer.segment;
    clock.step(10 * 60_000 - 1);
    writer.event('m', 'not yet');
    expect(writer.segment).toBe(bySize);
    clock.step(1);
    while (writer.segment === bySize) {
      writer.event('m', 'now');
      await new Promise((resolve) => setImmediate(resolve));
    }
    const head = await writer.end('exit');
    const { output, events, fault } = await readAll(writer.folder);
    expect(fault).toBeUndefined();
    expect(output.equals(Buffer.concat(all))).toBe(true);
    expect(await walk(writer.folder)).toEqual({ frames: head.size, fault: undefined, root: head.root });
    // Each segment begins with the size in force.
    expect([1, 2, 3].map((segment) => events.find((event) => event.segment === segment)!.data.toString())).toEqual(['80x24', '80x24', '132x43']);
    const told = notices.filter((notice) => notice.kind === 'segment');
    expect(told.map((notice) => notice.segment)).toEqual([1, 2, 3]);
    for (const notice of told) expect(notice.head.size).toBe(notice.firstSeq + 1);
  });

  it('rotate on demand, at once when the next key is ready, else as soon as it is', async () => {
    const { writer } = await newRecording();
    await rotated(writer);
    expect(writer.segment).toBe(1);
    // The key of segment 2 is being prepared now: output still goes to segment 1, nothing waits.
    writer.rotate();
    writer.output(Buffer.from('meanwhile'));
    expect(writer.segment).toBe(1);
    while (writer.segment === 1) await new Promise((resolve) => setImmediate(resolve));
    writer.output(Buffer.from(' later'));
    await writer.end('exit');
    const { events, output } = await readAll(writer.folder);
    expect(output.toString()).toBe('meanwhile later');
    expect(events.filter((event) => event.code === 'o').map((event) => event.segment)).toEqual([1, 2]);
  });

  it('say where they begin in the output, and can be read from there', async () => {
    const { writer } = await newRecording();
    writer.output(Buffer.from('first'));
    await rotated(writer);
    writer.output(Buffer.from('second'));
    await rotated(writer);
    writer.output(Buffer.from('third'));
    await writer.end('exit');
    expect((await readAll(writer.folder, { fromSegment: 1 })).output.toString()).toBe('secondthird');
    const reader = await openRecording(writer.folder, { fromSegment: 2 });
    for await (const record of reader.records(opener)) expect(record.outputOffset).toBeGreaterThanOrEqual(11);
    expect(reader.header).toMatchObject({ segment: 2, outputOffset: 11 });
  });
});

describe('checkpoints', () => {
  it('give the head once, and again only when there is more', async () => {
    const { writer, notices } = await newRecording();
    writer.output(Buffer.from('x'));
    const head = await writer.checkpoint();
    expect(head).toEqual(writer.head());
    expect(await writer.checkpoint()).toBeUndefined();
    writer.output(Buffer.from('y'));
    expect(await writer.checkpoint()).toEqual(writer.head());
    expect(notices.map(({ kind }) => kind)).toEqual(['start']);
    await writer.end('exit');
  });

  it('say nothing of what does not reach the disk, and neither does a failure', async () => {
    const { writer, notices } = await newRecording();
    writer.output(Buffer.from('on the disk'));
    const durable = await writer.checkpoint();
    writer.output(Buffer.from('not on it'));
    const late = writer.checkpoint();
    // It was written, and no sync can have run since: everything from there to here is one turn of the event loop.
    breakDisk(writer.folder);
    await expect(late).rejects.toMatchObject({ code: 'write-failed' });
    expect(await writer.end('exit')).toEqual(durable);
    expect(notices.map((notice) => [notice.kind, 'head' in notice ? notice.head : undefined])).toEqual([
      ['start', undefined],
      ['failed', durable],
    ]);
  });

  it('a new segment is told when it is on the disk: no head was told that a failure takes back', async () => {
    const { writer, notices } = await newRecording();
    writer.output(Buffer.from('x'));
    await rotated(writer);
    // The syncs of old and new segment are on their way, as far as they may be.
    breakDisk(writer.folder);
    await expect(writer.end('exit')).rejects.toMatchObject({ code: 'write-failed' });
    const told = await writer.end('exit');
    expect(notices.at(-1)).toMatchObject({ kind: 'failed', head: told });
    for (const notice of notices) if ('head' in notice) expect(notice.head.size).toBeLessThanOrEqual(told.size);
    const { roots } = await walkRecording(writer.folder, [told.size]);
    expect(roots.get(told.size)).toBe(told.root);
  });
});

/** The writer's own descriptor of its segment, closed under it: the next write or sync fails as on a broken disk. */
const breakDisk = (folder: string): void => {
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(folder, 'segment-'))) closeSync(Number(fd));
    } catch {
      // The descriptor of readdir itself is gone by now.
    }
  }
};

describe('errors stop the recording for good', () => {
  it('a write error', async () => {
    const { writer, notices } = await newRecording();
    writer.output(Buffer.from('kept'));
    await writer.sync();
    const head = writer.head();
    breakDisk(writer.folder);
    expect(() => writer.output(Buffer.from('lost'))).toThrow(/has stopped: writing to .* failed, the system refused \(EBADF\)/);
    expect(() => writer.output(Buffer.from('lost'))).toThrow(/has stopped/);
    expect(() => writer.event('m', 'x')).toThrow(/has stopped/);
    expect(writer.outputBytes).toBe(4);
    expect(await writer.end('exit')).toEqual(head);
    expect(notices.filter((notice) => notice.kind === 'failed')).toEqual([{ kind: 'failed', recording: writer.id, reason: writer.failure!.message, head }]);
    expect(existsSync(join(writer.folder, 'end.json'))).toBe(false);
    expect(liveState(writer.folder)).toBe('none');
    expect(await walk(writer.folder)).toEqual({ frames: head.size, fault: undefined, root: head.root });
  });

  it('a sync error', async () => {
    const { writer, notices } = await newRecording();
    writer.output(Buffer.from('written'));
    breakDisk(writer.folder);
    await expect(writer.sync()).rejects.toMatchObject({ code: 'write-failed' });
    expect(() => writer.output(Buffer.from('more'))).toThrow(/has stopped/);
    await writer.end('exit');
    expect(notices.at(-1)).toMatchObject({ kind: 'failed' });
  });

  it.each<readonly [string, (path: string) => void]>([
    ['taken away', (path) => unlinkSync(path)],
    [
      'replaced by its own copy',
      (path) => {
        const bytes = readFileSync(path);
        unlinkSync(path);
        writeFileSync(path, bytes);
      },
    ],
    ['shortened', (path) => truncateSync(path, 100)],
    ['its folder moved away', (path) => renameSync(dirname(path), `${dirname(path)}-away`)],
  ])('the file %s: what is written into nothing is not taken for recorded', async (_, act) => {
    const { writer, notices } = await newRecording();
    writer.output(Buffer.from('kept'));
    await writer.sync();
    act(join(writer.folder, 'segment-000000.wmx'));
    const goesOn = async (): Promise<void> => {
      writer.output(Buffer.from('into nothing'));
      await writer.sync();
    };
    await expect(goesOn()).rejects.toMatchObject({
      code: 'write-failed',
      message: expect.stringContaining('taken away, replaced or shortened') as string,
    });
    expect(() => writer.output(Buffer.from('more'))).toThrow(/has stopped/);
    await writer.end('exit');
    expect(notices.at(-1)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('MOVED') as string });
  });

  it('a file where the next segment should be: it is not overwritten', async () => {
    const { writer, notices } = await newRecording();
    const path = join(writer.folder, 'segment-000001.wmx');
    writeFileSync(path, 'mine');
    await expect(
      (async () => {
        for (;;) {
          writer.rotate();
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    ).rejects.toMatchObject({ code: 'write-failed' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    await writer.end('exit');
    expect(notices.at(-1)).toMatchObject({ kind: 'failed' });
  });
});
