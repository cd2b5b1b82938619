/** The review house in the window, over a recording that is read as the vault reads it: by keys, to a screen reader, at each size; and what it asks for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BrowserContextOptions } from 'playwright-core';
import { brings } from '../support/brings.ts';
import { shot } from '../support/shot.ts';
import { newRecording, opener, removeFolders } from '../support/recording.ts';
import { ticketMark } from '../../src/recording/access.ts';
import { decodeFrame } from '../../src/bridge/frames.ts';
import type { Output } from '../../src/bridge/schema.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { Review } from '../../src/vault/review.ts';
import { axeViolations, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();
let opened: Opened;
let recording: { id: string; folder: string };

type Row = Output<'review.list'>['rows'][number];
const row = (more: Partial<Row>): Row => ({
  id: '20261122-081500-0a1b2c3d',
  person: 'p-000000000002',
  name: 'Theo Lind',
  start: '2026-11-22T08:15:00.000Z',
  lengthMs: 720_000,
  size: 1_100_000,
  state: 'complete',
  signed: 48,
  found: 48,
  sessionClass: 'clinical',
  reason: null,
  review: null,
  yours: false,
  ...more,
});

beforeAll(async () => {
  const { writer, clock } = await newRecording();
  writer.event('r', '90x24');
  writer.event('m', ticketMark('INC0012345'));
  const say = (ms: number, text: string): void => {
    clock.step(ms);
    writer.output(Buffer.from(text));
  };
  say(500, 'ops@if-icu-01:~$ ');
  say(1000, 'tail -n 3 hl7.log');
  say(
    500,
    '\r\n14:28:48 adt-in recv ADT^A08 90181\r\n14:28:49 \x1b[32madt-in ack\x1b[0m 90181\r\n14:28:50 oru-out \x1b[31mnack\x1b[0m E_CONN_RESET\r\nops@if-icu-01:~$ ',
  );
  writer.event('l', '{"cause":"idle"}');
  clock.step(60_000);
  writer.event('u', '{"person":"p-000000000001","method":"passphrase"}');
  say(2000, 'exit');
  say(500, '\r\n');
  await writer.end('exit');
  recording = writer;
});
afterAll(removeFolders);

const nothing = async (done: Promise<unknown>): Promise<void> => void (await done);
/** What a page asks of a moment is asked of this. */
function looks({ review }: Opened['core'], through: Review): void {
  review.seek = (ticket, timeUs) => nothing(through.seek(ticket, timeUs));
  review.more = (ticket) => nothing(through.more(ticket));
  review.lines = (ticket, timeUs, count) => nothing(through.lines(ticket, timeUs, count));
}

async function start(options: BrowserContextOptions = {}): Promise<Opened> {
  opened = await pages.workspace(options);
  const { core, page } = opened;
  const review = new Review((sealed) => core.frame('vault', decodeFrame(Uint8Array.from(sealed))));
  const own = { id: recording.id, folder: recording.folder };
  let said: Row['review'] = null;
  core.review.say = async (_, state) => void (said = { state, by: 'Uma Okafor' });
  core.review.list = async ({ state }) => {
    const rows = [
      row({ id: own.id, person: 'p-000000000001', name: 'Mara Ueda', yours: true, start: '2026-11-22T14:02:00.000Z' }),
      row({ review: said }),
      row({
        id: '20261121-081500-0a1b2c3e',
        state: 'contradicts',
        reason: 'patient-safety',
        review: { state: 'flagged', by: 'Uma Okafor' },
        start: '2026-11-21T08:15:00.000Z',
      }),
    ];
    const left = rows.filter((one) => state === undefined || one.state === state || one.review?.state === state);
    return { rows: left, all: rows.length, left: left.length, states: { complete: 2, contradicts: 1, flagged: 1 }, reasons: { 'patient-safety': 1 } };
  };
  core.review.programs = (ticket) => nothing(review.programs(ticket, [own], opener));
  core.review.open = async (ticket, _, masked = false) => ({
    whole: (await review.open(ticket, own.folder, opener, false, masked)).whole,
    masked,
    live: false,
  });
  looks(core, review);
  core.review.search = (ticket, lookFor) => {
    const asked = core.frames.findLast(({ frame }) => frame.type === 'query')!.frame as { readonly bytes: Uint8Array };
    return review.search(ticket, [own], Buffer.from(asked.bytes).toString(), opener, async () => undefined, lookFor);
  };
  core.review.close = async () => review.close();
  await page.keyboard.press('Control+b');
  await page.keyboard.press(':');
  await page.keyboard.type('recordings');
  await brings(() => page.keyboard.press('Enter'), page.getByRole('dialog', { name: 'Recordings' }).getByRole('heading', { level: 3 }).first());
  return opened;
}

const screenText = (): Promise<string> => opened.page.evaluate<string>(`document.querySelector('.review__screen .xterm-rows')?.innerText ?? ''`);

test('the list by day, with names, programs of one’s own, and states in words; a filter by the keyboard', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  expect(await dialog.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['Sunday, 22 November 2026', 'Saturday, 21 November 2026']);
  await dialog.getByText('/bin/sh -l').waitFor();
  const text = await dialog.innerText();
  for (const part of ['Mara Ueda', 'Theo Lind', 'sealed to its person', 'contradicted', '3 recordings']) expect(text).toContain(part);
  await dialog
    .getByRole('button', { name: /^contradicted/ })
    .first()
    .focus();
  await page.keyboard.press('Enter');
  await until(
    () => core.requests.some(({ request, input }) => request === 'review.everybody' && (input as { state?: string }).state === 'contradicts'),
    'the filter',
  );
  await dialog.getByText('1 of 3 recordings').waitFor();
  await page.keyboard.press('Escape');
  await until(async () => (await page.getByRole('dialog').count()) === 0, 'the house is closed');
});

test('what was said of a recording is shown and filtered by, and an auditor says it by keys; of their own they say nothing', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  expect(await dialog.innerText()).toContain('flagged');
  await dialog.getByLabel('why opened').selectOption('patient-safety');
  await until(
    () => core.requests.some(({ request, input }) => request === 'review.everybody' && (input as { reason?: string }).reason === 'patient-safety'),
    'the reason',
  );
  await brings(() => dialog.getByRole('button', { name: /Mara Ueda/ }).click(), dialog.getByText('It is yours: somebody else reviews it.'));
  await page.keyboard.press('Escape');
  await dialog
    .getByRole('button', { name: /Theo Lind/ })
    .first()
    .focus();
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('Nobody has said anything of it.'));
  await dialog.getByRole('region', { name: 'Review', exact: true }).getByRole('button', { name: 'fine' }).focus();
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('fine, by Uma Okafor'));
  expect(core.requests.filter(({ request }) => request === 'review.say').map(({ input }) => input)).toEqual([
    { recording: '20261122-081500-0a1b2c3d', state: 'fine' },
  ]);
});

test('one’s own is exported from its replay, by a key; leaving that leads back to the list', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  await brings(() => dialog.getByRole('button', { name: /Mara Ueda/ }).click(), dialog.getByRole('button', { name: /^Export…/ }));
  await dialog.getByRole('heading', { level: 2, name: '/bin/sh -l' }).focus();
  await page.keyboard.press('e');
  const asked = page.getByRole('dialog', { name: 'Export a session log' });
  await asked.getByText(`recording ${recording.id}`).waitFor();
  await asked.getByLabel('what it is for').fill('weekly review');
  await asked.getByLabel('who gets it').fill('ward office');
  await asked.getByLabel('where it goes').fill('/media/audit');
  await brings(() => page.keyboard.press('Enter'), asked.getByRole('list', { name: 'What was found' }));
  expect(core.requests.find(({ request }) => request === 'export.plan')?.input).toMatchObject({ recording: recording.id });
  await brings(() => page.keyboard.press('Escape'), page.getByRole('dialog', { name: 'Recordings' }).getByRole('heading', { level: 3 }).first());
  expect(core.requests.some(({ request }) => request === 'export.start')).toBe(false);
  // Of somebody else’s it is offered to auditors alone.
  const others = page.getByRole('dialog', { name: 'Recordings' });
  const openOther = () =>
    brings(
      () =>
        others
          .getByRole('button', { name: /Theo Lind/ })
          .first()
          .click(),
      page.getByText('Nobody has said anything of it.'),
    );
  core.status = { ...core.status, permits: core.status.permits.filter((one) => one !== 'recording.export.others') };
  core.emit('status', core.status);
  await openOther();
  await until(async () => (await page.getByRole('button', { name: /^Export…/ }).count()) === 0, 'that it is not offered');
});

test.each([
  ['1024, light', { viewport: { width: 1024, height: 640 }, colorScheme: 'light' }],
  ['1440, dark', { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }],
  ['2560', { viewport: { width: 2560, height: 1440 } }],
] as const)('an auditor exports somebody else’s by keys, with an audit key and for a reason, at %s; nothing is let out by hand', async (size, options) => {
  const { page, core } = await start(options);
  const asked = (name: string): unknown[] => core.requests.flatMap(({ request, input }) => (request === name ? [input] : []));
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  await brings(
    () =>
      dialog
        .getByRole('button', { name: /Theo Lind/ })
        .first()
        .click(),
    dialog.getByRole('button', { name: 'Export…', exact: true }),
  );
  await dialog.getByRole('button', { name: 'Export…', exact: true }).focus();
  const steps = page.getByRole('dialog', { name: 'Export a session log' });
  await brings(() => page.keyboard.press('Enter'), steps.getByText(/Theo Lind’s, recording 20261122-081500-0a1b2c3d/));
  expect(await steps.getByLabel('why you export somebody else’s').inputValue()).toBe('audit');
  expect(await steps.getByLabel('what is withheld').getByRole('option').allInnerTexts()).toEqual(['what is recognised', 'what any recogniser finds']);
  expect(await axeViolations(opened)).toEqual([]);
  // What is missing is asked for, field by field, and nothing is asked of the core before.
  await page.keyboard.type('yearly audit');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Example Audits');
  await brings(() => page.keyboard.press('Enter'), steps.getByText('Say where the audit key is: nothing was exported.'));
  await page.keyboard.type('/media/key/audit-key.json');
  await brings(() => page.keyboard.press('Enter'), steps.getByText(/Say where: nothing was exported/));
  await page.keyboard.type('/media/audit');
  expect(asked('export.planOther')).toEqual([]);
  await shot(page, `export-others-${size.slice(0, 4)}`);
  const plan = core.evidence.planOther;
  core.evidence.planOther = async () => {
    throw new Refusal('bad-key-file', 'This is not an audit key of Wardmux, or it is damaged.');
  };
  await brings(() => page.keyboard.press('Enter'), steps.getByText('This is not an audit key of Wardmux, or it is damaged.'));
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('export-auditKey');
  core.evidence.planOther = plan;
  await brings(() => page.keyboard.press('Enter'), steps.getByRole('list', { name: 'What was found' }));
  expect(asked('export.planOther').at(-1)).toEqual({
    ticket: expect.any(Number),
    recording: '20261122-081500-0a1b2c3d',
    reason: 'audit',
    keyFile: '/media/key/audit-key.json',
  });
  expect(asked('export.plan')).toEqual([]);
  await steps.getByText('nothing of it is let out by hand').waitFor();
  expect(await steps.getByRole('button', { name: /Let it out/ }).count()).toBe(0);
  expect(await axeViolations(opened)).toEqual([]);
  await shot(page, `export-others-found-${size.slice(0, 4)}`);
  await brings(() => page.keyboard.press('y'), steps.getByRole('heading', { name: 'Exported and signed.' }));
  expect(asked('export.start').at(-1)).toMatchObject({ form: 'evidence', path: '/media/audit' });
  await brings(() => page.keyboard.press('v'), steps.getByText('Good: signed, whole, and in the ledger.'));
  await brings(() => page.keyboard.press('c'), page.getByText(/Copied 12 bytes/).first());
  expect(await axeViolations(opened)).toEqual([]);
  await shot(page, `export-others-done-${size.slice(0, 4)}`);
  await brings(() => page.keyboard.press('Escape'), page.getByRole('dialog', { name: 'Recordings' }).getByRole('heading', { level: 3 }).first());
});

test('what an audit key was given for a search is asked for again by an export; what it was looked at with stands there', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  const review = new Review((sealed) => core.frame('vault', decodeFrame(Uint8Array.from(sealed))));
  looks(core, review);
  core.review.openOther = async (given) => ({
    whole: (await review.open(given.ticket, recording.folder, opener, false, true)).whole,
    masked: true,
    live: false,
  });
  await brings(() => dialog.getByText('With an audit key').click(), dialog.getByText(/Looks through everybody’s recordings/));
  await dialog.getByLabel('audit key’s file').fill('/media/key/search.json');
  await dialog.getByLabel('why you search').selectOption('audit');
  await dialog.getByLabel('what to find').fill('nack');
  await brings(() => page.keyboard.press('Enter'), dialog.getByRole('button', { name: /^Stop/ }));
  await brings(() => page.keyboard.press('Escape'), dialog.getByRole('button', { name: /Theo Lind/ }).first());
  const openOther = () =>
    brings(
      () =>
        dialog
          .getByRole('button', { name: /Theo Lind/ })
          .first()
          .click(),
      dialog.getByRole('button', { name: /^Look, masked/ }),
    );
  await openOther();
  const steps = page.getByRole('dialog', { name: 'Export a session log' });
  await brings(() => dialog.getByRole('button', { name: /^Export…/ }).click(), steps.getByLabel('file of the audit key'));
  expect(await steps.getByLabel('file of the audit key').inputValue()).toBe('');
  await brings(() => page.keyboard.press('Escape'), dialog.getByRole('button', { name: /Theo Lind/ }).first());
  await openOther();
  await dialog.getByLabel('why you look').selectOption('patient-safety');
  await dialog.getByLabel('file of the audit key').fill('/media/key/look.json');
  await brings(() => page.keyboard.press('Enter'), dialog.getByRole('slider', { name: 'Timeline' }));
  await dialog.getByRole('heading', { level: 2 }).last().focus();
  await brings(() => page.keyboard.press('e'), steps.getByLabel('file of the audit key'));
  expect(await steps.getByLabel('file of the audit key').inputValue()).toBe('/media/key/look.json');
  expect(await steps.getByLabel('why you export somebody else’s').inputValue()).toBe('patient-safety');
});

test('an auditor filters by days, and finds in everybody’s with an audit key: a covered hit leads to its moment, and what was given is not asked for again', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  const days = (): unknown[] =>
    core.requests.flatMap(({ request, input }) => {
      const { since } = input as { since?: string };
      return request === 'review.everybody' && since !== undefined ? [since] : [];
    });
  await dialog.getByLabel('from', { exact: true }).fill('2026-11-2');
  await dialog.getByLabel('from', { exact: true }).fill('2026-11-21');
  await until(() => days().length > 0, 'the days');
  expect(days()).toEqual(['2026-11-21']);
  const review = new Review((sealed) => core.frame('vault', decodeFrame(Uint8Array.from(sealed))));
  looks(core, review);
  const other = '20250303-081500-0a1b2c3d';
  const listed = core.review.list;
  core.review.list = async (query, whose) => {
    const { only } = query;
    if (!only) return listed(query, whose);
    const rows = [row({ id: other, name: 'Kim Rowe', start: '2025-03-03T08:15:00.000Z' })].filter(({ id }) => only.includes(id));
    return { rows, all: 4, left: rows.length, states: {}, reasons: {} };
  };
  const asked: unknown[] = [];
  core.review.searchOthers = (given) => {
    asked.push(given);
    const { bytes } = core.frames.findLast(({ frame }) => frame.type === 'query')!.frame as { readonly bytes: Uint8Array };
    return review.search(
      given.ticket,
      [{ id: other, folder: recording.folder }],
      Buffer.from(bytes).toString(),
      opener,
      async () => undefined,
      given.lookFor,
      true,
    );
  };
  core.review.openOther = async (given) => {
    asked.push(given);
    return { whole: (await review.open(given.ticket, recording.folder, opener, false, true)).whole, masked: true, live: false };
  };
  await brings(() => dialog.getByText('With an audit key').click(), dialog.getByText(/Looks through everybody’s recordings/));
  await dialog.getByLabel('audit key’s file').fill('/media/key/audit-key.json');
  await dialog.getByLabel('what to find').fill('nack');
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('Say why you look first.'));
  // A reason is found in the list by the word that it is about.
  await dialog.getByLabel('why you search').focus();
  await page.keyboard.type('audit');
  expect(await dialog.getByLabel('why you search').inputValue()).toBe('audit');
  expect(await axeViolations(opened)).toEqual([]);
  await shot(page, 'recordings-key');
  await brings(() => dialog.getByRole('button', { name: /^Find/ }).click(), dialog.getByText(/found in 1 recording/));
  // Whose it was and when it began, though the list that stands there does not have it; asked once for all hits in it.
  await dialog.getByText(`Kim Rowe, 3 Mar 2025, ${other}`).first().waitFor();
  const wanted = core.requests.flatMap(({ request, input }) => (request === 'review.everybody' && 'only' in (input as object) ? [input] : []));
  expect(wanted).toEqual([{ sort: 'start', descending: true, from: 0, count: 100, only: [other] }]);
  expect(asked).toEqual([{ since: '2026-11-21', ticket: expect.any(Number), lookFor: 'shown', why: 'audit', keyFile: '/media/key/audit-key.json' }]);
  await shot(page, 'recordings-covered');
  await brings(
    () =>
      dialog
        .getByRole('button', { name: /covered: open it to look/ })
        .first()
        .click(),
    dialog.getByRole('button', { name: /^Look, masked/ }),
  );
  await brings(() => dialog.getByRole('button', { name: /^Look, masked/ }).click(), dialog.getByRole('slider', { name: 'Timeline' }));
  expect(asked.at(-1)).toMatchObject({ recording: other, masked: true, reason: 'audit', keyFile: '/media/key/audit-key.json' });
});

test('somebody else’s is asked for with a reason and an audit key, is shown masked, and with nothing covered only with a second person', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  const review = new Review((sealed) => core.frame('vault', decodeFrame(Uint8Array.from(sealed))));
  looks(core, review);
  let asked: unknown;
  core.review.openOther = async (given) => {
    asked = given;
    if (!given.masked) throw new Refusal('second-needed', 'Somebody else has to agree to it here.');
    return { whole: (await review.open(given.ticket, recording.folder, opener, false, true)).whole, masked: true, live: false };
  };
  await brings(
    () =>
      dialog
        .getByRole('button', { name: /Theo Lind/ })
        .first()
        .click(),
    dialog.getByText(/sealed to them and to the audit keys/),
  );
  await dialog.getByRole('button', { name: 'Look, masked' }).focus();
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('Say why you look first.').first());
  await dialog.getByLabel('why you look').selectOption('audit');
  await dialog.getByLabel('file of the audit key').fill('/media/key/audit-key.json');
  expect(await axeViolations(opened)).toEqual([]);
  await shot(page, 'recordings-other');
  await brings(() => dialog.getByRole('button', { name: 'With nothing covered' }).click(), dialog.getByRole('button', { name: 'Ask a second person' }));
  await dialog.getByLabel('file of the audit key').focus();
  await brings(() => page.keyboard.press('Enter'), dialog.getByRole('slider', { name: 'Timeline' }));
  expect(asked).toMatchObject({ recording: '20261122-081500-0a1b2c3d', masked: true, reason: 'audit', keyFile: '/media/key/audit-key.json' });
  await dialog
    .getByRole('region', { name: /^Replay of/ })
    .getByText('masked', { exact: true })
    .waitFor();
});

test('one that goes on is followed: what is written is shown as it comes', async () => {
  const live = await newRecording();
  const { say } = live;
  say('ops@icu:~$ tail -f feed\r\n');
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  const review = new Review((sealed) => core.frame('vault', decodeFrame(Uint8Array.from(sealed))));
  core.review.open = async (ticket) => ({ whole: (await review.open(ticket, live.writer.folder, opener, true)).whole, masked: false, live: true });
  looks(core, review);
  await brings(() => dialog.getByRole('button', { name: /Mara Ueda/ }).click(), dialog.getByRole('slider', { name: 'Timeline' }));
  // That it goes on is known behind its timeline: before that there is nothing to follow.
  await dialog.getByRole('button', { name: /^follow/, pressed: false }).waitFor();
  await brings(() => page.keyboard.press('f'), dialog.getByRole('button', { name: /^follow/, pressed: true }));
  for (const what of ['recv 90181', 'recv 90182']) {
    say(`${what}\r\n`);
    await until(async () => (await screenText()).includes(what), what);
  }
  // Whoever looks at another moment follows it no longer.
  await brings(() => page.keyboard.press('Home'), dialog.getByRole('button', { name: /^follow/, pressed: false }));
  await live.writer.end('exit');
});

test('one that goes on is followed masked: a line comes when it has ended, with blocks over what was found', async () => {
  const live = await newRecording();
  const { say } = live;
  say('ops@icu:~$ tail -f feed\r\n');
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  const review = new Review(
    (sealed) => core.frame('vault', decodeFrame(Uint8Array.from(sealed))),
    () => 0,
  );
  core.review.open = async (ticket) => ({ whole: (await review.open(ticket, live.writer.folder, opener, true, true)).whole, masked: true, live: true });
  looks(core, review);
  await brings(() => dialog.getByRole('button', { name: /Mara Ueda/ }).click(), dialog.getByRole('button', { name: /^follow/, pressed: false }));
  await brings(() => page.keyboard.press('f'), dialog.getByText('masked: a line comes when it has ended'));
  say('patient MRN: 00482913\r\n');
  say('next MRN: 0071');
  await until(async () => (await screenText()).includes('\u2588'.repeat(8)), 'the line with blocks');
  expect(await screenText()).not.toMatch(/00482913|next/);
  await shot(page, 'follow-masked');
  say('2244\r\n');
  await until(async () => (await screenText()).includes('next MRN: '), 'the next line, whole');
  expect(await screenText()).not.toContain('0071');
  await live.writer.end('exit');
});

test('a replay by keys: it seeks, steps, plays with idle skipped, and ends; what was seen is closed', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  await dialog.getByRole('button', { name: /Mara Ueda/ }).focus();
  await page.keyboard.press('Enter');
  const slider = dialog.getByRole('slider', { name: 'Timeline' });
  await slider.waitFor();
  const at = async (): Promise<number> => Number(await slider.getAttribute('aria-valuenow'));
  expect(await slider.getAttribute('aria-valuetext')).toBe('0:00 of 1:04');
  await page.keyboard.press('End');
  await until(async () => (await screenText()).includes('E_CONN_RESET'), 'the end of the recording');
  expect(await at()).toBe(65);
  await page.keyboard.press('Home');
  await until(async () => !(await screenText()).includes('E_CONN_RESET'), 'its beginning');
  await page.keyboard.press('.');
  await until(async () => (await screenText()).includes('ops@if-icu-01'), 'one step');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Space');
  await until(async () => (await at()) > 60, 'the idle minute is skipped');
  expect(await dialog.getByRole('list', { name: 'Commands' }).innerText()).toContain('tail -n 3 hl7.log');
  await dialog
    .getByRole('list', { name: 'Text' })
    .getByRole('button', { name: /E_CONN_RESET/ })
    .waitFor();
  await page.keyboard.press('q');
  await until(() => core.requests.some(({ request }) => request === 'review.close'), 'the look is over');
  expect(await dialog.getByRole('slider').count()).toBe(0);
});

test('a screen that was larger than its place is drawn whole, and in the colours of another theme', async () => {
  const { page } = await start({ viewport: { width: 1024, height: 640 }, colorScheme: 'light' });
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  await brings(() => dialog.getByRole('button', { name: /Mara Ueda/ }).click(), dialog.getByRole('slider'));
  await page.keyboard.press('End');
  await until(async () => (await screenText()).includes('E_CONN_RESET'), 'the end of the recording');
  const place = '.review__screen';
  expect(
    await page.evaluate(`(() => {
      const at = document.querySelector('${place}');
      return at.scrollWidth <= at.clientWidth && at.scrollHeight <= at.clientHeight;
    })()`),
  ).toBe(true);
  const ink = (): Promise<string> => page.evaluate<string>(`getComputedStyle(document.querySelector('${place} .xterm-rows')).color`);
  const light = await ink();
  await page.emulateMedia({ colorScheme: 'dark' });
  await until(async () => (await ink()) !== light, 'the colours of the dark theme');
});

test('text is found: what is looked for goes sealed to the vault and never through the core, and a hit leads to its moment', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  await dialog.getByLabel('what to find').fill('e_conn_reset');
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('1 found in 1 recording. That you looked is entered.'));
  expect(JSON.stringify(core.requests)).not.toMatch(/conn_reset/i);
  expect(core.frames.filter(({ peer, frame }) => peer === 'vault' && frame.type === 'query')).toHaveLength(1);
  expect(await dialog.locator('mark').allTextContents()).toEqual(['E_CONN_RESET']);
  await dialog.getByRole('button', { name: /E_CONN_RESET/ }).click();
  await until(async () => (await screenText()).includes('E_CONN_RESET'), 'the moment of the hit');
});

test('a ticket is found where it was given, and stands beside what it was given for', async () => {
  const { page, core } = await start();
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  await dialog.getByText(/Mara Ueda, .*INC0012345/).waitFor();
  await dialog.getByLabel('What is looked for').selectOption('ticket');
  await dialog.getByLabel('what to find').fill('inc0012');
  await brings(() => page.keyboard.press('Enter'), dialog.getByText('1 found in 1 recording. That you looked is entered.'));
  expect(await dialog.locator('mark').allTextContents()).toEqual(['INC0012']);
  expect(JSON.stringify(core.requests)).not.toMatch(/inc0012/i);
  await brings(() => dialog.getByRole('button', { name: /INC0012345/ }).click(), dialog.getByRole('slider'));
});

test.each([
  ['1024 dark', { viewport: { width: 1024, height: 640 }, colorScheme: 'dark' as const }],
  ['1300 light', { viewport: { width: 1300, height: 800 }, colorScheme: 'light' as const }],
  ['1440 light', { viewport: { width: 1440, height: 900 }, colorScheme: 'light' as const }],
  ['2560 dark', { viewport: { width: 2560, height: 1440 }, colorScheme: 'dark' as const }],
])('%s: axe finds nothing, nothing is wider than the window, and everything is reached by tab', async (name, options) => {
  const { page } = await start(options);
  const dialog = page.getByRole('dialog', { name: 'Recordings' });
  const looks = async (what: string): Promise<void> => {
    await shot(page, `recordings-${what}-${name.replace(' ', '-')}`);
    expect(await axeViolations(opened)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight')).toBe(true);
  };
  await dialog.getByText('/bin/sh -l').waitFor();
  await looks('list');
  await brings(() => dialog.getByRole('button', { name: /Mara Ueda/ }).click(), dialog.getByRole('slider'));
  await page.keyboard.press('End');
  await until(async () => (await screenText()).includes('E_CONN_RESET'), 'the end of the recording');
  await brings(() => dialog.getByRole('button', { name: 'Verify' }).click(), dialog.getByText(/Verified against the signed ledger/));
  await looks('replay');
  // At no width are its letters less than three quarters of those of the workspace.
  const drawn = await page.evaluate<number>(
    `(() => { const screen = document.querySelector('.review__screen .xterm-screen'); return screen.getBoundingClientRect().width / screen.offsetWidth; })()`,
  );
  expect(drawn).toBeGreaterThan(0.75);
  const reached = new Set<string>();
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate<string>(`document.activeElement.getAttribute('role') ?? document.activeElement.tagName`));
  }
  expect([...reached]).toEqual(expect.arrayContaining(['slider', 'BUTTON']));
});
