import { describe, expect, it } from 'vitest';
import { unlockMethods } from '../types/words.ts';
import { delaySeconds, isDisabled } from './backoff.ts';

describe('back-off', () => {
  it('has the delays of the table', () => {
    const passphrase = Array.from({ length: 12 }, (_, failures) => delaySeconds('passphrase', failures));
    expect(passphrase).toEqual([0, 0, 0, 0, 0, 30, 60, 120, 300, 900, 3600, 3600]);
    expect(Array.from({ length: 10 }, (_, failures) => delaySeconds('passkey', failures))).toEqual([0, 0, 0, 0, 5, 15, 60, 300, 300, 300]);
    expect([delaySeconds('passphrase', 99), delaySeconds('passphrase', 100), delaySeconds('passkey', 5000)]).toEqual([3600, Infinity, 300]);
    expect([delaySeconds('passphrase', NaN), delaySeconds('passphrase', -1), delaySeconds('passkey', 1.5)]).toEqual([Infinity, Infinity, 300]);
    expect([isDisabled('passphrase', 100), isDisabled('passkey', 100)]).toEqual([true, false]);
  });

  it('never becomes shorter with more failures', () => {
    for (const method of unlockMethods) {
      for (let failures = 0; failures < 150; failures += 1) expect(delaySeconds(method, failures + 1)).toBeGreaterThanOrEqual(delaySeconds(method, failures));
    }
  });
});
