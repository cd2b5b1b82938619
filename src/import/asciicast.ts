/**
 * asciinema's asciicast, versions 2 and 3 (docs.asciinema.org, "asciicast v2", "asciicast v3"): a line of JSON with the header, then a line
 * `[time, code, data]` for each event. In version 2 the time is that since the start, in version 3 that since the event before. Pure.
 */
import { notTheFormat, tooMuch, type ImportError } from './errors.ts';
import { jsonOf, MAX_LINE_BYTES, membersOf } from './json-line.ts';
import { Pull, type Line } from './pull.ts';
import type { ImportedHead, ImportFormatRow, ReadEvent, Reading, Size } from './types.ts';

const LABEL = 'an asciicast of asciinema';
const refuse = ({ number }: Line, why: string): ImportError => notTheFormat(LABEL, `line ${number}`, why);
const tooLong = (number: number): ImportError => tooMuch(`Line ${number} is longer than ${MAX_LINE_BYTES} bytes`);

const US = 1_000_000;
const COMMENT = 0x23;

function* read({ content }: { readonly content: Iterable<Uint8Array> }): Reading {
  const lines = new Pull(content);
  const first = lines.line(MAX_LINE_BYTES, tooLong);
  if (!first) throw notTheFormat(LABEL, 'the file', 'is empty');
  const head = readHead(first);
  yield head;
  const intervals = head.kind === 'asciicast-v3';
  let us = 0;
  for (let line = lines.line(MAX_LINE_BYTES, tooLong); line; line = lines.line(MAX_LINE_BYTES, tooLong)) {
    if (line.bytes.length === 0 || (intervals && line.bytes[0] === COMMENT)) continue;
    const json = jsonOf(line);
    if ('fault' in json) {
      // A recorder that was killed in the middle of a line leaves this.
      if (line.ended) throw refuse(line, json.fault);
      yield { code: 'torn', bytes: line.bytes.length };
      return;
    }
    const { value } = json;
    if (!Array.isArray(value) || value.length !== 3) throw refuse(line, 'is not an event of three parts');
    const [time, code, data] = value as unknown[];
    if (typeof time !== 'number' || !Number.isFinite(time)) throw refuse(line, 'has no time');
    if (typeof code !== 'string') throw refuse(line, 'has no code');
    us = intervals ? us + time * US : time * US;
    yield eventOf(line, us, code, data);
  }
}

function readHead(line: Line): ImportedHead {
  const json = jsonOf(line);
  if ('fault' in json) throw refuse(line, json.fault);
  const members = membersOf(json.value);
  const version = members?.['version'];
  if (!members || (version !== 2 && version !== 3))
    throw refuse(line, version === 1 ? 'is of version 1, which is not read here: convert it (asciinema convert)' : 'is no header of version 2 or 3');
  const term = version === 3 ? (membersOf(members['term']) ?? {}) : {};
  const [cols, rows] = version === 3 ? [term['cols'], term['rows']] : [members['width'], members['height']];
  if (typeof cols !== 'number' || typeof rows !== 'number') throw refuse(line, 'does not say how large the terminal was');
  const { timestamp, command, title, env } = members;
  const type = version === 3 ? term['type'] : membersOf(env)?.['TERM'];
  return {
    code: 'head',
    kind: version === 3 ? 'asciicast-v3' : 'asciicast-v2',
    size: { cols, rows },
    term: textOf(type),
    command: textOf(command),
    title: textOf(title),
    beganMs: typeof timestamp === 'number' ? timestamp * 1000 : undefined,
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function eventOf(line: Line, us: number, code: string, data: unknown): ReadEvent {
  if (!['o', 'i', 'm', 'r', 'x'].includes(code)) return { code: 'unknown', count: 1 };
  if (typeof data !== 'string') throw refuse(line, 'has data that are not text');
  switch (code) {
    case 'o':
      return { code, us, data: Buffer.from(data, 'utf8') };
    case 'i':
      return { code, us, count: Buffer.byteLength(data) };
    case 'm':
      return { code, us, text: data };
    case 'r': {
      const size = sizeOf(data);
      if (!size) throw refuse(line, 'has a size that is none');
      return { code, us, size };
    }
    default: {
      if (!/^-?\d{1,9}$/.test(data)) throw refuse(line, 'has an exit status that is none');
      return { code: 'x', us, exit: Number(data) };
    }
  }
}

function sizeOf(text: string): Size | undefined {
  const found = /^(\d{1,9})x(\d{1,9})$/.exec(text);
  return found ? { cols: Number(found[1]), rows: Number(found[2]) } : undefined;
}

export const asciicast: ImportFormatRow = {
  name: 'asciicast',
  label: LABEL,
  looksLike: (first) => /^\s*\{[^\n]*"version"\s*:\s*[123]\s*[,}]/.test(Buffer.from(first).toString('latin1')),
  timing: false,
  read,
};
