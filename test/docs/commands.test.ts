/**
 * The command lines of README.md and docs/ are run as they are read: every fenced `sh` or `console` block of a document in order,
 * in one session of a shell. It begins in a folder that stands for the clone, with an empty home, and a block finds the working
 * directory and the variables that the blocks before it left. `wardmux` is found by the line of README.md that says how. A block ends with status 0, or with the one of an `<!-- exit status: N -->` before it.
 * What cannot be run says so to the reader too, in a paragraph before the block that begins with `Not run by the tests:`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts;
/** scrypt and a start of Node a command: a block with five of them takes four seconds on two busy cores. */
const BLOCK_MS = 60_000;

interface Block {
  readonly line: number;
  readonly commands: readonly string[];
  readonly status: number;
  /** Why it is not run, in the document's own words. */
  readonly notRun?: string;
}

/** The blocks of a Markdown text. In `console` blocks the commands are the lines after `$ `. */
export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  let paragraph = '';
  let status = 0;
  for (let at = 0; at < lines.length; at++) {
    const fence = /^( *)(```+)(\w*)/.exec(lines[at]!);
    if (fence) {
      const from = at;
      const body: string[] = [];
      while (++at < lines.length && !lines[at]!.startsWith(fence[1]! + fence[2]!)) body.push(lines[at]!.slice(fence[1]!.length));
      if (fence[3] === 'sh' || fence[3] === 'console') {
        const commands = fence[3] === 'sh' ? body : body.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
        const reason = /^Not run by the tests: (.+)/s.exec(paragraph.trim())?.[1];
        blocks.push({ line: from + 1, commands, status, ...(reason ? { notRun: reason.replaceAll('\n', ' ') } : {}) });
      }
      status = 0;
      paragraph = '';
      continue;
    }
    const wanted = /^<!-- exit status: (\d+) -->$/.exec(lines[at]!);
    if (wanted) status = Number(wanted[1]);
    else if (lines[at]!.trim() !== '') paragraph = at > 0 && lines[at - 1]!.trim() !== '' ? `${paragraph}\n${lines[at]!}` : lines[at]!;
  }
  return blocks;
}

/** The npm script that a line calls, or undefined for another line. */
export function npmScript(line: string): string | undefined {
  const called = /^npm (?:run ([\w-]+)|(start|test))(?: |$)/.exec(line.trim());
  return called?.[1] ?? called?.[2];
}
const isApt = (line: string): boolean => /^(?:sudo )?apt(?:-get)? (?:update|install) ?/.test(line.trim());

const documents = ['README.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name))]
  .filter((name) => name.endsWith('.md'))
  .sort();

/** The README's line that makes `wardmux` a command. What another document says holds once it has been followed. */
const pathLine = readFileSync(join(root, 'README.md'), 'utf8')
  .split('\n')
  .find((line) => line.startsWith('export PATH='))!;

/** Bash that begins where the state file says, and leaves its state there, however it ends. The first block finds none. */
const session = (state: string, commands: readonly string[]): string =>
  [
    `state=${state}`,
    'if [ -f "$state" ]; then . "$state"; fi',
    `trap '{ declare -p | grep -E "^declare -[-x] "; printf "cd %q\\n" "$PWD"; } > "$state"' EXIT`,
    'set -eu -o pipefail',
    ...commands,
  ].join('\n');

describe.each(documents)('%s', (document) => {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = blocksOf(text);
  let folder: string;
  const inSession = (commands: readonly string[]) =>
    spawnSync('bash', ['-c', session(join(folder, 'state'), commands)], {
      cwd: join(folder, 'clone'),
      env: { PATH: process.env['PATH'], HOME: join(folder, 'home'), LANG: 'C.UTF-8' },
      encoding: 'utf8',
      timeout: BLOCK_MS,
    });
  beforeAll(() => {
    if (!existsSync(join(root, 'dist', 'cli.mjs'))) throw new Error('the app is not built: run npm test, or npm run build, first');
    folder = mkdtempSync(join(tmpdir(), 'wardmux-docs-'));
    mkdirSync(join(folder, 'home'));
    mkdirSync(join(folder, 'clone', 'bin'), { recursive: true });
    symlinkSync(join(root, 'bin', 'wardmux'), join(folder, 'clone', 'bin', 'wardmux'));
    if (document !== 'README.md') expect(inSession([pathLine]).status).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const { line, commands, status, notRun } of blocks) {
    test(`the block at line ${line}`, { timeout: BLOCK_MS }, (context) => {
      if (notRun) context.skip(notRun);
      const run: string[] = [];
      for (const command of commands) {
        const script = npmScript(command);
        if (script !== undefined) expect(Object.keys(scripts), command).toContain(script);
        else if (!isApt(command)) run.push(command);
      }
      if (run.every((command) => command.trim() === '')) return;
      const result = inSession(run);
      expect(result.status, `${run.join('\n')}\n${result.stdout}${result.stderr}`).toBe(status);
    });
  }

  test('every file that it points to is there', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => join(root, dirname(document), target!));
    expect(targets.filter((target) => !existsSync(target)).map((target) => relative(root, target))).toEqual([]);
  });

  test('every file of the sources that it names is there', () => {
    const named = [...text.matchAll(/`((?:src|main|renderer|test|tools|docs|assets)\/[\w./-]+)`/g)].map(([, path]) => path!);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('it claims nothing that we do not claim', () => {
    // These words may stand where a page says that it does not claim them, and nowhere else.
    const claims = text.split(/(?<=[.!?])\s/).filter((sentence) => /\bHIPAA[- ]compliant|FIPS[- ]validated|\bde-identif/i.test(sentence));
    expect(claims.filter((sentence) => !/\b(not|never|nothing|no)\b/i.test(sentence))).toEqual([]);
  });
});

describe('the reading of documents', () => {
  test('knows blocks, their statuses, their prompts, and why one is not run', () => {
    const found = blocksOf(
      [
        '```sh',
        'true',
        '```',
        '',
        '<!-- exit status: 3 -->',
        '',
        '```console',
        '$ false',
        'said',
        '```',
        '',
        'Not run by the tests: it opens',
        'a window.',
        '',
        '```sh',
        'x',
        '```',
        '',
        '```text',
        'no',
        '```',
      ].join('\n'),
    );
    expect(found).toEqual([
      { line: 1, commands: ['true'], status: 0 },
      { line: 7, commands: ['false'], status: 3 },
      { line: 15, commands: ['x'], status: 0, notRun: 'it opens a window.' },
    ]);
  });
  test('knows npm scripts from other lines', () => {
    expect(['npm start', 'npm test', 'npm run bench -- --quick', 'npm ci', 'npmx start'].map(npmScript)).toEqual([
      'start',
      'test',
      'bench',
      undefined,
      undefined,
    ]);
  });
});
