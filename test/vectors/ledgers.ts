/** A small ledger, whole and damaged, with the faults that reading it must report, in their order. */
import { forge, headsEvent, honest, OTHER, type Forgery, type InsiderKeys } from '../attacks/forge.ts';
import { BUNDLE } from '../../src/export/bundle-files.ts';
import { INSTALLATION, RECORDING } from './example.ts';
import { ed25519Of, rootOf, sha256 } from './second-writer.ts';

export const ORIGIN = `wardmux.localhost/${INSTALLATION}/ledger`;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A signed note by the installation's key. */
export function noteOf(name: string, text: string, sign: (bytes: Uint8Array) => Uint8Array): string {
  return signedNote(text, ed25519Of(`${name}/installation`).publicKey, sign);
}

/** A signed note by the first half of a key. */
export const noteBy = ({ installation, noteSign }: Pick<InsiderKeys, 'installation' | 'noteSign'>, text: string): string =>
  signedNote(text, installation.publicKey.raw, noteSign);

function signedNote(text: string, publicKey: Buffer, sign: (bytes: Uint8Array) => Uint8Array): string {
  const id = sha256(ORIGIN, Buffer.of(0x0a, 0x01), publicKey).subarray(0, 4);
  return `${text}\n— ${ORIGIN} ${Buffer.concat([id, sign(Buffer.from(text, 'utf8'))]).toString('base64')}\n`;
}

/** The text of a checkpoint. */
export function checkpointOf(size: number, root: Buffer, ...more: readonly string[]): string {
  return [ORIGIN, String(size), root.toString('base64'), 'time 2026-03-05T07:59:59.000Z', ...more, ''].join('\n');
}

type Files = Map<string, Buffer>;

/** The lines of events.jsonl, and the roots over the first of them. */
export interface LedgerLines {
  readonly lines: readonly string[];
  readonly rootAt: (size: number) => Buffer;
  readonly first: (size: number) => LedgerLines;
}

/** @param change of the events, before they are written. */
export function linesOf(keys: InsiderKeys, change: (f: Forgery) => void = () => undefined): LedgerLines {
  const forgery = honest(keys);
  forgery.events = forgery.events.filter(({ hidden }) => hidden !== true);
  const start = forgery.events.find(({ action }) => action === 'recording.start')!;
  // Another recording has its head in the same event.
  forgery.events.unshift({ ...start, detail: { ...start.detail, recording: OTHER } });
  change(forgery);
  const entries = forge(forgery, keys).get(BUNDLE.ledger)!.toString('utf8').trimEnd().split('\n');
  const leaves: Buffer[] = [];
  const lines = entries.map((text, seq) => {
    const { event, head } = JSON.parse(text) as { event: string; head?: Record<string, unknown> };
    leaves.push(sha256(Buffer.of(0), event));
    return head ? `${event.slice(0, -1)},"opened":${JSON.stringify(headsEvent(seq, { recording: RECORDING, ...head }).opened)}}` : event;
  });
  const upTo = (size: number): LedgerLines => ({ lines: lines.slice(0, size), rootAt: (at) => rootOf(leaves.slice(0, at)), first: upTo });
  return upTo(lines.length);
}

/** A checkpoint of the first lines. */
export interface Mark {
  readonly size: number;
  readonly note: (size: number, root: Buffer) => string;
}

/** The files of a ledger. @param sign makes the signed note of a head's text. */
export function filesOf({ lines, rootAt }: LedgerLines, marks: readonly Mark[], sign: (text: string) => string): Files {
  const signed = marks.map(({ size, note }) => JSON.stringify({ note: note(size, rootAt(size)) }));
  const chain = (count: number): readonly [bytes: number, sha256: Buffer] =>
    signed
      .slice(0, count)
      .reduce<readonly [number, Buffer]>(([bytes, c], line) => [bytes + Buffer.byteLength(line) + 1, sha256(c, line)], [0, Buffer.alloc(32)]);
  const head = Buffer.alloc(8192);
  for (const [generation, count] of [
    [3, signed.length - 1],
    [4, signed.length],
  ] as const) {
    const [bytes, c] = chain(count);
    const text = checkpointOf(lines.length, rootAt(lines.length), `head ${generation}`, `checkpoints ${count} ${bytes} ${hex(c)}`);
    head.write(sign(text), (generation % 2) * 4096, 'utf8');
  }
  return new Map([
    ['events.jsonl', Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8')],
    ['checkpoints.jsonl', Buffer.from(signed.map((line) => `${line}\n`).join(''), 'utf8')],
    ['head', head],
  ]);
}

function makeLedger(name: string, keys: InsiderKeys, change?: (f: Forgery) => void, sizes?: readonly number[]): Files {
  const made = linesOf(keys, change);
  const note = (text: string): string => noteOf(name, text, keys.noteSign);
  const marks = (sizes ?? [0, made.lines.length]).map((size): Mark => ({ size, note: (at, root) => note(checkpointOf(at, root)) }));
  return filesOf(made, marks, note);
}

export const goodLedger = (name: string, keys: InsiderKeys): Files => makeLedger(name, keys);

export interface LedgerCase {
  readonly name: string;
  readonly codes: readonly string[];
  /** installation.json of the installation whose ledger it is, where its key is not that of keys.json alone. */
  readonly installation?: string;
  /** Events under the newest checkpoint that each half of its key signed, and the sizes of those that one half signed; where the case is about them. */
  readonly whole?: number;
  readonly halfSigned?: readonly number[];
  /** What is not as in `ledger/`: base64, or null where the file is not there. */
  readonly files: Readonly<Record<string, string | null>>;
}

export function ledgerVectors(name: string, keys: InsiderKeys): LedgerCase[] {
  const good = goodLedger(name, keys);
  const longer = makeLedger(name, keys, (f) => void f.events.push({ action: 'lock', detail: { cause: 'idle' } }));
  const cases: LedgerCase[] = [];
  const add = (what: string, codes: readonly string[], change: (files: Files) => Files | void): void => {
    const copy: Files = new Map([...good].map(([file, content]) => [file, Buffer.from(content)]));
    const files = change(copy) ?? copy;
    const changed = [...good.keys()].filter((file) => !files.get(file)?.equals(good.get(file)!));
    cases.push({ name: what, codes, files: Object.fromEntries(changed.map((file) => [file, files.get(file)?.toString('base64') ?? null])) });
  };
  const edit = (file: string, from: string | RegExp, to: string) => (files: Files) => {
    const text = files.get(file)!.toString('utf8');
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${file} has no ${from}`);
    files.set(file, Buffer.from(changed, 'utf8'));
  };
  const signedAgain = (change: (f: Forgery) => void) => () => makeLedger(name, keys, change);
  const heads = (f: Forgery): Record<string, unknown> => f.events.find(({ action }) => action === 'recording.heads')!.detail!;

  add('whole', [], () => undefined);
  add('no head', ['no-head'], (files) => void files.delete('head'));
  add('a head without a slot', ['bad-head'], (files) => void files.get('head')!.fill(0));
  add('a head of 4,096 bytes', ['bad-head'], (files) => void files.set('head', files.get('head')!.subarray(0, 4096)));
  add('the older slot of the head damaged', ['unvouched'], (files) => void files.get('head')!.write('x', 4096));
  add('no head, and a checkpoint that was changed', ['no-head', 'bad-signature'], (files) => {
    edit('checkpoints.jsonl', 'time 2026', 'time 2027')(files);
    files.delete('head');
  });
  add('a head without a slot, and the last line missing', ['bad-head', 'cut'], (files) => {
    edit('events.jsonl', /.*\n$/, '')(files);
    files.get('head')!.fill(0);
  });
  add('no head, and an event that was changed', ['no-head', 'root-mismatch'], (files) => {
    edit('events.jsonl', '"nursing"', '"remote"')(files);
    files.delete('head');
  });
  add('an older slot of the head that is not the one before', ['unvouched'], (files) => {
    const text = checkpointOf(0, rootOf([]), 'head 1', `checkpoints 0 0 ${'00'.repeat(32)}`);
    files
      .get('head')!
      .fill(0, 4096)
      .write(noteOf(name, text, keys.noteSign), 4096, 'utf8');
  });
  add('the older slot of the head empty', ['unvouched'], (files) => void files.get('head')!.fill(0, 4096));
  add('a line that is no event', ['bad-line'], edit('events.jsonl', /^\{/, '['));
  add('an event without its monotonic time', ['bad-line'], edit('events.jsonl', /"monoUs":\d+,/, ''));
  add('an event of heads that nothing opens', ['bad-line'], edit('events.jsonl', /,"opened":\{.*\}\}/, '}'));
  add('an event of heads that another head opens', ['bad-line'], edit('events.jsonl', /("opened":.*\[")(\d{8}-\d{6}-[0-9a-f]{8}",)7,/, '$1$28,'));
  add('another event with heads beside it', ['bad-line'], edit('events.jsonl', /("action":"play".*)\}\n/, '$1,"opened":{}}\n'));
  add('a line of another installation', ['foreign-line'], edit('events.jsonl', INSTALLATION, 'w-00000000000f'));
  add('a line missing', ['bad-sequence'], edit('events.jsonl', /\n.*\n/, '\n'));
  add('two lines swapped', ['bad-sequence'], edit('events.jsonl', /^(.*\n)(.*\n)/, '$2$1'));
  add('an event that was changed', ['root-mismatch', 'root-mismatch', 'root-mismatch'], edit('events.jsonl', '"nursing"', '"remote"'));
  add('the last line missing', ['cut'], edit('events.jsonl', /.*\n$/, ''));
  add('a line too many', ['unvouched'], (files) => void files.set('events.jsonl', longer.get('events.jsonl')!));
  add('a checkpoint that was changed', ['bad-signature', 'bad-checkpoints'], edit('checkpoints.jsonl', 'time 2026', 'time 2027'));
  add('the last checkpoint missing', ['cut'], edit('checkpoints.jsonl', /.*\n$/, ''));
  add('checkpoints that were swapped, and signed for', ['bad-order'], () => makeLedger(name, keys, undefined, [8, 0]));
  add('a head that was set back behind a checkpoint', ['set-back', 'unvouched', 'unvouched'], (files) => {
    const more = longer.get('checkpoints.jsonl')!.toString('utf8').split('\n')[1]!;
    files.set('events.jsonl', longer.get('events.jsonl')!);
    files.set('checkpoints.jsonl', Buffer.concat([files.get('checkpoints.jsonl')!, Buffer.from(`${more}\n`)]));
  });
  add(
    'signed: a second start',
    ['contradiction'],
    signedAgain((f) => void f.events.push(structuredClone(f.events.find(({ action }) => action === 'recording.start')!))),
  );
  add(
    'signed: a start without its fields',
    ['contradiction'],
    signedAgain((f) => void delete f.events[0]!.detail!['class']),
  );
  add(
    'signed: a start whose emergency is null',
    ['contradiction'],
    signedAgain((f) => void (f.events[0]!.detail!['breakGlass'] = null)),
  );
  add(
    'signed: an end that counts nothing',
    ['contradiction'],
    signedAgain((f) => void delete f.events.find(({ action }) => action === 'recording.end')!.detail!['outputBytes']),
  );
  add(
    'signed: a head that is smaller than one before',
    ['contradiction'],
    signedAgain((f) => void f.events.splice(5, 0, { action: 'recording.heads', detail: { recording: RECORDING, size: 3 } })),
  );
  add(
    'signed: heads of a recording that has not begun',
    ['contradiction'],
    signedAgain((f) => void f.events.shift()),
  );
  add(
    'signed: a head after the end',
    ['contradiction'],
    signedAgain((f) => void f.events.push({ action: 'recording.heads', detail: { ...heads(f) } })),
  );
  add(
    'signed: another key took over, and the installation has one that replaced none',
    ['other-keys'],
    signedAgain((f) => void f.events.push({ action: 'installation.key', detail: { key: '11'.repeat(32), previous: '22'.repeat(32), secondKey: false } })),
  );
  return cases;
}
