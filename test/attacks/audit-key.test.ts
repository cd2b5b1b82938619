/** `wardmux audit-key prove`, and the question that comes until it was: real processes, a real terminal. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { generateAuditKey } from '../../src/recording/wrap.ts';
import { commandScript } from '../support/command.ts';
import { firstHome, firstWords as words, ownFolder } from '../support/first-home.ts';

vi.setConfig({ testTimeout: 120_000 });

let place: string;
let home: string;
let key: string;
let kid: string;

beforeAll(async () => {
  place = ownFolder();
  home = join(place, 'home');
  key = join(place, 'audit.json');
  const { identity, auditKid } = await firstHome(place, { auditKeyPath: key });
  identity.destroy();
  kid = auditKid;
  writeFileSync(join(place, 'passphrase'), `${words}\n`);
  writeFileSync(join(place, 'wrong'), 'not the passphrase\n');
});

const env = () => ({ PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home });
function prove(file: string, secret = 'passphrase'): { status: number | null; out: string; err: string } {
  const args = ['audit-key', 'prove', file, '--json', '--passphrase-fd', '3'];
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `exec "$@" 3< '${join(place, secret)}'`, 'wardmux', process.execPath, '--disable-sigusr1', commandScript, ...args],
    { env: env(), encoding: 'utf8' },
  );
  return { status, out: stdout, err: stderr };
}
/** Types the passphrase at a terminal of util-linux' script. @returns what stood there. */
function typed(...args: string[]): string {
  const line = [process.execPath, '--disable-sigusr1', commandScript, ...args].map((part) => `'${part}'`).join(' ');
  return spawnSync('script', ['-q', '-e', '-c', line, '/dev/null'], { env: env(), encoding: 'utf8', input: `${words}\n` }).stdout;
}
const entered = (): { action: string; person?: string; detail: Record<string, unknown> }[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string; detail: Record<string, unknown> })
    .filter(({ action }) => action.startsWith('audit-key.'));

test('what is not the key, or nobody with a passphrase, proves nothing', () => {
  const stranger = generateAuditKey();
  const file = join(place, 'stranger.json');
  writeFileSync(file, JSON.stringify(stranger.file));
  expect(prove(file)).toMatchObject({ status: 1, out: '', err: expect.stringContaining(`the policy in force names ${kid}`) });
  // The right name over the private half of another one.
  const real = JSON.parse(readFileSync(key, 'utf8')) as { jwk: object };
  writeFileSync(file, JSON.stringify({ ...real, jwk: { ...real.jwk, d: stranger.file.jwk.d } }));
  const forged = prove(file);
  expect(forged).toMatchObject({ out: '', err: expect.stringContaining('is not an audit key of Wardmux, or it is damaged') });
  expect(forged.status).not.toBe(0);
  const wrong = prove(key, 'wrong');
  expect(wrong.status).not.toBe(0);
  expect(wrong.out).toBe('');
  expect(prove(join(place, 'none.json')).err).toContain('cannot be read (ENOENT)');
  expect(entered()).toEqual([]);
});

test('who types a passphrase is asked once a day until the key was shown on another disk', (context) => {
  context.skip(spawnSync('script', ['--version']).status !== 0, 'nothing here gives a terminal: script of util-linux is missing');
  const question = `Nobody has shown yet that the audit key ${kid} lies off this disk`;
  // Replaying what is not there ends behind the unlock.
  const recorded = spawnSync(process.execPath, ['--disable-sigusr1', commandScript, 'record', '--json', '--', 'true'], { env: env(), encoding: 'utf8' });
  const { recording } = JSON.parse(recorded.stderr.trim().split('\n').at(-1)!) as { recording: string };
  expect(typed('play', recording, '--raw')).toContain(question);
  expect(typed('play', recording, '--raw')).not.toContain(question);
  expect(entered()).toMatchObject([{ action: 'audit-key.asked', detail: { key: kid } }]);

  expect(prove(key)).toMatchObject({ status: 0 });
  expect(entered().at(-1)).toMatchObject({ action: 'audit-key.proven', person: expect.stringMatching(/^p-/), detail: { key: kid, medium: 'same-disk' } });
});

test('on another disk it is said so', (context) => {
  context.skip(statSync('/dev/shm').dev === statSync(home).dev, '/dev/shm is on the same file system as the data folder');
  const folder = mkdtempSync('/dev/shm/wardmux-audit-key-');
  try {
    copyFileSync(key, join(folder, 'key.json'));
    const { status, out } = prove(join(folder, 'key.json'));
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ key: kid, medium: 'other-disk', label: 'Audit key of the first run' });
    expect(entered().at(-1)?.detail).toMatchObject({ key: kid, medium: 'other-disk', policySha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
