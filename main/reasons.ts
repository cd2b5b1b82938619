/** Why whoever is in has come in, where the policy asks: what they have yet to say, and what they said, for as long as the policy lets that stand. */
import { reasonEntry, reasonFault, type GivenReason } from '../src/policy/index.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { Gate } from './gate.ts';
import type { PersonSession } from './person-session.ts';
import type { InstalledHolder } from './installed.ts';
import type { Workspaces } from './workspace/workspaces.ts';

export interface ReasonsParts {
  readonly gate: Pick<Gate, 'session' | 'requireSession'>;
  readonly installed: Pick<InstalledHolder, 'current' | 'require'>;
  /** Of whoever is in; undefined where their session has no window yet. */
  readonly workspace: () => Pick<Workspaces, 'view'>;
}

export class Reasons {
  readonly #parts: ReasonsParts;
  /** By person: since when they were in, and why. */
  readonly #given = new Map<string, { readonly session: PersonSession; readonly given: GivenReason }>();

  constructor(parts: ReasonsParts) {
    this.#parts = parts;
  }

  /** What whoever is in has yet to say; undefined where they are not asked, or have said it. Break-glass has a reason of its own. */
  asked(): { readonly ticket: string | null } | undefined {
    const { gate, installed } = this.#parts;
    const wanted = installed.current?.policy.policy.reason;
    if (!gate.session || gate.session.grant.breakGlass !== null || !wanted) return undefined;
    return this.of(gate.session.person.id) ? undefined : { ticket: wanted.ticket ?? null };
  }

  /** What stands of what somebody said. */
  of(person: string): GivenReason | undefined {
    const { gate, installed, workspace } = this.#parts;
    const wanted = installed.current?.policy.policy.reason;
    const known = this.#given.get(person);
    if (!wanted || !known || gate.session?.person.id !== person) return undefined;
    // At an unlock it is said anew; of a session it stands until that has ended, and with it its windows.
    const stands = known.session === gate.session || (wanted.ask === 'session' && workspace().view !== undefined);
    return stands && reasonFault(wanted, known.given) === undefined ? known.given : undefined;
  }

  /** Resolves when it is in the ledger. @throws Refusal, LedgerError */
  async give(given: GivenReason): Promise<void> {
    const { gate, installed } = this.#parts;
    const session = gate.requireSession();
    const { policy, ledger } = installed.require();
    if (!policy.policy.reason || !this.asked()) return;
    const fault = reasonFault(policy.policy.reason, given);
    if (fault !== undefined) throw new Refusal('bad-reason', fault);
    await ledger.append(reasonEntry(session.person.id, given));
    this.#given.set(session.person.id, { session, given });
  }

  /** Their session has ended. */
  forget(person: string): void {
    this.#given.delete(person);
  }
}
