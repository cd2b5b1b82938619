/** Reports are of the day that they are asked for, from the ledger alone, and what is not kept any more is said to be so. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runHere } from '../../../test/support/run-here.ts';
import { acceptAsItStands } from '../../policy/force.fixture.ts';
import { permissions } from '../../access/index.ts';
import { htmlOf, textOf, type Page } from '../../report/document.ts';

let place: string;
let home: string;
let before: string;

const wardmux = (...args: string[]) => runHere(args, { home, place });
const json = async (...args: string[]) => JSON.parse((await wardmux('report', ...args, '--json')).out) as Record<string, unknown>;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-report-'));
  home = join(place, 'home');
  writeFileSync(join(place, 'passphrase'), 'kettle orbit willow prairie stamp\n');
  const fd = openSync(join(place, 'passphrase'), 'r');
  expect(await wardmux('init', '--name', 'Ada <b>', '--passphrase-fd', String(fd), '--audit-key-out', join(place, 'audit.json'))).toMatchObject({ status: 0 });
  try {
    closeSync(fd);
  } catch {
    // The command closed it.
  }
  // The last event of the first run, to the millisecond: what comes after it is after that moment.
  before = (JSON.parse((await wardmux('ledger', 'show', '--json')).out.trim().split('\n').at(-1)!) as { time: string }).time;
  while (Date.now() <= Date.parse(before)) await new Promise((resolve) => setImmediate(resolve));
  const policy = join(home, 'policy.json');
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('"idleSeconds": 300', '"idleSeconds": 240'));
  await acceptAsItStands(home);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('the timers of a day are those of the policy that was in force, with who set them', async () => {
  const now = await json('lock');
  expect(now).toMatchObject({ kind: 'lock', inForce: { timers: { idleSeconds: 240 }, by: expect.stringMatching(/^p-/) } });
  expect((now['history'] as unknown[]).length).toBe(2);
  const then = await json('lock', '--at', before);
  expect(then).toMatchObject({ at: before, inForce: { timers: { idleSeconds: 300, maxHours: 12 } } });
  expect((then['history'] as unknown[]).length).toBe(1);
  expect((then['ledger'] as { size: number }).size).toBe((now['ledger'] as { size: number }).size - 1);
});

test('a policy whose bytes are gone has no timers, and says so', async () => {
  const { history } = (await json('lock')) as { history: { sha256: string }[] };
  const kept = join(home, 'policies', `${history[0]!.sha256}.json`);
  const bytes = readFileSync(kept);
  rmSync(kept);
  expect(await json('lock', '--at', before)).toMatchObject({ inForce: { timers: null } });
  expect((await wardmux('report', 'lock', '--at', before)).out).toContain('that policy is not kept any more');
  writeFileSync(kept, bytes, { mode: 0o600 });
});

test('the rationale names the time that is in force, and claims nothing that the site has to decide', async () => {
  const { out } = await wardmux('report', 'lock');
  expect(out).toContain('240 seconds');
  expect(out).toContain('45 CFR 164.312(a)(2)(iii)');
  expect(out).toContain('Decided by (name, office): ____');
  expect(out).not.toMatch(/complian|validated/i);
});

test('rights are those of the table, by the roles that the person had', async () => {
  const { people, anybody } = (await json('access')) as { people: { id: string; roles: string[]; permissions: string[] }[]; anybody: string[] };
  expect(people.length).toBe(1);
  const [person] = people;
  const expected = Object.entries(permissions).filter(
    ([, { roles }]) => roles !== 'anyone' && (roles as readonly string[]).some((role) => person!.roles.includes(role)),
  );
  expect(person!.permissions).toEqual(expected.map(([name]) => name));
  expect(anybody).toContain('app.lock');
});

test('a register of people has each key slot, and its last use from the ledger', async () => {
  const { people } = (await json('people')) as { people: Record<string, unknown>[] };
  expect(people).toMatchObject([
    {
      name: 'Ada <b>',
      enrolled: expect.any(String),
      enrolledBy: null,
      authenticators: [{ kind: 'passphrase', label: null, lastUse: null, verification: expect.stringContaining('one factor') }],
    },
  ]);
});

test('a record that was changed vouches for nothing', async () => {
  const { people } = (await json('people')) as { people: { id: string }[] };
  const path = join(home, 'people', `${people[0]!.id}.json`);
  const bytes = readFileSync(path, 'utf8');
  writeFileSync(path, bytes.replace('Ada <b>', 'Eve'));
  expect(await json('access')).toMatchObject({ people: [{ name: null, roles: ['operator', 'security'], state: 'active' }] });
  expect(await json('people')).toMatchObject({ people: [{ authenticators: null }] });
  expect((await wardmux('report', 'people')).out).toContain('the record of that day is not kept');
  writeFileSync(path, bytes);
});

test('a page is one new file, closed to others, that loads nothing and takes no name for markup', async () => {
  const path = join(place, 'access.html');
  expect(await wardmux('report', 'access', '--output', path)).toMatchObject({ status: 0, err: `Written to ${path}.\n` });
  const html = readFileSync(path, 'utf8');
  expect(html).toContain('Ada &lt;b&gt;');
  expect(html).not.toMatch(/<script|https?:|<img|<link|url\(/i);
  expect(html).toContain('@page { size: A4');
  expect(html).toContain("default-src 'none'");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await wardmux('report', 'access', '--output', path)).toMatchObject({ status: 1 });
  expect(await wardmux('report', 'people', '--output', join(place, 'people.txt'))).toMatchObject({ status: 0 });
  expect(readFileSync(join(place, 'people.txt'), 'utf8')).toMatch(/^People and authenticators\n=+\n/);
});

test('a ledger that does not hold reports nothing', async () => {
  const events = join(home, 'ledger', 'events.jsonl');
  const bytes = readFileSync(events, 'utf8');
  writeFileSync(events, bytes.replace('"action":"first-run"', '"action":"first-rum"'));
  expect(await wardmux('report', 'lock')).toMatchObject({ status: 7, out: '' });
  writeFileSync(events, bytes);
});

describe('the day', () => {
  test.each(['yesterday', '2026-02-30', '2026-02-30T10:00Z', '2026-13-01', '28.11.2026', '2026-11-27T10:00', '', '2026-11-27T25:00Z'])(
    '%s is none, and says how',
    async (text) => {
      for (const [kind, option] of [
        ['access', '--at'],
        ['disclosures', '--since'],
      ] as const)
        expect(await wardmux('report', kind, option, text)).toMatchObject({
          status: 2,
          out: '',
          err: expect.stringMatching(/It is a day as 2026-11-28, which means its (end|beginning) in UTC/),
        });
    },
  );
  test('one that is not over yet is now', async () => {
    const before = Date.now();
    const at = Date.parse(JSON.parse((await wardmux('report', 'access', '--at', '2199-01-01', '--json')).out).at);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  });
  test('before the first event there is nothing', async () => {
    expect(await wardmux('report', 'access', '--at', '2001-01-01')).toMatchObject({ status: 1, err: expect.stringContaining('no event up to 2001-01-01') });
  });
});

test('what acts in a terminal or a page is written out of both', () => {
  const page: Page = {
    title: 'T',
    facts: [['a', '\x1b]0;x\x07']],
    sections: [{ heading: 'H', list: ['<script>'], table: { head: ['x'], rows: [['"&\'']] } }],
    sign: ['S'],
  };
  expect(textOf(page)).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  expect(htmlOf(page)).toContain('&lt;script&gt;');
  expect(htmlOf(page)).toContain('&quot;&amp;&#39;');
});

test('what was entered while the clock was a day ahead hides nothing that was entered behind it', async () => {
  const policy = join(home, 'policy.json');
  const becomes = async (seconds: number): Promise<void> => {
    writeFileSync(policy, readFileSync(policy, 'utf8').replace(/"idleSeconds": \d+/, `"idleSeconds": ${seconds}`));
    await acceptAsItStands(home);
  };
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 86_400_000 });
  try {
    await becomes(230);
  } finally {
    vi.useRealTimers();
  }
  await becomes(220);
  expect(await json('lock')).toMatchObject({ inForce: { timers: { idleSeconds: 220 } } });
});
