/** Random recordings of several segments, and random spans of them erased one after the other, held against a model: what is left is the rest, and the tree is what it was. */
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { opener, readAll, removeFolders, rotated, type Made } from '../../../test/support/recording.ts';
import { unentitledWhy } from '../../ledger/entitled.ts';
import { checkRecording } from '../../records/index.ts';
import { openRecording } from '../../recording/reader.ts';
import { eraseSpanOf } from './erase-span.ts';
import { aud, op, sec, Site } from '../../../test/support/life-cycle.ts';

vi.setConfig({ testTimeout: 180_000 });
afterAll(removeFolders);

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
  for (const event of site.events().filter(({ action }) => action === 'recording.erased')) expect(unentitledWhy(site.ledger.facts, event)).toBeUndefined();
  await site.ledger.close();
});

test('an event that one has signed, or of a recording that is held, does not count, and whoever verifies is told', async () => {
  const site = await Site.open();
  const id = await site.record(op, 1);
  await eraseSpanOf({ ...site.parts(sec, aud), ledger: site.ledger }, id, { fromMs: 0, toMs: 10, reason: 'mistake', opener });
  const event = site.events().findLast(({ action }) => action === 'recording.erased')!;
  const facts = site.ledger.facts;
  expect(unentitledWhy(facts, event)).toBeUndefined();
  const changes: readonly NonNullable<typeof event.detail>[] = [
    { toMs: 11 },
    { sha256: '0'.repeat(64) },
    { reason: 'legal' },
    { pieces: 2 },
    { second: op.id },
    { secondSignature: event.detail!['signature']! },
  ];
  for (const changed of changes)
    expect(unentitledWhy(facts, { ...event, detail: { ...event.detail, ...changed } }), JSON.stringify(changed)).toMatch(
      /without an auditor and a security admin/,
    );
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
  const { policy, emergencies, revocations } = facts;
  const asked = { person: (who: string) => facts.person(who), quorum: facts.quorum.bind(facts), passesOver: facts.passesOver.bind(facts) };
  expect(unentitledWhy({ ...asked, policy, emergencies, revocations, holds: [hold] }, event)).toMatch(/which was held by then/);
  await site.ledger.close();
});
