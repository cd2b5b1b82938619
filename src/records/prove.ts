/** All content of a recording against the heads that the ledger signed. */
import type { LedgerEvent } from '../ledger/types.ts';
import type { RecordingState } from '../ledger/rules.ts';
import type { FrameFault } from '../recording/types.ts';
import { walkRecording } from '../recording/walk.ts';
import { judge, knownOf, policiesOf, sizesOf, type Judgement, type KnownPolicy } from './judge.ts';

/** A ledger that is open, for writing or for reading only. */
export interface Asked {
  recording(id: string): Promise<RecordingState | undefined>;
  eventsOf(recording: string): Promise<readonly { readonly event: LedgerEvent }[]>;
  policyEvents(): Promise<readonly { readonly event: LedgerEvent }[]>;
}

export interface CheckedRecording extends Judgement {
  readonly state: RecordingState;
  /** Why not all of it could be read as records. */
  readonly fault: FrameFault | undefined;
}

/** Every policy that was in force, oldest first. */
export async function knownPolicies(ledger: Pick<Asked, 'policyEvents'>): Promise<KnownPolicy[]> {
  return policiesOf((await ledger.policyEvents()).map(({ event }) => event));
}

/**
 * Reads a recording whole, without any key, and compares it with the ledger: the one judge of that question, for all who ask it.
 * @param live a process seems to write it: a torn end is then its end. Where the ledger has closed it, nobody does, whatever a mark says.
 * @returns undefined where the ledger has no start of it.
 * @throws RecordingError 'not-a-recording', 'unreadable'; LedgerError
 */
export async function checkRecording(
  folder: string,
  ledger: Asked,
  id: string,
  options: { readonly live?: boolean; readonly progress?: (bytes: number) => void } = {},
): Promise<CheckedRecording | undefined> {
  // The ledger first: a running recording is never behind what the ledger has of it.
  const state = await ledger.recording(id);
  if (!state) return undefined;
  const known = knownOf(
    id,
    state,
    (await ledger.eventsOf(id)).map(({ event }) => event),
  );
  const walk = await walkRecording(folder, sizesOf(known), { ...options, live: options.live === true && state.closed === null });
  // A policy that came meanwhile may be that of a segment that came meanwhile.
  return { ...judge(id, known, await knownPolicies(ledger), walk), state, fault: walk.fault };
}

/** How far a recording that does not contradict the ledger is proven, for people. */
export function proofText({
  proven,
  found,
  state,
}: {
  readonly proven: number;
  readonly found: { readonly size: number };
  readonly state?: Pick<RecordingState, 'closed'>;
}): string {
  const late = found.size - proven;
  if (state?.closed && late > 0) return `proven: ${proven} of ${found.size} records; not proven: ${recordsText(late)}`;
  const behind = late === 0 ? '' : late === 1 ? '; the last one is not signed for yet' : `; the last ${late} are not signed for yet`;
  return `proven: ${proven} of ${found.size} records${behind}`;
}

export function recordsText(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}
