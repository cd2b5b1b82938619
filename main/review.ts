/**
 * Recordings that somebody looks for and looks at in the window. Main has the list, which is public, the ledger and the door; what is in a recording goes
 * from the vault to the page in frames that main cannot open. Every look is entered before anything is shown, and how much was seen when it ends.
 */
import { join } from 'node:path';
import { Refusal } from '../src/types/refusal.ts';
import type { Input, Output } from '../src/bridge/schema.ts';
import { checkRecording, goesOn } from '../src/records/index.ts';
import { isLetGo, liveState } from '../src/recording/live.ts';
import { filterRows, sortRows, type RecordingRow, type RowFilter } from '../src/review/rows.ts';
import { erasureFault, requireErasedAsSigned } from '../src/services/recordings/erased.ts';
import { listRecordings, namesFor, rowOf } from '../src/services/recordings/list.ts';
import { requireUnmasked, reviewRecording } from '../src/services/recordings/review.ts';
import { verifyRecording } from '../src/services/recordings/verify.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import type { Ledger } from '../src/ledger/index.ts';
import type { RecordingState } from '../src/ledger/rules.ts';
import type { GivenReasonWord, ReviewState, SearchedFor } from '../src/types/words.ts';
import type { Home } from '../src/storage/index.ts';
import { daysAsked } from './days-asked.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { PtyClient } from './processes/pty-client.ts';
import type { VaultKeeper } from './processes/vault-keeper.ts';

export interface ReviewParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly vaults: VaultKeeper;
  readonly pty: PtyClient;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
}

/** What the page's requests ask for. */
export interface Reviewing {
  readonly list: (query: Input<'review.list'>, whose: 'own' | 'everybody') => Promise<Output<'review.list'>>;
  readonly open: (ticket: number, recording: string, masked: boolean | undefined) => Promise<Output<'review.open'>>;
  readonly openOther: (asked: Input<'review.openOther'>) => Promise<Output<'review.openOther'>>;
  readonly programs: (ticket: number, recordings: readonly string[]) => Promise<void>;
  readonly seek: (ticket: number, timeUs: number) => Promise<void>;
  readonly more: (ticket: number) => Promise<void>;
  readonly lines: (ticket: number, timeUs: number, count: number) => Promise<void>;
  readonly search: (ticket: number, lookFor: SearchedFor, recording: string | undefined) => Promise<Output<'review.search'>>;
  readonly searchOthers: (asked: Input<'review.searchOthers'>) => Promise<Output<'review.searchOthers'>>;
  readonly stop: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly say: (recording: string, state: ReviewState) => Promise<void>;
  readonly verify: (recording: string) => Promise<Output<'review.verify'>>;
}

/** A list that was made is looked through for so long before the disk is asked again: pages and filters of it follow each other. */
const LIST_MS = 5000;

interface Look {
  readonly ticket: number;
  readonly recording: string;
  readonly person: string;
  readonly key: 'owner' | 'audit';
  /** Of what was given to the page, microseconds. */
  fromUs: number;
  toUs: number;
}

export class Reviews implements Reviewing {
  readonly #parts: ReviewParts;
  #listed: { readonly at: number; readonly person: string; readonly rows: Promise<readonly RecordingRow[]> } | undefined;
  /** Of the list that was made. */
  #names: ((person: string) => string | null) | undefined;
  #look: Look | undefined;
  /** The search that is under way, and whose. */
  #search:
    | {
        readonly ticket: number;
        readonly person: string;
        readonly key: 'owner' | 'audit';
        readonly detail: { readonly masked: boolean; readonly reason?: GivenReasonWord };
      }
    | undefined;

  constructor(parts: ReviewParts) {
    this.#parts = parts;
  }

  readonly list: Reviewing['list'] = async ({ sort, descending, from, count, only, ...asked }, whose) => {
    const { person } = this.#parts.gate.requireSession();
    const all = (await this.#rows(person.id)).filter((row) => whose === 'everybody' || row.person === person.id);
    const states: Record<string, number> = {};
    const reasons: Record<string, number> = {};
    const more = (into: Record<string, number>, word: string): number => (into[word] = (into[word] ?? 0) + 1);
    for (const row of all) {
      more(states, row.state);
      if (row.review) more(states, row.review.state);
      if (row.reason) more(reasons, row.reason);
    }
    const left = filterRows(only ? all.filter(({ id }) => only.includes(id)) : all, filterOf(asked));
    const rows = sortRows(left, sort, descending).slice(from, from + count);
    return { rows: await Promise.all(rows.map((row) => this.#told(row, person.id))), all: all.length, left: left.length, states, reasons };
  };

  /** Somebody comes in, or goes: what the one before looked through is not theirs. */
  forget(): void {
    this.#listed = undefined;
    this.#enterSeen();
    this.#search = undefined;
  }

  readonly open: Reviewing['open'] = async (ticket, recording, asked) => {
    const { gate, vaults, installed } = this.#parts;
    const { person } = gate.requireSession();
    const state = await installed.require().ledger.recording(recording);
    if (state && state.person !== person.id)
      throw new Refusal(
        'not-yours',
        'This recording is somebody else’s: it is sealed to them and to the audit keys. An auditor who has one looks at it with that, for a reason.',
      );
    await requireShowable(this.#parts.home, installed.require().ledger, recording, state);
    const masked = asked ?? this.#masksOwn;
    return this.#openWith({ ticket, recording, person: person.id, key: 'owner' }, state, masked, { masked }, (live) =>
      vaults.require().ask('reviewOpen', { ticket, recording, live, masked }),
    );
  };

  readonly openOther: Reviewing['openOther'] = async ({ ticket, recording, masked, reason, keyFile }) => {
    const { gate, vaults, installed } = this.#parts;
    const { person } = gate.requireSession();
    const { ledger } = installed.require();
    const state = await ledger.recording(recording);
    if (!state) throw new Refusal('no-recording', 'The ledger does not know this recording, so nobody can say whose it is. Nothing is shown.');
    if (state.person === person.id) throw new Refusal('yours', 'This recording is your own: it opens with your own key.');
    await requireShowable(this.#parts.home, ledger, recording, state);
    // The vault counts it from the two signatures on, and the ledger may still have refused the event.
    if (!masked) await requireUnmasked(ledger, person.id, recording, state);
    return this.#openWith({ ticket, recording, person: person.id, key: 'audit' }, state, masked, { masked, reason }, (live) =>
      vaults.require().ask('reviewOpenOther', { ticket, recording, live, masked, keyFile }),
    );
  };

  /** Whether one’s own recordings are shown covered where nobody says otherwise. */
  get #masksOwn(): boolean {
    return this.#parts.installed.require().policy.policy.recording.maskOwnReplays ?? false;
  }

  async #openWith(
    who: Pick<Look, 'ticket' | 'recording' | 'person' | 'key'>,
    state: RecordingState | undefined,
    masked: boolean,
    detail: { readonly masked: boolean; readonly reason?: GivenReasonWord },
    ask: (live: boolean) => Promise<{ readonly whole: boolean; readonly commands?: { readonly fromUs: number; readonly toUs: number } | undefined }>,
  ): Promise<Output<'review.open'>> {
    this.#enterSeen();
    const look = { ...who, fromUs: Infinity, toUs: 0 };
    await this.#enter(look, 'replay', detail);
    this.#look = look;
    // What is masked shows its last line where it is proven that nothing comes behind it.
    const live = (state?.closed ?? null) === null && !isLetGo(join(this.#parts.home.recordings, look.recording));
    const { whole, commands } = await ask(live).catch((error: unknown) => {
      // It stands there as a look: that nothing came of it does too.
      this.#parts.journal.log(playOf(look, 'failure', 'replay', detail));
      if (this.#look === look) this.#look = undefined;
      throw error;
    });
    // The commands are listed beside the replay, wherever it stands.
    if (commands) seen(look, commands.fromUs, commands.toUs);
    return { whole, masked, live };
  }

  readonly programs: Reviewing['programs'] = async (ticket, recordings) => {
    this.#parts.gate.requireSession();
    await this.#parts.vaults.require().ask('reviewPrograms', { ticket, recordings, masked: this.#masksOwn });
  };

  readonly seek: Reviewing['seek'] = async (ticket, timeUs) => {
    const look = this.#looking(ticket);
    // Before the answer: the page has the moment sooner than main hears of it, and the lock may come in between.
    seen(look, timeUs, timeUs);
    const { toUs } = await this.#parts.vaults.require().ask('reviewSeek', { ticket, timeUs });
    seen(look, timeUs, toUs);
  };

  readonly more: Reviewing['more'] = async (ticket) => {
    const look = this.#looking(ticket);
    seen(look, look.toUs, look.toUs);
    const { toUs } = await this.#parts.vaults.require().ask('reviewMore', { ticket });
    seen(look, look.toUs, toUs);
  };

  readonly lines: Reviewing['lines'] = async (ticket, timeUs, count) => {
    const look = this.#looking(ticket);
    const { fromUs, toUs } = await this.#parts.vaults.require().ask('reviewLines', { ticket, timeUs, count });
    seen(look, fromUs, toUs);
  };

  readonly search: Reviewing['search'] = async (ticket, lookFor, recording) => {
    const { gate, vaults } = this.#parts;
    const { person } = gate.requireSession();
    const own = (await this.#rows(person.id)).filter((row) => row.person === person.id && (recording === undefined || row.id === recording));
    if (own.length === 0) throw new Refusal('no-recording', 'There is no recording of yours to look into.');
    const masked = this.#masksOwn;
    this.#search = { ticket, person: person.id, key: 'owner', detail: { masked } };
    return vaults.require().ask('reviewSearch', { ticket, lookFor, masked, recordings: await this.#lookedInto(own) });
  };

  readonly searchOthers: Reviewing['searchOthers'] = async ({ ticket, lookFor, why, keyFile, ...asked }) => {
    const { gate, vaults } = this.#parts;
    const { person } = gate.requireSession();
    const others = filterRows(await this.#rows(person.id), filterOf(asked)).filter((row) => row.person !== person.id && row.state !== 'unknown');
    if (others.length === 0) throw new Refusal('no-recording', 'There is no recording of somebody else’s that is like that.');
    this.#search = { ticket, person: person.id, key: 'audit', detail: { masked: true, reason: why } };
    return vaults.require().ask('reviewSearchOthers', { ticket, lookFor, recordings: await this.#lookedInto(others), keyFile });
  };

  /** Newest first. What was deleted or erased, and came back out of a copy, nobody looks into. */
  async #lookedInto(rows: readonly RecordingRow[]): Promise<{ readonly id: string; readonly live: boolean }[]> {
    const { ledger } = this.#parts.installed.require();
    const some: { readonly id: string; readonly live: boolean }[] = [];
    for (const { id, state } of sortRows(rows, 'start', true)) {
      const known = await ledger.recording(id);
      const folder = join(this.#parts.home.recordings, id);
      if (state === 'contradicts' && known?.deleted) continue;
      if ((await erasureFault(folder, ledger, id)) === undefined) some.push({ id, live: goesOn(folder, known) });
    }
    return some;
  }

  /** The vault found text in a recording: it is entered before it is told. @throws Refusal where nobody searches */
  async looked(ticket: number, recording: string): Promise<void> {
    const { gate } = this.#parts;
    const search = this.#search;
    if (search?.ticket !== ticket || gate.session?.person.id !== search.person) throw new Refusal('not-asked', 'Nobody looks for anything.');
    await this.#enter({ person: search.person, recording, key: search.key }, 'search', search.detail);
  }

  readonly stop: Reviewing['stop'] = async () => {
    await this.#parts.vaults.require().ask('reviewClose', { search: true });
  };

  readonly close: Reviewing['close'] = async () => {
    this.#enterSeen();
    await this.#parts.vaults.require().ask('reviewClose', { search: false });
  };

  readonly say: Reviewing['say'] = async (recording, state) => {
    const { gate, vaults, installed } = this.#parts;
    const { person } = gate.requireSession();
    const { ledger } = installed.require();
    await ledger.refresh();
    await reviewRecording({ ledger, by: person.id, certify: ({ deed: _, ...request }) => vaults.require().ask('certifyReview', request) }, recording, state);
    this.#listed = undefined;
  };

  readonly verify: Reviewing['verify'] = async (recording) => {
    const { home, gate, pty, installed, journal } = this.#parts;
    const { person } = gate.requireSession();
    const { ledger } = installed.require();
    await pty.checkpoint();
    const { good, code, sentence } = await verifyRecording(home, ledger, recording);
    journal.log({ action: 'verify', person: person.id, outcome: good ? 'success' : 'failure', detail: { target: 'recording', recording, code } });
    const folder = join(home.recordings, recording);
    const proof = good ? await checkRecording(folder, ledger, recording, { live: liveState(folder) === 'live' }) : undefined;
    return { good, sentence, found: proof?.found.size ?? null, proven: proof?.proven ?? null };
  };

  /** Who reads is on the record before anything is shown, or nobody reads. @throws Refusal */
  async #enter(
    who: Pick<Look, 'person' | 'recording' | 'key'>,
    how: 'replay' | 'search',
    more: { readonly masked?: boolean; readonly reason?: GivenReasonWord } = {},
  ): Promise<void> {
    const entered = await this.#parts.journal.enter(playOf(who, 'success', how, more));
    if (!entered) throw new Refusal('not-entered', 'The ledger does not take it that you look, so nothing is shown. Free its disk, and try again.');
  }

  /** What stands behind the ticket that is looked at. @throws Refusal */
  #looking(ticket: number): Look {
    const { person } = this.#parts.gate.requireSession();
    if (this.#look?.ticket !== ticket || this.#look.person !== person.id) throw new Refusal('not-open', 'That recording is not open any more. Open it again.');
    return this.#look;
  }

  #enterSeen(): void {
    const look = this.#look;
    this.#look = undefined;
    if (!look || look.fromUs > look.toUs) return;
    const ms = (us: number): number => Math.floor(us / 1000);
    const { recording, person, key, fromUs, toUs } = look;
    this.#parts.journal.log({ action: 'view', person, detail: { recording, key, fromMs: ms(fromUs), toMs: ms(toUs) } });
  }

  #rows(person: string): Promise<readonly RecordingRow[]> {
    const now = this.#parts.nowMs?.() ?? performance.now();
    const listed = this.#listed;
    if (listed && listed.person === person && now - listed.at < LIST_MS) return listed.rows;
    const rows = this.#make(person);
    this.#listed = { at: now, person, rows };
    rows.catch(() => (this.#listed = undefined));
    return rows;
  }

  async #make(person: string): Promise<readonly RecordingRow[]> {
    const { home, installed } = this.#parts;
    const { ledger } = installed.require();
    // The ledger first: a recording that is being written is never behind it.
    const known = new Map(await ledger.recordings());
    const nameOf = (this.#names = namesFor(home, ledger.facts, person));
    return (await listRecordings(home.recordings, known)).map((one) => rowOf(one, nameOf(one.person)));
  }

  async #told(row: RecordingRow, person: string): Promise<Output<'review.list'>['rows'][number]> {
    const { id, name, start, lengthMs, size, state, signed, found, reason, review } = row;
    const events = await this.#parts.installed.require().ledger.eventsOf(id);
    const { sessionClass } = events.find(({ event }) => event.action === 'recording.start')?.event.detail ?? {};
    const word = (value: unknown): string | null => (typeof value === 'string' && value !== 'none' ? value : null);
    return {
      id,
      person: row.person,
      name,
      start,
      lengthMs,
      size,
      state,
      signed,
      found,
      sessionClass: word(sessionClass),
      reason,
      review: review && { state: review.state, by: this.#names?.(review.by) ?? review.by },
      yours: row.person === person,
    };
  }
}

const playOf = (
  { person, recording, key }: Pick<Look, 'person' | 'recording' | 'key'>,
  outcome: 'success' | 'failure',
  how: 'replay' | 'search',
  more: { readonly masked?: boolean; readonly reason?: GivenReasonWord },
): AuditEntry => ({ action: 'play', person, outcome, detail: { recording, key, how, ...more } });

/** What the page has asked for, as the rows know it. @throws Refusal `no-day` */
function filterOf({ state, reason, words, since = '', until = '' }: Omit<Input<'review.list'>, 'sort' | 'descending' | 'from' | 'count' | 'only'>): RowFilter {
  const days = daysAsked({ since, until });
  return { state, reason, words: words?.split(/\s+/), since: days.since ?? undefined, until: days.until ?? undefined };
}

/** Nothing is shown that was deleted or erased, whatever came back out of a copy. @throws Refusal */
async function requireShowable(home: Pick<Home, 'recordings'>, ledger: Ledger, recording: string, state: RecordingState | undefined): Promise<void> {
  if (state?.deleted)
    throw new Refusal('deleted', 'This recording was deleted. If its files are here, they came back out of a copy, and nothing of them is shown.');
  await requireErasedAsSigned(home.recordings, ledger, recording);
}

function seen(look: Look, fromUs: number, toUs: number): void {
  look.fromUs = Math.min(look.fromUs, fromUs);
  look.toUs = Math.max(look.toUs, toUs);
}
