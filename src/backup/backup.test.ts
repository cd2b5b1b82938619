/** Backups that somebody has made for us to restore: signed by a key of their own and sealed to the audit key, which is public. And random files over random runs. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { ownFolder } from '../../test/support/first-home.ts';
import { AuditKeyOpener, generateAuditKey } from '../recording/wrap.ts';
import { newSigningSecret, publicHalves, signerOf } from '../storage/signer.ts';
import { BackupError } from './errors.ts';
import { eraseGrain, runsIn } from './folder.ts';
import { grainTag, isKept, scopeOf } from './format.ts';
import { digestOf } from './packs.ts';
import { OpenRun, packFaults, lookAtRuns } from './read.ts';
import { restoreFiles } from './restore.ts';
import { BackupRun } from './write.ts';

vi.setConfig({ testTimeout: 180_000 });

const audit = generateAuditKey();
const opener = AuditKeyOpener.fromJson(audit.file);
const signer = signerOf('w-0123456789ab', newSigningSecret());
const set = { format: 'wardmux-backup', version: 1, set: 'k-0123456789ab', installation: 'w-0123456789ab' } as const;
const setKey = randomBytes(32);

/** A run of whatever files, as anybody can make one. */
async function runOf(folder: string, files: readonly (readonly [path: string, bytes: Uint8Array])[], recipients = [audit.recipient]): Promise<void> {
  const before = runsIn(folder);
  const head = { setKey: setKey.toString('base64url'), secrets: {} };
  const run = await BackupRun.begin({ folder, set: set.set, setKey, before, recipients, head });
  try {
    for (const [path, bytes] of files) run.addFile(path, bytes, bytes.length);
    const { publicKey, secondKey } = publicHalves(signer);
    const now = new Date();
    const previous = lookAtRuns(folder, set).whole.at(-1)?.sha256 ?? null;
    await run.finish({ signer, publicKey, secondKey, head: { size: 0, root: '0'.repeat(64) }, began: now, ended: now, previous }, set.installation);
  } finally {
    run.destroy();
  }
}

async function restoreNewest(folder: string, into: string): Promise<Awaited<ReturnType<typeof restoreFiles>>> {
  const run = await OpenRun.open(folder, lookAtRuns(folder, set).whole.at(-1)!, opener);
  try {
    mkdirSync(into);
    return await restoreFiles(run, into);
  } finally {
    run.close();
  }
}

const text = (word: string): Buffer => Buffer.from(word);
const hostile: readonly string[] = [
  '../escaped',
  '/etc/escaped',
  'recordings/../../escaped',
  'recordings/./x',
  'people/..',
  'people//x',
  'people/',
  '',
  'secrets/signing-key.secret',
  'run/socket',
  'ledger/derived/snapshot',
  'recordings/20260101-000000-aaaaaaaa/live',
  'people/a/b',
  'policy.json/x',
  '.bashrc',
  'people/.hidden',
  'people/a\u0000b',
  'people/a\nb',
  'people/\u202egpj',
  `people/${'x'.repeat(129)}`,
  '__proto__/x',
  'constructor',
];

test.each([['policy.json'], ['hosts.json'], ['people/a']])('%s belongs to a backup', (path) => expect(isKept(path)).toBe(true));

test.each(hostile)('a file named %j is refused, and nothing is written beside the folder', async (path) => {
  expect(isKept(path)).toBe(false);
  const place = ownFolder();
  const folder = join(place, 'bk');
  mkdirSync(folder);
  await runOf(folder, [
    ['policy.json', text('{}')],
    [path, text('x')],
  ]);
  await expect(restoreNewest(folder, join(place, 'in'))).rejects.toThrow(BackupError);
  expect(readdirSync(place).toSorted()).toEqual(['bk', 'in']);
  expect(readdirSync(join(place, 'in'), { recursive: true })).toEqual(existsSync(join(place, 'in', 'policy.json')) ? ['policy.json'] : []);
});

test('a file that is named twice, or a folder that is a file before, is refused', async () => {
  for (const second of ['people/p.json', 'people']) {
    const place = ownFolder();
    mkdirSync(join(place, 'bk'));
    await runOf(join(place, 'bk'), [
      ['people/p.json', text('1')],
      [second, text('2')],
    ]);
    await expect(restoreNewest(join(place, 'bk'), join(place, 'in'))).rejects.toThrow(/twice|none of a data folder/);
  }
});

describe('in any history of runs', () => {
  /** Paths that change, come and go: of recordings and of others. */
  const paths = [
    'policy.json',
    'people/p-1.json',
    'ledger/events.jsonl',
    'recordings/20260101-000000-aaaaaaaa/segment-000000.wmx',
    'recordings/20260101-000000-aaaaaaaa/end.json',
    'recordings/20260102-000000-bbbbbbbb/segment-000000.wmx',
  ];
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), path: fc.nat(paths.length - 1), size: fc.nat(40_000), fill: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), path: fc.nat(paths.length - 1) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('run' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase' as const), path: fc.integer({ min: 3, max: 5 }) }) },
  );

  test('each whole run gives back what stood there, but what was erased since, whatever was cut off and used again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), async (steps) => {
        const place = ownFolder();
        const folder = join(place, 'bk');
        mkdirSync(folder);
        const files = new Map<string, Buffer>();
        const runs = new Map<number, Map<string, Buffer>>();
        for (const one of steps) {
          if (one.kind === 'write') files.set(paths[one.path]!, Buffer.alloc(one.size, `fill ${one.fill}`));
          else if (one.kind === 'remove') files.delete(paths[one.path]!);
          else if (one.kind === 'run' && files.size > 0) {
            await runOf(folder, [...files]);
            runs.set(runsIn(folder).at(-1)!, new Map(files));
          } else if (one.kind === 'cut' && runs.size > 0) {
            // The newest one ended before it was whole.
            const last = [...runs.keys()].at(-1)!;
            if (last !== runsIn(folder).at(-1)) continue;
            rmSync(join(folder, `run-${String(last).padStart(6, '0')}`, 'run.json'));
            runs.delete(last);
          } else if (one.kind === 'erase') {
            const scope = scopeOf(paths[one.path]!);
            for (const run of runsIn(folder)) eraseGrain(folder, run, grainTag(setKey, scope));
            for (const had of runs.values()) for (const path of had.keys()) if (scopeOf(path) === scope) had.delete(path);
          }
        }
        const whole = lookAtRuns(folder, set).whole;
        expect(whole.map(({ run }) => run)).toEqual([...runs.keys()]);
        expect(packFaults(folder, whole, (path, bytes) => digestOf(path, bytes, Buffer.alloc(65_536)))).toEqual([]);
        for (const statement of whole) {
          const run = await OpenRun.open(folder, statement, opener);
          const into = join(place, `in-${statement.run}`);
          mkdirSync(into);
          await restoreFiles(run, into);
          run.close();
          const expected = runs.get(statement.run)!;
          const found = new Map(paths.flatMap((path) => (existsSync(join(into, path)) ? [[path, readFileSync(join(into, path))] as const] : [])));
          // Of a recording that was erased an empty file may come back: it had nothing that could open.
          for (const [path, bytes] of found) if (!expected.has(path)) expect(bytes.length, path).toBe(0);
          for (const [path, bytes] of expected) expect(found.get(path)?.equals(bytes), `${path} of run ${statement.run}`).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});

test('ten thousand files that say little are named one by one, and kept once where they are the same', async () => {
  const place = ownFolder();
  const folder = join(place, 'bk');
  mkdirSync(folder);
  const many = Array.from({ length: 10_000 }, (_, n) => [`people/p-${n}.json`, text(`{"n":${n % 7}}`)] as const);
  await runOf(folder, many);
  const statement = lookAtRuns(folder, set).whole.at(-1)!;
  expect(statement.files).toBe(many.length);
  const run = await OpenRun.open(folder, statement, opener);
  let count = 0;
  for (const file of run.files()) count += file.chunks.length;
  run.close();
  expect(count).toBe(many.length);
  expect(statement.packs.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(1000);
});

test('a run that is sealed to other keys than the one before opens with these alone, and uses nothing of what is sealed to others', async () => {
  const place = ownFolder();
  const folder = join(place, 'bk');
  mkdirSync(folder);
  const [second, third] = [generateAuditKey(), generateAuditKey()];
  const files = [['policy.json', text('{}')]] as const;
  for (const [recipients, written] of [
    [[audit.recipient], 1],
    [[audit.recipient, second.recipient], 1],
    [[second.recipient, audit.recipient], 0],
    [[third.recipient], 1],
  ] as const) {
    await runOf(folder, files, [...recipients]);
    const own = lookAtRuns(folder, set).whole.at(-1)!;
    expect(own.packs.filter(({ run }) => run === own.run)).toHaveLength(written);
  }
  const newest = await OpenRun.open(folder, lookAtRuns(folder, set).whole.at(-1)!, AuditKeyOpener.fromJson(third.file));
  mkdirSync(join(place, 'in'));
  expect(await restoreFiles(newest, join(place, 'in'))).toMatchObject({ files: 1 });
  newest.close();
});

test('a run that names more than its statement, or less, is refused', async () => {
  const place = ownFolder();
  const folder = join(place, 'bk');
  mkdirSync(folder);
  await runOf(folder, [['policy.json', text('{}')]]);
  const [whole] = lookAtRuns(folder, set).whole;
  for (const more of [{ files: 0 }, { files: 2 }, { bytes: 1 }, { bytes: 3 }]) {
    const run = await OpenRun.open(folder, { ...whole!, ...more }, opener);
    expect(() => [...run.files()]).toThrow(/than was signed for/);
    run.close();
  }
  writeFileSync(join(folder, 'run-000001', 'manifest'), Buffer.alloc(whole!.manifest.bytes, 0xff));
  await expect(OpenRun.open(folder, whole!, opener)).rejects.toThrow(/longer than it can be/);
});
