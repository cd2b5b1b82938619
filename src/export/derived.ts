/**
 * An export that is one file: an asciicast, plain text, or a report to print. It is made of what the same disclosure lets out, so it is redacted as a bundle is,
 * and it proves nothing by itself. Beside it stands the signed list of what was withheld, which has its digest.
 */
import { renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { createNew, syncFolder } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import type { SshSigner } from '../crypto/sshsig.ts';
import { ticketOf } from '../recording/access.ts';
import { readHeader } from '../recording/reader.ts';
import { eventSize } from '../recording/tail.ts';
import type { RecordingEvent } from '../recording/types.ts';
import { utf8WithMarks } from '../terminal/utf8.ts';
import { recognisers, RECOGNISERS_VERSION } from '../redaction/index.ts';
import { htmlOf, type Page } from '../report/document.ts';
import { Stage } from '../review/stage.ts';
import { TimelineBuilder, type MarkerKind, type Timeline } from '../review/timeline.ts';
import { transcribe, type CommandLine } from '../review/transcript.ts';
import { lengthText } from '../types/length.ts';
import type { DerivedForm } from '../types/words.ts';
import { DERIVED } from './bundle-files.ts';
import { disclosedPieces, type Source, type Walked } from './disclosed.ts';
import type { Disclosure } from './disclosure.ts';
import { beginPartial, type PartialFolder } from './partial.ts';
import { companionOf, Rendering, writeRedaction, type WrittenRedaction } from './redaction-list.ts';
import { exportFailure, refuseExisting, unwritable } from './target.ts';
import { TextFile } from './text-file.ts';
import { digestOfFile } from './verify/files.ts';

/** Screens that a report has. */
const MOST_FRAMES = 60;
/** Lines of a report's text, its commands and its moments: the text form has all lines. */
const MOST_LINES = 5000;
const MOST_ROWS = 500;
/** Characters of the bar that shows when how much was printed. */
const BAR = 60;

/** What a derived export proves: in each of them, in these words. */
const PROVES = 'This file proves nothing by itself, and anybody can change it. The evidence is a bundle: wardmux export ID -o DIR';
const HELPS = 'Recognisers help with masking. What they do not know they did not find: this is no statement that nothing of a person is left.';

const TIMES = 'The time before a line is when its text was begun.';

export interface DerivedOptions extends Source {
  readonly form: DerivedForm;
  readonly disclosure: Disclosure;
  readonly person: { readonly id: string; readonly signer: SshSigner };
  /** What comparing the recording with the ledger said, a moment ago. */
  readonly verdict: string;
  /** The new file. A report is a PDF where its name ends in .pdf, else HTML. */
  readonly target: string;
  /** Makes a PDF of a whole page. */
  readonly print: (html: string) => Promise<Uint8Array>;
  /** The data folder's run/: as of a bundle. */
  readonly notes: string;
  /** Version of this program. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export interface DerivedResult {
  /** Absolute. */
  readonly file: string;
  readonly recording: string;
  readonly records: number;
  readonly bytes: number;
  /** Of the file, hex. */
  readonly sha256: string;
  readonly redaction: WrittenRedaction;
}

/**
 * Writes the file and the list under temporary names; after a failure nothing of either is left, and what a kill leaves sweepPartials() finds.
 * @throws ExportError
 */
export async function writeDerived(options: DerivedOptions): Promise<DerivedResult> {
  const { form, disclosure, person, notes, version } = options;
  const recording = basename(resolve(options.folder));
  const target = resolve(options.target);
  const beside = companionOf(target);
  refuseExisting(target);
  refuseExisting(beside);
  const begun: PartialFolder[] = [];
  const begin = (path: string): string => {
    const partial = beginPartial(notes, path, recording);
    begun.push(partial);
    return partial.folder;
  };
  try {
    let [folder, companion]: string[] = [];
    try {
      folder = begin(target);
      companion = begin(beside);
    } catch (error) {
      throw error instanceof StorageFault ? error : unwritable(target, error);
    }
    const file = join(folder!, DERIVED[form]);
    const made = new Date((options.clock ?? Date.now)()).toISOString();
    const records = await makers[form](file, recording, options, made);
    const sha256 = digestOfFile(file).toString('hex');
    const redaction = await writeRedaction(companion!, { recording, form, bundle: sha256, by: person.id, made, program: version }, disclosure, person.signer);
    syncFolder(folder!);
    const { size: bytes } = statSync(file);
    refuseExisting(target);
    refuseExisting(beside);
    // First what explains the file: there is never one whose list is missing.
    renameSync(companion!, beside);
    try {
      renameSync(file, target);
    } catch (error) {
      renameSync(beside, companion!);
      throw error;
    }
    rmSync(folder!, { recursive: true, force: true });
    for (const each of begun) each.settled();
    syncFolder(dirname(target));
    return { file: target, recording, records, bytes, sha256, redaction: { ...redaction, folder: beside } };
  } catch (error) {
    for (const each of begun) {
      rmSync(each.folder, { recursive: true, force: true });
      each.settled();
    }
    throw exportFailure(recording, target, error);
  }
}

/** @returns how many records it has */
type Maker = (file: string, recording: string, options: DerivedOptions, made: string) => Promise<number>;

const cast: Maker = async (file, recording, { disclosure, ...source }) => {
  const rendering = new Rendering(file, recording, disclosure);
  const walked: Walked = { records: 0 };
  try {
    rendering.begin((await readHeader(source.folder, 0))?.frame.wallMs ?? 0);
    // It takes pieces as they were recorded, and covers them itself.
    for await (const batch of disclosedPieces(source, disclosure, walked)) for (const { number, recorded } of batch) rendering.event(number, recorded);
    rendering.finish();
    return walked.records;
  } finally {
    rendering.close();
  }
};

/** What stands above the text, and in a report's first lines. */
async function factsOf(recording: string, { folder, disclosure, person, verdict, version }: DerivedOptions, made: string): Promise<[string, string][]> {
  const { asked } = disclosure;
  const ran = recognisers.filter(({ kind }) => asked.kinds.includes(kind)).map(({ kind }) => kind);
  const at = (us: number | undefined, otherwise: string): string => (us === undefined ? otherwise : lengthText(us / 1000));
  const reason = (await readHeader(folder, 0))?.header.reason ?? 'none';
  return [
    ['Recording', recording],
    ...(reason === 'none' ? [] : [['Opened for', reason.replaceAll('-', ' ')] satisfies [string, string]]),
    ['Made', `${made}, by ${person.id}, with Wardmux ${version}`],
    ['Ledger', verdict],
    [
      'Span',
      asked.fromUs === undefined && asked.toUs === undefined ? 'the whole recording' : `${at(asked.fromUs, 'its start')} to ${at(asked.toUs, 'its end')}`,
    ],
    ['Recognisers', ran.length === 0 ? 'none ran: two people agreed, or a span alone was asked for' : `version ${RECOGNISERS_VERSION}: ${ran.join(', ')}`],
    [
      'Withheld',
      `${disclosure.withheldFindings.length} pieces${disclosure.released.size === 0 ? '' : `, and ${disclosure.released.size} released by hand, with reasons in the list beside this`}`,
    ],
  ];
}

interface Seen {
  readonly timeline: Timeline;
  readonly commands: readonly CommandLine[];
  readonly frames: readonly { readonly caption: string; readonly text: string }[];
  readonly marks: readonly { readonly timeUs: number; readonly text: string }[];
  /** Given at its beginning, and at unlocks since. */
  readonly tickets: readonly string[];
  readonly records: number;
}

const frameWords: Partial<Record<RecordingEvent['code'], string>> = { l: 'before the lock', g: 'before the gap', r: 'before the resize', x: 'at the exit' };

/** Reads what goes out as text, and as screens on the way. */
async function look(options: DerivedOptions, line: (text: string, timeUs: number) => void, withFrames: boolean): Promise<Seen> {
  const { disclosure } = options;
  const walked: Walked = { records: 0 };
  const timeline = new TimelineBuilder();
  const frames: { caption: string; text: string }[] = [];
  const marks: { timeUs: number; text: string }[] = [];
  const tickets = new Set<string>();
  const stage = withFrames ? await Stage.of({ cols: 80, rows: 24 }, 0) : undefined;
  let lastUs = 0;
  const frame = (caption: string, timeUs: number): void => {
    const text = stage ? screenText(stage) : '';
    if (text === '' || frames.length >= MOST_FRAMES || frames.at(-1)?.text === text) return;
    frames.push({ caption: `${lengthText(timeUs / 1000)}, ${caption}`, text });
  };
  const batches = async function* (): AsyncGenerator<{ readonly events: readonly RecordingEvent[] }, void, undefined> {
    for await (const batch of disclosedPieces(options, disclosure, walked)) {
      const events = batch.flatMap(({ event }) => event ?? []);
      for (const { code, timeUs, data } of events) {
        timeline.event(code, timeUs, data.length);
        lastUs = timeUs;
        if (code === 'm' && marks.length < MOST_ROWS) marks.push({ timeUs, text: utf8WithMarks(data) });
        if (code === 'm' && !withFrames) line(`[it is marked: ${utf8WithMarks(data)}]`, timeUs);
        const ticket = code === 'm' ? ticketOf(data) : undefined;
        if (ticket !== undefined) tickets.add(ticket);
        const word = frameWords[code];
        if (word !== undefined) frame(word, timeUs);
        if (code === 'o') stage?.output(data);
        else if (code === 's' || code === 'r') {
          const size = eventSize(code, data);
          if (size) stage?.resize(size.cols, size.rows);
        }
      }
      yield { events };
    }
  };
  try {
    const { commands } = await transcribe(batches(), (left) => ('gap' in left ? line(`[${left.gap}]`, left.timeUs) : line(left.text, left.timeUs)));
    frame('at its end', lastUs);
    return { timeline: timeline.done(commands), commands, frames, marks, tickets: [...tickets], records: walked.records };
  } finally {
    stage?.dispose();
  }
}

function screenText({ terminal }: Stage): string {
  const { active } = terminal.buffer;
  return Array.from({ length: terminal.rows }, (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '')
    .join('\n')
    .trimEnd();
}

/** What acts in a terminal has no place in a text. */
const inert = (text: string): string => text.replace(/\p{Cc}/gu, ' ');

const text: Maker = async (file, recording, options, made) => {
  const out = new TextFile(file);
  try {
    for (const [name, value] of await factsOf(recording, options, made)) out.write(`# ${name}: ${inert(value)}\n`);
    out.write(`# ${PROVES}\n# ${HELPS}\n# ${TIMES}\n\n`);
    const { records } = await look(options, (line, timeUs) => out.write(`${lengthText(timeUs / 1000)}  ${inert(line)}\n`), false);
    out.finish();
    return records;
  } finally {
    out.close();
  }
};

const markerWords: Readonly<Record<MarkerKind, string>> = {
  command: 'command',
  lock: 'locked',
  unlock: 'unlocked',
  resize: 'the screen changed its size',
  gap: 'output is missing',
  mark: 'mark',
  exit: 'the program ended',
};

/** Whether a page of a report is written as PDF, by the name of its file. */
export const isPdfName = (path: string): boolean => /\.pdf$/i.test(path);

const report: Maker = async (file, recording, options, made) => {
  const lines: string[] = [];
  let all = 0;
  const seen = await look(
    options,
    (line, timeUs) => {
      all += 1;
      if (lines.length < MOST_LINES) lines.push(`${lengthText(timeUs / 1000)}  ${line}`);
    },
    true,
  );
  const page = htmlOf(reportPage(await factsOf(recording, options, made), seen, { lines, all }));
  createNew(file, isPdfName(options.target) ? await options.print(page) : page);
  return seen.records;
};

function reportPage(
  facts: Page['facts'],
  { timeline, commands, frames, marks, tickets, records }: Seen,
  { lines, all }: { lines: readonly string[]; all: number },
): Page {
  const { durationUs, outputBytes, markers, idle } = timeline;
  const moments = [
    ...markers.filter(({ kind }) => kind !== 'command').map(({ kind, timeUs }) => ({ timeUs, what: markerWords[kind] })),
    ...marks.map(({ timeUs, text: said }) => ({ timeUs, what: `it is marked: ${said}` })),
    ...idle.map(({ fromUs, toUs }) => ({ timeUs: fromUs, what: `nothing was printed for ${lengthText((toUs - fromUs) / 1000)}` })),
  ].sort((a, b) => a.timeUs - b.timeUs);
  const first = <T>(rows: readonly T[]): string[] => (rows.length > MOST_ROWS ? [`The first ${MOST_ROWS} of ${rows.length}.`] : []);
  const at = (us: number): string => lengthText(us / 1000);
  return {
    title: 'Report of a recorded session',
    facts: [
      ...facts,
      ...(tickets.length === 0 ? [] : [['Ticket', tickets.join(', ')] as const]),
      ['Length', at(durationUs)],
      ['Records', String(records)],
      ['Output that is in this', `${outputBytes} bytes`],
    ],
    sections: [
      { heading: 'What this is', paragraphs: [PROVES, HELPS] },
      {
        heading: 'Timeline',
        paragraphs: first(moments),
        texts: [{ caption: `Output along its time, ${at(0)} to ${at(durationUs)}`, text: bar(timeline) }],
        ...(moments.length > 0 ? { table: { head: ['At', 'What'], rows: moments.slice(0, MOST_ROWS).map(({ timeUs, what }) => [at(timeUs), what]) } } : {}),
      },
      commands.length === 0
        ? { heading: 'Commands', paragraphs: ['None was seen at a prompt.'] }
        : {
            heading: 'Commands',
            paragraphs: ['As the screen showed them, at prompts: advice, and no proof of what ran.', ...first(commands)],
            table: {
              head: ['At', 'Took', 'Exit', 'Command'],
              rows: commands
                .slice(0, MOST_ROWS)
                .map(({ text: line, beganUs, endedUs, exit }) => [
                  at(beganUs),
                  endedUs === undefined ? 'not seen' : at(endedUs - beganUs),
                  exit === undefined ? 'not seen' : String(exit),
                  line,
                ]),
            },
          },
      { heading: 'Screens', paragraphs: frames.length === MOST_FRAMES ? [`The first ${MOST_FRAMES}.`] : [], texts: frames },
      {
        heading: 'Text',
        paragraphs: all > lines.length ? [`The first ${lines.length} of ${all} lines: the plain text form has all of them.`] : [],
        texts: [{ caption: TIMES, text: lines.join('\n') }],
      },
    ],
    sign: ['Read by', 'Date'],
  };
}

/** How much was printed when, a character for each part of the time. */
function bar({ activity, partUs, durationUs }: Timeline): string {
  const sums = Array.from({ length: BAR }, () => 0);
  activity.forEach((bytes, n) => {
    const place = durationUs === 0 ? 0 : Math.min(BAR - 1, Math.floor((n * partUs * BAR) / durationUs));
    sums[place]! += bytes;
  });
  const most = Math.max(1, ...sums);
  const levels = ' ▁▂▃▄▅▆▇█';
  return sums.map((bytes) => levels[bytes === 0 ? 0 : Math.max(1, Math.round((Math.log1p(bytes) / Math.log1p(most)) * 8))]!).join('');
}

const makers: Readonly<Record<DerivedForm, Maker>> = { cast, text, report };
