import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testLedgerOptions } from './fixture.ts';
import { HEAD_BYTES, readHead } from './head.ts';

test('what is not a plain file in the place of the head is said to be that, and nothing waits for it or follows it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'head-'));
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('real'), Buffer.alloc(HEAD_BYTES));
  symlinkSync('real', path('link'));
  symlinkSync('nothing', path('dead-link'));
  execFileSync('mkfifo', [path('fifo')]);
  mkdirSync(path('folder'));
  const { key } = testLedgerOptions();
  for (const name of ['link', 'dead-link', 'fifo', 'folder']) expect(readHead(path(name), key), name).toEqual({ kind: 'bad', why: 'it is not a plain file' });
  expect(readHead(path('none'), key)).toEqual({ kind: 'missing' });
  expect(readHead(path('real'), key)).toEqual({ kind: 'bad', why: 'no head in it is signed by this installation' });
});
