/** Random recordings of several segments, and random spans of them erased one after the other, held against a model: what is left is the rest, and the tree is what it was. */
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { aud, op, sec, sec2, Site, type Somebody } from '../../../test/support/life-cycle.ts';
import { newFolder, opener, readAll, removeFolders, rotated, type Made } from '../../../test/support/recording.ts';
import { erasureWhy } from '../../ledger/life-cycle-facts.ts';
import type { RecordingState } from '../../ledger/rules.ts';
import { LedgerView } from '../../ledger/view.ts';
import { checkRecording } from '../../records/index.ts';
import { sealLeft, type ErasedPiece } from '../../recording/erased.ts';
import { EventCursor } from '../../recording/events.ts';
import { frameBytes, SEGMENT_MAGIC_2 } from '../../recording/frame.ts';
import { pieceSeal, Ratchet, segmentKey } from '../../recording/ratchet.ts';
import { openRecording, readHeader } from '../../recording/reader.ts';
import { eraseSpanOf, finishErasures, type SpanAsked } from './erase-span.ts';
import { erasureFault } from './erased.ts';

/** Called when the new segments are written, before anything is looked at: somebody else with the account, who changes files. */
const meanwhile = vi.hoisted(() => ({ written: undefined as (() => void) | undefined }));
vi.mock('../../disk/atomic.ts', async (original) => {
  const atomic = await original<typeof import('../../disk/atomic.ts')>();
  const syncFolder: typeof atomic.syncFolder = (folder) => {
    atomic.syncFolder(folder);
    if (folder.includes('.erasing')) meanwhile.written?.();
  };
  return { ...atomic, syncFolder };
});
vi.setConfig({ testTimeout: 180_000 });
afterAll(removeFolders);

/** Says a secret at 1 s, another at 3 s, and what is nobody's secret at 5 s. */
const secrets = async ({ say, clock }: Made): Promise<void> => {
  for (const what of ['first-secret', 'second-secret', 'open']) {
    say(`${what}\r\n`);
    clock.step(1000);
  }
};
const FIRST: SpanAsked = { fromMs: 500, toMs: 1500, reason: 'mistake', opener };
const SECOND: SpanAsked = { fromMs: 2500, toMs: 3500, reason: 'mistake', opener };
const erase = (site: Site, id: string, asked: SpanAsked, by: Somebody = sec, second: Somebody = aud) =>
  eraseSpanOf({ ...site.parts(by, second), ledger: site.ledger }, id, asked);
const shown = async (folder: string): Promise<string> => {
  const { events } = await readAll(folder);
  return events.flatMap(({ code, data }) => (code === 'o' ? [data.toString()] : [])).join('');
};

const step = fc.record({
  kind: fc.constantFrom('line', 'lines', 'marker', 'input', 'snapshot', 'rotate', 'resize'),
  text: fc.stringMatching(/^[a-z]{4,12}$/),
  ms: fc.integer({ min: 0, max: 3000 }),
});
const span = fc.record({ from: fc.integer({ min: 0, max: 30_000 }), length: fc.integer({ min: 0, max: 8000 }) });

async function play(steps: readonly { readonly kind: string; readonly text: string; readonly ms: number }[], { writer, clock }: Made): Promise<void> {
  for (const { kind, text, ms } of steps) {
    clock.step(ms);
    if (kind === 'line') writer.output(Buffer.from(`${text}\r\n`));
    if (kind === 'lines') writer.output(Buffer.from(`${text}\r\nbetween\r\n${text}\r\n`));
    if (kind === 'marker') writer.event('m', text);
    if (kind === 'input') writer.event('i', text);
    if (kind === 'snapshot') writer.event('n', `${JSON.stringify({ outputOffset: 0, cols: 80, rows: 24 })}\n${text}`);
    if (kind === 'resize') writer.event('r', '90x20');
    if (kind === 'rotate') await rotated(writer);
  }
}

/** Events that are left, as whoever searches walks over them. */
async function searched(folder: string): Promise<string[]> {
  const events: string[] = [];
  const reader = await openRecording(folder);
  for await (const plaintext of reader.plaintexts(opener)) {
    const event = new EventCursor(plaintext);
    while (event.next()) events.push(JSON.stringify([String.fromCharCode(event.code), event.timeUs, plaintext.toString('base64', event.from, event.to)]));
  }
  expect(reader.fault).toBeUndefined();
  return events;
}

/** Place of each event that is left, with what it is. */
async function left(folder: string): Promise<string[]> {
  const { events, fault } = await readAll(folder);
  expect(fault).toBeUndefined();
  return events.map(({ code, timeUs, data, seq }) => JSON.stringify([seq, code, timeUs, data.toString('base64')]));
}

test('whatever is erased one after the other, the rest is left in its places, and all heads and both signatures stand', async () => {
  const site = await Site.open();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.array(span, { minLength: 1, maxLength: 3 }), async (steps, spans) => {
      const id = await site.record(op, 1, (made) => play(steps, made));
      const folder = join(site.recordings, id);
      const head = (await site.ledger.recording(id))!.head;
      for (const { from: fromMs, length } of spans) {
        const toMs = fromMs + length;
        const before = await readAll(folder);
        const isIn = ({ code, timeUs }: { readonly code: string; readonly timeUs: number }): boolean =>
          timeUs >= fromMs * 1000 && (code === 'n' || ('oim'.includes(code) && timeUs < (toMs + 1) * 1000));
        const gone = before.events.filter(isIn);
        const model = before.events
          .filter((event) => !isIn(event))
          .map(({ code, timeUs, data, seq }) => JSON.stringify([seq, code, timeUs, data.toString('base64')]));
        const done = eraseSpanOf({ ...site.parts(sec, aud), ledger: site.ledger }, id, { fromMs, toMs, reason: 'mistake', opener });
        if (gone.every(({ code }) => code === 'n')) {
          await expect(done).rejects.toMatchObject({ code: 'not-deletable' });
          expect(await left(folder)).toHaveLength(before.events.length);
          continue;
        }
        expect(await done).toMatchObject({ fromMs, toMs, pieces: gone.length });
        expect(await left(folder)).toEqual(model);
        expect(await searched(folder)).toEqual(model.map((event) => JSON.stringify((JSON.parse(event) as unknown[]).slice(1))));
        expect(await checkRecording(folder, site.ledger, id)).toMatchObject({ found: head, proven: head.size, sentence: undefined });
        // Read from any segment on, and by its commitments too.
        const { segments } = await openRecording(folder);
        for (const fromSegment of segments) {
          const reader = await openRecording(folder, { fromSegment });
          for await (const record of reader.records(opener)) void record;
          expect(reader.fault).toBeUndefined();
        }
      }
    }),
    { numRuns: 40 },
  );
  await site.ledger.close();
  const { unentitled, view } = await LedgerView.read(site.options.folder, site.options.key);
  expect(unentitled).toEqual([]);
  // What lies beside the ledger says the same as all of its events.
  expect(await view!.agreesWithBeside()).toBe(true);
  view!.close();
});

test('an event that one has signed, or of a recording that is held, does not count, and whoever verifies is told', async () => {
  const site = await Site.open();
  const id = await site.record(op, 1);
  await eraseSpanOf({ ...site.parts(sec, aud), ledger: site.ledger }, id, { fromMs: 0, toMs: 10, reason: 'mistake', opener });
  const event = site.events().findLast(({ action }) => action === 'recording.erased')!;
  const facts = site.ledger.facts;
  const state = (await site.ledger.recording(id))!;
  const before = { get: () => ({ ...state, erased: null }) };
  const why = (changed: typeof event, states: { get: () => RecordingState | undefined } = before, people: Parameters<typeof erasureWhy>[0] = facts) =>
    erasureWhy(people, states, changed);
  expect(why(event)).toBeUndefined();
  const changes: readonly NonNullable<typeof event.detail>[] = [
    { toMs: 11 },
    { sha256: '0'.repeat(64) },
    { reason: 'legal' },
    { pieces: 2 },
    { second: sec2.id },
    { secondSignature: event.detail!['signature']! },
  ];
  for (const changed of changes)
    expect(why({ ...event, detail: { ...event.detail, ...changed } }), JSON.stringify(changed)).toMatch(/without an auditor and a security admin/);
  expect(why({ ...event, detail: { ...event.detail, second: op.id } })).toMatch(/a hand of whose it is/);
  // It stands behind none, and one that counts is there.
  expect(why(event, { get: () => ({ ...state, erased: { seq: 9, records: 1, sha256: '0'.repeat(64) } }) })).toMatch(/the last one was event 9/);
  const hold = {
    id: 'h-000000000001',
    scope: 'recording',
    of: null,
    recording: id,
    from: null,
    until: null,
    reason: 'legal',
    by: aud.id,
    seq: 0,
    time: event.time,
  } as const;
  expect(why(event, before, { person: (who) => facts.person(who), holds: [hold] })).toMatch(/which was held by then/);
  await site.ledger.close();
});

test('nobody has a hand in the erasure of what they did themselves', async () => {
  const site = await Site.open();
  for (const owner of [sec, aud]) {
    const id = await site.record(owner, 1, secrets);
    await expect(erase(site, id, FIRST)).rejects.toMatchObject({ code: 'not-deletable', message: expect.stringContaining('is of one of you') });
    expect(await shown(join(site.recordings, id))).toContain('first-secret');
  }
  expect(site.events().some(({ action }) => action === 'recording.erased')).toBe(false);
  await site.ledger.close();
});

test('an older event, entered again with the files of then, brings nothing back', async () => {
  const site = await Site.open();
  const id = await site.record(op, 1, secrets);
  const folder = join(site.recordings, id);
  await erase(site, id, FIRST);
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  const first = site.events().findLast(({ action }) => action === 'recording.erased')!;
  await erase(site, id, SECOND);
  const { erased } = (await site.ledger.recording(id))!;
  await site.ledger.append({ action: first.action, person: first.person!, detail: first.detail! });
  expect((await site.ledger.recording(id))!.erased).toEqual(erased);
  expect(await erasureFault(folder, site.ledger, id)).toBeUndefined();
  rmSync(folder, { recursive: true });
  cpSync(copy, folder, { recursive: true });
  expect(await shown(folder)).toContain('second-secret');
  expect(await erasureFault(folder, site.ledger, id)).toMatch(/others are/);
  await site.ledger.close();
  // Whoever verifies is told of the event that does not count.
  const { unentitled } = await LedgerView.read(site.options.folder, site.options.key);
  expect(unentitled).toMatchObject([{ why: expect.stringMatching(/behind no other one, and the last one was event/) }]);
});

test('what nobody signed for is not believed to be erased, and hides nothing', async () => {
  const site = await Site.open();
  const id = await site.record(op, 1, secrets);
  const folder = join(site.recordings, id);
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  await erase(site, id, FIRST);
  const event = site.events().findLast(({ action }) => action === 'recording.erased')!;
  // The same files, in another installation's hands: there the two have signed nothing.
  const other = await Site.open();
  const theirs = await other.record(op, 1, secrets);
  await other.ledger.append({
    action: event.action,
    person: event.person!,
    detail: { ...event.detail!, ...(await wholeOf(other, theirs)), recording: theirs },
  });
  expect((await other.ledger.recording(theirs))!.erased).toBeNull();
  expect(await erasureFault(join(other.recordings, theirs), other.ledger, theirs)).toBeUndefined();
  expect(await checkRecording(join(other.recordings, theirs), other.ledger, theirs)).toMatchObject({ contradiction: undefined });
  // Of what the ledger has no erasure, no frame says that it lacks pieces.
  const fresh = await site.record(op, 1, secrets);
  await forge(join(site.recordings, fresh), (erased) => erased);
  expect(await erasureFault(join(site.recordings, fresh), site.ledger, fresh)).toMatch(/nobody has signed for that/);
  await site.ledger.close();
  await other.ledger.close();
});

test('a record that says that pieces were erased which its commitment does not have ends every walk', async () => {
  const site = await Site.open();
  const id = await site.record(op, 1, secrets);
  const folder = join(site.recordings, id);
  await forge(folder, (erased) => erased.map((one) => ({ ...one, seal: Buffer.alloc(32, 7) })));
  for (const walk of ['records', 'contents', 'plaintexts'] as const) {
    const reader = await openRecording(folder);
    for await (const record of reader[walk](opener)) void record;
    expect(reader.fault).toMatchObject({ code: 'bad-commitment' });
  }
  await site.ledger.close();
});

const attacks: readonly (readonly [string, (paths: { readonly old: string; readonly anew: string; readonly wider: string }) => void])[] = [
  ['puts the old segment back', ({ old, anew }) => copyFileSync(old, anew)],
  ['has more erased than was asked for', ({ wider, anew }) => copyFileSync(wider, anew)],
  ['takes the new one away', ({ anew }) => rmSync(anew)],
  ['changes what is there', ({ wider, old }) => copyFileSync(wider, old)],
];
test.each(attacks)('somebody who %s while it is written has nothing signed', async (_, attack) => {
  const site = await Site.open();
  const id = await site.record(op, 1, secrets);
  const folder = join(site.recordings, id);
  const segment = 'segment-000000.wmx';
  const [old, anew, wider] = [join(folder, segment), join(site.recordings, '.erasing', id, segment), join(newFolder(), segment)];
  const before = readFileSync(old);
  // Two who say no at the last moment: what they would have signed for is a segment that lacks more.
  const refuses: Somebody = { ...sec, certify: () => (copyFileSync(anew, wider), Promise.reject(new Error('no'))) };
  await expect(erase(site, id, { ...FIRST, toMs: SECOND.toMs }, refuses)).rejects.toThrow('no');
  expect(readFileSync(old).equals(before)).toBe(true);
  meanwhile.written = () => attack({ old, anew, wider });
  await expect(erase(site, id, FIRST).finally(() => (meanwhile.written = undefined))).rejects.toThrow(/Nothing was erased/);
  expect(site.events().some(({ action }) => action === 'recording.erased')).toBe(false);
  expect((await site.ledger.recording(id))!.erased).toBeNull();
  await site.ledger.close();
});

test('a segment that is exchanged after both have looked contradicts what they sign, and nothing of it is shown', async () => {
  const site = await Site.open();
  const id = await site.record(op, 1, secrets);
  const folder = join(site.recordings, id);
  const [old, anew] = [folder, join(site.recordings, '.erasing', id)].map((at) => join(at, 'segment-000000.wmx')) as [string, string];
  const exchanged: Somebody = {
    ...sec,
    certify: (...args) => {
      writeFileSync(`${anew}.other`, readFileSync(old));
      renameSync(`${anew}.other`, anew);
      return sec.certify(...args);
    },
  };
  await erase(site, id, FIRST, exchanged).catch(() => undefined);
  expect(await erasureFault(folder, site.ledger, id)).toMatch(/Nothing of it is shown/);
  await site.ledger.close();
});

/** The first of its two segments has a secret. */
const twoSegments = async ({ say, writer }: Made): Promise<void> => {
  say('first-secret\r\n');
  await rotated(writer);
  say('more\r\n');
};
const retained = (site: Site) => finishErasures({ home: { recordings: site.recordings }, ledger: site.ledger });

const laters: readonly (readonly [string, (site: Site, id: string) => Promise<unknown>])[] = [
  ['the same erasure again', (site, id) => erase(site, id, FIRST)],
  ['a run of the schedule', retained],
];
test.each(laters)('a read that fails behind the event loses nothing, and %s finishes it', async (_, later) => {
  const site = await Site.open();
  const id = await site.record(op, 1, twoSegments);
  const folder = join(site.recordings, id);
  const next = join(site.recordings, '.erasing', id);
  // One that is not touched is away for a moment, as on a share.
  const [segment, away] = [join(folder, 'segment-000001.wmx'), join(newFolder(), 'away')];
  const append: Site['ledger']['append'] = async (...args) => {
    await site.ledger.append(...args);
    renameSync(segment, away);
    throw Object.assign(new Error('EIO'), { syscall: 'read', code: 'EIO' });
  };
  const ledger = new Proxy(site.ledger, {
    get: (target, name) => {
      const value: unknown = name === 'append' ? append : Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const first = eraseSpanOf({ ...site.parts(sec, aud), ledger }, id, FIRST);
  await expect(first).rejects.toThrow(/is not finished: .*What is to take its place is kept/);
  expect(existsSync(join(next, 'segment-000000.wmx'))).toBe(true);
  // While it is away neither loses it.
  expect(await retained(site)).toEqual([expect.stringContaining(`of recording ${id} is not finished`)]);
  await expect(erase(site, id, FIRST)).rejects.toThrow(/is not finished/);
  expect(existsSync(join(next, 'segment-000000.wmx'))).toBe(true);
  renameSync(away, segment);
  await later(site, id);
  expect(existsSync(next)).toBe(false);
  expect(await erasureFault(folder, site.ledger, id)).toBeUndefined();
  expect(await shown(folder)).toBe('more\r\n');
  // One that is cut off before its event is thrown away: the folder is what the ledger says.
  const refuses: Somebody = { ...sec, certify: () => Promise.reject(new Error('no')) };
  await expect(erase(site, id, { ...FIRST, toMs: 10_000 }, refuses)).rejects.toThrow(/no|Nothing was erased/);
  expect(existsSync(next)).toBe(false);
  await site.ledger.close();
});

test('what is put among the segments on their way out is not overwritten, and holds up no other recording', async () => {
  const site = await Site.open();
  const ids = await Promise.all([1, 2, 3, 4].map(() => site.record(op, 1, twoSegments)));
  const name = 'segment-000000.wmx';
  const [own, held, linked, cutOff] = ids.sort() as [string, string, string, string];
  const at = (id: string): string => join(site.recordings, id, name);
  const put = (id: string): string => {
    mkdirSync(join(site.recordings, '.erasing', id), { recursive: true });
    return join(site.recordings, '.erasing', id, `${name}.old`);
  };
  const [before, old, theirs] = [join(newFolder(), 'linked'), join(newFolder(), 'old'), readFileSync(at(held))];
  linkSync(at(linked), before);
  copyFileSync(at(cutOff), old);
  const left = await Promise.all([own, cutOff].map((id) => erase(site, id, FIRST)));
  expect(left.map((one) => one.left)).toEqual([[], []]);
  // It has another name somewhere: that is said, and the other name is as it was.
  const content = readFileSync(before);
  expect((await erase(site, linked, FIRST)).left).toEqual([expect.stringMatching(/segment 0 of recording .* not overwritten: it has another name/)]);
  expect(readFileSync(before).equals(content)).toBe(true);
  // The segment itself; then another recording's, linked and as a file of one name; and behind them one that really was cut off.
  linkSync(at(own), put(own));
  copyFileSync(old, put(cutOff));
  const fd = openSync(put(cutOff), 'r');
  expect(await retained(site)).toEqual([]);
  const [was, is] = [readFileSync(old), readFileSync(fd)];
  closeSync(fd);
  // Nothing of its last record is left.
  expect([is.length, is.includes(was.subarray(-32))]).toEqual([was.length, false]);
  for (const id of [own, cutOff]) expect(existsSync(join(site.recordings, '.erasing', id))).toBe(false);
  linkSync(at(held), put(own));
  copyFileSync(at(held), put(linked));
  copyFileSync(old, put(cutOff));
  writeFileSync(join(site.recordings, '.erasing', cutOff, 'segment-000009.wmx'), theirs);
  expect(await retained(site)).toEqual([expect.stringContaining('has another name'), expect.stringContaining('is no segment of this recording')]);
  expect(readFileSync(at(held)).equals(theirs)).toBe(true);
  for (const id of ids) {
    expect(await checkRecording(join(site.recordings, id), site.ledger, id)).toMatchObject({ contradiction: undefined, sentence: undefined });
    expect(existsSync(join(site.recordings, '.erasing', id))).toBe(false);
  }
  await site.ledger.close();
});

/** Seals the record with the first output anew, as somebody with its key can, without that piece. */
async function forge(folder: string, change: (erased: readonly ErasedPiece[]) => readonly ErasedPiece[]): Promise<void> {
  const { header, frame: head } = (await readHeader(folder, 0))!;
  const ratchet = new Ratchet(segmentKey(await opener.open(header.recipients[0]!.jwe), header.recording, 0));
  const parts = [SEGMENT_MAGIC_2, frameBytes(head)];
  let done = false;
  for await (const { frame, events } of (await openRecording(folder)).records(opener)) {
    const keys = ratchet.next('erased');
    const place = done ? -1 : events.findIndex(({ event }) => event.code === 'o');
    if (place < 0) {
      parts.push(Buffer.from(frameBytes(frame)));
      continue;
    }
    done = true;
    const { event, salt, bytes } = events[place]!;
    const erased = [{ place, code: event.code, seal: pieceSeal(salt, bytes), bytes: event.data.length }];
    const left = events.filter((_, n) => n !== place).map((one) => Buffer.from(one.bytes));
    parts.push(sealLeft(frame, keys.message, change(erased), left));
  }
  expect(readdirSync(folder)).toContain('segment-000000.wmx');
  writeFileSync(join(folder, 'segment-000000.wmx'), Buffer.concat(parts));
}

async function wholeOf({ ledger }: Site, id: string) {
  const { person, began, durationMs, head } = (await ledger.recording(id))!;
  return { owner: person!, began, lengthMs: durationMs!, ...head };
}
