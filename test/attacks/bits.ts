/**
 * Every single bit of a small bundle, recording and ledger, changed one at a time. Nothing may be good with another bit than
 * it was made with: both verifiers refuse the bundle, in the same words; reading the recording finds a fault, or, where its
 * checksums are made to fit, another root than the one that was signed for; reading the ledger finds a fault.
 *
 * By hand, all of them, in about half an hour: `node test/attacks/bits.ts`. A number behind it changes each so manieth bit.
 */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_FILES } from '../../src/export/bundle-files.ts';
import { verifyBundle } from '../../src/export/verify.ts';
import { decodeNoteKey } from '../../src/ledger/note.ts';
import { readLedger } from '../../src/ledger/read.ts';
import { crc32c } from '../../src/recording/crc32c.ts';
import { walk } from '../support/recording.ts';

const vectors = join(import.meta.dirname, '../vectors');
const golden = join(import.meta.dirname, '../fuzz/recording-golden/20260304-050607-0a1b2c3d');
const verifier = join(import.meta.dirname, '../../assets/verify.py');

/** What came of it. */
export interface BitsResult {
  readonly bits: number;
  /** How often each code was given. */
  readonly codes: Readonly<Record<string, number>>;
  /** Bits that nobody minded, or on which two verifiers disagree: file, bit, what was said. */
  readonly wrong: readonly string[];
}

interface Flip {
  readonly file: string;
  readonly bit: number;
}

/** Each `step`th bit of these files, all of them in one row. */
function flipsOf(folder: string, files: readonly string[], step: number): Flip[] {
  const flips: Flip[] = [];
  let at = 0;
  for (const file of files) {
    const bits = readFileSync(join(folder, file)).length * 8;
    for (; at < bits; at += step) flips.push({ file, bit: at });
    at -= bits;
  }
  return flips;
}

const flipped = (content: Buffer, bit: number): Buffer => {
  const changed = Buffer.from(content);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
};

/** Runs `judge` over a copy of a folder for each bit; the copy is whole again after each. */
async function overBits(source: string, flips: readonly Flip[], judge: (folder: string, flip: Flip) => unknown, change = flipped): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bits-'));
  try {
    cpSync(source, folder, { recursive: true });
    const said: unknown[] = [];
    for (const flip of flips) {
      const path = join(folder, flip.file);
      const content = readFileSync(path);
      writeFileSync(path, change(content, flip.bit));
      said.push(await judge(folder, flip));
      writeFileSync(path, content);
    }
    return said;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf(flips: readonly Flip[], codes: readonly string[], isWrong: (code: string, i: number) => string | undefined): BitsResult {
  const counts: Record<string, number> = {};
  const wrong: string[] = [];
  codes.forEach((code, i) => {
    counts[code] = (counts[code] ?? 0) + 1;
    const why = isWrong(code, i);
    if (why !== undefined) wrong.push(`${flips[i]!.file} bit ${flips[i]!.bit}: ${why}`);
  });
  return { bits: flips.length, codes: counts, wrong };
}

/** verify.py in one process: changes the bits itself, so that no process is started for each. */
const python = `
import importlib.util, json, os, sys
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
folder, trust = sys.argv[2:]
for line in sys.stdin:
    name, bit = line.split()
    path = os.path.join(folder, name)
    with open(path, 'rb') as file:
        content = file.read()
    changed = bytearray(content)
    changed[int(bit) >> 3] ^= 1 << (int(bit) & 7)
    with open(path, 'wb') as file:
        file.write(changed)
    print(json.dumps(module.judge(folder, trust)))
    with open(path, 'wb') as file:
        file.write(content)
`;

/** The good bundle of the vectors. */
export async function bundleBits(step: number): Promise<BitsResult> {
  const source = join(vectors, 'good');
  const trustFile = join(vectors, 'trust.json');
  const trust = readFileSync(trustFile, 'utf8');
  const flips = flipsOf(source, ALL_FILES, step);
  const here = (await overBits(source, flips, (folder) => verifyBundle(folder, trust))) as ReturnType<typeof verifyBundle>[];
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bits-'));
  try {
    cpSync(source, folder, { recursive: true });
    const run = spawnSync('python3', ['-B', '-c', python, verifier, folder, trustFile], {
      input: flips.map(({ file, bit }) => `${file} ${bit}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    if (run.status !== 0) throw new Error(run.error?.message ?? run.stderr);
    const there = run.stdout.trimEnd().split('\n');
    return resultOf(
      flips,
      here.map(({ code }) => code),
      (code, i) => {
        if (code === 'good') return 'good';
        const [ours, theirs] = [JSON.stringify(here[i]), JSON.stringify(JSON.parse(there[i] ?? 'null'))];
        return ours === theirs ? undefined : `${ours} and ${theirs}`;
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const segments = ['segment-000000.wmx', 'segment-000001.wmx'];

/** The golden recording, read without a key. @param mend makes the checksum of each frame fit again, as whoever changes a file would. */
export async function recordingBits(step: number, mend: boolean): Promise<BitsResult> {
  const flips = flipsOf(golden, segments, step);
  const signed = await walk(golden);
  if (signed.fault) throw new Error('the golden recording has a fault');
  const change = (content: Buffer, bit: number): Buffer => (mend ? withChecksums(flipped(content, bit)) : flipped(content, bit));
  const codes = (await overBits(
    golden,
    flips,
    async (folder) => {
      const { fault, frames, root } = await walk(folder);
      return fault?.code ?? (frames !== signed.frames ? 'other-size' : root !== signed.root ? 'other-root' : 'good');
    },
    change,
  )) as string[];
  // The checksum itself, mended, is what it was.
  return resultOf(flips, codes, (code, i) => (code === 'good' && !(mend && isChecksum(flips[i]!)) ? 'good' : undefined));
}

/** Where the frames of a segment begin: length (4), checksum (4), head (60), body. */
function* framesOf(content: Buffer): Generator<number> {
  for (let at = 8; at + 68 <= content.length; at += 68 + content.readUInt32BE(at)) {
    if (at + 68 + content.readUInt32BE(at) > content.length) return;
    yield at;
  }
}

function withChecksums(content: Buffer): Buffer {
  for (const at of framesOf(content)) {
    const body = content.subarray(at + 68, at + 68 + content.readUInt32BE(at));
    const covered = Buffer.concat([content.subarray(at + 8, at + 68), createHash('sha256').update(body).digest()]);
    content.writeUInt32BE(crc32c(covered), at + 4);
  }
  return content;
}

function isChecksum({ file, bit }: Flip): boolean {
  return [...framesOf(readFileSync(join(golden, file)))].some((at) => bit >> 3 >= at + 4 && bit >> 3 < at + 8);
}

/** The ledger of the vectors: events, checkpoints and head. verify.py has no part that reads a ledger. */
export async function ledgerBits(step: number): Promise<BitsResult> {
  const source = join(vectors, 'ledger');
  const { installation } = JSON.parse(readFileSync(join(vectors, 'keys.json'), 'utf8')) as { installation: { ledger: string } };
  const key = decodeNoteKey(installation.ledger)!;
  const flips = flipsOf(source, ['events.jsonl', 'checkpoints.jsonl', 'head'], step);
  const codes = (await overBits(source, flips, (folder) => readLedger(folder, key).faults[0]?.code ?? 'good')) as string[];
  return resultOf(flips, codes, (code) => (code === 'good' ? 'good' : undefined));
}

if (import.meta.main) {
  const step = Number(process.argv[2] ?? 1);
  let wrong = 0;
  for (const [name, run] of [
    ['ledger', () => ledgerBits(step)],
    ['recording', () => recordingBits(step, false)],
    ['recording, checksums mended', () => recordingBits(step, true)],
    ['bundle', () => bundleBits(step)],
  ] as const) {
    const result = await run();
    wrong += result.wrong.length;
    process.stdout.write(`${name}: ${JSON.stringify({ ...result, wrong: result.wrong.slice(0, 20) }, null, 1)}\n`);
  }
  process.exitCode = wrong > 0 ? 1 : 0;
}
