/** Makes small recordings for tests, with a clock that only moves when told. */
import { operatorAccess } from '../../src/recording/access.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRecording, type OpenOptions } from '../../src/recording/reader.ts';
import type { EventCode, FrameFault, RecordingNotice, SegmentOpener, StartInfo } from '../../src/recording/types.ts';
import { AuditKeyOpener, generateAuditKey } from '../../src/recording/wrap.ts';
import type { RecordingClock, RecordingOptions } from '../../src/recording/options.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';

export class StepClock implements RecordingClock {
  ns = 5_000_000_000n;
  ms = Date.UTC(2026, 2, 4, 5, 6, 7, 89);

  monoNs(): bigint {
    return this.ns;
  }

  wallMs(): number {
    return this.ms;
  }

  step(ms: number): void {
    this.ns += BigInt(Math.round(ms * 1e6));
    this.ms += Math.floor(ms);
  }
}

export const startInfo: StartInfo = { command: ['/bin/sh', '-l'], cwd: '/', cols: 80, rows: 24, term: 'xterm-256color', version: '0.1.0' };

const key = generateAuditKey();
export const recipient = key.recipient;
export const opener: SegmentOpener = AuditKeyOpener.fromJson(key.file);

/** A folder that goes away with `removeFolders`. */
const folders: string[] = [];
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-recording-'));
  folders.push(folder);
  return folder;
}
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface Made {
  readonly writer: RecordingWriter;
  readonly clock: StepClock;
  readonly notices: RecordingNotice[];
  /** A second later the program prints it, and it is on the disk. */
  readonly say: (what: string) => void;
}

export async function newRecording(options: Partial<RecordingOptions> = {}): Promise<Made> {
  const clock = new StepClock();
  const notices: RecordingNotice[] = [];
  const writer = await RecordingWriter.create({
    folder: options.folder ?? newFolder(),
    installation: 'w-000000000001',
    person: 'p-000000000001',
    access: operatorAccess('it-office'),
    policySha256: 'ab'.repeat(32),
    recipients: [recipient],
    start: startInfo,
    rotate: { minutes: 15, mebibytes: 64 },
    notice: (notice) => notices.push(notice),
    clock,
    ...options,
  });
  const say = (what: string): void => {
    clock.step(1000);
    writer.output(Buffer.from(what));
    writer.flush();
  };
  return { writer, clock, notices, say };
}

/** Rotates and waits until the new segment is there: its key is prepared in the background. */
export async function rotated(writer: RecordingWriter): Promise<void> {
  const before = writer.segment;
  writer.rotate();
  while (writer.segment === before) await new Promise((resolve) => setImmediate(resolve));
}

export interface ReadEvent {
  readonly code: EventCode;
  readonly timeUs: number;
  readonly data: Buffer;
  readonly seq: number;
  readonly segment: number;
}

/** Everything in a recording, copied. */
export async function readAll(
  folder: string,
  options: OpenOptions & { opener?: SegmentOpener } = {},
): Promise<{ events: ReadEvent[]; output: Buffer; fault: FrameFault | undefined }> {
  const reader = await openRecording(folder, options);
  const events: ReadEvent[] = [];
  for await (const { frame, events: pieces } of reader.records(options.opener ?? opener)) {
    for (const { event } of pieces)
      events.push({ code: event.code, timeUs: event.timeUs, data: Buffer.from(event.data), seq: frame.seq, segment: frame.segment });
  }
  const output = Buffer.concat(events.filter((event) => event.code === 'o').map((event) => event.data));
  return { events, output, fault: reader.fault };
}

/** Walks without a key. */
export async function walk(folder: string, options: OpenOptions = {}): Promise<{ frames: number; fault: FrameFault | undefined; root: string }> {
  const reader = await openRecording(folder, options);
  let frames = 0;
  for await (const _frame of reader.frames()) frames++;
  return { frames, fault: reader.fault, root: reader.head().root };
}
