/** What is no UTF-8 is shown as U+FFFD, however the output is cut, and what is UTF-8 is not touched. */
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutCharacter, repairUtf8, utf8WithMarks, WholeCharacters } from './utf8.ts';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('UTF-8 is the same array', () => {
  const bytes = Buffer.from('Müller 検査 👩‍⚕️ \ufeff\ufffd \x1b[1m');
  expect(repairUtf8(bytes)).toBe(bytes);
});

test.each([
  ['latin1 \xe9 end', 'latin1 \ufffd end'],
  ['\xe2\x82\x1b[1mx', '\ufffd\x1b[1mx'],
  ['\x9b6n', '\ufffd6n'],
  ['\xc0\xaf \xed\xa0\x80 \xf8', '\ufffd\ufffd \ufffd\ufffd\ufffd \ufffd'],
])('%j', (given, wanted) => {
  expect(Buffer.from(repairUtf8(latin1(given))).toString()).toBe(wanted);
});

/** The ends of every range of the first, second and later bytes, and the bytes beside them. */
const edges = [
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

/** The platform's decoder, byte by byte: what it has not said after one is what it holds. */
function heldByDecoder(bytes: readonly number[]): number {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let said = '';
  for (const byte of bytes) said += decoder.decode(Uint8Array.of(byte), { stream: true });
  const rest = decoder.decode();
  // A held part becomes one mark at the end; how long it is says what of the whole text is missing.
  if (rest === '') return 0;
  for (let held = 1; held <= 3; held++) {
    const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes.slice(0, -held)));
    if (before === said) return held;
  }
  throw new Error(`the decoder holds something else: ${bytes.join(' ')}`);
}

test('what is held back is what the platform’s decoder holds back: each two bytes, and each four of the edges', () => {
  const wrong: string[] = [];
  const look = (bytes: number[]): void => {
    if (cutCharacter(Uint8Array.from(bytes)) !== heldByDecoder(bytes)) wrong.push(bytes.map((byte) => byte.toString(16)).join(' '));
  };
  for (let first = 0; first < 256; first++) for (let second = 0; second < 256; second++) look([first, second]);
  for (const a of edges) for (const b of edges) for (const c of edges) look([a, b, c]);
  // Four bytes: the three behind a first one decide.
  for (const a of [0x41, 0xe2, 0xf0]) for (const b of edges) for (const c of edges) for (const d of edges) look([a, b, c, d]);
  expect(wrong).toEqual([]);
});

test('the same in one piece and in any pieces, as text and repaired, whatever becomes of the pieces', () => {
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...edges));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 40 }), fc.array(fc.nat(40), { maxLength: 8 }), (values, cuts) => {
      const bytes = Uint8Array.from(values);
      const text = new WholeCharacters();
      const at = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length];
      let [said, repaired] = ['', ''];
      const take = (whole: Uint8Array): void => {
        said += utf8WithMarks(whole);
        repaired += Buffer.from(repairUtf8(whole)).toString();
      };
      for (let i = 1; i < at.length; i++) {
        // A Buffer, whose slices are no copies, and which is wiped.
        const piece = Buffer.from(bytes.subarray(at[i - 1], at[i]));
        take(text.feed(piece));
        piece.fill(0);
      }
      expect(text.waiting).toBe(cutCharacter(bytes));
      take(text.end());
      expect(text.waiting).toBe(0);
      const wanted = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      expect([said, repaired]).toEqual([wanted, wanted]);
    }),
    { numRuns: 2000 },
  );
});

test('an emulator shows that there was a letter', async () => {
  const terminal = new Terminal({ allowProposedApi: true, cols: 40, rows: 3 });
  await new Promise<void>((done) => terminal.write(repairUtf8(latin1('latin1 \xe9 end')), done));
  expect(terminal.buffer.active.getLine(0)!.translateToString(true)).toBe('latin1 \ufffd end');
});
