import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { dropFiller, forgetTyped, type FilledKey } from './typed.ts';

/** The guard as a document gets it: from its source text, with nothing around it. */
function guarded(): (charCode: number) => string[] {
  let heard: ((event: FilledKey) => void) | undefined;
  const page = { addEventListener: (type: string, listener: (event: FilledKey) => void) => type === 'keypress' && (heard = listener) };
  (runInNewContext(`'use strict'; (${dropFiller.toString()})`) as (target: unknown) => void)(page);
  return (charCode) => {
    const done: string[] = [];
    heard!({ charCode, preventDefault: () => void done.push('prevented'), stopImmediatePropagation: () => void done.push('stopped') });
    return done;
  };
}

test('what the browser is given to keep is more than it keeps, and no document gets any of it', async () => {
  const sent: string[] = [];
  await forgetTyped({ send: (async (_: string, { text }: { text: string }) => void sent.push(text)) as never });
  expect(sent.length).toBeGreaterThan(45);
  const pressed = guarded();
  for (const text of sent) expect(pressed(text.charCodeAt(0))).toEqual(['prevented', 'stopped']);
});

test('what people type goes on its way', () => {
  const pressed = guarded();
  for (let code = 0; code < 0xe000; code++) expect(pressed(code)).toEqual([]);
});
