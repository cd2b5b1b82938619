/** The fonts are missing or damaged: every page stands all the same, in a font of the system, and the cells still fit. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Browser, Route } from 'playwright-core';
import { buildPages, launch, open, until, type Opened } from './harness.ts';

let browser: Browser;
let opened: Opened;
beforeAll(async () => {
  await buildPages();
  browser = await launch();
});
afterAll(async () => browser?.close());
afterEach(async () => {
  const { errors, core } = opened;
  await opened.context.close();
  // That a file did not load is the browser's own word for it; nothing of ours may fail because of it.
  expect(errors.filter((error) => !error.startsWith('Failed to load resource'))).toEqual([]);
  expect(core.refused).toEqual([]);
});

const ways: readonly (readonly [string, (route: Route) => Promise<void>])[] = [
  ['are missing', (route) => route.fulfill({ status: 404, body: '' })],
  ['are damaged', (route) => route.fulfill({ status: 200, contentType: 'font/woff2', body: 'no font' })],
];
const surfaces = [
  ['setup', '#name', 'Your name'],
  ['lock', '.poster__way', 'Locked'],
  ['workspace', '.pane .xterm-rows > div', 'sealed'],
] as const;

test.each(surfaces.flatMap(([surface, part, word]) => ways.map(([how, answer]) => ({ surface, part, word, how, answer }))))(
  '$surface stands when the fonts $how',
  async ({ surface, part, word, answer }) => {
    let asked = 0;
    opened = await open(browser, surface, {}, async (core) => {
      await core.page.route('**/*.woff2', async (route) => {
        asked++;
        await answer(route);
      });
    });
    const { page } = opened;
    await page.locator(part).first().waitFor();
    await until(async () => (await page.evaluate<string>('document.body.innerText')).toLowerCase().includes(word.toLowerCase()), word);
    expect(asked).toBeGreaterThan(0);
    expect(await page.evaluate(`[...document.fonts].some((font) => font.status === 'loaded')`)).toBe(false);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    if (surface !== 'workspace') return;
    // The terminal's rows are on the grid still: as wide as the cells that the core was told.
    const pane = await page.evaluate<{ width: number; box: number }>(
      `(() => { const pane = document.querySelector('.pane'); return { width: pane.querySelector('.xterm-screen').getBoundingClientRect().width, box: pane.getBoundingClientRect().width }; })()`,
    );
    expect(pane.width).toBeGreaterThan(0);
    expect(pane.width).toBeLessThanOrEqual(pane.box);
  },
);
