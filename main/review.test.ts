/** Whose recordings are listed and opened, and what is entered of each look: at first, and when it ends, by whatever it ends. */
import { mkdirSync } from 'node:fs';
import { unmarkLive } from '../src/recording/live.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testLedgerOptions } from '../src/ledger/fixture.ts';
import { Ledger, noticeEntry } from '../src/ledger/index.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import { homePaths } from '../src/storage/home.ts';
import { newRecording, removeFolders } from '../test/support/recording.ts';
import { ownFolder } from '../test/support/first-home.ts';
import { Reviews, type ReviewParts } from './review.ts';

const ADA = 'p-0000000000ad';
const KIM = 'p-0000000000cc';

let home: ReturnType<typeof homePaths>;
let ledger: Ledger;
let reviews: Reviews;
let own: string;
let others: string;
let who: string | undefined;
let entered: AuditEntry[];
let asked: string[];
let searched: unknown[];
let answers: Record<string, unknown>;
/** The ledger takes what is entered. */
let takes: boolean;
/** As the policy says. */
let masksOwn: boolean | undefined;

beforeEach(async () => {
  home = homePaths(ownFolder());
  mkdirSync(home.recordings, { recursive: true });
  const options = testLedgerOptions();
  ledger = await Ledger.open(options);
  const record = async (person: string): Promise<string> => {
    const { writer, notices } = await newRecording({ folder: home.recordings, installation: options.installation, person });
    writer.output(Buffer.from('something\r\n'));
    await writer.end('exit');
    for (const notice of notices) await ledger.append(noticeEntry(notice));
    return writer.id;
  };
  own = await record(ADA);
  others = await record(KIM);
  who = ADA;
  entered = [];
  asked = [];
  searched = [];
  takes = true;
  masksOwn = undefined;
  answers = {
    reviewOpen: { whole: true },
    reviewSeek: { toUs: 4_000_000 },
    reviewMore: { toUs: 9_500_000, end: false },
    reviewLines: { fromUs: 1_000_000, toUs: 2_000_000 },
  };
  const enter = async (entry: AuditEntry): Promise<boolean> => {
    entered.push(entry);
    return takes;
  };
  reviews = new Reviews({
    home,
    gate: {
      requireSession: () => {
        if (who === undefined) throw new Error('locked');
        return { person: { id: who } };
      },
      get session() {
        return who === undefined ? undefined : { person: { id: who } };
      },
    },
    vaults: {
      require: () => ({
        ask: async (request: string, input: unknown) => {
          if (request === 'reviewSearchOthers') searched.push(input);
          asked.push(`${request} after ${entered.length}`);
          const answer = answers[request] ?? {};
          if (answer instanceof Error) throw answer;
          return answer;
        },
      }),
    },
    installed: { require: () => ({ ledger, policy: { policy: { recording: { maskOwnReplays: masksOwn } } } }) },
    journal: { enter, log: (entry: AuditEntry) => void enter(entry) },
    pty: { checkpoint: async () => undefined },
  } as unknown as ReviewParts);
});
afterEach(async () => {
  await ledger.close();
  removeFolders();
});

const query = { sort: 'start', descending: true, from: 0, count: 100 } as const;

describe('the list', () => {
  test('of one’s own has nobody else’s, and a page is a page', async () => {
    expect(await reviews.list(query, 'own')).toMatchObject({
      rows: [{ id: own, yours: true, state: 'complete', signed: expect.any(Number) as number }],
      all: 1,
      left: 1,
    });
    expect((await reviews.list({ ...query, from: 1 }, 'own')).rows).toEqual([]);
    // Of what is asked for by its id too: nobody is told of somebody else's by it.
    expect((await reviews.list({ ...query, only: [others, own] }, 'own')).rows.map(({ id }) => id)).toEqual([own]);
    expect((await reviews.list({ ...query, only: [others] }, 'everybody')).rows.map(({ id }) => id)).toEqual([others]);
  });

  test('of everybody has all, and says whose', async () => {
    const { rows, states } = await reviews.list(query, 'everybody');
    expect(rows.map(({ id, yours }) => [id, yours]).toSorted()).toEqual([[own, true], [others, false]].toSorted()); // prettier-ignore
    expect(states).toEqual({ complete: 2 });
    expect((await reviews.list({ ...query, state: 'live' }, 'everybody')).left).toBe(0);
  });

  test('of days has what began on them, from the beginning of the first to the end of the last', async () => {
    const today = ((now: Date) => `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`)(
      new Date((await reviews.list(query, 'everybody')).rows[0]!.start),
    );
    const left = async (days: object): Promise<number> => (await reviews.list({ ...query, ...days }, 'everybody')).left;
    expect(await left({ since: today, until: today })).toBe(2);
    expect(await left({ since: '', until: today })).toBe(2);
    expect(await left({ since: '2099-01-01' })).toBe(0);
    expect(await left({ until: '2001-01-01' })).toBe(0);
    await expect(left({ since: '2026-13-40' })).rejects.toThrow('is no day');
  });
});

describe('a look', () => {
  test('is entered before the vault is asked, and what was seen when it ends', async () => {
    await reviews.open(1, own, undefined);
    expect(entered).toEqual([{ action: 'play', person: ADA, outcome: 'success', detail: { recording: own, key: 'owner', how: 'replay', masked: false } }]);
    expect(asked).toEqual(['reviewOpen after 1']);
    await reviews.seek(1, 4_000_000);
    await reviews.more(1);
    await reviews.lines(1, 0, 10);
    await reviews.close();
    expect(entered.slice(1)).toEqual([{ action: 'view', person: ADA, detail: { recording: own, key: 'owner', fromMs: 1000, toMs: 9500 } }]);
  });

  test('has seen its commands, wherever it stood', async () => {
    answers['reviewOpen'] = { whole: true, commands: { fromUs: 500_000, toUs: 60_000_000 } };
    expect(await reviews.open(1, own, undefined)).toEqual({ whole: true, masked: false, live: false });
    await reviews.seek(1, 4_000_000);
    await reviews.close();
    expect(entered.at(-1)).toMatchObject({ action: 'view', detail: { fromMs: 500, toMs: 60_000 } });
  });

  test('goes on where its writer holds it, whether or not its mark is there', async () => {
    const { writer, notices } = await newRecording({ folder: home.recordings, installation: ledger.installation, person: ADA });
    for (const notice of notices) await ledger.append(noticeEntry(notice));
    unmarkLive(writer.folder);
    expect(await reviews.open(1, writer.id, true)).toMatchObject({ masked: true, live: true });
    await writer.end('exit');
    expect(await reviews.open(1, writer.id, true)).toMatchObject({ masked: true, live: false });
  });

  test('that the ledger does not take is none', async () => {
    takes = false;
    await expect(reviews.open(1, own, undefined)).rejects.toThrow('nothing is shown');
    expect(asked).toEqual([]);
  });

  test('at somebody else’s is refused, and the vault is not asked', async () => {
    await expect(reviews.open(1, others, undefined)).rejects.toThrow('somebody else’s');
    expect([entered, asked]).toEqual([[], []]);
  });

  test('that the lock ends is entered for whoever looked, and goes on for nobody', async () => {
    await reviews.open(1, own, undefined);
    await reviews.seek(1, 4_000_000);
    who = undefined;
    reviews.forget();
    expect(entered.at(-1)).toMatchObject({ action: 'view', person: ADA, detail: { fromMs: 4000, toMs: 4000 } });
    who = KIM;
    await expect(reviews.seek(1, 0)).rejects.toThrow('not open any more');
  });

  test('that the lock ends before main hears what the page got is entered all the same', async () => {
    await reviews.open(1, own, undefined);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    answers['reviewSeek'] = promise;
    const sought = reviews.seek(1, 4_000_000);
    reviews.forget();
    expect(entered.at(-1)).toMatchObject({ action: 'view', person: ADA, detail: { fromMs: 4000, toMs: 4000 } });
    resolve({ toUs: 4_000_000 });
    await sought;
  });

  test('at one that was deleted is refused, and nothing is entered', async () => {
    const state = (await ledger.recording(own))!;
    vi.spyOn(ledger, 'recording').mockResolvedValue({ ...state, deleted: {} } as unknown as typeof state);
    await expect(reviews.open(1, own, undefined)).rejects.toMatchObject({ code: 'deleted' });
    expect([entered, asked]).toEqual([[], []]);
  });

  test('of another ticket gets nothing', async () => {
    await reviews.open(1, own, undefined);
    await reviews.open(2, own, undefined);
    await expect(reviews.more(1)).rejects.toThrow('not open any more');
  });
});

describe('a look at somebody else’s', () => {
  const looked = { ticket: 3, masked: true, reason: 'audit', keyFile: '/media/key/audit-key.json' } as const;

  test('is entered with its reason before the vault is asked, and what was seen when it ends', async () => {
    answers['reviewOpenOther'] = { whole: true };
    expect(await reviews.openOther({ ...looked, recording: others })).toEqual({ whole: true, masked: true, live: false });
    expect(entered).toEqual([
      { action: 'play', person: ADA, outcome: 'success', detail: { recording: others, key: 'audit', how: 'replay', masked: true, reason: 'audit' } },
    ]);
    expect(asked).toEqual(['reviewOpenOther after 1']);
    await reviews.seek(3, 2_000_000);
    await reviews.close();
    expect(entered.at(-1)).toEqual({ action: 'view', person: ADA, detail: { recording: others, key: 'audit', fromMs: 2000, toMs: 4000 } });
  });

  test('with nothing covered is refused where the ledger has not taken it that two agreed: no look is entered, and the vault is not asked', async () => {
    await expect(reviews.openOther({ ...looked, masked: false, recording: others })).rejects.toMatchObject({ code: 'second-needed' });
    expect([entered, asked]).toEqual([[], []]);
  });

  test('that came to nothing is entered as that', async () => {
    answers['reviewOpenOther'] = new Error('not an audit key');
    await expect(reviews.openOther({ ...looked, recording: others })).rejects.toThrow('not an audit key');
    const detail = { recording: others, key: 'audit', how: 'replay', masked: true, reason: 'audit' };
    expect(entered).toEqual([
      { action: 'play', person: ADA, outcome: 'success', detail },
      { action: 'play', person: ADA, outcome: 'failure', detail },
    ]);
    await expect(reviews.more(3)).rejects.toThrow('not open any more');
  });

  test('shows nothing where that cannot be entered, of one’s own, and of what the ledger does not know', async () => {
    await expect(reviews.openOther({ ...looked, recording: own })).rejects.toThrow('your own');
    await expect(reviews.openOther({ ...looked, recording: '20260101-000000-00000000' })).rejects.toThrow('does not know');
    takes = false;
    await expect(reviews.openOther({ ...looked, recording: others })).rejects.toThrow('nothing is shown');
    expect(asked).toEqual([]);
  });

  test('one’s own is covered where the policy says so, until one asks otherwise, and that is entered', async () => {
    masksOwn = true;
    expect(await reviews.open(4, own, undefined)).toMatchObject({ masked: true });
    expect(await reviews.open(5, own, false)).toMatchObject({ masked: false });
    expect(entered.filter(({ action }) => action === 'play').map(({ detail }) => detail)).toMatchObject([{ masked: true }, { masked: false }]);
  });
});

describe('a search', () => {
  test('is over one’s own, and each recording with hits is entered while it runs, and never else', async () => {
    await expect(reviews.looked(5, own)).rejects.toThrow('Nobody looks');
    await reviews.search(5, 'shown', undefined);
    await reviews.looked(5, own);
    expect(entered).toMatchObject([{ action: 'play', person: ADA, detail: { recording: own, how: 'search' } }]);
    await expect(reviews.looked(6, own)).rejects.toThrow('Nobody looks');
    await expect(reviews.search(7, 'shown', others)).rejects.toThrow('no recording of yours');
    who = KIM;
    await expect(reviews.looked(5, own)).rejects.toThrow('Nobody looks');
  });

  test('of everybody’s with an audit key has no own one, goes by the filter, and each with hits is entered with why', async () => {
    const asks = { ticket: 5, lookFor: 'ticket', why: 'audit', keyFile: '/key.json' } as const;
    await reviews.searchOthers(asks);
    expect(searched.at(-1)).toEqual({ ticket: 5, lookFor: 'ticket', recordings: [{ id: others, live: false }], keyFile: '/key.json' });
    await reviews.looked(5, others);
    expect(entered).toEqual([
      { action: 'play', person: ADA, outcome: 'success', detail: { recording: others, key: 'audit', how: 'search', masked: true, reason: 'audit' } },
    ]);
    for (const filter of [{ state: 'live' }, { since: '2030-01-01' }, { words: KIM.replace('c', 'd') }] as const)
      await expect(reviews.searchOthers({ ...asks, ...filter })).rejects.toThrow('somebody else’s that is like that');
    await expect(reviews.searchOthers({ ...asks, until: 'yesterday' })).rejects.toThrow('is no day');
    who = KIM;
    await reviews.searchOthers({ ...asks, ticket: 6 });
    expect(searched.at(-1)).toMatchObject({ recordings: [{ id: own, live: false }] });
  });
});

test('its recording is verified by content', async () => {
  await ledger.checkpoint();
  expect(await reviews.verify(own)).toMatchObject({ good: true, found: expect.any(Number) as number });
  expect(await reviews.verify('20200101-000000-00000000')).toMatchObject({ good: false, found: null });
  expect(entered).toMatchObject([
    { action: 'verify', outcome: 'success' },
    { action: 'verify', outcome: 'failure' },
  ]);
});
