/** What auditors say of recordings, over a real ledger: random histories against a model, and events that somebody with the installation's key alone would enter. */
import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { newRecording, removeFolders } from '../../../test/support/recording.ts';
import { certify, deedText } from '../../ledger/certificate.ts';
import { testLedgerOptions } from '../../ledger/fixture.ts';
import { Ledger, noticeEntry } from '../../ledger/index.ts';
import { LedgerView } from '../../ledger/view.ts';
import { thumbprint } from '../../recording/wrap.ts';
import type { PublicJwk } from '../../types/keys.ts';
import { reviewStates, type ReviewState, type Role } from '../../types/words.ts';
import type { Decider } from '../deeds/decide.ts';
import { requireUnmasked, reviewRecording, unmaskRecording } from './review.ts';

vi.setConfig({ testTimeout: 120_000 });
afterAll(removeFolders);

interface Somebody extends Decider {
  readonly jwk: PublicJwk;
}
function somebody(id: string): Somebody {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const jwk = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
  const signs = async (bytes: Uint8Array): Promise<Uint8Array> => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
  return { id, jwk, certify: (installation, by, request) => certify(deedText(installation, by, request), jwk, signs) };
}
const people = ['a', 'b', 'c', 'd'].map((letter) => somebody(`p-00000000000${letter}`));
/** A security admin, two auditors, of whom one works here too, and an operator. */
const roles: readonly (readonly Role[])[] = [['security'], ['auditor'], ['operator', 'auditor'], ['operator']];
const isAuditor = (n: number): boolean => roles[n]!.includes('auditor');

async function site() {
  const options = testLedgerOptions();
  let ledger = await Ledger.open(options);
  await ledger.append({ action: 'policy.change', detail: { sha256: '1'.repeat(64), auditKeys: [] } });
  const [sec] = people as [Somebody];
  for (const [n, one] of people.entries()) {
    const facts = { encryptionKey: thumbprint(somebody(one.id).jwk), signingKey: thumbprint(one.jwk), record: 'a'.repeat(64), slots: 'b'.repeat(64) };
    const by = n === 0 ? {} : { by: sec.id, ...(await sec.certify(ledger.installation, sec.id, { deed: 'keys', person: one.id, after: null, ...facts })) };
    await ledger.append({ action: 'person.keys', person: one.id, detail: { ...facts, ...by } });
    const own = { deed: 'roles', person: one.id, roles: roles[n]!, after: null } as const;
    const who = n === 0 ? {} : { by: sec.id, ...(await sec.certify(ledger.installation, sec.id, own)) };
    await ledger.append({ action: 'person.roles', person: one.id, detail: { roles: [...roles[n]!], ...who } });
  }
  const record = async (owner: number): Promise<string> => {
    const { writer, notices } = await newRecording({ installation: options.installation, person: people[owner]!.id });
    await writer.end('closed');
    for (const notice of notices) await ledger.append(noticeEntry(notice));
    return writer.id;
  };
  const say = (by: number, recording: string, state: ReviewState): Promise<void> =>
    reviewRecording({ ledger, by: people[by]!.id, certify: (request) => people[by]!.certify(ledger.installation, people[by]!.id, request) }, recording, state);
  /** As somebody would who has the installation's key, and whatever signature they have. */
  const enter = async (by: number, recording: string, state: ReviewState, signer = by, after: number | null = null): Promise<void> => {
    const { id } = people[by]!;
    const certificate = await people[signer]!.certify(ledger.installation, id, { deed: 'verdict', recording, state, after });
    await ledger.append({ action: 'recording.review', person: id, detail: { recording, state, ...certificate } });
  };
  const reopen = async (): Promise<void> => {
    await ledger.close();
    ledger = await Ledger.open(options);
  };
  return { options, now: () => ledger, record, say, enter, reopen };
}

type Site = Awaited<ReturnType<typeof site>>;

/** What each reader of the ledger has of a recording, and which events `ledger verify` names. */
async function readers({ options, now }: Site, recording: string) {
  const ledger = now();
  const { view, unentitled } = await LedgerView.read(options.folder, options.key);
  const beside = await LedgerView.open(options.folder, options.key);
  const found = [await ledger.recording(recording), await view!.recording(recording), await beside!.recording(recording)].map((one) => one?.review ?? null);
  expect(await view!.agreesWithBeside()).toBe(true);
  view!.close();
  beside!.close();
  return { found, unentitled: unentitled.map(({ why }) => why) };
}

const step = fc.record({
  by: fc.nat(3),
  which: fc.nat(2),
  state: fc.constantFrom(...reviewStates),
  kind: fc.constantFrom('say' as const, 'say' as const, 'reopen' as const),
});

test('in any history the last one that somebody else said who is an auditor counts, for every reader, after every opening', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const here = await site();
      const recordings = [await here.record(2), await here.record(3), await here.record(3)];
      const owners = [2, 3, 3];
      const said: ({ state: ReviewState; by: string } | null)[] = [null, null, null];
      for (const { by, which, state, kind } of steps) {
        if (kind === 'reopen') {
          await here.reopen();
          continue;
        }
        const may = isAuditor(by) && owners[which] !== by && said[which]?.state !== state;
        const done = here.say(by, recordings[which]!, state);
        if (may) {
          await done;
          said[which] = { state, by: people[by]!.id };
        } else await expect(done).rejects.toThrow(/Nobody reviews their own|without being an active auditor|already/);
      }
      for (const [n, recording] of recordings.entries()) {
        const { found, unentitled } = await readers(here, recording);
        for (const one of found) expect(one && { state: one.state, by: one.by }).toEqual(said[n]);
        expect(unentitled).toEqual([]);
      }
      await here.now().close();
    }),
    { numRuns: 8, seed: 13 },
  );
});

test.each([
  ['by its own person', (s: Site, id: string) => s.enter(2, id, 'fine'), /of their own/],
  ['by who is no auditor', (s: Site, id: string) => s.enter(0, id, 'fine'), /without being an active auditor/],
  ['in the name of an auditor who has not signed it', (s: Site, id: string) => s.enter(1, id, 'fine', 0), /nobody who may has signed/],
  ['of a recording that is not there', (s: Site) => s.enter(1, '20260101-000000-00000000', 'fine'), /not there/],
  ['signed for another place', (s: Site, id: string) => s.enter(1, id, 'fine', 1, 3), /nobody who may has signed/],
])('one that is entered %s does not count, and verification names it', async (_, forge, why) => {
  const here = await site();
  const id = await here.record(2);
  await here.say(1, id, 'flagged');
  await forge(here, id);
  const { found, unentitled } = await readers(here, id);
  expect(found.map((one) => one?.state)).toEqual(['flagged', 'flagged', 'flagged']);
  expect(unentitled).toEqual([expect.stringMatching(why)]);
  // What was said before cannot be entered again.
  await here.say(1, id, 'fine');
  await here.enter(1, id, 'flagged');
  expect((await readers(here, id)).found.map((one) => one?.state)).toEqual(['fine', 'fine', 'fine']);
  await here.now().close();
});

test('that somebody else’s recording is shown with nothing covered counts where two who may have signed it, and neither is its person', async () => {
  const here = await site();
  const [sec, aud, both] = people as [Somebody, Somebody, Somebody];
  const id = await here.record(2);
  const ledger = here.now();
  const unmask = (admin: Somebody, second?: Somebody): Promise<void> => unmaskRecording({ ledger, admin, second }, id);
  await expect(unmask(aud)).rejects.toMatchObject({ code: 'second-needed' });
  await expect(unmask(aud, both)).rejects.toMatchObject({ code: 'second-needed' });
  await expect(unmask(both, aud)).rejects.toMatchObject({ code: 'second-needed' });
  const state = (await ledger.recording(id))!;
  const shows = (who: Somebody): Promise<void> => requireUnmasked(ledger, who.id, id, state);
  await expect(shows(aud)).rejects.toMatchObject({ code: 'second-needed' });
  await unmask(aud, sec);
  await shows(aud);
  await expect(shows(sec)).rejects.toMatchObject({ code: 'second-needed' });
  // Until they come in anew: what the vault counts then, the ledger has to have taken then.
  await ledger.append({ action: 'unlock', person: aud.id, outcome: 'success', detail: { method: 'passphrase' } });
  await expect(shows(aud)).rejects.toMatchObject({ code: 'second-needed' });
  expect((await readers(here, id)).unentitled).toEqual([]);
  // By the installation's key alone: one signature, and one of who may not.
  const asked = new Date().toISOString();
  const one = await aud.certify(ledger.installation, aud.id, { deed: 'unmask', recording: id, asked });
  await ledger.append({ action: 'recording.unmask', person: aud.id, detail: { recording: id, asked, ...one } });
  await expect(shows(aud)).rejects.toMatchObject({ code: 'second-needed' });
  const owner = await both.certify(ledger.installation, aud.id, { deed: 'unmask', recording: id, asked });
  await ledger.append({
    action: 'recording.unmask',
    person: aud.id,
    detail: { recording: id, asked, ...one, second: both.id, secondKey: owner.byKey, secondSignature: owner.signature },
  });
  expect((await readers(here, id)).unentitled).toEqual([
    expect.stringMatching(/two who may have not signed/),
    expect.stringMatching(/two who may have not signed/),
  ]);
  await ledger.close();
});
