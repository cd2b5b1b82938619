/** Of an owner who got new keys before the recording began, as two people gave them: what an insider could make of that. */
import { p256SshKey, sshKeyText } from '../../src/crypto/sshsig.ts';
import { trustText } from '../../src/export/trust.ts';
import { INSTALLATION, PERSON, STARTED_MS } from '../vectors/example.ts';
import { ecdsa, p256Of, sha256, thumbprintOf, type P256Jwk } from '../vectors/second-writer.ts';
import { detail, type InsiderRow } from './changes.ts';
import type { Forgery, InsiderKeys } from './forge.ts';

/** Who decided it, and who agreed: what they sign with stands in the trust file. */
const [ONE, OTHER] = ['p-00000000000b', 'p-00000000000c'];
const one = p256Of('rebound/one');
const other = p256Of('rebound/other');
/** What the owner had before. */
const formerSigning = p256Of('rebound/former');
const formerKid = thumbprintOf(p256Of('rebound/former-owner'));

const pointOf = ({ x, y }: P256Jwk): string => Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url');
const sshOf = (key: P256Jwk): string => sshKeyText(p256SshKey(key));
const kidOf = (name: string): string => sha256(Buffer.from(name)).toString('base64url');

interface Change {
  readonly by?: string;
  readonly second?: string;
  readonly signer?: P256Jwk;
  readonly secondSigner?: P256Jwk;
  readonly passed?: number;
  readonly after?: number;
  readonly facts?: Readonly<Record<string, string>>;
  /** Put there behind the signatures; undefined takes it away. */
  readonly changed?: Readonly<Record<string, string | undefined>>;
}

/** The ledger first has the former keys, and two gave the owner those that everything is sealed and signed with. */
function rebound(
  f: Forgery,
  { by = ONE, second = OTHER, signer = one, secondSigner = other, passed = 60_000, after = 0, facts = {}, changed = {} }: Change = {},
): void {
  const first = detail(f, 'person.keys');
  const keys: Record<string, unknown> = { ...first, slots: '33'.repeat(32), ...facts };
  Object.assign(first, { encryptionKey: formerKid, signingKey: thumbprintOf(formerSigning) });
  const time = STARTED_MS + (4 - 30) * 1000;
  const asked = new Date(time - passed).toISOString();
  const checked = 'staff-badge';
  const { encryptionKey, signingKey, record, slots } = keys;
  const text = Buffer.from(
    JSON.stringify(['wardmux/v1/person-rebind', INSTALLATION, PERSON, encryptionKey, signingKey, record, slots, checked, by, after, asked]),
  );
  const signed = (key: P256Jwk): string => Buffer.from(ecdsa(text, key)).toString('base64url');
  const certificate = { by, byKey: pointOf(signer), signature: signed(signer) };
  const agreement = { second, secondKey: pointOf(secondSigner), secondSignature: signed(secondSigner), asked };
  const entered = { ...keys, ...certificate, change: 'rebound', checked, formerKey: pointOf(formerSigning), ...agreement, ...changed };
  f.events.splice(2, 0, { action: 'person.keys', person: PERSON, time: new Date(time).toISOString(), detail: entered });
}

/** The trust file with both who decide. @param own what it has of the owner, beside the present keys */
function trustWith(
  { trust }: InsiderKeys,
  own: { readonly kids?: readonly string[]; readonly former?: readonly P256Jwk[]; readonly ssh?: string } = {},
): string {
  const [owner] = trust.persons;
  const { former } = own;
  const named = [
    { ...owner!, ssh: own.ssh ?? owner!.ssh, kids: [...(own.kids ?? owner!.kids)], ...(former ? { former: former.map((key) => ({ ssh: sshOf(key) })) } : {}) },
    { id: ONE!, name: 'Bea Example', ssh: sshOf(one), kids: [kidOf('one')] },
    { id: OTHER!, name: 'Cleo Example', ssh: sshOf(other), kids: [kidOf('other')] },
  ];
  return trustText({ ...trust, persons: named });
}

export function reboundTableFor(keys: InsiderKeys): readonly InsiderRow[] {
  const [kid] = keys.trust.persons[0]!.kids;
  const present = keys.trust.persons[0]!.ssh;
  const whole = trustWith(keys, { kids: [formerKid, kid!], former: [formerSigning] });
  const row = (name: string, code: string, change: Change, trust = whole): InsiderRow => [`new keys: ${name}`, code, (f) => rebound(f, change), trust];
  return [
    row('by two, before it began', 'good', {}),
    row('fifteen minutes after it was asked for', 'good', { passed: 900_000 }),
    row('later than that', 'contradiction', { passed: 900_001 }),
    row('before it was asked for', 'contradiction', { passed: -1 }),
    row('by one, in two names', 'contradiction', { secondSigner: one }),
    row('by one twice', 'contradiction', { second: ONE, secondSigner: one }),
    row('with the agreement of whom they are of', 'contradiction', { second: PERSON, secondSigner: formerSigning }),
    row('asked for by whom they are of', 'contradiction', { by: PERSON, signer: formerSigning }),
    row('by somebody whom the trust file does not name', 'contradiction', { by: 'p-00000000000d' }),
    row('signed for another change', 'contradiction', { after: 1 }),
    row('signed for other keys', 'contradiction', { changed: { encryptionKey: formerKid.toLowerCase() } }),
    row('checked otherwise than both signed', 'contradiction', { changed: { checked: 'call-back' } }),
    row('checked in no word of the list', 'bad-ledger', { changed: { checked: 'by-the-look-of-it' } }),
    row('nobody says how it was checked', 'bad-ledger', { changed: { checked: undefined } }),
    row('without the key before', 'bad-ledger', { changed: { formerKey: undefined } }),
    row('in the place of another key', 'contradiction', { changed: { formerKey: pointOf(other) } }),
    row('agreed to without a signature', 'bad-ledger', { changed: { secondSignature: undefined } }),
    row('agreed to at no moment', 'bad-ledger', { changed: { asked: '2026-02-30T00:00:00.000Z' } }),
    row('the same signing key', 'contradiction', { facts: { signingKey: thumbprintOf(formerSigning) } }),
    row('the same key for recordings', 'contradiction', { facts: { encryptionKey: formerKid } }),
    row('others than the recording is sealed to', 'bad-recipients', { facts: { encryptionKey: kidOf('third') } }),
    row('that the trust file does not have yet', 'contradiction', {}, trustWith(keys, { kids: [formerKid, kid!], ssh: sshOf(formerSigning) })),
    row('where the trust file has the new ones alone', 'contradiction', {}, trustWith(keys)),
    row('in another order than the trust file', 'contradiction', {}, trustWith(keys, { ssh: sshOf(formerSigning), former: [p256Of('rebound/third')] })),
    [
      'new keys: after the bundle was made',
      'good',
      () => undefined,
      trustWith(keys, { kids: [kid!, formerKid], ssh: sshOf(formerSigning), former: [presentOf(keys)] }),
    ],
    [
      'new keys: of somebody whom the ledger does not know',
      'contradiction',
      (f) => {
        rebound(f);
        f.events.shift();
      },
      whole,
    ],
    ['a trust file with no former key in its list', 'bad-trust', () => undefined, trustWith(keys, { former: [] })],
    ['a trust file with a former key that is none', 'bad-trust', () => undefined, whole.replace(sshOf(formerSigning), present.replace(/ .*/, ' AAAA'))],
  ];
}

/** The owner's present signing key as a JWK. */
function presentOf({ person }: InsiderKeys): P256Jwk {
  const { raw } = person.publicKey;
  const coordinate = (from: number): string => Buffer.from(raw.subarray(from, from + 32)).toString('base64url');
  return { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) } as P256Jwk;
}
