/** `wardmux anchor` as scripts use it: streams and exit statuses. */
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporary } from '../../anchors/fixture.ts';
import { acceptAsItStands } from '../../policy/force.fixture.ts';
import { appendEvent, openInstallation } from '../../services/installation/installation.ts';
import { runHere } from '../../../test/support/run-here.ts';

const words = 'kettle orbit willow prairie stamp';
let made: string;
let place: string;
let home: string;
let share: string;

const wardmux = (...args: string[]) => runHere(args, { home, place });

const policy = (): { network: string[]; anchors?: unknown[] } =>
  JSON.parse(readFileSync(join(home, 'policy.json'), 'utf8')) as { network: string[]; anchors?: unknown[] };

/** Something happens that is an event. */
async function happen(): Promise<void> {
  const io = { env: { WARDMUX_HOME: home } };
  await appendEvent(await openInstallation(io), { action: 'verify', outcome: 'success', detail: { target: 'ledger', code: 'good' } });
}

beforeAll(async () => {
  made = temporary();
  place = made;
  home = join(made, 'home');
  writeFileSync(join(made, 'passphrase'), `${words}\n`);
  const fd = openSync(join(made, 'passphrase'), 'r');
  const ran = await wardmux('init', '--name', 'Ada', '--passphrase-fd', String(fd), '--audit-key-out', join(made, 'audit.json'));
  try {
    closeSync(fd);
  } catch {
    // The command closed it.
  }
  expect(ran).toMatchObject({ status: 0 });
});
beforeEach(() => {
  place = temporary();
  home = join(place, 'home');
  share = join(place, 'share');
  cpSync(join(made, 'home'), home, { recursive: true });
  mkdirSync(share);
});

test('without an anchor it is not anchored, and says what to do', async () => {
  expect(await wardmux('anchor', 'status')).toEqual({
    status: 50,
    out: 'not-anchored: The policy names no anchor. Add one: wardmux anchor add NAME --file FOLDER\n',
    err: '',
  });
  expect(JSON.parse((await wardmux('anchor', 'status', '--json')).out)).toEqual({ grade: 'not-anchored', anchors: [] });
  expect(await wardmux('anchor', 'list', '--json')).toEqual({ status: 0, out: '[]\n', err: '' });
});

test('a file drop: added, tested, listed, and its status told', async () => {
  expect(await wardmux('anchor', 'add', 'share', '--file', share)).toMatchObject({ status: 0, err: expect.stringContaining('wardmux policy accept') });
  await acceptAsItStands(home);
  expect(policy().anchors).toEqual([{ name: 'share', kind: 'file', folder: share }]);
  expect(await wardmux('anchor', 'status')).toMatchObject({
    status: 50,
    out: expect.stringContaining('not-anchored: share: No head of this ledger stands at'),
  });
  expect(await wardmux('anchor', 'test')).toMatchObject({ status: 0, out: expect.stringMatching(/^anchored: share: 7 events are anchored at /), err: '' });
  expect(await wardmux('anchor', 'status', 'share')).toMatchObject({ status: 0, out: expect.stringMatching(/^anchored: share: /) });
  const { grade, anchors } = JSON.parse((await wardmux('anchor', 'status', '--json')).out) as { grade: string; anchors: Record<string, unknown>[] };
  expect(grade).toBe('anchored');
  expect(anchors).toMatchObject([{ name: 'share', kind: 'file', grade: 'anchored', head: { size: 7 }, failing: null }]);
  expect(Object.keys(anchors[0]!)).toEqual(['name', 'kind', 'where', 'grade', 'head', 'at', 'ageSeconds', 'failing', 'sentence']);
  expect((await wardmux('anchor', 'list')).out).toContain('share  file  ');
  expect((await wardmux('ledger', 'show', '--action', 'anchor.sent')).out).toContain('anchor=share kind=file size=6');
  // Adding it again is how a folder is marked that was made anew.
  rmSync(share, { recursive: true });
  expect(await wardmux('anchor', 'status')).toMatchObject({ status: 50, out: expect.stringContaining('not marked as a file drop') });
  mkdirSync(share);
  expect(await wardmux('anchor', 'add', 'share', '--file', share)).toMatchObject({ status: 0, err: expect.stringContaining('The policy has it already') });
  expect(await wardmux('anchor', 'test')).toMatchObject({ status: 0 });
});

test('a place that is gone: the test of now fails, whatever went before', async () => {
  await wardmux('anchor', 'add', 'share', '--file', share);
  await acceptAsItStands(home);
  expect(await wardmux('anchor', 'test')).toMatchObject({ status: 0 });
  renameSync(share, `${share}-away`);
  expect(await wardmux('anchor', 'test')).toMatchObject({
    status: 53,
    out: expect.stringMatching(/^not-anchored: share: .*the last attempt was not taken/),
    err: expect.stringContaining('did not take it (not-marked)'),
  });
  expect(await wardmux('anchor', 'status')).toMatchObject({ status: 50, out: expect.stringMatching(/^not-anchored: .*not-marked/) });
  renameSync(`${share}-away`, share);
  expect(await wardmux('anchor', 'test')).toMatchObject({ status: 0 });
});

test('an anchor that nobody has accepted yet is named, with what to do', async () => {
  await wardmux('anchor', 'add', 'share', '--file', share);
  const sentence = 'policy.json names share, and the policy in force does not: nobody has accepted it yet. Run: wardmux policy accept';
  for (const command of ['test', 'status']) {
    expect(await wardmux('anchor', command)).toMatchObject({ status: 50, out: `not-anchored: ${sentence}\n` });
    expect(await wardmux('anchor', command, 'share')).toMatchObject({ status: 50, err: expect.stringContaining(sentence) });
  }
  expect(await wardmux('anchor', 'list')).toMatchObject({ err: `${sentence}\n` });
});

test('ledger verify calls outside what lies outside, and reads past junk', async () => {
  const nothing = await wardmux('ledger', 'verify');
  expect(nothing).toMatchObject({ status: 0, out: expect.stringContaining('no head of it that counts was found outside') });
  await wardmux('anchor', 'add', 'share', '--file', share);
  await acceptAsItStands(home);
  await wardmux('anchor', 'test');
  expect((await wardmux('ledger', 'verify')).out).toContain('It extends the 1 head that is kept outside; the newest covers');
  const drop = join(share, `${(await openInstallation({ env: { WARDMUX_HOME: home } })).installation.id}.heads.jsonl`);
  cpSync(home, join(place, 'older'), { recursive: true });
  await happen();
  await wardmux('anchor', 'test');
  // The later head stands behind a line that nobody can want, in a copy that is compared with the older ledger.
  const heads = readFileSync(drop, 'utf8').split('\n');
  writeFileSync(join(place, 'copy'), [heads[0], 'x'.repeat(600_000), ...heads.slice(1)].join('\n'));
  rmSync(home, { recursive: true });
  cpSync(join(place, 'older'), home, { recursive: true });
  rmSync(share, { recursive: true });
  expect(await wardmux('ledger', 'verify', '--anchor', join(place, 'copy'))).toMatchObject({
    status: 51,
    out: expect.stringContaining('1 line in '),
  });
});

test('a receipt that somebody without the key wrote makes nothing anchored', async () => {
  await wardmux('anchor', 'add', 'siem', '--syslog', 'siem.invalid:6514', '--fingerprint', 'a'.repeat(64), '--add-network');
  await acceptAsItStands(home);
  const checkpoints = readFileSync(join(home, 'ledger', 'checkpoints.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const { note } = JSON.parse(checkpoints.at(-1)!) as { note: string };
  const proof = { kind: 'syslog', server: 'siem.invalid:6514', certificate: 'a'.repeat(64) };
  mkdirSync(join(home, 'anchors', 'siem'), { recursive: true });
  writeFileSync(join(home, 'anchors', 'siem', 'receipts.jsonl'), `${JSON.stringify({ at: new Date().toISOString(), note, proof })}\n`);
  for (const command of ['anchor status', 'ledger verify'])
    expect(await wardmux(...command.split(' '))).toMatchObject({ status: 50, out: expect.stringContaining('1 line among its receipts is not signed') });
});

test('a data folder that was set back is told from a good one, by status and by test, and nothing is signed over it', async () => {
  await wardmux('anchor', 'add', 'share', '--file', share);
  await acceptAsItStands(home);
  await wardmux('anchor', 'test');
  cpSync(home, join(place, 'older'), { recursive: true });
  await happen();
  await wardmux('anchor', 'test');
  cpSync(home, join(place, 'newer'), { recursive: true });
  rmSync(home, { recursive: true });
  cpSync(join(place, 'older'), home, { recursive: true });
  expect(await wardmux('anchor', 'status')).toMatchObject({ status: 51, out: expect.stringMatching(/^diverged: share: .*set back to an older copy/) });
  const drop = readFileSync(join(share, `${(await openInstallation({ env: { WARDMUX_HOME: home } })).installation.id}.heads.jsonl`));
  const events = readFileSync(join(home, 'ledger', 'events.jsonl'));
  expect(await wardmux('anchor', 'test')).toMatchObject({ status: 51, err: expect.stringContaining('does not extend its head of') });
  expect(readFileSync(join(home, 'ledger', 'events.jsonl'))).toEqual(events);
  expect(readFileSync(join(share, `${(await openInstallation({ env: { WARDMUX_HOME: home } })).installation.id}.heads.jsonl`))).toEqual(drop);
  await expect(happen()).rejects.toMatchObject({ code: 'diverged' });
  rmSync(home, { recursive: true });
  cpSync(join(place, 'newer'), home, { recursive: true });
  expect(await wardmux('anchor', 'test')).toMatchObject({ status: 0 });
});

describe('what is refused says why, and leaves the policy as it is', () => {
  const pin = '0'.repeat(64);
  test.each<[string, () => string[], number, string]>([
    ['no kind', () => ['x'], 2, 'Say one of --file FOLDER, --syslog HOST[:PORT], --timestamp URL.'],
    ['two kinds', () => ['x', '--file', share, '--syslog', 'h'], 2, 'Say one of'],
    ['a name with capitals', () => ['Ward7', '--file', share], 2, 'name is not a name'],
    ['a folder that is not there', () => ['x', '--file', join(share, 'no')], 2, 'Mount the disk or share first'],
    ['the data folder', () => ['x', '--file', join(home, 'ledger')], 2, 'is in the data folder'],
    ['a collector that nothing pins', () => ['x', '--syslog', 'siem.example.org'], 2, 'Say which server it is'],
    ['a fingerprint of another length', () => ['x', '--syslog', 'siem.example.org', '--fingerprint', 'ab'], 2, 'fingerprint is not a SHA-256'],
    [
      'a host that the policy does not name',
      () => ['x', '--syslog', 'siem.example.org', '--fingerprint', pin],
      1,
      'does not let this workstation reach siem.example.org:6514',
    ],
    ['a CA that is none', () => ['x', '--syslog', 'siem.example.org', '--ca', join(home, 'policy.json')], 2, 'ca is not certificates in PEM'],
    ['an authority that nothing pins', () => ['x', '--timestamp', 'http://tsa.example.org/'], 2, 'Say whose timestamps count'],
    ['seconds below ten', () => ['x', '--file', share, '--every', '1'], 2, 'everySeconds'],
    ['seconds that are none', () => ['x', '--file', share, '--every', 'often'], 2, 'It is a whole number'],
  ])('%s', async (_, args, status, words) => {
    const before = readFileSync(join(home, 'policy.json'), 'utf8');
    expect(await wardmux('anchor', 'add', ...args())).toMatchObject({ status, err: expect.stringContaining(words) });
    expect(readFileSync(join(home, 'policy.json'), 'utf8')).toBe(before);
  });

  test('another anchor of the same name', async () => {
    await wardmux('anchor', 'add', 'share', '--file', share);
    mkdirSync(join(place, 'other'));
    expect(await wardmux('anchor', 'add', 'share', '--file', join(place, 'other'))).toMatchObject({
      status: 2,
      err: expect.stringContaining('another anchor share already'),
    });
    expect(await wardmux('anchor', 'test', 'nobody')).toMatchObject({ status: 2, err: expect.stringContaining('no anchor "nobody"') });
  });
});

test('--add-network names the host and its port in the policy', async () => {
  expect(await wardmux('anchor', 'add', 'siem', '--syslog', '127.0.0.1:9', '--fingerprint', 'AB:'.repeat(31) + 'AB', '--add-network')).toMatchObject({
    status: 0,
  });
  expect(policy()).toMatchObject({
    network: ['127.0.0.1:9'],
    anchors: [{ name: 'siem', kind: 'syslog', host: '127.0.0.1', port: 9, fingerprint: 'ab'.repeat(32) }],
  });
  await acceptAsItStands(home);
  expect(await wardmux('anchor', 'test')).toMatchObject({ status: 53, err: 'siem: 127.0.0.1:9 did not take it (unreachable).\n' });
  // Taken out of the list, it is not even asked.
  writeFileSync(join(home, 'policy.json'), readFileSync(join(home, 'policy.json'), 'utf8').replace('"127.0.0.1:9"', ''));
  await acceptAsItStands(home);
  expect(await wardmux('anchor', 'test')).toMatchObject({ status: 53, err: 'siem: 127.0.0.1:9 did not take it (not-allowed).\n' });
});

test('an anchor that stands in several policies is looked at once', async () => {
  await wardmux('anchor', 'add', 'share', '--file', share);
  await acceptAsItStands(home);
  await wardmux('anchor', 'test');
  const file = join(home, 'policy.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"idleSeconds": 300', '"idleSeconds": 240'));
  await acceptAsItStands(home);
  const { outside } = JSON.parse((await wardmux('ledger', 'verify', '--json')).out) as { outside: { source: string }[] };
  const drops = outside.filter(({ source }) => source.includes(share));
  // What stands in the drop, and the receipt of it.
  expect(drops).toHaveLength(2);
});
