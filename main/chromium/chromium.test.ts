import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { markOf } from '../../src/disk/process-identity.ts';
import { readPayload } from './bridge.ts';
import { browserEnvironment } from '../../src/browser/flags.ts';
import { findBrowser } from '../../src/browser/find.ts';
import { removeStaleFolders, temporaryPrefixes } from '../../src/browser/owned-folder.ts';
import { createProfile } from '../../src/browser/profile.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'wmx-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('WARDMUX_BROWSER wins, and a wrong one is a sentence, not another browser', () => {
  const path = join(folder, 'browser');
  writeFileSync(path, '');
  expect(() => findBrowser({ WARDMUX_BROWSER: path })).toThrow(`WARDMUX_BROWSER names ${path}`);
  chmodSync(path, 0o755);
  expect(findBrowser({ WARDMUX_BROWSER: path }).path).toBe(path);
  expect(() => findBrowser({ WARDMUX_BROWSER: 'chromium' })).toThrow('absolute path');
});

test('a profile is private, and removed when its owner is dead, not before', () => {
  const mine = createProfile(folder);
  expect(statSync(mine.folder).mode & 0o777).toBe(0o700);
  const stale = join(folder, 'wardmux-browser-0123456789ab');
  mkdirSync(stale, { mode: 0o700 });
  writeFileSync(join(stale, 'owner.json'), JSON.stringify({ ...markOf(), started: '1' }));
  const open = join(folder, 'wardmux-browser-open');
  mkdirSync(open);
  chmodSync(open, 0o755);
  expect(removeStaleFolders(folder, temporaryPrefixes.chromium)).toEqual([stale]);
  expect(existsSync(mine.folder)).toBe(true);
  // A folder that others may write to is not ours to judge.
  expect(existsSync(open)).toBe(true);
  mine.remove();
  expect(existsSync(mine.folder)).toBe(false);
});

test('what stands in a window before a page has the ground that was chosen, and none of ours where nobody has chosen', () => {
  const style = (profile: { readonly folder: string }, toolkit: string): string => join(profile.folder, toolkit, 'gtk.css');
  const mine = createProfile(folder, '#15120f');
  for (const toolkit of ['gtk-3.0', 'gtk-4.0']) expect(readFileSync(style(mine, toolkit), 'utf8')).toContain('window, .background');
  expect(readFileSync(style(mine, 'gtk-3.0'), 'utf8')).toContain('background-color: #15120f;');
  expect(existsSync(style(createProfile(folder), 'gtk-3.0'))).toBe(false);
});

test('the browser is told nothing of the shell that started it', () => {
  const env = browserEnvironment(
    { PATH: '/bin', DISPLAY: ':1', SSH_AUTH_SOCK: 'x', AWS_SECRET: 'y', NODE_OPTIONS: 'z' },
    { profileFolder: '/p', temp: '/p/t', theme: 'system' },
  );
  expect(env).toEqual({ PATH: '/bin', DISPLAY: ':1', TMPDIR: '/p/t', XDG_CONFIG_HOME: '/p', XDG_CACHE_HOME: '/p' });
});

test('payloads of the page are read exactly', () => {
  expect(readPayload('3 m {"a":1}', 3)).toEqual({ kind: 'message', text: '{"a":1}' });
  expect(readPayload('3 v AAEC', 3)).toMatchObject({ kind: 'frame', peer: 'vault', bytes: Uint8Array.of(0, 1, 2) });
  for (const bad of ['2 m {}', '3 m ', '3 x AA==', '3 p', '3 p ', '3 p A*=!', '3 p AAEC\n', '33 m {}', '', 'm', `3 m ${'x'.repeat(65 * 1024)}`])
    expect(readPayload(bad, 3), JSON.stringify(bad.slice(0, 20))).toBeUndefined();
});
