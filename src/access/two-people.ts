/**
 * What takes two people: one row a deed. Who counts as the second, and when one is alone: src/ledger/quorum.ts. One who may asks, another one who may agrees, both sign the same request, and the event has both signatures; the
 * ledger's readers take it no other way (src/ledger/person-facts.ts, policy-facts.ts). Docs are made from this table.
 */
import type { Permission } from './permissions.ts';

/** The second signature counts for so long (ms) after the request was made: both were asked about the same moment. */
export const AGREE_MS = 15 * 60_000;

interface TwoPeopleRow {
  /** What each of the two needs. */
  readonly needs: Permission;
  /** The action of the event that has both signatures. */
  readonly event: string;
  readonly help: string;
  /** Whether one who may decides alone where there is no second one. It is said aloud then: in the posture, and by the event, which has one signature. */
  readonly alone: boolean;
}

export const twoPeople = {
  'policy.weaken': {
    needs: 'policy.accept',
    event: 'policy.change',
    help: 'Take a policy into force that makes the workstation weaker.',
    alone: true,
  },
  'baseline.change': {
    needs: 'baseline.accept',
    event: 'integrity.baseline',
    help: 'Accept other files of the program than those that were accepted before: an update, or whatever else has changed them. The first list of them is for one.',
    alone: true,
  },
  'role.give': {
    needs: 'role.grant',
    event: 'person.roles',
    help: 'Give somebody else a role that they do not have, when they are enrolled too. To take one away is for one, and at once.',
    alone: true,
  },
  'person.rebind': {
    needs: 'person.rebind',
    event: 'person.keys',
    help: 'Give somebody else, who has lost everything that opens their recordings, new keys in place of theirs. What they recorded before stays closed to these.',
    alone: false,
  },
  'hold.clear': {
    needs: 'hold.clear',
    event: 'hold.clear',
    help: 'End a hold. One of the two is an auditor, the other one a security admin.',
    alone: false,
  },
  'evidence.delete': {
    needs: 'evidence.delete',
    event: 'recording.deleted',
    help: 'Delete a recording before its time, or where the policy has none. One of the two is an auditor, the other one a security admin.',
    alone: false,
  },
  'evidence.erase': {
    needs: 'evidence.delete',
    event: 'recording.erased',
    help: 'Erase a span of a recording. One of the two is an auditor, the other one a security admin.',
    alone: false,
  },
  'recording.unmask': {
    needs: 'recording.unmask',
    event: 'recording.unmask',
    help: 'See somebody else’s recording with nothing covered, until the lock. An auditor asks; another one, or a security admin, agrees. Neither of the two is its person.',
    alone: false,
  },
  'export.whole': {
    needs: 'recording.export.own',
    event: 'export',
    help: 'Export a recording with nothing withheld (`--redact none`). With the default redaction, and with recognisers that one has chosen, it is for one.',
    alone: false,
  },
} as const satisfies Readonly<Record<string, TwoPeopleRow>>;
