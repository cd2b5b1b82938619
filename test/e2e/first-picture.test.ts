/** What a window shows and is called from the moment in which it comes on the screen: our colour and our name, before a page of ours is there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { grounds } from '../../main/chromium/ground.ts';
import { missingPrograms, openDisplay } from '../support/display.ts';
import { watchFrame } from '../support/frame-watch.ts';
import { watchTitles } from '../support/title-watch.ts';
import { initialise } from './initialised.ts';
import { openRealApp } from './real-window.ts';
import { until } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool');
/** Of a screen without a window. */
const NOTHING = 0x000000;
/** What the browser calls a window whose page it has not read yet: by the address that it was opened at, and that of the page that is on its way. */
const names = ['wardmux_/', 'wardmux', 'Wardmux', 'wardmux.localhost/lock.html'];

test.each(['dark', 'light'] as const)('a window has our ground (%s) from its first pixel on, and our name from its first title on', async (theme) => {
  expect(missing).toEqual([]);
  const folder = mkdtempSync(join(tmpdir(), 'first-'));
  const home = join(folder, 'home');
  initialise(folder);
  writeFileSync(join(home, 'display.json'), JSON.stringify({ theme, cell: 'auto', contrast: false, motion: true }));
  const display = await openDisplay();
  const ground = Number.parseInt(grounds.plain[theme].slice(1), 16);
  const titles = await watchTitles(display.name);
  const watch = watchFrame(display, [ground]);
  await until(() => watch.looks() > 0, 'the first look at the screen');
  const app = await openRealApp({ on: { display, home, folder } });
  try {
    await app.lockPage();
    await until(() => titles.titles.has('Wardmux'), 'our name');
    expect(watch.most().slice(0, 2)).toEqual([NOTHING, ground]);
    expect([...titles.titles].filter((title) => !names.includes(title))).toEqual([]);
    expect([...titles.classes]).toEqual(['wardmux Wardmux']);
  } finally {
    titles.stop();
    await watch.stop();
    await app.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
