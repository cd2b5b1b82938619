/** `wardmux erase --from --to`: a password that was printed is gone from the recording and from the backups, and everything that proves the rest still does. */
import { execFileSync } from 'node:child_process';
import { createDecipheriv } from 'node:crypto';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { judgeInPython } from '../../../test/attacks/fixture.ts';
import { forAudit } from '../../../test/support/disclosure.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runHere } from '../../../test/support/run-here.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { coveredBytes } from '../../recording/frame.ts';
import { Ratchet, recordNonce, segmentKey, TAG_BYTES } from '../../recording/ratchet.ts';
import { openRecording, readHeader } from '../../recording/reader.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { openHome, requireInstallation } from '../../storage/index.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { openLedger } from '../../services/installation/open-ledger.ts';
import { enrol, prepareEnrolment } from '../../services/people/people.ts';

/** Called before each write of ours, and after it: a disk that is full then, or a process that is killed then. */
const disk = vi.hoisted(() => ({ write: undefined as (() => void) | undefined, wrote: undefined as (() => void) | undefined }));
vi.mock('../../disk/bytes.ts', async (original) => {
  const bytes = await original<typeof import('../../disk/bytes.ts')>();
  const writeAll: typeof bytes.writeAll = (...args) => {
    disk.write?.();
    bytes.writeAll(...args);
    disk.wrote?.();
  };
  return { ...bytes, writeAll };
});
vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const auditorWords = 'marble canyon drizzle hammock violet';
/** Whose recording it is: neither of the two who erase of it. */
const ownerWords = 'copper lantern orchard pebble winter';
const asOwner = ['--person', 'Eve Example'];
const SECRET = 'hunter2-PLANTED-GAMMA';
const lines = [
  [1, 'o', '$ connect\r\n'],
  [10.2, 'o', `Password: ${SECRET}\r\n`],
  [10.5, 'm', `typed ${SECRET}`],
  [20, 'o', 'connected\r\n'],
] as const;
const shown = '$ connect\r\nconnected\r\n';
let made: string;
let place: string;
let home: string;
let key: string;
let one: string;
let people: readonly [string, string];

async function at(folder: string, args: readonly string[], ...passphrases: readonly string[]) {
  const fds = passphrases.map((words, n) => {
    writeFileSync(join(place, `passphrase-${n}`), `${words}\n`);
    return openSync(join(place, `passphrase-${n}`), 'r');
  });
  const options = fds.flatMap((fd, n) => [n === 0 ? '--passphrase-fd' : '--second-passphrase-fd', String(fd)]);
  const ran = await runHere([...args, ...options], { home: folder, place });
  for (const fd of fds)
    try {
      closeSync(fd);
    } catch {
      // The command closed it.
    }
  return ran;
}
const wardmux = (args: readonly string[], ...passphrases: readonly string[]) => at(home, args, ...passphrases);
const erase = (...more: readonly string[]) => {
  rmSync(join(place, 'certificate.json'), { force: true });
  const span = ['--from', '0:00:10', '--to', '0:00:11', '--key', key, '--reason', 'mistake', '--out', join(place, 'certificate.json')];
  return wardmux(['erase', one, ...span, '--person', 'Ada Example', '--second', 'Uma Okafor', ...more], firstWords, auditorWords);
};
const certificate = () => JSON.parse(readFileSync(join(place, 'certificate.json'), 'utf8')) as { version: number; recordings: unknown[]; backups: unknown[] };
/** What it is done with lies beside the recordings. */
const isUnderWay = (): boolean => existsSync(join(home, 'recordings', '.erasing', one));
const played = async (folder = home) => (await at(folder, ['play', one, '--raw', '--key', key])).out;

/** Every file below a folder. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
const holds = (folder: string, bytes: Buffer | string): boolean => filesIn(folder).some((path) => readFileSync(path).includes(bytes));

/** The sealed bodies of all records that have the secret, and the key of each. */
async function sealedSecrets() {
  const folder = join(home, 'recordings', one);
  const opener = await AuditKeyOpener.fromFile(key);
  const { header } = (await readHeader(folder, 0))!;
  const ratchet = new Ratchet(segmentKey(await opener.open(header.recipients.find(({ kid }) => kid === opener.kid)!.jwe), one, 0));
  const found: { body: Buffer; open: (body: Buffer) => Buffer }[] = [];
  for await (const { frame, events } of (await openRecording(folder)).records(opener)) {
    const { message } = ratchet.next();
    if (!events.some(({ event }) => Buffer.from(event.data).includes(SECRET))) continue;
    const covered = coveredBytes(frame);
    const open = (body: Buffer): Buffer => {
      const decipher = createDecipheriv('aes-256-gcm', message, recordNonce(frame.seq));
      decipher.setAAD(covered);
      decipher.setAuthTag(body.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()]);
    };
    found.push({ body: Buffer.from(frame.body), open });
  }
  return found;
}

beforeAll(async () => {
  made = place = ownFolder();
  home = join(made, 'home');
  const first = await firstHome(made);
  const { ledger } = await openLedger(first.home, first.installation);
  const record = await prepareEnrolment({ name: 'Uma Okafor', passphrase: Buffer.from(auditorWords), kdf: newScryptParameters() });
  const parts = { home: first.home, installation: first.installation, ledger, admin: deciderOf(first.identity) };
  await enrol(parts, record, ['auditor']);
  const owner = await prepareEnrolment({ name: 'Eve Example', passphrase: Buffer.from(ownerWords), kdf: newScryptParameters() });
  await enrol(parts, owner, ['operator']);
  people = [first.identity.person.id, record.id];
  await ledger.close();
  first.identity.destroy();
  const cast = [{ version: 2, width: 80, height: 24 }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(join(made, 'a.cast'), cast);
  one = (await wardmux(['import', join(made, 'a.cast'), ...asOwner], ownerWords)).out.trim();
  expect(one).toMatch(/^\d{8}-/);
});
beforeEach(() => {
  place = ownFolder();
  home = join(place, 'home');
  key = join(place, 'audit.json');
  cpSync(join(made, 'home'), home, { recursive: true });
  cpSync(join(made, 'audit.json'), key);
});

test('nothing left decrypts what was erased, here or in the backup at hand, and the next backup has the rest', async () => {
  const bk = join(place, 'bk');
  expect((await wardmux(['backup', bk])).status).toBe(0);
  const sealed = await sealedSecrets();
  expect(sealed.length).toBeGreaterThan(0);
  for (const { body, open } of sealed) expect([open(body).includes(SECRET), holds(home, body)]).toEqual([true, true]);
  expect((await wardmux(['list', '--text', SECRET, '--as', 'Eve Example'], ownerWords)).out).toContain(one);
  const head = JSON.parse((await wardmux(['list', '--json'])).out) as { ledger: unknown }[];

  const done = await erase('--backup', bk);
  expect(done, done.err).toMatchObject({ status: 0, out: `${one}\terased\t2 pieces\n` });
  expect(await played()).toBe(shown);
  // No byte of the sealed bodies is anywhere, whole or in part, and what stands in their places does not open with their keys.
  for (const { body } of sealed)
    for (let from = 0; from + TAG_BYTES <= body.length; from++) expect(holds(home, body.subarray(from, from + TAG_BYTES))).toBe(false);
  const left = (await openRecording(join(home, 'recordings', one))).frames();
  for await (const frame of left) for (const { open } of sealed) expect(() => open(Buffer.from(frame.body))).toThrow();
  expect(isUnderWay()).toBe(false);
  // With the key that opens it, no event of it has the secret: no snapshot of the screen behind it either.
  for await (const { events } of (await openRecording(join(home, 'recordings', one))).records(await AuditKeyOpener.fromFile(key)))
    for (const { event } of events) expect(Buffer.from(event.data).includes(SECRET), event.code).toBe(false);
  expect((await wardmux(['list', '--text', SECRET, '--as', 'Eve Example'], ownerWords)).out).not.toContain(one);
  expect((await wardmux(['list', '--text', 'connected', '--as', 'Eve Example'], ownerWords)).out).toContain(one);
  expect(JSON.parse((await wardmux(['list', '--json'])).out)).toMatchObject(head.map(({ ledger }) => ({ ledger })));
  expect(certificate()).toMatchObject({
    version: 2,
    recordings: [{ recording: one, fromMs: 10_000, toMs: 11_000, pieces: 2 }],
    backups: [{ runs: [1], state: 'erased' }],
  });
  expect(await wardmux(['erase', '--verify', join(place, 'certificate.json')])).toMatchObject({ status: 0 });

  // The old run brings nothing of it back; the next one has the rest.
  const old = await at(join(place, 'nowhere'), ['restore', bk, '--to', join(place, 'old'), '--key', key, '--read-only']);
  expect(old, old.err).toMatchObject({ status: 0, err: expect.stringContaining(one) });
  for (const { body } of sealed) expect(holds(join(place, 'old'), body)).toBe(false);
  expect((await wardmux(['backup', bk])).status).toBe(0);
  const again = await at(join(place, 'nowhere'), ['restore', bk, '--to', join(place, 'new'), '--key', key, '--read-only']);
  expect(again, again.err).toMatchObject({ status: 0 });
  for (const { body } of sealed) expect(holds(join(place, 'new'), body)).toBe(false);
  expect(await wardmux(['backup', 'verify', bk, '--key', key])).toMatchObject({ status: 0 });
});

test('ledger, replay and both verifiers go on saying that it is good, and who erased what, when and why', async () => {
  expect((await erase()).status).toBe(0);
  expect([0, 55]).toContain((await wardmux(['ledger', 'verify', '--deep'])).status);
  const says = new RegExp(`from 10 to 11 s since its start 2 pieces were erased on \\S+Z by ${people[0]} and ${people[1]}, because of mistake`);
  expect(await wardmux(['play', one, '--key', key])).toMatchObject({ status: 0, err: expect.stringMatching(says) });
  const bundle = join(place, 'bundle');
  const exported = await wardmux(['export', one, '-o', bundle, ...forAudit, ...asOwner], ownerWords);
  expect(exported, exported.err).toMatchObject({ status: 0 });
  const trust = join(place, 'trust.json');
  writeFileSync(trust, (await wardmux(['trust'])).out);
  const verdict = JSON.parse((await wardmux(['verify', bundle, '--trust', trust, '--json'])).out) as { facts: { erased: unknown; withheld: number } };
  const erased = [{ by: people[0], second: people[1], time: expect.stringMatching(/^\d{4}-.*Z$/), reason: 'mistake', fromMs: 10_000, toMs: 11_000, pieces: 2 }];
  expect(verdict).toMatchObject({ good: true, facts: { erased, withheld: 2 }, notes: expect.arrayContaining([expect.stringContaining('was erased')]) });
  expect(judgeInPython([bundle], trust)).toEqual([verdict]);
  expect(holds(bundle, SECRET)).toBe(false);

  // Who has the account has the installation's key, and nobody's signature: what they enter takes nothing away and names nobody.
  const [event] = JSON.parse(`[${(await wardmux(['ledger', 'show', '--json', '--action', 'recording.erased'])).out.trim()}]`) as [LedgerEvent];
  const there = requireInstallation(openHome(home));
  const { ledger } = await openLedger(openHome(home), there);
  await ledger.append({ action: event.action, person: people[1], detail: { ...event.detail!, pieces: 9, after: event.seq } });
  await ledger.close();
  const more = join(place, 'more');
  expect(await wardmux(['export', one, '-o', more, ...forAudit, ...asOwner], ownerWords)).toMatchObject({ status: 0 });
  const also = JSON.parse((await wardmux(['verify', more, '--trust', trust, '--json'])).out) as { notes: string[] };
  expect(also).toMatchObject({ good: true, facts: { erased, uncountedErasures: [expect.any(Number)] } });
  expect(also.notes.join('\n')).toMatch(/no two people whom the trust file knows have signed that/);
  expect(judgeInPython([more], trust)).toEqual([also]);
  expect((await wardmux(['ledger', 'verify'])).status).not.toBe(0);
});

test('one alone erases nothing, nor does anybody where a hold covers it, where nothing was shown, or without a key that opens it', async () => {
  const before = readFileSync(join(home, 'recordings', one, 'segment-000000.wmx'));
  const unchanged = (): void => {
    expect(readFileSync(join(home, 'recordings', one, 'segment-000000.wmx')).equals(before)).toBe(true);
    expect(existsSync(join(place, 'certificate.json'))).toBe(false);
    expect(isUnderWay()).toBe(false);
  };
  const span = ['--from', '10', '--to', '11', '--reason', 'mistake', '--out', join(place, 'certificate.json')];
  const alone = await wardmux(['erase', one, ...span, '--key', key], firstWords);
  expect(alone).toMatchObject({ status: 1, err: expect.stringContaining('a second one has to agree') });
  unchanged();
  expect(await wardmux(['erase', one, ...span], firstWords)).toMatchObject({ status: 2, err: expect.stringContaining('--key FILE') });
  const stranger = ownFolder();
  await firstHome(stranger);
  expect((await erase('--key', join(stranger, 'audit.json'))).status).not.toBe(0);
  unchanged();
  expect(await erase('--from', '30', '--to', '40')).toMatchObject({ status: 1, err: expect.stringContaining('Nothing was printed') });
  unchanged();
  expect((await wardmux(['hold', 'set', '--recording', one, '--reason', 'legal'], auditorWords)).status).toBe(0);
  expect(await erase()).toMatchObject({ status: 1, err: expect.stringContaining('a hold always wins') });
  unchanged();
});

test('a disk that is full at any write leaves the old state whole or the new one, and the same call finishes it', async () => {
  const as = join(place, 'as');
  cpSync(home, as, { recursive: true });
  const before = readFileSync(join(home, 'recordings', one, 'segment-000000.wmx'));
  let whole = 0;
  for (let full = 0; ; full++) {
    rmSync(home, { recursive: true, force: true });
    cpSync(as, home, { recursive: true });
    let writes = 0;
    disk.write = () => {
      if (isUnderWay() && writes++ >= full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    };
    const { status } = await erase().finally(() => (disk.write = undefined));
    if (status === 0 && writes <= full) break;
    const there = readFileSync(join(home, 'recordings', one, 'segment-000000.wmx'));
    if (there.equals(before)) whole++;
    expect(there.equals(before) ? shown.replace('connected', `Password: ${SECRET}\r\nconnected`) : shown, String(full)).toBe(await played());
    // What is as it was needs no finishing: shown once.
    if (there.equals(before) && full > 0) continue;
    const again = await erase();
    expect(again, `${full}: ${again.err}`).toMatchObject({ status: 0 });
    expect(await played()).toBe(shown);
  }
  expect([0, 55]).toContain((await wardmux(['ledger', 'verify', '--deep'])).status);
  expect(whole).toBeGreaterThan(3);
});

test('killed at any write it shows nothing that the ledger calls erased, and the same call finishes it', async () => {
  const states: string[] = [];
  disk.wrote = () => {
    if (!isUnderWay()) return;
    const state = join(place, `state-${states.length}`);
    execFileSync('cp', ['-a', home, state]);
    states.push(state);
  };
  const { status } = await erase().finally(() => (disk.wrote = undefined));
  expect(status).toBe(0);
  const seen = { old: 0, hidden: 0, new: 0 };
  for (const state of states) {
    rmSync(home, { recursive: true, force: true });
    renameSync(state, home);
    // Its process is gone; here it is this one, which is not.
    rmSync(join(home, 'run', 'backup.lock'), { force: true });
    const entered = (await wardmux(['ledger', 'show', '--action', 'recording.erased'])).out.includes(one);
    const { out, status: how, err } = await wardmux(['play', one, '--raw', '--key', key]);
    if (!entered) expect(out).toContain(SECRET);
    else if (how === 52) expect([out, err]).toEqual(['', expect.stringContaining('Nothing of it is shown')]);
    else expect(out).toBe(shown);
    seen[!entered ? 'old' : how === 52 ? 'hidden' : 'new']++;
    const again = await erase();
    expect(again, again.err).toMatchObject({ status: 0 });
    expect([await played(), isUnderWay()]).toEqual([shown, false]);
  }
  expect([0, 55]).toContain((await wardmux(['ledger', 'verify', '--deep'])).status);
  for (const count of Object.values(seen)) expect(count, JSON.stringify(seen)).toBeGreaterThan(0);
});

test('files that came back out of a copy are told, and nothing of them is shown or exported', async () => {
  const folder = join(home, 'recordings', one);
  const copy = join(place, 'copy');
  cpSync(folder, copy, { recursive: true });
  expect((await erase()).status).toBe(0);
  rmSync(folder, { recursive: true });
  cpSync(copy, folder, { recursive: true });
  const told = { status: 52, out: '', err: expect.stringContaining('came back out of a copy') };
  expect(await wardmux(['play', one, '--key', key])).toMatchObject(told);
  const searched = await wardmux(['list', '--text', SECRET, '--key', key], firstWords);
  expect(searched.out).not.toContain(one);
  expect(searched.err).toMatch(/Nothing of it is shown/);
  expect(await wardmux(['redact', 'preview', one, ...asOwner], ownerWords)).toMatchObject(told);
  expect(await wardmux(['export', one, '-o', join(place, 'b'), ...forAudit, ...asOwner], ownerWords)).toMatchObject({ status: 52 });
  expect((await wardmux(['ledger', 'verify', '--deep'])).out).toMatch(/pieces of \d+ of its records were erased, and they are here/);
});

test('a run of the schedule, and the next erasure, say what they did not overwrite, and neither calls that done', async () => {
  expect((await erase()).status).toBe(0);
  const planted = (): void => {
    mkdirSync(join(home, 'recordings', '.erasing', one), { recursive: true });
    writeFileSync(join(home, 'recordings', '.erasing', one, 'segment-000000.wmx.old'), 'no segment');
  };
  const says = { status: 1, err: expect.stringMatching(/Left as it is: What was segment 0 .* was not overwritten: it is no segment of this recording/) };
  planted();
  expect(await wardmux(['retention', 'run', '--person', 'Ada Example'], firstWords)).toMatchObject(says);
  expect(isUnderWay()).toBe(false);
  planted();
  expect(await erase()).toMatchObject(says);
  expect(isUnderWay()).toBe(false);
});
