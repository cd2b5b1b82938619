/**
 * What the last run left behind. The ledger knows which recordings began and did not end: those that were cut off are
 * closed after their last whole record, those that their recorder could still end are closed as they are. What
 * contradicts a signed head is not signed over, moved or cut: it is said, entered as damage, and can be made good by
 * restoring the original. One service for the app and for `wardmux list --recover`.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../ledger/ledger.ts';
import type { RecordingState } from '../ledger/rules.ts';
import { emptyRoot } from '../merkle/tree.ts';
import { liveState } from '../recording/live.ts';
import { recoverRecording } from '../recording/recovery.ts';
import { END_FILE, readEnd } from '../recording/end-file.ts';
import type { TreeHead } from '../types/head.ts';
import { walkRecording, type Walk } from '../recording/walk.ts';
import { judge, knownOf, sizesOf, type Judgement, type Known, type KnownPolicy } from './judge.ts';
import { checkRecording, knownPolicies } from './prove.ts';

/** What became of a recording that had not ended. */
export interface Settlement {
  readonly recording: string;
  /** `closed`: the ledger has its end now. `contradiction`: left as it is, see `recording.damaged`. `failed`: it could not be looked at or closed. */
  readonly outcome: 'closed' | 'contradiction' | 'failed';
  /** For people. */
  readonly sentence: string;
}

const NOTHING: TreeHead = { size: 0, root: emptyRoot().toString('hex') };

/** Thrown by a look at a recording before anything of it is changed. */
class Contradiction extends Error {
  readonly found: TreeHead;

  constructor(sentence: string, found: TreeHead) {
    super(sentence);
    this.found = found;
  }
}

/**
 * Closes what was interrupted.
 * @param folder of all recordings.
 * @param unfinished those to look at: by default all that the ledger has not closed.
 * @returns one entry for each recording of which there is something to say; none for those that are being written.
 */
export async function recoverRecordings(
  folder: string,
  ledger: Ledger,
  unfinished: Iterable<readonly [string, RecordingState]> = ledger.openRecordings(),
): Promise<Settlement[]> {
  const settled: Settlement[] = [];
  for (const [id, state] of unfinished) {
    const settlement = await settle(folder, ledger, id, state);
    if (settlement) settled.push(settlement);
  }
  return settled;
}

async function settle(recordings: string, ledger: Ledger, id: string, state: RecordingState): Promise<Settlement | undefined> {
  const folder = join(recordings, id);
  const signed = state.head;
  try {
    const there = lstatSync(folder, { throwIfNoEntry: false });
    if (!there?.isDirectory()) {
      const what = there ? 'is not a folder' : 'is not there';
      throw new Contradiction(
        `Recording ${id} stands in the ledger with ${signed.size} records, but ${folder} ${what}. Restore it from a backup, or tell whoever audits this workstation.`,
        NOTHING,
      );
    }
    if (liveState(folder) === 'live') {
      // Another process of ours, such as wardmux record, is still writing it. It has written what the ledger signed for.
      const proof = await checkRecording(folder, ledger, id, { live: true });
      if (proof) requireAgrees(folder, proof);
      return undefined;
    }
    const known = knownOf(
      id,
      state,
      (await ledger.eventsOf(id)).map(({ event }) => event),
    );
    return { recording: id, outcome: 'closed', sentence: await close(folder, ledger, id, known, await knownPolicies(ledger)) };
  } catch (error) {
    if (!(error instanceof Contradiction)) {
      const why = error instanceof Error ? error.message : 'unknown fault';
      return { recording: id, outcome: 'failed', sentence: `Recording ${id} was interrupted and could not be closed: ${why}` };
    }
    await enterDamage(ledger, id, signed, error.found);
    return { recording: id, outcome: 'contradiction', sentence: error.message };
  }
}

/** @throws Contradiction */
function requireAgrees(folder: string, { sentence, found }: Judgement): void {
  if (sentence !== undefined)
    throw new Contradiction(`${sentence} Nothing was changed and nothing signed: keep a copy of ${folder}, and restore the original from a backup.`, found);
}

/** @throws Contradiction before anything was changed. */
async function close(folder: string, ledger: Ledger, id: string, known: Known, policies: readonly KnownPolicy[]): Promise<string> {
  const accept = (walk: Walk): void => requireAgrees(folder, judge(id, known, policies, walk));
  const sizes = sizesOf(known);
  const signedBefore = known.state.head.size;
  const enter = async ({ size, root }: TreeHead, tornBytes: number): Promise<void> =>
    void (await ledger.append({ action: 'recording.recovered', detail: { recording: id, size, root, tornBytes, signedBefore } }));
  const end = readEnd(folder);
  if (end) {
    const walk = await walkRecording(folder, sizes);
    accept(walk);
    const { fault, head } = walk;
    // The file is not signed, so nothing of it goes into the ledger; but where it speaks against the recording, one of them was changed.
    if (fault || head.size !== end.head.size || head.root !== end.head.root)
      throw new Contradiction(
        `Recording ${id} is not what its ${END_FILE} says: ${fault?.message ?? `it has ${head.size} records and not ${end.head.size}, or others.`} Nothing was changed and nothing signed; keep a copy of ${folder} for the audit.`,
        head,
      );
    await enter(head, 0);
    return `Wardmux ended without notice while recording ${id} was running. The recording is whole; its shell is gone.${signedNow(head.size, signedBefore)}`;
  }
  const { head, tornBytes, lastWallMs } = await recoverRecording(folder, accept, sizes);
  await enter(head, tornBytes);
  const until = lastWallMs > 0 ? ` It is whole up to ${new Date(lastWallMs).toISOString()}: ${head.size} records.` : '';
  const torn = tornBytes > 0 ? ` ${tornBytes} torn bytes were moved aside into its folder.` : '';
  return `Recording ${id} was interrupted.${until}${torn}${signedNow(head.size, signedBefore)}`;
}

/** Once for each finding: the same one again, at each start, says nothing new. Where the records agree, and only a file beside them does not, there is no damage to enter. */
export async function enterDamage(ledger: Ledger, recording: string, signed: TreeHead, found: TreeHead): Promise<void> {
  if (found.size === signed.size && found.root === signed.root) return;
  const last = (await ledger.eventsOf(recording)).findLast(({ event }) => event.action === 'recording.damaged')?.event.detail;
  if (last && last['foundSize'] === found.size && last['foundRoot'] === found.root && last['signedSize'] === signed.size) return;
  const detail = { recording, signedSize: signed.size, signedRoot: signed.root, foundSize: found.size, foundRoot: found.root };
  await ledger.append({ action: 'recording.damaged', detail });
}

function signedNow(size: number, signed: number): string {
  return size > signed ? ` Its last ${size - signed} of ${size} records were signed for only now.` : '';
}
