/** The policy's text: what the person who is in has yet to accept, and that they have. */
import { askedConsent, consentEntry, type AskedConsent } from '../src/policy/index.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { InstalledHolder } from './installed.ts';

export interface Consent {
  /** Undefined where nothing has to be accepted. */
  readonly asked: (person: string) => AskedConsent | undefined;
  /** Resolves when it is in the ledger. @param read what was shown to them. @throws Refusal where another text is in force by now, LedgerError */
  readonly accept: (person: string, read: AskedConsent) => Promise<void>;
}

export function consentOf(installed: Pick<InstalledHolder, 'require'>): Consent {
  const asked = (person: string): AskedConsent | undefined => {
    const { policy, ledger } = installed.require();
    return askedConsent(policy, ledger.facts, person);
  };
  return {
    asked,
    accept: async (person, read) => {
      const now = asked(person);
      if (!now) return;
      // A number is what somebody has written into the policy: the text decides.
      if (now.version !== read.version || now.sha256 !== read.sha256)
        throw new Refusal('other-text', 'Another text came into force meanwhile. Lock and unlock to read it.');
      await installed.require().ledger.append(consentEntry(person, now));
    },
  };
}
