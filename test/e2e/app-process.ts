/**
 * The app as a process of its own, so that a test can kill it: `node app-process.ts FOLDER`. It does the first run or the
 * unlock, types the command line that comes on stdin, and says on stdout what it has reached.
 */
import { firstRun, paneText, prompt, start, unlockWithPassphrase, until } from './support.ts';

const folder = process.argv[2];
if (!folder) throw new Error('usage: app-process.ts FOLDER');
const running = await start({ folder });
if (running.app.surface === 'setup') await firstRun(running, { passkey: false });
else {
  await unlockWithPassphrase(running);
  await prompt(running);
}
const say = (fact: Record<string, unknown>): void => void process.stdout.write(`${JSON.stringify(fact)}\n`);
say({ ready: true, main: process.pid, browser: running.host.browserPid, pty: running.app.processes.pty, vault: running.app.processes.vault });
process.stdin.setEncoding('utf8');
for await (const line of process.stdin) {
  await running.page.keyboard.type(String(line));
  // The line that was typed has the word too, and no number: what is shown with one was printed.
  await until(async () => /flood \d{3}/.test(await paneText(running)), 'output');
  say({ flooding: true });
}
