/** Somebody who is known here and holds a key, and whose roles permit nothing of what they ask for: they get nothing, and each time it is an event. */
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openLedger } from '../../src/services/open-ledger.ts';
import { certify } from '../../src/ledger/certificate.ts';
import { nodeFlags } from '../../src/native/protect.ts';
import { FileSecretStore } from '../../src/storage/secret-store.ts';
import { readBackoffKey } from '../../src/people/backoff-key.ts';
import { Backoff } from '../../src/people/backoff.ts';
import { firstRun } from '../../src/services/first-run.ts';
import { generateKeys, sealIdentity } from '../../src/people/identity.ts';
import { deriveFromPassphrase, newScryptParameters } from '../../src/crypto/kdf.ts';
import { addPerson } from '../../src/people/person.ts';
import { factsOf } from '../../src/people/pinned.ts';
import { newSlotId, wrapVaultKey } from '../../src/people/slot.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const words = 'kettle orbit willow prairie stamp';
const AUDITOR = 'p-00000000000b';
let place: string;
let home: string;
let owner: string;
let recording: string;

function wardmux(...args: string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const file = join(place, 'passphrase');
  writeFileSync(file, `${words}\n`);
  const cli = join(import.meta.dirname, '../../src/cli/main.ts');
  const run = spawnSync('sh', ['-c', `exec "$@" 3< '${file}'`, '-', process.execPath, ...nodeFlags, cli, ...args], {
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
  place = mkdtempSync(join(tmpdir(), 'wardmux-access-'));
  const made = await firstRun({
    home: join(place, 'home'),
    name: 'Ada Example',
    passphrase: Buffer.from(words),
    auditKeyPath: join(place, 'audit-key.json'),
    chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }),
    kdf: newScryptParameters(),
  });
  ({ folder: home } = made.home);
  owner = made.person.id;
  // A person of the next version, as an enrolment would write and certify them: an auditor, who operates nothing.
  const keys = generateKeys();
  const base = {
    format: 'wardmux-person',
    version: 1,
    id: AUDITOR,
    name: 'Ed Example',
    roles: ['auditor'],
    created: new Date().toISOString(),
    encryptionKey: keys.encryptionKey,
    signingKey: keys.signingKey,
  } as const;
  const vaultKey = randomBytes(32);
  const identity = sealIdentity(vaultKey, keys, base);
  const slot = { id: newSlotId(), type: 'passphrase', created: base.created, kdf: newScryptParameters() } as const;
  const wrapped = wrapVaultKey(await deriveFromPassphrase(Buffer.from(words), slot.kdf), vaultKey, AUDITOR, slot);
  const person = { ...base, identity, slots: [{ ...slot, wrapped }] };
  addPerson(made.home, person);
  const { ledger } = await openLedger(made.home, made.installation);
  const facts = factsOf(person);
  const enrolled = { installation: made.installation.id, person: AUDITOR, ...facts, by: owner, after: null };
  const certificate = await certify(enrolled, made.person.signingKey, (bytes) => made.identity.sign(bytes));
  made.identity.destroy();
  await ledger.append({ action: 'person.keys', person: AUDITOR, detail: { ...facts, by: owner, ...certificate } });
  await ledger.checkpoint();
  await ledger.close();
  new Backoff(made.home, await readBackoffKey(new FileSecretStore(made.home.secrets))).create(AUDITOR);
  const ran = wardmux('record', '--json', '--person', owner, '--', 'echo', 'patient 4711');
  expect(ran).toMatchObject({ status: 0, out: expect.stringContaining('4711') });
  recording = (JSON.parse(ran.err.trim().split('\n').at(-1)!) as { recording: string }).recording;
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('playing, exporting, accepting a policy and recording are asked for, refused, and entered', () => {
  const policy = join(home, 'policy.json');
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('"idleSeconds": 300', '"idleSeconds": 600'));
  const as = ['--person', AUDITOR, '--passphrase-fd', '3'];
  const bundle = join(place, 'bundle');
  const asked: [string, string[]][] = [
    ['recording.replay.own', ['play', recording, '--raw', ...as]],
    ['recording.export.own', ['export', recording, '-o', bundle, ...as]],
    ['policy.accept', ['policy', 'accept', ...as]],
    ['audit-key.prove', ['audit-key', 'prove', join(place, 'audit-key.json'), ...as]],
    ['session.record', ['record', '--person', AUDITOR, '--', 'echo', 'never']],
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
    expect(event, err).toMatchObject({ ...(why === 'set-up' ? {} : { person: AUDITOR }), detail: { door: 'cli', needs, why } });
    expect(err).toContain(why === 'set-up' ? 'Wardmux is set up here already.' : 'Your roles do not permit this.');
  }
  expect(existsSync(bundle)).toBe(false);
  expect(existsSync(join(place, 'other.json'))).toBe(false);
  // Whose it is may.
  expect(wardmux('play', recording, '--raw', '--person', owner, '--passphrase-fd', '3')).toMatchObject({ status: 0, out: 'patient 4711\r\n' });
});
