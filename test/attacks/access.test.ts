/** Somebody who is known here and holds a key, and whose roles permit nothing of what they ask for: they get nothing, and each time it is an event. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { nodeFlags } from '../../src/native/protect.ts';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { deciderOf } from '../../src/services/deeds/decide.ts';
import { enrol, prepareEnrolment } from '../../src/services/people/people.ts';
import { commandScript } from '../support/command.ts';
import { firstHome, firstWords as words, ownFolder } from '../support/first-home.ts';
import { forAudit } from '../support/disclosure.ts';

const auditorsWords = 'marble canyon drizzle hammock violet';
let place: string;
let home: string;
let owner: string;
let auditor: string;
let recording: string;

function wardmux(...args: string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const file = join(place, 'passphrase');
  writeFileSync(file, `${args.includes(auditor) ? auditorsWords : words}\n`);
  const run = spawnSync('sh', ['-c', `exec "$@" 3< '${file}'`, '-', process.execPath, ...nodeFlags, commandScript, ...args], {
    env: { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home },
    cwd: place,
    encoding: 'utf8',
  });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

const denied = (): { readonly person?: string; readonly detail: unknown }[] =>
  readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"access.denied"'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as { person?: string; detail: unknown });

beforeAll(async () => {
  place = ownFolder();
  const made = await firstHome(place, { auditKeyPath: join(place, 'audit-key.json') });
  ({ folder: home } = made.home);
  owner = made.person.id;
  // An auditor, who operates nothing.
  const record = await prepareEnrolment({ name: 'Ed Example', passphrase: Buffer.from(auditorsWords), kdf: newScryptParameters() });
  auditor = record.id;
  const { home: folder, installation } = made;
  const { ledger } = await openLedger(folder, installation);
  await enrol({ home: folder, installation, ledger, admin: deciderOf(made.identity) }, record, ['auditor']);
  made.identity.destroy();
  await ledger.checkpoint();
  await ledger.close();
  const ran = wardmux('record', '--json', '--person', owner, '--', 'echo', 'patient 4711');
  expect(ran).toMatchObject({ status: 0, out: expect.stringContaining('4711') });
  recording = (JSON.parse(ran.err.trim().split('\n').at(-1)!) as { recording: string }).recording;
});

test('playing, exporting, accepting a policy and recording are asked for, refused, and entered', () => {
  const policy = join(home, 'policy.json');
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('"idleSeconds": 300', '"idleSeconds": 600'));
  const as = ['--person', auditor, '--passphrase-fd', '3'];
  const bundle = join(place, 'bundle');
  const asked: [string, string[]][] = [
    ['recording.replay.own', ['play', recording, '--raw', ...as]],
    ['recording.export.own', ['export', recording, '-o', bundle, ...forAudit, ...as]],
    ['policy.accept', ['policy', 'accept', ...as]],
    ['installation.rotate', ['installation', 'rotate-key', ...as]],
    ['person.disable', ['person', 'disable', owner, ...as]],
    ['role.grant', ['person', 'roles', owner, '--role', 'operator', ...as]],
    ['session.record', ['record', '--person', auditor, '--', 'echo', 'never']],
    ['installation.create', ['init', '--name', 'Eve', '--audit-key-out', join(place, 'other.json'), '--passphrase-fd', '3']],
  ];
  for (const [needs, args] of asked) {
    const before = denied().length;
    const { status, out, err } = wardmux(...args);
    expect(status, err).not.toBe(0);
    expect(out).not.toMatch(/4711|never/);
    const [event, ...more] = denied().slice(before);
    expect(more, needs).toEqual([]);
    const why = needs === 'installation.create' ? 'set-up' : 'not-permitted';
    expect(event, err).toMatchObject({ ...(why === 'set-up' ? {} : { person: auditor }), detail: { door: 'cli', needs, why } });
    expect(err).toContain(why === 'set-up' ? 'Wardmux is set up here already.' : 'Your roles do not permit this.');
  }
  expect(existsSync(bundle)).toBe(false);
  expect(existsSync(join(place, 'other.json'))).toBe(false);
  // Whose it is may.
  expect(wardmux('play', recording, '--raw', '--person', owner, '--passphrase-fd', '3')).toMatchObject({ status: 0, out: 'patient 4711\r\n' });
});
