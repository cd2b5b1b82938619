/** What a person reads where something that was asked for did not come. */
import { Refused } from './bridge.ts';
import { NotTaken } from './enrol-passkey.ts';
import { messages } from './messages.ts';
import { PasskeyUnused } from './passkey.ts';

/** @param cancelled the sentence for a passkey that was not used */
export const failureWords = (reason: unknown, cancelled: string): string =>
  reason instanceof PasskeyUnused ? cancelled : reason instanceof Refused || reason instanceof NotTaken ? reason.message : messages.bridge.failed;
