/**
 * The key was replaced, and somebody has the old one, or an older copy of the data folder: neither makes another past. Keys lie in
 * files here, so nothing is pinned, and everything can be set back together.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { commandsOver } from './commands.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { verifier } from './fixture.ts';
import { certifySuccessor, type KeyHalves } from '../../src/crypto/succession.ts';
import { dropPath } from '../../src/anchors/file-drop.ts';
import type { InstallationSigner } from '../../src/crypto/signer.ts';
import { testSigner } from '../../src/ledger/fixture.ts';
import { homePaths, keyDigest, openSigner, requireInstallation } from '../../src/storage/index.ts';
import { vouchText, type FormerKey, type Installation } from '../../src/storage/installation.ts';
import { newSigningSecret, publicHalves, signerOf, signingKeySecret } from '../../src/storage/signer.ts';
import { forAudit } from '../support/disclosure.ts';

const place = mkdtempSync(join(tmpdir(), 'wardmux-replaced-'));
const home = join(place, 'home');
const before = join(place, 'before');
const after = join(place, 'after');
const drop = join(place, 'drop');
const dropAfter = join(place, 'drop-after');
const trust = join(place, 'trust.json');
const secret = newSigningSecret();
const installed = (): Installation => requireInstallation(homePaths(home));

const { wardmux, done, install } = commandsOver(place, home);

beforeAll(() => {
  mkdirSync(drop);
  install(drop);
  done('record', '--', 'echo', 'one');
  done('anchor', 'test');
  cpSync(home, before, { recursive: true });
  done('installation', 'rotate-key', '--passphrase-fd', '3');
  done('record', '--', 'echo', 'two');
  done('anchor', 'test');
  writeFileSync(trust, wardmux('trust').out);
  cpSync(home, after, { recursive: true });
  cpSync(drop, dropAfter, { recursive: true });
}, 180_000);
beforeEach(() => {
  for (const [from, to] of [
    [after, home],
    [dropAfter, drop],
  ] as const) {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  }
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('nobody touches it', () => {
  done('ledger', 'verify', '--deep', '--trust', trust, '--anchor', drop);
});

test('everything is set back to before the key was replaced: heads of the newer key stand outside, and the trust file names it', () => {
  rmSync(home, { recursive: true });
  cpSync(before, home, { recursive: true });
  expect(wardmux('ledger', 'verify')).toMatchObject({ status: 50, out: expect.stringContaining('not-anchored') });
  expect(wardmux('anchor', 'status')).toMatchObject({ status: 50, out: expect.stringContaining('signed by no key that is known here') });
  expect(wardmux('ledger', 'verify', '--trust', trust)).toMatchObject({ status: 54, out: expect.stringContaining('superseded-key') });
  expect(wardmux('ledger', 'verify', '--trust', trust, '--anchor', drop, '--others')).toMatchObject({ status: 54 });
  expect(wardmux('ledger', 'verify', '--trust', trust, '--anchor', drop)).toMatchObject({ status: expect.not.stringMatching(/^0$/) });
  // Nothing of the old key goes behind them, where they would no longer be seen.
  const kept = readFileSync(join(drop, `${requireInstallation(homePaths(home)).id}.heads.jsonl`), 'utf8');
  expect(wardmux('anchor', 'test')).toMatchObject({ status: 53 });
  expect(readFileSync(join(drop, `${requireInstallation(homePaths(home)).id}.heads.jsonl`), 'utf8')).toBe(kept);
});

test('ledger and kept head are set back, and installation.json is not', () => {
  for (const part of ['ledger', 'recordings', 'secrets/ledger-head.secret']) {
    rmSync(join(home, part), { recursive: true });
    cpSync(join(before, part), join(home, part), { recursive: true });
  }
  rmSync(drop, { recursive: true });
  expect(wardmux('ledger', 'verify')).toMatchObject({
    status: 7,
    out: expect.stringMatching(/^cut: .*restore the newest backup, and tell whoever audits this workstation\.$/m),
  });
  expect(wardmux('record', '--', 'true').status).not.toBe(0);
});

test('the old key writes another past, with the new installation.json in its place', async () => {
  const old = homePaths(before);
  const installation = requireInstallation(old);
  const signer = await openSigner(old, installation);
  const forged = join(place, 'forged');
  const ledger = await Ledger.open({ folder: forged, installation: installation.id, signer });
  await ledger
    .append({ action: 'first-run', detail: { publicKey: installation.publicKey, auditKeys: ['x'.repeat(43)], policySha256: 'ab'.repeat(32) } } as never)
    .catch(() => undefined);
  for (let i = 0; i < 40; i++) await ledger.append({ action: 'app.start', detail: { version: '0.1.0', host: 'chromium' } } as never).catch(() => undefined);
  await ledger.checkpoint();
  await ledger.close();
  rmSync(join(home, 'ledger'), { recursive: true });
  cpSync(forged, join(home, 'ledger'), { recursive: true });
  rmSync(join(home, 'secrets/ledger-head.secret'));
  rmSync(drop, { recursive: true });
  expect(wardmux('ledger', 'verify')).toMatchObject({ status: 7 });
  expect(wardmux('ledger', 'verify', '--deep', '--trust', trust)).toMatchObject({ status: 7 });
  expect(wardmux('record', '--', 'true').status).not.toBe(0);
});

test.each<readonly [string, (text: string) => string]>([
  ['without its second half', (text) => text.replace(/^ {2}"secondKey": "[^"]*",\n/m, '')],
  ['with another second half', (text) => text.replace(/^( {2}"secondKey": ")./m, '$1_')],
])('installation.json %s is not the one of the trust file', (_, change) => {
  const path = join(home, 'installation.json');
  const text = readFileSync(path, 'utf8');
  expect(change(text)).not.toBe(text);
  writeFileSync(path, change(text));
  expect(wardmux('ledger', 'verify', '--trust', trust).status).toBe(54);
});

test('a stolen key that was replaced is left out of the trust file, which is a good one', () => {
  const [id] = readdirSync(join(home, 'recordings')).toSorted().slice(-1) as [string];
  const bundle = join(place, 'bundle');
  done('export', id, '--output', bundle, ...forAudit, '--passphrase-fd', '3');
  const event = wardmux('ledger', 'show', '--json', '--action', 'installation.key').out;
  const { previous } = (JSON.parse(event.trim()) as { detail: { previous: string } }).detail;
  const without = wardmux('trust', '--without', previous);
  expect(without).toMatchObject({ status: 0 });
  const keys = (JSON.parse(without.out) as { keys: { algorithm: string; certificate?: string | null }[] }).keys;
  expect(keys.map(({ algorithm, certificate }) => [algorithm, certificate])).toEqual([
    ['ed25519', null],
    ['ml-dsa-44', undefined],
  ]);
  const path = join(place, 'without.json');
  writeFileSync(path, without.out);
  expect(wardmux('verify', bundle, '--trust', path)).toMatchObject({ status: 0 });
  expect(spawnSync('python3', [verifier, bundle, '--trust', path], { encoding: 'utf8' })).toMatchObject({ status: 0 });
  expect(wardmux('ledger', 'verify', '--trust', path)).toMatchObject({ status: 0 });
  expect(wardmux('trust', '--without', 'ab'.repeat(32))).toMatchObject({ status: 2, err: expect.stringContaining(previous) });
});

test('the newer head lies in the secret store, or among those that an auditor kept: set back, whatever --others says', () => {
  const drops = dropPath(drop, requireInstallation(homePaths(home)).id);
  const kept = join(place, 'kept.jsonl');
  const notes = readFileSync(drops, 'utf8').trimEnd().split('\n');
  writeFileSync(kept, `${notes[0]}\n${notes.at(-1)}\n`);
  rmSync(drop, { recursive: true });
  for (const part of ['ledger', 'recordings', 'installation.json', 'anchors', 'secrets/signing-key.secret']) {
    rmSync(join(home, part), { recursive: true, force: true });
    cpSync(join(before, part), join(home, part), { recursive: true });
  }
  // The store, which stands for one that lies elsewhere, has the newer head.
  expect(wardmux('ledger', 'verify')).toMatchObject({ status: 51, out: expect.stringContaining('signed by no key that is known here') });
  cpSync(join(before, 'secrets/ledger-head.secret'), join(home, 'secrets/ledger-head.secret'));
  expect(wardmux('ledger', 'verify', '--anchor', kept, '--others')).toMatchObject({ status: 51, out: expect.stringContaining('of this ledger by name') });
});

test('whoever stole a key that was replaced puts no key of their own into its chain', async () => {
  // A second rotation: the thief has the key between.
  const old = homePaths(home);
  const stolen = await openSigner(old, requireInstallation(old));
  done('installation', 'rotate-key', '--passphrase-fd', '3');
  done('ledger', 'verify');
  const newer = join(place, 'newer.json');
  writeFileSync(newer, wardmux('trust').out);
  const honest = requireInstallation(homePaths(home));
  const [first, second] = honest.formerKeys as [FormerKey, FormerKey];
  const own = testSigner(honest.id);
  const vouch = async (former: Omit<FormerKey, 'vouched' | 'vouchedSecond'>, by: Pick<InstallationSigner, 'sign' | 'second'>): Promise<FormerKey> => {
    const text = vouchText(honest.id, former);
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    return { ...former, vouched: base64(await by.sign(text)), ...(by.second ? { vouchedSecond: base64(await by.second.sign(text)) } : {}) };
  };
  const { vouched: _, vouchedSecond: __, ...plain } = first;
  const { secondKey: ___, certificate: ____, ...rest } = plain;
  const mine = { ...rest, publicKey: Buffer.from(own.publicKey).toString('base64url') };
  const chains: readonly (readonly FormerKey[])[] = [
    [await vouch(mine, stolen), second],
    [await vouch(plain, own), await vouch({ ...mine, certificate: 'x' }, stolen), second],
  ];
  const digests = [keyDigest(first), keyDigest(second)];
  for (const formerKeys of chains) {
    writeFileSync(join(home, 'installation.json'), JSON.stringify({ ...honest, formerKeys }));
    expect([7, 54]).toContain(wardmux('ledger', 'verify', '--trust', newer).status);
    for (const without of [[], ['--without', digests[1]!], digests.flatMap((digest) => ['--without', digest])])
      expect(wardmux('trust', ...without)).toMatchObject({ status: expect.not.stringMatching(/^0$/), out: '', err: expect.not.stringContaining('ZodError') });
    expect(wardmux('record', '--', 'true').status).toBe(125);
  }
  // A certificate that is none, and nothing else.
  writeFileSync(join(home, 'installation.json'), JSON.stringify({ ...honest, certificate: 'x' }));
  expect(wardmux('trust')).toMatchObject({ status: 54, out: '', err: expect.not.stringContaining('ZodError') });
}, 120_000);

type Json = Record<string, unknown> & { formerKeys: Record<string, unknown>[] };
test.each<readonly [string, (installation: Json) => void]>([
  ['a key of the forger before the first one', ({ formerKeys }) => formerKeys.unshift({ ...formerKeys[0], publicKey: 'A'.repeat(43) })],
  ['a key of the forger after the last one', ({ formerKeys }) => formerKeys.push({ ...formerKeys[0], publicKey: 'A'.repeat(43) })],
  ['a former key that one half of its successor vouches for', ({ formerKeys }) => delete formerKeys[0]!['vouchedSecond']],
  [
    'a former key that the second half of another vouches for',
    ({ formerKeys }) => (formerKeys[0]!['vouchedSecond'] = (formerKeys[0]!['vouchedSecond'] as string).replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))),
  ],
  ['another border', ({ formerKeys }) => (formerKeys[0]!['until'] = 3)],
  ['another who', ({ formerKeys }) => (formerKeys[0]!['by'] = 'p-00000000dead')],
  ['no certificate', (installation) => delete installation['certificate']],
  ['no former keys, but a certificate', (installation) => delete (installation as Record<string, unknown>)['formerKeys']],
])('installation.json with %s is refused, and nothing is signed', (_, change) => {
  const path = join(home, 'installation.json');
  const installation = JSON.parse(readFileSync(path, 'utf8')) as Json;
  change(installation);
  writeFileSync(path, JSON.stringify(installation));
  const events = readFileSync(join(home, 'ledger/events.jsonl'));
  expect(wardmux('trust')).toMatchObject({ status: 54, out: '', err: expect.stringContaining('do not vouch for each other') });
  expect(wardmux('ledger', 'verify').status).toBe(54);
  expect(wardmux('record', '--', 'true')).toMatchObject({ status: 125, err: expect.stringContaining('do not vouch for each other') });
  expect(readFileSync(join(home, 'ledger/events.jsonl'))).toEqual(events);
});

/** A key of the forger's own in the place of the successor: it vouches for the true key, which is public, and moves in with its own secret. */
test.each<readonly [string, (certify: (own: KeyHalves, signer: InstallationSigner) => Promise<string>) => (own: KeyHalves) => Promise<string>]>([
  ['no certificate worth the name', () => async () => 'x'],
  ['a certificate of its own', (certify) => async (own) => certify(own, signerOf(requireInstallation(homePaths(home)).id, secret))],
  [
    'a certificate by the stolen Ed25519 half alone',
    (certify) => async (own) => certify(own, { ...(await openSigner(homePaths(home), installed())), second: undefined }),
  ],
])(
  'a forger names a key the successor, with %s: nothing is signed by it',
  async (_, how) => {
    rmSync(home, { recursive: true });
    cpSync(before, home, { recursive: true });
    const true_ = installed();
    const own = signerOf(true_.id, secret);
    const halves: KeyHalves = { publicKey: own.publicKey, second: own.second!.publicKey };
    const { publicKey, secondKey, ...rest } = true_;
    const { size: until, root } = JSON.parse(wardmux('ledger', 'verify', '--json').out).last as { size: number; root: string };
    const old = { publicKey, secondKey: secondKey!, until, root, replaced: '2026-11-28T00:00:00.000Z', by: 'p-00000000dead' };
    const text = vouchText(true_.id, old);
    const base64 = async (signature: Promise<Uint8Array>): Promise<string> => Buffer.from(await signature).toString('base64');
    const former = { ...old, vouched: await base64(own.sign(text)), vouchedSecond: await base64(own.second!.sign(text)) };
    const certificate = await how((successor, signer) => certifySuccessor(true_.id, successor, signer))(halves);
    writeFileSync(join(home, 'installation.json'), JSON.stringify({ ...rest, ...publicHalves(own), certificate, formerKeys: [former] }));
    writeFileSync(join(home, 'secrets', `${signingKeySecret}.secret`), secret);
    const events = readFileSync(join(home, 'ledger/events.jsonl'));
    for (const command of [['trust'], ['ledger', 'verify', '--deep', '--anchor', drop, '--others'], ['anchor', 'test']])
      expect(wardmux(...command), command.join(' ')).toMatchObject({ status: 54, err: expect.stringContaining('do not vouch for each other') });
    expect(wardmux('record', '--', 'true')).toMatchObject({ status: 125, err: expect.stringContaining('do not vouch for each other') });
    expect(readFileSync(join(home, 'ledger/events.jsonl'))).toEqual(events);
  },
  60_000,
);
