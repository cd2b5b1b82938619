/** An alert is closed by who is in: what they found is sealed here, and signed for, and main sees neither. */
import { signClosing } from '../../services/ledger/alerts.ts';
import { Refusal } from '../../types/refusal.ts';
import type { Holder } from '../holder.ts';
import type { Turns } from './turns.ts';

export function alertHandlers(holder: Holder): Turns<'certifyAlert'> {
  return {
    certifyAlert: async ({ rule, alert, about, recipients }) => {
      const words = holder.page.takeWords();
      if (!words) throw new Refusal('bad-words', 'Say what you found: an alert is closed with a note. Nothing was closed.');
      try {
        const { person } = holder.open();
        const signer = { person, sign: (bytes: Uint8Array) => holder.open().sign(bytes) };
        const { file, certificate } = await signClosing(holder.installation, signer, { rule, seq: alert, about, recipients }, words);
        return { file, ...certificate };
      } finally {
        words.fill(0);
      }
    },
  };
}
