/** The app is started, in a window and in a terminal, with a data folder whose installation.json names a key of somebody else: refused, in a sentence. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { missingKeyringPrograms, startKeyring, type Keyring } from '../../src/storage/keyring.fixture.ts';
import { missingPrograms, openDisplay } from '../support/display.ts';
import { distFolder, passphrase, root } from './support.ts';

const missing = [...missingKeyringPrograms, ...missingPrograms('Xvfb', 'script')];
let place: string;
let home: string;
let keyring: Keyring | undefined;
const env = (): NodeJS.ProcessEnv => ({ ...keyring!.env, WARDMUX_HOME: home, TMPDIR: place, SHELL: '/bin/bash', LANG: 'C.UTF-8' });

beforeEach(({ skip }) => skip(missing.length > 0, `nothing can be pinned or shown, because these are not installed: ${missing.join(', ')}`));
beforeAll(async () => {
  if (missing.length > 0) return;
  place = mkdtempSync(join(tmpdir(), 'fg-'));
  home = join(place, 'home');
  keyring = await startKeyring(place);
  const init = '"$0" init --name "Mara Ueda" --passphrase-fd 3 --audit-key-out "$1" 3<<<"$2"';
  const done = spawnSync('bash', ['-c', init, join(root, 'bin', 'wardmux'), join(place, 'audit.json'), passphrase], { env: env(), encoding: 'utf8' });
  expect(done.status, done.stderr).toBe(0);
  const path = join(home, 'installation.json');
  const installation = JSON.parse(readFileSync(path, 'utf8')) as object;
  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x;
  writeFileSync(path, JSON.stringify({ ...installation, publicKey }));
}, 60_000);
afterAll(() => {
  keyring?.stop();
  if (place) rmSync(place, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const sentence = 'is not the one of this workstation: the public key is not what the Secret Service holds for this folder';
const start = join(distFolder, 'start.mjs');

test('in a window', async () => {
  const display = await openDisplay();
  try {
    const events = readFileSync(join(home, 'ledger', 'events.jsonl'));
    const run = spawnSync(process.execPath, [start], { env: { ...env(), DISPLAY: display.name }, encoding: 'utf8', timeout: 60_000 });
    expect([run.status, run.stderr]).toEqual([54, expect.stringContaining(sentence)]);
    expect(readFileSync(join(home, 'ledger', 'events.jsonl')).equals(events)).toBe(true);
  } finally {
    display.stop();
  }
});

test('in a terminal', () => {
  const run = spawnSync('script', ['-qec', `'${process.execPath}' '${start}'`, '/dev/null'], { env: env(), encoding: 'utf8', input: '', timeout: 60_000 });
  expect([run.status, run.stdout]).toEqual([54, expect.stringContaining(sentence)]);
  expect(run.stdout).not.toContain('Passphrase');
});
