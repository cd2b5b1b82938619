/** No shell begins without a reason where the policy asks, by a command either; the ticket is in what is sealed and in the bundle, and nowhere else. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import { ownFolder } from '../support/first-home.ts';
import { eventsOf, firstPerson, runCommand, type Ran } from './commands.ts';
import { forAudit } from '../support/disclosure.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const words = 'kettle orbit willow prairie stamp';
const TICKET = 'INC0012345';
let place: string;
let home: string;
const wardmux = (...args: readonly string[]): Ran => runCommand(place, home, args, words, '');

beforeAll(async () => {
  place = ownFolder();
  home = await firstPerson(place, words);
  const path = join(home, 'policy.json');
  const policy = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...policy, reason: { ask: 'session', ticket: 'INC#######' } }));
  await acceptAsItStands(home);
});

test.each([
  [['record', '--', 'true']],
  [['record', '--reason', 'maintenance', '--', 'true']],
  [['record', '--ticket', TICKET, '--', 'true']],
  [['record', '--reason', 'maintenance', '--ticket', 'Meier', '--', 'true']],
  [['record', '--reason', 'patient Meier', '--ticket', TICKET, '--', 'true']],
])('%j records nothing, and nothing of it is entered', (args) => {
  const { status, err } = wardmux(...args);
  expect(status, err).not.toBe(0);
  expect(readdirSync(join(home, 'recordings'))).toEqual([]);
  expect(eventsOf(home).filter(({ action }) => action === 'session.reason')).toEqual([]);
  expect(JSON.stringify(eventsOf(home))).not.toContain('Meier');
});

test('the word is in event, header and bundle, and the ticket is sealed: no file of the folder has it, the bundle does, and both verifiers take it', () => {
  const recorded = wardmux('record', '--reason', 'maintenance', '--ticket', TICKET, '--', 'echo', 'hello');
  expect(recorded, recorded.err).toMatchObject({ status: 0, out: 'hello\r\n' });
  const [id = ''] = readdirSync(join(home, 'recordings'));
  expect(eventsOf(home).find(({ action }) => action === 'session.reason')).toMatchObject({ detail: { reason: 'maintenance', ticket: true } });
  expect(eventsOf(home).find(({ action }) => action === 'recording.start')).toMatchObject({ detail: { reason: 'maintenance', role: 'operator' } });
  const found = spawnSync('grep', ['-rlaF', TICKET, home], { encoding: 'utf8' }).stdout;
  expect(found).toBe('');
  const bundle = join(place, 'bundle');
  const exported = wardmux('export', id, '--output', bundle, ...forAudit, '--passphrase-fd', '3');
  expect(exported, exported.err).toMatchObject({ status: 0 });
  expect(readFileSync(join(bundle, 'session.cast'), 'utf8')).toContain(`"m", "ticket ${TICKET}"`);
  const trust = join(place, 'trust.json');
  writeFileSync(trust, wardmux('trust').out);
  const verdict = wardmux('verify', bundle, '--trust', trust, '--json');
  expect(JSON.parse(verdict.out), verdict.err).toMatchObject({ good: true, facts: { access: { reason: 'maintenance' } } });
  expect(spawnSync('python3', [join(bundle, 'verify.py'), bundle, '--trust', trust], { encoding: 'utf8' })).toMatchObject({ status: 0 });
  expect(wardmux('play', id, '--no-wait', '--passphrase-fd', '3').err).toContain('Reason: maintenance.');
});
