/** A backup whose disk becomes full, and one whose process is killed: what was there before stays whole. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { commandScript } from '../support/command.ts';
import { firstHome, ownFolder } from '../support/first-home.ts';
import { runHere } from '../support/run-here.ts';
import { waitFor } from '../support/wait-for.ts';
import { noSmallDisk, onSmallDisk } from '../support/small-disk.ts';

const folder = ownFolder();
const why = noSmallDisk(folder);
afterAll(() => {
  if (why !== undefined) console.warn(`not tried: ${why}`);
});

test.skipIf(why !== undefined)('a full disk in the middle of a backup leaves the runs before whole, and a restore without room leaves nothing', async () => {
  const program = join(import.meta.dirname, 'backup-disk.fixture.ts');
  const { status, stdout, stderr } = await onSmallDisk(folder, '24m', program, [folder], { ...process.env }, 100_000);
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    first: 0,
    full: { status: 1, err: expect.stringContaining('the disk is full') },
    runs: ['run-000001'],
    verify: 0,
    restore: 0,
    elsewhere: 0,
    'no-room': { status: 1, err: expect.stringContaining('Give a folder on a larger disk') },
    left: ['bk'],
  });
});

test('a backup that is killed leaves the runs before whole, and what it has written the next one uses', async () => {
  const place = ownFolder();
  const first = await firstHome(place);
  first.identity.destroy();
  const home = join(place, 'home');
  const backup = join(place, 'bk');
  const wardmux = (...args: string[]) => runHere(args, { home, place });
  expect((await wardmux('backup', backup)).status).toBe(0);
  const large = join(home, 'recordings', '20260101-000000-aaaaaaaa');
  mkdirSync(large);
  for (const n of [0, 1, 2, 3, 4]) writeFileSync(join(large, `segment-00000${n}.wmx`), randomBytes(16 * 1024 * 1024));
  // A hole that takes minutes to read and no room: it is still at work when it is killed, however slow this process is.
  const hole = join(large, 'segment-000005.wmx');
  writeFileSync(hole, '');
  truncateSync(hole, 30 * 1024 ** 3);
  const child = spawn(process.execPath, ['--disable-sigusr1', commandScript, 'backup', backup], {
    env: { PATH: process.env['PATH'], WARDMUX_HOME: home, HOME: place },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));
  // The second pack of it is begun: the first and its index, which is written in two steps, are whole.
  await waitFor(() => expect(existsSync(join(backup, 'run-000002', 'pack-000001'))).toBe(true));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  expect(existsSync(join(backup, 'run-000002', 'run.json'))).toBe(false);
  rmSync(hole);
  expect((await wardmux('backup', 'verify', backup, '--key', join(place, 'audit.json'))).status).toBe(0);
  const { status, out, err } = await wardmux('backup', backup, '--json');
  expect(status, err).toBe(0);
  const { written, bytes } = JSON.parse(out) as { written: number; bytes: number };
  expect(bytes - written).toBeGreaterThan(60 * 1024 * 1024);
  expect((await wardmux('restore', backup, '--to', join(place, 'new'), '--key', join(place, 'audit.json'))).status).toBe(0);
  expect(readdirSync(join(place, 'new', 'recordings', '20260101-000000-aaaaaaaa')).length).toBe(5);
});
