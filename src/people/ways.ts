/**
 * What an open identity stands on: the key slot that opened it, or was shown last, and whatever its own changes have put in that one's place. Where
 * none of them is left, somebody has taken this way in away, and the identity changes nothing any more and is closed.
 */
import type { SlotChangeWord } from '../ledger/table/people.ts';
import { isWayIn } from './slot.ts';
import type { KeySlot } from './types.ts';

type Slots = readonly Pick<KeySlot, 'id' | 'type'>[];

export class Ways {
  #ids: Set<string>;

  /** @param slot the id of the one that opened it */
  constructor(slot: string) {
    this.#ids = new Set([slot]);
  }

  /** They have shown once more that it is them, with this one: what was shown before counts no longer. */
  show(slot: string): void {
    this.#ids = new Set([slot]);
  }

  /** Whether one of them is among the slots that there are. */
  stand(slots: Slots): boolean {
    return slots.some(({ id }) => this.#ids.has(id));
  }

  /**
   * A change of its own is about to be entered. One that never is leaves nothing: what it would have made is never there.
   * @param before the slots that it changes
   */
  follow(before: Slots, { change, slot, previous }: { readonly change: SlotChangeWord; readonly slot: string; readonly previous?: string | undefined }): void {
    if (previous !== undefined && this.#ids.has(previous)) this.#ids.add(slot);
    const left = before.find((one) => isWayIn(one) && one.id !== slot);
    if (change === 'removed' && this.#ids.has(slot) && left) this.#ids.add(left.id);
  }
}
