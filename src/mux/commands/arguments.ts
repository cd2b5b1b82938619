/** Reads a command's words against its argument spec, as getopt does: flags first, in one word or several, `--` ends them. */
import type { Result } from '../layout.ts';
import { type Arguments, type Command, usage } from './command.ts';

export function parseArguments(command: Pick<Command, 'name' | 'args'>, words: readonly string[]): Result<Arguments> {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const { args } = command;
  const fail = (what: string): Result<Arguments> => ({ ok: false, sentence: `${command.name}: ${what} Usage: ${usage(command)}` });
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      at += 1;
      break;
    }
    if (!/^-[A-Za-z0-9]/.test(word)) break;
    for (let i = 1; i < word.length; i += 1) {
      const flag = word[i] ?? '';
      if (args.flags?.includes(flag)) {
        flags.add(flag);
        continue;
      }
      const valueName = args.values?.[flag];
      if (valueName === undefined) return fail(`there is no flag -${flag}.`);
      const value = i + 1 < word.length ? word.slice(i + 1) : words[(at += 1)];
      if (value === undefined) return fail(`-${flag} needs a ${valueName}.`);
      values.set(flag, value);
      break;
    }
  }
  const rest = words.slice(at);
  const named = args.words ?? [];
  const minimum = named.filter((name) => !name.startsWith('[')).length;
  const maximum = named.some((name) => name.includes('...')) ? Infinity : named.length;
  if (rest.length < minimum) return fail(`${named[rest.length] ?? 'a word'} is missing.`);
  if (rest.length > maximum) return fail(`"${rest[maximum] ?? ''}" is one word too many.`);
  return { ok: true, value: { has: (flag) => flags.has(flag), value: (flag) => values.get(flag), words: rest } };
}

/** A whole number from `minimum` on, or a sentence. */
export function parseCount(text: string, what: string, minimum = 0): Result<number> {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  return value >= minimum ? { ok: true, value } : { ok: false, sentence: `"${text}" is not a ${what}: it must be a whole number from ${minimum} on.` };
}

/** A number of cells, or a percentage of `whole`: 20 or 30%. */
export function parseSize(text: string, whole: number): Result<number> {
  const percent = /^(\d{1,3})%$/.exec(text);
  if (percent)
    return Number(percent[1]) <= 100
      ? { ok: true, value: Math.floor((Number(percent[1]) * whole) / 100) }
      : { ok: false, sentence: `"${text}" is more than the whole.` };
  return parseCount(text, 'size', 1);
}
