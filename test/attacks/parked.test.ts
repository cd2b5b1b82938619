/** A deed waits for a passphrase while another process takes away what it is to open: it opens nothing, however early it began. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventsOf, firstPerson, runCommand, type Event } from './commands.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { OpenIdentity } from '../../src/people/identity.ts';
import { admit } from '../../src/services/deeds/admit.ts';
import { openInstallation } from '../../src/services/installation/installation.ts';
import { setPassphrase } from '../../src/services/people/slots.ts';
import { unlockPerson } from '../../src/services/people/unlock.ts';
import { homePaths, openSigner, requireInstallation } from '../../src/storage/index.ts';

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
  const run = runCommand(place, home, args, passphrase, next);
  expect(run.status, run.out + run.err).toBe(status);
  return run.out;
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
    sealed: true,
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

const events = (): Event[] => eventsOf(home);

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-parked-'));
  home = await firstPerson(place, words.ada);
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
