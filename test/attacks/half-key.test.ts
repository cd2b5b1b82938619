/**
 * Somebody has, or can forge, the Ed25519 half of the installation's key and not the other one; or a runtime without ML-DSA-44 is at
 * work. Half a hybrid is not a whole one: it can contradict a ledger, and makes nothing good or anchored.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { commandsOver } from './commands.ts';
import { dropPath } from '../../src/anchors/file-drop.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { installationNoteKey, signCheckpoint } from '../../src/ledger/note.ts';
import type { InstallationSigner } from '../../src/crypto/signer.ts';
import { homePaths, openSigner, requireInstallation } from '../../src/storage/index.ts';

const place = mkdtempSync(join(tmpdir(), 'wardmux-half-'));
const home = join(place, 'home');
const drop = join(place, 'drop');
const trust = join(place, 'trust.json');
const [homeBefore, dropBefore] = [join(place, 'home-before'), join(place, 'drop-before')];

const { wardmux, done, install } = commandsOver(place, home);
const verify = (...args: readonly string[]) => {
  const { status, out } = wardmux('ledger', 'verify', '--json', '--trust', trust, ...args);
  return { status, ...(JSON.parse(out) as { code: string; sentence: string; notes: string[]; events: number; whole: number; halfSigned: number }) };
};
const installation = () => requireInstallation(homePaths(home));

/** The half that somebody has. */
async function half(): Promise<InstallationSigner> {
  const { installation: id, publicKey, sign } = await openSigner(homePaths(home), installation());
  return { installation: id, publicKey, sign };
}
/** Goes on with the ledger, or makes another one, with that half. */
async function write(folder: string, checkpoints: number): Promise<string> {
  const ledger = await Ledger.open({ folder, installation: installation().id, signer: await half(), key: installationNoteKey(installation()) });
  for (let n = 0; n < checkpoints; n++) {
    await ledger.append({ action: 'app.start', detail: { version: '0.1.0', host: 'chromium' } });
    await ledger.checkpoint();
  }
  if (checkpoints === 0) await ledger.append({ action: 'app.start', detail: { version: '0.1.0', host: 'chromium' } });
  const { note } = ledger.lastCheckpoint!;
  await ledger.close();
  return note;
}

beforeAll(() => {
  mkdirSync(drop);
  install(drop);
  done('record', '--', 'echo', 'one');
  done('anchor', 'test');
  writeFileSync(trust, wardmux('trust').out);
  cpSync(home, homeBefore, { recursive: true });
  cpSync(drop, dropBefore, { recursive: true });
}, 120_000);
beforeEach(() => {
  for (const [from, to] of [
    [homeBefore, home],
    [dropBefore, drop],
  ] as const) {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  }
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('both halves signed: good', () => {
  const said = verify('--anchor', drop);
  expect(said).toMatchObject({ status: 0, code: 'good', halfSigned: 0 });
  expect(said.whole).toBeGreaterThan(0);
});

test('another history by one half is not good, nor are heads of it that somebody puts at the anchor', async () => {
  rmSync(join(home, 'ledger'), { recursive: true });
  rmSync(join(home, 'recordings'), { recursive: true });
  mkdirSync(join(home, 'recordings'));
  rmSync(join(home, 'secrets/ledger-head.secret'), { force: true });
  rmSync(join(home, 'anchors'), { recursive: true, force: true });
  writeFileSync(dropPath(drop, installation().id), `${JSON.stringify({ note: await write(join(home, 'ledger'), 40) })}\n`);
  // The policy in force went with the history: that is worse than a place without a head that counts.
  for (const verdict of [verify(), verify('--anchor', drop)]) expect(verdict).toMatchObject({ status: 7, code: 'bad-policy' });
});

test('the newest checkpoint by one half: a status of its own; a whole one covers it, and it stays counted', async () => {
  const { events, whole } = verify();
  await write(join(home, 'ledger'), 2);
  const half = verify();
  expect(half).toMatchObject({ status: 56, code: 'half-signed', sentence: expect.stringContaining('Ed25519 alone'), events: events + 2, whole, halfSigned: 2 });
  expect(verify('--anchor', drop)).toMatchObject({ status: 56, code: 'half-signed' });
  done('record', '--', 'echo', 'two');
  done('anchor', 'test');
  const after = verify('--anchor', drop);
  expect(after).toMatchObject({ status: 0, code: 'good', halfSigned: 2, whole: after.events });
  expect(after.notes).toContainEqual(expect.stringMatching(/^2 of \d+ checkpoints have no second signature/));
});

test('events behind the newest checkpoint are counted: Ed25519 alone vouches for them', async () => {
  const { events } = verify();
  await write(join(home, 'ledger'), 0);
  expect(verify()).toMatchObject({ status: 0, whole: events, events: events + 1, notes: expect.arrayContaining([expect.stringMatching(/^The last 1 of /)]) });
});

test('a head by one half at the anchor, in a receipt or in the secret store proves nothing, and contradicts as any other', async () => {
  const path = dropPath(drop, installation().id);
  const honest = readFileSync(path, 'utf8').trimEnd().split('\n');
  const take = (note: string): string => note.slice(0, note.indexOf('\n', note.indexOf('\n\n') + 2) + 1);
  const halves = honest.map((line) => JSON.stringify({ note: take((JSON.parse(line) as { note: string }).note) }));
  writeFileSync(path, `${halves.join('\n')}\n`);
  expect(verify()).toMatchObject({ status: 50, code: 'not-anchored' });
  expect(wardmux('anchor', 'status')).toMatchObject({ status: 50, out: expect.stringContaining('Ed25519 alone') });
  expect(verify('--anchor', drop)).toMatchObject({ status: 50, sentence: expect.stringContaining('no whole head') });
  // The next whole head stands behind them, and is the one that counts.
  done('anchor', 'test');
  expect(wardmux('anchor', 'status')).toMatchObject({ status: 0 });
  const mixed = verify('--anchor', drop);
  expect(mixed).toMatchObject({ status: 0 });
  expect(mixed.notes).toContainEqual(expect.stringContaining(`${halves.length} of ${halves.length + 1} heads`));
  // One that this ledger does not extend: nothing goes on, whoever signed it.
  const { events } = mixed;
  const key = installationNoteKey(installation());
  const note = await signCheckpoint({ size: events, root: 'ab'.repeat(32) }, '2026-11-28T00:00:00.000Z', key, await half());
  writeFileSync(path, `${JSON.stringify({ note })}\n`, { flag: 'a' });
  expect(verify()).toMatchObject({ status: 51 });
  writeFileSync(path, `${halves.join('\n')}\n`);
  const secret = join(home, 'secrets/ledger-head.secret');
  expect(readFileSync(secret, 'utf8')).toContain('— ');
  writeFileSync(secret, note);
  expect(verify()).toMatchObject({ status: 51 });
  expect(wardmux('record', '--', 'true').status).toBe(125);
});

test('a second half that is taken out of installation.json makes no key of one half: nothing is verified, signed or pinned with what is left', () => {
  const path = join(home, 'installation.json');
  const { secondKey, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  expect(secondKey).toBeDefined();
  writeFileSync(path, JSON.stringify(rest));
  const { status, out } = wardmux('ledger', 'verify', '--json');
  expect({ status, ...(JSON.parse(out) as object) }).toMatchObject({ status: 7, code: 'bad-signature' });
  expect(wardmux('trust')).toMatchObject({ status: 7, out: '' });
  expect(wardmux('record', '--', 'true').status).toBe(125);
});

test('a key that one half vouches for is none, whatever it signs', () => {
  done('installation', 'rotate-key', '--passphrase-fd', '3');
  done('ledger', 'verify');
  const path = join(home, 'installation.json');
  const value = JSON.parse(readFileSync(path, 'utf8')) as { formerKeys: Record<string, unknown>[] };
  delete value.formerKeys[0]!['vouchedSecond'];
  writeFileSync(path, JSON.stringify(value));
  expect(wardmux('ledger', 'verify').status).toBe(54);
});
