/** Enrolling a passkey, in the first run and later: one create(), then two get() calls that must give the same secret. */
import type { Bridge } from './bridge.ts';
import { sameBytes } from './bytes.ts';
import { messages } from './messages.ts';
import { createPasskey, getPasskey } from './passkey.ts';

const text = messages.setup.passkey;

const requests = {
  setup: { options: 'setup.passkeyOptions', verify: 'setup.passkeyVerify', prove: 'setup.passkeyProve' },
  slots: { options: 'slots.enrolOptions', verify: 'slots.enrolVerify', prove: 'slots.enrolProve' },
} as const;

export interface EnrolHow {
  readonly passphrase?: Uint8Array;
  readonly stored?: true;
}

export type EnrolTest = 'verified' | 'prf' | 'slot';

/** The passkey was not taken; the message is a sentence for people. */
export class NotTaken extends Error {
  override name = 'NotTaken';
}

export interface EnrolProgress {
  /** A touch is due: 0, 1 or 2. */
  readonly touch: (which: number) => void;
  readonly learned?: (test: EnrolTest, good: boolean) => void;
}

/**
 * @param how with the passphrase of a key that is touched: only both open then, and it is wiped here. Or `stored`: a passkey without PRF, which keeps half of a key.
 * @returns the id of its slot. @throws NotTaken, Refused, PasskeyUnused
 */
export async function enrolPasskey(
  bridge: Bridge,
  where: keyof typeof requests,
  label: string,
  { touch, learned = () => {} }: EnrolProgress,
  how: EnrolHow = {},
): Promise<string> {
  try {
    return await enrol(bridge, where, label, { touch, learned }, how);
  } finally {
    how.passphrase?.fill(0);
  }
}

async function enrol(
  bridge: Bridge,
  where: keyof typeof requests,
  label: string,
  { touch, learned }: Required<EnrolProgress>,
  { passphrase, stored }: EnrolHow,
): Promise<string> {
  const { options, verify, prove } = requests[where];
  const both = passphrase ? { withPassphrase: true } : {};
  const creating = await bridge.request(options, { ...both, ...(stored ? { stored } : {}) });
  touch(0);
  const proving = await bridge.request(verify, { response: await createPasskey(creating) });
  touch(1);
  const first = await getPasskey(proving);
  learned('verified', first.userVerified);
  if (!first.prf) {
    learned('prf', false);
    throw new NotTaken(stored ? text.keepsNothing : text.noPrf);
  }
  touch(2);
  const second = await getPasskey(proving);
  const same = second.prf !== undefined && sameBytes(first.prf, second.prf);
  learned('prf', same);
  if (!same) {
    first.prf.fill(0);
    second.prf?.fill(0);
    throw new NotTaken(text.different);
  }
  await bridge.sendFrame('vault', { type: 'prf', bytes: first.prf });
  await bridge.sendFrame('vault', { type: 'prf', bytes: second.prf! });
  if (passphrase) await bridge.sendFrame('vault', { type: 'passphrase', bytes: passphrase });
  const { slot } = await bridge.request(prove, { response: second.response, label, ...both });
  learned('slot', true);
  return slot;
}
