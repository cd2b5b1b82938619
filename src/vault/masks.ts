/** What of a recording is covered where it is looked at: what the default recognisers find in all of it, before any of it is shown. */
import { planDisclosure, type Disclosure } from '../export/disclosure.ts';
import { liveState } from '../recording/live.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { covered, standardKinds } from '../redaction/index.ts';
import type { Cover } from '../review/replay.ts';

/** A recording that goes on is judged anew whole, and so many times as long as that took it is left alone then. */
const REST = 4;

export interface Masks {
  readonly cover: Cover;
  /** Judges what was written since. @returns whether that was done: not where it was done just now */
  readonly again: () => Promise<boolean>;
}

/**
 * Looks at all of a recording. What nobody has judged yet is not shown; of one that goes on neither is the line that is not ended, because what stands in it may be
 * known for what it is by what is typed next.
 * @param nowMs monotonic. @throws RecordingError
 */
export async function masksOf(folder: string, opener: SegmentOpener, live: boolean, nowMs: () => number): Promise<Masks> {
  const isLive = (): boolean => live && liveState(folder) === 'live';
  const look = (): Promise<Disclosure> => planDisclosure({ folder, opener, live }, { kinds: standardKinds });
  const judge = async (): Promise<Cover> => {
    let [goesOn, plan] = [isLive(), await look()];
    // It ended meanwhile: nothing more comes, so its last line is whole.
    if (goesOn && !isLive()) [goesOn, plan] = [false, await look()];
    const masks = new Map(plan.findings.map((finding) => [`${finding.record}.${finding.piece}`, plan.masks(finding.number)]));
    const last = goesOn ? plan.lastWhole : plan.last;
    return (seq, n, data) => {
      if (!last || seq > last.record || (seq === last.record && n > last.piece)) return undefined;
      const own = masks.get(`${seq}.${n}`);
      return own ? covered(data, own) : data;
    };
  };
  let restUntil = 0;
  const timed = async (): Promise<Cover> => {
    const began = nowMs();
    const made = await judge();
    const ended = nowMs();
    restUntil = ended + REST * (ended - began);
    return made;
  };
  let cover = await timed();
  return {
    cover: (seq, n, data) => cover(seq, n, data),
    again: async () => {
      if (nowMs() < restUntil) return false;
      cover = await timed();
      return true;
    },
  };
}
