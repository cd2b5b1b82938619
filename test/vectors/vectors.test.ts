/** The known values of this folder: they are what make.ts makes, and program and verify.py give what they say. */
import { spawnSync } from 'node:child_process';
import { createDecipheriv, createSecretKey } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { AnchorError } from '../../src/anchors/errors.ts';
import { markDrop } from '../../src/anchors/file-drop.ts';
import { readHeads } from '../../src/anchors/known.ts';
import { syslogFrame } from '../../src/anchors/syslog-tls.ts';
import { syslogMessage } from '../../src/anchors/syslog.ts';
import { timestampRequest, verifyTimestamp } from '../../src/anchors/tsp.ts';
import { ed25519Verify, isEd25519Key } from '../../src/crypto/ed25519.ts';
import { isP256Point, p256Verify } from '../../src/crypto/p256.ts';
import { verifyBundle } from '../../src/export/verify.ts';
import { certifierOf, keysText } from '../../src/ledger/certificate.ts';
import { readKept } from '../../src/ledger/kept.ts';
import { decodeNoteKey, installationNoteKey, openCheckpoint } from '../../src/ledger/note.ts';
import type { PersonFacts } from '../../src/ledger/certificate.ts';
import { ledgerFaultCodes, readLedger } from '../../src/ledger/read.ts';
import { StoredTree, verifyConsistency, rootFromInclusion } from '../../src/merkle/tree.ts';
import { consistencyPath, inclusionPath } from '../../src/merkle/tree.fixture.ts';
import { decodeEvents } from '../../src/recording/events.ts';
import { frameLeaf } from '../../src/recording/frame.ts';
import { isEventData } from '../../src/recording/facts.ts';
import { parseHeader } from '../../src/recording/header.ts';
import { openRecording } from '../../src/recording/reader.ts';
import { commitmentOf, pieceDigest, pieceSeal, PieceSalts, Ratchet, recordNonce, segmentKey } from '../../src/recording/ratchet.ts';
import { AuditKeyOpener, thumbprint, type PrivateJwk } from '../../src/recording/wrap.ts';
import { prove } from '../../src/proof/proof.ts';
import { factsOf } from '../../src/people/pinned.ts';
import { personSchema } from '../../src/people/schema.ts';
import type { PersonRecord } from '../../src/people/types.ts';
import { homePaths, readInstallation } from '../../src/storage/index.ts';
import { judgeInPython, verifier } from '../attacks/fixture.ts';
import { walk } from '../support/recording.ts';
import { makeVectors } from './make.ts';
import { sha256 } from './second-writer.ts';

vi.setConfig({ testTimeout: 180_000 });

const read = (name: string): Buffer => readFileSync(join(import.meta.dirname, name));
const json = <T>(name: string): T => JSON.parse(read(name).toString('utf8')) as T;
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-vectors-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('they are what the second writer and the forger make', () => {
  for (const [name, content] of makeVectors()) expect(content.equals(read(name)), `${name} is another: node test/vectors/make.ts`).toBe(true);
});

interface Keys {
  readonly installation: { readonly ledger: string; readonly publicKey: string };
  readonly p256: readonly { readonly role: string; readonly jwk: PrivateJwk; readonly kid: string }[];
}

test('keys', () => {
  const { installation, p256 } = json<Keys>('keys.json');
  expect(decodeNoteKey(installation.ledger)!.publicKey.toString('hex')).toBe(installation.publicKey);
  for (const { jwk, kid } of p256) expect(thumbprint(jwk)).toBe(kid);
});

test('the ratchet', () => {
  const { secret, recording, segment, records } = json<{
    secret: string;
    recording: string;
    segment: number;
    records: { K: string; M: string; R: string; salts: Record<string, string[]> }[];
  }>('ratchet.json');
  const key = segmentKey(bytes(secret), recording, segment);
  expect(key.toString('hex')).toBe(records[0]!.K);
  const ratchet = new Ratchet(key);
  for (const { K, M, R, salts } of records) {
    expect(ratchet.stateForTest().toString('hex')).toBe(K);
    const keys = ratchet.next();
    expect(keys.message.equals(createSecretKey(bytes(M)))).toBe(true);
    expect(keys.salt.toString('hex')).toBe(R);
    const pieces = new PieceSalts();
    pieces.setKey(keys.salt);
    expect([0, 1, 258].map((j) => pieces.salt(j).toString('hex'))).toEqual(salts['0,1,258']);
  }
});

interface Records {
  readonly recording: string;
  readonly secrets: readonly string[];
  readonly root: string;
  readonly frames: readonly {
    readonly head: string;
    readonly body: string;
    readonly leaf: string;
    readonly header?: string;
    readonly pieces?: readonly { readonly code: string; readonly event: string; readonly salt: string; readonly digest: string }[];
  }[];
}

test('records of every event code open, are committed to, and have the root', async () => {
  const { recording, secrets, root, frames } = json<Records>('records.json');
  const audit = json<Keys>('keys.json').p256.find(({ role }) => role === 'audit')!;
  const opener = AuditKeyOpener.fromJson({ format: 'wardmux-audit-key', version: 1, kid: audit.kid, jwk: audit.jwk });
  const tree = new StoredTree();
  const seen = new Set<string>();
  let ratchet: Ratchet | undefined;
  for (const frame of frames) {
    const [head, body] = [bytes(frame.head), bytes(frame.body)];
    expect(frameLeaf(head, sha256(body)).toString('hex')).toBe(frame.leaf);
    tree.append(bytes(frame.leaf));
    if (frame.header !== undefined) {
      const header = parseHeader(body)!;
      expect(body.toString('utf8')).toBe(frame.header);
      const secret = await opener.open(header.recipients.find(({ kid }) => kid === audit.kid)!.jwe);
      expect(secret.toString('hex')).toBe(secrets[header.segment]);
      ratchet = new Ratchet(segmentKey(secret, recording, header.segment));
      continue;
    }
    const keys = ratchet!.next();
    const decipher = createDecipheriv('aes-256-gcm', keys.message, recordNonce(Number(head.readBigUInt64BE(0))))
      .setAAD(head)
      .setAuthTag(body.subarray(-16));
    const plaintext = Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()]);
    const salts = new PieceSalts();
    salts.setKey(keys.salt);
    const pieces = decodeEvents(plaintext).map(({ event, bytes: piece }, j) => {
      seen.add(event.code);
      if (event.code !== 'n') expect(isEventData(event.code, event.data), event.code).toBe(true);
      const salt = salts.salt(j);
      return {
        code: event.code,
        event: piece.toString('hex'),
        salt: salt.toString('hex'),
        digest: pieceDigest(piece[0]!, pieceSeal(salt, piece)).toString('hex'),
      };
    });
    expect(pieces).toEqual(frame.pieces);
    expect(commitmentOf(pieces.map(({ digest }) => bytes(digest))).equals(head.subarray(28))).toBe(true);
  }
  expect([...seen].sort().join('')).toBe('egilmnorsux');
  expect(tree.root().toString('hex')).toBe(root);
});

test('trees', () => {
  const { roots, inclusion, consistency } = json<{
    roots: { size: number; root: string }[];
    inclusion: { size: number; index: number; path: string[] }[];
    consistency: { from: number; size: number; path: string[] }[];
  }>('trees.json');
  const leaves = Array.from({ length: 9 }, (_, i) => sha256(Buffer.of(0), `leaf ${i}`));
  const tree = new StoredTree(leaves);
  const root = (size: number): Buffer => bytes(roots[size]!.root);
  for (const each of roots) expect(tree.root(each.size).toString('hex')).toBe(each.root);
  for (const { size, index, path } of inclusion) {
    expect(inclusionPath(tree, index, size).map((node) => node.toString('hex'))).toEqual(path);
    expect(rootFromInclusion(leaves[index]!, index, size, path.map(bytes)).equals(root(size))).toBe(true);
  }
  for (const { from, size, path } of consistency) {
    expect(consistencyPath(tree, from, size).map((node) => node.toString('hex'))).toEqual(path);
    expect(verifyConsistency(from, root(from), size, root(size), path.map(bytes))).toBe(true);
  }
});

test('notes', () => {
  const { key, head, cases } = json<{ key: string; head: object; cases: { name: string; note: string; good: boolean }[] }>('notes.json');
  for (const { name, note, good } of cases) expect(openCheckpoint(note, decodeNoteKey(key)!)?.head, name).toEqual(good ? head : undefined);
});

test('signatures and keys at the edges: both verifiers take the same ones', () => {
  interface Case {
    readonly name: string;
    readonly key: string;
    readonly isKey: boolean;
    readonly message: string;
    readonly signature: string;
    readonly good: boolean;
  }
  const all = json<Record<'p256' | 'ed25519', Case[]>>('signatures.json');
  const script = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
v = importlib.util.module_from_spec(spec)
spec.loader.exec_module(v)
def p256(key, message, signature):
    r, s = int.from_bytes(signature[:32], 'big'), int.from_bytes(signature[32:], 'big')
    return v.p256_point(key) is not None, len(signature) == 64 and v.p256_verify(key, message, r, s)
def ed25519(key, message, signature):
    return v.is_ed_key(key), v.ed25519_verify(key, message, signature)
checks = {'p256': p256, 'ed25519': ed25519}
print(json.dumps({kind: [checks[kind](*(bytes.fromhex(case[name]) for name in ('key', 'message', 'signature'))) for case in cases] for kind, cases in json.load(sys.stdin).items()}))
`;
  const run = spawnSync('python3', ['-B', '-c', script, verifier], { input: JSON.stringify(all), encoding: 'utf8' });
  expect(run.stderr).toBe('');
  const inPython = JSON.parse(run.stdout) as Record<'p256' | 'ed25519', [boolean, boolean][]>;
  const here = { p256: [isP256Point, p256Verify], ed25519: [isEd25519Key, ed25519Verify] } as const;
  for (const kind of ['p256', 'ed25519'] as const) {
    const wanted = all[kind].map(({ name, isKey, good }) => [name, isKey, good]);
    const [isKey, verifies] = here[kind];
    const found = all[kind].map(({ name, key, message, signature }) => [name, isKey(bytes(key)), verifies(bytes(key), bytes(message), bytes(signature))]);
    expect(found).toEqual(wanted);
    expect(inPython[kind].map((verdict, i) => [all[kind][i]!.name, ...verdict])).toEqual(wanted);
    expect(all[kind].some(({ good }) => good) && all[kind].some(({ good }) => !good)).toBe(true);
  }
});

test('the ledger verifies', () => {
  const reading = readLedger(join(import.meta.dirname, 'ledger'), decodeNoteKey(json<Keys>('keys.json').installation.ledger)!);
  expect(reading.faults).toEqual([]);
  expect(reading).toMatchObject({ events: 8, checkpoints: 2, last: { head: { size: 8 } } });
});

interface BundleCase {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  readonly trust?: string;
  readonly facts?: object;
  readonly files: Readonly<Record<string, string | null>>;
}

test('both verifiers give each bundle its code', () => {
  const cases = json<BundleCase[]>('bundles.json');
  const trustFile = join(import.meta.dirname, 'trust.json');
  const good: BundleCase = { name: 'good', code: 'good', status: 0, files: {} };
  const made = [good, ...cases].map((each, i) => {
    const bundle = join(folder, String(i));
    cpSync(join(import.meta.dirname, 'good'), bundle, { recursive: true });
    for (const [name, content] of Object.entries(each.files)) {
      rmSync(join(bundle, name), { force: true });
      if (content !== null) writeFileSync(join(bundle, name), Buffer.from(content, 'base64'));
    }
    const trust = each.trust === undefined ? trustFile : `${bundle}.trust`;
    if (each.trust !== undefined) writeFileSync(trust, each.trust);
    return { ...each, bundle, trust };
  });
  const here = made.map(({ bundle, trust }) => verifyBundle(bundle, readFileSync(trust, 'utf8')));
  expect(here.map(({ code, status }, i) => [made[i]!.name, code, status])).toEqual(made.map(({ name, code, status }) => [name, code, status]));
  for (const [i, { name, facts }] of made.entries()) if (facts) expect(here[i]!.facts, name).toMatchObject(facts);
  expect(
    judgeInPython(
      made.map(({ bundle }) => bundle),
      made.map(({ trust }) => trust),
    ),
  ).toEqual(here);
});

/** A folder with the files of `base`, and what a case has in their place. */
function laidOut(name: string, base: ReadonlyMap<string, Buffer>, files: Readonly<Record<string, string | null>>): string {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  for (const [file, content] of base) writeFileSync(join(place, file), content);
  for (const [file, content] of Object.entries(files)) {
    rmSync(join(place, file), { force: true });
    if (content !== null) writeFileSync(join(place, file), Buffer.from(content, 'base64'));
  }
  return place;
}

test('segment files, whole and damaged, without a key and with one', async () => {
  const { recording, head, base, cases } = json<{
    recording: string;
    head: { size: number; root: string };
    base: Record<string, string>;
    cases: {
      name: string;
      files: Record<string, string | null>;
      withoutKey: { frames: number; code: string | null };
      withKey: { records: number; code: string | null };
    }[];
  }>('segments.json');
  const jwk = json<Keys>('keys.json').p256.find(({ role }) => role === 'owner')!.jwk;
  const opener = AuditKeyOpener.fromJson({ format: 'wardmux-audit-key', version: 1, kid: thumbprint(jwk), jwk });
  const whole = new Map(Object.entries(base).map(([file, content]) => [file, Buffer.from(content, 'base64')]));
  const seen = new Set<string | null>();
  for (const [i, { name, files, withoutKey, withKey }] of cases.entries()) {
    const place = laidOut(`segments-${i}/${recording}`, whole, files);
    const { frames, fault, root } = await walk(place);
    expect({ frames, code: fault?.code ?? null }, name).toEqual(withoutKey);
    // What has no fault and is not what was signed for, the ledger's head tells.
    expect(frames === head.size && root === head.root, name).toBe(name === 'whole');
    const reader = await openRecording(place);
    let records = 0;
    for await (const _record of reader.records(opener)) records += 1;
    expect({ records, code: reader.fault?.code ?? null }, name).toEqual(withKey);
    for (const code of [withoutKey.code, withKey.code]) seen.add(code);
  }
  expect([...seen].sort()).toEqual(
    ['bad-commitment', 'bad-crc', 'bad-header', 'bad-length', 'bad-seal', 'bad-sequence', 'missing-segment', 'torn', null].sort(),
  );
});

test('ledgers, whole and damaged', () => {
  interface Case {
    readonly name: string;
    readonly codes: readonly string[];
    readonly installation?: string;
    readonly whole?: number;
    readonly halfSigned?: readonly number[];
    readonly files: Readonly<Record<string, string | null>>;
  }
  const cases = json<Case[]>('ledgers.json');
  const single = decodeNoteKey(json<Keys>('keys.json').installation.ledger)!;
  const good = new Map(['events.jsonl', 'checkpoints.jsonl', 'head'].map((file) => [file, read(`ledger/${file}`)]));
  for (const [i, { name, codes, installation, whole, halfSigned, files }] of cases.entries()) {
    const place = laidOut(`ledger-${i}`, good, files);
    if (installation !== undefined) writeFileSync(join(place, 'installation.json'), installation);
    // As the program reads it: a key that its successor does not vouch for, or that nobody certified, is none.
    const key = installation === undefined ? single : installationNoteKey(readInstallation(homePaths(place))!);
    const reading = readLedger(place, key);
    expect(
      reading.faults.map(({ code }) => code),
      name,
    ).toEqual(codes);
    if (whole !== undefined) expect({ whole: reading.whole, halfSigned: reading.halfSigned.map(({ size }) => size) }, name).toEqual({ whole, halfSigned });
  }
  expect(new Set(cases.flatMap(({ codes }) => codes))).toEqual(new Set(ledgerFaultCodes));
});

test('what was kept beside the ledger', () => {
  const { cases } = json<{ cases: { name: string; file: string; sha256: string | null; entries: unknown[] | null }[] }>('late.json');
  const key = decodeNoteKey(json<Keys>('keys.json').installation.ledger)!;
  for (const [i, { name, file, sha256: digest, entries }] of cases.entries()) {
    const late = laidOut(`late-${i}`, new Map([['20260305T070000Z-1-0000', Buffer.from(file, 'utf8')]]), {});
    const { kept, found } = readKept(late, key, join(folder, `aside-${i}`));
    expect(
      kept.map((one) => [one.sha256, one.entries]),
      name,
    ).toEqual(digest === null ? [] : [[digest, entries]]);
    expect(found, name).toHaveLength(digest === null ? 1 : 0);
  }
});

test('the digests of person.keys, and who certifies them', () => {
  const { cases, certificate } = json<{
    cases: { name: string; record: PersonRecord; facts: PersonFacts }[];
    certificate: { of: string; installation: string; by: string; after: number; text: string; byKey: string; signature: string };
  }>('persons.json');
  for (const { name, record, facts } of cases) {
    expect(personSchema.parse(record), name).toEqual(record);
    expect(factsOf(record), name).toEqual(facts);
  }
  const { of, text, byKey, signature, ...rest } = certificate;
  const { record, facts } = cases.find(({ name }) => name === of)!;
  const certified = { ...rest, person: record.id, ...facts };
  expect(keysText(certified).toString('utf8')).toBe(text);
  expect(certifierOf(keysText(certified), { byKey, signature })).toBe(facts.signingKey);
  expect(certifierOf(keysText({ ...certified, after: 5 }), { byKey, signature })).toBeUndefined();
});

test('the proof of an open identity', async () => {
  const { sealed, cases } = json<{
    sealed: string;
    cases: { purpose: 'unlock' | 'view'; person: string; page: string; peer: string; proof: string }[];
  }>('proof.json');
  const jwk = json<Keys>('keys.json').p256.find(({ role }) => role === 'owner')!.jwk;
  const opener = AuditKeyOpener.fromJson({ format: 'wardmux-audit-key', version: 1, kid: thumbprint(jwk), jwk });
  for (const { purpose, person, page, peer, proof } of cases)
    expect(Buffer.from(await prove(opener, sealed, { purpose, person, page: bytes(page), peer: bytes(peer) })).toString('hex')).toBe(proof);
});

test('heads as anchors get them: a file drop, a syslog message, the question to an authority, and its answer', () => {
  interface Head {
    readonly size: number;
    readonly root: string;
    readonly time: string;
  }
  const { installation, fileDrop, syslog, timestampQuery } = json<{
    installation: string;
    fileDrop: { mark: string; cases: { name: string; text: string; heads: Head[]; foreign: number }[] };
    syslog: { note: string; head: Head; host: string; message: string; frame: string };
    timestampQuery: { data: string; nonce: string; query: string };
  }>('anchors.json');
  const key = decodeNoteKey(json<Keys>('keys.json').installation.ledger)!;
  for (const [i, { name, text, heads, foreign }] of fileDrop.cases.entries()) {
    const path = join(folder, `drop-${i}.jsonl`);
    writeFileSync(path, text);
    const found = readHeads(path, key);
    expect({ heads: found.heads.map(({ size, root, time }) => ({ size, root, time })), foreign: found.foreign + found.unknown }, name).toEqual({
      heads,
      foreign,
    });
  }
  const place = join(folder, 'drop');
  mkdirSync(place);
  markDrop(place, installation);
  expect(JSON.parse(readFileSync(join(place, `${installation}.drop.json`), 'utf8'))).toEqual(JSON.parse(fileDrop.mark));
  const message = syslogMessage({ ...syslog.head, note: syslog.note, half: false }, installation, syslog.host);
  expect(message).toBe(syslog.message);
  expect(syslogFrame(message).toString('hex')).toBe(syslog.frame);
  expect(timestampRequest(Buffer.from(timestampQuery.data, 'utf8'), bytes(timestampQuery.nonce)).toString('hex')).toBe(timestampQuery.query);
  // Made once by `openssl ts`, and kept: an authority's answer is another each time.
  const stamp = json<{ data: string; nonce: string; roots: string; response: string; time: string; serial: string; policy: string }>('timestamp.json');
  const response = Buffer.from(stamp.response, 'base64');
  const data = Buffer.from(stamp.data, 'utf8');
  expect(verifyTimestamp(response, data, stamp.roots, bytes(stamp.nonce))).toEqual({ time: stamp.time, serial: stamp.serial, policy: stamp.policy });
  const refused = (change: () => unknown): void => expect(change).toThrow(AnchorError);
  refused(() => verifyTimestamp(response, Buffer.from(`${stamp.data} `), stamp.roots));
  refused(() => verifyTimestamp(response, data, stamp.roots, Buffer.alloc(8, 1)));
  refused(() => verifyTimestamp(response.subarray(0, -1), data, stamp.roots));
  const changed = Buffer.from(response);
  changed[changed.length - 1]! ^= 1;
  refused(() => verifyTimestamp(changed, data, stamp.roots));
});
