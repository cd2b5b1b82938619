/** A window that another program takes away, in a real window: locked, said, and brought back, as if a person had closed it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { missingPrograms, readIfThere } from '../support/display.ts';
import { openRealApp, type RealApp } from './real-window.ts';
import { distFolder, entered, until } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool');
beforeEach(({ skip }) => skip(missing.length > 0, `not installed: ${missing.join(', ')}`));
let app: RealApp;
afterEach(() => app?.stop());

/** The app's windows on the screen. xdotool ends with 1 where there is none. */
function windows(): string[] {
  const found = spawnSync('xdotool', ['search', '--onlyvisible', '--class', 'Wardmux'], {
    env: { ...process.env, DISPLAY: app.display.name },
    encoding: 'utf8',
  });
  return found.stdout.split('\n').filter(Boolean);
}
const locks = (): unknown[] => entered(app, 'lock').map(({ detail }) => detail?.['cause']);

test.each([
  ['windowclose', 'destroys it without a word to the browser'],
  ['windowkill', 'ends the browser’s connection to the screen'],
])('%s, which %s: locked, said once, and back at the next start with its shell', async (how) => {
  app = await openRealApp();
  await app.unlock();
  await app.run('KEPT=value-$((80+1))');
  const [window] = windows();
  execFileSync('xdotool', [how, window!], { env: { ...process.env, DISPLAY: app.display.name }, stdio: 'ignore' });
  await until(() => app.said().includes('1 shell(s) run on'), 'the sentence about the closed window');
  expect(app.status()).toMatchObject({ state: 'locked', window: false, shells: 1 });
  expect(app.said().split('the window is closed').length - 1).toBe(1);
  expect(windows()).toEqual([]);
  // Two causes are told by two parts: whichever comes first, there is one lock. Its event may come a moment after the sentence.
  await until(() => locks().length > 0, 'the event of the lock');
  expect(locks()).toHaveLength(1);
  const second = spawnSync(process.execPath, [join(distFolder, 'start.mjs')], {
    env: { PATH: process.env['PATH'], HOME: app.folder, WARDMUX_HOME: app.home, DISPLAY: app.display.name, TMPDIR: app.folder, LANG: 'C.UTF-8' },
    encoding: 'utf8',
  });
  expect([second.status, second.stderr]).toEqual([3, expect.stringContaining('its window was brought back')]);
  await app.unlock();
  const kept = join(app.folder, 'kept');
  await app.run(`echo $KEPT > ${kept}`);
  expect(readIfThere(kept)).toBe('value-81\n');
});
