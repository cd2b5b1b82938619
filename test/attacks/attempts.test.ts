/** Attempts at a passphrase from the command line: what is charged, what is not, and what is told apart. Real processes over one data folder. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { nodeFlags } from '../../src/native/protect.ts';
import type { PersonRecord } from '../../src/people/types.ts';
import { commandScript } from '../support/command.ts';

const words = 'kettle orbit willow prairie stamp';
let place: string;
let home: string;
let person: string;
let recording: string;

interface Ran {
  readonly status: number | null;
  readonly err: string;
}

/** @param redirect what bash opens for the command, and for nothing else. */
function wardmux(redirect: string, ...args: readonly string[]): Promise<Ran> {
  const env = { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home };
  const child = spawn('bash', ['-c', `exec "$@" ${redirect}`, '-', process.execPath, ...nodeFlags, commandScript, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, err })));
}
const play = (fd: number, redirect = ''): Promise<Ran> => wardmux(redirect, 'play', recording, '--raw', '--passphrase-fd', String(fd));

type Event = { readonly action: string; readonly outcome?: string; readonly detail?: Record<string, unknown> };
const events = (): Event[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
let before = 0;
/** Of this test. */
const entered = (action: string): Event[] =>
  events()
    .slice(before)
    .filter((event) => event.action === action);

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-attempts-'));
  home = join(place, 'home');
  const made = await wardmux(`3<<<'${words}'`, 'init', '--name', 'Ada Example', '--passphrase-fd', '3', '--audit-key-out', join(place, 'audit-key.json'));
  expect(made.status, made.err).toBe(0);
  const ran = await wardmux('', 'record', '--json', '--', 'true');
  expect(ran.status, ran.err).toBe(0);
  recording = (JSON.parse(ran.err.trim().split('\n').at(-1)!) as { recording: string }).recording;
  person = join(home, 'people', `${(events().find(({ action }) => action === 'person.keys') as { person?: string }).person}.json`);
}, 120_000);
afterAll(() => rmSync(place, { recursive: true, force: true }));
beforeEach(() => void (before = events().length));

test('a descriptor that the starter has not handed over is not read, whatever lies behind its number', { timeout: 300_000 }, async () => {
  const numbers = Array.from({ length: 23 }, (_, i) => i + 3);
  const ran = new Map<number, Ran>();
  const one = async (): Promise<void> => {
    for (let fd = numbers.shift(); fd !== undefined; fd = numbers.shift()) ran.set(fd, await play(fd));
  };
  await Promise.all([one(), one(), one()]);
  for (const [fd, { status, err }] of ran) expect([fd, status, err]).toEqual([fd, 2, expect.stringMatching(new RegExp(`file descriptor ${fd} `, 'i'))]);
  expect([entered('unlock.attempt'), entered('unlock')]).toEqual([[], []]);
});

test('one that gives nothing is no attempt', { timeout: 120_000 }, async () => {
  for (const redirect of ['3</dev/null', '3<<<""', '3< <(true)'])
    expect(await play(3, redirect)).toEqual({ status: 2, err: expect.stringContaining('gives no passphrase') });
  expect([entered('unlock.attempt'), entered('unlock')]).toEqual([[], []]);
});

test.each([
  [3, `3<<<'${words}'`],
  [9, `9< <(sleep 0.3; echo '${words}')`],
  [20, `20<<<'${words}'`],
  [250, `250<<<'${words}'`],
  [0, `<<<'${words}'`],
])('descriptor %i that was handed over is read', { timeout: 120_000 }, async (fd, redirect) => {
  const { status, err } = await play(fd, redirect);
  expect(status, err).toBe(0);
});

test.each<[string, (record: PersonRecord) => PersonRecord, string]>([
  [
    'its wrapped key',
    (record) => ({ ...record, slots: record.slots.map((slot) => ({ ...slot, wrapped: { ...slot.wrapped, ciphertext: flipped(slot.wrapped.ciphertext) } })) }),
    'slots',
  ],
  ['its sealed keys', (record) => ({ ...record, identity: { ...record.identity!, ciphertext: flipped(record.identity!.ciphertext) } }), 'record'],
])('a record of which somebody has garbled %s is told from a wrong passphrase, and nobody is charged', { timeout: 120_000 }, async (_, garble, reason) => {
  const good = readFileSync(person);
  writeFileSync(person, JSON.stringify(garble(JSON.parse(good.toString()) as PersonRecord)));
  try {
    expect(await play(3, `3<<<'${words}'`)).toEqual({ status: 4, err: expect.stringContaining('as the ledger has it') });
  } finally {
    writeFileSync(person, good);
  }
  expect(entered('person.refused').map(({ detail }) => detail)).toEqual([{ reason }]);
  expect([entered('unlock.attempt'), entered('unlock')]).toEqual([[], []]);
});

/** One character is another. */
function flipped(text: string): string {
  return (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
}

test('as many tries at once as there are free ones, however many commands start in the same moment', { timeout: 300_000 }, async () => {
  const ran = await Promise.all(Array.from({ length: 14 }, (_, i) => play(3, `3<<<'wrong words here ${i}'`)));
  expect(ran.map(({ status }) => status)).toEqual(ran.map(() => 4));
  expect(entered('unlock.attempt')).toHaveLength(5);
  expect(ran.filter(({ err }) => err.includes('Too many attempts'))).toHaveLength(9);
  expect(entered('backoff.tampered')).toEqual([]);
});
