/**
 * How fast the recording writer seals, alone: no pty, no child. Chunks come in one reused buffer, as a pty host hands
 * them over. CPU time counts, because on a full machine the wall time is everybody's.
 *
 *   node test/bench/recording-writer.ts [mebibytes a size] [--json]
 */
import { operatorAccess } from '../../src/recording/access.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateAuditKey } from '../../src/recording/wrap.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';

const MEBIBYTE = 1024 * 1024;
const sizes = [256, 4096, 8192, 16_384, 32_768, 65_536];
const json = process.argv.includes('--json');
const mebibytes = Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 192);

/** Lines as logs have them: of uneven length, some with escape sequences, some not ASCII. */
function mixedText(bytes: number): Buffer {
  const lines: string[] = [];
  for (let i = 0, length = 0; length < bytes; i++) {
    const line = `${i} \u001b[3${i % 8}mInfo\u001b[0m größe ${'x'.repeat((i * 37) % 90)} ${(i * 2_654_435_761) % 4_294_967_296}\r\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, bytes);
}

const source = mixedText(4 * MEBIBYTE);
const key = generateAuditKey();
const folder = mkdtempSync(join(tmpdir(), 'wardmux-bench-'));
const rows: { chunk: number; megabytesPerSecond: number; cpuMsPerMegabyte: number; userMsPerMegabyte: number; usPerRecord: number }[] = [];

try {
  for (const size of sizes) {
    // Small chunks are dear and few: they are what a quiet pty gives, never 200 MB of them.
    const total = (size <= 4096 ? mebibytes / 8 : mebibytes) * MEBIBYTE;
    const writer = await RecordingWriter.create({
      folder,
      installation: 'w-000000000001',
      person: 'p-000000000001',
      access: operatorAccess('it-office'),
      policySha256: '0'.repeat(64),
      recipients: [key.recipient],
      start: { command: ['bench'], cwd: '/', cols: 80, rows: 24, term: 'xterm', version: '0' },
      rotate: { minutes: 15, mebibytes: 64 },
      notice: () => undefined,
    });
    const chunk = Buffer.alloc(size);
    const calls = Math.floor(total / size);
    const run = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const at = (i * size) % (source.length - size);
        source.copy(chunk, 0, at, at + size);
        writer.output(chunk);
        if (i % 16 === 15) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await run(Math.min(500, calls));
    const cpu = process.cpuUsage();
    const began = performance.now();
    await run(calls);
    const wall = performance.now() - began;
    const used = process.cpuUsage(cpu);
    const megabytes = (calls * size) / 1e6;
    rows.push({
      chunk: size,
      megabytesPerSecond: megabytes / (wall / 1000),
      cpuMsPerMegabyte: (used.user + used.system) / 1000 / megabytes,
      userMsPerMegabyte: used.user / 1000 / megabytes,
      usPerRecord: (used.user + used.system) / calls,
    });
    await writer.end('exit', { code: 0, signal: 0 });
    rmSync(writer.folder, { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (json) console.log(JSON.stringify(rows));
else console.table(rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value.toFixed(2))]))));
