/** The policy's text in the window: nothing before it is accepted, Enter accepts nothing, and the panes follow. */
import { expect, test } from 'vitest';
import { axeViolations, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();

const consent = { version: 2, text: 'For patient care only.\n\nWhat your shells show is recorded.' };
const asked = (opened: Opened): Promise<boolean> => opened.page.getByRole('dialog', { name: 'Before your first pane' }).isVisible();

test('no pane is laid out before it, Enter and esc accept nothing, and after it the first pane opens with the focus', async () => {
  const opened = await pages.open('workspace', {}, (core) => void (core.consent = consent));
  const { page, core } = opened;
  await until(() => asked(opened), 'the question');
  expect(await page.textContent('.consent__text')).toContain(consent.text);
  expect(core.state).toBeUndefined();
  expect(await axeViolations(opened)).toEqual([]);
  // The safe answer has the focus, and Enter gives it.
  await page.keyboard.press('Enter');
  await until(() => core.requests.some(({ request }) => request === 'lock'), 'the lock');
  await page.keyboard.press('Escape');
  await until(() => core.requests.filter(({ request }) => request === 'lock').length === 2, 'the second lock');
  expect(core.consent).toEqual(consent);
  expect(core.state).toBeUndefined();
  await page.keyboard.press('a');
  await until(() => core.state !== undefined, 'the first pane');
  expect(core.requests.find(({ request }) => request === 'consent.accept')?.input).toEqual({ version: 2 });
  await until(async () => !(await asked(opened)), 'the question to go');
  await until(() => page.evaluate('document.activeElement?.closest("[data-pane]") !== null'), 'the focus in the pane');
});
