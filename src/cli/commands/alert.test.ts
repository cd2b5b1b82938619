/** `wardmux alerts` and `alert close|note` as scripts use them: what is open, who closes it and who does not, and what is left when somebody signs what they may not. */
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runWith } from '../../../test/support/run-here.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { appendEvent, openInstallation } from '../../services/installation/installation.ts';
import { openLedger } from '../../services/installation/open-ledger.ts';
import { enrol, prepareEnrolment } from '../../services/people/people.ts';

const auditorWords = 'marble canyon drizzle hammock violet';
/** A name that a note may have and nothing else of ours. */
const CANARY = 'Quillfeather';
let made: string;
let place: string;
let home: string;
let admin: string;
let auditor: string;

/** With the passphrase at a descriptor. */
const wardmux = (args: readonly string[], passphrase?: string) => runWith(args, { home, place }, passphrase === undefined ? [] : [passphrase]);
interface Listed {
  readonly id: string;
  readonly seq: number;
  readonly rule: string;
  readonly about: readonly string[];
  readonly closed: { readonly by: string } | null;
}
const alerts = async (...args: string[]): Promise<Listed[]> => JSON.parse((await wardmux(['alerts', '--json', ...args])).out) as Listed[];
const enter = async (...entries: Parameters<typeof appendEvent>[1][]): Promise<void> => {
  const site = await openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });
  for (const entry of entries) await appendEvent(site, entry);
};
const jiggled = (person: string) => ({ action: 'input.jiggled', person }) as const;

beforeAll(async () => {
  made = place = ownFolder();
  home = join(made, 'home');
  const first = await firstHome(made);
  const { ledger } = await openLedger(first.home, first.installation);
  const record = await prepareEnrolment({ name: 'Uma Okafor', passphrase: Buffer.from(auditorWords), kdf: newScryptParameters() });
  await enrol({ home: first.home, installation: first.installation, ledger, admin: deciderOf(first.identity) }, record, ['auditor']);
  auditor = record.id;
  admin = first.identity.person.id;
  await ledger.close();
  first.identity.destroy();
});
beforeEach(() => {
  place = ownFolder();
  home = join(place, 'home');
  cpSync(join(made, 'home'), home, { recursive: true });
});

test('what the ledger raises is listed with whom it is about, and a script learns that something is open', async () => {
  const enrolled = (await alerts()).find(({ rule }) => rule === 'rights-changed');
  expect(enrolled).toMatchObject({ about: [auditor, admin], closed: null });
  const { out } = await wardmux(['alerts']);
  expect(out).toMatch(/^ALERT +HOW BAD +RAISED/);
  expect(out).toContain(`${enrolled!.seq}/rights-changed`);
  expect(await wardmux(['alerts', '--exit-code'])).toMatchObject({ status: 63 });
  expect(await wardmux(['events', '--action', 'first-run', '--exit-code'])).toMatchObject({ status: 63, out: expect.stringContaining('first-run') });
  expect(await wardmux(['events', '--action', 'first-run'])).toMatchObject({ status: 0 });
});

test('somebody whom it is not about closes it with a note, which only a key reads; the ledger verifies', async () => {
  await enter(jiggled(admin));
  const [alert] = (await alerts()).filter(({ rule }) => rule === 'jiggler');
  const closed = await wardmux(['alert', 'close', String(alert!.seq), '--note', `${CANARY} had a toy on the mouse.`], auditorWords);
  expect(closed).toMatchObject({ status: 0, out: `${alert!.id}\tclosed\t${auditor}\n` });
  expect((await alerts()).some(({ rule }) => rule === 'jiggler')).toBe(false);
  expect((await alerts('--all')).find(({ rule }) => rule === 'jiggler')).toMatchObject({ closed: { by: auditor } });
  expect(await wardmux(['alert', 'close', alert!.id, '--note', 'Once more.'], auditorWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('was closed by'),
  });
  // The words are nowhere but in the sealed file.
  for (const name of readdirSync(home, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((one) => one.isFile()))
    expect(readFileSync(join(name.parentPath, name.name)).includes(CANARY), name.name).toBe(false);
  const verified = await wardmux(['ledger', 'verify']);
  expect([0, 55], verified.out).toContain(verified.status);
  expect((await wardmux(['events', '--action', 'alert.closed'])).out).toContain('rule=jiggler');
  // One of the same is another one.
  await enter(jiggled(admin));
  expect((await alerts()).filter(({ rule }) => rule === 'jiggler')).toHaveLength(1);
});

test('nobody closes what is about them, without a note, or what is none; nor does who may not', async () => {
  await enter(jiggled(auditor));
  const [alert] = (await alerts()).filter(({ rule }) => rule === 'jiggler');
  const before = readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8');
  expect(await wardmux(['alert', 'close', alert!.id, '--note', 'Nothing.'], auditorWords)).toMatchObject({
    status: 1,
    out: '',
    err: expect.stringContaining('about you'),
  });
  expect(await wardmux(['alert', 'close', alert!.id, '--note', '  '], firstWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('A note is one line'),
  });
  expect(await wardmux(['alert', 'close', '999999', '--note', 'x'], firstWords)).toMatchObject({
    status: 1,
    err: expect.stringContaining('There is no alert'),
  });
  expect(await wardmux(['alert', 'close', alert!.id, '--note', 'x'], 'not this one at all')).toMatchObject({ status: 4 });
  const entered = readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8').slice(before.length);
  expect(entered).not.toContain('alert.closed');
  expect((await alerts()).some(({ rule }) => rule === 'jiggler')).toBe(true);
});

test('an event that nobody signed closes nothing, and the verification names it', async () => {
  await enter(jiggled(admin));
  const [alert] = (await alerts()).filter(({ rule }) => rule === 'jiggler');
  const { seq, rule, about } = alert!;
  await enter({
    action: 'alert.closed',
    person: auditor,
    detail: { alert: seq, rule, about, note: 'ab'.repeat(32), byKey: 'A'.repeat(86), signature: 'A'.repeat(86) },
  });
  expect((await alerts()).some((one) => one.rule === 'jiggler')).toBe(true);
  const verified = await wardmux(['ledger', 'verify']);
  expect(verified).toMatchObject({ status: 7, out: expect.stringContaining('nobody who may has signed that') });
});

test('a note whose file is gone or was changed is told as that', async () => {
  await enter(jiggled(admin));
  const [alert] = (await alerts()).filter(({ rule }) => rule === 'jiggler');
  const key = join(made, 'audit.json');
  await wardmux(['alert', 'close', alert!.id, '--note', 'A toy.'], auditorWords);
  const [file] = readdirSync(join(home, 'alert-notes'));
  const path = join(home, 'alert-notes', file!);
  const bytes = readFileSync(path, 'utf8');
  expect(await wardmux(['alert', 'note', alert!.id, '--key', key])).toMatchObject({ status: 0, out: 'A toy.\n' });
  writeFileSync(path, bytes.replace('"version":1', '"version":2'));
  expect(await wardmux(['alert', 'note', alert!.id, '--key', key])).toMatchObject({ status: 1, err: expect.stringContaining('not the one') });
  rmSync(path);
  expect(await wardmux(['alert', 'note', alert!.id, '--key', key])).toMatchObject({ status: 1, err: expect.stringContaining('is gone') });
});
