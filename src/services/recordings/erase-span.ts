/**
 * Erasure of one span of a recording: a password that was printed, by two. What was printed, typed and marked in it is gone, and every snapshot behind its
 * beginning, because a snapshot repeats output; the tree stays what it was, because each frame keeps the digest of the body that is gone (src/recording/erased.ts).
 *
 * Old state whole or new state whole: segments are written anew beside the recording first, then the ledger has the event, which both have signed and which
 * names the digest of what is left, then they take their places. Whatever a crash leaves before the event is thrown away, and behind it finished, by the next
 * call and by the next `retention run`.
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, linkSync, lstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../disk/atomic.ts';
import { writeAll } from '../../disk/bytes.ts';
import { storageFault } from '../../disk/errno.ts';
import type { SpanErasureRequest } from '../../ledger/certificate.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readErasure } from '../../ledger/life-cycle-facts.ts';
import { ERASED, type RecordingState } from '../../ledger/rules.ts';
import { MerkleTree } from '../../merkle/tree.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { ERASABLE, ErasedDigest, placeOf, sameErased, sealLeft, type ErasedHead, type ErasedPiece } from '../../recording/erased.ts';
import { frameBytes, SEGMENT_MAGIC_2 } from '../../recording/frame.ts';
import { segmentName, segmentNumber } from '../../recording/header.ts';
import { pieceSeal, Ratchet, segmentKey } from '../../recording/ratchet.ts';
import { openRecording, readHeader, RecordingReader, type OpenedRecord } from '../../recording/reader.ts';
import { REWRAPPED, wrapFor } from '../../recording/rewrapped.ts';
import type { RecordingEvent, SegmentOpener } from '../../recording/types.ts';
import { checkRecording, type Asked } from '../../records/index.ts';
import type { TreeHead } from '../../types/head.ts';
import { RECORDING_ID } from '../../types/ids.ts';
import { Refusal } from '../../types/refusal.ts';
import type { DeletionReason } from '../../types/words.ts';
import { decided } from '../deeds/decide.ts';
import { ERASING, isFolder, OLD, overwrite } from './destroy.ts';
import { heldSentence, obstacleOf, requireBoth, requireOther, wholeOf, type LifeCycleParts } from './life-cycle.ts';

export interface SpanParts extends LifeCycleParts {
  readonly ledger: LifeCycleParts['ledger'] & Pick<Ledger, 'eventsOf' | 'policyEvents'>;
}

/** What is to be erased: milliseconds since the recording's start, both ends in it. */
export interface SpanAsked {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: Exclude<DeletionReason, 'retention'>;
  /** Opens the recording: what is left of its records is sealed anew. */
  readonly opener: SegmentOpener;
}

/** What was erased, as the ledger has it. */
export type SpanErased = Omit<SpanErasureRequest, 'asked'>;

/** @returns what was erased, by this call or, where nothing is left there, by the last one of this very span. @throws Refusal, RecordingError, StorageFault, LedgerError: then nothing was */
export async function eraseSpanOf(parts: SpanParts, recording: string, asked: SpanAsked): Promise<SpanErased> {
  const { ledger, home, admin } = parts;
  const folder = join(home.recordings, recording);
  const state = await requireErasable(parts, recording);
  const others = requireOther(parts, 'To erase a span of a recording takes an auditor and a security admin');
  const touched = await touchedBy(folder, asked);
  if (touched.pieces === 0) return erasedBefore(await ledger.eventsOf(recording), recording, asked);
  const next = join(home.recordings, ERASING, recording);
  try {
    mkdirSync(next, { mode: 0o700, recursive: true });
    // What opens it may lie beside it: the new segments are opened before they take their places.
    if (existsSync(join(folder, REWRAPPED))) copyFileSync(join(folder, REWRAPPED), join(next, REWRAPPED));
    for (const segment of touched.segments) await writeAnew(folder, next, segment, asked);
    syncFolder(next);
    const left = (await erasedWith(folder, next)).erased!;
    const { fromMs, toMs, reason } = asked;
    const request: SpanErasureRequest = { ...wholeOf(recording, state), fromMs, toMs, pieces: touched.pieces, ...left, reason };
    const signatures = await decided(ledger.installation, parts, { deed: 'erase', ...request }, others);
    await enter(parts, request, state, signatures);
    takePlaces(home.recordings, recording);
    return request;
  } catch (error) {
    // Where the event was entered, what is there takes its place now or with the next call; where it was not, nothing was erased.
    await finishErasure(home.recordings, recording, ledger);
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : storageFault(error, 'write', next);
  }

  async function enter(
    ...[{ ledger: into }, { lengthMs, asked: _, ...rest }, known, signed]: [SpanParts, SpanErasureRequest, RecordingState, object]
  ): Promise<void> {
    const before = (): void => {
      requireBoth(into.facts, admin.id, parts.second!.id, 'evidence.delete');
      const held = heldSentence(into.facts.holds, recording, known);
      if (held !== undefined) throw new Refusal('not-deletable', `${held} Nothing was erased.`);
    };
    await into.append({ action: ERASED, person: admin.id, detail: { ...rest, ...(lengthMs === null ? {} : { lengthMs }), ...signed } }, { before });
  }
}

/** A recording that has ended, is whole and proven to its end, and that nothing holds. @throws Refusal */
async function requireErasable({ ledger, home }: SpanParts, recording: string): Promise<RecordingState> {
  const refuse = (why: string): Refusal => new Refusal('not-deletable', `${why} Nothing was erased.`);
  const known = RECORDING_ID.test(recording) ? await ledger.recording(recording) : undefined;
  if (!known)
    throw new Refusal('no-recording', `The ledger has no recording ${JSON.stringify(recording.slice(0, 40))}. See: wardmux list. Nothing was erased.`);
  await finishErasure(home.recordings, recording, ledger);
  const why = obstacleOf(home.recordings, recording, known) ?? heldSentence(ledger.facts.holds, recording, known);
  if (why !== undefined) throw refuse(why);
  const folder = join(home.recordings, recording);
  const proof = (await checkRecording(folder, ledger, recording))!;
  if (proof.sentence !== undefined) throw refuse(proof.sentence);
  if (proof.fault || proof.found.size > proof.proven)
    throw refuse(
      `Recording ${recording} is not proven to its end, and what stands there could hold the same. Recover it (wardmux list --recover), or delete it as a whole.`,
    );
  if (readdirSync(folder).some((name) => /\.torn-\d+$/.test(name)))
    throw refuse(
      `Recording ${recording} was cut off, and pieces of records that are not whole lie beside it, which nobody can look into. Delete it as a whole.`,
    );
  return known;
}

/** Whether this event goes. A snapshot repeats what was printed before it, so it goes with everything behind the beginning. */
const isIn = ({ code, timeUs }: RecordingEvent, { fromMs, toMs }: Pick<SpanAsked, 'fromMs' | 'toMs'>): boolean =>
  ERASABLE.includes(code) && timeUs >= fromMs * 1000 && (code === 'n' || timeUs < (toMs + 1) * 1000);

/** @throws RecordingError 'not-a-recipient', 'unreadable'; Refusal where it cannot be read whole */
async function touchedBy(folder: string, asked: SpanAsked): Promise<{ readonly pieces: number; readonly segments: readonly number[] }> {
  const reader = await openRecording(folder);
  const segments = new Set<number>();
  let pieces = 0;
  let shown = 0;
  for await (const { frame, events } of reader.records(asked.opener)) {
    const gone = events.filter(({ event }) => isIn(event, asked));
    if (gone.length > 0) segments.add(frame.segment);
    pieces += gone.length;
    shown += gone.filter(({ event: { code } }) => code !== 'n').length;
  }
  if (reader.fault) throw new Refusal('not-deletable', `${reader.fault.message} Nothing was erased.`);
  return shown === 0 ? { pieces: 0, segments: [] } : { pieces, segments: [...segments] };
}

function erasedBefore(events: readonly { readonly event: LedgerEvent }[], recording: string, { fromMs, toMs }: SpanAsked): SpanErased {
  const found = events
    .flatMap(({ event }) => (event.action === ERASED ? (readErasure(event) ?? []) : []))
    .findLast((one) => one.fromMs === fromMs && one.toMs === toMs);
  if (found) return found;
  throw new Refusal(
    'not-deletable',
    `Nothing was printed, typed or marked in that span of recording ${recording}. Where it is, says: wardmux play ID --text. Nothing was erased.`,
  );
}

/** The segment without what goes, in `next`, with a second name of the one that it takes the place of. @throws what the system says */
async function writeAnew(folder: string, next: string, segment: number, asked: SpanAsked): Promise<void> {
  const { opener } = asked;
  const one = (at: string): RecordingReader => new RecordingReader(at, [segment], { fromSegment: segment });
  const { header, frame: head } = (await readHeader(folder, segment))!;
  const secret = await opener.open(wrapFor(folder, header, opener.kid)!);
  const ratchet = new Ratchet(segmentKey(secret, header.recording, segment));
  secret.fill(0);
  const path = join(next, segmentName(segment));
  const fd = openSync(path, 'wx', 0o600);
  const before = one(folder);
  try {
    writeAll(fd, SEGMENT_MAGIC_2);
    writeAll(fd, frameBytes(head));
    for await (const record of before.records(opener)) {
      const keys = ratchet.next('erased');
      keys.salt.fill(0);
      const goes = record.events.some(({ event }) => isIn(event, asked));
      writeAll(fd, goes ? leftOf(record, asked, (erased, left) => sealLeft(record.frame, keys.message, erased, left)) : frameBytes(record.frame));
    }
    fsyncSync(fd);
  } finally {
    ratchet.destroy();
    closeSync(fd);
  }
  // Before anybody signs that it is so: the same leaves, all commitments good, and nothing of the span in it.
  const after = one(next);
  for await (const { events } of after.records(opener)) if (events.some(({ event }) => isIn(event, asked))) throw new Error('a piece is still there');
  if (before.fault || after.fault || after.head().root !== before.head().root)
    throw new Refusal('not-deletable', `${(before.fault ?? after.fault)?.message ?? 'The new segment is not the old one.'} Nothing was erased.`);
  linkSync(join(folder, segmentName(segment)), `${path}${OLD}`);
}

function leftOf(
  { events, erased: before }: OpenedRecord,
  asked: SpanAsked,
  seal: (erased: readonly ErasedPiece[], left: readonly Uint8Array[]) => Buffer,
): Buffer {
  const erased = [...before];
  const left: Uint8Array[] = [];
  for (const [n, { event, salt, bytes }] of events.entries())
    if (isIn(event, asked)) erased.push({ place: placeOf(before, n), code: event.code, seal: pieceSeal(salt, bytes), bytes: event.data.length });
    else left.push(bytes);
  return seal(
    erased.sort((a, b) => a.place - b.place),
    left,
  );
}

/** What a recording would be if what lies in `next` took its place. @throws Error where it cannot be read */
async function erasedWith(folder: string, next: string): Promise<{ readonly erased: ErasedHead | null; readonly head: TreeHead }> {
  const digest = new ErasedDigest();
  const tree = new MerkleTree();
  for (const segment of (await openRecording(folder)).segments) {
    const reader = new RecordingReader(existsSync(join(next, segmentName(segment))) ? next : folder, [segment], { fromSegment: segment });
    for await (const frame of reader.frames()) {
      digest.take(frame);
      tree.append(frame.leaf);
    }
    if (reader.fault) throw new Error(reader.fault.message);
  }
  return { erased: digest.head(), head: tree.head() };
}

/** What an erasure was cut off with: it takes its place where the ledger has its event, and is thrown away where it has none. */
async function finishErasure(recordings: string, id: string, ledger: Pick<Ledger, 'eventsOf'>): Promise<void> {
  const next = join(recordings, ERASING, id);
  if (!isFolder(next)) return;
  const entered = (await ledger.eventsOf(id)).findLast(({ event }) => event.action === ERASED);
  const event = entered && readErasure(entered.event);
  const whole = await erasedWith(join(recordings, id), next).catch(() => undefined);
  const isWhole = event && whole && whole.head.size === event.size && whole.head.root === event.root && sameErased(whole.erased, event);
  if (isWhole) takePlaces(recordings, id);
  else rmSync(next, { recursive: true, force: true });
}

/** The same for every recording: what a crash left. */
export async function finishErasures({
  home: { recordings },
  ledger,
}: {
  readonly home: SpanParts['home'];
  readonly ledger: Pick<Ledger, 'eventsOf'>;
}): Promise<void> {
  const folder = join(recordings, ERASING);
  if (!isFolder(folder)) return;
  for (const id of readdirSync(folder)) if (RECORDING_ID.test(id) && isFolder(join(recordings, id))) await finishErasure(recordings, id, ledger);
}

/** Throws what the system says; the next call goes on from there. */
function takePlaces(recordings: string, id: string): void {
  const next = join(recordings, ERASING, id);
  const folder = join(recordings, id);
  for (const name of readdirSync(next)) if (segmentNumber(name) !== undefined) renameSync(join(next, name), join(folder, name));
  syncFolder(folder);
  for (const name of readdirSync(next)) {
    if (!name.endsWith(OLD)) continue;
    const [old, there] = [join(next, name), join(folder, name.slice(0, -OLD.length))].map((path) => lstatSync(path, { bigint: true }));
    // It is the segment itself still: nothing has taken its place.
    if (old!.ino === there!.ino && old!.dev === there!.dev) throw new Error(`${name} was not replaced`);
    overwrite(join(next, name));
  }
  rmSync(next, { recursive: true, force: true });
}

/** Why nothing of a recording is shown: its files have something that was erased. A sentence; undefined where they have not, and where nothing was erased. */
export async function erasureFault(folder: string, ledger: Asked, recording: string): Promise<string | undefined> {
  if (!(await ledger.eventsOf(recording)).some(({ event }) => event.action === ERASED)) return undefined;
  const proof = await checkRecording(folder, ledger, recording);
  return proof?.contradiction === 'erased' ? `${proof.sentence} Nothing of it is shown.` : undefined;
}

/** What is said of each span that was erased of a recording, wherever it is shown. @param events of that recording */
export function erasureSentences(recording: string, events: readonly { readonly event: LedgerEvent }[]): string[] {
  return events.flatMap(({ event }) => {
    const erasure = event.action === ERASED ? readErasure(event) : undefined;
    if (!erasure) return [];
    const { second } = event.detail!;
    return [
      `Recording ${recording}: from ${erasure.fromMs / 1000} to ${erasure.toMs / 1000} s since its start ${erasure.pieces} pieces were erased on ${event.time} by ${event.person} and ${second as string}, because of ${erasure.reason}.`,
    ];
  });
}
