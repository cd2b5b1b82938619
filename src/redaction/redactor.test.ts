/** A text is found in whatever shape it stands, however the output is cut into pieces and however wide the terminal is; and what is left of it shows nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import '../../test/support/properties.ts';
import { resizeTerminal } from '../terminal/resize.ts';
import { newEmulator, writeNow } from '../terminal/screen.ts';
import { Sequences } from '../terminal/sequences.ts';
import { covered, Redactor, standardKinds, type PieceFinding } from './index.ts';
import { planted, shapes } from './shapes.fixture.ts';

interface Looked {
  readonly found: ReadonlyMap<number, PieceFinding>;
  /** The pieces of output that are not withheld, and all of them with blocks. */
  readonly disclosed: Buffer;
  readonly blocks: Buffer;
}

async function look(pieces: readonly Uint8Array[], cols = 80): Promise<Looked> {
  const redactor = new Redactor(standardKinds);
  await redactor.piece({
    code: 's',
    timeUs: 0,
    data: Buffer.from(JSON.stringify({ command: ['/bin/sh'], cwd: '/', cols, rows: 24, term: 'xterm', version: '1' })),
  });
  for (const data of pieces) await redactor.piece({ code: 'o', timeUs: 1, data });
  const found = await redactor.end();
  return {
    found,
    disclosed: Buffer.concat(pieces.filter((_, i) => !found.has(i + 1))),
    blocks: Buffer.concat(pieces.map((data, i) => covered(data, found.get(i + 1)?.masks ?? []))),
  };
}

const kindsOf = ({ found }: Looked): string[] => [...new Set(Array.from(found.values(), ({ kinds }) => kinds).flat())].sort();

/** The text without control functions, and with what they say. */
function textOf(output: Uint8Array): string {
  const parts: string[] = [];
  const said: string[] = [];
  const sequences = new Sequences({
    text: (bytes) => parts.push(Buffer.from(bytes).toString('utf8')),
    control: (byte) => byte === 10 && parts.push('\n'),
    string: (_kind, text) =>
      said.push(text, Buffer.from(text.split(';').at(-1)!, 'base64').toString('latin1'), decodeURIComponent(text.replaceAll(/%(?![0-9A-F]{2})/g, '%25'))),
  });
  sequences.feed(output);
  return [parts.join(''), ...said].join('\n');
}

async function screenOf(output: Uint8Array, cols: number): Promise<string> {
  const terminal = await newEmulator({ cols, rows: 24 }, 1000);
  await new Promise<void>((parsed) => terminal.write(output, parsed));
  const { active } = terminal.buffer;
  const rows = Array.from({ length: active.length }, (_, y) => active.getLine(y)!.translateToString(true) + (active.getLine(y + 1)?.isWrapped ? '' : '\n'));
  terminal.dispose();
  return rows.join('');
}

const split = (bytes: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const cuts = [...new Set([0, ...at.map((n) => Math.min(n, bytes.length)), bytes.length])].sort((a, b) => a - b);
  return cuts.slice(1).map((to, i) => bytes.subarray(cuts[i], to));
};

describe.each([40, 80, 132, 200])('%i columns', (cols) => {
  describe.each(shapes)('$name', (shape) => {
    const formats = ['hl7', 'fhir', 'x12', 'password', 'cloud-key'];
    test.each(planted.filter(({ kind }) => !shape.disguise || !formats.includes(kind)))('$kind', async ({ kind, text, value }) => {
      const output = Buffer.from(`before\r\n${shape.output(text, cols)}after\r\n`);
      const looked = await look([output], cols);
      expect(kindsOf(looked)).toContain(kind);
      for (const rest of [looked.disclosed, looked.blocks]) {
        expect(textOf(rest)).not.toContain(value);
        expect(await screenOf(rest, cols)).not.toContain(value);
      }
    });
  });
});

test('what is split at every byte is found, and every piece of it withheld', { timeout: 120_000 }, async () => {
  for (const shape of shapes)
    for (const { kind, text, value } of [planted[0]!, planted[1]!, planted[5]!]) {
      const output = Buffer.from(`before\r\n${shape.output(text, 80)}after\r\n`);
      const looked = await look(split(output, Array.from(output.keys())));
      expect(kindsOf(looked), shape.name).toContain(kind);
      expect(textOf(looked.disclosed), shape.name).not.toContain(value);
      expect(textOf(looked.blocks), shape.name).not.toContain(value);
      for (let at = 1; at < output.length; at += 31)
        expect(kindsOf(await look([output.subarray(0, at), output.subarray(at)])), `${shape.name} at ${at}`).toContain(kind);
    }
});

test('the same is found for every way to cut the output into pieces', { timeout: 120_000 }, async () => {
  const pieces = fc.array(fc.record({ shape: fc.constantFrom(...shapes), plant: fc.constantFrom(...planted), noise: fc.string({ maxLength: 30 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  const property = fc.asyncProperty(pieces, fc.array(fc.nat(2000), { maxLength: 12 }), fc.constantFrom(40, 80, 132, 200), async (parts, cuts, cols) => {
    const output = Buffer.from(
      parts.map(({ shape, plant, noise }) => `${noise.replaceAll(/\p{Cc}/gu, ' ')}\r\n${shape.output(plant.text, cols)}\r\n`).join(''),
    );
    const whole = await look([output], cols);
    const cut = await look(split(output, cuts), cols);
    expect(kindsOf(cut)).toEqual(kindsOf(whole));
    for (const { plant } of parts) expect(textOf(cut.disclosed)).not.toContain(plant.value);
  });
  await fc.assert(property, { numRuns: 60 });
});

test('blocks are as wide as what they cover, over wide characters and colours', async () => {
  const { blocks } = await look([Buffer.from('\x1b[31mPatient: DIAZ,ROSA\x1b[0m | ward 7 |\r\n')]);
  expect(blocks.toString()).toBe(`\x1b[31mPatient: ${'\u2588'.repeat(9)}\x1b[0m | ward 7 |\r\n`);
  expect(covered(Buffer.from('a\u6f22\u5b57b'), [{ from: 1, to: 7, control: false }]).toString()).toBe(`a${'\u2588'.repeat(4)}b`);
});

test('a control string that nobody can look at is withheld, and so is a long sequence that is none', async () => {
  const { found } = await look([Buffer.from(`\x1b]1337;File=:${'A'.repeat(5000)}\x07`), Buffer.from('plain\r\n'), Buffer.from(`\x1b[${'1'.repeat(300)}m`)]);
  expect([...found].map(([piece, { kinds, seen }]) => [piece, kinds, seen])).toEqual([
    [1, ['unread'], ['control']],
    [3, ['unread'], ['control']],
  ]);
});

test('a table keeps its columns over pieces, and what stands below it is left', async () => {
  const lines = [' id | last_name | state ', '----+-----------+-------', '  1 | Diaz      | MA', '  2 | Osei      | NY', '(2 rows)', '', 'last | Diaz | x'];
  const { found, blocks } = await look(lines.map((line) => Buffer.from(`${line}\r\n`)));
  expect([...found.keys()]).toEqual([3, 4]);
  expect(blocks.toString()).toContain(`  1 | ${'\u2588'.repeat(4)}      | MA`);
});

test('a command line, a marker and input are looked at too', async () => {
  const redactor = new Redactor(standardKinds);
  await redactor.piece({
    code: 's',
    timeUs: 0,
    data: Buffer.from('{"command":["mysql","-u","root","-phunter2x"],"cwd":"/","cols":80,"rows":24,"term":"xterm","version":"1"}'),
  });
  await redactor.piece({ code: 'm', timeUs: 1, data: Buffer.from('ticket of MRN 00482913') });
  await redactor.piece({ code: 'i', timeUs: 2, data: Buffer.from('psql -c "x" # ssn 536-22-') });
  await redactor.piece({ code: 'i', timeUs: 3, data: Buffer.from('1847\r') });
  await redactor.piece({ code: 'x', timeUs: 4, data: Buffer.from('{"code":0,"signal":0}') });
  const found = await redactor.end();
  expect([...found].map(([piece, { kinds, reason }]) => [piece, kinds.join(), reason])).toEqual([
    [0, 'password', 'secret'],
    [1, 'mrn', 'patient-data'],
    [2, 'ssn', 'patient-data'],
    [3, 'ssn', 'patient-data'],
  ]);
});

test('a screen that is drawn by its places and never in one line is found, and lines of a flood too', async () => {
  const flood = Array.from({ length: 5000 }, (_, i) => `line ${i} of the log\r\n`).join('');
  const { found } = await look([
    Buffer.from(flood),
    Buffer.from('\x1b[H\x1b[2J\x1b[4;1H536-22\x1b[9;1Hother\x1b[4;7H-1847\x1b[20;1H'),
    Buffer.from(flood),
    Buffer.from('SSN 536-22-1848\r\n'),
  ]);
  expect([...found.keys()]).toEqual([2, 4]);
});

test.each([10, 80, 1900])('a value whose first half comes back when the window grows by %i rows, and is ended there', async (lines) => {
  const rows = 24 + lines + 4;
  const before = 'a line of a log\r\n'.repeat(100);
  const later = Array.from({ length: lines }, (_, i) => `log ${i}\r\n`).join('');
  // Where it stands then, as a window shows it.
  const terminal = await newEmulator({ cols: 80, rows: 24 }, 10_000);
  writeNow(terminal, `${before}SSN: 536-22\r\n${later}`);
  resizeTerminal(terminal, 80, rows);
  const { active } = terminal.buffer;
  const row = Array.from({ length: rows }, (_, y) => active.getLine(active.baseY + y)!.translateToString(true)).indexOf('SSN: 536-22');
  const end = `\x1b[${row + 1};12H-8145`;
  writeNow(terminal, end);
  expect(active.getLine(active.baseY + row)!.translateToString(true)).toBe('SSN: 536-22-8145');
  terminal.dispose();
  const redactor = new Redactor(standardKinds);
  const start = JSON.stringify({ command: ['/bin/sh'], cwd: '/', cols: 80, rows: 24, term: 'xterm', version: '1' });
  const pieces = [
    ['s', start],
    ['o', before],
    ['o', 'SSN: 536-22\r\n'],
    ['o', later],
    ['r', `80x${rows}`],
    ['o', end],
  ] as const;
  for (const [code, data] of pieces) await redactor.piece({ code, timeUs: 1, data: Buffer.from(data) });
  expect([...(await redactor.end()).values()].flatMap(({ kinds }) => kinds)).toContain('ssn');
});
