/** What a recording leaves beside its segments when it ends: public, for listings; the ledger has the same facts with a signature. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import { endReasons, type EndReason } from '../types/words.ts';
import type { TreeHead } from '../types/head.ts';

export const END_FILE = 'end.json';

export interface EndFile {
  readonly format: 'wardmux-end';
  readonly version: 1;
  readonly recording: string;
  readonly reason: EndReason;
  readonly head: TreeHead;
  readonly outputBytes: number;
  readonly durationMs: number;
}

const endSchema = z.object({
  format: z.literal('wardmux-end'),
  version: z.literal(1),
  recording: z.string(),
  reason: z.enum(endReasons),
  head: z.object({ size: z.number().int().nonnegative(), root: z.string().regex(/^[0-9a-f]{64}$/) }),
  outputBytes: z.number().int().nonnegative(),
  durationMs: z.number().int().nonnegative(),
});

/** @throws StorageFault */
export function writeEnd(folder: string, end: EndFile): void {
  writeAtomic(join(folder, END_FILE), JSON.stringify(end) + '\n');
}

/** end.json of a recording, or undefined where there is none or it cannot be understood. Not signed: the ledger's word counts. */
export function readEnd(folder: string): EndFile | undefined {
  try {
    return endSchema.parse(JSON.parse(readSmall(join(folder, END_FILE))!.toString('utf8')));
  } catch {
    return undefined;
  }
}
