/** Where the browser has its window, in its own words (DevTools protocol, domain Browser). */
import { z } from 'zod';
import type { WindowPlace } from '../host.ts';
import type { TargetSession } from '../../src/browser/devtools.ts';

/** Of a window that was put back at least this much lies on a screen (pixels): enough to see what it is and to take hold of it. */
const SEEN = 100;

const screenSchema = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

export async function placeOf(browser: TargetSession, targetId: string): Promise<WindowPlace | undefined> {
  const { left, top, width, height, windowState } = (await browser.send('Browser.getWindowForTarget', { targetId })).bounds;
  if (left === undefined || top === undefined || width === undefined || height === undefined) return undefined;
  // A window that is hidden has no place.
  return windowState === 'normal' || windowState === 'maximized' ? { left, top, width, height, maximized: windowState === 'maximized' } : undefined;
}

/** The screen that the window was on may be gone, or smaller now: then it comes onto one that is there. One that filled the screen does so again. */
export async function putBack(browser: TargetSession, page: TargetSession, targetId: string, place: WindowPlace): Promise<void> {
  const { left, top, width, height, maximized } = place;
  // The switch --start-maximized alone does nothing where there is one for the size too.
  if (maximized) {
    const { windowId } = await browser.send('Browser.getWindowForTarget', { targetId });
    return void (await browser.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'maximized' } }));
  }
  const expression = '({ x: screen.availLeft, y: screen.availTop, width: screen.availWidth, height: screen.availHeight })';
  const screen = screenSchema.parse((await page.send('Runtime.evaluate', { expression, returnByValue: true })).result.value);
  const right = Math.min(left + width, screen.x + screen.width) - Math.max(left, screen.x);
  const down = Math.min(top + height, screen.y + screen.height) - Math.max(top, screen.y);
  if (right >= SEEN && down >= SEEN && top >= screen.y) return;
  const { windowId } = await browser.send('Browser.getWindowForTarget', { targetId });
  await browser.send('Browser.setWindowBounds', { windowId, bounds: { left: screen.x, top: screen.y } });
}

/** Before those of others, and out of an icon. @throws DevToolsError */
export async function raiseWindow(browser: TargetSession, page: TargetSession, targetId: string): Promise<void> {
  const { windowId, bounds } = await browser.send('Browser.getWindowForTarget', { targetId });
  if (bounds.windowState === 'minimized') await browser.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'normal' } });
  await page.send('Page.bringToFront');
}
