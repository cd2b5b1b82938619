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
  /** Id of the emergency that it was given for; null where no glass was broken. */
  readonly breakGlass: string | null;
  /** Whoever came in with one factor where the policy asks for two: they enrol a second one, whatever their roles permit else. */
  readonly enrols?: true;
}

/** Where whoever asks stands. */
export type Standing =
  | { readonly phase: 'first-run'; readonly grant?: Grant | undefined }
  /** `grant`: somebody was named, and has proven nothing. */
  | { readonly phase: 'locked'; readonly grant?: Grant | undefined }
  | { readonly phase: 'open'; readonly grant: Grant };

interface Somebody {
  readonly id: string;
  readonly roles: readonly string[];
}

/** The role that only an emergency puts into force, and that leaves no other in force. A constant of the format. */
export const EMERGENCY: Role = 'emergency';

/** What an ordinary unlock gives: everything but the role of emergencies. No reason is asked for, and the lock is the end of it. */
export function grantOf({ id, roles }: Somebody, method: Grant['method']): Grant {
  return { person: id, roles: roles.filter((role) => role !== EMERGENCY), method, reason: 'none', until: undefined, breakGlass: null };
}

/** What an unlock with one factor gives where the policy asks for two, and its person has no second one yet. */
export const enrolGrantOf = (somebody: Somebody, method: Grant['method']): Grant => ({ ...grantOf(somebody, method), enrols: true });

/** What breaking the glass gives: that role alone, whatever else they hold. When it is over a clock says that nobody sets (src/lock/glass.ts). */
export function emergencyGrantOf({ id }: Pick<Somebody, 'id'>, method: Grant['method'], reason: Reason, breakGlass: string | null): Grant {
  return { person: id, roles: [EMERGENCY], method, reason, until: undefined, breakGlass };
}
