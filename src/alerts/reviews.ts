/**
 * What of a ledger nobody has reviewed: everything behind the last span that an auditor has signed for, and of what is signed for those events that the auditor, or
 * whose hand they are, did themselves, until another one has signed for them too. What somebody has signed counts once, wherever it is entered again, and only where it reviews an event that was not reviewed: whoever can append to
 * the ledger without a person's key has what was signed before, and would put off an alert with it. Takes the events of one ledger, each once, in their order. Pure.
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
  /** What was signed, of reviews that were taken. */
  readonly #signed = new Set<string>();

  /** @param before the facts by the events before it. @returns whether it is a review that counts */
  take(event: LedgerEvent, before: Pick<LedgerFacts, 'person' | 'hand'>): boolean {
    const { seq, time, person } = event;
    this.#size = seq + 1;
    if (this.#hours.at(-1)?.time.slice(0, HOUR_CHARS) !== time.slice(0, HOUR_CHARS)) this.#hours.push({ seq, time });
    if (person !== undefined && before.person(person)?.roles.some((role) => role === 'auditor' || role === 'security')) {
      const deeds = this.#deeds.get(person);
      if (deeds) deeds.push(seq);
      else this.#deeds.set(person, [seq]);
    }
    const said = reviewedWhy(before, event) === undefined ? readReviewed(event) : undefined;
    if (!said || person === undefined) return false;
    // Not the signature: of one text there are several that hold, and who has one makes another without the key.
    const { from, to, root, finding, note } = said;
    const signed = JSON.stringify([person, from, to, root, finding, note]);
    if (this.#signed.has(signed)) return false;
    this.#signed.add(signed);
    const people = this.#oneWith(person, time, before);
    if (!this.#adds(said, people)) return false;
    this.#all.push({ from, to, finding, note, seq, time, by: person, people });
    while (this.#all.some(({ from, to }) => from <= this.#reviewedTo && to > this.#reviewedTo))
      this.#reviewedTo = Math.max(...this.#all.filter(({ from }) => from <= this.#reviewedTo).map(({ to }) => to));
    return true;
  }

  /** Whether a review of these events by somebody would review one that was not reviewed. @param facts by the events so far. @param time ISO 8601 UTC. */
  adds(span: Pick<Reviewed, 'from' | 'to'>, person: string, time: string, facts: Pick<LedgerFacts, 'hand'>): boolean {
    return this.#adds(span, this.#oneWith(person, time, facts));
  }

  #oneWith(person: string, time: string, facts: Pick<LedgerFacts, 'hand'>): string[] {
    const hand = facts.hand(person, time);
    return [...this.#deeds.keys()].filter((id) => facts.hand(id, time) === hand);
  }

  /** @param people whose deeds it does not review */
  #adds({ from, to }: Pick<Reviewed, 'from' | 'to'>, people: readonly string[]): boolean {
    const others = [...this.#deeds].filter(([id]) => !people.includes(id));
    if (others.some(([id, deeds]) => this.#leftOf(id, deeds).some((seq) => seq >= from && seq < to))) return true;
    const own = people.flatMap((id) => this.#deeds.get(id) ?? []);
    return this.#gapsIn(from, to).some(([start, end]) => end - start > own.filter((seq) => seq >= start && seq < end).length);
  }

  /** What no review has of the events from one number to before another. */
  #gapsIn(from: number, to: number): readonly (readonly [number, number])[] {
    const gaps: (readonly [number, number])[] = [];
    let at = from;
    for (const one of this.#all.toSorted((a, b) => a.from - b.from)) {
      if (one.from > at && at < to) gaps.push([at, Math.min(one.from, to)]);
      at = Math.max(at, one.to);
    }
    if (at < to) gaps.push([at, to]);
    return gaps;
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
  #leftOf(person: string, deeds: readonly number[]): readonly number[] {
    const isIn = (seq: number, reviews: readonly Taken[]): boolean => reviews.some(({ from, to }) => seq >= from && seq < to);
    const theirs = this.#all.filter(({ people }) => people.includes(person));
    const others = this.#all.filter(({ people }) => !people.includes(person));
    return deeds.filter((seq) => isIn(seq, theirs) && !isIn(seq, others));
  }

  #ownOf(person: string, deeds: readonly number[]): DueReviews['own'] {
    const left = this.#leftOf(person, deeds);
    return left.length === 0 ? [] : [{ person, from: left[0]!, to: left.at(-1)! + 1, events: left.length }];
  }
}

/** Of a moment as events have it: the day and the hour. */
const HOUR_CHARS = 'yyyy-mm-ddThh'.length;
