/** `wardmux installation rotate-key` with a real Secret Service, an anchor, and evidence from before and after. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeFlags } from '../../src/native/protect.ts';
import { missingKeyringPrograms, startKeyring, type Keyring } from '../../src/storage/keyring.fixture.ts';
import { waitFor } from '../support/wait-for.ts';
import { verifier } from './fixture.ts';
import { commandScript } from '../support/command.ts';
import { forAudit } from '../support/disclosure.ts';

const missing = missingKeyringPrograms;
test('the programs for a real Secret Service are here', (context) => {
  if (missing.length > 0) context.skip(`nothing can be pinned, because these are not installed: ${missing.join(', ')}`);
});

if (missing.length === 0)
  describe('another key takes over', () => {
    const place = mkdtempSync(join(tmpdir(), 'wardmux-rotation-'));
    const home = join(place, 'home');
    const drop = join(place, 'drop');
    let keyring: Keyring;

    function wardmux(args: readonly string[], words = 'kettle orbit willow prairie stamp') {
      const pass = join(place, 'pass');
      writeFileSync(pass, `${words}\n`);
      const run = spawnSync('sh', ['-c', `exec "$@" 3< '${pass}'`, '-', process.execPath, ...nodeFlags, commandScript, ...args], {
        env: { ...keyring.env, WARDMUX_HOME: home },
        encoding: 'utf8',
      });
      return { status: run.status, out: run.stdout, err: run.stderr };
    }
    const person = ['--passphrase-fd', '3'];
    const rotate = ['installation', 'rotate-key', '--json', ...person];
    const installation = (): Record<string, string> => JSON.parse(readFileSync(join(home, 'installation.json'), 'utf8')) as Record<string, string>;
    const actions = (): string[] =>
      readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { action: string }).action);

    /** Records, exports, and pins: a bundle and the trust file of this moment. */
    function evidence(name: string): { readonly bundle: string; readonly trust: string } {
      const known = new Set(readdirSync(join(home, 'recordings')));
      expect(wardmux(['record', '--', 'echo', name])).toMatchObject({ status: 0 });
      const id = readdirSync(join(home, 'recordings')).find((each) => !known.has(each))!;
      const [bundle, trust] = [join(place, name), join(place, `${name}.json`)];
      expect(wardmux(['export', id, '--output', bundle, ...forAudit, ...person])).toMatchObject({ status: 0 });
      writeFileSync(trust, wardmux(['trust']).out);
      expect(wardmux(['anchor', 'test'])).toMatchObject({ status: 0 });
      return { bundle, trust };
    }
    /** Status of both verifiers, which have to agree. */
    function judge(bundle: string, trust: string): number | null {
      const there = spawnSync('python3', [verifier, bundle, '--trust', trust], { encoding: 'utf8' });
      const here = wardmux(['verify', bundle, '--trust', trust]);
      expect(there.stdout).toBe(here.out);
      expect(there.status).toBe(here.status);
      return here.status;
    }

    beforeAll(async () => {
      keyring = await startKeyring(place);
      mkdirSync(drop);
      expect(wardmux(['init', '--name', 'Ada Example', '--audit-key-out', join(place, 'audit.json'), ...person])).toMatchObject({ status: 0 });
      expect(installation()['secretStore']).toBe('secret-service');
      expect(wardmux(['anchor', 'add', 'share', '--file', drop]).status).toBe(0);
      expect(wardmux(['policy', 'accept', ...person]).status).toBe(0);
    }, 120_000);
    afterAll(() => {
      keyring?.stop();
      rmSync(place, { recursive: true, force: true });
    });

    test('older evidence verifies with the trust file of then and of now, newer with that of now; anchors and the pin go on', () => {
      const before = evidence('before');
      const old = installation()['publicKey'];
      const told = wardmux(rotate);
      expect(told).toMatchObject({ status: 0 });
      const said = JSON.parse(told.out) as { until: number; algorithms: string[] };
      expect(said.algorithms).toEqual(['ed25519', 'ml-dsa-44']);
      expect(installation()['publicKey']).not.toBe(old);
      expect(actions()[said.until]).toBe('installation.key');
      const after = evidence('after');
      expect([judge(before.bundle, before.trust), judge(before.bundle, after.trust)]).toEqual([0, 0]);
      expect([judge(after.bundle, before.trust), judge(after.bundle, after.trust)]).toEqual([16, 0]);
      // Heads of both keys stand at the anchor, and each is one of this ledger; the pin is of the new key alone.
      expect(wardmux(['ledger', 'verify', '--deep', '--anchor', drop, '--trust', after.trust])).toMatchObject({
        status: 0,
        out: expect.stringMatching(/^good: /),
      });
      expect(wardmux(['anchor', 'status']).status).toBe(0);
      const path = join(home, 'installation.json');
      const honest = readFileSync(path, 'utf8');
      writeFileSync(path, honest.replace(installation()['publicKey']!, old!));
      expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 54 });
      writeFileSync(path, honest);
      expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 0 });
    }, 180_000);

    test('a wrong passphrase changes nothing and is an event, and while a recording runs nothing is changed either', async () => {
      const before = readFileSync(join(home, 'installation.json'), 'utf8');
      expect(wardmux(rotate, 'not the words')).toMatchObject({ status: 4, out: '' });
      expect(actions().at(-1)).toBe('unlock');
      const running = spawn(process.execPath, [...nodeFlags, commandScript, 'record', '--', 'sh', '-c', 'read line'], {
        env: { ...keyring.env, WARDMUX_HOME: home },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const live = (): boolean => readdirSync(join(home, 'recordings')).some((id) => readdirSync(join(home, 'recordings', id)).includes('live'));
      await waitFor(() => expect(live()).toBe(true));
      const ended = new Promise((resolve) => running.once('exit', resolve));
      expect(wardmux(rotate)).toMatchObject({ status: 1, err: expect.stringContaining('A recording is running') });
      running.stdin.end('\n');
      await ended;
      expect(readFileSync(join(home, 'installation.json'), 'utf8')).toBe(before);
      expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 0 });
    }, 120_000);
  });
