/**
 * Runs on a small disk of its own (argv: its folder), filled to its last byte, with a policy file that is none: the glass is broken all the same. Prints
 * what happened as JSON.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { deciderOf } from '../../src/services/deeds/decide.ts';
import { enrol, prepareEnrolment } from '../../src/services/people/people.ts';
import { fillDisk } from '../support/small-disk.ts';
import { firstHome } from '../support/first-home.ts';
import { paneText, prompt, run, start } from './support.ts';

const disk = process.argv[2]!;
const folder = join(disk, 'a');
mkdirSync(folder);
const words = 'marble canyon drizzle hammock violet';
const said: Record<string, unknown> = {};

// What the policy keeps free is more than this whole disk: nobody else's shell begins here.
const { home, installation, identity: admin } = await firstHome(folder);
const record = await prepareEnrolment({ name: 'Envelope', passphrase: Buffer.from(words), kdf: newScryptParameters() });
const { ledger } = await openLedger(home, installation);
await enrol({ home, installation, ledger, admin: deciderOf(admin) }, record, ['emergency']);
await ledger.close();

const running = await start({ folder, env: { TMPDIR: '/tmp' } });
await running.surface('lock');
// The page listens.
await running.page.locator('#who').waitFor();
const room = join(home.emergencies, 'room');
said['held'] = statSync(room).size;
writeFileSync(home.policy, '{');
fillDisk(disk);
const { keyboard } = running.page;
await keyboard.press('Control+g');
await running.page.locator('.glassform').waitFor();
await keyboard.press('2');
await keyboard.type('INC-20817');
await keyboard.press('Tab');
await keyboard.type('Envelope');
await keyboard.press('Tab');
await keyboard.type(words);
await keyboard.press('Enter');
await running.surface('workspace');
await prompt(running);
await run(running, 'echo glass-$((40+3))', 'glass-43');
said['text'] = (await paneText(running)).includes('glass-43');
said['left'] = statSync(room).size;
await running.app.lock('hotkey');
await running.stop();
said['status'] = await running.app.finished;
said['entered'] = readFileSync(join(home.ledger, 'events.jsonl'), 'utf8')
  .split('\n')
  .flatMap((line) => /"action":"(breakglass\.[a-z]+|recording\.(?:start|end|failed))"/.exec(line)?.[1] ?? []);
process.stdout.write(`${JSON.stringify(said)}\n`);
process.exit(0);
