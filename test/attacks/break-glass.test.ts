/** Who abuses break-glass, or hides that it was used: against the commands, in real processes, over a ledger that has an emergency. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sealWords } from '../../src/break-glass/index.ts';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { certify, emergencyText } from '../../src/ledger/certificate.ts';
import type { AuditEntry } from '../../src/ledger/events.ts';
import type { Ledger } from '../../src/ledger/index.ts';
import { NOTHING_MORE, unlockWithPassphrase } from '../../src/people/person.ts';
import { readPinned } from '../../src/people/pinned.ts';
import { keepWords, newEmergencyId } from '../../src/services/emergency/break-glass.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { deciderOf } from '../../src/services/deeds/decide.ts';
import { enrol, prepareEnrolment } from '../../src/services/people/people.ts';
import { homePaths, requireInstallation } from '../../src/storage/index.ts';
import { policyInForce } from '../../src/policy/index.ts';
import type { Role } from '../../src/types/words.ts';
import { eventsOf, firstPerson, runCommand, type Ran } from './commands.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const words = {
  ada: 'kettle orbit willow prairie stamp',
  eve: 'granite teapot lantern mosaic fender',
  jo: 'marble canyon drizzle hammock violet',
  uma: 'ribbon falcon cobalt meadow trumpet',
} as const;
type Name = keyof typeof words;
const WRITTEN = 'ICU interface engine down, INC-20817, bed 4';
let place: string;
let home: string;
let id: string;
const ids: Partial<Record<Name, string>> = {};

const wardmux = (args: readonly string[], who?: Name): Ran =>
  runCommand(place, home, [...args, ...(who === undefined ? [] : ['--person', ids[who]!, '--passphrase-fd', '3'])], who === undefined ? '' : words[who], '');
const listed = (): { readonly emergencies: Record<string, unknown>[]; readonly drillsDue: { person: string }[] } =>
  JSON.parse(wardmux(['breakglass', 'list', '--json']).out) as ReturnType<typeof listed>;

async function withLedger<T>(task: (ledger: Ledger) => Promise<T>): Promise<T> {
  const { ledger } = await openLedger(homePaths(home), requireInstallation(homePaths(home)));
  try {
    return await task(ledger);
  } finally {
    await ledger.checkpoint();
    await ledger.close();
  }
}
const identityOf = async (ledger: Ledger, who: Name) =>
  unlockWithPassphrase(readPinned(homePaths(home), ledger.facts, ids[who]!), Buffer.from(words[who]), NOTHING_MORE);

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-glass-'));
  home = await firstPerson(place, words.ada);
  await withLedger(async (ledger) => {
    ids.ada = ledger.facts.people()[0]!;
    const admin = await identityOf(ledger, 'ada');
    for (const [name, role] of [
      ['eve', 'emergency'],
      ['jo', 'operator'],
      ['uma', 'auditor'],
    ] as const satisfies readonly (readonly [Name, Role])[]) {
      const record = await prepareEnrolment({ name: `${name} example`, passphrase: Buffer.from(words[name]), kdf: newScryptParameters() });
      await enrol({ home: homePaths(home), installation: requireInstallation(homePaths(home)), ledger, admin: deciderOf(admin) }, record, [role]);
      ids[name] = record.id;
    }
    // What the lock page does: sealed words, a signature, an event, and its end.
    id = newEmergencyId();
    const recipients = policyInForce(homePaths(home), ledger.facts).policy.auditKeys.map(({ kid, jwk }) => ({ kid, role: 'audit' as const, jwk }));
    const text = keepWords(homePaths(home), id, await sealWords(id, Buffer.from(WRITTEN), recipients));
    const eve = await identityOf(ledger, 'eve');
    const request = { installation: ledger.installation, breakGlass: id, reason: 'system-down' as const, text, after: null, by: ids.eve! };
    const certificate = await certify(emergencyText(request), eve.person.signingKey, (bytes) => eve.sign(bytes));
    const start: AuditEntry = {
      action: 'breakglass.start',
      person: ids.eve!,
      detail: { breakGlass: id, reason: 'system-down', minutes: 60, text, ...certificate },
    };
    await ledger.append(start);
    expect(ledger.facts.emergency?.id).toBe(id);
    await ledger.append({ action: 'breakglass.end', person: ids.eve!, detail: { breakGlass: id, cause: 'ended' } });
  });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('only who has the role drills, and a drill is signed', () => {
  expect(listed().drillsDue).toMatchObject([{ person: ids.eve }]);
  expect(wardmux(['breakglass', 'drill'], 'jo')).toMatchObject({ status: 1 });
  expect(eventsOf(home).findLast(({ action }) => action === 'access.denied')).toMatchObject({ person: ids.jo, detail: { needs: 'break-glass.drill' } });
  expect(wardmux(['breakglass', 'drill'], 'eve')).toMatchObject({ status: 0 });
  expect(listed().drillsDue).toEqual([]);
});

test('the envelope opens nothing by an ordinary unlock: no recording is begun in its name', () => {
  const ran = wardmux(['record', '--person', ids.eve!, '--', 'true']);
  expect(ran.status).not.toBe(0);
  expect(eventsOf(home).filter(({ action }) => action === 'recording.start')).toEqual([]);
});

test('what they wrote is nowhere in the clear, opens with the audit key, and a file that was changed says so', () => {
  const path = join(home, 'break-glass', `${id}.json`);
  const file = readFileSync(path, 'utf8');
  expect(file + readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')).not.toContain('INC-20817');
  const read = ['breakglass', 'words', id, '--key', join(place, 'audit-key.json')];
  expect(wardmux(read)).toMatchObject({ status: 0, out: `${WRITTEN}\n` });
  writeFileSync(path, file.replace('"iv":"', '"iv":"A'));
  expect(listed().emergencies).toMatchObject([{ id, words: 'changed' }]);
  expect(wardmux(read)).toMatchObject({ status: 1 });
  writeFileSync(path, file);
});

test('who was in it, an operator and an admin review nothing; the auditor does, once', () => {
  const review = ['breakglass', 'review', id, '--finding', 'justified'];
  expect(listed().emergencies).toMatchObject([{ id, person: ids.eve, reviewState: 'due', alerted: [] }]);
  for (const who of ['eve', 'jo', 'ada'] as const) expect(wardmux(review, who).status, who).toBe(1);
  expect(eventsOf(home).filter(({ action }) => action === 'breakglass.review')).toEqual([]);
  expect(wardmux(review, 'uma')).toMatchObject({ status: 0 });
  expect(listed().emergencies).toMatchObject([{ reviewState: 'reviewed', review: { by: ids.uma, finding: 'justified' } }]);
  const again = wardmux(['breakglass', 'review', id, '--finding', 'not-justified'], 'uma');
  expect([again.status, again.err.includes('was reviewed by')]).toEqual([1, true]);
});

test('an event that the installation’s key alone signed for counts for nothing, and verify names it', async () => {
  const forged = 'b-0123456789ab';
  await withLedger(async (ledger) => {
    const eve = await identityOf(ledger, 'eve');
    // One in the name of an operator, signed by the envelope.
    const request = {
      installation: ledger.installation,
      breakGlass: forged,
      reason: 'system-down',
      text: null,
      after: ledger.facts.emergencies.all[0]!.seq,
      by: ids.jo!,
    };
    const text = emergencyText(request);
    const certificate = await certify(text, eve.person.signingKey, (bytes) => eve.sign(bytes));
    await ledger.append({ action: 'breakglass.start', person: ids.jo!, detail: { breakGlass: forged, reason: 'system-down', minutes: 60, ...certificate } });
    expect(ledger.facts.emergency).toBeUndefined();
  });
  expect(listed().emergencies.map((one) => one['id'])).toEqual([id]);
  const verified = wardmux(['ledger', 'verify', '--json']);
  expect(JSON.parse(verified.out)).toMatchObject({ good: false, code: 'not-entitled', sentence: expect.stringContaining(forged) as unknown });
  expect(verified.status).toBe(7);
});
