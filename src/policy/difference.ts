/** What differs between two policies, as people read it: the path, what it was, what it would be, and which way that goes. Pure. */
import { hash } from 'node:crypto';
import { workstationClasses, policyFieldNames, type PolicyDirection, type PolicyFieldName } from '../types/words.ts';
import { kindOf } from '../anchors/kinds.ts';
import { anchorDirection, classDirection, directionOf, fieldOf, worstDirection } from './fields.ts';
import type { Policy } from './types.ts';

export interface Difference {
  readonly path: string;
  /** JSON, the whole of it: who signs a change reads it to its end. Null where there was nothing. */
  readonly before: string | null;
  readonly after: string | null;
  readonly direction: PolicyDirection;
}

/** In a sentence, or in a row of many, a value longer than this is cut: a certificate in PEM would fill the window. Characters. */
const MAX_VALUE = 120;

export const shortened = (text: string): string => (text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}… (${text.length} characters)` : text);

/** Every leaf by its path. Rows of a list go by their name, and words of one by themselves, so that one that was added does not shift the others. */
function leaves(value: unknown, path: string, into: Map<string, unknown>): Map<string, unknown> {
  if (Array.isArray(value)) {
    value.forEach((item: unknown, i) => {
      const row = typeof item === 'object' && item !== null ? (item as { kid?: unknown; name?: unknown }) : {};
      const name = typeof item === 'string' ? item : (row.kid ?? row.name);
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

/** A list that is empty on one side and has rows on the other: its rows say all of it. */
const saidByItsRows = (path: string, one: Map<string, unknown>, other: Map<string, unknown>): boolean =>
  Array.isArray(one.get(path)) && !other.has(path) && [...other.keys()].some((each) => each.startsWith(`${path}.`));

/** Which way a field of an anchor goes that both have; undefined for everything else. */
function directionInAnchor(path: string, ...sides: readonly Map<string, unknown>[]): PolicyDirection | undefined {
  const [, row, field] = /^(anchors\.[^.]+)\.([^.]+)$/.exec(path) ?? [];
  const given = sides.map((side) => side.get(`${row}.kind`));
  if (field === undefined || !given.every((kind) => typeof kind === 'string')) return undefined;
  // Left out it is the time of its kind.
  const [was, is] = sides.map((side, n) => side.get(path) ?? (field === 'everySeconds' ? kindOf({ kind: given[n]! }).everySeconds : undefined));
  return anchorDirection(field, was, is);
}

/** Which way something goes of a class of sessions; undefined for everything else. */
function directionInClass(path: string, ...sides: readonly Map<string, unknown>[]): PolicyDirection | undefined {
  const [, field] = /^classes\.[^.]+\.(.+)$/.exec(path) ?? [];
  return field === undefined ? undefined : classDirection(field, ...(sides.map((side) => side.get(path)) as [unknown, unknown]));
}

/** A list that is looked for where none was is stronger, whatever it is; undefined for everything else. */
function directionOfList(path: string, old: Map<string, unknown>, next: Map<string, unknown>): PolicyDirection | undefined {
  if (!path.startsWith('revocation.') || old.has('revocation.file')) return undefined;
  return next.has('revocation.file') ? 'stronger' : undefined;
}

/** In the order of the policies' fields; empty where they say the same. */
export function policyDifferences(before: Policy, after: Policy): Difference[] {
  const [old, next] = [leaves(before, '', new Map()), leaves(after, '', new Map())];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((path) => {
    const [was, is] = [old, next].map((side) => (side.has(path) ? JSON.stringify(side.get(path)) : null));
    if (was === is || saidByItsRows(path, old, next) || saidByItsRows(path, next, old)) return [];
    // A key without a label is a key all the same.
    const value = (side: Map<string, unknown>): unknown => (side.get(path) === '' && path.startsWith('auditKeys.') ? '-' : side.get(path));
    return [
      {
        path,
        before: was ?? null,
        after: is ?? null,
        direction:
          directionInAnchor(path, old, next) ??
          directionInClass(path, old, next) ??
          directionOfList(path, old, next) ??
          directionOf(fieldOf(path), value(old), value(next)),
      },
    ];
  });
}

/** Every field that a policy has, with what stands there. */
export function policyLines(policy: Policy): [path: string, value: string][] {
  return [...leaves(policy, '', new Map())].map(([path, value]) => [path, shortened(JSON.stringify(value))]);
}

/** One difference in a sentence: long values are cut. */
export function differenceText({ path, before, after, direction }: Difference): string {
  return `${path}: ${shortened(before ?? 'nothing')} -> ${shortened(after ?? 'nothing')}${direction === 'neither' ? '' : ` (${direction})`}`;
}

/** What a policy has in a field; a list is one value. */
export const valueAt = (policy: Policy, field: PolicyFieldName): unknown =>
  field.split('.').reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], policy);

/** A value as the ledger may keep it: numbers, yes and no, and words of a closed list are themselves; everything else is its digest. */
function ledgerValue(value: unknown): string {
  if (value === undefined) return '-';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if ((workstationClasses as readonly unknown[]).includes(value)) return String(value);
  return hash('sha256', JSON.stringify(value), 'hex');
}

/** Changes as the event `policy.change` has them: `FIELD DIRECTION BEFORE AFTER`, one a field. */
export function ledgerChanges(before: Policy, after: Policy): string[] {
  const differences = policyDifferences(before, after);
  return policyFieldNames.flatMap((field) => {
    const found = differences.filter(({ path }) => fieldOf(path) === field);
    if (found.length === 0) return [];
    const direction = worstDirection(found.map((each) => each.direction));
    return [`${field} ${direction} ${ledgerValue(valueAt(before, field))} ${ledgerValue(valueAt(after, field))}`];
  });
}

/** What a weakening is told with: field, before and after. Empty where nothing is weaker. */
export const weakenings = (differences: readonly Difference[]): Difference[] => differences.filter(({ direction }) => direction === 'weaker');
