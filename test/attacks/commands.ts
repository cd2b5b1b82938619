/** Shared by the attacks: the `wardmux` command over one data folder, in processes of its own, as whoever wrote the folder would have it run. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { nodeFlags } from '../../src/native/protect.ts';

const cli = join(import.meta.dirname, '../../src/cli/main.ts');

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * @param place a folder of the test, and the HOME of the commands.
 * @param home the data folder.
 */
export function commandsOver(place: string, home: string) {
  /** Each has the passphrase at descriptor 3. */
  const wardmux = (...args: readonly string[]): Ran => {
    const pass = join(place, 'pass');
    writeFileSync(pass, 'kettle orbit willow prairie stamp\n');
    const run = spawnSync('sh', ['-c', `exec "$@" 3< '${pass}'`, '-', process.execPath, ...nodeFlags, cli, ...args], {
      env: { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home },
      encoding: 'utf8',
    });
    return { status: run.status, out: run.stdout, err: run.stderr };
  };
  const done = (...args: readonly string[]): void => expect(wardmux(...args), args.join(' ')).toMatchObject({ status: 0 });
  /** An installation with an audit key, and where `drop` is given an anchor there, in force. */
  const install = (drop?: string): void => {
    done('init', '--name', 'Ada Example', '--audit-key-out', join(place, 'audit.json'), '--passphrase-fd', '3');
    if (drop === undefined) return;
    done('anchor', 'add', 'share', '--file', drop);
    done('policy', 'accept', '--passphrase-fd', '3');
  };
  return { wardmux, done, install };
}
