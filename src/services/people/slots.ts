/** Changes of key slots by a process that has the identity open itself: the commands and the terminal. */
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { modelOf } from '../../people/authenticators.ts';
import { changeCost, changePassphrase, rebind, slotAdvice } from '../../people/change.ts';
import { UnlockError } from '../../people/errors.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { normalisePassphrase } from '../../people/passphrase.ts';
import { openWithCode } from '../../people/person.ts';
import { enterStaged, readPinned, stageChange, unenteredChanges, withoutSlots, type SlotChange } from '../../people/pinned.ts';
import { readCode } from '../../people/recovery-code.ts';
import { hasCredential } from '../../people/slot.ts';
import type { KeySlot, Person, PersonRecord } from '../../people/types.ts';
import type { Home } from '../../storage/home.ts';
import { Refusal } from '../../types/refusal.ts';
import { newScryptParameters, type ScryptParameters } from '../../crypto/kdf.ts';
import { policyOf, withLedger, type OpenInstallation } from '../installation/installation.ts';
import { checkNewPassphrase } from '../../people/new-person.ts';
import { revocationsOver } from '../policy/revocations.ts';

type Opened = Pick<Ledger, 'facts' | 'append' | 'installation' | 'refresh'>;

/** Stages and enters a change. @throws Refusal, PersonRefused, StorageFault, LedgerError, and what `change` throws; nothing is changed then. */
export async function changeSlots<T extends SlotChange>(home: Home, ledger: Opened, identity: OpenIdentity, change: () => T | Promise<T>): Promise<T> {
  const { id } = identity.person;
  await ledger.refresh();
  let made: T | undefined;
  const staged = await stageChange(home, ledger.installation, identity, ledger.facts.person(id), async () => (made = await change()));
  await enterStaged(home, ledger, id, staged);
  return made!;
}

/** The same for one command. */
export const changeSlotsOf = <T extends SlotChange>(site: OpenInstallation, identity: OpenIdentity, change: () => T | Promise<T>): Promise<T> =>
  withLedger(site, ({ ledger }) => changeSlots(site.home, ledger, identity, change), { identity });

interface NewPassphrase {
  /** As it was typed. The caller wipes it. */
  readonly typed: Uint8Array;
  readonly now: Date;
  readonly kdf?: ScryptParameters | undefined;
}

/** @returns UTF-8 of the NFC form, which the caller wipes. @throws Refusal `weak-passphrase` */
const checked = async (site: OpenInstallation, { name }: PersonRecord, typed: Uint8Array): Promise<Buffer> =>
  checkNewPassphrase(typed, name, (await policyOf(site)).policy.workstation.name);

/** Another passphrase for who has just given the one they have. @throws Refusal, and what `changeSlots` throws */
export async function setPassphrase(site: OpenInstallation, identity: OpenIdentity, { typed, now, kdf }: NewPassphrase): Promise<SlotChange> {
  const passphrase = await checked(site, identity.person, typed);
  try {
    return await changeSlotsOf(site, identity, () => changePassphrase(identity, passphrase, now.toISOString(), kdf));
  } finally {
    passphrase.fill(0);
  }
}

/**
 * Gives the passphrase that has just opened the identity the cost that this machine can bear. What comes between changes nothing, and
 * the next unlock tries again.
 * @param typed as it was typed, not wiped here.
 */
export async function raiseCost(home: Home, ledger: Opened, identity: OpenIdentity, typed: Uint8Array, now: Date): Promise<void> {
  const { dearer, slot } = identity;
  if (dearer === undefined) return;
  const passphrase = Buffer.from(normalisePassphrase(Buffer.from(typed).toString('utf8')), 'utf8');
  try {
    await changeSlots(home, ledger, identity, () => changeCost(identity, slot, passphrase, newScryptParameters(dearer), now.toISOString()));
  } catch {
    // It opens as it did.
  } finally {
    passphrase.fill(0);
  }
}

/**
 * A new passphrase by a recovery code. Nothing else is done with the identity that the code opens.
 * @param code as it was typed.
 * @throws UnlockError `wrong-code`, Refusal, and what `changeSlots` throws; each refusal of a code is an event
 */
export async function recover(site: OpenInstallation, person: Person, code: string, { typed, now, kdf }: NewPassphrase): Promise<SlotChange> {
  const secret = readCode(code);
  if (!secret)
    throw new Refusal(
      'no-code',
      'This is no recovery code: it has 28 letters and digits, seven groups of four, and one of them is missing or wrong. Nothing was tried.',
    );
  const { home } = site;
  let passphrase: Buffer | undefined;
  try {
    return await withLedger(site, async ({ ledger }) => {
      let identity: OpenIdentity | undefined;
      // A new passphrase is a way in: no way round a revocation list.
      const revocations = revocationsOver(home, ledger);
      await revocations.look();
      if (revocations.barred !== undefined) throw new UnlockError('unlisted', `${revocations.barred} Nothing was tried.`);
      try {
        // As the ledger has them now: while they were asked, the code may have been used.
        const known = readPinned(home, ledger.facts, person.id) ?? person;
        const there = withoutSlots(known, (slot) => revocations.names(slot));
        identity = openWithCode(there, secret);
        passphrase = await checked(site, person, typed);
        return await changeSlots(home, ledger, identity, () => rebind(identity!, passphrase!, now.toISOString(), kdf));
      } catch (error) {
        const reason = error instanceof UnlockError ? error.code : error instanceof Refusal ? error.code : undefined;
        if (reason === 'wrong-code' || reason === 'weak-passphrase') await ledger.append({ action: 'recovery.refused', person: person.id, detail: { reason } });
        throw error;
      } finally {
        identity?.destroy();
      }
    });
  } finally {
    secret.fill(0);
    passphrase?.fill(0);
  }
}

/** A key slot as people and scripts see it: nothing of it is secret. */
export interface SlotView {
  readonly id: string;
  readonly kind: (typeof kinds)[KeySlot['type']];
  /** What its owner calls a credential; the number of a code. */
  readonly name: string | null;
  readonly made: string;
  /** The last unlock with it, as the ledger has it. */
  readonly lastUsed: string | null;
  /** What the slot asks of whoever uses it. */
  readonly verification: string;
  /** The authenticator's model as it says itself. */
  readonly model: string | null;
  readonly aaguid: string | null;
  readonly kdf: { readonly N: number; readonly r: number; readonly p: number } | null;
}

const kinds = {
  passphrase: 'passphrase',
  'passkey-prf': 'passkey',
  'passphrase-key': 'passphrase-key',
  'passkey-store': 'passkey-store',
  'recovery-code': 'recovery-code',
} as const satisfies Readonly<Record<KeySlot['type'], string>>;
const verifications: Readonly<Record<KeySlot['type'], string>> = {
  passphrase: 'something you know',
  'passkey-prf': 'user verified each time',
  'passphrase-key': 'something you know, and a touched key',
  'passkey-store': 'user verified each time; weaker: half of its key is in the secret store of this account',
  'recovery-code': 'once, for a new passphrase',
};

/** @param facts what the ledger says. */
export function slotViews({ slots }: PersonRecord, facts: Pick<LedgerFacts, 'use'>): SlotView[] {
  return slots.map((slot) => ({
    id: slot.id,
    kind: kinds[slot.type],
    name: hasCredential(slot) ? slot.label : slot.type === 'recovery-code' ? `number ${slot.number}` : null,
    made: slot.created,
    lastUsed: facts.use(slot.id)?.time ?? null,
    verification: verifications[slot.type],
    model: hasCredential(slot) ? modelOf(slot.aaguid) : null,
    aaguid: hasCredential(slot) ? slot.aaguid : null,
    kdf: 'kdf' in slot ? { N: slot.kdf.N, r: slot.kdf.r, p: slot.kdf.p } : null,
  }));
}

/** What whoever looks at their slots is told beside them. */
export function slotNotes(home: Home, person: PersonRecord): string[] {
  const advice = slotAdvice(person);
  const begun =
    'A change of these slots was begun and never entered in the ledger: nothing of it counts, and what opened before still does. The next change clears it away.';
  return [...(unenteredChanges(home, person.id).length > 0 ? [begun] : []), ...(advice === undefined ? [] : [advice])];
}
