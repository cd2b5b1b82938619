/** What differs between two policies, as people read it: the path, what it was, what it would be. Pure. */
import type { Policy } from './types.ts';

export interface Difference {
  readonly path: string;
  /** JSON; null where there was nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A value longer than this is cut: a certificate in PEM would fill the window. */
const MAX_VALUE = 120;

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

/** Every leaf by its path. Rows of a list go by their name, so that one that was added does not shift the others. */
function leaves(value: unknown, path: string, into: Map<string, unknown>): Map<string, unknown> {
  if (Array.isArray(value)) {
    value.forEach((item: unknown, i) => {
      const row = typeof item === 'object' && item !== null ? (item as { kid?: unknown; name?: unknown }) : {};
      const name = row.kid ?? row.name;
      // A kid is the thumbprint of its key: with the same kid only the label can differ.
      if (row.kid !== undefined) into.set(`${path}.${String(row.kid)}`, (item as { label?: unknown }).label);
      else leaves(item, `${path}.${typeof name === 'string' ? name : String(i)}`, into);
    });
    if (value.length === 0) into.set(path, []);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) leaves(item, path === '' ? name : `${path}.${name}`, into);
  } else if (value !== undefined) into.set(path, value);
  return into;
}

/** In the order of the policies' fields; empty where they say the same. */
export function policyDifferences(before: Policy, after: Policy): Difference[] {
  const [old, next] = [leaves(before, '', new Map()), leaves(after, '', new Map())];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((path) => {
    const [was, is] = [old, next].map((side) => (side.has(path) ? JSON.stringify(side.get(path)) : null));
    if (was === is) return [];
    return [{ path, before: was === null ? null : shown(old.get(path)), after: is === null ? null : shown(next.get(path)) }];
  });
}
