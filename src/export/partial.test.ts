/** An export that is killed hard leaves text in the clear beside its target: the next one finds it, says it, and removes only what is certainly ours. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { DERIVED } from './bundle-files.ts';
import { beginPartial, sweepPartials } from './partial.ts';

/** What somebody else does just before the sweep lists a folder. */
const meanwhile = vi.hoisted((): { act: ((path: string) => void) | undefined } => ({ act: undefined }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const listed = (...args: Parameters<typeof fs.readdirSync>): ReturnType<typeof fs.readdirSync> => {
    meanwhile.act?.(String(args[0]));
    return fs.readdirSync(...args);
  };
  return { ...fs, readdirSync: listed };
});

const clear: (() => void)[] = [];
afterEach(() => {
  for (const step of clear.splice(0).reverse()) step();
});

interface Export {
  readonly folder: string;
  readonly notes: string;
  readonly recording: string;
  readonly target: string;
  readonly partial: string;
  readonly note: string;
  readonly kill: () => Promise<void>;
}

/** A process that has written a whole bundle but for its signatures, and waits. */
async function exporting(): Promise<Export> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, '../../test/attacks/export-child.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout!.once('data', (data: Buffer) => resolve(data.toString()));
    child.once('exit', () => reject(new Error('The export ended by itself.')));
  });
  const facts = JSON.parse(line) as Pick<Export, 'folder' | 'notes' | 'recording' | 'target'>;
  clear.push(() => rmSync(facts.folder, { recursive: true, force: true }));
  const partial = join(
    facts.folder,
    readdirSync(facts.folder).find((name) => name.startsWith('.killed.partial-'))!,
  );
  const note = join(facts.notes, readdirSync(facts.notes)[0]!);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  clear.push(() => child.kill('SIGKILL'));
  return { ...facts, partial, note, kill };
}

test('what a killed export had written is removed and said, once its process is gone and not before', async () => {
  const { notes, recording, target, partial, note, kill } = await exporting();
  expect(readFileSync(join(partial, 'session.cast'), 'utf8')).toContain('Jane Doe');
  expect(sweepPartials(notes)).toEqual([]);
  expect(existsSync(join(partial, 'session.cast'))).toBe(true);
  await kill();
  expect(sweepPartials(notes)).toEqual([
    {
      recording,
      removed: true,
      sentence: expect.stringContaining(`${recording} to ${target} was cut off. What it had written in the clear was removed`),
      brief: expect.not.stringContaining(target),
    },
  ]);
  expect([partial, note, target].filter((path) => existsSync(path))).toEqual([]);
  expect(sweepPartials(notes)).toEqual([]);
});

test.each<[string, (cut: Export) => void]>([
  ['a file of somebody is in it', ({ partial }) => writeFileSync(join(partial, 'thesis.txt'), 'mine')],
  [
    'a file of the bundle is a link to another place',
    ({ partial, folder }) => {
      writeFileSync(join(folder, 'mine'), 'mine');
      rmSync(join(partial, 'session.cast'));
      symlinkSync(join(folder, 'mine'), join(partial, 'session.cast'));
    },
  ],
  [
    'another folder has its name',
    ({ partial }) => {
      renameSync(partial, `${partial}.aside`);
      mkdirSync(partial);
      writeFileSync(join(partial, 'session.cast'), 'mine');
    },
  ],
  [
    'the note names a folder that no export makes',
    ({ note, partial, folder }) => {
      renameSync(partial, join(folder, 'documents'));
      edit(note, { partial: join(folder, 'documents') });
    },
  ],
  ['the folder is on another device', ({ note }) => edit(note, { device: '1' })],
  ['the note was written on another machine', ({ note }) => edit(note, { host: `${hostname()}-2` })],
  ['the note counts processes of another container', ({ note }) => edit(note, { pids: 'pid:[1]' })],
])('nothing is removed where %s: it is said, each time', async (_, change) => {
  const cut = await exporting();
  await cut.kill();
  change(cut);
  const before = readdirSync(cut.folder, { recursive: true }).sort();
  for (const round of [1, 2]) {
    const [said, ...more] = sweepPartials(cut.notes);
    expect(more, `round ${round}`).toEqual([]);
    expect(said).toMatchObject({ removed: false, recording: cut.recording, sentence: expect.stringMatching(/in the clear.*remove/) });
    expect(said!.brief).not.toContain(cut.target);
  }
  expect(readdirSync(cut.folder, { recursive: true }).sort()).toEqual(before);
});

test('a link to another bundle, put in the place of the folder during the sweep, leads nowhere', async () => {
  const cut = await exporting();
  await cut.kill();
  const bundle = join(cut.folder, 'bundle');
  mkdirSync(bundle);
  writeFileSync(join(bundle, 'session.cast'), 'of a finished export');
  clear.push(() => (meanwhile.act = undefined));
  meanwhile.act = (path) => {
    if (path === cut.notes) return;
    meanwhile.act = undefined;
    renameSync(cut.partial, `${cut.partial}.aside`);
    symlinkSync(bundle, cut.partial);
  };
  expect(sweepPartials(cut.notes)).toMatchObject([{ removed: false, sentence: expect.stringContaining('it was moved while it was being removed') }]);
  expect(meanwhile.act).toBeUndefined();
  expect(readdirSync(bundle)).toEqual(['session.cast']);
  expect(readdirSync(`${cut.partial}.aside`)).toEqual([]);
  // The link is there from the beginning now.
  expect(sweepPartials(cut.notes)).toMatchObject([{ removed: false, sentence: expect.stringContaining('it is not the folder that the export had made') }]);
  expect(readdirSync(bundle)).toEqual(['session.cast']);
});

function edit(note: string, change: Record<string, string>): void {
  writeFileSync(note, JSON.stringify({ ...(JSON.parse(readFileSync(note, 'utf8')) as object), ...change }));
}

test('a note that cannot be understood is said with its path, and stays; one whose folder is gone goes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-partial-'));
  clear.push(() => rmSync(folder, { recursive: true }));
  const strange = join(folder, 'export-0123456789abcdef.json');
  writeFileSync(strange, '{"format":"wardmux-export-under-way"');
  expect(sweepPartials(folder)).toEqual([expect.objectContaining({ removed: false, sentence: expect.stringContaining(strange) })]);
  expect(existsSync(strange)).toBe(true);
  rmSync(strange);

  const begun = beginPartial(folder, join(folder, 'bundle'), '20261122-000000-00000001');
  const [note] = readdirSync(folder).filter((name) => name.endsWith('.json'));
  begun.settled();
  // The folder is still there, so somebody has to be able to find it.
  expect(existsSync(join(folder, note!))).toBe(true);
  edit(join(folder, note!), { boot: 'an earlier one' });
  renameSync(begun.folder, join(folder, 'bundle'));
  expect(sweepPartials(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual(['bundle']);
  expect(sweepPartials(join(folder, 'none'))).toEqual([]);
});

test.each(Object.entries(DERIVED))('what a killed export as %s had written is removed too', (_, name) => {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-partial-'));
  clear.push(() => rmSync(folder, { recursive: true }));
  const begun = beginPartial(folder, join(folder, 'a-file'), '20261122-000000-00000001');
  writeFileSync(join(begun.folder, name), 'in the clear');
  const [note] = readdirSync(folder).filter((entry) => entry.endsWith('.json'));
  expect(sweepPartials(folder)).toEqual([]);
  edit(join(folder, note!), { boot: 'an earlier one' });
  expect(sweepPartials(folder)).toMatchObject([{ removed: true }]);
  expect(readdirSync(folder)).toEqual([]);
});
