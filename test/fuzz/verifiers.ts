/**
 * The two verifiers against each other: bundles that are changed at random and then sealed, proven and signed again with every
 * key. Whatever one says of a bundle, the other has to say in the same words. A run follows from its seed.
 *
 * By hand: `node test/fuzz/verifiers.ts [bundles] [seed]`; exits 1 at the first disagreement, and leaves that bundle.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { BUNDLE } from '../../src/export/bundle-files.ts';
import { verifyBundle } from '../../src/export/verify.ts';
import { certifiedKeys, header } from '../attacks/changes.ts';
import {
  forge,
  headerFor,
  honest,
  insiderKeys,
  sshSignature,
  writeFiles,
  type ForgedEvent,
  type ForgedFrame,
  type Forgery,
  type InsiderKeys,
} from '../attacks/forge.ts';
import { writtenOut } from '../../src/recording/json.ts';
import { PERSON, RECORDING } from '../vectors/example.ts';
import { thumbprintOf } from '../vectors/second-writer.ts';

const verifier = join(import.meta.dirname, '../../assets/verify.py');
/** Bundles that are on the disk at once: enough to keep both verifiers busy. */
const BATCH = 32;

/** Numbers that follow from a seed (mulberry32). */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const kid = 'k'.repeat(43);
const deep = JSON.parse('['.repeat(9) + ']'.repeat(9)) as unknown;
/** Values that readers of JSON like to see differently. */
const values: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  2,
  -1,
  1.5,
  80,
  2 ** 31,
  2 ** 53 - 1,
  2 ** 53,
  1e20,
  1e21,
  1e-7,
  0.00001,
  '',
  'x',
  'none',
  'operator',
  'emergency',
  'nursing',
  'exit',
  'closed',
  'owner',
  'audit',
  'é',
  '\u2028',
  '\ufeff',
  '\u0000',
  '\ud800',
  '😀',
  '1',
  '2026-02-29T00:00:00.000Z',
  '2024-02-29T23:59:59.999Z',
  '2026-01-01T24:00:00.000Z',
  '0000-01-01T00:00:00.000Z',
  'p-00000000000b',
  'p-000000000001',
  'b-000000000001',
  'w-000000000001',
  '00'.repeat(32),
  'AB'.repeat(32),
  kid,
  [],
  {},
  [[]],
  [kid],
  deep,
  { a: 1 },
  { 1: 1 },
  ['x', 1],
];
/** Bytes of events that readers like to see differently. */
const contents: readonly string[] = [
  '',
  'a',
  'é',
  '\u0000',
  '\u001b[0m',
  '\n',
  '\ufeff',
  '\u2028',
  '132x43',
  '1x1',
  '0x0',
  '2000x2000',
  '2001x1',
  '01x1',
  '1x1\n',
  ' 1x1',
  '{}',
  '[]',
  'null',
  '{"cause":"idle"}',
  '{"cause": "idle"}',
  '{"cause":"Idle"}',
  '{"reason":"exit"}',
  '{"reason":"closed"}',
  '{"code":0,"signal":0}',
  '{"code":-0,"signal":0}',
  '{"code":1e0,"signal":0}',
  '{"bytes":5,"reason":"x"}',
  '{"signal":0,"code":0}',
  '{"reason":"exit","reason":"exit"}',
  '{"command":["sh"],"cwd":"/","cols":80,"rows":24,"term":"x","version":"1"}',
  '{"command":["\\ud800"],"cwd":"/","cols":80,"rows":24,"term":"x","version":"1"}',
  '{"command":[],"cwd":"/","cols":80,"rows":24,"term":"x","version":"1"}',
  '{"command":["sh"],"cwd":"/","cols":80.0,"rows":24,"term":"\\u2028","version":"1"}',
];
const raw: readonly Buffer[] = ['ff', 'c3', 'a9', 'e282', 'ac', 'f09f98', '80', 'eda080', 'c080', 'f4908080', 'efbfbd', 'efbbbf', '00'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
/** Pieces of text to put into a file. */
const scraps: readonly string[] = [
  ' ',
  '\n',
  '\r\n',
  '\t',
  '"',
  '\\',
  '\\u0041',
  '\\ud800',
  '\\u001B',
  '\\u001b',
  '\\/',
  ',',
  ':',
  '{',
  '}',
  '[',
  ']',
  '0',
  '1.0',
  '1e0',
  '-0',
  '-',
  '00',
  'NaN',
  'Infinity',
  'null',
  'é',
  '\u2028',
  '\ufeff',
  '\u0000',
  '9'.repeat(30),
  '"a":1,',
  '"1":1,',
  '"__proto__":{},',
  '='.repeat(2),
  'A',
  '— x AAAA\n',
];

type Mutation = (f: Forgery, c: Chance, keys: InsiderKeys) => void;

const frame = (f: Forgery, c: Chance): ForgedFrame => c.one(f.frames);
const withPieces = (f: Forgery, c: Chance): ForgedFrame => c.one(f.frames.filter((each) => each.pieces.length > 0));
const event = (f: Forgery, c: Chance): ForgedEvent => c.one(f.events);
const copyOf = (each: ForgedFrame): ForgedFrame => ({ ...each, pieces: each.pieces.map((piece) => ({ ...piece })) });

/** Changes one member of an object: its value, its name, its place, or that it is there. */
function changeObject(value: Record<string, unknown>, c: Chance): void {
  const names = Object.keys(value);
  const name = c.one([...names, 'extra']);
  const nested = value[name];
  const kind = c.below(8);
  if (typeof nested === 'object' && nested !== null && kind < 3) return changeObject(nested as Record<string, unknown>, c);
  if (kind === 3) delete value[name];
  else if (kind === 4) {
    const was = value[name];
    delete value[name];
    value[name] = was;
  } else if (kind === 5 && typeof value[name] === 'number') value[name] = (value[name] as number) + c.one([-1, 1, 2, 100]);
  else value[name] = c.one(values);
}

function changeHeader(f: Forgery, c: Chance): void {
  const target = c.one(f.frames.filter((each) => each.header !== undefined));
  if (!target?.header) return;
  if (c.below(4) === 0) {
    target.header = changeText(target.header, c);
    return;
  }
  try {
    const value = JSON.parse(target.header) as Record<string, unknown>;
    changeObject(value, c);
    target.header = JSON.stringify(value);
  } catch {
    // Changed before into something that is no JSON any more.
  }
}

function changeText(text: string, c: Chance): string {
  const at = c.below(text.length + 1);
  const kind = c.below(4);
  if (kind === 0) return text.slice(0, at) + c.one(scraps) + text.slice(at);
  if (kind === 1) return text.slice(0, at) + text.slice(at + 1 + c.below(3));
  if (kind === 2) return text.slice(0, at) + c.one(scraps) + text.slice(at + 1);
  const numbers = [...text.matchAll(/\d+/g)];
  const number = numbers.length > 0 ? c.one(numbers) : undefined;
  return number
    ? text.slice(0, number.index) + c.one(['0', '1', '1.0', '1e0', '-0', '9'.repeat(25), '007']) + text.slice(number.index + number[0].length)
    : text;
}

function changeLines(content: Buffer, c: Chance): Buffer {
  const lines = content.toString('utf8').split('\n');
  const at = c.below(lines.length);
  const kind = c.below(5);
  if (kind === 0) lines.splice(at, 1);
  else if (kind === 1) lines.splice(at, 0, lines[c.below(lines.length)]!);
  else if (kind === 2) [lines[at], lines[at - 1]] = [lines[at - 1] ?? '', lines[at]!];
  else lines[at] = changeText(lines[at]!, c);
  return Buffer.from(lines.join('\n'), 'utf8');
}

function changeFile(files: Map<string, Buffer>, c: Chance, names: readonly string[]): void {
  const name = c.one(names);
  const content = files.get(name)!;
  if (c.below(4) > 0) {
    files.set(name, changeLines(content, c));
    return;
  }
  const at = c.below(content.length);
  files.set(name, Buffer.concat([content.subarray(0, at), c.one([Buffer.of(c.below(256)), c.one(raw)]), content.subarray(at + c.below(2))]));
}

const looked = [BUNDLE.evidence, BUNDLE.cast, BUNDLE.ledger, BUNDLE.summary, BUNDLE.checkpoint, BUNDLE.guide, BUNDLE.allowedSigners];

/** Somebody of the ledger, perhaps. */
const anybody = ['p-00000000000b', PERSON, 'p-00000000000c'];

/** A later `person.keys`, certified by somebody, or by nobody. */
function certify(f: Forgery, c: Chance, keys: InsiderKeys): void {
  const before = f.events.findIndex(({ action }) => action === 'person.keys');
  const changed = { [c.one(['record', 'slots', 'signingKey', 'encryptionKey'])]: c.one(['33'.repeat(32), 'x', thumbprintOf(keys.stranger)]) };
  const options = {
    ...(c.below(3) ? {} : { of: c.one(anybody) }),
    ...(c.below(3) ? {} : { by: c.one(anybody) }),
    after: c.one([0, before, before, before + 1, null]),
    ...(c.below(4) ? {} : { signer: keys.stranger }),
  };
  const made = certifiedKeys(keys, f, c.below(2) ? changed : {}, options);
  if (c.below(6) === 0) delete made.detail![c.one(['by', 'byKey', 'signature', 'record', 'slots'])];
  f.events.splice(c.below(f.events.length + 1), 0, made);
}

/** A segment that is sealed to others, or under another policy, which may have come into force. */
function reseal(f: Forgery, c: Chance, keys: InsiderKeys): void {
  const segment = c.below(2);
  const frame = f.frames.filter((each) => each.header !== undefined)[segment]!;
  const { firstSeq, outputOffset } = JSON.parse(frame.header!) as { firstSeq: number; outputOffset: number };
  const roles = c.one([['owner', 'audit'], ['audit'], ['owner'], ['audit', 'owner'], ['stranger', 'audit'], ['owner', 'audit', 'stranger']] as const);
  frame.header = headerFor(keys, segment, firstSeq, outputOffset, ...roles);
  const sha256 = c.one(['cd', 'ab']).repeat(32);
  header(f, segment, (value) => (value['policySha256'] = sha256));
  const kids = roles.map((role) => thumbprintOf(keys[role]));
  const start = f.events.find(({ action }) => action === 'recording.start')?.detail;
  if (start && c.below(2)) Object.assign(start, { recipients: kids, ...(segment === 0 ? { policySha256: sha256 } : {}) });
  const auditKeys = c.one([kids.filter((_, i) => roles[i] !== 'owner'), [thumbprintOf(keys.audit)]]);
  if (c.below(3)) f.events.splice(c.below(f.events.length + 1), 0, { action: 'policy.change', detail: { sha256, auditKeys } });
}

/** One more signature over the sums, of anybody, anywhere. */
function signMore(files: Map<string, Buffer>, c: Chance, keys: InsiderKeys): void {
  const sums = files.get(BUNDLE.sums)!;
  const options = c.one([
    {},
    {},
    { hash: 'sha256' },
    { namespace: 'file' },
    { reserved: 'x' },
    { version: 2 },
    { last: Buffer.alloc(5) },
    { zeros: 1 },
    { width: 76 },
  ]);
  const message = c.below(3) ? sums : Buffer.from('x');
  const pairs = [keys.person, keys.installation];
  const name = c.one([BUNDLE.installationSignature, BUNDLE.installationSignature, BUNDLE.personSignature]);
  const more = sshSignature(message, c.one(pairs), options);
  const was = files.get(name)!.toString('latin1');
  files.set(name, Buffer.from(c.below(3) ? was + more : more + was, 'latin1'));
}

/** A trust file that is written out as it has to be, with something else in it. */
function changeTrust(text: string, c: Chance): string {
  const value = JSON.parse(text) as Record<string, unknown>;
  changeObject(value, c);
  return writtenOut(value);
}

/** Changes what nobody signs for: the signatures of the installation, of each half of its key, and of the person, and the lines of the checkpoint. */
function changeSignatures(files: Map<string, Buffer>, c: Chance): void {
  const name = c.one([BUNDLE.installationSignature, BUNDLE.checkpoint, BUNDLE.personSignature]);
  const parts = files
    .get(name)!
    .toString('latin1')
    .split(name === BUNDLE.checkpoint ? /(?<=\n)(?=\xe2\x80\x94 )/ : /(?<=END SSH SIGNATURE-----\n)/);
  const kind = c.below(4);
  if (kind === 0) parts.splice(c.below(parts.length), 1);
  else if (kind === 1) parts.splice(c.below(parts.length + 1), 0, c.one(parts));
  else if (kind === 2) parts.reverse();
  else {
    const at = c.below(parts.length);
    parts[at] = changeText(parts[at]!, c);
  }
  files.set(name, Buffer.from(parts.join(''), 'latin1'));
}

const mutations: readonly Mutation[] = [
  certify,
  certify,
  reseal,
  reseal,
  (f, c, keys) => {
    const { late } = f;
    f.late = (files) => {
      late(files);
      signMore(files, c, keys);
    };
  },
  (f, c) => {
    const { late } = f;
    f.late = (files) => {
      late(files);
      changeSignatures(files, c);
    };
  },
  (f, c) => void f.frames.splice(c.below(f.frames.length), 1),
  (f, c) => void f.frames.splice(c.below(f.frames.length + 1), 0, copyOf(frame(f, c))),
  (f, c) => {
    const at = c.below(f.frames.length - 1);
    f.frames.splice(at, 2, f.frames[at + 1]!, f.frames[at]!);
  },
  (f, c) => void (frame(f, c).monoNs = c.one([0n, 1n, 12_345_000n, 4_000_000_000n, 2n ** 53n, 2n ** 64n - 1n])),
  (f, c) => void (frame(f, c).wallMs = c.one([0, 1, 2 ** 53 - 1, 1772600767089])),
  (f, c) => void (frame(f, c).seq = c.below(f.frames.length + 2)),
  (f, c) => void (frame(f, c).type = c.below(3)),
  (f, c) => void (c.one(withPieces(f, c).pieces).code = c.one(Array.from('soirmlugnxez'))),
  (f, c) => void (c.one(withPieces(f, c).pieces).data = Buffer.from(c.one(contents), 'utf8')),
  (f, c) => void (c.one(withPieces(f, c).pieces).data = Buffer.concat([c.one(raw), Buffer.from(c.one(contents)), c.one(raw)])),
  (f, c) => {
    const piece = c.one(withPieces(f, c).pieces);
    piece.data = Buffer.from(changeText(piece.data.toString('utf8'), c), 'utf8');
  },
  (f, c) => void (c.one(withPieces(f, c).pieces).timeUs = c.one([0, 1, 12_345, 1_012_345, 4_000_000, 4_000_001, 2 ** 53 - 1])),
  (f, c) => {
    const { pieces } = withPieces(f, c);
    if (pieces.length > 1) pieces.splice(c.below(pieces.length), 1);
  },
  (f, c) => {
    const { pieces } = withPieces(f, c);
    pieces.splice(c.below(pieces.length + 1), 0, { code: c.one(Array.from('soirmlugnxe')), timeUs: pieces[0]!.timeUs, data: Buffer.from(c.one(contents)) });
  },
  (f, c) => {
    const piece = c.one(withPieces(f, c).pieces);
    piece.withheld = c.one(['snapshot', 'patient-data', 'secret', 'because', '']);
    if (c.below(3) === 0) piece.shown = c.one(Array.from('soimnxe'));
  },
  (f, c) => void delete c.one(withPieces(f, c).pieces).withheld,
  (f, c) => void (c.one(withPieces(f, c).pieces).form = c.one(['bytes', 'text'] as const)),
  changeHeader,
  changeHeader,
  changeHeader,
  (f, c) => void f.events.splice(c.below(f.events.length), 1),
  (f, c) => void f.events.splice(c.below(f.events.length + 1), 0, structuredClone(event(f, c))),
  (f, c) => {
    const at = c.below(f.events.length - 1);
    f.events.splice(at, 2, f.events[at + 1]!, f.events[at]!);
  },
  (f, c) => {
    const { detail } = event(f, c);
    if (detail) changeObject(detail, c);
  },
  (f, c) => {
    const { detail } = event(f, c);
    if (detail) changeObject(detail, c);
  },
  (f, c) => void (event(f, c).person = c.one(['p-00000000000b', 'p-000000000001', '', 'x'])),
  (f, c) => void (event(f, c).time = c.one(values.filter((value) => typeof value === 'string'))),
  (f, c) =>
    void (event(f, c).action = c.one([
      'recording.start',
      'recording.end',
      'recording.heads',
      'recording.failed',
      'recording.recovered',
      'recording.damaged',
      'recording.segment',
      'policy.change',
      'person.keys',
      'play',
      'constructor',
    ])),
  (f, c) => {
    const target = event(f, c);
    target.hidden = target.hidden !== true;
  },
  (f, c) => void Object.assign(event(f, c), { [c.one(['monoUs', 'aal', 'credential'])]: c.one(values) }),
  (f, c) => {
    // An opening that is one, of another event, or none.
    const opening: Record<string, unknown> = { salt: '00'.repeat(32), size: 4, root: '11'.repeat(32) };
    changeObject(opening, c);
    (c.below(2) ? event(f, c) : (f.events.find(({ action }) => action === 'recording.heads') ?? event(f, c))).head = c.one([opening, null, c.one(values)]);
  },
  (f, c) => {
    const size = c.below(f.frames.length + 2);
    const action = c.one(['recording.heads', 'recording.recovered', 'recording.failed']);
    f.events.splice(c.below(f.events.length + 1), 0, {
      action,
      ...(c.below(4) ? { person: PERSON } : {}),
      detail: { recording: RECORDING, size, ...(c.below(2) ? { signedBefore: c.one([0, 3, size, -1, 'x']) } : {}) },
    });
  },
  (f, c) => {
    const detail = {
      sha256: c.one(['cd', 'ab']).repeat(32),
      auditKeys: c.one([[], [kid], (f.events[1]?.detail?.['auditKeys'] as string[] | undefined) ?? []]),
    };
    f.events.splice(c.below(f.events.length + 1), 0, { action: 'policy.change', detail });
  },
  (f, c) => {
    const target = event(f, c);
    const line = JSON.stringify({
      seq: f.events.indexOf(target),
      time: '2026-03-04T05:06:07.089Z',
      monoUs: null,
      installation: 'w-000000000001',
      action: target.action,
      person: target.person,
      outcome: target.outcome,
      aal: null,
      credential: null,
      detail: target.detail,
    });
    target.line = changeText(line, c);
  },
  (f, c) =>
    void (f.note = c.one([
      (text: string) => `${text}more\n`,
      (text: string) => `${text}\nmore\n`,
      (text: string) => changeText(text, c),
      (text: string) => text.trimEnd(),
    ])),
  (f, c) => void (f.noteTail = c.one(['— x AAAA\n', '— x AAA\n', '— a+b AAAA\n', '— é AAAA\n', '\n', 'x\n', `— witness.example ${'A'.repeat(92)}\n`])),
  (f, c) => void (f.sshHash = c.one(['sha256', 'sha512'])),
  (f, c) => changeObject(f.exported, c),
  (f, c) => void (f.state = c.one(['complete', 'open', 'failed', 'recovered'])),
  (f, c) => {
    const before = f.files;
    f.files = (files) => {
      before(files);
      changeFile(files, c, looked);
    };
  },
  (f, c) => {
    const before = f.files;
    f.files = (files) => {
      before(files);
      changeFile(files, c, looked);
    };
  },
  (f, c) => {
    const before = f.late;
    f.late = (files) => {
      before(files);
      changeFile(files, c, [...files.keys()]);
    };
  },
];

export interface Disagreement {
  readonly bundle: string;
  readonly number: number;
  readonly here: unknown;
  readonly there: unknown;
}

export interface FuzzResult {
  readonly bundles: number;
  /** How often each verdict was given. */
  readonly codes: Readonly<Record<string, number>>;
  readonly disagreement: Disagreement | undefined;
}

/** verify.py in a process that lives on: a line with two paths in, a verdict out. */
class Python {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const script = `import importlib.util, json, sys, traceback
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for line in sys.stdin:
    bundle, trust = line.rstrip('\\n').split('\\t')
    try:
        answer = module.judge(bundle, trust)
    except BaseException:
        answer = {'crash': traceback.format_exc()}
    print(json.dumps(answer), flush=True)
`;
    this.#child = spawn('python3', ['-B', '-c', script, verifier], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout, crlfDelay: Infinity })[Symbol.asyncIterator]();
  }

  ask(bundle: string, trust: string): void {
    this.#child.stdin.write(`${bundle}\t${trust}\n`);
  }

  async answer(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    return done ? { crash: 'verify.py has ended' } : JSON.parse(value);
  }

  close(): void {
    this.#child.stdin.end();
  }
}

/** Judges so many changed bundles with both, until they disagree. */
export async function fuzz(bundles: number, seed: number, progress?: (done: number) => void): Promise<FuzzResult> {
  const halves = [insiderKeys('fuzz'), insiderKeys('fuzz', false, 1)];
  // Memory, where the system has some to give: each bundle is eleven files.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wardmux-fuzz-'));
  const python = new Python();
  const codes: Record<string, number> = {};
  let disagreement: Disagreement | undefined;
  let done = 0;
  try {
    while (done < bundles && !disagreement) {
      const batch: { number: number; bundle: string; trust: string }[] = [];
      for (let i = 0; i < BATCH && done + i < bundles; i++) {
        const number = done + i;
        const bundle = join(folder, String(i));
        const trust = make(bundle, number, seed, halves[number % 4 === 3 ? 1 : 0]!);
        python.ask(bundle, `${bundle}.trust`);
        batch.push({ number, bundle, trust });
      }
      for (const { number, bundle, trust } of batch) {
        let here: unknown;
        try {
          here = verifyBundle(bundle, trust);
        } catch (error) {
          here = { crash: String((error as Error).stack) };
        }
        const there = await python.answer();
        const { code = 'crash' } = here as { code?: string };
        codes[code] = (codes[code] ?? 0) + 1;
        if (code === 'crash' || sorted(here) !== sorted(there)) {
          disagreement ??= { bundle, number, here, there };
        }
      }
      done += batch.length;
      progress?.(done);
    }
  } finally {
    python.close();
    if (!disagreement) rmSync(folder, { recursive: true, force: true });
  }
  return { bundles: done, codes, disagreement };
}

/** Makes bundle `number` of a run; returns the text of its trust file, which stands beside it. */
function make(bundle: string, number: number, seed: number, keys: InsiderKeys): string {
  const c = new Chance(Math.imul(seed, 2654435761) + number);
  rmSync(bundle, { recursive: true, force: true });
  let files: Map<string, Buffer> | undefined;
  while (!files) {
    const forgery = honest(keys);
    try {
      for (let i = c.below(20) === 0 ? 0 : 1 + c.below(3); i > 0; i--) c.one(mutations)(forgery, c, keys);
      files = forge(forgery, keys);
    } catch {
      // Several changes together can leave nothing to change: drawn again.
    }
  }
  // Sometimes a file is missing, or one is too many.
  const fate = c.below(60);
  if (fate === 0) files.delete(c.one([...files.keys()]));
  if (fate === 1) files.set('extra', Buffer.alloc(0));
  writeFiles(bundle, files);
  const trust = c.one([changeText, changeTrust, ...Array<undefined>(18).fill(undefined)])?.(keys.trustText, c) ?? keys.trustText;
  writeFileSync(`${bundle}.trust`, trust);
  return Buffer.from(trust, 'utf8').toString('utf8');
}

/** JSON with members in one order: the verifiers' own order is theirs. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}

if (import.meta.main) {
  const [bundles = 100_000, seed = 1] = process.argv.slice(2).map(Number);
  const began = Date.now();
  const result = await fuzz(bundles, seed, (done) => {
    if (done % (BATCH * 100) === 0) process.stderr.write(`${done} bundles, ${((Date.now() - began) / 1000).toFixed(0)} s\n`);
  });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = result.disagreement ? 1 : 0;
}
