import { expect, test } from 'vitest';
import { unlockMethods } from '../types/words.ts';
import { factorsByPassphrase, hasOtherWay, hasTwoFactors, onlyEnrols, requireFactors, requireTaken } from './factors.ts';
import type { KeySlot, PersonRecord } from './types.ts';

const having = (...types: KeySlot['type'][]): Pick<PersonRecord, 'slots'> => ({ slots: types.map((type) => ({ type })) as unknown as KeySlot[] });
const window = { least: 2, enrols: true } as const;

test('a recovery code is no way in, and what has both is two', () => {
  expect([having('passphrase'), having('passphrase', 'recovery-code'), having('passkey-prf'), having('passphrase-key')].map(hasTwoFactors)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test('another way is another method that opens', () => {
  for (const method of unlockMethods) {
    expect(hasOtherWay(undefined, method)).toBe(false);
    expect(hasOtherWay(having('recovery-code'), method)).toBe(false);
    expect(hasOtherWay(having('passphrase', 'passkey-prf'), method)).toBe(true);
  }
  expect(hasOtherWay(having('passphrase-key', 'passphrase-key'), 'passphrase-key')).toBe(false);
});

test('one factor is enough where the policy asks for no more, whoever it is', () => {
  for (const method of unlockMethods)
    for (const least of [1, 2] as const) {
      const enough = (person: Pick<PersonRecord, 'slots'>): boolean => {
        try {
          requireFactors({ least, enrols: true }, method, person, false);
          return !onlyEnrols({ least }, method, person);
        } catch {
          return false;
        }
      };
      for (const person of [having('passphrase'), having('passphrase', 'passkey-prf'), having('passphrase-key')])
        expect(enough(person), `${method} ${least}`).toBe(least === 1 || method !== 'passphrase');
    }
});

test('one factor leads to enrolling where there is no second one, and nowhere else', () => {
  expect(onlyEnrols(window, 'passphrase', having('passphrase'))).toBe(true);
  expect(onlyEnrols(window, 'passphrase', having('passphrase', 'passkey-prf'))).toBe(false);
  expect(() => requireFactors(window, 'passphrase', having('passphrase'), true)).toThrow('agrees to nothing');
  expect(() => requireTaken({ least: 2, enrols: false }, 'passphrase')).toThrow('unlock.commands');
});

test.each([
  [undefined, true, 1],
  [{ factors: 1 }, true, 1],
  [{ factors: 2 }, true, 2],
  [{ factors: 2, commands: false }, true, 2],
  [{ factors: 2, commands: true }, true, 1],
  [{ factors: 2 }, false, 1],
] as const)('a command under %o, sealed %s, asks for %s', (unlock, sealed, least) => {
  expect(factorsByPassphrase(unlock, sealed)).toEqual({ least, enrols: false });
});
