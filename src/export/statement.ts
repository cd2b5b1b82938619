/**
 * What the installation signs for when a recording is exported: named facts, from which the signer composes SHA256SUMS
 * itself. Of the files that say whom to trust, how far the ledger goes and how to check it, the signer takes its own and
 * not the exporter's; what shows the recording it cannot know, and a verifier compares that with the ledger.
 */
import { PERSON_ID, RECORDING_ID } from '../types/ids.ts';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { reasons } from '../types/words.ts';
import type { SignedCheckpoint } from '../ledger/types.ts';
import { guideText } from './guide.ts';
import { BUNDLE, SUMMED_FILES } from './bundle-files.ts';
import { summaryText, type BundleSummary } from './summary.ts';
import { allowedSigners, type Trust } from './trust.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/** The facts, as they cross a process boundary. Everything else of a summary the signer knows. */
export const statementSchema = z.strictObject({
  recording: z.string().regex(RECORDING_ID),
  person: z.string().regex(PERSON_ID),
  started: z.iso.datetime(),
  state: z.enum(['complete', 'recovered', 'failed', 'open']),
  records: count,
  root: sha256,
  proven: count,
  outputBytes: count,
  disclosed: count,
  withheld: count,
  reason: z.enum(reasons),
  exported: z.iso.datetime(),
  evidence: sha256,
  ledger: sha256,
  cast: sha256,
});
export type BundleStatement = z.infer<typeof statementSchema>;

/** What the signer takes from nobody. */
export interface SignersOwn {
  readonly trust: Trust;
  /** The checkpoint that the bundle's proofs lead to: signed for by the same key. */
  readonly checkpoint: SignedCheckpoint;
  /** Bytes of verify.py. */
  readonly verifier: Uint8Array;
  /** Id of the person who exports. */
  readonly by: string;
  readonly version: string;
}

function summaryOf(statement: BundleStatement, { trust, checkpoint, by, version }: SignersOwn): BundleSummary {
  const { recording, person, started, state, records, root, proven, outputBytes, disclosed, withheld, reason, exported } = statement;
  return {
    format: 'wardmux-bundle',
    version: 1,
    recording,
    installation: trust.installation,
    person,
    started,
    state,
    records,
    root,
    proven,
    outputBytes,
    pieces: { disclosed, withheld },
    ledger: checkpoint.head,
    exported: { time: exported, by, version, reason },
  };
}

/** The files that follow from the facts and from what the signer has; the others are in the statement by their digests. */
export function composedFiles(statement: BundleStatement, own: SignersOwn): ReadonlyMap<string, string | Uint8Array> {
  const summary = summaryOf(statement, own);
  return new Map<string, string | Uint8Array>([
    [BUNDLE.summary, summaryText(summary)],
    [BUNDLE.checkpoint, own.checkpoint.note],
    [BUNDLE.allowedSigners, allowedSigners(own.trust)],
    [BUNDLE.verifier, own.verifier],
    [BUNDLE.guide, guideText(summary)],
  ]);
}

/** SHA256SUMS, as `sha256sum` writes it. */
export function composeSums(statement: BundleStatement, own: SignersOwn): Buffer {
  const files = composedFiles(statement, own);
  const stated: Readonly<Record<string, string>> = { [BUNDLE.evidence]: statement.evidence, [BUNDLE.ledger]: statement.ledger, [BUNDLE.cast]: statement.cast };
  const digest = (name: string): string => stated[name] ?? createHash('sha256').update(files.get(name)!).digest('hex');
  return Buffer.from(SUMMED_FILES.map((name) => `${digest(name)}  ${name}\n`).join(''), 'latin1');
}
