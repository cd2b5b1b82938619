/** The events of a bundle, each with the proof that it is in the ledger that the checkpoint signs for. */
import { join } from 'node:path';
import { utf8Text } from '../../disk/utf8.ts';
import { decodeEvent } from '../../ledger/events.ts';
import { areDigests, headDigest, HEADS, type HeadOpening } from '../../ledger/heads.ts';
import { leafHash, rootFromInclusion } from '../../merkle/tree.ts';
import { isCount } from '../../recording/json.ts';
import type { TreeHead } from '../../types/head.ts';
import { BundleFailure, type FailureCode } from '../failures.ts';
import { belongsTo, ledgerHeads, type BundleEvent, type LedgerHeads } from '../heads.ts';
import { BUNDLE, MAX_LEDGER_LINE } from '../bundle-files.ts';
import { LineFile } from '../lines.ts';
import type { BundleSummary } from '../summary.ts';
import { readable } from './files.ts';

/** Each line: {"index":N,"event":"the ledger's event","head":{…},"path":["hex",…]}: its inclusion proof in the checkpoint's tree, and of an event of heads the one of this recording. */
export function checkLedger(
  folder: string,
  { recording, installation, person, exported }: BundleSummary,
  head: TreeHead,
  digests: Map<string, Buffer>,
): LedgerHeads {
  const people = [person, exported.by];
  const events: BundleEvent[] = [];
  const file = readable(BUNDLE.ledger, () => new LineFile(join(folder, BUNDLE.ledger), MAX_LEDGER_LINE));
  try {
    let number = 0;
    let before = -1;
    for (let line = file.next(); line; line = file.next()) {
      number += 1;
      const bad = (code: FailureCode): BundleFailure => new BundleFailure(code, `Line ${number} of ${BUNDLE.ledger}.`);
      const parsed = parseLedgerLine(line);
      const bytes = parsed && Buffer.from(parsed.event, 'utf8');
      const event = parsed && decodeEvent(bytes!);
      // What opens an event of heads is no part of what the tree signs for.
      if (!parsed || !event || event.opened !== undefined || parsed.index <= before || event.seq !== parsed.index) throw bad('bad-ledger');
      const one: BundleEvent = { event, head: parsed.head };
      if (!isOpened(one, parsed.head, recording)) throw bad('bad-ledger');
      if (event.installation !== installation || !belongsTo(one, recording, people)) throw bad('bad-ledger');
      if (parsed.index >= head.size) throw bad('short-proof');
      let root: Buffer;
      try {
        root = rootFromInclusion(
          leafHash(bytes!),
          parsed.index,
          head.size,
          parsed.path.map((hash) => Buffer.from(hash, 'hex')),
        );
      } catch {
        throw bad('short-proof');
      }
      if (root.toString('hex') !== head.root) throw bad('bad-proof');
      before = parsed.index;
      events.push(one);
    }
    if (file.torn) throw new BundleFailure('bad-ledger', `Line ${number + 1} of ${BUNDLE.ledger}.`);
    digests.set(BUNDLE.ledger, file.digest());
  } finally {
    file.close();
  }
  return ledgerHeads(events, recording);
}

/** An event of heads has the opening of one of its digests beside it, and every other event has none. */
function isOpened({ event }: BundleEvent, head: HeadOpening | undefined, recording: string): boolean {
  if (event.action !== HEADS) return head === undefined;
  const digests = event.detail?.['heads'];
  return head !== undefined && areDigests(digests) && digests.includes(headDigest(head.salt, { recording, size: head.size, root: head.root }));
}

interface LedgerLine {
  readonly index: number;
  readonly event: string;
  readonly head?: HeadOpening;
  readonly path: readonly string[];
}

const HASH = /^[0-9a-f]{64}$/;

function parseLedgerLine(line: Buffer): LedgerLine | undefined {
  const text = utf8Text(line);
  if (text === undefined) return undefined;
  try {
    const { index, event, head, path } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isSafeInteger(index) || typeof event !== 'string' || !event.isWellFormed() || !Array.isArray(path)) return undefined;
    if (!path.every((hash) => typeof hash === 'string' && HASH.test(hash))) return undefined;
    const opening = head === undefined ? undefined : readOpening(head);
    if (head !== undefined && !opening) return undefined;
    const read = { index, event, head: opening, path };
    return JSON.stringify(read) === text ? (read as LedgerLine) : undefined;
  } catch {
    return undefined;
  }
}

function readOpening(value: unknown): HeadOpening | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { salt, size, root } = value as Record<string, unknown>;
  if (typeof salt !== 'string' || !HASH.test(salt) || !isCount(size) || typeof root !== 'string' || !HASH.test(root)) return undefined;
  return { salt, size, root };
}
