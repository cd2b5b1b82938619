import { expect, test } from 'vitest';
import type { PageBridge } from '../../src/bridge/schema.ts';
import { Bridge } from './bridge.ts';
import { sayHello } from './greeting.ts';

test('hello is said once, also before the page is there: what the core tells until then waits, in its order, for whoever listens', async () => {
  const sent: { readonly id: number; readonly request: string }[] = [];
  const waiting: string[] = [];
  let listener: ((text: string) => void) | undefined;
  // As both hosts keep what comes before the page listens.
  const tell = (message: unknown): void => (listener ? listener(JSON.stringify(message)) : void waiting.push(JSON.stringify(message)));
  const host: PageBridge = {
    send: (text) => void sent.push(JSON.parse(text) as (typeof sent)[number]),
    sendFrame: () => undefined,
    onMessage: (heard) => {
      listener = heard;
      for (const text of waiting.splice(0)) heard(text);
    },
    onFrame: () => undefined,
  };
  const key = await sayHello(host);
  tell({ event: 'notice', payload: { level: 'note', sentence: 'one' } });
  tell({ id: sent[0]!.id, ok: true, output: {} });
  const bridge = new Bridge(host);
  const heard: string[] = [];
  bridge.on('notice', ({ sentence }) => heard.push(sentence));
  // Asked before hello is known to be said: it goes behind it, under a number of its own.
  const asked = bridge.request('lock', {});
  await bridge.hello();
  tell({ event: 'notice', payload: { level: 'note', sentence: 'two' } });
  tell({ id: sent[1]!.id, ok: true, output: {} });
  await asked;
  expect(heard).toEqual(['one', 'two']);
  expect(sent.map(({ request }) => request)).toEqual(['hello', 'lock']);
  expect(await sayHello(host)).toBe(key);
});
