/** The forms of an export that are one file, and what somebody lets out by hand: redacted as a bundle is, with the signed list beside it, and in the accounting. */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { castHome } from '../../../test/support/cast-home.ts';
import { forAudit } from '../../../test/support/disclosure.ts';
import { firstWords } from '../../../test/support/first-home.ts';
import { runHere, runWith } from '../../../test/support/run-here.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let place: string;
let home: string;
let id: string;
const VALUES = /DIAZ|536-22-1847/;

const wardmux = (...args: readonly string[]) => runWith(args, { home, place }, [firstWords]);

interface Found {
  readonly withheld: readonly { readonly record: number; readonly piece: number; readonly kinds: readonly string[]; readonly context?: string }[];
  readonly sizes: { readonly clearBytes: number; readonly withheld: number; readonly notRequested: number; readonly aboutBytes: number };
}
const preview = async (...args: readonly string[]): Promise<Found> => JSON.parse((await wardmux('redact', 'preview', id, '--json', ...args)).out) as Found;
const pieceOf = ({ withheld }: Found, kind: string): string => {
  const { record, piece } = withheld.find(({ kinds }) => kinds.includes(kind))!;
  return `${record}.${piece}`;
};
const file = (name: string): string => readFileSync(join(place, name), 'utf8');
const listOf = (name: string) =>
  JSON.parse(file(join(`${name}-redaction`, 'redaction.json'))) as Record<string, unknown> & { readonly pieces: readonly Record<string, unknown>[] };
const entered = (): { readonly outcome: string; readonly detail: Record<string, unknown> } =>
  readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => line.includes('"action":"export"'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as never)
    .at(-1)!;

beforeAll(async () => {
  ({ place, home, id } = await castHome([
    '[0.5,"o","ops@if-01:~$ "]',
    '[1,"o","cat note.txt\\r\\n"]',
    '[2,"o","<b>Patient: DIAZ,ROSA</b>\\r\\n"]',
    '[3,"o","SSN: 536-22-1847\\r\\n"]',
    '[60,"o","feed adt-in: running\\r\\nops@if-01:~$ "]',
    '[61,"r","90x24"]',
    '[62,"o","\\u001b]0;a title\\u0007exit\\r\\n"]',
  ]));
});

test('a preview says how much goes out in the clear, and shows the text around each place with blocks over all that was found', async () => {
  const { withheld, sizes } = await preview('--context');
  expect(withheld.map(({ kinds }) => kinds)).toEqual([['name'], ['ssn']]);
  expect(withheld[1]!.context).toMatch(/Patient: █+<\/b> SSN: █{11} feed adt-in: running/);
  expect(JSON.stringify(withheld)).not.toMatch(VALUES);
  expect(sizes).toMatchObject({ withheld: 2, notRequested: 0 });
  const whole = await preview('--redact', 'password');
  expect(whole.sizes.clearBytes).toBeGreaterThan(sizes.clearBytes);
  expect((await preview('--to', '1')).sizes.notRequested).toBeGreaterThan(2);
});

test.each([
  ['cast', 'SSN: ███████████', 'feed adt-in: running'],
  ['text', '0:00:03  SSN: ███████████\n', '0:01:00  feed adt-in: running\n'],
  ['report', 'SSN: ███████████', '<td>nothing was printed for 0:00:57</td>'],
])('as %s it is one file, redacted, with a signed list beside it that has its digest, and it stands in the ledger', async (form, redacted, shown) => {
  const target = join(place, `session.${form}`);
  const done = await wardmux('export', id, '-o', target, '--form', form, ...forAudit);
  expect(done, done.err).toMatchObject({ status: 0, out: `${target}\n`, err: expect.stringContaining('proves nothing by itself') });
  const text = file(`session.${form}`);
  expect(text).not.toMatch(VALUES);
  expect(text).toContain(redacted);
  expect(text).toContain(shown);
  const sha256 = createHash('sha256').update(text).digest('hex');
  expect(readdirSync(`${target}-redaction`).toSorted()).toEqual(['redaction.json', 'redaction.json.sig']);
  expect(listOf(`session.${form}`)).toMatchObject({ form, bundle: sha256, cast: null, pieces: [{ decision: 'withheld' }, { decision: 'withheld' }] });
  expect(entered()).toMatchObject({
    outcome: 'success',
    detail: { recording: id, redaction: 'default', form, sha256, withheld: 2, words: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  const report = await runHere(['report', 'disclosures', '--json'], { home, place });
  expect((JSON.parse(report.out) as { disclosures: unknown[] }).disclosures.at(-1)).toMatchObject({ form, sha256, released: 0 });
  // Nothing is overwritten, nothing under way is left.
  expect(await wardmux('export', id, '-o', target, '--form', form, ...forAudit)).toMatchObject({ status: 1, err: expect.stringContaining('never overwrites') });
  expect(file(`session.${form}`)).toBe(text);
  expect(readdirSync(place).filter((name) => name.includes('.partial-'))).toEqual([]);
  expect(readdirSync(join(home, 'run')).filter((name) => name.startsWith('export-'))).toEqual([]);
});

test('a report is a page that loads nothing, in which nothing of the recording acts', async () => {
  const page = file('session.report');
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).not.toMatch(/<script|<b>/);
  // eslint-disable-next-line no-control-regex
  expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  expect(page).toContain('&lt;b&gt;Patient: ');
  for (const part of ['Verified against the signed ledger', 'cat note.txt', 'before the resize', 'at its end', 'the screen changed its size'])
    expect(page).toContain(part);
});

test('a span of it has nothing of what was printed outside', async () => {
  const target = join(place, 'span.txt');
  expect(await wardmux('export', id, '-o', target, '--form', 'text', '--from', '0:50', ...forAudit)).toMatchObject({ status: 0 });
  expect(file('span.txt')).toContain('feed adt-in: running');
  expect(file('span.txt')).not.toMatch(/note\.txt|Patient/);
  expect(entered().detail).toMatchObject({ form: 'text', part: true });
  const bundle = join(place, 'part');
  expect(await wardmux('export', id, '-o', bundle, '--from', '0:50', '--to', '2026-01-01T00:00:00Z', ...forAudit)).toMatchObject({ status: 2 });
  expect(await wardmux('export', id, '-o', bundle, '--from', 'noon', ...forAudit)).toMatchObject({
    status: 2,
    err: expect.stringContaining('no time in a recording'),
  });
  expect(existsSync(bundle)).toBe(false);
});

test('what somebody lets out by hand goes out, with the reason in the list and the count in the ledger; the rest stays withheld', async () => {
  const ssn = pieceOf(await preview(), 'ssn');
  const bundle = join(place, 'released');
  const done = await wardmux('export', id, '-o', bundle, '--release', `${ssn}=a test number, of nobody`, ...forAudit);
  expect(done, done.err).toMatchObject({ status: 0, err: expect.stringContaining('1 piece was released by hand') });
  expect(file('released/session.cast')).toContain('SSN: 536-22-1847');
  expect(file('released/session.cast')).not.toContain('DIAZ,');
  expect(file('released-redaction/session.redacted.cast')).toContain('SSN: 536-22-1847');
  const { pieces, by } = listOf('released');
  expect(pieces).toMatchObject([
    { kinds: ['name'], decision: 'withheld' },
    { kinds: ['ssn'], decision: 'released', released: 'a test number, of nobody' },
  ]);
  expect(by).toMatch(/^p-/);
  expect(entered().detail).toMatchObject({ withheld: 1, released: 1 });
  writeFileSync(join(place, 'trust.json'), (await runHere(['trust'], { home, place })).out);
  expect(await runHere(['verify', bundle, '--trust', join(place, 'trust.json')], { home, place })).toMatchObject({ status: 0 });
  const python = spawnSync('python3', [join(import.meta.dirname, '../../../assets/verify.py'), bundle, '--trust', join(place, 'trust.json')], {
    encoding: 'utf8',
  });
  expect(python.status, python.stdout).toBe(0);
});

test.each([
  [['--release', '9999.0=why'], 1, 'Nothing was found in piece'],
  [['--release', '12.0'], 2, 'no PIECE=REASON'],
  [['--release', '12.0= '], 1, 'Nothing was found in piece'],
  [['--form', 'cast', '--seal-to', 'KEY'], 2, '--seal-to is for the evidence alone'],
  [['--form', 'pdf'], 2, 'evidence, cast, text, report'],
  [['--redact', 'none', '--release', '12.0=why'], 2, '--release is for what the recognisers found'],
] as const)('%j is refused in words, and nothing is written', async (args, status, words) => {
  const target = join(place, 'refused');
  expect(await wardmux('export', id, '-o', target, ...args, ...forAudit)).toMatchObject({ status, err: expect.stringContaining(words) });
  expect(readdirSync(place).filter((name) => name.includes('refused'))).toEqual([]);
});

test('what was found outside of the span is in no count, and nobody releases it', async () => {
  const [name, ssn] = (await preview()).withheld.map(({ record, piece }) => `${record}.${piece}`);
  const part = await preview('--from', '0:50');
  expect([part.withheld, part.sizes.withheld]).toEqual([[], 0]);
  const target = join(place, 'part.txt');
  const export_ = (...more: string[]) => wardmux('export', id, '-o', target, '--form', 'text', '--from', '0:50', ...more, ...forAudit);
  for (const outside of [name, ssn])
    expect(await export_('--release', `${outside}=why`)).toMatchObject({ status: 1, err: expect.stringContaining('outside of the span') });
  expect(existsSync(target)).toBe(false);
  expect((await export_()).status).toBe(0);
  expect(listOf('part.txt').pieces.map(({ decision }) => decision)).toEqual(['not-requested', 'not-requested']);
  expect(entered().detail).toMatchObject({ part: true, withheld: 0 });
});

test('a piece is not released for an empty reason', async () => {
  const ssn = pieceOf(await preview(), 'ssn');
  expect(await wardmux('export', id, '-o', join(place, 'empty'), '--release', `${ssn}=  `, ...forAudit)).toMatchObject({
    status: 1,
    err: expect.stringContaining('Say in one line'),
  });
  expect(existsSync(join(place, 'empty'))).toBe(false);
});
