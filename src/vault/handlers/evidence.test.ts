/** Somebody else's recording as an export: the audit key is read for the look and for the making, and kept by neither; nothing of it is let out by hand. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';
import { newRecording } from '../../../test/support/recording.ts';
import { decodeFrame } from '../../bridge/frames.ts';
import { generateAuditKey } from '../../recording/wrap.ts';
import { standardKinds } from '../../redaction/index.ts';
import { homePaths } from '../../storage/home.ts';
import type { Holder } from '../holder.ts';
import { evidenceHandlers } from './evidence.ts';

const SECRET = '536-22-1847';
const key = generateAuditKey();
const other = generateAuditKey();
const memory = null;
const why = { purpose: 'yearly audit', recipient: 'Example Audits', released: [] as [string, string][] };

let place: string;
let keyFile: string;
let recording: string;
let handlers: ReturnType<typeof evidenceHandlers>;
let told: string;
let words: Buffer | undefined;

beforeEach(async () => {
  place = ownFolder();
  const { identity } = await firstHome(place);
  const home = homePaths(join(place, 'home'));
  const { writer } = await newRecording({ folder: home.recordings, recipients: [key.recipient] });
  writer.output(Buffer.from(`hello\r\nSSN: ${SECRET}\r\n`));
  await writer.end('exit');
  recording = writer.id;
  keyFile = join(place, 'audit-key.json');
  writeFileSync(keyFile, JSON.stringify(key.file));
  told = '';
  const holder = {
    page: { channel: { seal: (frame: Uint8Array) => frame }, takeDisclosure: () => [words, (words = undefined)][0] },
    ready: () => ({ home, configuration: { version: '0.0.0-test' } }),
    onForget: () => undefined,
    open: () => identity,
  } as unknown as Holder;
  handlers = evidenceHandlers(
    holder,
    async (frame) => void (told += Buffer.from((decodeFrame(frame) as { readonly bytes: Uint8Array }).bytes).toString()),
    async () => '',
  );
  return () => identity.destroy();
});

const plan = (more: { readonly kinds?: (typeof standardKinds)[number][] } = {}) =>
  handlers.exportPlanOther({ ticket: 1, recording, live: false, reason: 'audit', keyFile, ...more });
const say = (said: typeof why) => {
  words = Buffer.from(JSON.stringify(said));
  return handlers.exportWords({ plan: 1, recipients: [key.recipient] });
};
const make = (path: string) =>
  handlers.export({
    ticket: 2,
    plan: 1,
    form: 'text',
    path,
    verdict: 'It holds.',
    memory,
    checkpoint: { origin: '', head: { size: 0, root: '' }, note: '' },
    trust: '',
  });

test('it is looked through and made with the key of that file, covered; the key is read each time, and lies nowhere between', async () => {
  expect(await plan()).toMatchObject({ withheld: 1 });
  expect(told).toContain('"kinds":["ssn"]');
  expect(told).not.toContain(SECRET);
  const { words: digest } = await say(why);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const path = join(place, 'session.txt');
  rmSync(keyFile);
  await expect(make(path)).rejects.toMatchObject({ code: 'bad-key-file' });
  expect(existsSync(path)).toBe(false);
  // What was planned is made once, also where nothing came of it.
  writeFileSync(keyFile, JSON.stringify(key.file));
  await expect(make(path)).rejects.toMatchObject({ code: 'no-plan' });
  await plan();
  await say(why);
  expect(await make(path)).toMatchObject({ path, redaction: { withheld: 1, released: 0 } });
  const text = readFileSync(path, 'utf8');
  expect(text).toContain('hello');
  expect(text).not.toContain(SECRET);
});

test('nothing is let out by hand, and at least the default recognisers look', async () => {
  await expect(plan({ kinds: standardKinds.slice(1) })).rejects.toMatchObject({ code: 'too-little-withheld' });
  await plan({ kinds: [...standardKinds] });
  const [, place] = /"place":"([\d.]+)"/.exec(told)!;
  await expect(say({ ...why, released: [[place!, 'a test number']] })).rejects.toMatchObject({ code: 'too-little-withheld' });
  await expect(make(join(ownFolder(), 'never.txt'))).rejects.toMatchObject({ code: 'bad-words' });
});

test('a key that it is not sealed to, or that is none, opens nothing, and nothing is planned', async () => {
  writeFileSync(keyFile, JSON.stringify(other.file));
  await expect(plan()).rejects.toMatchObject({ code: 'not-a-recipient' });
  writeFileSync(keyFile, 'no key');
  await expect(plan()).rejects.toMatchObject({ code: 'bad-key-file' });
  expect(told).toBe('');
  await expect(say(why)).rejects.toMatchObject({ code: 'no-plan' });
  // By the key of whoever is in, nothing of it opens either.
  await expect(handlers.exportPlan({ ticket: 1, recording, live: false })).rejects.toMatchObject({ code: 'not-a-recipient' });
});
