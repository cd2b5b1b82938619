/**
 * The stop of the station, lifted at its lock page: somebody who may shows that it is them, by passphrase or passkey, for this one deed. The vault's process
 * signs it, and nothing is opened. `wardmux stop lift` does the same where there is no window.
 */
import { certifierOf, deedText } from '../../src/ledger/certificate.ts';
import { mayBy } from '../../src/ledger/entitled.ts';
import type { Decider } from '../../src/services/deeds/decide.ts';
import { liftStop } from '../../src/services/emergency/stop.ts';
import type { Home } from '../../src/storage/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import type { Gate } from '../gate.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import { credentialMethod, type CredentialAnswer, type Unlock } from '../unlock/unlock.ts';
import type { VaultClient } from '../processes/vault-client.ts';

export interface LiftParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'stop'>;
  readonly installed: Pick<InstalledHolder, 'require'>;
  readonly vaults: { readonly require: () => Pick<VaultClient, 'ask'> };
  readonly unlock: Pick<Unlock, 'lift'>;
  readonly journal: Pick<Journal, 'refusals'>;
}

export class Lift {
  readonly #parts: LiftParts;

  constructor(parts: LiftParts) {
    this.#parts = parts;
  }

  /**
   * The secret has gone to the vault as a sealed frame.
   * @param typed an id or a name @param answer of a passkey or key; left out where it was the passphrase alone @throws Refusal, LedgerError: then it is stopped as before.
   */
  async station(typed: string, answer?: CredentialAnswer): Promise<void> {
    const { home, gate, installed, vaults, unlock, journal } = this.#parts;
    const { ledger } = installed.require();
    if (!ledger.facts.stationStop) throw new Refusal('no-change', 'This workstation is not stopped. Nothing was changed.');
    await unlock.lift(
      typed,
      answer ? credentialMethod(answer.withPassphrase) : 'passphrase',
      (person, known) => {
        const what = { person, known, after: ledger.facts.stationSeq };
        return answer ? vaults.require().ask('liftPasskey', { ...what, ...answer }) : vaults.require().ask('liftPassphrase', what);
      },
      async (id, { certificate }) => {
        if (!mayBy(ledger.facts, id, 'stop.lift')) {
          journal.refusals.denied('page', { needs: 'stop.lift', why: 'not-permitted', person: id });
          throw new Refusal('not-permitted', 'You may not lift this: another security admin than who stopped it does. Nothing was changed.');
        }
        // What was signed is this lift by this person, and not that of a stop before or of another's key.
        const certify: Decider['certify'] = async (installation, by, request) => {
          if (certifierOf(deedText(installation, by, request), certificate) === ledger.facts.person(id)?.signingKey) return certificate;
          throw new Refusal('changed-meanwhile', 'It was stopped anew meanwhile, or what the vault signed is not by your key. Nothing was changed: try again.');
        };
        await liftStop({ home, ledger, admin: { id, certify } }, undefined);
      },
    );
    gate.stop(ledger.facts.stationStop && 'stopped');
  }
}
