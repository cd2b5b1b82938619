/** Segment files of the example recording, whole and damaged, with what reading them must report: without a key, and with one. */
import { createCipheriv } from 'node:crypto';
import { offTheCurve } from '../attacks/changes.ts';
import { makeExample, RECORDING, secretOf } from './example.ts';
import { eventBytes, pieceDigest, ratchetOf, rootOf, segmentFile, sha256, type P256Jwk, type SealedFrame } from './second-writer.ts';

type Head = Pick<SealedFrame, 'head' | 'body' | 'header'>;
type Files = Record<string, Buffer>;

export interface SegmentCase {
  readonly name: string;
  /** What is not as in `base`: base64, or null where the file is not there. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Frames before the damage, and its code; null where there is none. */
  readonly withoutKey: { readonly frames: number; readonly code: string | null };
  /** Records that open with the owner's key, and the code. */
  readonly withKey: { readonly records: number; readonly code: string | null };
}

const FIRST = 'segment-000000.wmx';
const SECOND = 'segment-000001.wmx';

/** A frame of the example, as one may change it. */
const copyOf = ({ head, body, header }: SealedFrame): Head => ({ head: Buffer.from(head), body: Buffer.from(body), header });
const fileOf = (frames: readonly Head[]): Buffer => segmentFile(frames as readonly SealedFrame[]);

export function segmentVectors(name: string, owner: P256Jwk, audit: P256Jwk): unknown {
  const example = makeExample(name, [
    { role: 'owner', key: owner },
    { role: 'audit', key: audit },
  ]);
  const [first, second] = example.segments as [readonly SealedFrame[], readonly SealedFrame[]];
  const frames = example.frames.length;
  const base: Files = { [FIRST]: fileOf(first), [SECOND]: fileOf(second) };
  const cases: SegmentCase[] = [];
  const add = (what: string, change: (files: Files) => void, withoutKey: [number, string | null], withKey: [number, string | null]): void => {
    const files: Files = Object.fromEntries(Object.entries(base).map(([file, content]) => [file, Buffer.from(content)]));
    change(files);
    const changed = Object.keys(base).filter((file) => !files[file]?.equals(base[file]!));
    cases.push({
      name: what,
      files: Object.fromEntries(changed.map((file) => [file, files[file]?.toString('base64') ?? null])),
      withoutKey: { frames: withoutKey[0], code: withoutKey[1] },
      withKey: { records: withKey[0], code: withKey[1] },
    });
  };
  /** Changes frames of a segment; the checksums fit. */
  const reframe = (segment: 0 | 1, change: (frames: Head[]) => void) => (files: Files) => {
    const changed = [first, second][segment]!.map(copyOf);
    change(changed);
    files[segment === 0 ? FIRST : SECOND] = fileOf(changed);
  };
  const header = (change: (value: Record<string, unknown>) => void) => (changed: Head[]) => {
    const value = JSON.parse(changed[0]!.header!) as Record<string, unknown>;
    change(value);
    const body = Buffer.from(JSON.stringify(value), 'utf8');
    sha256(body).copy(changed[0]!.head, 28);
    changed[0] = { ...changed[0]!, body };
  };
  const [all, records] = [frames, frames - 2];
  const inFirst = first.length;
  const same = (n: number, code: string): [number, string] => [n, code];

  add('whole', () => undefined, [all, null], [records, null]);
  add('the last byte missing', (f) => (f[SECOND] = f[SECOND]!.subarray(0, -1)), same(all - 1, 'torn'), same(records - 1, 'torn'));
  add(
    'the last frame missing, which only the ledger knows',
    reframe(1, (f) => void f.pop()),
    [all - 1, null],
    [records - 1, null],
  );
  add('half a magic', (f) => (f[SECOND] = f[SECOND]!.subarray(0, 4)), same(inFirst, 'torn'), same(inFirst - 1, 'torn'));
  add('another magic', (f) => void f[SECOND]!.write('2', 6), same(inFirst, 'bad-header'), same(inFirst - 1, 'bad-header'));
  add('no first segment', (f) => void delete f[FIRST], same(0, 'missing-segment'), same(0, 'missing-segment'));
  add('a body over the limit', (f) => void f[FIRST]!.writeUInt32BE(1_048_577, 8), same(0, 'bad-length'), same(0, 'bad-length'));
  add('another checksum', (f) => void (f[FIRST]![12]! ^= 1), same(0, 'bad-crc'), same(0, 'bad-crc'));
  add('a bit of a record', (f) => void (f[FIRST]![f[FIRST]!.length - 1]! ^= 1), same(inFirst - 1, 'bad-crc'), same(inFirst - 2, 'bad-crc'));
  add(
    'a record of type 0',
    reframe(0, (f) => void f[2]!.head.writeUInt32BE(0, 24)),
    same(2, 'bad-header'),
    same(1, 'bad-header'),
  );
  add(
    'a record of type 2',
    reframe(0, (f) => void f[2]!.head.writeUInt32BE(2, 24)),
    same(2, 'bad-header'),
    same(1, 'bad-header'),
  );
  add(
    'a header of type 1',
    reframe(1, (f) => void f[0]!.head.writeUInt32BE(1, 24)),
    same(inFirst, 'bad-header'),
    same(inFirst - 1, 'bad-header'),
  );
  add(
    'a header with another field',
    reframe(
      0,
      header((value) => (value['mood'] = 'good')),
    ),
    same(0, 'bad-header'),
    same(0, 'bad-header'),
  );
  add(
    'a header of another start',
    reframe(
      1,
      header((value) => (value['started'] = '2026-03-04T05:06:07.090Z')),
    ),
    same(inFirst, 'bad-header'),
    same(inFirst - 1, 'bad-header'),
  );
  add(
    'a header whose commitment is another',
    reframe(0, (f) => void (f[0]!.head[59]! ^= 1)),
    same(0, 'bad-header'),
    same(0, 'bad-header'),
  );
  add(
    'a record missing',
    reframe(0, (f) => void f.splice(2, 1)),
    same(2, 'bad-sequence'),
    same(1, 'bad-sequence'),
  );
  add(
    'two records swapped',
    reframe(0, (f) => void f.splice(2, 2, f[3]!, f[2]!)),
    same(2, 'bad-sequence'),
    same(1, 'bad-sequence'),
  );
  add(
    'time running backwards',
    reframe(0, (f) => void f[3]!.head.writeBigUInt64BE(0n, 8)),
    same(3, 'bad-sequence'),
    same(2, 'bad-sequence'),
  );
  add(
    'a seal that was changed, with its checksum',
    reframe(0, (f) => void (f[3]!.body[0]! ^= 1)),
    [all, null],
    same(2, 'bad-seal'),
  );
  add(
    'a commitment that was changed, with its checksum',
    reframe(0, (f) => void (f[3]!.head[59]! ^= 1)),
    [all, null],
    same(2, 'bad-seal'),
  );
  add(
    'another count of output in a header',
    reframe(
      1,
      header((value) => (value['outputOffset'] = 7)),
    ),
    [all, null],
    same(inFirst - 1, 'bad-header'),
  );

  add(
    'a jwe whose epk is no point of the curve',
    reframe(
      0,
      header((value) => offTheCurve((value['recipients'] as Record<string, unknown>[])[0]!)),
    ),
    [all, null],
    same(0, 'bad-seal'),
  );

  // Whoever has the secret, so the writer itself, could seal these.
  const keys = ratchetOf(secretOf(name, 0), RECORDING, 0, first.length);
  const sealed = (place: number, plaintext: Buffer, commitment: Buffer) => (f: Head[]) => {
    const head = Buffer.from(f[place]!.head);
    commitment.copy(head, 28);
    const cipher = createCipheriv('aes-256-gcm', keys[place - 1]!.m, Buffer.concat([Buffer.alloc(4), head.subarray(0, 8)])).setAAD(head);
    f[place] = { ...f[place]!, head, body: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]) };
  };
  const marker = eventBytes({ code: 'm', timeUs: 12_345, data: Buffer.from('other') });
  add('a record that is sealed and no event', reframe(0, sealed(3, Buffer.from('x'), sha256('x'))), [all, null], same(2, 'bad-seal'));
  add(
    'a record whose pieces do not give its commitment',
    reframe(0, sealed(3, marker, pieceDigest(marker, Buffer.alloc(32)))),
    [all, null],
    same(2, 'bad-commitment'),
  );
  return {
    recording: RECORDING,
    head: { size: frames, root: rootOf(example.frames.map(({ leaf }) => leaf)).toString('hex') },
    base: Object.fromEntries(Object.entries(base).map(([file, content]) => [file, content.toString('base64')])),
    cases,
  };
}
