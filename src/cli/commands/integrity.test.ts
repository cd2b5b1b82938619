/** `wardmux integrity` as somebody types it: what it says of this clone, of another copy, and what it takes to accept. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { openInstallation, withLedger } from '../../services/installation/installation.ts';
import { enrol, prepareEnrolment } from '../../services/people/people.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runWith } from '../../../test/support/run-here.ts';

const hers = 'marble canyon drizzle hammock violet';
let place: string;
let home: string;
let copy: string;
const wardmux = (args: readonly string[], ...passphrases: readonly string[]) => runWith(args, { home, place }, passphrases);
const made = ownFolder();
const first = firstHome(made);
afterAll(async () => (await first).identity.destroy());

beforeEach(async () => {
  await first;
  place = ownFolder();
  home = join(place, 'home');
  cpSync(join(made, 'home'), home, { recursive: true });
  copy = join(place, 'copy');
  mkdirSync(join(copy, 'dist'), { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{"name":"wardmux","version":"9.9.9"}');
  writeFileSync(join(copy, 'dist/cli.mjs'), 'spy();\n');
});

test('an installation without a list says so; who may accepts the files, with a note, and then all is as it was signed for', async () => {
  expect(await wardmux(['integrity', 'check'])).toMatchObject({ status: 68, out: '', err: expect.stringContaining('Nobody has signed which files') });
  expect(await wardmux(['integrity', 'accept', '--note', ' '], firstWords)).toMatchObject({ status: 1, err: expect.stringContaining('A note is one line') });
  expect(await wardmux(['integrity', 'accept', '--note', 'First.'], 'not the one at all')).toMatchObject({ status: 4 });
  const accepted = await wardmux(['integrity', 'accept', '--note', 'First.'], firstWords);
  expect(accepted).toMatchObject({ status: 0, out: expect.stringMatching(/^[0-9a-f]{64}\taccepted\n$/) });
  const checked = await wardmux(['integrity', 'check', '--json']);
  expect(checked.status, checked.out).toBe(0);
  expect(JSON.parse(checked.out)).toMatchObject({ good: true, baseline: { checkout: true }, updated: false, differences: [] });
  expect(await wardmux(['integrity', 'accept', '--note', 'Again.'])).toMatchObject({ status: 0, err: expect.stringContaining('nothing to accept') });
  expect(await wardmux(['integrity', 'note', '--key', join(made, 'audit.json')])).toMatchObject({ status: 0, out: 'First.\n' });
  // Another copy is told file by file, and is no event here.
  const other = await wardmux(['integrity', 'check', '--program', copy]);
  expect(other).toMatchObject({ status: 68, out: expect.stringMatching(/\nprogram +changed +\w+ +\w+ +package\.json\n/) });
  expect((await wardmux(['events', '--action', 'integrity.*'])).out).not.toContain('integrity.differs');
  // Where this account has a keyring, it is asked and does not know this folder.
  const verified = await wardmux(['ledger', 'verify']);
  expect([0, 55], verified.err).toContain(verified.status);
  expect(verified.out).toContain('The ledger is good: ');
});

test('what differs is in the ledger, as an alert; a folder that is no Wardmux is refused with a sentence', async () => {
  await wardmux(['integrity', 'accept', '--note', 'First.'], firstWords);
  const site = await openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });
  const list = (await wardmux(['integrity', 'check', '--json'])).out.match(/"sha256": "(\w{64})"/)![1]!;
  writeFileSync(join(site.home.baselines, `${list}.mtree`), '#mtree v2.0\n');
  expect(await wardmux(['integrity', 'check'])).toMatchObject({ status: 68, out: expect.stringContaining(`baselines/${list}.mtree`) });
  expect((await wardmux(['events', '--action', 'integrity.differs'])).out).toContain(`file=baselines/${list}.mtree`);
  expect((await wardmux(['alerts'])).out).toContain('program-changed');
  expect((await wardmux(['posture'])).out).toContain('stop: The program’s files');
  expect(await wardmux(['integrity', 'check', '--program', place])).toMatchObject({ status: 2, err: expect.stringContaining('There is no Wardmux in') });
});

test('a list that is gone is told as that, and written anew without a passphrase where the files are those that were signed for', async () => {
  const [sha256] = (await wardmux(['integrity', 'accept', '--note', 'First.'], firstWords)).out.split('\t');
  const list = join(home, 'baselines', `${sha256}.mtree`);
  const text = readFileSync(list);
  for (const [how, spoil] of [
    ['is gone', () => rmSync(join(home, 'baselines'), { recursive: true })],
    ['is not the one that was signed for', () => writeFileSync(list, '#mtree v2.0\n')],
  ] as const) {
    spoil();
    const lost = await wardmux(['integrity', 'check']);
    expect(lost).toMatchObject({
      status: 68,
      err: expect.stringMatching(new RegExp(`^The list of the program’s files ${how}: baselines/${sha256}\\.mtree\\. `)),
    });
    expect(lost.err).not.toMatch(/\d files? (?:is|are) not as/);
    expect(await wardmux(['integrity', 'accept', '--note', 'Again.'])).toMatchObject({ status: 0, out: `${sha256}\tlist written\n` });
    expect(readFileSync(list).equals(text)).toBe(true);
    expect(await wardmux(['integrity', 'check'])).toMatchObject({ status: 0, err: expect.stringMatching(/^All is as it was signed for/) });
  }
  // Nobody has signed for anything else by that.
  expect((await wardmux(['events', '--action', 'integrity.baseline'])).out.trim().split('\n')).toHaveLength(1);
});

test('a restored backup has the list and the notes: on a clean machine whose program is the same all is as it was signed for', async () => {
  await wardmux(['integrity', 'accept', '--note', 'First.'], firstWords);
  expect((await wardmux(['backup', join(place, 'backup')])).status).toBe(0);
  renameSync(home, join(place, 'lost'));
  const to = join(place, 'restored');
  const key = join(made, 'audit.json');
  const restored = await wardmux(['restore', join(place, 'backup'), '--to', to, '--key', key]);
  expect(restored, restored.err).toMatchObject({ status: 0 });
  home = to;
  const checked = await wardmux(['integrity', 'check']);
  expect(checked, checked.out).toMatchObject({ status: 0, err: expect.stringMatching(/^All is as it was signed for/) });
  expect(await wardmux(['integrity', 'note', '--key', key])).toMatchObject({ status: 0, out: 'First.\n' });
});

test('what one alone has signed for both can sign for, also where the files are the same; once they have there is nothing to accept', async () => {
  await wardmux(['integrity', 'accept', '--note', 'First.'], firstWords);
  const site = await openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });
  const record = await prepareEnrolment({ name: 'Mara Ueda', passphrase: Buffer.from(hers), kdf: newScryptParameters() });
  const { identity } = await first;
  await withLedger(site, async ({ ledger }) => {
    await enrol({ home: site.home, installation: site.installation, ledger, admin: deciderOf(identity) }, record, ['security']);
  });
  expect(await wardmux(['integrity', 'accept', '--note', 'Alone.'], firstWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('a second one has to agree'),
  });
  expect((await wardmux(['posture'])).out).toContain(`${identity.person.id} alone has signed for them`);
  const both = await wardmux(['integrity', 'accept', '--note', 'Both.', '--person', identity.person.id, '--second', record.id], firstWords, hers);
  expect(both, both.err).toMatchObject({ status: 0, err: expect.stringContaining(`those that ${identity.person.id} alone has signed for`) });
  expect((await wardmux(['posture'])).out).not.toContain('alone has signed for them');
  expect(await wardmux(['integrity', 'check'])).toMatchObject({ status: 0, out: expect.stringContaining(`${identity.person.id} and ${record.id}`) });
  expect(await wardmux(['integrity', 'accept', '--note', 'Again.'])).toMatchObject({ status: 0, err: expect.stringContaining('nothing to accept') });
});
