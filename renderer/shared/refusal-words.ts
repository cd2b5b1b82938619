/** What a person reads where a request was refused, or failed: nothing of any other error. */
import { Refused } from './bridge.ts';
import { messages } from './messages.ts';

export const refusalWords = (reason: unknown): string => (reason instanceof Refused ? reason.message : messages.bridge.failed);
