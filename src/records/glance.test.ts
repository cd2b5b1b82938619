/** What a look at names and lengths says, beside what the reading of everything says: the same of every recording. */
import { appendFileSync, copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { newRecording, removeFolders, rotated } from '../../test/support/recording.ts';
import { testLedgerOptions } from '../ledger/fixture.ts';
import { Ledger, noticeEntry } from '../ledger/index.ts';
import { glanceAt } from './glance.ts';
import { checkRecording } from './prove.ts';

const folders: string[] = [];
afterEach(() => {
  removeFolders();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A recording of three segments that ended, and a ledger that has no `recording.segment` of it: they were lost with a process that was killed, and its end was not. */
async function unnamedSegments() {
  const options = testLedgerOptions();
  folders.push(dirname(options.folder));
  const recordings = join(dirname(options.folder), 'recordings');
  mkdirSync(recordings);
  const { writer, notices } = await newRecording({ folder: recordings, installation: options.installation, person: 'p-0123456789ab' });
  for (let segment = 0; segment < 3; segment++) {
    if (segment > 0) await rotated(writer);
    writer.output(Buffer.from(`segment ${segment}\r\n`));
  }
  await writer.end('exit');
  const ledger = await Ledger.open(options);
  for (const notice of notices) if (notice.kind !== 'segment') await ledger.append(noticeEntry(notice));
  const state = (await ledger.recording(writer.id))!;
  expect(state).toMatchObject({ segment: 0, closed: 'recording.end' });
  const both = async () => {
    const glance = glanceAt(writer.folder, writer.id, state).contradiction;
    const sentence = await checkRecording(writer.folder, ledger, writer.id).then(
      (proof) => proof!.sentence,
      (error: Error) => error.message,
    );
    return { glance, sentence };
  };
  return { ledger, both, segment: (n: number) => join(writer.folder, `segment-00000${n}.wmx`) };
}

test('segments that no event named are covered by the head that the ledger has of the end', async () => {
  const { ledger, both } = await unnamedSegments();
  expect(await both()).toEqual({ glance: null, sentence: undefined });
  await ledger.close();
});

const added: Record<string, (segment: (n: number) => string) => void> = {
  'a segment behind the end': (segment) => copyFileSync(segment(2), segment(3)),
  'a file behind the end that is no segment': (segment) => writeFileSync(segment(3), 'something else'),
  'a segment less': (segment) => rmSync(segment(2)),
  'a segment less in the middle': (segment) => rmSync(segment(1)),
  'a record less': (segment) => truncateSync(segment(2), 400),
  'bytes behind the end': (segment) => appendFileSync(segment(2), 'x'),
};

test.each(Object.entries(added))('%s contradicts the head of the end, at a glance too', async (_, change) => {
  const { ledger, both, segment } = await unnamedSegments();
  change(segment);
  const { glance, sentence } = await both();
  expect(glance).toMatch(/is not what the ledger signed for/);
  expect(sentence).toMatch(/./);
  await ledger.close();
});
