/** The clipboard, cleared by a page: where nobody else can (x11-selections.ts). */
import type { TargetSession } from '../../src/browser/devtools.ts';
import { inTime } from '../../src/time/in-time.ts';

/** A browser writes to the clipboard within milliseconds, or not at all: without the focus its promise stays open. */
const CLIPBOARD_MS = 500;

/**
 * As if a person had asked for it: without a gesture the browser refuses. It puts every text into the selection of the middle button
 * too, but not an empty one, so a space goes first. @returns true when it was done
 */
export async function clearByPage(page: TargetSession): Promise<boolean> {
  const expression = `navigator.clipboard.writeText(' ').then(() => navigator.clipboard.writeText('')).then(() => true, () => false)`;
  const cleared = page.send('Runtime.evaluate', { expression, userGesture: true, awaitPromise: true, returnByValue: true }).then(
    ({ result }) => result.value === true,
    () => false,
  );
  return inTime(cleared, CLIPBOARD_MS, () => false);
}
