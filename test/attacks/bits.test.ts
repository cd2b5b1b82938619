/** Some hundred of the bits that bits.ts changes; `node test/attacks/bits.ts` changes every one. */
import { expect, test, vi } from 'vitest';
import { bundleBits, ledgerBits, recordingBits, type BitsResult } from './bits.ts';

vi.setConfig({ testTimeout: 300_000 });

// Primes, so that every place in a byte and every kind of line gets its turn.
const runs: readonly (readonly [name: string, least: number, run: () => Promise<BitsResult>])[] = [
  ['bundle, both verifiers', 600, () => bundleBits(211)],
  ['ledger', 700, () => ledgerBits(127)],
  ['recording', 400, () => recordingBits(61, false)],
  ['recording whose checksums are made to fit', 400, () => recordingBits(61, true)],
];

test.each(runs)('no bit of a %s can be another one', async (name, least, run) => {
  const { bits, codes, wrong } = await run();
  process.stdout.write(`${name}: ${bits} bits changed, ${JSON.stringify(codes)}\n`);
  expect(wrong).toEqual([]);
  expect(bits).toBeGreaterThan(least);
});
