/** The lock page, and the word that leads to it. */
import { credentialMethod } from '../unlock/unlock.ts';
import { inTime } from '../../src/time/in-time.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

/** Which policy is in force stands in the ledger: where somebody holds that, the lock page does not wait for it longer than this (ms). */
const POLICY_MS = 1000;

export function lockRequests(parts: RequestParts): HandlersOf<'lock' | 'emergency'> {
  const { host, gate, vaults, slots, unlock, waysIn, lift, breakGlass, status, policy, clipboard } = parts;
  return {
    lock: async () => {
      void gate.lock('hotkey');
      return {};
    },
    'lock.facts': async () => {
      await inTime(
        policy.look().catch(() => undefined),
        POLICY_MS,
      );
      return { ...status.lockFacts(clipboard.copied, await waysIn.look()), passkeyLimit: host.passkeyLimit ?? null };
    },
    'lock.wait': async ({ person }) => waysIn.wait(person),
    'lock.clipboardCleared': async () => {
      clipboard.copied = false;
      return {};
    },
    'lock.passphrase': async ({ person }) => {
      let dearer: string | undefined;
      await unlock.attempt(person, 'passphrase', async (id, known, enrols) => {
        const opened = await vaults.require().ask('unlockPassphrase', { person: id, known, enrols });
        if (opened.dearer) dearer = id;
        return opened;
      });
      if (dearer !== undefined) void slots.raiseCost(dearer);
      return {};
    },
    'lock.passkeyOptions': async ({ person, withPassphrase }) => waysIn.passkeyOptions(person, credentialMethod(withPassphrase)),
    'lock.passkeyUnused': async ({ reason }) => {
      waysIn.passkeyUnused(`passkey-${reason}`);
      return {};
    },
    'lock.passkey': async ({ person, ...answer }) => {
      await unlock.attempt(person, credentialMethod(answer.withPassphrase), (id, known) =>
        vaults.require().ask('unlockPasskey', { person: id, known, ...answer }),
      );
      return {};
    },
    'lock.liftPassphrase': async ({ person }) => {
      await lift.station(person);
      return {};
    },
    'lock.liftPasskey': async ({ person, ...answer }) => {
      await lift.station(person, answer);
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
    'emergency.passkey': async ({ person, ...answer }) => {
      const open: Parameters<typeof unlock.attempt>[2] = (id, known) =>
        vaults.require().ask('unlockPasskey', { person: id, known, ...answer, emergency: true });
      const method = credentialMethod(answer.withPassphrase);
      return { second: !(await unlock.attempt(person, method, open, (who, by) => breakGlass.admit(who, by))) };
    },
  };
}
