import { expect, test, vi } from 'vitest';
import type { Child, Host } from './host.ts';
import { PtyClient } from './pty-client.ts';

/** A pty host that says what the test lets it say. */
function setup() {
  const asked: { readonly type: string }[] = [];
  let say: (message: unknown) => void = () => {};
  const child: Child = {
    pid: 1,
    post: (message) => void asked.push(message as { type: string }),
    onMessage: (listener) => {
      say = listener;
      return { dispose: () => {} };
    },
    onExit: () => ({ dispose: () => {} }),
    kill: async () => {},
  };
  const nothing = (): void => {};
  const client = new PtyClient(
    { fork: () => child } as unknown as Host,
    () => ({
      recordingsFolder: '/',
      installation: 'w',
      policySha256: '',
      workstationClass: 'it-office',
      rotateMinutes: 1,
      rotateMebibytes: 1,
      reserveMebibytes: 0,
      version: '1',
    }),
    { frame: nothing, exit: nothing, notice: nothing, sealed: nothing, fault: nothing, held: nothing, died: nothing, badMessage: nothing },
  );
  client.start();
  return { client, say: (message: unknown) => say(message), asked: () => asked.filter(({ type }) => type === 'checkpoint').length };
}

test('two checkpoints that meet are asked for one after the other, and both come', async () => {
  const { client, say, asked } = setup();
  const both = Promise.all([client.checkpoint(), client.checkpoint()]);
  await vi.waitFor(() => expect(asked()).toBe(1));
  say({ type: 'checkpointed' });
  await vi.waitFor(() => expect(asked()).toBe(2));
  say({ type: 'checkpointed' });
  await both;
});
