/**
 * A forger without any key who can write every file of the data folder, against a real Secret Service: becomes the
 * installation by naming a key of their own in installation.json, with a history that they signed themselves.
 */
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EMPTY_CHAIN, nextChain, signHead, slotOf } from '../../src/ledger/head.ts';
import { checkpointText, ledgerOrigin, noteKey, signNote } from '../../src/ledger/note.ts';
import { generateAuditKey } from '../../src/recording/wrap.ts';
import { leafHash, MerkleTree } from '../../src/merkle/tree.ts';
import { missingKeyringPrograms, startKeyring, type Keyring } from '../../src/storage/keyring.fixture.ts';
import { nodeFlags } from '../../src/native/protect.ts';
import { commandScript } from '../support/command.ts';

const missing = missingKeyringPrograms;
test('the programs for a real Secret Service are here', (context) => {
  if (missing.length > 0) context.skip(`nothing can be pinned, because these are not installed: ${missing.join(', ')}`);
});

const words = 'kettle orbit willow prairie stamp';

if (missing.length === 0)
  describe('whoever can write every file of the data folder', () => {
    const place = mkdtempSync(join(tmpdir(), 'wardmux-root-'));
    const home = join(place, 'home');
    const honest = join(place, 'honest');
    const older = join(place, 'older');
    const drop = join(place, 'drop');
    const trust = join(place, 'trust.json');
    let keyring: Keyring;

    function wardmux(args: readonly string[], env: Readonly<Record<string, string>> = keyring.env, folder = home) {
      const pass = join(place, 'pass');
      writeFileSync(pass, `${words}\n`);
      const run = spawnSync('sh', ['-c', `exec "$@" 3< '${pass}'`, '-', process.execPath, ...nodeFlags, commandScript, ...args], {
        env: { ...env, WARDMUX_HOME: folder },
        encoding: 'utf8',
      });
      return { status: run.status, out: run.stdout, err: run.stderr };
    }
    /** As over ssh or in cron. */
    const noBus = () => ({ PATH: process.env['PATH']!, HOME: keyring.env['HOME']! });
    const person = ['--passphrase-fd', '3'];

    function put(folder: string): void {
      rmSync(home, { recursive: true, force: true });
      cpSync(folder, home, { recursive: true });
    }

    function edit(change: (installation: Record<string, string>) => void): void {
      const path = join(home, 'installation.json');
      const installation = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
      change(installation);
      writeFileSync(path, JSON.stringify(installation, null, 2) + '\n');
    }

    /** Names a key of the forger, and signs a history with it that lacks its last two events. */
    async function becomeTheInstallation(store: 'file' | 'secret-service', change: (line: string) => string = (line) => line): Promise<void> {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
      let id = '';
      edit((installation) => {
        id = installation['id']!;
        installation['publicKey'] = raw.toString('base64url');
        installation['secretStore'] = store;
      });
      if (store === 'file') {
        mkdirSync(join(home, 'secrets'), { recursive: true });
        writeFileSync(join(home, 'secrets/signing-key.secret'), privateKey.export({ format: 'der', type: 'pkcs8' }), { mode: 0o600 });
        writeFileSync(join(home, 'secrets/backoff-key.secret'), randomBytes(32), { mode: 0o600 });
      }
      const folder = join(home, 'ledger');
      const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').trimEnd().split('\n').slice(0, 3).map(change);
      const key = noteKey(ledgerOrigin(id), raw);
      const signer = async (bytes: Uint8Array) => sign(null, bytes, privateKey);
      const tree = new MerkleTree();
      for (const line of lines) tree.append(leafHash(Buffer.from(line)));
      const { time } = JSON.parse(lines.at(-1)!) as { time: string };
      const checkpoint = JSON.stringify({ note: await signNote(checkpointText(key.name, tree.head(), time), key, signer) });
      rmSync(join(folder, 'derived'), { recursive: true, force: true });
      writeFileSync(join(folder, 'events.jsonl'), lines.map((line) => `${line}\n`).join(''));
      writeFileSync(join(folder, 'checkpoints.jsonl'), `${checkpoint}\n`);
      const head = Buffer.alloc(8192);
      for (const generation of [40, 41]) {
        const slot = slotOf(await signHead({ tree: tree.head(), generation, checkpoints: nextChain(EMPTY_CHAIN, Buffer.from(checkpoint)), time }, key, signer));
        slot.bytes.copy(head, slot.at);
      }
      writeFileSync(join(folder, 'head'), head);
      rmSync(join(home, 'recordings'), { recursive: true, force: true });
    }

    beforeAll(async () => {
      keyring = await startKeyring(place);
      mkdirSync(drop);
      expect(wardmux(['init', '--name', 'Ada Example', '--audit-key-out', join(place, 'audit.json'), ...person])).toMatchObject({
        status: 0,
        err: expect.any(String),
      });
      expect(readFileSync(join(home, 'installation.json'), 'utf8')).toContain('"secret-service"');
      expect(wardmux(['anchor', 'add', 'share', '--file', drop]).status).toBe(0);
      expect(wardmux(['policy', 'accept', ...person]).status).toBe(0);
      expect(wardmux(['anchor', 'test']).status).toBe(0);
      cpSync(home, older, { recursive: true });
      expect(wardmux(['record', '--', 'true']).status).toBe(0);
      expect(wardmux(['anchor', 'test']).status).toBe(0);
      writeFileSync(trust, wardmux(['trust']).out);
      cpSync(home, honest, { recursive: true });
    }, 120_000);
    afterEach(() => {
      put(honest);
      expect(wardmux(['ledger', 'verify', '--anchor', drop, '--trust', trust])).toMatchObject({ status: 0, out: expect.stringMatching(/^good: /) });
    });
    afterAll(() => {
      keyring?.stop();
      rmSync(place, { recursive: true, force: true });
    });

    const refused = { status: 54, out: '', err: expect.stringContaining('is not the one of this workstation') };

    test('with a key of their own, and the store as it was, is refused by what looks and what writes', async () => {
      await becomeTheInstallation('secret-service');
      for (const args of [['ledger', 'verify'], ['ledger', 'show'], ['trust'], ['list'], ['policy', 'accept', ...person]])
        expect(wardmux(args)).toMatchObject(refused);
      expect(wardmux(['record', '--', 'true']).err).toContain('the public key is not what the Secret Service holds');
    });

    test('with a key of their own in a file is refused; where no Secret Service is, heads outside and trust.json find it', async () => {
      await becomeTheInstallation('file');
      for (const args of [['ledger', 'verify'], ['trust'], ['anchor', 'test']]) expect(wardmux(args)).toMatchObject(refused);
      expect(wardmux(['record', '--', 'true']).err).toContain('the public key and the kind of secret store are not what');
      expect(wardmux(['ledger', 'verify', '--anchor', drop], noBus())).toMatchObject({
        status: 51,
        out: expect.stringContaining('signed by no key that is known here'),
      });
      expect(wardmux(['ledger', 'verify', '--trust', trust], noBus())).toMatchObject({ status: 54, out: expect.stringMatching(/^other-installation: /) });
      expect(wardmux(['trust'], noBus()).err).toContain('The identity of this installation could not be checked');
    });

    test('who also accepts an audit key of their own, as that installation, has nothing sealed to it where the pin can be asked; a trust.json finds it elsewhere', async () => {
      const stranger = generateAuditKey();
      const policy = JSON.parse(readFileSync(join(honest, 'policy.json'), 'utf8')) as { auditKeys: unknown[] };
      const { kid, jwk } = stranger.recipient;
      const forged = `${JSON.stringify({ ...policy, auditKeys: [...policy.auditKeys, { kid, label: 'Nobody', jwk }] }, null, 2)}\n`;
      const sha256 = createHash('sha256').update(forged).digest('hex');
      await becomeTheInstallation('file', (line) => {
        const event = JSON.parse(line) as { action: string; detail: { sha256?: string; auditKeys?: string[] } };
        return event.action === 'policy.change'
          ? JSON.stringify({ ...event, detail: { ...event.detail, sha256, auditKeys: [...event.detail.auditKeys!, kid] } })
          : line;
      });
      writeFileSync(join(home, 'policy.json'), forged);
      writeFileSync(join(home, 'policies', `${sha256}.json`), forged);
      expect(wardmux(['record', '--', 'echo', 'patient']).err).toContain('is not the one of this workstation');
      expect(readdirSync(join(home, 'recordings'))).toEqual([]);
      // Where the Secret Service cannot be asked, whoever has a trust.json finds it.
      expect(wardmux(['ledger', 'verify', '--trust', trust], noBus())).toMatchObject({ status: 54, out: expect.stringMatching(/^other-installation: /) });
    });

    test('a first run in the place of an installation that the account knows says so, and replaces it only where that is said in words', () => {
      const there = join(place, 'there');
      const init = (name: string, ...more: string[]) =>
        wardmux(['init', '--name', 'Eve Example', '--audit-key-out', join(place, name), ...person, ...more], keyring.env, there);
      const pins = () =>
        wardmux(['ledger', 'show', '--json', '--action', 'installation.pin'], keyring.env, there)
          .out.trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { detail: object }).detail);
      expect(init('first.json')).toMatchObject({ status: 0 });
      expect(pins()).toEqual([{ how: 'first-run' }]);
      const { id } = JSON.parse(readFileSync(join(there, 'installation.json'), 'utf8')) as { id: string };
      renameSync(there, join(place, 'gone'));
      expect(init('second.json')).toMatchObject({ status: 1, err: expect.stringContaining(`This account has had another installation in ${there} (${id})`) });
      expect(existsSync(join(place, 'second.json'))).toBe(false);
      expect(init('second.json', '--replace-installation')).toMatchObject({ status: 0 });
      expect(pins()).toEqual([{ how: 'first-run', previous: id }]);
      // The old one is now what somebody put there.
      rmSync(there, { recursive: true });
      renameSync(join(place, 'gone'), there);
      expect(wardmux(['ledger', 'verify'], keyring.env, there)).toMatchObject(refused);
    });

    test('who sets the folder back and says that its keys are in files is refused', () => {
      put(older);
      expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 51 });
      edit((installation) => (installation['secretStore'] = 'file'));
      expect(wardmux(['ledger', 'verify'])).toMatchObject(refused);
    });

    test('without a bus, what the file drop holds still counts, and an honest ledger is not called plainly good', () => {
      const unchecked = wardmux(['ledger', 'verify'], noBus());
      expect(unchecked).toMatchObject({
        status: 55,
        out: expect.stringMatching(/^unchecked-identity: [^]*note: The identity of this installation could not be checked/),
      });
      expect(wardmux(['ledger', 'verify', '--trust', trust], noBus())).toMatchObject({ status: 0 });
      expect(wardmux(['list'], noBus())).toMatchObject({ status: 0, err: expect.stringContaining('could not be checked') });
      put(older);
      expect(wardmux(['ledger', 'verify'], noBus())).toMatchObject({ status: 51, out: expect.stringMatching(/^diverged: /) });
    });

    test('a folder that was moved is believed from the first unlock on, and not before', () => {
      const moved = join(place, 'moved');
      renameSync(home, moved);
      expect(wardmux(['ledger', 'verify'], keyring.env, moved)).toMatchObject({ status: 55 });
      const [{ id }] = JSON.parse(wardmux(['list', '--json'], keyring.env, moved).out) as [{ id: string }];
      expect(wardmux(['play', id, '--raw', ...person], keyring.env, moved)).toMatchObject({ status: 0 });
      expect(
        JSON.parse(wardmux(['ledger', 'show', '--json', '--action', 'installation.pin'], keyring.env, moved).out.trim().split('\n').at(-1)!),
      ).toMatchObject({
        detail: { how: 'first-use' },
      });
      expect(wardmux(['ledger', 'verify'], keyring.env, moved)).toMatchObject({ status: 0 });
      // Under its id the Secret Service has a newer head now, wherever the folder lies.
      rmSync(honest, { recursive: true });
      renameSync(moved, honest);
    });
  });
