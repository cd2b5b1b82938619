/** How somebody comes in, and is out again: the first run, and the factors of an unlock. */
import { newScryptParameters } from '../../crypto/kdf.ts';
import { changeCost } from '../../people/change.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { programFolderOrNone } from '../../integrity/program.ts';
import { dearest, unlockWithPassphrase } from '../../people/person.ts';
import { checkPinned, stageChange, type SlotChange } from '../../people/pinned.ts';
import { firstRun } from '../../services/installation/first-run.ts';
import { Refusal } from '../../types/refusal.ts';
import type { UnlockMethod } from '../../types/words.ts';
import { kindOf, openByCredential, typedOf, uvOf, withHashed } from '../factors.ts';
import type { Entrance, Holder } from '../holder.ts';
import type { VaultOutput } from '../service.ts';
import type { Turns } from './turns.ts';

export function unlockHandlers(holder: Holder): Turns<'createPerson' | 'unlockPassphrase' | 'raiseCost' | 'passkeyOptions' | 'unlockPasskey' | 'letGo'> {
  const enter = (identity: OpenIdentity, method: UnlockMethod, how: Entrance): VaultOutput<'unlockPasskey'> => {
    holder.become(identity, method, how);
    return { person: identity.person.id, method, slot: identity.slot, ...uvOf(identity) };
  };
  return {
    createPerson: async ({ name, workstationClass, auditKeyPath, replaceInstallation }, secrets) => {
      const { home } = holder.ready();
      const passphrase = typedOf(secrets);
      const { chooseStore, kdf } = holder.parts;
      const result = await firstRun({
        home: home.folder,
        name,
        // Each class has a preset of its name.
        preset: workstationClass,
        passphrase,
        auditKeyPath,
        replaceInstallation,
        program: programFolderOrNone(),
        now: () => holder.now(),
        ...(chooseStore ? { chooseStore } : {}),
        ...(kdf ? { kdf } : {}),
      });
      holder.become(result.identity, 'passphrase');
      // Nobody has been anywhere: the passkey of the first run is enrolled now.
      holder.confirm('first-run');
      return { person: result.person.id, auditKeyPath: result.auditKeyPath, auditKid: result.auditKid };
    },

    unlockPassphrase: async ({ person, known, ...how }, secrets) => {
      const { home } = holder.ready();
      return withHashed(typedOf(secrets), async (typed) => {
        const identity = await unlockWithPassphrase(checkPinned(home, person, known), typed, dearest(home), holder.parts.dearer);
        const opened = enter(identity, 'passphrase', how);
        const dearer = identity.dearer !== undefined;
        holder.keepDearer(dearer ? Buffer.from(typed) : undefined);
        return { ...opened, dearer };
      });
    },

    /** Who knows the passphrase has just given it: that is proof enough for the same one at another cost. */
    raiseCost: async ({ known }) => {
      const { home } = holder.ready();
      const identity = holder.open();
      const [typed, N] = [holder.takeDearer(), identity.dearer];
      if (!typed || N === undefined) throw new Refusal('not-needed', 'The cost of this passphrase is as it should be.');
      const change = (): Promise<SlotChange> => changeCost(identity, identity.slot, typed, newScryptParameters(N), holder.now().toISOString());
      try {
        return await stageChange(home, holder.installation, identity, known, change);
      } finally {
        typed.fill(0);
      }
    },

    passkeyOptions: async ({ person, known, withPassphrase }) => {
      const { home, passkeys } = holder.ready();
      return { options: await passkeys.unlockOptions(checkPinned(home, person, known), undefined, kindOf(withPassphrase)) };
    },

    unlockPasskey: async ({ person, known, emergency, ...answer }, secrets) => {
      const identity = await openByCredential(holder, checkPinned(holder.ready().home, person, known), answer, secrets);
      return enter(identity, answer.withPassphrase ? 'passphrase-key' : 'passkey', { emergency });
    },

    letGo: async () => {
      holder.forget();
      return {};
    },
  };
}
