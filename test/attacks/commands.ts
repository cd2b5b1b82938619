/** Shared by the attacks: the `wardmux` command over one data folder, in processes of its own, as whoever wrote the folder would have it run. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { nodeFlags } from '../../src/native/protect.ts';
import { commandScript } from '../support/command.ts';
import { firstHome } from '../support/first-home.ts';

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
    const run = spawnSync('sh', ['-c', `exec "$@" 3< '${pass}'`, '-', process.execPath, ...nodeFlags, commandScript, ...args], {
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

/** What the ledger's file has of an event, as far as the attacks look into it. */
export interface Event {
  readonly action: string;
  readonly person?: string;
  readonly outcome?: string;
  readonly detail: Record<string, unknown>;
}

export const eventsOf = (home: string): Event[] =>
  readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);

/** The first run of Ada Example in this process. @returns the data folder */
export async function firstPerson(place: string, passphrase: string): Promise<string> {
  const made = await firstHome(place, { passphrase: Buffer.from(passphrase), auditKeyPath: join(place, 'audit-key.json') });
  made.identity.destroy();
  return made.home.folder;
}

/** A command in a process of its own; its descriptor 3 gives `three`, and 4 gives `four`. */
export function runCommand(place: string, home: string, args: readonly string[], three: string, four: string): Ran {
  writeFileSync(join(place, 'three'), `${three}\n`);
  writeFileSync(join(place, 'four'), `${four}\n`);
  const shell = `exec "$@" 3< '${join(place, 'three')}' 4< '${join(place, 'four')}'`;
  const env = { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home };
  const run = spawnSync('sh', ['-c', shell, '-', process.execPath, ...nodeFlags, commandScript, ...args], { env, cwd: place, encoding: 'utf8' });
  return { status: run.status, out: run.stdout, err: run.stderr };
}
