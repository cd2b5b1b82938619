/** `wardmux config check` as scripts use it. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporary } from '../../anchors/fixture.ts';
import { runHere, type Printed } from '../../../test/support/run-here.ts';

let place: string;
beforeEach(() => {
  place = temporary();
});
const check = (...args: string[]): Promise<Printed> => runHere(['config', 'check', ...args], { home: join(place, 'home'), place });
function file(text: string | Buffer, name = '.tmux.conf'): string {
  const path = join(place, name);
  writeFileSync(path, text);
  return path;
}

test('every line is taken: 0', async () => {
  expect(await check(file('set -g prefix C-a\nbind x kill-pane\n'))).toMatchObject({
    status: 0,
    err: expect.stringContaining(': 2 taken, 0 changed, 0 not taken.'),
  });
  expect(await check(file(''))).toMatchObject({ status: 0, out: '' });
});

test('something is not taken: 65, with the line and why', async () => {
  const { status, out } = await check(file('set -g mouse on\nrun-shell "evil"\n'));
  expect(status).toBe(65);
  expect(out).toMatch(/^2 {5}not taken +run-shell evil +It runs a program/m);
  const json = await check(file('A=$HOME\nset -g history-limit 99999999'), '--json');
  expect(JSON.parse(json.out)).toEqual({
    good: true,
    counts: { taken: 0, changed: 2, 'not-taken': 0 },
    rows: [
      { line: 1, command: 'A=…', verdict: 'changed', why: 'It is known in this file, and no shell gets it.' },
      { line: 2, command: 'set -g history-limit 99999999', verdict: 'changed', why: 'history-limit goes from 0 to 10000: it is 10000.' },
    ],
  });
  expect(json.status).toBe(0);
});

test('a file that cannot be read is a wrong input, with its line: 2', async () => {
  const path = file('set -g mouse on\nbind x "kill\n');
  expect(await check(path)).toEqual({
    status: 2,
    out: '',
    err: `wardmux: ${path}:2: A double quote in this command is not closed. Nothing of it would be taken.\n`,
  });
  const json = await check(path, '--json');
  expect([json.status, JSON.parse(json.out)]).toEqual([2, { good: false, line: 2, sentence: 'A double quote in this command is not closed.', rows: [] }]);
  expect(await check(join(place, 'missing'))).toMatchObject({ status: 2 });
  expect(await check(file(Buffer.from([0xff, 0xfe, 0x41])))).toMatchObject({ status: 1, err: expect.stringContaining('no text in UTF-8') });
  expect(await check(file('x'.repeat(300 * 1024)))).toMatchObject({ status: 1, err: expect.stringContaining('longer than') });
});

test('a link is followed, and what is no file is not waited for', async () => {
  const link = join(place, 'link.conf');
  symlinkSync(file('set -g mouse on\n'), link);
  expect(await check(link)).toMatchObject({ status: 0 });
  execFileSync('mkfifo', [join(place, 'fifo')]);
  expect(await check(join(place, 'fifo'))).toMatchObject({ status: 1, err: expect.stringContaining('not a file') });
  expect(await check(place)).toMatchObject({ status: 1 });
});
