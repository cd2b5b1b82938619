/** Writes test/fuzz/recording-golden anew: `node test/vectors/make-golden.ts`. Only for a change of the format. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExample, RECORDING } from './example.ts';
import { rootOf, segmentFile, type P256Jwk } from './second-writer.ts';

const folder = join(import.meta.dirname, '../fuzz/recording-golden');
const { jwk } = JSON.parse(readFileSync(join(folder, 'key.json'), 'utf8')) as { jwk: P256Jwk };
const { segments, frames, outputBytes, durationMs } = makeExample('golden', [{ role: 'audit', key: jwk }]);
const head = { size: frames.length, root: rootOf(frames.map((frame) => frame.leaf)).toString('hex') };
rmSync(join(folder, RECORDING), { recursive: true, force: true });
mkdirSync(join(folder, RECORDING));
segments.forEach((segment, i) => writeFileSync(join(folder, RECORDING, `segment-${String(i).padStart(6, '0')}.wmx`), segmentFile(segment)));
const end = { format: 'wardmux-end', version: 1, recording: RECORDING, reason: 'exit', head, outputBytes, durationMs };
writeFileSync(join(folder, RECORDING, 'end.json'), `${JSON.stringify(end)}\n`);
const records = frames
  .filter((frame) => frame.header === undefined)
  .map(({ seq, wallMs, leaf, pieces }) => ({
    seq,
    wallMs,
    leaf: leaf.toString('hex'),
    events: pieces.map(({ event, salt }) => ({
      code: event.toString('latin1', 0, 1),
      timeUs: Number(event.readBigUInt64BE(1)),
      data: event.toString('base64', 13),
      salt: salt.toString('hex'),
    })),
  }));
writeFileSync(join(folder, 'expected.json'), `${JSON.stringify({ head, records }, null, 2)}\n`);
