/**
 * Rules of docs/format.md that an insider may break, and what decides where two are broken at once: a row each, and beside what breaks a rule what
 * just keeps it.
 */
import { BUNDLE } from '../../src/export/bundle-files.ts';
import { p256SshKey, sshKeyText } from '../../src/crypto/sshsig.ts';
import { trustText } from '../../src/export/trust.ts';
import { INSTALLATION, PERSON, RECORDING } from '../vectors/example.ts';
import { ecdsa, p256Of, thumbprintOf, type P256Jwk } from '../vectors/second-writer.ts';
import {
  agreedTo,
  certifiedKeys,
  detail,
  end,
  event,
  frameOf,
  header,
  ofOther,
  patch,
  piecesOf,
  recipients,
  recount,
  recovered,
  replacing,
  stranger,
  type InsiderRow,
} from './changes.ts';
import { headerFor, sshSignature, type ForgedEvent, type Forgery, type InsiderKeys, type SshKeyPair, type SshSignatureOptions } from './forge.ts';

/** Somebody whom the trust file names beside the person. */
const OTHER_PERSON = 'p-00000000000b';
/** An id whose day and hour are none. */
const NO_DAY = '20269931-256199-0a1b2c3d';

/** Withholds the nth output, and counts so many bytes for it in what comes after. */
function withhold(f: Forgery, nth: number, counted: number): void {
  const piece = piecesOf(f, 'o')[nth]!;
  piece.withheld = 'patient-data';
  const less = piece.data.length - counted;
  const own = detail(f, 'recording.end');
  own['outputBytes'] = Number(own['outputBytes']) - less;
  const second = f.frames.findLastIndex((frame) => frame.header !== undefined);
  if (f.frames.findIndex((frame) => frame.pieces.includes(piece)) < second)
    header(f, 1, (value) => (value['outputOffset'] = Number(value['outputOffset']) - less));
}

/** A third segment between the exit and the end, whose first record holds these pieces. */
function rotateBeforeEnd(keys: InsiderKeys, f: Forgery, ...codes: readonly (readonly [code: string, data: string])[]): void {
  const { monoNs, wallMs } = end(f);
  const output = Number(detail(f, 'recording.end')['outputBytes']);
  f.frames.splice(
    -1,
    0,
    { monoNs, wallMs, header: headerFor(keys, 2, f.frames.length - 1, output, 'owner', 'audit'), pieces: [] },
    { monoNs, wallMs, pieces: codes.map(([code, data]) => ({ code, timeUs: 4_000_000, data: Buffer.from(data) })) },
  );
  detail(f, 'recording.end')['size'] = f.frames.length;
}

/** Takes the exit of the program out of the recording. */
function withoutExit(f: Forgery): void {
  f.frames.splice(f.frames.indexOf(frameOf(f, 'x')), 1);
  recount(f);
}

/** The recording and the ledger end for this reason. */
function endFor(f: Forgery, reason: string): void {
  end(f).pieces[0]!.data = Buffer.from(JSON.stringify({ reason }));
  detail(f, 'recording.end')['reason'] = reason;
}

/** Another signature of the installation or the person over the sums. */
function signatureOf(keys: InsiderKeys, f: Forgery, who: 'installation' | 'person', options: SshSignatureOptions): void {
  const name = who === 'person' ? BUNDLE.personSignature : BUNDLE.installationSignature;
  f.late = (files) => files.set(name, Buffer.from(sshSignature(files.get(BUNDLE.sums)!, keys[who], options)));
}

/** One more signature behind those of the installation, by somebody of no matter to anybody. */
function signatureBehind(
  keys: InsiderKeys,
  f: Forgery,
  options: SshSignatureOptions,
  { times = 1, pair = pairOf(keys.stranger) }: { readonly times?: number; readonly pair?: SshKeyPair } = {},
): void {
  f.late = (files) => {
    const more = sshSignature(files.get(BUNDLE.sums)!, pair, options).repeat(times);
    files.set(BUNDLE.installationSignature, Buffer.concat([files.get(BUNDLE.installationSignature)!, Buffer.from(more)]));
  };
}

const pairOf = (jwk: P256Jwk) => ({ publicKey: p256SshKey(jwk), sign: (bytes: Uint8Array) => ecdsa(bytes, jwk) });

/** The trust file of a house that has another person too, whose signing key is the stranger's. */
function trustOfTwo({ trust, stranger: other }: InsiderKeys): string {
  const second = { id: OTHER_PERSON, name: 'Bea Example', ssh: sshKeyText(p256SshKey(other)), kids: [thumbprintOf(other)] };
  return trustText({ ...trust, persons: [...trust.persons, second] });
}

/** The other person exports it: the ledger has their keys, certified by the first person with `signer`. */
function exportedByOther(keys: InsiderKeys, f: Forgery, signer?: P256Jwk): void {
  const own = thumbprintOf(keys.stranger);
  const facts = { encryptionKey: own, signingKey: own };
  f.events.splice(1, 0, certifiedKeys(keys, f, facts, { after: null, of: OTHER_PERSON, ...(signer ? { signer } : {}) }));
  f.exported['by'] = OTHER_PERSON;
  const { stranger: other } = keys;
  f.late = (files) => files.set(BUNDLE.personSignature, Buffer.from(sshSignature(files.get(BUNDLE.sums)!, pairOf(other))));
}

const policy = (sha256: string, auditKeys: readonly string[]): ForgedEvent => ({ action: 'policy.change', detail: { sha256: sha256.repeat(32), auditKeys } });

/** The trust file with other times at which its audit key was in force. */
const inForce = ({ trust }: InsiderKeys, from: number, to: number | null): string =>
  trustText({ ...trust, auditKeys: trust.auditKeys.map((key) => ({ ...key, inForce: [{ from, to }] })) });

/** Sets spare bits of base64url, which leave the bytes as they are. */
function withSpareBits(text: string): string {
  const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const at = characters.indexOf(text.at(-1)!);
  if (at % 4 !== 0) throw new Error('there are no spare bits, or they are set');
  return text.slice(0, -1) + characters[at + 1]!;
}

/** Changes the protected header of a recipient's jwe. */
function jweHeader(recipient: Record<string, unknown>, change: (value: { kid: string; epk: { x: string } }) => void): void {
  const [head, ...rest] = String(recipient['jwe']).split('.');
  const value = JSON.parse(Buffer.from(head!, 'base64url').toString('utf8')) as { kid: string; epk: { x: string } };
  change(value);
  recipient['jwe'] = [Buffer.from(JSON.stringify(value)).toString('base64url'), ...rest].join('.');
}

/** The owner's kid is written with spare bits, everywhere. */
function spareKid(keys: InsiderKeys, f: Forgery): string {
  const kid = withSpareBits(thumbprintOf(keys.owner));
  for (const segment of [0, 1])
    header(f, segment, (value) => {
      const own = recipients(value)[0]!;
      own['kid'] = kid;
      jweHeader(own, (head) => (head.kid = kid));
    });
  (detail(f, 'recording.start')['recipients'] as string[])[0] = kid;
  detail(f, 'person.keys')['encryptionKey'] = kid;
  return kid;
}

/** The whole recording is called by another id. */
function called(f: Forgery, id: string): void {
  for (const frame of f.frames) if (frame.header !== undefined) frame.header = frame.header.replace(RECORDING, id);
  for (const each of f.events) if (each.detail?.['recording'] === RECORDING) each.detail = { ...each.detail, recording: id };
  f.files = (files) => {
    for (const name of [BUNDLE.summary, BUNDLE.cast, BUNDLE.guide]) files.set(name, Buffer.from(files.get(name)!.toString('utf8').replaceAll(RECORDING, id)));
    patch(files, BUNDLE.summary, /"proven": \d+/, `"proven": ${f.frames.length}`);
  };
}

/** session.cast is broken off where this text begins. */
const brokenOff = (files: Map<string, Buffer>, text: string): void => {
  const cast = files.get(BUNDLE.cast)!;
  files.set(BUNDLE.cast, cast.subarray(0, cast.indexOf(text)));
};
/** Another salt in the first record, or in the last. */
const spoilFirst = (files: Map<string, Buffer>): void => patch(files, BUNDLE.evidence, /"salt":"[0-9a-f]{8}/, '"salt":"00000000');
const spoilLast = (files: Map<string, Buffer>): void => patch(files, BUNDLE.evidence, /"salt":"[0-9a-f]{8}(?=[^"]*"[^]{0,200}$)/, '"salt":"00000000');

export const rulesTableFor = (keys: InsiderKeys): readonly InsiderRow[] => [
  ...amounts,
  ...ends(keys),
  ...signatures(keys),
  ...people(keys),
  ...policies(keys),
  ...agreements(keys),
  ...texts(keys),
  ...orders(keys),
];

const amounts: readonly InsiderRow[] = [
  ['output withheld, of which the next header counts a byte', 'good', (f) => withhold(f, 1, 1), undefined, { withheld: 2, withheldOutputBytes: 1 }],
  ['output withheld, of which the next header counts none', 'bad-output', (f) => withhold(f, 1, 0)],
  ['output withheld, of which the next header counts more than there was', 'good', (f) => withhold(f, 1, 1000), undefined, { withheldOutputBytes: 1000 }],
  ['two outputs withheld, of which the next header counts two bytes', 'good', (f) => (withhold(f, 0, 1), withhold(f, 1, 1)), undefined, { withheld: 3 }],
  ['two outputs withheld, of which the next header counts one byte', 'bad-output', (f) => (withhold(f, 0, 1), withhold(f, 1, 0))],
  ['output withheld in the last segment, of which the end counts a byte', 'good', (f) => withhold(f, 7, 1), undefined, { withheldOutputBytes: 1 }],
  ['output withheld in the last segment, of which the end counts none', 'bad-output', (f) => withhold(f, 7, 0)],
  [
    'output withheld in one segment, and a byte more counted for the next',
    'bad-output',
    (f) => {
      withhold(f, 1, 5);
      detail(f, 'recording.end')['outputBytes'] = Number(detail(f, 'recording.end')['outputBytes']) + 1;
    },
  ],
];

const ends = (keys: InsiderKeys): readonly InsiderRow[] => [
  ['a size after the exit', 'bad-events', (f) => frameOf(f, 'x').pieces.push({ code: 'r', timeUs: 4_000_000, data: Buffer.from('80x24') })],
  ['a second exit', 'bad-events', (f) => frameOf(f, 'x').pieces.push({ ...piecesOf(f, 'x')[0]! })],
  ['a segment between the exit and the end', 'good', (f) => rotateBeforeEnd(keys, f, ['r', '132x43'])],
  ['a segment between the exit and the end, with two sizes', 'bad-events', (f) => rotateBeforeEnd(keys, f, ['r', '132x43'], ['r', '132x43'])],
  ['a segment between the exit and the end, with a marker', 'bad-events', (f) => rotateBeforeEnd(keys, f, ['r', '132x43'], ['m', 'late'])],
  ['an end by the exit, and no exit', 'bad-events', withoutExit],
  [
    'an end by the exit that is older, and no exit',
    'bad-time',
    (f) => {
      withoutExit(f);
      end(f).pieces[0]!.timeUs = 0;
    },
  ],
  [
    'an end by a closed pane, and no exit',
    'good',
    (f) => {
      endFor(f, 'closed');
      withoutExit(f);
    },
  ],
  ['an end by a closed pane, and an exit', 'good', (f) => endFor(f, 'closed')],
  [
    'a recording that failed, as the ledger has it, and has its end: the end was never entered',
    'good',
    (f) => {
      f.events.splice(f.events.indexOf(event(f, 'recording.end')), 1, {
        action: 'recording.failed',
        detail: { recording: RECORDING, reason: 'process-gone', size: f.frames.length },
      });
      f.state = 'failed';
    },
    undefined,
    { state: 'failed', unproven: 0, withheldOutputBytes: null },
  ],
  [
    'a recording that the ledger has not ended, and has its end',
    'good',
    (f) => {
      f.events.splice(f.events.indexOf(event(f, 'recording.end')), 1);
      f.state = 'open';
    },
    undefined,
    { state: 'open', unproven: 7 },
  ],
  ['a segment that no event of the ledger names', 'good', (f) => f.events.splice(f.events.indexOf(event(f, 'recording.segment')), 1)],
  [
    'heads of nothing alone',
    'no-head',
    (f) => {
      f.events = f.events.filter(({ action }) => action !== 'recording.segment' && action !== 'recording.end');
      detail(f, 'recording.heads')['size'] = 0;
      f.state = 'open';
    },
  ],
  [
    'more signed for after a crash',
    'good',
    (f) => {
      recovered(f, { size: f.frames.length });
      event(f, 'recording.recovered').detail!['signedBefore'] = 3;
    },
    undefined,
    { state: 'recovered', recoveredBy: [PERSON], signedAfterCrash: 15 },
  ],
];

const signatures = (keys: InsiderKeys): readonly InsiderRow[] => [
  ['something reserved in the signature of the installation', 'bad-installation-signature', (f) => signatureOf(keys, f, 'installation', { reserved: 'x' })],
  ['something reserved in the signature of the person', 'bad-person-signature', (f) => signatureOf(keys, f, 'person', { reserved: 'x' })],
  ['a signature of the installation of SSHSIG version 2', 'bad-installation-signature', (f) => signatureOf(keys, f, 'installation', { version: 2 })],
  ['a signature of the person of SSHSIG version 2', 'bad-person-signature', (f) => signatureOf(keys, f, 'person', { version: 2 })],
  ['a signature of the person in another namespace', 'bad-person-signature', (f) => signatureOf(keys, f, 'person', { namespace: 'file' })],
  [
    'two signatures of the person',
    'bad-person-signature',
    (f) => (f.late = (files) => files.set(BUNDLE.personSignature, Buffer.concat([files.get(BUNDLE.personSignature)!, files.get(BUNDLE.personSignature)!]))),
  ],
  ['one more signature of somebody behind that of the installation', 'good', (f) => signatureBehind(keys, f, {})],
  ['one more that signs nothing', 'good', (f) => signatureBehind(keys, f, { last: Buffer.from('x') })],
  ['two more, with more than 8,192 bytes in all', 'good', (f) => signatureBehind(keys, f, { last: Buffer.alloc(5000) }, { times: 2 })],
  ['one more of more than 8,192 bytes', 'bad-installation-signature', (f) => signatureBehind(keys, f, { last: Buffer.alloc(6000) })],
  ['the first key once more, and signs nothing', 'good', (f) => signatureBehind(keys, f, { last: Buffer.from('x') }, { pair: keys.installation })],
  ['one more in another namespace', 'bad-installation-signature', (f) => signatureBehind(keys, f, { namespace: 'file' })],
  ['one more with another hash', 'bad-installation-signature', (f) => signatureBehind(keys, f, { hash: 'sha256' })],
  ['one more with something reserved', 'bad-installation-signature', (f) => signatureBehind(keys, f, { reserved: 'x' })],
  ['control characters in a line of the checkpoint', 'good', (f) => (f.note = (text) => `${text}a bell \u0007 and a return\r\n`)],
  [
    'a note that is no checkpoint, of strangers alone',
    'untrusted-key',
    (f) => (f.files = (files) => files.set(BUNDLE.checkpoint, Buffer.from(`x\n\n— stranger.example ${'A'.repeat(92)}\n`))),
  ],
  ['a note that is no checkpoint, signed', 'bad-checkpoint', (f) => (f.note = () => 'x\n')],
];

const people = (keys: InsiderKeys): readonly InsiderRow[] => {
  const two = trustOfTwo(keys);
  const other = p256Of('other');
  const certified = (f: Forgery, signer: P256Jwk): ForgedEvent => certifiedKeys(keys, f, {}, { by: OTHER_PERSON, signer });
  return [
    [
      'slots that somebody of the trust file certified, whose keys are not in the bundle',
      'good',
      (f) => f.events.splice(2, 0, certified(f, keys.stranger)),
      two,
    ],
    ['the same with a key that the trust file does not have', 'contradiction', (f) => f.events.splice(2, 0, certified(f, other)), two],
    ['exported by somebody else, whom the person certified', 'good', (f) => exportedByOther(keys, f), two, { person: PERSON, exportedBy: OTHER_PERSON }],
    ['exported by somebody else, whom a stranger certified', 'contradiction', (f) => exportedByOther(keys, f, other), two],
    [
      'exported by somebody else, and the person has another signing key in the ledger, which certified them',
      'contradiction',
      (f) => {
        detail(f, 'person.keys')['signingKey'] = thumbprintOf(other);
        exportedByOther(keys, f, other);
      },
      two,
    ],
    ['exported by somebody else, who signed nothing', 'untrusted-person-key', (f) => (exportedByOther(keys, f), (f.late = () => undefined)), two],
  ];
};

const policies = (keys: InsiderKeys): readonly InsiderRow[] => {
  const [audit, strange] = [keys.audit, keys.stranger].map(thumbprintOf) as [string, string];
  /** A later policy of this digest twice in force, under which the second segment is. */
  const twice = (f: Forgery, first: string, second: string): void => {
    f.events.splice(5, 0, policy('cd', [first]), policy('cd', [second]));
    header(f, 1, (value) => (value['policySha256'] = 'cd'.repeat(32)));
  };
  return [
    [
      'a policy replaced before the start, whose audit key was in force until then',
      'good',
      (f) => f.events.splice(3, 0, replacing(keys, 3)),
      inForce(keys, 1, 3),
      { policyReplaced: true },
    ],
    [
      'a policy replaced before the start, whose audit key was in force no more by then',
      'bad-recipients',
      (f) => f.events.splice(3, 0, replacing(keys, 3)),
      inForce(keys, 1, 2),
    ],
    ['a policy twice in force, the first time with the keys of the segment', 'good', (f) => twice(f, audit, strange)],
    ['a policy twice in force, the second time with the keys of the segment', 'bad-recipients', (f) => twice(f, strange, audit)],
    ['a policy without an audit key', 'bad-recipients', (f) => (detail(f, 'policy.change')['auditKeys'] = [])],
    ['a start without a recipient', 'bad-recipients', (f) => (detail(f, 'recording.start')['recipients'] = [])],
    ['a start with a recipient twice', 'bad-recipients', (f) => (detail(f, 'recording.start')['recipients'] as string[]).push(audit)],
    ['a later policy with an audit key twice, under which nothing is', 'good', (f) => f.events.splice(5, 0, policy('cd', [audit, audit]))],
    ...([true, false] as const).map((hidden): InsiderRow => [
      `a policy that the ledger’s readers passed over, ${hidden ? 'left out' : 'shown'} before the next one`,
      hidden ? 'good' : 'bad-policy',
      (f) => {
        const inForceThen = detail(f, 'policy.change')['sha256'];
        const next = policy('ef', [audit]);
        f.events.splice(-1, 0, { ...policy('cd', [audit]), hidden }, { ...next, detail: { ...next.detail, previousSha256: inForceThen } });
      },
    ]),
  ];
};

/** Of two who take a policy into force: whose keys count, where they are looked at, and what a `previousSha256` that is not the one before is. */
const agreements = (keys: InsiderKeys): readonly InsiderRow[] => {
  const two = trustOfTwo(keys);
  const other = p256Of('other');
  const damaged = (f: Forgery): void => void (f.files = (files) => patch(files, BUNDLE.evidence, '"head"', '"hood"'));
  const agreed = (f: Forgery, options: Parameters<typeof agreedTo>[2] = {}): void => void f.events.splice(2, 0, agreedTo(keys, f, options));
  const instead = (previousSha256: unknown, more: Readonly<Record<string, unknown>> = {}) => ({ changed: { previousSha256, ...more } });
  /** The two take it into force before the ledger comes to know the first of them. */
  const before = (f: Forgery, first?: P256Jwk): void => {
    agreed(f, first ? { first } : {});
    f.events.splice(2, 0, f.events.shift()!);
  };
  /** Of an installation whose policy was its first event, with another key of the second person. */
  const trusted = (second: P256Jwk, from: number): string => {
    const trust = { ...keys.trust, auditKeys: keys.trust.auditKeys.map((key) => ({ ...key, inForce: [{ from, to: null }] })) };
    return trustOfTwo({ ...keys, trust, stranger: second });
  };
  const asked = '2026-03-04T05:00:00.000Z';
  const besides = (f: Forgery, more: Readonly<Record<string, unknown>>): void => {
    const change = certifiedKeys(keys, f, {});
    f.events.splice(2, 0, { ...change, detail: { ...change.detail, ...more } });
  };
  return [
    ['a policy by two, of whom the first signs with another key than their first in the ledger', 'contradiction', (f) => agreed(f, { first: other }), two],
    ['the same, and a record that is none: the key in the ledger comes first', 'contradiction', (f) => (agreed(f, { first: other }), damaged(f)), two],
    ['a policy by two, of whom the second signs with another key than the trust file has', 'contradiction', (f) => agreed(f), trusted(other, 1)],
    ['the same, and a record that is none: the key in the trust file comes later', 'bad-evidence', (f) => (agreed(f), damaged(f)), trusted(other, 1)],
    ['a policy by two, whose first person the ledger comes to know later', 'good', (f) => before(f), trusted(keys.stranger, 0), { policyReplaced: true }],
    ['the same with a key that the trust file does not have of them', 'contradiction', (f) => before(f, other), trusted(keys.stranger, 0)],
    ['the same, and a record that is none: what comes later is not asked', 'bad-evidence', (f) => (before(f, other), damaged(f)), trusted(keys.stranger, 0)],
    ['a policy by two in place of another than the one before', 'bad-policy', (f) => agreed(f, instead('ef'.repeat(32))), two],
    ['a policy by two in place of what is no digest', 'bad-policy', (f) => agreed(f, instead('zz')), two],
    ['a policy by two in place of null', 'bad-policy', (f) => agreed(f, instead(null)), two],
    ['a policy by two in place of another, and without a signature', 'bad-policy', (f) => agreed(f, instead('zz', { secondSignature: undefined })), two],
    ['a policy by two that does not say in place of which', 'bad-ledger', (f) => agreed(f, instead(undefined)), two],
    ['a policy by two, before which none is shown', 'bad-policy', (f) => (agreed(f), (event(f, 'policy.change').hidden = true)), two],
    ['other slots later, and a moment of asking beside what was signed', 'good', (f) => besides(f, { asked })],
    ['other slots later, and what is no second person beside what was signed', 'good', (f) => besides(f, { second: 'x', secondKey: 1, asked: null })],
    ['other slots later, and a moment of asking in what was signed', 'contradiction', (f) => f.events.splice(2, 0, certifiedKeys(keys, f, {}, { asked }))],
  ];
};

const texts = (keys: InsiderKeys): readonly InsiderRow[] => {
  const wide = (f: Forgery): void => {
    const [start] = piecesOf(f, 's');
    start!.data = Buffer.from(start!.data.toString('utf8').replace('"cols":80', '"cols":100'));
    f.frames[1]!.pieces.unshift({ code: 'm', timeUs: 0, data: Buffer.from('first') });
  };
  return [
    ['a start behind a marker, and line 1 of session.cast without its size', 'bad-events', wide],
    [
      'a start behind a marker, and line 1 of session.cast with its size',
      'bad-cast',
      (f) => {
        wide(f);
        f.files = (files) => patch(files, BUNDLE.cast, '"width":80', '"width":100');
      },
    ],
    ['half of the last line of session.cast', 'bad-cast', (f) => (f.files = (files) => files.set(BUNDLE.cast, files.get(BUNDLE.cast)!.subarray(0, -3)))],
    [
      'half of the last line of session.cast, and an output that the end does not count',
      'bad-output',
      (f) => {
        detail(f, 'recording.end')['outputBytes'] = 7;
        f.files = (files) => files.set(BUNDLE.cast, files.get(BUNDLE.cast)!.subarray(0, -3));
      },
    ],
    ['session.cast broken off, and a salt behind that changed', 'bad-cast', (f) => (f.files = (files) => (brokenOff(files, 'marker"'), spoilLast(files)))],
    [
      'session.cast broken off, and a salt before that changed',
      'bad-commitment',
      (f) => (f.files = (files) => (brokenOff(files, 'marker"'), spoilFirst(files))),
    ],
    ['a recording whose id has a day and an hour that never were', 'good', (f) => called(f, NO_DAY), undefined, { recording: NO_DAY }],
    [
      'a jwe with spare bits in its last part',
      'good',
      (f) => header(f, 0, (value) => (recipients(value)[0]!['jwe'] = withSpareBits(String(recipients(value)[0]!['jwe'])))),
    ],
    ['an epk with spare bits', 'good', (f) => header(f, 0, (value) => jweHeader(recipients(value)[0]!, ({ epk }) => (epk.x = withSpareBits(epk.x))))],
    [
      'a kid with spare bits, the same everywhere',
      'good',
      (f) => void spareKid(keys, f),
      trustText({ ...keys.trust, persons: keys.trust.persons.map((each) => ({ ...each, kids: [withSpareBits(thumbprintOf(keys.owner))] })) }),
    ],
    ['a kid with spare bits, and without them in the trust file', 'bad-recipients', (f) => void spareKid(keys, f)],
    [
      'a guide that says otherwise, which is told',
      'good',
      (f) => (f.files = (files) => files.set(BUNDLE.guide, Buffer.from('Run ./verify.py\n'))),
      undefined,
      { ownGuide: false },
    ],
    [
      'a guide that leaves open who exported it, which is told',
      'good',
      (f) => (f.files = (files) => patch(files, BUNDLE.guide, `exported by ${PERSON}`, 'exported by {by}')),
      undefined,
      { ownGuide: false },
    ],
    [
      'a guide of another bundle, which is told',
      'good',
      (f) => (f.files = (files) => patch(files, BUNDLE.guide, RECORDING, NO_DAY)),
      undefined,
      { ownGuide: false },
    ],
    [
      'a list of signers with a stranger, which is told',
      'good',
      (f) => (f.files = (files) => patch(files, BUNDLE.allowedSigners, /^/, `* ${sshKeyText(p256SshKey(keys.stranger))}\n`)),
      undefined,
      { ownSigners: false },
    ],
    [
      'a list of signers with one of them for everything, which is told',
      'good',
      (f) => (f.files = (files) => patch(files, BUNDLE.allowedSigners, INSTALLATION, '*')),
      undefined,
      { ownSigners: false },
    ],
    [
      'a list of signers without a line end, which is told',
      'good',
      (f) => (f.files = (files) => patch(files, BUNDLE.allowedSigners, /\n$/, '')),
      undefined,
      { ownSigners: false },
    ],
    [
      'a list of signers without the installation',
      'good',
      (f) => (f.files = (files) => patch(files, BUNDLE.allowedSigners, /^.*\n/, '')),
      undefined,
      { ownSigners: true },
    ],
    ['an empty list of signers', 'good', (f) => (f.files = (files) => files.set(BUNDLE.allowedSigners, Buffer.alloc(0))), undefined, { ownSigners: true }],
    [
      'another verify.py, which is told',
      'good',
      (f) => (f.files = (files) => files.set(BUNDLE.verifier, Buffer.from('print("good")\n'))),
      undefined,
      { ownVerifier: false },
    ],
    ['a recording that only the audit key opens, whose facts say so', 'good', (f) => ofOther(f, PERSON), undefined, { sealedToOwner: false }],
  ];
};

/** Two things are wrong: which one is told. */
const orders = (keys: InsiderKeys): readonly InsiderRow[] => {
  const other = thumbprintOf(keys.stranger);
  return [
    [
      'the last record missing, and another root before it',
      'cut',
      (f) => {
        f.frames.pop();
        detail(f, 'recording.heads')['root'] = '11'.repeat(32);
      },
    ],
    [
      'another root, and a segment that is not there',
      'bad-root',
      (f) => {
        detail(f, 'recording.heads')['root'] = '11'.repeat(32);
        detail(f, 'recording.segment')['segment'] = 7;
      },
    ],
    [
      'a first header at another place, and a second of a version to come',
      'bad-header',
      (f) => {
        header(f, 0, (value) => (value['segment'] = 5));
        header(f, 1, (value) => (value['version'] = 2));
      },
    ],
    [
      'a first header of a version to come, and a second that is none',
      'newer-version',
      (f) => {
        header(f, 0, (value) => (value['version'] = 2));
        header(f, 1, (value) => (value['recipients'] = []));
      },
    ],
    [
      'a segment that is not there, and junk in a resize',
      'contradiction',
      (f) => {
        detail(f, 'recording.segment')['segment'] = 7;
        piecesOf(f, 'r')[0]!.data = Buffer.from('junk');
      },
    ],
    [
      'junk in a resize, and another reason for the end',
      'bad-events',
      (f) => {
        piecesOf(f, 'r')[0]!.data = Buffer.from('junk');
        detail(f, 'recording.end')['reason'] = 'closed';
      },
    ],
    [
      'another role than at the start, and another policy',
      'contradiction',
      (f) => Object.assign(detail(f, 'recording.start'), { role: 'emergency', policySha256: 'cd'.repeat(32) }),
    ],
    [
      'another policy than at the start, and other recipients',
      'bad-policy',
      (f) => Object.assign(detail(f, 'recording.start'), { policySha256: 'cd'.repeat(32), recipients: [] }),
    ],
    [
      'other recipients than at the start, and an exporter with another key',
      'bad-recipients',
      (f) => {
        detail(f, 'recording.start')['recipients'] = [];
        detail(f, 'person.keys')['signingKey'] = other;
      },
    ],
    [
      'a person whom nobody knows, and an exporter with another key',
      'unknown-person',
      (f) => {
        ofOther(f, 'p-0000000000ff');
        detail(f, 'person.keys')['signingKey'] = other;
      },
    ],
    [
      'an exporter with another key, and a policy that was replaced more than a minute before',
      'contradiction',
      (f) => {
        detail(f, 'person.keys')['signingKey'] = other;
        f.events.splice(2, 0, replacing(keys, 4 - 61));
      },
    ],
    [
      'a first segment of another owner, and a second under a policy that never was',
      'bad-recipients',
      (f) => {
        detail(f, 'person.keys')['encryptionKey'] = other;
        header(f, 1, (value) => (value['policySha256'] = 'cd'.repeat(32)));
      },
    ],
    [
      'a second segment under a policy that never was, for a stranger',
      'bad-policy',
      (f) => {
        stranger(keys, f, 1, ['owner', 'audit', 'stranger']);
        header(f, 1, (value) => (value['policySha256'] = 'cd'.repeat(32)));
      },
    ],
  ];
};
