/** `wardmux import`: files of the programs themselves where they are here, what is said of an import wherever it is named, and what is refused. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makers } from '../../import/fixture.ts';
import { openRecording } from '../../recording/reader.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { forAudit } from '../../../test/support/disclosure.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runWith } from '../../../test/support/run-here.ts';
import { noSmallDisk, onSmallDisk } from '../../../test/support/small-disk.ts';

let place: string;
let home: string;
/** Of one test. */
let folder: string;
let opener: AuditKeyOpener;

beforeAll(async () => {
  place = ownFolder();
  home = join(place, 'home');
  (await firstHome(place)).identity.destroy();
  opener = await AuditKeyOpener.fromFile(join(place, 'audit.json'));
});
beforeEach(() => (folder = ownFolder()));

const wardmux = (args: readonly string[], passphrase?: string) => runWith(args, { home, place }, passphrase === undefined ? [] : [passphrase]);
const imports = (...args: string[]) => wardmux(['import', ...args], firstWords);
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const events = (): { action: string; detail: Record<string, unknown> }[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as never); // prettier-ignore

/** What a recording holds: its output, and every other event. */
async function readBack(id: string): Promise<{ output: Buffer; marks: string[]; start: Record<string, unknown>; sizes: string[]; codes: string }> {
  const reader = await openRecording(join(home, 'recordings', id));
  const output: Buffer[] = [];
  const marks: string[] = [];
  const sizes: string[] = [];
  let start = {};
  let codes = '';
  for await (const record of reader.records(opener)) {
    for (const { event } of record.events) {
      const data = Buffer.from(event.data);
      codes += event.code;
      if (event.code === 'o') output.push(data);
      if (event.code === 'm') marks.push(data.toString());
      if (event.code === 'r') sizes.push(data.toString());
      if (event.code === 's') start = JSON.parse(data.toString()) as object;
    }
  }
  expect(reader.fault).toBeUndefined();
  return { output: Buffer.concat(output), marks, start, sizes, codes };
}

/** @returns why a program is not here; undefined where it is */
const absent = (program: string): string | undefined =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? undefined : `${program} is not installed here`;
/** A command in a terminal of 100 x 30 cells, as a recorder wants one. */
const inTerminal = (command: string): void =>
  void execFileSync('script', ['-q', '-c', `stty rows 30 cols 100; ${command}`, '/dev/null'], { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'], input: '' });

/** What each of them records: text, and a colour. */
beforeEach(() => void file('says.sh', `printf 'h\\303\\251llo \\033[31mred\\033[0m\\n'; printf 'bye\\n'; exit 3\n`));
const said = 'h\u00e9llo \x1b[31mred\x1b[0m\r\nbye\r\n';

interface Real {
  readonly program: string;
  readonly make: () => void;
  readonly args: readonly string[];
  readonly kind: string;
  readonly exit: boolean;
  readonly piped?: boolean;
}
const real: Readonly<Record<string, Real>> = {
  'script, classic': {
    program: 'script',
    make: () => inTerminal('script -q -c "sh says.sh" --log-out typescript --log-timing times --logging-format classic'),
    args: ['typescript', '--timing', 'times'],
    kind: 'script',
    exit: false,
  },
  'script, advanced': {
    program: 'script',
    make: () => inTerminal('script -q -c "sh says.sh" --log-out typescript --log-timing times --logging-format advanced'),
    args: ['typescript', '--timing', 'times'],
    kind: 'script',
    exit: true,
  },
  ttyrec: { program: 'ttyrec', make: () => inTerminal('ttyrec -e "sh says.sh" out.ttyrec'), args: ['out.ttyrec'], kind: 'ttyrec', exit: false },
  asciinema: {
    program: 'asciinema',
    make: () => inTerminal('asciinema rec -q -y -c "sh says.sh" out.cast'),
    args: ['out.cast'],
    kind: 'asciicast-v2',
    exit: false,
  },
  tlog: {
    program: 'tlog-rec',
    // In a terminal it wants a utmp that a test has not got: through pipes it writes the same messages, without sizes and carriage returns.
    make: () => {
      // It may lose what a program printed right before its end: its file is taken once all of it is there.
      let made = '';
      for (let tries = 0; tries < 5 && !made.includes('bye'); tries++) {
        const { status, signal, stderr } = spawnSync('tlog-rec', ['--writer=file', '--file-path=out.json', '--', '/bin/sh', 'says.sh'], {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        // Where nobody can tell the machine's own name (a container's), tlog says so and goes on.
        const said = stderr.toString('utf8').replace('Host FQDN resolution failure\nFalling back to empty hostname value\n', '');
        // The status is that of what it ran.
        expect({ status, signal, said }).toEqual({ status: 3, signal: null, said: '' });
        made = readFileSync(join(folder, 'out.json'), 'utf8');
        if (!made.includes('bye')) rmSync(join(folder, 'out.json'));
      }
      expect(made).toContain('bye');
    },
    args: ['out.json'],
    kind: 'tlog',
    exit: false,
    piped: true,
  },
};

describe.each(Object.entries(real))('a file of %s itself', (_, { program, make, args, kind, exit, piped }) => {
  test('becomes a sealed recording of the same bytes, and everything says that nobody witnessed it', async (context) => {
    const reason = absent(program) ?? absent('script');
    context.skip(reason !== undefined, reason);
    make();
    const paths = args.map((arg) => (arg.startsWith('--') ? arg : join(folder, arg)));
    const { status, out, err } = await imports(...paths, '--json');
    expect(err).toMatch(/imported from a file \([a-z0-9-]+\), not witnessed/);
    expect(status).toBe(0);
    const { recording, format, sha256: digest } = JSON.parse(out) as Record<string, string>;
    expect([format, digest]).toEqual([kind, sha256(paths[0]!)]);
    const { output, marks, start, codes } = await readBack(recording!);
    // The outer terminal echoes the end of its input into the inner one.
    expect(output.toString().replace(/^(\0|\^@|\^D\x08\x08)+/, '')).toBe(piped ? said.replaceAll('\r', '') : said);
    expect(marks[0]).toMatch(new RegExp(`^imported, not witnessed: ${kind}, .*SHA-256 of the file ${digest}`));
    expect(start).toMatchObject({ version: expect.stringMatching(new RegExp(`\\+imported\\.${kind}$`)) });
    if (kind !== 'ttyrec' && !piped) expect(start).toMatchObject({ cols: 100, rows: 30 });
    expect(codes.endsWith(exit ? 'xe' : 'e')).toBe(true);
    expect(codes.includes('x')).toBe(exit);
    const begun = events().find(({ action, detail }) => action === 'recording.start' && detail['recording'] === recording);
    expect(begun!.detail).toMatchObject({ imported: kind, sourceSha256: digest });
    expect(JSON.parse((await wardmux(['list', '--json'])).out)).toContainEqual(expect.objectContaining({ id: recording, imported: kind, state: 'complete' }));
  });
});

describe('an import', () => {
  let cast: string;
  let recording: string;
  /** When it was brought began, and had ended: milliseconds since 1970. */
  let imported: readonly [number, number];
  beforeEach(async () => {
    cast = file(
      'old.cast',
      [
        '{"version":2,"width":90,"height":20,"timestamp":1504467315,"title":"T"}',
        '[0.5,"o","one\\r\\n"]',
        '[3600,"m","ticket 1"]',
        '[7200,"r","91x21"]',
        '[7200,"o","two\\r\\n"]',
        '',
      ].join('\n'),
    );
    const began = Date.now();
    const { status, out } = await imports(cast);
    imported = [began, Date.now()];
    expect(status).toBe(0);
    recording = out.trim();
  });

  test('has the times of the file, and the moment of the import as its start', async () => {
    const [listed] = (JSON.parse((await wardmux(['list', '--json'])).out) as { id: string; lengthMs: number; start: string }[]).filter(
      ({ id }) => id === recording,
    );
    expect(listed!.lengthMs).toBe(7_200_000);
    const start = Date.parse(listed!.start);
    expect(start >= imported[0] && start <= imported[1], `${start} within ${imported.join(' to ')}`).toBe(true);
    const { marks, sizes, output } = await readBack(recording);
    expect(marks[0]).toContain('began 2017-09-03T19:35:15.000Z as the file says');
    expect(marks.slice(1)).toEqual(['imported title: T', 'imported marker: ticket 1']);
    expect(sizes).toEqual(['91x21']);
    expect(output.toString()).toBe('one\r\ntwo\r\n');
  });

  test('is called imported by the list, by a replay, by the ledger’s verification, and by an export and both of its verifiers', async () => {
    expect((await wardmux(['list'])).out).toMatch(new RegExp(`^${recording} .* complete, imported \\(asciicast-v2\\), not witnessed +- +-$`, 'm'));
    expect((await wardmux(['play', recording, '--raw'], firstWords)).err).toContain('imported from a file (asciicast-v2), not witnessed');
    const verified = await wardmux(['ledger', 'verify', '--deep']);
    expect(verified.out).toMatch(/recordings were imported from files of other programs, and not witnessed here/);
    expect([0, 55]).toContain(verified.status);
    const bundle = join(folder, 'bundle');
    const exported = await wardmux(['export', recording, '-o', bundle, ...forAudit], firstWords);
    expect(exported.err).toContain('not witnessed');
    expect(exported.status).toBe(0);
    const trust = file('trust.json', (await wardmux(['trust'])).out);
    const ours = JSON.parse((await wardmux(['verify', bundle, '--trust', trust, '--json'])).out) as Record<string, unknown>;
    const python = spawnSync('python3', ['-B', join(bundle, 'verify.py'), bundle, '--trust', trust, '--json'], { encoding: 'utf8' });
    const theirs = JSON.parse(python.stdout) as Record<string, unknown>;
    for (const verdict of [ours, theirs]) {
      expect(verdict).toMatchObject({ good: true, facts: { imported: 'asciicast-v2' } });
      expect(verdict['sentence']).toMatch(/It was imported from a file \(asciicast-v2\), and nobody witnessed it\.$/);
      expect((verdict['notes'] as string[])[0]).toContain('are the word of that file');
    }
    expect(theirs['sentence']).toBe(ours['sentence']);
    expect(readFileSync(join(bundle, 'session.cast'), 'utf8')).toContain('imported, not witnessed');
  });

  test('that was brought twice is two recordings', async () => {
    expect((await imports(cast)).out.trim()).not.toBe(recording);
  });
});

const here = (): string[] => readdirSync(join(home, 'recordings')).filter((name) => name !== '.importing');
const staged = (): string[] => {
  try {
    return readdirSync(join(home, 'recordings', '.importing'));
  } catch {
    return [];
  }
};

const refused: Readonly<Record<string, readonly [make: () => readonly string[], sentence: RegExp, status: number]>> = {
  'a FIFO': [() => (execFileSync('mkfifo', [join(folder, 'p')]), [join(folder, 'p')]), /only a plain file is imported/, 2],
  'a device': [() => ['/dev/zero'], /only a plain file is imported/, 2],
  'a link': [() => (symlinkSync(file('a', 'x'), join(folder, 'l')), [join(folder, 'l')]), /only a plain file is imported/, 2],
  'a folder': [() => (mkdirSync(join(folder, 'd')), [join(folder, 'd')]), /only a plain file is imported/, 2],
  'an empty file': [() => [file('e', '')], /is empty/, 2],
  'no file': [() => [join(folder, 'none')], /does not exist/, 1],
  'what is of no format': [() => [file('t', 'hello\n')], /of no format that is read here/, 2],
  'another format than was said': [() => [file('t', '{"version":2,"width":1,"height":1}\n'), '--format', 'ttyrec'], /is not a ttyrec/, 2],
  'a file that is none in its middle': [() => [file('t', '{"version":2,"width":1,"height":1}\n[0,"o","a"]\nx\n[0,"o","b"]\n')], /line 3 is not JSON/, 2],
  'a typescript without its timing file': [() => [file('t', 'Script started on 2026\n')], /--timing FILE/, 2],
  'a timing file of what has none': [() => [file('t', '{"version":2,"width":1,"height":1}\n'), '--timing', file('u', '0 1\n')], /leave --timing out/, 2],
  'a timing file that is a FIFO': [
    () => (execFileSync('mkfifo', [join(folder, 'p')]), [file('t', 'Script started on 2026\n'), '--timing', join(folder, 'p')]),
    /only a plain file/,
    2,
  ],
};
test.each(Object.entries(refused))('%s is refused with a sentence, and leaves nothing', async (_, [make, sentence, status]) => {
  const before = [here(), events().filter(({ action }) => action.startsWith('recording.')).length];
  const ran = await imports(...make());
  expect(ran.err).toMatch(sentence);
  expect(ran).toMatchObject({ status, out: '' });
  expect([here(), events().filter(({ action }) => action.startsWith('recording.')).length]).toEqual(before);
  expect(staged()).toEqual([]);
});

test('a wrong passphrase imports nothing', async () => {
  const before = here();
  expect((await wardmux(['import', file('a.cast', makers['asciicast-v2']!([]).content)], 'not this one at all')).status).toBe(4);
  expect(here()).toEqual(before);
});

test('what a killed import left is cleared away by the next one', async () => {
  mkdirSync(join(home, 'recordings', '.importing', '20260101-000000-00000000'), { recursive: true });
  writeFileSync(join(home, 'recordings', '.importing', '20260101-000000-00000000', 'segment-000000.wmx'), 'half');
  expect((await imports(file('a.cast', '{"version":2,"width":1,"height":1}\n[0,"o","a"]\n'))).status).toBe(0);
  expect(staged()).toEqual([]);
});

test('a disk that becomes full in the middle leaves nothing of it', async (context) => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const reason = noSmallDisk(disk);
  context.skip(reason !== undefined, reason);
  const child = join(import.meta.dirname, '../../../test/support/import-child.ts');
  const { stdout, stderr } = await onSmallDisk(disk, '3m', child, [disk], process.env, 60_000);
  expect(JSON.parse(stdout || '{}'), stderr).toEqual({
    code: 'write-failed',
    entered: 0,
    recordings: ['.importing'],
    staged: [],
    reserve: 'disk-reserve',
    again: true,
  });
});
