/** A person's workspace for tests, with no process behind it: what it would start is told, and it has a stage of 160 x 48. */
import type { PtyInput } from '../../src/pty/service.ts';
import { Origins } from '../../src/mux/origins.ts';
import type { Kept } from '../../src/mux/state/kept.ts';
import { classRules } from '../../src/policy/index.ts';
import { classRoom } from '../../src/services/policy/class-room.ts';
import type { PtyClient } from '../processes/pty-client.ts';
import { Workspace, type WorkspaceOptions } from './workspace.ts';

export const person = 'p-0123456789ab';
type Policy = Parameters<typeof classRules>[0];

const general: Policy = { workstation: { name: 'w', class: 'nursing', banner: '' }, classes: [{ name: 'general', look: 'general', first: true, to: [] }] };

/** @param kept what the start before has kept @param spawn what the process with the shells says of a new one: none unless given */
export function testWorkspace({
  policy = () => general,
  spawn = () => undefined,
  kept,
  ...more
}: {
  readonly policy?: () => Policy;
  readonly spawn?: (asked: PtyInput<'spawn'>) => void;
  readonly kept?: Kept | undefined;
} & Partial<WorkspaceOptions>): Workspace {
  const pty = {
    start: () => undefined,
    kill: () => undefined,
    resize: () => undefined,
    spawn: async (asked: PtyInput<'spawn'>) => {
      spawn(asked);
      return { recording: '20261128-020000-0a1b2c3d', pid: 0 };
    },
  } as unknown as PtyClient;
  const workspace = new Workspace({
    person,
    session: 'main',
    sessionClass: undefined,
    classes: () => classRules(policy()),
    room: (of) => classRoom(policy(), person, of, { HOME: '/home/ada' }),
    origins: new Origins(),
    firstPane: 0,
    pty,
    owner: async () => ({ person, roles: ['operator'], recipients: [] }),
    ledger: () => undefined,
    changed: () => undefined,
    keep: () => undefined,
    client: () => undefined,
    refused: () => undefined,
    lock: () => undefined,
    lockAfter: () => undefined,
    emergency: () => undefined,
    detach: () => undefined,
    env: { HOME: '/home/ada', SHELL: '/bin/bash' },
    now: () => 0,
    ...more,
  });
  workspace.resize(160, 48, kept);
  return workspace;
}
