/** Revocation by the command line, in real processes, with a list that ssh-keygen signed: who is out, who tries to get back, and what is deleted for that. */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { REVOCATION_NAMESPACE } from '../../src/revocation/index.ts';
import { dismissed, listText, type ListText } from '../../src/revocation/list.fixture.ts';
import { ownFolder } from '../support/first-home.ts';
import { eventsOf, firstPerson, runCommand, type Ran } from './commands.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const words = { ada: 'kettle orbit willow prairie stamp', mo: 'marble canyon drizzle hammock violet' };
const three = ['--passphrase-fd', '3'];
let place: string;
let home: string;
let list: string;
let mo: string;
const wardmux = (args: readonly string[], pass: string, four = ''): Ran => runCommand(place, home, args, pass, four);
/** A deed that somebody has to be let in for. */
const tries = (who: keyof typeof words): Ran => wardmux(['ledger', 'verify', '--json'], words[who]);
const unlocks = (who: keyof typeof words): Ran => wardmux(['person', 'disable', 'p-000000000000', ...three], words[who]);

function put(text: ListText, name = 'key'): void {
  const file = join(place, 'list.json');
  writeFileSync(file, listText(text));
  rmSync(`${file}.sig`, { force: true });
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', join(place, name), '-n', REVOCATION_NAMESPACE, file], { stdio: 'ignore' });
  writeFileSync(`${list}.new`, Buffer.concat([readFileSync(file), readFileSync(`${file}.sig`)]));
  renameSync(`${list}.new`, list);
}

beforeAll(async () => {
  place = ownFolder();
  home = await firstPerson(place, words.ada);
  list = join(place, 'revoked.list');
  for (const name of ['key', 'other']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-C', '', '-N', '', '-f', join(place, name)]);
  const add = ['person', 'add', '--name', 'Mo Adeyemi', '--role', 'operator', '--role', 'security', ...three, '--new-passphrase-fd', '4', '--json'];
  const added = wardmux(add, words.ada, words.mo);
  expect(added).toMatchObject({ status: 0 });
  mo = (JSON.parse(added.out) as { id: string }).id;
});

test('a policy that demands a list comes into force when one stands there, and not before', () => {
  const policy = JSON.parse(readFileSync(join(home, 'policy.json'), 'utf8')) as object;
  const keys = [readFileSync(join(place, 'key.pub'), 'utf8').trim()];
  const wanted = join(place, 'policy.json');
  writeFileSync(wanted, JSON.stringify({ ...policy, revocation: { file: list, keys, maxAgeHours: 72 } }));
  const early = wardmux(['policy', 'apply', wanted, ...three], words.ada);
  expect([early.status, early.err.includes('none that stands (missing)')], early.err).toEqual([1, true]);
  expect(wardmux(['revocation', 'check', list, '--policy', wanted], '').status).toBe(1);
  put({ number: 1 });
  expect(wardmux(['revocation', 'check', list, '--policy', wanted], '')).toMatchObject({ status: 0, out: expect.stringContaining('stands (good)') as string });
  const applied = wardmux(['policy', 'apply', wanted, ...three], words.ada);
  expect(applied, applied.err).toMatchObject({ status: 0 });
  expect(unlocks('mo').err).toContain('no person');
});

test('whoever is named gets nothing by any command, also with everything deleted that could remember it, and an older list closes all', () => {
  put({ number: 2, revoked: [dismissed(mo)] });
  expect(unlocks('mo')).toMatchObject({ status: 4 });
  expect(unlocks('ada').err).toContain('no person');
  expect(wardmux(['person', 'list'], '').out).toMatch(new RegExp(`${mo}.*revoked`));
  expect(JSON.parse(wardmux(['revocation', 'check', '--json'], '').out)).toMatchObject({
    state: 'good',
    stands: true,
    list: { number: 2 },
    named: { people: [mo] },
  });
  for (const gone of ['ledger/derived', 'backoff', 'revocations.list']) rmSync(join(home, gone), { recursive: true, force: true });
  put({ number: 1 });
  for (const who of ['mo', 'ada'] as const) {
    const { status, err } = unlocks(who);
    expect([status === 0, err.includes('number 2 was here before')], err).toEqual([false, true]);
  }
  put({ number: 3, revoked: [dismissed(mo)] }, 'other');
  expect(unlocks('ada').err).toContain('by a key that the policy in force does not name');
  expect(wardmux(['record', '--person', mo, '--', 'true'], '').status).not.toBe(0);
});

test('the list away: nobody who is named comes in, everybody else does; a list that is left out of brings back whom it named; the ledger verifies', () => {
  put({ number: 4, revoked: [dismissed(mo)] });
  expect(unlocks('ada').err).toContain('no person');
  rmSync(list);
  expect(unlocks('mo')).toMatchObject({ status: 4 });
  expect(unlocks('ada').err).toContain('no person');
  put({ number: 5 });
  expect(unlocks('mo').err).toContain('no person');
  expect(eventsOf(home).filter(({ action }) => action === 'revocation.list').map(({ detail }) => [detail['number'], detail['people']])).toEqual([[1, []], [2, [mo]], [4, [mo]], [5, []]]); // prettier-ignore
  const states = eventsOf(home).filter(({ action }) => action === 'revocation.look').map(({ detail }) => [detail['state'], detail['open']]); // prettier-ignore
  expect(states).toEqual([['set-back', false], ['unsigned', false], ['good', true], ['missing', true], ['good', true]]); // prettier-ignore
  expect(
    eventsOf(home).filter(({ action, outcome, detail }) => action === 'unlock' && outcome === 'failure' && detail['reason'] === 'unlisted').length,
  ).toBeGreaterThan(2);
  expect(tries('ada').status, tries('ada').err).toBe(0);
});
