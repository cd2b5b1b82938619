/**
 * Hands each anchor the ledger's newest head, again and again until it has one: one attempt at a time, with back-off, over
 * restarts. Older heads that have not gone are covered by a newer one and do not go any more. Nobody waits for it.
 */
import type { NoteKey } from '../ledger/note.ts';
import type { AuditEntry } from '../ledger/events.ts';
import { inTime } from '../time/in-time.ts';
import { anchorError, AnchorError } from './errors.ts';
import { everySeconds, gradeAnchor, type AnchorView } from './grade.ts';
import { keptAt, kindOf, type AnchorProof } from './kinds.ts';
import { headOfNote } from './head.ts';
import { covers, inspectAnchor, type Inspection, type KeptAnchor } from './inspect.ts';
import { contradicts, type History } from './relation.ts';
import { noState, type Receipt } from './store.ts';
import type { EmergencyAlert, AnchorHead, AnchorState } from './types.ts';
import { retryMs } from '../time/retry.ts';
import { DAY_MS } from '../types/units.ts';

/** First wait after a failure, and the longest: a collector that is back after a night is found within ten minutes. */
export const BACKOFF_MS = { first: 5_000, most: 600_000 } as const;
/** An attempt: two round trips and a handshake over a bad line. A share that hangs is not cut off, but it is called so. */
const ATTEMPT_MS = 20_000;
/** A blip is no event. */
const TELL_FAILURE_AFTER = 3;
/** An event makes a new head: each that went would make another. So good news is an event once a day, and when it is new. */
const TELL_AGAIN_MS = DAY_MS;

const NONE: ReadonlySet<string> = new Set();

export interface KeeperOptions {
  readonly anchors: readonly KeptAnchor[];
  readonly key: NoteKey;
  readonly history: History;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Takes the events anchor.sent, anchor.failed and anchor.diverged. */
  readonly enter: (entry: AuditEntry) => void;
  /** Gives the installation's signature: it makes a receipt one. */
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** From 0 to 1: spreads the attempts of many workstations. */
  readonly random?: () => number;
  readonly attemptMs?: number;
}

interface Slot extends KeptAnchor {
  state: AnchorState;
  kept: Inspection['kept'];
  proof: AnchorProof | undefined;
  damage: string | undefined;
  divergence: string | undefined;
  /** An attempt that was given up and has not come back: a share that hangs. */
  hanging: boolean;
  /** Milliseconds since 1970; before that no attempt begins. */
  notBefore: number;
  /** The head that has waited longest. */
  waitingSince: number | undefined;
  /** Alerts that have not left by it, by their ids; and the ids of those that have. */
  readonly alerts: Map<string, EmergencyAlert>;
  readonly alerted: Set<string>;
  running: Promise<void> | undefined;
  abort: AbortController | undefined;
}

export class AnchorKeeper {
  readonly #options: Required<KeeperOptions>;
  readonly #slots: Slot[];
  #latest: AnchorHead | undefined;
  #loading: Promise<void> | undefined;
  #ready = false;
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#options = { random: Math.random, attemptMs: ATTEMPT_MS, ...options };
    this.#slots = options.anchors.map((anchor) => ({
      ...anchor,
      state: noState,
      kept: undefined,
      proof: undefined,
      damage: undefined,
      divergence: undefined,
      hanging: false,
      notBefore: 0,
      waitingSince: undefined,
      alerts: new Map(),
      alerted: new Set(),
      running: undefined,
      abort: undefined,
    }));
  }

  /**
   * Reads what is kept, and looks whether the ledger extends it. Nothing goes before.
   * @param note the ledger's last checkpoint.
   */
  load(note: string): Promise<void> {
    this.#loading ??= this.#load(note);
    return this.#loading;
  }

  async #load(note: string): Promise<void> {
    const { key, history } = this.#options;
    this.offer(note);
    const ours = headOfNote(note, key);
    for (const slot of this.#slots) {
      const { state, proof, kept, damage, divergence, waitingSince } = await inspectAnchor(slot, ours, key, history, false);
      Object.assign(slot, { state, proof, kept, damage, waitingSince });
      if (divergence) await this.#diverged(slot, divergence.note, divergence.sentence);
    }
    this.#ready = true;
  }

  /** The ledger has a new checkpoint. Cheap; nothing is sent in this call. */
  offer(note: string): void {
    if (note === this.#latest?.note) return;
    const head = headOfNote(note, this.#options.key);
    if (!head) return;
    this.#latest = head;
    for (const slot of this.#slots) {
      if (covers(slot.kept?.head, head)) slot.waitingSince = undefined;
      else slot.waitingSince ??= Date.parse(head.time);
    }
  }

  /**
   * An alert leaves by every anchor whose kind carries one, now, and again until it has; said again it changes nothing. It goes before the next head, and
   * that follows it at once.
   * @param gone names of anchors by which it has left.
   */
  alert(alert: EmergencyAlert, gone: readonly string[]): void {
    for (const slot of this.#slots) {
      if (!slot.channel.alert || gone.includes(slot.row.name) || slot.alerts.has(alert.id) || slot.alerted.has(alert.id)) continue;
      slot.alerts.set(alert.id, alert);
      slot.notBefore = 0;
    }
  }

  /** Some anchor here carries alerts. */
  get carriesAlerts(): boolean {
    return this.#slots.some(({ channel }) => channel.alert !== undefined);
  }

  /** Attempts in a row that have failed of the anchors by which an alert has yet to leave, the most of any; undefined where none waits. */
  get alertTries(): number | undefined {
    const waiting = this.#slots.filter(({ alerts }) => alerts.size > 0);
    return waiting.length === 0 ? undefined : Math.max(...waiting.map(({ state }) => state.failing?.attempts ?? 0));
  }

  /** Begins the attempts that are due. Call it about once a second. */
  tick(): void {
    const now = this.#options.now();
    for (const slot of this.#slots) if (this.#latest && isDue(slot, this.#latest, now)) this.#begin(slot, this.#latest);
  }

  /**
   * Hands the newest head over now, whatever the back-off says, and waits for that.
   * @param options.again also to anchors that have it. @param options.spared names of anchors that are left out.
   */
  async flush({ again = false, spared = NONE }: { readonly again?: boolean; readonly spared?: ReadonlySet<string> } = {}): Promise<void> {
    await this.idle();
    const now = this.#options.now();
    for (const slot of this.#slots) {
      if (!this.#latest || spared.has(slot.row.name)) continue;
      slot.notBefore = 0;
      if (again || isDue(slot, this.#latest, now)) this.#begin(slot, this.#latest);
    }
    await this.idle();
  }

  /** Anchors that are not asked at rest, and have taken a head within the time of their row: an authority serves many. Their names. */
  resting(): ReadonlySet<string> {
    const isResting = ({ row, kept }: Slot): boolean =>
      kindOf(row).restSeconds === Infinity && kept !== undefined && this.#options.now() - Date.parse(kept.at) < everySeconds(row) * 1000;
    return new Set(this.#slots.filter(isResting).map(({ row }) => row.name));
  }

  #begin(slot: Slot, head: AnchorHead): void {
    if (!this.#ready || this.#closed || slot.running || slot.hanging) return;
    slot.abort = new AbortController();
    slot.running = this.#attempt(slot, head, slot.abort.signal).finally(() => {
      slot.running = undefined;
      slot.abort = undefined;
    });
  }

  /** Resolves when no attempt is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#slots.map(({ running }) => running));
  }

  view(): AnchorView[] {
    return this.#slots.map((slot) =>
      gradeAnchor({
        row: slot.row,
        where: slot.channel.where,
        kept: slot.kept,
        damage: slot.damage,
        divergence: slot.divergence,
        failing: slot.state.failing,
        waitingSince: slot.waitingSince,
        now: this.#options.now(),
      }),
    );
  }

  /** Ends what is under way. What has not gone goes after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { abort } of this.#slots) abort?.abort();
    await this.idle();
  }

  async #attempt(slot: Slot, head: AnchorHead, signal: AbortSignal): Promise<void> {
    const { row, channel, store } = slot;
    try {
      if (slot.alerts.size > 0) await this.#sendAlerts(slot, signal);
      signal.throwIfAborted();
      const proof = await this.#limited(slot, channel.send(head, signal, slot.proof));
      const receipt: Receipt = { at: new Date(this.#options.now()).toISOString(), note: head.note, proof };
      await store.addReceipt(receipt, this.#options.sign);
      slot.kept = { head, at: keptAt(receipt) };
      slot.proof = proof;
      slot.damage = undefined;
      slot.waitingSince = covers(head, this.#latest) ? undefined : Date.parse(this.#latest!.time);
      slot.notBefore = this.#options.now() + everySeconds(row) * 1000;
      const { state } = slot;
      const isNews = state.told.failed !== null || this.#isOld(state.told.sent);
      if (isNews) this.#options.enter({ action: 'anchor.sent', detail: { anchor: row.name, kind: row.kind, size: head.size, root: head.root } });
      // Only a ledger that extends it again, restored from a copy, takes a divergence back.
      const diverged = await this.#stillDiverged(state.diverged, head);
      if (diverged === null) slot.divergence = undefined;
      if (isNews || state.pending !== null || state.failing !== null || diverged !== state.diverged)
        await this.#save(slot, { pending: null, failing: null, diverged, told: { sent: isNews ? receipt.at : state.told.sent, failed: null } });
    } catch (error) {
      if (this.#closed && signal.aborted) return;
      await this.#failed(slot, head, anchorError(error, `The anchor ${row.name} at ${channel.where} did not take the head`));
    }
  }

  async #sendAlerts(slot: Slot, signal: AbortSignal): Promise<void> {
    const { row, channel, alerts, alerted } = slot;
    for (const [id, alert] of alerts) {
      const signature = Buffer.from(await this.#options.sign(Buffer.from(alert.text, 'utf8'))).toString('base64');
      await this.#limited(slot, channel.alert!(alert, signature, signal));
      alerts.delete(id);
      alerted.add(id);
      this.#options.enter({ action: 'breakglass.alert', detail: { breakGlass: id, anchor: row.name, kind: row.kind } });
    }
  }

  async #failed(slot: Slot, head: AnchorHead, error: AnchorError): Promise<void> {
    const now = this.#options.now();
    const at = new Date(now).toISOString();
    const attempts = (slot.state.failing?.attempts ?? 0) + 1;
    const wait = retryMs(BACKOFF_MS, attempts);
    slot.notBefore = now + wait * (0.75 + this.#options.random() / 4);
    let { failed } = slot.state.told;
    if (error.outside !== undefined) await this.#diverged(slot, error.outside, error.message);
    else if (attempts >= TELL_FAILURE_AFTER && this.#isOld(failed)) {
      this.#options.enter({ action: 'anchor.failed', detail: { anchor: slot.row.name, kind: slot.row.kind, code: error.code, attempts } });
      failed = at;
    }
    await this.#save(slot, {
      ...slot.state,
      pending: head.note,
      failing: { since: slot.state.failing?.since ?? at, attempts, code: error.code },
      told: { ...slot.state.told, failed },
    });
  }

  /** @param note the head that the ledger does not extend. */
  async #diverged(slot: Slot, note: string, sentence: string): Promise<void> {
    const isNews = slot.state.diverged === null;
    slot.divergence = sentence;
    if (!isNews) return;
    const { size, root } = headOfNote(note, this.#options.key)!;
    this.#options.enter({ action: 'anchor.diverged', detail: { anchor: slot.row.name, kind: slot.row.kind, size, root } });
    await this.#save(slot, { ...slot.state, diverged: note });
  }

  async #stillDiverged(note: string | null, ours: AnchorHead): Promise<string | null> {
    const outside = note === null ? undefined : headOfNote(note, this.#options.key);
    return outside && (await contradicts(outside, ours, this.#options.history.rootAt)) ? note : null;
  }

  /** Kept where it can be: a full disk here must not keep heads from going there. */
  async #save(slot: Slot, state: AnchorState): Promise<void> {
    slot.state = state;
    await slot.store.writeState(state).catch(() => {});
  }

  /** An attempt that takes too long has failed. What it hangs in may come back later; until then no other one begins. */
  async #limited<T>(slot: Slot, sending: Promise<T>): Promise<T> {
    slot.hanging = true;
    const over = (): void => void (slot.hanging = false);
    sending.then(over, over);
    const { attemptMs } = this.#options;
    const stopped = new Promise<never>((_, reject) => {
      slot.abort?.signal.addEventListener('abort', () => reject(new AnchorError('timeout', 'Wardmux ended before the anchor answered.')));
    });
    return inTime(Promise.race([sending, stopped]), attemptMs, () => {
      slot.abort?.abort();
      throw new AnchorError('timeout', `${slot.channel.where} does not answer within ${attemptMs / 1000} s.`);
    });
  }

  #isOld(time: string | null): boolean {
    return time === null || this.#options.now() - Date.parse(time) >= TELL_AGAIN_MS;
  }
}

function isDue({ row, kept, notBefore, state, alerts }: Slot, head: AnchorHead, now: number): boolean {
  // A clock that was set back must not put the next attempt off for longer than the longest wait.
  const longest = Math.max(BACKOFF_MS.most, everySeconds(row) * 1000);
  if (now < notBefore && notBefore - now <= longest) return false;
  if (alerts.size > 0 || state.failing || !kept || !covers(kept.head, head)) return true;
  return head.time > kept.head.time && now - Date.parse(kept.at) >= kindOf(row).restSeconds * 1000;
}
