/** What opens the keys of who is in: shown once more, changed, enrolled. */
import { measuredScryptParameters } from '../../crypto/kdf.ts';
import { changePassphrase, nameSlot, removeSlot } from '../../people/change.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { dearest, unlockWithPassphrase } from '../../people/person.ts';
import { checkPinned, stageChange, type SlotChange, type StagedChange } from '../../people/pinned.ts';
import type { Person } from '../../people/types.ts';
import { checkNewPassphrase } from '../../people/new-person.ts';
import { kindOf, openByCredential, typedOf, uvOf, withHashed } from '../factors.ts';
import type { Holder } from '../holder.ts';
import type { VaultInput, VaultOutput } from '../service.ts';
import type { Turns } from './turns.ts';

type Known = VaultInput<'changeSlot'>['known'];

export function slotHandlers(
  holder: Holder,
): Turns<'confirmPassphrase' | 'confirmOptions' | 'confirmPasskey' | 'changePassphrase' | 'changeSlot' | 'enrolOptions' | 'enrolVerify' | 'enrolProve'> {
  /** The record of who is in, as the ledger has it now. */
  const pinned = (known: Known): Person | undefined => checkPinned(holder.ready().home, holder.open().person.id, known);
  /** What follows on a proof that was given again: changes of slots, for some minutes. */
  const confirm = (again: OpenIdentity): VaultOutput<'confirmPasskey'> => {
    const { slot, person } = again;
    const uv = uvOf(again);
    again.destroy();
    const identity = holder.open();
    identity.replaceSlots(person.slots);
    identity.ways.show(slot);
    holder.confirm();
    return { slot, ...uv };
  };
  const stage = async (known: Known, change: (identity: OpenIdentity) => SlotChange | Promise<SlotChange>): Promise<StagedChange> => {
    const { home } = holder.ready();
    const identity = holder.confirmed();
    return stageChange(home, holder.installation, identity, known, () => change(identity));
  };
  return {
    confirmPassphrase: async ({ known }, secrets) => {
      const passphrase = typedOf(secrets);
      const person = pinned(known);
      const { home } = holder.ready();
      return confirm(await withHashed(passphrase, (typed) => unlockWithPassphrase(person, typed, dearest(home), holder.parts.dearer)));
    },
    confirmOptions: async ({ known, slot, withPassphrase }) => ({
      options: await holder.ready().passkeys.unlockOptions(pinned(known), slot, kindOf(withPassphrase)),
    }),
    confirmPasskey: async ({ known, ...answer }, secrets) => confirm(await openByCredential(holder, pinned(known), answer, secrets)),

    changePassphrase: async ({ known, workstation }, secrets) => {
      const passphrase = typedOf(secrets);
      const normal = await checkNewPassphrase(passphrase, holder.confirmed().person.name, workstation);
      try {
        return await stage(known, (identity) => changePassphrase(identity, normal, holder.now().toISOString(), holder.parts.kdf));
      } finally {
        normal.fill(0);
      }
    },
    changeSlot: ({ known, slot, name }) => stage(known, (identity) => (name === undefined ? removeSlot(identity, slot) : nameSlot(identity, slot, name))),

    enrolOptions: async ({ withPassphrase, stored }) => ({
      options: await holder.ready().passkeys.enrolOptions(holder.confirmed(), stored ? 'passkey-store' : kindOf(withPassphrase)),
    }),
    /** A PRF result that create() gave may have come already: it is kept for the proof. */
    enrolVerify: async ({ response }, { prf }) => {
      const options = await holder.ready().passkeys.enrolVerify(holder.confirmed(), response);
      holder.page.keepPrf(prf);
      return { options };
    },
    enrolProve: async ({ response, label, known, withPassphrase, workstation }, secrets) => {
      const { passkeys } = holder.ready();
      const { prf } = secrets;
      const now = holder.now().toISOString();
      if (!withPassphrase)
        return stage(known, async (identity) => {
          const { id: slot, type, aaguid: model } = await passkeys.enrolProve(identity, response, prf, label, now);
          return { change: type === 'passkey-store' ? type : 'passkey', slot, model };
        });
      const normal = await checkNewPassphrase(typedOf(secrets), holder.confirmed().person.name, workstation);
      try {
        const kdf = holder.parts.kdf ?? (await measuredScryptParameters());
        return await stage(known, async (identity) => {
          const previous = identity.person.slots.find(({ type }) => type === 'passphrase')?.id;
          const { id: slot, aaguid: model } = await passkeys.enrolProve(identity, response, prf, label, now, { passphrase: normal, kdf });
          return { change: 'passphrase-key', slot, model, ...(previous === undefined ? {} : { previous }) };
        });
      } finally {
        normal.fill(0);
      }
    },
  };
}
