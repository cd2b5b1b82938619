/** Stops over a real ledger: who may, who lifts, what is refused meanwhile, and events that nobody certified who may. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { certify, personStopText, stationStopText } from '../../ledger/certificate.ts';
import { unentitledWhy } from '../../ledger/entitled.ts';
import { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { asOperator, noList } from '../../people/active.fixture.ts';
import { attemptPassphrase, type AttemptParts } from '../../people/attempt.ts';
import { followLedger, readBackoffKey } from '../../people/backoff-key.ts';
import { wrongPassphrase } from '../../people/errors.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { NOTHING_MORE, personPath, unlockWithPassphrase } from '../../people/person.ts';
import { readPinned } from '../../people/pinned.ts';
import { openSecretStore } from '../../storage/secret-store.ts';
import { deciderOf, type Decider } from '../deeds/decide.ts';
import type { Role } from '../../types/words.ts';
import type { FirstRunResult } from '../installation/first-run.ts';
import { openLedger } from '../installation/open-ledger.ts';
import { enrol, prepareEnrolment, setState, type PeopleParts } from '../people/people.ts';
import { liftStop, requireLifter, stopPerson, stopStation } from './stop.ts';

const words = 'marble canyon drizzle hammock violet';
const kdf = newScryptParameters();
let made: FirstRunResult;
let ledger: Ledger;
/** The security admin of the first run. */
type Person = PeopleParts & { readonly identity: OpenIdentity };
let ada: Person;
let jo: Person;
let mo: Person;

async function enrolled(name: string, roles: readonly Role[], second?: Decider): Promise<Person> {
  const record = await prepareEnrolment({ name, passphrase: Buffer.from(words), kdf });
  await enrol({ ...ada, second }, record, roles);
  const identity: OpenIdentity = await unlockWithPassphrase(readPinned(made.home, ledger.facts, record.id), Buffer.from(words), NOTHING_MORE);
  return { ...ada, identity, admin: deciderOf(identity) };
}
/** What an attempt of somebody is made with. */
async function attemptParts(): Promise<AttemptParts> {
  const key = await readBackoffKey(openSecretStore(made.installation.secretStore, made.home, made.installation.id));
  return { backoff: followLedger(made.home, key, ledger), ledger, revocations: noList, read: (id) => readPinned(made.home, ledger.facts, id) };
}
const idOf = ({ admin }: PeopleParts): string => admin.id;
const stateOf = (parts: PeopleParts): string | undefined => ledger.facts.person(idOf(parts))?.state;

beforeAll(async () => {
  const place = ownFolder();
  made = await firstHome(place, { auditKeyPath: join(place, 'audit-key.json') });
  ({ ledger } = await openLedger(made.home, made.installation));
  ada = { home: made.home, installation: made.installation, ledger, identity: made.identity, admin: deciderOf(made.identity) };
});
afterAll(async () => {
  made.identity.destroy();
  await ledger.close();
});

test('where nobody could lift it, nothing is stopped', async () => {
  jo = await enrolled('Jo Varga', ['operator']);
  for (const deed of [stopStation(ada, 'drill'), stopPerson(ada, idOf(jo), 'drill')]) await expect(deed).rejects.toMatchObject({ code: 'nobody-lifts' });
  const record = await prepareEnrolment({ name: 'Uma Okafor', passphrase: Buffer.from(words), kdf });
  const { id, created, wrapped } = record.slots[0]!;
  const zero = Buffer.alloc(32).toString('base64url');
  const key = {
    label: 'Key ring',
    aaguid: '00000000-0000-0000-0000-000000000000',
    credentialId: zero,
    publicKey: zero,
    counter: 0,
    transports: [],
    prfSalt: zero,
  };
  await enrol(ada, { ...record, slots: [{ id, type: 'passkey-prf', created, ...key, wrapped }] }, ['security']);
  // Whoever has a passkey alone lifts it at the lock page; whose record is away lifts nothing.
  expect(() => requireLifter(ada)).not.toThrow();
  rmSync(personPath(made.home, record.id));
  await expect(stopStation(ada, 'drill')).rejects.toMatchObject({ code: 'nobody-lifts', message: expect.stringContaining('damaged or away') as string });
  const uma = await unlockWithPassphrase(asOperator(record), Buffer.from(words), NOTHING_MORE);
  mo = await enrolled('Mo Adeyemi', ['security'], deciderOf(uma));
  uma.destroy();
  await setState(ada, record.id, 'deleted');
  // The only other one cannot lift their own.
  await expect(stopPerson(ada, idOf(mo), 'drill')).rejects.toMatchObject({ code: 'nobody-lifts' });
});

test('where whoever could lift it is kept out while it is asked for, nothing is stopped', async () => {
  // Between the look and the entry: a second command of the same admin, while this one waits for the ledger.
  const certify: PeopleParts['admin']['certify'] = async (...request) => {
    await setState(ada, idOf(mo), 'disabled');
    return ada.admin.certify(...request);
  };
  await expect(stopStation({ ...ada, admin: { ...ada.admin, certify } }, 'drill')).rejects.toMatchObject({ code: 'nobody-lifts' });
  expect(ledger.facts.stationStop).toBeUndefined();
  await setState(ada, idOf(mo), 'active');
});

test('who is stopped is out until another security admin lifts it, and enabling is no way round', async () => {
  await expect(stopPerson(jo, idOf(mo), 'other')).rejects.toMatchObject({ code: 'not-permitted' });
  await expect(stopPerson(ada, idOf(ada), 'other')).rejects.toMatchObject({ code: 'not-yourself' });
  await stopPerson(ada, idOf(jo), 'dismissal');
  expect([stateOf(jo), ledger.facts.active().includes(idOf(jo)), readPinned(made.home, ledger.facts, idOf(jo))?.active]).toEqual(['stopped', false, false]);
  await expect(stopPerson(mo, idOf(jo), 'other')).rejects.toMatchObject({ code: 'no-change' });
  for (const state of ['active', 'disabled'] as const) await expect(setState(ada, idOf(jo), state)).rejects.toMatchObject({ code: 'stopped' });
  await expect(liftStop(ada, idOf(jo))).rejects.toMatchObject({ code: 'not-yourself' });
  await liftStop(mo, idOf(jo));
  expect(stateOf(jo)).toBe('active');
  await expect(liftStop(mo, idOf(jo))).rejects.toMatchObject({ code: 'no-change' });
  // What they are told of it is no change of their key slots.
  expect(ledger.facts.changes(idOf(jo)).slice(-2)).toMatchObject([
    { kind: 'state', detail: 'stopped', by: idOf(ada) },
    { kind: 'state', detail: 'active', by: idOf(mo) },
  ]);
});

test('who is stopped hears so, and who lifts it, where what they gave is right, and what everybody hears where it is not', async () => {
  await stopPerson(ada, idOf(jo), 'drill');
  const parts = await attemptParts();
  const tries = async (typed: string): Promise<unknown> => {
    const error: unknown = await attemptPassphrase(parts, idOf(jo), Buffer.from(typed), NOTHING_MORE).catch((reason: unknown) => reason);
    const { event } = (await ledger.event(ledger.events - 1))!;
    return [(error as Error).message, event.detail?.['reason'], event.person];
  };
  expect(await tries('not the passphrase at all')).toEqual([wrongPassphrase().message, 'wrong-passphrase', idOf(jo)]);
  expect(await tries(words)).toEqual([
    expect.stringMatching(
      new RegExp(`^What you gave is right, .* It was Ada Example \\(${idOf(ada)}\\), .* UTC\\. Who can lift that: Mo Adeyemi \\(${idOf(mo)}\\)\\.$`),
    ),
    'person-stopped',
    idOf(jo),
  ]);
  // It came in to nothing, and is a failure: nobody guesses faster.
  expect(ledger.facts.attempts(idOf(jo), 'passphrase').failures).toBe(2);
  // Whoever is disabled hears nothing, whatever they give.
  await liftStop(mo, idOf(jo));
  await setState(ada, idOf(jo), 'disabled');
  expect(await tries(words)).toEqual([wrongPassphrase().message, 'disabled', idOf(jo)]);
  await setState(ada, idOf(jo), 'active');
});

test('while the station is stopped no attempt is let in, also not with the right passphrase, but whoever is about to lift it', async () => {
  await stopStation(ada, 'security-incident');
  expect(ledger.facts.stationStop).toMatchObject({ by: idOf(ada), reason: 'security-incident' });
  const parts = await attemptParts();
  const before = ledger.facts.attempts(idOf(jo), 'passphrase').failures;
  await expect(attemptPassphrase(parts, idOf(jo), Buffer.from(words), NOTHING_MORE)).rejects.toMatchObject({ code: 'stopped' });
  // It was no try of theirs.
  expect(ledger.facts.attempts(idOf(jo), 'passphrase').failures).toBe(before);
  const { identity } = await attemptPassphrase({ ...parts, whileStopped: 'lifts' }, idOf(mo), Buffer.from(words), NOTHING_MORE);
  identity.destroy();
  // Who was let in before it keeps nobody out any more, whoever is to lift it among them.
  await expect(setState(ada, idOf(mo), 'disabled')).rejects.toMatchObject({ code: 'stopped' });
  await expect(stopStation(mo, 'drill')).rejects.toMatchObject({ code: 'no-change' });
  await expect(liftStop(ada, undefined)).rejects.toMatchObject({ code: 'not-yourself' });
  await expect(liftStop(jo, undefined)).rejects.toMatchObject({ code: 'not-permitted' });
  await liftStop(mo, undefined);
  expect(ledger.facts.stationStop).toBeUndefined();
});

test('an event that nobody certified who may, or an old one, stops and lifts nothing; a snapshot keeps what stands', async () => {
  await stopStation(ada, 'misuse');
  const stopped = LedgerFacts.from(ledger.facts.state());
  expect(stopped.stationStop).toEqual(ledger.facts.stationStop);
  const seq = ledger.events;
  const common = { seq, time: new Date().toISOString(), entered: undefined, monoUs: 1, installation: ledger.installation, aal: null, credential: null };
  const forged = async (by: Person, claims: Person, after: number | null): Promise<LedgerFacts> => {
    const text = stationStopText({ installation: ledger.installation, to: 'lifted', reason: null, by: idOf(claims), after });
    const certificate = await certify(text, by.identity.person.signingKey, (bytes) => by.identity.sign(bytes));
    const facts = LedgerFacts.from(ledger.facts.state());
    const event = { ...common, action: 'station.stop', detail: { to: 'lifted', by: idOf(claims), ...certificate } } as never;
    const why = unentitledWhy(facts, event);
    facts.take(event);
    // Whoever verifies is told of each that lifts nothing.
    expect(why === undefined).toBe(facts.stationStop === undefined);
    return facts;
  };
  const at = ledger.facts.stationSeq;
  expect((await forged(mo, mo, at)).stationStop).toBeUndefined();
  for (const [by, claims, after] of [
    [jo, jo, at],
    [jo, mo, at],
    [ada, ada, at],
    [mo, mo, null],
    [mo, mo, at! - 1],
  ] as const)
    expect((await forged(by, claims, after)).stationStop, `${idOf(by)} as ${idOf(claims)} after ${after}`).toBeDefined();
  const text = personStopText({ installation: ledger.installation, person: idOf(mo), to: 'stopped', reason: 'other', by: idOf(jo), after: null });
  const certificate = await certify(text, jo.identity.person.signingKey, (bytes) => jo.identity.sign(bytes));
  const facts = LedgerFacts.from(ledger.facts.state());
  facts.take({ ...common, action: 'person.stop', person: idOf(mo), detail: { to: 'stopped', reason: 'other', by: idOf(jo), ...certificate } } as never);
  expect(facts.person(idOf(mo))?.state).toBe('active');
  await liftStop(mo, undefined);
});
