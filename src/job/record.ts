/**
 * `wardmux record [--json] [--person ID] -- CMD [ARG…]`: runs CMD in a pty of its own, sealed, and copies its output to
 * stdout after it is sealed. Recording needs public keys only, so nobody is asked for a passphrase.
 */
import { grantOf } from '../access/index.ts';
import { createHash } from 'node:crypto';
import { constants } from 'node:os';
import { join } from 'node:path';
import { isatty, ReadStream } from 'node:tty';
import { openLedger } from '../services/installation/open-ledger.ts';
import { BUSY_INTERVAL_MS, FIRST_HEAD_MS, isRetried, noticeEntry, type Ledger } from '../ledger/index.ts';
import type { AuditEntry } from '../ledger/events.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import { policyInForce, proposalEvent, proposalSentence, reasonEntry, type GivenReason, type LoadedPolicy } from '../policy/index.ts';
import { limitSentence, LimitWatch } from '../native/process-limits.ts';
import { every, steadyClock } from '../time/clock.ts';
import { OutputSink } from '../pty/output-sink.ts';
import { type PtyExit } from '../pty/pty.ts';
import { RecordedPty, type HeldReason, type RecordedPtyEvents } from '../pty/recorded-pty.ts';
import { findProgram, ProgramError, shellEnvironment } from '../pty/shell.ts';
import { spawnThreadedPty } from '../pty/unix.ts';
import { ticketMark } from '../recording/access.ts';
import { recordingOptions } from '../recording/options.ts';
import { DiskSpace, MIN_FREE_MEBIBYTES } from '../recording/space.ts';
import type { RecordingNotice } from '../recording/types.ts';
import { RecordingWriter } from '../recording/writer.ts';
import type { Admit, Admitted, Enter } from '../services/deeds/admit.ts';
import { choosePerson } from '../services/people/person.ts';
import { recordingRules, recordingOwner, type RecordingOwner } from '../services/recordings/start.ts';
import { homeFolder, openHome, requireInstallation, type Home } from '../storage/index.ts';
import type { Person } from '../people/types.ts';
import { sentenceOf, SentenceError } from '../types/sentence.ts';
import { Handover } from '../services/installation/hand-over.ts';
import type { TerminalGate } from './gate.ts';
import { recordExit } from './status.ts';
import { rawMode, terminalFd, terminalSize } from './tty.ts';

/** Input that may wait for a command that does not read, before stdin is paused. */
const inputHighWater = 64 * 1024;
/** End of file as the terminal driver knows it (VEOF). The first one ends a line that was begun, the second is the end. */
const endOfInput = Buffer.from([4, 4]);
/** Between two looks at the limits of this process, as in the app. */
const LIMITS_MS = 1000;
/** It is said again, first soon and then ever less often. */
const firstEndMs = 20;
const lastEndMs = 1000;

/** What is run, where that is only known once it is known who asks, and what is entered beside its recording. */
export interface Prepared {
  /** The program by its absolute path. */
  readonly command: readonly string[];
  readonly begun: (recording: string) => AuditEntry;
  readonly ended: (recording: string, exit: PtyExit) => AuditEntry;
}

export interface RecordArguments {
  readonly command: readonly string[];
  /** In place of the command. What it throws is said, and nothing is run. */
  readonly prepare?: (asked: { readonly home: Home; readonly ledger: Ledger; readonly person: Person; readonly loaded: LoadedPolicy }) => Promise<Prepared>;
  readonly json: boolean;
  /** A person's id: needed where the installation has several people. */
  readonly person?: string | undefined;
  /** Why, where the policy asks, or somebody says it all the same. */
  readonly given?: GivenReason | undefined;
}

export interface RecordContext {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute. */
  readonly cwd: string;
  /** Wardmux's own. */
  readonly version: string;
  /** The door of what it is asked for. */
  readonly admit: Admit;
  /** Stands between the person's terminal and the command, and may close. Without one everything passes. */
  readonly gate?: TerminalGate;
}

const say = (text: string): void => void process.stderr.write(`wardmux: ${text}\n`);

/**
 * Runs the command and resolves with the exit status: the command's own, 128 and the signal's number where a signal ended
 * it, 127 or 126 where it cannot be run, 125 where it could not be recorded. Talks on stderr, never rejects for a cause
 * that a person can mend.
 */
export async function record(args: RecordArguments, context: RecordContext): Promise<number> {
  const [name, ...rest] = args.command;
  if (args.prepare) return runPrepared(args, args.prepare, context);
  if (name === undefined) {
    say('there is no command to record. Example: wardmux record -- bash');
    return recordExit.failed;
  }
  let program: string;
  try {
    program = findProgram(name, context.cwd, context.env['PATH']);
  } catch (error) {
    say(sentenceOf(error));
    return error instanceof ProgramError && error.kind === 'not-executable' ? recordExit.notExecutable : recordExit.missing;
  }
  let begun: Begun;
  try {
    begun = await begin(args, context);
  } catch (error) {
    say(sentenceOf(error));
    return recordExit.failed;
  }
  return run([program, ...rest], args, context, begun);
}

async function runPrepared(args: RecordArguments, prepare: NonNullable<RecordArguments['prepare']>, context: RecordContext): Promise<number> {
  let begun: Begun | undefined;
  try {
    begun = await begin(args, context);
    const prepared = await prepare(begun);
    return await run(prepared.command, args, context, begun, prepared);
  } catch (error) {
    await begun?.ledger.close();
    say(sentenceOf(error));
    return recordExit.failed;
  }
}

/** What a recording is made with: found before anything is written. */
interface Begun {
  readonly home: Home;
  readonly installation: string;
  readonly person: Person;
  readonly owner: RecordingOwner;
  readonly loaded: LoadedPolicy;
  readonly ledger: Ledger;
  readonly signer: InstallationSigner;
  readonly admitted: Admitted;
}

async function begin(args: RecordArguments, context: RecordContext): Promise<Begun> {
  const home = openHome(homeFolder(context.env));
  const installation = requireInstallation(home);
  const { ledger, signer } = await openLedger(home, installation);
  try {
    const { proposal, ...loaded } = policyInForce(home, ledger.facts);
    if (proposal) {
      say(proposalSentence(home, proposal));
      await ledger.append(proposalEvent(proposal));
    }
    const enter: Enter = (entry) => ledger.append(entry);
    const person = await choosePerson(home, ledger.facts, args.person, enter);
    const admitted = await context.admit({ phase: 'locked', grant: grantOf(person, 'named') }, enter);
    const owner = recordingOwner(person, loaded, ledger.facts, undefined, args.given);
    if (args.given) await ledger.append(reasonEntry(person.id, args.given));
    return { home, installation: installation.id, person, owner, loaded, ledger, signer, admitted };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function run(command: readonly string[], args: RecordArguments, context: RecordContext, begun: Begun, prepared?: Prepared): Promise<number> {
  const { ledger, loaded, person, owner } = begun;
  const rules = recordingRules(loaded);
  let ledgerFault: string | undefined;
  // What may be over soon is kept by the ledger: its end says where something was not entered.
  const ledgerFailed = (error: unknown): void => {
    if (!isRetried(error)) ledgerFault ??= sentenceOf(error);
  };
  const limits = new LimitWatch();
  const note = async (entry: Parameters<Ledger['enter']>[0]): Promise<boolean> => {
    try {
      await ledger.enter(entry);
      return ledger.waiting === 0;
    } catch (error) {
      ledgerFailed(error);
      return false;
    }
  };
  const log = (entry: Parameters<Ledger['enter']>[0]): void => void note(entry);
  let recorded: RecordedPty | undefined;
  let faults = 0;
  let pipeClosed = false;
  const fault = (sentence: string): void => {
    faults++;
    say(sentence);
  };
  const heard = (notice: RecordingNotice): void => {
    log(noticeEntry(notice));
    if (notice.kind === 'failed') recorded?.fail(new SentenceError(notice.reason));
  };
  const fd = terminalFd();
  const size = terminalSize(fd);
  const term = context.env['TERM'] || 'xterm-256color';
  const digest = args.json ? createHash('sha256') : undefined;
  let restore: (() => void) | undefined;
  let stopTerminal = (): void => {};
  let writer: RecordingWriter | undefined;
  let anchors: Handover | undefined;
  let exit: PtyExit;
  const { gate } = context;
  const sink = new OutputSink(
    1,
    {
      free: () => recorded?.resume(),
      // Nobody reads any more: like the end of a terminal, it is the end of the command.
      gone: (error) => {
        if (error.code === 'EPIPE') pipeClosed = true;
        else if (error.code !== 'EIO')
          fault(`what the command prints cannot be written where it should go (${error.code ?? 'unknown'}), so the command is ended.`);
        void recorded?.stop('closed');
      },
    },
    // A terminal that stands still must not hold up a lock.
    { waits: gate === undefined },
  );
  try {
    log({ action: 'app.start', detail: { version: context.version, host: 'cli' } });
    if (loaded.policy.anchors?.length) anchors = Handover.begin({ home: begun.home, policy: loaded.policy, ledger, signer: begun.signer, enter: log });
    const recording = recordingOptions({
      place: { recordingsFolder: begun.home.recordings, installation: begun.installation, version: context.version },
      rules,
      owner,
      opened: owner.opened,
      start: { command: args.prepare ? command : args.command, cwd: context.cwd, ...size, term },
      notice: heard,
    });
    writer = await RecordingWriter.create(recording);
    if (prepared) log(prepared.begun(writer.id));
    restore = rawMode();
    if (restore) process.once('exit', restore);
    const env = shellEnvironment(context.env, context.cwd, term, 'person');
    const space = new DiskSpace({ folder: begun.home.recordings, reserveMebibytes: () => rules.reserveMebibytes });
    const events: RecordedPtyEvents = {
      output(bytes) {
        digest?.update(bytes);
        if (gate && !gate.shows(bytes)) return;
        sink.write(bytes);
        if (sink.congested) recorded?.pause();
      },
      held: (why) => say(heldText(why, begun.home.recordings, rules.reserveMebibytes)),
      failed: fault,
      end: () => {},
      drained: () => process.stdin.resume(),
    };
    recorded = new RecordedPty(writer, spawnThreadedPty, { command, cwd: context.cwd, env, ...size }, steadyClock, events, space);
    if (owner.ticket !== undefined) recorded.mark('m', ticketMark(owner.ticket));
    stopTerminal = connect(recorded, fd, gate);
    gate?.begin({
      recorded,
      person,
      opened: owner.opened,
      folder: join(begun.home.recordings, writer.id),
      note,
      ledger,
      size: () => terminalSize(fd),
      show: (bytes) => sink.write(bytes),
    });
    const stopCheckpoints = checkpoints(recorded, ledger, anchors, log, ledgerFailed);
    // A gate looks itself, and closes.
    const stopLimits = gate ? () => {} : watchLimits(limits, log);
    exit = await recorded.done;
    if (prepared) log(prepared.ended(writer.id, exit));
    stopLimits();
    // What has ended while the screen was closed does not open it.
    await gate?.ended();
    stopCheckpoints();
    await sink.flush();
  } catch (error) {
    restore?.();
    // A recording that has begun says that nothing came of it.
    await writer?.end('closed').catch(() => undefined);
    log({ action: 'app.stop', detail: { reason: 'error' } });
    await anchors?.end();
    const left = await ledger.close().catch(sentenceOf);
    if (left !== undefined) say(left);
    say(sentenceOf(error));
    return recordExit.failed;
  } finally {
    stopTerminal();
    sink.close();
    if (restore) process.off('exit', restore);
  }
  restore?.();
  log({ action: 'app.stop', detail: { reason: faults > 0 ? 'error' : 'closed' } });
  await ledger.checkpoint().catch(ledgerFailed);
  const late = await anchors?.end().catch(ledgerFailed);
  if (late !== undefined) say(late);
  const left = await ledger.close().catch(sentenceOf);
  ledgerFault ??= left;
  if (ledgerFault !== undefined) fault(`the recording ${writer.id} is kept, but the ledger does not know all of it: ${ledgerFault}`);
  const status =
    faults > 0 ? recordExit.failed : pipeClosed ? recordExit.signal + constants.signals.SIGPIPE : exit.signal > 0 ? recordExit.signal + exit.signal : exit.code;
  if (digest) {
    const { size: records, root } = writer.head();
    const line = {
      recording: writer.id,
      bytes: writer.outputBytes,
      sha256: digest.digest('hex'),
      exit: status,
      signal: exit.signal,
      head: { size: records, root },
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  }
  return status;
}

function heldText(why: HeldReason | undefined, folder: string, reserveMebibytes: number): string {
  if (why === undefined) return 'there is room again, and the command goes on.';
  const goesOn = 'The command waits, nothing of it is lost, and it goes on by itself when there is room. Free some space.';
  if (why === 'full') return `the disk of ${folder} is full. ${goesOn}`;
  return `less is free in ${folder} than the ${Math.max(reserveMebibytes, MIN_FREE_MEBIBYTES)} MiB that are kept, and the command prints much. ${goesOn}`;
}

/** Joins stdin, the terminal's size and the signals to the command. Returns what lets go of them. */
function connect(recorded: RecordedPty, fd: number | undefined, gate: TerminalGate | undefined): () => void {
  const { pty } = recorded;
  const onData = (chunk: Buffer): void => {
    if (gate && !gate.typed(chunk)) {
      chunk.fill(0);
      return;
    }
    if (!recorded.write(chunk)) say(`the command does not read its input: ${chunk.length} bytes were not sent to it.`);
    chunk.fill(0);
    // A gate hears its hotkey also when the command reads nothing.
    if (!gate && pty.queuedBytes > inputHighWater) process.stdin.pause();
  };
  const onEnd = (): void => {
    // A terminal whose input has ended is gone.
    if (gate) onHangUp();
    else sayEnd(firstEndMs);
  };
  let ending: NodeJS.Timeout | undefined;
  /** Every program that the command starts reads to an end of its own: a terminal knows only ends that it is told of. */
  const sayEnd = (waitMs: number): void => {
    if (pty.queuedBytes === 0) pty.write(endOfInput);
    ending = setTimeout(() => sayEnd(Math.min(2 * waitMs, lastEndMs)), waitMs);
  };
  const onResize = (): void => {
    const { cols, rows } = terminalSize(fd);
    recorded.resize(cols, rows);
    gate?.resized();
  };
  const onHangUp = (): void => {
    gate?.hungUp();
    void recorded.stop('closed');
  };
  const forward = (signal: NodeJS.Signals): void => pty.kill(signal);
  const { stdin } = process;
  stdin.on('data', onData);
  stdin.on('end', onEnd);
  // A terminal that has gone ends in an error: the hang-up signal tells about it.
  stdin.on('error', onEnd);
  if (fd !== undefined) process.on('SIGWINCH', onResize);
  process.on('SIGHUP', onHangUp);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) process.on(signal, forward);
  return () => {
    clearTimeout(ending);
    stdin.off('data', onData).off('end', onEnd).pause();
    if (isatty(0) && stdin instanceof ReadStream) stdin.unref();
    process.off('SIGWINCH', onResize).off('SIGHUP', onHangUp);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) process.off(signal, forward);
  };
}

/**
 * Says, and enters, that another program has lowered a limit of this process: what it can still write nobody knows. Each limit once, whatever is done
 * to it again. @returns what ends it
 */
function watchLimits(limits: LimitWatch, enter: (entry: Parameters<Ledger['enter']>[0]) => void): () => void {
  const told = new Set<string>();
  return every(steadyClock, LIMITS_MS, () => {
    const lowered = limits.look({}).filter(({ limit }) => !told.has(limit));
    if (lowered.length === 0) return;
    for (const detail of lowered) {
      told.add(detail.limit);
      enter({ action: 'process.limited', detail: { ...detail } });
    }
    say(limitSentence(lowered));
  });
}

/** Tells the ledger how far the recording is, and has it signed, while it grows. */
function checkpoints(
  recorded: RecordedPty,
  ledger: Ledger,
  anchors: Handover | undefined,
  enter: (entry: Parameters<Ledger['enter']>[0]) => void,
  failed: (error: unknown) => void,
): () => void {
  const round = (): void => {
    timer = setTimeout(round, BUSY_INTERVAL_MS);
    void (async () => {
      const head = await recorded.checkpoint();
      if (head) {
        enter(noticeEntry({ kind: 'heads', heads: [{ recording: recorded.recording, head }] }));
        await ledger.checkpoint();
      }
      anchors?.offer();
    })().catch(failed);
  };
  let timer = setTimeout(round, FIRST_HEAD_MS);
  return () => clearTimeout(timer);
}
