/** What the ledger said at the end of a day, or at a moment: its events up to then, and what follows from them. */
import { takeCounted } from '../ledger/entitled.ts';
import { LedgerFacts } from '../ledger/facts.ts';
import { LedgerError } from '../ledger/errors.ts';
import type { NoteKey } from '../ledger/note.ts';
import { readLedger } from '../ledger/read.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { policyVersions, type PolicyVersion } from '../policy/index.ts';
import { leafHash, MerkleTree } from '../merkle/tree.ts';
import { decodeLine } from '../ledger/events.ts';
import type { TreeHead } from '../types/head.ts';

/** When somebody came to be known, and by whom. */
export interface Enrolment {
  readonly time: string;
  /** Who certified it; null for the first person, who is the installation's word. */
  readonly by: string | null;
}

/** Somebody got new keys: by whom, and how both knew who it was. */
export interface Rebinding {
  readonly time: string;
  readonly by: string;
  readonly second: string;
  readonly checked: string;
}

export interface LedgerAt {
  readonly facts: LedgerFacts;
  /** The tree over the events up to then. */
  readonly head: TreeHead;
  /** Oldest first; the last one was in force. */
  readonly policies: readonly PolicyVersion[];
  readonly enrolments: ReadonlyMap<string, Enrolment>;
  /** Oldest first. */
  readonly rebindings: ReadonlyMap<string, readonly Rebinding[]>;
  /** How often it locked, by cause. */
  readonly locks: ReadonlyMap<string, number>;
  readonly unlocks: number;
  readonly failedUnlocks: number;
  /** Events that stand behind that moment and carry a time before it: the clock was set, or they were entered late. */
  readonly outOfOrder: number;
}

/**
 * Reads a ledger up to a moment: all events before the first one that happened later.
 * @param at milliseconds since the epoch; Infinity for all events.
 * @throws LedgerError `corrupt` where it does not hold: nothing is told from such a one.
 */
export function ledgerAt(folder: string, key: NoteKey, at: number): LedgerAt {
  const facts = LedgerFacts.from();
  const tree = new MerkleTree();
  const policies: LedgerEvent[] = [];
  const enrolments = new Map<string, Enrolment>();
  const rebindings = new Map<string, readonly Rebinding[]>();
  const locks = new Map<string, number>();
  let [unlocks, failedUnlocks, outOfOrder] = [0, 0, 0];
  let over = false;
  const takers: Readonly<Record<string, (event: LedgerEvent) => void>> = {
    'person.keys': ({ time, person, detail, seq }) => {
      // What nobody certified who may is passed over, as the facts do.
      if (person !== undefined && !enrolments.has(person) && facts.person(person))
        enrolments.set(person, { time, by: typeof detail?.['by'] === 'string' ? detail['by'] : null });
      if (person === undefined || detail?.['change'] !== 'rebound' || facts.person(person)?.seq !== seq) return;
      const { by, second, checked } = detail as Readonly<Record<string, string>>;
      rebindings.set(person, [...(rebindings.get(person) ?? []), { time, by: by!, second: second!, checked: checked! }]);
    },
    lock: ({ detail }) => locks.set(String(detail?.['cause']), (locks.get(String(detail?.['cause'])) ?? 0) + 1),
    unlock: ({ outcome }) => {
      if (outcome === 'success') unlocks++;
      else failedUnlocks++;
    },
  };
  const { faults } = readLedger(folder, key, {
    signatures: 'all',
    onEvent: (event, line) => {
      over ||= Date.parse(event.time) > at;
      if (over) {
        if (Date.parse(event.time) <= at) outOfOrder++;
        return;
      }
      tree.append(leafHash(decodeLine(line)!.entry));
      const counts = takeCounted(facts, event);
      // What is passed over was never in force.
      if (counts && event.action === 'policy.change') policies.push(event);
      if (Object.hasOwn(takers, event.action)) takers[event.action]!(event);
    },
  });
  // An append that is under way is none of those that are asked for.
  const fault = faults.find(({ code }) => code !== 'unvouched');
  if (fault) throw new LedgerError('corrupt', `${fault.message} Nothing is reported from a ledger that does not hold. See: wardmux ledger verify`);
  return { facts, head: tree.head(), policies: policyVersions(policies), enrolments, rebindings, locks, unlocks, failedUnlocks, outOfOrder };
}
