/**
 * Looks at a screen all the time, in a thread of its own, because a test that types and asks from outside waits for other
 * programs meanwhile: how often most of the screen was in one of some colours, and which colours did that.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { openFrame, type Display } from './display.ts';

/** So many colours of most of the screen are kept. */
const MOST = 32;

/** Between two looks (ms); a picture stands for 16 at least. */
const LOOK_MS = 2;

interface Task {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly colours: readonly number[];
  /** How often one of them covered most of the screen, how often it was looked, and how many colours did so; then these, as they came. */
  readonly seen: Int32Array;
}

export interface FrameWatch {
  /** How often one of the colours covered more than half of the screen. */
  seen(): number;
  looks(): number;
  /** The colours (0xrrggbb) that have covered more than half of the screen, in the order in which they came, each once. */
  most(): number[];
  stop(): Promise<number>;
}

export function watchFrame(display: Display, colours: readonly number[]): FrameWatch {
  const seen = new Int32Array(new SharedArrayBuffer(4 * (3 + MOST)));
  const task: Task = { ...display.frame, colours, seen };
  const worker = new Worker(new URL(import.meta.url), { workerData: task, execArgv: [] });
  return {
    seen: () => Atomics.load(seen, 0),
    looks: () => Atomics.load(seen, 1),
    most: () => [...seen.slice(3, 3 + Atomics.load(seen, 2))],
    stop: () => worker.terminate(),
  };
}

if (!isMainThread && (workerData as Partial<Task> | null)?.seen) {
  const { path, width, height, colours, seen } = workerData as Task;
  const frame = openFrame(path, width, height);
  for (; ; Atomics.wait(seen, 1, Atomics.add(seen, 1, 1) + 1, LOOK_MS)) {
    const counts = new Map<number, number>();
    for (const colour of frame.colours()) counts.set(colour, (counts.get(colour) ?? 0) + 1);
    const most = [...counts].find(([, count]) => count > frame.points / 2)?.[0];
    if (most === undefined) continue;
    if (colours.includes(most)) Atomics.add(seen, 0, 1);
    const known = Atomics.load(seen, 2);
    if (known === MOST || seen.subarray(3, 3 + known).includes(most)) continue;
    seen[3 + known] = most;
    Atomics.add(seen, 2, 1);
  }
}
