import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noSmallDisk, onSmallDisk } from '../../test/support/small-disk.ts';
import { ROOM_BYTES } from './room.ts';

test('a full disk ends no recording: it waits, goes on, or ends in good order by the room that was held back', { timeout: 120_000 }, async (context) => {
  const place = mkdtempSync(join(tmpdir(), 'wardmux-room-'));
  const without = noSmallDisk(place);
  context.skip(without !== undefined, without);
  const { status, stdout, stderr } = await onSmallDisk(
    place,
    '8m',
    join(import.meta.dirname, '../../test/support/recording-room.ts'),
    [place],
    process.env,
    110_000,
  );
  rmSync(place, { recursive: true });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const said = JSON.parse(stdout) as Record<string, unknown>;
  expect(said).toMatchObject({
    held: ROOM_BYTES,
    // 256 KiB were read when the disk was full: they wait, the lock behind them too, and there is no new segment.
    waits: true,
    flushed: false,
    segments: 1,
    flushedAtEnd: true,
    kinds: ['start', 'end'],
    endFiles: ['end.json', 'segment-000000.wmx'],
    whole: true,
    order: 'solxe',
    head: true,
    nothingWritten: true,
    flushedLater: true,
    later: 'solrroe',
    laterOutput: true,
    lives: true,
    gapFault: null,
    idleLives: true,
    idleMarks: 200,
    begins: expect.stringMatching(/^No recording can begin in .*: the disk is full \(ENOSPC\)\.$/) as string,
    leftBehind: 0,
  });
  expect(said['free']).toBeLessThan(ROOM_BYTES);
  // What the room does not hold is counted, byte for byte.
  expect(said['gap']).toEqual({ bytes: said['lost'], reason: 'disk-full' });
  expect((said['gapOutput'] as number) + (said['lost'] as number)).toBe(8 * 64 * 1024);
  expect(said['lost']).toBeGreaterThan(0);
});
