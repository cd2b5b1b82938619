/** What opens the recordings of who is in, and changes of it. */
import type { HandlersOf, RequestParts } from './parts.ts';

export function slotRequests({ slots, vaults }: RequestParts): HandlersOf<'slots'> {
  const done = async (change: Promise<unknown>): Promise<Record<string, never>> => {
    await change;
    return {};
  };
  return {
    'slots.list': () => slots.list(),
    'slots.confirmPassphrase': () => done(slots.confirmPassphrase()),
    'slots.passkeyOptions': ({ slot, withPassphrase }) => slots.passkeyOptions(slot, withPassphrase),
    'slots.confirmPasskey': (answer) => slots.confirmPasskey(answer),
    'slots.passphrase': () => done(slots.changePassphrase()),
    'slots.rename': ({ slot, name }) => done(slots.rename(slot, name)),
    'slots.remove': ({ slot }) => done(slots.remove(slot)),
    'slots.enrolOptions': (how) => slots.enrolOptions(how),
    'slots.enrolVerify': async ({ response }) => (await vaults.require().ask('enrolVerify', { response })).options,
    'slots.enrolProve': async ({ label, ...answer }) => ({ slot: await slots.addPasskey(answer, label) }),
  };
}
