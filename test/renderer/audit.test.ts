/** The audit centre in the window: what happened as a table and in pictures, and the alerts that are open; by keys, and what it asks of the core. */
import { expect, test } from 'vitest';
import type { Input } from '../../src/bridge/schema.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { brings } from '../support/brings.ts';
import { calmEvents, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();

async function start(): Promise<Opened & { readonly asked: Input<'audit.events'>[]; readonly audit: () => Promise<void> }> {
  const asked: Input<'audit.events'>[] = [];
  const opened = await pages.workspace({}, (core) => {
    core.audit.events = async (query) => {
      asked.push(query);
      if (query.person === 'nobody') throw new Refusal('nobody', 'Nobody here has the id "nobody", or a name with it.');
      const events = calmEvents.filter(({ seq, action }) => (query.before === null || seq < query.before) && (query.action === '' || action === query.action));
      const some = events.slice(0, 5);
      return { size: 48_210, events: some, next: some.length < events.length ? some.at(-1)!.seq : null, reached: some.at(-1)?.time ?? null };
    };
  });
  const { page } = opened;
  const audit = async (): Promise<void> => {
    await page.keyboard.press('Control+b');
    await page.keyboard.type(':audit');
    await brings(() => page.keyboard.press('Enter'), page.getByRole('button', { name: 'Event 48 209' }));
  };
  return { ...opened, asked, audit };
}

test('events stand newest first, more follow when asked, and one opens with all that it says, by keys', async () => {
  const { page, asked, audit } = await start();
  await audit();
  const dialog = page.getByRole('dialog', { name: 'Audit centre' });
  expect(asked).toEqual([{ kind: 'all', before: null, action: '', person: '', since: '', until: '', count: 100 }]);
  await dialog.getByText('48 210 signed for').waitFor();
  await page.keyboard.press('2');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('with the key slot k-000000000002, assurance level 2'));
  expect(await dialog.getByRole('button', { name: 'Event 48 208' }).getAttribute('aria-expanded')).toBe('true');
  await brings(() => dialog.getByRole('button', { name: 'Look further back' }).press('Enter'), dialog.getByRole('button', { name: 'Event 48 200' }));
  expect(asked.at(-1)).toMatchObject({ before: 48_205 });
  expect(await dialog.getByRole('button', { name: /^Event / }).count()).toBe(10);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('it stands down to the line and not over it, however high the window is', async () => {
  const { page, audit } = await start();
  for (const height of [843, 855, 900]) {
    await page.setViewportSize({ width: 1300, height });
    await audit();
    const box = (what: string): Promise<{ readonly y: number; readonly height: number }> =>
      page.locator(what).evaluate((element) => element.getBoundingClientRect());
    const [house, line] = [await box('dialog.band'), await box('.line')];
    expect(house.y + house.height, `${height}`).toBe(line.y);
    await page.keyboard.press('Escape');
    await page.locator('dialog.band').waitFor({ state: 'detached' });
  }
});

test('a sort and what is typed are asked for; what is refused is said, and nothing of before stands there', async () => {
  const { page, asked, audit } = await start();
  await audit();
  const dialog = page.getByRole('dialog', { name: 'Audit centre' });
  await dialog.getByRole('button', { name: 'failed or refused' }).click();
  await dialog.getByLabel('action').fill('unlock');
  await dialog.getByLabel('from').fill('2026-11-01');
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('That is the beginning of the ledger.'));
  expect(asked.at(-1)).toEqual({ kind: 'failed', before: null, action: 'unlock', person: '', since: '2026-11-01', until: '', count: 100 });
  expect(await dialog.getByRole('button', { name: /^Event / }).count()).toBe(3);
  await dialog.getByLabel('person').fill('nobody');
  await brings(() => page.keyboard.press('Enter'), dialog.getByRole('alert').getByText('Nobody here has the id "nobody"'));
  expect(await dialog.getByRole('button', { name: /^Event / }).count()).toBe(0);
});

test('each picture says in a sentence what it shows, and has its data as a table', async () => {
  const { page, audit } = await start();
  await audit();
  const dialog = page.getByRole('dialog', { name: 'Audit centre' });
  await dialog.getByText('failed in 24 hours').waitFor();
  await dialog.getByText('events of people in 7 days').waitFor();
  await brings(() => dialog.getByText('Recordings a day: as a table').click(), dialog.getByRole('rowheader', { name: '2026-11-24' }));
  await dialog.getByText('190.00 GiB of 512.00 GiB free').waitFor();
});

const emergency = {
  id: 'b-0123456789ab',
  person: 'Envelope Ward 7',
  personId: 'p-0000000000e7',
  second: null,
  reason: 'system-down',
  time: '2026-11-24T02:10:00.000Z',
  end: '2026-11-24T02:51:00.000Z',
  due: '2026-11-27T02:51:00.000Z',
  late: false,
  words: true,
  not: null,
} as const;

test('an emergency is reviewed by keys, with a word that nobody chose before; then it is away', async () => {
  const { page, core, audit } = await start();
  const reviewed: unknown[] = [];
  core.audit.emergencies = async () => ({ emergencies: reviewed.length === 0 ? [emergency] : [] });
  core.audit.reviewEmergency = async (said) => void reviewed.push(said);
  await audit();
  const dialog = page.getByRole('dialog', { name: 'Audit centre' });
  await dialog.getByText('to be reviewed by').waitFor();
  await brings(
    () => dialog.getByRole('button', { name: 'Review it: b-0123456789ab' }).press('Enter'),
    dialog.getByRole('heading', { name: 'Review of b-0123456789ab, of Envelope Ward 7' }),
  );
  await dialog.getByText('wardmux breakglass words b-0123456789ab --key FILE').waitFor();
  await brings(() => page.keyboard.press('Enter'), dialog.getByRole('alert').getByText('Choose justified or not justified first.'));
  expect(reviewed).toEqual([]);
  // Escape leaves the form and not the house.
  await brings(() => page.keyboard.press('Escape'), dialog.getByRole('button', { name: 'Review it: b-0123456789ab' }));
  await dialog.getByRole('button', { name: 'Review it: b-0123456789ab' }).press('Enter');
  await dialog.getByRole('radio', { name: 'not justified' }).check();
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('b-0123456789ab is reviewed.'));
  expect(reviewed).toEqual([{ id: 'b-0123456789ab', finding: 'not-justified' }]);
  await dialog.getByText('No emergency waits for a review.').waitFor();
});

test('whoever was in it, and whoever is no auditor, reads who reviews it; a refusal is said in the core’s own words', async () => {
  const { page, core, audit } = await start();
  const not = 'Nobody reviews their own work, and you were in b-0123456789ab. Another auditor does.';
  core.audit.emergencies = async () => ({
    emergencies: [
      { ...emergency, late: true },
      { ...emergency, id: 'b-0123456789ac', not },
      { ...emergency, id: 'b-0123456789ad', end: null, due: null },
    ],
  });
  core.audit.reviewEmergency = async () => {
    throw new Refusal('not-reviewed', 'b-0123456789ab was reviewed meanwhile. Nothing was entered.');
  };
  await audit();
  const dialog = page.getByRole('dialog', { name: 'Audit centre' });
  await dialog.getByText(not).waitFor();
  await dialog.getByText('was to be reviewed by').waitFor();
  await dialog.getByText('it is reviewed when it is over').waitFor();
  expect(await dialog.getByRole('button', { name: /^Review it: b-/ }).count()).toBe(1);
  await dialog.getByRole('button', { name: 'Review it: b-0123456789ab' }).press('Enter');
  await dialog.getByRole('radio', { name: 'justified', exact: true }).check();
  await brings(() => page.keyboard.press('Enter'), dialog.getByRole('alert').getByText('was reviewed meanwhile'));
});

test('the recordings of an emergency are a step away: the list opens with its person and its reason', async () => {
  const { page, core, audit } = await start();
  core.audit.emergencies = async () => ({ emergencies: [emergency] });
  await audit();
  const recordings = page.getByRole('dialog', { name: 'Recordings' });
  await brings(() => page.getByRole('button', { name: 'Its recordings: b-0123456789ab' }).press('Enter'), recordings);
  await until(() => core.requests.some(({ request }) => request === 'review.everybody'), 'the list');
  expect(core.requests.find(({ request }) => request === 'review.everybody')?.input).toMatchObject({ words: 'p-0000000000e7', reason: 'system-down' });
  expect(await recordings.locator('#review-words').inputValue()).toBe('p-0000000000e7');
  // Escape leads back to where one came from.
  await brings(() => page.keyboard.press('Escape'), page.getByRole('dialog', { name: 'Audit centre' }));
  await page.locator('[aria-label="Its recordings: b-0123456789ab"]:focus').waitFor();
});

test('the form of a review is seen to its last button, where the emergencies stand below everything else', async () => {
  const { page, core, audit } = await start();
  core.audit.emergencies = async () => ({
    emergencies: Array.from({ length: 12 }, (_, n) => ({ ...emergency, id: `b-0123456789${String(n + 10)}` })),
  });
  await audit();
  const dialog = page.getByRole('dialog', { name: 'Audit centre' });
  const sign = dialog.getByRole('button', { name: 'Sign it' });
  await brings(() => dialog.getByRole('button', { name: 'Review it: b-012345678921' }).press('Enter'), sign);
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('emergency-justified');
  expect(await sign.evaluate((button) => button.getBoundingClientRect().bottom <= button.closest('.audit__side')!.getBoundingClientRect().bottom)).toBe(true);
});

test('a review of what is due is signed by keys, with what was found as a sealed frame to the vault alone', async () => {
  const { page, core, audit } = await start();
  const signed: unknown[] = [];
  core.audit.sign = async (span) => void signed.push(span);
  await audit();
  const dialog = page.getByRole('dialog', { name: 'Audit centre' });
  await dialog.getByText('1 310 events that nobody has reviewed').waitFor();
  await dialog.getByRole('button', { name: 'Sign a review of these' }).press('Enter');
  await dialog.getByLabel('outcome').selectOption('reported');
  await brings(() => dialog.getByRole('button', { name: 'Sign it' }).press('Enter'), dialog.getByRole('alert').getByText('Say what you found first.'));
  expect(signed).toEqual([]);
  await page.keyboard.type('Told the ward about Station 4.');
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('Events 46 900 to 48 209 are reviewed.'));
  expect(signed).toEqual([{ from: 46_900, to: 48_210, finding: 'reported' }]);
  const words = core.frames.flatMap(({ peer, frame }) => (peer === 'vault' && frame.type === 'words' ? [Buffer.from(frame.bytes).toString()] : []));
  expect(words).toEqual(['Told the ward about Station 4.']);
  expect(JSON.stringify(core.requests)).not.toContain('Station 4');
  // What somebody did who has reviewed it themselves is another review; Escape leaves its form, and not the house.
  await brings(
    () => dialog.getByRole('button', { name: 'Sign a review of what R. Okafor did' }).press('Enter'),
    dialog.getByRole('heading', { name: 'Review of events 41 204 to 46 810' }),
  );
  await brings(() => page.keyboard.press('Escape'), dialog.getByRole('button', { name: 'Sign a review of these' }));
});
