/** After a lock of which nobody knows what it left on the screen, there is a fresh window, or none: never one that cannot be used. */
import { expect, test } from 'vitest';
import type { Invisibility } from '../../src/types/words.ts';
import type { Host, HostWindow } from '../host.ts';
import { WindowKeeper } from './keeper.ts';

const nothing = { dispose: () => undefined };

function keeper(known: Invisibility): { keeper: WindowKeeper; opened: string[]; close: () => void } {
  let close = (): void => undefined;
  const opened: string[] = [];
  const open = async (): Promise<HostWindow> => {
    const number = opened.push('open');
    return {
      show: async (surface) => void opened.push(`${number} shows ${surface}`),
      blank: async () => known,
      close: async () => void opened.push(`${number} closed`),
      post: () => undefined,
      postFrame: async () => undefined,
      onMessage: () => nothing,
      onFrame: () => nothing,
      onRendererGone: () => nothing,
      onClosed: (listener) => {
        close = listener;
        return nothing;
      },
      rendererPid: async () => undefined,
      place: async () => undefined,
      raise: async () => undefined,
    };
  };
  const made = new WindowKeeper({
    host: { open } as Partial<Host> as Host,
    appearance: () => ({ theme: 'system', contrast: false }),
    rendererFolder: '',
    places: { value: undefined, keep: () => undefined },
    clock: { now: () => 0 },
    onMessage: () => undefined,
    onFrame: () => undefined,
    onGone: () => undefined,
    onClosed: () => undefined,
    mayShow: () => true,
    onShow: () => undefined,
    onFailed: (error) => expect.fail(String(error)),
  });
  return { keeper: made, opened, close: () => close() };
}

test.each<[Invisibility, string[]]>([
  ['gone', ['open', '1 shows lock']],
  ['killed', ['open', 'open', '2 shows lock']],
  ['unknown', ['open', '1 closed', 'open', '3 shows lock']],
])('after a lock that is known as %s the lock page stands', async (known, expected) => {
  const { keeper: windows, opened } = keeper(known);
  await windows.open();
  expect(await windows.cut()).toBe(known);
  expect(windows.isOpen).toBe(known === 'gone');
  await windows.show('lock');
  expect(opened).toEqual(expected);
  expect(windows.isOpen).toBe(true);
});

test.each<Invisibility>(['gone', 'killed', 'unknown'])('a window that says it is closed is dark as its host finds it: %s', async (known) => {
  const { keeper: windows, close } = keeper(known);
  expect(await windows.cut()).toBe('gone');
  await windows.open();
  close();
  expect(windows.isOpen).toBe(false);
  expect(await windows.cut()).toBe(known);
});
