/** A bundle of which something is withheld: both verifiers say good, and what was withheld is nowhere in it or beside it, nor is its salt. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeInPython, run, Site } from '../../test/attacks/fixture.ts';
import { openRecording } from '../recording/reader.ts';
import { AuditKeyOpener } from '../recording/wrap.ts';
import { standardKinds } from '../redaction/index.ts';
import { planted, shapes } from '../redaction/shapes.fixture.ts';
import { COMPANION, COMPANION_FILES } from './bundle-files.ts';
import { companionOf } from './redaction-list.ts';

let site: Site;
let id: string;
let bundle: string;

beforeAll(async () => {
  site = await Site.create();
  id = await site.record(async (writer) => {
    writer.output(Buffer.from('$ cat patient.txt\r\n'));
    for (const { text } of planted) for (const shape of shapes) writer.output(Buffer.from(`before\r\n${shape.output(text, 100)}`));
    writer.event('m', 'ticket for MRN 00482913');
    for (const byte of Buffer.from('SSN: 536-22-1847\r\n')) writer.output(Buffer.of(byte));
    writer.rotate();
    writer.output(Buffer.from('done\r\n'));
  });
  bundle = join(site.folder, 'bundle');
  await site.export(id, bundle, { asked: { kinds: standardKinds } });
});
afterAll(() => site.dispose());

/** All files of the bundle and of the folder beside it. */
const everything = (): Buffer =>
  Buffer.concat([bundle, companionOf(bundle)].flatMap((folder) => readdirSync(folder).map((name) => readFileSync(join(folder, name)))));

test('both verifiers say that it is good, and how much is withheld', () => {
  const verdict = site.judge(bundle);
  expect(verdict).toMatchObject({ good: true, code: 'good' });
  expect(verdict.facts!.withheld).toBeGreaterThan(planted.length * shapes.length);
  expect(verdict.facts!.withheldOutputBytes).toBeGreaterThan(0);
  const [python] = judgeInPython([bundle], site.trustFile);
  expect(python).toEqual(verdict);
});

test('no value, and no salt of what was withheld, is in any file', async () => {
  const files = everything();
  const text = files.toString('latin1');
  for (const { value } of planted) {
    expect(text).not.toContain(value);
    expect(text).not.toContain(Buffer.from(value).toString('base64').slice(1, -3));
    expect(text).not.toContain(encodeURIComponent(value));
  }
  const list = JSON.parse(readFileSync(join(companionOf(bundle), COMPANION.list), 'utf8')) as { pieces: { record: number; piece: number }[] };
  const withheld = new Set(list.pieces.map(({ record, piece }) => `${record}.${piece}`));
  let [hidden, shown] = [0, 0];
  const reader = await openRecording(join(site.recordings, id));
  for await (const { frame, events } of reader.records(AuditKeyOpener.fromJson(site.audit.file)))
    for (const [piece, { salt, event }] of events.entries()) {
      const isWithheld = withheld.has(`${frame.seq}.${piece}`) || event.code === 'n';
      expect(text.includes(salt.toString('hex'))).toBe(!isWithheld);
      expect(files.includes(salt)).toBe(false);
      if (isWithheld) hidden += 1;
      else shown += 1;
    }
  expect(hidden).toBeGreaterThan(200);
  expect(shown).toBeGreaterThan(5);
});

test('no file of the installation has a value, sealed or not, nor any that was made on the way', () => {
  for (const name of readdirSync(site.folder, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const text = readFileSync(join(name.parentPath, name.name)).toString('latin1');
    for (const { value } of planted) expect(text.includes(value), `${value} in ${name.name}`).toBe(false);
  }
});

test('the list says kind, place, reason and by whom, is signed, and names bundle and session by their digests', () => {
  const folder = companionOf(bundle);
  expect(readdirSync(folder).sort()).toEqual([...COMPANION_FILES].sort());
  const bytes = readFileSync(join(folder, COMPANION.list));
  const list = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> & {
    pieces: Record<string, unknown>[];
    recognisers: { ran: { kind: string }[]; didNotRun: string[] };
  };
  const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
  expect(list).toMatchObject({
    format: 'wardmux-redaction',
    version: 1,
    recording: id,
    bundle: sha256(join(bundle, 'SHA256SUMS')),
    cast: sha256(join(folder, COMPANION.cast)),
    by: 'p-00000000000a',
    span: { fromUs: null, toUs: null },
  });
  expect(list.recognisers.ran.map(({ kind }) => kind).sort()).toEqual([...standardKinds].sort());
  expect(list.recognisers.didNotRun).toEqual(['npi']);
  for (const piece of list.pieces) expect(Object.keys(piece)).toEqual(['record', 'piece', 'code', 'timeUs', 'kinds', 'seen', 'reason', 'decision']);
  expect(list.pieces.find(({ code }) => code === 'm')).toMatchObject({ kinds: ['mrn'], seen: ['marker'], reason: 'patient-data', decision: 'withheld' });
  const args = [
    '-Y',
    'verify',
    '-f',
    join(bundle, 'allowed_signers'),
    '-I',
    'p-00000000000a',
    '-n',
    'session-export@wardmux.localhost',
    '-s',
    join(folder, COMPANION.signature),
  ];
  expect(run('ssh-keygen', args, { input: bytes })).toContain('Good');
});

test('the session with blocks shows every line, and the event names the list', async () => {
  const cast = readFileSync(join(companionOf(bundle), COMPANION.cast), 'utf8')
    .trimEnd()
    .split('\n');
  expect(JSON.parse(cast[0]!)).toMatchObject({ version: 2, width: 100, height: 30 });
  const shown = cast
    .slice(1)
    .map((line) => (JSON.parse(line) as [number, string, string])[2])
    .join('');
  expect(shown).toContain('done\r\n');
  expect(shown).toContain(`SSN: ${'\u2588'.repeat(11)}\r\n`);
  const lines = readFileSync(join(site.folder, 'ledger', 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const event = lines.map((line) => JSON.parse(line) as { action: string; detail: Record<string, unknown> }).find(({ action }) => action === 'export')!;
  expect(event.detail).toMatchObject({
    recording: id,
    redaction: 'chosen',
    list: createHash('sha256')
      .update(readFileSync(join(companionOf(bundle), COMPANION.list)))
      .digest('hex'),
    withheld: expect.any(Number),
  });
});

test('of a span the rest is withheld as not requested; an end stays, and it verifies', async () => {
  const target = join(site.folder, 'span');
  await site.export(id, target, { asked: { kinds: [], toUs: 0 } });
  expect(site.judge(target)).toMatchObject({ good: true, facts: { outputBytes: 0 } });
  expect(readFileSync(join(target, 'evidence.jsonl'), 'utf8')).toContain('"reason":"not-requested"');
  expect(judgeInPython([target], site.trustFile)[0]).toMatchObject({ good: true });
});

test('nothing is left where either folder is there already, and both stay as they are', async () => {
  const target = join(site.folder, 'taken');
  await expect(site.export(id, target, { asked: { kinds: standardKinds } })).resolves.toMatchObject({ folder: target });
  await expect(site.export(id, target, { asked: { kinds: standardKinds } })).rejects.toMatchObject({ code: 'target-exists' });
  const other = join(site.folder, 'half');
  writeFileSync(companionOf(other), 'mine');
  await expect(site.export(id, other, { asked: { kinds: standardKinds } })).rejects.toMatchObject({ code: 'target-exists' });
  expect(existsSync(other)).toBe(false);
  expect(readFileSync(companionOf(other), 'utf8')).toBe('mine');
  expect(readdirSync(site.folder).filter((name) => name.includes('.partial-'))).toEqual([]);
  expect(readdirSync(site.notes)).toEqual([]);
});
