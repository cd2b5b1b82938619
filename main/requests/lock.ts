/** The lock page, and the word that leads to it. */
import type { HandlersOf, RequestParts } from './parts.ts';

export function lockRequests(parts: RequestParts): HandlersOf<'lock'> {
  const { host, gate, vaults, unlock, status, policy, clipboard } = parts;
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
      await unlock.attempt(person, 'passphrase', (id, known) => vaults.require().ask('unlockPassphrase', { person: id, known }));
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
  };
}
