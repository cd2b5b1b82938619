import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentSecurityPolicy } from '../host.ts';
import { ownUrl, servePage } from './pages.ts';

let folder: string;
beforeAll(() => {
  const parent = mkdtempSync(join(tmpdir(), 'wmx-pages-'));
  folder = join(parent, 'renderer');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(parent, 'outside.js'), 'secret');
  writeFileSync(join(folder, 'lock.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets', 'a-b_1.js'), '1');
  writeFileSync(join(folder, 'assets', 'a.js.map'), '{}');
  writeFileSync(join(folder, '.hidden.js'), '1');
  symlinkSync('../outside.js', join(folder, 'link.js'));
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const get = (path: string) => servePage(folder, `https://wardmux.localhost${path}`);

test('serves plain files with every header', async () => {
  const answer = await get('/lock.html');
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect((await get('/assets/a-b_1.js?v=1#x')).status).toBe(200);
  // What keeps the workspace out of the process in which a passphrase was typed.
  const isolated = async (path: string): Promise<unknown> => (await get(path)).headers['cross-origin-embedder-policy'];
  expect([await isolated('/lock.html'), await isolated('/assets/a-b_1.js'), await isolated('/missing.html')]).toEqual([
    undefined,
    'require-corp',
    'require-corp',
  ]);
});

test.each(['/', '/missing.html', '/assets', '/assets/a.js.map', '/.hidden.js', '/link.js', '/%2e%2e/outside.js', '/..%2foutside.js', '/%00', '/%', '/a//b.js'])(
  'has nothing at %s',
  async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers['content-security-policy']).toBe(contentSecurityPolicy);
  },
);

test.each([
  'https://wardmux.localhost:444/lock.html',
  'https://u:p@wardmux.localhost/lock.html',
  'http://wardmux.localhost/lock.html',
  'https://x.wardmux.localhost/lock.html',
  'file:///lock.html',
  'nonsense',
  '',
])('refuses %s', async (url) => {
  expect(ownUrl(url)).toBeUndefined();
  expect((await servePage(folder, url)).status).toBe(403);
});
