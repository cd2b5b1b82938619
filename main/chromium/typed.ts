/**
 * The browser's own process keeps the last characters of all that is typed at a page, passwords among them, in one piece and for as
 * long as nobody types more: what Chromium looks for reused passwords in (PasswordReuseDetectionManager, 45 characters; no switch
 * and no preference turns it off). So it is given others, which no page gets.
 */
import type { TargetSession } from '../../src/browser/devtools.ts';
import { inTime } from '../../src/time/in-time.ts';

/** More than it keeps. */
const KEPT_CHARS = 64;
/** A browser takes them within some milliseconds; one that does not answer holds up no change of the page. */
const TAKE_MS = 500;
/** Of the private use area, which no keyboard has a key for. Control characters it does not keep. */
const FILLER = '\ue0f0';

/** What the guard needs of a window, so that a test can stand in for one. */
export interface FilledWindow {
  addEventListener(type: 'keypress', listener: (event: FilledKey) => void, options: { readonly capture: true; readonly passive: false }): void;
}
export interface FilledKey {
  readonly charCode: number;
  preventDefault(): void;
  stopImmediatePropagation(): void;
}

/**
 * Before every script of a document: what its browser is given to keep is no key of anybody's, and enters no field and no terminal. It refers to nothing
 * outside itself: its source text is sent.
 */
export function dropFiller(page: FilledWindow): void {
  page.addEventListener(
    'keypress',
    (event) => {
      if (event.charCode !== 0xe0f0) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true, passive: false },
  );
}

/** @param session of a page with a renderer: the empty one, or one that stands and has `dropFiller`. */
export async function forgetTyped(session: Pick<TargetSession, 'send'>): Promise<void> {
  const keys = Array.from({ length: KEPT_CHARS }, () => session.send('Input.dispatchKeyEvent', { type: 'char', text: FILLER, unmodifiedText: FILLER }));
  const taken = Promise.all(keys).then(
    () => {},
    () => {},
  );
  await inTime(taken, TAKE_MS);
}
