/** Hosts by SSH in the window: found by typing, by keys and by mouse; the question about a key, and the stop where it has changed. */
import { expect, test } from 'vitest';
import type { BrowserContextOptions } from 'playwright-core';
import type { Output } from '../../src/bridge/schema.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { brings } from '../support/brings.ts';
import { shot } from '../support/shot.ts';
import { axeViolations, until, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';

const pages = pagesOfTests();

type Host = Output<'hosts.list'>['hosts'][number];
const host = (name: string, more: Partial<Host> = {}): Host => ({
  name,
  from: 'config',
  file: '/home/mueda/.ssh/config',
  line: 41,
  fingerprint: null,
  pinned: null,
  sessionClass: null,
  ...more,
});
const hosts: readonly Host[] = [
  host('bastion', { line: 3 }),
  host('lab-gw-01', { fingerprint: 'SHA256:7Qm2', pinned: '2026-11-02T08:00:00.000Z', sessionClass: 'clinical' }),
  host('lab-gw-02', { line: 58, sessionClass: 'clinical' }),
  host('relabel-03', { from: 'wardmux', file: null, line: null, sessionClass: 'general' }),
];
const picture = [
  '+--[ED25519 256]--+',
  '|          o+..*=.|',
  '|         oo+==. .|',
  '|          +o**=  |',
  '|         ..++*o  |',
  '|      S  .+++.o  |',
  '|      . .E++o+   |',
  '|       .o.o.+    |',
  '|        o.. .    |',
  '|     .==o.o..    |',
  '+----[SHA256]-----+',
];
const key = { type: 'ssh-ed25519', sha256: 'ab'.repeat(32), fingerprint: 'SHA256:X1k/AuzRw3YGTzCRAlO833gtLn8kWAlxzparq+76RzY', picture } as const;
const shown = { host: 'lab-gw-02', address: '10.20.9.31', port: 22, jumps: [] } as const;

async function start(
  open: (name: string, accepted: unknown) => Promise<Output<'hosts.open'>>,
  options: BrowserContextOptions = {},
): Promise<Opened & { readonly asked: unknown[] }> {
  const opened = await pages.workspace(options);
  const asked: unknown[] = [];
  opened.core.hosts.list = async () => ({ hosts: [...hosts], leftOut: 2 });
  opened.core.hosts.open = async (name, accepted) => {
    asked.push([name, accepted]);
    return open(name, accepted);
  };
  await opened.page.keyboard.press('Control+b');
  await brings(() => opened.page.keyboard.press('Shift+H'), opened.page.getByRole('option', { name: /^lab-gw-02/ }));
  return { ...opened, asked };
}

test('a host is found by typing and opened by Return, and the band is gone then', async () => {
  const opened = await start(async () => ({ state: 'opened' }));
  const { page, asked } = opened;
  await shot(opened.page, 'hosts-list');
  expect(await page.getByText('2 lines of ~/.ssh/config are ignored: wardmux host list names them.').count()).toBe(1);
  expect(await axeViolations(opened)).toEqual([]);
  const options = page.getByRole('option');
  expect(await options.count()).toBe(4);
  await page.keyboard.type('lab');
  await until(async () => (await options.count()) === 3, 'three that have it in their name');
  // Those that begin with it come first.
  expect(await options.first().textContent()).toContain('lab-gw-01');
  await page.keyboard.press('ArrowDown');
  await until(async () => (await page.getByRole('option', { selected: true }).textContent())?.includes('lab-gw-02') === true, 'the second is chosen');
  await shot(opened.page, 'hosts-typed');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(asked).toEqual([['lab-gw-02', undefined]]);
});

test('a key that nobody has pinned is shown, Return takes none, and p takes it', async () => {
  const opened = await start(async (_, accepted) => (accepted ? { state: 'opened' } : { state: 'new', ...shown, key }));
  const { page, asked } = opened;
  const question = page.getByRole('alertdialog', { name: 'Is this lab-gw-02?' });
  await brings(() => page.getByRole('option', { name: /^lab-gw-02/ }).click(), question);
  await shot(opened.page, 'hosts-new');
  expect(await question.textContent()).toContain('X1k/ AuzR w3YG');
  expect(await axeViolations(opened)).toEqual([]);
  await page.keyboard.press('p');
  await question.waitFor({ state: 'detached' });
  expect(asked.at(-1)).toEqual(['lab-gw-02', { host: 'lab-gw-02', sha256: key.sha256 }]);
});

test('behind a jump host that one is named, and the command is of the kind of key that was shown', async () => {
  const opened = await start(async () => ({ state: 'new', ...shown, jumps: ['bastion'], key: { ...key, type: 'ecdsa-sha2-nistp384' } }));
  const question = opened.page.getByRole('alertdialog', { name: 'Is this lab-gw-02?' });
  await brings(() => opened.page.getByRole('option', { name: /^lab-gw-02/ }).click(), question);
  await shot(opened.page, 'hosts-jump');
  const text = (await question.textContent())!;
  expect(text).toContain('No password and no key of yours was sent to it. To look at it, bastion was logged in to.');
  expect(text).toContain('Ask whoever runs lab-gw-02 to read theirs to you:ssh-keygen -lvf /etc/ssh/ssh_host_ecdsa_key.pub');
});

test('the button that has the focus leaves', async () => {
  const { page, asked } = await start(async () => ({ state: 'new', ...shown, key }));
  const question = page.getByRole('alertdialog', { name: 'Is this lab-gw-02?' });
  await brings(() => page.getByRole('option', { name: /^lab-gw-02/ }).click(), question);
  await page.keyboard.press('Enter');
  await question.waitFor({ state: 'detached' });
  expect(asked).toHaveLength(1);
});

test('a changed key is a stop with both fingerprints, and nothing on it goes on', async () => {
  const opened = await start(async () => ({
    state: 'changed',
    ...shown,
    pinned: { type: 'ssh-ed25519', fingerprint: 'SHA256:zbDJYxxcV5oFJVuAXXRcrSSVu96oOocmWd5ozhyzi58', time: '2026-11-02T08:00:00.000Z' },
    key: { ...key, fingerprint: 'SHA256:UF9l/0xMCWj+330ONbWGbH/JVLvZNA5WupgKpWy+E2wAA12' },
  }));
  const { page } = opened;
  const stop = page.getByRole('alertdialog', { name: 'Not connected. The key has changed.' });
  await brings(() => page.getByRole('option', { name: /^lab-gw-02/ }).click(), stop);
  await shot(opened.page, 'hosts-changed');
  const text = (await stop.textContent())!;
  expect(text).toContain('zbDJ Yxxc');
  expect(text).toContain('UF9l /0xM');
  expect(await axeViolations(opened)).toEqual([]);
  expect(await stop.getByRole('button').allTextContents()).toEqual(['Closeesc']);
  await page.keyboard.press('p');
  await page.keyboard.press('Escape');
  await stop.waitFor({ state: 'detached' });
});

test('what went wrong is a sentence at the list, which stays', async () => {
  const opened = await start(async () => {
    throw new Refusal('host', 'lab-gw-02 does not answer as a host does, so nothing was opened.');
  });
  const { page } = opened;
  await brings(() => page.getByRole('option', { name: /^lab-gw-02/ }).click(), page.getByRole('alert').filter({ hasText: 'does not answer' }));
  await shot(opened.page, 'hosts-refused');
  expect(await page.getByRole('option').count()).toBe(4);
});

test('at 1024 in a light window it fits', async () => {
  const opened = await start(async () => ({ state: 'new', ...shown, key }), { viewport: { width: 1024, height: 640 }, colorScheme: 'light' });
  const { page } = opened;
  await shot(opened.page, 'hosts-list-1024');
  const question = page.getByRole('alertdialog', { name: 'Is this lab-gw-02?' });
  await brings(() => page.getByRole('option', { name: /^lab-gw-02/ }).click(), question);
  await shot(opened.page, 'hosts-new-1024');
  expect(await question.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
});
