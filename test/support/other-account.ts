/** For root: an ordinary account to run the app and its attackers as, with a copy of the built app that it may read. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The account that has nothing: nobody (Debian, most others). */
const NOBODY = 65534;

/** What the app needs besides its bundles, from the packages. */
const packages = ['node-pty', '@napi-rs'];

export interface Installed {
  readonly install: string;
  readonly node: string;
  readonly uid: number;
  readonly gid: number;
  remove(): void;
}

/** Why there is no other account to be here; undefined where there is. */
export function noOtherAccount(): string | undefined {
  if (process.platform !== 'linux') return 'the protection of processes is for Linux';
  return process.getuid?.() === 0 ? undefined : 'only root can be another account: as an ordinary account the tests could not look at what they check';
}

/** Copies the built app: a clone may lie where only its owner gets in. */
export function installForNobody(): Installed {
  if (!existsSync(join(root, 'dist/start.mjs'))) throw new Error('the app is not built: run npm test, or npm run build, first');
  const install = mkdtempSync(join(tmpdir(), 'wardmux-installed-'));
  const node = join(install, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  mkdirSync(join(node, '..'), { recursive: true });
  cpSync(process.execPath, node);
  for (const name of ['bin', 'dist', ...packages.map((name) => `node_modules/${name}`)]) cpSync(join(root, name), join(install, name), { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', install]);
  return { install, node, uid: NOBODY, gid: NOBODY, remove: () => rmSync(install, { recursive: true, force: true }) };
}
