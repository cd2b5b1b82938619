/**
 * Erasure of one span of a recording: a password that was printed, by two. What was printed, typed and marked in it is gone, and every snapshot behind its
 * beginning, because a snapshot repeats output; the tree stays what it was, because each frame keeps the digest of the body that is gone (src/recording/erased.ts).
 *
 * Old state whole or new state whole: segments are written anew beside the recording first. Then what is there and what takes its place are read once, side by
 * side: that nothing but the span goes, that all of it goes, and the digest that both sign are of the same bytes, whatever somebody puts there meanwhile. Then
 * the ledger has the event, then they take their places: files that are others by then contradict it, and nothing of them is shown. Whatever a crash leaves before the event is thrown away, and behind it finished, by the next
 * call and by the next `retention run`.
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, linkSync, lstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../disk/atomic.ts';
import { writeAll } from '../../disk/bytes.ts';
import { storageFault } from '../../disk/errno.ts';
import type { SpanErasureRequest } from '../../ledger/certificate.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { erasuresOf, readErasure } from '../../ledger/life-cycle-facts.ts';
import { ERASED, type RecordingState } from '../../ledger/rules.ts';
import { MerkleTree } from '../../merkle/tree.ts';
import { ERASABLE, ErasedDigest, placeOf, sameErased, sealLeft, type ErasedHead, type ErasedPiece } from '../../recording/erased.ts';
import { frameBytes, SEGMENT_MAGIC_2 } from '../../recording/frame.ts';
import { segmentName, segmentNumber } from '../../recording/header.ts';
import { pieceSeal, Ratchet, segmentKey } from '../../recording/ratchet.ts';
import { openRecording, readHeader, RecordingReader, type OpenedPiece, type OpenedRecord } from '../../recording/reader.ts';
import { REWRAPPED, wrapsOf } from '../../recording/rewrapped.ts';
import { ticketOf } from '../../recording/access.ts';
import type { RecordingEvent, SegmentOpener } from '../../recording/types.ts';
import { checkRecording } from '../../records/index.ts';
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
  if (admin.id === state.person || parts.second!.id === state.person)
    throw new Refusal('not-deletable', `Recording ${recording} is of one of you: nobody erases a part of what they did themselves. Nothing was erased.`);
  const touched = await touchedBy(folder, asked);
  if (touched.length === 0) return erasedBefore(erasuresOf(state, await ledger.eventsOf(recording)), recording, asked);
  const next = join(home.recordings, ERASING, recording);
  try {
    mkdirSync(next, { mode: 0o700, recursive: true });
    // What opens it may lie beside it: the new segments are opened before they take their places.
    if (existsSync(join(folder, REWRAPPED))) copyFileSync(join(folder, REWRAPPED), join(next, REWRAPPED));
    for (const segment of (await openRecording(folder)).segments) {
      if (touched.includes(segment)) await writeAnew(folder, next, segment, asked);
      // What stays is in the new whole too, so that all of it is read in one place.
      else linkSync(join(folder, segmentName(segment)), join(next, segmentName(segment)));
    }
    syncFolder(next);
    const { pieces, left } = await compared(folder, next, state, asked);
    const { fromMs, toMs, reason } = asked;
    const request: SpanErasureRequest = { ...wholeOf(recording, state), fromMs, toMs, pieces, ...left, reason, after: state.erased?.seq ?? null };
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
    ...[{ ledger: into }, { lengthMs, after, asked: _, ...rest }, known, signed]: [SpanParts, SpanErasureRequest, RecordingState, object]
  ): Promise<void> {
    const before = (): void => {
      requireBoth(into.facts, admin.id, parts.second!.id, 'evidence.delete');
      const held = heldSentence(into.facts.holds, recording, known);
      if (held !== undefined) throw new Refusal('not-deletable', `${held} Nothing was erased.`);
    };
    const optional = { ...(lengthMs === null ? {} : { lengthMs }), ...(after === null ? {} : { after }) };
    await into.append({ action: ERASED, person: admin.id, detail: { ...rest, ...optional, ...signed } }, { before });
    // Somebody else's came in between, or the hour was not the ledger's: it is entered and does not count.
    if ((await into.recording(recording))?.erased?.sha256 !== rest.sha256)
      throw new Refusal(
        'not-deletable',
        `The ledger has what you signed, and it does not count there: something came in between. Nothing was erased. Do it again.`,
      );
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

/**
 * Whether this event goes. A snapshot repeats what was printed before it, so it goes with everything behind the beginning. For which ticket somebody was in
 * stays, as who came in and went does: that is what a span would be erased for by who has something to hide.
 */
const isIn = ({ code, timeUs, data }: RecordingEvent, { fromMs, toMs }: Pick<SpanAsked, 'fromMs' | 'toMs'>): boolean =>
  ERASABLE.includes(code) && timeUs >= fromMs * 1000 && (code === 'n' || (timeUs < (toMs + 1) * 1000 && !(code === 'm' && ticketOf(data) !== undefined)));

/** @throws RecordingError 'not-a-recipient', 'unreadable'; Refusal where it cannot be read whole */
async function touchedBy(folder: string, asked: SpanAsked): Promise<readonly number[]> {
  const reader = await openRecording(folder);
  const segments = new Set<number>();
  let shown = 0;
  for await (const { frame, events } of reader.records(asked.opener)) {
    const gone = events.filter(({ event }) => isIn(event, asked));
    if (gone.length > 0) segments.add(frame.segment);
    shown += gone.filter(({ event: { code } }) => code !== 'n').length;
  }
  if (reader.fault) throw new Refusal('not-deletable', `${reader.fault.message} Nothing was erased.`);
  return shown === 0 ? [] : [...segments];
}

function erasedBefore(events: ReturnType<typeof erasuresOf>, recording: string, { fromMs, toMs }: SpanAsked): SpanErased {
  const found = events.map(({ event }) => readErasure(event)!).findLast((one) => one.fromMs === fromMs && one.toMs === toMs);
  if (found) return found;
  throw new Refusal(
    'not-deletable',
    `Nothing was printed, typed or marked in that span of recording ${recording}. Where it is, says: wardmux play ID --text. Nothing was erased.`,
  );
}

/** The segment without what goes, in `next`, with a second name of the one that it takes the place of. @throws what the system says */
async function writeAnew(folder: string, next: string, segment: number, asked: SpanAsked): Promise<void> {
  const { opener } = asked;
  const { header, frame: head } = (await readHeader(folder, segment))!;
  const secret = await opener.open(wrapsOf(folder)(header, opener.kid)!);
  const ratchet = new Ratchet(segmentKey(secret, header.recording, segment));
  secret.fill(0);
  const path = join(next, segmentName(segment));
  const fd = openSync(path, 'wx', 0o600);
  const before = new RecordingReader(folder, [segment], { fromSegment: segment });
  try {
    writeAll(fd, SEGMENT_MAGIC_2);
    writeAll(fd, frameBytes(head));
    for await (const record of before.records(opener)) {
      const keys = ratchet.next('erased');
      keys.salt.fill(0);
      const goes = record.events.some(({ event }) => isIn(event, asked));
      const { erased, left } = leftOf(record, asked);
      writeAll(
        fd,
        goes
          ? sealLeft(
              record.frame,
              keys.message,
              erased,
              left.map(({ bytes }) => bytes),
            )
          : frameBytes(record.frame),
      );
    }
    fsyncSync(fd);
  } finally {
    ratchet.destroy();
    closeSync(fd);
  }
  if (before.fault) throw new Refusal('not-deletable', `${before.fault.message} Nothing was erased.`);
  linkSync(join(folder, segmentName(segment)), `${path}${OLD}`);
}

/** What is left of a record: what was erased of it by then, and the rest. */
function leftOf(
  { events, erased: before }: OpenedRecord,
  asked: SpanAsked,
): { readonly erased: readonly ErasedPiece[]; readonly left: readonly OpenedPiece[] } {
  const erased = [...before];
  const left: OpenedPiece[] = [];
  for (const [n, piece] of events.entries()) {
    const { event, salt, bytes } = piece;
    if (isIn(event, asked)) erased.push({ place: placeOf(before, n), code: event.code, seal: pieceSeal(salt, bytes), bytes: event.data.length });
    else left.push(piece);
  }
  return { erased: erased.sort((a, b) => a.place - b.place), left };
}

/**
 * What is there and what is to take its place, each read once and side by side, before anybody signs for it: what is there is what was signed for before, and of
 * it the span is gone and nothing else. The digest is of the bytes that were looked at.
 * @throws Refusal
 */
async function compared(folder: string, next: string, { head, erased }: RecordingState, asked: SpanAsked): Promise<{ pieces: number; left: ErasedHead }> {
  const [there, anew] = [await openRecording(folder), await openRecording(next)];
  const [old, whole] = [new ErasedDigest(), new ErasedDigest()];
  const others = anew.records(asked.opener);
  let pieces = 0;
  let same = true;
  try {
    for await (const record of there.records(asked.opener)) {
      const { value: other } = await others.next();
      const should = leftOf(record, asked);
      pieces += record.events.length - should.left.length;
      same &&= other !== undefined && isSame(other, should);
      if (!same) break;
      old.take(record.frame);
      whole.take(other!.frame);
    }
    same &&= (await others.next()).done === true;
  } finally {
    await others.return();
  }
  const isHead = (one: TreeHead): boolean => one.size === head.size && one.root === head.root;
  const left = whole.head();
  if (same && left && !there.fault && !anew.fault && isHead(there.head()) && isHead(anew.head()) && sameErased(old.head(), erased)) return { pieces, left };
  throw new Refusal(
    'not-deletable',
    `${(there.fault ?? anew.fault)?.message ?? 'What is left is not the recording without its span: somebody changed files meanwhile.'} Nothing was erased.`,
  );
}

/** Whether a record has these pieces erased, and these events left, and no others. */
function isSame(record: OpenedRecord, { erased, left }: ReturnType<typeof leftOf>): boolean {
  const isPiece = (one: ErasedPiece, n: number): boolean => {
    const other = record.erased[n]!;
    return one.place === other.place && one.code === other.code && one.bytes === other.bytes && Buffer.compare(one.seal, other.seal) === 0;
  };
  return (
    record.erased.length === erased.length &&
    erased.every(isPiece) &&
    record.events.length === left.length &&
    left.every(({ bytes }, n) => bytes.equals(record.events[n]!.bytes))
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

/** What an erasure was cut off with: it takes its place where the ledger has its event, which counts, and is thrown away where it has none. */
async function finishErasure(recordings: string, id: string, ledger: Pick<Ledger, 'recording'>): Promise<void> {
  const next = join(recordings, ERASING, id);
  if (!isFolder(next)) return;
  const state = await ledger.recording(id);
  const whole = await erasedWith(join(recordings, id), next).catch(() => undefined);
  const isWhole =
    state?.erased && whole && whole.head.size === state.head.size && whole.head.root === state.head.root && sameErased(whole.erased, state.erased);
  if (isWhole) takePlaces(recordings, id);
  else rmSync(next, { recursive: true, force: true });
}

/** The same for every recording: what a crash left. */
export async function finishErasures({
  home: { recordings },
  ledger,
}: {
  readonly home: SpanParts['home'];
  readonly ledger: Pick<Ledger, 'recording'>;
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
