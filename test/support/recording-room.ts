/** Runs on a small disk of its own (argv: its folder): recordings that meet a full disk. Prints what happened as JSON. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { newRecording, readAll, rotated } from './recording.ts';
import { fillDisk } from './small-disk.ts';
import { freeMebibytes } from '../../src/disk/room.ts';

const disk = process.argv[2]!;
const filler = join(disk, 'filler');
const said: Record<string, unknown> = {};
const batch = (letter: string): Buffer => Buffer.alloc(64 * 1024, `${letter.repeat(63)}\n`);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codes = async (folder: string): Promise<string> =>
  (await readAll(folder)).events
    .map(({ code }) => code)
    .join('')
    .replace(/o+/g, 'o');

// ---- it ends in good order, with what was read from the program already
const ends = await newRecording({ folder: disk });
said['held'] = statSync(join(ends.writer.folder, 'reserve')).size;
ends.writer.output(Buffer.from('before\r\n'));
fillDisk(disk);
const read = ['a', 'b', 'c', 'd'].map(batch);
for (const bytes of read) ends.writer.output(bytes);
said['waits'] = ends.writer.waiting;
const before = ends.writer.outputBytes;
ends.writer.rotate();
await turn();
ends.writer.event('l', '{"cause":"idle"}');
said['flushed'] = ends.writer.flush();
said['segments'] = ends.writer.segment + 1;
said['flushedAtEnd'] = ends.writer.flushAtEnd();
const head = await ends.writer.end('exit', { code: 0, signal: 0 });
said['free'] = freeMebibytes(disk) * 1024 * 1024;
said['kinds'] = ends.notices.map(({ kind }) => kind);
said['endFiles'] = readdirSync(ends.writer.folder).sort();
const whole = await readAll(ends.writer.folder);
said['whole'] = whole.fault === undefined && whole.output.equals(Buffer.concat([Buffer.from('before\r\n'), ...read]));
said['order'] = await codes(ends.writer.folder);
said['head'] = head.size === ends.writer.head().size && before < ends.writer.outputBytes;
rmSync(filler);

// ---- it goes on when there is room, with a new segment first for what comes after a lock
const goesOn = await newRecording({ folder: disk });
fillDisk(disk);
goesOn.writer.output(batch('e'));
const part = goesOn.writer.outputBytes;
goesOn.writer.event('l', '{"cause":"hotkey"}');
goesOn.writer.event('r', '100x30');
goesOn.writer.rotate();
await turn();
said['nothingWritten'] = part === 0 && goesOn.writer.segment === 0 && goesOn.writer.failure === undefined;
rmSync(filler);
said['flushedLater'] = goesOn.writer.flush();
while (goesOn.writer.segment === 0) {
  goesOn.writer.rotate();
  await turn();
}
goesOn.writer.output(batch('f'));
await goesOn.writer.end('exit');
said['later'] = await codes(goesOn.writer.folder);
said['laterOutput'] = (await readAll(goesOn.writer.folder)).output.equals(Buffer.concat([batch('e'), batch('f')]));

// ---- more than it has room for is a gap that it names, and locks without end wait for nothing
const gap = await newRecording({ folder: disk });
fillDisk(disk);
for (let n = 0; n < 8; n++) gap.writer.output(batch('g'));
said['lost'] = gap.writer.lostBytes;
for (let n = 0; n < 5000; n++) {
  gap.writer.event('l', '{"cause":"idle"}');
  gap.writer.rotate();
}
await turn();
said['lives'] = gap.writer.failure === undefined;
await gap.writer.end('closed');
const withGap = await readAll(gap.writer.folder);
said['gap'] = JSON.parse(withGap.events.find(({ code }) => code === 'g')!.data.toString());
said['gapOutput'] = withGap.output.length;
said['gapFault'] = withGap.fault ?? null;

// ---- an idle one: locks on a full disk, for a long time
rmSync(filler);
const idle = await newRecording({ folder: disk });
await rotated(idle.writer);
fillDisk(disk);
for (let n = 0; n < 100; n++) {
  idle.writer.event('l', '{"cause":"idle"}');
  idle.writer.rotate();
  await turn();
  idle.writer.event('u', '{"person":"p-000000000001","method":"passkey"}');
}
said['idleLives'] = idle.writer.failure === undefined;
rmSync(filler);
idle.writer.flush();
idle.writer.output(Buffer.from('$ '));
await idle.writer.end('exit');
const marks = (await readAll(idle.writer.folder)).events.filter(({ code }) => code === 'l' || code === 'u');
said['idleMarks'] = marks.length;

// ---- none begins on a full disk, and none is left behind
fillDisk(disk);
const folders = readdirSync(disk).length;
said['begins'] = await newRecording({ folder: disk }).then(
  () => 'begun',
  (error: Error) => error.message,
);
said['leftBehind'] = readdirSync(disk).length - folders;
console.log(JSON.stringify(said));
