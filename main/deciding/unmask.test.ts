/** Somebody else’s recording with nothing covered, asked for in the window: who agrees, what both sign, and what is entered. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { testLedgerOptions } from '../../src/ledger/fixture.ts';
import { certify, deedText, type UnmaskDeed } from '../../src/ledger/certificate.ts';
import { Ledger, noticeEntry } from '../../src/ledger/index.ts';
import { LedgerView } from '../../src/ledger/view.ts';
import { thumbprint } from '../../src/recording/wrap.ts';
import type { Decider } from '../../src/services/deeds/decide.ts';
import { homePaths } from '../../src/storage/home.ts';
import type { PublicJwk } from '../../src/types/keys.ts';
import type { Role } from '../../src/types/words.ts';
import { ownFolder } from '../../test/support/first-home.ts';
import { newRecording, removeFolders } from '../../test/support/recording.ts';
import { People, type PeoplePageParts } from './people.ts';

afterAll(removeFolders);

type Somebody = Decider & { readonly jwk: PublicJwk };
function somebody(id: string): Somebody {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const jwk = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
  const signs = async (bytes: Uint8Array): Promise<Uint8Array> => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
  return { id, jwk, certify: (installation, by, request) => certify(deedText(installation, by, request), jwk, signs) };
}
const people = ['a', 'b', 'c'].map((letter) => somebody(`p-00000000000${letter}`)) as [Somebody, Somebody, Somebody];
const [sec, aud, op] = people;
const roles: readonly (readonly Role[])[] = [['security'], ['auditor'], ['operator']];

let options: ReturnType<typeof testLedgerOptions>;
let ledger: Ledger;
let recording: string;
let asked: string[];
let page: People;
/** Who agrees, by the passphrase that was typed. */
let agrees: Somebody;

beforeEach(async () => {
  options = testLedgerOptions();
  ledger = await Ledger.open(options);
  await ledger.append({ action: 'policy.change', detail: { sha256: '1'.repeat(64), auditKeys: [] } });
  for (const [n, one] of people.entries()) {
    const facts = { encryptionKey: thumbprint(somebody(one.id).jwk), signingKey: thumbprint(one.jwk), record: 'a'.repeat(64), slots: 'b'.repeat(64) };
    const by = n === 0 ? {} : { by: sec.id, ...(await sec.certify(ledger.installation, sec.id, { deed: 'keys', person: one.id, after: null, ...facts })) };
    await ledger.append({ action: 'person.keys', person: one.id, detail: { ...facts, ...by } });
    const own = { deed: 'roles', person: one.id, roles: roles[n]!, after: null } as const;
    const who = n === 0 ? {} : { by: sec.id, ...(await sec.certify(ledger.installation, sec.id, own)) };
    await ledger.append({ action: 'person.roles', person: one.id, detail: { roles: [...roles[n]!], ...who } });
  }
  const { writer, notices } = await newRecording({ installation: options.installation, person: op.id });
  await writer.end('closed');
  for (const notice of notices) await ledger.append(noticeEntry(notice));
  recording = writer.id;
  asked = [];
  agrees = sec;
  const session = { person: { id: aud.id } };
  const ask = async (request: string, input: { readonly request: UnmaskDeed; readonly by?: string }): Promise<unknown> => {
    asked.push(request);
    if (request === 'certifyUnmask') return aud.certify(ledger.installation, aud.id, input.request);
    if (request !== 'agreeUnmaskPassphrase') throw new Error(request);
    return { slot: 'k-000000000000', uv: true, certificate: await agrees.certify(ledger.installation, input.by!, input.request) };
  };
  page = new People({
    home: homePaths(ownFolder()),
    gate: { session, requireSession: () => session, cover: async () => asked.push('covered'), uncover: async () => undefined, notice: () => undefined },
    installed: { require: () => ({ ledger, installation: { id: ledger.installation } }) },
    vaults: { require: () => ({ ask }) },
    unlock: {
      agree: async (_: string, __: string, open: (person: string, known: unknown) => Promise<unknown>) => ({
        id: agrees.id,
        opened: await open(agrees.id, ledger.facts.person(agrees.id)),
      }),
    },
    waysIn: {},
    slots: { confirmPassphrase: async () => undefined },
    journal: { refusals: { denied: () => asked.push('denied') } },
    clock: { now: () => performance.now() },
  } as unknown as PeoplePageParts);
});

const unmasked = async () => {
  const events = await ledger.eventsOf(recording);
  return events.filter(({ event }) => event.action === 'recording.unmask').map(({ event }) => event);
};

test('a security admin agrees to what an auditor asks for: both sign the same, and it is entered', async () => {
  const first = await page.ask({ kind: 'unmask', recording });
  expect(first).toMatchObject({ step: 'second', who: [sec.id], hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect(first.words).toContain(recording);
  await Promise.resolve();
  expect(asked).toEqual(['covered']);
  expect(await page.agree('Sam')).toMatchObject({ step: 'proof', hash: first.hash });
  expect((await page.prove(true)).sentence).toMatch(/can be looked at with nothing covered until the lock/);
  expect(asked).toEqual(['covered', 'agreeUnmaskPassphrase', 'certifyUnmask']);
  expect(await unmasked()).toMatchObject([{ person: aud.id, detail: { recording, second: sec.id } }]);
  const { unentitled, view } = await LedgerView.read(options.folder, options.key);
  view!.close();
  expect(unentitled).toEqual([]);
  await ledger.close();
});

test('its person does not agree to it, and without a second one nothing is signed or entered', async () => {
  agrees = op;
  await page.ask({ kind: 'unmask', recording });
  await expect(page.prove(true)).rejects.toThrow();
  await expect(page.agree('Olga')).rejects.toMatchObject({ code: 'not-permitted' });
  await expect(page.prove(true)).rejects.toThrow();
  expect(asked).not.toContain('certifyUnmask');
  expect(await unmasked()).toEqual([]);
  await ledger.close();
});

test('of a recording of one’s own, or where nobody else may, it is not asked', async () => {
  const { writer, notices } = await newRecording({ installation: options.installation, person: aud.id });
  await writer.end('closed');
  for (const notice of notices) await ledger.append(noticeEntry(notice));
  await expect(page.ask({ kind: 'unmask', recording: writer.id })).rejects.toMatchObject({ code: 'second-needed' });
  expect(asked).toEqual([]);
  await ledger.close();
});
