/** Every record of a bundle, in order: what the later checks ask of them. */
import { join } from 'node:path';
import type { SegmentHeader } from '../../recording/types.ts';
import { parseEvidence } from '../evidence.ts';
import { BundleFailure } from '../failures.ts';
import type { LedgerHeads } from '../heads.ts';
import { BUNDLE, MAX_EVIDENCE_LINE } from '../bundle-files.ts';
import { LineFile } from '../lines.ts';
import { readable } from './files.ts';
import type { OutputCount } from './output.ts';
import type { Check } from './verdict.ts';
import { EvidenceWalk } from './walk.ts';

export interface Evidence {
  readonly first: SegmentHeader;
  /** Of each segment: its header, and what it counts before it. */
  readonly headers: readonly SegmentHeader[];
  readonly records: number;
  readonly root: string;
  /** Root after so many records, for each size that the ledger speaks of. */
  readonly roots: ReadonlyMap<number, string>;
  readonly outputBytes: number;
  readonly disclosed: number;
  readonly withheld: number;
  readonly output: OutputCount;
  /** It has an end event, whose reason is known where it is disclosed. */
  readonly ended: boolean;
  readonly endReason: string | undefined;
  readonly eventFailure: BundleFailure | undefined;
  readonly castFailure: BundleFailure | undefined;
}

export function checkEvidence(
  folder: string,
  recording: string,
  installation: string,
  ledger: LedgerHeads,
  step: (name: Check['name']) => void,
  digests: Map<string, Buffer>,
): Evidence {
  const file = readable(BUNDLE.evidence, () => new LineFile(join(folder, BUNDLE.evidence), MAX_EVIDENCE_LINE));
  let cast: LineFile | undefined;
  try {
    cast = readable(BUNDLE.cast, () => new LineFile(join(folder, BUNDLE.cast), MAX_EVIDENCE_LINE));
    const walk = new EvidenceWalk(recording, installation, new Set(ledger.heads.map((head) => head.size)), cast);
    for (let line = file.next(); line; line = file.next()) walk.frame(parseEvidence(line, walk.records + 1));
    if (file.torn || walk.records === 0) throw new BundleFailure('bad-evidence', `Line ${walk.records + (file.torn ? 1 : 0)} of ${BUNDLE.evidence}.`);
    walk.end();
    if (walk.misplaced) throw misplaced(walk.misplaced, walk.dueStandsLater);
    step('order of the records');
    if (walk.textFailure) throw walk.textFailure;
    step('disclosed texts and session.cast');
    if (walk.headerFailure) throw walk.headerFailure;
    step('segment headers');
    digests.set(BUNDLE.evidence, file.digest());
    digests.set(BUNDLE.cast, cast.digest());
    return { ...walk, first: walk.headers[0]!, root: walk.tree.head().root, ended: walk.order.ended };
  } finally {
    file.close();
    cast?.close();
  }
}

function misplaced({ due, found }: { readonly due: number; readonly found: number }, dueStandsLater: boolean): BundleFailure {
  const code = found < due ? 'duplicated-record' : dueStandsLater ? 'reordered-records' : 'missing-record';
  return new BundleFailure(code, `Record ${due} is due, and record ${found} stands there.`);
}
