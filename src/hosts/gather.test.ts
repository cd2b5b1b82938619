/** Files that ~/.ssh/config includes: found as glob(3) finds them, with limits, and without holding up the process. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownFolder } from '../../test/support/first-home.ts';
import { gatherConfig } from './gather.ts';
import { findFiles } from './glob.ts';

function homeWith(config: string, files: Readonly<Record<string, string>> = {}): string {
  const home = ownFolder();
  mkdirSync(join(home, '.ssh/conf.d/deep/deeper'), { recursive: true });
  writeFileSync(join(home, '.ssh/config'), config);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, '.ssh', name), text);
  return home;
}
const namesOf = async (home: string): Promise<string[]> => (await gatherConfig(home)).names.map(({ name }) => name).toSorted();

test('* and ? stand within one name, and not for a dot in front', async () => {
  const files = {
    'conf.d/a.conf': 'Host a\n',
    'conf.d/b.conf': 'Host b\n',
    'conf.d/.c.conf': 'Host c\n',
    'conf.d/deep/d.conf': 'Host d\n',
    'conf.d/deep/deeper/e.conf': 'Host e\n',
  };
  expect(await namesOf(homeWith('Include conf.d/*.conf\n', files))).toEqual(['a', 'b']);
  expect(await namesOf(homeWith('Include conf.d/?.conf ~/.ssh/conf.d/.c*\n', files))).toEqual(['a', 'b', 'c']);
  // ** is *, as for glob(3).
  expect(await namesOf(homeWith('Include conf.d/**/*.conf\n', files))).toEqual(['d']);
});

test('a pattern that makes us look at too much is not followed, and says so; the rest of the file is', async () => {
  const folder = ownFolder();
  mkdirSync(join(folder, 'many'));
  for (let n = 0; n < 20; n += 1) writeFileSync(join(folder, 'many', String(n)), '');
  const looks = { left: 15 };
  expect(await findFiles(join(folder, 'many', 'x*'), looks)).toMatch(/too many files and folders/);
  const { names, leftOut } = await gatherConfig(homeWith('Include /**/**/**/**/nothing.conf\nInclude [ab].conf\nHost lab\n'));
  expect(names.map(({ name }) => name)).toEqual(['lab']);
  expect(leftOut).toMatchObject([
    { line: 1, keyword: 'Include', why: expect.stringContaining('too many files and folders') },
    { line: 2, keyword: 'Include', why: expect.stringContaining('* and ?') },
  ]);
});

test('others get their turn meanwhile', async () => {
  const home = homeWith('Include conf.d/?\n', { 'conf.d/a': 'Host a\n', 'conf.d/b': 'Host b\n' });
  let turns = 0;
  let over = false;
  const turn = (): void => {
    turns += 1;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await gatherConfig(home);
  over = true;
  expect(turns).toBeGreaterThan(2);
});

test('more text or names than somebody writes by hand is not taken', async () => {
  const large = `# ${'x'.repeat(200_000)}\n`;
  const files = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`conf.d/${n}`, large]));
  await expect(gatherConfig(homeWith('Include conf.d/?\n', files))).rejects.toThrow(/has more than 1048576 bytes/);
  await expect(gatherConfig(homeWith(`Host ${Array.from({ length: 5001 }, (_, n) => `h${n}`).join(' ')}\n`))).rejects.toThrow(/more than 5000 hosts/);
});
