/** Recovery: a recording that was cut in the middle of a record opens again up to its last whole one, and nothing of it is thrown away. */
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { operatorAccess } from '../recording/access.ts';
import { segmentName } from '../recording/header.ts';
import { openRecording } from '../recording/reader.ts';
import { recoverRecording } from '../recording/recovery.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { AuditKeyOpener, generateAuditKey } from '../recording/wrap.ts';
import { RecordingWriter } from '../recording/writer.ts';
import { fails, holds, type Finding } from './finding.ts';

/** Of the last record: the power goes while it is written. */
const TORN_BYTES = 7;

export interface RecoveryParts {
  readonly recover?: typeof recoverRecording;
}

export async function tryRecovery({ recover = recoverRecording }: RecoveryParts = {}): Promise<Finding> {
  const place = mkdtempSync(join(tmpdir(), 'wardmux-selftest-'));
  try {
    const { recipient, file } = generateAuditKey();
    const whole = Buffer.from('what was on the disk when the power went\r\n');
    const cut = await torn(place, recipient, whole);
    const before = readFileSync(join(cut.folder, segmentName(0)));
    const { tornBytes, tornFiles, head } = await recover(cut.folder);
    const segment = join(cut.folder, segmentName(0));
    const kept = Buffer.concat([readFileSync(segment), ...tornFiles.map((name) => readFileSync(join(cut.folder, name)))]);
    if (!kept.equals(before)) return fails('Bytes of the recording were lost in its recovery.');
    if (tornBytes !== cut.tornBytes) return fails(`${cut.tornBytes} bytes were torn, and the recovery tells of ${tornBytes}.`);
    const read = await contentOf(cut.folder, AuditKeyOpener.fromJson(file));
    if (read.faulty) return fails('A recording that was recovered does not read to its end.');
    if (!read.output.equals(whole)) return fails('A recording that was recovered does not have what was on the disk before it was cut.');
    if (head.size !== read.frames) return fails(`The recovery tells of ${head.size} whole frames, and ${read.frames} are there.`);
    // With one bit changed it has to stop there: what is recovered is what was written, and not what somebody made of it.
    const bytes = readFileSync(segment);
    truncateSync(segment, bytes.length - 1);
    appendFileSync(segment, Buffer.from([bytes.at(-1)! ^ 1]));
    if (!(await contentOf(cut.folder, AuditKeyOpener.fromJson(file))).faulty) return fails('A recording with one bit changed reads as if it were whole.');
    return holds(
      `A recording was cut in a record: ${head.size} whole frames open again, ${tornBytes} torn bytes were moved aside, and one changed bit is found.`,
    );
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** A recording as a power cut leaves it: its second record is half there. */
async function torn(place: string, recipient: ReturnType<typeof generateAuditKey>['recipient'], whole: Buffer): Promise<{ folder: string; tornBytes: number }> {
  const [running, left] = [join(place, 'running'), join(place, 'left')];
  for (const folder of [running, left]) mkdirSync(folder, { mode: 0o700 });
  const writer = await RecordingWriter.create({
    folder: running,
    installation: 'w-000000000000',
    person: 'p-000000000000',
    access: operatorAccess('nursing'),
    policySha256: '0'.repeat(64),
    recipients: [recipient],
    start: { command: ['selftest'], cwd: '/', cols: 80, rows: 24, term: 'dumb', version: '0.0.0' },
    rotate: { minutes: 60, mebibytes: 64 },
    notice: () => undefined,
  });
  try {
    writer.output(whole);
    await writer.sync();
    const size = statSync(join(writer.folder, segmentName(0))).size;
    writer.output(Buffer.from('and what was on its way'));
    await writer.sync();
    const folder = join(left, basename(writer.folder));
    cpSync(writer.folder, folder, { recursive: true });
    const segment = join(folder, segmentName(0));
    const cutAt = statSync(segment).size - TORN_BYTES;
    truncateSync(segment, cutAt);
    return { folder, tornBytes: cutAt - size };
  } finally {
    await writer.end('closed');
  }
}

async function contentOf(folder: string, opener: SegmentOpener): Promise<{ readonly output: Buffer; readonly frames: number; readonly faulty: boolean }> {
  const reader = await openRecording(folder);
  const output: Buffer[] = [];
  for await (const { events } of reader.records(opener)) for (const { event } of events) if (event.code === 'o') output.push(Buffer.from(event.data));
  return { output: Buffer.concat(output), frames: reader.head().size, faulty: reader.fault !== undefined };
}
