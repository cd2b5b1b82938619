/**
 * What the page knows of recordings: the list, the one that is looked at, and what was found. What is in a recording comes as sealed frames, with the
 * ticket of the question; what another ticket asked for is late, and is dropped. Framework-free: views read the signals. Over 400 lines:
 * list, search and replay share the tickets by which the vault's frames are told apart.
 */
import { batch, signal } from '@preact/signals';
import type { ReviewFrame } from '../../../src/bridge/frames.ts';
import type { Input, Output } from '../../../src/bridge/schema.ts';
import { act, advance, paused, type PlayDeed, type PlayState } from '../../../src/review/player.ts';
import type { ReviewTold, TranscriptLine } from '../../../src/review/told.ts';
import type { ReviewState, SearchedFor } from '../../../src/types/words.ts';
import type { Timeline } from '../../../src/review/timeline.ts';
import type { CommandLine } from '../../../src/review/transcript.ts';
import { Refused, type Bridge } from '../../shared/bridge.ts';
import { fromBase64, textBytes } from '../../shared/bytes.ts';
import { messages } from '../../shared/messages.ts';
import * as model from '../model.ts';
import { refusalWords } from '../../shared/refusal-words.ts';

export type Row = Output<'review.list'>['rows'][number];
export type Query = Pick<Input<'review.list'>, 'sort' | 'descending'> & Partial<Filter>;
type Filter = Pick<Input<'review.list'>, 'state' | 'reason' | 'words' | 'since' | 'until'>;
/** Why somebody else’s is looked at, and where the audit key lies. */
type WithKey = Pick<Input<'review.openOther'>, 'reason' | 'keyFile'>;
export type Hit = Extract<ReviewTold, { kind: 'hit' }>;

/** What shows the moments of a replay. */
export interface ReplayScreen {
  moment(cols: number, rows: number, bytes: Uint8Array): void;
  output(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
}

/** Rows that are asked for at once. */
const PAGE = 200;
/** Recordings that are asked for at once beside the list. */
const MOST_WANTED = 100;
/** Lines of the transcript that are asked for at once. */
const LINES = 120;
/** Where fewer wait, the vault is asked for more. */
const FEW = 64;
/** A recording that goes on is looked at so often. */
const FOLLOW_MS = 1000;

/** Of one search: whose recordings are asked for. */
interface Wanted {
  readonly asked: Set<string>;
  readonly waiting: string[];
  busy: boolean;
}
const noneWanted = (): Wanted => ({ asked: new Set(), waiting: [], busy: false });

interface Waiting {
  readonly code: string;
  readonly atMs: number;
  readonly data: Uint8Array;
}

export class Looking {
  readonly #bridge: Bridge;
  #next = 1;
  #open = 0;
  #searching = 0;
  #programs = 0;
  #screen: ReplayScreen | undefined;
  #waiting: Waiting[] = [];
  #ended = false;
  #asking = false;
  /** A moment that is asked for, and the one that is to be asked for then. */
  #seeking: { readonly timeUs: number } | undefined;
  #seekNext: number | undefined;
  #linesAt = -1;
  /** Milliseconds since it was last looked whether it goes on. */
  #quietMs = 0;
  /** The next output is to be shown as soon as it is there. */
  #steps = false;

  // The list.
  readonly query = signal<Query>({ sort: 'start', descending: true });
  readonly rows = signal<readonly Row[]>([]);
  readonly counts = signal<
    | { readonly all: number; readonly left: number; readonly states: Readonly<Record<string, number>>; readonly reasons: Readonly<Record<string, number>> }
    | undefined
  >(undefined);
  readonly programs = signal<ReadonlyMap<string, string>>(new Map());
  /** For which ticket one’s own were begun. */
  readonly tickets = signal<ReadonlyMap<string, string>>(new Map());
  readonly fault = signal('');

  // What was found.
  readonly hits = signal<readonly Hit[] | undefined>(undefined);
  readonly found = signal<Extract<ReviewTold, { kind: 'searched' }> | undefined>(undefined);
  readonly searchedBytes = signal(0);
  /** Those in which something was found and that do not stand in the list. */
  readonly elsewhere = signal<ReadonlyMap<string, Row>>(new Map());
  #wanted: Wanted = noneWanted();
  /** What was given last for a look into somebody else’s: nobody types it anew for each. */
  readonly withKey = signal<WithKey | undefined>(undefined);
  /** What the one that is looked at was opened with, where it is somebody else’s. What was given for a search alone is not that. */
  readonly lookedWith = signal<WithKey | undefined>(undefined);
  /** What was found is somebody else’s. */
  readonly ofOthers = signal(false);

  // The one that is looked at.
  readonly row = signal<Row | undefined>(undefined);
  readonly readMs = signal(0);
  readonly timeline = signal<Timeline | undefined>(undefined);
  readonly commands = signal<readonly CommandLine[]>([]);
  readonly text = signal<{ readonly from: number; readonly lines: readonly TranscriptLine[]; readonly all: number; readonly kept: number }>({
    from: 0,
    lines: [],
    all: 0,
    kept: 0,
  });
  readonly play = signal<PlayState>(paused);
  readonly proof = signal<Output<'review.verify'> | 'busy' | string | undefined>(undefined);
  readonly openFault = signal('');
  readonly reviewFault = signal('');
  /** It is shown, or was asked for; of somebody else’s it is asked first. */
  readonly opened = signal(false);
  /** Whether it is covered; undefined before that is known. */
  readonly masked = signal<boolean | undefined>(undefined);
  /** It goes on. */
  readonly live = signal(false);
  readonly following = signal(false);
  readonly needsSecond = signal(false);

  /** @param first what the list is filtered by when it opens. */
  constructor(bridge: Bridge, first: Pick<Query, 'words' | 'reason'> = {}) {
    this.#bridge = bridge;
    this.query.value = { ...this.query.value, ...first };
  }

  get endMs(): number {
    return (this.timeline.value?.durationUs ?? 0) / 1000;
  }

  // ---------------------------------------------------------------- the list

  /** @param more the page behind those that stand there. */
  async list(more = false): Promise<void> {
    const query = this.query.value;
    const from = more ? this.rows.value.length : 0;
    try {
      const { rows, ...counts } = await this.#bridge.request(this.#listed, { ...query, from, count: PAGE });
      if (query !== this.query.value) return;
      batch(() => {
        this.rows.value = more ? [...this.rows.value, ...rows] : rows;
        this.counts.value = counts;
        this.fault.value = '';
      });
      const own = rows.filter(({ yours }) => yours).map(({ id }) => id);
      if (own.length === 0 || !model.permits('recording.replay.own')) return;
      this.#programs = this.#next++;
      await this.#bridge.request('review.programs', { ticket: this.#programs, recordings: own });
    } catch (error) {
      if (query === this.query.value) this.fault.value = refusalWords(error);
    }
  }

  filter(change: { readonly [K in keyof Query]?: Query[K] | undefined }): void {
    const { state, reason, words, since, until, sort = 'start', descending = true } = { ...this.query.value, ...change };
    this.query.value = {
      sort,
      descending,
      ...(state === undefined ? {} : { state }),
      ...(reason === undefined ? {} : { reason }),
      ...(words ? { words } : {}),
      ...(since ? { since } : {}),
      ...(until ? { until } : {}),
    };
    void this.list();
  }

  // ---------------------------------------------------------------- search

  /** @param words text that was shown, or of a ticket. @param only in the recording that is looked at. */
  search(words: string, only: boolean, lookFor: SearchedFor = 'shown'): Promise<void> {
    const recording = only ? this.row.value?.id : undefined;
    this.ofOthers.value = false;
    return this.#searches(words, (ticket) => this.#bridge.request('review.search', { ticket, lookFor, ...(recording === undefined ? {} : { recording }) }));
  }

  /** In everybody’s that the filter leaves, with an audit key. */
  searchOthers(words: string, lookFor: SearchedFor, withKey: WithKey): Promise<void> {
    this.withKey.value = withKey;
    this.ofOthers.value = true;
    const { sort: _, descending: __, ...filter } = this.query.value;
    const { reason: why, keyFile } = withKey;
    return this.#searches(words, (ticket) => this.#bridge.request('review.searchOthers', { ...filter, ticket, lookFor, why, keyFile }));
  }

  async #searches(words: string, ask: (ticket: number) => Promise<unknown>): Promise<void> {
    const ticket = (this.#searching = this.#next++);
    batch(() => {
      this.hits.value = [];
      this.found.value = undefined;
      this.searchedBytes.value = 0;
      this.elsewhere.value = new Map();
    });
    this.#wanted = noneWanted();
    try {
      await this.#bridge.sendFrame('vault', { type: 'query', pane: ticket, bytes: textBytes(words) });
      await ask(ticket);
    } catch (error) {
      if (ticket !== this.#searching) return;
      this.fault.value = refusalWords(error);
      this.hits.value = undefined;
    }
  }

  /** What is known of a recording, wherever it stands. */
  rowOf(id: string): Row | undefined {
    const { value: open } = this.row;
    return this.rows.value.find((row) => row.id === id) ?? this.elsewhere.value.get(id) ?? (open?.id === id ? open : undefined);
  }

  /** Whose a recording is and when it began is asked once, with those that come until the answer is there. */
  #want(id: string): void {
    const { asked, waiting } = this.#wanted;
    if (asked.has(id) || this.rowOf(id)) return;
    asked.add(id);
    waiting.push(id);
    if (waiting.length === 1 && !this.#wanted.busy) void this.#whose(this.#wanted);
  }

  async #whose(of: Wanted): Promise<void> {
    of.busy = true;
    while (of === this.#wanted && of.waiting.length > 0) {
      const only = of.waiting.splice(0, MOST_WANTED);
      // What is not told stands there by its id.
      const { rows } = await this.#bridge
        .request(this.#listed, { sort: 'start', descending: true, from: 0, count: MOST_WANTED, only })
        .catch(() => ({ rows: [] }));
      if (of === this.#wanted) this.elsewhere.value = new Map([...this.elsewhere.value, ...rows.map((row) => [row.id, row] as const)]);
    }
    of.busy = false;
  }

  get #listed(): 'review.everybody' | 'review.list' {
    return model.permits('review.everybody') ? 'review.everybody' : 'review.list';
  }

  /** Ends a search, and what was found goes. */
  clear(): void {
    const searches = this.hits.value !== undefined && !this.found.value;
    this.#searching = 0;
    this.hits.value = undefined;
    this.found.value = undefined;
    if (searches) void this.#bridge.request('review.stop', {}).catch(() => {});
  }

  // ---------------------------------------------------------------- one recording

  /** One’s own is opened at once; of somebody else’s it is asked for what that takes (`openOther`). @param masked left out: as the policy says */
  async open(row: Row, atMs = 0, masked?: boolean): Promise<void> {
    if (this.row.value?.id === row.id && this.#open !== 0 && masked === undefined) return this.seek(atMs);
    if (row.yours)
      return this.#opens(row, atMs, (ticket) =>
        this.#bridge.request('review.open', { ticket, recording: row.id, ...(masked === undefined ? {} : { masked }) }),
      );
    this.close();
    this.row.value = row;
    this.play.value = { ...paused, atMs };
  }

  /** Somebody else’s, with the audit key that is in that file. */
  async openOther(asked: Pick<Input<'review.openOther'>, 'reason' | 'keyFile' | 'masked'>): Promise<void> {
    const row = this.row.value;
    if (!row) return;
    const withKey = (this.withKey.value = { reason: asked.reason, keyFile: asked.keyFile });
    await this.#opens(row, this.play.value.atMs, (ticket) => this.#bridge.request('review.openOther', { ticket, recording: row.id, ...asked }), withKey);
  }

  /** The session is covered then, and somebody else agrees or not. */
  async unmask(): Promise<void> {
    const row = this.row.value;
    if (!row) return;
    try {
      await this.#bridge.request('review.unmask', { recording: row.id });
    } catch (error) {
      if (this.row.value === row) this.openFault.value = refusalWords(error);
    }
  }

  async #opens(row: Row, atMs: number, ask: (ticket: number) => Promise<Output<'review.open'>>, withKey?: WithKey): Promise<void> {
    const ticket = (this.#open = this.#next++);
    batch(() => {
      this.row.value = row;
      this.#blank();
      this.lookedWith.value = withKey;
      // What was asked of somebody else’s stands until something of it comes.
      this.opened.value = row.yours;
      this.play.value = { ...paused, atMs };
    });
    this.#seeking = undefined;
    this.#seekNext = undefined;
    this.#asking = false;
    this.#linesAt = -1;
    try {
      const { masked, live } = await ask(ticket);
      if (ticket !== this.#open) return;
      batch(() => {
        this.masked.value = masked;
        this.live.value = live;
      });
    } catch (error) {
      if (ticket !== this.#open) return;
      batch(() => {
        this.openFault.value = refusalWords(error);
        this.needsSecond.value = error instanceof Refused && error.code === 'second-needed';
      });
    }
  }

  close(): void {
    if (this.#open === 0) {
      this.row.value = undefined;
      this.#blank();
      return;
    }
    this.#open = 0;
    this.#screen = undefined;
    batch(() => {
      this.row.value = undefined;
      this.#blank();
    });
    void this.#bridge.request('review.close', {}).catch(() => {});
  }

  /** Nothing of the one that was looked at is kept. */
  #blank(): void {
    this.#waiting = [];
    this.timeline.value = undefined;
    this.commands.value = [];
    this.text.value = { from: 0, lines: [], all: 0, kept: 0 };
    this.readMs.value = 0;
    this.proof.value = undefined;
    this.openFault.value = '';
    this.reviewFault.value = '';
    this.opened.value = false;
    this.lookedWith.value = undefined;
    this.masked.value = undefined;
    this.live.value = false;
    this.needsSecond.value = false;
    this.following.value = false;
  }

  async verify(): Promise<void> {
    const row = this.row.value;
    if (!row || this.proof.value === 'busy') return;
    this.proof.value = 'busy';
    const proof = await this.#bridge.request('review.verify', { recording: row.id }).catch(refusalWords);
    if (this.row.value === row) this.proof.value = proof;
  }

  /** What an auditor says of it. */
  async say(state: ReviewState): Promise<void> {
    const row = this.row.value;
    if (!row) return;
    this.reviewFault.value = '';
    try {
      await this.#bridge.request('review.say', { recording: row.id, state });
      await this.list();
    } catch (error) {
      if (this.row.value === row) this.reviewFault.value = refusalWords(error);
    }
  }

  /** Where moments are shown. It is given the one that the replay is at. */
  showOn(screen: ReplayScreen | undefined): void {
    this.#screen = screen;
    if (screen && this.timeline.value) this.seek(this.play.value.atMs);
  }

  seek(atMs: number): void {
    this.following.value = false;
    const at = Math.max(0, Math.min(this.endMs, atMs));
    this.play.value = { ...this.play.value, atMs: at };
    this.#seekNext = Math.floor(at * 1000);
    this.#seekOn();
  }

  /** To its end, and on with it as it is written. */
  follow(): void {
    if (!this.live.value) return;
    this.seek(this.endMs);
    this.following.value = true;
  }

  deed(deed: PlayDeed): void {
    this.following.value = false;
    const before = this.play.value;
    const after = act(before, deed, this.endMs);
    this.play.value = after;
    if (after.atMs !== before.atMs) this.seek(after.atMs);
  }

  /** To the next output, and no further. */
  step(): void {
    const [next] = this.#waiting;
    this.play.value = { ...this.play.value, playing: false };
    // What has not come yet is shown when it comes.
    this.#steps = !next && !this.#ended;
    if (!next) return this.#more();
    this.#show(next.atMs);
    this.play.value = { ...this.play.value, atMs: next.atMs };
    this.#more();
  }

  /** So much time has passed for whoever watches. */
  tick(passedMs: number): void {
    if (this.following.value) return this.#goOn(passedMs);
    const { value } = this.play;
    if (!value.playing || this.#seeking || this.#seekNext !== undefined) return;
    // What has not come yet is waited for.
    if (this.#waiting.length === 0 && !this.#ended) return this.#more();
    const after = advance(value, passedMs, this.#waiting[0]?.atMs, this.endMs);
    this.#show(after.atMs);
    this.play.value = after;
    this.#more();
    this.#follow();
  }

  /** What has come since is shown as it comes. */
  #goOn(passedMs: number): void {
    if (this.#seeking || this.#seekNext !== undefined || this.#asking) return;
    const last = this.#waiting.at(-1);
    if (last) {
      this.#show(last.atMs);
      this.play.value = { ...this.play.value, atMs: last.atMs };
      return;
    }
    this.#quietMs += passedMs;
    if (this.#ended && this.#quietMs < FOLLOW_MS) return;
    this.#quietMs = 0;
    this.#ended = false;
    this.#more();
  }

  /** The transcript is asked for where the replay is. */
  linesAt(atMs: number): void {
    if (this.#open === 0 || !this.timeline.value) return;
    this.#linesAt = atMs;
    void this.#bridge.request('review.lines', { ticket: this.#open, timeUs: Math.floor(atMs * 1000), count: LINES }).catch(() => {});
  }

  // ---------------------------------------------------------------- from the vault

  receive({ pane: ticket, bytes }: ReviewFrame): void {
    const told = JSON.parse(new TextDecoder().decode(bytes)) as ReviewTold;
    if (told.kind === 'programs') {
      if (ticket !== this.#programs) return;
      this.programs.value = new Map([...this.programs.value, ...told.programs.map(([id, program]) => [id, program] as const)]);
      this.tickets.value = new Map([...this.tickets.value, ...told.programs.flatMap(([id, , given]) => (given === null ? [] : [[id, given] as const]))]);
    } else if (told.kind === 'hit' || told.kind === 'searching' || told.kind === 'searched') {
      if (ticket !== this.#searching) return;
      if (told.kind === 'hit') {
        this.hits.value = [...(this.hits.value ?? []), told];
        this.#want(told.recording);
      } else if (told.kind === 'searching') this.searchedBytes.value = told.bytes;
      else this.found.value = told;
    } else if (ticket === this.#open) this.#looked(told);
  }

  #looked(told: ReviewTold): void {
    this.opened.value = true;
    switch (told.kind) {
      case 'read':
        this.readMs.value = told.atUs / 1000;
        return;
      case 'timeline':
        batch(() => {
          this.timeline.value = told.timeline;
          this.commands.value = told.commands;
          this.text.value = { ...this.text.value, all: told.lines, kept: told.kept };
          if (told.fault) this.openFault.value = messages.recordings.damaged(told.fault);
        });
        this.seek(this.play.value.atMs);
        this.linesAt(this.play.value.atMs);
        return;
      case 'moment':
        if (told.atUs !== this.#seeking?.timeUs) return;
        this.#seeking = undefined;
        this.#steps = false;
        this.#waiting = [];
        this.#ended = false;
        this.#screen?.moment(told.cols, told.rows, fromBase64(told.screen));
        this.#seekOn();
        this.#more();
        this.#follow();
        return;
      case 'events':
        this.#asking = false;
        if (this.#seeking) return;
        this.#ended = told.end;
        for (const [code, timeUs, data] of told.events) this.#waiting.push({ code, atMs: timeUs / 1000, data: fromBase64(data) });
        const timeline = this.timeline.value;
        const lastUs = told.events.at(-1)?.[1] ?? 0;
        if (timeline && lastUs > timeline.durationUs) this.timeline.value = { ...timeline, durationUs: lastUs };
        if (this.#steps) this.step();
        return;
      case 'lines':
        this.text.value = { ...this.text.value, from: told.from, lines: told.lines };
        return;
      default:
    }
  }

  /** One moment is asked for at a time; of those that came meanwhile the last. */
  #seekOn(): void {
    if (this.#seeking || this.#seekNext === undefined || !this.timeline.value || this.#open === 0) return;
    const timeUs = this.#seekNext;
    this.#seekNext = undefined;
    this.#seeking = { timeUs };
    const ticket = this.#open;
    this.#bridge.request('review.seek', { ticket, timeUs }).catch((error: unknown) => {
      if (ticket === this.#open) this.#seeking = undefined;
      this.#failed(ticket, error);
    });
  }

  #more(): void {
    if (this.#asking || this.#ended || this.#seeking || this.#waiting.length >= FEW || this.#open === 0) return;
    this.#asking = true;
    const ticket = this.#open;
    this.#bridge.request('review.more', { ticket }).catch((error: unknown) => {
      if (ticket === this.#open) this.#asking = false;
      this.#failed(ticket, error);
    });
  }

  /** What fails is not asked for again at every frame: a play stops there, and it is said. */
  #failed(ticket: number, error: unknown): void {
    if (ticket !== this.#open) return;
    batch(() => {
      this.play.value = { ...this.play.value, playing: false };
      this.openFault.value = refusalWords(error);
    });
  }

  #show(toMs: number): void {
    let count = 0;
    for (const { code, atMs, data } of this.#waiting) {
      if (atMs > toMs) break;
      count++;
      if (code === 'o') this.#screen?.output(data);
      else if (code === 'r') {
        const [cols, rows] = new TextDecoder().decode(data).split('x').map(Number);
        if (cols && rows) this.#screen?.resize(cols, rows);
      }
    }
    this.#waiting.splice(0, count);
  }

  /** The transcript follows where the replay has left what stands there. */
  #follow(): void {
    const { atMs } = this.play.value;
    const { lines } = this.text.value;
    const [first, last] = [(lines[0]?.timeUs ?? 0) / 1000, (lines.at(-1)?.timeUs ?? 0) / 1000];
    if ((atMs < first || atMs > last) && Math.abs(atMs - this.#linesAt) > 1000) this.linesAt(atMs);
  }
}
