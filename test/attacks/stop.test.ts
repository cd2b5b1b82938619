/** A stop by the command line, in real processes: nobody opens anything, no file that is deleted lifts it, and nobody lifts their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventsOf, firstPerson, runCommand, type Ran } from './commands.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const words = { ada: 'kettle orbit willow prairie stamp', mo: 'marble canyon drizzle hammock violet' };
const three = ['--passphrase-fd', '3'];
let place: string;
let home: string;
const wardmux = (args: readonly string[], pass: string, four = ''): Ran => runCommand(place, home, args, pass, four);

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-stop-'));
  home = await firstPerson(place, words.ada);
  const mo = ['person', 'add', '--name', 'Mo Adeyemi', '--role', 'operator', '--role', 'security', ...three, '--new-passphrase-fd', '4'];
  expect(wardmux(mo, words.ada, words.mo)).toMatchObject({ status: 0 });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('a stopped station opens to nobody, whatever is deleted beside the ledger, until another one lifts it', () => {
  expect(wardmux(['stop', 'station', '--reason', 'security-incident', ...three], words.ada)).toMatchObject({ status: 0, out: 'station\tstopped\n' });
  rmSync(join(home, 'ledger', 'derived'), { recursive: true, force: true });
  rmSync(join(home, 'backoff'), { recursive: true, force: true });
  for (const [who, args] of [
    ['mo', ['person', 'list']],
    ['mo', ['person', 'disable', 'Ada Example', ...three]],
    ['ada', ['person', 'disable', 'Mo Adeyemi', ...three]],
  ] as const) {
    const { status, err } = wardmux(args, words[who]);
    // What needs nobody to be known is told; nothing is opened.
    if (args.length === 2) expect(status).toBe(0);
    else expect([status === 0, err.includes('this workstation is stopped')], err).toEqual([false, true]);
  }
  expect(eventsOf(home).at(-1)).toMatchObject({ action: 'unlock', outcome: 'failure', detail: { reason: 'stopped' } });
  const own = wardmux(['stop', 'lift', 'station', ...three], words.ada);
  expect([own.status === 0, own.err.includes('Nobody lifts what they have stopped themselves')]).toEqual([false, true]);
  expect(wardmux(['stop', 'lift', 'station', ...three], words.mo)).toMatchObject({ status: 0, out: 'station\tlifted\n' });
  expect(wardmux(['ledger', 'verify'], '').status).toBe(0);
});

test('a reason that is none of the list, or none, stops nothing', () => {
  for (const reason of [[], ['--reason', 'patient 4711']]) expect(wardmux(['stop', 'station', ...reason, ...three], words.ada).status).not.toBe(0);
  expect(eventsOf(home).filter(({ action, detail }) => action === 'station.stop' && detail['to'] === 'stopped')).toHaveLength(1);
});
