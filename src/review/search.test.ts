import { afterAll, describe, expect, test } from 'vitest';
import { newRecording, opener, removeFolders } from '../../test/support/recording.ts';
import { openRecording } from '../recording/reader.ts';
import { needleOf, searchRecording, type SearchHit } from './search.ts';

afterAll(removeFolders);

/** What is found in a recording of these chunks, a second apart, in 20 x 5 cells. */
async function found(words: string, chunks: readonly string[], size = '20x5'): Promise<SearchHit[]> {
  const { writer, clock } = await newRecording();
  writer.event('r', size);
  for (const chunk of chunks) {
    clock.step(1000);
    writer.output(Buffer.from(chunk));
  }
  await writer.end('exit');
  const hits: SearchHit[] = [];
  await searchRecording(await openRecording(writer.folder), opener, needleOf(words), { found: (hit) => hits.push(hit) });
  return hits;
}
const texts = (hits: readonly SearchHit[]): string[] => hits.map(({ context, at, length }) => context.slice(at, at + length));

describe('what was shown is found, and once', () => {
  test.each([
    ['plain', ['Patient TEST-5521 is here\r\n']],
    ['typed letter by letter', [...'Patient TEST-5521', '\r\n']],
    ['wrapped at the edge', ['0123456789 Patient TEST-5521 x\r\n']],
    ['wrapped over three rows', ['x'.repeat(15), 'Patient TEST-5521', 'y'.repeat(30), '\r\n']],
    ['put there by cursor addressing', ['\x1b[3;9HTEST-5521\x1b[3;1HPatient']],
    ['in colours', ['\x1b[1mPat\x1b[0mient\x1b[31m TEST\x1b[0m-5521\r\n']],
    ['cut at every byte of its sequences', [...'\x1b[1mPatient \x1b[0m\x1b[4mTEST-5521\x1b[0m\r\n']],
    ['overwritten at once by CR', ['Patient TEST-5521\rnothing at all now..\r\n']],
    ['erased at once by EL', ['Patient TEST-5521\r\x1b[Knothing\r\n']],
    ['taken back with BS', [`Patient TEST-5521${'\b \b'.repeat(17)}nothing\r\n`]],
    ['erased with the screen', ['Patient TEST-5521\x1b[2J\x1b[H$ ']],
    ['on the alternate screen, which is gone', ['\x1b[?1049h\x1b[2;2HPatient TEST-5521\x1b[?1049l$ ']],
    ['in the last row at the end', ['\x1b[5;1HPatient TEST-5521']],
    ['concealed', ['\x1b[8mPatient TEST-5521\x1b[0m\r\n']],
    ['scrolled away in one chunk', [`Patient TEST-5521\r\n${'filler\r\n'.repeat(3000)}`]],
    ['deleted with its line', ['Patient TEST-5521\x1b[M$ ']],
    ['before a full reset', ['Patient TEST-5521\x1bc$ ']],
    ['overwritten with the same number of letters', ['Patient TEST-5521\x1b[1Gxxxxxxxxxxxxxxxxx\r\n']],
    ['behind an overwritten one of its length', ['xxxxxxxxxxxxxxxxx\x1b[1GPatient TEST-5521\x1b[1Gxxxxxxxxxxxxxxxxx\r\n']],
  ])('%s', async (_, chunks) => {
    expect(texts(await found('patient test-5521', chunks))).toEqual(['Patient TEST-5521']);
  });

  test('a screen that is drawn again and again is one hit', async () => {
    const draw = '\x1b[H\x1b[2JPatient TEST-5521\r\n';
    expect(await found('test-5521', ['\x1b[?1049h', draw, draw, draw])).toHaveLength(1);
  });

  test('two in one line, and the same again in another line', async () => {
    expect(await found('ab', ['ab ab\r\n', 'ab\r\n'])).toHaveLength(3);
  });

  test('what was never shown so is not', async () => {
    expect(await found('abcd', ['ab\r\ncd\r\n', '\x1b]0;abcd\x07', 'ab', '\x1b[2;10Hcd'])).toEqual([]);
  });
});

test('a hit has the time at which it came to stand there, also where its line is ended later', async () => {
  const [hit] = await found('needle', ['$ ', 'needle', ' and so on', '\r\n']);
  expect(hit).toMatchObject({ timeUs: 2_000_000, context: '$ needle', at: 2, alternate: false });
});

test('wide characters are text too', async () => {
  expect(texts(await found('患者 様', ['患者 様の記録\r\n']))).toEqual(['患者 様']);
});

test('a search ends at once, and says how far it came', async () => {
  const { writer } = await newRecording();
  for (let n = 0; n < 40; n++) writer.output(Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(1000)));
  await writer.end('exit');
  const ends = new AbortController();
  const told: number[] = [];
  const bytes = await searchRecording(await openRecording(writer.folder), opener, 'needle', {
    found: () => expect.unreachable(),
    progress: (done) => {
      told.push(done);
      ends.abort();
    },
    signal: ends.signal,
  });
  expect(told).toHaveLength(1);
  expect(bytes).toBeLessThan(2_880_000);
});

test('nothing to look for is no search', () => {
  expect(() => needleOf('  ')).toThrow(RangeError);
  expect(needleOf('  Two   Words ')).toBe('two words');
});
