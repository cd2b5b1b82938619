/** The end of renderers: at once, and where it can be as an ordinary end, for which a browser shows no picture of a broken page. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { hangUpNow } from '../../src/browser/processes.ts';

let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

/** Runs until it is ended, and has said that it runs. */
async function running(script: string): Promise<ChildProcess> {
  child = spawn(process.execPath, ['-e', `${script}; process.stdout.write('runs'); setInterval(() => {}, 1000)`], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout!, 'data');
  return child;
}
const ended = async (process: ChildProcess): Promise<unknown> => {
  const end = once(process, 'exit');
  hangUpNow([process.pid!]);
  return (await end)[1];
};

test('a process ends by SIGHUP, which a browser takes for an ordinary end', async () => {
  expect(await ended(await running(''))).toBe('SIGHUP');
});

test('one that has a handler for it, or is stopped, ends all the same', async () => {
  expect(await ended(await running("process.on('SIGHUP', () => {})"))).toBe('SIGKILL');
  const still = await running('');
  still.kill('SIGSTOP');
  for (let state = ''; state !== 'T';) state = readFileSync(`/proc/${still.pid}/stat`, 'utf8').split(') ')[1]![0]!;
  expect(['SIGHUP', 'SIGKILL']).toContain(await ended(still));
});

test('one that is gone already is no error', async () => {
  const gone = await running('');
  await ended(gone);
  expect(() => hangUpNow([gone.pid!])).not.toThrow();
});
