/** The policy in the window: what it would change, before and after, who has to agree; by keys, to a screen reader, and at each size. */
import { expect, test } from 'vitest';
import type { BrowserContextOptions } from 'playwright-core';
import { Refusal } from '../../src/types/refusal.ts';
import { brings } from '../support/brings.ts';
import { axeViolations, until, type FakeCore, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();
let opened: Opened;

const dialog = () => opened.page.getByRole('dialog', { name: 'Policy' });
const asked = (request: string): unknown[] => opened.core.requests.filter((one) => one.request === request).map(({ input }) => input);

async function openBand(options: BrowserContextOptions = {}, prepare: (core: FakeCore) => void = () => {}): Promise<void> {
  opened = await pages.workspace(options, prepare);
  const { page } = opened;
  await page.keyboard.press('Control+b');
  await page.keyboard.type(':policy');
  await brings(() => page.keyboard.press('Enter'), dialog().getByRole('heading', { name: 'In force', exact: true }));
}

test('a weaker one: both values of each field, who agrees, and by a key on to the page of the second one', async () => {
  await openBand({}, (core) => {
    core.people.ask = async () => ({ ...core.people.view(), step: 'second' });
  });
  const { page } = opened;
  const rows = await dialog().getByRole('table').first().getByRole('row').allInnerTexts();
  expect(rows.map((row) => row.split('\t').map((cell) => cell.trim()))).toEqual([
    ['which way', 'field', 'before', 'after'],
    ['weaker', 'lock.idleSeconds', '300', '900'],
    ['weaker', 'lock.logoffMinutes', '15', '60'],
    ['other', 'workstation.banner', '""', '"Authorised staff only."'],
  ]);
  const text = await dialog().innerText();
  for (const part of ['2 of them get weaker', 'a second security admin agrees here', 'K. Moss', 'M. Ueda and K. Moss', 'one field'])
    expect(text).toContain(part);
  await brings(() => page.keyboard.press('a'), dialog().getByRole('status').getByText('Your panes are covered'));
  expect(asked('policy.accept')).toEqual([{ sha256: 'c'.repeat(64) }]);
});

test('one that one decides is shown once more, and done after a proof; Escape leaves it and asks for nothing', async () => {
  await openBand({}, (core) => {
    core.people.ask = async () => ({ ...core.people.view(), step: 'proof', words: 'Take another policy into force.', changes: core.policy.wish!.changes });
    core.people.prove = async () => ({ sentence: 'The policy is in force: version 3.' });
    core.policy = { ...core.policy, wish: { ...core.policy.wish!, second: null } };
  });
  const { page, core } = opened;
  expect(await dialog().innerText()).toContain('nobody else here decides with you');
  await brings(() => page.keyboard.press('a'), dialog().getByText('Take another policy into force.'));
  expect(await dialog().getByRole('row').allInnerTexts()).toHaveLength(4);
  await brings(() => page.keyboard.press('Escape'), dialog().getByRole('heading', { name: 'In force', exact: true }));
  expect(asked('people.leave')).toHaveLength(1);
  await brings(() => page.keyboard.press('a'), dialog().getByText('Take another policy into force.'));
  await page.keyboard.type('kettle orbit willow prairie stamp');
  core.policy = { ...core.policy, wish: null };
  await brings(() => page.keyboard.press('Enter'), dialog().getByRole('status').getByText('The policy is in force: version 3.'));
  expect(await dialog().innerText()).toContain('Nothing: it is the policy in force.');
  expect(asked('people.provePassphrase')).toEqual([{ go: true }]);
});

test.each<[string, (core: FakeCore) => void, string]>([
  [
    'who may not decide',
    (core) => void (core.policy = { ...core.policy, may: false }),
    'You may look. A security admin takes it into force: M. Ueda, K. Moss.',
  ],
  [
    'while whoever could agree was put out',
    (core) =>
      void (core.policy = { ...core.policy, wish: { ...core.policy.wish!, second: null, why: 'Until 2026-12-05T12:00:00.000Z nobody decides it alone.' } }),
    'nobody decides it alone',
  ],
  [
    'with a file that is no policy',
    (core) => void (core.policy = { ...core.policy, wish: { sha256: null, words: 'Line 3: no such field.', changes: [], more: 0, second: null, why: null } }),
    'Line 3: no such field.',
  ],
])('%s: it is shown, and nothing can be asked for', async (_, prepare, words) => {
  await openBand({}, prepare);
  expect(await dialog().innerText()).toContain(words);
  expect(await dialog().getByRole('button', { name: 'Take it into force' }).count()).toBe(0);
  await opened.page.keyboard.press('a');
  await opened.page.keyboard.press('q');
  await until(async () => (await opened.page.getByRole('dialog').count()) === 0, 'the band is closed');
  expect(asked('policy.accept')).toEqual([]);
});

test('a refusal is said in the core’s own words', async () => {
  await openBand({}, (core) => {
    core.people.ask = async () => {
      throw new Refusal('changed-meanwhile', 'policy.json is another one by now. Nothing was changed: look at it again.');
    };
  });
  await brings(() => opened.page.keyboard.press('a'), dialog().getByText('policy.json is another one by now.'));
});

test('who agrees sees both values of each field too', async () => {
  opened = await pages.open('guest', {}, (core) => {
    const view = core.people.view;
    core.people.view = () => ({ ...view(), changes: core.policy.wish!.changes });
  });
  await opened.page.getByRole('cell', { name: 'lock.idleSeconds' }).waitFor();
  expect(await opened.page.getByRole('row').allInnerTexts()).toHaveLength(4);
  expect(await axeViolations(opened)).toEqual([]);
});

test.each([
  ['1024', { viewport: { width: 1024, height: 700 } }],
  ['2560', { viewport: { width: 2560, height: 1440 } }],
  ['in forced colours', { forcedColors: 'active' }],
  ['half as wide, as with larger text', { viewport: { width: 640, height: 480 } }],
] as const)('the band at %s: nothing sticks out, and a screen reader gets all of it', async (_, options) => {
  await openBand(options);
  expect(await opened.page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')).toBe(true);
  expect(await axeViolations(opened)).toEqual([]);
});
