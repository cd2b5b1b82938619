/** The three grades of an anchor, and the sentence of each. Pure. */
import { kindOf, type AnchorRow } from './kinds.ts';
import type { AnchorGrade, AnchorHead, AnchorState } from './types.ts';

/** Between two heads, in seconds: as the row says, or else as its kind does. */
export const everySeconds = (row: AnchorRow): number => row.everySeconds ?? kindOf(row).everySeconds;
/** A head that waits longer than this is overdue: a restart of the other side takes minutes. */
const GRACE_SECONDS = 900;

/** What is said of a head that one half of a key signed. */
export const HALF_HEAD =
  'A head that Ed25519 alone signed proves nothing where the key of the installation has two halves: a runtime without ML-DSA-44 signs so, and whoever has or forges that half.';

/** Seconds that a head may wait until its anchor counts as not anchored. */
const overdueSeconds = (every: number): number => Math.max(GRACE_SECONDS, 3 * every);

/** A head that stands outside, as a signed receipt, a token or the file drop itself says. */
export interface KeptHead {
  readonly head: AnchorHead;
  /** When it was handed over; for a timestamp, the authority's time. ISO 8601 UTC. */
  readonly at: string;
}

export interface GradeFacts {
  readonly row: AnchorRow;
  readonly where: string;
  /** The newest head that is known to stand there. */
  readonly kept: KeptHead | undefined;
  /** Why what is kept is not believed. */
  readonly damage: string | undefined;
  /** Why what is kept outside is not of this ledger. */
  readonly divergence: string | undefined;
  readonly failing: AnchorState['failing'];
  /** When the oldest head that has not gone was signed, milliseconds since 1970. */
  readonly waitingSince: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface AnchorView {
  readonly name: string;
  readonly kind: AnchorRow['kind'];
  readonly where: string;
  readonly grade: AnchorGrade;
  /** The newest head that stands outside. */
  readonly head: { readonly size: number; readonly root: string; readonly time: string } | null;
  /** When it was handed over; for a timestamp, the authority's time. ISO 8601 UTC. */
  readonly at: string | null;
  /** Seconds since then. */
  readonly ageSeconds: number | null;
  readonly failing: AnchorState['failing'];
  /** For people. */
  readonly sentence: string;
}

export function gradeAnchor({ row, where, kept, damage, divergence, failing, waitingSince, now }: GradeFacts): AnchorView {
  const at = kept?.at ?? null;
  const ageSeconds = at === null ? null : Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  const every = everySeconds(row);
  const overdue = waitingSince !== undefined && now - waitingSince > overdueSeconds(every) * 1000;
  const trouble = failing ? ` It has failed since ${failing.since} (${failing.code}, ${failing.attempts === 1 ? 'once' : `${failing.attempts} times`}).` : '';
  const [grade, sentence]: [AnchorGrade, string] = divergence
    ? ['diverged', `${divergence} Keep a copy of both for the audit.`]
    : damage
      ? ['not-anchored', damage]
      : kept?.head.half
        ? ['not-anchored', `${HALF_HEAD} The newest head at ${where}, of ${kept.head.size} events, is such a one.${trouble}`]
        : kept === undefined
          ? ['not-anchored', `No head of this ledger stands at ${where} yet.${trouble}`]
          : overdue
            ? ['not-anchored', `The last head at ${where} is ${durationText(ageSeconds ?? 0)} old, and newer ones wait.${trouble}`]
            : [
                // A head that went is no sign that the place is still there.
                failing ? 'not-anchored' : 'anchored',
                `${kept.head.size} ${kept.head.size === 1 ? 'event is' : 'events are'} anchored at ${where}${kindOf(row).folder ? '' : ', by a receipt that this workstation keeps,'} since ${durationText(ageSeconds ?? 0)}${failing ? ', and the last attempt was not taken' : ''}.${trouble}`,
              ];
  const head = kept ? { size: kept.head.size, root: kept.head.root, time: kept.head.time } : null;
  return { name: row.name, kind: row.kind, where, grade, head, at, ageSeconds, failing, sentence };
}

/** 45 s, 12 min, 5 h, 3 d: rounded down. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

const order: readonly AnchorGrade[] = ['anchored', 'not-anchored', 'diverged'];

/** The worst grade decides; no anchor at all is not anchored. */
export function worstGrade(views: readonly Pick<AnchorView, 'grade'>[]): AnchorGrade {
  if (views.length === 0) return 'not-anchored';
  return order[Math.max(...views.map(({ grade }) => order.indexOf(grade)))]!;
}
