/** Runs on a small disk of its own (argv: its folder): an import that does not fit on it, and one that does. Prints what happened as JSON. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths } from '../../src/storage/home.ts';
import { importRecording, type ImportParts } from '../../src/services/recordings/import.ts';
import type { RecordingError } from '../../src/recording/errors.ts';
import { recipient } from './recording.ts';

const disk = process.argv[2]!;
const home = homePaths(disk);
for (const folder of [home.recordings, home.run]) mkdirSync(folder);
const said: Record<string, unknown> = {};
let entered = 0;

const parts: ImportParts = {
  home: home as ImportParts['home'],
  installation: 'w-0123456789ab',
  version: '0.1.0',
  owner: { person: 'p-0123456789ab', roles: ['operator'], recipients: [recipient] },
  rules: { policySha256: '0'.repeat(64), workstationClass: 'nursing', rotateMinutes: 60, rotateMebibytes: 64, reserveMebibytes: 0 },
  withLedger: (task) => task({ append: async () => (entered++, undefined as never), recording: async () => undefined }),
  // Nobody warns: the disk is met as it is.
  freeMebibytes: () => 1000,
};
const cast = (name: string, megabytes: number): string => {
  // Not on the small disk.
  const path = join(process.env['TMPDIR'] ?? '/tmp', `${process.pid}-${name}`);
  const line = `[0,"o",${JSON.stringify(`${'x'.repeat(1023)}\n`)}]\n`;
  writeFileSync(path, `{"version":2,"width":80,"height":24}\n${line.repeat(megabytes * 1024)}`);
  return path;
};
const outcome = async (file: string, more: Partial<ImportParts> = {}): Promise<string> =>
  importRecording({ file }, { ...parts, ...more }).then(
    () => 'imported',
    (error: RecordingError) => error.code,
  );

const large = cast('large.cast', 6);
said['code'] = await outcome(large);
said['entered'] = entered;
said['recordings'] = readdirSync(home.recordings);
said['staged'] = readdirSync(join(home.recordings, '.importing'));
let looks = 0;
said['reserve'] = await outcome(large, { rules: { ...parts.rules, reserveMebibytes: 8 }, freeMebibytes: () => (looks++ === 0 ? 1000 : 1) });
said['again'] = (await outcome(cast('small.cast', 1))) === 'imported' && readdirSync(home.recordings).length === 2;
process.stdout.write(JSON.stringify(said));
