import { execFileSync } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { contract } from './secret-store.contract.ts';
import { openHome } from './home.ts';
import { MemorySecretStore } from './secret-store.fixture.ts';
import { chooseSecretStore, FileSecretStore, SecretServiceStore } from './secret-store.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'wardmux-secrets-'));

describe('memory', () => {
  const store = new MemorySecretStore();
  contract(() => store);
});

describe('file', () => {
  const home = openHome(folder());
  const store = new FileSecretStore(home.secrets);
  contract(() => store);

  test('nobody else can read the files, and it is labelled weaker', async () => {
    await store.set('mode', Buffer.from([1]));
    expect(statSync(join(home.secrets, 'mode.secret')).mode & 0o777).toBe(0o600);
    expect(store).toMatchObject({ weaker: true, sentence: expect.stringContaining('weaker') });
  });
});

describe('without a Secret Service', () => {
  test.each([
    ['no bus', {}],
    ['a display but no bus', { DISPLAY: ':99' }],
    ['a runtime folder without a bus', { XDG_RUNTIME_DIR: folder() }],
  ])('%s: it is said at once, and files are chosen', async (_, env) => {
    // Who waited for a bus that is not there would take longer than a test may, 25 s.
    const { store, reason } = await chooseSecretStore(openHome(folder()), 'w-000000000000', env);
    expect(store.name).toBe('file');
    expect(reason).toContain('no D-Bus session');
  });

  test('the library itself refuses instead of falling back to the kernel keyring', async () => {
    // In a process of its own, because the library reads the environment once.
    const script = `import('@napi-rs/keyring').then(async ({ AsyncEntry }) => {
      try { await new AsyncEntry('wardmux', 'x', { linux: { store: 'secret-service' } }).setSecret(new Uint8Array(1)); console.log('stored'); }
      catch { console.log('refused'); } process.exit(0); });`;
    const env = { PATH: process.env['PATH'], HOME: folder(), DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8', timeout: 60_000 }).trim()).toBe('refused');
  });

  test('a store that is missing later is an error with a sentence', async () => {
    process.env['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=/nonexistent/bus';
    const store = new SecretServiceStore('w-000000000000');
    await expect(store.get('signing-key')).rejects.toMatchObject({ code: 'secret-store', message: expect.stringContaining('unlock the login keyring') });
  });
});
