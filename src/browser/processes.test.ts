import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { isStopped, killNow, processTree, treeRuns, whenGone } from './processes.ts';

let leader: ChildProcess | undefined;
afterEach(() => void (leader && killNow([-leader.pid!])));

test.skipIf(process.platform !== 'linux')('who has lost the parent that stood between is still of the tree of the process that leads their group', async () => {
  // As a browser: it has a zygote, which has a renderer.
  const zygote = `sleep 1000 & echo "$$ $!"; wait`;
  leader = spawn('sh', ['-c', `sh -c '${zygote}' & wait; exec sleep 1000`], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await createInterface(leader.stdout!)
    [Symbol.asyncIterator]()
    .next()
    .then(({ value }) => [value as string]);
  const [between, below] = line!.split(' ').map(Number) as [number, number];
  const root = leader.pid!;
  expect(processTree(root)).toEqual([root, between, below]);
  killNow([between]);
  await whenGone([between], 5000);
  expect(processTree(root)).toEqual([root, below]);
  expect(treeRuns(root)).toBe(true);
  process.kill(below, 'SIGSTOP');
  await expect.poll(() => isStopped(below)).toBe(true);
  expect(treeRuns(root)).toBe(false);
});
