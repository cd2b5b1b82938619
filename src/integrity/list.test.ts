/** A list of files has one text, reads back as it was, and says of two trees each file that differs, and how. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAllowedValue } from '../ledger/events.ts';
import { compareLists, listText, parseList, type ListedFile } from './list.ts';

const file = (path: string, letter = 'a', mode = 0o644): ListedFile => ({ path, kind: 'file', mode, size: 5, sha256: letter.repeat(64), target: null });
const link = (path: string, target: string): ListedFile => ({ path, kind: 'link', mode: 0, size: 0, sha256: null, target });
const program = [file('bin/wardmux', 'b', 0o755), file('dist/a.mjs'), link('dist/b.mjs', 'a.mjs'), file('package.json', 'c')];

test('a list is what mtree(8) reads, sorted by the bytes of its paths, whatever the order was', () => {
  expect(listText([file('Zed file.js'), file('é.js'), file('a#1.js', 'd', 0o4711), link('a', '../b c')])).toBe(
    [
      '#mtree v2.0',
      '. type=dir',
      `./Zed\\040file.js type=file mode=0644 size=5 sha256digest=${'a'.repeat(64)}`,
      './a type=link link=../b\\040c',
      `./a\\0431.js type=file mode=04711 size=5 sha256digest=${'d'.repeat(64)}`,
      `./\\303\\251.js type=file mode=0644 size=5 sha256digest=${'a'.repeat(64)}`,
      '',
    ].join('\n'),
  );
  expect(listText(program.toReversed())).toBe(listText(program));
});

test('what is written is read back, and nothing else reads as a list', () => {
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((name) => !name.includes('\0'));
  fc.assert(
    fc.property(fc.uniqueArray(names, { maxLength: 8 }), names, (paths, target) => {
      const files = [...paths.map((path) => file(path)), link(`${paths.join('-')}-`, target)];
      const text = listText(files);
      expect(listText(parseList(text) ?? [])).toBe(text);
      expect(
        parseList(text)
          ?.map(({ path }) => path)
          .toSorted(),
      ).toEqual(files.map(({ path }) => path).toSorted());
    }),
  );
  const text = listText(program);
  for (const other of ['', text.slice(0, -1), `${text}\n`, text.replace('#mtree', '#mtreE'), text.replace('size=5', 'size=05'), `${text}./x type=dir\n`])
    expect(parseList(other), JSON.stringify(other.slice(-40))).toBeUndefined();
});

test.each<[string, ListedFile[], object]>([
  ['changed', [file('dist/a.mjs', 'f')], { how: 'changed', path: 'dist/a.mjs', ours: 'dist/a.mjs', expected: 'a'.repeat(64), found: 'f'.repeat(64) }],
  ['other rights', [file('dist/a.mjs', 'a', 0o666)], { how: 'mode', path: 'dist/a.mjs', ours: 'dist/a.mjs' }],
  ['a link in its place', [link('dist/a.mjs', '/tmp/x')], { how: 'kind', found: null }],
  ['a link that leads elsewhere', [link('dist/b.mjs', '/tmp/x')], { how: 'changed', path: 'dist/b.mjs', expected: null }],
  ['no file at all', [{ ...file('dist/a.mjs'), kind: 'other', sha256: null }], { how: 'kind' }],
  ['one that nobody can read', [{ ...file('dist/a.mjs'), kind: 'unreadable', sha256: null }], { how: 'unreadable', expected: 'a'.repeat(64) }],
  ['a file more', [file('dist/x/Jane Doe.js')], { how: 'added', path: 'dist/x/Jane Doe.js', ours: 'dist', expected: null }],
  ['a file more where nothing of ours is', [file('Jane Doe.js')], { how: 'added', path: 'Jane Doe.js', ours: undefined }],
])('%s is one difference', (_, others, difference) => {
  const found = [...program.filter(({ path }) => !others.some((other) => other.path === path)), ...others];
  const differences = compareLists(program, found);
  expect(differences).toEqual([expect.objectContaining({ part: 'program', ...difference })]);
  // What the ledger is told of it is a path of ours, and no name that somebody chose.
  for (const { ours } of differences) expect(ours === undefined || isAllowedValue('path', ours)).toBe(true);
});

test('a file less is one, the same is none, and the order is that of the paths', () => {
  expect(compareLists(program, program)).toEqual([]);
  expect(compareLists(program, [file('a', 'e'), ...program.slice(1)]).map(({ how, path }) => `${how} ${path}`)).toEqual(['added a', 'missing bin/wardmux']);
});

test('what is no plain path of ours is none for the ledger', () => {
  for (const path of ['dist/a.mjs', 'node_modules/@napi-rs/keyring/index.js', 'people/p-0a1b2c3d4e5f.json', '.build/x'])
    expect(isAllowedValue('path', path), path).toBe(true);
  for (const path of ['', '/dist/a', 'a/../b', '..', './a', 'a//b', 'a/', 'Jane Doe', 'a\nb', 'é', 'a'.repeat(257)])
    expect(isAllowedValue('path', path), path).toBe(false);
});
