/** `wardmux hold`, `delete` and `retention` as scripts use them, and what list, play, export and verify say afterwards. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { forAudit } from '../../../test/support/disclosure.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runWith } from '../../../test/support/run-here.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { acceptAsItStands } from '../../policy/force.fixture.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { openLedger } from '../../services/installation/open-ledger.ts';
import { enrol, prepareEnrolment } from '../../services/people/people.ts';

const auditorWords = 'marble canyon drizzle hammock violet';
let made: string;
let place: string;
let home: string;
let auditor: string;
/** Two recordings. */
let one: string;
let other: string;

/** With each passphrase at a descriptor. */
const wardmux = (args: readonly string[], ...passphrases: readonly string[]) => runWith(args, { home, place }, passphrases);

beforeAll(async () => {
  made = place = ownFolder();
  home = join(made, 'home');
  const first = await firstHome(made);
  const { ledger } = await openLedger(first.home, first.installation);
  const record = await prepareEnrolment({ name: 'Uma Okafor', passphrase: Buffer.from(auditorWords), kdf: newScryptParameters() });
  await enrol({ home: first.home, installation: first.installation, ledger, admin: deciderOf(first.identity) }, record, ['auditor']);
  auditor = record.id;
  await ledger.close();
  first.identity.destroy();
  writeFileSync(join(made, 'a.cast'), '{"version":2,"width":80,"height":24}\n[0,"o","a\\r\\n"]\n');
  [one, other] = [
    (await wardmux(['import', join(made, 'a.cast')], firstWords)).out.trim(),
    (await wardmux(['import', join(made, 'a.cast')], firstWords)).out.trim(),
  ] as [string, string];
  expect([one, other].every((id) => /^\d{8}-/.test(id))).toBe(true);
});
beforeEach(() => {
  place = ownFolder();
  home = join(place, 'home');
  cpSync(join(made, 'home'), home, { recursive: true });
});

const folderOf = (id: string): string => join(home, 'recordings', id);

test('two delete a recording before its time, and everything says when, by whom and why', async () => {
  const deleted = await wardmux(['delete', one, '--reason', 'mistake', '--second', 'Uma Okafor'], firstWords, auditorWords);
  expect(deleted).toMatchObject({
    status: 0,
    out: `${one}\tdeleted\n`,
    err: expect.stringMatching(/A second person has to agree[^]*sign the request [0-9a-f]{64}/),
  });
  expect(existsSync(folderOf(one))).toBe(false);
  const sentence = new RegExp(`Recording ${one} was deleted on \\S+Z by p-\\S+ and ${auditor}, because of mistake\\.`);
  const listed = await wardmux(['list']);
  expect(listed).toMatchObject({ status: 0, err: expect.stringMatching(sentence) });
  expect(listed.out).not.toContain(one);
  expect(listed.out).toContain(other);
  expect(await wardmux(['play', one], firstWords)).toMatchObject({ status: 5, err: expect.stringMatching(sentence) });
  expect(await wardmux(['export', one, '-o', join(place, 'b'), ...forAudit], firstWords)).toMatchObject({ status: 5, err: expect.stringMatching(sentence) });
  const verified = await wardmux(['ledger', 'verify', '--deep']);
  expect(verified.out).toMatch(sentence);
  expect(verified.out).toMatch(/of the 2 recordings that it knows 1 are there, and 1 were deleted/);
  expect([0, 55]).toContain(verified.status);
  // A second time there is nothing to delete, and no second tombstone.
  expect(await wardmux(['delete', one, '--reason', 'mistake', '--second', 'Uma Okafor'], firstWords, auditorWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('was deleted already'),
  });
});

test('an auditor says how the review of a recording stands, its person does not, and every list says it', async () => {
  expect(await wardmux(['list', '--state', 'flagged'])).toMatchObject({ status: 0, out: '' });
  expect(await wardmux(['review', one, '--state', 'flagged', '--person', 'Uma Okafor'], auditorWords)).toMatchObject({
    status: 0,
    out: `${one}\tflagged\t${auditor}\n`,
  });
  expect(await wardmux(['review', other, '--state', 'to-review', '--person', 'Uma Okafor'], auditorWords)).toMatchObject({ status: 0 });
  const denied = await wardmux(['review', one, '--state', 'fine', '--person', 'Ada Example'], firstWords);
  expect(denied).toMatchObject({ err: expect.stringMatching(/roles do not permit this/) });
  expect(denied.status).not.toBe(0);
  expect(await wardmux(['review', '20260101-000000-00000000', '--state', 'fine', '--person', 'Uma Okafor'], auditorWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('The ledger has no recording'),
  });
  const flagged = await wardmux(['list', '--state', 'flagged']);
  expect(flagged.out).toMatch(new RegExp(`${one}.*flagged, ${auditor}`));
  expect(flagged.out).not.toContain(other);
  expect(JSON.parse((await wardmux(['list', '--json', '--state', 'to-review'])).out)).toMatchObject([
    { id: other, review: { state: 'to-review', by: auditor } },
  ]);
  expect([0, 55]).toContain((await wardmux(['ledger', 'verify'])).status);
});

test('one alone deletes nothing, nor does the wrong pair, nor a wrong second passphrase', async () => {
  expect(await wardmux(['delete', one, '--reason', 'mistake'], firstWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('a second one has to agree'),
  });
  expect(await wardmux(['delete', one, '--reason', 'mistake', '--second', 'Ada Example'], firstWords, firstWords)).toMatchObject({ status: 1 });
  expect(await wardmux(['delete', one, '--reason', 'mistake', '--second', 'Uma Okafor'], firstWords, 'not this one at all')).toMatchObject({ status: 4 });
  expect(existsSync(folderOf(one))).toBe(true);
});

test('a hold wins over two people and over the schedule, and takes two to end', async () => {
  const set = await wardmux(['hold', 'set', '--recording', one, '--reason', 'legal'], auditorWords);
  expect(set).toMatchObject({ status: 0, out: expect.stringMatching(/^h-[0-9a-f]{12}\n$/) });
  const hold = set.out.trim();
  expect((await wardmux(['hold', 'list'])).out).toMatch(new RegExp(`^${hold} .* ${auditor} +${one} +legal$`, 'm'));
  expect(await wardmux(['delete', one, other, '--reason', 'mistake', '--second', 'Uma Okafor'], firstWords, auditorWords)).toMatchObject({
    status: 1,
    out: '',
    err: expect.stringMatching(/is held \(h-\S+, legal\), and a hold always wins/),
  });
  expect(await wardmux(['hold', 'clear', hold, '--reason', 'closed'], auditorWords)).toMatchObject({ status: 1 });
  expect(await wardmux(['hold', 'clear', hold, '--reason', 'closed', '--second', 'Ada Example'], auditorWords, firstWords)).toMatchObject({
    status: 0,
    out: `${hold}\tcleared\n`,
  });
  expect(await wardmux(['hold', 'list'])).toMatchObject({ status: 0, out: '', err: 'Nothing is held.\n' });
  expect(await wardmux(['hold', 'set', '--reason', 'legal'], auditorWords)).toMatchObject({ status: 2 });
  expect(await wardmux(['hold', 'set', '--of', 'nobody', '--reason', 'legal'], auditorWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('nobody'),
  });
});

test('retention shows ahead what expires, and deletes it when its time is over', async () => {
  expect(await wardmux(['retention', 'run', '--dry-run'])).toMatchObject({ status: 1, err: expect.stringContaining('for ever') });
  const policy = join(home, 'policy.json');
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('"recording": {', '"retention": { "contentDays": 10 },\n  "recording": {'));
  await acceptAsItStands(home);
  const ahead = await wardmux(['retention', 'run', '--dry-run']);
  expect(ahead).toMatchObject({ status: 0, err: expect.stringContaining('0 would be deleted now, 0 more are held, and of 2 the time is over within 30 days') });
  expect(ahead.out).toMatch(new RegExp(`^${one} .* kept$`, 'm'));
  expect((await wardmux(['retention', 'run', '--dry-run', '--ahead', '5'])).out).toBe('');
  expect(await wardmux(['retention', 'run'], firstWords)).toMatchObject({ status: 0, out: '', err: expect.stringContaining('0 deleted.') });
  expect([one, other].every((id) => existsSync(folderOf(id)))).toBe(true);
});

test('a file that went without a tombstone stays missing, and no tombstone covers that up', async () => {
  rmSync(folderOf(one), { recursive: true });
  expect(await wardmux(['delete', one, '--reason', 'mistake', '--second', 'Uma Okafor'], firstWords, auditorWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('a tombstone would cover that up'),
  });
  expect((await wardmux(['list'])).status).toBe(8);
  expect((await wardmux(['ledger', 'verify'])).status).toBe(8);
});

test('files that come back after a deletion are not shown, and are taken away again', async () => {
  cpSync(folderOf(one), join(place, 'copy'), { recursive: true });
  await wardmux(['delete', one, '--reason', 'legal', '--second', 'Uma Okafor'], firstWords, auditorWords);
  cpSync(join(place, 'copy'), folderOf(one), { recursive: true });
  expect((await wardmux(['ledger', 'verify'])).status).toBe(52);
  const played = await wardmux(['play', one, '--raw'], firstWords);
  expect(played).toMatchObject({ status: 52, out: '', err: expect.stringContaining('came back out of a copy') });
});

test('an incident freeze holds what ran, and signs what there is of it; a changed file of it is none', async () => {
  const path = join(place, 'incident.json');
  const frozen = await wardmux(['hold', 'freeze', '--hours', '24', '--out', path], auditorWords);
  expect(frozen).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^h-[0-9a-f]{12}\n$/),
    err: expect.stringContaining('2 recordings of the last 24 hours'),
  });
  const said = JSON.parse(readFileSync(path, 'utf8')) as { hold: string; recordings: { recording: string; size: number }[]; checkpoint: string };
  expect(said.recordings.map(({ recording }) => recording)).toEqual([one, other].toSorted());
  expect(said.checkpoint).toMatch(/^wardmux\.localhost\/w-/);
  expect(await wardmux(['hold', 'verify', path])).toMatchObject({ status: 0, out: expect.stringContaining(`${said.hold}\t`) });
  expect(await wardmux(['delete', one, '--reason', 'mistake', '--second', 'Uma Okafor'], firstWords, auditorWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('a hold always wins'),
  });
  // A second time nothing is overwritten.
  expect(await wardmux(['hold', 'freeze', '--out', path], auditorWords)).toMatchObject({ status: 1, err: expect.stringContaining('exists already') });
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"size": \d+/, '"size": 1'));
  expect(await wardmux(['hold', 'verify', path])).toMatchObject({ status: 58, out: expect.stringContaining('it was changed') });
  expect([0, 55]).toContain((await wardmux(['ledger', 'verify'])).status);
});
