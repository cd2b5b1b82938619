/**
 * Called by electron-builder when a package's folder stands: makes node-pty's helper executable, which comes without that
 * permission in npm's package and could not be given it in an installed one.
 */
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @param {{ appOutDir: string }} context @returns {string[]} what was made executable */
export default function afterPack({ appOutDir }) {
  const helpers = readdirSync(appOutDir, { recursive: true })
    .filter((name) => /(^|[/\\])spawn-helper$/.test(name))
    .map((name) => join(appOutDir, name));
  for (const helper of helpers) chmodSync(helper, 0o755);
  return helpers;
}
