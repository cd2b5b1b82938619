/** recording.json: what a bundle is about, for people and programs. A verifier makes it again from evidence and ledger. */
import type { TreeHead } from '../recording/types.ts';

/** complete: it ended in good order. recovered: closed after an interruption. failed: it could not go on. open: no end is in the ledger. */
export type BundleState = 'complete' | 'recovered' | 'failed' | 'open';

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
  readonly exported: { readonly time: string; readonly by: string; readonly version: string };
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
    exported: { time: s.exported.time, by: s.exported.by, version: s.exported.version },
  };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

const string = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);

/** The part of a summary that cannot be derived, and that says whom to ask for keys. @returns undefined when the bytes are not a summary. */
export function parseClaims(bytes: Uint8Array): Pick<BundleSummary, 'recording' | 'installation' | 'ledger' | 'exported'> | undefined {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as Partial<BundleSummary>;
    const good =
      value.format === 'wardmux-bundle' &&
      value.version === 1 &&
      string(value.recording, /^\d{8}-\d{6}-[0-9a-f]{8}$/) &&
      string(value.installation, /^w-[0-9a-f]{12}$/) &&
      Number.isSafeInteger(value.ledger?.size) &&
      string(value.ledger?.root, /^[0-9a-f]{64}$/) &&
      string(value.exported?.time, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/) &&
      string(value.exported?.by, /^p-[0-9a-f]{12}$/) &&
      string(value.exported?.version, /^[0-9A-Za-z.+-]{1,40}$/);
    return good ? { recording: value.recording!, installation: value.installation!, ledger: value.ledger!, exported: value.exported! } : undefined;
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
