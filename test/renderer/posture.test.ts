/** The posture and the self-test in the window: what it says, by keys, to a screen reader, and at each size. */
import { expect, test } from 'vitest';
import type { BrowserContextOptions } from 'playwright-core';
import type { Output } from '../../src/bridge/schema.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { brings } from '../support/brings.ts';
import { axeViolations, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();
let opened: Opened;

const rows: Output<'posture.look'>['rows'] = [
  {
    name: 'anchors',
    level: 'stop',
    title: 'Heads kept outside',
    value: 'the policy names no place outside',
    strict: 'a head of the ledger stands on another machine, and is fresh',
    advice: 'Add a folder on another machine: wardmux anchor add NAME --file FOLDER',
    safeguard: '45 CFR 164.312(c)(1)',
  },
  {
    name: 'idle',
    level: 'weaker',
    title: 'Time until the lock',
    value: '300 s',
    strict: '120 s',
    advice: 'Set lock.idleSeconds to 120.',
    safeguard: '45 CFR 164.312(a)(2)(iii)',
  },
  {
    name: 'disk',
    level: 'unseen',
    title: 'Encryption of the disk',
    value: 'cannot be seen from here',
    strict: 'encrypted',
    advice: 'Write it down.',
    safeguard: '45 CFR 164.312(a)(2)(iv)',
  },
];
const tested: Output<'selftest.run'> = {
  time: '2026-11-28T12:00:00.000Z',
  holds: false,
  sha256: 'ab'.repeat(32),
  controls: [
    { name: 'ledger', title: 'Ledger', safeguard: '45 CFR 164.312(c)(1)', outcome: 'fails', seen: 'cut: its end is missing.', limit: 'A limit.' },
    { name: 'anchors', title: 'Heads kept outside', safeguard: '45 CFR 164.312(c)(1)', outcome: 'not-shown', seen: 'No place.', limit: 'A limit.' },
    { name: 'cipher', title: 'Encryption', safeguard: '45 CFR 164.312(a)(2)(iv)', outcome: 'holds', seen: 'Published answers.', limit: 'A limit.' },
  ],
};

async function start(options: BrowserContextOptions = {}): Promise<Opened> {
  opened = await pages.workspace(options);
  opened.core.proving.look = async () => ({ rows, selfTest: { time: '2026-11-27T06:00:00.000Z', holds: true } });
  opened.core.proving.selfTest = async () => tested;
  return opened;
}

/** By the keys of somebody who has no mouse. */
async function openBand(): Promise<void> {
  const { page } = opened;
  await page.keyboard.press('Control+b');
  await page.keyboard.press(':');
  await page.keyboard.type('posture');
  await brings(() => page.keyboard.press('Enter'), page.getByRole('dialog', { name: 'Posture and self-test' }));
}

test('the worst first, each with its safeguard and what to do, by keys alone; Escape leaves', async () => {
  const { page } = await start();
  await openBand();
  const dialog = page.getByRole('dialog', { name: 'Posture and self-test' });
  await dialog.getByRole('heading', { name: 'To do now, 1' }).waitFor();
  expect(await dialog.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
    'To do now, 1',
    'Weaker than the strict profile, 1',
    'Not to be seen from here, 1',
    'Self-test',
  ]);
  const text = await dialog.innerText();
  for (const { title, value, advice, safeguard } of rows) for (const part of [title, value, advice, safeguard]) expect(text).toContain(part);
  expect(text).toMatch(/Last run (2026-11-27 )?\d\d:\d\d: everything that could be tried held\./);
  expect(text).not.toMatch(/complian/i);
  await page.keyboard.press('Escape');
  await until(async () => (await page.getByRole('dialog').count()) === 0, 'the band is closed');
});

test('r tries the controls; a screen reader hears what came of it, and what fails stands first', async () => {
  // As high as a laptop's: what is weaker fills it, and the self-test is below.
  const { page, core } = await start({ viewport: { width: 1024, height: 400 } });
  await openBand();
  const inSight = (): Promise<boolean> =>
    page.evaluate(
      `(() => { const { top, bottom } = document.querySelector('dialog [role=status]').getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; })()`,
    );
  await page.getByRole('heading', { name: 'To do now, 1' }).waitFor();
  expect(await inSight()).toBe(false);
  // Given before it is asked for too: the page says that it is busy before the core has heard of it.
  const { promise, resolve } = Promise.withResolvers<typeof tested>();
  core.proving.selfTest = () => promise;
  const status = page.getByRole('dialog').getByRole('status');
  await page.keyboard.press('r');
  await until(async () => (await status.innerText()).includes('Trying each control'), 'it says that it is busy');
  expect(await inSight()).toBe(true);
  // A second press while it runs asks for nothing.
  await page.keyboard.press('r');
  resolve(tested);
  await until(async () => (await status.innerText()).includes('1 of 3 controls do not hold.'), 'the result is said');
  expect(await inSight()).toBe(true);
  expect(core.requests.filter(({ request }) => request === 'selftest.run').length).toBe(1);
  const headings = await page.getByRole('dialog').getByRole('heading', { level: 4 }).allTextContents();
  expect(headings).toEqual(['Does not hold, 1', 'Not shown, 1', 'Holds, 1']);
  expect(await page.getByRole('dialog').innerText()).toContain('ab'.repeat(32));
  // And what is weaker is looked at again.
  expect(core.requests.filter(({ request }) => request === 'posture.look').length).toBe(2);
});

test('what cannot be had is said in the core’s own words', async () => {
  const { page, core } = await start();
  core.proving.look = async () => {
    throw new Refusal('locked', 'The ledger cannot be read.');
  };
  core.proving.selfTest = async () => {
    throw new Refusal('locked', 'The self-test was not brought to its end.');
  };
  await openBand();
  await page.getByText('The ledger cannot be read.').waitFor();
  await brings(() => page.keyboard.press('r'), page.getByRole('status').getByText('The self-test was not brought to its end.'));
});

test.each<[string, BrowserContextOptions]>([
  ['1024, dark', { viewport: { width: 1024, height: 640 }, colorScheme: 'dark' }],
  ['1440, light', { viewport: { width: 1440, height: 900 }, colorScheme: 'light' }],
  ['2560', { viewport: { width: 2560, height: 1440 } }],
  ['forced colours', { viewport: { width: 1024, height: 640 }, forcedColors: 'active' }],
])('%s: axe finds nothing, nothing is wider than the band, and the end can be reached by keys', async (_, options) => {
  const { page } = await start(options);
  await openBand();
  await brings(() => page.keyboard.press('r'), page.getByRole('heading', { name: 'Does not hold, 1' }));
  expect(await axeViolations(opened)).toEqual([]);
  expect(await page.evaluate(`(() => { const band = document.querySelector('dialog.band'); return band.scrollWidth - band.clientWidth; })()`)).toBe(0);
  await page.keyboard.press('End');
  await page.keyboard.press('Tab');
  await until(
    async () =>
      await page.evaluate<boolean>(
        `(() => { const box = document.activeElement.getBoundingClientRect(); return document.activeElement.tagName === 'BUTTON' && box.bottom <= innerHeight && box.top >= 0; })()`,
      ),
    'the focus is on a button that is to be seen',
  );
});
