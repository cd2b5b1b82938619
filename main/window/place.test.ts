/** The window's place outlives the app, and no file can put it where nobody finds it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHome, type Home } from '../../src/storage/index.ts';
import { PlaceFile } from './place.ts';

let home: Home;
beforeEach(() => (home = openHome(mkdtempSync(join(tmpdir(), 'wp-')))));
afterEach(() => rmSync(home.folder, { recursive: true, force: true }));
const place = { left: 40, top: -900, width: 1300, height: 880, maximized: false };

test('it is there again, and maximised it keeps where it was before', () => {
  expect(new PlaceFile(home).value).toBeUndefined();
  new PlaceFile(home).keep(place);
  expect(new PlaceFile(home).value).toEqual(place);
  new PlaceFile(home).keep({ left: 0, top: 0, width: 2560, height: 1440, maximized: true });
  expect(new PlaceFile(home).value).toEqual({ ...place, maximized: true });
});

test.each(['', 'not json', '[]', '{}', JSON.stringify({ ...place, width: 1 }), JSON.stringify({ ...place, left: 1e6 }), JSON.stringify({ ...place, more: 1 })])(
  '%j is no place',
  (text) => {
    writeFileSync(join(home.folder, 'window.json'), text);
    const file = new PlaceFile(home);
    expect(file.value).toBeUndefined();
    file.keep({ ...place, height: 3 });
    expect(readFileSync(join(home.folder, 'window.json'), 'utf8')).toBe(text);
  },
);
