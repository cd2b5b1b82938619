/** How large a bundle is, and what it costs to verify: both verifiers, on one core, and whether their memory grows with it. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordingWriter } from '../../src/recording/writer.ts';
import { Site, verifier } from '../attacks/fixture.ts';
import { median, type FigureRow } from './stats.ts';

/** Bytes of one output: what a flood gives the recorder at once. */
const CHUNK = 64 * 1024;
const MEGABYTE = 1e6;

interface Measured {
  readonly cpuSeconds: readonly number[];
  readonly peakBytes: number;
}

/** `large` is how many times the corpus is printed for the figure of memory. */
export async function benchVerify(options: {
  readonly corpus: string;
  readonly rounds: number;
  readonly large: number;
  readonly say: (line: string) => void;
}): Promise<FigureRow[]> {
  const { corpus, rounds, large, say } = options;
  const site = await Site.create();
  try {
    const bundleOf = async (name: string, bytes: number): Promise<{ folder: string; printed: number; size: number }> => {
      say(`making a bundle of ${Math.round(bytes / MEGABYTE)} MB printed`);
      const id = await site.record((writer) => print(writer, corpus, bytes));
      const folder = join(site.folder, name);
      await site.export(id, folder);
      return { folder, printed: bytes, size: readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) };
    };
    const printed = statSync(corpus).size;
    const small = await bundleOf('small', Math.min(10 * MEGABYTE, printed));
    const middle = await bundleOf('middle', printed);
    const speed = (run: (folder: string, times: number) => Measured): { rate: number; samples: readonly number[] } => {
      const samples = run(middle.folder, rounds).cpuSeconds.map((seconds) => middle.printed / MEGABYTE / seconds);
      return { rate: median(samples), samples };
    };
    const runs = [
      ['wardmux verify', (folder: string, times: number) => ours(folder, site.trustFile, times)],
      ['verify.py', (folder: string, times: number) => python(folder, site.trustFile, times)],
    ] as const;
    const rows: FigureRow[] = [
      {
        name: 'bundle, bytes a byte printed',
        value: (middle.size / middle.printed).toFixed(2),
        note: `${(middle.size / MEGABYTE).toFixed(1)} MB for ${(middle.printed / MEGABYTE).toFixed(0)} MB printed`,
      },
    ];
    for (const [name, run] of runs) {
      const { rate, samples } = speed(run);
      rows.push({ name: `${name}, MB/s of recording on one core`, value: rate.toFixed(0), note: `median of ${rounds}, processor time`, samples });
    }
    const huge = await bundleOf('huge', printed * large);
    for (const [name, run] of runs) {
      const [low, high] = [small, huge].map(({ folder }) => run(folder, 1).peakBytes / MEGABYTE);
      rows.push({
        name: `${name}, peak memory in MB`,
        value: high!.toFixed(0),
        note: `at ${(huge.printed / MEGABYTE).toFixed(0)} MB printed; ${low!.toFixed(0)} at ${(small.printed / MEGABYTE).toFixed(0)} MB`,
      });
    }
    return rows;
  } finally {
    await site.dispose();
  }
}

/** Prints so many bytes of the corpus, from its beginning again where it ends. */
async function print(writer: RecordingWriter, corpus: string, bytes: number): Promise<void> {
  const fd = openSync(corpus, 'r');
  try {
    const size = statSync(corpus).size;
    const chunk = Buffer.alloc(CHUNK);
    for (let done = 0; done < bytes;) {
      const count = readSync(fd, chunk, 0, Math.min(CHUNK, bytes - done), done % size);
      writer.output(chunk.subarray(0, count));
      done += count;
      // The next segment's key is prepared while the loop runs.
      if (done % (CHUNK * 256) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    closeSync(fd);
  }
}

function ours(folder: string, trust: string, times: number): Measured {
  const child = join(import.meta.dirname, 'verify-child.ts');
  return JSON.parse(execFileSync(process.execPath, [child, folder, trust, String(times)]).toString()) as Measured;
}

function python(folder: string, trust: string, times: number): Measured {
  const script = `import importlib.util, json, resource, sys, time
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
seconds = []
for _ in range(int(sys.argv[4])):
    began = time.process_time()
    assert module.judge(sys.argv[2], sys.argv[3])['good']
    seconds.append(time.process_time() - began)
print(json.dumps({'cpuSeconds': seconds, 'peakBytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))`;
  return JSON.parse(execFileSync('python3', ['-B', '-c', script, verifier, folder, trust, String(times)]).toString()) as Measured;
}
