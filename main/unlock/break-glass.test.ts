/** The glass at the app's lock: who breaks it, what it opens, that it ends by itself, and that it is over with the app. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { StatusView } from '../../src/bridge/schema.ts';
import type { WorkspaceView } from '../../src/types/workspace-view.ts';
import { markDrop } from '../../src/anchors/file-drop.ts';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { NOTHING_MORE, unlockWithPassphrase } from '../../src/people/person.ts';
import { readPinned } from '../../src/people/pinned.ts';
import { certifyEmergencyReview, reviewEmergency } from '../../src/services/emergency/break-glass.ts';
import { changeSentences } from '../../src/services/people/changes.ts';
import { enrol, grantRoles, prepareEnrolment, setState, type PeopleParts } from '../../src/services/people/people.ts';
import { homePaths, requireInstallation } from '../../src/storage/index.ts';
import type { Role } from '../../src/types/words.ts';
import { asAda, rig, type Rig } from '../app.fixture.ts';
import { waitFor } from '../../test/support/wait-for.ts';

const ADA = 'Ada Example';
const EVE = 'Envelope Ward 7';
const MINUTE = 60_000;

type Posted = {
  readonly id?: number;
  readonly event?: string;
  readonly payload?: unknown;
  readonly output?: Record<string, unknown>;
  readonly error?: { readonly code: string; readonly sentence: string };
};
interface Event {
  readonly action: string;
  readonly person?: string;
  readonly detail: Record<string, unknown>;
}

const since = (made: Rig, from: number): readonly Posted[] => (made.posted as readonly Posted[]).slice(from);
const events = (made: Rig): Event[] =>
  readFileSync(join(made.home, 'ledger/events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"action"'))
    .map((line) => JSON.parse(line) as Event);
const glass = (made: Rig): string[] =>
  events(made).flatMap(({ action, detail }) => (action.startsWith('breakglass.') ? [`${action.slice(11)} ${String(detail['cause'] ?? '')}`.trim()] : []));
const opened = (made: Rig): unknown[] => made.ptyHeard.flatMap(({ type, opened: how }) => (type === 'spawn' ? [how ?? null] : []));

async function answerTo(made: Rig, request: string, input: unknown): Promise<Posted> {
  const from = made.posted.length;
  const asked = made.ask(request, input);
  return waitFor(() => {
    const found = since(made, from).find(({ id }) => id === asked);
    if (!found) throw new Error('no answer yet');
    return found;
  });
}

const house = (secondRoles: readonly Role[] = ['emergency'], home?: string): Promise<Rig> =>
  rig({ setUp: true, second: EVE, secondRoles, ...(home === undefined ? {} : { home }) });

/** Somebody proves it. @returns what the page is told; 'open' where it is replaced by the workspace, which needs no answer. */
async function proves(made: Rig, person: string): Promise<Posted | 'open'> {
  const from = made.posted.length;
  const shown = made.shown.length;
  const asked = made.ask('emergency.passphrase', { person });
  return waitFor(() => {
    if (made.shown.length > shown && made.shown.at(-1) === 'workspace') return 'open';
    const found = since(made, from).find(({ id }) => id === asked);
    if (!found) throw new Error('no answer yet');
    return found;
  });
}

const hello = (made: Rig): Promise<Posted> => answerTo(made, 'hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });

/** The lock page says hello, why, and who. */
async function breaks(made: Rig, person = EVE): Promise<Posted | 'open'> {
  await hello(made);
  expect(await answerTo(made, 'emergency.ask', { reason: 'system-down' })).toMatchObject({ output: {} });
  return proves(made, person);
}

/** The workspace says hello, and its first shell runs. @returns how much had been posted before */
async function enters(made: Rig): Promise<number> {
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  const from = made.posted.length;
  await hello(made);
  made.ask('workspace.size', { cols: 120, rows: 40 });
  await waitFor(() => expect(views(made, from).at(-1)?.windows[0]?.panes[0]?.state).toBe('live'));
  return from;
}
const views = (made: Rig, from: number): WorkspaceView[] =>
  since(made, from).flatMap(({ event, payload }) => (event === 'view' ? [payload as WorkspaceView] : []));
const line = (made: Rig): StatusView | undefined => (made.posted as readonly Posted[]).findLast(({ event }) => event === 'status')?.payload as StatusView;

/** Time passes by the clock that nobody sets. */
async function pass(made: Rig, minutes: number): Promise<void> {
  made.clock.now += minutes * MINUTE;
  await made.app.tick();
}

test('who has the role breaks the glass alone; it is recorded as that, outlives a lock, and ends by itself after an hour, whatever the wall says', async () => {
  const made = await house();
  expect(await breaks(made)).toBe('open');
  const from = await enters(made);
  const [start] = events(made).filter(({ action }) => action === 'breakglass.start');
  const id = start!.detail['breakGlass'];
  expect(start!.detail).toMatchObject({ reason: 'system-down', minutes: 60 });
  expect(opened(made)).toEqual([{ role: 'emergency', reason: 'system-down', breakGlass: id }]);
  expect(views(made, from).at(-1)?.session).toBe('break-glass');
  expect(line(made)).toMatchObject({ role: 'emergency', emergency: { reason: 'a system is down', left: 3600, extended: false } });
  expect(made.ptyHeard.findLast(({ type }) => type === 'attach')).toMatchObject({ breakGlass: id });

  await made.app.lock('hotkey');
  expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject({ emergency: { running: { left: 3600 }, alert: { tries: null } } });
  // Whoever began it goes on with it, and says no reason again.
  await hello(made);
  expect(await proves(made, EVE)).toBe('open');
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  expect(glass(made)).toEqual(['start']);

  await pass(made, 59);
  expect(glass(made)).toEqual(['start']);
  vi.setSystemTime(Date.now() - 24 * 60 * MINUTE);
  try {
    await pass(made, 1);
    await waitFor(() => expect(glass(made)).toEqual(['start', 'end expired']));
  } finally {
    vi.useRealTimers();
  }
  expect(made.shown.at(-1)).toBe('lock');
  expect(made.ptyHeard.filter(({ type }) => type === 'endEmergency')).toMatchObject([{ breakGlass: id }]);
  // It is not gone on with.
  await hello(made);
  expect(await proves(made, EVE)).toMatchObject({ error: { code: 'no-reason' } });
});

test('it is extended once, and ended by who is in', async () => {
  const made = await house();
  await breaks(made);
  await enters(made);
  made.ask('command', { line: 'break-glass extend' });
  await waitFor(() => expect(glass(made)).toEqual(['start', 'extend']));
  made.ask('command', { line: 'break-glass extend' });
  await waitFor(() => expect(JSON.stringify(made.posted)).toContain('is extended once'));
  await waitFor(() => expect(made.ptyHeard.filter(({ type }) => type === 'extendEmergency')).toHaveLength(1));
  await pass(made, 61);
  expect(made.ptyHeard.filter(({ type }) => type === 'extendEmergency')).toHaveLength(1);
  expect(glass(made)).toEqual(['start', 'extend']);
  await hello(made);
  await proves(made, EVE);
  await enters(made);
  made.ask('command', { line: 'break-glass end' });
  await waitFor(() => expect(glass(made)).toEqual(['start', 'extend', 'end ended']));
  expect(made.shown.at(-1)).toBe('lock');
});

test.each<[string, (parts: PeopleParts, id: string) => Promise<void>]>([
  ['is disabled', (parts, id) => setState(parts, id, 'disabled')],
  ['loses the role', (parts, id) => grantRoles(parts, id, ['operator'])],
])('who %s in an emergency is out within seconds, its shells end with it, and it is not gone on with', async (_, deed) => {
  const made = await house();
  await breaks(made);
  await enters(made);
  const { person, detail } = events(made).find(({ action }) => action === 'breakglass.start')!;
  await asAda(made, (parts) => deed(parts, person!));
  for (let second = 0; second < 6; second++) {
    made.clock.now += 1000;
    await made.app.tick();
  }
  await waitFor(() => expect(glass(made)).toEqual(['start', 'end person']));
  expect(made.ptyHeard.filter(({ type }) => type === 'endEmergency')).toMatchObject([{ breakGlass: detail['breakGlass'] }]);
  await waitFor(() => expect(made.shown.at(-1)).toBe('lock'));
  await hello(made);
  expect(await proves(made, EVE)).toMatchObject({ error: {} });
});

test('who agreed and was disabled before the second one came has agreed to nothing, and nothing is entered that would not count', async () => {
  const made = await house(['operator']);
  expect(await breaks(made, EVE)).toMatchObject({ output: { second: true } });
  const eve = events(made).findLast(({ action }) => action === 'person.roles')!.person!;
  await asAda(made, (parts) => setState(parts, eve, 'disabled'));
  expect(await proves(made, ADA)).toMatchObject({ output: { second: true } });
  expect([glass(made), made.shown.at(-1)]).toEqual([[], 'lock']);
});

test('two presses extend it once, and enter that once', async () => {
  const made = await house();
  await breaks(made);
  await enters(made);
  for (let press = 0; press < 2; press++) made.ask('command', { line: 'break-glass extend' });
  await waitFor(() => expect(JSON.stringify(made.posted)).toContain('is extended once'));
  await waitFor(() => expect(made.ptyHeard.some(({ type }) => type === 'extendEmergency')).toBe(true));
  expect(glass(made)).toEqual(['start', 'extend']);
});

test('two operators break it together at one page: one alone waits, the same one twice is one, and who has left has agreed to nothing', async () => {
  const made = await house(['operator']);
  expect(await breaks(made, ADA)).toMatchObject({ output: { second: true } });
  expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject({ emergency: { second: true } });
  expect(await proves(made, ADA)).toMatchObject({ output: { second: true } });
  await answerTo(made, 'emergency.leave', {});
  expect(await proves(made, EVE)).toMatchObject({ error: { code: 'no-reason' } });
  // What was agreed to a while ago is no use to who comes then.
  expect(await breaks(made, ADA)).toMatchObject({ output: { second: true } });
  await pass(made, 6);
  expect(await proves(made, EVE)).toMatchObject({ output: { second: true } });
  expect(glass(made)).toEqual([]);
  expect(made.shown.at(-1)).toBe('lock');
  expect(await proves(made, ADA)).toBe('open');
  await enters(made);
  const [ada, eve] = events(made).flatMap(({ action, person }) => (action === 'person.roles' ? [person!] : []));
  expect(events(made).find(({ action }) => action === 'breakglass.start')).toMatchObject({ person: ada, detail: { second: eve } });
});

test('with the page goes what the first one agreed to, however it goes: one that is loaded anew, or a lock and what is shown after it', async () => {
  const made = await house(['operator']);
  expect(await breaks(made, ADA)).toMatchObject({ output: { second: true } });
  // The page has died, or was loaded anew by itself: the next one has said hello.
  await hello(made);
  expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject({ emergency: { second: false } });
  expect(await proves(made, EVE)).toMatchObject({ error: { code: 'no-reason' } });
  // The page has died: what is shown next is another one, and its facts are asked before it has said anything.
  expect(await breaks(made, ADA)).toMatchObject({ output: { second: true } });
  made.goneNow();
  await waitFor(() => expect(made.shown).toEqual(['lock', 'lock']));
  expect((await answerTo(made, 'lock.facts', {})).output).toMatchObject({ emergency: { second: false } });
  expect(glass(made)).toEqual([]);
});

test('whoever comes back into one that was extended has what is left of it: no hour begins anew, and none ends too soon', async () => {
  const made = await house();
  await breaks(made);
  await enters(made);
  made.ask('command', { line: 'break-glass extend' });
  await waitFor(() => expect(glass(made)).toEqual(['start', 'extend']));
  await pass(made, 11);
  await waitFor(() => expect(made.shown.at(-1)).toBe('lock'));
  await hello(made);
  await proves(made, EVE);
  await enters(made);
  // A key each ten seconds, past the hour after coming back.
  for (let second = 0; second < 100 * 60; second += 10) {
    made.clock.now += 10_000;
    made.ask('activity', { kind: 'key' });
    await new Promise((next) => setImmediate(next));
  }
  await waitFor(() => expect(line(made)?.emergency).toMatchObject({ left: expect.any(Number) as number, extended: true }));
  expect(made.shown.at(-1)).toBe('workspace');
  expect(glass(made)).toEqual(['start', 'extend']);
  await pass(made, 9);
  await waitFor(() => expect(glass(made)).toEqual(['start', 'extend', 'end expired']));
  // Each shell was started with what was left.
  expect(made.ptyHeard.flatMap(({ type, secondsLeft }) => (type === 'spawn' ? [secondsLeft] : []))).toEqual([3600]);
});

test('who has neither role breaks nothing, and an ordinary unlock gives the role of emergencies nothing', async () => {
  const made = await house(['auditor']);
  expect(await breaks(made)).toMatchObject({ error: { code: 'not-permitted' } });
  await waitFor(() => expect(events(made).findLast(({ action }) => action === 'access.denied')?.detail).toMatchObject({ needs: 'break-glass.start' }));
  expect([glass(made), made.shown.at(-1)]).toEqual([[], 'lock']);

  const other = await house();
  other.ask('lock.passphrase', { person: EVE });
  await waitFor(() => expect(other.shown.at(-1)).toBe('workspace'));
  await hello(other);
  expect(await answerTo(other, 'workspace.size', { cols: 120, rows: 40 })).toMatchObject({ error: { code: 'not-permitted' } });
  expect(opened(other)).toEqual([]);
});

test('it opens nothing that anybody has open, that of who breaks it among it, and nobody finds it afterwards', async () => {
  const made = await house(['operator', 'emergency']);
  made.ask('lock.passphrase', { person: EVE });
  const first = await enters(made);
  const own = views(made, first)
    .at(-1)!
    .windows.flatMap(({ panes }) => panes.map(({ pane }) => pane));
  await made.app.lock('hotkey');
  await breaks(made);
  const second = await enters(made);
  const inside = views(made, second).flatMap(({ windows }) => windows.flatMap(({ panes }) => panes.map(({ pane }) => pane)));
  expect(inside.filter((pane) => own.includes(pane))).toEqual([]);
  expect(await answerTo(made, 'export.plan', { ticket: 1, pane: inside[0] })).toMatchObject({ error: { code: 'not-permitted' } });
  expect(await answerTo(made, 'export.start', { ticket: 1, form: 'evidence', path: '/tmp/never' })).toMatchObject({ error: { code: 'not-permitted' } });
  expect(made.vaultHeard.filter(({ type }) => type === 'recallWorkspace')).toEqual([]);
  await made.app.lock('hotkey');
  const third = made.posted.length;
  made.ask('lock.passphrase', { person: EVE });
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  await hello(made);
  await waitFor(() => expect(views(made, third).length).toBeGreaterThan(0));
  for (const view of views(made, third)) expect(view.windows.flatMap(({ panes }) => panes.map(({ pane }) => pane))).toEqual(own);
  expect(opened(made)).toEqual([null, expect.objectContaining({ role: 'emergency' })]);
});

test('a shell that is asked for when its emergency is over is not asked of anybody', async () => {
  const made = await house();
  await breaks(made);
  await enters(made);
  made.clock.now += 60 * MINUTE;
  made.ask('command', { line: 'split-window' });
  await waitFor(() => expect(JSON.stringify(made.posted)).toContain('The emergency is over, so no shell is started in it.'));
  expect(opened(made)).toHaveLength(1);
});

test('where the app ends in the middle, it is over at the next start', async () => {
  const made = await house();
  await breaks(made);
  await enters(made);
  await made.app.stop('closed');
  expect(glass(made)).toEqual(['start']);
  const again = await rig({ setUp: false, home: made.home });
  await waitFor(() => expect(glass(again)).toEqual(['start', 'end restart']));
  expect((await answerTo(again, 'lock.facts', {})).output).toMatchObject({ emergency: { running: null } });
});

test('the alert waits where nobody takes it, and the lock page says so; when it has left by an anchor, the page is quiet, and it leaves once', async () => {
  const drop = mkdtempSync(join(tmpdir(), 'wm-drop-'));
  const made = await rig({ setUp: true, second: EVE, secondRoles: ['emergency'], drop });
  await breaks(made);
  await enters(made);
  expect(line(made)?.emergency?.alertTries).toBeDefined();
  await made.app.lock('hotkey');
  // The folder has no mark of ours: a share that is not mounted looks like this.
  const alert = async (): Promise<unknown> => ((await answerTo(made, 'lock.facts', {})).output!['emergency'] as { readonly alert: unknown }).alert;
  await waitFor(async () => expect(await alert()).toMatchObject({ tries: 1 }));
  const { id: installation } = requireInstallation(homePaths(made.home));
  markDrop(drop, installation);
  const later = Date.now() + 10 * MINUTE;
  vi.setSystemTime(later);
  try {
    await waitFor(async () => {
      await made.app.tick();
      expect(await alert()).toBeNull();
    });
    for (let n = 0; n < 3; n++) await made.app.tick();
  } finally {
    vi.useRealTimers();
  }
  const [told, ...more] = readFileSync(join(drop, `${installation}.alerts.jsonl`), 'utf8')
    .trim()
    .split('\n');
  expect(more).toEqual([]);
  const { alert: text } = JSON.parse(told!) as { alert: string };
  expect(JSON.parse(text)).toMatchObject({ installation, reason: 'system-down', second: null });
  expect(events(made).filter(({ action }) => action === 'breakglass.alert')).toMatchObject([{ detail: { anchor: 'share', kind: 'file' } }]);
});

test('a review ends no siren where an anchor carries alerts: only that it has left does, after a restart too; and then it leaves', async () => {
  const drop = mkdtempSync(join(tmpdir(), 'wm-drop-'));
  const made = await rig({ setUp: true, second: EVE, secondRoles: ['emergency'], drop });
  await breaks(made);
  await enters(made);
  made.ask('command', { line: 'break-glass end' });
  await waitFor(() => expect(glass(made)).toEqual(['start', 'end ended']));
  const id = events(made).find(({ action }) => action === 'breakglass.start')!.detail['breakGlass'] as string;
  await asAda(made, async (parts) => {
    const passphrase = 'violin harbour seven lanterns moss';
    const record = await prepareEnrolment({ name: 'Ike Auditor', passphrase: Buffer.from(passphrase), kdf: newScryptParameters() });
    await enrol(parts, record, ['auditor']);
    const identity = await unlockWithPassphrase(readPinned(parts.home, parts.ledger.facts, record.id), Buffer.from(passphrase), NOTHING_MORE);
    const { ledger } = parts;
    await reviewEmergency({ ledger, by: record.id, certify: (said) => certifyEmergencyReview(ledger.installation, identity, said) }, id, 'justified');
    identity.destroy();
  });
  await made.app.stop('closed');

  const again = await rig({ setUp: false, home: made.home });
  const alert = async (): Promise<unknown> => ((await answerTo(again, 'lock.facts', {})).output!['emergency'] as { readonly alert: unknown }).alert;
  await again.app.tick();
  expect(await alert()).toMatchObject({ tries: expect.any(Number) as number });
  const { id: installation } = requireInstallation(homePaths(made.home));
  markDrop(drop, installation);
  const later = Date.now() + 20 * MINUTE;
  vi.setSystemTime(later);
  try {
    await waitFor(async () => {
      await again.app.tick();
      expect(await alert()).toBeNull();
    });
  } finally {
    vi.useRealTimers();
  }
  expect(readFileSync(join(drop, `${installation}.alerts.jsonl`), 'utf8')).toContain(id);
});

test('the first of two operators shows who they are and goes: what they are to be told they are told when they come in, and whoever came in is told there', async () => {
  const made = await house(['operator']);
  let eve = '';
  const owed = async (): Promise<readonly string[]> => {
    let found: readonly string[] = [];
    await asAda(made, async ({ home, ledger: { facts } }) => {
      found = changeSentences(home, facts, eve, facts.untold(eve).since);
    });
    return found;
  };
  await asAda(made, async (parts) => {
    eve = parts.ledger.facts.people()[1]!;
    for (const state of ['disabled', 'active'] as const) await setState(parts, eve, state);
  });
  const before = await owed();
  expect(before.join()).toContain('disabled');
  expect(await breaks(made, EVE)).toMatchObject({ output: { second: true } });
  expect(await owed()).toEqual(before);
  expect(await proves(made, ADA)).toBe('open');
  await waitFor(() => expect(glass(made)).toEqual(['start']));
  expect(events(made).filter(({ action, detail }) => action === 'unlock' && detail['emergency'] === true)).toHaveLength(2);
  expect(await owed()).toEqual(before);
  await enters(made);
  await made.app.lock('hotkey');
  await hello(made);
  const from = made.posted.length;
  made.ask('lock.passphrase', { person: EVE });
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  await hello(made);
  await waitFor(() => expect(since(made, from)).toContainEqual(expect.objectContaining({ event: 'welcome' })));
  expect(await owed()).toEqual([]);
});
