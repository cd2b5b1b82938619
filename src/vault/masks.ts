/** What of a recording is covered where it is looked at: what the default recognisers find in all of it, before any of it is shown. */
import { planDisclosure } from '../export/disclosure.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { covered, standardKinds } from '../redaction/index.ts';
import type { Cover } from '../review/replay.ts';

/**
 * Looks at all of a recording. What somebody has written into it since then was looked at by nobody, and nothing of it is shown.
 * @throws RecordingError
 */
export async function coverOf(folder: string, opener: SegmentOpener, live: boolean): Promise<Cover> {
  const plan = await planDisclosure({ folder, opener, live }, { kinds: standardKinds });
  const masks = new Map(plan.findings.map((finding) => [`${finding.record}.${finding.piece}`, plan.masks(finding.number)]));
  const { last } = plan;
  return (seq, n, data) => {
    if (!last || seq > last.record || (seq === last.record && n > last.piece)) return new Uint8Array();
    const own = masks.get(`${seq}.${n}`);
    return own ? covered(data, own) : data;
  };
}
