/**
 * Whether a page is to be seen. A browser's word is no proof: one that has been stopped has said "done" about a picture that
 * still stands there. So the screen is looked at, where that can be done.
 */
import { treeRuns } from '../../src/browser/processes.ts';
import type { TargetSession } from '../../src/browser/devtools.ts';
import { betweenLooks, lookFor, type Look } from '../machine/x11-window.ts';

/** Without proof that the page is not to be seen any more, the browser is killed after this long, so that its end is within 400 ms. A proof takes 20 to 100 ms. */
export const PROOF_MS = 250;

export interface Sight {
  /** Process id. */
  readonly browser: number;
  /** The window as the screen has it; undefined where there is none, or where nobody can look (Wayland). Asked at each use. */
  readonly look: () => Promise<(() => Promise<Look>) | undefined>;
  readonly isClosed: () => boolean;
  /** The browser has told of the end of the last document. */
  readonly heardEnd: () => boolean;
  /** Lets the browser draw an empty page. @returns true when it and its GPU process have drawn it */
  readonly drawEmpty: () => Promise<boolean>;
}

/**
 * Resolves with true once the screen shows nothing of a page. Where nobody can look: once the browser has drawn an empty page. A
 * look counts only between two moments in which every process of the browser runs: one that is stopped shows later what it has.
 */
export async function isDark(sight: Sight): Promise<boolean> {
  const runs = (): boolean => treeRuns(sight.browser);
  return runs() && (await looksDark(sight)) && runs();
}

/** Looks until the X server has no such window any more. False where nobody can look (also because there is no screen), or in vain. */
export async function isDestroyed(sight: Sight): Promise<boolean> {
  const look = await sight.look();
  return look !== undefined && lookFor(look, ['gone'], PROOF_MS);
}

async function looksDark(sight: Sight): Promise<boolean> {
  // Closed meanwhile, which is a word and no look.
  if (sight.isClosed()) return isDestroyed(sight);
  const look = await sight.look();
  let blind = !look;
  for (const end = performance.now() + PROOF_MS; performance.now() < end; await betweenLooks()) {
    if (blind) {
      if (await sight.drawEmpty()) return true;
      continue;
    }
    const seen = await look!();
    // What stands above it can go again: that is no look at all.
    if (seen === 'covered') return false;
    if (seen === 'unclear') blind = true;
    if (seen === 'plain' || seen === 'gone') return true;
    // Not on the screen: the browser has heard that its page has died, and draws another picture before it comes back.
    if (seen === 'hidden' && sight.heardEnd()) return true;
  }
  return false;
}

/** True when the browser and its GPU process have drawn the page as it is now. A page that is just being loaded is not there yet. */
export async function hasDrawn(page: TargetSession): Promise<boolean> {
  return page.send('Page.captureScreenshot', { format: 'png', clip: { x: 0, y: 0, width: 1, height: 1, scale: 1 } }).then(
    () => true,
    () => false,
  );
}
