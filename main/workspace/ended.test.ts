/** A program that ends: whether its pane goes, or stays and says why. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/ledger/events.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Workspace } from './workspace.ts';
import { testWorkspace } from './workspace.fixture.ts';

let now: number;
let workspace: Workspace;
const panes = (): readonly { readonly pane: number; readonly state: string; readonly sentence?: string | undefined }[] =>
  workspace.view!.windows.flatMap((each) => each.panes);

beforeEach(async () => {
  now = 1000;
  workspace = testWorkspace({ now: () => now });
  await waitFor(() => expect(workspace.recording(0)).toBeDefined());
  workspace.command('split-window -h', 0);
  await waitFor(() => expect(workspace.recording(1)).toBeDefined());
});

test('one that ends with a status soon after its start stays in its pane with both facts, and is not blamed for it', () => {
  now += 400;
  workspace.exited(1, 255, 0);
  expect(panes().map(({ state }) => state)).toEqual(['live', 'exited']);
  expect(panes()[1]!.sentence).toBe('The program ended with status 255, 0.4 s after its start. What it printed is in its recording.');
});

test('a signal is named', () => {
  now += 900;
  workspace.exited(1, 0, 15);
  expect(panes()[1]!.sentence).toBe('The program was ended by signal 15, 0.9 s after its start. What it printed is in its recording.');
});

test.each([
  ['with 0', 400, 0],
  ['later, as whoever types exit after a command that failed', 60_000, 1],
])('one that ends %s takes its pane along', (_, after, status) => {
  now += after;
  workspace.exited(1, status, 0);
  expect(panes().map(({ pane }) => pane)).toEqual([0]);
});

describe('a host', () => {
  const entry: AuditEntry = { action: 'verify', outcome: 'success', detail: { target: 'ledger', code: 'good' } };
  beforeEach(async () => {
    workspace.openHost({ name: 'lab-gw', command: ['ssh'], class: undefined, begun: () => entry, ended: () => entry });
    await waitFor(() => expect(workspace.recording(2)).toBeDefined());
  });

  test('whose connection breaks stays in its pane and says so, however late, and a key starts no shell of this machine in its place', async () => {
    now += 3_600_000;
    workspace.exited(2, 255, 0);
    expect(panes()[2]).toMatchObject({ state: 'exited', sentence: expect.stringContaining('lab-gw is not open any more: the connection broke') });
    workspace.command('respawn-pane', 2);
    expect(panes()[2]!.state).toBe('exited');
    workspace.command('respawn-pane sh', 2);
    await waitFor(() => expect(panes()[2]!.state).toBe('live'));
  });

  test('that was left takes its pane along', () => {
    now += 60_000;
    workspace.exited(2, 1, 0);
    expect(panes().map(({ pane }) => pane)).toEqual([0, 1]);
  });
});
