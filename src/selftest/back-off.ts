/** Waiting after failures: counters that were set back, removed or changed are found, and the wait begins again. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backoffRows } from '../lock/backoff.ts';
import { Backoff, backoffPath, type BackoffClock, type BackoffOptions, type Tampering } from '../people/backoff.ts';
import { homePaths, type Home } from '../storage/home.ts';
import { fails, holds, type Finding } from './finding.ts';
import { DAY_MS } from '../types/units.ts';

/** Whose the counters are that are attacked here: nobody's. */
const NOBODY = 'p-000000000000';
/** The first failure after which a passphrase waits. */
const WAITS = backoffRows.passphrase.free + 1;

export type OpenCounters = (home: Home, key: Uint8Array, options: BackoffOptions) => Pick<Backoff, 'create' | 'begin' | 'status'>;

export interface BackoffParts {
  /** Looks at the counters of the people here. @returns who has one that is not what was written, and how. */
  readonly own: () => Promise<readonly { readonly person: string; readonly how: Tampering }[]>;
  /** People whose counters that are. */
  readonly people: number;
  readonly open?: OpenCounters;
}

export async function tryBackoff({ own, people, open = (home, key, options) => new Backoff(home, key, options) }: BackoffParts): Promise<Finding> {
  const wrong = attack(open);
  if (wrong !== undefined) return fails(wrong);
  const tampered = await own();
  if (tampered.length > 0)
    return fails(
      `The file of failures of ${tampered.map(({ person, how }) => `${person} (${how})`).join(', ')} is not what was written: somebody has changed it. It is entered in the ledger, and the wait begins again.`,
    );
  return holds(
    `${WAITS} failures make the next attempt wait; a counter that was set back, removed, changed, or written with another key is found, and a clock that was set gives nothing. The counters of ${people} ${people === 1 ? 'person' : 'people'} are what was written.`,
  );
}

/** @returns a sentence where an attack was not found. */
function attack(open: OpenCounters): string | undefined {
  const place = mkdtempSync(join(tmpdir(), 'wardmux-selftest-'));
  const key = randomBytes(32);
  try {
    const home = homePaths(place);
    mkdirSync(home.people, { mode: 0o700 });
    let clock: BackoffClock = { wallMs: 0, bootMs: 0, bootId: 'one' };
    let failures = 0;
    let found: Tampering | undefined;
    const counters = open(home, key, {
      clock: () => clock,
      tally: (_, method) => ({ failures: method === 'passphrase' ? failures : 0, since: -1 }),
      onTampered: (_, how) => (found = how),
    });
    const path = backoffPath(home, NOBODY);
    counters.create(NOBODY);
    const fresh = readFileSync(path);
    for (; failures < WAITS; failures++) counters.begin(NOBODY, 'passphrase');
    const written = readFileSync(path);
    const isHeld = (): boolean => counters.status(NOBODY, 'passphrase').waitSeconds > 0;
    if (found !== undefined) return 'A counter that nobody touched is taken for one that was tampered with.';
    if (!isHeld()) return `After ${WAITS} failures in a row nothing has to wait.`;
    clock = { ...clock, wallMs: DAY_MS };
    if (!isHeld()) return 'A clock that was set forward by a day ends the wait.';
    const forged = JSON.parse(written.toString('utf8')) as { counts: { passphrase: { failures: number } } };
    forged.counts.passphrase.failures = 0;
    const attacks: readonly (readonly [what: string, how: Tampering, attack: () => void])[] = [
      ['set back', 'set-back', () => writeFileSync(path, fresh)],
      ['removed', 'missing', () => rmSync(path)],
      ['changed', 'damaged', () => writeFileSync(path, JSON.stringify(forged))],
      ['written with another key', 'damaged', () => open(home, randomBytes(32), { clock: () => clock }).create(NOBODY)],
    ];
    for (const [what, how, attempt] of attacks) {
      found = undefined;
      writeFileSync(path, written);
      attempt();
      const held = isHeld();
      if (found !== how) return `A counter that was ${what} is not found out.`;
      if (!held) return `A counter that was ${what} ends the wait.`;
    }
    return undefined;
  } finally {
    key.fill(0);
    rmSync(place, { recursive: true, force: true });
  }
}
