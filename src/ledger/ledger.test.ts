import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { leafHash, StoredTree } from '../merkle/tree.ts';
import { decodeLine } from './events.ts';
import { headEntry, testLedgerOptions, testSigner, startDetail } from './fixture.ts';
import { ledgerPaths, MAX_BEYOND_BYTES } from './files.ts';
import { Ledger } from './ledger.ts';
import { ledgerOrigin, noteKey } from './note.ts';
import { readLedger } from './read.ts';
import { headOf, openState } from './state.ts';
import type { LedgerEvent } from './types.ts';
import { LedgerView } from './view.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function options() {
  const made = testLedgerOptions();
  folders.push(dirname(made.folder));
  return { ...made, events: join(made.folder, 'events.jsonl'), checkpoints: join(made.folder, 'checkpoints.jsonl') };
}

const lock = { action: 'lock', detail: { cause: 'idle' } } as const;
const root = 'aa'.repeat(32);
const recording = '20261122-000000-00000001';
const start = { action: 'recording.start', person: 'p-0123456789ab', detail: { recording, ...startDetail } } as const;
const segment = headEntry(recording, 3, root);

async function filled(count = 6) {
  const made = options();
  const ledger = await Ledger.open({ ...made, clock: () => Date.UTC(2026, 10, 22) });
  for (let i = 0; i < count; i++) await ledger.append(i === 0 ? start : i % 2 ? lock : segment);
  await ledger.checkpoint();
  await ledger.close();
  return made;
}

test('events are lines, lines are leaves, and the checkpoint signs their tree', async () => {
  const made = await filled();
  const lines = readFileSync(made.events, 'utf8').trimEnd().split('\n');
  expect(JSON.parse(lines[1]!)).toEqual({
    seq: 1,
    time: '2026-11-22T00:00:00.000Z',
    monoUs: expect.any(Number) as number,
    installation: made.installation,
    aal: null,
    credential: null,
    ...lock,
  });
  const seen: LedgerEvent[] = [];
  const reading = readLedger(made.folder, made.key, { onEvent: (event) => seen.push(event) });
  expect(reading).toMatchObject({ events: 6, checkpoints: 2, faults: [], unvouched: { events: { bytes: 0 }, checkpoints: { bytes: 0 } } });
  expect(reading.last!.head).toEqual({ size: 6, root: new StoredTree(lines.map((line) => leafHash(decodeLine(Buffer.from(line))!.entry))).head().root });
  expect(seen.map((event) => event.seq)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a ledger goes on where it stopped', async () => {
  const made = await filled();
  const ledger = await Ledger.open(made);
  expect(ledger.events).toBe(6);
  expect((await ledger.append(lock)).seq).toBe(6);
  await ledger.checkpoint();
  await ledger.close();
  expect(readLedger(made.folder, made.key)).toMatchObject({ events: 7, faults: [] });
});

test('an action or a field that the table does not know is refused and writes nothing', async () => {
  const made = options();
  const ledger = await Ledger.open(made);
  const bad = [
    { action: 'pane.text', detail: { text: 'Jane Doe, MRN 123' } },
    { action: 'lock', detail: { cause: 'Jane Doe' } },
    { action: 'lock', detail: { cause: 'idle', note: 'Jane Doe' } },
    { action: 'lock', detail: {} },
    { action: 'lock', outcome: 'success', detail: { cause: 'idle' } },
    { action: 'lock', person: 'Jane Doe', detail: { cause: 'idle' } },
    { action: 'lock', detail: { cause: 'idle' }, note: 'Jane Doe' },
    { action: 'unlock', detail: { method: 'passphrase' } },
    { action: 'recording.start', person: 'p-0123456789ab', detail: { ...startDetail, recording: '../../x' } },
    { action: 'bridge.refused', detail: { code: 'bad-input', needs: 'jane.doe' } },
    { action: '__proto__' },
  ];
  for (const entry of bad) await expect(ledger.append(entry as never), JSON.stringify(entry)).rejects.toMatchObject({ code: 'refused-event' });
  await expect(ledger.append({ action: 'bridge.refused', detail: { code: 'bad-input', needs: 'identity.unlock' } })).resolves.toMatchObject({ seq: 0 });
  await ledger.close();
  expect(readFileSync(made.events, 'utf8')).not.toMatch(/jane|doe/i);
});

test('what nobody vouched for is moved aside whole, told as an event, and the ledger goes on', async () => {
  const made = await filled();
  const forged = readFileSync(made.events, 'utf8').split('\n')[1]!.replace('"seq":1', '"seq":6');
  appendFileSync(made.events, `${forged}\n{"seq":7,"ti`);
  appendFileSync(made.checkpoints, '{"no');
  const beyond = { events: { lines: 2, bytes: forged.length + 13 }, checkpoints: { lines: 1, bytes: 4 } };
  expect(readLedger(made.folder, made.key)).toMatchObject({ events: 6, unvouched: beyond, faults: [{ code: 'unvouched' }, { code: 'unvouched' }] });
  const ledger = await Ledger.open(made);
  await ledger.close();
  const aside = readdirSync(made.folder).filter((name) => name.startsWith('unvouched-'));
  expect(aside.map((name) => readFileSync(join(made.folder, name), 'utf8')).sort()).toEqual(['{"no', `${forged}\n{"seq":7,"ti`]);
  const seen: LedgerEvent[] = [];
  expect(readLedger(made.folder, made.key, { onEvent: (event) => seen.push(event) })).toMatchObject({ events: 8, faults: [] });
  expect(seen.slice(6).map((event) => [event.action, event.detail])).toEqual([
    ['ledger.unvouched', { file: 'events', ...beyond.events }],
    ['ledger.unvouched', { file: 'checkpoints', ...beyond.checkpoints }],
  ]);
});

test('a file that somebody made longer than any append costs neither the time nor the disk of its length', async () => {
  const made = await filled();
  const [size, checkpoints] = [made.events, made.checkpoints].map((file) => statSync(file).size) as [number, number];
  const hole = 2 ** 40;
  // A hole takes no room, and one call.
  truncateSync(made.events, size + hole);
  truncateSync(made.checkpoints, checkpoints + hole);
  const reading = readLedger(made.folder, made.key);
  expect(reading).toMatchObject({ events: 6, unvouched: { events: { lines: 1, bytes: hole }, checkpoints: { lines: 1, bytes: hole } } });
  expect(reading.faults.map(({ code, message }) => [code, message.includes('somebody else made it longer')])).toEqual([
    ['unvouched', true],
    ['unvouched', true],
  ]);
  await (await Ledger.open(made)).close();
  const aside = readdirSync(made.folder).filter((name) => name.startsWith('unvouched-'));
  expect(aside.map((name) => statSync(join(made.folder, name)).size)).toEqual([MAX_BEYOND_BYTES, MAX_BEYOND_BYTES]);
  const seen: LedgerEvent[] = [];
  expect(readLedger(made.folder, made.key, { onEvent: (event) => seen.push(event) })).toMatchObject({ events: 8, faults: [] });
  expect(seen.slice(6).map(({ detail }) => detail)).toEqual([
    { file: 'events', lines: 1, bytes: hole },
    { file: 'checkpoints', lines: 1, bytes: hole },
  ]);
});

test('a recording whose beginning is being entered is open for who asks in that moment', async () => {
  const ledger = await Ledger.open(options());
  const entered = ledger.append(start);
  expect((await ledger.openRecordings()).map(([id]) => id)).toEqual([recording]);
  await entered;
  await ledger.close();
});

test('an event that contradicts what was signed before is refused, and what is appended with it goes in', async () => {
  const made = options();
  const ledger = await Ledger.open(made);
  const end = { action: 'recording.end', detail: { recording, reason: 'exit', size: 5, root, outputBytes: 1, durationMs: 1 } } as const;
  const at = (size: number, other = root) => headEntry(recording, size, other);
  await expect(ledger.append(at(1))).rejects.toMatchObject({ code: 'contradiction', message: expect.stringContaining('has not begun') });
  const said = await Promise.allSettled(
    [start, start, at(4), at(3), at(4, 'bb'.repeat(32)), at(4), end, at(6), end, lock].map((entry) => ledger.append(entry)),
  );
  expect(said.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, false, false, true, true, false, false, true]);
  expect((await ledger.append(lock)).seq).toBe(5);
  await ledger.close();
  expect(readLedger(made.folder, made.key)).toMatchObject({ events: 6, faults: [] });
  const again = await Ledger.open(made);
  await expect(again.append(start)).rejects.toMatchObject({ code: 'contradiction' });
  await again.close();
});

const edit = (path: string, change: (lines: string[]) => string[]) =>
  writeFileSync(
    path,
    change(readFileSync(path, 'utf8').trimEnd().split('\n'))
      .map((line) => `${line}\n`)
      .join(''),
  );

for (const [name, code, attack] of [
  ['a line that is not JSON', 'bad-line', (made: ReturnType<typeof options>) => edit(made.events, (lines) => lines.with(2, 'x'))],
  ['a changed event', 'root-mismatch', (made: ReturnType<typeof options>) => edit(made.events, (lines) => lines.with(1, lines[1]!.replace('idle', 'menu')))],
  ['a removed event', 'bad-sequence', (made: ReturnType<typeof options>) => edit(made.events, (lines) => lines.toSpliced(3, 1))],
  ['two swapped events', 'bad-sequence', (made: ReturnType<typeof options>) => edit(made.events, (lines) => lines.with(1, lines[2]!).with(2, lines[1]!))],
  ['a cut end', 'cut', (made: ReturnType<typeof options>) => edit(made.events, (lines) => lines.slice(0, -1))],
  ['an emptied file', 'cut', (made: ReturnType<typeof options>) => truncateSync(made.events)],
  ['a removed file', 'cut', (made: ReturnType<typeof options>) => rmSync(made.events)],
  [
    'a line of another installation',
    'foreign-line',
    (made: ReturnType<typeof options>) => edit(made.events, (lines) => lines.with(0, lines[0]!.replace(made.installation, 'w-ffffffffffff'))),
  ],
  [
    'a changed checkpoint',
    'bad-signature',
    (made: ReturnType<typeof options>) => edit(made.checkpoints, (lines) => lines.with(-1, lines.at(-1)!.replace('\\n6\\n', '\\n5\\n'))),
  ],
  ['a removed head', 'no-head', (made: ReturnType<typeof options>) => rmSync(join(made.folder, 'head'))],
  ['removed checkpoints', 'cut', (made: ReturnType<typeof options>) => rmSync(made.checkpoints)],
  ['a line without an end', 'bad-line', (made: ReturnType<typeof options>) => edit(made.events, (lines) => lines.with(2, 'x'.repeat(200_000)))],
] as const) {
  test(`${name} is found (${code}), refused with the path, and left as it is`, async () => {
    const made = await filled();
    attack(made);
    const before = [made.events, made.checkpoints].map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : null));
    expect(readLedger(made.folder, made.key).faults[0]).toMatchObject({ code });
    await expect(Ledger.open(made)).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining(made.folder) });
    expect([made.events, made.checkpoints].map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : null))).toEqual(before);
  });
}

test('checkpoints in another order are found by a full reading', async () => {
  const made = await filled();
  edit(made.checkpoints, (lines) => lines.toReversed());
  expect(readLedger(made.folder, made.key).faults[0]).toMatchObject({ code: 'bad-order' });
});

test("another key's checkpoints do not open the ledger", async () => {
  const made = await filled();
  await expect(Ledger.open({ folder: made.folder, installation: made.installation, signer: testSigner() })).rejects.toMatchObject({ code: 'corrupt' });
  expect(readLedger(made.folder, noteKey(ledgerOrigin(made.installation), testSigner().publicKey)).faults[0]).toMatchObject({ code: 'bad-head' });
});

test('two writers in one process and four processes at once make one ledger without gaps', async () => {
  const made = options();
  const a = await Ledger.open(made);
  const b = await Ledger.open(made);
  const script = `
    import { Ledger } from ${JSON.stringify(join(import.meta.dirname, 'ledger.ts'))};
    import { testSigner } from ${JSON.stringify(join(import.meta.dirname, 'fixture.ts'))};
    const [folder, installation, pem] = process.argv.slice(1);
    const ledger = await Ledger.open({ folder, installation, signer: testSigner(installation, pem) });
    for (let i = 0; i < 25; i++) await ledger.append({ action: 'lock', detail: { cause: 'idle' } });
    await ledger.close();`;
  const run = promisify(execFile);
  const others = Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '-e', script, made.folder, made.installation, made.signer.pem]));
  for (let i = 0; i < 25; i++) await Promise.all([a.append(lock), b.append(lock)]);
  await Promise.all(others);
  await a.checkpoint();
  await b.append(lock);
  await b.checkpoint();
  await a.close();
  await b.close();
  expect(readLedger(made.folder, made.key)).toMatchObject({ events: 151, faults: [] });
});

test('a writer that goes on while somebody reads is not a head that was set back; one that was is', async () => {
  const made = await filled();
  const paths = ledgerPaths(made.folder);
  const before = readFileSync(paths.head);
  const { head } = await headOf(made.folder, made.key);
  const ledger = await Ledger.open(made);
  for (let i = 0; i < 3; i++) {
    await ledger.append(lock);
    await ledger.checkpoint();
  }
  await ledger.close();
  // As a reader who has read the head, and was then not run for a moment.
  const [events, checkpoints] = [openSync(made.events, 'r'), openSync(made.checkpoints, 'r')];
  const read = () => openState({ folder: made.folder, key: made.key, head, events, checkpoints }, 'reader');
  const state = await read();
  expect([state.tree.size, state.last?.head.size]).toEqual([head.tree.size, head.tree.size]);
  state.derived?.close();
  writeFileSync(paths.head, before);
  await expect(read()).rejects.toMatchObject({ code: 'corrupt' });
  for (const fd of [events, checkpoints]) closeSync(fd);
  expect(readLedger(made.folder, made.key).faults.map(({ code }) => code)).toContain('set-back');
});

test('whoever reads beside a writer that never rests finds no fault', async () => {
  const made = await filled();
  const script = `
    import { Ledger } from ${JSON.stringify(join(import.meta.dirname, 'ledger.ts'))};
    import { testSigner } from ${JSON.stringify(join(import.meta.dirname, 'fixture.ts'))};
    const [folder, installation, pem] = process.argv.slice(1);
    const ledger = await Ledger.open({ folder, installation, signer: testSigner(installation, pem) });
    let isOver = false;
    process.stdin.resume().on('end', () => (isOver = true));
    while (!isOver) {
      await ledger.append({ action: 'lock', detail: { cause: 'idle' } });
      await ledger.checkpoint();
    }
    await ledger.close();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, made.folder, made.installation, made.signer.pem], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  // Reads that began before a checkpoint and ended after it: those that could be wrong.
  let met = 0;
  const faults: string[] = [];
  for (let tries = 0; met < 20 && faults.length === 0 && child.exitCode === null; tries++) {
    const read = readLedger(made.folder, made.key);
    if (read.unvouched.checkpoints.lines > 0) met++;
    faults.push(...read.faults.flatMap(({ code, message }) => (code === 'unvouched' ? [] : [message])));
    (await LedgerView.open(made.folder, made.key))?.close();
    await new Promise((next) => setImmediate(next));
  }
  child.stdin.end();
  expect((await ended)[0]).toBe(0);
  expect(faults).toEqual([]);
  expect(met).toBeGreaterThan(0);
});

test('a writer that is killed while it holds the lock holds nobody up; half a line that it left is moved aside', async () => {
  const made = options();
  const ledger = await Ledger.open(made);
  await ledger.append(lock);
  const script = `
    import { appendFileSync } from 'node:fs';
    import { LedgerLock } from ${JSON.stringify(join(import.meta.dirname, 'lockfile.ts'))};
    const [folder] = process.argv.slice(1);
    setInterval(() => undefined, 1000);
    await new LedgerLock(folder + '/lock').hold(async () => {
      appendFileSync(folder + '/events.jsonl', '{"seq":');
      console.log('held');
      await new Promise(() => undefined);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, made.folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const waiting = ledger.append(lock);
  child.kill('SIGKILL');
  expect((await waiting).seq).toBe(2);
  await ledger.checkpoint();
  await ledger.close();
  expect(readLedger(made.folder, made.key)).toMatchObject({ events: 3, faults: [] });
  expect(readdirSync(made.folder).filter((name) => name.startsWith('unvouched-'))).toHaveLength(1);
});

test('a write that stops half way leaves no half line, is told with the path, and later events go on', async () => {
  const made = options();
  const ledger = await Ledger.open(made);
  await ledger.append(lock);
  await ledger.close();
  // A limit on file sizes stops a write in the middle of a line, as a full disk does.
  const script = `
    import { Ledger } from ${JSON.stringify(join(import.meta.dirname, 'ledger.ts'))};
    import { testSigner } from ${JSON.stringify(join(import.meta.dirname, 'fixture.ts'))};
    const [folder, installation, pem] = process.argv.slice(1);
    const ledger = await Ledger.open({ folder, installation, signer: testSigner(installation, pem) });
    try { for (;;) await ledger.append({ action: 'lock', detail: { cause: 'idle' } }); } catch (error) { console.log(error.code, error.message); }
    console.log(ledger.failure === undefined);`;
  const child = await promisify(execFile)('bash', [
    '-c',
    `trap '' XFSZ; ulimit -f 4; exec "$@"`,
    '-',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
    made.folder,
    made.installation,
    made.signer.pem,
  ]);
  expect(child.stdout).toMatch(/^write-failed The ledger .*events\.jsonl cannot be written .*\ntrue\n$/);
  const again = await Ledger.open(made);
  expect(readLedger(made.folder, made.key)).toMatchObject({ faults: [] });
  await again.append(lock);
  await again.close();
  await expect(again.append(lock)).rejects.toMatchObject({ code: 'closed' });
});
