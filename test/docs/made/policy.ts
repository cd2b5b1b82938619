/** The tables of docs/policy.md, made from ours, so that the page cannot drift from them. */
import { policyFieldNames } from '../../../src/types/words.ts';
import { helpOf, weakerText } from '../../../src/policy/fields.ts';
import { presetNames, presetValues } from '../../../src/policy/presets.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);

/** Every field: what it is for, and which change of it is weaker. */
export const fieldTable = (): string[] =>
  table(
    ['field', 'what it is for', 'weaker is'],
    policyFieldNames.map((field) => [`\`${field}\``, helpOf(field), weakerText(field)]),
  );

/** Longer values stand in full where they are asked for: wardmux policy show --preset NAME. */
const LONGEST = 40;
const short = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
};

/** Every value of every preset, with where it comes from. */
export const presetTable = (): string[] =>
  table(
    ['preset', 'field', 'value', 'from'],
    presetNames.flatMap((name) => presetValues(name).map(([field, value, source]) => [name, `\`${field}\``, `\`${short(value)}\``, source])),
  );
