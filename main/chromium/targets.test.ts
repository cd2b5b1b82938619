/** The order in which a strange target is told of and closed, without a browser: no clock of a busy machine decides. */
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { TargetGuard } from './targets.ts';

/** A session with a browser that keeps what was sent, and answers nothing by itself. */
class Protocol extends EventEmitter {
  readonly log: string[] = [];
  send(method: string, { targetId }: { targetId?: string } = {}): Promise<unknown> {
    this.log.push(targetId === undefined ? method : `${method} ${targetId}`);
    return method === 'Target.closeTarget' ? new Promise(() => {}) : Promise.resolve({});
  }
  created(targetId: string, type: string): void {
    this.log.push(`created ${targetId}`);
    this.emit('Target.targetCreated', { targetInfo: { targetId, type } });
    this.log.push(`end of the turn of ${targetId}`);
  }
}

async function guarded(): Promise<{ protocol: Protocol; refused: string[] }> {
  const protocol = new Protocol();
  const refused: string[] = [];
  const watching = TargetGuard.watch(
    protocol as never,
    {
      refused: (what: string) => {
        protocol.log.push(`refused ${what}`);
        refused.push(what);
      },
      stays: () => {},
      gone: () => {},
    } as never,
  );
  protocol.emit('Target.targetCreated', { targetInfo: { targetId: 'ours', type: 'page' } });
  await watching;
  protocol.log.length = 0;
  return { protocol, refused };
}

test.each(['page', 'other', 'worker', 'service_worker', 'background_page', 'webview', 'a type of a later version'])(
  'the command that closes a strange target leaves in the turn in which the browser tells of it: %s',
  async (type) => {
    const { protocol } = await guarded();
    protocol.created('strange', type);
    expect(protocol.log).toEqual([
      'created strange',
      `refused ${type === 'page' ? 'window' : 'browser-part'}`,
      'Target.closeTarget strange',
      'end of the turn of strange',
    ]);
  },
);

test('a window’s tab and its page are two targets and one refusal; each is closed once, however often it is told of; ours stays', async () => {
  const { protocol, refused } = await guarded();
  protocol.created('tab', 'tab');
  protocol.created('page', 'page');
  for (const targetId of ['tab', 'page', 'ours']) protocol.emit('Target.targetInfoChanged', { targetInfo: { targetId, type: 'page' } });
  expect(refused).toEqual(['window']);
  expect(protocol.log.filter((line) => line.startsWith('Target.'))).toEqual(['Target.closeTarget tab', 'Target.closeTarget page']);
});

test('a target that comes again under its number, after it was gone, is strange again', async () => {
  const { protocol, refused } = await guarded();
  protocol.created('strange', 'page');
  protocol.emit('Target.targetDestroyed', { targetId: 'strange' });
  protocol.created('strange', 'page');
  expect(refused).toEqual(['window', 'window']);
});
