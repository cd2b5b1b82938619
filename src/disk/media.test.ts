import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mediumOf, removableFolders } from './media.ts';

const mountinfo = [
  '22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw',
  '90 22 8:17 / /media/ada/SAFE\\040KEYS rw,nosuid - vfat /dev/sdb1 rw',
  '91 22 8:33 / /run/media/ada/BLUE rw - exfat /dev/sdc1 rw',
  '92 22 11:0 / /media/ada/CDROM ro,nosuid - iso9660 /dev/sr0 ro',
  '93 22 8:49 / /media/eve/HERS rw - vfat /dev/sdd1 rw',
  '94 22 8:65 / /media/adam rw - vfat /dev/sde1 rw',
  '',
].join('\n');

test('removable media are what is mounted for this user, may be written to, and has its own name back', () => {
  expect(removableFolders(mountinfo, 'ada')).toEqual(['/media/ada/SAFE KEYS', '/run/media/ada/BLUE']);
  expect(removableFolders(mountinfo, 'nobody')).toEqual([]);
  expect(removableFolders('', 'ada')).toEqual([]);
});

test('a file lies where it really is: a link from a stick to the home folder is no stick', () => {
  const place = mkdtempSync(join(tmpdir(), 'wardmux-media-'));
  try {
    writeFileSync(join(place, 'key.json'), '{}');
    const stick = mkdtempSync(join(place, 'stick-'));
    symlinkSync(join(place, 'key.json'), join(stick, 'link.json'));
    writeFileSync(join(stick, 'key.json'), '{}');
    expect(mediumOf(join(stick, 'key.json'), place, [stick])).toBe('removable');
    expect(mediumOf(join(stick, 'link.json'), place, [stick])).toBe('same-disk');
    expect(mediumOf(join(place, 'key.json'), place, [])).toBe('same-disk');
    expect(mediumOf('/proc/self/mountinfo', place, [])).toBe('other-disk');
    expect(() => mediumOf(join(place, 'none.json'), place, [])).toThrow('ENOENT');
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
