/** The policy's text: what the person who is in has yet to accept, and that they have. */
import { askedConsent, consentEntry, type AskedConsent } from '../src/policy/index.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { InstalledHolder } from './installed.ts';

export interface Consent {
  /** Undefined where nothing has to be accepted. */
  readonly asked: (person: string) => AskedConsent | undefined;
  /** Resolves when it is in the ledger. @param version of the text that they have read. @throws Refusal, LedgerError */
  readonly accept: (person: string, version: number) => Promise<void>;
}

export function consentOf(installed: Pick<InstalledHolder, 'require'>): Consent {
  const asked = (person: string): AskedConsent | undefined => {
    const { policy, ledger } = installed.require();
    return askedConsent(policy, ledger.facts, person);
  };
  return {
    asked,
    accept: async (person, version) => {
      const now = asked(person);
      if (!now) return;
      if (now.version !== version) throw new Refusal('other-text', 'Another text came into force meanwhile. Lock and unlock to read it.');
      await installed.require().ledger.append(consentEntry(person, now));
    },
  };
}
