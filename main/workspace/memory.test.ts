/** What is kept of the windows is written while somebody is in, and a file that cannot be used is told of and not used. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kept } from '../../src/mux/state/kept.ts';
import { openHome, type Home } from '../../src/storage/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { WorkspaceMemory, type WorkspaceMemoryParts } from './memory.ts';
import { waitFor } from '../../test/support/wait-for.ts';

const person = 'p-0123456789ab';
const kept = (name: string | null): Kept => ({
  attached: 0,
  sessions: [
    {
      name: 'main',
      class: 'general',
      active: 0,
      history: [],
      windows: [
        {
          index: 0,
          name,
          root: { split: 'left-right', cols: 100, rows: 40, cells: [0, 1].map((pane) => ({ pane, cols: 50, rows: 40 })) },
          active: 1,
          zoomed: false,
          preset: null,
        },
      ],
    },
  ],
});

let home: Home;
let open: boolean;
let asked: string[];
let said: [string, string][];
let tampered: string[];
/** What the vault says instead of an answer. */
let trouble: Refusal | undefined;
/** A vault that "seals" by turning the text around. */
const vault = {
  async ask(request: string, input: { text?: string; sealed?: { ciphertext: string } }) {
    asked.push(request);
    if (trouble) throw trouble;
    if (request === 'keepWorkspace') return { sealed: { iv: 'iv', ciphertext: [...input.text!].toReversed().join('') } };
    if (!input.sealed!.ciphertext.startsWith('}')) throw new Refusal('not-for-this-key', 'It was not sealed by you, or was changed since.');
    return { text: [...input.sealed!.ciphertext].toReversed().join('') };
  },
} as unknown as NonNullable<ReturnType<WorkspaceMemoryParts['open']>>['vault'];
const memory = (): WorkspaceMemory =>
  new WorkspaceMemory({
    home,
    open: () => (open ? { person, vault } : undefined),
    tampered: (whose) => tampered.push(whose),
    say: (...what) => said.push(what),
  });
const file = (): string => join(home.workspaces, `${person}.json`);

beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), 'wm-')));
  open = true;
  asked = [];
  said = [];
  tampered = [];
  trouble = undefined;
});
afterEach(() => rmSync(home.folder, { recursive: true, force: true }));

test('what was kept comes back in the next run, and is said', async () => {
  const first = memory();
  first.changed(kept('bed 12'));
  await waitFor(() => expect(existsSync(file())).toBe(true));
  expect(await memory().recall()).toEqual(kept('bed 12'));
  expect(said).toEqual([['note', expect.stringContaining('as you left them')]]);
});

test('what is the same is not written again, and the newest wins', async () => {
  const first = memory();
  for (const name of ['a', 'b', 'b', 'c']) first.changed(kept(name));
  await waitFor(async () => expect(await memory().recall()).toEqual(kept('c')));
  expect(asked.filter((request) => request === 'keepWorkspace')).toHaveLength(1);
  first.changed(kept('c'));
  await new Promise((turn) => setImmediate(turn));
  expect(asked.filter((request) => request === 'keepWorkspace')).toHaveLength(1);
});

test('while nobody is in nothing is written; the last window takes the file with it', async () => {
  const first = memory();
  first.changed(kept('a'));
  await waitFor(() => expect(existsSync(file())).toBe(true));
  const before = readFileSync(file());
  open = false;
  first.changed(kept('locked'));
  first.changed(undefined);
  await new Promise((turn) => setImmediate(turn));
  expect(readFileSync(file())).toEqual(before);
  expect(await first.recall()).toBeUndefined();
  open = true;
  first.changed(undefined);
  await waitFor(() => expect(existsSync(file())).toBe(false));
});

const record = (text: string): string => JSON.stringify({ format: 'wardmux-workspace', version: 1, iv: 'iv', ciphertext: [...text].toReversed().join('') });
const bad = (change: (window: Record<string, unknown>) => void): string => {
  const value = JSON.parse(JSON.stringify(kept('x'))) as { sessions: { windows: Record<string, unknown>[] }[] };
  change(value.sessions[0]!.windows[0]!);
  return record(JSON.stringify(value));
};

test.each<[string, string, 'tampered'?]>([
  ['no JSON', 'not json', 'tampered'],
  ['a session in front that is not there', record(JSON.stringify({ ...kept('x'), attached: 1 }))],
  ['a class that is none', record(JSON.stringify({ ...kept('x'), sessions: kept('x').sessions.map((session) => ({ ...session, class: 'Ward 3' })) }))],
  ['another format', '{"format":"wardmux-person"}', 'tampered'],
  ['not sealed by them', JSON.stringify({ format: 'wardmux-workspace', version: 1, iv: 'iv', ciphertext: 'x' }), 'tampered'],
  ['a command in it', bad((window) => (window['command'] = 'rm -rf ~'))],
  ['a name without end', bad((window) => (window['name'] = 'x'.repeat(61)))],
  ['an active pane that is not there', bad((window) => (window['active'] = 2))],
  ['a pane of no size', bad((window) => (window['root'] = { pane: 0, cols: 0, rows: 4 }))],
  [
    'panes that are there twice',
    bad((window) => (window['root'] = { split: 'left-right', cols: 9, rows: 9, cells: [0, 0].map((pane) => ({ pane, cols: 4, rows: 9 })) })),
  ],
  [
    'hundreds of shells',
    bad(
      (window) => (window['root'] = { split: 'left-right', cols: 999, rows: 9, cells: Array.from({ length: 201 }, (_, pane) => ({ pane, cols: 4, rows: 9 })) }),
    ),
  ],
])('%s: not used, and said', async (_, text, proof) => {
  writeFileSync(file(), text);
  expect(await memory().recall()).toBeUndefined();
  expect(said).toEqual([['warn', expect.stringContaining('It is not used')]]);
  // What its person sealed is not called changed by somebody.
  expect(said[0]![1].includes('that was changed')).toBe(proof === 'tampered');
  expect(tampered).toEqual(proof ? [person] : []);
});

async function seal(name: string): Promise<Buffer> {
  memory().changed(kept(name));
  await waitFor(() => expect(existsSync(file())).toBe(true));
  return readFileSync(file());
}

test.each(['no-answer', 'vault-ended', 'locked'])(
  'a vault that says %s proves nothing of the file: it is not called changed, and not written over',
  async (code) => {
    const good = await seal('bed 12');
    trouble = new Refusal(code, 'A part of Wardmux gives no answer.');
    const next = memory();
    expect(await next.recall()).toBeUndefined();
    expect(said).toEqual([['warn', expect.stringMatching(/could not be read: A part of Wardmux gives no answer\. .*left as it is/)]]);
    expect(tampered).toEqual([]);
    trouble = undefined;
    asked = [];
    next.changed(kept('one window'));
    next.changed(undefined);
    await new Promise((turn) => setImmediate(turn));
    expect(asked).toEqual([]);
    expect(readFileSync(file())).toEqual(good);
    // It is asked again where there is no view yet, as after a lock in the middle, and then everything is kept as before.
    expect(await next.recall()).toEqual(kept('bed 12'));
    next.changed(kept('bed 13'));
    await waitFor(async () => expect(await memory().recall()).toEqual(kept('bed 13')));
  },
);

test('a disk that does not give the file is said as that', async () => {
  await seal('bed 12');
  rmSync(home.workspaces, { recursive: true });
  // A file in the place of the folder: ENOTDIR, which also an account that may read everything gets.
  writeFileSync(home.workspaces, '');
  expect(await memory().recall()).toBeUndefined();
  expect(said).toEqual([['warn', expect.stringMatching(/could not be read: .*left as it is/)]]);
  expect(tampered).toEqual([]);
});
