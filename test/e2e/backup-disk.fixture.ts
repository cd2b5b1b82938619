/** Runs on a small disk of its own (argv: its folder): a backup and a restore for which it has no room. Prints what happened as JSON. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstHome } from '../support/first-home.ts';
import { runHere } from '../support/run-here.ts';

const disk = process.argv[2]!;
const place = mkdtempSync(join(tmpdir(), 'wm-'));
const first = await firstHome(place);
first.identity.destroy();
const home = join(place, 'home');
const wardmux = (...args: string[]) => runHere(args, { home, place });
const key = join(place, 'audit.json');
const said: Record<string, unknown> = {};
const backup = join(disk, 'bk');

said['first'] = (await wardmux('backup', backup)).status;
const large = join(home, 'recordings', '20260101-000000-aaaaaaaa');
mkdirSync(large);
for (const n of [0, 1, 2, 3, 4]) writeFileSync(join(large, `segment-00000${n}.wmx`), randomBytes(16 * 1024 * 1024));
said['full'] = await wardmux('backup', backup);
said['runs'] = readdirSync(backup).filter((name) => name.startsWith('run-') && existsSync(join(backup, name, 'run.json')));
said['verify'] = (await wardmux('backup', 'verify', backup, '--key', key)).status;
said['restore'] = (await wardmux('restore', backup, '--to', join(place, 'new'), '--key', key)).status;
// On another disk there is room for it; here there is none for what comes back.
const elsewhere = join(place, 'bk');
said['elsewhere'] = (await wardmux('backup', elsewhere)).status;
said['no-room'] = await wardmux('restore', elsewhere, '--to', join(disk, 'new'), '--key', key);
said['left'] = readdirSync(disk);
console.log(JSON.stringify(said));
