/** A value that is refused is told in words for people, whatever is wrong with it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defaultPolicy, policySchema } from '../policy/policy.ts';
import { generateAuditKey } from '../recording/wrap.ts';
import { issueInWords } from './issue.ts';

const told = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value, { error: issueInWords }).error?.issues.map(({ message }) => message) ?? [];

test.each<[z.ZodType, unknown, string]>([
  [z.number(), 'x', 'must be a number, and is text'],
  [z.int(), 1.5, 'must be a whole number, and is a number'],
  [z.number(), undefined, 'is missing, and must be a number'],
  [z.boolean(), null, 'must be true or false, and is null'],
  [z.string(), [], 'must be text, and is a list'],
  [z.number().min(30), 3, 'must be at least 30'],
  [z.string().max(2), 'xyz', 'must have at most 2 characters'],
  [z.array(z.number()).min(1), [], 'must have at least 1 entries'],
  [z.literal('never'), 'always', 'must be "never"'],
  [z.enum(['a', 'b']), 'c', 'must be one of "a", "b"'],
  [z.strictObject({}), { idle: 1 }, 'has what is not known here: "idle"'],
  [z.string().regex(/x/), 'y', 'does not have the form that is needed'],
  [z.string().regex(/x/, 'not a host name'), 'y', 'not a host name'],
  [z.union([z.string(), z.number()]), true, 'has none of the forms that are known'],
])('%#: %j', (schema, value, sentence) => {
  expect(told(schema, value)).toEqual([sentence]);
});

test('no policy, however wrong, is told of in words of the library', () => {
  const good = defaultPolicy([{ label: 'a', jwk: generateAuditKey().recipient.jwk }], 'ward-3');
  const paths: string[][] = [];
  const walk = (value: unknown, path: string[]): void => {
    paths.push(path);
    if (typeof value === 'object' && value !== null) for (const [key, child] of Object.entries(value)) walk(child, [...path, key]);
  };
  walk(good, []);
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.oneof(fc.anything(), fc.constantFrom(undefined, null, -1, 1e9, '', 'x'.repeat(999), [], {})), (path, bad) => {
      const policy = structuredClone(good) as unknown as Record<string, unknown>;
      let at: Record<string, unknown> = policy;
      for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
      if (path.length > 0) at[path.at(-1)!] = bad;
      for (const message of told(policySchema, path.length > 0 ? policy : bad)) expect(message).not.toMatch(/invalid|expected|received|unrecognized|^too /i);
    }),
    { numRuns: 2000 },
  );
});
