/**
 * Erasure of one span of a recording: a password that was printed, by two. What was printed, typed and marked in it is gone, and every snapshot behind its
 * beginning, because a snapshot repeats output; the tree stays what it was, because each frame keeps the digest of the body that is gone (src/recording/erased.ts).
 *
 * Old state whole or new state whole: segments are written anew beside the recording first. Then what is there and what takes its place are read once, side by
 * side: that nothing but the span goes, that all of it goes, and the digest that both sign are of the same bytes, whatever somebody puts there meanwhile. Then
 * the ledger has the event, then they take their places: files that are others by then contradict it, and nothing of them is shown. Whatever a crash leaves before the event is thrown away, and behind it finished, by the next
 * call and by the next `retention run`. It is thrown away only where it was read that the ledger has no erasure beyond what the folder is: what cannot be read
 * now may be all that is left of one that the ledger counts.
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
import { sentenceOf } from '../../types/sentence.ts';
import type { DeletionReason } from '../../types/words.ts';
import { decided } from '../deeds/decide.ts';
import { ERASING, isFolder, OLD, overwriteBehind } from './destroy.ts';
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
export interface SpanErased extends Omit<SpanErasureRequest, 'asked'> {
  /** What was not overwritten, a sentence each. */
  readonly left: readonly string[];
}

/** @returns what was erased, by this call or, where nothing is left there, by the last one of this very span. @throws Refusal, RecordingError, StorageFault, LedgerError: then nothing was */
export async function eraseSpanOf(parts: SpanParts, recording: string, asked: SpanAsked): Promise<SpanErased> {
  const { ledger, home, admin } = parts;
  const folder = join(home.recordings, recording);
  const { state, left: before } = await requireErasable(parts, recording);
  const others = requireOther(parts, 'To erase a span of a recording takes an auditor and a security admin');
  if (admin.id === state.person || parts.second!.id === state.person)
    throw new Refusal('not-deletable', `Recording ${recording} is of one of you: nobody erases a part of what they did themselves. Nothing was erased.`);
  const touched = await touchedBy(folder, asked);
  if (touched.length === 0) return { ...erasedBefore(erasuresOf(state, await ledger.eventsOf(recording)), recording, asked), left: before };
  const next = join(home.recordings, ERASING, recording);
  let isEntered = false;
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
    isEntered = true;
    await enter(parts, request, state, signatures);
    return { ...request, left: [...before, ...(await takePlaces(home.recordings, recording))] };
  } catch (error) {
    // Where the event was entered, what is there takes its place now or with the next call; where it was not, nothing was erased. Whether it was, nobody knows
    // of a ledger that failed in the midst of it: the next call has read it anew.
    const open = await finishErasure(home.recordings, recording, ledger, isEntered && !(error instanceof Refusal));
    const fault = (error as NodeJS.ErrnoException).syscall === undefined ? error : storageFault(error, 'write', next);
    throw open.length === 0 ? fault : new Refusal('not-deletable', [sentenceOf(fault), ...open].join(' '));
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

/** A recording that has ended, is whole and proven to its end, and that nothing holds; what was begun before is finished. @throws Refusal */
async function requireErasable({ ledger, home }: SpanParts, recording: string): Promise<{ readonly state: RecordingState; readonly left: readonly string[] }> {
  const refuse = (why: string): Refusal => new Refusal('not-deletable', `${why} Nothing was erased.`);
  const known = RECORDING_ID.test(recording) ? await ledger.recording(recording) : undefined;
  if (!known)
    throw new Refusal('no-recording', `The ledger has no recording ${JSON.stringify(recording.slice(0, 40))}. See: wardmux list. Nothing was erased.`);
  const left = await finishErasure(home.recordings, recording, ledger);
  if (isFolder(join(home.recordings, ERASING, recording))) throw new Refusal('not-deletable', `${left.join(' ')} Nothing else was erased.`);
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
  return { state: known, left };
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

function erasedBefore(events: ReturnType<typeof erasuresOf>, recording: string, { fromMs, toMs }: SpanAsked): Omit<SpanErased, 'left'> {
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

const unfinished = (id: string, why: string): string =>
  `The erasure of a span of recording ${id} is not finished: ${why} What is to take its place is kept: once it can be read, wardmux erase of that recording, or wardmux retention run, finishes it.`;

/**
 * What an erasure was cut off with: it takes its place where the ledger has its event, which counts, and is thrown away where the ledger has none, or the folder
 * is what the ledger has without it. Anything else, what cannot be read too, leaves it for the next call.
 * @param isDoubtful nobody knows what the ledger has by now: nothing is thrown away
 * @returns what is still to be done, and what was not overwritten, a sentence each. Never rejects: one recording holds up no other one.
 */
async function finishErasure(recordings: string, id: string, ledger: Pick<Ledger, 'recording'>, isDoubtful = false): Promise<readonly string[]> {
  const [folder, next] = [join(recordings, id), join(recordings, ERASING, id)];
  try {
    if (!isFolder(next)) return [];
    const state = await ledger.recording(id);
    if (state?.erased) {
      const isKnown = ({ head, erased }: Awaited<ReturnType<typeof erasedWith>>): boolean =>
        head.size === state.head.size && head.root === state.head.root && sameErased(erased, state.erased);
      const whole = await erasedWith(folder, next).catch(() => undefined);
      if (whole && isKnown(whole)) return await takePlaces(recordings, id);
      if (!isKnown(await erasedWith(folder, folder))) return [unfinished(id, 'neither what is there nor what is to take its place is what the ledger says.')];
    }
    if (isDoubtful) return [unfinished(id, 'whether the ledger has it is not known.')];
    return state?.erased ? await removeOld(recordings, id) : dropped(next);
  } catch (error) {
    return [unfinished(id, sentenceOf((error as NodeJS.ErrnoException).syscall === undefined ? error : storageFault(error, 'read', next)))];
  }
}

function dropped(next: string): readonly string[] {
  rmSync(next, { recursive: true, force: true });
  return [];
}

/** The same for every recording: what a crash left. @returns what is still to be done, and what was not overwritten, a sentence each */
export async function finishErasures({
  home: { recordings },
  ledger,
}: {
  readonly home: SpanParts['home'];
  readonly ledger: Pick<Ledger, 'recording'>;
}): Promise<readonly string[]> {
  const folder = join(recordings, ERASING);
  if (!isFolder(folder)) return [];
  const left: string[] = [];
  for (const id of readdirSync(folder))
    if (RECORDING_ID.test(id) && isFolder(join(recordings, id))) left.push(...(await finishErasure(recordings, id, ledger)));
  return left;
}

/** @returns what was not overwritten, a sentence each. Throws what the system says; the next call goes on from there. */
async function takePlaces(recordings: string, id: string): Promise<readonly string[]> {
  const [folder, next] = [join(recordings, id), join(recordings, ERASING, id)];
  // Only what was looked at: a segment more, which somebody has put there, is none of it.
  for (const { segment } of segmentsIn(next)) if (existsSync(join(folder, segment))) renameSync(join(next, segment), join(folder, segment));
  syncFolder(folder);
  return removeOld(recordings, id);
}

/** What a segment is called that lies there under its own name, or as one on its way out. */
const segmentsIn = (next: string, end: '' | typeof OLD = ''): { readonly segment: string; readonly number: number }[] =>
  readdirSync(next).flatMap((name) => {
    const segment = name.slice(0, name.length - end.length);
    const number = name.endsWith(end) ? segmentNumber(segment) : undefined;
    return number === undefined ? [] : [{ segment, number }];
  });

/**
 * Overwrites the segments that others have taken the place of, and removes what is left of the erasure. What somebody else has put there under such a name loses
 * that name alone: a segment that is in its place, a file that has another name, and what is none of this recording.
 * @returns what was not overwritten, a sentence each. Throws what the system says; the next call goes on from there.
 */
async function removeOld(recordings: string, id: string): Promise<readonly string[]> {
  const [folder, next] = [join(recordings, id), join(recordings, ERASING, id)];
  const left: string[] = [];
  for (const { segment, number } of segmentsIn(next, OLD)) {
    const path = join(next, `${segment}${OLD}`);
    const [old, there] = [path, join(folder, segment)].map((at) => lstatSync(at, { bigint: true, throwIfNoEntry: false }));
    if (!old || (old.ino === there?.ino && old.dev === there.dev)) continue;
    const header = await readHeader(folder, number);
    const why = !old.isFile() || !header ? 'it is no segment of this recording' : overwriteBehind(path, SEGMENT_MAGIC_2.length, frameBytes(header.frame));
    if (why !== undefined)
      left.push(
        `What was segment ${number} of recording ${id} before its erasure was not overwritten: ${why}. Whatever other name it has (find -inum ${old.ino}) is left as it is: look at it, it may hold what was erased.`,
      );
  }
  rmSync(next, { recursive: true, force: true });
  return left;
}
