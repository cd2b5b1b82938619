/** An emergency: what somebody writes of it is sealed for who reviews it, and who is in signs that the glass is broken, or what they say of it as its reviewer. */
import { sealWords } from '../../break-glass/words.ts';
import { certify, emergencyText } from '../../ledger/certificate.ts';
import { certifyEmergencyReview } from '../../services/emergency/break-glass.ts';
import type { Holder } from '../holder.ts';
import type { Turns } from './turns.ts';

export function emergencyHandlers(holder: Holder): Turns<'sealWords' | 'signEmergency' | 'certifyEmergencyReview'> {
  return {
    sealWords: async ({ breakGlass, recipients }) => {
      const words = holder.page.takeWords();
      if (!words) return { file: null };
      try {
        return { file: await sealWords(breakGlass, words, recipients) };
      } finally {
        words.fill(0);
      }
    },
    signEmergency: async (request) => {
      const { person } = holder.open();
      const text = emergencyText({ installation: holder.installation, ...request, by: person.id });
      return certify(text, person.signingKey, (bytes) => holder.open().sign(bytes));
    },
    certifyEmergencyReview: (said) => certifyEmergencyReview(holder.installation, holder.open(), said),
  };
}
