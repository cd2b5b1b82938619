/** An alert is closed, and events are reviewed, by who is in: what they found is sealed here, and signed for, and main sees neither. */
import { signClosing } from '../../services/ledger/alerts.ts';
import { signReview, type SignedReview } from '../../services/ledger/reviews.ts';
import { Refusal } from '../../types/refusal.ts';
import type { Holder } from '../holder.ts';
import type { Turns } from './turns.ts';

export function alertHandlers(holder: Holder): Turns<'certifyAlert' | 'certifyReviewed'> {
  return {
    certifyAlert: ({ rule, alert, about, recipients }) =>
      withNote(holder, 'Say what you found: an alert is closed with a note. Nothing was closed.', (signer, words) =>
        signClosing(holder.installation, signer, { rule, seq: alert, about, recipients }, words),
      ),
    certifyReviewed: (signing) =>
      withNote(holder, 'Say what you found: a review has a note. Nothing was signed.', (signer, words) =>
        signReview(holder.installation, signer, signing, words),
      ),
  };
}

type Signer = Parameters<typeof signReview>[1];

/** Signs with what came as a sealed frame, and wipes that. */
async function withNote(holder: Holder, missing: string, sign: (signer: Signer, words: Uint8Array) => Promise<SignedReview>) {
  const words = holder.page.takeWords();
  if (!words) throw new Refusal('bad-words', missing);
  try {
    const { person } = holder.open();
    const { file, certificate } = await sign({ person, sign: (bytes) => holder.open().sign(bytes) }, words);
    return { file, ...certificate };
  } finally {
    words.fill(0);
  }
}
