/** Bundles and trust files of an installation whose key has two halves, and of one that took another such key. Everything else in them is true. */
import { BUNDLE } from '../../src/export/bundle-files.ts';
import { certificateText, INSTALLATION_KEY_NAMESPACE, type KeyHalves } from '../../src/crypto/succession.ts';
import { makeTrust, trustText, type Trust } from '../../src/export/trust.ts';
import { INSTALLATION } from '../vectors/example.ts';
import { mldsa44Of, type SecondPair } from '../vectors/kept.ts';
import { forge, honest, insiderKeys, secondSsh, sshSignature, type InsiderKeys } from './forge.ts';

export type HybridRow = readonly [name: string, code: string, trust: string, files: ReadonlyMap<string, Buffer>];

/** @param keep whether signatures are to be the same every time. */
export function hybridTable(name: string, keep: boolean): HybridRow[] {
  const first = insiderKeys(`${name}/hybrid`, keep);
  // Another key of the same installation and the same people.
  const { installation, noteSign, seed, second } = insiderKeys(`${name}/next`, keep);
  const next: InsiderKeys = { ...first, installation, noteSign, seed, second };
  const stranger = insiderKeys(`${name}/stranger`, keep);

  const successor = (keys: InsiderKeys): KeyHalves => ({ publicKey: keys.installation.publicKey.raw, second: keys.second!.publicKey });
  const certify = (by: InsiderKeys, named = successor(next), seconds: readonly SecondPair[] = [by.second!]): string => {
    const message = certificateText(INSTALLATION, named);
    const options = { namespace: INSTALLATION_KEY_NAMESPACE };
    return sshSignature(message, by.installation, options) + seconds.map((pair) => sshSignature(message, secondSsh(pair), options)).join('');
  };
  const keysOf = (keys: InsiderKeys, certificate?: string): Trust['keys'] =>
    makeTrust({
      installation: INSTALLATION,
      keys: [{ publicKey: keys.installation.publicKey.raw, second: keys.second?.publicKey }],
      persons: [],
      auditKeys: [],
      verifierSha256: '00'.repeat(32),
    }).keys.map((key) => ('certificate' in key && certificate !== undefined ? { ...key, certificate } : key));
  const trusting = (...keys: Trust['keys']): string => trustText({ ...first.trust, keys });
  const [ed, ml] = keysOf(first) as [Trust['keys'][number], Trust['keys'][number]];
  const [nextEd, nextMl] = keysOf(next, certify(first)) as [Trust['keys'][number], Trust['keys'][number]];
  const both = trusting(ed, ml, nextEd, nextMl);

  const whole = forge(honest(first), first);
  const later = forge(honest(next), next);
  const strange = forge(honest(stranger), stranger);
  const blocks = (from: ReadonlyMap<string, Buffer>): string[] =>
    from
      .get(BUNDLE.installationSignature)!
      .toString('latin1')
      .split(/(?<=END SSH SIGNATURE-----\n)/);
  const lines = (from: ReadonlyMap<string, Buffer>): string[] =>
    from
      .get(BUNDLE.checkpoint)!
      .toString('utf8')
      .split(/(?<=\n)(?=— )/);
  /** With another checkpoint, made again and signed for by whoever has the keys; the note is not in what the other proofs need. */
  const note = (parts: readonly string[], keys = first): ReadonlyMap<string, Buffer> =>
    forge({ ...honest(keys), files: (files) => void files.set(BUNDLE.checkpoint, Buffer.from(parts.join(''), 'utf8')) }, keys);
  const sums = (parts: readonly string[], base = whole): ReadonlyMap<string, Buffer> =>
    new Map(base).set(BUNDLE.installationSignature, Buffer.from(parts.join(''), 'latin1'));
  const spoiled = (line: string): string => {
    const [dash, who, text] = line.trimEnd().split(' ');
    const bytes = Buffer.from(text!, 'base64');
    bytes[40]! ^= 1;
    return `${dash} ${who} ${bytes.toString('base64')}\n`;
  };
  const retimed = (line: string): string => {
    const [dash, who, text] = line.trimEnd().split(' ');
    const bytes = Buffer.from(text!, 'base64');
    bytes[11]! ^= 1;
    return `${dash} ${who} ${bytes.toString('base64')}\n`;
  };
  const [text, one, two] = lines(whole) as [string, string, string];
  const [, , nextTwo] = lines(later) as [string, string, string];
  const [, , strangeTwo] = lines(strange) as [string, string, string];
  const [a, b] = blocks(whole) as [string, string];
  // By others, over the same sums: what is wrong with them is whose they are.
  const signedFor = whole.get(BUNDLE.sums)!;
  const signaturesOf = (keys: InsiderKeys): [string, string] => [sshSignature(signedFor, keys.installation), sshSignature(signedFor, secondSsh(keys.second!))];
  const [nextA, nextB] = signaturesOf(next);
  const [strangeA, strangeB] = signaturesOf(stranger);
  const other = sshSignature(Buffer.from('something else'), secondSsh(first.second!));
  const third = { algorithm: 'slh-dsa-128s', key: 'AAAA' };
  const { trustText: trust } = first;

  return [
    ['both halves', 'good', trust, whole],
    ['both halves, the second of the checkpoint in front', 'good', trust, note([text, two, one])],
    ['the second signature of the checkpoint taken off', 'half-signature', trust, note([text, one])],
    ['the first signature of the checkpoint taken off', 'half-signature', trust, note([text, two])],
    ['the second signature of the sums taken off', 'half-signature', trust, sums([a])],
    ['the first signature of the sums taken off', 'half-signature', trust, sums([b])],
    ['the first signature of the checkpoint changed, the second taken off', 'bad-checkpoint', trust, note([text, spoiled(one)])],
    [
      'the first signature of the sums over something else, the second taken off',
      'bad-installation-signature',
      trust,
      sums([sshSignature(Buffer.from('x'), first.installation)]),
    ],
    ['the second signature of the checkpoint by a stranger', 'half-signature', trust, note([text, one, strangeTwo])],
    ['the second signature of the sums by a stranger', 'half-signature', trust, sums([a, strangeB])],
    ['the second signature of the checkpoint changed', 'bad-checkpoint', trust, note([text, one, spoiled(two)])],
    ['the second signature of the checkpoint at another second', 'bad-checkpoint', trust, note([text, one, retimed(two)])],
    ['the second signature of the sums over something else', 'bad-installation-signature', trust, sums([a, other])],
    [
      'the first signature of the sums over something else, the second right',
      'bad-installation-signature',
      trust,
      sums([sshSignature(Buffer.from('x'), first.installation), b]),
    ],
    ['the signatures of the sums in the other order', 'half-signature', trust, sums([b, a])],
    ['a third signature of a stranger over the sums', 'good', trust, sums([a, strangeA, b])],
    ['a second signature that is none', 'bad-installation-signature', trust, sums([a, a.replace(/\n[^-]*\n-/, '\nAAAA\n-')])],
    ['something behind the signatures of the sums', 'bad-installation-signature', trust, sums([a, b, 'x\n'])],
    ['nine signatures of the sums', 'bad-installation-signature', trust, sums([a, ...Array<string>(8).fill(strangeA)])],
    ['both halves, and a trust file that names the first alone', 'good', trusting(ed), whole],
    ['a trust file that names the second half of another key', 'half-signature', trusting(ed, keysOf(stranger)[1]!), whole],
    ['rotated: a bundle of the key before, the trust file of before', 'good', trust, whole],
    ['rotated: a bundle of the key before, the trust file of both', 'good', both, whole],
    ['rotated: a bundle of the successor', 'good', both, later],
    ['rotated: a bundle of the successor, the trust file of before', 'untrusted-key', trust, later],
    [
      'rotated from a key of one half to one of two: a bundle of the key before',
      'good',
      trusting(ed, ...keysOf(next, certify(first, successor(next), []))),
      whole,
    ],
    ['rotated: the checkpoint by the key before, the sums by the successor', 'good', both, note(lines(whole), next)],
    ['rotated: the second half of the checkpoint by the other key', 'half-signature', both, note([text, one, nextTwo])],
    ['rotated: the second half of the sums by the other key', 'half-signature', both, sums([a, nextB])],
    ['rotated: the first half of the sums by the other key', 'half-signature', both, sums([nextA, b])],
    ['a certificate by the first half alone', 'bad-trust', trusting(ed, ml, ...keysOf(next, certify(first, successor(next), []))), later],
    [
      'a certificate whose second half is of a stranger',
      'bad-trust',
      trusting(ed, ml, ...keysOf(next, certify(first, successor(next), [stranger.second!]))),
      later,
    ],
    [
      'a certificate for the first half alone',
      'bad-trust',
      trusting(ed, ml, ...keysOf(next, certify(first, { publicKey: next.installation.publicKey.raw }))),
      later,
    ],
    [
      'a successor with one half',
      'bad-trust',
      trusting(ed, ml, { ...nextEd, certificate: certify(first, { publicKey: next.installation.publicKey.raw }) } as never),
      later,
    ],
    ['a certified successor whose second half was changed for another', 'bad-trust', trusting(ed, ml, nextEd, keysOf(stranger)[1]!), later],
    ['a second half in front of the first', 'bad-trust', trusting(ml, ed), whole],
    ['a second half behind a key to come', 'bad-trust', trusting(ed, third, ml), whole],
    ['two second halves', 'bad-trust', trusting(ed, ml, nextMl), whole],
    ['a second half that two keys have', 'bad-trust', trusting(ed, ml, keysOf(next)[0]!, ml), whole],
    ['a second half under another name', 'bad-trust', trust.replace(/("algorithm": "ml-dsa-44",\n\s+"ledger": "wardmux\.localhost\/)/, '$1x'), whole],
    ['a second half as a key to come', 'bad-trust', trusting(ed, { algorithm: 'ml-dsa-44', key: 'AAAA' } as never), whole],
    ['a second half that is the first', 'bad-trust', trusting(ed, { algorithm: 'ml-dsa-44', ledger: (ed as { ledger: string }).ledger }), whole],
    ['a key to come behind both halves', 'good', trusting(ed, ml, third), whole],
  ];
}

/** The second half of the vectors' key, for whoever reads them. */
export const secondOf = (name: string): SecondPair => mldsa44Of(`${name}/hybrid/installation`, true);
