/** What the tables of the insider change in a forgery. */
import { BUNDLE } from '../../src/export/bundle-files.ts';
import { p256SshKey, sshKeyText } from '../../src/crypto/sshsig.ts';
import { trustText } from '../../src/export/trust.ts';
import type { BundleFacts } from '../../src/export/verify/verdict.ts';
import { INSTALLATION, PERSON, RECORDING, STARTED_MS } from '../vectors/example.ts';
import { ecdsa, thumbprintOf } from '../vectors/second-writer.ts';
import {
  forge,
  headerFor,
  sshSignature,
  type ForgedEvent,
  type ForgedFrame,
  type ForgedPiece,
  type Forgery,
  type InsiderKeys,
  type SshKeyPair,
} from './forge.ts';

/** What is written; what both must say; how; the trust file, where it is another than that of the keys; of a good bundle what its facts are, as far as the row is about them. */
export type InsiderRow = readonly [name: string, code: string, change: (f: Forgery) => void, trust?: string | undefined, facts?: Partial<BundleFacts>];

export const piecesOf = (f: Forgery, code: string): ForgedPiece[] => f.frames.flatMap((frame) => frame.pieces.filter((piece) => piece.code === code));
export const frameOf = (f: Forgery, code: string): ForgedFrame => f.frames.find((frame) => frame.pieces.some((piece) => piece.code === code))!;
export const header = (f: Forgery, segment: number, change: (value: Record<string, unknown>) => void): void => {
  const frame = f.frames.filter((each) => each.header !== undefined)[segment]!;
  const value = JSON.parse(frame.header!) as Record<string, unknown>;
  change(value);
  frame.header = JSON.stringify(value);
};
export const event = (f: Forgery, action: string): NonNullable<Forgery['events'][number]> => f.events.find((each) => each.action === action)!;
export const detail = (f: Forgery, action: string): Record<string, unknown> => event(f, action).detail!;
/** A later `person.keys` of the owner with other slots, or the first one of somebody else, certified as docs/format.md has it. @param changed other facts than these. */
export const certifiedKeys = (
  keys: InsiderKeys,
  f: Forgery,
  changed: Record<string, string>,
  {
    of = PERSON,
    by = PERSON,
    after = 0,
    signer,
    asked,
  }: { readonly of?: string; readonly by?: string; readonly after?: number | null; readonly signer?: InsiderKeys['stranger']; readonly asked?: string } = {},
): ForgedEvent => {
  const facts: Record<string, unknown> = { ...detail(f, 'person.keys'), slots: '33'.repeat(32), ...changed };
  const { encryptionKey, signingKey, record, slots } = facts;
  const values = ['wardmux/v1/person-keys', INSTALLATION, of, encryptionKey, signingKey, record, slots, by, after];
  const text = Buffer.from(JSON.stringify(asked === undefined ? values : [...values, asked]));
  const point = signer ? Buffer.concat([Buffer.from(signer.x, 'base64url'), Buffer.from(signer.y, 'base64url')]) : keys.person.publicKey.raw.subarray(1);
  const signature = signer ? ecdsa(text, signer) : keys.person.sign(text);
  const certificate = { by, byKey: point.toString('base64url'), signature: Buffer.from(signature).toString('base64url') };
  return { action: 'person.keys', person: of, detail: { ...facts, ...certificate, ...(asked === undefined ? {} : { asked }) } };
};
/** Enters it without one of its fields. */
export const without = (events: ForgedEvent[], event: ForgedEvent, field: string): void => {
  delete event.detail![field];
  events.splice(2, 0, event);
};
/** After frames were taken away or added: heads that know the new number of them. */
export const recount = (f: Forgery): void => {
  detail(f, 'recording.end')['size'] = f.frames.length;
  const second = f.frames.findLastIndex((frame) => frame.header !== undefined);
  Object.assign(detail(f, 'recording.segment'), { firstSeq: second, size: second + 1 });
  header(f, 1, (value) => (value['firstSeq'] = second));
};
export const end = (f: Forgery): ForgedFrame => f.frames.at(-1)!;
export const recipients = (value: Record<string, unknown>): Record<string, unknown>[] => value['recipients'] as Record<string, unknown>[];

/** The trust file of an installation whose policy was its first event. */
export const trustFromTheFirst = ({ trust }: InsiderKeys): string =>
  trustText({ ...trust, auditKeys: trust.auditKeys.map((key) => ({ ...key, inForce: [{ from: 0, to: null }] })) });

export function patch(files: Map<string, Buffer>, name: string, from: string | RegExp, to: string | ((found: string) => string)): void {
  const text = files.get(name)!.toString('utf8');
  const changed = text.replace(from, to as string);
  if (changed === text) throw new Error(`${name} has no ${from}`);
  files.set(name, Buffer.from(changed, 'utf8'));
}

export const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The same bytes with a spare bit set: the last character before `=` has two of them, which an encoder leaves zero. */
export const spare = (end: string): string => nextCharacter(end[0]!) + end.slice(1);
export const nextCharacter = (one: string): string => BASE64[BASE64.indexOf(one) + 1]!;

/** The output that ends a character which the one before it began. */
export const cut = (f: Forgery): ForgedPiece => piecesOf(f, 'o').find((piece) => piece.data[0] === 0xa9)!;

/** Makes the line of the event `play` in ledger.jsonl so many bytes long. */
export function fill(keys: InsiderKeys, f: Forgery, bytes: number): void {
  detail(f, 'play')['filler'] = '';
  const short = forge(f, keys).get(BUNDLE.ledger)!.toString('utf8').trimEnd().split('\n').at(-1)!;
  detail(f, 'play')['filler'] = 'x'.repeat(bytes - Buffer.byteLength(short));
}

/** Makes the ephemeral key of a jwe one that lies on no curve. */
export function offTheCurve(recipient: Record<string, unknown>): void {
  const [head, ...rest] = String(recipient['jwe']).split('.');
  const value = JSON.parse(Buffer.from(head!, 'base64url').toString('utf8')) as { epk: { x: string } };
  value.epk.x = Buffer.alloc(32, 1).toString('base64url');
  recipient['jwe'] = [Buffer.from(JSON.stringify(value)).toString('base64url'), ...rest].join('.');
}

/** Makes a signature over the sums again, by another way to sign with the same key. */
export function signedBy(f: Forgery, name: string, pair: SshKeyPair, again: (sign: SshKeyPair['sign']) => SshKeyPair['sign']): void {
  f.late = (files) =>
    files.set(name, Buffer.from(sshSignature(files.get(BUNDLE.sums)!, { publicKey: pair.publicKey, sign: again((bytes) => pair.sign(bytes)) })));
}

/** S + L in the place of S: the equation holds for both (RFC 8032, section 5.1.7, asks for S below L). */
export function withOrder(signature: Uint8Array): Buffer {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + 2n ** 252n + 27742317777372353535851937790883648493n;
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()]);
}

export function reorder(value: Record<string, unknown>): void {
  const { format, ...rest } = value;
  for (const name of Object.keys(value)) delete value[name];
  Object.assign(value, rest, { format });
}

/** structuredClone makes plain arrays of bytes of Buffers. */
export function withBuffers(f: Forgery): void {
  for (const frame of f.frames) for (const piece of frame.pieces) piece.data = Buffer.from(piece.data);
}

export function stranger(keys: InsiderKeys, f: Forgery, segment: number, roles: ('owner' | 'audit' | 'stranger')[]): void {
  header(f, segment, (value) => (value['recipients'] = recipients(JSON.parse(headerFor(keys, segment, 0, 0, ...roles)))));
}

/** Another policy with the same audit key, in force from so many seconds after the ledger began. */
export const replacing = (keys: InsiderKeys, seconds: number): ForgedEvent => ({
  action: 'policy.change',
  time: new Date(STARTED_MS + seconds * 1000).toISOString(),
  detail: { sha256: 'cd'.repeat(32), auditKeys: [thumbprintOf(keys.audit)] },
});

/** Somebody who is not the owner, and whom the trust file does not name by itself. */
const SECOND = 'p-00000000000b';
/** A policy that two took into force half a minute before the recording began, as docs/format.md has it. @param first signs in the name of the person. @param changed after it was signed */
export function agreedTo(
  keys: InsiderKeys,
  f: Forgery,
  {
    second = SECOND,
    first,
    forged = false,
    passed = 60_000,
    changed = {},
  }: {
    readonly second?: string;
    readonly first?: InsiderKeys['stranger'];
    readonly forged?: boolean;
    readonly passed?: number;
    readonly changed?: Readonly<Record<string, unknown>>;
  } = {},
): ForgedEvent {
  const [previousSha256, sha256] = [detail(f, 'policy.change')['sha256'], 'cd'.repeat(32)];
  const time = STARTED_MS + (4 - 30) * 1000;
  const asked = new Date(time - passed).toISOString();
  const text = Buffer.from(JSON.stringify(['wardmux/v1/policy', INSTALLATION, previousSha256, sha256, PERSON, asked]));
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const pointOf = ({ x, y }: InsiderKeys['stranger']): string => base64(Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]));
  const own = first
    ? { byKey: pointOf(first), signature: base64(ecdsa(text, first)) }
    : { byKey: base64(keys.person.publicKey.raw.subarray(1)), signature: base64(keys.person.sign(text)) };
  const { stranger: other } = keys;
  const theirs = !forged
    ? { secondKey: pointOf(other), secondSignature: base64(ecdsa(text, other)) }
    : { secondKey: own.byKey, secondSignature: own.signature };
  const facts = { sha256, previousSha256, auditKeys: [thumbprintOf(keys.audit)], ...own, second, ...theirs, asked, ...changed };
  return { action: 'policy.change', person: PERSON, time: new Date(time).toISOString(), detail: facts };
}
/** The trust file, with the second person in it. */
export const trustOfTwo = (keys: InsiderKeys): string => {
  const { x, y } = keys.stranger;
  const somebody = { id: SECOND, name: 'Second Example', ssh: sshKeyText(p256SshKey({ x, y })), kids: [thumbprintOf(keys.stranger)] };
  return trustText({ ...keys.trust, persons: [...keys.trust.persons, somebody] });
};

/** Only the two headers and nothing between them. */
export function empty(f: Forgery): ForgedFrame[] {
  const second = f.frames.filter((frame) => frame.header !== undefined)[1]!;
  Object.assign(detail(f, 'recording.end'), { size: 3, outputBytes: 0 });
  detail(f, 'recording.heads')['size'] = 1;
  Object.assign(detail(f, 'recording.segment'), { firstSeq: 1, size: 2 });
  header(f, 1, (value) => Object.assign(value, { firstSeq: 1, outputOffset: 0 }));
  return [second];
}

/** The line of an event, as it will stand in the ledger. */
export function line(keys: InsiderKeys, f: Forgery, action: string): string {
  const files = forge(f, keys);
  return (
    JSON.parse(
      files
        .get(BUNDLE.ledger)!
        .toString()
        .split('\n')
        .find((each) => each.includes(`\\"action\\":\\"${action}\\"`))!,
    ) as { event: string }
  ).event;
}

/** Changes the digests of the event of heads; the opening stays. */
export function turnHeads(keys: InsiderKeys, f: Forgery, change: (heads: string[]) => string[]): void {
  const value = JSON.parse(line(keys, f, 'recording.heads')) as { detail: { heads: string[] } };
  value.detail.heads = change(value.detail.heads);
  event(f, 'recording.heads').line = JSON.stringify(value);
}

/** So many digests of heads that nobody knows, behind every other. */
export const unknownHeads = (count: number): string[] => Array.from({ length: count }, (_, i) => i.toString(16).padStart(4, '0').padStart(64, 'f'));

/** The recording of that person, whose key opens none of it. */
export function ofOther(f: Forgery, person: string): void {
  for (const segment of [0, 1])
    header(f, segment, (value) => Object.assign(value, { person, recipients: recipients(value).filter(({ role }) => role === 'audit') }));
  const start = event(f, 'recording.start');
  start.person = person;
  start.detail!['recipients'] = (start.detail!['recipients'] as string[]).slice(1);
  f.person = person;
}

/** Its recorder did not end it: recoveries stand where its end was. */
export function recovered(f: Forgery, ...heads: { readonly size: number }[]): void {
  f.events = f.events.filter(({ action }) => action !== 'recording.end');
  for (const { size } of heads) f.events.push({ action: 'recording.recovered', person: PERSON, detail: { recording: RECORDING, size, tornBytes: 0 } });
  f.state = 'recovered';
}
