/** A replay of real programs, at 200 moments each: the same screen, cell for cell with its colours, that their output made when it came. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node-pty';
import { afterAll, expect, test, vi } from 'vitest';
import { newFolder, newRecording, opener, removeFolders } from '../../test/support/recording.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { Watched } from './replay.ts';
import { Stage } from './stage.ts';

vi.setConfig({ testTimeout: 120_000 });
afterAll(removeFolders);

const SIZE = { cols: 100, rows: 30 } as const;
const MOMENTS = 200;

/** What is waited for on the screen, and what is typed then; `again`: until what is waited for next is there. */
type Steps = readonly (readonly [sees: string | RegExp, types: string, again?: 'again'])[];
interface Program {
  readonly name: string;
  readonly needs: string;
  readonly command: (folder: string) => readonly [file: string, ...args: string[]];
  readonly steps: Steps;
}

const UP = '\x1b[A';
const programs: readonly Program[] = [
  {
    name: 'vim',
    needs: 'vim',
    command: () => ['vim', '-u', 'NONE', '-i', 'NONE', '-n', 'beds.txt'],
    steps: [
      ['bed 2 ', ':set nocompatible number hlsearch\r'],
      ['  1 bed 1', ':syntax on\r:vsplit\r'],
      [/bed 2 .*bed 2 /, 'G'],
      ['bed 400', 'o患者さん 👩🏽‍⚕️ naïve\x1b'],
      ['患者さん', '/bed 12\r'],
      ['bed 12 ', ':%s/bed/place/g\r'],
      ['place 12 ', 'u'],
      ['bed 12 ', ':qa!\r'],
    ],
  },
  {
    name: 'less',
    needs: 'less',
    command: () => ['less', '-N', '-R', 'beds.txt'],
    steps: [
      ['bed 2 ', ' '],
      ['bed 40 ', '/bed 300\r'],
      ['bed 300', 'G'],
      ['(END)', 'g'],
      ['bed 2 ', 'q'],
    ],
  },
  {
    name: 'htop',
    needs: 'htop',
    command: () => ['htop', '-d', '1'],
    steps: [
      ['PID', 't'],
      ['F5', `${UP}\x1b[B\x1b[B`],
      ['F10', '\x1bOP'],
      [/htop \d/, ' '],
      ['PID', 'q'],
    ],
  },
  {
    name: 'mc',
    needs: 'mc',
    command: () => ['mc', '-u'],
    steps: [
      // What is typed before it reads its keys it throws away, and nothing on its screen says when that is.
      ['10Quit', 'x', 'again'],
      // Root's prompt, or anybody's.
      [/[#$] x/, '\x1b[20~\r'],
      ['File listing', '\x1b\x1b'],
      [/^(?![^]*File listing)/, '\x1b[21~'],
    ],
  },
  {
    name: 'tmux',
    needs: 'tmux',
    command: (folder) => ['tmux', '-S', join(folder, 'socket'), '-f', '/dev/null', 'new-session', 'sh'],
    steps: [
      ['[0]', 'echo wo""rked\r'],
      ['worked', '\x02%'],
      ['│', 'cat beds.txt\r'],
      ['bed 400', '\x02"'],
      ['─', 'printf "\\033[38;5;208mco""lour\\033[m"\r'],
      ['colour', '\x02['],
      [/\[0\/\d+\]/, 'q'],
      [/^(?![^]*\[0\/\d+\])/, '\x02&'],
      ['kill-window', 'y'],
    ],
  },
  {
    name: '256 colours and 16 million',
    needs: 'sh',
    command: () => ['sh', 'colours.sh'],
    steps: [['over', 'q\r']],
  },
  {
    name: 'CJK, emoji and what joins',
    needs: 'sh',
    command: () => ['sh', 'wide.sh'],
    steps: [['over', 'q\r']],
  },
];

/** 0 to 1, the same in each run. */
function* numbers(): Generator<number, never, undefined> {
  for (let state = 13; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

function workFolder(): string {
  const folder = newFolder();
  mkdirSync(join(folder, 'home'));
  writeFileSync(join(folder, 'beds.txt'), Array.from({ length: 400 }, (_, n) => `bed ${n + 1} ${'#'.repeat((n * 7) % 60)}\n`).join(''));
  writeFileSync(
    join(folder, 'colours.sh'),
    'n=0; while [ $n -lt 256 ]; do printf "\\033[48;5;${n}m%4d\\033[38;2;${n};$((255-n));128m%4d\\033[m" $n $n; n=$((n+1)); done\nprintf "\\033[10;20r\\033[20;1H"; n=0; while [ $n -lt 40 ]; do printf "\\n\\033[%dm%d" $((30+n%8)) $n; n=$((n+1)); done; printf "\\033[r\\033[30;1Hover"; read q\n',
  );
  writeFileSync(
    join(folder, 'wide.sh'),
    'n=0; while [ $n -lt 60 ]; do printf "%d 患者識別番号 한국어 👩🏽‍⚕️👨‍👩‍👧‍👦🏳️‍🌈 e\\314\\201 ｶﾅ \\033[%dG│右\\r\\n" $n $((98-n%4)); n=$((n+1)); done; printf over; read q\n',
  );
  return folder;
}

for (const { name, needs, command, steps } of programs)
  test(`${name} at 200 moments`, async ({ skip }) => {
    skip(spawnSync('sh', ['-c', `command -v ${needs}`]).status !== 0, `${needs} is not installed`);
    const folder = workFolder();
    const [file, ...args] = command(folder);
    const parts: Buffer[] = [];
    const seen = await Stage.of(SIZE, 0);
    const screen = (): string =>
      Array.from(
        { length: SIZE.rows },
        (_, y) => seen.terminal.buffer.active.getLine(seen.terminal.buffer.active.baseY + y)?.translateToString(true) ?? '',
      ).join('\n');
    const pty = spawn(file, args, {
      ...SIZE,
      cwd: folder,
      encoding: null,
      env: { PATH: process.env['PATH'], HOME: join(folder, 'home'), TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh', PS1: '$ ' },
    });
    let ended = false;
    pty.onExit(() => (ended = true));
    (pty.onData as unknown as (listen: (data: Buffer) => void) => void)((data) => {
      parts.push(Buffer.from(data));
      seen.output(data);
    });
    let typed: string | undefined;
    for (const [sees, types, again] of steps) {
      await waitFor(() => {
        if (typed !== undefined) pty.write(typed);
        if (typeof sees === 'string') expect(screen()).toContain(sees);
        else expect(screen()).toMatch(sees);
      });
      pty.write(types);
      typed = again && types;
    }
    await waitFor(() => expect(ended).toBe(true));
    seen.dispose();

    // As it came, cut smaller: moments lie within a screen that is being drawn too.
    const cuts = numbers();
    const pieces: Buffer[] = [];
    for (const part of parts)
      for (let at = 0; at < part.length;) {
        const next = at + 1 + Math.floor(cuts.next().value * 700);
        pieces.push(part.subarray(at, next));
        at = next;
      }
    const moments = Array.from({ length: MOMENTS }, () => Math.floor(cuts.next().value * pieces.length));
    const wanted = new Set(moments);
    const { writer, clock } = await newRecording({ start: { command: [file, ...args], cwd: folder, ...SIZE, term: 'xterm-256color', version: '0.1.0' } });
    const live = await Stage.of(SIZE, 0);
    const screens = new Map<number, string>();
    for (const [n, piece] of pieces.entries()) {
      clock.step(1);
      writer.output(piece);
      live.output(piece);
      if (wanted.has(n)) screens.set(n, Buffer.from(live.screen().bytes).toString());
    }
    await writer.end('exit');
    live.dispose();
    const watched = new Watched(writer.folder, opener, false, undefined, undefined, 2048);
    await watched.read();
    const watching = watched.player();
    for (const n of moments) {
      const { screen: shown } = await watching.seek((n + 1) * 1000);
      // What is shown is what a blank terminal makes of it.
      const page = await Stage.of(shown, 0);
      page.output(shown.bytes);
      expect(Buffer.from(page.screen().bytes).toString(), `moment ${n} of ${pieces.length}`).toBe(screens.get(n));
      page.dispose();
    }
    expect(new Set(screens.values()).size).toBeGreaterThan(2);
    await watching.close();
  });
