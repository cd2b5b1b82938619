/** A passkey is asked for its secret, which goes sealed to the vault. */
import type { Bridge } from './bridge.ts';
import { NotTaken } from './enrol-passkey.ts';
import { messages } from './messages.ts';
import { getPasskey } from './passkey.ts';

export interface Touched {
  readonly response: Record<string, unknown>;
  readonly withPassphrase?: true;
}

/**
 * @param ask gives the vault's options for navigator.credentials.get. @param passphrase where only both open: sent along, and wiped here.
 * @returns its answer, as a request takes it. @throws PasskeyUnused, NotTaken where it gave no secret
 */
export async function touchPasskey(
  bridge: Bridge,
  ask: (both: { readonly withPassphrase?: true }) => Promise<Record<string, unknown>>,
  passphrase?: Uint8Array,
): Promise<Touched> {
  const both = passphrase ? ({ withPassphrase: true } as const) : {};
  try {
    const { response, prf } = await getPasskey(await ask(both));
    if (!prf) throw new NotTaken(messages.slots.noPrf);
    await bridge.sendFrame('vault', { type: 'prf', bytes: prf });
    if (passphrase) await bridge.sendFrame('vault', { type: 'passphrase', bytes: passphrase });
    return { response, ...both };
  } finally {
    passphrase?.fill(0);
  }
}
