/**
 * Rotation of audit keys: whoever has the one before has the secrets of segments wrapped for those of the policy in force too, so that these open what was
 * recorded before they came. That somebody did is entered before the first wrap is written, and what came of it behind the last one. Each recording's wraps are
 * written at once; a call that was cut off is made again, and makes all of them again: nobody without the new private keys can tell a wrap that lies there already
 * from what somebody else put there, so it takes its place, and only what this call has made is counted. Recordings go on meanwhile; their new segments have the
 * new keys by themselves. What an earlier key opens it opens for ever: the headers are under signed trees.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../ledger/ledger.ts';
import type { PolicyInForce } from '../../policy/index.ts';
import { openRecording, readHeader, RecordingReader } from '../../recording/reader.ts';
import { requireRewraps, writeRewraps, type Rewrap } from '../../recording/rewrapped.ts';
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

/** @throws Refusal before anything was done; StorageFault, LedgerError: what was wrapped by then stays, and the next call wraps all of it again */
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
  const ever = new Set(ledger.facts.auditKeys().map(({ kid }) => kid));
  const known = [...(await ledger.recordings())].filter(([, { deleted }]) => !deleted).map(([id]) => id);
  let [recordings, segments, closed] = [0, 0, 0];
  for (const [n, id] of known.entries()) {
    const made = await rewrapOne(join(home.recordings, id), id, { targets, opener, ever });
    if (made.wraps.length > 0) recordings++;
    segments += new Set(made.wraps.map(({ segment }) => segment)).size;
    closed += made.closed;
    progress?.(n + 1, known.length);
  }
  const done = { to, recordings, segments, closed };
  await ledger.append({ action: 'audit-key.rewrapped', person, detail: { ...about, recordings, segments, closed } });
  return done;
}

interface Keys extends Pick<RewrapParts, 'opener'> {
  readonly targets: readonly Recipient[];
  /** Kids of all audit keys that a policy ever named. */
  readonly ever: ReadonlySet<string>;
}

/** @returns the wraps that were made. @throws StorageFault where what lies in their place is none of ours */
async function rewrapOne(
  folder: string,
  recording: string,
  { targets, opener, ever }: Keys,
): Promise<{ readonly wraps: readonly Rewrap[]; readonly closed: number }> {
  const wraps: Rewrap[] = [];
  let closed = 0;
  // It is missing, or was deleted meanwhile: nothing is to be opened.
  if (!isFolder(folder)) return { wraps, closed };
  const before = requireRewraps(folder, recording);
  const { segments } = await openRecording(folder);
  for (const segment of segments) {
    const read = await readHeader(folder, segment);
    if (!read) continue;
    const { recipients } = read.header;
    const lacking = targets.filter(({ kid }) => !recipients.some((one) => one.kid === kid));
    if (lacking.length === 0) continue;
    const wrapped = recipients.find(({ kid }) => kid === opener.kid) ?? before.find((one) => one.segment === segment && one.kid === opener.kid);
    const secret = wrapped && (await opener.open(wrapped.jwe).catch(() => undefined));
    if (!secret || !(await opensRecords(folder, segment, opener))) {
      secret?.fill(0);
      closed++;
      continue;
    }
    try {
      for (const recipient of lacking) wraps.push({ segment, kid: recipient.kid, jwe: await wrapSecret(secret, recipient) });
    } finally {
      secret.fill(0);
    }
  }
  if (wraps.length > 0 && isFolder(folder)) {
    // Of what was there stays what this call has not made and another audit key can have: one of each.
    const byPlace = new Map<string, Rewrap>();
    const there = before.filter(({ segment, kid }) => segments.includes(segment) && ever.has(kid));
    for (const one of [...wraps, ...there]) if (!byPlace.has(placeOf(one))) byPlace.set(placeOf(one), one);
    writeRewraps(folder, recording, [...byPlace.values()]);
  }
  return { wraps, closed };
}

/** Whether what is wrapped for the key opens the first record there is: anybody can wrap another secret for it. */
async function opensRecords(folder: string, segment: number, opener: SegmentOpener): Promise<boolean> {
  const reader = new RecordingReader(folder, [segment], { live: true, fromSegment: segment });
  for await (const { frame } of reader.contents(opener)) if (frame.segment === segment) break;
  return reader.fault === undefined;
}

const placeOf = ({ segment, kid }: Rewrap): string => `${segment}/${kid}`;
const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
