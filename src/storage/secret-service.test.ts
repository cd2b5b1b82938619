/** In a file of its own, and so in a process of its own: libdbus takes the address of the bus from the environment once. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHome } from './home.ts';
import { contract } from './secret-store.contract.ts';
import { chooseSecretStore, SecretServiceStore } from './secret-store.ts';

const send = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets'];
const folder = (): string => mkdtempSync(join(tmpdir(), 'wardmux-keyring-'));

const missing = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon'].filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);

test('the programs for a real Secret Service are here', (context) => {
  if (missing.length > 0) context.skip(`the Secret Service is not tried, because these are not installed: ${missing.join(', ')}`);
});

if (missing.length === 0)
  describe('Secret Service (gnome-keyring on a bus of its own)', () => {
    const before = { ...process.env };
    const place = folder();
    let store: SecretServiceStore;
    const pids: number[] = [];

    beforeAll(async () => {
      const home = join(place, 'home');
      const run = join(place, 'run');
      for (const path of [home, run, join(home, '.local/share/keyrings')]) mkdirSync(path, { recursive: true, mode: 0o700 });
      const env = { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: run, XDG_DATA_HOME: join(home, '.local/share') };
      const bus = `unix:path=${run}/bus`;
      pids.push(Number(execFileSync('dbus-daemon', ['--session', `--address=${bus}`, '--fork', '--print-pid'], { env, encoding: 'utf8' }).trim()));
      Object.assign(process.env, env, { DBUS_SESSION_BUS_ADDRESS: bus });
      delete process.env['DISPLAY'];
      const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
        env: { ...env, DBUS_SESSION_BUS_ADDRESS: bus },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      pids.push(daemon.pid!);
      daemon.stdin.end('a test password\n');
      store = new SecretServiceStore(`w-${process.pid.toString(16).padStart(12, '0')}`);
      // The daemon needs a moment to take its name on the bus. Who asks for the service before that makes the bus start
      // another daemon, with a locked keyring; to ask whether the name is taken starts nothing.
      const taken = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
      while (!spawnSync('dbus-send', taken, { encoding: 'utf8' }).stdout.includes('true')) await new Promise((resolve) => setTimeout(resolve, 20));
      for (let reason: string | undefined = 'not asked'; reason !== undefined;) {
        reason = await store.unavailable();
        if (reason !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    afterAll(() => {
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGTERM');
        } catch {
          // It has ended by itself.
        }
      }
      for (const name of ['HOME', 'XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    });

    contract(() => store);

    test('it is chosen where it works, and the secret is on no file in the clear', async () => {
      const chosen = await chooseSecretStore(openHome(folder()), 'w-0000000000aa');
      expect(chosen).toMatchObject({ store: { name: 'secret-service', weaker: false } });
      expect(chosen.reason).toBeUndefined();
      await chosen.store.set('canary', Buffer.from('canary-7f3a91'));
      const keyrings = join(place, 'home/.local/share/keyrings');
      expect(existsSync(keyrings)).toBe(true);
      const files = execFileSync('find', [keyrings, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n');
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) expect(readFileSync(file).includes('canary-7f3a91')).toBe(false);
    });

    test('two installations of one account do not see each other', async () => {
      await store.set('mine', Buffer.from([1]));
      expect(await new SecretServiceStore('w-0000000000ff').get('mine')).toBeUndefined();
    });

    test('a locked keyring is said so at once, and nothing is read, written or chosen instead', async () => {
      await store.set('kept', Buffer.from([7]));
      const alias = execFileSync('dbus-send', [...send, 'org.freedesktop.Secret.Service.ReadAlias', 'string:default'], { encoding: 'utf8' });
      const collection = /object path "([^"]+)"/.exec(alias)![1]!;
      execFileSync('dbus-send', [...send, 'org.freedesktop.Secret.Service.Lock', `array:objpath:${collection}`]);
      // Who asked the person instead would wait for ever.
      expect(await store.unavailable()).toBe('The login keyring is locked.');
      // At the first run it is not taken for none, which would be for good: the person unlocks it, or says that it shall be files.
      const home = openHome(folder());
      await expect(chooseSecretStore(home, 'w-0000000000aa')).rejects.toThrow(
        /keyring is locked\. So nothing was made.*wardmux init --name "Your Name" --secret-store file --replace-installation$/,
      );
      expect((await chooseSecretStore(home, 'w-0000000000aa', process.env, 'file')).store.name).toBe('file');
      await expect(store.get('kept')).rejects.toMatchObject({ code: 'secret-store', message: expect.stringContaining('keyring is locked') });
      await expect(store.set('kept', Buffer.from([8]))).rejects.toMatchObject({ code: 'secret-store' });
      // The same where the desktop is asked for the password, and nothing here can show the question.
      const asking = new SecretServiceStore(`w-${process.pid.toString(16).padStart(12, '0')}`, process.env, true);
      await expect(asking.get('kept')).rejects.toMatchObject({ code: 'secret-store', message: expect.stringContaining('keyring is locked') });
    });
  });
