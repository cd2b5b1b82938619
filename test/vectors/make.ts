/**
 * Makes the known values of this folder: `node test/vectors/make.ts`. The same bytes every time; a test makes them again and
 * compares. Keys, records, trees and the ledger come from the second writer, bundles from the forger of the attacks.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { forge, honest, insiderKeys, sshSignature, type Forgery, type InsiderKeys } from '../attacks/forge.ts';
import { hybridTable, secondOf } from '../attacks/hybrid-table.ts';
import { insiderTableFor } from '../attacks/insider-table.ts';
import { failureTable } from '../../src/export/failures.ts';
import { BUNDLE } from '../../src/export/bundle-files.ts';
import { trustText, type Trust } from '../../src/export/trust.ts';
import type { BundleFacts } from '../../src/export/verify/verdict.ts';
import { checkpointOf, goodLedger, ledgerVectors, noteOf as signedNote, ORIGIN } from './ledgers.ts';
import { anchorVectors, lateVectors, personVectors, proofVectors } from './others.ts';
import { rotatedLedgers } from './rotated.ts';
import { segmentVectors } from './segments.ts';
import { signatureVectors } from './signatures.ts';
import { INSTALLATION, makeExample, RECORDING, secretOf } from './example.ts';
import { keptSignatures } from './kept.ts';
import { bytesOf, ed25519Of, p256Of, pieceDigest, ratchetOf, rootOf, sha256, smallOrderSignature, thumbprintOf } from './second-writer.ts';
import { encodeNoteKey, encodeSecondNoteKey, noteKey, secondNoteKey } from '../../src/ledger/note.ts';
import { ed25519SshKey, p256SshKey, sshKeyText, type SshPublicKey } from '../../src/crypto/sshsig.ts';
import { certificateText, INSTALLATION_KEY_NAMESPACE, type KeyHalves } from '../../src/crypto/succession.ts';

/** Every key of the vectors follows from this name. */
const NAME = 'vectors';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 1)}\n`, 'utf8');

/** All files, by their path in this folder. */
export function makeVectors(): Map<string, Buffer> {
  const keys = insiderKeys(NAME, true, 1);
  const files = new Map<string, Buffer>();
  files.set('keys.json', json(keysOf(keys)));
  files.set('ratchet.json', json(ratchet()));
  files.set('records.json', json(records(keys)));
  files.set('trees.json', json(trees()));
  files.set('notes.json', json(notes(keys)));
  files.set('signatures.json', json(signatureVectors(NAME)));
  for (const [name, content] of goodLedger(NAME, keys)) files.set(`ledger/${name}`, content);
  files.set('ledgers.json', json([...ledgerVectors(NAME, keys), ...rotatedLedgers(NAME)]));
  files.set('late.json', json(lateVectors(NAME, keys)));
  files.set('segments.json', json(segmentVectors(NAME, p256Of(`${NAME}/owner`), p256Of(`${NAME}/audit`))));
  files.set('persons.json', json(personVectors(NAME)));
  files.set('proof.json', json(proofVectors(NAME)));
  files.set('anchors.json', json(anchorVectors(NAME, keys)));
  files.set('trust.json', Buffer.from(keys.trustText, 'utf8'));
  const good = forge(honest(keys), keys);
  for (const [name, content] of good) files.set(`good/${name}`, content);
  files.set('bundles.json', json(bundles(keys, good)));
  files.set('mldsa44.json', json(keptSignatures()));
  return files;
}

function keysOf(keys: InsiderKeys): unknown {
  const ed = ed25519Of(`${NAME}/installation`);
  const key = keys.trust.keys[0] as { readonly ledger: string; readonly ssh: string };
  return {
    installation: { id: INSTALLATION, seed: hex(ed.seed), publicKey: hex(ed.publicKey), ledger: key.ledger, ssh: key.ssh },
    second: second(),
    p256: ['person', 'owner', 'audit', 'stranger'].map((role) => {
      const jwk = p256Of(`${NAME}/${role}`);
      return { role, jwk, kid: thumbprintOf(jwk) };
    }),
  };
}

/** The second half of the key that the cases "two halves" of bundles.json begin with. */
function second(): unknown {
  const { seed, publicKey } = secondOf(NAME);
  return { algorithm: 'ml-dsa-44', seed: hex(seed), publicKey: hex(publicKey), ledger: encodeSecondNoteKey(ORIGIN, secondNoteKey(ORIGIN, publicKey)) };
}

function ratchet(): unknown {
  const secret = bytesOf(`${NAME}/secret`, 32);
  const salts = (r: Buffer): string[] => [0, 1, 258].map((j) => hex(sha256Hmac(r, j)));
  return {
    secret: hex(secret),
    recording: RECORDING,
    segment: 7,
    records: ratchetOf(secret, RECORDING, 7, 4).map(({ k, m, r }) => ({ K: hex(k), M: hex(m), R: hex(r), salts: { '0,1,258': salts(r) } })),
  };
}

function sha256Hmac(key: Buffer, j: number): Buffer {
  const index = Buffer.alloc(4);
  index.writeUInt32BE(j);
  const pad = (byte: number): Buffer => Buffer.concat([key, Buffer.alloc(32)]).map((each) => each ^ byte) as Buffer;
  return sha256(pad(0x5c), sha256(pad(0x36), index));
}

/** The example recording: a record of every event code, opened. */
function records(keys: InsiderKeys): unknown {
  const example = makeExample(NAME, [
    { role: 'owner', key: keys.owner },
    { role: 'audit', key: keys.audit },
  ]);
  return {
    recording: RECORDING,
    secrets: example.segments.map((_, segment) => hex(secretOf(NAME, segment))),
    root: hex(rootOf(example.frames.map((frame) => frame.leaf))),
    frames: example.frames.map((frame) => ({
      head: hex(frame.head),
      body: hex(frame.body),
      leaf: hex(frame.leaf),
      ...(frame.header === undefined
        ? {
            pieces: frame.pieces.map(({ event, salt }) => ({
              code: event.toString('latin1', 0, 1),
              event: hex(event),
              salt: hex(salt),
              digest: hex(pieceDigest(event, salt)),
            })),
          }
        : { header: frame.header }),
    })),
  };
}

function trees(): unknown {
  const leaves = Array.from({ length: 9 }, (_, i) => sha256(Buffer.of(0), `leaf ${i}`));
  const split = (n: number): number => {
    let k = 1;
    while (2 * k < n) k *= 2;
    return k;
  };
  /** RFC 6962, section 2.1.1. */
  const path = (m: number, part: readonly Buffer[]): Buffer[] => {
    if (part.length === 1) return [];
    const k = split(part.length);
    return m < k ? [...path(m, part.slice(0, k)), rootOf(part.slice(k))] : [...path(m - k, part.slice(k)), rootOf(part.slice(0, k))];
  };
  /** RFC 6962, section 2.1.2. */
  const consistency = (m: number, part: readonly Buffer[], whole: boolean): Buffer[] => {
    if (m === part.length) return whole ? [] : [rootOf(part)];
    const k = split(part.length);
    return m <= k
      ? [...consistency(m, part.slice(0, k), whole), rootOf(part.slice(k))]
      : [...consistency(m - k, part.slice(k), false), rootOf(part.slice(0, k))];
  };
  const sizes = leaves.map((_, i) => i + 1);
  return {
    entries: 'leaf hash i = SHA-256(0x00 || "leaf i")',
    roots: [0, ...sizes].map((size) => ({ size, root: hex(rootOf(leaves.slice(0, size))) })),
    inclusion: sizes.flatMap((size) => sizes.slice(0, size).map((_, index) => ({ size, index, path: path(index, leaves.slice(0, size)).map(hex) }))),
    consistency: sizes.flatMap((size) => sizes.slice(0, size).map((from) => ({ from, size, path: consistency(from, leaves.slice(0, size), true).map(hex) }))),
  };
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const noteOf = (keys: InsiderKeys, text: string, sign = keys.noteSign): string => signedNote(NAME, text, sign);

function notes(keys: InsiderKeys): unknown {
  const text = checkpointOf(42, sha256('root'));
  const good = noteOf(keys, text);
  return {
    key: (keys.trust.keys[0] as { ledger: string }).ledger,
    head: { size: 42, root: hex(sha256('root')) },
    cases: [
      { name: 'a checkpoint', note: good, good: true },
      { name: 'a witness beside us', note: `${good}— witness.example ${'A'.repeat(92)}\n`, good: true },
      { name: 'another size', note: good.replace('\n42\n', '\n43\n'), good: false },
      { name: 'another origin', note: good.replaceAll(ORIGIN, ORIGIN.replace('ledger', 'larder')), good: false },
      { name: 'no signature', note: `${text}\n`, good: false },
      { name: 'a signature of somebody else alone', note: `${text}\n— witness.example ${'A'.repeat(92)}\n`, good: false },
      { name: 'spare bits in the base64', note: good.replace(/.=\n$/, (end) => `${BASE64[BASE64.indexOf(end[0]!) + 1]!}=\n`), good: false },
      { name: 'no time', note: noteOf(keys, text.replace(/time .*\n/, '')), good: true },
      {
        name: 'a signature whose R is of small order',
        note: noteOf(keys, text, (bytes) => smallOrderSignature(bytes, ed25519Of(`${NAME}/installation`))),
        good: false,
      },
    ],
  };
}

interface Case {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  /** The trust file, where it is not trust.json. */
  readonly trust?: string;
  /** Of a good bundle the facts that the case is about. */
  readonly facts?: Partial<BundleFacts>;
  /** Files of the bundle that are not those of good/; null: not there. Base64. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** What nobody needs a key for. */
const outside: readonly (readonly [name: string, code: string, change: (files: Map<string, Buffer>, keys: InsiderKeys) => string | void])[] = [
  ['a trust file that is none', 'bad-trust', () => '{}\n'],
  [
    'the trust file of another installation',
    'other-installation',
    (_, keys) => keys.trustText.replaceAll(INSTALLATION, 'w-00000000000f').replace(/"ledger": ".*"/, noteKeyOf('w-00000000000f')),
  ],
  ['a trust file without the person', 'unknown-person', (_, keys) => trustText({ ...keys.trust, persons: [] })],
  ['a file missing', 'missing-file', (files) => void files.delete(BUNDLE.guide)],
  ['a file too many', 'extra-file', (files) => void files.set('README.txt', Buffer.from('x'))],
  ['a file missing and one too many', 'missing-file', (files) => void (files.delete(BUNDLE.guide), files.set('README.txt', Buffer.from('x')))],
  ['another state in the summary', 'bad-summary', (files) => edit(files, BUNDLE.summary, '"complete"', '"open"')],
  ['a checkpoint that was edited', 'bad-checkpoint', (files) => edit(files, BUNDLE.checkpoint, 'time 2026', 'time 2027')],
  ['a checkpoint by a stranger', 'untrusted-key', (files) => edit(files, BUNDLE.checkpoint, /— .*\n/, `— stranger.example ${'A'.repeat(92)}\n`)],
  ['a summary made at another checkpoint', 'other-checkpoint', (files) => edit(files, BUNDLE.summary, '"size": 9', '"size": 10')],
  ['a line of the ledger that is no JSON', 'bad-ledger', (files) => edit(files, BUNDLE.ledger, '{', '[')],
  ['a proof cut short', 'short-proof', (files) => edit(files, BUNDLE.ledger, /,"[0-9a-f]{64}"\]/, ']')],
  ['an event that was edited', 'bad-proof', (files) => edit(files, BUNDLE.ledger, 'nursing', 'remote')],
  ['no head', 'no-head', (files) => edit(files, BUNDLE.ledger, /(.*recording\.start.*\n)[^]*/, '$1')],
  ['a record that is none', 'bad-evidence', (files) => edit(files, BUNDLE.evidence, '"head"', '"hood"')],
  ['a record missing', 'missing-record', (files) => edit(files, BUNDLE.evidence, /\n.*\n/, '\n')],
  ['a record twice', 'duplicated-record', (files) => edit(files, BUNDLE.evidence, /^(.*\n)/, '$1$1')],
  ['two records swapped', 'reordered-records', (files) => edit(files, BUNDLE.evidence, /^(.*\n)(.*\n)/, '$2$1')],
  ['a text that was changed', 'bad-commitment', (files) => edit(files, BUNDLE.cast, 'printed', 'written')],
  ['a marker that was changed', 'bad-cast', (files) => edit(files, BUNDLE.cast, '"locked"', '"looked"')],
  ['the last record missing', 'cut', (files) => edit(files, BUNDLE.evidence, /.*\n$/, '')],
  ['a record that was changed', 'bad-root', (files) => edit(files, BUNDLE.evidence, /(\n\{"head":".{47})./, '$10')],
  ['sums without a file', 'bad-installation-signature', (files) => edit(files, BUNDLE.sums, /^.*\n/, '')],
  [
    'the signature of the person as that of the installation',
    'untrusted-key',
    (files) => void files.set(BUNDLE.installationSignature, files.get(BUNDLE.personSignature)!),
  ],
  [
    'the signature of the installation as that of the person',
    'untrusted-person-key',
    (files) => void files.set(BUNDLE.personSignature, files.get(BUNDLE.installationSignature)!),
  ],
  [
    'sums without a file, signed',
    'bad-sums',
    (files, keys) => {
      edit(files, BUNDLE.sums, /^.*\n/, '');
      const sums = files.get(BUNDLE.sums)!;
      files.set(BUNDLE.installationSignature, Buffer.from(sshSignature(sums, keys.installation)));
      files.set(BUNDLE.personSignature, Buffer.from(sshSignature(sums, keys.person)));
    },
  ],
  [
    'sums as sha256sum writes them of binary files, signed',
    'bad-sums',
    (files, keys) => {
      edit(files, BUNDLE.sums, / {2}/, ' *');
      const sums = files.get(BUNDLE.sums)!;
      files.set(BUNDLE.installationSignature, Buffer.from(sshSignature(sums, keys.installation)));
      files.set(BUNDLE.personSignature, Buffer.from(sshSignature(sums, keys.person)));
    },
  ],
  ['a guide that was changed', 'bad-file', (files) => void files.set(BUNDLE.guide, Buffer.from('# All is well\n'))],
];

function noteKeyOf(installation: string): string {
  const origin = `wardmux.localhost/${installation}/ledger`;
  const { publicKey } = ed25519Of(`${NAME}/installation`);
  const key = Buffer.concat([Buffer.of(1), publicKey]);
  return `"ledger": "${origin}+${hex(sha256(origin, Buffer.of(0x0a), key).subarray(0, 4))}+${key.toString('base64')}"`;
}

function edit(files: Map<string, Buffer>, name: string, ...changes: readonly (string | RegExp)[]): void {
  let text = files.get(name)!.toString('utf8');
  for (let i = 0; i < changes.length; i += 2) text = text.replace(changes[i]!, changes[i + 1] as string);
  files.set(name, Buffer.from(text, 'utf8'));
}

/** A key of the installation as the trust file has it. */
function knownKey(publicKey: Buffer, certificate: string | null): Trust['keys'][number] {
  return { algorithm: 'ed25519', ledger: encodeNoteKey(noteKey(ORIGIN, publicKey)), ssh: sshKeyText(ed25519SshKey(publicKey)), certificate };
}

/** Trust files of the good bundle: what is written; what both must say; its text. */
function trusts(keys: InsiderKeys): readonly (readonly [name: string, code: string, trust: string, facts?: Partial<BundleFacts>])[] {
  const { trust } = keys;
  const next = ed25519Of(`${NAME}/next`);
  const stranger = p256Of(`${NAME}/stranger`);
  const strangers = { publicKey: p256SshKey(stranger) };
  const [first] = trust.keys as [Trust['keys'][number]];
  const [audit] = trust.auditKeys as [Trust['auditKeys'][number]];
  const by = (
    pair: { publicKey: SshPublicKey; sign(bytes: Uint8Array): Uint8Array },
    successor: KeyHalves,
    namespace: string,
    installation = INSTALLATION,
  ): string => sshSignature(certificateText(installation, successor), pair, { namespace });
  const withKeys = (...all: Trust['keys']): string => trustText({ ...trust, keys: all });
  const rotated = (certificate: string | null): string => withKeys(first, knownKey(next.publicKey, certificate));
  const strange: Trust['auditKeys'][number] = {
    kid: thumbprintOf(stranger),
    label: 'before',
    ssh: sshKeyText(strangers.publicKey),
    inForce: [{ from: 1, to: null }],
  };
  const own = keys.person.publicKey.raw;
  const nowhere = Buffer.from(p256SshKey(keys.audit).raw).fill(1, 64);
  const jwk = { x: nowhere.toString('base64url', 1, 33), y: nowhere.toString('base64url', 33) };
  const offTheCurve = { ...audit, kid: thumbprintOf(jwk), ssh: sshKeyText({ type: 'ecdsa-sha2-nistp256', raw: nowhere }) };
  /** Number of the recording's start in the good bundle. */
  const START = 3;
  const spans = (...all: readonly (readonly [from: number, to: number | null])[]): Trust['auditKeys'][number] => ({
    ...audit,
    inForce: all.map(([from, to]) => ({ from, to })),
  });
  const audits = (...all: Trust['auditKeys']): string => trustText({ ...trust, auditKeys: all });
  const [person] = trust.persons as [Trust['persons'][number]];
  const persons = (...all: Trust['persons']): string => trustText({ ...trust, persons: all });
  const named = (name: string): string => trustText({ ...trust, persons: [{ ...person, name }] });
  const good = by(keys.installation, next, INSTALLATION_KEY_NAMESPACE);
  const before = by({ publicKey: ed25519SshKey(next.publicKey), sign: next.sign }, { publicKey: keys.installation.publicKey.raw }, INSTALLATION_KEY_NAMESPACE);
  const key64 = Array.from({ length: 63 }, () => ({ algorithm: 'ml-dsa-65', key: 'AAAA' }));
  /** A person whose OpenSSH key is of this point, as somebody could write it. */
  const withPoint = (point: Uint8Array): string => persons({ ...person, ssh: sshKeyText({ type: 'ecdsa-sha2-nistp256', raw: Buffer.from(point) }) });
  const small = Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex');
  const other = { algorithm: 'ml-dsa-65', key: 'AAAA' };
  return [
    ['a second key with a certificate of the first', 'good', rotated(good), { replacedKey: true }],
    ['a second key that is pinned', 'good', rotated(null), { replacedKey: true }],
    [
      'a key that the one of the bundle replaced',
      'good',
      withKeys(knownKey(next.publicKey, null), knownKey(keys.installation.publicKey.raw, before)),
      { replacedKey: false },
    ],
    [
      'a second key with a certificate of its own',
      'bad-trust',
      rotated(by({ publicKey: ed25519SshKey(next.publicKey), sign: next.sign }, next, INSTALLATION_KEY_NAMESPACE)),
    ],
    ['a certificate for another key', 'bad-trust', rotated(by(keys.installation, { publicKey: keys.installation.publicKey.raw }, INSTALLATION_KEY_NAMESPACE))],
    ['a certificate in another namespace', 'bad-trust', rotated(by(keys.installation, next, 'audit-key@wardmux.localhost'))],
    ['a certificate of another installation', 'bad-trust', rotated(by(keys.installation, next, INSTALLATION_KEY_NAMESPACE, 'w-00000000000f'))],
    ['a certificate that is no signature', 'bad-trust', rotated('x')],
    ['a first key with a certificate', 'bad-trust', withKeys(knownKey(next.publicKey, good), first)],
    ['a key of an algorithm to come between a key and the one that it certified', 'good', withKeys(first, other, knownKey(next.publicKey, good))],
    ['no key but of an algorithm to come', 'bad-trust', withKeys(other)],
    [
      'keys of two algorithms to come',
      'good',
      withKeys(first, other, { algorithm: 'slh-dsa-128s', key: '!~' }, other),
      { unknownAlgorithms: ['ml-dsa-65', 'slh-dsa-128s'] },
    ],
    ['64 keys, whatever their algorithms', 'good', withKeys(first, ...key64)],
    ['65 keys', 'bad-trust', withKeys(first, ...key64, other)],
    ['a key of an algorithm to come with a space in it', 'bad-trust', withKeys(first, { algorithm: 'ml-dsa-65', key: 'A A' })],
    ['a key of an algorithm to come without a character', 'bad-trust', withKeys(first, { algorithm: 'ml-dsa-65', key: '' })],
    ['a key of an algorithm in capitals', 'bad-trust', withKeys(first, { algorithm: 'ML-DSA-65', key: 'AAAA' })],
    ['a key twice', 'bad-trust', withKeys(first, first)],
    ['a key of small order', 'bad-trust', withKeys(first, knownKey(small, null))],
    ['a key whose y belongs to no point', 'bad-trust', withKeys(first, knownKey(Buffer.from(`02${'00'.repeat(31)}`, 'hex'), null))],
    ['a key that is not below p', 'bad-trust', withKeys(first, knownKey(Buffer.from(`${'f'.repeat(62)}7f`, 'hex'), null))],
    [
      'a note key of another key than its OpenSSH key',
      'bad-trust',
      withKeys({ ...knownKey(next.publicKey, null), ssh: sshKeyText(keys.installation.publicKey) } as never),
    ],
    [
      'a note key under another name',
      'bad-trust',
      withKeys({ ...first, ledger: encodeNoteKey(noteKey(`${ORIGIN}s`, keys.installation.publicKey.raw)) } as never),
    ],
    ['a person twice', 'bad-trust', persons(person, { ...person, kids: [strange.kid] })],
    ['a key that two persons have', 'bad-trust', persons(person, { ...person, id: 'p-00000000000b' })],
    ['an OpenSSH key that two persons have', 'good', persons(person, { ...person, id: 'p-00000000000b', kids: [strange.kid] })],
    ['a person without a key that recordings are sealed to', 'bad-trust', persons({ ...person, kids: [] })],
    ['a person whose key lies not on the curve', 'bad-trust', withPoint(Buffer.from(own).fill(1, 64))],
    ['a person whose key is compressed', 'bad-trust', withPoint(Buffer.concat([Buffer.of(2 + (own[64]! & 1)), own.subarray(1, 33)]))],
    ['a person whose key is in the hybrid form', 'bad-trust', withPoint(Buffer.concat([Buffer.of(6 + (own[64]! & 1)), own.subarray(1)]))],
    ['a person whose key is the point at infinity', 'bad-trust', withPoint(Buffer.of(0))],
    ['an audit key that lies not on the curve', 'bad-trust', audits(offTheCurve)],
    ['an owner with another key in the trust file', 'bad-recipients', persons({ ...person, kids: [strange.kid] })],
    ['a note key with padding that it does not need', 'bad-trust', keys.trustText.replace(/("ledger": ".*)"/, '$1="')],
    ['an audit key that was in force until the recording began', 'good', audits(spans([1, START]))],
    ['an earlier audit key that is used later', 'bad-recipients', audits(spans([1, 2]))],
    ['an earlier audit key that is used before it is in force again', 'bad-recipients', audits(spans([1, 2], [4, null]))],
    ['a later audit key that is used earlier', 'bad-recipients', audits(spans([2, null]))],
    ['an audit key that was in force and is again', 'good', audits(spans([1, 6], [9, null]))],
    ['an audit key that was never in force', 'bad-trust', audits(spans())],
    ['an audit key in force until it came into force', 'bad-trust', audits(spans([1, 1]))],
    ['an audit key in force twice at a time', 'bad-trust', audits(spans([1, 5], [4, null]))],
    ['an audit key in force for ever and then again', 'bad-trust', audits(spans([1, null], [4, null]))],
    ['an audit key in force from no event', 'bad-trust', audits(spans([-1, null]))],
    ['an audit key with the member that it had once', 'bad-trust', keys.trustText.replace(/"inForce": \[[^\]]*\]/, '"certificate": null')],
    ['an audit key twice', 'bad-trust', audits(audit, audit)],
    ['an audit key under the name of another', 'bad-trust', audits({ ...audit, kid: strange.kid })],
    ['a trust file without the audit key', 'bad-recipients', audits(strange)],
    ['a name of 200 characters outside the first 65,536', 'good', named('\u{1f600}'.repeat(200))],
    ['a name of 201 characters', 'bad-trust', named('x'.repeat(201))],
    ['a trust file with a member twice', 'bad-trust', keys.trustText.replace('  "version": 1,\n', '  "version": 1,\n  "version": 1,\n')],
    ['a trust file with its members in another order', 'bad-trust', keys.trustText.replace(/( {2}"format": .*\n)( {2}"version": 1,\n)/, '$2$1')],
    ['a trust file of a version to come', 'newer-version', keys.trustText.replace('"version": 1,', '"version": 2,\n  "mood": "good",')],
    ['a trust file of a version to come that is not written out', 'bad-trust', keys.trustText.replace('"version": 1,', '"version":  2,')],
  ];
}

function bundles(keys: InsiderKeys, good: ReadonlyMap<string, Buffer>): Case[] {
  const status = (code: string): number => failureTable.find((row) => row.code === code)?.status ?? 0;
  const caseOf = (name: string, code: string, files: ReadonlyMap<string, Buffer>, trust?: string, facts?: Partial<BundleFacts>): Case => ({
    name,
    code,
    status: status(code),
    ...(trust === undefined ? {} : { trust }),
    ...(facts === undefined ? {} : { facts }),
    files: Object.fromEntries(
      [...new Set([...good.keys(), ...files.keys()])]
        .filter((file) => !files.get(file)?.equals(good.get(file) ?? Buffer.from('\0')))
        .map((file) => [file, files.get(file)?.toString('base64') ?? null]),
    ),
  });
  return [
    ...outside.map(([name, code, change]) => {
      const files = new Map(good);
      const trust = change(files, keys);
      return caseOf(name, code, files, trust ?? undefined);
    }),
    ...trusts(keys).map(([name, code, trust, facts]) => caseOf(name, code, good, trust, facts)),
    ...hybridTable(NAME, true).map(([name, code, trust, files]) => caseOf(`two halves: ${name}`, code, files, trust)),
    ...insiderTableFor(keys).map(([name, code, change, trust, facts]) => {
      const forgery: Forgery = honest(keys);
      change(forgery);
      return caseOf(`signed again: ${name}`, code, forge(forgery, keys), trust, facts);
    }),
  ];
}

if (import.meta.main) {
  for (const part of ['good', 'ledger']) rmSync(join(import.meta.dirname, part), { recursive: true, force: true });
  for (const [path, content] of makeVectors()) {
    const file = join(import.meta.dirname, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
