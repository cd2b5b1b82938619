/** The timers that were in force at a moment, who set them, and why a lock may stand in the place of a logoff: a rationale for a site to sign. */
import { policyFields } from '../policy/fields.ts';
import { policyOnceInForce, type Policy, type PolicyVersion } from '../policy/index.ts';
import { StorageFault } from '../disk/fault.ts';
import { safeguards } from '../types/safeguards.ts';
import type { Page } from './document.ts';
import { headOf, jsonHeadOf, type ReportSite } from './site.ts';

interface Timers {
  readonly class: string;
  readonly idleSeconds: number;
  readonly warnSeconds: number;
  /** Hours after an unlock until the person is logged off, whatever is typed. */
  readonly maxHours: number;
  /** Minutes after a lock, and since somebody else came in, until a person is logged off. */
  readonly logoffMinutes: number;
  readonly parkMinutes: number;
  /** Shells run on at a logoff, and are not ended. */
  readonly holdShells: boolean;
  readonly clearClipboard: boolean;
}

interface PolicyThen extends PolicyVersion {
  /** Null where its bytes are nowhere any more. */
  readonly timers: Timers | null;
}

export interface LockReport extends ReturnType<typeof jsonHeadOf> {
  readonly kind: 'lock';
  readonly inForce: PolicyThen | null;
  /** Oldest first; the last one is in force. */
  readonly history: readonly PolicyThen[];
  readonly locks: Readonly<Record<string, number>>;
  readonly unlocks: number;
  readonly failedUnlocks: number;
}

const timersOf = ({ workstation, lock }: Policy): Timers => ({
  class: workstation.class,
  idleSeconds: lock.idleSeconds,
  warnSeconds: lock.warnSeconds,
  maxHours: lock.maxHours ?? Number(policyFields['lock.maxHours'].absent),
  logoffMinutes: lock.logoffMinutes ?? Number(policyFields['lock.logoffMinutes'].absent),
  parkMinutes: lock.parkMinutes ?? Number(policyFields['lock.parkMinutes'].absent),
  holdShells: lock.holdShells ?? false,
  clearClipboard: lock.clearClipboard ?? true,
});

export function lockReport(site: ReportSite): LockReport {
  const { home, past } = site;
  const history = past.policies.map((change): PolicyThen => ({ ...change, timers: timersAt(change.sha256) }));
  function timersAt(sha256: string): Timers | null {
    try {
      return timersOf(policyOnceInForce(home, sha256).policy);
    } catch (error) {
      if (error instanceof StorageFault) return null;
      throw error;
    }
  }
  return {
    kind: 'lock',
    ...jsonHeadOf(site),
    inForce: history.at(-1) ?? null,
    history,
    locks: Object.fromEntries([...past.locks].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    unlocks: past.unlocks,
    failedUnlocks: past.failedUnlocks,
  };
}

const who = (by: string | null): string => by ?? 'the first run';
const GONE = 'not known: that policy is not kept any more';

export function lockPage(site: ReportSite): Page {
  const { inForce, history, locks, unlocks, failedUnlocks } = lockReport(site);
  const timers = inForce?.timers;
  const logoff = timers ? `${timers.logoffMinutes} minutes` : 'the time of the policy';
  const seconds = timers ? `${timers.idleSeconds} seconds` : 'the time of the policy';
  const { citation } = safeguards['automatic-logoff'];
  return {
    title: 'Lock, timers, and the rationale for a lock in the place of a logoff',
    facts: headOf(site),
    sections: [
      {
        heading: 'In force',
        ...(inForce
          ? {
              table: {
                head: ['Timer', 'Value'],
                rows: [
                  ['Locks without input after', timers ? `${timers.idleSeconds} s` : GONE],
                  ['Warns before it for', timers ? `${timers.warnSeconds} s` : GONE],
                  ['Empties the clipboard at a lock', timers ? (timers.clearClipboard ? 'yes' : 'no') : GONE],
                  ['Class of the workstation', timers?.class ?? GONE],
                  ['Logs off after an unlock, whatever is typed, after', timers ? `${timers.maxHours} h` : GONE],
                  ['Logs off after a lock after', timers ? `${timers.logoffMinutes} min` : GONE],
                  ['Logs off whose shells run on behind somebody else after', timers ? `${timers.parkMinutes} min` : GONE],
                  ['Shells at a logoff', timers ? (timers.holdShells ? 'run on, recorded, and nobody sees them' : 'are ended') : GONE],
                  ['Since', inForce.from],
                  ['Set by', who(inForce.by)],
                  ['Policy', `SHA-256 ${inForce.sha256}, event ${inForce.seq}`],
                ],
              },
            }
          : { paragraphs: ['No policy was in force then.'] }),
      },
      {
        heading: 'Who set what, and when',
        table: {
          head: ['Version, from', 'Set by', 'Locks after', 'Warns for', 'Weaker than before', 'Policy (SHA-256)'],
          rows: history.map(({ version, from, by, timers: set, changes, sha256 }) => [
            `${version}, ${from}`,
            who(by),
            set ? `${set.idleSeconds} s` : GONE,
            set ? `${set.warnSeconds} s` : GONE,
            changes
              .filter(({ direction }) => direction === 'weaker')
              .map(({ field, before, after }) => `${field}: ${before ?? 'nothing'} to ${after ?? 'nothing'}`)
              .join('; ') || 'nothing',
            sha256,
          ]),
        },
      },
      {
        heading: 'What the ledger counts up to then',
        table: {
          head: ['What', 'How often'],
          rows: [
            ...Object.entries(locks).map(([cause, count]) => [`locked: ${cause}`, String(count)]),
            ['unlocked', String(unlocks)],
            ['attempts to unlock that failed', String(failedUnlocks)],
          ],
        },
      },
      {
        heading: 'Rationale',
        paragraphs: [
          `${citation}, automatic logoff, is an addressable specification of the text in force: an electronic session ends after a predetermined time of inactivity. A site that does something equivalent instead writes down why that is reasonable and appropriate. This page is a draft of that document; the decision is the site’s, and so is the signature.`,
          `What happens here. After ${seconds} without a key, a click or a touch, and at once by a key, at suspend, or when the desktop locks, Wardmux locks. The process that drew the text is ended, the process that held the person’s keys is ended, and the way of keys and views to the shells is cut. That nothing is to be seen any more is looked at on the screen, or the processes that draw are killed. What programs print, and movement of the pointer alone, are no activity; the wall clock has no say.`,
          'Why that is equivalent. After a lock nobody reads or types into the session without proving who they are, as after a logoff. The lock is no cover over what is there: the keys that open recordings and views are gone, and come back only by the passkey or the passphrase of the same person. Every lock and every unlock is an event of the ledger, with cause and person.',
          `What is different. Until the logoff the shells and their connections run on, and what they print goes on being sealed and recorded, to public keys that cannot open it again here. Whoever unlocks before finds them as they are. ${logoff} after the lock the person is logged off${timers?.holdShells ? '; this policy holds their shells, which run on, recorded, so a session at another system lasts as long as that system and the network let it: that system’s own time limits are no less needed' : ' and the shells are ended, with what runs in them'}.`,
          'What it rests on. The machine’s own programs, and root, can do more than a person at the keyboard; see the threat model. That the rules of the lock hold on this machine is tried by: wardmux selftest',
        ],
      },
      {
        heading: 'For the site to answer before it signs',
        list: [
          'Is the time that is in force right for this place, and who decided it?',
          'Which systems are reached from here, and after what time do they end a session themselves?',
          'Who looks at the locks and the failed attempts, and how often?',
          'When is this page looked at again?',
        ],
      },
    ],
    sign: ['Decided by (name, office)', 'Date', 'Reviewed by'],
  };
}
