/** The recorders against each other: interleaved rounds, so that the machine's noise meets all of them alike. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Corpus } from './corpus.ts';
import { freshFolder, missing, recordersWith, type Recorder } from './peers.ts';
import { median } from './stats.ts';

/** The reference of the ratios. */
const reference = 'script -q -f';

export interface Round {
  /** From the start of the command to its end, start-up and finishing included. */
  readonly seconds: number;
  /** From its first byte on the display to the last. */
  readonly streamSeconds: number;
  readonly cpu: number;
  readonly lost: number;
  /** The recording gives back exactly what the terminal printed. undefined where that cannot be asked. */
  readonly exact: boolean | undefined;
  readonly disk: number;
}

export interface RecordRow {
  readonly name: string;
  readonly note: string;
  readonly version: string;
  readonly missing?: string;
  readonly rounds: readonly Round[];
  /** Medians, MB/s of corpus bytes (1 MB = 1e6 bytes). */
  readonly mbPerSecond?: number;
  readonly streamMbPerSecond?: number;
  /** Median of the rounds' ratios to script, above 1 is faster. */
  readonly ratio?: number;
  readonly streamRatio?: number;
  readonly cpuSeconds?: number;
  readonly bytesLost?: number;
  readonly exact?: boolean;
  readonly diskBytes?: number;
}

/** Compiles drain.c into the cache where it is not there or older. */
export function buildDrain(source: string, cache: string): string {
  const program = join(cache, 'drain');
  mkdirSync(cache, { recursive: true });
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs)
    execFileSync('cc', ['-O2', '-o', program, source, '-lutil'], { stdio: 'inherit' });
  return program;
}

interface Drained {
  readonly bytes: number;
  readonly seconds: number;
  readonly first: number;
  readonly last: number;
  readonly cpu: number;
}

async function oneRun(recorder: Recorder, drain: string, corpus: Corpus, cache: string): Promise<Round> {
  const home = join(cache, 'home', recorder.name.replaceAll(/\W+/g, '-'));
  const folder = freshFolder(join(cache, 'run'));
  const run = { corpus: corpus.file, folder, home };
  const result = join(folder, 'drain.json');
  const { status, error, stderr } = spawnSync(drain, [result, ...recorder.command(run)], {
    env: { ...process.env, ...recorder.environment?.(run) },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (status !== 0) throw new Error(`${recorder.name} ended with ${error?.message ?? `status ${status}`}: ${stderr.slice(-300)}`);
  const drained = JSON.parse(readFileSync(result, 'utf8')) as Drained;
  const kept = await recorder.recorded(run);
  rmSync(folder, { recursive: true, force: true });
  return {
    seconds: drained.seconds,
    streamSeconds: drained.last - drained.first,
    cpu: drained.cpu,
    lost: corpus.ptyBytes - (kept?.bytes ?? drained.bytes),
    exact: kept?.sha256 === undefined ? undefined : kept.sha256 === corpus.ptySha256,
    disk: kept?.disk ?? 0,
  };
}

/**
 * @param only measure those whose name matches, and the reference
 * @param say one line of progress
 */
export async function benchRecord(options: {
  readonly corpus: Corpus;
  readonly rounds: number;
  readonly drain: string;
  readonly cache: string;
  readonly only?: RegExp | undefined;
  /** A built clone of the version before. */
  readonly before?: string | undefined;
  readonly say: (line: string) => void;
}): Promise<RecordRow[]> {
  const { corpus, cache, say } = options;
  const chosen = recordersWith(options.before).filter(({ name }) => options.only === undefined || options.only.test(name) || name === reference);
  const absent = new Map(chosen.map((recorder) => [recorder.name, missing(recorder)]));
  const able = chosen.filter(({ name }) => absent.get(name) === undefined);
  const rounds = new Map<string, Round[]>(able.map(({ name }) => [name, []]));
  // The first reader of a file would else pay for the disk.
  execFileSync('sh', ['-c', 'cat "$1" > /dev/null', 'sh', corpus.file]);
  try {
    for (const recorder of able) recorder.prepare?.(freshFolder(join(cache, 'home', recorder.name.replaceAll(/\W+/g, '-'))));
    for (let round = 0; round < options.rounds; round++) {
      // Each round starts with another one: what the one before left in the caches meets everybody once.
      for (let step = 0; step < able.length; step++) {
        const recorder = able[(step + round) % able.length]!;
        if (absent.get(recorder.name) !== undefined) continue;
        try {
          const measured = await oneRun(recorder, options.drain, corpus, cache);
          rounds.get(recorder.name)!.push(measured);
          say(`round ${round + 1}/${options.rounds}: ${recorder.name}: ${(corpus.bytes / 1e6 / measured.seconds).toFixed(1)} MB/s, lost ${measured.lost}`);
        } catch (error) {
          absent.set(recorder.name, `failed: ${(error as Error).message.split('\n')[0]}`);
          say(`${recorder.name}: ${absent.get(recorder.name)}`);
        }
      }
    }
  } finally {
    for (const recorder of able) recorder.cleanUp?.();
    rmSync(join(cache, 'home'), { recursive: true, force: true });
    rmSync(join(cache, 'run'), { recursive: true, force: true });
  }
  return chosen.map((recorder) => {
    const head = { name: recorder.name, note: recorder.note, version: recorder.version() };
    const own = rounds.get(recorder.name) ?? [];
    const why = absent.get(recorder.name);
    if (why !== undefined || own.length === 0) return { ...head, missing: why ?? 'not measured', rounds: own };
    const peer = rounds.get(reference) ?? [];
    const ratio = (of: (round: Round) => number): number => median(own.flatMap((round, i) => (peer[i] === undefined ? [] : [of(peer[i]) / of(round)])));
    return {
      ...head,
      rounds: own,
      mbPerSecond: median(own.map(({ seconds }) => corpus.bytes / 1e6 / seconds)),
      streamMbPerSecond: median(own.map(({ streamSeconds }) => corpus.bytes / 1e6 / streamSeconds)),
      ratio: ratio(({ seconds }) => seconds),
      streamRatio: ratio(({ streamSeconds }) => streamSeconds),
      cpuSeconds: median(own.map(({ cpu }) => cpu)),
      bytesLost: Math.max(...own.map(({ lost }) => Math.abs(lost))),
      ...(own.every(({ exact }) => exact !== undefined) ? { exact: own.every(({ exact }) => exact) } : {}),
      diskBytes: median(own.map(({ disk }) => disk)),
    };
  });
}
