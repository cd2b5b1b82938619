/** `wardmux redact`, `export` with and without redaction, and the accounting of disclosures, as scripts use them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { keyOfText, wholeExportText, certifierOf } from '../../ledger/certificate.ts';
import { nodeFlags } from '../../native/protect.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { openLedger } from '../../services/installation/open-ledger.ts';
import { enrol, prepareEnrolment } from '../../services/people/people.ts';
import { commandScript } from '../../../test/support/command.ts';
import { forAudit } from '../../../test/support/disclosure.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const secondWords = 'marble canyon drizzle hammock violet';
const auditorWords = 'copper lantern meadow spiral tundra';
let place: string;
let home: string;
let first: string;
let second: string;
let auditor: string;
let recording: string;

/** The first one's passphrase at descriptor 3, the second one's at 4, the auditor's at 5. */
function wardmux(...args: string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const run = spawnSync(
    'sh',
    [
      '-c',
      `exec "$@" 3< '${join(place, 'first')}' 4< '${join(place, 'second')}' 5< '${join(place, 'auditor')}'`,
      '-',
      process.execPath,
      ...nodeFlags,
      commandScript,
      ...args,
    ],
    {
      env: { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home },
      cwd: place,
      encoding: 'utf8',
    },
  );
  return { status: run.status, out: run.stdout, err: run.stderr };
}
const own = (...args: string[]) => wardmux(...args, '--person', first, '--passphrase-fd', '3');

const exports = (): { readonly outcome: string; readonly person: string; readonly installation: string; readonly detail: Record<string, string> }[] =>
  readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"action":"export"'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as never);

beforeAll(async () => {
  place = ownFolder();
  const made = await firstHome(place, { auditKeyPath: join(place, 'audit-key.json') });
  ({ folder: home } = made.home);
  first = made.person.id;
  const record = await prepareEnrolment({ name: 'Bo Example', passphrase: Buffer.from(secondWords), kdf: newScryptParameters() });
  second = record.id;
  const { home: folder, installation } = made;
  const { ledger } = await openLedger(folder, installation);
  const admin = deciderOf(made.identity);
  await enrol({ home: folder, installation, ledger, admin }, record, ['operator']);
  const third = await prepareEnrolment({ name: 'Cy Example', passphrase: Buffer.from(auditorWords), kdf: newScryptParameters() });
  auditor = third.id;
  await enrol({ home: folder, installation, ledger, admin }, third, ['auditor']);
  await ledger.checkpoint();
  await ledger.close();
  made.identity.destroy();
  writeFileSync(join(place, 'first'), `${firstWords}\n`);
  writeFileSync(join(place, 'second'), `${secondWords}\n`);
  writeFileSync(join(place, 'auditor'), `${auditorWords}\n`);
  const ran = wardmux('record', '--json', '--person', first, '--', 'sh', '-c', 'printf "Patient: DIAZ,ROSA\\nSSN: 536-22-1847\\nfeed adt-in: running\\n"');
  expect(ran.status).toBe(0);
  recording = (JSON.parse(ran.err.trim().split('\n').at(-1)!) as { recording: string }).recording;
  writeFileSync(join(place, 'trust.json'), wardmux('trust').out);
});

test('a preview says where and what, and never the value; it is entered as a look', () => {
  const shown = own('redact', 'preview', recording);
  expect(shown).toMatchObject({ status: 0, out: expect.stringMatching(/^TIME +PIECE +FOUND +SEEN IN +REASON\n/) });
  expect(shown.out).toMatch(/ssn/);
  expect(shown.out + shown.err).not.toMatch(/DIAZ|1847/);
  const { withheld, recognisers } = JSON.parse(own('redact', 'preview', recording, '--redact', 'ssn', '--json').out) as {
    withheld: { kinds: string[] }[];
    recognisers: unknown;
  };
  expect(recognisers).toMatchObject({ ran: ['ssn'] });
  // The command line that printed it has it too.
  expect(withheld.map(({ kinds }) => kinds)).toEqual([['ssn'], ['ssn']]);
  expect(wardmux('ledger', 'show', '--action', 'play').out).toContain('key=owner');
  expect(wardmux('redact', 'kinds').out).toMatch(/^KIND +DEFAULT +RECALL +WHAT IT FINDS\n/);
});

test('an export asks for purpose and recipient, withholds by default, and both are in the accounting for whoever has a key', () => {
  const bundle = join(place, 'bundle');
  for (const missing of [[], ['--purpose', 'audit'], ['--recipient', 'somebody']])
    expect(own('export', recording, '-o', bundle, ...missing)).toMatchObject({ status: 2 });
  expect(own('export', recording, '-o', bundle, '--purpose', ' ', '--recipient', 'x')).toMatchObject({ status: 1, err: expect.stringContaining('--purpose') });
  expect(own('export', recording, '-o', bundle, ...forAudit, '--redact', 'ssn,everything')).toMatchObject({
    status: 2,
    err: expect.stringContaining('"everything"'),
  });
  expect(own('export', recording, '-o', bundle, ...forAudit, '--from', '2:00', '--to', '1:00')).toMatchObject({ status: 2 });
  expect(existsSync(bundle)).toBe(false);
  const done = own('export', recording, '-o', bundle, ...forAudit);
  expect(done).toMatchObject({ status: 0, out: `${bundle}\n`, err: expect.stringContaining('bundle-redaction') });
  expect(wardmux('verify', bundle, '--trust', join(place, 'trust.json'))).toMatchObject({ status: 0 });
  for (const folder of [bundle, `${bundle}-redaction`])
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'latin1'), name).not.toMatch(/DIAZ,ROSA|536-22-1847/);
  const { detail, person } = exports().at(-1)!;
  expect(person).toBe(first);
  expect(detail).toMatchObject({
    recording,
    redaction: 'default',
    words: expect.stringMatching(/^[0-9a-f]{64}$/),
    list: expect.any(String),
    recognisers: expect.any(String),
  });
  expect(readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')).not.toMatch(/Example Audits|yearly/);
  const since = new Date().toISOString().slice(0, 10);
  const report = (...args: string[]) =>
    JSON.parse(wardmux('report', 'disclosures', '--since', since, '--json', ...args).out) as { disclosures: { words: unknown }[] };
  expect(report().disclosures).toMatchObject([{ recording, by: first, redaction: 'default', words: 'sealed' }]);
  const words = { purpose: 'yearly audit', recipient: 'Example Audits' };
  expect(report('--key', join(place, 'audit-key.json')).disclosures).toMatchObject([{ words }]);
  expect(report('--person', first, '--passphrase-fd', '3').disclosures).toMatchObject([{ words }]);
  expect(report('--person', second, '--passphrase-fd', '4').disclosures).toMatchObject([{ words: 'sealed' }]);
  expect(wardmux('report', 'disclosures', '--key', join(place, 'audit-key.json')).out).toContain('Example Audits');
  writeFileSync(join(home, 'disclosures', `${detail['words']!}.json`), '{}');
  expect(report('--key', join(place, 'audit-key.json')).disclosures).toMatchObject([{ words: 'changed' }]);
  expect(wardmux('report', 'disclosures', '--since', '2026-02-30')).toMatchObject({ status: 2 });
});

test('nothing withheld takes two people, whose signatures are in the event', () => {
  const bundle = join(place, 'whole');
  const whole = (...args: string[]) => own('export', recording, '-o', bundle, ...forAudit, '--redact', 'none', ...args);
  expect(whole()).toMatchObject({ status: 1, err: expect.stringContaining('--second-passphrase-fd') });
  expect(whole('--second', first, '--second-passphrase-fd', '4').status).toBe(4);
  expect(existsSync(bundle)).toBe(false);
  const done = whole('--second', second, '--second-passphrase-fd', '4');
  expect(done).toMatchObject({ status: 0, err: expect.stringContaining('Nothing was withheld but snapshots') });
  expect(readFileSync(join(bundle, 'session.cast'), 'utf8')).toContain('536-22-1847');
  expect(existsSync(`${bundle}-redaction`)).toBe(false);
  const { detail, installation, person } = exports().at(-1)!;
  expect(detail).toMatchObject({ redaction: 'none', second });
  const text = wholeExportText({ installation, recording, words: detail['words']!, by: person, asked: detail['asked']! });
  for (const [byKey, signature] of [
    [detail['byKey']!, detail['signature']!],
    [detail['secondKey']!, detail['secondSignature']!],
  ] as const) {
    expect(keyOfText(byKey)).toBeDefined();
    expect(certifierOf(text, { byKey, signature })).toBeDefined();
  }
});

test('a span alone, and recognisers that were chosen', () => {
  const bundle = join(place, 'part');
  expect(own('export', recording, '-o', bundle, ...forAudit, '--redact', 'password', '--to', '0')).toMatchObject({ status: 0 });
  expect(exports().at(-1)!.detail).toMatchObject({ redaction: 'chosen', part: true });
  expect(readFileSync(join(bundle, 'session.cast'), 'utf8')).not.toContain('feed adt');
  expect(wardmux('verify', bundle, '--trust', join(place, 'trust.json'))).toMatchObject({ status: 0 });
});

test('an auditor exports somebody else’s with an audit key: for a reason, entered first and said in the bundle, and with no less withheld than by default', () => {
  const key = ['--key', join(place, 'audit-key.json')];
  const bundle = join(place, 'of-others');
  const asAuditor = (...args: string[]) => wardmux('export', recording, '-o', bundle, ...forAudit, ...args, '--person', auditor, '--passphrase-fd', '5');
  expect(asAuditor(...key)).toMatchObject({ status: 2, err: expect.stringContaining('--reason') });
  for (const less of [
    ['--redact', 'none'],
    ['--redact', 'ssn'],
    ['--release', '1.0=nobody'],
  ])
    expect(asAuditor(...key, '--reason', 'audit', ...less), less.join(' ')).toMatchObject({ status: 2, err: expect.stringContaining('nothing is released') });
  // Neither an auditor without a key, nor an operator with one; and whose it is needs none.
  expect(asAuditor()).toMatchObject({ status: 1, err: expect.stringContaining('wrapped for oneself. Who may: an operator.') });
  const withKey = (person: string, fd: string) =>
    wardmux('export', recording, '-o', bundle, ...forAudit, ...key, '--reason', 'audit', '--person', person, '--passphrase-fd', fd);
  expect(withKey(second, '4')).toMatchObject({ status: 1, err: expect.stringContaining('Who may: an auditor') });
  expect(existsSync(bundle)).toBe(false);
  const done = withKey(auditor, '5');
  expect(done, done.err).toMatchObject({ status: 0, out: `${bundle}\n` });
  expect(wardmux('verify', bundle, '--trust', join(place, 'trust.json'))).toMatchObject({ status: 0 });
  expect(JSON.parse(readFileSync(join(bundle, 'recording.json'), 'utf8'))).toMatchObject({ person: first, exported: { by: auditor, reason: 'audit' } });
  for (const name of readdirSync(bundle)) expect(readFileSync(join(bundle, name), 'latin1'), name).not.toMatch(/DIAZ,ROSA|536-22-1847/);
  expect(exports().at(-1)).toMatchObject({ person: auditor, outcome: 'success', detail: { recording, redaction: 'default' } });
  expect(wardmux('ledger', 'show', '--action', 'play').out).toMatch(/key=audit.* reason=audit/);
  const preview = wardmux('redact', 'preview', recording, ...key);
  expect(preview).toMatchObject({ status: 0, out: expect.stringContaining('ssn') });
  expect(wardmux('redact', 'preview', recording, ...key, '--person', auditor)).toMatchObject({ status: 2 });
});
