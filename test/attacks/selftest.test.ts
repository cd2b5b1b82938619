/** `wardmux selftest` in a process of its own: good as it is, and red for each control that somebody has sabotaged. */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Report } from '../../src/selftest/report.ts';
import { commandsOver } from './commands.ts';

let made: string;
let place: string;
let home: string;
const scratch: string[] = [];
const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-selftest-'));
  scratch.push(folder);
  return folder;
};
/** With the rights of every folder: cpSync makes them anew. */
const copy = (from: string, to: string): void => void execFileSync('cp', ['-a', from, to]);
const over = () => commandsOver(place, home);

/** The outcome of each control, and the status. */
function selftest(): {
  readonly status: number | null;
  readonly rows: Record<string, string>;
  readonly text: string;
  readonly report: Report;
  readonly err: string;
} {
  const { status, out, err } = over().wardmux('selftest', '--json');
  const report = JSON.parse(out || `{"controls":[]}`) as Report;
  return { status, rows: Object.fromEntries(report.controls.map(({ name, outcome }) => [name, outcome])), text: out, report, err };
}

beforeAll(() => {
  made = temporary();
  mkdirSync(join(made, 'share'));
  commandsOver(made, join(made, 'home')).install(join(made, 'share'));
  cpSync(join(made, 'share'), join(made, 'share-as-it-was'), { recursive: true });
});
afterAll(() => {
  for (const folder of scratch.splice(0)) rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  place = temporary();
  home = join(place, 'home');
  copy(join(made, 'home'), home);
  // The policy names it by its path: each copy of the ledger finds there what it handed over, and nothing of another copy.
  rmSync(join(made, 'share'), { recursive: true, force: true });
  cpSync(join(made, 'share-as-it-was'), join(made, 'share'), { recursive: true });
});

const all = {
  lock: 'holds',
  cipher: 'holds',
  ledger: 'holds',
  anchors: 'holds',
  permissions: 'holds',
  'back-off': 'holds',
  program: 'holds',
  recovery: 'holds',
};

test('everything holds, the report is signed and entered, and verifies; the changed one does not', { timeout: 60_000 }, () => {
  const { status, rows, text, report, err } = selftest();
  expect(rows, err).toEqual(all);
  expect(status).toBe(0);
  const file = join(place, 'report.json');
  writeFileSync(file, text);
  const { wardmux } = over();
  expect(wardmux('selftest', '--verify', file)).toMatchObject({ status: 0, out: expect.stringContaining('good: The report is as') });
  expect(wardmux('ledger', 'show', '--action', 'selftest').out).toMatch(/ selftest success sha256=[0-9a-f]{64} controls=8 failed=0 notShown=0\n$/);
  writeFileSync(join(place, 'trust.json'), wardmux('trust').out);
  expect(wardmux('selftest', '--verify', file, '--trust', join(place, 'trust.json'), '--json')).toMatchObject({
    status: 0,
    out: expect.stringContaining('"good": true'),
  });
  // ssh-keygen reads the first signature, over the same text without it.
  const { signature, ...statement } = report;
  writeFileSync(join(place, 'signature'), signature!.slice(0, signature!.indexOf('-----END SSH SIGNATURE-----') + 28));
  const key = wardmux('trust', '--allowed-signers').out.split('\n')[0]!;
  writeFileSync(join(place, 'signers'), key.replace(/namespaces="[^"]+"/, 'namespaces="selftest@wardmux.localhost"'));
  const keygen = spawnSync(
    'ssh-keygen',
    ['-Y', 'verify', '-n', 'selftest@wardmux.localhost', '-f', join(place, 'signers'), '-I', report.installation, '-s', join(place, 'signature')],
    { input: `${JSON.stringify(statement, null, 2)}\n`, encoding: 'utf8' },
  );
  expect(keygen.stderr + keygen.stdout).toContain('Good "selftest@wardmux.localhost" signature');

  writeFileSync(file, text.replace('"holds": true', '"holds": false'));
  expect(wardmux('selftest', '--verify', file)).toMatchObject({ status: 58, out: expect.stringContaining('bad-signature') });
  // With the ledger as it was before, nobody knows of the report.
  rmSync(home, { recursive: true });
  copy(join(made, 'home'), home);
  writeFileSync(file, text);
  expect(wardmux('selftest', '--verify', file)).toMatchObject({ status: 58, out: expect.stringContaining('not-entered') });
  expect(wardmux('selftest', '--verify', join(place, 'nothing'))).toMatchObject({ status: 2 });
  expect(wardmux('selftest', '--trust', join(place, 'trust.json'))).toMatchObject({ status: 2 });
});

const person = (): string => readdirSync(join(home, 'people')).find((name) => name.endsWith('.backoff'))!;

test.each<[string, () => void]>([
  ['permissions', () => chmodSync(join(home, 'policy.json'), 0o644)],
  ['back-off', () => rmSync(join(home, 'people', person()))],
  ['anchors', () => rmSync(join(made, 'share'), { recursive: true })],
])('%s that somebody has been at turns it red, with a report that is signed all the same', { timeout: 60_000 }, (control, sabotage) => {
  sabotage();
  const { status, rows, report, text } = selftest();
  expect(rows).toEqual({ ...all, [control]: 'fails' });
  expect(status).toBe(57);
  expect(report.holds).toBe(false);
  expect(report.signature).not.toBeNull();
  const file = join(place, 'report.json');
  writeFileSync(file, text);
  expect(over().wardmux('selftest', '--verify', file).status).toBe(57);
});

test('a ledger that was changed turns it red, and nothing is signed', { timeout: 60_000 }, () => {
  const events = join(home, 'ledger', 'events.jsonl');
  writeFileSync(events, readFileSync(events, 'utf8').replace('"action":"first-run"', '"action":"first-rum"'));
  const { status, rows, report, err } = selftest();
  expect(rows['ledger']).toBe('fails');
  expect(status).toBe(57);
  expect(report.signature).toBeNull();
  expect(err).toContain('not signed');
});
