/** What the lists of key slots say of each: one's own, and somebody else's. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { moment } from '../../shared/text.ts';

interface Props {
  readonly slot: { readonly made: string | null; readonly lastUsed: string | null; readonly model: string | null; readonly verification: string };
}

/** The last cells of its row: when it was made and used, on which model, and how it sees that it is its owner. */
export function SlotCells({ slot }: Props): JSX.Element {
  const when = (iso: string | null): string => (iso === null ? messages.slots.never : moment(new Date(iso)));
  return (
    <>
      <td>{when(slot.made)}</td>
      <td>{when(slot.lastUsed)}</td>
      <td>{slot.model ?? ''}</td>
      <td class="dim">{slot.verification}</td>
    </>
  );
}
