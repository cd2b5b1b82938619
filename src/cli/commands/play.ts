/** `wardmux play`: a recording back to a terminal, with its timing, or its exact bytes. */
import { LedgerView } from '../../ledger/view.ts';
import { openRecording, readHeader } from '../../recording/reader.ts';
import { wrapsOf } from '../../recording/rewrapped.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import { needsRecovery } from '../../recording/recovery.ts';
import type { RecordingState } from '../../ledger/rules.ts';
import { checkRecording, goesOn, proofText } from '../../records/index.ts';
import { readEnd } from '../../recording/end-file.ts';
import { liveState } from '../../recording/live.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { Option } from 'commander';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { appendEvent, openInstallation, type OpenInstallation } from '../../services/installation/installation.ts';
import { erasureSentences } from '../../services/recordings/erased.ts';
import { deletionSentence } from '../../services/recordings/life-cycle.ts';
import { unlockPerson } from '../person.ts';
import { readAsText } from '../read-as-text.ts';
import { recordingFolder } from '../recording-folder.ts';
import type { CliIo } from '../io.ts';
import { factor, personOptions } from '../options.ts';
import { importedText } from '../../types/words.ts';
import { eventSize } from '../../recording/tail.ts';
import { faster, LONGEST_PAUSE_MS, SEEK_MS, slower } from '../../review/player.ts';
import { Painter, type Size } from '../../terminal/painter.ts';
import { ReplayFilter } from '../../terminal/replay-filter.ts';

/** Shorter pauses than this are saved up: a timer is not more exact. */
const SHORTEST_PAUSE_MS = 4;
/** A terminal that was asked to change its size is looked at so often, with so much time in between, until it has. */
const RESIZE_LOOKS = 20;
const RESIZE_LOOK_MS = 25;

interface PlayOptions {
  readonly raw?: boolean;
  readonly text?: boolean;
  readonly commands?: boolean;
  readonly key?: string;
  readonly person?: string;
  readonly passphraseFd?: number;
  readonly speed: number;
  readonly wait: boolean;
  readonly resize?: boolean;
}

export const play: CliCommand = {
  name: 'play',
  needs: { play: 'recording.replay.own', '--key': 'recording.replay.key' },
  summary: 'Plays a recording, or writes its exact output.',
  description:
    'Without --raw the replay keeps the timing on a terminal (pauses of two seconds at most) and shows what is text, colour and cursor and nothing else: nothing that is replayed makes your terminal send anything, and it is left as it was. In a terminal of another size it is drawn in the size that it was recorded in.\nKeys: space pauses, . goes one output further and pauses, left and right seek 5 seconds, up and down change the speed, q ends; no other key does anything.\n--raw writes exactly the bytes that were read from the pty: send them to a file.',
  examples: [
    ['wardmux play 20261122-081500-0a1b2c3d', 'asks for your passphrase'],
    ['wardmux play ID --speed 4', 'four times as fast'],
    ['wardmux play ID --text', 'what it showed, to read or to look through with grep'],
    ['wardmux play ID --raw --key audit-key.json > output.bin', 'with an audit key, the exact bytes'],
  ],
  declare: (command, io, done) => {
    personOptions(
      command
        .argument('<ID>', 'the recording')
        .option('--raw', 'write exactly the bytes that were read from the pty')
        .option('--key <FILE>', 'open it with an audit key'),
    )
      .addOption(new Option('--speed <FACTOR>', 'how much faster').default(1).argParser(factor))
      .option('--no-wait', 'write everything at once')
      .option('--text', 'write it as text: lines as they scrolled off, and screens as they ended')
      .option('--commands', 'write its command lines, as its screen showed them: time, length, exit')
      .option('--resize', 'ask the terminal to be as large as the recording where that is larger')
      .action(async (id: string, options: PlayOptions) => {
        if (options.key !== undefined && (options.passphraseFd !== undefined || options.person !== undefined))
          throw new CliError('usage', 'A recording is opened with an audit key (--key) or by a person (--person, --passphrase-fd): give one of them.');
        if ([options.raw, options.text, options.commands].filter(Boolean).length > 1) throw new CliError('usage', 'Give one of --raw, --text and --commands.');
        const site = await openInstallation(io);
        const folder = await recordingFolder(site, id);
        const identity = options.key === undefined ? await unlockPerson(site, options, io) : undefined;
        const opener: SegmentOpener = identity ?? (await AuditKeyOpener.fromFile(options.key!));
        const told = (outcome: 'success' | 'failure'): Promise<void> =>
          appendEvent(
            site,
            {
              action: 'play',
              ...(identity ? { person: identity.person.id } : {}),
              outcome,
              detail: {
                recording: id,
                key: identity ? 'owner' : 'audit',
                raw: options.raw ?? false,
                how: options.text || options.commands ? 'text' : 'replay',
              },
            },
            { identity, talk: io.talk },
          );
        try {
          const first = await readHeader(folder, 0);
          if (first && wrapsOf(folder)(first.header, opener.kid) === undefined) {
            await told('failure');
            throw new CliError('notUnlocked', `Recording ${id} is not sealed to this key: only its owner or an audit key can open it.`);
          }
          // Before the first byte is shown: who reads is on the record, and outside where an anchor takes it, or nobody reads.
          await told('success');
          if (first && first.header.reason !== 'none') io.talk(`Reason: ${first.header.reason}.`);
          // Said before anything is shown: what follows may be what somebody else put there.
          const { status, state } = await tellProof(site, folder, id, io);
          const live = goesOn(folder, state);
          const played =
            options.text || options.commands
              ? await readAsText(folder, id, opener, { ...options, live }, io)
              : await replay(folder, id, opener, { ...options, live }, io);
          done(status !== exit.done ? status : played);
        } finally {
          identity?.destroy();
        }
      });
  },
};

/** Compares all of a recording with the heads that the ledger signed, and says how far it is proven. @returns the exit status, and what the ledger says of it */
async function tellProof(site: OpenInstallation, folder: string, id: string, io: CliIo): Promise<{ readonly status: number; readonly state?: RecordingState }> {
  const view = await LedgerView.open(site.home.ledger, site.noteKey);
  try {
    const proof = view && (await checkRecording(folder, view, id, { live: liveState(folder) === 'live' }));
    if (!proof) {
      io.talk(`Recording ${id} is not in the ledger: nothing of it is proven.`);
      return { status: exit.unknownRecording };
    }
    if (proof.state.deleted)
      throw new CliError(
        'contradiction',
        `${deletionSentence(id, await view.eventsOf(id))!} Its files are here all the same: they came back out of a copy, and nothing of them is shown.`,
      );
    io.talk(proof.sentence ?? `Recording ${id}: ${proofText(proof)}.`);
    for (const sentence of await erasureSentences(view, id)) io.talk(sentence);
    if (proof.state.imported !== null) io.talk(`Recording ${id}: ${importedText(proof.state.imported)}.`);
    return { status: proof.contradiction ? exit.contradiction : exit.done, state: proof.state };
  } finally {
    view?.close();
  }
}

/** The terminal reads UTF-8, as its locale says (POSIX: the first of these that is set). */
function readsUnicode(env: CliIo['env']): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return !locale || /utf-?8/i.test(locale);
}

/** What a replay hears of a person who watches. */
class Watcher {
  speed: number;
  paused = false;
  ended = false;
  /** Milliseconds to go forward, or back where negative, from where the replay is. */
  jump = 0;
  /** So many outputs go on although it is paused. */
  #steps = 0;
  #wake: () => void = () => {};

  constructor(speed: number) {
    this.speed = speed;
  }

  /** Keys of a terminal in raw mode; what is not listed does nothing. */
  key(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString('latin1');
    for (const [key] of text.matchAll(/\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)?|[^\x1b]/g)) this.#one(key);
    this.#wake();
  }

  end(): void {
    this.ended = true;
    this.#wake();
  }

  #one(key: string): void {
    if (key === ' ') this.paused = !this.paused;
    else if (key === '.') {
      this.paused = true;
      this.#steps++;
    } else if (key === 'q' || key === '\x03' || key === '\x04') this.ended = true;
    else if (/^\x1b[[O]C$/.test(key)) this.jump += SEEK_MS;
    else if (/^\x1b[[O]D$/.test(key)) this.jump -= SEEK_MS;
    else if (/^\x1b[[O]A$/.test(key)) this.speed = faster(this.speed);
    else if (/^\x1b[[O]B$/.test(key)) this.speed = slower(this.speed);
  }

  /** Waits so long, and while paused for ever; less where a key ends the replay or goes elsewhere. */
  async wait(ms: number, io: CliIo): Promise<void> {
    for (let left = ms; !this.ended && this.jump === 0;) {
      if (this.paused && this.#steps > 0) {
        this.#steps--;
        return;
      }
      const begun = io.now();
      const { paused } = this;
      const woken = new Promise<'key'>((resolve) => (this.#wake = () => resolve('key')));
      const came = await Promise.race(paused ? [woken] : [io.wait(left).then(() => 'time' as const), woken]);
      if (came === 'time') return;
      if (!paused) left = Math.max(0, left - (io.now() - begun));
    }
  }
}

/**
 * Says that a replay was made for another size than the terminal has, or makes a smaller terminal as large where it was asked to.
 * @returns what undoes it.
 */
async function fit(size: Size, own: Size, options: PlayOptions, io: CliIo): Promise<string> {
  const larger = size.cols > own.cols || size.rows > own.rows;
  if (!larger && size.cols === own.cols && size.rows === own.rows) return '';
  let undo = '';
  if (larger && options.resize) {
    undo = `\x1b[8;${own.rows};${own.cols}t`;
    await io.out(`\x1b[8;${size.rows};${size.cols}t`);
    // Not every terminal does it.
    for (let n = 0; n < RESIZE_LOOKS; n++) {
      const now = io.terminalSize?.();
      if (now?.cols === size.cols && now.rows === size.rows) return undo;
      await io.wait(RESIZE_LOOK_MS);
    }
  }
  const how = larger
    ? `long lines are folded, and of a full-screen program the part with the cursor is shown. Make it larger${options.resize ? '; it did not do so when it was asked' : ', or try --resize'}.`
    : 'it is drawn in its own size.';
  io.talk(`It was recorded in ${size.cols} x ${size.rows} cells, and this terminal has ${own.cols} x ${own.rows}: ${how}`);
  return undo;
}

/** Where a replay is shown: as it is in a terminal of its size, and from where the sizes differ on drawn from an emulator of that size. */
class Stage {
  readonly #io: CliIo;
  readonly #filter: ReplayFilter | undefined;
  #painter: Painter | undefined;
  #painting = false;
  #shown = false;

  /** @param filter undefined: the exact bytes are written, and no size is told. */
  constructor(filter: ReplayFilter | undefined, io: CliIo) {
    this.#filter = filter;
    this.#io = io;
  }

  /** What comes was made for this size. */
  async size(size: Size): Promise<void> {
    await this.show();
    if (this.#painter) await this.#painter.resize(size);
    else this.#painter = await Painter.of(size, () => this.#io.terminalSize?.() ?? size);
  }

  async put(data: Uint8Array): Promise<void> {
    const painter = this.#painter;
    if (painter && !this.#painting && painter.differs) {
      this.#painting = true;
      if (this.#shown) {
        await this.#io.out(this.#filter?.undo() ?? '');
        await painter.elsewhere();
      }
    }
    for (let from = 0; painter && from < data.length; from += Painter.most) {
      painter.feed(data.subarray(from, from + Painter.most));
      if (painter.full) await (this.#painting ? this.show() : painter.parse());
    }
    if (this.#painting) return;
    this.#shown = true;
    // A copy: the record's memory is wiped when the next one is asked for, and a stream may still hold it.
    await this.#io.out(this.#filter?.filter(data) ?? Buffer.from(data));
  }

  /** Everything that was put is on the terminal. */
  async show(): Promise<void> {
    if (this.#painting && this.#painter) await this.#draw(await this.#painter.draw());
  }

  /** Shows the rest, where the replay has ended, and leaves the terminal as it was found. */
  async end(): Promise<void> {
    await this.show();
    if (this.#painting && this.#painter) await this.#draw(this.#painter.end());
    await this.#io.out(this.#filter?.undo() ?? '');
    this.#painter?.dispose();
  }

  /** Back before the first byte, on an empty screen. */
  async rewind(): Promise<void> {
    this.#painter?.dispose();
    this.#painter = undefined;
    this.#painting = this.#shown = false;
    await this.#io.out(this.#filter?.rewind() ?? '\x1b[H\x1b[2J');
  }

  /** What is drawn is no more trusted than what is not: all of it passes the filter. */
  async #draw(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#io.out(this.#filter?.filter(bytes) ?? bytes);
  }
}

async function replay(folder: string, id: string, opener: SegmentOpener, options: PlayOptions & { readonly live: boolean }, io: CliIo): Promise<number> {
  const { live } = options;
  const watched = !options.raw && io.stdoutIsTerminal;
  const timed = watched && options.wait;
  const filter = options.raw ? undefined : new ReplayFilter(readsUnicode(io.env));
  const watcher = new Watcher(options.speed);
  const release = watched ? io.watch?.({ key: (bytes) => watcher.key(bytes), end: () => watcher.end() }) : undefined;
  const stage = new Stage(filter, io);
  let unfit = '';
  let fitted = false;
  let gap = false;
  /** Replay time (ms), pauses cut short, up to which nothing is waited for. */
  let target = 0;
  let reader = await openRecording(folder, { live });
  try {
    for (let again = true; again && !watcher.ended;) {
      again = false;
      let shownUs = 0;
      let shownMs = 0;
      let owedMs = 0;
      play: for await (const { events } of reader.records(opener)) {
        for (const { event } of events) {
          const size = watched && (event.code === 's' || event.code === 'r') ? eventSize(event.code, event.data) : undefined;
          const own = size && io.terminalSize?.();
          if (size && own) {
            if (!fitted) unfit = await fit(size, own, options, io);
            fitted = true;
            await stage.size(size);
          }
          if (event.code === 'g' && watched) gap = true;
          else if (event.code === 'g') io.talk(`Recording ${id}: output is missing here, as the recording itself says.`);
          if (event.code !== 'o') continue;
          if (timed) {
            const pauseMs = Math.min((event.timeUs - shownUs) / 1000, LONGEST_PAUSE_MS);
            shownUs = event.timeUs;
            shownMs += pauseMs;
            if (shownMs > target) owedMs += pauseMs / watcher.speed;
            if (owedMs >= SHORTEST_PAUSE_MS) {
              await stage.show();
              await watcher.wait(owedMs, io);
              owedMs = 0;
            }
          }
          if (watcher.jump !== 0) {
            target = Math.max(0, shownMs + watcher.jump);
            // There is no way back in a terminal but to begin anew.
            again = watcher.jump < 0;
            watcher.jump = 0;
          }
          if (watcher.ended || again) break play;
          await stage.put(event.data);
        }
      }
      if (again) {
        await stage.rewind();
        reader = await openRecording(folder, { live });
      }
    }
  } finally {
    // At every kind of end the terminal is as it was found.
    if (watched) {
      await stage.end();
      await io.out(unfit);
    }
    release?.();
  }
  // A line in between would stand in the middle of what is shown.
  if (gap) io.talk(`Recording ${id}: output is missing in it, as the recording itself says.`);
  if (watcher.ended) return exit.done;
  const { fault } = reader;
  // Only the end of a recording that never ended may be torn: everything else is damage.
  if (fault && (fault.code !== 'torn' || fault.segment !== reader.segments.at(-1) || readEnd(folder))) {
    io.talk(`Recording ${id} is damaged after record ${fault.seq}: ${fault.message} What came before it was played.`);
    return exit.damaged;
  }
  if (live) io.talk(`Recording ${id} is still running; this is its output so far.`);
  else if (!readEnd(folder)) {
    const how = needsRecovery(folder) ? ' Recover it with: wardmux list --recover' : '';
    io.talk(`Recording ${id} was interrupted: this is what was whole.${how}`);
  }
  return exit.done;
}
