/** What the digests of `person.keys` are over, the proof of an open identity, and heads as anchors outside get them. */
import { INSTALLATION, PERSON, RECORDING } from './example.ts';
import { noteOf, checkpointOf, ORIGIN } from './ledgers.ts';
import { bytesOf, ecdsa, ed25519Of, jweOf, p256Of, sha256, thumbprintOf, timestampQuery, proofOf } from './second-writer.ts';
import type { InsiderKeys } from '../attacks/forge.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const base64url = (name: string, length: number): string => bytesOf(name, length).toString('base64url');

/** Records as they lie in people/, the two digests of each, and who certifies them. */
export function personVectors(name: string): unknown {
  const publicOf = (role: string) => {
    const { d: _, ...jwk } = p256Of(`${name}/${role}`);
    return jwk;
  };
  const passphrase = {
    id: 'k-000000000001',
    type: 'passphrase',
    created: '2026-03-04T05:00:00.000Z',
    kdf: { N: 131_072, r: 8, p: 1, salt: base64url(`${name}/salt`, 16) },
    wrapped: { iv: base64url(`${name}/iv`, 12), ciphertext: base64url(`${name}/wrapped`, 48) },
  };
  const passkey = {
    id: 'k-000000000002',
    type: 'passkey-prf',
    created: '2026-03-04T05:01:00.000Z',
    label: 'Schlüssel, "blau"',
    aaguid: '2fc0579f-8113-47ea-b116-bb5a8db9202a',
    credentialId: base64url(`${name}/credential`, 32),
    publicKey: base64url(`${name}/cose`, 77),
    counter: 7,
    transports: ['usb', 'nfc'],
    prfSalt: base64url(`${name}/prf`, 32),
    wrapped: { iv: base64url(`${name}/iv2`, 12), ciphertext: base64url(`${name}/wrapped2`, 48) },
  };
  const common = {
    format: 'wardmux-person',
    version: 1,
    id: PERSON,
    name: 'Ada Example, née “Ö”',
    created: '2026-03-04T05:00:00.000Z',
    encryptionKey: publicOf('owner'),
    signingKey: publicOf('person'),
  };
  const identity = { iv: base64url(`${name}/iv3`, 12), ciphertext: base64url(`${name}/identity`, 290) };
  const { encryptionKey: e, signingKey: s } = common;
  const personText = JSON.stringify(['wardmux/v1/person', common.format, 1, common.id, common.name, common.created, [e.x, e.y], [s.x, s.y]]);
  const recordText = JSON.stringify(['wardmux/v1/record', personText, identity.iv, identity.ciphertext]);
  const { kdf, wrapped } = passphrase;
  const first = ['k-000000000001', 'passphrase', passphrase.created, kdf.N, kdf.r, kdf.p, kdf.salt, wrapped.iv, wrapped.ciphertext];
  const second = [
    'k-000000000002',
    'passkey-prf',
    passkey.created,
    passkey.label,
    passkey.aaguid,
    passkey.credentialId,
    passkey.publicKey,
    passkey.transports,
    passkey.prfSalt,
  ];
  const caseOf = (what: string, slots: readonly unknown[], facts: readonly unknown[], version = 1) => {
    const slotsText = JSON.stringify(['wardmux/v1/slots', ...facts]);
    return {
      name: what,
      record: { ...common, version, slots, identity },
      recordText,
      slotsText,
      facts: { encryptionKey: thumbprintOf(e), signingKey: thumbprintOf(s), record: hex(sha256(recordText)), slots: hex(sha256(slotsText)) },
    };
  };
  const code = {
    id: 'k-000000000003',
    type: 'recovery-code',
    created: '2026-03-04T05:02:00.000Z',
    number: 3,
    wrapped: { iv: base64url(`${name}/iv4`, 12), ciphertext: base64url(`${name}/wrapped3`, 48) },
  };
  const third = [code.id, code.type, code.created, code.number, code.wrapped.iv, code.wrapped.ciphertext];
  const touched = { ...passkey, id: 'k-000000000004', type: 'passphrase-key', kdf: { ...kdf, salt: base64url(`${name}/salt2`, 16) } };
  const stored = { ...passkey, id: 'k-000000000005', type: 'passkey-store' };
  const [, , ...credentialFacts] = second;
  const fourth = [touched.id, touched.type, passkey.created, kdf.N, kdf.r, kdf.p, touched.kdf.salt, ...credentialFacts.slice(1)];
  const both = caseOf('a passphrase and a passkey', [passphrase, passkey], [first, second]);
  const own = p256Of(`${name}/person`);
  const f = both.facts;
  const certified = JSON.stringify(['wardmux/v1/person-keys', INSTALLATION, PERSON, f.encryptionKey, f.signingKey, f.record, f.slots, PERSON, 4]);
  return {
    cases: [
      caseOf('a passphrase', [passphrase], [first]),
      both,
      caseOf('a passphrase and a recovery code', [passphrase, code], [first, third]),
      caseOf('a passphrase with a key', [touched, passkey], [fourth, second]),
      caseOf('version 2: a passkey without PRF', [passphrase, stored], [first, [stored.id, stored.type, ...credentialFacts]], 2),
    ],
    certificate: {
      of: 'a passphrase and a passkey',
      installation: INSTALLATION,
      by: PERSON,
      after: 4,
      text: certified,
      byKey: Buffer.concat([Buffer.from(own.x, 'base64url'), Buffer.from(own.y, 'base64url')]).toString('base64url'),
      signature: ecdsa(Buffer.from(certified, 'utf8'), own).toString('base64url'),
    },
  };
}

/** The secret of a challenge, sealed to the owner of keys.json, and the answer for each purpose. */
export function proofVectors(name: string): unknown {
  const r = bytesOf(`${name}/challenge`, 32);
  const page = bytesOf(`${name}/page`, 65);
  const peer = bytesOf(`${name}/peer`, 65);
  const caseOf = (purpose: string, other: Buffer) => ({
    purpose,
    person: PERSON,
    page: hex(page),
    peer: hex(other),
    proof: hex(proofOf(r, purpose, PERSON, page, other)),
  });
  return { r: hex(r), sealed: jweOf(r, p256Of(`${name}/owner`), `${name}/challenge`), cases: [caseOf('unlock', Buffer.alloc(0)), caseOf('view', peer)] };
}

/** A file drop with what else may stand in one, a syslog message, and the question to a time-stamping authority. */
export function anchorVectors(name: string, keys: InsiderKeys): unknown {
  const root = (size: number): Buffer => sha256(`root ${size}`);
  const note = (size: number): string => noteOf(name, checkpointOf(size, root(size)), keys.noteSign);
  const line = (text: string): string => `${JSON.stringify({ note: text })}\n`;
  const head = (size: number) => ({ size, root: hex(root(size)), time: '2026-03-05T07:59:59.000Z' });
  const newest = note(42);
  const host = 'ward-7';
  const message = `<110>1 ${head(42).time} ${host} wardmux - head [wardmux@32473 installation="${INSTALLATION}" size="42" root="${head(42).root}" time="${head(42).time}" note="${Buffer.from(newest, 'utf8').toString('base64')}"] The ledger of ${INSTALLATION} has 42 events.`;
  const nonce = bytesOf(`${name}/nonce`, 8);
  return {
    installation: INSTALLATION,
    fileDrop: {
      mark: JSON.stringify({ format: 'wardmux-file-drop', version: 1, installation: INSTALLATION }),
      cases: [
        { name: 'two heads', text: line(note(7)) + line(newest), heads: [head(7), head(42)], foreign: 0 },
        {
          name: 'half a line of a crash, then a new one',
          text: `${line(note(7))}{"note":"wardmux.local\n${line(newest)}`,
          heads: [head(7), head(42)],
          foreign: 0,
        },
        { name: 'a line that is no JSON', text: `${line(note(7))}x\n`, heads: [head(7)], foreign: 0 },
        { name: 'a note with another size', text: line(note(7)) + line(newest.replace('\n42\n', '\n43\n')), heads: [head(7)], foreign: 1 },
        { name: 'the same as notes, without JSON', text: note(7) + newest, heads: [head(7), head(42)], foreign: 0 },
        { name: 'what a collector of syslog wrote', text: `${message}\n`, heads: [head(42)], foreign: 0 },
      ],
    },
    syslog: { note: newest, head: head(42), host, message, frame: hex(Buffer.from(`${Buffer.byteLength(message)} ${message}`, 'utf8')) },
    timestampQuery: { data: newest, nonce: hex(nonce), query: hex(timestampQuery(Buffer.from(newest, 'utf8'), nonce)) },
  };
}

/** Files of `ledger.late/`: events that a process could not enter before its end, and what is none of ours. */
export function lateVectors(name: string, keys: InsiderKeys): unknown {
  const happened = { time: '2026-03-05T07:00:00.000Z', monoUs: 81_234_567 };
  const lock = { entry: { action: 'lock', detail: { cause: 'idle' } }, authority: null, happened };
  const unlock = {
    entry: { action: 'unlock', person: PERSON, outcome: 'success', detail: { method: 'passphrase' } },
    authority: { aal: 1, credential: 'k-000000000001' },
    happened,
  };
  const heads = { entry: { action: 'recording.heads', heads: [{ recording: RECORDING, size: 7, root: hex(sha256('root 7')) }] }, authority: null, happened };
  const text = (first: string, lines: readonly unknown[]): string => `${first}\n${lines.map((line) => `${JSON.stringify(line)}\n`).join('')}`;
  const kept = (what: string, entries: readonly unknown[]) => {
    const signed = text(`${ORIGIN}/late`, entries);
    return { name: what, file: noteOf(name, signed, keys.noteSign), sha256: hex(sha256(signed)), entries };
  };
  const refused = (what: string, file: string) => ({ name: what, file, sha256: null, entries: null });
  const good = kept('a lock, an unlock and heads', [lock, unlock, heads]);
  const { entry, ...rest } = lock;
  return {
    cases: [
      good,
      kept('members in another order', [{ ...rest, entry }]),
      refused('changed', good.file.replace('"idle"', '"menu"')),
      refused(
        'signed by a stranger',
        noteOf(name, text(`${ORIGIN}/late`, [lock]), (bytes) => ed25519Of(`${name}/stranger`).sign(bytes)),
      ),
      refused('the text of a checkpoint', noteOf(name, text(ORIGIN, [lock]), keys.noteSign)),
      refused('an action that there is not', noteOf(name, text(`${ORIGIN}/late`, [{ ...lock, entry: { action: 'praise' } }]), keys.noteSign)),
      refused('a line that is no JSON', noteOf(name, `${ORIGIN}/late\nx\n`, keys.noteSign)),
    ],
  };
}
