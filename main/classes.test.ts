/** A person's sessions of several classes: what main enters before text goes, what it refuses, and what it asks the process with the shells for. */
import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { checkEntry, type AuditEntry } from '../src/ledger/events.ts';
import { piecesOf } from '../src/mux/origins.ts';
import { classRules, type SessionClass } from '../src/policy/index.ts';
import type { PtyInput } from '../src/pty/service.ts';
import type { ClientAction } from '../src/types/workspace-view.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { Workspace } from './workspace/workspace.ts';
import { person, testWorkspace } from './workspace/workspace.fixture.ts';
import { waitFor } from '../test/support/wait-for.ts';

const digests = (text: string): string[] => piecesOf(text).map((piece) => createHash('sha256').update(piece).digest('hex').slice(0, 32));
const clinical: SessionClass = { name: 'clinical', look: 'clinical', first: true, to: [] };
const general: SessionClass = { name: 'general', look: 'general', to: [] };

let classes: readonly SessionClass[];
/** What is entered, and what the page is told to do, in their order. */
let happened: (AuditEntry | ClientAction)[];
let spawned: PtyInput<'spawn'>[];
let workspace: Workspace;
/** Why the process with the shells does not start one as its class wants it. */
let noRoom: string | undefined;
const policy = (): Parameters<typeof classRules>[0] => ({ workstation: { name: 'w', class: 'nursing', banner: '' }, classes });
const crossings = (): unknown[] => happened.filter(({ action }) => action === 'session.crossing');
const pane = (): number => workspace.view!.windows.find(({ active }) => active)!.activePane;

beforeEach(() => {
  classes = [clinical, general];
  happened = [];
  spawned = [];
  noRoom = undefined;
  workspace = testWorkspace({
    policy,
    spawn: (asked) => {
      if (noRoom) throw new Refusal('class-room', noRoom);
      spawned.push(asked);
    },
    ledger: (entry) => {
      checkEntry(entry);
      happened.push(entry);
    },
    client: (action) => happened.push(action),
  });
});

test('a shell is started in the place of its session’s class', async () => {
  workspace.command('new-session -C general', undefined);
  await waitFor(() => expect(spawned.map(({ room }) => room?.class)).toEqual(['clinical', 'general']));
  expect(spawned.map(({ room }) => room?.folder)).toEqual(['clinical', 'general'].map((of) => `/home/ada/.local/state/wardmux-classes/${person}/${of}`));
  // The folder of the clinical pane is not taken along.
  expect(spawned.map(({ cwd }) => cwd)).toEqual(['/home/ada', '/home/ada']);
});

test('what was copied in one class is not pasted into another, whole or in part, and that is entered', () => {
  workspace.copied(pane(), digests('patient Meier, bed 12\npatient Schulz, bed 13'));
  expect(workspace.pasted(pane(), digests('patient Meier, bed 12'))).toBeNull();
  workspace.command('new-session -C general', undefined);
  expect(workspace.pasted(pane(), digests('a text from elsewhere'))).toBeNull();
  expect(crossings()).toEqual([]);
  expect(workspace.pasted(pane(), digests('note: \npatient Schulz, bed 13\n'))).toContain('lets nothing of it into the class general. Nothing was pasted.');
  expect(crossings()).toEqual([{ action: 'session.crossing', person, outcome: 'failure', detail: { from: 'clinical', to: 'general', way: 'paste' } }]);
  // A later word of the policy holds from then on, and each time is entered.
  classes = [{ ...clinical, to: ['general'] }, general];
  expect(workspace.pasted(pane(), digests('patient Schulz, bed 13'))).toBeNull();
  expect(crossings().at(-1)).toMatchObject({ outcome: 'success' });
});

test('words of a line go into another class as the policy says, and are entered before they are typed', async () => {
  const first = pane();
  await waitFor(() => expect(workspace.recording(first)).toBeDefined());
  workspace.command('new-session -C general', undefined);
  expect(workspace.command(`send-keys -t %${first} hello Enter`, pane())).toMatchObject({
    refused: true,
    message: expect.stringContaining('given in the class general'),
  });
  classes = [clinical, { ...general, to: ['clinical'] }];
  expect(workspace.command(`send-keys -t %${first} hello Enter`, pane())).toEqual({});
  const order = happened.map(({ action }) => action).filter((action) => action === 'session.crossing' || action === 'send-keys');
  expect(order).toEqual(['session.crossing', 'session.crossing', 'send-keys']);
});

test('what a line has opened is of the class where that was given, whatever is in front when it is answered', async () => {
  workspace.command('new-session -d -C general', undefined);
  await waitFor(() => expect(spawned).toHaveLength(2));
  workspace.command(`confirm-before "send-keys 'patient 4711' Enter" ; switch-client -n`, pane());
  const asked = happened.find((each): each is Extract<ClientAction, { action: 'open' }> => each.action === 'open')!;
  const answer = () => workspace.command(asked.words!['command']!, pane(), asked.from);
  expect(answer()).toMatchObject({ refused: true, message: expect.stringContaining('lets nothing of it into the class general') });
  expect(crossings()).toEqual([{ action: 'session.crossing', person, outcome: 'failure', detail: { from: 'clinical', to: 'general', way: 'command' } }]);
  // Asked again in a class of its own it is of both.
  workspace.command(`confirm-before "rename-session 'patient 4711'"`, pane(), asked.from);
  expect(happened.findLast(({ action }) => action === 'open')).toMatchObject({ from: ['clinical', 'general'] });
  classes = [{ ...clinical, to: ['general'] }, general];
  expect(answer()).toEqual({});
  expect(happened.slice(-2)).toEqual([
    { action: 'session.crossing', person, outcome: 'success', detail: { from: 'clinical', to: 'general', way: 'command' } },
    expect.objectContaining({ action: 'send-keys', keys: ['patient 4711', 'Enter'] }),
  ]);
});

test('a buffer of the class in front goes into a pane of another one, and what is to stand between its lines too, as text does', async () => {
  const first = pane();
  workspace.command('new-session -C general', undefined);
  const other = pane();
  for (const each of [first, other]) await waitFor(() => expect(workspace.recording(each)).toBeDefined());
  workspace.command('switch-client -n', undefined);
  expect(pane()).toBe(first);
  happened.length = 0;
  for (const line of ['paste-buffer', "paste-buffer -s '; '", "paste-buffer -s 'patient Schulz bed 13'"]) {
    expect(workspace.command(`${line} -t %${other}`, first), line).toMatchObject({ refused: true });
    expect(workspace.command(line, first), line).toEqual({});
  }
  expect(happened.filter(({ action }) => action === 'paste')).toHaveLength(3);
  expect(crossings()).toHaveLength(3);
});

test('a name that is given in one class goes into another as its text does', () => {
  for (const line of ['new-session -C general -s Meier', 'new-session -d -C general -n Meier'])
    expect(workspace.command(line, pane())).toMatchObject({ refused: true });
  const first = pane();
  workspace.command('new-session -C general', undefined);
  expect(workspace.command(`rename-window -t %${first} Meier`, pane())).toMatchObject({ refused: true });
  expect(workspace.command('rename-window infra', pane())).toEqual({});
  expect(crossings()).toHaveLength(3);
});

test('a session whose class the policy does not name any more starts no shell, and nothing goes out of it', async () => {
  workspace.command('new-session -C general', undefined);
  await waitFor(() => expect(spawned).toHaveLength(2));
  classes = [clinical];
  workspace.command('split-window', undefined);
  const failed = (): string | undefined => workspace.view!.windows.flatMap(({ panes }) => panes).find(({ state }) => state === 'failed')?.sentence;
  await waitFor(() => expect(failed()).toContain('has no class "general" any more'));
  expect(spawned).toHaveLength(2);
  workspace.copied(pane(), digests('something of general'));
  workspace.command('switch-client -n', undefined);
  expect(workspace.pasted(pane(), digests('something of general'))).toContain('Nothing was pasted.');
});

test('a shell that is not started since its class’s place is not what it has to be is a pane that says so, and an event', async () => {
  noRoom = 'It is a link. No shell is started.';
  workspace.command('split-window', undefined);
  const panes = () => workspace.view!.windows.flatMap((window) => window.panes);
  await waitFor(() => expect(panes().find(({ state }) => state === 'failed')?.sentence).toBe(noRoom));
  expect(happened.filter(({ action }) => action === 'pane.refused')).toEqual([
    { action: 'pane.refused', person, detail: { pane: pane(), sessionClass: 'clinical' } },
  ]);
});
