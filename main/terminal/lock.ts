/**
 * The lock of the terminal-only job. Screen and keys of the person's terminal pass through here, and nowhere else: closed,
 * nothing of the program is shown and nothing typed reaches it, while it runs on and is recorded. Afterwards the screen is
 * rebuilt from the recording, which only the identity that was just opened can read. Over 400 lines: what closes it and what opens it again
 * are phases of one screen.
 */
import { unlockText } from '../../src/recording/access.ts';
import { randomInt } from 'node:crypto';
import { justUnlocked, unlockHere } from '../../src/services/people/unlock.ts';
import { HiddenLine } from '../../src/terminal/hidden-line.ts';
import type { GateLink, TerminalGate } from '../../src/job/gate.ts';
import { openDoor, type Door, type DoorName, type Standing } from '../../src/access/index.ts';
import { withoutWindows, type AppFacts, type VerbHandlers } from '../../src/control/verbs.ts';
import type { LockCause, LogoffCause, UntimedEvent } from '../../src/lock/machine.ts';
import type { LockConfig } from '../../src/lock/config.ts';
import { thumbprint } from '../../src/recording/wrap.ts';
import { encodeSnapshot, tail } from '../../src/recording/tail.ts';
import { askPosition, blankSequence, clearSequence, coverTitle, uncoverTitle } from '../../src/terminal/blank.ts';
import { KeyboardLine, type Position } from '../../src/terminal/keys.ts';
import { Refusal } from '../../src/types/refusal.ts';
import type { Backoff } from '../../src/people/backoff.ts';
import type { FactorsAsked } from '../../src/people/factors.ts';
import type { Cost } from '../../src/people/person.ts';
import type { OpenIdentity } from '../../src/people/identity.ts';
import type { Person } from '../../src/people/types.ts';
import type { Ways } from '../../src/people/ways.ts';
import { version } from '../../src/version.ts';
import { every, type Clock } from '../../src/time/clock.ts';
import { inTime } from '../../src/time/in-time.ts';
import type { SocketRefusal } from '../../src/control/listen.ts';
import type { Revocations } from '../../src/services/policy/revocations.ts';
import { LockController } from '../lock-controller.ts';
import { LimitWatch, limitSentence } from '../../src/native/process-limits.ts';
import { mask } from '../mask.ts';
import { PersonWatch, type Present } from '../watch/person.ts';
import { PutOutWatch } from '../watch/put-out.ts';
import { alwaysEnds } from '../unlock/logoff.ts';
import { Refusals } from '../refusals.ts';
import { sentenceOf } from '../../src/types/sentence.ts';

/** An answer waits so long for the ledger: as the app's does (main/gate.ts). */
const ENTER_MS = 1000;
/** A terminal that has not said by then that it carried everything out may still show text: over a slow line an answer takes half of this. */
const TERMINAL_ANSWER_MS = 2000;
/**
 * Questions about the cursor, each at a cell of its own. Whoever answers in the terminal's place (TIOCSTI from a job of this
 * account) does not see what is asked, and has one guess: a wrong answer, or one too many, and the terminal has proven nothing.
 */
const ROUNDS = 4;
/** Cells of a terminal below which a guess would be too easy, also where another process has told the kernel a smaller size: 4 rounds, 24 bits. */
const MIN_CELLS = 64;
/** Output of the recording that a screen is rebuilt from at most, a second or two of an emulator: each unlock leaves a point to begin from. */
const TAIL_BYTES = 32 * 1024 * 1024;
/** A record's body ends at 1 MiB. */
const SNAPSHOT_BYTES = 900 * 1024;

/** The policy's times, and what becomes of the shell when they are over. */
export type TerminalTimes = LockConfig & { readonly holdShells?: boolean | undefined };

export interface TerminalLockOptions {
  /** The policy's. The terminal has no place where a warning could be shown without touching what the program shows. */
  readonly lock: TerminalTimes;
  /** The policy's as the ledger has it now: asked at each unlock, after the ledger was read anew. @throws StorageFault */
  readonly lockNow: (ledger: GateLink['ledger']) => TerminalTimes;
  /** What the policy in force asks of a passphrase: asked at each unlock. @throws StorageFault */
  readonly factors: (ledger: GateLink['ledger']) => FactorsAsked;
  /** The counters of attempts, over the ledger that the recording is entered in. */
  readonly backoff: (ledger: GateLink['ledger']) => Backoff;
  /** The record of somebody as the ledger has them: asked at each unlock. @throws PersonRefused, StorageFault */
  readonly read: (ledger: GateLink['ledger'], id: string) => Person | undefined;
  /** What a wrong passphrase is to cost. */
  readonly cost: () => Cost;
  readonly clock: Clock;
  /** The list of who is revoked, over the ledger that the recording is entered in. */
  readonly revocations: (ledger: () => GateLink['ledger'] | undefined) => Pick<Revocations, 'tick' | 'lastLook' | 'look' | 'barred' | 'names'>;
  /** The key slot that they came in by. */
  readonly ways: Ways;
}

/** Nobody else ever is at this terminal: whom the machine calls so is whose recording it is. */
const THEM = 'this terminal';

/** As a terminal in raw mode sends it. */
const ENTER = 13;
/** Of more than a line takes: it is no passphrase, and is not tried as one. */
const TOO_LONG = 'That is longer than any passphrase. It was not tried.';
/** So long a passphrase that was not sent is kept without a further key. */
const LEFT_MS = 30_000;

/** What a task bar shows of a locked terminal. */
const title = 'Wardmux is locked';

type Phase = 'open' | 'closing' | 'asking' | 'checking' | 'telling' | 'rebuilding' | 'over';

/** Whether a locked terminal is known to be empty: it said so, or it said nothing. */
export type Visible = 'gone' | 'unknown';

export class TerminalLock implements TerminalGate {
  readonly #options: TerminalLockOptions;
  readonly #machine = new LockController();
  readonly #keyboard: KeyboardLine;
  readonly #line = new HiddenLine();
  readonly #refusals: Refusals;
  readonly #limits = new LimitWatch();
  readonly #stopTicking: () => void;
  readonly #watch: PersonWatch;
  readonly #putOut: PutOutWatch;
  readonly #revocations: ReturnType<TerminalLockOptions['revocations']>;
  #link: GateLink | undefined;
  /** Whoever has unlocked last. */
  #present: Present | undefined;
  #phase: Phase = 'open';
  #visible: Visible = 'gone';
  /** ISO 8601 UTC; null while it is open. */
  #lockedAt: string | null = null;
  /** Resolves when it is known whether the screen is empty. */
  #closed: Promise<void> = Promise.resolve();
  /** Whether the ledger has the event of the last lock. */
  #entering: Promise<boolean> = Promise.resolve(true);
  #answered: () => void = () => {};
  /** The cells that the terminal was asked about and has not answered, in order; undefined while nothing that it says counts. */
  #asked: Position[] | undefined;
  /** Output that came while the screen was being rebuilt. */
  #held: Uint8Array[] = [];
  #note = '';
  /** What whoever comes back has to read before the screen is theirs again, and what says that it was read, or that it is over. */
  #told = '';
  #read: () => void = () => {};
  /** When the last key of a passphrase came. */
  #editedAt = 0;
  /** Locked before there was anything to lock. */
  #early: LockCause | undefined;
  #ended = false;
  /** Whether the shell runs on when its person is logged off. */
  #holds = false;
  /** Why the shell was told to end, until it has. */
  #logoff: LogoffCause | undefined;
  #release: () => void = () => {};
  /** Asked for each word of the private socket. */
  readonly door = this.#door('socket', () => (this.#link && !this.locked ? justUnlocked(this.#link.person) : { phase: 'locked' }));

  /** What the words of the private socket do. */
  readonly handlers: VerbHandlers = {
    lock: async () => {
      await this.lock('command');
      const entered = await inTime(this.#entering, ENTER_MS, () => false);
      return { ...this.#facts(), entered };
    },
    status: async () => this.#facts(),
    show: async () => {
      throw new Refusal('no-window', 'A terminal has no window that could be brought to the front. Look for it where it was started.');
    },
    ...withoutWindows,
  };

  /** Open: whoever makes it has just unlocked. */
  constructor(options: TerminalLockOptions) {
    this.#options = options;
    const { clock } = options;
    this.#refusals = new Refusals(
      (entry) => this.#link?.note(entry),
      () => clock.now(),
    );
    this.#keyboard = new KeyboardLine(
      () => clock.now(),
      (bytes) => this.#edit(bytes),
    );
    this.#revocations = options.revocations(() => this.#link?.ledger);
    this.#watch = new PersonWatch({
      present: () => (this.locked ? undefined : this.#present),
      ledger: () => this.#link?.ledger,
      read: (id) => options.read(this.#link!.ledger, id),
      lock: (cause) => void this.#send({ type: 'lock', cause }),
      // There is no place where it could be said, and what cannot be asked locks.
      failed: () => {},
      again: () => {},
      revocations: this.#revocations,
    });
    this.#putOut = new PutOutWatch({
      revocations: this.#revocations,
      ledger: () => this.#link?.ledger,
      here: () => (this.#link ? [this.#link.person.id] : []),
      stop: (cause) => void this.#send({ type: 'stop', cause }),
      logOff: (_, cause) => this.#send({ type: 'logoff', person: THEM, cause }),
      end: (_, cause) => this.#logOff(cause),
    });
    this.#configure(options.lock);
    this.#send({ type: 'attempt', person: THEM });
    this.#send({ type: 'opened', attempt: this.#machine.attempt, person: THEM });
    this.#stopTicking = every(clock, 1000, () => this.tick());
  }

  get locked(): boolean {
    return this.#phase !== 'open';
  }

  /** Once a second. Tests with a clock of their own call it. */
  tick(): void {
    this.#send({ type: 'tick' });
    const lowered = this.#limits.look({});
    for (const detail of lowered) this.#refusals.limited(detail);
    if (lowered.length > 0) this.#send({ type: 'lock', cause: 'lowered' });
    void this.#putOut.tick();
    void this.#watch.tick();
    // Whoever types and is called away leaves nothing to the next who comes.
    if (this.#options.clock.now() - this.#editedAt >= LEFT_MS) this.#line.take().fill(0);
  }

  #facts(): AppFacts {
    return {
      window: false,
      state: this.locked ? 'locked' : 'unlocked',
      locked: this.locked,
      since: this.#lockedAt,
      visible: this.locked ? this.#visible : null,
      shells: this.#ended ? 0 : 1,
      host: 'terminal',
      version,
      pid: process.pid,
      lowered: this.#limits.lowered,
    };
  }

  #door(name: DoorName, standing: () => Standing): Door {
    return openDoor({
      standing,
      denied: (denial) => this.#refusals.denied(name, denial),
    });
  }

  /** A line of the private socket that is none of its words, or somebody of another account. */
  refused(code: SocketRefusal): void {
    this.#refusals.badMessage('socket', code);
  }

  /** Closes at once; resolves when the terminal has said that it is empty, or has not said it in time. */
  lock(cause: LockCause): Promise<void> {
    this.#send({ type: 'lock', cause });
    return this.#closed;
  }

  #configure(lock: TerminalTimes): void {
    this.#holds = lock.holdShells ?? false;
    this.#send({ type: 'configure', config: { ...lock, warnSeconds: 0 } });
  }

  /** Every event goes to the machine here, and what it decides is done at once. @returns whether it was taken. */
  #send(event: UntimedEvent): boolean {
    const { lock, accepted, logoffs, jiggled } = this.#machine.send({ ...event, now: this.#options.clock.now() });
    const link = this.#link;
    if (jiggled && link) void link.note({ action: 'input.jiggled', person: link.person.id });
    // An attempt that was locked away stays at its question, and is refused there.
    if (lock && (this.#phase === 'open' || this.#phase === 'telling' || this.#phase === 'rebuilding')) this.#close(lock);
    for (const { cause } of logoffs) this.#logOff(cause);
    return accepted;
  }

  /** The time after a lock, or after an unlock, is over: the shell ends, unless the policy holds it. It is entered when it is so. */
  #logOff(cause: LogoffCause): void {
    if (!this.#link || this.#logoff) return;
    this.#logoff = cause;
    if (this.#ended || this.#holdsFor(cause)) this.#loggedOff();
    else void this.#link.recorded.stop('closed');
  }

  #holdsFor(cause: LogoffCause): boolean {
    return this.#holds && !alwaysEnds.includes(cause);
  }

  #loggedOff(): void {
    if (!this.#link || !this.#logoff) return;
    const { note, person } = this.#link;
    const held = this.#holdsFor(this.#logoff);
    const detail = { cause: this.#logoff, ended: held || this.#ended ? 0 : 1, held: held && !this.#ended ? 1 : 0 };
    this.#logoff = undefined;
    void note({ action: 'session.logoff', person: person.id, detail });
  }

  #close(cause: LockCause): void {
    const link = this.#link;
    this.#phase = 'closing';
    this.#read();
    this.#visible = 'unknown';
    this.#lockedAt ??= new Date().toISOString();
    for (const bytes of this.#held.splice(0)) bytes.fill(0);
    if (!link) {
      // The program has not begun yet.
      this.#early = cause;
      return;
    }
    const { recorded } = link;
    recorded.pty.discardInput();
    recorded.resume();
    recorded.mark('l', JSON.stringify({ cause }));
    recorded.rotate();
    // What the program does not read may have stopped the keyboard.
    process.stdin.resume();
    this.#note = '';
    this.#closed = this.#empty(link, cause);
  }

  async #empty(link: GateLink, cause: LockCause): Promise<void> {
    link.ledger.standsOn(null);
    const answered = new Promise<void>((resolve) => (this.#answered = resolve));
    const { cols, rows } = link.size();
    const asked = Array.from({ length: ROUNDS }, () => ({ row: randomInt(1, Math.max(1, rows) + 1), column: randomInt(1, Math.max(1, cols) + 1) }));
    if (rows * cols >= MIN_CELLS) this.#asked = [...asked];
    link.show(Buffer.from(blankSequence + coverTitle(title) + asked.map(askPosition).join('')));
    await inTime(answered, TERMINAL_ANSWER_MS);
    // What comes too late changes nothing.
    this.#asked = undefined;
    this.#entering = link.note({ action: 'lock', person: link.person.id, detail: { cause, visible: this.#visible } });
    if (this.#phase !== 'closing') return;
    this.#phase = 'asking';
    this.#draw();
  }

  // ---------------------------------------------------------------- the gate

  begin(link: GateLink): void {
    this.#link = link;
    this.#present = { person: link.person, ways: this.#options.ways };
    if (this.#early) this.#close(this.#early);
  }

  shows(bytes: Uint8Array): boolean {
    if (this.#phase === 'rebuilding') this.#held.push(Uint8Array.from(bytes));
    return this.#phase === 'open';
  }

  typed(bytes: Uint8Array): boolean {
    const { activity, hotkey, positions } = this.#keyboard.read(bytes);
    for (const position of positions) this.#hear(position);
    if (this.#phase !== 'open') return false;
    if (hotkey) this.#send({ type: 'lock', cause: 'hotkey' });
    else if (activity) this.#send({ type: 'input', kind: activity });
    return this.#is('open');
  }

  /** The terminal, or somebody in its place, says where the cursor is. */
  #hear({ row, column }: Position): void {
    if (!this.#asked) return;
    const asked = this.#asked.shift();
    if (row === asked?.row && column === asked.column) {
      if (this.#asked.length > 0) return;
      this.#visible = 'gone';
    } else {
      this.#visible = 'unknown';
      this.#asked = undefined;
    }
    this.#answered();
  }

  resized(): void {
    if (this.#phase === 'asking') this.#draw();
    else if (this.#phase === 'telling') this.#drawTold();
  }

  hungUp(): void {
    this.#over();
  }

  /** A program that ends while the terminal is locked opens it for nobody. */
  async ended(): Promise<void> {
    this.#loggedOff();
    this.#ended = true;
    if (this.#phase !== 'open' && this.#phase !== 'over') {
      if (this.#phase === 'asking') this.#draw();
      await new Promise<void>((resolve) => (this.#release = resolve));
    }
    this.#over();
  }

  #over(): void {
    this.#phase = 'over';
    this.#stopTicking();
    this.#line.take();
    this.#answered();
    this.#read();
    this.#release();
  }

  // ---------------------------------------------------------------- the way back

  /** The whole face: what it says, and the question. */
  #draw(): void {
    const { person, show } = this.#link!;
    const lowered = this.#limits.lowered;
    const lines = [
      'Wardmux is locked. ' + (this.#ended ? 'Your shell has ended; its recording is sealed.' : 'Your programs run on and stay recorded.'),
      ...(this.#visible === 'gone' ? [] : ['This terminal does not answer: what it keeps of the lines above is not known.']),
      ...(lowered.length === 0 ? [] : [limitSentence(lowered)]),
      ...(this.#note === '' ? [] : [this.#note]),
      '',
      `Passphrase of ${mask(person.name)}: `,
    ];
    show(Buffer.from(clearSequence + lines.join('\r\n')));
  }

  #edit(bytes: Uint8Array): void {
    this.#editedAt = this.#options.clock.now();
    if (this.#phase === 'telling' && bytes.includes(ENTER)) this.#read();
    if (this.#phase !== 'asking') return;
    const end = this.#line.type(bytes);
    if (end === undefined) return;
    const typed = this.#line.take();
    if (end === 'done' && typed.length > 0) return void this.#try(typed);
    typed.fill(0);
    if (end === 'too-long') this.#note = TOO_LONG;
    this.#draw();
  }

  async #try(typed: Buffer): Promise<void> {
    const { person, ledger, show } = this.#link!;
    this.#phase = 'checking';
    // Keys are not taken meanwhile, so nothing asks for them.
    show(Buffer.from(`${clearSequence}Checking.`));
    let identity: OpenIdentity | undefined;
    this.#send({ type: 'attempt', person: THEM });
    const { attempt } = this.#machine;
    // Of the start the id and the key count, and nothing else: they may have been disabled meanwhile, or have another passphrase.
    const { backoff, read, cost, factors } = this.#options;
    const parts = {
      backoff: backoff(ledger),
      ledger,
      revocations: this.#revocations,
      factors: () => factors(ledger),
      read: (id: string) => read(ledger, id),
    };
    const may = ({ kid, person: now }: OpenIdentity): void => {
      if (kid !== thumbprint(person.encryptionKey)) throw new Refusal('other-identity', 'This is another identity than the one that the recording belongs to.');
      const denial = this.#door('cli', () => justUnlocked(now))('recording.replay.own');
      if (denial) throw new Refusal(denial.why, denial.sentence);
    };
    // An unlock that was taken back has told nobody: the ledger counts from it on all the same.
    const tell = (sentence: string): void => void (this.#told = [this.#told, sentence].filter((told) => told !== '').join(' '));
    try {
      identity = await unlockHere(parts, { person: person.id }, typed, cost(), may, tell);
      this.#configure(this.#options.lockNow(ledger));
      if (!this.#send({ type: 'opened', attempt, person: THEM })) throw new Refusal('locked', 'This was locked again in the meantime. Unlock once more.');
      this.#present = { person: identity.person, ways: identity.ways };
      if (this.#told === '' || (await this.#tell(attempt))) await this.#open(attempt, identity);
    } catch (error) {
      // Where the machine has opened and the way to the screen has failed, nobody knows what is shown.
      if (this.#machine.phase === 'open') this.#send({ type: 'lock', cause: 'unknown' });
      else {
        ledger.standsOn(null);
        this.#askAgain(attempt, sentenceOf(error));
      }
    } finally {
      typed.fill(0);
      identity?.destroy();
    }
  }

  #askAgain(attempt: number, note: string): void {
    this.#send({ type: 'failed', attempt });
    if (this.#phase === 'over') return;
    this.#phase = 'asking';
    this.#note = note;
    this.#draw();
  }

  /**
   * Says what there is to say while nothing else is on the screen: behind it, or in the middle of what a program has drawn, it would not be
   * seen, or take something away. @returns whether it was read, and this unlock is still the one that counts.
   */
  async #tell(attempt: number): Promise<boolean> {
    this.#phase = 'telling';
    this.#drawTold();
    await new Promise<void>((resolve) => (this.#read = resolve));
    if (!this.#is('telling') || this.#machine.attempt !== attempt) return false;
    this.#told = '';
    return true;
  }

  #drawTold(): void {
    this.#link!.show(
      Buffer.from(clearSequence + [this.#told, 'Each try is in: wardmux ledger show --action unlock', '', 'Press Enter to go on. '].join('\r\n')),
    );
  }

  /** Rebuilds the screen, then lets output and keys pass again. */
  async #open(attempt: number, identity: OpenIdentity): Promise<void> {
    const { recorded, folder, person, opened, show } = this.#link!;
    this.#phase = 'rebuilding';
    // What is printed from here on waits: in the kernel, and what was read already in #held.
    recorded.pause();
    recorded.mark('u', unlockText(person.id, 'passphrase', opened));
    const written = recorded.writer.written();
    let screen: { readonly cols: number; readonly rows: number; readonly bytes: Uint8Array } | undefined;
    try {
      const { screenOf } = await import('../../src/terminal/screen.ts');
      screen = await screenOf(tail(folder, identity, { written, maxTailBytes: TAIL_BYTES }), { cols: 80, rows: 24 });
    } catch {
      // The recording is damaged, so what was on the screen is not known: whoever unlocked gets an empty one, and the reason.
    }
    // Gone meanwhile, or locked again, and perhaps unlocked anew: that one shows the screen.
    if (!this.#is('rebuilding') || this.#machine.attempt !== attempt) {
      screen?.bytes.fill(0);
      return;
    }
    show(Buffer.from(clearSequence + uncoverTitle));
    if (screen) {
      if (screen.bytes.length <= SNAPSHOT_BYTES) {
        const snapshot = encodeSnapshot({ outputOffset: written.outputBytes, cols: screen.cols, rows: screen.rows }, screen.bytes);
        recorded.mark('n', snapshot);
        snapshot.fill(0);
      }
      show(screen.bytes);
      screen.bytes.fill(0);
    } else show(Buffer.from('wardmux: the recording could not be read back, so the screen could not be rebuilt. ctrl-l draws it anew in most programs.\r\n'));
    for (const bytes of this.#held.splice(0)) {
      show(bytes);
      bytes.fill(0);
    }
    this.#phase = 'open';
    this.#lockedAt = null;
    recorded.resume();
    this.#release();
  }

  /** The phase after something was waited for: anything may have happened meanwhile. */
  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }
}
