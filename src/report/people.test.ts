/** What the register says of an authenticator: its model as it says itself, what a use of it shows, and never a secret of it. */
import { expect, test } from 'vitest';
import { authenticatorOf } from './people.ts';

const wrapped = { iv: 'AAAA', ciphertext: 'c2VjcmV0' };

test('a passkey has its model, its name and its last use', () => {
  const told = authenticatorOf(
    {
      id: 'k-000000000001',
      type: 'passkey-prf',
      created: '2026-11-28T12:00:00.000Z',
      label: 'key on the badge',
      aaguid: 'cb69481e-8ff7-4039-93ec-0a2729a154a8',
      credentialId: 'Y3JlZA',
      publicKey: 'cHVi',
      counter: 1,
      transports: ['usb'],
      prfSalt: 'c2FsdA',
      wrapped,
    },
    '2026-11-28T13:00:00.000Z',
  );
  expect(told).toEqual({
    id: 'k-000000000001',
    kind: 'passkey-prf',
    label: 'key on the badge',
    model: 'YubiKey 5 Series',
    verification: expect.stringContaining('two factors'),
    created: '2026-11-28T12:00:00.000Z',
    lastUse: '2026-11-28T13:00:00.000Z',
  });
});

test('a code on paper has no model, and what it is for is said', () => {
  const told = authenticatorOf({ id: 'k-000000000002', type: 'recovery-code', created: '2026-11-28T12:00:00.000Z', number: 1, wrapped }, null);
  expect(told).toMatchObject({ kind: 'recovery-code', label: null, model: null, lastUse: null, verification: expect.stringContaining('good once') });
  expect(JSON.stringify(told)).not.toContain('c2VjcmV0');
});
