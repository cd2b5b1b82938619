/** `Written` where it comes from another process. */
import { z } from 'zod';
import type { Written } from './types.ts';

const count = z.number().int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** A tree has as many peaks at most as a safe integer has bits. */
const MOST_PEAKS = 53;

export const writtenSchema: z.ZodType<Written> = z.object({
  outputBytes: count,
  head: z.object({ size: count, root: hash }),
  starts: z.array(z.object({ segment: count, outputOffset: count, size: count, peaks: z.array(hash).max(MOST_PEAKS) })).min(1),
});
