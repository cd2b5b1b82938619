/** Puts together what a posture is made of. Nothing is changed. */
import { readFileSync } from 'node:fs';
import type { AnchorView } from '../anchors/index.ts';
import { drillsDue, endless, reviewStateOf, unreviewed } from '../break-glass/index.ts';
import { StorageFault } from '../disk/fault.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { PersonRefused, readPinned } from '../people/pinned.ts';
import { hasCredential } from '../people/slot.ts';
import type { Policy } from '../policy/types.ts';
import type { Home } from '../storage/home.ts';
import type { Installation } from '../storage/installation.ts';
import type { PostureFacts, PosturePerson } from './facts.ts';

export interface PostureParts {
  readonly home: Home;
  readonly installation: Pick<Installation, 'secretStore' | 'secondKey'>;
  readonly isPinned: boolean;
  readonly ledger: LedgerFacts;
  readonly policy: Policy;
  readonly anchors: readonly AnchorView[];
  readonly selfTest: PostureFacts['selfTest'];
  readonly now: number;
}

export function postureFacts({ home, installation, isPinned, ledger, policy, anchors, selfTest, now }: PostureParts): PostureFacts {
  return {
    policy,
    people: ledger.active().map((id) => ({ ...personOf(home, ledger, id), hand: handOf(ledger, id, now) })),
    waits: ledger.quorum(new Date(now).toISOString(), undefined).until,
    secretStore: installation.secretStore,
    isPinned,
    hasSecondHalf: installation.secondKey !== undefined,
    auditKeysHere: ledger.auditKeys().flatMap(({ kid, apart, inForce }) => (inForce.at(-1)?.to === null && !apart ? [kid] : [])),
    anchors,
    selfTest,
    integrity: ledger.integrity,
    unreviewed: unreviewed(ledger).map((one) => ({ id: one.id, overdue: reviewStateOf(one, now) === 'overdue' })),
    endless: endless(ledger, now)?.id,
    drillsDue: drillsDue(ledger, now),
    revocation: revocationOf(ledger, now),
    clock: ledger.clock,
    swap: swapOf(),
    now,
  };
}

function handOf(ledger: LedgerFacts, id: string, now: number): string | undefined {
  const hand = ledger.hand(id, new Date(now).toISOString());
  return hand === id ? undefined : hand;
}

/** What an event of a self-test says. */
export const selfTestOf = (event: Pick<LedgerEvent, 'time' | 'outcome'> | undefined): PostureFacts['selfTest'] =>
  event && { time: event.time, holds: event.outcome === 'success' };

/** A record that is not the ledger's has nothing that could be counted. */
function personOf(home: Home, ledger: LedgerFacts, id: string): PosturePerson {
  const roles = ledger.person(id)?.roles ?? [];
  try {
    // What the policy may forbid, and strict does, is no second factor to count on.
    return { id, roles, passkeys: readPinned(home, ledger, id)?.slots.filter((slot) => hasCredential(slot) && slot.type !== 'passkey-store').length ?? 0 };
  } catch (error) {
    if (error instanceof PersonRefused || (error instanceof StorageFault && error.code === 'corrupt')) return { id, roles, passkeys: 0, changed: true };
    throw error;
  }
}

function revocationOf({ revocations: { list, look } }: LedgerFacts, now: number): PostureFacts['revocation'] {
  if (!list) return undefined;
  return { ageHours: Math.floor((now - Date.parse(list.issued)) / 3_600_000), state: look?.state ?? 'good' };
}

/** proc(5), /proc/swaps: a line a swap area, after a heading. */
function swapOf(): PostureFacts['swap'] {
  try {
    return readFileSync('/proc/swaps', 'utf8').trim().split('\n').length > 1 ? 'on' : 'off';
  } catch {
    return undefined;
  }
}
