/** `wardmux integrity` as somebody types it: what it says of this clone, of another copy, and what it takes to accept. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openInstallation } from '../../services/installation/installation.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runWith } from '../../../test/support/run-here.ts';

let place: string;
let home: string;
let copy: string;
const wardmux = (args: readonly string[], passphrase?: string) => runWith(args, { home, place }, passphrase === undefined ? [] : [passphrase]);
const made = ownFolder();
const first = firstHome(made);

beforeEach(async () => {
  (await first).identity.destroy();
  place = ownFolder();
  home = join(place, 'home');
  cpSync(join(made, 'home'), home, { recursive: true });
  copy = join(place, 'copy');
  mkdirSync(join(copy, 'dist'), { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{"name":"wardmux","version":"9.9.9"}');
  writeFileSync(join(copy, 'dist/cli.mjs'), 'spy();\n');
});

test('an installation without a list says so; who may accepts the files, with a note, and then all is as it was signed for', async () => {
  expect(await wardmux(['integrity', 'check'])).toMatchObject({ status: 68, out: '', err: expect.stringContaining('Nobody has signed which files') });
  expect(await wardmux(['integrity', 'accept', '--note', ' '], firstWords)).toMatchObject({ status: 1, err: expect.stringContaining('A note is one line') });
  expect(await wardmux(['integrity', 'accept', '--note', 'First.'], 'not the one at all')).toMatchObject({ status: 4 });
  const accepted = await wardmux(['integrity', 'accept', '--note', 'First.'], firstWords);
  expect(accepted).toMatchObject({ status: 0, out: expect.stringMatching(/^[0-9a-f]{64}\taccepted\n$/) });
  const checked = await wardmux(['integrity', 'check', '--json']);
  expect(checked.status, checked.out).toBe(0);
  expect(JSON.parse(checked.out)).toMatchObject({ good: true, baseline: { checkout: true }, updated: false, differences: [] });
  expect(await wardmux(['integrity', 'accept', '--note', 'Again.'])).toMatchObject({ status: 0, err: expect.stringContaining('nothing to accept') });
  expect(await wardmux(['integrity', 'note', '--key', join(made, 'audit.json')])).toMatchObject({ status: 0, out: 'First.\n' });
  // Another copy is told file by file, and is no event here.
  const other = await wardmux(['integrity', 'check', '--program', copy]);
  expect(other).toMatchObject({ status: 68, out: expect.stringMatching(/\nprogram +changed +\w+ +\w+ +package\.json\n/) });
  expect((await wardmux(['events', '--action', 'integrity.*'])).out).not.toContain('integrity.differs');
  expect((await wardmux(['ledger', 'verify'])).status).not.toBe(7);
});

test('what differs is in the ledger, as an alert; a folder that is no Wardmux is refused with a sentence', async () => {
  await wardmux(['integrity', 'accept', '--note', 'First.'], firstWords);
  const site = await openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });
  const list = (await wardmux(['integrity', 'check', '--json'])).out.match(/"sha256": "(\w{64})"/)![1]!;
  writeFileSync(join(site.home.baselines, `${list}.mtree`), '#mtree v2.0\n');
  expect(await wardmux(['integrity', 'check'])).toMatchObject({ status: 68, out: expect.stringContaining(`baselines/${list}.mtree`) });
  expect((await wardmux(['events', '--action', 'integrity.differs'])).out).toContain(`file=baselines/${list}.mtree`);
  expect((await wardmux(['alerts'])).out).toContain('program-changed');
  expect((await wardmux(['posture'])).out).toContain('stop: The program’s files');
  expect(await wardmux(['integrity', 'check', '--program', place])).toMatchObject({ status: 2, err: expect.stringContaining('There is no Wardmux in') });
});
