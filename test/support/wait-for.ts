/** Resolves as soon as `check` passes; its last error after `limitMs`. */
export async function waitFor(check: () => void | Promise<void>, limitMs = 10_000): Promise<void> {
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
