import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openHome, type Home } from '../storage/home.ts';
import { generateKeys } from '../people/identity.ts';
import { createPolicy, defaultPolicy, loadPolicy } from './policy.ts';

let home: Home;
beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), 'wardmux-policy-')));
});
const policy = defaultPolicy([{ label: 'audit', jwk: generateKeys().encryptionKey }], 'ward-3');

test('the default policy is written once and comes back with the digest of its bytes', () => {
  createPolicy(home, policy);
  const bytes = readFileSync(home.policy);
  expect(loadPolicy(home)).toEqual({ policy, sha256: createHash('sha256').update(bytes).digest('hex') });
  expect(policy.lock).toEqual({ idleSeconds: 300, warnSeconds: 30, maxHours: 12, logoffMinutes: 30, parkMinutes: 30, holdShells: false, clearClipboard: true });
  expect(policy.workstation.class).toBe('nursing');
  expect(() => createPolicy(home, policy)).toThrow('exists already');
  expect(readFileSync(home.policy)).toEqual(bytes);
});

test('a workstation without a name still gets a policy', () => {
  expect(defaultPolicy(policy.auditKeys, ' ').workstation.name).toBe('workstation');
});

test('every wrong field is named with the path', () => {
  const key = policy.auditKeys[0]!;
  const cases: [unknown, string][] = [
    ['[', 'is not JSON'],
    [{ ...policy, telemetry: true }, 'telemetry'],
    [{ ...policy, lock: { idleSeconds: 3600, warnSeconds: 30 } }, 'lock.idleSeconds'],
    [{ ...policy, lock: { idleSeconds: 10, warnSeconds: 5 } }, 'lock.idleSeconds'],
    [{ ...policy, lock: { idleSeconds: 60, warnSeconds: 60 } }, 'lock.warnSeconds'],
    [{ ...policy, recording: { ...policy.recording, input: 'always' } }, 'recording.input'],
    [{ ...policy, auditKeys: [] }, 'auditKeys'],
    [{ ...policy, auditKeys: [key, key] }, 'auditKeys'],
    [{ ...policy, auditKeys: [{ ...key, kid: 'A'.repeat(43) }] }, 'auditKeys.0.kid'],
    [{ ...policy, auditKeys: [{ ...key, jwk: { ...key.jwk, d: 'x' } }] }, 'auditKeys.0.jwk'],
    [{ ...policy, network: ['https://example.org/'] }, 'network.0'],
  ];
  for (const [value, words] of cases) {
    writeFileSync(home.policy, typeof value === 'string' ? value : JSON.stringify(value));
    expect(() => loadPolicy(home)).toThrow(words);
    expect(() => loadPolicy(home)).toThrow(home.policy);
  }
});

test('a missing policy is a sentence', () => {
  expect(() => loadPolicy(home)).toThrow('There is no policy at');
});

test('what is no JSON is told with its line and column, and without its text', () => {
  const cases: [string, string][] = [
    ['{\n  "format": secret\n}', 'line 2, column 13 is wrong'],
    ['{"a": 1,}', 'line 1, column 9 is wrong'],
    ['{"a": tru secret}', 'line 1, column 10 is wrong'],
    ['{\n\n"a" 1}', 'line 3, column 5 is wrong'],
    ['{} secret', 'line 1, column 4 is wrong'],
    ['{"a": -x}', 'line 1, column 8 is wrong'],
    ['{"a": "\\q"}', 'line 1, column 9 is wrong'],
    ['{"a": "b', 'its end is missing'],
    ['', 'its end is missing'],
  ];
  for (const [text, place] of cases) {
    writeFileSync(home.policy, text);
    expect(() => loadPolicy(home), text).toThrow(`${home.policy} is not JSON: ${place}. It is left as it is. Correct it there, or restore`);
    expect(() => loadPolicy(home)).not.toThrow('secret');
  }
});
