/** Shared by tests: files of each format, made from what they should be read as, and what was read of a file. */
import { emptyTally, formatOf, importFormats, settled, type SettledHead, type Tally } from './index.ts';
import type { SettledEvent } from './settle.ts';

/** A file that is read: its bytes, and of script those of the timing file. */
export interface MadeFile {
  readonly format: string;
  readonly content: Buffer;
  readonly timing?: Buffer;
}

export interface ReadBack {
  readonly head: SettledHead;
  readonly events: readonly SettledEvent[];
  readonly output: Buffer;
  readonly tally: Tally;
}

/** In pieces of these lengths, over and over; as one where there are none. */
function* pieces(bytes: Buffer, lengths: readonly number[] = []): Generator<Buffer> {
  if (lengths.length === 0) return yield bytes;
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const length = Math.max(1, lengths[n % lengths.length]!);
    yield bytes.subarray(at, (at += length));
  }
}

/** @throws ImportError */
export function readBack({ format, content, timing }: MadeFile, lengths?: readonly number[]): ReadBack {
  const row = format === 'auto' ? formatOf(content) : importFormats.find(({ name }) => name === format)!;
  const tally = emptyTally();
  let head: SettledHead | undefined;
  const events: SettledEvent[] = [];
  for (const event of settled(row.read({ content: pieces(content, lengths), timing: timing && pieces(timing, lengths) }), tally))
    if (event.code === 'head') head = event;
    else events.push(event);
  return { head: head!, events, output: Buffer.concat(events.flatMap((event) => (event.code === 'o' ? [event.data] : []))), tally };
}

/** What is printed when: seconds since what is before it, and bytes. */
export interface Printed {
  readonly after: number;
  readonly data: Buffer;
}

const lines = (all: readonly unknown[]): Buffer => Buffer.from(all.map((one) => `${JSON.stringify(one)}\n`).join(''));

/** Each format's way to write down the same session. asciicast and tlog are text: their bytes have to be UTF-8 there, but of tlog, which has both. */
export const makers: Readonly<Record<string, (session: readonly Printed[]) => MadeFile>> = {
  'asciicast-v2': (session) => {
    let at = 0;
    const events = session.map(({ after, data }) => [(at += after), 'o', data.toString('utf8')]);
    return { format: 'asciicast', content: lines([{ version: 2, width: 80, height: 24, timestamp: 1504467315 }, ...events]) };
  },
  'asciicast-v3': (session) => ({
    format: 'asciicast',
    content: lines([
      { version: 3, term: { cols: 80, rows: 24 }, timestamp: 1504467315 },
      ...session.map(({ after, data }) => [after, 'o', data.toString('utf8')]),
    ]),
  }),
  ttyrec: (session) => {
    let us = 1504467315 * 1e6;
    const frames = session.flatMap(({ after, data }) => {
      us += Math.round(after * 1e6);
      const head = Buffer.alloc(12);
      head.writeUInt32LE(Math.floor(us / 1e6), 0);
      head.writeUInt32LE(us % 1e6, 4);
      head.writeUInt32LE(data.length, 8);
      return [head, data];
    });
    return { format: 'ttyrec', content: Buffer.concat(frames) };
  },
  'script, classic': (session) => ({
    format: 'script',
    content: Buffer.concat([
      Buffer.from('Script started on 2026-11-28 22:20:00+00:00 [COMMAND="sh" <not executed on terminal>]\n'),
      ...session.map(({ data }) => data),
      last,
    ]),
    timing: Buffer.from(session.map(({ after, data }) => `${after.toFixed(6)} ${data.length}\n`).join('')),
  }),
  'script, advanced': (session) => ({
    format: 'script',
    content: Buffer.concat([
      Buffer.from('Script started on 2026-11-28 22:20:00+00:00 [TERM="xterm" TTY="/dev/pts/1" COLUMNS="80" LINES="24"]\n'),
      ...session.map(({ data }) => data),
      last,
    ]),
    timing: Buffer.from(
      `H 0.000000 START_TIME 2026-11-28 22:20:00+00:00\n${session.map(({ after, data }) => `O ${after.toFixed(6)} ${data.length}\n`).join('')}H 0.000000 EXIT_CODE 3\n`,
    ),
  }),
  tlog: (session) => {
    let pos = 0;
    const messages = session.map(({ after, data }, n) => {
      pos += Math.round(after * 1000);
      const text = utf8(data);
      return {
        ver: '2.3',
        host: 'h',
        rec: 'r',
        user: 'u',
        term: 'xterm',
        session: 1,
        id: n + 1,
        pos,
        time: 1504467315 + pos / 1000,
        timing: `${n === 0 ? '=80x24' : ''}${text === undefined ? `]${data.length}/${data.length}` : `>${[...text].length}`}`,
        in_txt: '',
        in_bin: [],
        out_txt: text ?? '\ufffd'.repeat(data.length),
        out_bin: text === undefined ? [...data] : [],
      };
    });
    return { format: 'tlog', content: lines(messages) };
  },
};
const last = Buffer.from('\nScript done on 2026-11-28 22:20:00+00:00 [COMMAND_EXIT_CODE="3"]\n');

function utf8(data: Buffer): string | undefined {
  const text = data.toString('utf8');
  return Buffer.from(text, 'utf8').equals(data) ? text : undefined;
}
