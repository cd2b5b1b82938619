/** A door for one deed: asks the table once, and enters a denial. */
import { denialOf, denials, type Denial, type DoorName, type Permission, type Standing } from '../../access/index.ts';
import { mayBy } from '../../ledger/entitled.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { Refusal } from '../../types/refusal.ts';

/** The event of a denial. */
export const deniedEntry = (door: DoorName, { needs, why, person }: Pick<Denial, 'needs' | 'why' | 'person'>): AuditEntry => ({
  action: 'access.denied',
  ...(person === undefined ? {} : { person }),
  detail: { door, needs, why },
});

/** Puts an event into the ledger. */
export type Enter = (entry: AuditEntry) => unknown;

declare const byTheDoor: unique symbol;
/** What a door gives to whoever it lets through, and nothing else can: what must not be done without asking takes it. */
export interface Admitted {
  readonly [byTheDoor]: true;
}
const admitted = {} as Admitted;

/** Asks whether whoever stands there may do what is asked for. @throws Refusal where they may not; that is an event. */
export type Admit = (standing: Standing, enter: Enter) => Promise<Admitted>;

export async function admit(door: DoorName, needs: Permission, standing: Standing, enter: Enter): Promise<Admitted> {
  const denial = denialOf(needs, standing, Date.now());
  if (!denial) return admitted;
  await enter(deniedEntry(door, denial));
  throw new Refusal(denial.why, `${denial.sentence} Nothing was changed.`);
}

/**
 * Asks once more where the ledger is held and the deed is entered: what somebody could do when they were let in counts for nothing there.
 * @throws Refusal
 */
export function requireStillMay(facts: Pick<LedgerFacts, 'person'>, person: string, needs: Permission): void {
  if (mayBy(facts, person, needs)) return;
  throw new Refusal('not-permitted', `${denials['not-permitted']} They were changed in the meantime, or ${person} was disabled. Nothing was changed.`);
}
