/** Rotation of audit keys by the command line: a new key opens what was recorded before it, also where it was cut off, and nothing that is signed changes. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { asAdmin, enrolOther } from '../../../test/e2e/as-admin.ts';
import { forAudit } from '../../../test/support/disclosure.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { newRecording } from '../../../test/support/recording.ts';
import { runHere, runWith } from '../../../test/support/run-here.ts';
import { acceptAsItStands } from '../../policy/force.fixture.ts';
import { noticeEntry } from '../../ledger/index.ts';
import { AuditKeyOpener, wrapSecret } from '../../recording/wrap.ts';
import { openLedger } from '../../services/installation/open-ledger.ts';
import { openRecording } from '../../recording/reader.ts';
import { requireInstallation, homePaths } from '../../storage/index.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let made: string;
let place: string;
let home: string;
let before: string;
let after: string;
let ids: readonly string[];
/** What each of them shows. */
const texts = new Map<string, string>();

const wardmux = (args: readonly string[], passphrase?: string) => runWith(args, { home, place }, passphrase === undefined ? [] : [passphrase]);
const play = (id: string, key: string) => wardmux(['play', id, '--raw', '--key', key]);
const folderOf = (id: string): string => join(home, 'recordings', id);

beforeAll(async () => {
  made = place = ownFolder();
  home = join(made, 'home');
  (await firstHome(made)).identity.destroy();
  const imported = async (text: string): Promise<string> => {
    writeFileSync(join(made, 'a.cast'), `{"version":2,"width":80,"height":24}\n[0,"o",${JSON.stringify(text)}]\n`);
    return (await wardmux(['import', join(made, 'a.cast')], firstWords)).out.trim();
  };
  for (const text of ['one\r\n', 'another\r\n']) texts.set(await imported(text), text);
  // As everything goes through them. Two of one second have no other order than that of their names.
  ids = [...texts.keys()].toSorted();
});
beforeEach(() => {
  place = ownFolder();
  home = join(place, 'home');
  before = join(place, 'audit.json');
  after = join(place, 'next.json');
  cpSync(join(made, 'home'), home, { recursive: true });
  cpSync(join(made, 'audit.json'), before);
});

/** The policy names a new key in the place of the one of the first run. */
async function replaced(): Promise<string> {
  const { kid } = await AuditKeyOpener.fromFile(before);
  const done = await wardmux(['audit-key', 'new', '--out', after, '--replace', kid]);
  expect(done, done.err).toMatchObject({ status: 0 });
  await acceptAsItStands(home);
  return done.out.trim();
}

test('what a new key does not open after all is said, with where it is: runs of backups and sealed words', async () => {
  expect((await wardmux(['export', ids[0]!, '-o', join(place, 'bundle'), ...forAudit], firstWords)).status).toBe(0);
  expect((await wardmux(['backup', join(place, 'bk')])).status).toBe(0);
  await replaced();
  const done = await wardmux(['audit-key', 'rewrap', before], firstWords);
  expect(done.err).toMatch(/Not reached: run 1 of the backup \S+, sealed before\./);
  expect(done.err).toContain(`Not reached: 1 file of sealed words in ${join(home, 'disclosures')}`);
  // What is sealed to both is reached.
  expect((await wardmux(['backup', join(place, 'new')])).status).toBe(0);
  const again = JSON.parse((await wardmux(['audit-key', 'rewrap', before, '--json'], firstWords)).out) as { left: unknown };
  expect(again.left).toEqual({ backups: [{ backup: expect.any(String), runs: [1] }], words: [{ folder: join(home, 'disclosures'), files: 1 }] });
});

test('a new key opens what was recorded before it once whoever has the one before says so, and everything still verifies', async () => {
  const kid = await replaced();
  expect((await play(ids[0]!, after)).status).toBe(4);
  const done = await wardmux(['audit-key', 'rewrap', before], firstWords);
  expect(done, done.err).toMatchObject({ status: 0, out: `2 segments of 2 recordings open with ${kid} too.\n`, err: expect.stringContaining('still opens') });
  expect(await play(ids[0]!, after)).toMatchObject({ status: 0, out: texts.get(ids[0]!) });
  expect(await play(ids[1]!, after)).toMatchObject({ status: 0, out: texts.get(ids[1]!) });
  expect([0, 55]).toContain((await wardmux(['ledger', 'verify', '--deep'])).status);
  const { out } = await wardmux(['ledger', 'show']);
  expect(out.match(/audit-key\.rewrap\b/g)?.length).toBeGreaterThan(0);
  expect(out).toContain('audit-key.rewrapped');
  // Once more puts its own wraps in the place of those that are there, and a backup has them.
  const wraps = () => JSON.parse(readFileSync(join(folderOf(ids[0]!), 'rewrapped.json'), 'utf8')) as { wraps: { kid: string; jwe: string }[] };
  const first = wraps().wraps;
  expect(await wardmux(['audit-key', 'rewrap', before], firstWords)).toMatchObject({ status: 0, out: expect.stringContaining('2 segments of 2 recordings') });
  expect(wraps().wraps.map((one) => one.kid)).toEqual(first.map((one) => one.kid));
  expect(wraps().wraps[0]!.jwe).not.toBe(first[0]!.jwe);
  const there = readFileSync(join(folderOf(ids[0]!), 'rewrapped.json'));
  const bk = join(place, 'bk');
  expect((await wardmux(['backup', bk])).status).toBe(0);
  const back = await runHere(['restore', bk, '--to', join(place, 'new'), '--key', after, '--read-only'], { home: join(place, 'nowhere'), place });
  expect(back, back.err).toMatchObject({ status: 0 });
  expect(readFileSync(join(place, 'new', 'recordings', ids[0]!, 'rewrapped.json')).equals(there)).toBe(true);
});

test('what was cut off goes on, and what is no wrap opens nothing and stops nothing', async () => {
  await replaced();
  // The second one cannot be written.
  mkdirSync(join(folderOf(ids[1]!), 'rewrapped.json'));
  const cut = await wardmux(['audit-key', 'rewrap', before], firstWords);
  expect(cut.status).not.toBe(0);
  const [first, second] = [existsSync(join(folderOf(ids[0]!), 'rewrapped.json')), statSync(join(folderOf(ids[1]!), 'rewrapped.json')).isDirectory()];
  expect([first, second]).toEqual([true, true]);
  expect((await play(ids[0]!, after)).status).toBe(0);
  expect((await play(ids[1]!, after)).status).toBe(4);
  rmSync(join(folderOf(ids[1]!), 'rewrapped.json'), { recursive: true });
  expect(await wardmux(['audit-key', 'rewrap', before], firstWords)).toMatchObject({ status: 0, out: expect.stringContaining('2 segments of 2 recordings') });
  expect((await play(ids[1]!, after)).status).toBe(0);
  // Somebody puts there what they like: the owner and the key of before are not held up, and the new key opens nothing of it.
  const path = join(folderOf(ids[1]!), 'rewrapped.json');
  writeFileSync(path, readFileSync(join(folderOf(ids[0]!), 'rewrapped.json'), 'utf8').replace(ids[0]!, ids[1]!));
  expect((await play(ids[1]!, after)).out).toBe('');
  appendFileSync(path, '}');
  expect((await play(ids[1]!, after)).status).toBe(4);
  expect(await play(ids[1]!, before)).toMatchObject({ status: 0, out: texts.get(ids[1]!) });
});

test('a wrap that somebody put there first is no wrap: ours takes its place, and what no policy named goes', async () => {
  const kid = await replaced();
  const path = join(folderOf(ids[0]!), 'rewrapped.json');
  const put = [kid, kid, 'nobody'].map((to) => ({ segment: 0, kid: to, jwe: 'x' }));
  writeFileSync(path, JSON.stringify({ format: 'wardmux-rewrapped', version: 1, recording: ids[0], wraps: put }));
  expect((await play(ids[0]!, after)).out).toBe('');
  expect(await wardmux(['audit-key', 'rewrap', before], firstWords)).toMatchObject({ status: 0, out: expect.stringContaining('2 segments of 2 recordings') });
  expect(await play(ids[0]!, after)).toMatchObject({ status: 0, out: texts.get(ids[0]!) });
  const { wraps } = JSON.parse(readFileSync(path, 'utf8')) as { wraps: { kid: string }[] };
  expect(wraps.map((one) => one.kid)).toEqual([kid]);
});

test('a wrap of another secret for the key of before is wrapped for no later one, and is counted as closed', async () => {
  const kid = await replaced();
  expect((await wardmux(['audit-key', 'rewrap', before], firstWords)).status).toBe(0);
  const path = join(folderOf(ids[0]!), 'rewrapped.json');
  const { jwk } = JSON.parse(readFileSync(after, 'utf8')) as { jwk: { x: string; y: string } };
  const jwe = await wrapSecret(randomBytes(32), { kid, role: 'audit', jwk: { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y } });
  writeFileSync(path, JSON.stringify({ format: 'wardmux-rewrapped', version: 1, recording: ids[0], wraps: [{ segment: 0, kid, jwe }] }));
  const third = join(place, 'third.json');
  expect((await wardmux(['audit-key', 'new', '--out', third, '--replace', kid])).status).toBe(0);
  await acceptAsItStands(home);
  expect(await wardmux(['audit-key', 'rewrap', after], firstWords)).toMatchObject({
    status: 0,
    out: expect.stringContaining('1 segments of 1 recordings'),
    err: expect.stringContaining('1 segments are not sealed to'),
  });
  expect(await play(ids[1]!, third)).toMatchObject({ status: 0, out: texts.get(ids[1]!) });
  expect((await play(ids[0]!, third)).status).toBe(4);
});

test.each([
  ['a FIFO', 'it is not a plain file', (path: string) => void execFileSync('mkfifo', [path])],
  ['a link', 'it is not a plain file', (path: string) => symlinkSync(before, path)],
  ['too large', 'it is larger than 4 MiB', (path: string) => (writeFileSync(path, ''), truncateSync(path, 4 * 1024 * 1024 + 1))],
])('%s in the place of the wraps is a sentence, and nobody waits for it', async (_, sentence, put) => {
  await replaced();
  const path = join(folderOf(ids[0]!), 'rewrapped.json');
  put(path);
  const { status, err } = await wardmux(['audit-key', 'rewrap', before], firstWords);
  expect(err).toContain(`Cannot read ${path}: ${sentence}`);
  expect(status).not.toBe(0);
  expect((await play(ids[0]!, after)).status).toBe(4);
  expect(await play(ids[0]!, before)).toMatchObject({ status: 0, out: texts.get(ids[0]!) });
});

test('a recording that goes on meanwhile is wrapped as far as it has come, and goes on', async () => {
  const site = homePaths(home);
  const installation = requireInstallation(site);
  const { ledger } = await openLedger(site, installation);
  const old = await AuditKeyOpener.fromFile(before);
  const { jwk } = JSON.parse(readFileSync(before, 'utf8')) as { jwk: { x: string; y: string } };
  const recipient = { kid: old.kid, role: 'audit', jwk: { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y } } as const;
  const person = ledger.facts.people()[0]!;
  const policySha256 = ledger.facts.policy!.sha256;
  const { writer, notices } = await newRecording({ folder: site.recordings, installation: installation.id, person, policySha256, recipients: [recipient] });
  writer.output(Buffer.from('so far\r\n'));
  await writer.sync();
  for (const notice of notices.splice(0)) await ledger.append(noticeEntry(notice));
  await ledger.close();
  await replaced();
  expect((await wardmux(['audit-key', 'rewrap', before, '--json'], firstWords)).out).toMatch(/"recordings": 3/);
  writer.output(Buffer.from('and on\r\n'));
  await writer.end('closed');
  const read: string[] = [];
  const reader = await openRecording(writer.folder);
  for await (const { events } of reader.contents(await AuditKeyOpener.fromFile(after)))
    for (const { code, data } of events) if (code === 'o') read.push(Buffer.from(data).toString());
  expect([read.join(''), reader.fault]).toEqual(['so far\r\nand on\r\n', undefined]);
});

test('a key that no policy named, and one beside which there is no other, are sentences, and nothing is entered', async () => {
  expect(await wardmux(['audit-key', 'rewrap', before], firstWords)).toMatchObject({ status: 1, err: expect.stringContaining('names no other audit key') });
  await replaced();
  const stranger = ownFolder();
  (await firstHome(stranger)).identity.destroy();
  expect(await wardmux(['audit-key', 'rewrap', join(stranger, 'audit.json')], firstWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('No policy'),
  });
  expect(await wardmux(['audit-key', 'new', '--out', join(place, 'x.json'), '--replace', 'nobody'])).toMatchObject({ status: 2 });
  expect([existsSync(join(place, 'x.json')), (await wardmux(['ledger', 'show'])).out.includes('audit-key.rewrap')]).toEqual([false, false]);
});

test('a draft that stands in policy.json is not written over: not a change that waits, not what is no policy, not a file that is gone', async () => {
  const policy = join(home, 'policy.json');
  const inForce = readFileSync(policy, 'utf8');
  const out = join(place, 'x.json');
  for (const draft of [`${inForce} `, '{', undefined]) {
    if (draft === undefined) rmSync(policy);
    else writeFileSync(policy, draft);
    const refused = await wardmux(['audit-key', 'new', '--out', out]);
    expect(refused, refused.err).toMatchObject({ status: 66, err: expect.stringContaining('Nothing was made') });
    expect(refused.err).toContain(`cp '`);
    expect(existsSync(out)).toBe(false);
    expect(existsSync(policy) ? readFileSync(policy, 'utf8') : undefined).toBe(draft);
  }
  writeFileSync(policy, inForce);
  expect((await wardmux(['audit-key', 'new', '--out', out])).status).toBe(0);
  // The wish of before is a draft now.
  expect(await wardmux(['audit-key', 'new', '--out', join(place, 'y.json')])).toMatchObject({
    status: 66,
    err: expect.stringContaining('wardmux policy accept'),
  });
  expect(existsSync(join(place, 'y.json'))).toBe(false);
});

test('a custodian has the file of a key and nothing else: shows that it is there, and wraps for the keys that two have accepted, and opens nothing by it', async () => {
  const words = 'marble canyon drizzle hammock violet';
  await asAdmin(home, 0, firstWords, (parts) => enrolOther(parts, 'Cleo Nwosu', words, ['custodian']));
  const cleo = (...args: readonly string[]) => wardmux([...args, '--person', 'Cleo Nwosu'], words);
  expect(await cleo('audit-key', 'prove', before)).toMatchObject({ status: 0, out: expect.stringContaining('The private half of the audit key') });
  // Nobody has accepted another key: there is nothing to wrap for, whatever the custodian would like.
  expect(await cleo('audit-key', 'rewrap', before)).toMatchObject({ status: 1, err: expect.stringContaining('names no other audit key') });
  await replaced();
  expect(await cleo('audit-key', 'rewrap', before)).toMatchObject({ status: 0, out: expect.stringContaining('2 segments of 2 recordings') });
  for (const id of ids) {
    expect(await play(id, after)).toMatchObject({ status: 0, out: texts.get(id) });
    const denied = await cleo('play', id, '--raw');
    expect(denied.status).not.toBe(0);
    expect(denied.out).not.toContain(texts.get(id)!.trim());
  }
  expect([0, 55]).toContain((await wardmux(['ledger', 'verify'])).status);
});
