/** The lock page, and the word that leads to it. */
import type { HandlersOf, RequestParts } from './parts.ts';

export function lockRequests(parts: RequestParts): HandlersOf<'lock' | 'emergency'> {
  const { host, gate, vaults, slots, unlock, lift, breakGlass, status, policy, clipboard } = parts;
  return {
    lock: async () => {
      void gate.lock('hotkey');
      return {};
    },
    'lock.facts': async () => {
      await policy.look().catch(() => undefined);
      return { ...status.lockFacts(clipboard.copied, await unlock.waitSeconds()), passkeyLimit: host.passkeyLimit ?? null };
    },
    'lock.wait': async ({ person }) => unlock.wait(person),
    'lock.clipboardCleared': async () => {
      clipboard.copied = false;
      return {};
    },
    'lock.passphrase': async ({ person }) => {
      let dearer: string | undefined;
      await unlock.attempt(person, 'passphrase', async (id, known) => {
        const opened = await vaults.require().ask('unlockPassphrase', { person: id, known });
        if (opened.dearer) dearer = id;
        return opened;
      });
      if (dearer !== undefined) void slots.raiseCost(dearer);
      return {};
    },
    'lock.passkeyOptions': async ({ person }) => unlock.passkeyOptions(person),
    'lock.passkeyUnused': async ({ reason }) => {
      unlock.passkeyUnused(`passkey-${reason}`);
      return {};
    },
    'lock.passkey': async ({ person, response }) => {
      await unlock.attempt(person, 'passkey', (id, known) => vaults.require().ask('unlockPasskey', { person: id, known, response }));
      return {};
    },
    'lock.liftPassphrase': async ({ person }) => {
      await lift.station(person, 'passphrase');
      return {};
    },
    'lock.liftPasskey': async ({ person, response }) => {
      await lift.station(person, 'passkey', response);
      return {};
    },
    'emergency.ask': async ({ reason }) => {
      await breakGlass.ask(reason);
      return {};
    },
    'emergency.leave': async () => {
      breakGlass.leave();
      return {};
    },
    'emergency.passphrase': async ({ person }) => {
      const open: Parameters<typeof unlock.attempt>[2] = (id, known) => vaults.require().ask('unlockPassphrase', { person: id, known, emergency: true });
      return { second: !(await unlock.attempt(person, 'passphrase', open, (who, method) => breakGlass.admit(who, method))) };
    },
    'emergency.passkey': async ({ person, response }) => {
      const open: Parameters<typeof unlock.attempt>[2] = (id, known) => vaults.require().ask('unlockPasskey', { person: id, known, response, emergency: true });
      return { second: !(await unlock.attempt(person, 'passkey', open, (who, method) => breakGlass.admit(who, method))) };
    },
  };
}
