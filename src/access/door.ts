/** The one function that asks whether something may be done, and the doors that ask it. */
import type { Role } from '../types/words.ts';
import type { Standing } from './grant.ts';
import { permissions, type Permission, type PermissionRow } from './permissions.ts';

/** Where something can be asked for. */
export const doorNames = ['page', 'command', 'vault', 'pty', 'socket', 'cli'] as const;
export type DoorName = (typeof doorNames)[number];

/** Why not, each with what a person is told. */
export const denials = {
  'not-set-up': 'Wardmux is not set up here yet. Do the first run.',
  'set-up': 'Wardmux is set up here already. Start it, or choose another data folder with WARDMUX_HOME.',
  locked: 'Wardmux is locked.',
  open: 'Somebody is in already. Lock first.',
  'not-permitted': 'Your roles do not permit this.',
  'second-factor': 'This workstation asks for two factors, and you came in with one. Enrol a second one under Key slots, then lock and unlock with it.',
  over: 'The time for which you were let in is over. Lock, and unlock again.',
} as const;
export type DenialReason = keyof typeof denials;
export const denialReasons = Object.keys(denials) as readonly DenialReason[];

/** For the ledger, and for whoever asked. */
export interface Denial {
  readonly needs: Permission;
  readonly why: DenialReason;
  /** For people. */
  readonly sentence: string;
  /** Where somebody is known. */
  readonly person: string | undefined;
}

/**
 * @param needs the permission that the row names which was asked for.
 * @param now milliseconds since the epoch.
 * @returns undefined where it may be done.
 */
export function denialOf(needs: Permission, standing: Standing, now: number): Denial | undefined {
  const why = whyNot(needs, standing, now);
  return why && { needs, why, sentence: why === 'not-permitted' ? notPermitted(needs) : denials[why], person: standing.grant?.person };
}

const whoIs: Readonly<Record<Role, string>> = {
  operator: 'an operator',
  auditor: 'an auditor',
  security: 'a security admin',
  custodian: 'a custodian',
  emergency: 'who has broken the glass',
};

/** What somebody is told whose roles do not permit something: what it was, and who could. For people. */
export function notPermitted(needs: Permission): string {
  const row: PermissionRow | undefined = Object.hasOwn(permissions, needs) ? permissions[needs] : undefined;
  if (!row) return denials['not-permitted'];
  const { help, roles } = row;
  const who = roles === 'anyone' ? '' : ` Who may: ${roles.map((role) => whoIs[role]).join(', ')}.`;
  return `${denials['not-permitted']} What was asked for: ${help.charAt(0).toLowerCase()}${help.slice(1)}${who}`;
}

function whyNot(needs: Permission, { phase, grant }: Standing, now: number): DenialReason | undefined {
  const row: PermissionRow | undefined = Object.hasOwn(permissions, needs) ? permissions[needs] : undefined;
  // What is not in the table nobody may do.
  if (!row) return 'not-permitted';
  const { roles } = row;
  if (!row.when.includes(phase)) {
    if (phase === 'first-run') return 'not-set-up';
    if (row.when.includes('first-run') && row.when.length === 1) return 'set-up';
    return phase === 'locked' ? 'locked' : 'open';
  }
  if (roles === 'anyone') return undefined;
  // Nobody is there whose roles could be looked at: in the first run, before its person is made, or at the lock.
  if (!grant) return phase === 'first-run' ? 'not-set-up' : 'locked';
  // The whole check where nobody has proven anything: naming somebody opens nothing that needs an open identity.
  if (phase === 'open' && grant.method === 'named') return 'locked';
  if (grant.until !== undefined && now >= grant.until) return 'over';
  if (!roles.some((role) => grant.roles.includes(role))) return 'not-permitted';
  return grant.enrols && !row.enrols ? 'second-factor' : undefined;
}

export interface DoorParts {
  readonly standing: () => Standing;
  /** Takes each denial: for the ledger. */
  readonly denied: (denial: Denial) => void;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

/** @returns undefined where it may be done; a denial has been told then. */
export type Door = (needs: Permission) => Denial | undefined;

/** Every door is one of these. */
export function openDoor({ standing, denied, now = Date.now }: DoorParts): Door {
  return (needs) => {
    const denial = denialOf(needs, standing(), now());
    if (denial) denied(denial);
    return denial;
  };
}
