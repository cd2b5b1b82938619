/** A ledger in use that somebody disturbs, for a moment or until the process ends: nothing is written meanwhile, and nothing that happened is lost. */
import {
  appendFileSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lock as flock } from '../native/addon.ts';
import { testLedgerOptions, testSigner } from './fixture.ts';
import { keepLate, readKept } from './kept.ts';
import { Ledger } from './ledger.ts';
import { ledgerOrigin, noteKey } from './note.ts';
import { readLedger } from './read.ts';
import type { LedgerEvent } from './types.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const lock = { action: 'lock', detail: { cause: 'idle' } } as const;
const attempt = { action: 'unlock.attempt', detail: { method: 'passphrase' } } as const;
const stop = { action: 'app.stop', detail: { reason: 'signal' } } as const;
/** What `time` says after so many seconds. */
const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 22) + 1000 * seconds).toISOString();

async function inUse() {
  const options = testLedgerOptions();
  folders.push(dirname(options.folder));
  const clock = { seconds: 0 };
  const whole = { ...options, clock: () => Date.UTC(2026, 10, 22) + 1000 * clock.seconds, mono: () => 1e6 * clock.seconds };
  const ledger = await Ledger.open(whole);
  for (let n = 0; n < 3; n++) await ledger.append(lock);
  await ledger.checkpoint();
  const bytes = () =>
    ['events.jsonl', 'checkpoints.jsonl', 'head'].map((name) =>
      existsSync(join(options.folder, name)) ? readFileSync(join(options.folder, name), 'hex') : '',
    );
  return { options: whole, clock, ledger, folder: options.folder, bytes, path: (name: string) => join(options.folder, name) };
}

function eventsOf({ folder, key }: ReturnType<typeof testLedgerOptions>): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  expect(readLedger(folder, key, { onEvent: (event) => events.push(event) }).faults).toEqual([]);
  return events;
}

const said = (events: readonly LedgerEvent[]) => events.map(({ action, time, entered, detail }) => ({ action, time, entered, detail }));

/** Writes other bytes into the file that is there, and gives what puts the old ones back. */
function garble(path: string, change: (bytes: Buffer) => Buffer): () => void {
  const kept = readFileSync(path);
  writeFileSync(path, change(kept), { flag: 'r+' });
  return () => writeFileSync(path, kept, { flag: 'r+' });
}
function shorten(path: string, to: number): () => void {
  const kept = readFileSync(path);
  truncateSync(path, to);
  return () => writeFileSync(path, kept, { flag: 'r+' });
}
function away(path: string): () => void {
  renameSync(path, `${path}.away`);
  return () => renameSync(`${path}.away`, path);
}

/** What is done, and gives what undoes it; which file the ledger then names, and what was wrong with it. */
const attacks: Record<string, readonly [(path: (name: string) => string) => () => void, string, string]> = {
  'the head is garbled in place': [(path) => garble(path('head'), (bytes) => Buffer.alloc(bytes.length, 'A')), 'head', 'changed'],
  'the newest slot of the head is garbled': [
    (path) =>
      garble(path('head'), (bytes) => {
        const [first, second] = [0, 4096].map((slot) => /^head (\d+)$/m.exec(bytes.toString('latin1', slot, slot + 4096))?.[1]);
        const newest = Number(first) > Number(second) ? 0 : 4096;
        return Buffer.concat([bytes.subarray(0, newest), Buffer.alloc(4096, 'A'), bytes.subarray(newest + 4096)]);
      }),
    'head',
    'set-back',
  ],
  'the head is emptied': [(path) => shorten(path('head'), 0), 'head', 'changed'],
  'the head is moved away': [(path) => away(path('head')), 'head', 'removed'],
  'the events are cut': [(path) => shorten(path('events.jsonl'), 20), 'events', 'shorter'],
  'the events are moved away': [(path) => away(path('events.jsonl')), 'events', 'removed'],
  'a copy of the events stands in their place': [
    (path) => {
      const back = away(path('events.jsonl'));
      cpSync(`${path('events.jsonl')}.away`, path('events.jsonl'));
      return back;
    },
    'events',
    'replaced',
  ],
  'the checkpoints are cut': [(path) => shorten(path('checkpoints.jsonl'), 20), 'checkpoints', 'shorter'],
  'the checkpoints are cut, and something stands behind the events': [
    (path) => {
      const back = shorten(path('checkpoints.jsonl'), 20);
      const size = readFileSync(path('events.jsonl')).length;
      appendFileSync(path('events.jsonl'), 'x');
      return () => (back(), truncateSync(path('events.jsonl'), size));
    },
    'checkpoints',
    'shorter',
  ],
  'a folder stands in place of the lock': [
    (path) => {
      const back = away(path('lock'));
      mkdirSync(path('lock'));
      return () => (rmdirSync(path('lock')), back());
    },
    'lock',
    'unreadable',
  ],
  'the whole folder is moved away': [(path) => away(dirname(path('head'))), 'lock', 'unreadable'],
};

test.each(Object.entries(attacks))(
  '%s for a while: nothing is written meanwhile, and everything that happened is entered, with its own time',
  async (_, attack) => {
    const [disturb, file, how] = attack;
    const { ledger, clock, bytes, path, options } = await inUse();
    const undo = disturb(path);
    const before = bytes();
    clock.seconds = 10;
    await expect(ledger.enter(lock)).rejects.toThrow();
    clock.seconds = 20;
    await expect(ledger.enter(attempt)).rejects.toThrow();
    // What has not happened where it cannot be entered is not kept.
    await expect(ledger.append(stop)).rejects.toThrow();
    await expect(ledger.checkpoint()).rejects.toThrow();
    expect(bytes()).toEqual(before);
    expect({ waiting: ledger.waiting, failure: ledger.failure }).toEqual({ waiting: 2, failure: undefined });
    undo();
    clock.seconds = 30;
    await ledger.append(stop);
    expect(await ledger.close()).toBeUndefined();
    expect(said(eventsOf(options).slice(3))).toEqual([
      { action: 'ledger.disturbed', time: at(10), entered: at(30), detail: { file, how } },
      { action: 'lock', time: at(10), entered: at(30), detail: lock.detail },
      { action: 'unlock.attempt', time: at(20), entered: at(30), detail: attempt.detail },
      { action: 'app.stop', time: at(30), entered: undefined, detail: stop.detail },
    ]);
    expect(existsSync(`${options.folder}.late`)).toBe(false);
  },
);

test.concurrent(
  'a stranger who holds the lock for long: the events wait, and go in when it is let go, behind one that says so',
  async () => {
    const { ledger, folder, options, clock } = await inUse();
    const stranger = openSync(join(folder, 'lock'), constants.O_RDWR);
    expect(await flock(stranger, 1000)).toBe(true);
    clock.seconds = 10;
    await expect(ledger.enter(lock)).rejects.toMatchObject({ code: 'busy' });
    closeSync(stranger);
    clock.seconds = 25;
    await ledger.checkpoint();
    await ledger.close();
    expect(said(eventsOf(options).slice(3))).toEqual([
      { action: 'ledger.disturbed', time: at(10), entered: at(25), detail: { file: 'lock', how: 'held' } },
      { action: 'lock', time: at(10), entered: at(25), detail: lock.detail },
    ]);
  },
  60_000,
);

test('what another process has appended and somebody garbles is taken in when it is back, as if nothing had been', async () => {
  const { ledger, options, path } = await inUse();
  const other = await Ledger.open(options);
  await other.append(attempt);
  await other.close();
  const undo = garble(path('events.jsonl'), (bytes) => Buffer.concat([bytes.subarray(0, -30), Buffer.alloc(29, 'A'), Buffer.from('\n')]));
  await expect(ledger.enter(lock)).rejects.toMatchObject({ code: 'corrupt' });
  await expect(ledger.enter(lock)).rejects.toMatchObject({ code: 'corrupt' });
  undo();
  await ledger.append(stop);
  await ledger.close();
  expect(eventsOf(options).map(({ action }) => action)).toEqual(['lock', 'lock', 'lock', 'unlock.attempt', 'ledger.disturbed', 'lock', 'lock', 'app.stop']);
});

/** A process that ends while its head is garbled, which is put back then. */
async function endedMeanwhile() {
  const { ledger, path, options, clock, folder } = await inUse();
  const undo = garble(path('head'), (bytes) => Buffer.alloc(bytes.length, 'A'));
  clock.seconds = 10;
  await expect(ledger.enter(lock)).rejects.toThrow();
  clock.seconds = 20;
  await expect(ledger.enter(stop)).rejects.toThrow();
  const late = `${folder}.late`;
  expect(await ledger.close()).toBe(`2 events could not be entered in the ledger in ${folder}: kept, signed, in ${late}, and entered by the next start.`);
  undo();
  clock.seconds = 60;
  const [name] = readdirSync(late);
  return { options, late, name: join(late, name!), text: readFileSync(join(late, name!), 'utf8') };
}
const waited = (sha256: unknown = expect.stringMatching(/^[0-9a-f]{64}$/)) => [
  { action: 'ledger.kept', time: at(60), entered: undefined, detail: { events: 3, sha256 } },
  { action: 'ledger.disturbed', time: at(10), entered: at(60), detail: { file: 'head', how: 'changed' } },
  { action: 'lock', time: at(10), entered: at(60), detail: lock.detail },
  { action: 'app.stop', time: at(20), entered: at(60), detail: stop.detail },
];

test.concurrent(
  'what waits at the end is kept signed beside the ledger, and the next start enters it, once',
  async () => {
    const { options, late, name, text } = await endedMeanwhile();
    await (await Ledger.open(options)).close();
    expect(said(eventsOf(options).slice(3))).toEqual(waited());
    expect(readdirSync(late)).toEqual([]);
    // Somebody has a copy of it, and a copy with a line more that the signature does not cover.
    writeFileSync(name, text);
    writeFileSync(`${name}-again`, `${text}— somebody ${Buffer.alloc(68).toString('base64')}\n`);
    await (await Ledger.open(options)).close();
    expect(said(eventsOf(options).slice(3))).toEqual(waited());
    expect(readdirSync(late)).toEqual([]);
  },
  30_000,
);

const forgeries: Record<string, (text: string, options: ReturnType<typeof testLedgerOptions>, late: string) => Promise<string> | string> = {
  'a changed event': (text) => text.replace('idle', 'menu'),
  'an event less': (text) => text.replace(/\{"entry":\{"action":"lock".*\n/, ''),
  'no signature': (text) => text.slice(0, text.indexOf('\n\n') + 2),
  'bytes that are no text': () => '\xff\x00',
  'the key of somebody else': async (_, { installation }, late) => {
    const signer = testSigner(installation);
    const folder = `${late}-forged`;
    await keepLate(folder, [{ entry: lock, authority: null }], noteKey(ledgerOrigin(installation), signer.publicKey), signer, 'x');
    return readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8');
  },
  'a checkpoint, signed by the right key': (_, { folder }) =>
    (JSON.parse(readFileSync(join(folder, 'checkpoints.jsonl'), 'utf8').split('\n')[0]!) as { note: string }).note,
};

test.concurrent.each(Object.entries(forgeries))(
  'of what lies beside the ledger nothing is believed that its key has not signed: %s',
  async (_, forge) => {
    const { options, late, name, text } = await endedMeanwhile();
    const forged = await forge(text, options, late);
    expect(forged).not.toBe(text);
    writeFileSync(name, forged);
    const ledger = await Ledger.open(options);
    await ledger.close();
    expect(eventsOf(options).slice(3)).toMatchObject([{ action: 'ledger.unvouched', detail: { file: 'late', lines: 0, bytes: Buffer.byteLength(forged) } }]);
    expect(readdirSync(late)).toEqual([]);
    expect(readdirSync(options.folder).filter((file) => /^unvouched-.*-late-/.test(file))).toHaveLength(1);
  },
  30_000,
);

test.concurrent(
  'a folder in place of what was kept holds up nobody',
  async () => {
    const { options, late, name } = await endedMeanwhile();
    rmSync(name);
    mkdirSync(name);
    await (await Ledger.open(options)).close();
    expect(eventsOf(options).slice(3)).toMatchObject([{ action: 'ledger.unvouched', detail: { file: 'late' } }]);
    expect(readdirSync(late)).toEqual([]);
  },
  30_000,
);

test('whoever puts any number of files where events are kept has one event of them, and fills no ledger', async () => {
  const { options, late, name } = await endedMeanwhile();
  const strange = 500;
  for (let n = 0; n < strange; n++) writeFileSync(`${name}-${n}`, 'x');
  await (await Ledger.open(options)).close();
  const [first, ...rest] = eventsOf(options).slice(3);
  expect(first).toMatchObject({ action: 'ledger.unvouched', detail: { file: 'late', lines: 0, bytes: strange } });
  // What is really ours is entered all the same.
  expect(said(rest)).toEqual(waited());
  expect(readdirSync(late)).toEqual([]);
  expect(readdirSync(options.folder).filter((file) => /^unvouched-.*-late-/.test(file))).toHaveLength(strange);
});

test('many events are kept in several files, none larger than what is read, in their order', async () => {
  const options = testLedgerOptions();
  const folder = dirname(options.folder);
  folders.push(folder);
  const entries = Array.from({ length: 9000 }, (_, n) => ({
    entry: { action: 'pane.close', detail: { pane: n } },
    authority: null,
    happened: { time: at(n), monoUs: n },
  }));
  const late = await keepLate(join(folder, 'late'), entries, options.key, options.signer, 'x');
  expect(readdirSync(late).length).toBeGreaterThan(1);
  const { kept, found } = readKept(late, options.key, join(folder, 'aside'));
  expect(found).toEqual([]);
  expect(kept.flatMap((each) => each.entries)).toEqual(entries);
});
