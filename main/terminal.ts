/** The terminal-only job, for a machine without a display: first run if need be, then the person's shell, sealed, in this terminal. */
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ReadStream } from 'node:tty';
import { runInit } from '../src/cli/commands/init.ts';
import { record } from '../src/cli/commands/record.ts';
import { PassphraseInputError, promptPassphrase } from '../src/cli/passphrase.ts';
import { Ledger } from '../src/ledger/index.ts';
import { openHome, openSecretStore, openSigner, readInstallation, requireInstallation, type Home } from '../src/storage/index.ts';
import { readBackoffKey } from '../src/vault/backoff-key.ts';
import { Backoff } from '../src/vault/backoff.ts';
import { UnlockError } from '../src/vault/errors.ts';
import { normalisePassphrase } from '../src/vault/passphrase.ts';
import { listPeople, readPerson, unlockWithPassphrase } from '../src/vault/person.ts';
import { version } from '../src/version.ts';
import { defaultAuditKeyPath } from './setup-facts.ts';
import { shellOf } from './workspace.ts';

/** Three tries, then the shell prompt is where a person was before. */
const TRIES = 3;

export async function runTerminalJob({ home: folder, say }: { readonly home: string; readonly say: (line: string) => void }): Promise<number> {
  const home = openHome(folder);
  const env = { ...process.env, WARDMUX_HOME: folder };
  if (!readInstallation(home)) {
    const code = await firstRun(env, say);
    if (code !== 0) return code;
  } else {
    const person = await unlock(home, say);
    if (person === undefined) return 1;
  }
  say('your shell is recorded from here on. Type exit to leave it.');
  const code = await record({ command: [shellOf(env)], json: false }, { env, cwd: process.cwd(), version });
  say('the recording is sealed. See it with: npx wardmux list');
  return code;
}

async function firstRun(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<number> {
  process.stderr.write('First run. This takes a minute; nothing leaves this machine.\n');
  const proposed = defaultAuditKeyPath(env);
  const answers = await askLines(['Your name: ', `Where to save the audit key, to be kept off this machine [${proposed}]: `]);
  if (!answers) {
    say('cancelled. Nothing was written.');
    return 1;
  }
  const [name = '', path = ''] = answers;
  const talk = (text: string): void => void process.stderr.write(text);
  return runInit({ name, auditKeyOut: path || proposed }, { env, out: talk, talk });
}

/**
 * Asks one question after the other on the controlling terminal, as its own line editing has it. It is opened anew:
 * stdin is left alone, because an interface that has read from it leaves it paused, and the shell that comes next would
 * never hear what is typed.
 * @returns the trimmed answers, or undefined when the person ended the input (ctrl-d).
 */
async function askLines(questions: readonly string[]): Promise<string[] | undefined> {
  const terminal = new ReadStream(openSync('/dev/tty', 'r+'));
  const lines = createInterface({ input: terminal, terminal: false });
  const typed = lines[Symbol.asyncIterator]();
  try {
    const answers: string[] = [];
    for (const question of questions) {
      process.stderr.write(question);
      const next = await typed.next();
      if (next.done) return undefined;
      answers.push(next.value.trim());
    }
    return answers;
  } finally {
    lines.close();
    terminal.destroy();
  }
}

/** @returns the person's id, or undefined after too many failures or a refusal. Every attempt is an event. */
async function unlock(home: Home, say: (line: string) => void): Promise<string | undefined> {
  const installation = requireInstallation(home);
  const ledger = await Ledger.open({ folder: home.ledger, installation: installation.id, signer: await openSigner(home, installation) });
  const backoff = new Backoff(home, await readBackoffKey(openSecretStore(installation.secretStore, home, installation.id)));
  const [id] = listPeople(home);
  const person = id === undefined ? undefined : readPerson(home, id);
  try {
    for (let attempt = 0; attempt < TRIES && person; attempt++) {
      let typed: Buffer | undefined;
      let normal: Buffer | undefined;
      try {
        backoff.check(person.id, 'passphrase');
        typed = await promptPassphrase(`Passphrase of ${person.name}: `);
        normal = Buffer.from(normalisePassphrase(typed.toString('utf8')), 'utf8');
        backoff.begin(person.id, 'passphrase');
        (await unlockWithPassphrase(person, normal)).destroy();
        backoff.succeeded(person.id, 'passphrase');
        await ledger.append({ action: 'unlock', person: person.id, outcome: 'success', detail: { method: 'passphrase' } });
        return person.id;
      } catch (error) {
        if (error instanceof PassphraseInputError) {
          say(error.message);
          return undefined;
        }
        if (!(error instanceof UnlockError)) throw error;
        await ledger.append({ action: 'unlock', outcome: 'failure', detail: { method: 'passphrase', reason: error.code } });
        say(error.message);
        if (error.code === 'back-off') return undefined;
      } finally {
        typed?.fill(0);
        normal?.fill(0);
      }
    }
    return undefined;
  } finally {
    await ledger.checkpoint();
    await ledger.close();
  }
}
