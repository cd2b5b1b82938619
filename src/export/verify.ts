/**
 * Verifying a bundle against keys that were pinned outside it. Reads only; believes nothing in the bundle that does not
 * follow from the trust file. verify.py makes the same checks in the same order, and a test holds the two together.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEvent } from '../ledger/events.ts';
import { passFile } from '../ledger/files.ts';
import { openCheckpoint, type NoteKey } from '../ledger/note.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { leafHash, MerkleTree, rootFromInclusion } from '../merkle/tree.ts';
import { parseHeader } from '../recording/header.ts';
import type { SegmentHeader, TreeHead } from '../recording/types.ts';
import { CastBuilder } from './cast.ts';
import { parseEvidence } from './evidence.ts';
import { BundleFailure, failureRow, type FailureCode } from './failures.ts';
import { ledgerHeads, type LedgerHeads } from './heads.ts';
import { ALL_FILES, BUNDLE, MAX_EVIDENCE_LINE, MAX_SMALL_FILE, SUMMED_FILES } from './layout.ts';
import { parseClaims, summaryText, type BundleState, type BundleSummary } from './summary.ts';
import { EXPORT_NAMESPACE, sshVerify } from './sshsig.ts';
import { parseTrust, trustedInstallationKey, trustedNoteKey, trustedPersonKey } from './trust.ts';

/** The steps of a verification, in order: each rests on those before it. */
export const checkNames = [
  'trust file',
  'files of the bundle',
  'installation and person',
  'ledger checkpoint',
  'ledger proofs',
  'order of the records',
  'disclosed texts',
  'records against the ledger',
  'amount of output',
  'session.cast',
  'recording.json',
  'signature of the installation',
  'signature of the person',
  'digests of the files',
] as const;

export interface Check {
  readonly name: (typeof checkNames)[number];
  readonly result: 'good' | 'failed' | 'not checked';
}

/** What was found, where the bundle is good. */
export interface BundleFacts {
  readonly recording: string;
  readonly installation: string;
  readonly person: string;
  readonly exportedBy: string;
  readonly state: BundleState;
  readonly records: number;
  readonly proven: number;
  /** Records after the last one that the ledger knows of: sealed in order, and not signed for. */
  readonly unproven: number;
  /** Records at the end of the proven ones that the ledger first signed for when it closed the recording after a crash. */
  readonly signedAfterCrash: number;
  readonly outputBytes: number;
  readonly disclosed: number;
  readonly withheld: number;
  /** Output bytes that the ledger counted and that are not disclosed; null where the ledger has no count. */
  readonly withheldOutputBytes: number | null;
}

export interface Verdict {
  readonly good: boolean;
  readonly code: FailureCode | 'good';
  /** Exit status. */
  readonly status: number;
  readonly sentence: string;
  /** What and where; empty where the bundle is good. */
  readonly detail: string;
  /** What a good verdict does not say. Sentences. */
  readonly notes: readonly string[];
  readonly facts: BundleFacts | null;
  readonly checks: readonly Check[];
}

/** Runs all checks. @param trust the text of the trust file, undefined where it cannot be read. Never throws over content. */
export function verifyBundle(folder: string, trust: string | undefined): Verdict {
  let done = 0;
  const step = (name: Check['name']): void => {
    if (checkNames[done] !== name) throw new Error(`The check ${name} is out of order.`);
    done += 1;
  };
  const checks = (failed: boolean): Check[] =>
    checkNames.map((name, i) => ({ name, result: i < done ? 'good' : i === done && failed ? 'failed' : 'not checked' }));
  try {
    const facts = run(folder, trust, step);
    return { good: true, code: 'good', status: 0, sentence: goodSentence(facts), detail: '', notes: notesOf(facts), facts, checks: checks(false) };
  } catch (error) {
    if (!(error instanceof BundleFailure)) throw error;
    const { status, sentence } = failureRow(error.code);
    return { good: false, code: error.code, status, sentence, detail: error.detail, notes: [], facts: null, checks: checks(true) };
  }
}

function goodSentence(facts: BundleFacts): string {
  return `The bundle is good: ${facts.proven} of ${facts.records} records of recording ${facts.recording} are exactly those that the ledger of ${facts.installation} signs for.`;
}

function notesOf(facts: BundleFacts): string[] {
  const notes: string[] = [];
  if (facts.unproven > 0) notes.push(`The last ${facts.unproven} records are unproven: they came after the last one that the ledger knows of.`);
  if (facts.state === 'open')
    notes.push('The ledger in this bundle has no end of the recording: it was running or interrupted when it was exported, and later records are not in it.');
  if (facts.state === 'recovered') notes.push('The recording was interrupted and closed after its last whole record.');
  if (facts.signedAfterCrash > 0) notes.push(afterCrashNote(facts));
  if (facts.state === 'failed') notes.push('The recording could not go on and was stopped.');
  if (facts.withheld > 0) notes.push(`${facts.withheld} of ${facts.withheld + facts.disclosed} pieces are withheld: this bundle does not show what they hold.`);
  if (facts.withheldOutputBytes !== null && facts.withheldOutputBytes > 0) notes.push(`${facts.withheldOutputBytes} bytes of output are withheld.`);
  return notes;
}

function afterCrashNote({ signedAfterCrash: late, proven }: BundleFacts): string {
  const before = proven - late;
  return before > 0
    ? `The last ${late} of ${proven} records were signed only after a crash, when the recording was closed: the checkpoint before it covers ${before}. Trust those ${late} less.`
    : `All ${proven} records were signed only after a crash, when the recording was closed: no checkpoint before it covers any. Trust them less.`;
}

function run(folder: string, trustText: string | undefined, step: (name: Check['name']) => void): BundleFacts {
  const trust = trustText === undefined ? undefined : parseTrust(trustText);
  if (!trust)
    throw new BundleFailure('bad-trust', trustText === undefined ? 'It cannot be read.' : 'Make it again on the installation: wardmux trust > trust.json');
  step('trust file');
  checkFiles(folder);
  step('files of the bundle');
  const small = (name: string): Buffer => readFileSync(join(folder, name));
  const summaryBytes = small(BUNDLE.summary);
  const claims = parseClaims(summaryBytes);
  if (!claims) throw new BundleFailure('bad-summary', 'It is not the summary of a bundle.');
  if (claims.installation !== trust.installation)
    throw new BundleFailure('other-installation', `It comes from ${claims.installation}; the trust file is that of ${trust.installation}.`);
  const personKey = trustedPersonKey(trust, claims.exported.by);
  if (!personKey) throw new BundleFailure('unknown-person', `It was exported by ${claims.exported.by}.`);
  step('installation and person');

  const head = checkCheckpoint(small(BUNDLE.checkpoint).toString('utf8'), trustedNoteKey(trust), claims.ledger);
  step('ledger checkpoint');
  const ledger = checkLedger(folder, claims.recording, trust.installation, head);
  step('ledger proofs');
  const evidence = checkEvidence(folder, claims.recording, trust.installation, ledger.heads, step);
  const proven = checkHeads(ledger, evidence);
  step('records against the ledger');
  const withheldOutputBytes = checkOutput(ledger, evidence);
  step('amount of output');
  if (!digestOfFile(join(folder, BUNDLE.cast)).equals(evidence.castSha256))
    throw new BundleFailure('bad-cast', 'It is not the text that follows from the evidence.');
  step('session.cast');
  const summary: BundleSummary = {
    format: 'wardmux-bundle',
    version: 1,
    recording: claims.recording,
    installation: trust.installation,
    person: evidence.first.person,
    started: evidence.first.started,
    state: ledger.state,
    records: evidence.records,
    root: evidence.root,
    proven,
    outputBytes: evidence.outputBytes,
    pieces: { disclosed: evidence.disclosed, withheld: evidence.withheld },
    ledger: head,
    exported: claims.exported,
  };
  if (!Buffer.from(summaryText(summary), 'utf8').equals(summaryBytes)) throw new BundleFailure('bad-summary', 'It does not follow from evidence and ledger.');
  step('recording.json');

  const sums = small(BUNDLE.sums);
  const installationVerdict = sshVerify(sums, small(BUNDLE.installationSignature).toString('latin1'), trustedInstallationKey(trust), EXPORT_NAMESPACE);
  if (installationVerdict === 'other-key') throw new BundleFailure('untrusted-key', `${BUNDLE.installationSignature} is made with another key.`);
  if (installationVerdict !== 'good') throw new BundleFailure('bad-installation-signature', `${BUNDLE.installationSignature} or ${BUNDLE.sums} was changed.`);
  step('signature of the installation');
  const personVerdict = sshVerify(sums, small(BUNDLE.personSignature).toString('latin1'), personKey, EXPORT_NAMESPACE);
  if (personVerdict === 'other-key') throw new BundleFailure('untrusted-person-key', `${BUNDLE.personSignature} is made with another key.`);
  if (personVerdict !== 'good') throw new BundleFailure('bad-person-signature', `${BUNDLE.personSignature} was changed.`);
  step('signature of the person');
  checkSums(folder, sums.toString('latin1'));
  step('digests of the files');
  return {
    recording: claims.recording,
    installation: trust.installation,
    person: evidence.first.person,
    exportedBy: claims.exported.by,
    state: ledger.state,
    records: evidence.records,
    proven,
    unproven: evidence.records - proven,
    signedAfterCrash: Math.max(0, proven - (ledger.signedBefore ?? proven)),
    outputBytes: evidence.outputBytes,
    disclosed: evidence.disclosed,
    withheld: evidence.withheld,
    withheldOutputBytes,
  };
}

/** The folder holds the files of a bundle and nothing else; each is a plain file, so nothing outside it is ever read. */
function checkFiles(folder: string): void {
  const large: readonly string[] = [BUNDLE.cast, BUNDLE.evidence, BUNDLE.ledger];
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    throw new BundleFailure('missing-file', `${folder} cannot be read as a folder. Give the folder that wardmux export has made.`);
  }
  for (const name of ALL_FILES) {
    const stat = names.includes(name) ? lstatSync(join(folder, name)) : undefined;
    if (!stat?.isFile()) throw new BundleFailure('missing-file', `${name} is missing or is not a plain file.`);
    if (stat.size > MAX_SMALL_FILE && !large.includes(name)) throw new BundleFailure('missing-file', `${name} is too large to be that file.`);
  }
  const extra = names.filter((name) => !ALL_FILES.includes(name));
  if (extra.length > 0) throw new BundleFailure('extra-file', `Files that do not belong to a bundle: ${extra.length}.`);
}

function checkCheckpoint(note: string, key: NoteKey, claimed: TreeHead): TreeHead {
  const opened = openCheckpoint(note, key);
  if (!opened) {
    const line = note.slice(note.lastIndexOf('\n\n') + 2);
    const ours =
      line.startsWith(`— ${key.name} `) &&
      Buffer.from(line.slice(key.name.length + 3), 'base64')
        .subarray(0, 4)
        .equals(key.id);
    const signed = /^— [^\s+]+ [A-Za-z0-9+/]{91}=\n$/.test(line);
    if (signed && !ours) throw new BundleFailure('untrusted-key', `${BUNDLE.checkpoint} is signed with another key.`);
    throw new BundleFailure('bad-checkpoint', `${BUNDLE.checkpoint} was changed.`);
  }
  if (opened.head.size !== claimed.size || opened.head.root !== claimed.root)
    throw new BundleFailure('other-checkpoint', `It signs for ${opened.head.size} events; the bundle was made at ${claimed.size}.`);
  return opened.head;
}

/** Each line: {"index":N,"event":"the ledger's line","path":["hex",…]}, its inclusion proof in the checkpoint's tree. */
function checkLedger(folder: string, recording: string, installation: string, head: TreeHead): LedgerHeads {
  const events: LedgerEvent[] = [];
  let number = 0;
  let before = -1;
  const pass = passFile(join(folder, BUNDLE.ledger), (line) => {
    number += 1;
    const parsed = parseLedgerLine(line);
    // The writer's one text only: what reads differently elsewhere is not an event.
    const event = parsed && isOneText(parsed.event) ? decodeEvent(Buffer.from(parsed.event, 'utf8')) : undefined;
    const bad = (code: FailureCode): BundleFailure => new BundleFailure(code, `Line ${number} of ${BUNDLE.ledger}.`);
    if (!parsed || !event || parsed.index <= before || event.seq !== parsed.index) throw bad('bad-ledger');
    if (event.installation !== installation || event.detail?.['recording'] !== recording) throw bad('bad-ledger');
    if (parsed.index >= head.size) throw bad('short-proof');
    let root: Buffer;
    try {
      root = rootFromInclusion(
        leafHash(Buffer.from(parsed.event, 'utf8')),
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
  });
  if (pass!.tornBytes > 0) throw new BundleFailure('bad-ledger', `Line ${number + 1} of ${BUNDLE.ledger}.`);
  const heads = ledgerHeads(events);
  if (!heads) throw new BundleFailure('bad-ledger', 'An event states no size or root.');
  if (!heads.started || heads.heads.length === 0) throw new BundleFailure('no-head', `${events.length} events are in ${BUNDLE.ledger}.`);
  return heads;
}

function isOneText(text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === text;
  } catch {
    return false;
  }
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

interface Evidence {
  readonly first: SegmentHeader;
  readonly records: number;
  readonly root: string;
  /** Root after so many records, for each size that the ledger speaks of. */
  readonly roots: ReadonlyMap<number, string>;
  readonly outputBytes: number;
  readonly disclosed: number;
  readonly withheld: number;
  readonly castSha256: Buffer;
  /** Segment whose header counts other output before it than there is, if any. */
  readonly badOutput: number | undefined;
}

function checkEvidence(folder: string, recording: string, installation: string, heads: readonly TreeHead[], step: (name: Check['name']) => void): Evidence {
  const wanted = new Set(heads.map((head) => head.size));
  const roots = new Map<number, string>();
  const tree = new MerkleTree();
  const cast = createHash('sha256');
  const seqs: number[] = [];
  let number = 0;
  let builder: CastBuilder | undefined;
  let first: SegmentHeader | undefined;
  let segments = 0;
  let outputBytes = 0;
  let disclosed = 0;
  let withheld = 0;
  let badOutput: number | undefined;
  /** The first of each kind; which of them is told is decided after the last line, by the order of the checks. */
  let headerFailure: BundleFailure | undefined;
  let commitmentFailure: BundleFailure | undefined;
  const pass = passFile(
    join(folder, BUNDLE.evidence),
    (line) => {
      number += 1;
      const frame = parseEvidence(line, number);
      seqs.push(frame.seq);
      tree.append(frame.leaf);
      if (wanted.has(tree.size)) roots.set(tree.size, tree.head().root);
      builder ??= new CastBuilder(recording, frame.wallMs, (text) => cast.update(text));
      if (!frame.committed) commitmentFailure ??= new BundleFailure('bad-commitment', `Record ${frame.seq}.`);
      if (frame.header !== undefined) {
        const header = parseHeader(Buffer.from(frame.header, 'utf8'));
        first ??= header;
        const good =
          header?.recording === recording &&
          header.installation === installation &&
          header.started === first?.started &&
          header.segment === segments &&
          header.firstSeq === frame.seq;
        if (!good) headerFailure ??= new BundleFailure('bad-header', `Record ${frame.seq}, segment ${segments}.`);
        else if (header.outputOffset < outputBytes || (withheld === 0 && header.outputOffset !== outputBytes)) badOutput ??= segments;
        segments += 1;
      } else if (segments === 0) headerFailure ??= new BundleFailure('bad-header', `Record ${frame.seq}, segment 0.`);
      for (const event of frame.events) {
        builder.event(event);
        disclosed += 1;
        if (event.code === 'o') outputBytes += event.data.length;
      }
      withheld += frame.withheld;
    },
    MAX_EVIDENCE_LINE,
  );
  if (pass!.tornBytes > 0 || number === 0) throw new BundleFailure('bad-evidence', `Line ${number + (pass!.tornBytes > 0 ? 1 : 0)} of ${BUNDLE.evidence}.`);
  checkOrder(seqs);
  step('order of the records');
  if (commitmentFailure) throw commitmentFailure;
  if (headerFailure) throw headerFailure;
  step('disclosed texts');
  builder!.end();
  return { first: first!, records: number, root: tree.head().root, roots, outputBytes, disclosed, withheld, castSha256: cast.digest(), badOutput };
}

function checkOrder(seqs: readonly number[]): void {
  const wrong = seqs.findIndex((seq, i) => seq !== i);
  if (wrong < 0) return;
  const detail = `Record ${wrong} is due, and record ${seqs[wrong]} stands there.`;
  if (new Set(seqs).size < seqs.length) throw new BundleFailure('duplicated-record', detail);
  const all = seqs.toSorted((a, b) => a - b).every((seq, i) => seq === i);
  throw new BundleFailure(all ? 'reordered-records' : 'missing-record', detail);
}

/** @returns how many records the ledger signs for. */
function checkHeads(ledger: LedgerHeads, evidence: Evidence): number {
  let proven = 0;
  for (const { size } of ledger.heads)
    if (size > evidence.records) throw new BundleFailure('cut', `The ledger signs for ${size} records, and there are ${evidence.records}.`);
  for (const { size, root } of ledger.heads) {
    // An empty tree says nothing: its root is the same for every recording.
    if (size > 0 && evidence.roots.get(size) !== root) throw new BundleFailure('bad-root', `The first ${size} records.`);
    proven = Math.max(proven, size);
  }
  if (proven === 0) throw new BundleFailure('no-head', 'None of the records is signed for.');
  return proven;
}

/** @returns output bytes that were counted and are not disclosed; null where nothing was counted. */
function checkOutput(ledger: LedgerHeads, evidence: Evidence): number | null {
  if (evidence.badOutput !== undefined) throw new BundleFailure('bad-output', `Segment ${evidence.badOutput} counts other output before it than there is.`);
  if (ledger.outputBytes === undefined) return null;
  const missing = ledger.outputBytes - evidence.outputBytes;
  if (missing < 0 || (missing !== 0 && evidence.withheld === 0))
    throw new BundleFailure('bad-output', `The ledger counted ${ledger.outputBytes} bytes, and there are ${evidence.outputBytes}.`);
  return missing;
}

function checkSums(folder: string, sums: string): void {
  const lines = sums.split('\n');
  if (lines.pop() !== '' || lines.length !== SUMMED_FILES.length) throw new BundleFailure('bad-sums', `It has ${lines.length} lines.`);
  const expected = SUMMED_FILES.map((name, i) => {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(lines[i]!);
    if (match?.[2] !== name) throw new BundleFailure('bad-sums', `Line ${i + 1}.`);
    return match[1]!;
  });
  SUMMED_FILES.forEach((name, i) => {
    if (digestOfFile(join(folder, name)).toString('hex') !== expected[i]) throw new BundleFailure('bad-file', `${name}.`);
  });
}

/** SHA-256 of a file of any size, a piece at a time. */
export function digestOfFile(path: string): Buffer {
  const hash = createHash('sha256');
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const block = Buffer.allocUnsafe(1024 * 1024);
    for (let count = readSync(fd, block); count > 0; count = readSync(fd, block)) hash.update(block.subarray(0, count));
  } finally {
    closeSync(fd);
  }
  return hash.digest();
}
