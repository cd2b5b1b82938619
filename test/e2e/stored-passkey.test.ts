/**
 * A passkey without PRF, with half of its key in a real Secret Service (gnome-keyring on a bus of its own), by real ceremonies: it opens as long as the
 * policy, the keyring and the person agree to that, and not longer. In a file of its own, and so in a process of its own: libdbus takes the address of the
 * bus from the environment once.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingKeyringPrograms, startKeyring, type Keyring } from '../../src/storage/keyring.fixture.ts';
import { brings } from '../support/brings.ts';
import { authenticator, entered, passphrase, passphraseField, pressPasskey, prompt, root, start, until, type Entered, type Running } from './support.ts';

test('the programs for a real Secret Service are here', (context) => {
  if (missingKeyringPrograms.length > 0) context.skip(`no half can be kept, because these are not installed: ${missingKeyringPrograms.join(', ')}`);
});

interface Slot {
  readonly id: string;
  readonly type: string;
}
type Record_ = { readonly version: number; readonly slots: readonly Slot[] };

if (missingKeyringPrograms.length === 0)
  describe('beside a keyring', () => {
    const before = { ...process.env };
    let keyring: Keyring;
    let running: Running;

    /** A command of the same account, waited for without keeping the app, which runs in this process, from the ledger's lock. @returns what it says */
    const command = async (args: readonly string[]): Promise<string> => {
      const env = { ...keyring.env, LANG: 'C.UTF-8', WARDMUX_HOME: running.home, PASS: passphrase };
      const ran = promisify(execFile)('bash', ['-c', '"$0" "$@" 3<<<"$PASS"', join(root, 'bin', 'wardmux'), ...args], { env });
      ran.child.stdin?.end();
      return (await ran).stdout;
    };
    const record = (): Record_ => {
      const name = readdirSync(join(running.home, 'people')).find((file) => /^p-[0-9a-f]+\.json$/.test(file))!;
      return JSON.parse(readFileSync(join(running.home, 'people', name), 'utf8')) as Record_;
    };
    const unlocks = (): Entered[] => entered(running, 'unlock').filter(({ detail }) => detail?.['again'] !== true);
    const changes = (): unknown[] => entered(running, 'person.keys').flatMap(({ detail }) => detail?.['change'] ?? []);
    const alerts = async (): Promise<string> => (await running.page.locator('[role=alert]').allInnerTexts()).join(' ');
    const band = () => running.page.getByRole('dialog', { name: 'Key slots' });
    const button = (name: string | RegExp) => band().getByRole('button', { name });
    const says = (words: string): Promise<void> =>
      until(async () => (await band().innerText()).includes(words), `"${words}" in the band`).catch(async (error: unknown) => {
        throw new Error(`${String(error)}; it says: ${await band().innerText()}`);
      });
    const openBand = async (): Promise<void> => {
      await running.page.keyboard.press('Control+b');
      await running.page.keyboard.type(':key-slots');
      await brings(() => running.page.keyboard.press('Enter'), band());
      await says('made');
    };
    const confirmed = async (): Promise<void> => {
      await openBand();
      await band().locator('#confirm').fill(passphrase);
      await brings(() => running.page.keyboard.press('Enter'), button(/^Add a passkey/));
    };
    const lock = async (): Promise<void> => {
      await running.app.lock('hotkey');
      await running.surface('lock');
    };
    const byPassphrase = async (): Promise<void> => {
      await (await passphraseField(running)).fill(passphrase);
      await running.page.keyboard.press('Enter');
      await running.surface('workspace');
      await prompt(running);
    };
    /** With the policy as it is, but for this. */
    const allow = async (storedPasskeys: boolean): Promise<void> => {
      const policy = JSON.parse(readFileSync(join(running.home, 'policy.json'), 'utf8')) as { unlock: object };
      const file = join(running.folder, `stored-${String(storedPasskeys)}.json`);
      writeFileSync(file, JSON.stringify({ ...policy, unlock: { ...policy.unlock, storedPasskeys } }));
      await command(['policy', 'apply', file, '--passphrase-fd', '3']);
    };
    const dbus = (member: string, ...more: string[]): string =>
      execFileSync('dbus-send', ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets', member, ...more], {
        env: keyring.env,
        encoding: 'utf8',
      });
    const lockKeyring = (): void => {
      const collection = /object path "([^"]+)"/.exec(dbus('org.freedesktop.Secret.Service.ReadAlias', 'string:default'))![1]!;
      dbus('org.freedesktop.Secret.Service.Lock', `array:objpath:${collection}`);
    };
    /** As any program of the account can. @returns whether the keyring has something under this name */
    const kept = (slot: string): boolean => {
      const { id } = JSON.parse(readFileSync(join(running.home, 'installation.json'), 'utf8')) as { id: string };
      const found = dbus('org.freedesktop.Secret.Service.SearchItems', `dict:string:string:username,${id}/passkey-slot.${slot}`);
      return found.includes('/org/freedesktop/secrets/collection/');
    };

    beforeAll(async () => {
      keyring = await startKeyring(mkdtempSync(join(tmpdir(), 'wardmux-sp-')));
      Object.assign(process.env, keyring.env);
      delete process.env['DISPLAY'];
      delete process.env['WAYLAND_DISPLAY'];
      running = undefined as never;
      const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
      running = { home: join(folder, 'home'), folder } as Running;
      await command(['init', '--name', 'Mara Ueda', '--preset', 'it-office', '--passphrase-fd', '3', '--audit-key-out', join(folder, 'audit.json')]);
      running = await start({ folder, env: keyring.env });
    });
    afterAll(async () => {
      await running.stop();
      running.remove();
      keyring.stop();
      for (const name of Object.keys(keyring.env).concat('DISPLAY', 'WAYLAND_DISPLAY')) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    });

    test('added, it opens; where policy, keyring or verification say no, it does not; removed, nothing of it is left', { timeout: 180_000 }, async () => {
      await byPassphrase();
      const { session, id } = await authenticator(running.page, false);
      await confirmed();
      await button(/^Weaker passkey/).click();
      await says('neither was made to be a secret');
      await band().locator('#slot-name').fill('Old ring');
      await running.page.keyboard.press('Enter');
      await says('The weaker passkey was proven');
      await says('half of its key is in the secret store');
      expect(record()).toMatchObject({ version: 2, slots: [{ type: 'passphrase' }, { type: 'passkey-store' }] });
      const slot = record().slots[1]!;
      expect(kept(slot.id)).toBe(true);
      expect(changes()).toEqual(['passkey-store']);
      await button(/^Try: Old ring/).click();
      await says('Old ring opens your recordings');
      await button(/^Close/).click();

      await lock();
      await pressPasskey(running);
      await running.surface('workspace');
      await prompt(running);
      expect(unlocks().at(-1)).toMatchObject({ outcome: 'success', credential: slot.id, detail: { method: 'passkey', uv: true } });

      // Forbidden from now on: the lock page has no such way in, and the band none to add.
      await allow(false);
      await lock();
      await running.page.locator('input[type=password]').waitFor();
      expect(await running.page.getByRole('button', { name: /passkey/i }).count()).toBe(0);
      await byPassphrase();
      await confirmed();
      expect(await button(/^Weaker passkey/).count()).toBe(0);
      await button(/^Close/).click();
      await allow(true);
      await lock();
      await pressPasskey(running);
      await running.surface('workspace');
      await prompt(running);
      expect(unlocks().at(-1)).toMatchObject({ outcome: 'success', credential: slot.id });

      // The keyring is locked, as any program of the account can: its half cannot be had, which is said and entered. The passphrase opens all the same.
      await lock();
      lockKeyring();
      await pressPasskey(running);
      await until(async () => (await alerts()).includes('keyring is locked'), 'the sentence on the keyring');
      expect(running.app.surface).toBe('lock');
      expect(unlocks().at(-1)).toMatchObject({ outcome: 'failure' });
      await byPassphrase();
      await lock();
      await keyring.open();
      await pressPasskey(running);
      await running.surface('workspace');
      await prompt(running);
      expect(unlocks().at(-1)).toMatchObject({ outcome: 'success', credential: slot.id });

      // Not verified: the keyring has its half, and the authenticator its own. A failed verification blocks it for good.
      await lock();
      await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false });
      await pressPasskey(running);
      await until(async () => (await alerts()).includes('not used'), 'the sentence that it was not used');
      expect(running.app.surface).toBe('lock');
      await byPassphrase();

      expect(await command(['person', 'slots'])).toContain('weaker');
      await confirmed();
      await button(/^Remove: Old ring/).click();
      await button(/^Remove/).click();
      await says('It opens nothing any more');
      expect(record()).toMatchObject({ version: 1, slots: [{ type: 'passphrase' }] });
      expect(changes()).toEqual(['passkey-store', 'removed']);
      expect(kept(slot.id)).toBe(false);
      await command(['ledger', 'verify']);
    });
  });
