import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confirmBytes, filterPaste, needsConfirmation, pasteBytes, pasteEnd, pasteStart, showControls, summarizePaste } from './paste.ts';

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\x1b[201~',
        '\x1b',
        '[201~',
        '\x9b201~',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\x7f',
        '\x85',
        '\x00',
        '\r\n',
        '\n',
        '\t',
        'rm -rf',
        '\ud800',
        '\x1b\x1b[201~[201~',
        '\u{e0041}',
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('paste filter', () => {
  it.each([
    0x00, 0x08, 0x0b, 0x1b, 0x1f, 0x7f, 0x80, 0x9b, 0x9f, 0xad, 0x61c, 0x200b, 0x200d, 0x200e, 0x2028, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfe0f, 0xfeff,
    0xfffa, 0xe0041, 0xe0100, 0xd800,
  ])('takes out U+%s', (code) => {
    expect(filterPaste(`a${String.fromCodePoint(code)}b`)).toEqual({ text: 'ab', removed: 1 });
  });

  it('leaves nothing that drives a terminal or hides, and is stable', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { text: clean, removed } = filterPaste(text);
        for (const char of clean) {
          const code = char.codePointAt(0) ?? 0;
          const fine = code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0x7f) || code >= 0xa0;
          if (!fine) throw new Error(`U+${code.toString(16)} survived`);
          const hidden =
            (code >= 0x200b && code <= 0x200f) ||
            (code >= 0x2028 && code <= 0x202e) ||
            (code >= 0x2060 && code <= 0x206f) ||
            code === 0xfeff ||
            (code >= 0xd800 && code <= 0xdfff) ||
            (code >= 0xe0000 && code <= 0xe007f);
          if (hidden) throw new Error(`U+${code.toString(16)} survived`);
        }
        expect([...text].length - [...clean].length).toBe(removed);
        expect(filterPaste(clean)).toEqual({ text: clean, removed: 0 });
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot be made to end a bracketed paste early', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const sent = pasteBytes(text, true);
        expect(sent.startsWith(pasteStart) && sent.endsWith(pasteEnd)).toBe(true);
        const body = sent.slice(pasteStart.length, -pasteEnd.length);
        expect(body).not.toMatch(/[\x1b\x9b\n]/);
        expect(pasteBytes(text, false)).toBe(body);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps ordinary text as it is', () => {
    const text = 'ls -la "Ärzte" 日本 🩺\tx\r\nnext';
    expect(filterPaste(text)).toEqual({ text, removed: 0 });
    expect(pasteBytes('a\r\nb\nc\rd', false)).toBe('a\rb\rc\rd');
  });

  it('asks for several lines and for much text', () => {
    expect(needsConfirmation('ls')).toBe(false);
    expect(needsConfirmation('ls\n')).toBe(true);
    expect(needsConfirmation('a\rb')).toBe(true);
    expect(needsConfirmation('x'.repeat(confirmBytes))).toBe(false);
    expect(needsConfirmation('x'.repeat(confirmBytes + 1))).toBe(true);
    expect(needsConfirmation('ä'.repeat(confirmBytes / 2 + 1))).toBe(true);
  });

  it('shows what is hidden', () => {
    const summary = summarizePaste('sudo \x1b[201~rm\u202e\nb\nc\nd\ne\nf\n');
    expect(summary).toMatchObject({ lines: 6, moreLines: 1, removed: 2, sentence: 'Paste 6 lines, 23 bytes? 2 hidden or control characters are taken out.' });
    expect(summary.firstLines[0]).toBe('sudo ^[[201~rm<U+202E>');
    expect(summary.firstLines).toHaveLength(5);
    expect(summarizePaste('x').sentence).toBe('Paste 1 line, 1 byte?');
    expect(showControls('\x7f\x00\x9b')).toBe('^?^@<U+009B>');
    expect(showControls(summary.firstLines.join(''))).toBe(summary.firstLines.join(''));
  });
});
