/**
 * tlog's JSON (tlog-rec(8), doc/log_format.md of version 2.3): a message a line. What was typed and printed stands as text, bytes that are no
 * text beside it, and `timing` says in which order and when how much of each came. Pure.
 */
import { notTheFormat, tooMuch, type ImportError } from './errors.ts';
import { jsonOf, MAX_LINE_BYTES, membersOf } from './json-line.ts';
import { Pull, type Line } from './pull.ts';
import type { ImportFormatRow, ReadEvent, Reading, Size } from './types.ts';

const LABEL = 'a log of tlog';
const refuse = ({ number }: Line, why: string): ImportError => notTheFormat(LABEL, `line ${number}`, why);
const tooLong = (number: number): ImportError => tooMuch(`Line ${number} is longer than ${MAX_LINE_BYTES} bytes`);

interface Message {
  readonly rec: string;
  readonly id: number;
  /** Milliseconds since the start of the recording. */
  readonly pos: number;
  readonly timing: string;
  readonly text: string;
  readonly bytes: readonly unknown[];
  readonly term: string | undefined;
  /** Seconds since 1970; from version 2.3 on. */
  readonly time: number | undefined;
}

function* read({ content }: { readonly content: Iterable<Uint8Array> }): Reading {
  const lines = new Pull(content);
  let before: Message | undefined;
  for (let line = lines.line(MAX_LINE_BYTES, tooLong); line; line = lines.line(MAX_LINE_BYTES, tooLong)) {
    if (line.bytes.length === 0) continue;
    const json = jsonOf(line);
    if ('fault' in json) {
      if (line.ended || !before) throw refuse(line, json.fault);
      yield { code: 'torn', bytes: line.bytes.length };
      return;
    }
    const message = messageOf(line, json.value);
    if (!before) {
      yield {
        code: 'head',
        kind: 'tlog',
        size: firstSize(message.timing),
        term: message.term,
        command: undefined,
        title: undefined,
        beganMs: message.time === undefined ? undefined : Math.round(message.time * 1000 - message.pos),
      };
      if (message.id > 1) yield { code: 'missing', count: message.id - 1 };
    } else {
      if (message.rec !== before.rec) throw refuse(line, 'is of another recording: sort them apart first, one file each');
      if (message.id <= before.id) throw refuse(line, 'has a message that is not behind the one before it');
      if (message.id > before.id + 1) yield { code: 'missing', count: message.id - before.id - 1 };
    }
    yield* eventsOf(line, message);
    // What it says is done with: only where it stands is held.
    before = { ...message, timing: '', text: '', bytes: [] };
  }
  if (!before) throw notTheFormat(LABEL, 'the file', 'is empty');
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function messageOf(line: Line, value: unknown): Message {
  const members = membersOf(value);
  if (!members) throw refuse(line, 'is not a message');
  const { ver, rec, id, pos, timing, out_txt: text = '', out_bin: bytes = [], term, time } = members;
  if (typeof ver !== 'string' || !/^2(\.\d{1,4})?$/.test(ver)) throw refuse(line, 'is not a message of version 2');
  if ((rec !== undefined && typeof rec !== 'string') || !isCount(id) || !isCount(pos) || typeof timing !== 'string')
    throw refuse(line, 'lacks a part of a message');
  if (typeof text !== 'string' || !Array.isArray(bytes)) throw refuse(line, 'has output that is none');
  return {
    rec: rec ?? '',
    id,
    pos,
    timing,
    text,
    bytes: bytes as unknown[],
    term: typeof term === 'string' && term !== '' ? term : undefined,
    time: typeof time === 'number' ? time : undefined,
  };
}

/** A recorder says it with the first thing that happens. */
function firstSize(timing: string): Size | undefined {
  const found = /^=(\d{1,9})x(\d{1,9})/.exec(timing);
  return found ? { cols: Number(found[1]), rows: Number(found[2]) } : undefined;
}

/** A record of `timing`, from where the last one ended. */
const RECORD = /\+(\d{1,12})|([<>])(\d{1,9})|([[\]])(\d{1,9})\/(\d{1,9})|=(\d{1,9})x(\d{1,9})/y;

function* eventsOf(line: Line, { pos, timing, text, bytes }: Message): Generator<ReadEvent, void, undefined> {
  let us = pos * 1000;
  /** Of the text, in its own units; of the bytes. */
  let [at, byte] = [0, 0];
  const characters = (count: number): string => {
    const from = at;
    for (let n = 0; n < count; n++) {
      if (at >= text.length) throw refuse(line, 'says that there is more output than it has');
      at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    }
    return text.slice(from, at);
  };
  RECORD.lastIndex = 0;
  while (RECORD.lastIndex < timing.length) {
    const found = RECORD.exec(timing);
    if (!found) throw refuse(line, 'has a timing that is none');
    const next = RECORD.lastIndex;
    const [, delay, text1, count, binary, skipped, taken, cols, rows] = found;
    if (delay !== undefined) us += Number(delay) * 1000;
    else if (cols !== undefined) yield { code: 'r', us, size: { cols: Number(cols), rows: Number(rows) } };
    else if (text1 === '<') yield { code: 'i', us, count: Number(count) };
    else if (text1 === '>') yield { code: 'o', us, data: Buffer.from(characters(Number(count)), 'utf8') };
    else if (binary === '[') yield { code: 'i', us, count: Number(taken) };
    else {
      // In the text each stands as U+FFFD.
      characters(Number(skipped));
      const raw = bytes.slice(byte, byte + Number(taken));
      byte += raw.length;
      if (raw.length < Number(taken) || !raw.every((value) => isCount(value) && value < 256)) throw refuse(line, 'has bytes of output that are none');
      yield { code: 'o', us, data: Uint8Array.from(raw as number[]) };
    }
    // Whoever took the event may have read another message meanwhile.
    RECORD.lastIndex = next;
  }
  if (at < text.length || byte < bytes.length) throw refuse(line, 'has more output than its timing says');
}

export const tlog: ImportFormatRow = {
  name: 'tlog',
  label: LABEL,
  looksLike: (first) => /^\s*\{[^\n]*"ver"\s*:\s*"2(?:\.\d+)?"/.test(Buffer.from(first).toString('latin1')) && Buffer.from(first).includes('"timing"'),
  timing: false,
  read,
};
