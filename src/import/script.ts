/**
 * script(1) of util-linux with its timing file (--log-timing): the typescript has a first line of its own, what was printed, and a last line; the
 * timing file says when how much of it was. Classic: `SECONDS BYTES` a line. Advanced, since 2.35: `O SECONDS BYTES`, `I` for what was typed,
 * `S` for a signal, `H` for a fact. Seconds are since the line before. Read from its source (term-utils/script.c and script-playutils.c). Pure.
 */
import { ImportError, notTheFormat, tooMuch } from './errors.ts';
import { utf8Text } from '../disk/utf8.ts';
import { Pull, type Line } from './pull.ts';
import type { ImportedHead, ImportFormatRow, ImportParts, ReadEvent, Reading, Size } from './types.ts';

const LABEL = 'a typescript of script(1)';
const TIMING = 'a timing file of script(1)';
const FIRST_WORDS = 'Script started on ';
/** Of the first line, and of one of the timing file: a command line stands in them. */
const MAX_LINE_BYTES = 256 * 1024;
/** Printed bytes that are held at once. */
const MOST = 64 * 1024;
/** Longer than the last line that script writes. */
const LAST_LINE_BYTES = 4096;
const LAST_LINE = /\r?\n?Script done on [^\n]*\n?$/;

const tooLong = (what: string) => (number: number) => tooMuch(`Line ${number} of ${what} is longer than ${MAX_LINE_BYTES} bytes`);

function* read({ content, timing }: ImportParts): Reading {
  if (!timing)
    throw new ImportError(
      'incomplete',
      'A typescript says what was printed, and its timing file when: give that too, with --timing FILE (script --log-timing).',
    );
  const printed = new Pull(content);
  const first = printed.line(MAX_LINE_BYTES, tooLong(LABEL));
  const words = first && utf8Text(first.bytes);
  if (!words?.startsWith(FIRST_WORDS)) throw notTheFormat(LABEL, 'its first line', `does not begin with “${FIRST_WORDS.trim()}”`);
  yield headOf(words);
  const state: State = { us: 0, classic: undefined, logs: {}, exit: undefined };
  const lines = new Pull(timing);
  for (let line = lines.line(MAX_LINE_BYTES, tooLong(TIMING)); line; line = lines.line(MAX_LINE_BYTES, tooLong(TIMING))) {
    const step = stepOf(line, state);
    if (!step) {
      if (line.ended) throw notTheFormat(TIMING, `line ${line.number}`, 'is not one');
      yield { code: 'torn', bytes: line.bytes.length };
      break;
    }
    if (step.code !== 'printed') {
      if (step.code === 'i') yield* typed(step, state.logs, printed);
      else if (step.code !== 'nothing') yield step;
      continue;
    }
    let left = step.bytes;
    while (left > 0) {
      const data = printed.some(Math.min(left, MOST));
      if (!data) {
        yield { code: 'torn', bytes: left };
        return;
      }
      left -= data.length;
      yield { code: 'o', us: state.us, data };
    }
  }
  yield* untimed(printed, state.us);
  if (state.exit !== undefined) yield { code: 'x', us: state.us, exit: state.exit };
}

interface State {
  us: number;
  classic: boolean | undefined;
  /** Names of the files, as the timing file has them. */
  logs: { input?: string; output?: string };
  exit: number | undefined;
}

/** Where both were logged into one file, what was typed stands between what was printed. */
function* typed(step: Extract<ReadEvent, { code: 'i' }>, { input, output }: State['logs'], printed: Pull): Generator<ReadEvent, void, undefined> {
  yield step;
  if (input === undefined || input !== output) return;
  for (let left = step.count; left > 0;) {
    const data = printed.some(Math.min(left, MOST));
    if (!data) return;
    left -= data.length;
  }
}

/** What the timing file does not speak of: script's last line, and output where timing was cut. */
function* untimed(printed: Pull, us: number): Generator<ReadEvent, void, undefined> {
  let bytes = 0;
  let held: Buffer = Buffer.alloc(0);
  for (let more = printed.some(MOST); more; more = printed.some(MOST)) {
    held = Buffer.concat([held, more]);
    if (held.length <= LAST_LINE_BYTES) continue;
    const data = held.subarray(0, held.length - LAST_LINE_BYTES);
    held = held.subarray(data.length);
    bytes += data.length;
    yield { code: 'o', us, data };
  }
  const text = held.toString('latin1').replace(LAST_LINE, '');
  if (text !== '') yield { code: 'o', us, data: Buffer.from(text, 'latin1') };
  bytes += text.length;
  if (bytes > 0) yield { code: 'untimed', bytes };
}

type Step = { readonly code: 'printed'; readonly bytes: number } | { readonly code: 'nothing' } | Extract<ReadEvent, { code: 'r' | 'm' | 'i' }>;

/** @returns undefined where the line is none. */
function stepOf({ bytes }: Line, state: State): Step | undefined {
  const text = utf8Text(bytes);
  if (text === undefined) return undefined;
  const found = /^(?:([IOSH]) )?(\d{1,12}(?:\.\d{1,9})?) (.*)$/.exec(text);
  if (!found) return undefined;
  const [, stream, seconds, rest] = found as unknown as [string, string | undefined, string, string];
  state.classic ??= stream === undefined;
  if (state.classic !== (stream === undefined)) return undefined;
  if (stream === 'H') return factOf(rest, state);
  state.us += Number(seconds) * 1_000_000;
  if (stream === 'S') return signalOf(rest, state.us);
  if (!/^\d{1,15}$/.test(rest)) return undefined;
  return stream === 'I' ? { code: 'i', us: state.us, count: Number(rest) } : { code: 'printed', bytes: Number(rest) };
}

function factOf(rest: string, state: State): Step {
  const [name, value] = [rest.split(' ', 1)[0]!, rest.slice(rest.indexOf(' ') + 1)];
  if (name === 'INPUT_LOG') state.logs.input = value;
  if (name === 'OUTPUT_LOG') state.logs.output = value;
  if (name === 'EXIT_CODE' && /^\d{1,9}$/.test(value)) state.exit = Number(value);
  return { code: 'nothing' };
}

function signalOf(rest: string, us: number): Step {
  const size = /^SIGWINCH ROWS=(\d{1,9}) COLS=(\d{1,9})$/.exec(rest);
  if (size) return { code: 'r', us, size: { rows: Number(size[1]), cols: Number(size[2]) } };
  const name = /^SIG[A-Z0-9]{1,12}/.exec(rest)?.[0];
  return name ? { code: 'm', us, text: `signal ${name}` } : { code: 'nothing' };
}

function headOf(line: string): ImportedHead {
  const began = /^Script started on (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d[+-]\d\d:\d\d)/.exec(line);
  const beganMs = began ? Date.parse(`${began[1]}T${began[2]}`) : Number.NaN;
  const size = / COLUMNS="(\d{1,9})" LINES="(\d{1,9})"\]?\s*$/.exec(line);
  return {
    code: 'head',
    kind: 'script',
    size: size ? ({ cols: Number(size[1]), rows: Number(size[2]) } satisfies Size) : undefined,
    term: /[ []TERM="([^"]{1,64})" TTY="/.exec(line)?.[1],
    command: /\[COMMAND="(.{1,4096}?)"(?: TERM="| <not executed)/.exec(line)?.[1],
    title: undefined,
    beganMs: Number.isNaN(beganMs) ? undefined : beganMs,
  };
}

export const script: ImportFormatRow = {
  name: 'script',
  label: LABEL,
  looksLike: (first) => Buffer.from(first).toString('latin1', 0, FIRST_WORDS.length) === FIRST_WORDS,
  timing: true,
  read,
};
