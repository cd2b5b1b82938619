/** A bundle as one file: what its recipient does with stock tools, and what nobody else does. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { forAudit } from '../../../test/support/disclosure.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runHere, runWith } from '../../../test/support/run-here.ts';
import { generateAuditKey } from '../../recording/wrap.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let place: string;
let home: string;
let id: string;
/** In memory, and nobody else's: what an export leaves there is seen. */
const memory = mkdtempSync('/dev/shm/wardmux-sealed-');
const auditor = generateAuditKey();
const stranger = generateAuditKey();

const wardmux = (...args: readonly string[]) =>
  runWith(args, { home, place }, [firstWords], { env: { WARDMUX_HOME: home, HOME: place, XDG_RUNTIME_DIR: memory } });

beforeAll(async () => {
  place = ownFolder();
  home = join(place, 'home');
  (await firstHome(place)).identity.destroy();
  writeFileSync(join(place, 'a.cast'), '{"version":2,"width":80,"height":24}\n[0,"o","PLANTED text\\r\\n"]\n');
  id = (await wardmux('import', join(place, 'a.cast'))).out.trim();
  // As jose jwk pub prints it.
  writeFileSync(join(place, 'auditor.jwk'), JSON.stringify({ ...auditor.recipient.jwk, kid: 'mine', key_ops: ['deriveKey'] }));
  writeFileSync(join(place, 'private.jwk'), JSON.stringify(auditor.file.jwk));
  writeFileSync(join(place, 'stranger.jwk'), JSON.stringify(stranger.file.jwk));
});

afterAll(() => rmSync(memory, { recursive: true, force: true }));

test('its recipient opens it with jose and tar, and it verifies; nobody else does, and nothing of it is in the clear', async ({ skip }) => {
  const file = join(place, 'bundle.jwe');
  const made = await wardmux('export', id, '-o', file, '--seal-to', join(place, 'auditor.jwk'), ...forAudit);
  expect(made, made.err).toMatchObject({ status: 0, out: `${file}\n`, err: expect.stringContaining(auditor.recipient.kid) });
  expect(readFileSync(file, 'latin1')).toMatch(/^[\w-]+\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
  expect(readdirSync(memory)).toEqual([]);
  expect(readdirSync(join(home, 'run')).filter((name) => name.startsWith('export-'))).toEqual([]);
  expect((await runHere(['ledger', 'show'], { home, place })).out).toContain(auditor.recipient.kid);
  const jose = (key: string) => spawnSync('jose', ['jwe', 'dec', '-i', file, '-k', join(place, key)], { maxBuffer: 64 * 1024 * 1024 });
  const opened = jose('private.jwk');
  skip(opened.error !== undefined, 'jose is not installed: apt install jose');
  expect(jose('stranger.jwk').status).not.toBe(0);
  expect(opened.status).toBe(0);
  mkdirSync(join(place, 'out'));
  expect(spawnSync('tar', ['-x', '-C', join(place, 'out')], { input: opened.stdout }).status).toBe(0);
  expect(readdirSync(join(place, 'out')).toSorted()).toEqual(['bundle', 'bundle-redaction']);
  expect(readFileSync(join(place, 'out', 'bundle', 'session.cast'), 'utf8')).toContain('PLANTED');
  const trust = (await runHere(['trust'], { home, place })).out;
  writeFileSync(join(place, 'trust.json'), trust);
  expect((await runHere(['verify', join(place, 'out', 'bundle'), '--trust', join(place, 'trust.json')], { home, place })).status).toBe(0);
  const python = spawnSync('python3', [
    join(import.meta.dirname, '../../../assets/verify.py'),
    join(place, 'out', 'bundle'),
    '--trust',
    join(place, 'trust.json'),
  ]);
  expect(python.status, python.stdout.toString() + python.stderr.toString()).toBe(0);
});

test('a private key, another curve, a file that is there, and what is no key are refused, and nothing is left', async () => {
  const bad = {
    'private.jwk': /private half/,
    'a.cast': /cannot be read as JSON/,
    'other.jwk': /no public key on P-256/,
    'off.jwk': /no point on P-256/,
  };
  writeFileSync(join(place, 'other.jwk'), JSON.stringify({ kty: 'OKP', crv: 'X25519', x: auditor.recipient.jwk.x }));
  writeFileSync(join(place, 'off.jwk'), JSON.stringify({ ...auditor.recipient.jwk, y: auditor.recipient.jwk.x }));
  for (const [key, why] of Object.entries(bad)) {
    const file = join(place, `${key}.jwe`);
    expect(await wardmux('export', id, '-o', file, '--seal-to', join(place, key), ...forAudit)).toMatchObject({ status: 1, err: expect.stringMatching(why) });
    expect(existsSync(file)).toBe(false);
  }
  const taken = join(place, 'taken');
  writeFileSync(taken, 'mine');
  expect(await wardmux('export', id, '-o', taken, '--seal-to', join(place, 'auditor.jwk'), ...forAudit)).toMatchObject({
    status: 1,
    err: expect.stringContaining('never overwrites'),
  });
  expect(readFileSync(taken, 'utf8')).toBe('mine');
});
