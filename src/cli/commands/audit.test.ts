/** `wardmux audit` and signed reports as scripts use them: what is due, who signs, what stays due for somebody else, and a report that was changed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runWith } from '../../../test/support/run-here.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import type { LedgerEntry, LedgerEvent } from '../../ledger/types.ts';
import { appendEvent, openInstallation } from '../../services/installation/installation.ts';
import { openLedger } from '../../services/installation/open-ledger.ts';
import { alertsOf } from '../../services/ledger/alerts.ts';
import { readEvents } from '../../services/ledger/read.ts';
import { enrol, prepareEnrolment } from '../../services/people/people.ts';

const auditorWords = 'marble canyon drizzle hammock violet';
/** A name that a note may have and nothing else of ours. */
const CANARY = 'Quillfeather';
const place = ownFolder();
const home = join(place, 'home');
let auditor: string;

/** With the passphrase at a descriptor. */
const wardmux = (args: readonly string[], passphrase?: string) => runWith(args, { home, place }, passphrase === undefined ? [] : [passphrase]);
const due = async () =>
  JSON.parse((await wardmux(['audit', 'due', '--json'])).out) as {
    from: number;
    events: number;
    own: { person: string; events: number }[];
    last: { seq: number; by: string; from: number; to: number } | null;
  };

beforeAll(async () => {
  const first = await firstHome(place);
  const { ledger } = await openLedger(first.home, first.installation);
  const record = await prepareEnrolment({ name: 'Uma Okafor', passphrase: Buffer.from(auditorWords), kdf: newScryptParameters() });
  await enrol({ home: first.home, installation: first.installation, ledger, admin: deciderOf(first.identity) }, record, ['auditor']);
  auditor = record.id;
  await ledger.close();
  first.identity.destroy();
});

test('an auditor signs for what is due, with a note that only the audit key opens, and the ledger holds', async () => {
  const before = await due();
  expect(before).toMatchObject({ from: 0, own: [], last: null });
  expect(before.events).toBeGreaterThan(3);
  const sign = ['audit', 'sign', '--finding', 'followed-up', '--note', `Asked ${CANARY} about it.`, '--person', auditor];
  const { status, out } = await wardmux(sign, auditorWords);
  expect(status).toBe(0);
  const [, to] = new RegExp(`^0-(\\d+)\\tfollowed-up\\t${auditor}\n$`).exec(out) ?? [];
  expect(Number(to)).toBeGreaterThanOrEqual(before.events);
  const after = await due();
  // That they came in to sign is theirs, and waits for somebody else.
  expect(after).toMatchObject({ from: Number(to) + 1, last: { by: auditor }, own: [{ person: auditor, events: 2 }] });
  expect((await wardmux(['audit', 'due'])).out).toContain('nobody has reviewed them');
  expect(await wardmux(['audit', 'note', String(after.last!.seq), '--key', join(place, 'audit.json')])).toMatchObject({
    status: 0,
    out: `Asked ${CANARY} about it.\n`,
  });
  for (const folder of ['alert-notes', 'ledger'])
    for (const name of readdirSync(join(home, folder), { recursive: true, withFileTypes: true }).filter((one) => one.isFile()))
      expect(readFileSync(join(name.parentPath, name.name), 'latin1')).not.toContain(CANARY);
  expect(await wardmux(['ledger', 'verify'])).toMatchObject({ status: 0 });
});

test('who is no auditor signs nothing, nor does anybody for events that are not there, or without a note', async () => {
  const before = await due();
  const sign = (more: readonly string[], words: string, who: string) => wardmux(['audit', 'sign', '--finding', 'nothing', ...more, '--person', who], words);
  const people = JSON.parse((await wardmux(['person', 'list', '--json'])).out) as { id: string; name: string }[];
  const security = people.find(({ name }) => name === 'Ada Example')!.id;
  const refuses = async (more: readonly string[], sentence: string): Promise<void> => {
    const { status, err } = await sign(more, auditorWords, auditor);
    expect(err).toContain(sentence);
    expect(status).not.toBe(0);
  };
  await refuses(['--note', 'x', '--from', '0', '--to', '999999'], 'There is no event from 0 to before 1000000. Nothing was signed.');
  await refuses(['--note', ' '], 'A note is one line of 1 to 500 characters that says what you found. Nothing was signed.');
  await refuses(['--note', 'x', '--from', 'two'], 'It is the number of an event, as wardmux events has it.');
  const refused = await sign(['--note', 'All is well.'], firstWords, security);
  expect(refused.err).toContain('Your roles do not permit this');
  expect(refused.status).not.toBe(0);
  expect((await due()).last).toEqual(before.last);
});

test('a report that is written stands beside a statement that the installation signed; one that was changed is told', async () => {
  const file = join(place, 'review.csv');
  expect(await wardmux(['report', 'review', '--format', 'csv', '--output', file])).toMatchObject({ status: 0 });
  expect(await wardmux(['report', 'verify', file])).toMatchObject({ status: 0, out: expect.stringContaining('review, made ') });
  const trust = join(place, 'trust.json');
  writeFileSync(trust, (await wardmux(['trust'])).out);
  expect(await wardmux(['report', 'verify', file, '--trust', trust])).toMatchObject({ status: 0 });
  const good = readFileSync(file, 'utf8');
  expect(good.split('\r\n')[0]).toContain('roles,workstationClass,policySha256,clockMs,clockState');
  expect(good).toContain(',nursing,');
  writeFileSync(file, good.replace('first-run', 'first-ran'));
  expect(await wardmux(['report', 'verify', file])).toMatchObject({ out: expect.stringContaining('it was changed') });
  expect((await wardmux(['report', 'verify', file, '--json'])).status).not.toBe(0);
  writeFileSync(file, good);
  const statement = readFileSync(`${file}.sig.json`, 'utf8');
  writeFileSync(`${file}.sig.json`, statement.replace('"report": "review"', '"report": "events"').replace('"report":"review"', '"report":"events"'));
  expect((await wardmux(['report', 'verify', file])).status).not.toBe(0);
});

test('the signed statement of a report says which events were asked for, and so does whoever verifies it', async () => {
  const file = join(place, 'some.csv');
  const asked = ['--action', 'unlock', '--action', 'first-run', '--person', auditor];
  expect(await wardmux(['report', 'events', ...asked, '--format', 'csv', '--output', file])).toMatchObject({ status: 0 });
  expect((await wardmux(['report', 'verify', file])).out).toContain(`actions: first-run, unlock; of or about: ${auditor}.\n`);
  const { statement } = JSON.parse((await wardmux(['report', 'verify', file, '--json'])).out) as { statement: object };
  expect(statement).toMatchObject({ actions: ['first-run', 'unlock'], person: auditor });
  const path = `${file}.sig.json`;
  writeFileSync(path, readFileSync(path, 'utf8').replace(`"person": "${auditor}"`, '"person": null').replace(`"person":"${auditor}"`, '"person":null'));
  expect(await wardmux(['report', 'verify', file])).toMatchObject({ status: 58, out: expect.stringContaining('it was changed') });
  const whole = join(place, 'whole.csv');
  expect(await wardmux(['report', 'events', '--format', 'csv', '--output', whole])).toMatchObject({ status: 0 });
  expect((await wardmux(['report', 'verify', whole])).out).toContain('From the first to the last; actions: all; of or about: everybody.');
});

test('a review of nothing that was not reviewed is refused before it is signed', async () => {
  const before = await due();
  const { from, to } = before.last!;
  // What this auditor did in it is left for another one: it is nothing new to them.
  const refused = await wardmux(
    ['audit', 'sign', '--finding', 'nothing', '--note', 'x', '--from', String(from), '--to', String(to - 1), '--person', auditor],
    auditorWords,
  );
  expect(refused.err).toContain('Nothing was signed. See: wardmux audit due');
  expect(refused.status).not.toBe(0);
  expect((await due()).last).toEqual(before.last);
});

test('what was signed, entered again by whoever has no key of a person, neither counts nor puts off that a review is overdue', async () => {
  const { last } = await due();
  const site = await openInstallation({ env: { WARDMUX_HOME: home } });
  let signed: LedgerEvent | undefined;
  const head = await readEvents(site, (event) => {
    if (event.seq === last!.seq) signed = event;
  });
  const { action, person, detail } = signed!;
  await appendEvent(site, { action, person, detail } as LedgerEntry);
  expect(await readEvents(site, () => {})).toMatchObject({ size: head.size + 1 });
  expect((await due()).last).toEqual(last);
  const overdue = (await alertsOf(site, Date.now() + 32 * 86_400_000)).filter(({ rule, closed }) => rule === 'review-overdue' && !closed);
  expect(overdue.map(({ seq }) => seq)).toEqual([last!.seq]);
});
