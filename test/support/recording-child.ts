/**
 * A process that records until it is killed or the disk is full. argv: recordings folder, output bytes a write, writes
 * (0: endless). Prints the recording's id, then after each write the output bytes that are sealed: what it says, a
 * recovery must find. On a failure it prints the error's code.
 */
import { operatorAccess } from '../../src/recording/access.ts';
import { writeSync } from 'node:fs';
import { RecordingWriter } from '../../src/recording/writer.ts';
import { childKey, pattern } from './recording-pattern.ts';

const [folder, bytes, writes] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const writer = await RecordingWriter.create({
  folder,
  installation: 'w-000000000001',
  person: 'p-000000000001',
  access: operatorAccess('it-office'),
  policySha256: '0'.repeat(64),
  recipients: [childKey.recipient],
  start: { command: ['test'], cwd: '/', cols: 80, rows: 24, term: 'xterm', version: '0' },
  rotate: { minutes: 15, mebibytes: 1 },
  notice: () => undefined,
});
writeSync(1, `id ${writer.id}\n`);
try {
  for (let i = 0; writes === 0 || i < writes; i++) {
    writer.output(pattern(writer.outputBytes, bytes));
    writeSync(1, `sealed ${writer.outputBytes}\n`);
    if (i % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await writer.end('exit', { code: 0, signal: 0 });
} catch (error) {
  writeSync(1, `error ${(error as { code: string }).code}\n`);
}
