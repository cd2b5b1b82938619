import { expect, test } from 'vitest';
import { newFolder, newRecording, removeFolders } from '../../test/support/recording.ts';
import { DiskSpace, MIN_FREE_MEBIBYTES, SPACE_CHECK_BYTES } from './space.ts';

/** A disk that is written to, with a count of the looks at it. */
function disk(free: number, reserve: number) {
  const at = { free, reserve, looks: 0 };
  const space = new DiskSpace({
    folder: '/nowhere',
    reserveMebibytes: () => at.reserve,
    free: () => {
      at.looks++;
      return at.free;
    },
  });
  return { at, space };
}

test('is low below what the policy keeps, and only a good part above it is ample again', () => {
  const { at, space } = disk(1000, 512);
  expect(space.look()).toBe(false);
  at.free = 511;
  expect(space.look()).toBe(true);
  at.free = 520;
  expect(space.look()).toBe(true);
  at.free = 544;
  expect(space.look()).toBe(false);
  // Another policy is in force.
  at.reserve = 600;
  expect(space.look()).toBe(true);
});

test('a policy that keeps nothing still leaves the last mebibytes', () => {
  const { at, space } = disk(MIN_FREE_MEBIBYTES, 0);
  expect(space.look()).toBe(false);
  at.free = MIN_FREE_MEBIBYTES - 1;
  expect(space.look()).toBe(true);
});

test('is looked at less than once for 8 MiB, and the more often the nearer the floor is, so that a flood stops there', () => {
  const { at, space } = disk(1000, 512);
  for (let written = 0; written < 10 * SPACE_CHECK_BYTES; written += 64 * 1024) space.wrote(64 * 1024);
  expect(at.looks).toBeLessThanOrEqual(11);
  let low = false;
  for (at.free = 540; !low; at.free -= 1 / 16) low = space.wrote(64 * 1024);
  expect(at.free).toBeGreaterThan(511);
});

test('nothing can be said of a disk that is gone: it is not low', () => {
  expect(new DiskSpace({ folder: '/nowhere/at/all', reserveMebibytes: () => 512 }).look()).toBe(false);
});

test('no recording begins below what the policy keeps', async () => {
  await expect(newRecording({ reserveMebibytes: 500, freeMebibytes: () => 499 })).rejects.toMatchObject({ code: 'disk-reserve' });
  const { writer } = await newRecording({ folder: newFolder(), reserveMebibytes: 500, freeMebibytes: () => 500 });
  await writer.end('exit');
  removeFolders();
});
