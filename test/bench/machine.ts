import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** Above this load per core something else was at work, and the figures are lower than the machine could do. */
const quietLoadPerCore = 0.5;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly date: string;
  /** One-minute load before the first measurement; our own work is not in it. */
  readonly loadBefore: number;
  readonly loadWasHigh: boolean;
}

export function machine(): Machine {
  const cores = cpus().length;
  const loadBefore = Number(loadavg()[0]!.toFixed(2));
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 16),
    loadBefore,
    loadWasHigh: loadBefore > quietLoadPerCore * cores,
  };
}

export const machineLine = (m: Machine): string =>
  `${m.cores} cores (${m.cpu}), ${m.memoryGiB} GiB, Linux ${m.kernel}, Node ${m.node}, ${m.date} UTC, load before ${m.loadBefore}` +
  (m.loadWasHigh ? '. The load was high: something else was running, and these figures are too low and too unsteady' : '');

/** First line of `program --version` or the like, for the table. */
export function versionOf(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 })
      .split('\n')[0]!
      .trim();
  } catch {
    return '';
  }
}
