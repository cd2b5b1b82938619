/**
 * Key slots from the command line, with real processes over one data folder: a change of the passphrase that is killed, two at once, the
 * record that lay there before, recovery codes, and what the ledger says of all of it.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { nodeFlags } from '../../src/native/protect.ts';
import { commandScript } from '../support/command.ts';

// Each test starts the command several times, and scrypt alone takes half a second of a free core.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const words = 'kettle orbit willow prairie stamp';
const others = 'violin harbour seven lanterns moss';
let place: string;
let template: string;
let home: string;
let recording: string;

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}
function run(script: string, redirect: string, args: readonly string[]): Promise<Ran> {
  const env = { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home };
  const child = spawn('bash', ['-c', `exec "$@" ${redirect}`, '-', process.execPath, ...nodeFlags, script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, out, err })));
}
/** @param redirect what bash opens for the command: descriptors 3 and 4. */
const wardmux = (redirect: string, ...args: readonly string[]): Promise<Ran> => run(commandScript, redirect, args);
const play = (passphrase: string): Promise<Ran> => wardmux(`3<<<'${passphrase}'`, 'play', recording, '--raw', '--passphrase-fd', '3');
const change = (from: string, to: string, ...more: readonly string[]): Promise<Ran> =>
  wardmux(`3<<<'${from}' 4<<<'${to}'`, 'passphrase', 'change', '--passphrase-fd', '3', '--new-passphrase-fd', '4', ...more);

type Event = { readonly action: string; readonly outcome?: string; readonly credential?: string | null; readonly detail?: Record<string, unknown> };
const events = (): Event[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
const changes = (): unknown[] =>
  events()
    .filter(({ action, detail }) => action === 'person.keys' && detail?.['by'] !== undefined)
    .map(({ detail }) => detail!['change']);
const people = (): string[] => readdirSync(join(home, 'people')).toSorted();
const record = (): string =>
  join(
    home,
    'people',
    people().find((name) => /^p-[0-9a-f]{12}\.json$/.test(name))!,
  );

interface Slots {
  readonly slots: readonly { readonly id: string; readonly kind: string; readonly lastUsed: string | null }[];
  readonly notes: readonly string[];
}
async function slots(): Promise<Slots> {
  const { status, out, err } = await wardmux('', 'person', 'slots', '--json');
  expect(status, err).toBe(0);
  return JSON.parse(out) as Slots;
}

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-slots-'));
  template = home = join(place, 'template');
  const made = await wardmux(
    `3<<<'${words}'`,
    'init',
    '--name',
    'Ada Example',
    '--passphrase-fd',
    '3',
    '--audit-key-out',
    join(place, 'audit-key.json'),
    '--secret-store',
    'file',
  );
  expect(made.status, made.err).toBe(0);
  const ran = await wardmux('', 'record', '--json', '--', 'echo', 'before-the-change');
  expect(ran.status, ran.err).toBe(0);
  recording = (JSON.parse(ran.err.trim().split('\n').at(-1)!) as { recording: string }).recording;
});
afterAll(() => rmSync(place, { recursive: true, force: true }));
beforeEach(() => {
  home = join(mkdtempSync(join(place, 'case-')), 'home');
  cpSync(template, home, { recursive: true });
});

test('another passphrase opens what was recorded before, the old one opens nothing, and the ledger says so in one event', async () => {
  const sealed = (): string[] =>
    readdirSync(join(home, 'recordings', recording)).map((name) => readFileSync(join(home, 'recordings', recording, name)).toString('base64'));
  const before = [sealed(), await slots()] as const;
  expect(before[1].slots).toMatchObject([{ kind: 'passphrase', lastUsed: null }]);
  const done = await change(words, others, '--json');
  expect(done.status, done.err).toBe(0);
  const { slot, previous } = JSON.parse(done.out) as { slot: string; previous: string };
  expect(previous).toBe(before[1].slots[0]!.id);
  expect(sealed()).toEqual(before[0]);
  expect(events().findLast(({ action }) => action === 'person.keys')).toMatchObject({ credential: previous, detail: { change: 'passphrase', slot, previous } });
  expect(await play(words)).toMatchObject({ status: 4, out: '' });
  const played = await play(others);
  expect([played.status, played.out]).toEqual([0, expect.stringContaining('before-the-change')]);
  const after = await slots();
  expect(after.slots).toMatchObject([{ id: slot, kind: 'passphrase', lastUsed: expect.stringMatching(/^20\d\d-/) }]);
  expect(after.notes).toEqual([expect.stringContaining('Two are advised')]);
  expect((await wardmux('', 'ledger', 'verify')).err).not.toContain('fault');
});

test('the rules of a passphrase hold, and a wrong present one changes nothing', async () => {
  const before = readFileSync(record());
  for (const [from, to, status, sentence] of [
    [words, 'short', 2, /15 characters/],
    [words, 'Ada Example Ada Example', 2, /not accepted/],
    [words, words, 2, /that you have/],
    ['wrong orbit willow prairie stamp', others, 4, /did not open/],
  ] as const) {
    const { status: got, err } = await change(from, to);
    expect([got, err]).toEqual([status, expect.stringMatching(sentence)]);
  }
  expect(readFileSync(record())).toEqual(before);
  expect(changes()).toEqual([]);
});

test.each(['staged', 'entered'] as const)('killed when it is %s: exactly one passphrase opens, and it is said which', async (where) => {
  const child = join(import.meta.dirname, 'slots-child.ts');
  const killed = await run(child, '', [home, words, others, where]);
  // bash ends as what it became did: by the signal.
  expect(killed.status).toBe(null);
  expect(people().filter((name) => name.includes('.next-'))).toHaveLength(1);
  const [good, bad] = where === 'staged' ? [words, others] : [others, words];
  const seen = await slots();
  expect(seen.notes.some((note) => note.includes('never entered'))).toBe(where === 'staged');
  expect((await play(bad)).status).toBe(4);
  expect((await play(good)).status).toBe(0);
  // A next change begins as if nothing had been, and clears away what lay there.
  const next = 'marble saddle autumn ferry cloud';
  expect((await change(good, next)).err).not.toContain('wardmux:');
  expect((await play(next)).status).toBe(0);
  expect(people().filter((name) => name.includes('.next-'))).toEqual([]);
});

test('of two that change it at once one does, and the other hears so', async () => {
  const third = 'marble saddle autumn ferry cloud';
  const [one, two] = await Promise.all([change(words, others), change(words, third)]);
  // Where the first was done before the second had tried the old passphrase, that is wrong by then.
  expect([one.status, two.status].toSorted()).toEqual(expect.arrayContaining([0]));
  expect(changes()).toEqual(['passphrase']);
  const [winner, loser] = one.status === 0 ? [others, third] : [third, others];
  expect((await play(winner)).status).toBe(0);
  expect((await play(loser)).status).toBe(4);
  expect((await play(words)).status).toBe(4);
});

test('the record of before, put back by whoever knows the old passphrase, opens nothing, and is an event', async () => {
  const before = readFileSync(record());
  expect((await change(words, others)).status).toBe(0);
  writeFileSync(record(), before);
  const refused = await play(words);
  expect([refused.status, refused.err]).toEqual([4, expect.stringContaining('other key slots')]);
  expect(events().at(-1)).toMatchObject({ action: 'person.refused', detail: { reason: 'slots' } });
});

test('a recovery code is good once, for a new passphrase and for nothing else', async () => {
  const made = await wardmux(`3<<<'${words}'`, 'person', 'slots', '--codes', '--json', '--passphrase-fd', '3');
  expect(made.status, made.err).toBe(0);
  const { codes } = JSON.parse(made.out) as { codes: { number: number; slot: string; text: string }[] };
  expect(codes).toHaveLength(5);
  for (const { text } of codes) for (const name of readdirSync(home, { recursive: true, withFileTypes: true })) if (name.isFile()) expect(readFileSync(join(name.parentPath, name.name)).includes(text)).toBe(false); // prettier-ignore
  const recover = (code: string, to: string): Promise<Ran> =>
    wardmux(`3<<<'${code}' 4<<<'${to}'`, 'passphrase', 'recover', '--code-fd', '3', '--new-passphrase-fd', '4', '--json');
  // As a passphrase it is a wrong one.
  expect((await play(codes[1]!.text)).status).toBe(4);
  expect(await recover('ABCD-ABCD', others)).toMatchObject({ status: 2, err: expect.stringContaining('no recovery code') });
  expect(await recover(codes[1]!.text, 'short')).toMatchObject({ status: 2, err: expect.stringContaining('15 characters') });
  expect(events().at(-1)).toMatchObject({ action: 'recovery.refused', detail: { reason: 'weak-passphrase' } });
  const done = await recover(codes[1]!.text, others);
  expect(done.status, done.err).toBe(0);
  expect(JSON.parse(done.out)).toMatchObject({ code: codes[1]!.slot });
  expect(events().findLast(({ action }) => action === 'person.keys')).toMatchObject({ detail: { change: 'recovered', previous: codes[1]!.slot } });
  expect((await play(words)).status).toBe(4);
  expect((await play(others)).status).toBe(0);
  expect(await recover(codes[1]!.text, 'marble saddle autumn ferry cloud')).toMatchObject({ status: 4, err: expect.stringContaining('used') });
  expect(events().at(-1)).toMatchObject({ action: 'recovery.refused', detail: { reason: 'wrong-code' } });
  expect((await slots()).slots.map(({ kind }) => kind)).toEqual(['passphrase', ...Array.from({ length: 4 }, () => 'recovery-code')]);
});

test('on a terminal that is recorded no codes are made: who has an audit key would read them there', async () => {
  const before = record();
  const refused = await wardmux('', 'record', '--', process.execPath, ...nodeFlags, commandScript, 'person', 'slots', '--codes');
  expect(refused.status, refused.out).toBe(2);
  expect(refused.out.replaceAll(/\s+/g, ' ')).toContain('What this terminal shows is recorded');
  expect(refused.out).not.toMatch(/[0-9A-Z]{4}(-[0-9A-Z]{4}){6}/);
  expect([record(), changes()]).toEqual([before, []]);
});

test('a slot is removed by its id, never the last; two changes in one command are none', async () => {
  const only = (await slots()).slots[0]!.id;
  const last = await wardmux(`3<<<'${words}'`, 'person', 'slots', '--remove', only, '--passphrase-fd', '3');
  expect([last.status, last.err]).toEqual([1, expect.stringContaining('last key slot')]);
  const both = await wardmux(`3<<<'${words}'`, 'person', 'slots', '--remove', only, '--codes', '--passphrase-fd', '3');
  expect([both.status, both.err]).toEqual([2, expect.stringContaining('one change each')]);
  expect((await wardmux('', 'person', 'slots', '--name', 'x')).status).toBe(2);
  const shown = await wardmux('', 'person', 'slots');
  expect(shown.out).toMatch(/Ada Example \(p-[0-9a-f]{12}\)\nSLOT +KIND/);
  expect(shown.err).toContain('Two are advised');
});
