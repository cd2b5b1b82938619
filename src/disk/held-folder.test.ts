import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { heldFolder, plainPath } from './held-folder.ts';

test.runIf(process.platform === 'linux')('a folder that was held stays the one that it was when another one comes in its place', () => {
  const parent = mkdtempSync(join(tmpdir(), 'held-'));
  try {
    const path = join(parent, 'dist');
    const make = (said: string): void => {
      mkdirSync(path);
      writeFileSync(join(path, 'page'), said);
    };
    make('old');
    const held = heldFolder(path);
    expect(plainPath(join(held, 'page'))).toBe(join(path, 'page'));
    renameSync(path, join(parent, 'before'));
    make('new');
    expect(readFileSync(join(held, 'page'), 'utf8')).toBe('old');
    expect(plainPath(held)).toBe(join(parent, 'before'));
    expect(plainPath(path)).toBe(path);
    expect(() => heldFolder(join(path, 'page'))).toThrow('ENOTDIR');
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
