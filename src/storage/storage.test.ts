import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { beforeEach, expect, test } from 'vitest';
import { createNew, largestSmallFile, readSmall, writeAtomic } from '../disk/atomic.ts';
import { storageFault } from '../disk/errno.ts';
import { homeFolder, openHome } from './home.ts';
import { createInstallation, newInstallationId, readInstallation, requireInstallation } from './installation.ts';
import { readJson } from '../disk/json.ts';
import { withFileLock } from '../disk/lock.ts';
import { MemorySecretStore } from './secret-store.fixture.ts';
import { mldsa44Verify } from '../crypto/mldsa.ts';
import { createSigningKey, openSigner } from './signer.ts';
import { createPublicKey, verify } from 'node:crypto';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-storage-'));
});
const mode = (path: string): number => statSync(path).mode & 0o777;

test('the data folder is where the environment says', () => {
  expect(homeFolder({ WARDMUX_HOME: '/a/b', XDG_DATA_HOME: '/x', HOME: '/h' })).toBe('/a/b');
  expect(homeFolder({ XDG_DATA_HOME: '/x', HOME: '/h' })).toBe('/x/wardmux');
  expect(homeFolder({ XDG_DATA_HOME: 'relative', HOME: '/h' })).toBe('/h/.local/share/wardmux');
  expect(homeFolder({ HOME: '/h' })).toBe('/h/.local/share/wardmux');
});

test('it is made with all its folders, for its owner alone, also where somebody made it before', () => {
  for (const path of [join(folder, 'deep/er/home'), folder]) {
    if (path === folder) chmodSync(folder, 0o755);
    const home = openHome(path);
    for (const made of [home.folder, home.people, home.secrets, home.ledger, home.recordings, home.run]) expect(mode(made)).toBe(0o700);
    expect(openHome(path)).toEqual(home);
  }
});

test('a folder that others can write is refused, with the command that mends it', () => {
  chmodSync(folder, 0o770);
  expect(() => openHome(folder)).toThrow(/Others can write in .* \(mode 770\)\. Run: chmod 700/);
  chmodSync(folder, 0o700);
  chmodSync(openHome(folder).people, 0o707);
  expect(() => openHome(folder)).toThrow(/people \(mode 707\)/);
});

test('what is not a folder is refused and left alone', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'mine');
  expect(() => openHome(file)).toThrow('is not a folder');
  expect(() => openHome(join(file, 'below'))).toThrow(/not a folder/);
  expect(readFileSync(file, 'utf8')).toBe('mine');
  mkdirSync(join(folder, 'home/elsewhere'), { recursive: true });
  chmodSync(join(folder, 'home'), 0o700);
  symlinkSync(join(folder, 'home/elsewhere'), join(folder, 'home/people'));
  expect(() => openHome(join(folder, 'home'))).toThrow(/people is not a folder/);
});

test.each([
  ['EROFS', 'read-only', 'read-only'],
  ['ENOSPC', 'disk-full', 'disk is full'],
  ['EDQUOT', 'disk-full', 'quota'],
  ['EACCES', 'denied', 'permission is denied'],
  ['EIO', 'io', 'Check the disk'],
  ['EWHATEVER', 'io', 'EWHATEVER'],
])('%s has its sentence', (code, kind, words) => {
  const fault = storageFault(Object.assign(new Error('x'), { code }), 'write', '/a/b');
  expect(fault).toMatchObject({ code: kind, path: '/a/b' });
  expect(fault.message).toContain(words);
  expect(fault.message).toContain('Cannot write /a/b: ');
});

test('writeAtomic replaces, createNew never does, and neither leaves anything beside', () => {
  const path = join(folder, 'a.json');
  createNew(path, 'one');
  expect(() => createNew(path, 'two')).toThrow('exists already and is left as it is');
  expect(readFileSync(path, 'utf8')).toBe('one');
  expect(mode(path)).toBe(0o600);
  writeAtomic(path, 'three');
  expect(readFileSync(path, 'utf8')).toBe('three');
  expect(mode(path)).toBe(0o600);
  expect(() => createNew(join(folder, 'none/a'), 'x')).toThrow('does not exist. Make it first');
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
  expect(() => createNew(join(folder, 'dangling'), 'x')).toThrow('exists already');
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['a.json', 'dangling']);
});

test('a lock is held by one, given back, and taken over from a process that is gone', async () => {
  const path = join(folder, 'a.lock');
  expect(await withFileLock(path, 'A test', async () => withFileLock(path, 'A test', async () => 'both').catch((error: unknown) => error))).toMatchObject({
    code: 'busy',
    message: `A test is going on already: another process holds ${path}. Wait until it is done.`,
  });
  expect(existsSync(path)).toBe(false);
  await expect(withFileLock(path, 'A test', () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
  expect(existsSync(path)).toBe(false);
  // What one has left that was killed: between its making and its content, or with a number that another process has by now.
  for (const left of ['', `${process.pid}\n`, 'what somebody likes']) {
    writeFileSync(path, left);
    expect(await withFileLock(path, 'A test', async () => 'taken')).toBe('taken');
    expect(existsSync(path)).toBe(false);
  }
  symlinkSync(join(folder, 'elsewhere'), path);
  await expect(withFileLock(path, 'A test', async () => 'taken')).rejects.toMatchObject({ code: 'corrupt' });
  expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
});

test('a lock whose file was taken away is let go of without the one that another holds by then', async () => {
  const path = join(folder, 'a.lock');
  const entered: string[] = [];
  const within = (name: string, until: Promise<unknown>): Promise<unknown> =>
    withFileLock(path, name, async () => {
      entered.push(name);
      await until;
    });
  const [a, b] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const first = within('A', a.promise);
  rmSync(path);
  const second = within('B', b.promise);
  expect(entered).toEqual(['A', 'B']);
  a.resolve();
  await first;
  await expect(within('C', Promise.resolve())).rejects.toMatchObject({ code: 'busy' });
  b.resolve();
  await second;
  expect(entered).toEqual(['A', 'B']);
  expect(existsSync(path)).toBe(false);
});

test('a lock that is another file under a second name is refused, and that file stays as it is', async () => {
  const path = join(folder, 'a.lock');
  writeFileSync(join(folder, 'other'), 'what somebody keeps');
  linkSync(join(folder, 'other'), path);
  await expect(withFileLock(path, 'A test', async () => 'taken')).rejects.toMatchObject({
    code: 'corrupt',
    message: expect.stringContaining(`Cannot lock ${path}: the same file stands under another name too`),
  });
  expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('what somebody keeps');
});

test('a process that is killed while it holds a lock holds nobody up', async () => {
  const path = join(folder, 'a.lock');
  const holder = `import { withFileLock } from ${JSON.stringify(join(import.meta.dirname, '../disk/lock.ts'))};
await withFileLock(${JSON.stringify(path)}, 'A test', () => new Promise(() => { console.log('held'); setInterval(() => {}, 1000); }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  await expect(withFileLock(path, 'A test', async () => 'taken')).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringContaining(`another process holds ${path}`),
  });
  child.kill('SIGKILL');
  await ended;
  expect(existsSync(path)).toBe(true);
  expect(await withFileLock(path, 'A test', async () => 'taken')).toBe('taken');
});

test('only small plain files are read', () => {
  expect(readSmall(join(folder, 'none'))).toBeUndefined();
  expect(() => readSmall(folder)).toThrow('not a plain file');
  expect(() => readSmall('/dev/zero')).toThrow('not a plain file');
  writeFileSync(join(folder, 'big'), Buffer.alloc(largestSmallFile + 1));
  expect(() => readSmall(join(folder, 'big'))).toThrow('larger than 1 MiB');
});

test('JSON that is not as it should be is named with its field', () => {
  const path = join(folder, 'a.json');
  const schema = z.strictObject({ a: z.strictObject({ b: z.number() }) });
  writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]));
  expect(() => readJson(schema, path, 'Mend it.')).toThrow(`${path} is not JSON in UTF-8. It is left as it is. Mend it.`);
  writeFileSync(path, '{"a":{"b":"1"}}');
  expect(() => readJson(schema, path, 'Mend it.')).toThrow(`${path} is not valid at a.b (line 1): `);
});

test('the installation is written once, and missing is a sentence', async () => {
  const home = openHome(folder);
  expect(readInstallation(home)).toBeUndefined();
  expect(() => requireInstallation(home)).toThrow('There is no Wardmux in');
  const store = new MemorySecretStore();
  const halves = await createSigningKey(store);
  const installation = {
    format: 'wardmux-installation',
    version: 1,
    id: newInstallationId(),
    created: '2026-11-22T00:00:00.000Z',
    ...halves,
    secretStore: 'file',
  } as const;
  createInstallation(home, installation);
  expect(requireInstallation(home)).toEqual(installation);
  expect(() => createInstallation(home, installation)).toThrow('exists already');

  const signer = await openSigner(home, installation, store);
  expect(signer.installation).toBe(installation.id);
  const bytes = Buffer.from('a checkpoint');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: halves.publicKey }, format: 'jwk' });
  expect(verify(null, bytes, key, await signer.sign(bytes))).toBe(true);
  expect(mldsa44Verify(signer.second!.publicKey, bytes, await signer.second!.sign(bytes))).toBe('good');
  expect(Buffer.from(signer.second!.publicKey).toString('base64url')).toBe(halves.secondKey);
});

test('a signing key that is missing, damaged, another or of another kind is refused', async () => {
  const home = openHome(folder);
  const store = new MemorySecretStore();
  const halves = await createSigningKey(store);
  const installation = {
    format: 'wardmux-installation',
    version: 1,
    id: newInstallationId(),
    created: '2026-11-22T00:00:00.000Z',
    ...halves,
    secretStore: 'file',
  } as const;
  // Half of another key is not this one.
  const { secondKey } = await createSigningKey(store);
  await expect(openSigner(home, { ...installation, secondKey: secondKey! }, store)).rejects.toThrow('not the one that');
  await expect(openSigner(home, installation, store)).rejects.toThrow('not the one that');
  await store.set('signing-key', Buffer.from('nonsense'));
  await expect(openSigner(home, installation, store)).rejects.toThrow('damaged');
  await store.delete('signing-key');
  await expect(openSigner(home, installation, store)).rejects.toThrow('is not in its secret store');
});

test('the line of what is not valid is the one that it stands on, or that of what holds it', () => {
  const path = join(folder, 'lines.json');
  const schema = z.strictObject({ list: z.array(z.strictObject({ deep: z.number(), 'odd "name", {[': z.array(z.number()).optional() })), last: z.number() });
  const lines = (...text: string[]): string => text.join('\n');
  const cases: [string, string][] = [
    [lines('{', '  "list": [', '    { "deep": 1 },', '    {', '      "deep":', '        "x"', '    }', '  ],', '  "last": 1', '}'), 'list.1.deep (line 6)'],
    [lines('{ "list": [], "last":', '"a, b: {[" }'), 'last (line 2)'],
    [lines('{', '"list": [{', '"odd \\"name\\", {[": [1, 2,', 'true]', ', "deep": 1}], "last": 2}'), 'list.0.odd "name", {[.2 (line 4)'],
    [lines('{', '"list": [', '{}', '], "last": 1}'), 'list.0.deep (line 3)'],
    [lines('', '', '[]'), 'the top level (line 3)'],
  ];
  for (const [text, where] of cases) {
    writeFileSync(path, text);
    expect(() => readJson(schema, path, ''), text).toThrow(`is not valid at ${where}: `);
  }
});

test('JSON that is nested without end is refused before its fault is looked for, brackets in a text count for nothing', () => {
  const path = join(folder, 'deep.json');
  const schema = z.looseObject({ a: z.unknown() });
  for (const text of ['['.repeat(1 << 20), `{"a":${'['.repeat(65)}${']'.repeat(65)}}`, '{"a":'.repeat(100_000)]) {
    writeFileSync(path, text);
    expect(() => readJson(schema, path, 'Mend it.')).toThrow(`${path} is nested more than 64 deep. It is left as it is. Mend it.`);
  }
  for (const a of [JSON.parse(`${'['.repeat(63)}${']'.repeat(63)}`) as unknown, '['.repeat(1000), `\\"${'{'.repeat(1000)}`]) {
    writeFileSync(path, JSON.stringify({ a }));
    expect(readJson(schema, path, '')).toEqual({ a });
  }
});
