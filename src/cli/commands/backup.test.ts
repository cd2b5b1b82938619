/** `wardmux backup`, `restore` and `erase` as scripts use them: what is written, what comes back, and what of what was erased still opens. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runWith } from '../../../test/support/run-here.ts';
import { OpenRun, lookAtRuns, requireSet } from '../../backup/index.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { withFileLock } from '../../disk/lock.ts';
import { acceptAsItStands } from '../../policy/force.fixture.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { openLedger } from '../../services/installation/open-ledger.ts';
import { enrol, prepareEnrolment } from '../../services/people/people.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const auditorWords = 'marble canyon drizzle hammock violet';
/** What was shown in each of the two recordings. */
const shown = ['first PLANTED-ALPHA', 'second PLANTED-BETA'] as const;
let made: string;
let place: string;
let home: string;
let key: string;
let one: string;
let other: string;

const at = (folder: string, args: readonly string[], ...passphrases: readonly string[]) => runWith(args, { home: folder, place }, passphrases);
const wardmux = (args: readonly string[], ...passphrases: readonly string[]) => at(home, args, ...passphrases);

async function imported(text: string): Promise<string> {
  writeFileSync(join(place, 'a.cast'), `{"version":2,"width":80,"height":24}\n[0,"o",${JSON.stringify(`${text}\r\n`)}]\n`);
  const { out, err } = await wardmux(['import', join(place, 'a.cast')], firstWords);
  expect(out, err).toMatch(/^\d{8}-/);
  return out.trim();
}

beforeAll(async () => {
  made = place = ownFolder();
  home = join(made, 'home');
  const first = await firstHome(made);
  const { ledger } = await openLedger(first.home, first.installation);
  const record = await prepareEnrolment({ name: 'Uma Okafor', passphrase: Buffer.from(auditorWords), kdf: newScryptParameters() });
  await enrol({ home: first.home, installation: first.installation, ledger, admin: deciderOf(first.identity) }, record, ['auditor']);
  await ledger.close();
  first.identity.destroy();
  one = await imported(shown[0]);
  other = await imported(shown[1]);
});
beforeEach(() => {
  place = ownFolder();
  home = join(place, 'home');
  key = join(place, 'audit.json');
  cpSync(join(made, 'home'), home, { recursive: true });
  cpSync(join(made, 'audit.json'), key);
});

const bk = (): string => join(place, 'bk');
async function backedUp(): Promise<{ written: number; run: number; head: { size: number; root: string } }> {
  const { status, out, err } = await wardmux(['backup', bk(), '--json']);
  expect(status, err).toBe(0);
  return JSON.parse(out) as Awaited<ReturnType<typeof backedUp>>;
}
const restored = (to: string, ...more: readonly string[]) => at(join(place, 'nowhere'), ['restore', bk(), '--to', to, '--key', key, ...more]);
/** Every file below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}
const holds = (folder: string, text: string): boolean => filesIn(folder).some((path) => readFileSync(path).includes(text));
const noStaging = (): string[] => readdirSync(place).filter((name) => name.includes('.restoring-'));

test('what was backed up comes back on a clean machine: the head that was signed for, every recording, and the work goes on', async () => {
  const { head } = await backedUp();
  renameSync(home, join(place, 'lost'));
  const to = join(place, 'new');
  const back = await restored(to, '--json');
  expect(back, back.err).toMatchObject({ status: 0 });
  expect(JSON.parse(back.out)).toMatchObject({ head, behind: [], erased: [], run: 1 });
  expect((JSON.parse(back.out) as { ageMs: number }).ageMs).toBeGreaterThanOrEqual(0);
  expect([0, 55]).toContain((await at(to, ['ledger', 'verify', '--deep'])).status);
  expect((await at(to, ['play', one, '--raw', '--key', key])).out).toBe(`${shown[0]}\r\n`);
  expect((await at(to, ['play', other, '--raw'], firstWords)).out).toBe(`${shown[1]}\r\n`);
  expect((await at(to, ['ledger', 'show'])).out).toMatch(/backup\.restored/);
  // And further backups go on in the same folder.
  expect((await at(to, ['backup', bk()])).status).toBe(0);
  expect((await at(to, ['backup', 'verify', bk(), '--key', key])).status).toBe(0);
});

test('nothing in a backup can be read without an audit key, and this workstation opens none of it', async () => {
  await backedUp();
  const { kid } = await AuditKeyOpener.fromFile(key);
  for (const text of ['PLANTED', 'Ada Example', 'Uma Okafor', one, 'wardmux-segment', 'recording.start']) expect(holds(bk(), text), text).toBe(false);
  expect(holds(bk(), kid)).toBe(true);
  const stranger = ownFolder();
  await firstHome(stranger);
  key = join(stranger, 'audit.json');
  expect(await restored(join(place, 'new'))).toMatchObject({ status: 4, err: expect.stringContaining('is sealed to') });
  expect(existsSync(join(place, 'new'))).toBe(false);
});

test('a second run writes only what is new, and an interrupted one is used by the next', async () => {
  const large = join(home, 'recordings', '20260101-000000-aaaaaaaa');
  mkdirSync(large);
  writeFileSync(join(large, 'segment-000000.wmx'), Buffer.alloc(9 * 1024 * 1024 + 17, 'large '));
  const first = await backedUp();
  expect(first.written).toBeGreaterThan(9 * 1024 * 1024);
  // As if it had been killed before it was whole.
  rmSync(join(bk(), 'run-000001', 'run.json'));
  writeFileSync(join(bk(), 'run-000001', 'pack-000009'), 'the beginning of a pack');
  const second = await backedUp();
  expect(second.run).toBe(2);
  expect(second.written).toBeLessThan(1024 * 1024);
  expect(JSON.parse((await at(join(place, 'nowhere'), ['backup', 'verify', bk(), '--key', key, '--json'])).out)).toMatchObject({
    good: true,
    runs: 1,
    interrupted: 1,
    faults: [],
  });
  rmSync(home, { recursive: true });
  expect((await restored(join(place, 'new'))).status).toBe(0);
  expect(readFileSync(join(place, 'new', 'recordings', '20260101-000000-aaaaaaaa', 'segment-000000.wmx')).length).toBe(9 * 1024 * 1024 + 17);
});

test('an index of somebody else makes a run leave nothing out', async () => {
  await backedUp();
  const index = join(bk(), 'run-000001', 'pack-000000.index');
  const bytes = readFileSync(index);
  bytes[bytes.length - 40]! ^= 1;
  writeFileSync(index, bytes);
  writeFileSync(join(bk(), 'run-000001', 'pack-000000'), Buffer.alloc(statSync(join(bk(), 'run-000001', 'pack-000000')).size));
  await backedUp();
  rmSync(join(bk(), 'run-000001'), { recursive: true });
  expect((await restored(join(place, 'new'))).status).toBe(0);
});

test('a restore sets nothing back that an anchor knows, and shows it for looking back', async () => {
  const share = join(place, 'share');
  mkdirSync(share);
  expect((await wardmux(['anchor', 'add', 'share', '--file', share])).status).toBe(0);
  await acceptAsItStands(home);
  await backedUp();
  expect((await wardmux(['anchor', 'test'])).status).toBe(0);
  rmSync(home, { recursive: true });
  const to = join(place, 'new');
  expect(await restored(to)).toMatchObject({ status: 1, err: expect.stringMatching(/knows \d+ events, and the backup has \d+\..*nothing was restored/) });
  expect([existsSync(to), noStaging()]).toEqual([false, []]);
  const looked = await restored(to, '--read-only', '--json');
  expect(looked).toMatchObject({ status: 0, err: expect.stringContaining('Behind what is known outside') });
  expect(existsSync(join(to, 'secrets'))).toBe(false);
  expect((await at(to, ['list'])).out).toContain(one);
  expect(await at(to, ['import', join(made, 'a.cast')], firstWords)).toMatchObject({ status: 1, out: '' });
});

test('a workstation that lost the key of a set goes on in a new folder alone, so that an erasure misses nothing', async () => {
  const { set } = (await backedUp()) as unknown as { set: string };
  rmSync(join(home, 'secrets', `backup-${set}.secret`));
  expect(await wardmux(['backup', bk()])).toMatchObject({ status: 1, err: expect.stringContaining('Choose a new folder') });
  expect([existsSync(join(home, 'secrets', `backup-${set}.secret`)), readdirSync(bk()).length]).toEqual([false, 2]);
  expect((await wardmux(['backup', join(place, 'bk2')])).status).toBe(0);
});

test('a damaged run stops neither the others nor the next one, and is said', async () => {
  for (let n = 0; n < 3; n++) await backedUp();
  writeFileSync(join(bk(), 'run-000001', 'run.json'), '{}');
  const sentence = expect.stringContaining('run-000001/run.json is not valid');
  expect(await wardmux(['backup', bk()])).toMatchObject({ status: 0, err: sentence });
  const verified = JSON.parse((await wardmux(['backup', 'verify', bk(), '--json'])).out) as {
    good: boolean;
    runs: number;
    interrupted: number;
    faults: string[];
  };
  expect(verified).toMatchObject({ good: false, runs: 3, interrupted: 0, faults: expect.arrayContaining([sentence]) });
  expect((await restored(join(place, 'second'), '--run', '2', '--read-only')).status).toBe(0);
  expect((await restored(join(place, 'newest'))).status).toBe(0);
  // The newest one is not passed over in silence: that would set back.
  writeFileSync(join(bk(), 'run-000004', 'run.json'), '{}');
  expect(await restored(join(place, 'older'))).toMatchObject({ status: 1, err: expect.stringContaining('run-000004/run.json is not valid') });
});

test('a run that the ledger here has and that is gone is found, a link in its place too, and a restore says what it passed over', async () => {
  await backedUp();
  await backedUp();
  const verify = () => wardmux(['backup', 'verify', bk()]);
  expect(await verify()).toMatchObject({ status: 0, out: expect.stringContaining('every run that it has is there') });
  const newest = join(bk(), 'run-000002');
  const aside = join(place, 'aside');
  renameSync(newest, aside);
  const gone = { status: 64, out: expect.stringMatching(/runs that are not in this folder as they were made: 2\./) };
  expect(await verify()).toMatchObject(gone);
  symlinkSync(aside, newest);
  expect(await verify()).toMatchObject(gone);
  unlinkSync(newest);
  renameSync(aside, newest);
  expect((await verify()).status).toBe(0);
  rmSync(join(newest, 'run.json'));
  expect(await verify()).toMatchObject(gone);
  expect(await restored(join(place, 'older'), '--read-only')).toMatchObject({ status: 0, err: expect.stringContaining('not whole, and were passed over: 2.') });
});

test('a pack that was changed is named as that, and not as a fault of this disk', async () => {
  await backedUp();
  const pack = join(bk(), 'run-000001', 'pack-000000');
  const bytes = readFileSync(pack);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(pack, bytes);
  const back = await restored(join(place, 'new'), '--read-only');
  expect(back).toMatchObject({ status: 1, err: expect.stringContaining('pack-000000') });
  expect(back.err).not.toMatch(/Cannot write|the system says/);
});

test('one changed byte anywhere is found, and nothing is restored from it', async () => {
  await backedUp();
  const files = filesIn(bk()).filter((path) => !path.endsWith('.index'));
  expect(files.length).toBe(6);
  for (const path of files) {
    const good = readFileSync(path);
    for (const where of [0.2, 0.5, 0.99]) {
      const bad = Buffer.from(good);
      bad[Math.floor(bad.length * where)]! ^= 0x10;
      writeFileSync(path, bad);
      const verified = await wardmux(['backup', 'verify', bk(), '--key', key]);
      const back = await restored(join(place, 'new'));
      expect([verified.status === 0, back.status === 0, existsSync(join(place, 'new'))], `${path} ${where}: ${verified.out} ${back.err}`).toEqual([
        false,
        false,
        false,
      ]);
      expect(noStaging()).toEqual([]);
      rmSync(join(place, 'new'), { recursive: true, force: true });
    }
    writeFileSync(path, good);
  }
  expect((await wardmux(['backup', 'verify', bk(), '--key', key])).status).toBe(0);
});

test('a backup goes nowhere where it does not belong, and overwrites nothing', async () => {
  mkdirSync(join(place, 'full'));
  writeFileSync(join(place, 'full', 'thesis.txt'), 'mine');
  expect(await wardmux(['backup', join(place, 'full')])).toMatchObject({ status: 1, err: expect.stringContaining('is no backup of Wardmux') });
  expect(readdirSync(join(place, 'full'))).toEqual(['thesis.txt']);
  expect(await wardmux(['backup', join(home, 'run')])).toMatchObject({ status: 1, err: expect.stringContaining('lie in each other') });
  expect(await wardmux(['backup', 'verify', join(place, 'none')])).toMatchObject({ status: 1, err: expect.stringContaining('There is no backup') });
  await backedUp();
  expect(await restored(home)).toMatchObject({ status: 1, err: expect.stringContaining('overwrites nothing') });
  const elsewhere = ownFolder();
  await firstHome(elsewhere);
  expect(await at(join(elsewhere, 'home'), ['backup', bk()])).toMatchObject({ status: 1, err: expect.stringContaining('is a backup of the installation') });
});

test.each(['link', 'fifo', 'folder', 'sparse', 'deep'] as const)('a %s in the place of a file of it is a sentence', async (what) => {
  await backedUp();
  const path = join(bk(), 'run-000001', what === 'sparse' || what === 'deep' ? 'run.json' : 'pack-000000');
  rmSync(path);
  if (what === 'link') symlinkSync('/dev/zero', path);
  if (what === 'fifo') expect((await import('node:child_process')).spawnSync('mkfifo', [path]).status).toBe(0);
  if (what === 'folder') mkdirSync(path);
  if (what === 'sparse') {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  }
  if (what === 'deep') writeFileSync(path, `{"statement":${'['.repeat(1_000_000)}`);
  const said = [await wardmux(['backup', 'verify', bk(), '--key', key]), await restored(join(place, 'new'))];
  for (const { status, err, out } of said) {
    expect(status).not.toBe(0);
    expect(err + out).not.toContain('Something went wrong');
  }
  expect([existsSync(join(place, 'new')), noStaging()]).toEqual([false, []]);
});

describe('erasure', () => {
  const erase = (...args: readonly string[]) =>
    wardmux(['erase', ...args, '--reason', 'privacy-request', '--second', 'Uma Okafor', '--out', join(place, 'certificate.json')], firstWords, auditorWords);
  const certificate = () =>
    JSON.parse(readFileSync(join(place, 'certificate.json'), 'utf8')) as {
      recordings: unknown[];
      backups: { state: string; runs: number[] }[];
      exports: unknown[];
    };

  /** Everything that any key opens in a backup, of every run: what its chunks hold. */
  async function opens(text: string): Promise<boolean> {
    const opener = await AuditKeyOpener.fromFile(key);
    for (const whole of lookAtRuns(bk(), requireSet(bk())).whole) {
      const run = await OpenRun.open(bk(), whole, opener);
      try {
        for (const file of run.files())
          for (const ref of file.chunks) {
            const plain = await run.chunk(ref, file.path).catch(() => Buffer.alloc(0));
            if (plain.includes(text)) return true;
          }
      } finally {
        run.close();
      }
    }
    return false;
  }

  test('what two have erased opens nowhere: not here, and not in the backups that were at hand, which the certificate names', async () => {
    await backedUp();
    await backedUp();
    /** What its secret was wrapped in: with an audit key it opens the recording, wherever it lies. */
    const header = (id: string): string => readFileSync(join(home, 'recordings', id, 'segment-000000.wmx')).toString('latin1');
    const wrap = /"jwe":"([^"]+)"/.exec(header(one))![1]!;
    const kept = /"jwe":"([^"]+)"/.exec(header(other))![1]!;
    expect([holds(home, wrap), await opens(wrap), await opens(kept)]).toEqual([true, true, true]);
    const done = await erase(one, '--backup', bk());
    expect(done, done.err).toMatchObject({ status: 0, out: `${one}\terased\n` });
    expect([holds(home, wrap), await opens(wrap), await opens(kept)]).toEqual([false, false, true]);
    expect(certificate()).toMatchObject({ recordings: [{ recording: one, removed: true }], backups: [{ runs: [1, 2], state: 'erased' }], exports: [] });
    expect(await wardmux(['erase', '--verify', join(place, 'certificate.json')])).toMatchObject({ status: 0, out: expect.stringContaining('as w-') });
    const verified = JSON.parse((await wardmux(['backup', 'verify', bk(), '--key', key, '--json'])).out) as { good: boolean; opened: { erased: string[] } };
    expect([verified.good, verified.opened.erased]).toEqual([true, [one]]);
    expect([0, 55]).toContain((await wardmux(['ledger', 'verify', '--deep'])).status);
    // An old run, which does not know of it, brings nothing of it back.
    rmSync(home, { recursive: true });
    expect(await restored(join(place, 'new'), '--json')).toMatchObject({ status: 0, err: expect.stringContaining(one) });
    expect(existsSync(join(place, 'new', 'recordings', one))).toBe(false);
    expect((await at(join(place, 'new'), ['play', other, '--raw', '--key', key])).out).toBe(`${shown[1]}\r\n`);
  });

  test('a backup that was not at hand is named as one that may still have it, and one from before the recording is not', async () => {
    await backedUp();
    const late = await imported('third');
    expect((await erase(late)).status).toBe(0);
    expect(certificate().backups).toEqual([]);
    rmSync(join(place, 'certificate.json'));
    await backedUp();
    expect(await erase('--of', 'Ada Example')).toMatchObject({ status: 0, err: expect.stringContaining('was not at hand') });
    expect(certificate()).toMatchObject({ recordings: [{}, {}], backups: [{ runs: [1, 2], state: 'has-it' }] });
  });

  test('a folder that lacks a run that the ledger knows, or has another in its place, is one that may still have it', async () => {
    await backedUp();
    await backedUp();
    const part = join(place, 'part');
    const lacks: readonly (() => void)[] = [
      () => ['run-000001', 'run-000002'].forEach((run) => rmSync(join(part, run), { recursive: true })),
      () => rmSync(join(part, 'run-000001'), { recursive: true }),
      () => rmSync(join(part, 'run-000001', 'grains')),
      () => rmSync(join(part, 'run-000002', 'run.json')),
      () => cpSync(join(part, 'run-000001', 'key.json'), join(part, 'run-000002', 'key.json')),
    ];
    const as = join(place, 'as');
    cpSync(home, as, { recursive: true });
    for (const lack of lacks) {
      for (const folder of [part, home]) rmSync(folder, { recursive: true, force: true });
      cpSync(as, home, { recursive: true });
      cpSync(bk(), part, { recursive: true });
      lack();
      expect(await erase(one, '--backup', part)).toMatchObject({ status: 0, err: expect.stringContaining('may still have it') });
      expect(certificate(), lack.toString()).toMatchObject({ backups: [{ runs: [1, 2], state: 'has-it' }] });
      rmSync(join(place, 'certificate.json'));
    }
  });

  test('a run that began before the recording did, by a clock that was set back, is named', async () => {
    await backedUp();
    const late = await imported('third');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3 * 86_400_000 });
    try {
      await backedUp();
    } finally {
      vi.useRealTimers();
    }
    expect((await erase(late)).status).toBe(0);
    expect(certificate()).toMatchObject({ backups: [{ runs: [2], state: 'has-it' }] });
  });

  test('what was deleted before is erased in a backup that comes to hand later, by the same two', async () => {
    await backedUp();
    const wrap = /"jwe":"([^"]+)"/.exec(readFileSync(join(home, 'recordings', one, 'segment-000000.wmx')).toString('latin1'))![1]!;
    expect((await erase(one)).status).toBe(0);
    expect(certificate()).toMatchObject({ backups: [{ state: 'has-it' }] });
    rmSync(join(place, 'certificate.json'));
    expect(await opens(wrap)).toBe(true);
    expect(await erase(one)).toMatchObject({ status: 1, err: expect.stringContaining('deleted already') });
    const alone = await wardmux(['erase', one, '--reason', 'legal', '--backup', bk(), '--out', join(place, 'certificate.json')], firstWords);
    expect(alone).toMatchObject({ status: 1, err: expect.stringContaining('a second one has to agree') });
    expect(await opens(wrap)).toBe(true);
    const done = await erase(one, '--backup', bk());
    expect(done, done.err).toMatchObject({ status: 0, out: `${one}\terased\n` });
    expect(certificate()).toMatchObject({ recordings: [{ recording: one, removed: true }], backups: [{ runs: [1], state: 'erased' }] });
    expect(await opens(wrap)).toBe(false);
  });

  test('nothing is erased while a backup is made, which could write it once more', async () => {
    await backedUp();
    const lock = join(home, 'run', 'backup.lock');
    await withFileLock(lock, 'A backup', async () => {
      expect(await erase(one, '--backup', bk())).toMatchObject({ status: 1, err: expect.stringContaining('is going on already') });
    });
    expect(existsSync(join(home, 'recordings', one))).toBe(true);
    // What a kill between its making and its content leaves.
    writeFileSync(lock, '');
    expect((await erase(one, '--backup', bk())).status).toBe(0);
  });

  test('a hold wins, one alone erases nothing, and a certificate that was changed is none', async () => {
    expect((await wardmux(['hold', 'set', '--recording', one, '--reason', 'legal'], auditorWords)).status).toBe(0);
    expect(await erase(one)).toMatchObject({ status: 1, err: expect.stringContaining('a hold always wins') });
    expect(existsSync(join(place, 'certificate.json'))).toBe(false);
    const alone = await wardmux(['erase', other, '--reason', 'legal', '--out', join(place, 'certificate.json')], firstWords);
    expect(alone).toMatchObject({ status: 1, err: expect.stringContaining('a second one has to agree') });
    // Everything of a person: what is held stays, and is said.
    expect(await erase('--of', 'Ada Example')).toMatchObject({
      status: 1,
      out: `${other}\terased\n`,
      err: expect.stringMatching(new RegExp(`Left as it is: Recording ${one} is held`)),
    });
    const path = join(place, 'certificate.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(other, one));
    expect(await wardmux(['erase', '--verify', path])).toMatchObject({ status: 58, out: expect.stringContaining('it was changed') });
  });
});
