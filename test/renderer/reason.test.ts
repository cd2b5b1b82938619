/** Why somebody has come in, in the window: nothing before it, a digit and a ticket by keys alone, and what is wrong is said at the field. */
import { expect, test } from 'vitest';
import { axeViolations, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();

const asked = (opened: Opened): Promise<boolean> => opened.page.getByRole('dialog', { name: 'Why this session' }).isVisible();

test('no pane is laid out before it is said why; a digit chooses, the ticket follows, esc locks, and the pane has the focus', async () => {
  const opened = await pages.open('workspace', {}, (core) => void (core.reason = { ticket: 'INC#######' }));
  const { page, core } = opened;
  await until(() => asked(opened), 'the question');
  expect(core.state).toBeUndefined();
  expect(await axeViolations(opened)).toEqual([]);
  await page.keyboard.press('Enter');
  await until(async () => ((await page.textContent('dialog')) ?? '').includes('Choose why first'), 'that a reason is missing');
  await page.keyboard.press('3');
  await until(() => page.evaluate('document.activeElement?.id === "ticket"'), 'the focus in the ticket');
  await page.keyboard.press('Enter');
  await until(async () => ((await page.textContent('dialog')) ?? '').includes('Type the ticket first'), 'that a ticket is missing');
  expect(core.reasonsGiven).toEqual([]);
  await page.keyboard.press('Escape');
  await until(() => core.requests.some(({ request }) => request === 'lock'), 'the lock');
  await page.keyboard.type('INC0012345');
  await page.keyboard.press('Enter');
  await until(() => core.state !== undefined, 'the first pane');
  expect(core.reasonsGiven).toEqual([{ reason: 'maintenance', ticket: 'INC0012345' }]);
  await until(async () => !(await asked(opened)), 'the question to go');
  await until(() => page.evaluate('document.activeElement?.closest("[data-pane]") !== null'), 'the focus in the pane');
});

test('without a ticket a digit and Enter are enough, behind the policy’s text', async () => {
  const opened = await pages.open('workspace', {}, (core) => {
    core.consent = { version: 1, text: 'For work only.' };
    core.reason = { ticket: null };
  });
  const { page, core } = opened;
  await until(() => page.getByRole('dialog', { name: 'Before your first pane' }).isVisible(), 'the text');
  await page.keyboard.press('a');
  await until(() => asked(opened), 'the question');
  expect(await page.locator('#ticket').count()).toBe(0);
  await page.keyboard.press('1');
  await page.keyboard.press('Enter');
  await until(() => core.state !== undefined, 'the first pane');
  expect(core.reasonsGiven).toEqual([{ reason: 'treatment', ticket: null }]);
});
