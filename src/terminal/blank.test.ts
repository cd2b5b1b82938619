/** Whatever a program has done to a terminal, afterwards it is as a new one, and it was asked nothing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askCursor, probeStart } from '../../test/support/terminal-probe.ts';
import { PATIENCE_MS } from '../../test/support/wait-for.ts';
import { askPosition, blankSequence, clearSequence } from './blank.ts';

const piece = fc.constantFrom(
  'secret',
  '\r\n',
  '\n'.repeat(30),
  '\x1b[?1049h',
  '\x1b[?47h',
  '\x1b[?1049l',
  '\x1b[?1003h\x1b[?1006h',
  '\x1b[?2004h\x1b[?1004h',
  '\x1b[?1;6;66h\x1b=',
  '\x1b[2;4r\x1b[?6h',
  '\x1b[4h\x1b[20h\x1b[?7l\x1b[?25l',
  '\x1b[41;1;4m',
  '\x1b(0\x0e',
  '\x1b7',
  '\x1b[5;5H',
  '\x1b]8;;http://example.org\x1b\\',
  '\x1b]2;a title',
  '\x1bP$q',
  '\x1b[12;',
  '\x1b',
  '\x1b_G',
  '検査',
);

test('a terminal is as a new one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 25 }), async (program) => {
      const terminal = new Terminal({ allowProposedApi: true, cols: 20, rows: 6, scrollback: 50, logLevel: 'off' });
      const write = (text: string): Promise<void> => new Promise((done) => terminal.write(text, done));
      await write(program.join(''));
      let answers = '';
      terminal.onData((data) => (answers += data));
      await write(blankSequence + clearSequence);
      expect(answers).toBe('');
      const { active, normal, alternate } = terminal.buffer;
      expect(active.type).toBe('normal');
      expect([normal.length, normal.cursorX, normal.cursorY]).toEqual([6, 0, 0]);
      for (const buffer of [normal, alternate]) {
        for (let y = 0; y < 6; y++) expect(buffer.getLine(y)?.translateToString(true) ?? '').toBe('');
      }
      const fresh = new Terminal({ allowProposedApi: true, cols: 20, rows: 6, logLevel: 'off' });
      expect(terminal.modes).toEqual(fresh.modes);
      await write('x');
      expect(normal.getLine(0)?.getCell(0)?.getChars()).toBe('x');
      expect(normal.getLine(0)?.getCell(0)?.isAttributeDefault()).toBe(true);
      await write(askPosition({ row: 3, column: 7 }));
      expect(answers).toBe('\x1b[3;7R');
    }),
    { numRuns: 200 },
  );
});

test('the cursor of xterm stands or blinks afterwards as it was found, whatever a program has made of it', (context) => {
  context.skip(spawnSync('sh', ['-c', 'command -v xterm && command -v xvfb-run']).status !== 0, 'xterm or xvfb-run is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'wb-'));
  try {
    writeFileSync(join(folder, 'blank'), blankSequence + clearSequence);
    writeFileSync(join(folder, 'probe'), `${probeStart}${askCursor('found')}printf '\\033[5 q'; ${askCursor('changed')}cat blank; ${askCursor('left')}`);
    const env = { PATH: process.env['PATH'], HOME: folder, LANG: 'C.UTF-8' };
    for (const blinks of ['-bc', '+bc']) {
      const done = spawnSync('xvfb-run', ['-a', 'xterm', blinks, '-e', 'sh probe'], { cwd: folder, env, timeout: PATIENCE_MS });
      expect(done.status).toBe(0);
      const [found, changed, left] = ['found', 'changed', 'left'].map((name) => readFileSync(join(folder, name), 'latin1'));
      expect(found).toMatch(/^\x1bP1\$r\d q/);
      expect(changed).not.toBe(found);
      expect(left).toBe(found);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});
