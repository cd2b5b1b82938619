/** What counts as kept outside, and what stands before what in a verdict: the data folder is written by somebody who holds no key. Real commands. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { commandsOver } from './commands.ts';
import { homePaths, requireInstallation } from '../../src/storage/index.ts';
import { forAudit } from '../support/disclosure.ts';

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

test('who reads and who exports stands outside at once: a folder that is set back to before is found', { timeout: 120_000 }, () => {
  const drop = join(place, 'drop');
  mkdirSync(drop);
  done('anchor', 'add', 'share', '--file', drop);
  done('policy', 'accept', '--passphrase-fd', '3');
  const heads = (): number =>
    readFileSync(join(drop, `${requireInstallation(homePaths(home)).id}.heads.jsonl`), 'utf8')
      .trimEnd()
      .split('\n').length;
  const [id] = readdirSync(join(home, 'recordings')) as [string];
  const before = join(place, 'before-reading');
  for (const command of [
    ['play', id, '--key', join(place, 'audit.json')],
    ['export', id, '--output', join(place, 'bundle'), ...forAudit, '--passphrase-fd', '3'],
  ]) {
    cpSync(home, before, { recursive: true });
    const known = heads();
    expect(wardmux(...command)).toMatchObject({ status: 0, err: expect.not.stringContaining('has not gone') });
    expect(heads()).toBe(known + 1);
    expect(wardmux('ledger', 'verify')).toMatchObject({ status: 0 });
    const after = join(place, 'after-reading');
    cpSync(home, after, { recursive: true });
    rmSync(home, { recursive: true });
    cpSync(before, home, { recursive: true });
    expect(wardmux('ledger', 'verify'), command[0]).toMatchObject({ status: 51 });
    expect(wardmux('record', '--', 'true').status, command[0]).not.toBe(0);
    for (const [from, to] of [
      [after, home],
      [undefined, before],
      [undefined, after],
    ] as const) {
      rmSync(to, { recursive: true, force: true });
      if (from !== undefined) cpSync(from, to, { recursive: true });
    }
  }
  // An anchor that is away holds nobody up, and that the head did not go is said.
  rmSync(drop, { recursive: true });
  expect(wardmux('play', id, '--key', join(place, 'audit.json'))).toMatchObject({ status: 0, err: expect.stringContaining('has not gone to share') });
});
