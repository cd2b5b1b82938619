import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { testLedgerOptions } from '../src/ledger/fixture.ts';
import { Ledger, noticeEntry } from '../src/ledger/index.ts';
import { END_FILE } from '../src/recording/writer.ts';
import { homePaths } from '../src/storage/index.ts';
import { newRecording, removeFolders } from '../test/support/recording.ts';
import { recoverInterrupted } from './recover.ts';

const folders: string[] = [];
afterEach(() => {
  removeFolders();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A recording that ended, of which the ledger knows only the start: the app was killed in between. */
async function killed() {
  const options = testLedgerOptions();
  const folder = dirname(options.folder);
  folders.push(folder);
  const home = { ...homePaths(folder), ledger: options.folder };
  mkdirSync(home.recordings);
  const { writer, notices } = await newRecording({ folder: home.recordings });
  writer.output(Buffer.from('some output\r\n'));
  await writer.end('main-gone');
  const ledger = await Ledger.open(options);
  await ledger.append(noticeEntry(notices.find(({ kind }) => kind === 'start')!));
  const actions = (): string[] => readFileSync(join(options.folder, 'events.jsonl'), 'utf8').match(/"action":"[^"]+"/g) ?? [];
  return { home, ledger, actions, end: join(writer.folder, END_FILE), recording: writer.folder, id: writer.id };
}

test('a recording that the pty host could still end is entered, and said', async () => {
  const { home, ledger, actions, id } = await killed();
  expect(await recoverInterrupted(home, ledger)).toEqual([expect.stringContaining(id)]);
  expect(actions()).toContain('"action":"recording.end"');
  expect(await recoverInterrupted(home, ledger)).toEqual([]);
  await ledger.close();
});

test.each(['size', 'root'] as const)('an end file whose %s the frames do not bear out is not believed', async (field) => {
  const { home, ledger, actions, end, recording } = await killed();
  const said = JSON.parse(readFileSync(end, 'utf8')) as { head: { size: number; root: string } };
  said.head = field === 'size' ? { ...said.head, size: said.head.size - 1 } : { ...said.head, root: 'ab'.repeat(32) };
  writeFileSync(end, JSON.stringify(said));
  expect((await recoverInterrupted(home, ledger))[0]).toContain(recording);
  expect(actions()).not.toContain('"action":"recording.end"');
  await ledger.close();
});

test('a recording that is gone is named with its folder', async () => {
  const { home, ledger, recording } = await killed();
  rmSync(recording, { recursive: true });
  expect((await recoverInterrupted(home, ledger))[0]).toContain(recording);
  await ledger.close();
});
