/** What of a recording is covered where it is looked at: what the default recognisers find in all of it, before any of it is shown. */
import { planDisclosure, type Disclosure } from '../export/disclosure.ts';
import { isLetGo } from '../recording/live.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { covered, standardKinds } from '../redaction/index.ts';
import { bytesOf, type Cover } from '../review/replay.ts';

/** A recording that goes on is judged anew whole, and so many times as long as that took it is left alone then. */
const REST = 4;

export interface Masks {
  readonly cover: Cover;
  /** Judges what was written since, and the last line once nothing can follow it. @returns whether that was done: not where it was done just now, or nothing is new */
  readonly again: () => Promise<boolean>;
}

interface Judged {
  readonly cover: Cover;
  /** Of the recording, when it was looked at. */
  readonly bytes: number;
  readonly goesOn: boolean;
}

/**
 * Looks at all of a recording. What nobody has judged yet is not shown; of one that goes on neither is the line that is not ended, because what stands in it may be
 * known for what it is by what is typed next. That it has ended is proven by the ledger (`live` is false then) or by the kernel, and by nothing that lies on the disk.
 * @param nowMs monotonic. @throws RecordingError
 */
export async function masksOf(folder: string, opener: SegmentOpener, live: boolean, nowMs: () => number): Promise<Masks> {
  // It grew after it had ended: the lock that was free was not its writer's, as where its first segment was put there anew.
  let hasGrown = false;
  const isLive = (): boolean => live && (hasGrown || !isLetGo(folder));
  const look = (): Promise<Disclosure> => planDisclosure({ folder, opener, live }, { kinds: standardKinds });
  const judge = async (): Promise<Judged> => {
    let goesOn = isLive();
    // Before it is looked at: what comes meanwhile is new afterwards.
    let bytes = bytesOf(folder);
    let plan = await look();
    // It ended meanwhile: nothing more comes, so its last line is whole.
    if (goesOn && !isLive()) [goesOn, bytes, plan] = [false, bytesOf(folder), await look()];
    const masks = new Map(plan.findings.map((finding) => [`${finding.record}.${finding.piece}`, plan.masks(finding.number)]));
    const last = goesOn ? plan.lastWhole : plan.last;
    const cover: Cover = (seq, n, data) => {
      if (!last || seq > last.record || (seq === last.record && n > last.piece)) return undefined;
      const own = masks.get(`${seq}.${n}`);
      return own ? covered(data, own) : data;
    };
    return { cover, bytes, goesOn };
  };
  let restUntil = 0;
  const timed = async (): Promise<Judged> => {
    const began = nowMs();
    const made = await judge();
    const ended = nowMs();
    restUntil = ended + REST * (ended - began);
    return made;
  };
  let judged = await timed();
  return {
    cover: (seq, n, data) => judged.cover(seq, n, data),
    again: async () => {
      if (nowMs() < restUntil) return false;
      const hasEnded = judged.goesOn && !isLive();
      const grew = bytesOf(folder) > judged.bytes;
      if (!hasEnded && !grew) return false;
      hasGrown ||= grew && !judged.goesOn;
      judged = await timed();
      return true;
    },
  };
}
