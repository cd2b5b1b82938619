/**
 * What somebody with every key could make of a recording: rightly sealed, proven and signed, and not true, or not as docs/format.md
 * says. Both verifiers must refuse it, in the same words.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { guideText } from '../../src/export/guide.ts';
import { BUNDLE } from '../../src/export/bundle-files.ts';
import type { BundleSummary } from '../../src/export/summary.ts';
import { verifyBundle } from '../../src/export/verify.ts';
import { trustText } from '../../src/export/trust.ts';
import { judgeInPython, root } from './fixture.ts';
import { forge, honest, insiderKeys, sshSignature, writeFiles } from './forge.ts';
import { hybridTable } from './hybrid-table.ts';
import { insiderTableFor } from './insider-table.ts';

const keys = insiderKeys('insider');
/** As an installation had it whose runtime knows no second half. */
const single = insiderKeys('insider', false, 1);
const insiderTable = insiderTableFor(keys);

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-insider-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('both verifiers refuse each, in the same words', () => {
  const folders = insiderTable.map(([name, , change], i) => {
    const forgery = honest(keys);
    try {
      change(forgery);
      return writeFiles(join(folder, String(i)), forge(forgery, keys));
    } catch (error) {
      throw new Error(`${name} could not be made: ${String(error)}`, { cause: error });
    }
  });
  const trusts = insiderTable.map(([, , , trust]) => trust ?? keys.trustText);
  const verdicts = folders.map((each, i) => verifyBundle(each, trusts[i]));
  expect(Object.fromEntries(verdicts.map(({ code }, i) => [insiderTable[i]![0], code]))).toEqual(
    Object.fromEntries(insiderTable.map(([name, code]) => [name, code])),
  );
  for (const [i, [name, , , , facts]] of insiderTable.entries()) if (facts) expect(verdicts[i]!.facts, name).toMatchObject(facts);
  const files = trusts.map((trust, i) => {
    writeFileSync(`${folders[i]!}.trust`, trust);
    return `${folders[i]!}.trust`;
  });
  judgeInPython(folders, files).forEach((verdict, i) => expect(verdict, insiderTable[i]![0]).toEqual(verdicts[i]));
});

test('a key of two halves: both signed, each is of that key, and a successor is certified by both', () => {
  const rows = hybridTable('insider', false);
  const folders = rows.map(([, , trust, files], i) => {
    const bundle = writeFiles(join(folder, `hybrid-${i}`), files);
    writeFileSync(`${bundle}.trust`, trust);
    return bundle;
  });
  const verdicts = rows.map(([, , trust], i) => verifyBundle(folders[i]!, trust));
  expect(rows.map(([name], i) => [name, verdicts[i]!.code])).toEqual(rows.map(([name, code]) => [name, code]));
  expect(
    judgeInPython(
      folders,
      folders.map((each) => `${each}.trust`),
    ),
  ).toEqual(verdicts);
  expect(verdicts.find(({ code }) => code === 'half-signature')).toMatchObject({
    status: 44,
    sentence: 'The key of the installation has two halves, and only one of them signed.',
  });
  expect(verdicts[0]!.facts).toMatchObject({ secondSignatures: 'good', replacedKey: false, unknownAlgorithms: [] });
  // That a replaced key signed is told, in one sentence with what it lacks.
  const replaced = verdicts.filter(({ facts }) => facts?.replacedKey);
  expect(replaced.length).toBeGreaterThan(0);
  for (const { notes } of replaced) expect(notes).toContainEqual(expect.stringContaining('a key that was replaced'));
});

test('the page and verify.py know the guide of this version by its digest', () => {
  const places = { recording: '{recording}', installation: '{installation}', exported: { by: '{by}', time: '{time}' } };
  const digest = createHash('sha256')
    .update(guideText(places as BundleSummary))
    .digest('hex');
  for (const file of ['docs/format.md', 'assets/verify.py']) expect(readFileSync(join(root, file), 'utf8'), file).toContain(digest);
});

test('a trust file is believed as it was written, and certificates of keys are checked', () => {
  const keys = single;
  const bundle = writeFiles(join(folder, 'honest'), forge(honest(keys), keys));
  const text = keys.trustText;
  const next = insiderKeys('next', false, 1);
  const certificate = sshSignature(Buffer.from(`${keys.trust.installation}\n${(next.trust.keys[0] as { ssh: string }).ssh}\n`), keys.installation, {
    namespace: 'installation-key@wardmux.localhost',
  });
  const successor = (proof: string): string =>
    trustText({ ...keys.trust, keys: [keys.trust.keys[0]!, { ...next.trust.keys[0]!, certificate: proof } as never] });
  const cases: readonly (readonly [string, string])[] = [
    [text, 'good'],
    [text.replace('  "version"', '   "version"'), 'bad-trust'],
    [text.replace('"version": 1', '"version": 1.0'), 'bad-trust'],
    [text.replace('  "version": 1,\n', '  "version": 1,\n  "version": 1,\n'), 'bad-trust'],
    [text.replace('"version": 1', '"version": 2'), 'newer-version'],
    [text.replace('Ada Example', 'Ada \\ud800'), 'bad-trust'],
    [text.replace('Ada Example', 'x'.repeat(201)), 'bad-trust'],
    [text.replace('Ada Example', '\u{1f600}'.repeat(200)), 'good'],
    [text.replace('"algorithm": "ed25519"', '"algorithm": "ed448"'), 'bad-trust'],
    [trustText({ ...keys.trust, keys: [...keys.trust.keys, { algorithm: 'ml-dsa-65', key: 'AAAA' }] }), 'good'],
    [trustText({ ...keys.trust, keys: [{ algorithm: 'ml-dsa-65', key: 'AAAA' }] }), 'bad-trust'],
    [trustText({ ...keys.trust, auditKeys: [] }), 'bad-recipients'],
    [trustText({ ...keys.trust, auditKeys: [{ ...keys.trust.auditKeys[0]!, kid: 'A'.repeat(43) }] }), 'bad-trust'],
    [trustText({ ...keys.trust, persons: [...keys.trust.persons, ...keys.trust.persons] }), 'bad-trust'],
    [trustText({ ...keys.trust, verifier: { sha256: '00'.repeat(32) } }), 'good'],
    [successor(certificate), 'good'],
    [successor(certificate.replace(/[A-Z](?=.{9}\n-)/, 'q')), 'bad-trust'],
    [trustText({ ...keys.trust, keys: next.trust.keys }), 'untrusted-key'],
  ];
  cases.forEach(([trust, code], i) => {
    const file = join(folder, `trust-${i}.json`);
    writeFileSync(file, trust);
    const verdict = verifyBundle(bundle, trust);
    expect(verdict.code, String(i)).toBe(code);
    expect(judgeInPython([bundle], file), String(i)).toEqual([verdict]);
  });
});

test('a line of session.cast or evidence.jsonl has 8 MiB at most: too large for the vectors', () => {
  const limit = 8 * 1024 * 1024;
  const trustFile = join(folder, 'long.json');
  writeFileSync(trustFile, keys.trustText);
  /** The honest bundle with so many more letters in one event. */
  const longer = (code: 'o' | 'i', letters: number): Map<string, Buffer> => {
    const f = honest(keys);
    const piece = f.frames.flatMap((frame) => frame.pieces).find((each) => each.code === code)!;
    piece.data = Buffer.concat([piece.data, Buffer.alloc(letters, 'x')]);
    if (code === 'o') {
      const end = f.events.find(({ action }) => action === 'recording.end')!.detail!;
      end['outputBytes'] = Number(end['outputBytes']) + letters;
      const second = f.frames.filter((frame) => frame.header !== undefined)[1]!;
      const header = JSON.parse(second.header!) as Record<string, unknown>;
      second.header = JSON.stringify({ ...header, outputOffset: Number(header['outputOffset']) + letters });
    }
    return forge(f, keys);
  };
  const longest = (files: Map<string, Buffer>, name: string): number =>
    Math.max(
      ...files
        .get(name)!
        .toString('utf8')
        .split('\n')
        .map((each) => Buffer.byteLength(each)),
    );
  const some = 1024 * 1024;
  const letters = limit - longest(longer('o', some), BUNDLE.cast) + some;
  // Base64 grows by four characters for three letters: the longest line that fits, and the next one.
  const typed = Math.floor((limit - longest(longer('i', 3 * some), BUNDLE.evidence)) / 4) * 3 + 3 * some;
  const made = [longer('o', letters), longer('o', letters + 1), longer('i', typed), longer('i', typed + 3)];
  expect(longest(made[0]!, BUNDLE.cast)).toBe(limit);
  expect(longest(made[2]!, BUNDLE.evidence)).toBeGreaterThan(limit - 4);
  const folders = made.map((files, i) => writeFiles(join(folder, `long-${i}`), files));
  const verdicts = folders.map((each) => verifyBundle(each, keys.trustText));
  expect(verdicts.map(({ code }) => code)).toEqual(['good', 'bad-cast', 'good', 'bad-evidence']);
  expect(judgeInPython(folders, trustFile)).toEqual(verdicts);
});
