/**
 * An insider who holds every key: the installation's, the exporting person's, and all that was recorded. What it makes is rightly
 * sealed, proven and signed, and need not be true. Pieces are committed to here as docs/format.md says; nothing is encrypted,
 * because a bundle has no ciphertext.
 */
import { createHash, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CastText } from '../../src/export/cast.ts';
import { BUNDLE, SUMMED_FILES } from '../../src/export/bundle-files.ts';
import { ed25519SshKey, encodeSshKey, EXPORT_NAMESPACE, mldsa44SshKey, p256SshKey, type SshPublicKey } from '../../src/crypto/sshsig.ts';
import { guideText } from '../../src/export/guide.ts';
import type { BundleSummary } from '../../src/export/summary.ts';
import { allowedSigners, makeTrust, sshThumbprint, trustText, type Trust } from '../../src/export/trust.ts';
import { ledgerOrigin, noteKey } from '../../src/ledger/note.ts';
import { leafHash, MerkleTree, StoredTree } from '../../src/merkle/tree.ts';
import { inclusionPath } from '../../src/merkle/tree.fixture.ts';
import type { EventCode } from '../../src/recording/types.ts';
import { headerText, INSTALLATION, makeExample, PERSON, POLICY, RECORDING, STARTED_MS } from '../vectors/example.ts';
import { mldsa44Of, type SecondPair } from '../vectors/kept.ts';
import { bytesOf, ecdsa, ed25519Of, eventBytes, headsOf, p256Of, pieceDigest, sha256, thumbprintOf, type P256Jwk } from '../vectors/second-writer.ts';

export interface ForgedPiece {
  code: string;
  timeUs: number;
  data: Buffer;
  /** Reason; disclosed unless given. */
  withheld?: string;
  /** Code that a withheld piece shows, where it lies. */
  shown?: string;
  /** Written in full although session.cast has it, or the other way round. */
  form?: 'bytes' | 'text';
}

export interface ForgedFrame {
  /** Its place unless given. */
  seq?: number;
  monoNs: bigint;
  wallMs: number;
  type?: number;
  /** The text of a segment header. */
  header?: string;
  pieces: ForgedPiece[];
}

export interface ForgedEvent {
  action: string;
  time?: string;
  installation?: string;
  person?: string;
  outcome?: string;
  monoUs?: unknown;
  aal?: unknown;
  credential?: unknown;
  /** A head without a root gets the right one. Of `recording.heads`: recording, size and root of the head that is opened, or `heads` as they stand there. */
  detail?: Record<string, unknown>;
  /** What stands beside the event in place of the opening; null: nothing. */
  head?: unknown;
  /** In the ledger, and not in the bundle. */
  hidden?: boolean;
  /** The whole line. */
  line?: string;
}

export interface Forgery {
  frames: ForgedFrame[];
  events: ForgedEvent[];
  state: string;
  person: string;
  exported: Record<string, unknown>;
  /** Text of the checkpoint, before it is signed. */
  note: (text: string) => string;
  /** Signs the checkpoint in place of the installation's key. */
  sign?: (bytes: Uint8Array) => Uint8Array;
  /** After the signature. */
  noteTail: string;
  sshHash: string;
  /** Changes files before they are signed for. */
  files: (files: Map<string, Buffer>) => void;
  /** Changes files after that. */
  late: (files: Map<string, Buffer>) => void;
}

export interface InsiderKeys {
  readonly trust: Trust;
  readonly trustText: string;
  readonly noteSign: (bytes: Uint8Array) => Uint8Array;
  readonly installation: SshKeyPair;
  /** The second half of the installation's key, where it has one. */
  readonly second: SecondPair | undefined;
  /** Seed of the installation's key. */
  readonly seed: Buffer;
  readonly person: SshKeyPair;
  readonly owner: { readonly x: string; readonly y: string };
  readonly audit: { readonly x: string; readonly y: string };
  /** Of somebody who is not of this house. */
  readonly stranger: P256Jwk;
}

export interface SshKeyPair {
  readonly publicKey: SshPublicKey;
  sign(bytes: Uint8Array): Uint8Array;
}

/** SHA-256 that stands in trust files of forgeries for verify.py: that of the file in their bundles. */
const VERIFIER = Buffer.from('# stands for verify.py\n');

/** Keys that follow from a name, so that a forgery is the same every time. With `deterministic` signatures are too, and slower. */
export function insiderKeys(name: string, deterministic = false, halves: 1 | 2 = 2): InsiderKeys {
  const second = halves === 2 ? mldsa44Of(`${name}/installation`, deterministic) : undefined;
  const ed = ed25519Of(`${name}/installation`);
  const signing = p256Of(`${name}/person`);
  const [owner, audit, stranger] = [p256Of(`${name}/owner`), p256Of(`${name}/audit`), p256Of(`${name}/stranger`)];
  const key: KeyObject = createPrivateKey({ key: signing, format: 'jwk' });
  const trust = makeTrust({
    installation: INSTALLATION,
    keys: [{ publicKey: ed.publicKey, second: second?.publicKey }],
    persons: [{ id: PERSON, name: 'Ada Example', signingKey: signing, encryptionKey: owner }],
    auditKeys: [{ label: 'audit', jwk: audit, inForce: [{ from: 1, to: null }] }],
    verifierSha256: sha256(VERIFIER).toString('hex'),
  });
  return {
    trust,
    trustText: trustText(trust),
    noteSign: ed.sign,
    installation: { publicKey: ed25519SshKey(ed.publicKey), sign: ed.sign },
    second,
    seed: ed.seed,
    person: {
      publicKey: p256SshKey(signing),
      sign: deterministic ? (bytes) => ecdsa(bytes, signing) : (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }),
    },
    owner,
    audit,
    stranger,
  };
}

/** The example recording with nothing wrong in it, as a forgery that changes nothing. */
export function honest(keys: InsiderKeys): Forgery {
  const { frames, records, outputBytes, durationMs } = makeExample('forge', [
    { role: 'owner', key: keys.owner },
    { role: 'audit', key: keys.audit },
  ]);
  const events = records.map((segment) => segment.map((record) => ({ ...record, events: record.events.map((event) => ({ ...event })) })));
  const forged: ForgedFrame[] = [];
  let segment = -1;
  let place = 0;
  for (const frame of frames) {
    if (frame.header !== undefined) {
      segment += 1;
      place = 0;
      forged.push({ monoNs: frame.head.readBigUInt64BE(8), wallMs: frame.wallMs, header: frame.header, pieces: [] });
      continue;
    }
    const record = events[segment]![place++]!;
    forged.push({
      monoNs: record.monoNs,
      wallMs: record.wallMs,
      pieces: record.events.map((event): ForgedPiece => ({ ...event, ...(event.code === 'n' ? { withheld: 'snapshot' } : {}) })),
    });
  }
  const second = forged.findLastIndex((frame) => frame.header !== undefined);
  const kids = [thumbprintOf(keys.owner), thumbprintOf(keys.audit)];
  return {
    frames: forged,
    events: [
      {
        action: 'person.keys',
        person: PERSON,
        detail: { encryptionKey: kids[0], signingKey: sshThumbprint(keys.trust.persons[0]!.ssh), record: '11'.repeat(32), slots: '22'.repeat(32) },
      },
      { action: 'policy.change', detail: { sha256: POLICY, auditKeys: [kids[1]] } },
      { action: 'unlock', person: PERSON, outcome: 'success', detail: { method: 'passkey' }, hidden: true },
      {
        action: 'recording.start',
        person: PERSON,
        detail: { recording: RECORDING, recipients: kids, policySha256: POLICY, role: 'operator', class: 'nursing', reason: 'none' },
      },
      { action: 'recording.heads', detail: { recording: RECORDING, size: 4 } },
      { action: 'lock', detail: { cause: 'idle' }, hidden: true },
      { action: 'recording.segment', detail: { recording: RECORDING, segment: 1, firstSeq: second, size: second + 1 } },
      { action: 'recording.end', detail: { recording: RECORDING, reason: 'exit', size: forged.length, root: undefined, outputBytes, durationMs } },
      { action: 'play', person: PERSON, outcome: 'success', detail: { recording: RECORDING, key: 'owner' } },
    ],
    state: 'complete',
    person: PERSON,
    exported: { time: '2026-03-05T08:00:00.000Z', by: PERSON, version: '0.1.0', reason: 'none' },
    note: (text) => text,
    noteTail: '',
    sshHash: 'sha512',
    files: () => undefined,
    late: () => undefined,
  };
}

/** A segment header sealed to other keys. */
export function headerFor(keys: InsiderKeys, segment: number, firstSeq: number, outputOffset: number, ...roles: ('owner' | 'audit' | 'stranger')[]): string {
  return headerText(
    'forge',
    segment,
    firstSeq,
    outputOffset,
    roles.map((role) => ({ role: role === 'owner' ? 'owner' : 'audit', key: keys[role] })),
  );
}

/** A recording of somebody else, whose head stands in the same events. */
export const OTHER = '20260304-050000-00000001';

/** An event of heads: that of the recording, and that of another. */
export function headsEvent(seq: number, own: Record<string, unknown>): ReturnType<typeof headsOf> {
  return headsOf(bytesOf(`forge/heads/${seq}`, 32), [
    [OTHER, 7, sha256('of another recording').toString('hex')],
    [own['recording'], own['size'], own['root']],
  ]);
}

/** The files of a forged bundle. */
export function forge(forgery: Forgery, keys: InsiderKeys): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const lines = (name: string, all: readonly string[]): void => void files.set(name, Buffer.from(all.map((line) => `${line}\n`).join(''), 'utf8'));

  // Evidence and session.cast.
  const tree = new MerkleTree();
  const roots: string[] = [tree.head().root];
  const text = new CastText(RECORDING, forgery.frames[0]?.wallMs ?? STARTED_MS);
  let cast = '';
  const counts = { output: 0, disclosed: 0, withheld: 0 };
  const evidence = forgery.frames.map((frame, place) => {
    const bodySha256 = frame.header === undefined ? sha256(`body/${place}`) : sha256(frame.header);
    const digests: Buffer[] = [];
    const pieces = frame.pieces.map((piece, j) => {
      const event = eventBytes(piece);
      const salt = bytesOf(`forge/salt/${place}/${j}`, 32);
      digests.push(pieceDigest(event, salt));
      const isStart = piece.code === 's' && piece.withheld === undefined;
      if (cast === '') cast = text.head(isStart ? piece.data : undefined);
      if (piece.withheld !== undefined) {
        counts.withheld += 1;
        const code = piece.shown ?? piece.code;
        return { code, digest: sha256(salt, event).toString('hex'), reason: piece.withheld };
      }
      counts.disclosed += 1;
      if (piece.code === 'o') counts.output += piece.data.length;
      const isText = piece.form === 'text' || (piece.form !== 'bytes' && piece.code === 'o' && text.isText(piece.data));
      cast += text.line({ code: piece.code as EventCode, timeUs: piece.timeUs, data: piece.data });
      return { salt: salt.toString('hex'), ...(isText ? {} : { bytes: event.toString('base64') }) };
    });
    const head = Buffer.alloc(60);
    head.writeBigUInt64BE(BigInt(frame.seq ?? place), 0);
    head.writeBigUInt64BE(frame.monoNs, 8);
    head.writeBigUInt64BE(BigInt(frame.wallMs), 16);
    head.writeUInt32BE(frame.type ?? (frame.header === undefined ? 1 : 0), 24);
    (frame.header === undefined ? sha256(...digests) : bodySha256).copy(head, 28);
    tree.append(sha256(Buffer.of(0), head, bodySha256));
    roots.push(tree.head().root);
    const front = { head: head.toString('hex'), body: bodySha256.toString('hex') };
    return JSON.stringify(frame.header === undefined ? { ...front, pieces } : { ...front, header: frame.header });
  });
  lines(BUNDLE.evidence, evidence);
  if (cast === '') cast = text.head(undefined);
  files.set(BUNDLE.cast, Buffer.from(cast + text.end(), 'utf8'));

  // Ledger.
  const events = forgery.events.map((event, seq) => {
    const detail = event.detail && { ...event.detail };
    if (detail && typeof detail['size'] === 'number' && detail['root'] === undefined) detail['root'] = roots[detail['size']] ?? '00'.repeat(32);
    const sealed = event.action === 'recording.heads' && detail && !('heads' in detail) ? headsEvent(seq, detail) : undefined;
    const line =
      event.line ??
      JSON.stringify({
        seq,
        time: event.time ?? new Date(STARTED_MS + seq * 1000).toISOString(),
        monoUs: 'monoUs' in event ? event.monoUs : 5_000_000 + seq * 1_000_000,
        installation: event.installation ?? INSTALLATION,
        action: event.action,
        person: event.person,
        outcome: event.outcome,
        aal: 'aal' in event ? event.aal : 2,
        credential: 'credential' in event ? event.credential : 'c0ffee00',
        detail: sealed ? { heads: sealed.digests } : detail,
      });
    const head = event.head === null ? undefined : (event.head ?? sealed?.opening);
    return { line, seq, hidden: event.hidden === true, detail, head };
  });
  const ledger = new StoredTree(events.map(({ line }) => leafHash(Buffer.from(line, 'utf8'))));
  const ledgerRoot = new MerkleTree();
  for (const { line } of events) ledgerRoot.append(leafHash(Buffer.from(line, 'utf8')));
  const head = ledgerRoot.head();
  lines(
    BUNDLE.ledger,
    events
      .filter(({ hidden }) => !hidden)
      .map(({ line, seq, head: opening }) =>
        JSON.stringify({ index: seq, event: line, head: opening, path: inclusionPath(ledger, seq).map((hash) => hash.toString('hex')) }),
      ),
  );
  const origin = ledgerOrigin(INSTALLATION);
  const noteText = forgery.note(`${origin}\n${head.size}\n${Buffer.from(head.root, 'hex').toString('base64')}\ntime 2026-03-05T07:59:59.000Z\n`);
  const key = noteKey(origin, keys.installation.publicKey.raw);
  const signature = Buffer.concat([key.id, (forgery.sign ?? keys.noteSign)(Buffer.from(noteText, 'utf8'))]).toString('base64');
  const cosigned = keys.second ? cosignature(origin, head, keys.second) : '';
  files.set(BUNDLE.checkpoint, Buffer.from(`${noteText}\n— ${origin} ${signature}\n${cosigned}${forgery.noteTail}`, 'utf8'));

  // The rest.
  const sizes = events.flatMap(({ detail }) => (typeof detail?.['size'] === 'number' && detail['recording'] === RECORDING ? [detail['size']] : []));
  const summary = {
    format: 'wardmux-bundle',
    version: 1,
    recording: RECORDING,
    installation: INSTALLATION,
    person: forgery.person,
    started: new Date(STARTED_MS).toISOString(),
    state: forgery.state,
    records: forgery.frames.length,
    root: roots.at(-1),
    proven: sizes.at(-1) ?? 0,
    outputBytes: counts.output,
    pieces: { disclosed: counts.disclosed, withheld: counts.withheld },
    ledger: head,
    exported: forgery.exported,
  };
  files.set(BUNDLE.summary, Buffer.from(`${JSON.stringify(summary, null, 2)}\n`, 'utf8'));
  files.set(BUNDLE.allowedSigners, Buffer.from(allowedSigners(keys.trust)));
  files.set(BUNDLE.verifier, VERIFIER);
  files.set(BUNDLE.guide, Buffer.from(guideText(summary as unknown as BundleSummary)));
  forgery.files(files);
  signAgain(files, keys, forgery.sshHash);
  forgery.late(files);
  return files;
}

/** Sums and signatures over the files as they are. */
export function signAgain(files: Map<string, Buffer>, keys: InsiderKeys, hash = 'sha512'): void {
  const sums = Buffer.from(SUMMED_FILES.map((name) => `${sha256(files.get(name) ?? '').toString('hex')}  ${name}\n`).join(''), 'latin1');
  files.set(BUNDLE.sums, sums);
  files.set(BUNDLE.installationSignature, Buffer.from(installationSignature(sums, keys, { hash })));
  files.set(BUNDLE.personSignature, Buffer.from(sshSignature(sums, keys.person, { hash })));
}

/** Of both halves, one after the other. */
export function installationSignature(
  message: Buffer,
  { installation, second }: Pick<InsiderKeys, 'installation' | 'second'>,
  options: SshSignatureOptions = {},
): string {
  return sshSignature(message, installation, options) + (second ? sshSignature(message, secondSsh(second), options) : '');
}

export const secondSsh = ({ publicKey, sign: signBytes }: SecondPair): SshKeyPair => ({ publicKey: mldsa44SshKey(publicKey), sign: signBytes });

/** The signature line of a second half over a head (c2sp.org/tlog-cosignature), by hand. */
export function cosignature(origin: string, { size, root }: { readonly size: number; readonly root: string }, second: SecondPair): string {
  const u64 = (n: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(n));
    return bytes;
  };
  const time = u64(Date.UTC(2026, 2, 5, 7, 59, 59) / 1000);
  const name = Buffer.concat([Buffer.of(origin.length), Buffer.from(origin)]);
  const message = Buffer.concat([Buffer.from('subtree/v1\n\0'), name, time, name, u64(0), u64(size), Buffer.from(root, 'hex')]);
  const id = sha256(origin, Buffer.of(0x0a, 0x06), second.publicKey).subarray(0, 4);
  return `— ${origin} ${Buffer.concat([id, time, second.sign(message)]).toString('base64')}\n`;
}

/** How an SSH signature may differ from ours. */
export interface SshSignatureOptions {
  readonly hash?: string;
  readonly namespace?: string;
  /** Base64 characters a line. */
  readonly width?: number;
  /** Needless zeros in front of a key's numbers. */
  readonly zeros?: number;
  /** What stands in the field that is reserved, and is signed with the rest. */
  readonly reserved?: string;
  readonly version?: number;
  /** The last string, in the place of a signature. */
  readonly last?: Buffer;
}

/** An SSH signature with any digest and namespace. */
export function sshSignature(message: Buffer, pair: SshKeyPair, options: SshSignatureOptions = {}): string {
  const { hash = 'sha512', namespace = EXPORT_NAMESPACE, width = 70, zeros = 0, reserved = '', version = 1, last } = options;
  const string = (bytes: Uint8Array | string): Buffer => {
    const data = Buffer.from(bytes as Uint8Array);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, data]);
  };
  const mpint = (bytes: Buffer): Buffer => {
    const trimmed = bytes.subarray(
      Math.max(
        0,
        bytes.findIndex((byte) => byte !== 0),
      ),
    );
    return string(Buffer.concat([Buffer.alloc(zeros + (trimmed[0]! & 0x80 ? 1 : 0)), trimmed]));
  };
  const digest = createHash(hash).update(message).digest();
  const raw = Buffer.from(pair.sign(Buffer.concat([Buffer.from('SSHSIG'), string(namespace), string(reserved), string(hash), string(digest)])));
  const value = pair.publicKey.type === 'ecdsa-sha2-nistp256' ? Buffer.concat([mpint(raw.subarray(0, 32)), mpint(raw.subarray(32))]) : raw;
  const blob = Buffer.concat([
    Buffer.from('SSHSIG'),
    Buffer.of(0, 0, 0, version),
    string(encodeSshKey(pair.publicKey)),
    string(namespace),
    string(reserved),
    string(hash),
    string(last ?? Buffer.concat([string(pair.publicKey.type), string(value)])),
  ]);
  const body = blob.toString('base64').match(new RegExp(`.{1,${width}}`, 'g'))!;
  return `-----BEGIN SSH SIGNATURE-----\n${body.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

/** Writes a bundle. */
export function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  return folder;
}
