/** No shell begins before its person has accepted the policy's text, whichever door it is asked for at. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import type { Policy } from '../../src/policy/index.ts';
import { commandScript } from '../support/command.ts';
import { firstHome, firstWords as words, ownFolder } from '../support/first-home.ts';

vi.setConfig({ testTimeout: 120_000 });

let place: string;
let home: string;

beforeEach(async () => {
  place = ownFolder();
  home = join(place, 'home');
  const { identity } = await firstHome(place, { preset: 'strict' });
  identity.destroy();
  writeFileSync(join(place, 'passphrase'), `${words}\n`);
});

function wardmux(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `exec "$@" 3< '${join(place, 'passphrase')}'`, 'wardmux', process.execPath, '--disable-sigusr1', commandScript, ...args],
    { env: { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home }, encoding: 'utf8' },
  );
  return { status, out: stdout, err: stderr };
}
const actions = (): string[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { action: string }).action);

test('record refuses before anything is recorded, says what to do, and that is enough; another text is asked for again', async () => {
  const before = actions().length;
  const refused = wardmux('record', '--', 'echo', 'patient');
  expect(refused).toMatchObject({ status: 125, out: '', err: expect.stringContaining('has to be accepted before a shell begins') });
  expect(refused.err).toContain('wardmux policy consent');
  expect(readdirSync(join(home, 'recordings'))).toEqual([]);
  expect(actions()).toHaveLength(before);
  expect(wardmux('policy', 'consent', '--accept', '1', '--passphrase-fd', '3')).toMatchObject({ status: 0 });
  expect(actions()).toContain('consent.accepted');
  expect(wardmux('record', '--', 'echo', 'patient')).toMatchObject({ status: 0, out: 'patient\r\n' });

  const path = join(home, 'policy.json');
  const policy = JSON.parse(readFileSync(path, 'utf8')) as Policy;
  writeFileSync(path, JSON.stringify({ ...policy, consent: { ...policy.consent, text: `${policy.consent!.text} Really.` } }));
  // A text that is only wished for asks nobody for anything.
  expect(wardmux('record', '--', 'true')).toMatchObject({ status: 0 });
  await acceptAsItStands(home);
  expect(wardmux('record', '--', 'true')).toMatchObject({ status: 125 });
});
