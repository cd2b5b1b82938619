/** A disk that becomes full in the middle of output, and a read-only one: real ones, for the command and for the app. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noSmallDisk, onSmallDisk } from '../support/small-disk.ts';

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

test(
  'full and read-only disks: nothing is shown that is not sealed, each has its sentence, and nothing is lost or ended',
  { timeout: 300_000 },
  async ({ skip }) => {
    const disk = mkdtempSync(join(tmpdir(), 'd-'));
    const reason = noSmallDisk(disk);
    skip(reason !== undefined, reason);
    const { status, stdout, stderr } = await onSmallDisk(disk, '24m', join(import.meta.dirname, 'disks.fixture.ts'), [disk], process.env, 280_000);
    rmSync(disk, { recursive: true, force: true });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const said = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown> & Record<'reserve' | 'recordFull', Ran>;

    // The command, less free than the policy's reserve: nothing begins.
    expect(said.reserve).toMatchObject({
      status: 125,
      out: '',
      err: expect.stringMatching(/MiB are free for recordings in .*the policy keeps 512 MiB\. Free some space/),
    });
    // The command that floods: it waits before the disk is full, and the room that is left stays; it goes on by itself, and can be ended.
    expect(said).toMatchObject({ floodWentOn: true, floodStatus: 128 + 15, shownNotSealed: 0 });
    expect(said['floodLeft']).toBeGreaterThan(3);
    expect(said['floodErr']).toMatch(
      /^wardmux: less is free in .* than the 4 MiB that are kept, and the command prints much\. The command waits, nothing of it is lost/,
    );
    expect(said['shown']).toBeGreaterThan(1000);
    // The command on a full disk: it lives, nothing is shown that is not sealed, it goes on, and it ends in good order.
    expect(said).toMatchObject({ fullShown: false, fullStatus: 0, fullPlayed: true, recordLedger: 0, fullFiles: ['end.json', 'segment-000000.wmx'] });
    expect(said['fullOut']).toBe('ready\nsaid one\nsaid two\n');
    // What needs the disk and has not begun, refuses.
    const refused = (why: string): unknown => expect.stringMatching(new RegExp(`wardmux: .*${disk}.*${why}`));
    expect(said['recordStartFull']).toMatchObject({ status: 125, out: '', err: refused('the disk is full') });
    // Where the last byte was taken says which of its files it could not write.
    expect(said['exportFull']).toMatchObject({ status: 1, out: '', err: refused('[Tt]he disk is full') });
    expect(said['exportFullLeft']).toBe(false);
    expect(said['recordReadOnly']).toMatchObject({ status: 125, out: '', err: refused('the disk is read-only') });
    expect(said['exportReadOnly']).toMatchObject({ status: 1, out: '', err: refused('the disk is read-only') });
    expect(said['startReadOnly']).toMatch(new RegExp(`${disk}.*the disk is read-only`));

    // The app, below the reserve: the pane says so in place of a shell.
    expect(said['appReserveText']).toMatch(/the policy keeps 512 MiB\. Free some space/);
    // An idle shell lives through locks on a full disk.
    expect(said).toMatchObject({ idleShells: 1, appLocked: 'locked', appMarks: true });
    // A flood waits while there is room left, says so in its pane, in the line, at the lock page and after it; and goes on by itself.
    for (const text of [said['appText'], said['appTextAgain']]) {
      expect(text).toContain('Waiting: the disk has less room than the policy keeps, and this program prints much.');
      expect(text).toContain('a pane waits for disk space');
    }
    expect(said['appLeft']).toBeGreaterThan(3);
    expect(said).toMatchObject({ appShells: 1, appFinished: 0, appShownNotSealed: 0 });
    // The end on a full disk: in good order, and the ledger has it, for both have room of their own.
    expect((said['appEnds'] as boolean[]).every(Boolean)).toBe(true);
    expect((said['appEntered'] as string[]).filter((action) => /^(recording\.(end|failed)|lock|app\.stop)/.test(action)).slice(-4)).toEqual([
      'lock',
      'lock',
      'recording.end',
      'app.stop',
    ]);
    // Nothing but what it opens in.
    expect((said['appSaid'] as string[]).filter((line) => !line.startsWith('open in '))).toEqual([]);
    // With room again the ledger holds, and the app opens.
    expect(said['ledger']).toMatchObject({ status: 0 });
    expect(said['appAfterwards']).toBe('opens');
  },
);
