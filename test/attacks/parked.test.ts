/** A deed waits for a passphrase while another process takes away what it is to open: it opens nothing, however early it began. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { nodeFlags } from '../../src/native/protect.ts';
import type { OpenIdentity } from '../../src/people/identity.ts';
import { admit } from '../../src/services/admit.ts';
import { firstRun } from '../../src/services/first-run.ts';
import { openInstallation } from '../../src/services/installation.ts';
import { setPassphrase } from '../../src/services/slots.ts';
import { unlockPerson } from '../../src/services/unlock.ts';
import { homePaths, openSigner, requireInstallation } from '../../src/storage/index.ts';
import { FileSecretStore } from '../../src/storage/secret-store.ts';

// Each command is a process of its own, and scrypt alone takes half a second of a free core.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const words = {
  ada: 'kettle orbit willow prairie stamp',
  first: 'marble canyon drizzle hammock violet',
  second: 'violin harbour seven lanterns moss',
  thief: 'marble saddle autumn ferry cloud',
};
const mara = 'Mara Ueda';
const three = ['--passphrase-fd', '3'];
let place: string;
let home: string;

/** Another process. @returns what it says, where it does what it is asked for */
function wardmux(args: readonly string[], passphrase = '', next = '', status = 0): string {
  writeFileSync(join(place, 'three'), `${passphrase}\n`);
  writeFileSync(join(place, 'four'), `${next}\n`);
  const cli = join(import.meta.dirname, '../../src/cli/main.ts');
  const shell = `exec "$@" 3< '${join(place, 'three')}' 4< '${join(place, 'four')}'`;
  const env = { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: home };
  const run = spawnSync('sh', ['-c', shell, '-', process.execPath, ...nodeFlags, cli, ...args], { env, cwd: place, encoding: 'utf8' });
  expect(run.status, run.stdout + run.stderr).toBe(status);
  return run.stdout;
}
const site = () => openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });

/** An unlock that is left at its question while `meanwhile` goes on. */
async function unlock(person: string | undefined, passphrase: string, meanwhile: () => void = () => undefined): Promise<OpenIdentity> {
  const ask = async (): Promise<Buffer> => {
    meanwhile();
    return Buffer.from(passphrase);
  };
  return unlockPerson(await site(), {
    person,
    ask,
    admit: (standing, enter) => admit('cli', 'recording.replay.own', standing, enter),
    tell: () => undefined,
    now: Date.now,
  });
}
const change = (from: string, to: string) => (): void =>
  void wardmux(['passphrase', 'change', '--person', mara, ...three, '--new-passphrase-fd', '4'], from, to);
const asAda =
  (...deed: string[]) =>
  (): void =>
    void wardmux([...deed, mara, '--person', 'Ada Example', ...three], words.ada);

interface Event {
  readonly action: string;
  readonly outcome?: string;
  readonly detail: Record<string, unknown>;
}
const events = (): Event[] =>
  readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-parked-'));
  const made = await firstRun({
    home: join(place, 'home'),
    name: 'Ada Example',
    passphrase: Buffer.from(words.ada),
    auditKeyPath: join(place, 'audit-key.json'),
    chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }),
    kdf: newScryptParameters(),
  });
  made.identity.destroy();
  home = made.home.folder;
  wardmux(['person', 'add', '--name', mara, '--role', 'operator', ...three, '--new-passphrase-fd', '4'], words.ada, words.first);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('a passphrase that is replaced while somebody is asked for it opens nothing, by name or without, and the new one does', async () => {
  await expect(unlock(mara, words.first, change(words.first, words.second))).rejects.toMatchObject({ code: 'wrong-passphrase' });
  (await unlock(mara, words.first, change(words.second, words.first))).destroy();
  await expect(unlock(undefined, words.first, change(words.first, words.second))).rejects.toMatchObject({ code: 'wrong-passphrase' });
});

test('who had it open by a passphrase that was replaced since does not put another one in its place', async () => {
  const thief = await unlock(mara, words.second);
  change(words.second, words.first)();
  const typed = (): Buffer => Buffer.from(words.thief);
  await expect(setPassphrase(await site(), thief, { typed: typed(), now: new Date() })).rejects.toMatchObject({ code: 'slot-gone' });
  thief.destroy();
  await expect(unlock(mara, words.thief)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  (await unlock(mara, words.first)).destroy();
});

test('who is disabled or deleted while they are asked is not let in, in the words of a wrong passphrase', async () => {
  const wrong = (await unlock(mara, words.thief).catch((error: unknown) => error)) as Error;
  await expect(unlock(mara, words.first, asAda('person', 'disable'))).rejects.toMatchObject({ code: 'disabled', message: wrong.message });
  asAda('person', 'enable')();
  await expect(unlock(undefined, words.first, asAda('person', 'delete'))).rejects.toMatchObject({ code: 'wrong-passphrase', message: wrong.message });
  const states = events().flatMap(({ action, outcome, detail }) => (action === 'person.state' ? [detail['state']] : action === 'unlock' ? [outcome] : []));
  // Between each change and the next only Ada came in, for the next one.
  expect(states.slice(-7)).toEqual(['disabled', 'failure', 'success', 'active', 'success', 'deleted', 'failure']);
  expect(wardmux(['ledger', 'verify'])).toMatch(/^good: /);
});

test('an unlock of somebody who was deleted makes no good ledger, whoever has signed it', async () => {
  const paths = homePaths(home);
  const ledger = await Ledger.open({ folder: paths.ledger, installation: requireInstallation(paths).id, signer: await openSigner(paths) });
  const gone = ledger.facts.people().find((id) => ledger.facts.person(id)!.state === 'deleted')!;
  await ledger.append({ action: 'unlock', person: gone, outcome: 'success', detail: { method: 'passphrase', failures: 0 } });
  await ledger.checkpoint();
  await ledger.close();
  expect(wardmux(['ledger', 'verify'], '', '', 7)).toMatch(new RegExp(`^not-entitled: [^]*${gone}`));
});
