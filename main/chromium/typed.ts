/**
 * The browser's own process keeps the last characters of all that is typed at a page, passwords among them, in one piece and for as
 * long as nobody types more: what Chromium looks for reused passwords in (PasswordReuseDetectionManager, 45 characters; no switch
 * and no preference turns it off). So it is given others, which no page gets.
 */
import type { TargetSession } from './devtools.ts';
import { inTime } from '../../src/time/in-time.ts';

/** More than it keeps. */
const KEPT_CHARS = 64;
/** A browser takes them within some milliseconds; one that does not answer holds up no change of the page. */
const TAKE_MS = 500;

/** @param session of an empty page, with a renderer. */
export async function forgetTyped(session: Pick<TargetSession, 'send'>): Promise<void> {
  const keys = Array.from({ length: KEPT_CHARS }, () => session.send('Input.dispatchKeyEvent', { type: 'char', text: ' ', unmodifiedText: ' ' }));
  const taken = Promise.all(keys).then(
    () => {},
    () => {},
  );
  await inTime(taken, TAKE_MS);
}
