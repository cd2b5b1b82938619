/**
 * Somebody who has no key disturbs the ledger while `wardmux record` ends, and lets go of it afterwards. What happened is not lost, and
 * no command accuses a recording that nobody has touched.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { lock } from '../../src/native/addon.ts';
import { nodeFlags } from '../../src/native/protect.ts';
import { commandScript } from '../support/command.ts';
import { firstHome, ownFolder } from '../support/first-home.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const words = 'gravel lantern mosquito 71 verandah';
let folder: string;
let home: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = ownFolder();
  home = join(folder, 'home');
  const { identity } = await firstHome(folder, { passphrase: Buffer.from(words), auditKeyPath: join(folder, 'audit-key.json') });
  identity.destroy();
  env = { PATH: process.env['PATH'] ?? '', HOME: folder, WARDMUX_HOME: home, TERM: 'xterm' };
});

/** A command that has run and ended while the ledger was disturbed. */
async function recorded(disturb: () => Promise<() => void>): Promise<{ status: number | null; stderr: string; recording: string; undo: () => void }> {
  const child = spawn(process.execPath, [...nodeFlags, commandScript, 'record', '--json', '--', 'sh', '-c', 'echo begun; read -r _; echo over'], {
    env,
    cwd: '/',
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  await new Promise<void>((resolve) => child.stdout.on('data', (chunk: Buffer) => void (chunk.toString().includes('begun') && resolve())));
  const undo = await disturb();
  child.stdin.end('\n');
  const status = await closed;
  const { recording } = JSON.parse(stderr.trim().split('\n').at(-1)!) as { recording: string };
  return { status, stderr, recording, undo };
}

function cli(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeFlags, commandScript, ...args], { env, cwd: '/', encoding: 'utf8', input: words });
  return { status, said: stdout + stderr };
}

interface Entered {
  readonly action: string;
  readonly time: string;
  readonly entered?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}
const events = (): Entered[] =>
  readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entered);

const attacks: Record<string, { readonly disturb: () => Promise<() => void>; readonly file: string; readonly how: string }> = {
  'its lock is held': {
    disturb: async () => {
      const stranger = openSync(join(home, 'ledger/lock'), constants.O_RDWR);
      expect(await lock(stranger, 10_000)).toBe(true);
      return () => closeSync(stranger);
    },
    file: 'lock',
    how: 'held',
  },
  'its head is garbled in place': {
    disturb: () => {
      const head = join(home, 'ledger/head');
      const kept = readFileSync(head);
      writeFileSync(head, Buffer.alloc(kept.length, 'A'), { flag: 'r+' });
      return Promise.resolve(() => writeFileSync(head, kept, { flag: 'r+' }));
    },
    file: 'head',
    how: 'changed',
  },
  'its events are moved away': {
    disturb: () => {
      const path = join(home, 'ledger/events.jsonl');
      renameSync(path, `${path}.away`);
      return Promise.resolve(() => renameSync(`${path}.away`, path));
    },
    file: 'events',
    how: 'removed',
  },
};

test.each(Object.entries(attacks))('%s until the command has ended: it is said, and the next start enters what was kept', async (_, { disturb, file, how }) => {
  const before = events().length;
  const { status, stderr, recording, undo } = await recorded(disturb);
  expect({ status, stderr }).toEqual({
    status: 125,
    stderr: expect.stringMatching(/events could not be entered in the ledger in .*: kept, signed, in .*ledger\.late/) as string,
  });
  const late = readdirSync(join(home, 'ledger.late'));
  expect(late).toHaveLength(1);
  undo();
  // Any process that writes.
  expect(cli('record', '--', 'true')).toMatchObject({ status: 0 });
  expect(readdirSync(join(home, 'ledger.late'))).toEqual([]);
  const entered = events().slice(before);
  expect(entered.filter(({ action, detail }) => action === 'ledger.disturbed' && detail?.['file'] === file && detail['how'] === how)).toHaveLength(1);
  const of = entered.filter(({ detail }) => detail?.['recording'] === recording);
  expect(of.map((event) => [event.action, event.entered !== undefined])).toEqual([
    ['recording.start', false],
    ['recording.end', true],
  ]);
  // Behind the word that the ledger was disturbed come what waited, then what is new.
  const actions = entered.map(({ action }) => action);
  expect(actions.indexOf('ledger.kept')).toBeLessThan(actions.indexOf('ledger.disturbed'));
  expect(actions.indexOf('ledger.disturbed')).toBeLessThan(actions.indexOf('recording.end'));
  expect(actions.lastIndexOf('app.start')).toBeGreaterThan(actions.indexOf('app.stop'));
  expect(cli('ledger', 'verify', '--deep')).toEqual({ status: 0, said: expect.stringMatching(/^good/) as string });
  expect(cli('list')).toEqual({ status: 0, said: expect.stringMatching(new RegExp(`${recording}.*complete`)) as string });
  expect(cli('play', '--passphrase-fd', '0', recording)).toEqual({ status: 0, said: expect.stringMatching(/begun[^]*over/) as string });
});
