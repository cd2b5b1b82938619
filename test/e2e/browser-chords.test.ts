/**
 * Nobody gets into the browser from the keyboard or with the mouse: every key with every combination of modifiers is pressed
 * in a real window, on each page and while no page stands. Afterwards there is one target, one window, no zoom, and the page.
 */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { missingPrograms, openDisplay, type Display } from '../support/display.ts';
import { initialise } from './initialised.ts';
import { prepare, unlockByKeys, until, type Running } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool', 'openbox', 'wmctrl');
const noLayouts = missingPrograms('setxkbmap', 'xkbcomp');
let display: Display;
let running: Running;
let session: CDPSession;
let targets: string[];

beforeEach(async ({ skip }) => {
  skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
  display = await openDisplay();
  await display.manageWindows();
});
afterEach(async () => {
  await running?.stop();
  running?.remove();
  display?.stop();
});

const keys = [
  ...'abcdefghijklmnopqrstuvwxyz0123456789',
  ...['grave', 'minus', 'equal', 'bracketleft', 'bracketright', 'backslash', 'semicolon', 'apostrophe', 'comma', 'period', 'slash', 'space'],
  ...Array.from({ length: 12 }, (_, i) => `F${i + 1}`),
  ...['Up', 'Down', 'Left', 'Right', 'Home', 'End', 'Prior', 'Next', 'Insert', 'Delete', 'BackSpace', 'Tab', 'Return', 'Escape', 'Menu', 'Print', 'Pause'],
  ...['KP_Add', 'KP_Subtract', 'KP_Multiply', 'KP_Divide', 'KP_Enter', 'KP_Insert', 'KP_Delete', 'KP_Home', 'KP_End', 'KP_Left', 'KP_Right', 'KP_Begin'],
  ...['XF86Back', 'XF86Forward', 'XF86Reload', 'XF86HomePage', 'XF86Search', 'XF86Favorites', 'XF86Mail', 'XF86Calculator', 'XF86Explorer', 'XF86Tools'],
];
const modifiers = ['ctrl', 'shift', 'alt', 'super'];
const combinations = Array.from({ length: 2 ** modifiers.length }, (_, bits) => modifiers.filter((_, i) => bits & (2 ** i)));
/** Ours: the prefix, and the lock. */
const ours = ['ctrl+b', 'ctrl+shift+l'];
/** So many in one call of xdotool: one that hangs is found, and what it did is known to within this. */
const BATCH = 103;

async function open(options: { readonly initialised: boolean }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  // What is typed must not become a command of this machine.
  const shell = join(folder, 'swallow');
  writeFileSync(shell, '#!/bin/sh\nstty raw -echo\nexec cat >/dev/null\n');
  chmodSync(shell, 0o755);
  if (options.initialised) initialise(folder);
  running = await prepare({ folder, display: display.name, env: { SHELL: shell } });
  await running.app.open();
  session = await (await running.driver.ready()).context().browser()!.newBrowserCDPSession();
  targets = await targetIds();
  expect(targets).toHaveLength(2);
}

/** The page and its tab: all that there is but the browser itself. */
async function targetIds(): Promise<string[]> {
  const { targetInfos } = await session.send('Target.getTargets', { filter: [{}] });
  return targetInfos
    .filter(({ type }) => type !== 'browser')
    .map(({ targetId }) => targetId)
    .sort();
}

async function onlyUs(what: string): Promise<void> {
  // What was opened by the last key is on its way for a moment; it may not stay.
  await until(async () => (await targetIds()).join() === targets.join(), `one target after ${what}`).catch(async (error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(await session.send('Target.getTargets', { filter: [{}] }))}`);
  });
  await until(() => display.windows().length === 1, `one window after ${what}`).catch((error: Error) => {
    throw new Error(`${error.message}: ${display.windows().join(', ')}`);
  });
  expect(display.windows()[0], what).toMatch(/^Wardmux/);
}

async function pressEverything(skip: readonly string[] = []): Promise<void> {
  for (const held of combinations) {
    const chords = keys.map((key) => [...held, key].join('+')).filter((chord) => !skip.includes(chord));
    for (let i = 0; i < chords.length; i += BATCH) display.xdotool('key', '--delay', '2', ...chords.slice(i, i + BATCH));
    await onlyUs(`${held.join('+') || 'no modifier'} with every key`);
  }
}

/** The menu, the zoom of the wheel, and the buttons that go back and forward. */
async function everyButton(): Promise<void> {
  for (const [x, y] of [
    [300, 300],
    [700, 820],
  ]) {
    display.xdotool('mousemove', String(x), String(y), 'click', '3', 'click', '8', 'click', '9', 'keydown', 'ctrl', 'click', '4', 'click', '5', 'click', '5');
    display.xdotool('click', '1', 'click', '2', 'click', '3', 'keyup', 'ctrl', 'keydown', 'shift', 'click', '3', 'click', '1', 'keyup', 'shift');
    await onlyUs('every button of the mouse');
  }
}

/** Of the page that stands: it is the wanted one, at its size, with nothing to go back to. */
async function unchanged(surface: string): Promise<void> {
  const { targetInfos } = await session.send('Target.getTargets');
  expect(targetInfos.map(({ url }) => url)).toEqual([`https://wardmux.localhost/${surface}.html`]);
  const driven = await running.driver.ready();
  const page = await driven.context().newCDPSession(driven);
  const { visualViewport } = await page.send('Page.getLayoutMetrics');
  expect(visualViewport).toMatchObject({ scale: 1, zoom: 1 });
  const { currentIndex, entries } = await page.send('Page.getNavigationHistory');
  expect([currentIndex, entries.length]).toEqual([0, 1]);
  await page.detach();
}

test('in the first run', { timeout: 300_000 }, async () => {
  await open({ initialised: false });
  await pressEverything();
  await everyButton();
  await unchanged('setup');
});

test('at the lock', { timeout: 300_000 }, async () => {
  await open({ initialised: true });
  await pressEverything();
  await everyButton();
  await unchanged('lock');
});

test('in the workspace', { timeout: 300_000 }, async () => {
  await open({ initialised: true });
  await unlockByKeys(running, display);
  await until(async () => (await running.app.socket.handlers.status())['shells'] === 1, 'the shell');
  await pressEverything(ours);
  await everyButton();
  expect(await running.app.socket.handlers.status()).toMatchObject({ state: 'unlocked', shells: 1 });
  await unchanged('workspace');
});

/** The keys of the main block by their places, without Return: what they enter is the layout's. */
const places = [49, 51, ...[10, 24, 38, 52].flatMap((first) => Array.from({ length: first < 38 ? 12 : first < 52 ? 11 : 10 }, (_, n) => first + n)), 94];
const placeNames = ['TLDE', 'BKSL', ...['AE', 'AD', 'AC', 'AB'].flatMap((row, n) => Array.from({ length: [12, 12, 11, 10][n]! }, (_, i) => `${row}${String(i + 1).padStart(2, '0')}`))]; // prettier-ignore

async function pressPlaces(what: string): Promise<void> {
  for (const held of combinations) {
    display.xdotool(...held.flatMap((key) => ['keydown', key]), 'key', '--delay', '2', ...places.map(String), ...held.flatMap((key) => ['keyup', key]));
    await onlyUs(`${what} with ${held.join('+') || 'no modifier'}`);
  }
  await unchanged('lock');
}

test('with layouts that have dead keys, and with a dead key on every place', { timeout: 300_000 }, async ({ skip }) => {
  skip(noLayouts.length > 0, `not installed: ${noLayouts.join(', ')}`);
  await open({ initialised: true });
  for (const layout of ['de', 'ch', 'fr']) {
    display.layout(layout);
    await pressPlaces(`every key of the layout ${layout}`);
  }
  for (const dead of ['dead_acute', 'dead_circumflex']) {
    display.symbols(placeNames.map((place) => `replace key <${place}> { [ ${dead}, ${dead} ] };`).join(' '));
    await pressPlaces(`${dead} on every place`);
  }
});

test('while no page stands', { timeout: 300_000 }, async () => {
  await open({ initialised: true });
  await running.app.window.blank();
  await pressEverything();
  await everyButton();
  await running.app.window.show('lock');
  await unchanged('lock');
});
