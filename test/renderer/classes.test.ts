/** Classes in the window: the word on every rule, large enough to be read, the other session on the line, and a copy that stays behind. */
import { expect, test } from 'vitest';
import { screenText, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();
let opened: Opened;

const first = (session: number): number => opened.core.state!.server.sessions[session]!.windows[0]!.panes[0]!.id;
const words = (): Promise<string[]> => opened.page.locator('.pane:not([hidden]) .rule__class').allTextContents();

/**
 * Height of a letter that a 24 inch screen of 1920 points (0.277 mm each) has to show to somebody two metres away, in CSS pixels:
 * five minutes of arc are what an eye of 20/20 resolves (ISO 8596), 2.9 mm there.
 */
const LEAST_LETTER = 10.5;
/** Of IBM Plex Mono: the height of an l, by its size. */
const ASCENDER = 0.72;

test.each([
  ['1440x900', 1440, 900],
  ['1024x640', 1024, 640],
])('%s: each pane says its class as large as its rule', async (_, width, height) => {
  opened = await pages.open('workspace', { viewport: { width, height } });
  const { core, page } = opened;
  await until(() => core.requests.some(({ request }) => request === 'workspace.attach'), 'attach');
  core.command('split-window -h');
  core.command('split-window -v');
  await core.settled();
  await until(async () => (await words()).length === 3, 'three rules');
  expect(await words()).toEqual(['clinical', 'clinical', 'clinical']);
  const size = await page.evaluate<number>(`parseFloat(getComputedStyle(document.querySelector('.rule__class')).fontSize)`);
  expect(size * ASCENDER).toBeGreaterThan(LEAST_LETTER);
  // The word is whole, in its row, and on no text.
  const fits = `[...document.querySelectorAll('.pane:not([hidden])')].every((pane) => {
    const [word, rule, screen] = ['.rule__class', '.rule', '.screen'].map((what) => pane.querySelector(what).getBoundingClientRect());
    return word.right <= rule.right + 0.5 && word.left >= rule.left && word.bottom <= screen.top + 0.5 && pane.querySelector('.rule__class').scrollWidth <= Math.ceil(word.width);
  })`;
  expect(await page.evaluate(fits)).toBe(true);
});

test('a session of another class is on the line and on its panes, and what was copied stays behind', async () => {
  opened = await pages.workspace({ viewport: { width: 1440, height: 900 } });
  const { core, page } = opened;
  await core.print(first(0), 'patient Meier, bed 12\r\n');
  await until(async () => (await screenText(page, first(0))).includes('Meier'), 'the text');
  const box = (await (await page.$('.xterm-screen'))!.boundingBox())!;
  await page.mouse.move(box.x + 1, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 21 * 8 - 1, box.y + 10, { steps: 3 });
  await page.mouse.up();
  await page.keyboard.press('Control+Shift+C');
  await until(async () => (await page.textContent('.toast').catch(() => ''))?.includes('Copied 21 bytes'), 'the toast');
  core.command('new-session -C general');
  core.command('rename-session infra');
  await core.settled();
  await until(async () => (await words()).join() === 'general', 'the other class');
  expect(await page.textContent('.seg.is-current')).toBe('generalinfra');
  expect(await page.locator('button.seg').allTextContents()).toEqual(['clinicalicu-feeds']);
  await page.keyboard.press('Control+Shift+V');
  await until(async () => (await page.locator('.toast').allTextContents()).join().includes('lets nothing of it into the class general'), 'the refusal');
  expect(core.typed(first(1))).toBe('');
  // The first one's screen is as it was, and there it may be pasted.
  await page.click('button.seg');
  await until(async () => (await words()).join() === 'clinical', 'the way back');
  expect(await screenText(page, first(0))).toContain('Meier');
  await page.keyboard.press('Control+Shift+V');
  await until(() => core.typed(first(0)) === 'patient Meier, bed 12', 'the paste');
  const violations = await page.evaluate<string[]>('window.__violations');
  expect([violations, opened.errors, core.refused]).toEqual([[], [], []]);
});
