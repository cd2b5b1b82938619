/** Where the browser has its window, in its own words (DevTools protocol, domain Browser). */
import type { CDPSession, Page } from 'playwright-core';
import type { WindowPlace } from '../host.ts';

/** Of a window that was put back at least this much lies on a screen (pixels): enough to see what it is and to take hold of it. */
const SEEN = 100;

async function windowOf(browser: CDPSession) {
  const { targetInfos } = await browser.send('Target.getTargets');
  const target = targetInfos.find(({ type }) => type === 'page');
  return target && browser.send('Browser.getWindowForTarget', { targetId: target.targetId });
}

export async function placeOf(browser: CDPSession): Promise<WindowPlace | undefined> {
  const { left, top, width, height, windowState } = (await windowOf(browser))?.bounds ?? {};
  if (left === undefined || top === undefined || width === undefined || height === undefined) return undefined;
  // A window that is hidden has no place.
  return windowState === 'normal' || windowState === 'maximized' ? { left, top, width, height, maximized: windowState === 'maximized' } : undefined;
}

/** The screen that the window was on may be gone, or smaller now: then it comes onto one that is there. */
export async function bringOntoScreen(browser: CDPSession, page: Page, { left, top, width, height, maximized }: WindowPlace): Promise<void> {
  if (maximized) return;
  const screen = await page.evaluate<{ x: number; y: number; width: number; height: number }>(
    '({ x: screen.availLeft, y: screen.availTop, width: screen.availWidth, height: screen.availHeight })',
  );
  const right = Math.min(left + width, screen.x + screen.width) - Math.max(left, screen.x);
  const down = Math.min(top + height, screen.y + screen.height) - Math.max(top, screen.y);
  const found = await windowOf(browser);
  if (!found || (right >= SEEN && down >= SEEN && top >= screen.y)) return;
  await browser.send('Browser.setWindowBounds', { windowId: found.windowId, bounds: { left: screen.x, top: screen.y } });
}
