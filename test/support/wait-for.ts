/**
 * How long what is waited for is given (ms). A wait ends by its condition, and a machine on which everybody works is no fault: this is for what is broken. The
 * limits of a whole test (vitest.config.ts) are longer, so that a failure is told in the words of the wait.
 */
export const PATIENCE_MS = 60_000;

/** Resolves with what `check` gives as soon as it passes; its last error after `limitMs`. */
export async function waitFor<T>(check: () => T | Promise<T>, limitMs = PATIENCE_MS): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
