/** What a person seals for themselves opens for them alone, for what it was made, and only as they made it. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { generateKeys, OpenIdentity, sealIdentity } from './identity.ts';
import { openOwn, sealOwn, type OwnPurpose } from './own.ts';
import { asOperator } from './active.fixture.ts';
import type { PersonRecord } from './types.ts';

function somebody(id: string, vaultKey = randomBytes(32)): OpenIdentity {
  const keys = generateKeys();
  const person = {
    format: 'wardmux-person',
    version: 1,
    id,
    name: 'Mara Ueda',
    created: '2026-11-28T09:00:00Z',
    encryptionKey: keys.encryptionKey,
    signingKey: keys.signingKey,
  } as const;
  const record: PersonRecord = {
    ...person,
    slots: [],
    identity: sealIdentity(vaultKey, keys, person),
  };
  return OpenIdentity.open(asOperator(record), Buffer.from(vaultKey), 's-1')!;
}

const text = JSON.stringify({ windows: ['bed 12, Müller'] });

test('it opens for who sealed it', () => {
  const mara = somebody('p-0123456789ab');
  expect(openOwn(mara, 'workspace', sealOwn(mara, 'workspace', text))).toBe(text);
});

test('not for somebody else, not for another purpose, and not changed by a bit', () => {
  const key = randomBytes(32);
  const mara = somebody('p-0123456789ab', key);
  const sealed = sealOwn(mara, 'workspace', text);
  expect(openOwn(somebody('p-0123456789ab'), 'workspace', sealed)).toBeUndefined();
  // The same vault key under another id.
  expect(openOwn(somebody('p-ba9876543210', key), 'workspace', sealed)).toBeUndefined();
  expect(openOwn(mara, 'another' as OwnPurpose, sealed)).toBeUndefined();
  const bytes = Buffer.from(sealed.ciphertext, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 7) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(openOwn(mara, 'workspace', { ...sealed, ciphertext: changed.toString('base64url') })).toBeUndefined();
  }
  expect(openOwn(mara, 'workspace', { iv: '', ciphertext: '' })).toBeUndefined();
});

test('what the vault itself is sealed with does not open as one, and a closed identity opens nothing', () => {
  const mara = somebody('p-0123456789ab');
  expect(openOwn(mara, 'workspace', mara.person.identity!)).toBeUndefined();
  const sealed = sealOwn(mara, 'workspace', text);
  mara.destroy();
  expect(() => openOwn(mara, 'workspace', sealed)).toThrow('locked');
});
