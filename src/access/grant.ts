/** An open identity, as far as what it may do is concerned. The keys themselves are in the vault's process. */
import type { Reason, Role, UnlockMethod } from '../types/words.ts';

export interface Grant {
  readonly person: string;
  /** As the ledger knows them. A word that is no role of ours permits nothing. */
  readonly roles: readonly (Role | (string & {}))[];
  /** How the identity was opened. `named`: not at all, somebody with this account only said whose it is. */
  readonly method: UnlockMethod | 'named';
  readonly reason: Reason;
  /** Milliseconds since the epoch from which on it counts for nothing. Undefined: the lock ends it. */
  readonly until: number | undefined;
}

/** Where whoever asks stands. */
export type Standing =
  | { readonly phase: 'first-run'; readonly grant?: Grant | undefined }
  /** `grant`: somebody was named, and has proven nothing. */
  | { readonly phase: 'locked'; readonly grant?: Grant | undefined }
  | { readonly phase: 'open'; readonly grant: Grant };

/** What this version gives whoever opens an identity: no reason is asked for, and the lock is the end of it. */
export function grantOf(person: { readonly id: string; readonly roles: readonly string[] }, method: Grant['method']): Grant {
  return { person: person.id, roles: person.roles, method, reason: 'none', until: undefined };
}
