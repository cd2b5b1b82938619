/** The pages of one file of tests, in one browser: each is closed after its test, and has kept to its content security policy, its schema and itself. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { Surface } from '../../src/types/words.ts';
import { buildPages, launch, open, until, type FakeCore, type Opened } from './harness.ts';

export interface Pages {
  /** Opens a page, and closes it after the test. */
  readonly open: (surface: Surface, options?: BrowserContextOptions, prepare?: (core: FakeCore) => void | Promise<void>) => Promise<Opened>;
  /** The workspace, with its panes: one of them has the keys. */
  readonly workspace: (options?: BrowserContextOptions, prepare?: (core: FakeCore) => void | Promise<void>) => Promise<Opened>;
}

/** Called once, at the beginning of a file. */
export function pagesOfTests(): Pages {
  let browser: Browser;
  const opened: Opened[] = [];
  beforeAll(async () => {
    await buildPages();
    browser = await launch();
  });
  afterAll(async () => browser?.close());
  afterEach(async () => {
    for (const { page, errors, core, context } of opened.splice(0)) {
      // One that its test has closed cannot be asked any more. What is under way fails when its page is closed, which is no fault: so all of it is taken before.
      const violations = page.isClosed() ? [] : await page.evaluate<string[]>('window.__violations');
      const seen = { violations, errors: [...errors], refused: [...core.refused] };
      await context.close();
      // In every test: nothing against the content security policy, no error, no request that the core's check refuses.
      expect(seen).toEqual({ violations: [], errors: [], refused: [] });
    }
  });
  const pages: Pages = {
    open: async (surface, options = {}, prepare = () => {}) => {
      const one = await open(browser, surface, options, prepare);
      opened.push(one);
      return one;
    },
    workspace: async (options, prepare) => {
      const one = await pages.open('workspace', options, prepare);
      await until(() => one.core.requests.some(({ request }) => request === 'workspace.attach'), 'attach');
      await one.core.settled();
      // What is typed or pasted next goes to a pane.
      await until(() => one.page.evaluate(`document.activeElement?.closest('[data-pane]') != null`), 'a pane with the focus');
      return one;
    },
  };
  return pages;
}
