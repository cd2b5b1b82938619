/** What a page gets and what it does not, without a browser. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import { origin } from '../host.ts';
import { groundAddress } from './ground.ts';
import { PageRequests } from './page-requests.ts';

let folder: string;
let answers: [id: string, what: string][];
let refused: string[];
let pause: (id: string, url: string, resourceType?: string, method?: string) => void;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'p-'));
  writeFileSync(join(folder, 'lock.html'), 'the lock');
  answers = [];
  refused = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function watch(first?: string): Promise<PageRequests> {
  const session = {
    on: (_: string, listener: (event: object) => void) => {
      pause = (requestId, url, resourceType = 'Document', method = 'GET') => listener({ requestId, request: { url, method }, resourceType });
    },
    send: (_: string, params: { readonly requestId?: string; readonly body?: string; readonly errorReason?: string }) => {
      if (params.requestId !== undefined) answers.push([params.requestId, params.errorReason ?? Buffer.from(params.body ?? '', 'base64').toString()]);
      return Promise.resolve({});
    },
  };
  return PageRequests.watch(
    { session: session as never, rendererFolder: folder, frameAt: () => undefined, ground: () => 'the ground', refused: (what) => refused.push(what) },
    first,
  );
}

test('the page with nothing in it is loaded once, at the beginning; then nothing is that nobody expects', async () => {
  const requests = await watch(groundAddress);
  pause('1', groundAddress);
  await requests.served;
  await waitFor(() => expect(answers).toEqual([['1', 'the ground']]));
  expect(requests.documentStatus).toBe(200);
  pause('2', groundAddress);
  pause('3', `${origin}/lock.html`);
  await waitFor(() => expect(answers.slice(1)).toEqual([['2', 'Aborted'], ['3', 'Aborted']])); // prettier-ignore
  expect(refused).toEqual(['navigation', 'navigation']);
  requests.expect(`${origin}/lock.html`);
  pause('4', `${origin}/lock.html`);
  await waitFor(() => expect(answers.at(-1)).toEqual(['4', 'the lock']));
});

test('without a first page none is loaded before it is expected, and nothing but a document is had at its address', async () => {
  await watch();
  pause('1', groundAddress);
  pause('2', groundAddress, 'Script');
  pause('3', `${groundAddress}favicon.ico`, 'Other');
  await waitFor(() => expect(answers).toEqual([['1', 'Aborted'], ['2', 'AccessDenied'], ['3', 'AccessDenied']])); // prettier-ignore
  expect(refused).toEqual(['navigation', 'foreign-request', 'foreign-request']);
});
