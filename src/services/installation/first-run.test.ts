import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { loadPolicy } from '../../policy/policy.ts';
import { AuditKeyOpener, wrapSecret } from '../../recording/wrap.ts';
import { homePaths, openHome } from '../../storage/home.ts';
import { requireInstallation } from '../../storage/installation.ts';
import { FileSecretStore } from '../../storage/secret-store.ts';
import { openSigner } from '../../storage/signer.ts';
import { StorageFault } from '../../disk/fault.ts';
import { backoffPath } from '../../people/backoff.ts';
import { firstRun, type FirstRunInput } from './first-run.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { asOperator } from '../../people/active.fixture.ts';
import { listPeople, NOTHING_MORE, readPerson, unlockWithPassphrase } from '../../people/person.ts';

const words = 'kettle orbit willow prairie stamp';
let place: string;
let input: FirstRunInput;
const files = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort(); // prettier-ignore

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-first-'));
  input = {
    home: join(place, 'home'),
    name: 'Ada Example',
    passphrase: Buffer.from(words),
    auditKeyPath: join(place, 'audit-key.json'),
    workstation: 'ward-3',
    chooseStore: async (home) => ({ store: new FileSecretStore(home.secrets), reason: 'a test' }),
    kdf: newScryptParameters(),
  };
});

test('everything is there after it, and fits together', async () => {
  const result = await firstRun(input);
  const { home } = result;
  const installation = requireInstallation(home);
  expect(installation).toEqual(result.installation);
  expect(result.secretStore).toMatchObject({ name: 'file', weaker: true, sentence: expect.stringContaining('(a test)') });
  expect((await openSigner(home)).installation).toBe(installation.id);
  expect(listPeople(home)).toEqual([result.person.id]);
  (await unlockWithPassphrase(asOperator(readPerson(home, result.person.id)!), Buffer.from(words), NOTHING_MORE)).destroy();

  const { policy, sha256 } = loadPolicy(home);
  expect(sha256).toBe(result.policySha256);
  expect(policy.workstation.name).toBe('ward-3');
  expect(policy.auditKeys.map(({ kid }) => kid)).toEqual([result.auditKid]);
  const opener = await AuditKeyOpener.fromFile(result.auditKeyPath);
  const { kid, jwk } = policy.auditKeys[0]!;
  expect(await opener.open(await wrapSecret(Buffer.alloc(32, 5), { kid, role: 'audit', jwk }))).toEqual(Buffer.alloc(32, 5));
});

test('the private half of the audit key is in the recovery file and nowhere else, and every file is for its owner alone', async () => {
  const result = await firstRun(input);
  const { jwk } = JSON.parse(readFileSync(result.auditKeyPath, 'utf8')) as { jwk: { d: string } };
  const raw = Buffer.from(jwk.d, 'base64url');
  for (const path of [...files(input.home), result.auditKeyPath]) {
    expect(statSync(path).mode & 0o777, path).toBe(0o600);
    if (path === result.auditKeyPath) continue;
    const bytes = readFileSync(path);
    expect(bytes.includes(jwk.d) || bytes.includes(raw) || bytes.includes(words), path).toBe(false);
  }
});

test('a second run changes nothing', async () => {
  await firstRun(input);
  const before = files(place).map((path) => [path, readFileSync(path, 'hex')]);
  await expect(firstRun({ ...input, auditKeyPath: join(place, 'other.json') })).rejects.toMatchObject({ code: 'already-initialised' });
  expect(files(place).map((path) => [path, readFileSync(path, 'hex')])).toEqual(before);
});

test.each<[string, Partial<FirstRunInput>, string]>([
  ['a short passphrase', { passphrase: Buffer.from('too short') }, 'weak-passphrase'],
  ['a passphrase made of the name', { passphrase: Buffer.from('Ada Example Ada') }, 'weak-passphrase'],
  ['a passphrase that is not UTF-8', { passphrase: Buffer.alloc(30, 0xff) }, 'weak-passphrase'],
  ['no name', { name: '  ' }, 'bad-name'],
  ['a name with a line break', { name: 'Ada\nEve' }, 'bad-name'],
  ['a recovery file in no folder', { auditKeyPath: '/nonexistent/a/audit.json' }, 'missing'],
])('%s is refused before anything is written', async (_, change, code) => {
  await expect(firstRun({ ...input, ...change })).rejects.toMatchObject({ code });
  expect(files(place)).toEqual([]);
});

test('an existing file is never overwritten by the recovery file', async () => {
  writeFileSync(input.auditKeyPath, 'mine');
  await expect(firstRun(input)).rejects.toMatchObject({ code: 'exists' });
  expect(readFileSync(input.auditKeyPath, 'utf8')).toBe('mine');
  expect(files(input.home)).toEqual([]);
});

test('a failure in the middle takes everything back, and the next run succeeds', async () => {
  class Failing extends FileSecretStore {
    override async set(key: string, bytes: Uint8Array): Promise<void> {
      if (key === 'backoff-key') throw new StorageFault('disk-full', key, 'The disk is full.');
      return super.set(key, bytes);
    }
  }
  await expect(firstRun({ ...input, chooseStore: async (home) => ({ store: new Failing(home.secrets) }) })).rejects.toThrow('disk is full');
  expect(files(place)).toEqual([]);
  // The person's file is one of the last: a folder in the place of installation.json stops the run after it.
  const { installation } = homePaths(input.home);
  mkdirSync(installation);
  await expect(firstRun(input)).rejects.toMatchObject({ code: 'already-initialised' });
  rmSync(installation, { recursive: true });
  await firstRun(input);
});

test('what a crash in the middle left is set aside, not lost and not used', async () => {
  const { home, person, auditKeyPath } = await firstRun(input);
  rmSync(home.installation);
  const policy = readFileSync(home.policy, 'utf8');
  await expect(firstRun(input)).rejects.toMatchObject({ code: 'exists' });
  expect(readFileSync(home.policy, 'utf8')).toBe(policy);
  const again = await firstRun({ ...input, auditKeyPath: join(place, 'second.json') });
  expect(existsSync(auditKeyPath)).toBe(true);
  expect(listPeople(home)).toEqual([again.person.id]);
  const aside = readdirSync(home.folder).find((name) => name.startsWith('unfinished-'))!;
  expect(readFileSync(join(home.folder, aside, 'policy.json'), 'utf8')).toBe(policy);
  expect(readdirSync(join(home.folder, aside))).toContain(`${person.id}.json`);
  expect(existsSync(backoffPath(home, person.id))).toBe(false);
});

test('where installation.json is lost and there are recordings, nothing is touched', async () => {
  const { home } = await firstRun(input);
  rmSync(home.installation);
  mkdirSync(join(home.recordings, '20261122-000000-00000000'));
  await expect(firstRun({ ...input, auditKeyPath: join(place, 'second.json') })).rejects.toMatchObject({ code: 'incomplete' });
  expect(existsSync(home.policy)).toBe(true);
});

test('two first runs at once: one wins, the other finds it done', async () => {
  openHome(input.home);
  const results = await Promise.allSettled([firstRun(input), firstRun({ ...input, auditKeyPath: join(place, 'second.json') })]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(listPeople(homePaths(input.home))).toHaveLength(1);
  expect(readdirSync(place).filter((name) => name.endsWith('.json'))).toHaveLength(1);
});
