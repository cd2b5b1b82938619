/** Some hundred of the bundles that verifiers.ts makes; `node test/fuzz/verifiers.ts 100000` makes more. */
import { expect, test } from 'vitest';
import { fuzz } from './verifiers.ts';

test('two verifiers, one judgement: bundles that are changed at random and signed again', { timeout: 180_000 }, async () => {
  const { bundles, codes, disagreement } = await fuzz(400, 20261128);
  expect(disagreement).toBeUndefined();
  expect(bundles).toBe(400);
  // It is worth nothing where all fail for the same reason, or none is good.
  expect(codes['good']).toBeGreaterThan(20);
  expect(Object.keys(codes).length).toBeGreaterThan(15);
});
