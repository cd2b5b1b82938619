/** A wait of window tests for what a step brings, and for nothing that stood there before it. */
import type { Locator } from 'playwright-core';
import { PATIENCE_MS } from './wait-for.ts';

/**
 * Does `step`, and waits until `what` is to be seen. Fails at once where it is to be seen before: then nothing would be waited for, and what comes next
 * would come too early on a busy machine alone.
 */
export async function brings(step: () => Promise<unknown>, what: Locator): Promise<void> {
  const before = await what.filter({ visible: true }).count();
  if (before > 0) throw new Error(`${String(what)} is to be seen before the step that is to bring it: nothing would be waited for`);
  await step();
  await what.waitFor({ timeout: PATIENCE_MS });
}
