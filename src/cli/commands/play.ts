/** `wardmux play`: a recording back to a terminal, with its timing, or its exact bytes. */
import { openRecording, readHeader } from '../../recording/reader.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import { needsRecovery } from '../../recording/recovery.ts';
import { readEnd } from '../../recording/summary.ts';
import { liveState } from '../../recording/live.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { Option } from 'commander';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { appendEvent, openInstallation, recordingFolder, unlockPerson } from '../installation.ts';
import type { CliIo } from '../io.ts';
import { factor, personOptions } from '../options.ts';
import { ReplayFilter } from '../replay-filter.ts';

/** Longest pause in a replay, before --speed: nobody waits through a lunch break. */
const LONGEST_PAUSE_MS = 2000;
/** Shorter pauses than this are saved up: a timer is not more exact. */
const SHORTEST_PAUSE_MS = 4;

interface PlayOptions {
  readonly raw?: boolean;
  readonly key?: string;
  readonly person?: string;
  readonly passphraseFd?: number;
  readonly speed: number;
  readonly wait: boolean;
}

export const play: CliCommand = {
  name: 'play',
  summary: 'Plays a recording, or writes its exact output.',
  description:
    'Without --raw the replay keeps the timing on a terminal (pauses of two seconds at most) and takes out what could act on your terminal: titles, clipboard, links, requests for reports.\n--raw writes exactly the bytes that were read from the pty: send them to a file.',
  examples: [
    ['wardmux play 20261122-081500-0a1b2c3d', 'asks for your passphrase'],
    ['wardmux play ID --speed 4', 'four times as fast'],
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
      .action(async (id: string, options: PlayOptions) => {
        if (options.key !== undefined && (options.passphraseFd !== undefined || options.person !== undefined))
          throw new CliError('usage', 'A recording is opened with an audit key (--key) or by a person (--person, --passphrase-fd): give one of them.');
        const site = openInstallation(io);
        const folder = recordingFolder(site.home, id);
        const identity = options.key === undefined ? await unlockPerson(site, options) : undefined;
        const opener: SegmentOpener = identity ?? (await AuditKeyOpener.fromFile(options.key!));
        const told = (outcome: 'success' | 'failure'): Promise<void> =>
          appendEvent(site, {
            action: 'play',
            ...(identity ? { person: identity.person.id } : {}),
            outcome,
            detail: { recording: id, key: identity ? 'owner' : 'audit', raw: options.raw ?? false },
          });
        try {
          const first = await readHeader(folder, 0);
          if (first && !first.header.recipients.some((recipient) => recipient.kid === opener.kid)) {
            await told('failure');
            throw new CliError('notUnlocked', `Recording ${id} is not sealed to this key: only its owner or an audit key can open it.`);
          }
          // Before the first byte is shown: who reads is on the record, or nobody reads.
          await told('success');
          done(await replay(folder, id, opener, options, io));
        } finally {
          identity?.destroy();
        }
      });
  },
};

async function replay(folder: string, id: string, opener: SegmentOpener, options: PlayOptions, io: CliIo): Promise<number> {
  const live = liveState(folder) === 'live';
  const reader = await openRecording(folder, { live });
  const timed = !options.raw && options.wait && io.stdoutIsTerminal;
  const filter = options.raw ? undefined : new ReplayFilter();
  let shownUs = 0;
  let owedMs = 0;
  for await (const { events } of reader.records(opener)) {
    for (const { event } of events) {
      if (event.code === 'g') io.talk(`Recording ${id}: output is missing here, as the recording itself says.`);
      if (event.code !== 'o') continue;
      if (timed) {
        owedMs += Math.min((event.timeUs - shownUs) / 1000, LONGEST_PAUSE_MS) / options.speed;
        shownUs = event.timeUs;
        if (owedMs >= SHORTEST_PAUSE_MS) {
          await io.wait(owedMs);
          owedMs = 0;
        }
      }
      // A copy: the record's memory is wiped when the next one is asked for, and a stream may still hold it.
      await io.out(filter ? filter.filter(event.data) : Buffer.from(event.data));
    }
  }
  // Modes that a program may have left on: attributes, alternate screen, hidden cursor, mouse, bracketed paste.
  if (filter && io.stdoutIsTerminal) await io.out('\x1b[0m\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l');
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
