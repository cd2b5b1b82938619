/** What is wrong with a value that a schema refuses, in words of ours that follow the name of the field: the library's own are for who writes programs. */
import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
  undefined: 'nothing',
};
const kindOfValue = (value: unknown): string => kinds[value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value] ?? 'something else';
/** What a size counts. */
const units: Readonly<Record<string, string>> = { string: ' characters', array: ' entries', set: ' entries' };

const sentences: Readonly<Record<string, (issue: Issue) => string>> = {
  invalid_type: ({ expected, input }) =>
    input === undefined
      ? `is missing, and must be ${kinds[String(expected)] ?? 'there'}`
      : `must be ${kinds[String(expected)] ?? 'another kind of value'}, and is ${kindOfValue(input)}`,
  invalid_value: ({ values }) => {
    const all = (values as readonly unknown[]).map((value) => JSON.stringify(value));
    return all.length === 1 ? `must be ${all[0]}` : `must be one of ${all.join(', ')}`;
  },
  too_small: ({ minimum, origin }) => `must ${units[String(origin)] ? 'have' : 'be'} at least ${String(minimum)}${units[String(origin)] ?? ''}`,
  too_big: ({ maximum, origin }) => `must ${units[String(origin)] ? 'have' : 'be'} at most ${String(maximum)}${units[String(origin)] ?? ''}`,
  unrecognized_keys: ({ keys }) => `has what is not known here: ${(keys as readonly string[]).map((key) => JSON.stringify(key.slice(0, 60))).join(', ')}`,
  invalid_format: () => 'does not have the form that is needed',
  invalid_union: () => 'has none of the forms that are known',
};

/** For `error` of safeParse; a schema's own words come before it. Values that stand in the file are not repeated. */
export function issueInWords(issue: Issue): string {
  return sentences[issue.code ?? '']?.(issue) ?? 'is not valid';
}
