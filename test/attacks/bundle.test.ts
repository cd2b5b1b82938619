/**
 * What somebody could do to a bundle, one test each. Both verifiers must refuse it, with the same verdict, and the code
 * must name the cause.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXPORT_NAMESPACE, signAsInstallation, sshSign } from '../../src/crypto/sshsig.ts';
import { failureTable } from '../../src/export/failures.ts';
import { signersCommand } from '../../src/export/guide.ts';
import { ALL_FILES, BUNDLE } from '../../src/export/bundle-files.ts';
import { makeTrust, trustText } from '../../src/export/trust.ts';
import { encodeEvent, encodeLine } from '../../src/ledger/events.ts';
import { headEntry, testEvent } from '../../src/ledger/fixture.ts';
import type { RecordingHead } from '../../src/ledger/heads.ts';
import { encodeFrame, parseFrame, SEGMENT_MAGIC, TYPE_HEADER, TYPE_SEALED } from '../../src/recording/frame.ts';
import type { Frame } from '../../src/recording/types.ts';
import { parseHeader, segmentName } from '../../src/recording/header.ts';
import { segmentKey } from '../../src/recording/ratchet.ts';
import { Sealer } from '../../src/recording/sealer.ts';
import type { RecordingNotice, SegmentOpener } from '../../src/recording/types.ts';
import { encodeEvent as encodeEventBytes } from '../../src/recording/events.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { noticeEntry } from '../../src/ledger/notice.ts';
import { checkpointText, ledgerOrigin, noteKey, signNote } from '../../src/ledger/note.ts';
import type { LedgerEvent } from '../../src/ledger/types.ts';
import { leafHash, StoredTree } from '../../src/merkle/tree.ts';
import { inclusionPath } from '../../src/merkle/tree.fixture.ts';
import { recoverRecordings } from '../../src/records/index.ts';
import { AuditKeyOpener, newSegmentSecret, wrapSecret } from '../../src/recording/wrap.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';
import { rotated } from '../support/recording.ts';
import { hybridTable } from './hybrid-table.ts';
import { insiderTableFor } from './insider-table.ts';
import { insiderKeys } from './forge.ts';
import { editLines, judgeInPython, makeKeys, PERSON, resign, run, session, Site, verifier } from './fixture.ts';

// Each test starts Python at least once, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let site: Site;
let bundle: string;
let other: string;
let recording: string;
const used = new Set<string>();

beforeAll(async () => {
  site = await Site.create();
  bundle = join(site.folder, 'bundle');
  other = join(site.folder, 'other');
  recording = await site.record(session);
  await site.export(recording, bundle);
  await site.export(await site.record((writer) => writer.output(Buffer.from('another\n'))), other);
});
afterAll(() => site.dispose());

/** Spoils a copy, judges it twice, and expects one code. */
async function attack(code: string, spoil: (copy: string) => void | Promise<void>, from = bundle): Promise<void> {
  const copy = site.copy(from);
  await spoil(copy);
  const verdict = site.judge(copy);
  expect(verdict).toMatchObject({ good: false, code });
  expect(judgeInPython([copy], site.trustFile)).toEqual([verdict]);
  used.add(code);
}

const evidence = (copy: string): string => join(copy, BUNDLE.evidence);

test('an untouched bundle is good for both verifiers, in the same words', () => {
  const verdict = site.judge(bundle);
  expect(verdict).toMatchObject({
    good: true,
    code: 'good',
    status: 0,
    facts: { recording, state: 'complete', unproven: 0, signedAfterCrash: 0, withheld: 1, withheldOutputBytes: 0, exportedBy: PERSON },
  });
  expect(verdict.facts!.records).toBe(verdict.facts!.proven);
  expect(judgeInPython([bundle, other], site.trustFile)).toEqual([verdict, site.judge(other)]);
});

test('stock tools agree: sha256sum, ssh-keygen, asciinema', () => {
  expect(run('sha256sum', ['-c', '--strict', BUNDLE.sums], { cwd: bundle })).toMatch(/^(.+: OK\n){8}$/);
  const made = run('sh', ['-ec', signersCommand(site.trustFile)]);
  expect(run('python3', ['-B', verifier, '--allowed-signers', '--trust', site.trustFile])).toBe(made);
  writeFileSync(join(site.folder, 'signers'), made);
  expect(readFileSync(join(site.folder, 'signers'), 'utf8')).toBe(readFileSync(join(bundle, BUNDLE.allowedSigners), 'utf8'));
  for (const [who, file] of [
    [site.trust.installation, BUNDLE.installationSignature],
    [PERSON, BUNDLE.personSignature],
  ] as const) {
    const verify = (input: Buffer) =>
      run('ssh-keygen', ['-Y', 'verify', '-f', join(site.folder, 'signers'), '-I', who, '-n', EXPORT_NAMESPACE, '-s', join(bundle, file)], { input });
    const sums = readFileSync(join(bundle, BUNDLE.sums));
    expect(verify(sums)).toContain('Good');
    expect(() => verify(Buffer.concat([sums, Buffer.from('\n')]))).toThrow();
  }
});

test('the commands of VERIFY.md run as they stand there', () => {
  const copy = site.copy(bundle);
  copyFileSync(verifier, join(copy, '../verify.py'));
  const commands = readFileSync(join(copy, BUNDLE.guide), 'utf8').match(/^ {4,}\S.*$/gm)!;
  expect(commands).toHaveLength(6);
  for (const command of commands) run('sh', ['-ec', command], { cwd: copy });
  // They left nothing in the folder that would make it fail.
  expect(site.judge(copy)).toMatchObject({ good: true });
});

test('asciinema plays session.cast', ({ skip }) => {
  skip(
    spawnSync('asciinema', ['--version']).status !== 0,
    'asciinema is not installed (apt install asciinema), so nothing else than our own tools has played the file',
  );
  // asciinema wants a terminal of its own, and script(1) gives it one.
  const shown = run('script', ['-q', '-e', '-c', `asciinema cat '${join(bundle, BUNDLE.cast)}'`, '/dev/null']).replaceAll('\r', '');
  expect(shown).toContain('Jane Doe');
  expect(shown).toContain('h\ufffd\ufffd\n\u20ac ');
});

test('verify.py exits with the status of its code, and says the same as --json', async () => {
  const status = (args: string[]) => spawnSync('python3', ['-B', verifier, ...args], { encoding: 'utf8' });
  expect(status([bundle, '--trust', site.trustFile])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^good: The bundle is good/) });
  const copy = site.copy(bundle);
  editLines(evidence(copy), (lines) => lines.slice(0, -1));
  expect(status([copy, '--trust', site.trustFile])).toMatchObject({ status: 29, stdout: expect.stringMatching(/^cut: /) });
  expect(JSON.parse(status([copy, '--trust', site.trustFile, '--json']).stdout)).toEqual(site.judge(copy));
  expect(status([bundle, '--trust', join(site.folder, 'none')]).status).toBe(10);
  expect(status([bundle]).status).toBe(2);
});

test('the bundle carries the verifier of this version, and its table is ours', () => {
  expect(readFileSync(join(bundle, BUNDLE.verifier))).toEqual(readFileSync(verifier));
  const script = `import importlib.util, json, sys
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps([{'code': code, 'status': row[0], 'sentence': row[1]} for code, row in module.FAILURES.items()]))`;
  expect(JSON.parse(run('python3', ['-B', '-c', script, verifier]))).toEqual(failureTable);
  const distinct = (values: readonly unknown[]): number => new Set(values).size;
  for (const column of ['code', 'status', 'sentence'] as const) expect(distinct(failureTable.map((row) => row[column]))).toBe(failureTable.length);
});

test('a flipped byte in any file, at many places, is refused alike by both', () => {
  const copies: string[] = [];
  const places: string[] = [];
  for (const name of ALL_FILES) {
    const size = statSync(join(bundle, name)).size;
    const spots = new Set([0, size - 1]);
    // Spread by a fixed rule, so that a failure can be repeated.
    for (let i = 1; i <= 10; i++) spots.add((i * 7919 * 31) % size);
    for (const at of spots) {
      const copy = site.copy(bundle);
      const bytes = readFileSync(join(copy, name));
      bytes[at]! ^= 1 << (at % 8);
      writeFileSync(join(copy, name), bytes);
      copies.push(copy);
      places.push(`${name} at ${at}`);
    }
  }
  const python = judgeInPython(copies, site.trustFile);
  copies.forEach((copy, i) => {
    const verdict = site.judge(copy);
    expect(verdict.good, places[i]).toBe(false);
    expect(python[i], places[i]).toEqual(verdict);
  });
});

test('a record dropped from the middle', () => attack('missing-record', (copy) => editLines(evidence(copy), (lines) => lines.toSpliced(4, 1))));
test('the last record dropped', () => attack('cut', (copy) => editLines(evidence(copy), (lines) => lines.slice(0, -1))));
test('two records swapped', () => attack('reordered-records', (copy) => editLines(evidence(copy), (lines) => lines.with(3, lines[4]!).with(4, lines[3]!))));
test('a record repeated', () => attack('duplicated-record', (copy) => editLines(evidence(copy), (lines) => lines.toSpliced(3, 0, lines[3]!))));

/** Edits a text that was shown. */
function editText(copy: string, from: string, to: string): void {
  const path = join(copy, BUNDLE.cast);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

test('a disclosed text edited', () => attack('bad-commitment', (copy) => editText(copy, 'Jane', 'John')));
test('a disclosed text edited, and everything signed again with the genuine keys', () =>
  attack('bad-commitment', async (copy) => {
    editText(copy, 'Jane', 'John');
    await resign(copy, site.keys.installation, site.keys.person);
  }));

test('a record replaced with a new commitment to it', () =>
  attack('bad-root', (copy) =>
    editLines(evidence(copy), (lines) => {
      const value = JSON.parse(lines[2]!) as { head: string };
      return lines.with(2, JSON.stringify({ ...value, head: value.head.slice(0, 47) + (value.head[47] === '0' ? '1' : '0') + value.head.slice(48) }));
    }),
  ));

test('a segment header that names another recording', () =>
  attack('bad-commitment', (copy) =>
    editLines(evidence(copy), (lines) =>
      lines.with(
        0,
        lines[0]!.replace(
          recording,
          recording.replace(/.$/, (c) => (c === '0' ? '1' : '0')),
        ),
      ),
    ),
  ));

test('the evidence of another recording', () => {
  // Line 1 of session.cast has the second in which a recording began: where these two began in one, their texts tell them apart.
  const second = (folder: string): unknown => (JSON.parse(readFileSync(join(folder, BUNDLE.cast), 'utf8').split('\n')[0]!) as { timestamp: number }).timestamp;
  return attack(second(other) === second(bundle) ? 'bad-commitment' : 'bad-cast', (copy) =>
    writeFileSync(evidence(copy), readFileSync(join(other, BUNDLE.evidence))),
  );
});

/** Withholds the piece with the name in it, as an exporter could. */
function withholdJane(copy: string): void {
  const shown = readFileSync(join(copy, BUNDLE.cast), 'utf8').split('\n').slice(1);
  editLines(evidence(copy), (lines) =>
    lines.map((line) => {
      const value = JSON.parse(line) as { pieces?: ({ salt: string; bytes?: string } | { code: string; digest: string; reason: string })[] };
      if (!value.pieces) return line;
      const pieces = value.pieces.map((piece) => {
        if (!('salt' in piece) || 'bytes' in piece) return piece;
        const [time, , text] = JSON.parse(shown.find((each) => each.includes('"o"'))!) as [number, string, string];
        shown.splice(
          shown.findIndex((each) => each.includes('"o"')),
          1,
        );
        if (!text.includes('Jane')) return piece;
        const event = encodeEventBytes({ code: 'o', timeUs: Math.round(time * 1e6), data: Buffer.from(text) });
        const digest = run('sha256sum', [], { input: Buffer.concat([Buffer.from(piece.salt, 'hex'), event]) }).slice(0, 64);
        return { code: 'o', digest, reason: 'patient-data' };
      });
      return JSON.stringify({ ...value, pieces });
    }),
  );
}

test('a line withheld that session.cast still shows', () => {
  const copy = site.copy(bundle);
  withholdJane(copy);
  const verdict = site.judge(copy);
  // The line that should come next stands one further.
  expect(verdict.code).toBe('bad-cast');
  expect(judgeInPython([copy], site.trustFile)).toEqual([verdict]);
});

test('a line of evidence that is not a record', () => attack('bad-evidence', (copy) => editLines(evidence(copy), (lines) => lines.with(2, '{}'))));
test('a line of evidence with something more in it', () =>
  attack('bad-evidence', (copy) => editLines(evidence(copy), (lines) => lines.with(2, lines[2]!.replace('{', '{"note":"x",')))));
test('a line of evidence without its end', () => attack('bad-evidence', (copy) => writeFileSync(evidence(copy), readFileSync(evidence(copy)).subarray(0, -1))));

test("a checkpoint from another recording's bundle", () =>
  attack('other-checkpoint', (copy) => writeFileSync(join(copy, BUNDLE.checkpoint), readFileSync(join(other, BUNDLE.checkpoint)))));
test('that checkpoint, with recording.json made to fit', () =>
  attack('bad-proof', (copy) => {
    writeFileSync(join(copy, BUNDLE.checkpoint), readFileSync(join(other, BUNDLE.checkpoint)));
    const { ledger } = JSON.parse(readFileSync(join(other, BUNDLE.summary), 'utf8')) as { ledger: { size: number; root: string } };
    const summary = JSON.parse(readFileSync(join(copy, BUNDLE.summary), 'utf8')) as object;
    writeFileSync(join(copy, BUNDLE.summary), `${JSON.stringify({ ...summary, ledger }, null, 2)}\n`);
    // Paths of the length that this index has in the larger tree, so that it is not the length that gives it away.
    const longest = (JSON.parse(readFileSync(join(other, BUNDLE.ledger), 'utf8').split('\n')[0]!) as { path: string[] }).path;
    editLines(join(copy, BUNDLE.ledger), (lines) =>
      lines.map((line) => {
        const value = JSON.parse(line) as { index: number; event: string; path: string[] };
        return JSON.stringify({ ...value, path: [...value.path, ...longest].slice(0, Math.ceil(Math.log2(ledger.size))) });
      }),
    );
  }));
test('a checkpoint that was edited', () =>
  attack('bad-checkpoint', (copy) => editLines(join(copy, BUNDLE.checkpoint), (lines) => lines.with(1, String(Number(lines[1]) + 1)))));
test('a ledger proof cut short', () =>
  attack('short-proof', (copy) =>
    editLines(join(copy, BUNDLE.ledger), (lines) => {
      const value = JSON.parse(lines[0]!) as { path: string[] };
      return lines.with(0, JSON.stringify({ ...value, path: value.path.slice(0, -1) }));
    }),
  ));
test('a ledger event edited', () =>
  attack('bad-proof', (copy) => editLines(join(copy, BUNDLE.ledger), (lines) => lines.map((line) => line.replace('outputBytes\\":', 'outputBytes\\":1')))));
test('a ledger event of another recording', () =>
  attack('bad-ledger', (copy) =>
    editLines(join(copy, BUNDLE.ledger), () =>
      readFileSync(join(other, BUNDLE.ledger), 'utf8')
        .trimEnd()
        .split('\n')
        .filter((line) => line.includes('recording.')),
    ),
  ));
test('the ledger events that say how far it goes left out', () =>
  attack('no-head', (copy) => editLines(join(copy, BUNDLE.ledger), (lines) => lines.slice(0, 1))));

test('the end event left out: the bundle cannot call itself complete', () =>
  attack('bad-summary', (copy) => editLines(join(copy, BUNDLE.ledger), (lines) => lines.filter((line) => !line.includes('recording.end')))));

test('session.cast with another marker', () => attack('bad-cast', (copy) => editText(copy, '"locked"', '"looked"')));
test('session.cast that goes on', () => attack('bad-cast', (copy) => editLines(join(copy, BUNDLE.cast), (lines) => [...lines, '[9.000000, "m", "and then"]'])));
test('recording.json saying something else', () =>
  attack('bad-summary', (copy) => writeFileSync(join(copy, BUNDLE.summary), readFileSync(join(copy, BUNDLE.summary), 'utf8').replace('"complete"', '"open"'))));
test('the guide edited', () => attack('bad-file', (copy) => writeFileSync(join(copy, BUNDLE.guide), '# All is well\n')));
test('the guide edited and its digest with it', () =>
  attack('bad-installation-signature', (copy) => editLines(join(copy, BUNDLE.sums), (lines) => lines.with(0, `${'0'.repeat(64)}  VERIFY.md`))));
test("the person's signature taken from another bundle", () =>
  attack('bad-person-signature', (copy) => writeFileSync(join(copy, BUNDLE.personSignature), readFileSync(join(other, BUNDLE.personSignature)))));
test('a list of sums that leaves a file out, signed with the genuine keys', async () =>
  attack('bad-sums', async (copy) => {
    editLines(join(copy, BUNDLE.sums), (lines) => lines.slice(1));
    const sums = readFileSync(join(copy, BUNDLE.sums));
    writeFileSync(join(copy, BUNDLE.installationSignature), await signAsInstallation(sums, site.keys.installation, EXPORT_NAMESPACE));
    writeFileSync(join(copy, BUNDLE.personSignature), await sshSign(sums, site.keys.person, EXPORT_NAMESPACE));
  }));

test("everything signed again with an attacker's keys", () =>
  attack('untrusted-key', async (copy) => {
    const attacker = makeKeys();
    editText(copy, 'Jane', 'John');
    const lines = readFileSync(join(copy, BUNDLE.checkpoint), 'utf8').split('\n');
    const text = checkpointText(
      ledgerOrigin(site.trust.installation),
      { size: Number(lines[1]), root: Buffer.from(lines[2]!, 'base64').toString('hex') },
      '2026-01-01T00:00:00.000Z',
    );
    writeFileSync(join(copy, BUNDLE.checkpoint), await signNote(text, noteKey(lines[0]!, attacker.installation.publicKey), attacker.installation.sign));
    await resign(copy, attacker.installation, attacker.person);
  }));
test("only the sums signed again with an attacker's installation key", () =>
  attack('untrusted-key', (copy) => resign(copy, makeKeys().installation, site.keys.person)));
test("only the person's key replaced", () => attack('untrusted-person-key', (copy) => resign(copy, site.keys.installation, makeKeys().person)));

/** Python 3.11 and later refuse long numbers by themselves; without that limit it is as the versions before. */
const OLD_PYTHON = { PYTHONINTMAXSTRDIGITS: '0' };
/** A number of four million digits takes an old Python minutes to read as a whole number, and as a double milliseconds. */
const LONG = { digits: 4_000_000, timeout: 20_000 };

test('numbers of any length and any spelling are the same number for both, and cost no time', () => {
  const replace = (copy: string, name: string, from: RegExp, to: string): void => {
    const path = join(copy, name);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  };
  const copies: string[] = [];
  const codes: string[] = [];
  const spoil = (code: string, name: string, from: RegExp, to: string): void => {
    const copy = site.copy(bundle);
    replace(copy, name, from, to);
    copies.push(copy);
    codes.push(code);
  };
  const digits = (count: number): string => '9'.repeat(count);
  spoil('bad-evidence', BUNDLE.evidence, /^\{/, `{"n":${digits(LONG.digits)},`);
  spoil('bad-evidence', BUNDLE.evidence, /^\{/, `{"n":0.${digits(LONG.digits)},`);
  for (const number of [digits(21), digits(900_000), `${digits(22)}.5`, `1e${digits(30)}`, '1.0', '-0', 'NaN', 'Infinity']) {
    spoil('bad-summary', BUNDLE.summary, /"size": \d+/, `"size": ${number}`);
    spoil('bad-summary', BUNDLE.summary, /"records": \d+/, `"records": ${number}`);
    spoil('bad-summary', BUNDLE.summary, /^\{/, `{ "n": ${number},`);
  }
  for (const number of [digits(21), digits(60_000), '1.0', '1e3', '-0', 'NaN', '-Infinity']) {
    spoil('bad-ledger', BUNDLE.ledger, /"index":\d+/, `"index":${number}`);
    spoil('bad-ledger', BUNDLE.ledger, /\\"seq\\":\d+/, `\\"seq\\":${number}`);
    spoil('bad-ledger', BUNDLE.ledger, /\\"durationMs\\":\d+/, `\\"durationMs\\":${number}`);
  }
  // These are written as a writer writes them, so that it takes the proof to find them.
  for (const number of [
    '100000000000000000000',
    '1152921504606847000',
    '9007199254740992',
    '1.5',
    '-1',
    '1e+21',
    '0.00001',
    '-0.0000015',
    '1e-7',
    '2.5e-9',
    '1e-10',
  ])
    spoil('bad-proof', BUNDLE.ledger, /\\"durationMs\\":\d+/, `\\"durationMs\\":${number}`);
  // These are not: as doubles they are another number, or they are written in another way.
  for (const number of ['123456789012345678901', '1152921504606846976', '9007199254740993', '1e16', '1e-5', '1e-05', '1.5e-06', '1e-07', '0.0000001'])
    spoil('bad-ledger', BUNDLE.ledger, /\\"durationMs\\":\d+/, `\\"durationMs\\":${number}`);
  const verdicts = copies.map((copy) => site.judge(copy));
  expect(verdicts.map(({ code }) => code)).toEqual(codes);
  expect(judgeInPython(copies, site.trustFile, { env: OLD_PYTHON, timeout: LONG.timeout })).toEqual(verdicts);

  for (const [number, good] of [
    [digits(900_000), false],
    [`1.${'0'.repeat(900_000)}`, false],
    ['1.0', false],
    ['1', true],
    ['true', false],
  ] as const) {
    const file = join(site.folder, 'number-trust.json');
    writeFileSync(file, trustText(site.trust).replace(/"version": ?1/, `"version": ${number}`));
    const verdict = site.judge(bundle, file);
    expect(verdict).toMatchObject({ good, code: good ? 'good' : 'bad-trust' });
    expect(judgeInPython([bundle], file, { env: OLD_PYTHON, timeout: LONG.timeout })).toEqual([verdict]);
  }
});

test('a file missing, a file too many, a link out of the bundle', async () => {
  for (const name of ALL_FILES) await attack('missing-file', (copy) => rmSync(join(copy, name)));
  await attack('extra-file', (copy) => writeFileSync(join(copy, 'README.txt'), 'all is well'));
  await attack('missing-file', (copy) => {
    renameSync(join(copy, BUNDLE.cast), join(copy, '..', 'outside.cast'));
    symlinkSync('../outside.cast', join(copy, BUNDLE.cast));
  });
  await attack('missing-file', (copy) => {
    rmSync(join(copy, BUNDLE.summary));
    mkdirSync(join(copy, BUNDLE.summary));
  });
  await attack('missing-file', (copy) => rmSync(copy, { recursive: true }));
});

test('another installation, an unknown person, a spoiled trust file', () => {
  const keys = makeKeys('w-ffffffffffff');
  const facts = { keys: [{ publicKey: keys.installation.publicKey }], persons: [], auditKeys: [], verifierSha256: site.trust.verifier.sha256 };
  const expectCode = (text: string, code: string): void => {
    const file = join(site.folder, 'other-trust.json');
    writeFileSync(file, text);
    const verdict = site.judge(bundle, file);
    expect(verdict).toMatchObject({ good: false, code });
    expect(judgeInPython([bundle], file)).toEqual([verdict]);
    used.add(code);
  };
  expectCode(trustText(makeTrust({ ...facts, installation: 'w-ffffffffffff' })), 'other-installation');
  expectCode(trustText({ ...site.trust, persons: [] }), 'unknown-person');
  // The same names, other keys: what an attacker would like to be pinned.
  expectCode(
    trustText(
      makeTrust({
        ...facts,
        installation: site.trust.installation,
        persons: [{ id: PERSON, name: 'x', signingKey: keys.personJwk, encryptionKey: keys.owner.jwk }],
      }),
    ),
    'untrusted-key',
  );
  expectCode('{}', 'bad-trust');
  expectCode('', 'bad-trust');
  expectCode(trustText(site.trust).replace('wardmux-trust', 'wardmux-crust'), 'bad-trust');
  expectCode(JSON.stringify({ ...site.trust, extra: 1 }), 'bad-trust');
  expectCode(trustText(site.trust).replace(/\+[0-9a-f]{8}\+/, '+00000000+'), 'bad-trust');
});

test('a bundle of a recording that still runs says what it does not prove', async () => {
  const open = join(site.folder, 'open');
  const live = await site.record((writer) => {
    writer.output(Buffer.from('one\n'));
  }, false);
  await site.export(live, open, { live: true });
  const verdict = site.judge(open);
  expect(verdict).toMatchObject({ good: true, facts: { state: 'open', withheldOutputBytes: null } });
  expect(verdict.notes[0]).toMatch(/no end of the recording/);
  expect(judgeInPython([open], site.trustFile)).toEqual([verdict]);
});

test('records after the last one that the ledger knows of are called unproven, by number', async () => {
  const growing = await RecordingWriter.create({
    ...site.recordingOptions(),
    notice: (notice) => void (notice.kind !== 'heads' && site.ledger.append(noticeEntry(notice))),
  });
  growing.output(Buffer.from('one\n'));
  await site.ledger.append(headEntry(growing.id, growing.head().size, growing.head().root));
  growing.output(Buffer.from('two\n'));
  growing.output(Buffer.from('three\n'));
  await growing.sync();
  const target = join(site.folder, 'growing');
  await site.export(growing.id, target, { live: true });
  const verdict = site.judge(target);
  expect(verdict).toMatchObject({ good: true, facts: { records: growing.head().size, unproven: 2 } });
  expect(verdict.notes[0]).toBe('The last 2 records are unproven: they came after the last one that the ledger knows of.');
  expect(judgeInPython([target], site.trustFile)).toEqual([verdict]);
});

test('a bundle opens its own head of an event, and shows nothing of the other recordings in it', async () => {
  const notice = (told: RecordingNotice): void => void (told.kind !== 'heads' && site.ledger.append(noticeEntry(told)));
  const made = [await RecordingWriter.create({ ...site.recordingOptions(), notice }), await RecordingWriter.create({ ...site.recordingOptions(), notice })];
  const heads = made.map((writer) => {
    writer.output(Buffer.from(`of ${writer.id}\n`));
    return { recording: writer.id, ...writer.head() };
  });
  await Promise.all(made.map((writer) => writer.sync()));
  const event = await site.ledger.append({ action: 'recording.heads', heads });
  const [own, others] = heads as [RecordingHead, RecordingHead];
  const target = join(site.folder, 'one-of-two');
  await site.export(own.recording, target, { live: true });
  const text = readdirSync(target)
    .map((name) => readFileSync(join(target, name), 'utf8'))
    .join('\n');
  expect(text).toContain(own.root);
  for (const secret of [others.recording, others.root, event.opened!.salt]) expect(text).not.toContain(secret);
  const verdict = site.judge(target);
  expect(verdict).toMatchObject({ good: true, facts: { proven: own.size } });
  expect(judgeInPython([target], site.trustFile)).toEqual([verdict]);
  // The ledger itself still has both.
  for (const { recording, size } of heads) expect((await site.ledger.recording(recording))!.head.size).toBe(size);
  for (const writer of made) await writer.end('exit', { code: 0, signal: 0 });
});

/**
 * A recording whose recorder was killed: three records are in the ledger and under a checkpoint, and `after` more are on the
 * disk. Then the next start, or somebody with a key.
 */
async function crashed(end: boolean, signed = true, key?: SegmentOpener, junk = false, more?: (folder: string) => Promise<void>) {
  const writer = await RecordingWriter.create({
    ...site.recordingOptions(),
    notice: (notice) => void (notice.kind === 'start' && site.ledger.append(noticeEntry(notice))),
  });
  writer.output(Buffer.from('one\n'));
  writer.output(Buffer.from('two\n'));
  const known = signed ? writer.head().size : 0;
  if (signed) await site.ledger.append(headEntry(writer.id, writer.head().size, writer.head().root));
  await site.ledger.checkpoint();
  writer.output(Buffer.from('three\n'));
  await rotated(writer);
  writer.output(Buffer.from('four\n'));
  // A line that no key vouched for: whoever can add a segment can add this too.
  const forged = encodeLine(testEvent(site.ledger.events, headEntry(writer.id, writer.head().size, writer.head().root)));
  appendFileSync(join(site.ledger.folder, 'events.jsonl'), `${forged.toString()}\n`);
  if (end) await writer.end('exit', { code: 0, signal: 0 });
  else {
    await writer.sync();
    // A copy is what a crash leaves: nobody holds it.
    const [folder, copy] = [join(site.recordings, writer.id), join(site.folder, `copy-${writer.id}`)];
    cpSync(folder, copy, { recursive: true });
    rmSync(folder, { recursive: true });
    renameSync(copy, folder);
    writeFileSync(join(folder, 'live'), JSON.stringify({ pid: 999_999_999, started: '1', boot: 'none' }));
  }
  if (junk) {
    const path = join(site.recordings, writer.id, 'segment-000001.wmx');
    const frame = { seq: writer.head().size, monoNs: 1n << 60n, wallMs: 1, type: TYPE_SEALED, commitment: Buffer.alloc(32, 7) };
    appendFileSync(path, encodeFrame(frame, Buffer.alloc(100, 7)).bytes);
  }
  await more?.(join(site.recordings, writer.id));
  expect(await recoverRecordings(site.recordings, site.ledger, undefined, key && { person: PERSON, opener: key })).toEqual([
    expect.objectContaining({ recording: writer.id, outcome: 'closed' }),
  ]);
  const target = join(site.folder, `crashed-${writer.id}`);
  const { records, leftOut } = await site.export(writer.id, target);
  return { target, records, known, leftOut };
}

test.each([
  ['interrupted', false],
  ['ended by a file that the ledger had not heard of and does not believe', true],
] as const)(
  'a recording that was %s: what nobody had signed for before is unproven; of it a key has that signed which stands in a signed segment',
  async (_, end) => {
    const { target, records, known } = await crashed(end);
    const verdict = site.judge(target);
    expect(records - known).toBeGreaterThan(2);
    expect(verdict).toMatchObject({
      good: true,
      status: 0,
      facts: { state: 'failed', records, proven: known, unproven: records - known, signedAfterCrash: 0 },
    });
    const keyed = await crashed(end, true, AuditKeyOpener.fromJson(site.audit.file));
    const after = site.judge(keyed.target);
    // One record more in the first segment; the second one began behind the signed head.
    const proven = keyed.known + 1;
    expect(after).toMatchObject({
      good: true,
      facts: { state: 'recovered', records: keyed.records, proven, signedAfterCrash: 1, unproven: keyed.records - proven },
    });
    expect(after.notes.join()).toContain(`The last 1 of ${proven} records were signed only after a crash, when a key had opened them`);
    expect(judgeInPython([target, keyed.target], site.trustFile)).toEqual([verdict, after]);
  },
);

test('a crash before the first checkpoint: nothing is proven, and nothing is exported', async () => {
  await expect(crashed(false, false)).rejects.toThrow('nothing of it is proven');
});

test('junk behind the last signed head keeps nobody from exporting what is before it, and is told', async () => {
  const { target, records, known, leftOut } = await crashed(false, true, undefined, true);
  expect(leftOut).toContain(`It ends before what lies behind its ${records} records`);
  const verdict = site.judge(target);
  expect(verdict).toMatchObject({ good: true, facts: { state: 'failed', records, proven: known, unproven: records - known } });
  expect(judgeInPython([target], site.trustFile)).toEqual([verdict]);
});

/** A segment more that opens, as anybody can seal it to public keys, whose records follow no rule. */
async function strangeSegment(folder: string, records: readonly (readonly [code: 'r' | 'o' | 'e', data: string])[]): Promise<void> {
  const frames = (segment: number) => {
    const bytes = readFileSync(join(folder, segmentName(segment)));
    const found: Frame[] = [];
    for (let at: number = SEGMENT_MAGIC.length; ;) {
      const parsed = parseFrame(bytes, at, segment, 0);
      if (parsed.kind !== 'frame') return found;
      found.push(parsed.frame);
      at = parsed.next;
    }
  };
  const number = readdirSync(folder).filter((name) => name.endsWith('.wmx')).length;
  const [first, last] = [frames(number - 1)[0]!, frames(number - 1).at(-1)!];
  const secret = newSegmentSecret();
  const { recipients } = site.recordingOptions();
  const wrapped = await Promise.all(recipients.map(async (each) => ({ kid: each.kid, role: each.role, jwe: await wrapSecret(secret, each) })));
  const outputOffset = Buffer.byteLength('one\ntwo\nthree\nfour\n');
  const header = { ...parseHeader(first.body)!, segment: number, firstSeq: last.seq + 1, outputOffset, recipients: wrapped };
  const body = Buffer.from(JSON.stringify(header));
  let { seq, monoNs } = { seq: last.seq + 1, monoNs: last.monoNs + 1_000_000n };
  const { wallMs } = last;
  const parts = [
    SEGMENT_MAGIC,
    encodeFrame({ seq: seq++, monoNs, wallMs, type: TYPE_HEADER, commitment: createHash('sha256').update(body).digest() }, body).bytes,
  ];
  const sealer = new Sealer();
  sealer.begin(segmentKey(secret, basename(folder), number));
  for (const [code, data] of records) {
    monoNs += 1_000_000n;
    parts.push(Buffer.from(sealer.seal(code, Buffer.from(data), [Buffer.byteLength(data)], { seq: seq++, monoNs, wallMs }).bytes));
  }
  writeFileSync(join(folder, segmentName(number)), Buffer.concat(parts));
}

test.each<[string, Parameters<typeof strangeSegment>[1]]>([
  ['does not begin with the size', [['o', 'rm -rf /var/log']]],
  ['begins with a size that is none', [['r', '80x24x99']]],
  [
    'goes on behind its end',
    [
      ['r', '80x24'],
      ['e', '{"reason":"exit"}'],
      ['o', 'and more'],
    ],
  ],
])('a whole segment behind the last signed head that opens and %s takes nothing of what is proven', async (_, records) => {
  const { target, known, leftOut } = await crashed(false, true, undefined, false, (folder) => strangeSegment(folder, records));
  expect(leftOut).toContain(`It ends with its last signed record, ${known}`);
  const verdict = site.judge(target);
  expect(verdict).toMatchObject({ good: true, facts: { records: known, proven: known, unproven: 0 } });
  expect(judgeInPython([target], site.trustFile)).toEqual([verdict]);
});

test('what an exporter withholds is counted, piece by piece and byte by byte', async () => {
  const copy = site.copy(bundle);
  withholdJane(copy);
  editLines(join(copy, BUNDLE.cast), (lines) => lines.filter((line) => !line.includes('Jane')));
  const summary = JSON.parse(readFileSync(join(copy, BUNDLE.summary), 'utf8')) as { outputBytes: number; pieces: { disclosed: number; withheld: number } };
  const hidden = 'name: Jane Doe\r\n'.length;
  const pieces = { disclosed: summary.pieces.disclosed - 1, withheld: summary.pieces.withheld + 1 };
  writeFileSync(join(copy, BUNDLE.summary), `${JSON.stringify({ ...summary, outputBytes: summary.outputBytes - hidden, pieces }, null, 2)}\n`);
  await resign(copy, site.keys.installation, site.keys.person);
  const verdict = site.judge(copy);
  expect(verdict).toMatchObject({ good: true, facts: { withheld: 2, withheldOutputBytes: hidden } });
  expect(verdict.notes).toContain(`${hidden} bytes of output are withheld.`);
  expect(judgeInPython([copy], site.trustFile)).toEqual([verdict]);
});

test('a recording that was cut or changed on the disk is not exported, and nothing of it is left', async () => {
  for (const [code, spoil] of [
    ['contradicted', (bytes: Buffer) => bytes.subarray(0, lastFrame(bytes))],
    ['damaged', (bytes: Buffer) => bytes.with(bytes.length - 5, bytes.at(-5)! ^ 1)],
  ] as const) {
    const id = await site.record((writer) => writer.output(Buffer.from('something\n')));
    const segment = join(site.recordings, id, 'segment-000000.wmx');
    writeFileSync(segment, spoil(readFileSync(segment)));
    await expect(site.export(id, join(site.folder, `spoiled-${code}`))).rejects.toMatchObject({ code, message: expect.stringContaining(id) });
  }
  expect(readdirSync(site.folder).filter((name) => /spoiled|partial/.test(name))).toEqual([]);
});

/** Offset of the last frame of a segment file: u32 length at each frame's beginning, 68 bytes of head. */
function lastFrame(bytes: Buffer): number {
  let at = 8;
  for (let next = at; next < bytes.length; next += 68 + bytes.readUInt32BE(next)) at = next;
  return at;
}

test('an export never overwrites, leaves nothing behind after a failure, and is an event either way', async () => {
  await expect(site.export(recording, bundle)).rejects.toMatchObject({ code: 'target-exists' });
  await expect(site.export(recording, join(site.folder, 'no/such/folder'))).rejects.toMatchObject({ code: 'target-unwritable' });
  expect(readdirSync(site.folder).filter((name) => name.includes('partial'))).toEqual([]);
  const events = readFileSync(join(site.ledger.folder, 'events.jsonl'), 'utf8');
  expect(events).toMatch(/"action":"export".*"outcome":"success"/);
  expect(events).toMatch(/"action":"export".*"outcome":"failure".*"code":"target-exists"/);
  expect(events).not.toMatch(/\bJane\b/);
});

test('a count of output that is not the output there', () =>
  attack('bad-output', async (copy) => {
    // Only an installation that counts wrongly, or lies, can make this: it needs a ledger of its own, signed as genuine.
    const { installation } = site.keys;
    const ledger = await Ledger.open({ folder: join(site.folder, 'lying'), installation: installation.installation, signer: installation });
    const events = readFileSync(join(copy, BUNDLE.ledger), 'utf8').trimEnd().split('\n');
    const leaves = new StoredTree();
    const lines: string[] = [];
    for (const action of ['recording.start', 'recording.end']) {
      const { person, detail } = JSON.parse((JSON.parse(events.find((line) => line.includes(action))!) as { event: string }).event) as LedgerEvent;
      const event = await ledger.append({
        action,
        ...(person ? { person } : {}),
        detail: action === 'recording.end' ? { ...detail, outputBytes: 7 } : detail!,
      });
      const line = encodeEvent(event);
      lines.push(line.toString());
      leaves.append(leafHash(line));
    }
    const { note, head } = await ledger.checkpoint();
    await ledger.close();
    writeFileSync(join(copy, BUNDLE.checkpoint), note);
    editLines(join(copy, BUNDLE.ledger), () =>
      lines.map((event, index) => JSON.stringify({ index, event, path: inclusionPath(leaves, index).map((hash) => hash.toString('hex')) })),
    );
    const summary = JSON.parse(readFileSync(join(copy, BUNDLE.summary), 'utf8')) as object;
    writeFileSync(join(copy, BUNDLE.summary), `${JSON.stringify({ ...summary, ledger: head }, null, 2)}\n`);
  }));

test('every failure kind has an attack, here or by an insider', () => {
  const byInsider = new Set([...insiderTableFor(insiderKeys('any')), ...hybridTable('any', false)].map(([, code]) => code));
  expect(failureTable.map((row) => row.code).filter((code) => !used.has(code) && !byInsider.has(code))).toEqual([]);
});
