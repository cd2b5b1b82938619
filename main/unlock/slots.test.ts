import { expect, test } from 'vitest';
import { Slots, type SlotsParts } from './slots.ts';

const withPolicy = (unlock: { readonly storedPasskeys?: boolean } | undefined) => {
  const asked: unknown[] = [];
  const parts = {
    installed: { require: () => ({ policy: { policy: { unlock } } }) },
    vaults: { require: () => ({ ask: async (...what: unknown[]) => (asked.push(what), { options: { challenge: 'x' } }) }) },
  } as unknown as SlotsParts;
  return { slots: new Slots(parts), asked };
};

test.each([undefined, {}, { storedPasskeys: false }])('under %o no weaker passkey is asked for, whoever sends the request', async (unlock) => {
  const { slots, asked } = withPolicy(unlock);
  await expect(slots.enrolOptions({ stored: true })).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('unlock.storedPasskeys') as string,
  });
  expect(asked).toEqual([]);
  // Every other way in is as it was.
  await slots.enrolOptions({ withPassphrase: true });
  expect(asked).toEqual([['enrolOptions', { withPassphrase: true }]]);
});

test('where the policy allows one, the vault hears which kind it is', async () => {
  const { slots, asked } = withPolicy({ storedPasskeys: true });
  expect(await slots.enrolOptions({ stored: true })).toEqual({ challenge: 'x' });
  expect(asked).toEqual([['enrolOptions', { stored: true }]]);
});
