/** The controls that the self-test tries: one row each, in the order of the report. What tries it stands in the file of its name. */
import type { Safeguard } from '../types/safeguards.ts';

export interface ControlRow {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly safeguard: Safeguard;
  /** What trying it here does not show. */
  readonly limit: string;
}

export const controls = [
  {
    name: 'lock',
    title: 'Lock',
    safeguard: 'automatic-logoff',
    limit:
      'The rules of the lock and the limits of this process, without a window: that a screen goes dark is looked at whenever a window locks, and not here.',
  },
  {
    name: 'cipher',
    title: 'Encryption',
    safeguard: 'encryption',
    limit: 'The algorithms of this runtime give the published answers. It is no validated module, and whether the disk is encrypted cannot be seen from here.',
  },
  {
    name: 'ledger',
    title: 'Ledger',
    safeguard: 'integrity',
    limit: 'Recordings are compared with it at a glance; all of their content is read by: wardmux ledger verify --deep',
  },
  {
    name: 'anchors',
    title: 'Heads kept outside',
    safeguard: 'integrity',
    limit: 'A collector does not say whether it stored what it took: look for the heads there.',
  },
  {
    name: 'permissions',
    title: 'Files and folders',
    safeguard: 'access-control',
    limit: 'Root, and programs of this account, read what belongs to this account.',
  },
  {
    name: 'program',
    title: 'The program’s files',
    safeguard: 'integrity',
    limit:
      'It looks at itself. A program that was exchanged as a whole says what it likes: have one from elsewhere look at it, wardmux integrity check --program FOLDER',
  },
  {
    name: 'back-off',
    title: 'Waiting after failures',
    safeguard: 'login-monitoring',
    limit: 'Counters of a place of its own are attacked; those of the people here are compared with the ledger.',
  },
  {
    name: 'recovery',
    title: 'Recovery of a recording',
    safeguard: 'integrity',
    limit: 'A recording of its own, in a temporary folder. It is no backup of those that are here.',
  },
] as const satisfies readonly ControlRow[];

export type ControlName = (typeof controls)[number]['name'];

/** Those that are tried without any key of the installation. */
export const keylessNames = ['lock', 'cipher', 'ledger', 'permissions', 'program', 'recovery'] as const satisfies readonly ControlName[];
export type KeylessName = (typeof keylessNames)[number];
