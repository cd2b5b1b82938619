/** A look is its person's: kept sealed while they are in, theirs again when they come back, and nobody else's; what cannot be used keeps nobody out. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lookPath, openHome, type Home } from '../../src/storage/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { DisplayFile } from '../window/display.ts';
import { Looks, type LookParts } from './look.ts';

const [mara, jo] = ['p-0123456789ab', 'p-0123456789cd'];
let home: Home;
let station: DisplayFile;
/** Who is in. */
let inside: string | undefined;
let tampered: string[];
/** A vault that "seals" by naming whose it is. */
const vault = {
  async ask(request: string, input: { text?: string; sealed?: { iv: string; ciphertext: string } }) {
    if (request === 'keepLook') return { sealed: { iv: inside, ciphertext: Buffer.from(input.text!).toString('base64') } };
    if (input.sealed!.iv !== inside) throw new Refusal('not-for-this-key', 'It was not sealed by you, or was changed since.');
    return { text: Buffer.from(input.sealed!.ciphertext, 'base64').toString() };
  },
} as unknown as NonNullable<ReturnType<LookParts['open']>>['vault'];
const looks = (): Looks =>
  new Looks({ home, station, open: () => (inside === undefined ? undefined : { person: inside, vault }), tampered: (whose) => tampered.push(whose) });

beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), 'wm-')));
  station = new DisplayFile(home);
  inside = undefined;
  tampered = [];
});
afterEach(() => rmSync(home.folder, { recursive: true, force: true }));

test('the lock page has the station’s look, and each person theirs, over an end of the app', async () => {
  const first = looks();
  first.change({ cell: '10' });
  inside = mara;
  await first.recall();
  // Who has chosen nothing has the station's.
  expect(first.value).toMatchObject({ theme: 'system', cell: '10' });
  expect(first.change({ theme: 'dark', cell: '12' })).toMatchObject({ theme: 'dark', cell: '12' });
  await waitFor(() => expect(existsSync(lookPath(home, mara))).toBe(true));
  expect(readFileSync(lookPath(home, mara), 'utf8')).not.toContain('dark');
  inside = undefined;
  expect(first.value).toMatchObject({ theme: 'system', cell: '10' });
  inside = jo;
  await first.recall();
  expect(first.value).toMatchObject({ theme: 'system', cell: '10' });
  first.change({ theme: 'light' });
  await waitFor(() => expect(existsSync(lookPath(home, jo))).toBe(true));

  const next = looks();
  inside = mara;
  await next.recall();
  expect(next.value).toMatchObject({ theme: 'dark', cell: '12' });
  inside = undefined;
  expect(new DisplayFile(home).value).toEqual(station.value);
  expect(next.change({ contrast: true })).toMatchObject({ theme: 'system', cell: '10', contrast: true });
  inside = mara;
  expect(next.value).toMatchObject({ theme: 'dark', contrast: false });
  expect(tampered).toEqual([]);
});

test('what somebody else sealed is not used, and entered; what is no look is not used', async () => {
  inside = jo;
  looks().change({ theme: 'dark' });
  await waitFor(() => expect(existsSync(lookPath(home, jo))).toBe(true));
  writeFileSync(lookPath(home, mara), readFileSync(lookPath(home, jo)));
  inside = mara;
  const hers = looks();
  await hers.recall();
  expect([hers.value, tampered]).toEqual([station.value, [mara]]);
  // Sealed by her, by another version.
  const ciphertext = Buffer.from('{"theme":"sepia"}').toString('base64');
  writeFileSync(lookPath(home, mara), JSON.stringify({ format: 'wardmux-look', version: 1, iv: mara, ciphertext }));
  await hers.recall();
  expect([hers.value, tampered]).toEqual([station.value, [mara]]);
  expect(hers.change({ motion: false })).toMatchObject({ motion: false });
});
