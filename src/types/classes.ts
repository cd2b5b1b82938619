/**
 * Classes of sessions: how sensitive what somebody works with is. The policy names them (src/policy/classes.ts). They are not the
 * class of the workstation, which says what kind of place it stands in (words.ts).
 */

/** How a class looks: a token of the page's colours and a mark, each beside the class's word and never alone. */
export const classLooks = ['clinical', 'general', 'plain'] as const;
export type ClassLook = (typeof classLooks)[number];

/** A class's name: what is typed, and what recordings and the ledger name it by. */
export const CLASS_NAME = /^[a-z][a-z0-9-]{0,15}$/;

/** The session of an emergency has this one, which no policy names: nothing crosses into it or out of it, and no sandbox can keep it from starting. */
export const EMERGENCY_CLASS = 'emergency';

/** Code of the refusal where a shell is not started, as what its class has for it cannot be had. */
export const CLASS_ROOM = 'class-room';

/** How text can be asked to go from one class into another: pasted, or as words of a command line that was given in another class. */
export const crossingWays = ['paste', 'command'] as const;
export type CrossingWay = (typeof crossingWays)[number];

/** Lines of one text whose digests are remembered: a scrollback has 10,000, and nobody pastes those by hand. */
export const MOST_LINES = 1000;
/** Of the whole, and of its lines (src/mux/origins.ts). */
export const MOST_PIECES = MOST_LINES + 1;
/** A digest of a piece of text: the first 16 bytes of its SHA-256, lower-case hex. */
export const PIECE_DIGEST = /^[0-9a-f]{32}$/;

/** What the policy in force says of them. */
export interface ClassRules {
  readonly names: readonly string[];
  /** Of a session for which nobody has chosen one. */
  readonly first: string;
  /** Whether text of one may go into another. */
  readonly lets: (from: string, to: string) => boolean;
}

/** Text goes from one class into another, or is asked to: an event either way. */
export interface Crossing {
  readonly from: string;
  readonly to: string;
  readonly way: CrossingWay;
  readonly allowed: boolean;
}

/** @returns undefined where nothing crosses. */
export function crossing(rules: ClassRules, from: string, to: string, way: CrossingWay): Crossing | undefined {
  return from === to ? undefined : { from, to, way, allowed: rules.lets(from, to) };
}

/** Why it does not go. */
export const crossingSentence = ({ from, to, way }: Crossing): string =>
  `${way === 'paste' ? 'This text was copied' : 'This line was given'} in the class ${from}, and the policy in force lets nothing of it into the class ${to}. ${way === 'paste' ? 'Nothing was pasted' : 'Nothing was done'}. It is entered in the ledger. Who decides about the policy can allow it.`;
