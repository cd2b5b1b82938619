/** The text of a PDF as Chromium writes them: each font's glyphs by its own map to Unicode. For tests: of other PDFs it understands nothing. */
import { inflateSync } from 'node:zlib';

interface PdfObject {
  readonly head: string;
  readonly stream: string;
}

function objectsOf(pdf: Buffer): Map<string, PdfObject> {
  const objects = new Map<string, PdfObject>();
  const text = pdf.toString('latin1');
  for (const { 1: id, index } of text.matchAll(/(?<=^|\n)(\d+) 0 obj\b/g)) {
    const end = text.indexOf('endobj', index);
    const begin = text.indexOf('stream\n', index);
    const hasStream = begin > 0 && begin < end;
    const head = text.slice(index, hasStream ? begin : end);
    const length = Number(/\/Length (\d+)/.exec(head)?.[1] ?? 0);
    const bytes = hasStream ? pdf.subarray(begin + 7, begin + 7 + length) : Buffer.alloc(0);
    objects.set(id!, { head, stream: (head.includes('/FlateDecode') ? inflateSync(bytes) : bytes).toString('latin1') });
  }
  return objects;
}

const unicode = (hex: string): string => Buffer.from(hex, 'hex').swap16().toString('utf16le');

function mapOf(cmap: string): Map<number, string> {
  const glyphs = new Map<number, string>();
  for (const [, block] of cmap.matchAll(/beginbfchar([\s\S]*?)endbfchar/g))
    for (const [, from, to] of block!.matchAll(/<(\w+)> <(\w+)>/g)) glyphs.set(parseInt(from!, 16), unicode(to!));
  for (const [, block] of cmap.matchAll(/beginbfrange([\s\S]*?)endbfrange/g))
    for (const [, from, to, first] of block!.matchAll(/<(\w+)> <(\w+)> <(\w+)>/g))
      for (let glyph = parseInt(from!, 16); glyph <= parseInt(to!, 16); glyph++)
        glyphs.set(glyph, String.fromCodePoint(parseInt(first!, 16) + glyph - parseInt(from!, 16)));
  return glyphs;
}

/** Its pages, and its text without spaces and ligatures: a PDF has places, and hardly any spaces. */
export function readPdf(pdf: Buffer): { readonly pages: number; readonly text: string; readonly heads: string } {
  const objects = objectsOf(pdf);
  const heads = [...objects.values()].map(({ head }) => head).join('\n');
  const fonts = new Map<string, Map<number, string>>();
  for (const [, name, id] of heads.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
    const map = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id!)?.head ?? '')?.[1];
    if (map !== undefined) fonts.set(name!, mapOf(objects.get(map)?.stream ?? ''));
  }
  let text = '';
  for (const { stream } of objects.values()) {
    let font: Map<number, string> | undefined;
    for (const [, name, hex] of stream.matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>/g)) {
      if (name !== undefined) font = fonts.get(name);
      else if (font) for (const [glyph] of hex!.matchAll(/.{4}/g)) text += font.get(parseInt(glyph, 16)) ?? '';
    }
  }
  return { pages: [...heads.matchAll(/\/Type \/Page\b/g)].length, text: text.normalize('NFKC').replace(/\s/g, ''), heads };
}
