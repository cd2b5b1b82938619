/** What goes to the page: sealed for the one that stands. */
import { encodeFrame } from '../bridge/frames.ts';
import type { ReviewTold } from '../review/told.ts';
import { Refusal } from '../types/refusal.ts';
import type { Holder } from './holder.ts';

/**
 * @param post to main, which relays it to the page; awaiting it is the flow control.
 * @returns sends a frame, which is sealed in the order in which it is sent. Rejects with a Refusal where there is no page.
 */
export const toPage =
  (holder: Pick<Holder, 'page'>, post: (sealed: Uint8Array) => Promise<void>) =>
  async (frame: Uint8Array): Promise<void> => {
    const { channel } = holder.page;
    if (!channel) throw new Refusal('no-page', 'There is no page to show anything in.');
    // Sealing and sending are one step, so that the frames keep the channel's order.
    await post(channel.seal(frame));
  };

/** Tells the page something of a recording, and wipes what it was told with. */
export async function tellPage(send: (frame: Uint8Array) => Promise<void>, ticket: number, told: ReviewTold): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(told), 'utf8');
  const frame = encodeFrame({ type: 'review', pane: ticket, bytes });
  bytes.fill(0);
  try {
    await send(frame);
  } finally {
    frame.fill(0);
  }
}
