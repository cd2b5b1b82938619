/** Alerts in the window: on the line for everybody, the list and the closing for who may, and a note that nobody between page and vault reads. */
import { expect, test } from 'vitest';
import { permissionNames } from '../../src/access/index.ts';
import type { Output } from '../../src/bridge/schema.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { brings } from '../support/brings.ts';
import { calmStatus, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();

type Alert = Output<'audit.alerts'>['alerts'][number];
const alert: Alert = {
  rule: 'spray',
  seq: 4711,
  severity: 'page',
  owner: 'security',
  raised: '2026-11-24T14:31:00.000Z',
  due: '2026-11-24T18:31:00.000Z',
  last: '2026-11-24T14:40:00.000Z',
  count: 5,
  help: 'Unlocks of 3 people failed in 10 minutes on this workstation.',
  late: true,
  about: ['Mara Ueda', 'p-00000000e802'],
  aboutYou: false,
};

async function start(alerts: readonly Alert[] = [alert]): Promise<Opened & { readonly closed: unknown[] }> {
  const closed: unknown[] = [];
  let left = alerts;
  const opened = await pages.workspace({}, (core) => {
    core.status = { ...calmStatus, alerts: { open: alerts.length, worst: 'page' } };
    core.audit.alerts = async () => ({ all: left.length, alerts: [...left] });
    core.audit.close = async (rule, seq) => {
      closed.push([rule, seq]);
      left = left.filter((one) => one.seq !== seq);
    };
  });
  return { ...opened, closed };
}

test('the count on the line opens the list; one is closed by keys, and the note goes as a sealed frame to the vault alone', async () => {
  const { page, core, closed } = await start([alert, { ...alert, rule: 'tampered', seq: 4712, help: 'Somebody changed files.', late: false, about: [] }]);
  await page.getByRole('button', { name: '2 alerts' }).click();
  const dialog = page.getByRole('dialog', { name: 'Alerts' });
  await dialog.getByText('late, was due').waitFor();
  expect(await dialog.innerText()).toContain('About Mara Ueda, p-00000000e802.');
  await dialog.getByRole('button', { name: 'Close: 4711/spray' }).press('Enter');
  await brings(() => page.keyboard.press('Enter'), dialog.getByRole('alert').getByText('Say what you found first.'));
  expect(closed).toEqual([]);
  await page.keyboard.type('A drill, Station 4 was told.');
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('Alert 4711/spray is closed.'));
  await dialog.getByRole('button', { name: 'Close: 4711/spray' }).waitFor({ state: 'detached' });
  expect(closed).toEqual([['spray', 4711]]);
  const words = core.frames.flatMap(({ peer, frame }) => (peer === 'vault' && frame.type === 'words' ? [Buffer.from(frame.bytes).toString()] : []));
  expect(words).toEqual(['A drill, Station 4 was told.']);
  expect(JSON.stringify(core.requests)).not.toContain('Station 4');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('what is about whoever is in has no button, and a refusal stands where they look', async () => {
  const { page, core } = await start([alert, { ...alert, seq: 4712, aboutYou: true }]);
  core.audit.close = async () => {
    throw new Refusal('not-closed', 'It is about a hand of yours. Nothing was closed.');
  };
  await page.keyboard.press('Control+b');
  await page.keyboard.type(':alerts');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Alerts' });
  await dialog.getByText('It is about you: somebody else closes it.').waitFor();
  expect(await dialog.getByRole('button', { name: /^Close: / }).count()).toBe(1);
  await dialog.getByRole('button', { name: 'Close: 4711/spray' }).click();
  await page.keyboard.type('I looked.');
  await brings(() => page.keyboard.press('Enter'), dialog.getByRole('alert').getByText('It is about a hand of yours.'));
  await brings(() => page.keyboard.press('Escape'), dialog.getByRole('button', { name: 'Close: 4711/spray' }));
});

test('who may not look sees how many there are, and no way to them; where nobody knows that is said', async () => {
  const { page, core } = await start();
  // Of a line that says nothing yet the button would be gone too.
  await page.getByRole('button', { name: '1 alert' }).waitFor();
  core.status = { ...core.status, permits: permissionNames.filter((name) => name !== 'audit.look') };
  core.emit('status', core.status);
  await until(async () => (await page.getByRole('button', { name: '1 alert' }).count()) === 0, 'the button to go');
  await page.locator('.line').getByText('1 alert').waitFor();
  core.emit('status', { ...core.status, alerts: null });
  await page.locator('.line').getByText('alerts not known').waitFor();
});
