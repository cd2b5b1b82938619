/**
 * What of a ledger nobody has reviewed: everything behind the last span that an auditor has signed for, and of what is signed for those events that the auditor, or
 * whose hand they are, did themselves, until another one has signed for them too. Takes the events of one ledger, each once, in their order. Pure.
 */
import type { LedgerFacts } from '../ledger/facts.ts';
import { readReviewed, reviewedWhy, type Reviewed } from '../ledger/reviewed-facts.ts';
import type { LedgerEvent } from '../ledger/types.ts';

export interface Review extends Reviewed {
  readonly seq: number;
  readonly by: string;
  /** ISO 8601 UTC. */
  readonly time: string;
}

export interface DueReviews {
  /** Number of the first event that nobody has reviewed, and when it happened, to the hour; null where there is none yet. */
  readonly from: number;
  readonly since: string | null;
  /** Events from there on. */
  readonly events: number;
  /** What those who reviewed did themselves, in spans that nobody else has reviewed: so many events. */
  readonly own: readonly { readonly person: string; readonly from: number; readonly to: number; readonly events: number }[];
}

interface Taken extends Review {
  /** Whose deeds it does not review: theirs, and of everybody who counts as one with them by then. */
  readonly people: readonly string[];
}

export class Reviews {
  readonly #all: Taken[] = [];
  /** Numbers of what those did who can be somebody who reviews, or their hand. */
  readonly #deeds = new Map<string, number[]>();
  /** The first event of each hour. */
  readonly #hours: { readonly seq: number; readonly time: string }[] = [];
  #size = 0;
  /** Everything before it is reviewed. */
  #reviewedTo = 0;

  /** @param before the facts by the events before it. */
  take(event: LedgerEvent, before: Pick<LedgerFacts, 'person' | 'hand'>): void {
    const { seq, time, person } = event;
    this.#size = seq + 1;
    if (this.#hours.at(-1)?.time.slice(0, HOUR_CHARS) !== time.slice(0, HOUR_CHARS)) this.#hours.push({ seq, time });
    if (person !== undefined && before.person(person)?.roles.some((role) => role === 'auditor' || role === 'security')) {
      const deeds = this.#deeds.get(person);
      if (deeds) deeds.push(seq);
      else this.#deeds.set(person, [seq]);
    }
    const said = reviewedWhy(before, event) === undefined ? readReviewed(event) : undefined;
    if (!said || person === undefined) return;
    const hand = before.hand(person, time);
    const people = [...this.#deeds.keys()].filter((id) => before.hand(id, time) === hand);
    this.#all.push({ ...said, seq, time, by: person, people });
    while (this.#all.some(({ from, to }) => from <= this.#reviewedTo && to > this.#reviewedTo))
      this.#reviewedTo = Math.max(...this.#all.filter(({ from }) => from <= this.#reviewedTo).map(({ to }) => to));
  }

  /** Oldest first. */
  get all(): readonly Review[] {
    return this.#all.map(({ people: _, ...review }) => review);
  }

  due(): DueReviews {
    const from = this.#reviewedTo;
    const since = from < this.#size ? (this.#hours.findLast(({ seq }) => seq <= from)?.time ?? null) : null;
    return { from, since, events: this.#size - from, own: [...this.#deeds].flatMap(([person, deeds]) => this.#ownOf(person, deeds)) };
  }

  /** What somebody did in spans that only they, or who counts as one with them, have reviewed. */
  #ownOf(person: string, deeds: readonly number[]): DueReviews['own'] {
    const isIn = (seq: number, reviews: readonly Taken[]): boolean => reviews.some(({ from, to }) => seq >= from && seq < to);
    const theirs = this.#all.filter(({ people }) => people.includes(person));
    const others = this.#all.filter(({ people }) => !people.includes(person));
    const left = deeds.filter((seq) => isIn(seq, theirs) && !isIn(seq, others));
    return left.length === 0 ? [] : [{ person, from: left[0]!, to: left.at(-1)! + 1, events: left.length }];
  }
}

/** Of a moment as events have it: the day and the hour. */
const HOUR_CHARS = 'yyyy-mm-ddThh'.length;
