/** The policies that were in force, as the ledger's events have them: which, from when, by whom, and what of it was weaker. Pure. */
import type { LedgerEvent } from '../ledger/types.ts';
import { policyDirections, type PolicyDirection } from '../types/words.ts';

export interface PolicyVersion {
  /** From 1: the first run's. */
  readonly version: number;
  readonly sha256: string;
  readonly previousSha256: string | null;
  /** Number of the event. */
  readonly seq: number;
  /** ISO 8601 UTC. */
  readonly from: string;
  /** When the next one took its place; null where it is in force. */
  readonly to: string | null;
  /** Who accepted it; null for the first run's, whose `first-run` event says who. */
  readonly by: string | null;
  /** Who agreed to a weakening, where that took two. */
  readonly second: string | null;
  /** The version that it is the same as, where an older policy came back. */
  readonly rollbackTo: number | null;
  /** As the event has them: field, direction, before, after. */
  readonly changes: readonly PolicyChange[];
}

export interface PolicyChange {
  readonly field: string;
  readonly direction: PolicyDirection;
  /** A number, true or false, a word of a closed list, or the SHA-256 of what stands there; null for nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

function changeOf(text: string): PolicyChange[] {
  const [field = '', word = '', before = '-', after = '-'] = text.split(' ');
  const direction = policyDirections.find((each) => each === word);
  const value = (stands: string): string | null => (stands === '-' ? null : stands);
  return direction ? [{ field, direction, before: value(before), after: value(after) }] : [];
}

/** @param events of a ledger that holds, in their order, that count; those that change no policy are left out. */
export function policyVersions(events: readonly LedgerEvent[]): PolicyVersion[] {
  const found: Omit<PolicyVersion, 'to'>[] = [];
  for (const { action, detail = {}, seq, time, person } of events) {
    const { sha256, previousSha256, changes, second } = detail;
    if (action !== 'policy.change' || typeof sha256 !== 'string') continue;
    const same = found.find((each) => each.sha256 === sha256);
    found.push({
      version: found.length + 1,
      sha256,
      previousSha256: typeof previousSha256 === 'string' ? previousSha256 : null,
      seq,
      from: time,
      by: person ?? null,
      second: typeof second === 'string' ? second : null,
      rollbackTo: same && found.at(-1) !== same ? same.version : null,
      changes: Array.isArray(changes) ? (changes as readonly string[]).flatMap(changeOf) : [],
    });
  }
  return found.map((each, n) => ({ ...each, to: found[n + 1]?.from ?? null }));
}

/** The one that was in force at a moment: events count in the ledger's order. @param at milliseconds since the epoch. */
export function versionAt(versions: readonly PolicyVersion[], at: number): PolicyVersion | undefined {
  return versions.findLast(({ from }) => Date.parse(from) <= at);
}
