/** Somebody else’s recording with an audit key in hand: covered, unless two have signed here that it is shown with nothing covered. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { newFolder, newRecording, removeFolders } from '../../../test/support/recording.ts';
import { decodeFrame } from '../../bridge/frames.ts';
import { deedText } from '../../ledger/certificate.ts';
import { AuditKeyOpener, generateAuditKey } from '../../recording/wrap.ts';
import { Holder } from '../holder.ts';
import { reviewHandlers } from './review.ts';

afterAll(removeFolders);

const SECRET = '00482913';
const AUDITOR = 'p-00000000000a';
const key = generateAuditKey();
let shown: string;
let real: Holder;
let handlers: ReturnType<typeof reviewHandlers>;
let recording: string;
let other: string;
let keyFile: string;
/** What the page has sent to be found, and what it is told. */
let query: Buffer | undefined;
let told: { readonly kind: string; readonly recording?: string; readonly context?: string }[];
/** Recordings that text was found in, as main is told before the page. */
let looked: string[];

beforeEach(async () => {
  const folder = newFolder();
  const recordings = join(folder, 'recordings');
  mkdirSync(recordings);
  keyFile = join(folder, 'audit-key.json');
  writeFileSync(keyFile, JSON.stringify(key.file));
  const record = async (): Promise<string> => {
    const { writer } = await newRecording({ folder: recordings, recipients: [key.recipient] });
    writer.output(Buffer.from(`MRN: ${SECRET}\r\n`));
    await writer.end('exit');
    return writer.id;
  };
  [recording, other] = [await record(), await record()];
  shown = '';
  [told, looked] = [[], []];
  real = new Holder({});
  const holder = {
    page: { channel: { seal: (frame: Uint8Array) => frame }, takeQuery: () => [query, (query = undefined)][0] },
    ready: () => ({ home: { recordings } }),
    onForget: (run: () => void) => real.onForget(run),
    isUnmasked: (id: string) => real.isUnmasked(id),
    // Whoever is in is no recipient.
    open: () => AuditKeyOpener.fromJson(generateAuditKey().file),
  } as unknown as Holder;
  handlers = reviewHandlers(
    holder,
    async (frame) => {
      const { bytes } = decodeFrame(frame) as { readonly bytes: Uint8Array };
      const one = JSON.parse(Buffer.from(bytes).toString()) as (typeof told)[number] & { readonly screen?: string };
      told.push(one);
      if (one.screen !== undefined) shown += Buffer.from(one.screen, 'base64').toString();
    },
    async (_, id) => void looked.push(id),
  );
});

const look = async (id: string, masked: boolean): Promise<string> => {
  shown = '';
  await handlers.reviewOpenOther({ ticket: 1, recording: id, live: false, masked, keyFile });
  await handlers.reviewSeek({ ticket: 1, timeUs: 10_000_000 });
  return shown;
};
const text = (by: string, id: string, asked = '2026-11-29T02:00:00.000Z'): Buffer => deedText('w-000000000001', by, { deed: 'unmask', recording: id, asked });

test('it opens with the key of that file, covered, and not with another one or none', async () => {
  const seen = await look(recording, true);
  expect(seen).toContain('MRN: \u2588\u2588');
  expect(seen).not.toContain(SECRET);
  // By the key of who is in nothing of somebody else’s opens.
  await expect(handlers.reviewOpen({ ticket: 2, recording, live: false, masked: true })).rejects.toThrow('not sealed to that key');
  writeFileSync(keyFile, JSON.stringify(generateAuditKey().file));
  await expect(look(recording, true)).rejects.toThrow('not sealed to that key');
  writeFileSync(keyFile, 'no key');
  await expect(look(recording, true)).rejects.toThrow('is not an audit key');
});

test('with nothing covered it is shown once both have signed the same, that recording alone, and until nobody is in', async () => {
  await expect(look(recording, false)).rejects.toMatchObject({ code: 'second-needed' });
  // One who asks alone, and another one who agreed to something else.
  expect(() => real.unmask(recording, text(AUDITOR, recording))).toThrow('Nobody else has agreed');
  real.agreedTo(text(AUDITOR, other));
  expect(() => real.unmask(recording, text(AUDITOR, recording))).toThrow('Nobody else has agreed');
  // What was agreed to is used up by it, whatever came of it.
  expect(() => real.unmask(other, text(AUDITOR, other))).toThrow('Nobody else has agreed');
  real.agreedTo(text(AUDITOR, recording));
  real.unmask(recording, text(AUDITOR, recording));
  expect(await look(recording, false)).toContain(SECRET);
  await expect(look(other, false)).rejects.toMatchObject({ code: 'second-needed' });
  real.forget();
  await expect(look(recording, false)).rejects.toMatchObject({ code: 'second-needed' });
});

test('text is found in everybody’s with the key of that file, each recording as the ledger says that it goes on or not; a hit shows nothing of it', async () => {
  const recordings = [recording, other].map((id) => ({ id, live: id === other }));
  query = Buffer.from(SECRET);
  expect(await handlers.reviewSearchOthers({ ticket: 3, lookFor: 'shown', recordings, keyFile })).toEqual({ hits: 2, searched: 2 });
  expect(looked).toEqual([recording, other]);
  expect(told.filter(({ kind }) => kind === 'hit')).toMatchObject([recording, other].map((id) => ({ recording: id, context: '' })));
  expect(told.find(({ kind }) => kind === 'searched')).toMatchObject({ hits: 2, searched: 2, closed: 0, unread: [], cancelled: false });
  expect(JSON.stringify(told)).not.toContain(SECRET);
  // What was asked was asked once.
  await expect(handlers.reviewSearchOthers({ ticket: 4, lookFor: 'shown', recordings, keyFile })).rejects.toMatchObject({ code: 'nothing-asked' });
  // One’s own key opens none of them: that is said, and nothing is found.
  query = Buffer.from(SECRET);
  expect(await handlers.reviewSearch({ ticket: 5, lookFor: 'shown', recordings, masked: false })).toEqual({ hits: 0, searched: 0 });
  expect(told.at(-1)).toMatchObject({ kind: 'searched', closed: 2 });
});
