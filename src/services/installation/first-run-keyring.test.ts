/**
 * The first run with its keys in files, beside a real keyring that knows another installation of the folder, or cannot be asked.
 * In a file of its own, and so in a process of its own: libdbus takes the address of the bus from the environment once.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { nodeFlags } from '../../native/protect.ts';
import { missingKeyringPrograms, startKeyring, type Keyring } from '../../storage/keyring.fixture.ts';
import { pinFirstUse } from '../../storage/identity-pin.ts';
import { firstRun, type FirstRunInput, type FirstRunResult } from './first-run.ts';
import { openInstallation } from './installation.ts';
import { commandScript } from '../../../test/support/command.ts';
import { waitFor } from '../../../test/support/wait-for.ts';

test('the programs for a real Secret Service are here', (context) => {
  if (missingKeyringPrograms.length > 0) context.skip(`nothing can be pinned, because these are not installed: ${missingKeyringPrograms.join(', ')}`);
});

const words = 'kettle orbit willow prairie stamp';

function dbus(path: string, member: string, ...more: string[]): string {
  return execFileSync('dbus-send', ['--session', '--print-reply', '--dest=org.freedesktop.secrets', path, member, ...more], { encoding: 'utf8' });
}
const service = '/org/freedesktop/secrets';

/** As any program of the account can. */
function lockKeyring(): void {
  const collection = /object path "([^"]+)"/.exec(dbus(service, 'org.freedesktop.Secret.Service.ReadAlias', 'string:default'))![1]!;
  dbus(service, 'org.freedesktop.Secret.Service.Lock', `array:objpath:${collection}`);
}

if (missingKeyringPrograms.length === 0)
  describe('beside a keyring', () => {
    const before = { ...process.env };
    let keyring: Keyring;
    let place: string;
    let home: string;

    beforeAll(async () => {
      keyring = await startKeyring(mkdtempSync(join(tmpdir(), 'wardmux-frk-')));
      Object.assign(process.env, keyring.env);
      delete process.env['DISPLAY'];
      delete process.env['WAYLAND_DISPLAY'];
    });
    beforeEach(() => {
      place = mkdtempSync(join(tmpdir(), 'wardmux-first-'));
      home = join(place, 'home');
    });
    afterAll(() => {
      keyring.stop();
      for (const name of ['HOME', 'XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    });

    let runs = 0;
    async function run(more: Partial<FirstRunInput> = {}): Promise<FirstRunResult> {
      const auditKeyPath = join(place, `audit-${runs++}.json`);
      const result = await firstRun({ home, name: 'Ada Example', passphrase: Buffer.from(words), auditKeyPath, kdf: newScryptParameters(), ...more });
      result.identity.destroy();
      return result;
    }
    const open = () => openInstallation({ env: { ...process.env, WARDMUX_HOME: home } });
    const pins = (): unknown[] =>
      readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"installation.pin"'))
        .map((line) => (JSON.parse(line) as { detail: unknown }).detail);

    test('who gives the old one up and wants files has one that opens, and the keyring knows it', async () => {
      const first = await run();
      expect(first.installation.secretStore).toBe('secret-service');
      rmSync(home, { recursive: true });
      await expect(run({ secretStore: 'file' })).rejects.toMatchObject({ code: 'pinned', message: expect.stringContaining(first.installation.id) });
      const second = await run({ secretStore: 'file', replaceInstallation: true });
      expect(second.installation.secretStore).toBe('file');
      expect(await open()).toMatchObject({ identity: { state: 'pinned' } });
      expect(pins()).toEqual([{ how: 'first-run', previous: first.installation.id }]);
    });

    test('while the keyring is locked nothing is made over what it may know, unless that is given up; later it says what to do, and that works', async () => {
      const first = await run();
      rmSync(home, { recursive: true });
      lockKeyring();
      const refused = await run({ secretStore: 'file' }).catch((error: Error) => error);
      expect(refused).toMatchObject({
        code: 'secret-store',
        message: expect.stringMatching(/cannot be asked.*keyring is locked.*--secret-store file --replace-installation$/),
      });
      expect(existsSync(join(home, 'installation.json'))).toBe(false);

      // The advice of the one who has said nothing works as it is written.
      const advice = await run().catch((error: Error) => error.message);
      const command = /wardmux (init .*)$/.exec(String(advice))![1]!;
      const pass = join(place, 'pass');
      writeFileSync(pass, `${words}\n`);
      const line = `exec "$@" ${command} --audit-key-out '${join(place, 'a.json')}' --passphrase-fd 3 3< '${pass}'`;
      const done = spawnSync('sh', ['-c', line, '-', process.execPath, ...nodeFlags, commandScript], {
        env: { ...keyring.env, WARDMUX_HOME: home },
        encoding: 'utf8',
      });
      expect(done).toMatchObject({ status: 0, stderr: expect.stringContaining('could not be asked what it knows of this folder') });
      const { id } = JSON.parse(readFileSync(join(home, 'installation.json'), 'utf8')) as { id: string };
      expect(pins()).toEqual([{ how: 'not-asked' }]);
      expect(await open()).toMatchObject({ identity: { state: 'unchecked' } });

      // The same keyring, open again: it is not taken from the folder's word, and the person is told what to do.
      const { HOME } = keyring.env;
      keyring.stop();
      keyring = await startKeyring(join(HOME!, '..'));
      Object.assign(process.env, keyring.env);
      const other = await open().catch((error: Error) => error);
      expect(other).toMatchObject({ code: 'identity', message: expect.stringContaining(`(${first.installation.id}, secret-service)`) });
      const [, secret] = new RegExp(`Only where you made ${id} yourself.*secret-tool clear service wardmux username ([^)]+)\\)`).exec(
        (other as Error).message,
      )!;
      const found = dbus(service, 'org.freedesktop.Secret.Service.SearchItems', `dict:string:string:service,wardmux,username,${secret}`);
      const items = [...found.matchAll(/object path "([^"]+)"/g)].map(([, item]) => item!);
      expect(items).toHaveLength(1);
      dbus(items[0]!, 'org.freedesktop.Secret.Item.Delete');
      const site = await open();
      expect(site.identity.state).toBe('unpinned');
      expect(await pinFirstUse(site.home, site.installation)).toBe(true);
      expect(await open()).toMatchObject({ identity: { state: 'pinned' } });
    });

    test('at an unlock a keyring that is locked by then is said, and is not taken for none: nothing is tried, and once it is open the same command does it', async () => {
      await run();
      const pass = join(place, 'pass');
      writeFileSync(pass, `${words}\n`);
      const line = `exec "$@" person slots --codes --passphrase-fd 3 3< '${pass}'`;
      const command = () =>
        spawnSync('sh', ['-c', line, '-', process.execPath, ...nodeFlags, commandScript], { env: { ...keyring.env, WARDMUX_HOME: home }, encoding: 'utf8' });
      const ledger = (): string => readFileSync(join(home, 'ledger/events.jsonl'), 'utf8');
      const before = ledger();
      lockKeyring();
      // On a busy machine it may be silent for the second that it is given: said so, too, and not taken for none.
      const said = /(The login keyring is locked|did not answer within a second)\. Start and unlock the login keyring/;
      expect(command()).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(said) });
      expect(ledger()).toBe(before);
      expect(JSON.parse(readFileSync(join(home, 'installation.json'), 'utf8'))).toMatchObject({ secretStore: 'secret-service' });
      const { HOME } = keyring.env;
      keyring.stop();
      keyring = await startKeyring(join(HOME!, '..'));
      Object.assign(process.env, keyring.env);
      await waitFor(() => expect(command()).toMatchObject({ status: 0, stdout: expect.stringMatching(/[0-9A-Z]{4}-/) }));
      expect(ledger()).toMatch(/"action":"unlock",.*"outcome":"success"/);
    });
  });
