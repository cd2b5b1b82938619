/** Verifies a bundle in a process of its own: argv folder, trust file, times. Prints the processor seconds of each time and the peak of its memory in bytes, as JSON. */
import { readFileSync } from 'node:fs';
import { verifyBundle } from '../../src/export/verify.ts';

const [folder, trust, times] = process.argv.slice(2) as [string, string, string];
const cpuSeconds: number[] = [];
for (let i = 0; i < Number(times); i++) {
  const before = process.cpuUsage();
  const { good, sentence } = verifyBundle(folder, readFileSync(trust, 'utf8'));
  const { user, system } = process.cpuUsage(before);
  if (!good) throw new Error(sentence);
  cpuSeconds.push((user + system) / 1e6);
}
process.stdout.write(JSON.stringify({ cpuSeconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
