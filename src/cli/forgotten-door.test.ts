/** A command that forgets the door, as somebody who is in a hurry writes one: nothing comes of it, on the screen or in the ledger. */
import { beforeEach, expect, test, vi } from 'vitest';
import { isSealed, permissionNames, permissions, type Permission } from '../access/index.ts';
import { UnlockError } from '../people/errors.ts';
import type { OpenIdentity } from '../people/identity.ts';
import type { UnlockRequest } from '../services/people/unlock.ts';
import { withLedger, type OpenInstallation } from '../services/installation/installation.ts';
import type { CliCommand } from './command.ts';
import { nothingToDo } from './door.ts';
import type { CliIo } from './io.ts';
import { unlockPerson } from './person.ts';
import { runCli } from './program.ts';

const given = vi.hoisted(() => ({ command: undefined as unknown, unlock: undefined as unknown, opened: 0 }));
vi.mock('./commands/index.ts', () => ({ commandsFor: async () => [given.command] }));
vi.mock('../services/people/unlock.ts', () => ({
  unlockPerson: (_: unknown, request: UnlockRequest) => (given.unlock as (request: UnlockRequest) => Promise<OpenIdentity>)(request),
}));
vi.mock('../services/installation/open-ledger.ts', () => ({
  openLedger: async () => {
    given.opened++;
    return { ledger: { events: 0, failure: undefined, close: async () => {} }, signer: {} };
  },
}));

let out: string;
let said: string;
const io: CliIo = {
  env: {},
  out: async (data) => void (out += String(data)),
  talk: (line) => void (said += `${line}\n`),
  stdoutIsTerminal: false,
  now: () => 0,
  wait: async () => {},
};
beforeEach(() => {
  [out, said, given.opened] = ['', '', 0];
  given.unlock = async ({ admit }: UnlockRequest) => {
    expect(out, 'what it is about is shown before anybody is let in').toBe('about this\n');
    await admit({ phase: 'open', grant: { person: 'p', roles: ['operator'], method: 'passphrase' } } as never, () => undefined);
    return { destroy: () => {} } as OpenIdentity;
  };
});

/** Runs one made-up command. */
function run(needs: Permission, action: (io: CliIo) => Promise<number>): Promise<number> {
  given.command = {
    name: 'deed',
    needs,
    summary: 'does',
    examples: [['wardmux deed', 'does it']],
    declare: (command, at, done) => void command.action(async () => done(await action(at))),
  } satisfies CliCommand;
  return runCli(['deed'], io);
}
/** As a command has it that was given `at`. */
const site = (at: CliIo): OpenInstallation => ({ home: {}, installation: {}, beforeDeed: at.beforeDeed }) as OpenInstallation;
const print = async (at: CliIo): Promise<number> => {
  await at.out('the deed is done');
  return 0;
};
const enter = (at: CliIo): Promise<number> => withLedger(site(at), async () => 0);

test('what a command prints whose row needs somebody, and which asks nobody, is shown to nobody', async () => {
  expect(await run('ledger.verify', print)).toBe(1);
  expect([out, said]).toEqual([
    '',
    'wardmux: this command needs the permission ledger.verify, and nobody was asked for it. Nothing came of it. Please report that.\n',
  ]);
});

test('also where it ends with a status of its own', async () => {
  expect(await run('ledger.verify', async (at) => (await print(at)) + 7)).toBe(7);
  expect(out).toBe('');
});

test('the ledger is not opened for it', async () => {
  expect(await run('policy.accept', enter)).toBe(1);
  expect(given.opened).toBe(0);
  expect(said).toContain('would do something before anybody is asked for it. Nothing was done.');
});

test('nor after somebody was not let in, whatever it makes of that', async () => {
  given.unlock = () => Promise.reject(new UnlockError('wrong-passphrase', 'no'));
  const stubborn = async (at: CliIo): Promise<number> => {
    await at.out('about this\n');
    await unlockPerson(site(at), {}, at).catch(() => {});
    await print(at);
    return enter(at);
  };
  expect(await run('policy.accept', stubborn)).toBe(1);
  expect([out, given.opened]).toEqual(['about this\n', 0]);
});

test('whoever asks is shown what it is about first, and does it then', async () => {
  const asks = async (at: CliIo): Promise<number> => {
    await at.out('about this\n');
    await unlockPerson(site(at), {}, at);
    return (await print(at)) + (await enter(at));
  };
  expect(await run('recording.export.own', asks)).toBe(0);
  expect([out, given.opened]).toEqual(['about this\nthe deed is done', 1]);
});

test('whoever is asked by a command for what is sealed for them, or opens it, has to show what the policy asks for; for anything else a passphrase does', async () => {
  const known = permissionNames.filter((name) => permissions[name].roles !== 'anyone' && permissions[name].when.includes('open' as never));
  const asked: Permission[] = [];
  for (const needs of known) {
    given.unlock = async ({ admit, sealed }: UnlockRequest) => {
      if (sealed) asked.push(needs);
      await admit({ phase: 'open', grant: { person: 'p', roles: permissions[needs].roles, method: 'passphrase' } } as never, () => undefined);
      return { destroy: () => {} } as OpenIdentity;
    };
    expect(await run(needs, async (at) => (await unlockPerson(site(at), {}, at), 0)), needs).toBe(0);
  }
  expect(asked).toEqual(known.filter(isSealed));
  expect(asked).toContain('recording.export.own');
});

test('a command that has nothing to do, and one that anybody may, say so', async () => {
  const nothing = async (at: CliIo): Promise<number> => {
    await at.out('nothing');
    nothingToDo();
    return 0;
  };
  expect(await run('policy.accept', nothing)).toBe(0);
  expect(out).toBe('nothing');
  out = '';
  expect(await run('evidence.read', async (at) => (await print(at)) + (await enter(at)))).toBe(0);
  expect([out, given.opened]).toEqual(['the deed is done', 1]);
});
