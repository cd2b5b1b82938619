/** An app holds its data folder, also where every file in it is taken away. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import { holdFolder, isHeld } from './hold.ts';

let place: string;
let home: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-hold-'));
  home = join(place, 'home');
  mkdirSync(home);
});
afterEach(() => rmSync(place, { recursive: true }));

test('one at a time, until it ends; a folder that took its place is not held, and the holder knows', async () => {
  expect(isHeld(join(place, 'nowhere'))).toBe(false);
  expect(isHeld(home)).toBe(false);
  const hold = (await holdFolder(home))!;
  expect([isHeld(home), await holdFolder(home), hold.stands()]).toEqual([true, undefined, true]);
  renameSync(home, join(place, 'away'));
  expect(hold.stands()).toBe(false);
  mkdirSync(home);
  expect([hold.stands(), isHeld(home), isHeld(join(place, 'away'))]).toEqual([false, false, true]);
  hold.release();
  expect(isHeld(join(place, 'away'))).toBe(false);
});

test('a holder that is killed holds nothing any more', async () => {
  const script = `import { holdFolder } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'hold.ts')).href)};
    console.log(Boolean(await holdFolder(${JSON.stringify(home)}))); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await new Promise((resolve) => holder.stdout.once('data', (data: Buffer) => resolve([data.toString()])))) as [string];
  expect([said, isHeld(home)]).toEqual(['true\n', true]);
  holder.kill('SIGKILL');
  await waitFor(() => expect(isHeld(home)).toBe(false));
});
