/**
 * The text that the benchmarks print: a quarter each of plain logs, of text beyond ASCII, of heavy colour, and of cursor
 * motion as full-screen programs make it, in stretches of 256 KiB. The same seed gives the same bytes on every machine.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Changes with the generator, so that an old file in the cache is never taken for a new one. */
const version = 1;
const stretch = 256 * 1024;

/** Mulberry32: 32 bits of state, good enough to vary text, the same everywhere. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Random = (below: number) => number;

const words = (
  'access account adapter admission agent audit backup barcode bridge buffer cache chart client cluster config connection console ' +
  'daemon database device digest dispatch driver endpoint error event export gateway handler header host image import index infusion ' +
  'interface job journal kernel label ledger listener lock message module monitor network node order packet panel patient pharmacy ' +
  'policy port printer process profile query queue radiology record register release relay replica request response restart result ' +
  'router sample scanner schema segment sensor server service session signal socket station status storage stream table telemetry ' +
  'terminal thread ticket timeout token transfer unit update upload user value vault viewer volume ward warning watcher worker zone'
).split(' ');
const eastAsian = [...'患者記録診察室薬剤部検査結果病棟看護師电子病历检验报告药房门诊住院部护士站환자기록진료실약제부검사결과병동간호사'];
const accented = 'Müller Ærøskøbing Łódź Škoda Çelik Ngọc Þórunn Ιπποκράτης Гиппократ אברהם ابن‌سينا नमस्ते ภาษาไทย'.split(' ');
const emoji = ['😷', '🏥', '💊', '🩺', '🚑', '👩‍⚕️', '🧑🏽‍🔬', '🏳️‍🌈', '🇨🇭', '👨‍👩‍👧', '❤️', '⚠️'];
const frames = [...'┌┬┐├┼┤└┴┘─│╔╦╗╠╬╣╚╩╝═║▏▎▍▌▋▊▉█░▒▓⠁⠃⠇⡇⣇⣧⣷⣿'];

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;
const digits = (random: Random, width: number): string => String(random(10 ** width)).padStart(width, '0');
const phrase = (random: Random, least: number, most: number): string =>
  Array.from({ length: least + random(most - least + 1) }, () => pick(random, words)).join(' ');

function plain(random: Random): string {
  switch (random(4)) {
    case 0:
      return `2026-${String(1 + random(12)).padStart(2, '0')}-${String(1 + random(28)).padStart(2, '0')}T${digits(random, 2)}:${digits(random, 2)}.${digits(random, 3)}Z ward${digits(random, 2)} ${pick(random, words)}[${random(65536)}]: ${phrase(random, 3, 9)}\n`;
    case 1:
      return `-rw-r----- ${1 + random(3)} root adm ${String(random(10 ** 8)).padStart(9)} Nov ${String(1 + random(28)).padStart(2)} ${digits(random, 2)}:${digits(random, 2)} ${pick(random, words)}-${pick(random, words)}.${pick(random, ['log', 'conf', 'sql', 'gz'])}\n`;
    case 2:
      return `${'  '.repeat(random(5))}${pick(random, words)}(${phrase(random, 1, 3).replaceAll(' ', ', ')}) { return ${pick(random, words)}.${pick(random, words)}[${random(100)}]; }\n`;
    default:
      return `${phrase(random, 4, 18)}.\n`;
  }
}

function beyondAscii(random: Random): string {
  const parts = Array.from({ length: 6 + random(14) }, () => {
    switch (random(5)) {
      case 0:
        return Array.from({ length: 2 + random(6) }, () => pick(random, eastAsian)).join('');
      case 1:
        return pick(random, emoji);
      case 2:
        return pick(random, accented);
      case 3:
        return Array.from({ length: 1 + random(10) }, () => pick(random, frames)).join('');
      default:
        return pick(random, words);
    }
  });
  return `${parts.join(' ')}\n`;
}

function colour(random: Random): string {
  const parts = Array.from({ length: 8 + random(20) }, () => {
    const style = pick<() => string>(random, [
      () => `${30 + random(8)}`,
      () => `1;${90 + random(8)};${40 + random(8)}`,
      () => `38;5;${random(256)}`,
      () => `38;2;${random(256)};${random(256)};${random(256)}`,
      () => `4;48;2;${random(256)};${random(256)};${random(256)}`,
      () => '0',
    ])();
    return `\x1b[${style}m${pick(random, words).slice(0, 1 + random(8))} `;
  });
  return `${parts.join('')}\x1b[0m\n`;
}

function motion(random: Random): string {
  switch (random(4)) {
    case 0: // Jumps over the whole screen, as a monitoring program paints its numbers.
      return Array.from({ length: 80 }, () => `\x1b[${1 + random(40)};${1 + random(116)}H${digits(random, 4)}`).join('');
    case 1: // A scroll region, as an editor or a log viewer uses it.
      return `\x1b[3;38r${Array.from({ length: 24 }, () => `\x1b[38;1H${phrase(random, 2, 8)}\n`).join('')}\x1b[r`;
    case 2: // A full repaint on the alternate screen.
      return `\x1b[?1049h\x1b[H\x1b[2J${Array.from({ length: 40 }, (_, row) => `\x1b[${row + 1};1H\x1b[K${phrase(random, 1, 12)}`).join('')}\x1b[?1049l`;
    default: // Editing within a line.
      return `${Array.from({ length: 30 }, () => `\x1b[${1 + random(4)}${pick(random, [...'ABCD'])}\x1b[${pick(random, ['K', '1K', '3X', '2P', '2@', 'L', 'M'])}${pick(random, words)}`).join('')}\x1b[0m\r\n`;
  }
}

const kinds = [plain, beyondAscii, colour, motion];

/** The corpus in stretches; the last one ends at the first line end at or after `bytes`. */
export function* generate(bytes: number): Generator<Buffer> {
  const random = randomFrom(0x77617264);
  let written = 0;
  for (let index = 0; written < bytes; index++) {
    const kind = kinds[index % kinds.length]!;
    const wanted = Math.min(stretch, bytes - written);
    const parts: Buffer[] = [];
    let length = 0;
    while (length < wanted) {
      const part = Buffer.from(kind(random));
      parts.push(part);
      length += part.length;
    }
    written += length;
    yield Buffer.concat(parts, length);
  }
}

export interface Corpus {
  readonly file: string;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Bytes that a terminal makes of it: its line discipline turns each \n into \r\n. */
  readonly ptyBytes: number;
  /** SHA-256 (hex) of what a terminal makes of it. */
  readonly ptySha256: string;
}

/** \n to \r\n, as a terminal in its usual mode does it (termios OPOST and ONLCR), also after a \r that is there already. */
export function throughPty(bytes: Buffer): Buffer {
  let newlines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) newlines++;
  const out = Buffer.allocUnsafe(bytes.length + newlines);
  let read = 0;
  let write = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    write += bytes.copy(out, write, read, at);
    out[write++] = 13;
    out[write++] = 10;
    read = at + 1;
  }
  bytes.copy(out, write, read);
  return out;
}

/** The corpus of so many MB (1e6 bytes) in the cache folder, made if it is not there. */
export function corpus(folder: string, megabytes: number): Corpus {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `corpus-${version}-${megabytes}.txt`);
  const facts = `${file}.json`;
  if (!existsSync(facts)) {
    const hash = createHash('sha256');
    let bytes = 0;
    let ptyBytes = 0;
    const fd = openSync(`${file}.new`, 'w');
    for (const part of generate(megabytes * 1e6)) {
      writeSync(fd, part);
      const seen = throughPty(part);
      hash.update(seen);
      bytes += part.length;
      ptyBytes += seen.length;
    }
    closeSync(fd);
    renameSync(`${file}.new`, file);
    writeFileSync(facts, JSON.stringify({ file, bytes, ptyBytes, ptySha256: hash.digest('hex') } satisfies Corpus));
  }
  return JSON.parse(readFileSync(facts, 'utf8')) as Corpus;
}
