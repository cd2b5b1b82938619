/** What counts as kept outside, and what stands before what in a verdict: the data folder is written by somebody who holds no key. Real commands. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { commandsOver } from './commands.ts';
import { homePaths, requireInstallation } from '../../src/storage/index.ts';

const place = mkdtempSync(join(tmpdir(), 'wardmux-outside-'));
const home = join(place, 'home');
const whole = join(place, 'whole');

const { wardmux, done, install } = commandsOver(place, home);

beforeAll(() => {
  install();
  done('record', '--', 'echo', 'one');
  cpSync(home, whole, { recursive: true });
}, 120_000);
beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  cpSync(whole, home, { recursive: true });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A file drop with the ledger's own checkpoints in it, as anybody makes one. */
function forgeDrop(folder: string): void {
  const { id } = requireInstallation(homePaths(home));
  mkdirSync(folder, { recursive: true });
  cpSync(join(home, 'ledger/checkpoints.jsonl'), join(folder, `${id}.heads.jsonl`));
  writeFileSync(join(folder, `${id}.drop.json`), JSON.stringify({ format: 'wardmux-file-drop', version: 1, installation: id }));
}

test.each([
  ['in the data folder', () => join(home, 'anchors/.d')],
  ['elsewhere', () => join(place, 'elsewhere')],
])('a policy that nobody accepted names a drop %s: what lies there proves nothing, and can contradict', { timeout: 60_000 }, (_, folderOf) => {
  const folder = folderOf();
  forgeDrop(folder);
  const policy = JSON.parse(readFileSync(join(home, 'policy.json'), 'utf8')) as object;
  writeFileSync(join(home, 'policies/zz.json'), JSON.stringify({ ...policy, anchors: [{ name: 'nas', kind: 'file', folder }] }));
  const verified = wardmux('ledger', 'verify');
  expect(verified).toMatchObject({ status: 0, out: expect.stringContaining('cannot be seen here: no head of it that counts was found outside') });
  expect(verified.out).not.toContain('It extends');
  // A ledger that was set back is still found by it.
  done('record', '--', 'echo', 'two');
  forgeDrop(folder);
  rmSync(join(home, 'ledger'), { recursive: true });
  cpSync(join(whole, 'ledger'), join(home, 'ledger'), { recursive: true });
  expect(wardmux('ledger', 'verify')).toMatchObject({ status: 51 });
});

test('a folder without a head of it hides no recording that is missing', { timeout: 60_000 }, () => {
  const empty = join(place, 'empty');
  mkdirSync(empty, { recursive: true });
  expect(wardmux('ledger', 'verify', '--anchor', empty)).toMatchObject({ status: 50 });
  for (const id of readdirSync(join(home, 'recordings'))) rmSync(join(home, 'recordings', id), { recursive: true });
  expect(wardmux('ledger', 'verify', '--anchor', empty)).toMatchObject({ status: 8 });
});

test('a drop whose name this account can turn aside is taken, and said', { timeout: 60_000 }, () => {
  const nas = join(place, 'nas');
  const share = join(place, 'share');
  mkdirSync(nas, { recursive: true });
  symlinkSync(nas, share);
  const added = wardmux('anchor', 'add', 'share', '--file', share);
  expect(added).toMatchObject({ status: 0, err: expect.stringContaining('can put something else in its place') });
});
