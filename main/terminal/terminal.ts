/** The terminal-only job, for a machine without a display: first run if need be, then the person's shell, sealed, in this terminal. */
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ReadStream } from 'node:tty';
import { runInit } from '../../src/job/init.ts';
import { record } from '../../src/job/record.ts';
import { refuseEarly } from '../../src/services/installation/first-run.ts';
import { admit } from '../../src/services/deeds/admit.ts';
import { appendEvent, factsOf, openInstallation, policyOf, type OpenInstallation } from '../../src/services/installation/installation.ts';
import { choosePerson } from '../../src/services/people/person.ts';
import { Revocations } from '../../src/services/policy/revocations.ts';
import { unlockPerson, type UnlockRequest } from '../../src/services/people/unlock.ts';
import { PassphraseInputError, promptPassphrase, swallowTyped } from '../../src/terminal/passphrase.ts';
import { socketPath, terminalSocketPath } from '../../src/control/ask.ts';
import { clampConfig } from '../../src/lock/config.ts';
import { askedConsent, consentEntry, policyInForce, reasonFault, type GivenReason, type Policy } from '../../src/policy/index.ts';
import { openHome, openSecretStore, openSigner, readInstallation, requireInstallation, type Home } from '../../src/storage/index.ts';
import { followLedger, readBackoffKey } from '../../src/people/backoff-key.ts';
import { UnlockError } from '../../src/people/errors.ts';
import { factorsByPassphrase } from '../../src/people/factors.ts';
import { dearest } from '../../src/people/person.ts';
import { readPinned } from '../../src/people/pinned.ts';
import { Ways } from '../../src/people/ways.ts';
import { SentenceError, sentenceOf } from '../../src/types/sentence.ts';
import { classWords, givenReasons, givenReasonWords, type WorkstationClass } from '../../src/types/words.ts';
import { fold } from '../../src/terminal/fold.ts';
import { workingFolder } from '../../src/native/given.ts';
import { version } from '../../src/version.ts';
import { bootClock } from '../../src/time/clock.ts';
import { inTime } from '../../src/time/in-time.ts';
import { defaultAuditKey } from '../setup-facts.ts';
import { listen } from '../../src/control/listen.ts';
import { TerminalLock } from './lock.ts';
import { shellOf } from '../workspace/workspace.ts';

/** Three tries, then the shell prompt is where a person was before. */
const TRIES = 3;

/** Who has come in, and by which key slot: the shell is recorded for them, and whoever would be chosen by then is not asked. */
interface Entered {
  readonly id: string;
  readonly ways: Ways;
}

export async function runTerminalJob({ home: folder, say }: { readonly home: string; readonly say: (line: string) => void }): Promise<number> {
  const home = openHome(folder);
  const env = { ...process.env, WARDMUX_HOME: folder };
  let entered: Entered | undefined;
  if (!readInstallation(home)) {
    const code = await firstRun(home, env, say);
    if (code !== 0) return code;
    entered = await firstPerson(env);
  } else entered = await unlock(env, say);
  if (!entered) return 1;
  const installation = requireInstallation(home);
  const site = await openInstallation({ env });
  const { policy } = await policyOf(site);
  const { idleSeconds } = clampConfig(policy.lock);
  if (!(await accepted(site, entered, 1000 * idleSeconds, say))) return 1;
  const asked = policy.reason && (await askReason(policy.reason, 1000 * idleSeconds, say));
  if (policy.reason && !asked) return 1;
  const signer = await openSigner(home, installation);
  const key = await readBackoffKey(openSecretStore(installation.secretStore, home, installation.id));
  const lock = new TerminalLock({
    lock: policy.lock,
    lockNow: ({ facts }) => policyInForce(home, facts).policy.lock,
    factors: ({ facts }) => factorsByPassphrase(policyInForce(home, facts).policy.unlock, true),
    backoff: (ledger) => followLedger(home, key, ledger),
    read: ({ facts }, id) => readPinned(home, facts, id),
    cost: () => dearest(home),
    clock: bootClock,
    ways: entered.ways,
    revocations: (ledger) => new Revocations({ home, ledger, policy: () => policyInForce(home, ledger()!.facts).policy }),
  });
  const socket = await listen({
    path: terminalSocketPath(socketPath(folder, env), process.pid),
    handlers: lock.handlers,
    door: lock.door,
    refused: (code) => lock.refused(code),
    sign: (bytes) => signer.sign(bytes),
  });
  try {
    say('your shell is recorded from here on. Type exit to leave it.');
    say(`this terminal locks after ${minutes(idleSeconds)} without a key, or at once when you press ctrl-l three times.`);
    const code = await record(
      { command: [shellOf(env)], json: false, person: entered.id, given: asked },
      { env, cwd: workingFolder(), version, gate: lock, admit: (standing, enter) => admit('cli', 'session.record', standing, enter) },
    );
    say('the recording is sealed. See it with: bin/wardmux list');
    return code;
  } finally {
    await socket.close();
  }
}

/** The first run's, who has just chosen their passphrase. */
async function firstPerson(env: NodeJS.ProcessEnv): Promise<Entered> {
  const site = await openInstallation({ env });
  const { id, slots } = await choosePerson(site.home, await factsOf(site), undefined, (entry) => appendEvent(site, entry));
  return { id, ways: new Ways(slots[0]!.id) };
}

/**
 * Shows the policy's text to whoever has not accepted it, before anything runs.
 * @param waitMs for the answer: they have shown who they are, and whoever comes after they have gone has not.
 * @returns false where they do not accept it
 */
async function accepted(site: OpenInstallation, { id }: Entered, waitMs: number, say: (line: string) => void): Promise<boolean> {
  const facts = await factsOf(site);
  const asked = askedConsent(policyInForce(site.home, facts), facts, id);
  if (!asked) return true;
  process.stderr.write(
    `\n${asked.text.replaceAll(/(?!\n)\p{Cc}/gu, '?')}\n\nThis is version ${asked.version} of this workstation's text. That you accept it is entered in the ledger, once.\n`,
  );
  const [answer] = (await askLines(['Type accept to go on, or anything else to leave: '], waitMs)) ?? [];
  if (answer?.toLowerCase() !== 'accept') {
    say('not accepted. No shell was started.');
    return false;
  }
  await appendEvent(site, consentEntry(id, asked));
  return true;
}

/** Why they have come in, as the policy asks. @param waitMs as of `accepted`. @returns undefined where they do not say it */
async function askReason(wanted: NonNullable<Policy['reason']>, waitMs: number, say: (line: string) => void): Promise<GivenReason | undefined> {
  const list = givenReasons.map((word, n) => `  ${n + 1}  ${givenReasonWords[word]}\n`).join('');
  const why = `\nWhy this session? It goes into the ledger and the recording; no names or numbers of patients here.\n${list}1 to ${givenReasons.length}: `;
  const which = `The ticket, as ${wanted.ticket} (# a digit, @ a letter, * letters and digits): `;
  const [number, ticket] = (await askLines(wanted.ticket === undefined ? [why] : [why, which], waitMs)) ?? [];
  const given = { reason: givenReasons[Number(number) - 1] ?? '', ticket: ticket ?? null };
  const fault = reasonFault(wanted, given);
  if (fault === undefined) return given as GivenReason;
  say(`${fault} No shell was started.`);
  return undefined;
}

const minutes = (seconds: number): string => (seconds % 60 === 0 ? `${seconds / 60} minute${seconds === 60 ? '' : 's'}` : `${seconds} seconds`);

async function firstRun(home: Home, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<number> {
  try {
    await refuseEarly(home, {});
  } catch (error) {
    say(sentenceOf(error));
    return 1;
  }
  talk('First run. This takes a minute; nothing leaves this machine.\n');
  const { path: proposed, sentence } = defaultAuditKey(env);
  talk(`${sentence}\n`);
  const answers = await askLines([
    'Your name: ',
    `${placesText}Which of these is it? Every recording names it [1]: `,
    `Where to save the audit key, to be kept off this machine [${proposed}]: `,
  ]);
  if (!answers) {
    say('cancelled. Nothing was written.');
    return 1;
  }
  const [name = '', place = '', path = ''] = answers;
  const chosen = place === '' ? places[0] : places[Number(place) - 1];
  if (!chosen) {
    say(`"${place}" is none of the numbers from 1 to ${places.length}. Nothing was written.`);
    return 1;
  }
  return runInit({ name, preset: chosen, auditKeyOut: path || proposed }, { env, out: talk, talk });
}

const places = Object.keys(classWords) as WorkstationClass[];
const placesText = `What kind of workstation this is:\n${places.map((value, i) => `  ${i + 1}  ${classWords[value].name}, ${classWords[value].where}\n`).join('')}`;

const talk = (text: string): void => void process.stderr.write(fold(text, process.stderr.columns));

/**
 * Asks one question after the other on the controlling terminal, as its own line editing has it. It is opened anew:
 * stdin is left alone, because an interface that has read from it leaves it paused, and the shell that comes next would
 * never hear what is typed.
 * @param waitMs for each answer; left out, as long as it takes.
 * @returns the trimmed answers, or undefined when the person ended the input (ctrl-d), or gave none in time.
 */
export async function askLines(questions: readonly string[], waitMs?: number): Promise<string[] | undefined> {
  let fd: number;
  try {
    fd = openSync('/dev/tty', 'r+');
  } catch {
    throw new SentenceError(
      'There is no terminal to ask on: this process has none of its own. Start it in a terminal, or set it up with: wardmux init --passphrase-fd N',
    );
  }
  const terminal = new ReadStream(fd);
  const lines = createInterface({ input: terminal, terminal: false });
  const typed = lines[Symbol.asyncIterator]();
  try {
    const answers: string[] = [];
    for (const question of questions) {
      talk(question);
      const next = await (waitMs === undefined ? typed.next() : inTime(typed.next(), waitMs));
      if (!next || next.done) return undefined;
      answers.push(next.value.trim());
    }
    return answers;
  } finally {
    lines.close();
    terminal.destroy();
  }
}

/**
 * Where several can come in, the id is asked for first, and whatever is typed leads to the same next question.
 * @returns undefined after too many failures or a refusal. Every attempt is an event.
 */
async function unlock(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Entered | undefined> {
  const site = await openInstallation({ env });
  const isOneOfSeveral = (await factsOf(site)).active().length > 1;
  const who = isOneOfSeveral ? (await askLines(['Your id or name: ']))?.[0] : undefined;
  if (isOneOfSeveral && !who) {
    say('no id was given. Nothing was tried.');
    return undefined;
  }
  const request: UnlockRequest = {
    ...(who === undefined ? {} : { typed: who }),
    sealed: true,
    ask: async (asked) => {
      // Nothing stands open behind it: as long as nobody is there it is the lock of this terminal.
      const typed = await promptPassphrase(asked ? `Passphrase of ${asked.name}: ` : 'Your passphrase: ', Infinity);
      if (typed.length === 0) throw new PassphraseInputError('empty', 'No passphrase was given. Nothing was tried.');
      return typed;
    },
    admit: (standing, enter) => admit('cli', 'session.open', standing, enter),
    tell: (sentence) => say(`note: ${sentence}`),
    remind: (sentence) => say(`note: ${sentence}`),
    now: Date.now,
  };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const identity = await swallowTyped(() => unlockPerson(site, request));
      identity.destroy();
      return { id: identity.person.id, ways: identity.ways };
    } catch (error) {
      if (error instanceof PassphraseInputError) {
        say(error.message);
        return undefined;
      }
      if (!(error instanceof UnlockError)) throw error;
      say(error.message);
      if (error.code === 'back-off' || error.code === 'two-factors' || error.code === 'unlisted') return undefined;
    }
  }
  return undefined;
}
