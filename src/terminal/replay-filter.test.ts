/** Nothing of a replay makes a terminal send anything, and it leaves the terminal as it found it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askCursor, probeStart, THERE } from '../../test/support/terminal-probe.ts';
import { Tmux } from '../../test/support/tmux.ts';
import { PATIENCE_MS } from '../../test/support/wait-for.ts';
import { ReplayFilter } from './replay-filter.ts';

const play = (...chunks: string[]): string => {
  const filter = new ReplayFilter();
  return chunks.map((chunk) => filter.filter(Buffer.from(chunk, 'latin1')).toString('latin1')).join('');
};

test('text, colours, cursor and screen pass', () => {
  const text = 'a\r\n\x1b[1;31mred\x1b[0m\x1b[2J\x1b[?1049h\x1b(B\x1b7\x1b[10;20r\xe2\x82\xac\b\t';
  expect(play(text)).toBe(text);
  expect(play(...text)).toBe(text);
});

const harmful = [
  ['clipboard', '\x1b]52;c;aGVsbG8=\x07'],
  ['title', '\x1b]0;root@host\x1b\\'],
  ['link', '\x1b]8;;http://example.org\x1b\\'],
  ['device control string', '\x1bP$qm\x1b\\'],
  ['application command', '\x1b_Gpayload\x1b\\'],
  ['privacy message', '\x1b^x\x1b\\'],
  ['device attributes', '\x1b[c'],
  ['secondary attributes', '\x1b[>0c'],
  ['cursor position report', '\x1b[6n'],
  ['status report', '\x1b[?996n'],
  ['mode request', '\x1b[?2026$p'],
  ['version request', '\x1b[>q'],
  ['window report', '\x1b[21t'],
  ['identify', '\x1bZ'],
  ['enquiry', '\x05'],
  ['status report with a C1', '\xc2\x9b6n'],
  ['colour with a C1', '\xc2\x9d11;?\xc2\x9c'],
  ['graphics attributes', '\x1b[?1;1;0S'],
  ['modifyOtherKeys', '\x1b[>4;2m'],
  ['modifyOtherKeys asked', '\x1b[?4m'],
  ['checksum', '\x1b[1;1;1;1;2;2*y'],
  ['colour stack', '\x1b[#R'],
  ['attribute report', '\x1b[1;1;2;2#|'],
  ['kitty keys asked', '\x1b[?u'],
  ['kitty keys', '\x1b[>1u'],
  ['mouse', '\x1b[?1003;1006h'],
  ['focus', '\x1b[?1004h'],
  ['highlight tracking', '\x1b[1;2;3;4;5T'],
  ['locator', "\x1b[1'z"],
  ['bracketed paste', '\x1b[?2004h'],
  ['cursor keys', '\x1b[?1h'],
  ['keypad', '\x1b='],
  ['newline mode', '\x1b[20h'],
  ['size reports', '\x1b[?2048h'],
  ['colour scheme reports', '\x1b[?2031h'],
  ['the lines above', '\x1b[3J'],
  ['shape of the cursor', '\x1b[4 q'],
  ['blinking cursor', '\x1b[?12h'],
] as const;

test.each(harmful)('%s is taken out, in one piece and byte by byte', (_, sequence) => {
  expect(play(`a${sequence}b`)).toBe('ab');
  expect(play(...`a${sequence}b`)).toBe('ab');
});

test('of several modes only the harmless ones pass', () => {
  expect(play('\x1b[?25;1003;7l')).toBe('\x1b[?25l\x1b[?7l');
});

test('a control string that is cancelled or broken off by another sequence gives the terminal back', () => {
  expect(play('a\x1b]52;c;\x18b')).toBe('ab');
  expect(play('a\x1b]52;c;x\x1b[1mb')).toBe('a\x1b[1mb');
  expect(play('a\x1b[1\x1b[1mb')).toBe('a\x1b[1mb');
  expect(play(`a\x1b[${'1;'.repeat(300)}mb`).endsWith('b')).toBe(true);
});

test('what is no UTF-8 is shown as such, and is no control in any character set', () => {
  expect(Buffer.from(play('a\x9b6nb\xe9c\xe2\x82'), 'latin1').toString()).toBe('a\ufffd6nb\ufffdc');
  expect(Buffer.from(play('\xe2\x1b[1mx'), 'latin1').toString()).toBe('\ufffd\x1b[1mx');
});

/** Random output: what is known to make some terminal send, and any control function at all. */
const letters = fc.constantFrom(...Array.from({ length: 0x3f }, (_, i) => String.fromCharCode(0x40 + i)));
const anyCsi = fc
  .tuple(
    fc.constantFrom('\x1b[', '\xc2\x9b', '\x9b'),
    fc.constantFrom('', '?', '>', '<', '='),
    fc.array(fc.nat(2100), { maxLength: 4 }),
    fc.constantFrom('', '', ' ', '$', '#', '*', '!', '"', "'"),
    letters,
  )
  .map(([lead, prefix, numbers, intermediate, final]) => `${lead}${prefix}${numbers.join(';')}${intermediate}${final}`);
const output = fc
  .array(
    fc.oneof(
      fc.constantFrom(...harmful.map(([, sequence]) => sequence)),
      { weight: 3, arbitrary: anyCsi },
      letters.map((letter) => `\x1b${letter}`),
      fc.constantFrom('text', '\r\n', '\x18', '\x1b', '\xc2', '\x1b]', '\x1bP+q544e\x1b\\', '\x1b]4;1;?\x07', '\x1b]10;?\x07'),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

/** State that a person at the prompt would notice. */
const found = (terminal: Terminal): unknown => ({ modes: terminal.modes, type: terminal.buffer.active.type });

test('xterm.js says nothing, and is as it was found', async () => {
  await fc.assert(
    fc.asyncProperty(output, async (bytes) => {
      const terminal = new Terminal({ allowProposedApi: true, cols: 40, rows: 10, logLevel: 'off' });
      const before = found(terminal);
      let said = '';
      terminal.onData((data) => (said += data));
      terminal.onBinary((data) => (said += data));
      const titles: string[] = [];
      terminal.onTitleChange((title) => titles.push(title));
      const write = (data: Uint8Array | string): Promise<void> => new Promise((done) => terminal.write(data, done));
      const filter = new ReplayFilter();
      const at = bytes.length >> 1;
      await write(filter.filter(bytes.subarray(0, at)));
      await write(filter.filter(bytes.subarray(at)));
      await write(filter.undo());
      expect([said, titles]).toEqual(['', []]);
      expect(found(terminal)).toEqual(before);
      await write('\x1b[8;40Hx');
      // The next characters of the shell are plain.
      await write('\r\nq');
      const { active } = terminal.buffer;
      const cell = active.getLine(active.baseY + active.cursorY)?.getCell(0);
      expect([cell?.getChars(), cell?.isAttributeDefault()]).toEqual(['q', true]);
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 400) },
  );
});

/** What is seen of a terminal, and what the next character depends on. */
function seen(terminal: Terminal): unknown {
  const { active } = terminal.buffer;
  const lines = Array.from({ length: terminal.rows }, (_, row) => {
    const line = active.getLine(active.baseY + row)!;
    return Array.from({ length: terminal.cols }, (_u, x) => {
      const cell = line.getCell(x)!;
      return [cell.getChars() || ' ', cell.getFgColor(), cell.getBgColor(), cell.isBold(), cell.isInverse(), cell.isUnderline()];
    });
  });
  return { lines, at: [active.cursorX, active.cursorY], type: active.type, modes: terminal.modes };
}

test('after a jump back the screen is that of a replay that came to the same place at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(output, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(), async (chunks, from, to) => {
      // As the recording has it: in pieces that end anywhere, in the middle of a sequence too.
      const pieces = chunks.flatMap((chunk) => [chunk.subarray(0, chunk.length >> 1), chunk.subarray(chunk.length >> 1)]);
      const upTo = (count: number): Uint8Array[] => pieces.slice(0, count % (pieces.length + 1));
      const shown = async (write: (filter: ReplayFilter) => (Uint8Array | string)[]): Promise<unknown> => {
        const terminal = new Terminal({ allowProposedApi: true, cols: 30, rows: 8, scrollback: 0, logLevel: 'off' });
        for (const data of write(new ReplayFilter())) await new Promise<void>((done) => terminal.write(data, done));
        await new Promise<void>((done) => terminal.write('q\x1b8q', done));
        return seen(terminal);
      };
      const direct = await shown((filter) => upTo(to).map((piece) => filter.filter(piece)));
      const jumped = await shown((filter) => [
        ...upTo(from).map((piece) => filter.filter(piece)),
        filter.rewind(),
        ...upTo(to).map((piece) => filter.filter(piece)),
      ]);
      expect(jumped).toEqual(direct);
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
  );
});

/** All of the above and much that is random, as one file, with the undo at its end. */
function corpus(unicode: boolean): Buffer {
  const filter = new ReplayFilter(unicode);
  const parts = fc.sample(output, { numRuns: 500, seed: 11 }).map((bytes) => filter.filter(bytes));
  return Buffer.concat([...parts, ...harmful.map(([, sequence]) => filter.filter(Buffer.from(sequence, 'latin1'))), Buffer.from(filter.undo())]);
}

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

describe('a real terminal', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wf-'));
    writeFileSync(join(folder, 'corpus'), corpus(true));
    // Shows the file on the terminal, and keeps what comes back; that it is there shows that something would have been heard.
    writeFileSync(join(folder, 'probe'), `${probeStart}${askCursor('found')}cat corpus; hear heard\n${askCursor('left')}stty sane\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const heard = (): string => readFileSync(join(folder, 'heard'), 'latin1');

  test('tmux says nothing', async (context) => {
    context.skip(!has('tmux'), 'tmux is not installed');
    const terminal = new Tmux(folder, 'sh probe', { env: { PATH: process.env['PATH'], HOME: folder, SHELL: '/bin/sh' } });
    try {
      await terminal.sees('status 0');
      expect(heard()).toBe(THERE);
    } finally {
      terminal.stop();
    }
  });

  test('xterm says nothing', (context) => {
    context.skip(!has('xterm') || !has('xvfb-run'), 'xterm or xvfb-run is not installed');
    for (const utf8 of ['-u8', '+u8']) {
      writeFileSync(join(folder, 'corpus'), corpus(utf8 === '-u8'));
      const done = spawnSync('xvfb-run', ['-a', 'xterm', utf8, '-xrm', '*allowWindowOps: true', '-e', 'sh probe'], {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: folder, LANG: 'C.UTF-8' },
        timeout: PATIENCE_MS,
      });
      expect(done.status).toBe(0);
      expect([utf8, heard()]).toEqual([utf8, THERE]);
      // Its cursor is asked for before and after.
      const [found, left] = ['found', 'left'].map((name) => readFileSync(join(folder, name), 'latin1'));
      expect(found).toMatch(/^\x1bP1\$r\d q/);
      expect(left).toBe(found);
    }
  });
});
