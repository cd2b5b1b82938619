/** An export that was killed in the middle, by SIGKILL: a folder in the clear, and a note about it where it is wanted. */
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface KilledExport {
  readonly recording: string;
  readonly target: string;
  /** What it left in the clear. */
  readonly partial: string;
}

/** @param notes a data folder's run/ @param place where the bundle was to be */
export async function killedExport(notes: string, place: string): Promise<KilledExport> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../attacks/export-child.ts'), notes, place], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
    child.once('exit', () => reject(new Error('the export ended by itself')));
  });
  child.kill('SIGKILL');
  await gone;
  const { folder, recording, target } = JSON.parse(line) as { folder: string; recording: string; target: string };
  rmSync(folder, { recursive: true });
  return {
    recording,
    target,
    partial: join(
      place,
      readdirSync(place).find((name) => name.startsWith('.killed.partial-'))!,
    ),
  };
}
