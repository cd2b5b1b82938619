/** `wardmux list` as people and scripts use it: which recordings, whose names, and what is found in them. */
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runHere, runWith } from '../../../test/support/run-here.ts';
import { newRecording } from '../../../test/support/recording.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { openInstallation, withLedger } from '../../services/installation/installation.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { openLedger } from '../../services/installation/open-ledger.ts';
import { enrol, prepareEnrolment } from '../../services/people/people.ts';
import { noticeEntry } from '../../ledger/index.ts';
import { ticketMark } from '../../recording/access.ts';
import { holdRecording, markLive } from '../../recording/live.ts';
import { generateAuditKey, thumbprint } from '../../recording/wrap.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const auditorWords = 'marble canyon drizzle hammock violet';
const place = ownFolder();
const home = join(place, 'home');
let ada: string;
const ids: string[] = [];

const run = (...args: string[]) => runHere(args, { home, place });
const opened = (...args: string[]) => runWith(args, { home, place }, [firstWords]);
const events = () =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { action: string; person?: string; detail?: Record<string, unknown> }); // prettier-ignore

beforeAll(async () => {
  const { identity, installation, home: made } = await firstHome(place, { kdf: newScryptParameters() });
  const { person } = identity;
  const { ledger: first } = await openLedger(made, installation);
  const uma = await prepareEnrolment({ name: 'Uma Okafor', passphrase: Buffer.from(auditorWords), kdf: newScryptParameters() });
  await enrol({ home: made, installation, ledger: first, admin: deciderOf(identity) }, uma, ['auditor']);
  await first.close();
  identity.destroy();
  ada = person.id;
  const site = await openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });
  const own = { kid: thumbprint(person.encryptionKey), role: 'owner' as const, jwk: person.encryptionKey };
  const key = generateAuditKey();
  const audit = key.recipient;
  writeFileSync(join(place, 'key.json'), JSON.stringify(key.file));
  for (const [who, recipients, text] of [
    [ada, [own, audit], 'the Needle is here\r\n'],
    ['p-0123456789ab', undefined, 'a needle of somebody else\r\n'],
  ] as const) {
    const { writer, notices } = await newRecording({
      folder: join(home, 'recordings'),
      installation: installation.id,
      person: who,
      recipients: recipients ?? [audit],
    });
    writer.event('m', ticketMark(who === ada ? 'INC0012345' : 'INC0077777'));
    writer.output(Buffer.from(text));
    await writer.end('exit');
    ids.push(writer.id);
    await withLedger(site, async ({ ledger }) => {
      for (const notice of notices) await ledger.append(noticeEntry(notice));
    });
  }
});

test('without a key: ids, and filters over what is public', async () => {
  const all = JSON.parse((await run('list', '--json')).out) as { id: string; name?: string }[];
  expect(all.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(all.every(({ name }) => name === undefined)).toBe(true);
  expect(JSON.parse((await run('list', '--json', '--person', ada)).out)).toMatchObject([{ id: ids[0] }]);
  expect(JSON.parse((await run('list', '--json', '--until', '2025-12-31')).out)).toEqual([]);
  expect(JSON.parse((await run('list', '--json', '--state', 'live')).out)).toEqual([]);
  expect((await run('list', '--person', 'Ada')).err).toContain('None of 2 recordings is like that.');
});

test('with a passphrase: the own name and program, and nobody else’s', async () => {
  const rows = JSON.parse((await opened('list', '--json')).out) as { id: string; name: string | null; program: string | null }[];
  expect(rows.find(({ id }) => id === ids[0])).toMatchObject({ name: 'Ada Example', program: '/bin/sh -l' });
  expect(rows.find(({ id }) => id === ids[1])).toMatchObject({ name: null, program: null });
  expect((await opened('list', '--person', 'ada')).out).toContain('Ada Example');
});

test('text is found in what the key opens, with its time and its line, and the look is entered', async () => {
  const before = events().length;
  const { status, out, err } = await opened('list', '--text', 'needle');
  expect(status).toBe(0);
  expect(out).toMatch(new RegExp(`^${ids[0]}  Ada Example  .*\n  0:00:00  the Needle is here\n$`));
  expect(err).toContain('1 hit in 1 of 2 recordings; 1 are not sealed to your key.');
  const looks = events()
    .slice(before)
    .filter(({ action }) => action === 'play');
  expect(looks).toMatchObject([{ person: ada, detail: { recording: ids[0], key: 'owner', how: 'search' } }]);
  expect(JSON.stringify(events())).not.toMatch(/needle/i);
});

test('nothing is found without its person, and bad input is a sentence', async () => {
  expect(await opened('list', '--text', 'needle', '--json', '--until', '2025-12-31')).toMatchObject({ status: 0, out: '[]\n' });
  expect(await opened('list', '--text', '  ')).toMatchObject({ status: 2, out: '' });
  expect(await opened('list', '--text', 'x', '--recover')).toMatchObject({ status: 2, out: '' });
  expect(await run('list', '--since', '2026-02-30')).toMatchObject({ status: 2, out: '' });
  expect(await run('list', '--state', 'good')).toMatchObject({ status: 2, out: '' });
});

test('a recording is read as text, and its commands are a list', async () => {
  expect(await opened('play', ids[0]!, '--text')).toMatchObject({ status: 0, out: 'the Needle is here\n' });
  const { out, err } = await opened('play', ids[0]!, '--commands');
  expect(out).toBe('');
  expect(err).toContain('0 commands, as the screen showed them');
  expect(await opened('play', ids[0]!, '--commands', '--raw')).toMatchObject({ status: 2, out: '' });
  expect(events().findLast(({ action }) => action === 'play')).toMatchObject({ detail: { how: 'text' } });
});

test('oldest first, also of those that began within one second', async () => {
  for (let n = 0; n < 12; n++) {
    const { writer } = await newRecording({ folder: join(home, 'recordings'), person: ada });
    await writer.end('exit');
  }
  const starts = (JSON.parse((await run('list', '--json')).out) as { start: string }[]).map(({ start }) => start);
  expect(starts).toHaveLength(ids.length + 12);
  expect(starts).toEqual([...starts].sort());
});

test('for a ticket: with the key that it is sealed to, in any case of letters, and that somebody looked is entered', async () => {
  const looks = (): number =>
    events().filter(({ action, detail }) => action === 'play' && detail?.['how'] === 'search' && detail['recording'] === ids[0]).length;
  const before = looks();
  const { out, err } = await opened('list', '--ticket', 'inc0012345', '--json');
  expect(JSON.parse(out)).toMatchObject([{ id: ids[0], ticket: 'INC0012345' }]);
  expect(err).toMatch(/\d+ of \d+ recordings are not sealed to your key/);
  expect(looks()).toBe(before + 1);
  expect((await opened('list', '--ticket', 'INC0012345')).out).toMatch(/TICKET +PROGRAM\n.* INC0012345 /);
  expect(JSON.parse((await opened('list', '--ticket', 'INC9', '--json')).out)).toEqual([]);
  expect(looks()).toBe(before + 2);
  // What was shown is no ticket, and both together are fewer.
  expect(JSON.parse((await opened('list', '--ticket', 'needle', '--json')).out)).toEqual([]);
  expect(JSON.parse((await opened('list', '--ticket', 'INC0012345', '--text', 'needle', '--json')).out)).toMatchObject([{ recording: ids[0] }]);
  expect(await opened('list', '--ticket', ' ')).toMatchObject({ status: 2 });
});

test('an auditor looks into everybody’s with an audit key, for text and for a ticket: each look is entered as that, and names are for whoever comes in', async () => {
  const withKey = (...args: string[]) => run('list', ...args, '--key', join(place, 'key.json'));
  const before = events().length;
  const { out, err } = await withKey('--text', 'needle', '--json');
  // The test before left twelve that nobody entered.
  expect(err).toContain('2 hits in 2 of 14 recordings; 12 are not sealed to this audit key.');
  expect((JSON.parse(out) as { recording: string }[]).map(({ recording }) => recording).toSorted()).toEqual(ids.toSorted());
  const looks = events()
    .slice(before)
    .filter(({ action }) => action === 'play');
  expect(looks).toHaveLength(2);
  for (const { person, detail } of looks) expect([person, detail]).toEqual([undefined, { recording: expect.any(String), key: 'audit', how: 'search' }]);
  expect(JSON.parse((await withKey('--ticket', 'inc0077', '--json')).out)).toMatchObject([{ id: ids[1], ticket: 'INC0077777', program: '/bin/sh -l' }]);
  expect((await withKey('--text', 'needle', '--person', 'p-0123456789ab')).out).toMatch(new RegExp(`^${ids[1]}  p-0123456789ab  `));
  // Whoever comes in beside it stands in what is entered, and sees the names that they may see.
  const named = await opened('list', '--text', 'the needle', '--key', join(place, 'key.json'));
  expect(named.out).toContain(`${ids[0]}  Ada Example  `);
  expect(events().findLast(({ action }) => action === 'play')).toMatchObject({ person: ada, detail: { recording: ids[0], key: 'audit' } });
});

test('an auditor who gives no audit key is told that they need one', async () => {
  const { status, out, err } = await runWith(['list', '--text', 'needle', '--as', 'Uma Okafor'], { home, place }, [auditorWords]);
  expect([status, out, err]).toEqual([
    1,
    '',
    expect.stringMatching(/Who may: an operator, .*With an audit key an auditor looks into everybody’s: give its file as --key FILE\./),
  ]);
});

test('who waits at a terminal is told how far a search is, in one line, and nobody else is', async () => {
  const site = await openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });
  const { recipient, file } = generateAuditKey();
  writeFileSync(join(place, 'large.json'), JSON.stringify(file));
  const { writer, notices } = await newRecording({
    folder: join(home, 'recordings'),
    installation: site.installation.id,
    person: ada,
    recipients: [recipient],
  });
  for (let n = 0; n < 5; n++) writer.output(Buffer.from(`${'x'.repeat(1000)}\r\n`.repeat(1000)));
  writer.output(Buffer.from('the last needle\r\n'));
  await writer.end('exit');
  await withLedger(site, async ({ ledger }) => {
    for (const notice of notices) await ledger.append(noticeEntry(notice));
  });
  const lines: string[] = [];
  const search = (more: Parameters<typeof runHere>[2]) => runHere(['list', '--text', 'last needle', '--key', join(place, 'large.json')], { home, place }, more);
  const { out, err } = await search({ progress: (line) => void lines.push(line) });
  expect(out).toContain('the last needle');
  expect(lines[0]).toBe('4 MiB searched, 0 hits; ctrl-c ends it.');
  // What is told has the line for itself.
  expect(lines.at(-1)).toBe('');
  expect(err).not.toContain('MiB searched');
  expect((await search({})).err).toBe(err);

  // The ledger has closed it: whatever says that it goes on, its torn end is told.
  const segment = join(writer.folder, 'segment-000000.wmx');
  truncateSync(segment, statSync(segment).size - 3);
  markLive(writer.folder);
  const release = holdRecording(writer.folder);
  try {
    expect(await search({})).toMatchObject({ err: expect.stringContaining('the file ends in the middle of a frame') });
  } finally {
    release();
    rmSync(writer.folder, { recursive: true });
  }
});

test('an audit key that is none, or with nothing to look for, is a sentence', async () => {
  const entered = events().length;
  expect(await run('list', '--key', join(place, 'key.json'))).toMatchObject({ status: 2, err: expect.stringContaining('--text or --ticket') });
  expect(await run('list', '--recover', '--key', join(place, 'key.json'), '--text', 'x')).toMatchObject({ status: 2 });
  const bad = await run('list', '--text', 'x', '--key', join(place, 'nothing.json'));
  expect([bad.status, bad.out, bad.err]).toEqual([2, '', expect.stringContaining('nothing.json')]);
  expect(events()).toHaveLength(entered);
});
