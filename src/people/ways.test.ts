import { expect, test } from 'vitest';
import type { KeySlot } from './types.ts';
import { Ways } from './ways.ts';

const slot = (id: string, type: KeySlot['type'] = 'passphrase'): Pick<KeySlot, 'id' | 'type'> => ({ id, type });

test('it stands as long as the slot is there, or what its own changes have put in its place', () => {
  const ways = new Ways('k-1');
  expect([ways.stand([slot('k-1'), slot('k-2')]), ways.stand([slot('k-2')]), ways.stand([])]).toEqual([true, false, false]);
  const before = [slot('k-1'), slot('k-9', 'recovery-code'), slot('k-2', 'passkey-prf')];
  ways.follow(before, { change: 'passphrase', slot: 'k-3', previous: 'k-1' });
  // Not entered yet, or never.
  expect(ways.stand(before)).toBe(true);
  expect(ways.stand([slot('k-3')])).toBe(true);
  // Somebody else's change, a sheet of codes and a name are no way in of its own.
  for (const change of ['codes', 'name', 'passkey'] as const) ways.follow(before, { change, slot: 'k-4' });
  ways.follow(before, { change: 'passphrase', slot: 'k-4', previous: 'k-2' });
  expect(ways.stand([slot('k-4')])).toBe(false);
});

test('who takes away what they came in by stands on what is left, and what was shown last is all that counts', () => {
  const ways = new Ways('k-2');
  const before = [slot('k-9', 'recovery-code'), slot('k-1'), slot('k-2', 'passkey-prf')];
  ways.follow(before, { change: 'removed', slot: 'k-2' });
  expect([ways.stand([slot('k-1')]), ways.stand([slot('k-9', 'recovery-code')])]).toEqual([true, false]);
  ways.show('k-5');
  expect(ways.stand(before)).toBe(false);
  ways.follow(before, { change: 'removed', slot: 'k-2' });
  expect(ways.stand(before)).toBe(false);
});
