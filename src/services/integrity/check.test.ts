/** Whether the program is the one that was signed for: each file that somebody changes is found, no list that lies on the disk is believed, and who accepts what. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { baselineEntry, baselineRequest, keepList, lookAtProgram } from '../../integrity/baseline.ts';
import { listText, parseList } from '../../integrity/list.ts';
import { LedgerView } from '../../ledger/view.ts';
import { NOTHING_MORE, unlockWithPassphrase } from '../../people/person.ts';
import { readPinned } from '../../people/pinned.ts';
import { policyInForce } from '../../policy/index.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import type { FirstRunResult } from '../installation/first-run.ts';
import { factsOf, openInstallation, withLedger, type OpenInstallation } from '../installation/installation.ts';
import { deciderOf } from '../deeds/decide.ts';
import { AlertReader } from '../ledger/alerts.ts';
import { readEvents } from '../ledger/read.ts';
import { enrol, prepareEnrolment } from '../people/people.ts';
import { recipientsOf } from '../recordings/start.ts';
import { MOST_NAMED_FILES } from '../../types/words.ts';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';
import { acceptNote, acceptProgram, acceptSeconds } from './accept.ts';
import { findingEntries, findingsOf, lookAtIntegrity, type Look } from './check.ts';
import { DAY_MS } from '../../types/units.ts';

const hers = 'marble canyon drizzle hammock violet';
let folder: string;
let made: FirstRunResult;
let site: OpenInstallation;
let place: string;

beforeEach(async () => {
  place = ownFolder();
  folder = join(place, 'program');
  for (const path of ['bin', 'dist']) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"name":"wardmux","version":"0.1.0"}');
  writeFileSync(join(folder, 'bin/wardmux'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(folder, 'dist/cli.mjs'), 'run();\n');
  made = await firstHome(place, { program: folder });
  site = await openInstallation({ env: { WARDMUX_HOME: made.home.folder } });
});
afterEach(() => made.identity.destroy());

const look = async (version?: string): Promise<Look> =>
  lookAtIntegrity({ home: site.home, facts: await factsOf(site), folder, ...(version === undefined ? {} : { version }) });
/** As the app and the command do. @returns the actions that were entered */
async function enter(version?: string, later = 0): Promise<string[]> {
  const found = findingsOf(await look(version), (await factsOf(site)).integrity, Date.now() + later);
  const entries = found ? findingEntries(found) : [];
  await withLedger(site, async ({ ledger }) => {
    for (const entry of entries) await ledger.append(entry);
  });
  return entries.map(({ action }) => action);
}
async function alerts(): Promise<string[]> {
  const reader = new AlertReader();
  await readEvents(site, (event) => reader.take(event));
  return reader
    .at(Date.now())
    .map(({ rule }) => rule)
    .filter((rule) => rule.startsWith('program-'));
}
const differences = async (): Promise<string[]> => (await look()).differences.map(({ part, how, path }) => `${part} ${how} ${path}`);
const accept = async (note: string, second?: Parameters<typeof deciderOf>[0], version?: string): Promise<void> =>
  withLedger(site, async ({ ledger }) => {
    const recipients = recipientsOf(made.identity.person, policyInForce(site.home, ledger.facts));
    const parts = { home: site.home, ledger, recipients, admin: deciderOf(made.identity), second: second && deciderOf(second) };
    await acceptProgram(parts, await lookAtProgram(folder, undefined, version), note);
  });
const whyNot = async (): Promise<string[]> => {
  const { view, unentitled } = await LedgerView.read(site.home.ledger, site.noteKey);
  view?.close();
  return unentitled.map(({ why }) => why);
};

test('the first person signs for the files at the first run, and then all is as it was signed for, for a day', async () => {
  const { integrity } = await factsOf(site);
  expect(integrity).toMatchObject({ baseline: { version: '0.1.0', files: 3, checkout: false, by: made.person.id, previousSha256: null }, check: null });
  expect(readdirSync(site.home.baselines)).toEqual([`${integrity.baseline!.sha256}.mtree`]);
  expect(await look()).toMatchObject({ differences: [], updated: false });
  expect([await enter(), await enter(undefined, DAY_MS - 60_000), await enter(undefined, DAY_MS), await enter(undefined, -60_000 - DAY_MS)]).toEqual([
    [],
    [],
    ['integrity.check'],
    ['integrity.check'],
  ]);
  expect([await alerts(), await whyNot()]).toEqual([[], []]);
});

test('each file that is changed, gone or more is named once, as events and an alert; put back, that is entered too', async () => {
  const cli = join(folder, 'dist/cli.mjs');
  appendFileSync(cli, 'spy();\n');
  rmSync(join(folder, 'bin/wardmux'));
  writeFileSync(join(folder, 'dist/Quillfeather.mjs'), '');
  expect(await differences()).toEqual(['program missing bin/wardmux', 'program added dist/Quillfeather.mjs', 'program changed dist/cli.mjs']);
  expect(await enter()).toEqual(['integrity.differs', 'integrity.differs', 'integrity.differs', 'integrity.check']);
  expect([await enter(), await alerts()]).toEqual([[], ['program-changed']]);
  const events = readFileSync(join(site.home.ledger, 'events.jsonl'), 'utf8');
  expect(events).toContain('"file":"dist/cli.mjs"');
  // A name that somebody has chosen is told by the command, and is in no event.
  expect(events).not.toContain('Quillfeather');
  expect((await factsOf(site)).integrity.check).toMatchObject({ differences: 3 });
  writeFileSync(cli, 'run();\n');
  rmSync(join(folder, 'dist/Quillfeather.mjs'));
  writeFileSync(join(folder, 'bin/wardmux'), '#!/bin/sh\n', { mode: 0o755 });
  expect([await enter(), await enter()]).toEqual([['integrity.check'], []]);
});

test('who can write every file and has no key makes no changed program pass: no other list, and no event that nobody signed', async () => {
  const { home } = site;
  const before = (await factsOf(site)).integrity.baseline!;
  appendFileSync(join(folder, 'dist/cli.mjs'), 'spy();\n');
  const evil = await lookAtProgram(folder);
  keepList(home, evil);
  expect(await differences()).toEqual(['program changed dist/cli.mjs']);
  // In the place of the list that is signed for: it is not the one, and the digest of the program alone says enough.
  writeFileSync(join(home.baselines, `${before.sha256}.mtree`), evil.text);
  expect(await differences()).toEqual([`list changed baselines/${before.sha256}.mtree`, 'program changed the program']);
  rmSync(home.baselines, { recursive: true });
  expect(await differences()).toEqual([`list missing baselines/${before.sha256}.mtree`, 'program changed the program']);
  // Whoever has the key of the installation, as a program that runs has it, has not that of a person.
  const request = baselineRequest(evil, before, null);
  await withLedger(site, async ({ ledger }) => {
    await ledger.append(baselineEntry(made.person.id, request, { byKey: 'A'.repeat(86), signature: 'A'.repeat(86) }));
  });
  expect((await factsOf(site)).integrity.baseline).toEqual(before);
  expect(await whyNot()).toEqual(['accepts files of the program, and nobody who may has signed that']);
  expect(await differences()).toHaveLength(2);
});

test('an update is an event of its own, with an alert, and is accepted with a note that only a key reads', async () => {
  writeFileSync(join(folder, 'package.json'), '{"name":"wardmux","version":"0.2.0"}');
  writeFileSync(join(folder, 'dist/cli.mjs'), 'run(2);\n');
  expect(await look('0.2.0')).toMatchObject({ updated: true });
  expect(await enter('0.2.0')).toEqual(['program.updated', 'integrity.check']);
  expect(await alerts()).toEqual(['program-updated']);
  await expect(accept('  ', undefined, '0.2.0')).rejects.toMatchObject({ code: 'bad-words' });
  await accept('From our mirror, for Quillfeather.', undefined, '0.2.0');
  const { integrity } = await factsOf(site);
  expect(integrity).toMatchObject({ baseline: { version: '0.2.0', by: made.person.id, second: null }, check: null });
  expect(await look('0.2.0')).toMatchObject({ differences: [], updated: false });
  expect(await enter('0.2.0')).toEqual([]);
  const note = await acceptNote(site.home, integrity, await AuditKeyOpener.fromFile(join(place, 'audit.json')));
  expect(note).toEqual({ state: 'read', words: 'From our mirror, for Quillfeather.' });
  for (const name of readdirSync(site.home.folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((one) => one.isFile()))
    expect(readFileSync(join(name.parentPath, name.name)).includes('Quillfeather'), name.name).toBe(false);
  expect(await whyNot()).toEqual([]);
});

test('a clone that is built anew is told as that, and no stranger’s deed', async () => {
  mkdirSync(join(folder, '.git'));
  // Whoever puts it there changes nothing of what was signed for.
  appendFileSync(join(folder, 'dist/cli.mjs'), 'spy();\n');
  expect(await look()).toMatchObject({ updated: false });
  await accept('A clone.');
  appendFileSync(join(folder, 'dist/cli.mjs'), 'built();\n');
  expect(await enter()).toEqual(['program.updated', 'integrity.check']);
  expect(await alerts()).toEqual(['program-rebuilt']);
});

test('where two may decide, other files take both', async () => {
  const record = await prepareEnrolment({ name: 'Mara Ueda', passphrase: Buffer.from(hers), kdf: newScryptParameters() });
  await withLedger(site, async ({ ledger }) => {
    await enrol({ home: site.home, installation: site.installation, ledger, admin: deciderOf(made.identity) }, record, ['security']);
  });
  const facts = await factsOf(site);
  const mara = await unlockWithPassphrase(readPinned(site.home, facts, record.id), Buffer.from(hers), NOTHING_MORE);
  appendFileSync(join(folder, 'dist/cli.mjs'), 'more();\n');
  expect(acceptSeconds(facts, made.person.id)).toEqual([record.id]);
  await expect(accept('Alone.')).rejects.toMatchObject({ code: 'second-needed' });
  await expect(accept('Twice the same.', made.identity)).rejects.toMatchObject({ code: 'second-needed' });
  await accept('Both.', mara);
  mara.destroy();
  expect((await factsOf(site)).integrity.baseline).toMatchObject({ by: made.person.id, second: record.id });
  expect([await differences(), await whyNot()]).toEqual([[], []]);
});

test('policies, people and notes that are not what the ledger has are found in the same look', async () => {
  const { home } = site;
  const [policy] = readdirSync(home.policies);
  appendFileSync(join(home.policies, policy!), ' ');
  const person = join(home.people, `${made.person.id}.json`);
  writeFileSync(person, readFileSync(person, 'utf8').replace('Ada Example', 'Eve Example'));
  writeFileSync(join(home.alertNotes, `${'ab'.repeat(32)}.json`), '{}');
  expect(await differences()).toEqual([
    `policy changed policies/${policy}`,
    `data changed people/${made.person.id}.json`,
    `data changed alert-notes/${'ab'.repeat(32)}.json`,
  ]);
  expect(await enter()).toEqual(['integrity.differs', 'integrity.differs', 'integrity.differs', 'integrity.check']);
});

test('a file that cannot be read is signed for by nobody, and one that is no file neither', async () => {
  const text = listText([{ path: 'dist/x', kind: 'unreadable', mode: 0, size: 0, sha256: null, target: null }]);
  expect(parseList(text)).toBeUndefined();
  expect(() => keepList(site.home, { files: [{ path: 'dist/x', kind: 'other', mode: 0, size: 0, sha256: null, target: null }], text, sha256: '' })).toThrow(
    'dist/x of the program is no file that can be read',
  );
});

test('files that were only added push none out of the events that was changed', async () => {
  appendFileSync(join(folder, 'dist/cli.mjs'), 'spy();\n');
  for (let n = 0; n < 2 * MOST_NAMED_FILES; n++) writeFileSync(join(folder, 'bin', `.${n}`), '');
  expect(await enter()).toHaveLength(MOST_NAMED_FILES + 1);
  expect(readFileSync(join(site.home.ledger, 'events.jsonl'), 'utf8')).toContain('"file":"dist/cli.mjs"');
});

test('where the program has more files than anybody looks at, or a folder is gone, that is a finding like another', async () => {
  for (let n = 0; n < 20_000; n++) writeFileSync(join(folder, 'dist', `${n}`), '');
  rmSync(site.home.disclosures, { recursive: true });
  expect(await differences()).toEqual(['program unreadable the program', 'data missing disclosures']);
  expect(await enter()).toEqual(['integrity.differs', 'integrity.differs', 'integrity.check']);
  expect([await enter(), await alerts()]).toEqual([[], ['program-changed']]);
});

test('an event of the installation’s key that says of a finding that it is none silences nothing', async () => {
  appendFileSync(join(folder, 'dist/cli.mjs'), 'spy();\n');
  const { baseline, found } = await look();
  await withLedger(site, async ({ ledger }) => {
    const detail = { sha256: baseline!.sha256, files: 3, differences: 0, found };
    await ledger.append({ action: 'integrity.check', outcome: 'success', detail });
  });
  expect(await enter()).toEqual(['integrity.differs', 'integrity.check']);
});
