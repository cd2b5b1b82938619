/** The events of a bundle, each with the proof that it is in the ledger that the checkpoint signs for. */
import { join } from 'node:path';
import { decodeEvent } from '../../ledger/events.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { leafHash, rootFromInclusion } from '../../merkle/tree.ts';
import { hasExactly, parseOneText } from '../../recording/json.ts';
import { isMoment } from '../../recording/time.ts';
import type { TreeHead } from '../../recording/types.ts';
import { BundleFailure, type FailureCode } from '../failures.ts';
import { belongsTo, ledgerHeads, type LedgerHeads } from '../heads.ts';
import { BUNDLE, MAX_LEDGER_LINE } from '../layout.ts';
import { LineFile } from '../lines.ts';
import type { BundleSummary } from '../summary.ts';
import { readable } from './files.ts';

/** Each line: {"index":N,"event":"the ledger's line","path":["hex",…]}, its inclusion proof in the checkpoint's tree. */
export function checkLedger(
  folder: string,
  { recording, installation, person, exported }: BundleSummary,
  head: TreeHead,
  digests: Map<string, Buffer>,
): LedgerHeads {
  const people = [person, exported.by];
  const events: LedgerEvent[] = [];
  const file = readable(BUNDLE.ledger, () => new LineFile(join(folder, BUNDLE.ledger), MAX_LEDGER_LINE));
  try {
    let number = 0;
    let before = -1;
    for (let line = file.next(); line; line = file.next()) {
      number += 1;
      const bad = (code: FailureCode): BundleFailure => new BundleFailure(code, `Line ${number} of ${BUNDLE.ledger}.`);
      const parsed = parseLedgerLine(line);
      const bytes = parsed && Buffer.from(parsed.event, 'utf8');
      const event = parsed && readLedgerEvent(parsed.event, bytes!);
      if (!parsed || !event || parsed.index <= before || event.seq !== parsed.index) throw bad('bad-ledger');
      if (event.installation !== installation || !belongsTo(event, recording, people)) throw bad('bad-ledger');
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
      events.push(event);
    }
    if (file.torn) throw new BundleFailure('bad-ledger', `Line ${number + 1} of ${BUNDLE.ledger}.`);
    digests.set(BUNDLE.ledger, file.digest());
  } finally {
    file.close();
  }
  return ledgerHeads(events, recording);
}

/** Members of an event, in their order. */
const EVENT_MEMBERS = ['seq', 'time', 'entered', 'installation', 'action', 'person', 'outcome', 'detail'] as const;

/** The writer's one text only: what reads differently elsewhere is not an event. What its kind says is another question. */
function readLedgerEvent(text: string, bytes: Buffer): LedgerEvent | undefined {
  const event = parseOneText(text) === undefined ? undefined : decodeEvent(bytes);
  if (!event || !isMoment(event.time) || (event.entered !== undefined && !isMoment(event.entered))) return undefined;
  if (event.outcome !== undefined && typeof event.outcome !== 'string') return undefined;
  return hasExactly(
    { ...event },
    EVENT_MEMBERS.filter((name) => event[name] !== undefined),
  )
    ? event
    : undefined;
}

function parseLedgerLine(line: Buffer): { readonly index: number; readonly event: string; readonly path: readonly string[] } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
    const { index, event, path } = JSON.parse(text) as { index: unknown; event: unknown; path: unknown };
    if (!Number.isSafeInteger(index) || typeof event !== 'string' || !event.isWellFormed() || !Array.isArray(path)) return undefined;
    if (!path.every((hash) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash))) return undefined;
    return JSON.stringify({ index, event, path }) === text ? { index: index as number, event, path: path as string[] } : undefined;
  } catch {
    return undefined;
  }
}
