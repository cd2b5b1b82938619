/**
 * One alone against everybody else, over random sequences of real commands on real files: an auditor, with an audit key in hand, never sees what a ledger that
 * cannot be taken back does not say they saw, and changes nothing for anybody else; a custodian and a security admin see nothing at all, and nothing of what
 * takes two is done by either alone. Each command stands as it would be typed, with the one passphrase that the one person has, given for the second one too.
 */
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { deciderOf } from '../../src/services/deeds/decide.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { enrol, prepareEnrolment } from '../../src/services/people/people.ts';
import { setHold } from '../../src/services/recordings/life-cycle.ts';
import { openHome, requireInstallation } from '../../src/storage/index.ts';
import type { Role } from '../../src/types/words.ts';
import { forAudit } from '../support/disclosure.ts';
import { firstHome, firstWords, ownFolder } from '../support/first-home.ts';
import { runHere, runWith } from '../support/run-here.ts';

/** In the recording, and of no kind that a recogniser covers: whoever has it has content. */
const content = 'tumbler quartz meadow';
/** In the order in which they are enrolled: from the second security admin on that takes two. */
const crew = {
  Uma: ['auditor'],
  Ugo: ['auditor'],
  Cleo: ['custodian'],
  Sid: ['security'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;
type Name = keyof typeof crew;
const wordsOf = (name: Name): string => `${name.toLowerCase()} canyon drizzle hammock violet`;

let made: string;
let recording: string;
let held: string;
const ids = {} as Record<Name | 'Ada', string>;

beforeAll(async () => {
  made = ownFolder();
  const first = await firstHome(made);
  const { home, installation } = first;
  ids.Ada = first.person.id;
  const file = join(made, 'a.cast');
  writeFileSync(file, `{"version":2,"width":80,"height":24}\n[0,"o","${content}\\r\\n"]\n`);
  recording = (await runWith(['import', file], { home: home.folder, place: made }, [firstWords])).out.trim();
  const { ledger } = await openLedger(home, installation);
  const parts = { home, installation, ledger, admin: deciderOf(first.identity) };
  for (const [name, roles] of Object.entries(crew) as [Name, readonly Role[]][]) {
    const record = await prepareEnrolment({ name, passphrase: Buffer.from(wordsOf(name)), kdf: newScryptParameters() });
    await enrol(parts, record, roles);
    ids[name] = record.id;
  }
  held = await setHold(parts, { recording }, 'legal');
  await ledger.close();
  first.identity.destroy();
});

interface Standing {
  readonly home: string;
  readonly place: string;
}
interface Ask {
  /** @param who does it @param fresh a path where nothing is @param key of an audit key */
  readonly args: (who: Name, fresh: string, key: string) => readonly string[];
  /** Passphrases that are given: both of whoever does it. */
  readonly proofs: 0 | 1 | 2;
}
const ask = (proofs: Ask['proofs'], args: Ask['args']): Ask => ({ args, proofs });
const as = (who: Name): readonly string[] => ['--person', who];
const second = (who: Name): readonly string[] => [...as(who), '--second', who];

/** What shows, or would show, what was recorded. */
const looks = {
  own: ask(1, (who) => ['play', recording, '--raw', ...as(who)]),
  find: ask(1, (who) => ['list', '--text', 'quartz', ...as(who)]),
  preview: ask(1, (who) => ['redact', 'preview', recording, '--context', ...as(who)]),
  exported: ask(1, (who, fresh) => ['export', recording, '-o', fresh, ...forAudit, ...as(who)]),
  bare: ask(2, (who, fresh) => ['export', recording, '-o', fresh, '--redact', 'none', ...forAudit, ...second(who)]),
} as const;
/** The same with an audit key in hand. */
const looksWithKey = {
  'play with the key': ask(0, (_who, _fresh, key) => ['play', recording, '--raw', '--key', key]),
  'text with the key': ask(0, (_who, _fresh, key) => ['play', recording, '--text', '--key', key]),
  'find with the key': ask(0, (_who, _fresh, key) => ['list', '--text', 'quartz', '--key', key]),
  'preview with the key': ask(0, (_who, _fresh, key) => ['redact', 'preview', recording, '--context', '--key', key]),
  'export with the key': ask(1, (who, fresh, key) => ['export', recording, '-o', fresh, '--reason', 'audit', '--key', key, ...forAudit, ...as(who)]),
  'show the key': ask(1, (who, _fresh, key) => ['audit-key', 'prove', key, ...as(who)]),
  'wrap it for other keys': ask(1, (who, _fresh, key) => ['audit-key', 'rewrap', key, ...as(who)]),
  'bare with the key': ask(2, (who, fresh, key) => [
    ...['export', recording, '-o', fresh, '--reason', 'audit', '--redact', 'none', '--key', key, ...forAudit],
    ...second(who),
  ]),
} as const;
/** What takes power over others, or evidence away. */
const deeds = {
  'delete it': ask(2, (who) => ['delete', recording, '--reason', 'mistake', ...second(who)]),
  'end the hold': ask(2, (who) => ['hold', 'clear', held, '--reason', 'mistake', ...second(who)]),
  'be an admin': ask(2, (who) => ['person', 'roles', who, '--role', 'security', ...second(who)]),
  'be an operator': ask(2, (who) => ['person', 'roles', who, '--role', 'operator', ...second(who)]),
  'make an auditor': ask(2, (who) => ['person', 'roles', 'Cleo', '--role', 'auditor', ...second(who)]),
  'new keys for another': ask(2, (who) => ['person', 'rebind', 'Ada Example', '--checked', 'known-to-both', ...second(who)]),
  'a weaker policy': ask(2, (who) => ['policy', 'apply', weaker, ...second(who)]),
} as const;
/** What a security admin does alone, and nobody else does at all. */
const adminDeeds = {
  'put the owner out': ask(1, (who) => ['person', 'disable', 'Ada Example', ...as(who)]),
  'delete the owner': ask(1, (who) => ['person', 'delete', 'Ada Example', ...as(who)]),
  'stop the station': ask(1, (who) => ['stop', 'station', '--reason', 'drill', ...as(who)]),
  'another key for the installation': ask(1, (who) => ['installation', 'rotate-key', ...as(who)]),
  'time for deletion': ask(1, (who) => ['retention', 'run', ...as(who)]),
} as const;
/** What only those do who look at others' work. */
const auditorDeeds = {
  'say that it is fine': ask(1, (who) => ['review', recording, '--state', 'fine', ...as(who)]),
  'sign that all was reviewed': ask(1, (who) => ['audit', 'sign', '--finding', 'nothing', '--note', 'nothing at all', ...as(who)]),
  'hold it': ask(1, (who) => ['hold', 'set', '--recording', recording, '--reason', 'legal', ...as(who)]),
} as const;
let weaker = '';

const linesOf = (home: string): string => readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8');
interface Event {
  readonly action: string;
  readonly person?: string;
  readonly outcome: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}
const eventsIn = (lines: string): Event[] =>
  lines.split('\n').flatMap((line) => (line.includes('{') ? [JSON.parse(line.slice(line.indexOf('{'))) as Event] : []));

function* filesOf(path: string): Generator<string> {
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) yield* filesOf(join(path, name));
  else yield path;
}

/** What others are and have, which nobody alone may change. */
async function others(home: string): Promise<unknown> {
  const paths = openHome(home);
  const { ledger } = await openLedger(paths, requireInstallation(paths));
  const { facts } = ledger;
  const people = facts.people().map((id) => [id, facts.person(id)?.roles, facts.person(id)?.state]);
  const now = { people, policy: facts.policy?.sha256, hold: facts.holds.some(({ id }) => id === held), gone: (await ledger.recording(recording))?.deleted };
  await ledger.close();
  return now;
}

interface Ran {
  readonly name: string;
  readonly status: number;
  /** Whether what was recorded was shown, or lies in what was written. */
  readonly saw: boolean;
  /** What the ledger says of it, and nothing else. */
  readonly told: readonly Event[];
  readonly said: string;
}

/** One command. What the ledger said before it still stands there, letter by letter. */
async function run(name: string, { args, proofs }: Ask, who: Name, at: Standing, key: string): Promise<Ran> {
  const before = linesOf(at.home);
  const fresh = join(ownFolder(), 'out');
  const given = args(who, fresh, key);
  const words = Array.from({ length: proofs }, () => wordsOf(who));
  const { status, out, err } = proofs === 0 ? await runHere(given, at) : await runWith(given, at, words);
  const after = linesOf(at.home);
  expect(after.startsWith(before), name).toBe(true);
  const written = existsSync(fresh) ? [...filesOf(fresh)].map((path) => readFileSync(path).toString('latin1')) : [];
  return { name, status, saw: [out, err, ...written].some((text) => text.includes(content)), told: eventsIn(after.slice(before.length)), said: err };
}

/** Random sequences, each on a copy of its own. @param last what each of them ends with @param each looks at each command @param end looks at what came of all of them */
async function sequences(
  who: Name,
  asks: Readonly<Record<string, Ask>>,
  withKey: boolean,
  last: readonly string[],
  each: (ran: Ran) => void,
  end: (at: Standing, before: unknown) => Promise<void>,
): Promise<void> {
  const names = Object.keys(asks);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(names, { minLength: 6, maxLength: 8 }), async (order) => {
      const place = ownFolder();
      const home = join(place, 'home');
      cpSync(join(made, 'home'), home, { recursive: true });
      weaker = join(place, 'weaker.json');
      writeFileSync(weaker, readFileSync(join(home, 'policy.json'), 'utf8').replace('"idleSeconds": 300', '"idleSeconds": 600'));
      const key = withKey ? join(made, 'audit.json') : join(place, 'no-key.json');
      const before = await others(home);
      for (const name of [...order, ...last]) each(await run(name, asks[name]!, who, { home, place }, key));
      await end({ home, place }, before);
    }),
    { numRuns: 2 },
  );
}

/** Whether the ledger says that somebody looked: who, or with which kind of key. */
const isTold = (who: Name, { told }: Ran): boolean =>
  told.some(({ action, person, detail }) => ['play', 'export', 'search'].includes(action) && (person === ids[who] || detail?.['key'] === 'audit'));

describe('one alone', () => {
  test('an auditor sees nothing that the ledger does not say, takes nothing back, and changes nothing for anybody else', { timeout: 600_000 }, async () => {
    const seen = new Set<string>();
    await sequences(
      'Uma',
      { ...looks, ...looksWithKey, ...deeds, ...adminDeeds, ...auditorDeeds },
      true,
      ['play with the key', 'export with the key'],
      (ran) => {
        const { name, saw, told, status } = ran;
        if (saw) seen.add(name);
        if (saw) expect(isTold('Uma', ran), `${name}: ${JSON.stringify(told)}`).toBe(true);
        // Hers alone is what an auditor may: the rest is refused.
        if (!(name in looksWithKey) && !(name in auditorDeeds) && name !== 'time for deletion') expect([name, status]).not.toEqual([name, 0]);
      },
      async ({ home, place }, before) => {
        expect(await others(home)).toEqual(before);
        // Whoever verifies finds what she did where she did it: 55 says that no head is kept outside.
        expect([0, 55]).toContain((await runHere(['ledger', 'verify'], { home, place })).status);
      },
    );
    // It can see, and so what it did not find was not shown.
    expect([...seen]).toEqual(expect.arrayContaining(['play with the key', 'export with the key']));
    expect([...seen].filter((name) => !(name in looksWithKey) || name === 'bare with the key')).toEqual([]);
  });

  test('a custodian without the file of a key can do nothing: sees nothing, changes nothing, and each try is in the ledger', { timeout: 600_000 }, async () => {
    await sequences(
      'Cleo',
      { ...looks, ...looksWithKey, ...deeds, ...adminDeeds, ...auditorDeeds },
      false,
      [],
      (ran) => {
        expect(ran.saw, ran.name).toBe(false);
        expect(ran.status, ran.name).not.toBe(0);
        // What is said of a key's file comes before anybody is asked who they are; and so does that nobody could be the second.
        if (!(ran.name in looksWithKey) && ran.name !== 'new keys for another')
          expect(
            ran.told.map(({ action }) => action),
            `${ran.name}: ${ran.said}`,
          ).toContain('access.denied');
      },
      async ({ home }, before) => expect(await others(home)).toEqual(before),
    );
  });

  test('a security admin sees nothing, and nothing of what takes two is done by them alone', { timeout: 600_000 }, async () => {
    await sequences(
      'Sid',
      { ...looks, ...looksWithKey, ...deeds, ...auditorDeeds },
      false,
      [],
      (ran) => {
        expect(ran.saw, ran.name).toBe(false);
        if (ran.name in deeds) expect(ran.status, ran.name).not.toBe(0);
      },
      async ({ home }, before) => expect(await others(home)).toEqual(before),
    );
  });
});
