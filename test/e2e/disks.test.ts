/** A disk that becomes full in the middle of output, and a read-only one: real ones, for the command and for the app. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noSmallDisk, onSmallDisk } from '../support/small-disk.ts';

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

test('full and read-only disks: nothing is shown that is not sealed, each has its sentence, and nothing is lost', { timeout: 180_000 }, async ({ skip }) => {
  const disk = mkdtempSync(join(tmpdir(), 'wardmux-disk-'));
  const reason = noSmallDisk(disk);
  skip(reason !== undefined, reason);
  const { status, stdout, stderr } = await onSmallDisk(disk, '24m', join(import.meta.dirname, 'disks.fixture.ts'), [disk], process.env, 150_000);
  rmSync(disk, { recursive: true, force: true });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const said = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown> & Record<'reserve' | 'recordFull', Ran>;

  // The command, less free than the policy's reserve: nothing begins.
  expect(said.reserve).toMatchObject({
    status: 125,
    out: '',
    err: expect.stringMatching(/MiB are free for recordings in .*the policy keeps 512 MiB\. Free some space/),
  });
  // The command, full in the middle of output: it ends, says where, and has shown nothing more than what is sealed.
  expect(said.recordFull).toMatchObject({ status: 125, err: expect.stringMatching(/^wardmux: Recording \S+ has stopped: writing to .*the disk is full/) });
  expect(said['shown']).toBeGreaterThan(1000);
  expect(said['shownNotSealed']).toBe(0);
  // What needs the disk and has not begun, refuses.
  const refused = (why: string): unknown => expect.stringMatching(new RegExp(`wardmux: .*${disk}.*${why}`));
  expect(said['recordStartFull']).toMatchObject({ status: 125, out: '', err: refused('the disk is full') });
  expect(said['exportFull']).toMatchObject({ status: 1, out: '', err: refused('the disk is full') });
  expect(said['exportFullLeft']).toBe(false);
  expect(said['recordReadOnly']).toMatchObject({ status: 125, out: '', err: refused('the disk is read-only') });
  expect(said['exportReadOnly']).toMatchObject({ status: 1, out: '', err: refused('the disk is read-only') });
  expect(said['startReadOnly']).toMatch(new RegExp(`${disk}.*the disk is read-only`));

  // The app, below the reserve: the pane says so in place of a shell.
  expect(said['appReserveText']).toMatch(/the policy keeps 512 MiB\. Free some space/);
  // The app, full in the middle of output: the pane says so, its shell is gone, no other was begun, the lock still locks.
  expect(said['appText']).toMatch(/has stopped: writing to .*the disk is full[\s\S]*nothing may be shown that is not sealed/);
  expect(said).toMatchObject({ appShells: 0, appRetried: 0, appLocked: 'locked', appFinished: 1, appShownNotSealed: 0 });
  // The ledger has room of its own: failure, lock and end went in at once, and nothing had to be said of it.
  expect((said['appEntered'] as string[]).filter((action) => /^(recording\.failed|lock|app\.stop)/.test(action)).slice(-3)).toEqual([
    'recording.failed',
    'lock',
    'app.stop',
  ]);
  expect(said['appSaid']).toEqual([]);
  // With room again the ledger holds, and the app opens.
  expect(said['ledger']).toMatchObject({ status: 0 });
  expect(said['appAfterwards']).toBe('opens');
});
