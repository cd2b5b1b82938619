/**
 * What the last run left behind. The ledger knows which recordings began and did not end: it closes them with what was
 * signed before. Whole records behind that stay and are not proven; with a key, those become signed that only the recorder
 * can have written. What contradicts a signed head is not signed over, moved or cut: it is said, entered as damage, and can be made good by
 * restoring the original. One service for the app and for `wardmux list --recover`.
 */
import { SentenceError, sentenceOf } from '../types/sentence.ts';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../ledger/ledger.ts';
import type { RecordingState } from '../ledger/rules.ts';
import { emptyRoot } from '../merkle/tree.ts';
import { liveState } from '../recording/live.ts';
import { RecordingError } from '../recording/errors.ts';
import { openRecording } from '../recording/reader.ts';
import { needsRecovery, recoverRecording } from '../recording/recovery.ts';
import { END_FILE, readEnd } from '../recording/end-file.ts';
import type { SegmentOpener } from '../recording/types.ts';
import type { TreeHead } from '../types/head.ts';
import { walkRecording, type Walk } from '../recording/walk.ts';
import { judge, knownOf, sizesOf, type Judgement, type Known, type KnownPolicy } from './judge.ts';
import { checkRecording, knownPolicies, recordsText } from './prove.ts';

/** What became of a recording that had not ended. */
export interface Settlement {
  readonly recording: string;
  /** `closed`: the ledger has its end now. `contradiction`: left as it is, see `recording.damaged`. `failed`: it could not be looked at or closed. */
  readonly outcome: 'closed' | 'contradiction' | 'failed';
  /** For people. */
  readonly sentence: string;
}

/** Who asks to have more signed for, and the key that opens it. */
export interface Recoverer {
  /** Id. */
  readonly person: string;
  readonly opener: SegmentOpener;
}

const NOTHING: TreeHead = { size: 0, root: emptyRoot().toString('hex') };

/** Thrown by a look at a recording before anything of it is changed. */
class Contradiction extends SentenceError {
  readonly found: TreeHead;

  constructor(sentence: string, found: TreeHead) {
    super(sentence);
    this.found = found;
  }
}

/** One sentence for all of them, for a line that has room for one. */
export function settledInShort(settled: readonly Settlement[]): string {
  const [first] = settled;
  if (settled.length === 1 && first?.outcome === 'closed') return `Recording ${first.recording} was interrupted, and is closed.`;
  const count = (outcome: Settlement['outcome']): number => settled.filter((each) => each.outcome === outcome).length;
  const [closed, failed, contradicted] = [count('closed'), count('failed'), count('contradiction')];
  const recordings = (n: number): string => (n === 1 ? 'A recording' : `${n} recordings`);
  return [
    ...(contradicted > 0 ? [`${recordings(contradicted)} contradict${contradicted === 1 ? 's' : ''} the ledger.`] : []),
    ...(failed > 0 ? [`${recordings(failed)} could not be closed.`] : []),
    ...(closed > 0 ? [`${recordings(closed)} ${closed === 1 ? 'was' : 'were'} interrupted, and ${closed === 1 ? 'is' : 'are'} closed.`] : []),
  ].join(' ');
}

/**
 * Closes what was interrupted.
 * @param folder of all recordings.
 * @param unfinished those to look at: by default all that the ledger has not closed.
 * @param by the person who asks for it: what their key opens can become signed, in their name. Without one nothing more does.
 * @returns one entry for each recording of which there is something to say; none for those that are being written.
 */
export async function recoverRecordings(
  folder: string,
  ledger: Ledger,
  unfinished?: Iterable<readonly [string, RecordingState]>,
  by?: Recoverer,
): Promise<Settlement[]> {
  const settled: Settlement[] = [];
  for (const [id, state] of unfinished ?? (await ledger.openRecordings())) {
    const settlement = await settle(folder, ledger, id, state, by);
    if (settlement) settled.push(settlement);
  }
  return settled;
}

async function settle(recordings: string, ledger: Ledger, id: string, state: RecordingState, by?: Recoverer): Promise<Settlement | undefined> {
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
    const sentence = await close(folder, ledger, id, known, await knownPolicies(ledger), by);
    return sentence === undefined ? undefined : { recording: id, outcome: 'closed', sentence };
  } catch (error) {
    if (!(error instanceof Contradiction)) {
      const why = sentenceOf(error);
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

/**
 * @returns what was done, for people; undefined where it was closed before, and nothing is new.
 * @throws Contradiction before anything was changed.
 */
async function close(
  folder: string,
  ledger: Ledger,
  id: string,
  known: Known,
  policies: readonly KnownPolicy[],
  by: Recoverer | undefined,
): Promise<string | undefined> {
  const signed = known.state.head;
  const open = known.state.closed === null;
  const untidy = needsRecovery(folder);
  const opened = by && (await openedTail(folder, signed.size, by.opener));
  const sizes = [...sizesOf(known), ...(opened ? [opened.size] : [])];
  const accept = (walk: Walk): void => requireAgrees(folder, judge(id, known, policies, walk));
  const end = readEnd(folder);
  const walk = end ? await walkRecording(folder, sizes) : undefined;
  if (end && walk) {
    accept(walk);
    const { fault, head } = walk;
    // The file is not signed, so nothing of it goes into the ledger; but where it speaks against the recording, one of them was changed.
    if (open && (fault || head.size !== end.head.size || head.root !== end.head.root))
      throw new Contradiction(
        `Recording ${id} is not what its ${END_FILE} says: ${fault?.message ?? `it has ${head.size} records and not ${end.head.size}, or others.`} Nothing was changed and nothing signed; keep a copy of ${folder} for the audit.`,
        head,
      );
  }
  const { head, tornBytes, lastWallMs, roots } = walk ? { ...walk, tornBytes: 0 } : await recoverRecording(folder, accept, sizes);
  // What lies behind the last signed head any program of this account can have written: the ledger says what was signed before, and no more.
  if (open) await ledger.append({ action: 'recording.failed', detail: { recording: id, reason: 'process-gone', ...signed } });
  // The same tree, which has the signed head in it: so what was opened goes on from there.
  const late = opened && opened.size > signed.size && roots.get(opened.size) === opened.root ? opened : undefined;
  if (by && late)
    await ledger.append({ action: 'recording.recovered', person: by.person, detail: { recording: id, ...late, tornBytes, signedBefore: signed.size } });
  if (!open && !late && !untidy) return undefined;
  const until = lastWallMs > 0 ? ` It is whole up to ${new Date(lastWallMs).toISOString()}: ${head.size} records.` : '';
  const torn = tornBytes > 0 ? ` ${tornBytes} torn bytes were moved aside into its folder.` : '';
  const now = late ? ` Behind the last signed head your key opened ${recordsText(late.size - signed.size)}: signed for now.` : '';
  const behind = head.size - (late ?? signed).size;
  const unproven = behind > 0 ? ` Not proven: ${recordsText(behind)} behind the last signed head, kept as found.${by ? '' : ASK}` : '';
  return `Recording ${id} was interrupted.${until}${torn}${now}${unproven}`;
}

const ASK = ' Its owner can have those signed for that only its recorder can have written: wardmux list --recover --passphrase-fd N';

/**
 * The head of the records that only somebody with a segment's secret can have written: they open, are what their commitment
 * says, and stand in a segment whose header is under the signed head. That secret have its recorder, its owner and the audit
 * keys. A header behind the signed head proves nothing, whoever can open it: anybody can seal a new secret to public keys.
 * @returns undefined where there is none behind the signed head, or the recording is not sealed to this key.
 */
async function openedTail(folder: string, signed: number, opener: SegmentOpener): Promise<TreeHead | undefined> {
  const reader = await openRecording(folder);
  let last: TreeHead | undefined;
  try {
    for await (const _ of reader.records(opener)) {
      if (reader.header!.firstSeq >= signed) break;
      last = reader.head();
    }
  } catch (error) {
    if (!(error instanceof RecordingError) || error.code !== 'not-a-recipient') throw error;
  }
  return last && last.size > signed ? last : undefined;
}

/** Once for each finding: the same one again, at each start, says nothing new. Where the records agree, and only a file beside them does not, there is no damage to enter. */
export async function enterDamage(ledger: Ledger, recording: string, signed: TreeHead, found: TreeHead): Promise<void> {
  if (found.size === signed.size && found.root === signed.root) return;
  const last = (await ledger.eventsOf(recording)).findLast(({ event }) => event.action === 'recording.damaged')?.event.detail;
  if (last && last['foundSize'] === found.size && last['foundRoot'] === found.root && last['signedSize'] === signed.size) return;
  const detail = { recording, signedSize: signed.size, signedRoot: signed.root, foundSize: found.size, foundRoot: found.root };
  await ledger.append({ action: 'recording.damaged', detail });
}
