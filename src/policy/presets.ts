/**
 * Presets: what a policy begins with in each kind of place, each value with where it comes from. The sections are those of
 * the requirements that this project was given, which docs/policy.md lists; [J] there is a judgement and no citation. A
 * preset is written into policy.json value by value, so that a later version of this table changes no workstation.
 */
import type { Policy } from './types.ts';
import type { PolicyFieldName, WorkstationClass } from '../types/words.ts';
import { directionOf } from './fields.ts';
import { valueAt } from './difference.ts';

/** What whoever opens a shell here agrees to, until a site has words of its own. */
const CONSENT = {
  version: 1,
  text: 'This workstation opens systems that hold patient information. What its shells show is recorded and sealed, and whoever audits this workstation can read it. Use it only for work that you are authorised to do. Who accepts this text, and when, is entered in the audit ledger.',
} as const;

interface Valued<T> {
  readonly value: T;
  readonly source: string;
}
const from = <T>(value: T, source: string): Valued<T> => ({ value, source });

const emptied = from(true, '4.1: a lock clears the clipboard');
const ended = from(false, '4.1: a logoff ends shells, unless the policy holds them');
const held = from(true, '[J]: a long job of the only person there may run on; nobody sees it');
const asked = from<Policy['consent']>(CONSENT, '1.4, AC-8: explicit consent before use, versioned text');
const oneFactor = from<1 | 2>(1, '[J]: two where everybody has a passkey or a key; a first run has neither');
/** Left out: a new key is asked about, and there are no passwords. */
const hostsAsked = from<Policy['hosts']>(undefined, '[J]: whoever opens a host compares its first key');
const notAsked = from<Policy['consent']>(undefined, '[J]: a text of the site can be added');

/** The same in every class but one: whoever reads one account's keyring there reads that of the whole ward. */
const noStored = from(false, '[J]: one keyring for all who share the account');

interface PresetRow {
  /** For people. */
  readonly title: string;
  readonly class: Valued<WorkstationClass>;
  readonly idleSeconds: Valued<number>;
  readonly warnSeconds: Valued<number>;
  readonly maxHours: Valued<number>;
  readonly logoffMinutes: Valued<number>;
  readonly parkMinutes: Valued<number>;
  readonly holdShells: Valued<boolean>;
  readonly clearClipboard: Valued<boolean>;
  readonly consent: Valued<Policy['consent']>;
  readonly factors: Valued<1 | 2>;
  readonly storedPasskeys: Valued<boolean>;
  readonly hosts: Valued<Policy['hosts']>;
}

/** Where two factors are asked for, a terminal has one: in every preset it is refused then. */
const commands = from(false, '[J]: a terminal can ask for a passphrase only');

export const presets = {
  'shared-clinical': {
    title: 'A workstation that many people share in turn, where patients pass',
    class: from('shared-clinical', '4.2, shared clinical'),
    idleSeconds: from(120, '4.2, shared clinical: T_lock 2 min'),
    warnSeconds: from(15, '4.2, shared clinical: T_warn 15 s'),
    maxHours: from(12, '4.2, shared clinical: T_max 12 h'),
    logoffMinutes: from(15, '4.2, shared clinical: T_park/T_logoff 15 min'),
    parkMinutes: from(15, '4.2, shared clinical: T_park/T_logoff 15 min'),
    holdShells: ended,
    clearClipboard: emptied,
    consent: asked,
    factors: oneFactor,
    storedPasskeys: noStored,
    hosts: hostsAsked,
  },
  nursing: {
    title: 'A workstation of a ward or another team',
    class: from('nursing', '4.2, nursing or ancillary shared'),
    idleSeconds: from(300, '4.2, nursing: T_lock 5 min'),
    warnSeconds: from(30, '4.2, nursing: T_warn 30 s'),
    maxHours: from(12, '4.2, nursing: T_max 12 h'),
    logoffMinutes: from(30, '4.2, nursing: T_park/T_logoff 30 min'),
    parkMinutes: from(30, '4.2, nursing: T_park/T_logoff 30 min'),
    holdShells: ended,
    clearClipboard: emptied,
    consent: notAsked,
    factors: oneFactor,
    storedPasskeys: noStored,
    hosts: hostsAsked,
  },
  'it-office': {
    title: 'A desk of one person in an office that others do not enter',
    class: from('it-office', '4.2, IT office, private'),
    idleSeconds: from(600, '4.2, IT office: T_lock 10 min'),
    warnSeconds: from(60, '4.2, IT office: T_warn 60 s'),
    maxHours: from(24, '4.2, IT office: T_max 24 h'),
    logoffMinutes: from(60, '4.2, IT office: T_park/T_logoff 60 min'),
    parkMinutes: from(60, '4.2, IT office: T_park/T_logoff 60 min'),
    holdShells: held,
    clearClipboard: emptied,
    consent: notAsked,
    factors: oneFactor,
    storedPasskeys: from(true, '[J]: the keyring is that of the one person there'),
    hosts: hostsAsked,
  },
  remote: {
    title: 'A desk outside of the hospital',
    class: from('remote', '4.2, remote or home'),
    idleSeconds: from(300, '4.2, remote: T_lock 5 min'),
    warnSeconds: from(30, '4.2, remote: T_warn 30 s'),
    maxHours: from(12, '4.2, remote: T_max 12 h'),
    logoffMinutes: from(30, '4.2, remote: T_park/T_logoff 30 min'),
    parkMinutes: from(30, '4.2, remote: T_park/T_logoff 30 min'),
    holdShells: ended,
    clearClipboard: emptied,
    consent: asked,
    factors: oneFactor,
    storedPasskeys: from(false, '[J]: the keyring leaves the house'),
    hosts: hostsAsked,
  },
  strict: {
    title: 'The shortest times and every safeguard, wherever it stands',
    class: from('shared-clinical', '4.2, shared clinical: the strictest class'),
    idleSeconds: from(120, '4.2, admin role in any class: T_lock 2 min'),
    warnSeconds: from(15, '4.2, admin role in any class: T_warn 15 s'),
    maxHours: from(8, '4.2, admin role in any class: T_max 8 h'),
    logoffMinutes: from(15, '4.2, admin role in any class: T_park/T_logoff 15 min'),
    parkMinutes: from(15, '4.2, admin role in any class: T_park/T_logoff 15 min'),
    holdShells: ended,
    clearClipboard: emptied,
    consent: asked,
    factors: from<1 | 2>(2, '4.2: UV each time, and two factors for an admin role in any class'),
    storedPasskeys: noStored,
    hosts: from<Policy['hosts']>({ newKeys: 'refuse', passwords: false }, '[J]: a first key is believed as far as somebody has compared it'),
  },
} as const satisfies Readonly<Record<string, PresetRow>>;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as readonly PresetName[];
/** What a first run takes where nobody chooses. */
export const DEFAULT_PRESET: PresetName = 'nursing';

/** Each class has a preset of its name. */
export const presetOf = (place: WorkstationClass): PresetName => place;

/** What a preset says of the lock, in the order in which it is listed. */
const lockRows = ['idleSeconds', 'warnSeconds', 'maxHours', 'logoffMinutes', 'parkMinutes', 'holdShells', 'clearClipboard'] as const;

/** The values of a preset, by the policy's fields, each with where it comes from. */
export function presetValues(name: PresetName): readonly (readonly [field: PolicyFieldName, value: unknown, source: string])[] {
  const { class: place, consent, factors, storedPasskeys, hosts, ...lock }: Omit<PresetRow, 'title'> = presets[name];
  return [
    ['workstation.class', place.value, place.source],
    ...lockRows.map((row) => [`lock.${row}`, lock[row].value, lock[row].source] as const),
    ['unlock.factors', factors.value, factors.source],
    ['unlock.commands', commands.value, commands.source],
    ['unlock.storedPasskeys', storedPasskeys.value, storedPasskeys.source],
    ['hosts.newKeys', hosts.value?.newKeys, hosts.source],
    ['hosts.passwords', hosts.value?.passwords, hosts.source],
    ['consent.version', consent.value?.version, consent.source],
    ['consent.text', consent.value?.text, consent.source],
  ];
}

/** A preset's part of a policy. */
export function presetPart(name: PresetName): Pick<Policy, 'lock' | 'consent' | 'unlock' | 'hosts'> & { readonly class: WorkstationClass } {
  const { class: place, consent, factors, storedPasskeys, hosts, ...lock }: Omit<PresetRow, 'title'> = presets[name];
  return {
    class: place.value,
    ...(consent.value ? { consent: consent.value } : {}),
    ...(hosts.value ? { hosts: hosts.value } : {}),
    unlock: { factors: factors.value, commands: commands.value, storedPasskeys: storedPasskeys.value },
    lock: {
      idleSeconds: lock.idleSeconds.value,
      warnSeconds: lock.warnSeconds.value,
      maxHours: lock.maxHours.value,
      logoffMinutes: lock.logoffMinutes.value,
      parkMinutes: lock.parkMinutes.value,
      holdShells: lock.holdShells.value,
      clearClipboard: lock.clearClipboard.value,
    },
  };
}

/** Where a policy is weaker than a preset. @param name left out: that of its own class. */
export function weakerThanPreset(
  policy: Policy,
  name: PresetName = presetOf(policy.workstation.class),
): { readonly field: PolicyFieldName; readonly value: unknown; readonly preset: unknown; readonly source: string }[] {
  return presetValues(name).flatMap(([field, preset, source]) => {
    const value = valueAt(policy, field);
    return directionOf(field, preset, value) === 'weaker' ? [{ field, value, preset, source }] : [];
  });
}
