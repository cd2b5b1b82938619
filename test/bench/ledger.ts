/**
 * What a ledger costs at any size: two of them are made on the disk, rightly signed, and asked the same questions. Each
 * figure is a median over fresh openings; the files are warm, as those of a running workstation are.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { listRecordings } from '../../src/services/recordings/list.ts';
import { encodeEvent, encodeLine } from '../../src/ledger/events.ts';
import { headEntry, INSTALLATION, startDetail, testEvent, testSigner } from '../../src/ledger/fixture.ts';
import { EMPTY_CHAIN, HEAD_BYTES, nextChain, signHead, slotOf } from '../../src/ledger/head.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { checkpointText, ledgerOrigin, noteKey, signNote } from '../../src/ledger/note.ts';
import type { LedgerEntry } from '../../src/ledger/types.ts';
import { LedgerView } from '../../src/ledger/view.ts';
import { segmentName } from '../../src/recording/header.ts';
import { leafHash, MerkleTree, rootFromInclusion } from '../../src/merkle/tree.ts';
import { median, type FigureRow } from './stats.ts';

/** Events of a recording, as a pane of some hours has them. */
const EVENTS_EACH = 100;
/** Recordings that run at once. */
const AT_ONCE = 8;
const ROUNDS = 15;
/** Bytes written at once while a ledger is made. */
const BLOCK = 4 * 1024 * 1024;

const id = (n: number): string => {
  const at = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
  return `${at.slice(0, 10).replaceAll('-', '')}-${at.slice(11, 19).replaceAll(':', '')}-${((n * 2_654_435_761) >>> 0).toString(16).padStart(8, '0')}`;
};
const rootOf = (n: number): string => n.toString(16).padStart(64, '0');

/** Event number `seq` of a workstation with several panes: recordings overlap, and each has a start, heads and an end. */
function entryOf(seq: number): LedgerEntry {
  const group = Math.floor(seq / (EVENTS_EACH * AT_ONCE));
  const place = seq % (EVENTS_EACH * AT_ONCE);
  const recording = id(group * AT_ONCE + (place % AT_ONCE));
  const step = Math.floor(place / AT_ONCE);
  if (step === 0) return { action: 'recording.start', person: 'p-0123456789ab', detail: { recording, ...startDetail } };
  const head = { size: step, root: rootOf(step) };
  if (step === EVENTS_EACH - 1) return { action: 'recording.end', detail: { recording, reason: 'exit', ...head, outputBytes: 1, durationMs: 1 } };
  return headEntry(recording, head.size, head.root);
}

interface Made {
  readonly folder: string;
  readonly options: { readonly folder: string; readonly installation: string; readonly signer: ReturnType<typeof testSigner> };
  /** A recording in its middle. */
  readonly recording: string;
}

/** Writes a ledger of so many events without going through the writer, which would take a quarter of an hour. */
async function make(cache: string, events: number): Promise<Made> {
  const folder = mkdtempSync(join(cache, 'ledger-'));
  const signer = testSigner();
  const key = noteKey(ledgerOrigin(INSTALLATION), signer.publicKey);
  const tree = new MerkleTree();
  mkdirSync(folder, { recursive: true });
  const fd = openSync(join(folder, 'events.jsonl'), 'w', 0o600);
  let block: Buffer[] = [];
  let held = 0;
  const flush = (): void => {
    const bytes = Buffer.concat(block);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    block = [];
    held = 0;
  };
  for (let seq = 0; seq < events; seq++) {
    const event = testEvent(seq, entryOf(seq), new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString());
    const line = encodeLine(event);
    tree.append(leafHash(encodeEvent(event)));
    block.push(line, Buffer.from('\n'));
    held += line.length + 1;
    if (held > BLOCK) flush();
  }
  flush();
  closeSync(fd);
  const time = new Date(Date.UTC(2026, 0, 1)).toISOString();
  const line = Buffer.from(JSON.stringify({ note: await signNote(checkpointText(key.name, tree.head(), time), key, signer.sign) }));
  writeFileSync(join(folder, 'checkpoints.jsonl'), Buffer.concat([line, Buffer.from('\n')]), { mode: 0o600 });
  const { bytes } = slotOf(await signHead({ tree: tree.head(), generation: 0, checkpoints: nextChain(EMPTY_CHAIN, line), time }, key, signer.sign));
  writeFileSync(join(folder, 'head'), Buffer.concat([bytes, Buffer.alloc(HEAD_BYTES - bytes.length)]), { mode: 0o600 });
  return { folder, options: { folder, installation: INSTALLATION, signer }, recording: id(Math.floor(events / EVENTS_EACH / 2)) };
}

interface Costs {
  readonly open: number;
  readonly append: number;
  readonly prove: number;
  readonly look: number;
  readonly derive: number;
}

async function ms(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function measure({ options, recording }: Made, events: number): Promise<Costs> {
  const samples: Record<'open' | 'append' | 'prove' | 'look', number[]> = { open: [], append: [], prove: [], look: [] };
  // The first opening derives everything: what a lost folder of derived files costs.
  const derive = await ms(async () => (await Ledger.open(options)).close());
  for (let round = 0; round < ROUNDS; round++) {
    let ledger!: Ledger;
    samples.open.push(await ms(async () => (ledger = await Ledger.open(options))));
    samples.append.push(await ms(() => ledger.append({ action: 'lock', detail: { cause: 'idle' } })));
    let found: Awaited<ReturnType<Ledger['eventsOf']>> = [];
    samples.look.push(await ms(async () => (found = await ledger.eventsOf(recording))));
    if (found.length !== EVENTS_EACH) throw new Error(`a recording has ${found.length} events and not ${EVENTS_EACH}`);
    const head = ledger.head();
    const one = found[round]!;
    let path: Buffer[] = [];
    samples.prove.push(await ms(async () => (path = await ledger.inclusion(one, head))));
    if (rootFromInclusion(leafHash(one.entry), one.event.seq, head.size, path).toString('hex') !== head.root) throw new Error('a proof leads elsewhere');
    await ledger.close();
  }
  if (samples.open.length !== ROUNDS || events < EVENTS_EACH) throw new Error('nothing was measured');
  return { open: median(samples.open), append: median(samples.append), prove: median(samples.prove), look: median(samples.look), derive };
}

/** Events a second that a caller gets signed for and on the disk, `at` of them waiting at a time. */
async function throughput(cache: string, total: number, at: number): Promise<number> {
  const folder = mkdtempSync(join(cache, 'ledger-'));
  try {
    const ledger = await Ledger.open({ folder, installation: INSTALLATION, signer: testSigner() });
    const took = await ms(async () => {
      for (let done = 0; done < total; done += at)
        await Promise.all(Array.from({ length: at }, () => ledger.append({ action: 'lock', detail: { cause: 'idle' } })));
    });
    await ledger.close();
    return (total / took) * 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lists every recording of a ledger, each with a folder on the disk. */
async function list({ folder, options }: Made, events: number): Promise<{ ms: number; recordings: number }> {
  const recordings = mkdtempSync(`${folder}-recordings-`);
  const count = Math.floor(events / EVENTS_EACH / AT_ONCE) * AT_ONCE;
  try {
    for (let n = 0; n < count; n++) {
      const own = join(recordings, id(n));
      mkdirSync(own);
      writeFileSync(join(own, segmentName(0)), 'a segment');
    }
    const samples: number[] = [];
    for (let round = 0; round < 3; round++)
      samples.push(
        await ms(async () => {
          const view = await LedgerView.open(folder, noteKey(ledgerOrigin(INSTALLATION), options.signer.publicKey));
          const listed = await listRecordings(recordings, new Map(await view?.recordings()));
          view?.close();
          if (listed.length !== count || !listed.every(({ state, size }) => state === 'complete' && size === 9)) throw new Error('the list is not whole');
        }),
      );
    return { ms: median(samples), recordings: count };
  } finally {
    rmSync(recordings, { recursive: true, force: true });
  }
}

/** Reads and checks a whole ledger and what lies beside it, as `wardmux ledger verify` does. @returns seconds */
async function readAll({ folder, options }: Made, events: number): Promise<number> {
  const key = noteKey(ledgerOrigin(INSTALLATION), options.signer.publicKey);
  // What lies beside it is there, as on a workstation.
  await (await Ledger.open(options)).close();
  const samples: number[] = [];
  for (let round = 0; round < 3; round++)
    samples.push(
      await ms(async () => {
        const { reading, view } = await LedgerView.read(folder, key);
        if (reading.events !== events || !(await view?.agreesWithBeside())) throw new Error('the ledger is not good');
        view?.close();
      }),
    );
  return median(samples) / 1000;
}

/** So many are read and checked: all of them are held in memory for that. */
const MOST_READ = 1_000_000;

export interface LedgerBench {
  readonly cache: string;
  /** Events of the large one. */
  readonly events: number;
  readonly say: (line: string) => void;
}

export async function benchLedger({ cache, events, say }: LedgerBench): Promise<FigureRow[]> {
  const small = 10_000;
  const costs: Costs[] = [];
  let listed = { ms: Number.NaN, recordings: 0 };
  for (const size of [small, events]) {
    say(`ledger of ${size} events: made, then derived`);
    const made = await make(cache, size);
    try {
      costs.push(await measure(made, size));
      listed = await list(made, size);
    } finally {
      rmSync(made.folder, { recursive: true, force: true });
    }
  }
  const read = Math.min(events, MOST_READ);
  say(`ledger of ${read} events: made, then read and checked`);
  const made = await make(cache, read);
  const seconds = await readAll(made, read).finally(() => rmSync(made.folder, { recursive: true, force: true }));
  const [few, many] = costs as [Costs, Costs];
  const size = `${events.toLocaleString('en')} events`;
  const row = (name: string, of: (costs: Costs) => number, note: string): FigureRow => ({
    name,
    value: `${of(many).toFixed(2)} ms`,
    note: `${note}; ${of(few).toFixed(2)} ms with 10,000 events, ratio ${(of(many) / of(few)).toFixed(2)}`,
  });
  const alone = await throughput(cache, 500, 1);
  const together = await throughput(cache, 40_000, 200);
  return [
    row(`open (${size})`, ({ open }) => open, 'under the lock, checked against the signed head'),
    row(`append one event (${size})`, ({ append }) => append, 'signed and on the disk'),
    row(`prove one event (${size})`, ({ prove }) => prove, 'inclusion path, checked'),
    row(`look up one recording (${size})`, ({ look }) => look, `${EVENTS_EACH} events, each checked against the signed head`),
    {
      name: `derive everything anew (${size})`,
      value: `${(many.derive / 1000).toFixed(1)} s`,
      note: 'only where what lies beside the ledger was lost or damaged',
    },
    {
      name: `list ${listed.recordings.toLocaleString('en')} recordings`,
      value: `${(listed.ms / 1000).toFixed(2)} s`,
      note: 'ended ones, each with its size on the disk',
    },
    {
      name: `ledger verify (${read.toLocaleString('en')} events)`,
      value: `${seconds.toFixed(1)} s`,
      note: `each event read once, and compared with what lies beside the ledger: ${Math.round(read / seconds).toLocaleString('en')} a second`,
    },
    {
      name: 'authenticated appends, 200 waiting at a time',
      value: `${Math.round(together).toLocaleString('en')} a second`,
      note: 'each signed for and on the disk when its caller is told',
    },
    { name: 'authenticated appends, one after the other', value: `${Math.round(alone).toLocaleString('en')} a second`, note: 'the same' },
  ];
}
