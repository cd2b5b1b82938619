/**
 * Verifying a bundle against keys that were pinned outside it. Reads only; believes nothing in the bundle that does not
 * follow from the trust file. verify.py makes the same checks in the same order, and a test holds the two together.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEvent } from '../ledger/events.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { sha256, sha256Into } from '../merkle/sha256.ts';
import { leafHash, MerkleTree, rootFromInclusion } from '../merkle/tree.ts';
import type { Access } from '../recording/access.ts';
import { EVENT_HEAD_BYTES, writeEventHead } from '../recording/events.ts';
import { readEndReason } from '../recording/facts.ts';
import { isNewerHeader, parseHeader } from '../recording/header.ts';
import { hasExactly, parseOneText } from '../recording/json.ts';
import { isMoment } from '../recording/time.ts';
import type { EventCode, RecordingEvent, SegmentHeader, TreeHead } from '../recording/types.ts';
import { CastText, readTextLine } from './cast.ts';
import { openBundleCheckpoint } from './checkpoint.ts';
import { decodePiece, isHeaderCommitted, parseEvidence, type EvidenceFrame } from './evidence.ts';
import { BundleFailure, failureRow, type FailureCode } from './failures.ts';
import { belongsTo, ledgerHeads, type LedgerHeads } from './heads.ts';
import { ALL_FILES, BUNDLE, MAX_EVIDENCE_LINE, MAX_LEDGER_LINE, MAX_SMALL_FILE, SUMMED_FILES } from './layout.ts';
import { LineFile } from './lines.ts';
import { EventOrder } from './order.ts';
import { parseSummary, summaryText, type BundleState, type BundleSummary } from './summary.ts';
import { EXPORT_NAMESPACE, sshVerify, type SshPublicKey, type SshVerdict } from './sshsig.ts';
import { parseTrust, sshThumbprint, trustedInstallationKeys, trustedNoteKeys, trustedPersonKey, unknownAlgorithms, type Trust } from './trust.ts';

/** The steps of a verification, in order: each rests on those before it. */
export const checkNames = [
  'trust file',
  'files of the bundle',
  'installation and person',
  'ledger checkpoint',
  'ledger proofs',
  'order of the records',
  'disclosed texts and session.cast',
  'segment headers',
  'records against the ledger',
  'events of the recording',
  'amount of output',
  'end of session.cast',
  'policy and recipients',
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
  /** As whom, where and why the session was opened. */
  readonly access: Access;
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
  /** Whether another policy than the one that it began under had come into force before it began. */
  readonly policyReplaced: boolean;
  /** Whether verify.py in the bundle is the one that the trust file names. */
  readonly ownVerifier: boolean;
  /** Algorithms of keys in the trust file that were passed over. */
  readonly unknownAlgorithms: readonly string[];
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
  if (facts.policyReplaced) notes.push('When the recording began, another policy had already come into force: it keeps to the one before.');
  if (!facts.ownVerifier)
    notes.push('The verify.py in the bundle is not the one that the trust file names: do not run it. It is of another version, or somebody else wrote it.');
  if (facts.unknownAlgorithms.length > 0)
    notes.push(`The trust file has keys that this verifier cannot use, and what they signed was not checked: ${facts.unknownAlgorithms.join(', ')}.`);
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
  if (trust === 'newer') throw new BundleFailure('newer-version', 'The trust file.');
  if (!trust)
    throw new BundleFailure('bad-trust', trustText === undefined ? 'It cannot be read.' : 'Make it again on the installation: wardmux trust > trust.json');
  step('trust file');
  checkFiles(folder);
  step('files of the bundle');
  const small = (name: string): Buffer => readable(name, () => readFileSync(join(folder, name)));
  const summaryBytes = small(BUNDLE.summary);
  const claims = parseSummary(summaryBytes);
  if (claims === 'newer') throw new BundleFailure('newer-version', `${BUNDLE.summary}.`);
  if (!claims) throw new BundleFailure('bad-summary', 'It is not the summary of a bundle.');
  if (claims.installation !== trust.installation)
    throw new BundleFailure('other-installation', `It comes from ${claims.installation}; the trust file is that of ${trust.installation}.`);
  const personKey = trustedPersonKey(trust, claims.exported.by);
  if (!personKey) throw new BundleFailure('unknown-person', `It was exported by ${claims.exported.by}.`);
  step('installation and person');

  const head = openBundleCheckpoint(small(BUNDLE.checkpoint), trustedNoteKeys(trust));
  if (head === 'other-key') throw new BundleFailure('untrusted-key', `${BUNDLE.checkpoint} is signed with another key.`);
  if (!head) throw new BundleFailure('bad-checkpoint', `${BUNDLE.checkpoint} was changed.`);
  if (head.size !== claims.ledger.size || head.root !== claims.ledger.root)
    throw new BundleFailure('other-checkpoint', `It signs for ${head.size} events; the bundle was made at ${claims.ledger.size}.`);
  step('ledger checkpoint');
  const digests = new Map<string, Buffer>();
  const ledger = checkLedger(folder, claims, head, digests);
  step('ledger proofs');
  const evidence = checkEvidence(folder, claims.recording, trust.installation, ledger, step, digests);
  const proven = checkHeads(ledger, evidence);
  step('records against the ledger');
  if (evidence.eventFailure) throw evidence.eventFailure;
  checkEnd(ledger, evidence);
  step('events of the recording');
  const withheldOutputBytes = checkOutput(ledger, evidence);
  step('amount of output');
  if (evidence.castFailure) throw evidence.castFailure;
  step('end of session.cast');
  const policyReplaced = checkRecipients(ledger, evidence.headers, trust, claims.exported.by);
  step('policy and recipients');
  const { first } = evidence;
  const summary: BundleSummary = {
    format: 'wardmux-bundle',
    version: 1,
    recording: claims.recording,
    installation: trust.installation,
    person: first.person,
    started: first.started,
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
  const installationVerdict = signedByOneOf(sums, small(BUNDLE.installationSignature), trustedInstallationKeys(trust));
  if (installationVerdict === 'other-key') throw new BundleFailure('untrusted-key', `${BUNDLE.installationSignature} is made with another key.`);
  if (installationVerdict !== 'good') throw new BundleFailure('bad-installation-signature', `${BUNDLE.installationSignature} or ${BUNDLE.sums} was changed.`);
  step('signature of the installation');
  const personVerdict = signedByOneOf(sums, small(BUNDLE.personSignature), [personKey]);
  if (personVerdict === 'other-key') throw new BundleFailure('untrusted-person-key', `${BUNDLE.personSignature} is made with another key.`);
  if (personVerdict !== 'good') throw new BundleFailure('bad-person-signature', `${BUNDLE.personSignature} was changed.`);
  step('signature of the person');
  for (const name of SUMMED_FILES)
    if (!digests.has(name))
      digests.set(
        name,
        readable(name, () => digestOfFile(join(folder, name))),
      );
  checkSums(sums.toString('latin1'), digests);
  step('digests of the files');
  const { role, class: place, reason, breakGlass } = first;
  return {
    recording: claims.recording,
    installation: trust.installation,
    person: first.person,
    exportedBy: claims.exported.by,
    access: { role, class: place, reason, breakGlass },
    state: ledger.state,
    records: evidence.records,
    proven,
    unproven: evidence.records - proven,
    signedAfterCrash: Math.max(0, proven - (ledger.signedBefore ?? proven)),
    outputBytes: evidence.outputBytes,
    disclosed: evidence.disclosed,
    withheld: evidence.withheld,
    withheldOutputBytes,
    policyReplaced,
    ownVerifier: digests.get(BUNDLE.verifier)!.toString('hex') === trust.verifier.sha256,
    unknownAlgorithms: unknownAlgorithms(trust),
  };
}

/** Runs a read; what the system refuses is a file that is not there. */
function readable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
    throw new BundleFailure('missing-file', `${name} cannot be read.`);
  }
}

function signedByOneOf(message: Buffer, armored: Buffer, keys: readonly SshPublicKey[]): SshVerdict {
  for (const key of keys) {
    const verdict = sshVerify(message, armored.toString('latin1'), key, EXPORT_NAMESPACE);
    if (verdict !== 'other-key') return verdict;
  }
  return 'other-key';
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

/** Each line: {"index":N,"event":"the ledger's line","path":["hex",…]}, its inclusion proof in the checkpoint's tree. */
function checkLedger(folder: string, { recording, installation, person, exported }: BundleSummary, head: TreeHead, digests: Map<string, Buffer>): LedgerHeads {
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

interface Evidence {
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

/** Output counted against what each segment says was before it. */
class OutputCount {
  /** Segment whose header counts other output before it than there is, if any. */
  wrong: number | undefined;
  #before = 0;
  #disclosed = 0;
  #withheld = 0;

  header(segment: number, outputOffset: number): void {
    if (!this.fits(outputOffset)) this.wrong ??= segment;
    this.#before = outputOffset;
    this.#disclosed = 0;
    this.#withheld = 0;
  }

  disclose(bytes: number): void {
    this.#disclosed += bytes;
  }

  withhold(): void {
    this.#withheld += 1;
  }

  /** Whether so many bytes in all can be the output up to here. A withheld piece has one byte or more. */
  fits(total: number): boolean {
    const least = this.#before + this.#disclosed + this.#withheld;
    return this.#withheld > 0 ? total >= least : total === least;
  }
}

/** The walk through evidence.jsonl, with session.cast beside it. */
class EvidenceWalk {
  readonly tree = new MerkleTree();
  readonly roots = new Map<number, string>();
  readonly headers: SegmentHeader[] = [];
  readonly output = new OutputCount();
  readonly order = new EventOrder();
  records = 0;
  outputBytes = 0;
  disclosed = 0;
  withheld = 0;
  endReason: string | undefined;
  /** The first of each kind; which of them is told is decided after the last line, by the order of the checks. */
  textFailure: BundleFailure | undefined;
  headerFailure: BundleFailure | undefined;
  eventFailure: BundleFailure | undefined;
  /** What is wrong with the end of session.cast: told late, because records that are missing at the end make it too. */
  castFailure: BundleFailure | undefined;
  /** The first record that stands at another place than its own, and what was found about it. */
  misplaced: { readonly due: number; readonly found: number } | undefined;
  dueStandsLater = false;
  readonly #recording: string;
  readonly #installation: string;
  readonly #wanted: ReadonlySet<number>;
  readonly #cast: LineFile;
  #text: CastText | undefined;
  #headed = false;
  #segments = 0;
  /** Salt, event head and data of one piece; then its code and its seal; then the digests of a record. */
  #scratch = Buffer.alloc(64 * 1024);
  readonly #coded = Buffer.alloc(1 + 32);
  #digests = Buffer.alloc(64 * 32);

  constructor(recording: string, installation: string, wanted: ReadonlySet<number>, cast: LineFile) {
    this.#recording = recording;
    this.#installation = installation;
    this.#wanted = wanted;
    this.#cast = cast;
  }

  frame(frame: EvidenceFrame): void {
    if (this.misplaced) this.dueStandsLater ||= frame.seq === this.misplaced.due;
    else if (frame.seq !== this.records) this.misplaced = { due: this.records, found: frame.seq };
    this.records += 1;
    this.tree.append(frame.leaf);
    if (this.#wanted.has(this.tree.size)) this.roots.set(this.tree.size, this.tree.head().root);
    // What does not stand where it was sealed, or is not what was sealed, is nothing to read.
    if (this.misplaced || this.textFailure) return;
    this.#text ??= new CastText(this.#recording, frame.wallMs);
    const wrong = this.order.frame(frame.seq, frame.monoNs, frame.header !== undefined);
    if (wrong) this.eventFailure ??= new BundleFailure(wrong.code, wrong.detail);
    if (frame.header) this.#header(frame, frame.header);
    else this.#record(frame);
  }

  /** After the last line. */
  end(): void {
    if (this.misplaced || this.textFailure || !this.#text) return;
    this.#head(undefined);
    this.#expect(this.#text.end());
    if (this.#cast.next() || this.#cast.torn) this.textFailure ??= new BundleFailure('bad-cast', 'It goes on after the last event.');
    this.castFailure = this.textFailure;
    this.textFailure = undefined;
  }

  #header(frame: EvidenceFrame, body: Buffer): void {
    if (!isHeaderCommitted(frame)) {
      this.textFailure = new BundleFailure('bad-commitment', `Record ${frame.seq}.`);
      return;
    }
    const header = parseHeader(body);
    const first = this.headers[0] ?? header;
    const good =
      header !== undefined &&
      header.recording === this.#recording &&
      header.installation === this.#installation &&
      header.person === first!.person &&
      header.started === first!.started &&
      header.segment === this.#segments &&
      header.firstSeq === frame.seq;
    if (good) {
      this.headers.push(header);
      this.output.header(this.#segments, header.outputOffset);
    } else this.headerFailure ??= new BundleFailure(isNewerHeader(body) ? 'newer-version' : 'bad-header', `Record ${frame.seq}, segment ${this.#segments}.`);
    this.#segments += 1;
  }

  #record(frame: EvidenceFrame): void {
    if (this.#segments === 0) this.headerFailure ??= new BundleFailure('bad-header', `Record ${frame.seq} stands before the first segment.`);
    const { pieces } = frame;
    if (this.#digests.length < pieces.length * 32) this.#digests = Buffer.alloc(pieces.length * 64);
    const events: { readonly code: EventCode; readonly timeUs: number; readonly bytes: number; readonly event: RecordingEvent | undefined }[] = [];
    const bad = (): void => {
      this.textFailure = new BundleFailure('bad-evidence', `Record ${frame.seq} is not written as it has to be.`);
    };
    for (const [j, piece] of pieces.entries()) {
      if ('digest' in piece) {
        this.#coded[0] = piece.code.charCodeAt(0);
        this.#coded.write(piece.digest, 1, 32, 'hex');
        sha256Into(this.#coded, this.#digests, j * 32);
        if (piece.code === 's') this.#head(undefined);
      } else if ('bytes' in piece) {
        const bytes = Buffer.from(piece.bytes, 'base64');
        const event = decodePiece(bytes);
        if (bytes.toString('base64') !== piece.bytes || !event) return bad();
        if (event.code === 'o' && this.#text!.isText(event.data)) return bad();
        this.#seal(piece.salt, bytes.length);
        bytes.copy(this.#scratch, 32);
        this.#digest(bytes[0]!, bytes.length, j);
        if (event.code === 's') this.#head(event.data);
        else this.#expect(this.#text!.line(event));
        events.push({ code: event.code, timeUs: event.timeUs, bytes: event.data.length, event });
      } else {
        this.#head(undefined);
        const line = this.#cast.next();
        this.#seal(piece.salt, (line?.length ?? 0) + EVENT_HEAD_BYTES);
        const read = line && this.#text!.isText(LETTER) ? readTextLine(line, this.#scratch, 32 + EVENT_HEAD_BYTES) : undefined;
        if (!read) {
          this.textFailure ??= new BundleFailure('bad-cast', `The text of record ${frame.seq} does not stand in it.`);
          return;
        }
        const bytes = read.end - 32 - EVENT_HEAD_BYTES;
        writeEventHead(this.#scratch, 32, 'o', read.timeUs, bytes);
        this.#digest(OUTPUT, EVENT_HEAD_BYTES + bytes, j);
        this.#text!.passText(read.timeUs);
        events.push({ code: 'o', timeUs: read.timeUs, bytes, event: undefined });
      }
      if (this.textFailure) return;
    }
    if (!sha256(this.#digests.subarray(0, pieces.length * 32)).equals(frame.commitment)) {
      this.textFailure = new BundleFailure('bad-commitment', `Record ${frame.seq}.`);
      return;
    }
    // Events are only looked at when they are what was sealed; until then they are somebody's claim.
    let next = 0;
    for (const piece of pieces) {
      const withheld = 'digest' in piece ? piece : undefined;
      const event = withheld ? undefined : events[next++]!;
      const code = withheld?.code ?? event!.code;
      const wrong = this.order.piece(frame.seq, code) ?? (event && this.order.event(frame.seq, event.code, event.timeUs, event.event));
      if (wrong) this.eventFailure ??= new BundleFailure(wrong.code, wrong.detail);
      if (withheld) this.withheld += 1;
      else this.disclosed += 1;
      if (code === 'o') {
        if (event) this.outputBytes += event.bytes;
        if (event) this.output.disclose(event.bytes);
        else this.output.withhold();
      }
      if (event?.code === 'e') this.endReason = readEndReason(event.event!.data);
    }
  }

  /** Room for a piece behind its salt. */
  #seal(salt: string, bytes: number): void {
    if (this.#scratch.length < 32 + bytes) this.#scratch = Buffer.alloc(2 * (32 + bytes));
    this.#scratch.write(salt, 0, 32, 'hex');
  }

  #digest(code: number, bytes: number, j: number): void {
    this.#coded[0] = code;
    sha256Into(this.#scratch.subarray(0, 32 + bytes), this.#coded, 1);
    sha256Into(this.#coded, this.#digests, j * 32);
  }

  /** Line 1 of session.cast, once: before the first line, or with the start event. */
  #head(start: Uint8Array | undefined): void {
    if (this.#headed) return;
    this.#headed = true;
    this.#expect(this.#text!.head(start));
  }

  /** The next lines of session.cast are these. */
  #expect(text: string): void {
    if (text === '') return;
    this.#head(undefined);
    for (const expected of text.slice(0, -1).split('\n')) {
      const line = this.#cast.next();
      if (line && line.equals(Buffer.from(expected, 'utf8'))) continue;
      this.textFailure ??= new BundleFailure('bad-cast', 'It is not the text that follows from the evidence.');
      return;
    }
  }
}

/** Any text: asks whether the next output could be one. */
const LETTER = Buffer.from('a');
const OUTPUT = 'o'.charCodeAt(0);

function checkEvidence(
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

/** @returns how many records the ledger signs for. */
function checkHeads(ledger: LedgerHeads, evidence: Evidence): number {
  const proven = ledger.heads.at(-1)!.size;
  if (proven > evidence.records) throw new BundleFailure('cut', `The ledger signs for ${proven} records, and there are ${evidence.records}.`);
  for (const { size, root } of ledger.heads)
    // An empty tree says nothing: its root is the same for every recording.
    if (size > 0 && evidence.roots.get(size) !== root) throw new BundleFailure('bad-root', `The first ${size} records.`);
  for (const { segment, firstSeq } of ledger.segments)
    if (evidence.headers[segment]?.firstSeq !== firstSeq) throw new BundleFailure('contradiction', `Segment ${segment} does not begin at record ${firstSeq}.`);
  return proven;
}

/** Where the ledger ends the recording, there it ends, and for the same reason. */
function checkEnd({ end }: LedgerHeads, evidence: Evidence): void {
  if (end && (end.size !== evidence.records || !evidence.ended))
    throw new BundleFailure('contradiction', `The ledger ends the recording after ${end.size} records, and it does not end there.`);
  if (end && end.reason !== evidence.endReason) throw new BundleFailure('contradiction', 'The ledger has another reason for the end than the recording.');
}

/** @returns output bytes that were counted and are not disclosed; null where nothing was counted. */
function checkOutput(ledger: LedgerHeads, evidence: Evidence): number | null {
  const { output, outputBytes } = evidence;
  if (output.wrong !== undefined) throw new BundleFailure('bad-output', `Segment ${output.wrong} counts other output before it than there is.`);
  if (!ledger.end) return null;
  const counted = ledger.end.outputBytes;
  if (!output.fits(counted)) throw new BundleFailure('bad-output', `The ledger counted ${counted} bytes, and there are ${outputBytes}.`);
  return counted - outputBytes;
}

/**
 * Whoever can open a segment is named by the policy in force and by the trust file; the ledger began the recording as its headers
 * say, and knows the exporting person by the same key.
 * @returns whether another policy had come into force before the recording began.
 */
function checkRecipients({ start, policies, people }: LedgerHeads, headers: readonly SegmentHeader[], trust: Trust, by: string): boolean {
  const first = headers[0]!;
  if (first.person !== start.person)
    throw new BundleFailure('contradiction', `The recording is that of ${first.person}, and the ledger says that ${start.person} began it.`);
  if (first.role !== start.role || first.class !== start.class || first.reason !== start.reason || first.breakGlass !== start.breakGlass)
    throw new BundleFailure('contradiction', 'The ledger says that it was opened in another role, place or need.');
  if (first.policySha256 !== start.policySha256) throw new BundleFailure('bad-policy', 'The ledger has another one at the start of the recording.');
  if (!sameList(kids(first), start.recipients)) throw new BundleFailure('bad-recipients', 'The ledger has others at the start of the recording.');
  const trusted = new Set(trust.auditKeys.map((key) => key.kid));
  const own = trust.persons.find((person) => person.id === first.person)?.kids ?? [];
  if (people.get(by)?.signingKey !== sshThumbprint(trust.persons.find((person) => person.id === by)!.ssh))
    throw new BundleFailure('contradiction', `The ledger has another signing key of ${by} than the trust file.`);
  const owner = people.get(first.person);
  // One that was in force before the start. A later segment may be under a later one, and never under an earlier.
  const last = policies.findLastIndex((policy) => policy.seq < start.seq);
  const began = policies.findLastIndex((policy) => policy.seq < start.seq && policy.sha256 === first.policySha256);
  let inForce = began;
  for (const header of headers) {
    const where = `Segment ${header.segment}`;
    const from = inForce;
    inForce = header.segment === 0 ? from : policies.findIndex((policy, i) => i >= from && policy.sha256 === header.policySha256);
    const policy = policies[inForce];
    if (policy?.sha256 !== header.policySha256) throw new BundleFailure('bad-policy', `${where}.`);
    const audit = kids(header, 'audit');
    if (!sameList(audit, policy.auditKeys)) throw new BundleFailure('bad-recipients', `${where} is sealed to other audit keys than those of its policy.`);
    if (audit.length === 0 || !audit.every((kid) => trusted.has(kid)))
      throw new BundleFailure('bad-recipients', `${where} is sealed to an audit key that the trust file does not name, or to none.`);
    const known = owner !== undefined && owner.seq < start.seq ? owner.encryptionKey : undefined;
    if (!kids(header, 'owner').every((kid) => own.includes(kid) && kid === known))
      throw new BundleFailure('bad-recipients', `${where} is sealed to a key that is not that of ${header.person}.`);
  }
  return began < last;
}

function kids(header: SegmentHeader, role?: 'owner' | 'audit'): string[] {
  return header.recipients.filter((recipient) => role === undefined || recipient.role === role).map((recipient) => recipient.kid);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function checkSums(sums: string, digests: ReadonlyMap<string, Buffer>): void {
  const lines = sums.split('\n');
  if (lines.pop() !== '' || lines.length !== SUMMED_FILES.length) throw new BundleFailure('bad-sums', `It has ${lines.length} lines.`);
  const expected = SUMMED_FILES.map((name, i) => {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(lines[i]!);
    if (match?.[2] !== name) throw new BundleFailure('bad-sums', `Line ${i + 1}.`);
    return match[1]!;
  });
  SUMMED_FILES.forEach((name, i) => {
    if (digests.get(name)!.toString('hex') !== expected[i]) throw new BundleFailure('bad-file', `${name}.`);
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
