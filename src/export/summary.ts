/** recording.json: what a bundle is about, for people and programs. A verifier makes it again from evidence and ledger. */
import { INSTALLATION_ID, PERSON_ID, RECORDING_ID } from '../types/ids.ts';
import type { Access } from '../recording/access.ts';
import { reasons } from '../types/words.ts';
import { isCount, parseOneText, writtenOut } from '../recording/json.ts';
import { utf8Text } from '../disk/utf8.ts';
import { isMoment } from '../recording/time.ts';
import type { TreeHead } from '../types/head.ts';

/** complete: it ended in good order. recovered: closed after an interruption. failed: it could not go on. open: no end is in the ledger. */
const bundleStates = ['complete', 'recovered', 'failed', 'open'] as const;
export type BundleState = (typeof bundleStates)[number];

export interface BundleSummary {
  readonly format: 'wardmux-bundle';
  readonly version: 1;
  readonly recording: string;
  readonly installation: string;
  /** Owner of the recording. */
  readonly person: string;
  readonly started: string;
  readonly state: BundleState;
  readonly records: number;
  readonly root: string;
  /** Records that the ledger signs for: all of them, or those up to the last one it knows of. */
  readonly proven: number;
  /** Bytes of output in the disclosed pieces. */
  readonly outputBytes: number;
  readonly pieces: { readonly disclosed: number; readonly withheld: number };
  /** The checkpoint in checkpoint.note. */
  readonly ledger: TreeHead;
  /** `reason`: why it was exported. */
  readonly exported: { readonly time: string; readonly by: string; readonly version: string; readonly reason: Access['reason'] };
}

/** Exactly one text for one summary: the order of its fields is fixed. */
export function summaryText(s: BundleSummary): string {
  const ordered: BundleSummary = {
    format: s.format,
    version: s.version,
    recording: s.recording,
    installation: s.installation,
    person: s.person,
    started: s.started,
    state: s.state,
    records: s.records,
    root: s.root,
    proven: s.proven,
    outputBytes: s.outputBytes,
    pieces: { disclosed: s.pieces.disclosed, withheld: s.pieces.withheld },
    ledger: { size: s.ledger.size, root: s.ledger.root },
    exported: { time: s.exported.time, by: s.exported.by, version: s.exported.version, reason: s.exported.reason },
  };
  return writtenOut(ordered);
}

const is =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && pattern.test(value);
const isRoot = is(/^[0-9a-f]{64}$/);

/** Of each field of a summary, whether a value is one. */
const fields: Readonly<Record<keyof BundleSummary, (value: never) => boolean>> = {
  format: (value: unknown) => value === 'wardmux-bundle',
  version: (value: unknown) => value === 1,
  recording: is(RECORDING_ID),
  installation: is(INSTALLATION_ID),
  person: is(PERSON_ID),
  started: isMoment,
  state: (value: unknown) => typeof value === 'string' && (bundleStates as readonly string[]).includes(value),
  records: isCount,
  root: isRoot,
  proven: isCount,
  outputBytes: isCount,
  pieces: (value: BundleSummary['pieces']) => isCount(value.disclosed) && isCount(value.withheld),
  ledger: (value: TreeHead) => isCount(value.size) && isRoot(value.root),
  exported: ({ time, by, version, reason }: BundleSummary['exported']) =>
    isMoment(time) && is(PERSON_ID)(by) && is(/^[0-9A-Za-z.+-]{1,40}$/)(version) && reasons.includes(reason),
};

/** Reads a summary: undefined where the bytes are not the one text of one, 'newer' where they are of a version that is still to come. */
export function parseSummary(bytes: Uint8Array): BundleSummary | 'newer' | undefined {
  const text = utf8Text(bytes);
  if (text === undefined) return undefined;
  try {
    const value = parseOneText(text, writtenOut) as BundleSummary;
    const { format, version } = value as { readonly format: string; readonly version: number };
    if (format === 'wardmux-bundle' && Number.isSafeInteger(version) && version > 1) return 'newer';
    const good = Object.entries(fields).every(([name, isOne]) => isOne(value[name as keyof BundleSummary] as never));
    return good && summaryText(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the ledger's last word on a recording makes of it. */
export function stateOf(lastAction: string | undefined): BundleState {
  if (lastAction === 'recording.end') return 'complete';
  if (lastAction === 'recording.recovered') return 'recovered';
  return lastAction === 'recording.failed' ? 'failed' : 'open';
}
