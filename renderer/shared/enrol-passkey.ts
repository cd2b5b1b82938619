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

/** @returns the id of its slot. @throws NotTaken, Refused, PasskeyUnused */
export async function enrolPasskey(bridge: Bridge, where: keyof typeof requests, label: string, { touch, learned = () => {} }: EnrolProgress): Promise<string> {
  const { options, verify, prove } = requests[where];
  const creating = await bridge.request(options, {});
  touch(0);
  const proving = await bridge.request(verify, { response: await createPasskey(creating) });
  touch(1);
  const first = await getPasskey(proving);
  learned('verified', first.userVerified);
  if (!first.prf) {
    learned('prf', false);
    throw new NotTaken(text.noPrf);
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
  const { slot } = await bridge.request(prove, { response: second.response, label });
  learned('slot', true);
  return slot;
}
