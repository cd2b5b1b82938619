import { expect, test } from 'vitest';
import { checkEntry } from '../ledger/events.ts';
import { kindOf, kinds, proofSchema, rowSchema } from './kinds.ts';

test.each(kinds.map((kind) => [kind.kind, kind] as const))('%s: its name is one that the ledger takes, and its schemas are of that kind', (name, kind) => {
  expect(kinds.filter((other) => other.kind === name)).toEqual([kind]);
  expect(kindOf({ kind: name })).toBe(kind);
  checkEntry({ action: 'anchor.failed', detail: { anchor: 'a', kind: name, code: 'timeout', attempts: 3 } });
  for (const schema of [rowSchema, proofSchema]) {
    // Whatever else is wrong with it, the kind is known.
    const { error } = schema.safeParse({ kind: name, name: 'a', strange: 1 });
    expect(error?.issues.some(({ path }) => path[0] === 'kind')).toBe(false);
  }
});

test('a kind that nobody knows is no row and no proof', () => {
  for (const schema of [rowSchema, proofSchema]) expect(schema.safeParse({ kind: 'pigeon', name: 'a' }).error?.issues[0]?.path).toEqual(['kind']);
});
