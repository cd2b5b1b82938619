/**
 * Rotation of audit keys: whoever has the one before has the secrets of segments wrapped for those of the policy in force too, so that these open what was
 * recorded before they came. That somebody did is entered before the first wrap is written, and what came of it behind the last one. Each recording's wraps are
 * written at once, and what has them is passed over: a call that was cut off is made again. Recordings go on meanwhile; their new segments have the new keys by
 * themselves. What an earlier key opens it opens for ever: the headers are under signed trees.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../ledger/ledger.ts';
import type { PolicyInForce } from '../../policy/index.ts';
import { openRecording, readHeader } from '../../recording/reader.ts';
import { readRewraps, wrapFor, writeRewraps, type Rewrap } from '../../recording/rewrapped.ts';
import type { Recipient, SegmentOpener } from '../../recording/types.ts';
import { wrapSecret } from '../../recording/wrap.ts';
import type { Home } from '../../storage/index.ts';
import { Refusal } from '../../types/refusal.ts';
import { requireStillMay } from '../deeds/admit.ts';

export interface RewrapParts {
  readonly home: Pick<Home, 'recordings'>;
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'recordings'>;
  /** Id of who does it. */
  readonly person: string;
  readonly inForce: Pick<PolicyInForce, 'policy' | 'sha256'>;
  /** The audit key of before. */
  readonly opener: SegmentOpener;
  /** Told after each recording. */
  readonly progress?: (done: number, of: number) => void;
}

export interface Rewrapped {
  /** Kids of the keys that open it now. */
  readonly to: readonly string[];
  /** Recordings and segments that were wrapped once more by this call. */
  readonly recordings: number;
  readonly segments: number;
  /** Segments that are not sealed to the key of before, or do not open with it. */
  readonly closed: number;
}

/** @throws Refusal before anything was done; StorageFault, LedgerError: what was wrapped by then stays, and the next call goes on */
export async function rewrapRecordings({ home, ledger, person, inForce, opener, progress }: RewrapParts): Promise<Rewrapped> {
  const { policy, sha256 } = inForce;
  if (!ledger.facts.auditKeys().some(({ kid }) => kid === opener.kid))
    throw new Refusal('not-an-audit-key', `No policy that was in force here named the audit key ${opener.kid}. Nothing was changed.`);
  const targets = policy.auditKeys.filter(({ kid }) => kid !== opener.kid).map(({ kid, jwk }): Recipient => ({ kid, role: 'audit', jwk }));
  if (targets.length === 0)
    throw new Refusal('no-other-key', 'The policy in force names no other audit key. Make one and have it accepted first: wardmux audit-key new --out FILE');
  const to = targets.map(({ kid }) => kid);
  const about = { key: opener.kid, to, policySha256: sha256 };
  const before = (): void => {
    requireStillMay(ledger.facts, person, 'audit-key.rewrap');
    if (ledger.facts.policy?.sha256 !== sha256) throw new Refusal('changed-meanwhile', 'Another policy came into force meanwhile. Run it again.');
  };
  await ledger.append({ action: 'audit-key.rewrap', person, detail: about }, { before });
  const known = [...(await ledger.recordings())].filter(([, { deleted }]) => !deleted).map(([id]) => id);
  let [recordings, segments, closed] = [0, 0, 0];
  for (const [n, id] of known.entries()) {
    const made = await rewrapOne(join(home.recordings, id), id, targets, opener);
    if (made.wraps.length > 0) recordings++;
    segments += new Set(made.wraps.map(({ segment }) => segment)).size;
    closed += made.closed;
    progress?.(n + 1, known.length);
  }
  const done = { to, recordings, segments, closed };
  await ledger.append({ action: 'audit-key.rewrapped', person, detail: { ...about, recordings, segments, closed } });
  return done;
}

/** @returns the wraps that were made */
async function rewrapOne(
  folder: string,
  recording: string,
  targets: readonly Recipient[],
  opener: SegmentOpener,
): Promise<{ readonly wraps: readonly Rewrap[]; readonly closed: number }> {
  const wraps: Rewrap[] = [];
  let closed = 0;
  // It is missing, or was deleted meanwhile: nothing is to be opened.
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return { wraps, closed };
  for (const segment of (await openRecording(folder)).segments) {
    const read = await readHeader(folder, segment);
    if (!read) continue;
    const lacking = targets.filter(({ kid }) => wrapFor(folder, read.header, kid) === undefined);
    if (lacking.length === 0) continue;
    const wrapped = wrapFor(folder, read.header, opener.kid);
    const secret = wrapped === undefined ? undefined : await opener.open(wrapped).catch(() => undefined);
    if (!secret) {
      closed++;
      continue;
    }
    try {
      for (const recipient of lacking) wraps.push({ segment, kid: recipient.kid, jwe: await wrapSecret(secret, recipient) });
    } finally {
      secret.fill(0);
    }
  }
  if (wraps.length > 0 && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory())
    writeRewraps(folder, recording, [...readRewraps(folder, recording), ...wraps]);
  return { wraps, closed };
}
