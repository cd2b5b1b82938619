import { afterAll, expect, test } from 'vitest';
import { newRecording, opener, removeFolders } from '../../test/support/recording.ts';
import { AuditKeyOpener, generateAuditKey } from '../recording/wrap.ts';
import { searchRecordings, type Searched, type SearchParts } from './search-recordings.ts';

afterAll(removeFolders);

async function recorded(lines: number): Promise<{ readonly id: string; readonly folder: string }> {
  const { writer } = await newRecording();
  for (let n = 0; n < lines; n++) writer.output(Buffer.from(`line ${n}\r\n`));
  await writer.end('exit');
  return writer;
}

/** What is told of a search for `line`, each as its kind and what tells it from others; `entered ID` where a look was entered. */
async function told(recordings: readonly { readonly id: string; readonly folder: string }[], parts: Partial<SearchParts> = {}): Promise<string[]> {
  const list: string[] = [];
  const enter = async (id: string): Promise<void> => void list.push(`entered ${id}`);
  for await (const one of searchRecordings({ opener, enter, lookFor: 'shown', mostEach: 100, most: 100, ...parts }, recordings, 'line')) list.push(words(one));
  return list;
}
const words = (one: Searched): string =>
  one.kind === 'end'
    ? `end ${one.hits} ${one.searched} ${one.closed}`
    : `${one.kind} ${one.recording}${one.kind === 'hit' ? ` ${one.hit.context}` : one.kind === 'unread' ? ` ${one.sentence}` : ''}`;

test('each look is entered once, before its first hit is told; where nothing is found nothing is', async () => {
  const [one, none] = [await recorded(2), await recorded(0)];
  expect(await told([{ ...one, id: 'a' }, none, { ...one, id: 'b' }])).toEqual([
    'entered a',
    'hit a line 0',
    'hit a line 1',
    'entered b',
    'hit b line 0',
    'hit b line 1',
    'end 4 3 0',
  ]);
});

test('several are looked into at a time, and told of in their order', async () => {
  const some = [];
  for (let n = 0; n < 9; n++) some.push({ ...(await recorded(n % 3 === 0 ? 40 : 1)), id: `r${n}` });
  const list = await told(some, { most: Infinity });
  const expected = some.flatMap(({ id }, n) => [`entered ${id}`, ...Array.from({ length: n % 3 === 0 ? 40 : 1 }, (_, line) => `hit ${id} line ${line}`)]);
  expect(list).toEqual([...expected, 'end 126 9 0']);
});

test('no hit is told of a recording whose look cannot be entered, and the next one is searched', async () => {
  const [one, other] = [await recorded(1), await recorded(1)];
  const enter = (id: string): Promise<unknown> => (id === one.id ? Promise.reject(new Error('the ledger is full')) : Promise.resolve());
  const list = await told([one, other], { enter });
  expect(list.filter((line) => line.startsWith(`hit ${one.id}`))).toEqual([]);
  expect(list[0]).toMatch(/^unread /);
  expect(list.slice(1)).toEqual([`hit ${other.id} line 0`, 'end 1 1 0']);
});

test('what is sealed to others is counted and not looked into', async () => {
  expect(await told([await recorded(1)], { opener: AuditKeyOpener.fromJson(generateAuditKey().file) })).toEqual(['end 0 0 1']);
});

test('of one recording no more is told than was asked for, which is said, and in all neither', async () => {
  const one = { ...(await recorded(5)), id: 'a' };
  const other = { ...one, id: 'b' };
  const hits = (list: readonly string[]): readonly string[] => list.filter((line) => !line.startsWith('entered'));
  expect(hits(await told([one, other], { lookFor: 'shown', mostEach: 1 }))).toEqual(['hit a line 0', 'more a', 'hit b line 0', 'more b', 'end 2 2 0']);
  expect(hits(await told([one, other], { most: 2 }))).toEqual(['hit a line 0', 'hit a line 1', 'more a', 'end 2 1 0']);
  // Exactly so many: there is no more of it.
  expect(hits(await told([one], { most: 5 }))).not.toContain('more a');
});

test('a recording that cannot be read is told, and the others are searched', async () => {
  const list = await told([{ id: 'gone', folder: '/nowhere' }, await recorded(1)]);
  expect(list[0]).toMatch(/^unread gone gone: /);
  expect(list.at(-1)).toBe('end 1 1 0');
});

test('it ends where it is told to, and where nobody takes what is found', async () => {
  const one = await recorded(3);
  const ends = new AbortController();
  const list: string[] = [];
  const parts: SearchParts = { opener, enter: () => Promise.resolve(), lookFor: 'shown', mostEach: 9, most: 9, signal: ends.signal };
  for await (const each of searchRecordings(parts, [one, { ...one, id: 'never' }], 'line')) {
    list.push(words(each));
    ends.abort();
  }
  expect(list.some((line) => line.includes('never'))).toBe(false);
  expect(list.at(-1)).toMatch(/^end/);
  for await (const each of searchRecordings({ ...parts, signal: new AbortController().signal }, [one], 'line')) {
    expect(each.kind).toBe('hit');
    break;
  }
  await expect(searchRecordings(parts, [one], ' ').next()).rejects.toThrow(RangeError);
});
