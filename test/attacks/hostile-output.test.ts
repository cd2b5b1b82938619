/**
 * Output that was printed to stop whoever reads the recording later: each that reads one comes to its end, and shows what was printed behind it. The emulator alone is
 * held by src/terminal/emulator-guard.test.ts; here it is what stands around it, over real recordings.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planDisclosure } from '../../src/export/disclosure.ts';
import { previewOf } from '../../src/export/preview.ts';
import { openRecording } from '../../src/recording/reader.ts';
import { standardKinds } from '../../src/redaction/index.ts';
import { searchRecordings } from '../../src/review/search-recordings.ts';
import { Watched } from '../../src/review/replay.ts';
import { transcribe } from '../../src/review/transcript.ts';
import { Painter } from '../../src/terminal/painter.ts';
import { ReplayFilter } from '../../src/terminal/replay-filter.ts';
import { masksOf } from '../../src/vault/masks.ts';
import { newRecording, opener, removeFolders } from '../support/recording.ts';

const MiB = 1024 * 1024;
const most = 2_147_483_647;
/** Whatever it was in, is left. */
const leaves = '\x18\x1b\\\x1b[r\x1b[?1049l\x1b[999;1H\r\n';
const after = 'after-42 SSN: 536-22-1848';

const hostile: readonly (readonly [name: string, pieces: readonly string[]])[] = [
  ['a screen that is erased up to its last cell', ['\x1b[999;999H\x1b[1J', '\x1b[999;999H\x1b[?1J']],
  ['functions that are repeated without end', [...'SLMTIZb@PX'].map((final) => `x\x1b[${most}${final}`.repeat(50))],
  ['200,000 marks on one letter, which is repeated', [`e${'\u0301'.repeat(200_000)}`, `\x1b[${most}b`]],
  ['a title of megabytes', ['\x1b]0;', ...Array.from({ length: 4 }, () => 'title '.repeat(MiB / 6)), '\x07']],
  ['control strings in control strings, which nobody ends', ['\x1bP'.repeat(50_000), '\x1bPq\x1b]x\x1b_y\x1b^'.repeat(50_000)]],
  ['a control function with a million parameters', [`\x1b[${'1;'.repeat(MiB / 2)}m`, `\x1b[${'9'.repeat(MiB)}C`]],
  ['thousands of links', Array.from({ length: 2000 }, (_, n) => `\x1b]8;;http://x/${n}\x07l${n}\x1b]8;;\x07`)],
];

describe.each(hostile)('%s', (_name, pieces) => {
  let folder: string;
  let id: string;
  beforeAll(async () => {
    const { writer, clock } = await newRecording();
    const print = (text: string): void => {
      clock.step(100);
      writer.output(Buffer.from(text));
    };
    for (const piece of ['SSN: 536-22-1847\r\n', ...pieces, `${leaves}${after}\r\nops@icu:~$ `, 'true', '\r\n', 'ops@icu:~$ ']) print(piece);
    await writer.end('exit');
    ({ folder, id } = writer);
  });

  test('a replay, its text and its commands come to the end', async () => {
    const watched = new Watched(folder, opener);
    const lines: string[] = [];
    await watched.read({ left: (line) => void lines.push('gap' in line ? '' : line.text) });
    expect(watched.fault).toBeUndefined();
    expect(lines).toContain(after);
    expect(watched.commands.map(({ text }) => text)).toContain('true');
    const watching = watched.player();
    const { screen } = await watching.seek(watched.timeline.durationUs);
    expect(Buffer.from(screen.bytes).toString()).toContain('after-42');
    await watching.close();
    watched.wipe();
  });

  test('as text of the command, and by a search', async () => {
    const lines: string[] = [];
    const { commands } = await transcribe((await openRecording(folder)).contents(opener), (line) => void lines.push('gap' in line ? '' : line.text));
    expect(lines).toContain(after);
    expect(commands.map(({ text }) => text)).toContain('true');
    const found: string[] = [];
    const parts = { opener, lookFor: 'shown', enter: async () => undefined, mostEach: 10, most: 10 } as const;
    for await (const one of searchRecordings(parts, [{ id, folder, live: false }], 'after-42')) if (one.kind === 'hit') found.push(one.hit.context);
    expect(found[0]).toContain(after);
  });

  test('the recognisers find what stands before it and behind, for an export and for a masked look', async () => {
    const source = { folder, opener, live: false };
    const disclosure = await planDisclosure(source, { kinds: standardKinds });
    const withheld = disclosure.withheldFindings.filter(({ kinds }) => kinds.includes('ssn')).map(({ piece, record }) => `${record}.${piece}`);
    expect(withheld.length).toBeGreaterThanOrEqual(2);
    const { places } = await previewOf(source, disclosure);
    expect(JSON.stringify(places)).not.toMatch(/536-22-184[78]/);
    const { cover } = await masksOf(folder, opener, false, () => 0);
    const watched = new Watched(folder, opener, false, cover);
    const lines: string[] = [];
    await watched.read({ left: (line) => void lines.push('gap' in line ? '' : line.text) });
    expect(lines.find((line) => line.startsWith('after-42'))).toMatch(/^after-42 .*█{11}$/);
  });

  test('a replay in a terminal of the same size, and drawn in one of another', async () => {
    const filter = new ReplayFilter();
    const painter = await Painter.of({ cols: 80, rows: 24 }, () => ({ cols: 60, rows: 20 }));
    let [passed, drawn] = ['', ''];
    for (const piece of [...pieces, `${leaves}${after}`]) {
      const bytes = Buffer.from(piece);
      passed = filter.filter(bytes).toString();
      for (let from = 0; from < bytes.length; from += Painter.most) {
        painter.feed(bytes.subarray(from, from + Painter.most));
        if (painter.full) await painter.parse();
      }
    }
    drawn = await painter.draw();
    painter.dispose();
    expect(passed).toContain(after);
    expect(drawn).toContain('after-42');
  });
});
afterAll(removeFolders);
