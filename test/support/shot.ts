/** Pictures for whoever looks at them: WARDMUX_SHOTS=FOLDER before a test's command keeps what it shows on its way (test/README.md). */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of pictures; undefined where nobody wants any. */
export function shotFolder(): string | undefined {
  const folder = process.env['WARDMUX_SHOTS'];
  if (folder) mkdirSync(folder, { recursive: true });
  return folder || undefined;
}

/** Keeps what a page shows now. @param name of the picture, without its ending */
export async function shot(page: { screenshot(options: { readonly path: string }): Promise<unknown> }, name: string): Promise<void> {
  const folder = shotFolder();
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
}
