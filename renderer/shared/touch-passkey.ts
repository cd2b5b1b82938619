/** A passkey is asked for its secret, which goes sealed to the vault. */
import type { Bridge } from './bridge.ts';
import { NotTaken } from './enrol-passkey.ts';
import { messages } from './messages.ts';
import { getPasskey } from './passkey.ts';

/** @param options of the vault, for navigator.credentials.get. @returns its answer. @throws PasskeyUnused, NotTaken where it gave no secret */
export async function touchPasskey(bridge: Bridge, options: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { response, prf } = await getPasskey(options);
  if (!prf) throw new NotTaken(messages.slots.noPrf);
  await bridge.sendFrame('vault', { type: 'prf', bytes: prf });
  return response;
}
