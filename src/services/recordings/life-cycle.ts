/**
 * Holds, and the end of recordings: by the policy's time, or before it by two people. What is deleted leaves an event that whoever decided has signed (its
 * tombstone), and the ledger goes on verifying. The event comes first and the files go after it, so a crash in between leaves files that the ledger calls
 * deleted, which the next run takes away; it never leaves a gap that nobody signed for. A hold always wins, here under the ledger's lock and again in every
 * reader (src/ledger/life-cycle-facts.ts).
 *
 * What it does not do: files on an SSD, in a snapshot, in a backup or in an export outlive it. The wraps of the segments' secrets are overwritten before the files
 * are removed, which destroys the key of what lingers only where the disk writes in place.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../disk/atomic.ts';
import { storageFault } from '../../disk/errno.ts';
import type { DeletionRequest, HoldRequest } from '../../ledger/certificate.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { expiryOf, holdsOn, mayAgreeWith, readDeletion, type HeldRecording, type HoldFacts } from '../../ledger/life-cycle-facts.ts';
import type { RecordingState } from '../../ledger/rules.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import type { LoadedPolicy } from '../../policy/index.ts';
import { glanceAt } from '../../records/index.ts';
import { liveState } from '../../recording/live.ts';
import type { Home } from '../../storage/index.ts';
import { RECORDING_ID } from '../../types/ids.ts';
import { Refusal } from '../../types/refusal.ts';
import type { DeletionReason, HoldEnd, HoldReason } from '../../types/words.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { decided, secondNeeded, type Deciders } from '../deeds/decide.ts';
import { destroyFolder, ERASING, isFolder } from './destroy.ts';

export interface LifeCycleParts extends Deciders {
  /** Whose folder of recordings it is. */
  readonly home: Pick<Home, 'recordings'>;
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'installation' | 'recording' | 'recordings'>;
}

/** What is to be held: one of the three. */
export type HoldTarget = { readonly of: string } | { readonly recording: string } | { readonly from: string; readonly until: string };

/** @returns the hold's id. @throws Refusal, LedgerError: then nothing is held. */
export async function setHold({ ledger, admin }: LifeCycleParts, held: HoldTarget, reason: HoldReason): Promise<string> {
  const { facts, installation } = ledger;
  const hold = `h-${randomBytes(6).toString('hex')}`;
  if ('of' in held && !facts.person(held.of))
    throw new Refusal('unknown-person', `There is no person ${JSON.stringify(held.of.slice(0, 40))} here. Nothing was held.`);
  if ('recording' in held) {
    const state = RECORDING_ID.test(held.recording) ? await ledger.recording(held.recording) : undefined;
    if (!state)
      throw new Refusal('no-recording', `The ledger has no recording ${JSON.stringify(held.recording.slice(0, 40))}. Nothing was held. See: wardmux list`);
    if (state.deleted) throw new Refusal('deleted', `Recording ${held.recording} was deleted: there is nothing left to hold.`);
  }
  if ('from' in held && Date.parse(held.until) < Date.parse(held.from)) throw new Refusal('bad-span', 'The span ends before it begins. Nothing was held.');
  const scope = 'of' in held ? 'person' : 'recording' in held ? 'recording' : 'span';
  const request: HoldRequest = { hold, scope, of: null, recording: null, from: null, until: null, ...held, reason };
  const certificate = await decided(installation, { admin }, { deed: 'hold', ...request }, undefined);
  const entry = { action: 'hold.set', person: admin.id, detail: { hold, scope, ...held, reason, ...certificate } } as const;
  await ledger.append(entry, { before: () => requireStillMay(ledger.facts, admin.id, 'hold.set') });
  if (!ledger.facts.holds.some(({ id }) => id === hold)) throw passedOver();
  return hold;
}

/** @throws Refusal, LedgerError: then the hold is as it was. */
export async function clearHold(parts: LifeCycleParts, hold: string, reason: HoldEnd): Promise<void> {
  const { ledger, admin, second } = parts;
  const known = ledger.facts.holds.find(({ id }) => id === hold);
  if (!known) throw new Refusal('no-hold', `There is no hold ${JSON.stringify(hold.slice(0, 40))} in force. See: wardmux hold list`);
  const others = requireOther(parts, 'To end a hold takes an auditor and a security admin');
  const signatures = await decided(ledger.installation, parts, { deed: 'release', hold, start: known.seq, reason }, others);
  await ledger.append(
    { action: 'hold.clear', person: admin.id, detail: { hold, reason, ...signatures } },
    { before: () => requireBoth(ledger.facts, admin.id, second!.id, 'hold.clear') },
  );
  if (ledger.facts.holds.some(({ id }) => id === hold)) throw passedOver();
}

/** Who could agree with who asks: of auditor and security admin they are the other one, and neither has alone put the other there. */
function othersFor(facts: Pick<LedgerFacts, 'active' | 'person' | 'hand'>, id: string): readonly string[] {
  const now = new Date().toISOString();
  return facts.active().filter((other) => mayAgreeWith(facts.person(id), facts.person(other)) && facts.hand(other, now) !== facts.hand(id, now));
}

/** @returns who could agree, of whom the second is one. @throws Refusal */
export function requireOther(
  { ledger, admin, second }: Pick<LifeCycleParts, 'admin' | 'second'> & { readonly ledger: Pick<Ledger, 'facts'> },
  why: string,
): readonly string[] {
  const others = othersFor(ledger.facts, admin.id);
  if (!second || !others.includes(second.id)) throw secondNeeded(why, others);
  return others;
}

/** Asked under the ledger's lock. @throws Refusal */
export function requireBoth(facts: LedgerFacts, by: string, second: string, needs: 'hold.clear' | 'evidence.delete'): void {
  for (const each of [by, second]) requireStillMay(facts, each, needs);
  if (!othersFor(facts, by).includes(second)) throw secondNeeded('The roles of one of you were changed meanwhile', othersFor(facts, by));
}

/** What is deleted, and what became of the files. */
export interface Deleted {
  readonly recording: string;
  /** Whether the files are gone; where not, the next run takes them away. */
  readonly removed: boolean;
}

/**
 * Deletes a recording before its time. @returns once the ledger has it and the files are gone
 * @throws Refusal, LedgerError: then nothing was deleted.
 */
export async function deleteEarly(parts: LifeCycleParts, recording: string, reason: Exclude<DeletionReason, 'retention'>): Promise<Deleted> {
  const { ledger, home } = parts;
  const state = await deletable(parts, recording);
  const others = requireOther(parts, 'To delete a recording before its time takes an auditor and a security admin');
  const request: DeletionRequest = { ...wholeOf(recording, state), cause: 'early', reason, policySha256: null, days: null };
  const signatures = await decided(ledger.installation, parts, { deed: 'delete', ...request }, others);
  await enter(parts, request, state, signatures, () => requireBoth(ledger.facts, parts.admin.id, parts.second!.id, 'evidence.delete'));
  return removeFiles(home.recordings, recording);
}

/**
 * That a recording was deleted already, for those who erase copies of it: the same two have to agree, and a hold wins over them too.
 * @throws Refusal: then no copy is to be erased
 */
export function deletedBefore(parts: LifeCycleParts, recording: string, state: RecordingState): Deleted {
  const { ledger, home, admin } = parts;
  requireOther(parts, 'To erase a recording takes an auditor and a security admin');
  requireBoth(ledger.facts, admin.id, parts.second!.id, 'evidence.delete');
  const held = heldSentence(ledger.facts.holds, recording, state);
  if (held !== undefined) throw new Refusal('not-deletable', `${held} Nothing was erased.`);
  return { recording, removed: !isFolder(join(home.recordings, recording)) && !isFolder(join(home.recordings, REMOVING, recording)) };
}

/** A recording of which the ledger has an end, whose files are here, and that nothing holds. @throws Refusal */
async function deletable({ ledger, home }: LifeCycleParts, recording: string): Promise<RecordingState> {
  const state = RECORDING_ID.test(recording) ? await ledger.recording(recording) : undefined;
  const why = !state
    ? `The ledger has no recording ${JSON.stringify(recording.slice(0, 40))}. See: wardmux list`
    : (obstacleOf(home.recordings, recording, state) ?? heldSentence(ledger.facts.holds, recording, state));
  if (why !== undefined) throw new Refusal(state ? 'not-deletable' : 'no-recording', `${why} Nothing was deleted.`);
  return state!;
}

/** What keeps a recording from being deleted, or a span of it from being erased, beside a hold: a sentence. */
export function obstacleOf(recordings: string, id: string, state: RecordingState): string | undefined {
  if (state.deleted) return `Recording ${id} was deleted already.`;
  if (state.closed === null || liveState(join(recordings, id)) === 'live')
    return `Recording ${id} has not ended: end it first, or recover it (wardmux list --recover).`;
  if (!lstatSync(join(recordings, id), { throwIfNoEntry: false })?.isDirectory())
    return `Recording ${id} is missing: its files went without being deleted here, and a tombstone would cover that up. Restore it from a backup, or tell whoever audits this workstation.`;
  return undefined;
}

const heldAs = (id: string, { person, began, durationMs }: RecordingState): HeldRecording => ({ id, owner: person, began, lengthMs: durationMs });

/** What is said where holds cover a recording; undefined where none does. */
export function heldSentence(holds: readonly HoldFacts[], id: string, state: RecordingState): string | undefined {
  const found = holdsOn(holds, heldAs(id, state));
  if (found.length === 0) return undefined;
  return `Recording ${id} is held (${found.map((hold) => `${hold.id}, ${hold.reason}`).join('; ')}), and a hold always wins. See: wardmux hold list`;
}

/** What the ledger has of it: the event says it once more, and both who decide sign it. */
export function wholeOf(recording: string, { person, began, durationMs, head }: RecordingState) {
  return { recording, owner: person!, began, lengthMs: durationMs, ...head };
}

async function enter({ ledger, admin }: LifeCycleParts, request: DeletionRequest, state: RecordingState, signatures: object, may: () => void): Promise<void> {
  const { recording, lengthMs, policySha256, days, asked: _, ...rest } = request;
  const detail = {
    recording,
    ...rest,
    ...(lengthMs === null ? {} : { lengthMs }),
    ...(policySha256 === null || days === null ? {} : { policySha256, days }),
    ...signatures,
  };
  const before = (): void => {
    may();
    const held = heldSentence(ledger.facts.holds, recording, state);
    if (held !== undefined) throw new Refusal('not-deletable', `${held} Nothing was deleted.`);
  };
  await ledger.append({ action: 'recording.deleted', person: admin.id, detail }, { before });
}

/** In the folder of recordings: those whose files are being removed. No id looks like it. */
const REMOVING = '.deleting';

/** The recording is gone from where recordings are at once; then its wraps are overwritten, and its files removed. */
function removeFiles(recordings: string, id: string): Deleted {
  const removing = join(recordings, REMOVING);
  try {
    mkdirSync(removing, { mode: 0o700, recursive: true });
    // A link or a file that somebody has put there holds up no deletion.
    if (!isFolder(join(removing, id))) rmSync(join(removing, id), { force: true });
    renameSync(join(recordings, id), join(removing, id));
    syncFolder(recordings);
    destroyFolder(join(removing, id));
    // What an erasure of a span was cut off with has the content as well.
    if (isFolder(join(recordings, ERASING, id))) destroyFolder(join(recordings, ERASING, id));
    return { recording: id, removed: true };
  } catch {
    // The ledger says that it is deleted; whoever runs it again takes away what is left.
    return { recording: id, removed: false };
  }
}

/**
 * Takes away files of recordings that the ledger calls deleted: what a crash left, and what came back out of a backup. What a hold covers stays, and
 * so does whatever else somebody has put where files are being removed: no folder's name says that a recording may go.
 * @returns their ids
 */
export async function finishDeletions({ home, ledger }: Pick<LifeCycleParts, 'home' | 'ledger'>): Promise<readonly Deleted[]> {
  const removing = join(home.recordings, REMOVING);
  const begun = new Set(isFolder(removing) ? readdirSync(removing) : []);
  const done: Deleted[] = [];
  for (const [id, state] of await ledger.recordings()) {
    if (!state.deleted || heldSentence(ledger.facts.holds, id, state) !== undefined) continue;
    if (begun.has(id) && !isDestroyed(join(removing, id))) done.push({ recording: id, removed: false });
    else if (isFolder(join(home.recordings, id))) done.push(removeFiles(home.recordings, id));
  }
  return done;
}

/** Whether nothing is left of it: what the disk refuses of one recording holds up no other one. */
function isDestroyed(folder: string): boolean {
  try {
    if (isFolder(folder)) destroyFolder(folder);
    return true;
  } catch {
    return false;
  }
}

/** A recording and its time, where the policy has one. */
export interface Expiry {
  readonly recording: string;
  readonly person: string | null;
  readonly began: string;
  /** A moment. */
  readonly expires: string;
  /** Ids of the holds that keep it. */
  readonly held: readonly string[];
  /** Its time is over. */
  readonly due: boolean;
}

/**
 * What the policy's time makes of recordings, soonest first: pure.
 * @param known of the ledger. @param days that recordings are kept. @param now milliseconds since 1970.
 */
export function expiries(known: Iterable<readonly [string, RecordingState]>, holds: readonly HoldFacts[], days: number, now: number): readonly Expiry[] {
  const rows: Expiry[] = [];
  for (const [recording, state] of known) {
    if (state.deleted || state.closed === null) continue;
    const expires = expiryOf(state.began, days);
    const held = holdsOn(holds, heldAs(recording, state)).map(({ id }) => id);
    rows.push({ recording, person: state.person, began: state.began, expires: new Date(expires).toISOString(), held, due: expires <= now });
  }
  return rows.sort((a, b) => (a.expires < b.expires ? -1 : a.expires > b.expires ? 1 : a.recording < b.recording ? -1 : 1));
}

/** What came of a run. */
export interface RetentionRun {
  readonly deleted: readonly Deleted[];
  /** Their time is over, and a hold keeps them. */
  readonly held: readonly Expiry[];
  /** Their time is over, and they were left: why, a sentence each. */
  readonly left: readonly string[];
}

/** Deletes what the policy in force keeps no longer. @throws Refusal where it keeps everything; LedgerError */
export async function runRetention(parts: LifeCycleParts, { policy, sha256 }: LoadedPolicy, now: number): Promise<RetentionRun> {
  const { ledger, home, admin } = parts;
  const days = policy.retention?.contentDays;
  if (days === undefined) throw noRetention();
  const finished = await finishDeletions(parts);
  const known = new Map(await ledger.recordings());
  const due = expiries(known, ledger.facts.holds, days, now).filter((one) => one.due);
  const deleted = [...finished];
  const left: string[] = [];
  for (const { recording, held } of due) {
    if (held.length > 0) continue;
    const state = known.get(recording)!;
    const obstacle = scheduleObstacle(home.recordings, recording, state);
    if (obstacle !== undefined) {
      left.push(obstacle);
      continue;
    }
    const request: DeletionRequest = { ...wholeOf(recording, state), cause: 'schedule', reason: 'retention', policySha256: sha256, days };
    const certificate = await decided(ledger.installation, { admin }, { deed: 'delete', ...request }, undefined);
    await enter(parts, request, state, certificate, () => {
      requireStillMay(ledger.facts, admin.id, 'retention.run');
      if (ledger.facts.policy?.sha256 !== sha256) throw new Refusal('changed-meanwhile', 'Another policy came into force meanwhile. Run it again.');
    });
    deleted.push(removeFiles(home.recordings, recording));
  }
  return { deleted, held: due.filter(({ held }) => held.length > 0), left };
}

/** What keeps a recording from being deleted by the schedule: a sentence. What cannot be looked at holds up no other one. */
function scheduleObstacle(recordings: string, id: string, state: RecordingState): string | undefined {
  const folder = join(recordings, id);
  try {
    return obstacleOf(recordings, id, state) ?? glanceAt(folder, id, state).contradiction ?? undefined;
  } catch (error) {
    return storageFault(error, 'read', folder).message;
  }
}

export const noRetention = (): Refusal =>
  new Refusal(
    'no-retention',
    'The policy in force keeps recordings for ever: nothing expires. To change that, give it “retention”: {“contentDays”: N} (wardmux policy apply).',
  );

const passedOver = (): Refusal =>
  new Refusal('not-permitted', 'It was entered, and does not count: roles or holds were changed meanwhile. Look at: wardmux hold list');

/** What is said of a recording that was deleted, wherever it is named. @param events of that recording. @returns undefined where it was not */
export function deletionSentence(recording: string, events: readonly { readonly event: LedgerEvent }[]): string | undefined {
  const found = events.findLast(({ event }) => event.action === 'recording.deleted')?.event;
  if (!found) return undefined;
  const { time, person = 'somebody', detail = {} } = found;
  const deletion = readDeletion(found);
  const { second } = detail;
  const by = typeof second === 'string' ? `${person} and ${second}` : person;
  const why =
    deletion?.cause === 'schedule' ? `the policy keeps recordings for ${deletion.days} days` : `of ${deletion?.reason ?? 'a reason that is not known here'}`;
  return `Recording ${recording} was deleted on ${time} by ${by}, because ${why}. What it showed is gone here; the ledger keeps that it was.`;
}
