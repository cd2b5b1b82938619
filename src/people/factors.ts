/**
 * How many factors a way in shows, and whether that is what the policy asks for. Which way somebody takes decides: a passkey here always asks its
 * owner (userVerification); a passphrase together with a touched key is something known and something held; a passphrase alone is one.
 */
import type { UnlockMethod } from '../types/words.ts';
import { UnlockError } from './errors.ts';
import { isWayIn } from './slot.ts';
import type { KeySlot, PersonRecord } from './types.ts';

/** Authenticator assurance levels (NIST SP 800-63B-4). Whether a key could be copied, which 3 forbids, nobody shows us. */
export const assurance: Readonly<Record<UnlockMethod, 1 | 2>> = { passphrase: 1, passkey: 2, 'passphrase-key': 2 };

/** By which method a slot opens; null of a recovery code, which opens nothing at the lock page. */
const methods: Readonly<Record<KeySlot['type'], UnlockMethod | null>> = {
  passphrase: 'passphrase',
  'passkey-prf': 'passkey',
  'passphrase-key': 'passphrase-key',
  'passkey-store': 'passkey',
  'recovery-code': null,
};
export const methodOf = ({ type }: Pick<KeySlot, 'type'>): UnlockMethod | null => methods[type];

/** Whether the policy lets nobody in by such a slot. @param unlock the policy's */
export const isForbidden = ({ type }: Pick<KeySlot, 'type'>, unlock: { readonly storedPasskeys?: boolean | undefined } | undefined): boolean =>
  type === 'passkey-store' && unlock?.storedPasskeys !== true;

type Slots = Pick<PersonRecord, 'slots'>;

/** True where a person has another way in than this one. */
export const hasOtherWay = (person: Slots | undefined, method: UnlockMethod): boolean =>
  person !== undefined && person.slots.some((slot) => isWayIn(slot) && methodOf(slot) !== method);

/** True where a person has a way in that shows two factors. */
export const hasTwoFactors = ({ slots }: Slots): boolean =>
  slots.some((slot) => {
    const method = methodOf(slot);
    return method !== null && assurance[method] >= 2;
  });

/** What is asked of whoever comes in by a door. */
export interface FactorsAsked {
  readonly least: 1 | 2;
  /** Somebody who has no second factor yet is let in with one, to enrol it and for nothing else: only the window can do that. */
  readonly enrols: boolean;
}

/** Where the policy asks for no more than one, or asks nothing of this door. */
export const ONE_FACTOR: FactorsAsked = { least: 1, enrols: false };

/**
 * What is asked of whoever can give a passphrase only: by a command, or at a terminal.
 * @param unlock the policy's. @param sealed it is for what opens recordings, shells or key slots; what decides about people, the policy or evidence can
 * be given in no other way, so that a passphrase does.
 */
export const factorsByPassphrase = (
  unlock: { readonly factors?: 1 | 2 | undefined; readonly commands?: boolean | undefined } | undefined,
  sealed: boolean,
): FactorsAsked => ({ least: sealed && !unlock?.commands ? (unlock?.factors ?? 1) : 1, enrols: false });

/** For whoever is at a terminal or gives a command. */
const notHere =
  'This workstation asks for two factors, and a terminal can ask for a passphrase only. Do it in the window of Wardmux, with a passkey or with passphrase and key. A policy can let the passphrase alone do here: unlock.commands.';
const notAlone =
  'The passphrase is right, and alone it opens nothing here: this workstation asks for two factors. Use your passkey, or your passphrase together with your key.';
const notYet =
  'The passphrase is right, and this workstation asks for two factors: whoever has no second one yet agrees to nothing and lifts nothing. Unlock, and enrol one.';

/** Before anything is tried: whether this door takes the method at all. @throws UnlockError `two-factors` */
export function requireTaken({ least, enrols }: FactorsAsked, method: UnlockMethod): void {
  if (assurance[method] < least && !enrols) throw new UnlockError('two-factors', notHere);
}

/**
 * After it has opened something, and not before: nobody who does not know a passphrase hears what slots its owner has.
 * @param deed it is to agree to what somebody else asks for, or to lift a stop: nobody comes in by it, so nobody enrols by it. @throws UnlockError `two-factors`
 */
export function requireFactors(asked: FactorsAsked, method: UnlockMethod, person: Slots, deed: boolean): void {
  requireTaken(asked, method);
  if (assurance[method] >= asked.least) return;
  if (hasTwoFactors(person)) throw new UnlockError('two-factors', notAlone);
  if (deed) throw new UnlockError('two-factors', notYet);
}

/** Whether somebody who comes in so may enrol a second factor, and nothing else. */
export const onlyEnrols = ({ least }: Pick<FactorsAsked, 'least'>, method: UnlockMethod, person: Slots): boolean =>
  assurance[method] < least && !hasTwoFactors(person);
