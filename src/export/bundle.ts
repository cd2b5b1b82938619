/**
 * Exporting a recording as a bundle: the session for people, and the evidence for an auditor who trusts nobody here. The
 * bundle is plain text: that is its purpose, and whoever holds it holds what of the screen was not withheld.
 */
import { createHash } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Ledger } from '../ledger/ledger.ts';
import { LedgerView } from '../ledger/view.ts';
import { openingOf } from '../ledger/heads.ts';
import type { SignedCheckpoint } from '../ledger/types.ts';
import { MerkleTree } from '../merkle/tree.ts';
import { ErasedDigest, sameErased, type ErasedHead } from '../recording/erased.ts';
import { coveredBytes } from '../recording/frame.ts';
import { openRecording, readHeader } from '../recording/reader.ts';
import type { Access } from '../recording/access.ts';
import type { Frame, SegmentHeader, SegmentOpener } from '../recording/types.ts';
import type { TreeHead } from '../types/head.ts';
import { pieceSeal } from '../recording/ratchet.ts';
import { syncFolder } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { canMldsa44 } from '../crypto/mldsa.ts';
import { CastText } from './cast.ts';
import type { EvidenceLine, EvidencePiece } from './evidence.ts';
import { BundleFailure } from './failures.ts';
import { ExportError } from './error.ts';
import { belongsTo, ledgerHeads, type BundleEvent, type LedgerHeads } from './heads.ts';
import { ALL_FILES, BUNDLE, COMPANION } from './bundle-files.ts';
import { beginPartial, type PartialFolder } from './partial.ts';
import { EXPORT_NAMESPACE, sshSign, type SshSigner } from '../crypto/sshsig.ts';
import type { Disclosure } from './disclosure.ts';
import { companionOf, Rendering, writeRedaction, type WrittenRedaction } from './redaction-list.ts';
import { composedFiles, composeSums, type BundleStatement } from './statement.ts';
import { parseTrust, trustedInstallationKeys, trustText, type Trust } from './trust.ts';
import type { TarFolder } from './tar.ts';
import { exportFailure, refuseExisting, unwritable } from './target.ts';
import { TextFile } from './text-file.ts';
import { readVerifier } from './verifier.ts';
import { verifyBundle } from './verify.ts';
import { digestOfFile } from './verify/files.ts';

/** Pieces that are never disclosed, with the reason that stands in the evidence: a snapshot repeats output that is there already. */
const WITHHELD: Readonly<Record<string, string>> = { n: 'snapshot' };
/** Why a piece that was erased is withheld, in the words of the evidence: the ledger's event in the bundle says more. */
const ERASED_AS = 'secret';

export interface BundleOptions {
  /** Folder of the recording: .../recordings/ID. */
  readonly recordingFolder: string;
  /** The exporting person's identity, or an audit key. */
  readonly opener: SegmentOpener;
  readonly ledger: Pick<Ledger, 'folder' | 'key'>;
  /** The ledger's newest one: the bundle's proofs lead to it. */
  readonly checkpoint: SignedCheckpoint;
  /** The installation's signature over the SHA256SUMS that follows from these facts, armored. */
  readonly sign: (statement: BundleStatement) => Promise<string>;
  readonly person: { readonly id: string; readonly signer: SshSigner };
  /** What an auditor will pin. The bundle is checked against it before it gets its name. */
  readonly trust: Trust;
  /** Must not exist. */
  readonly target: string;
  /** The data folder's run/: what is under way is noted there, so that an export that is killed leaves no text lying about. */
  readonly notes: string;
  /** Version of this program. */
  readonly version: string;
  /** Why it is exported. `none` unless given. */
  readonly reason?: Access['reason'];
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Recording still grows: a torn end is then its end. */
  readonly live?: boolean;
  /** What is withheld; undefined where everything is disclosed but the snapshots. */
  readonly disclosure?: Disclosure | undefined;
  /** Takes the folders when all of them are whole and verified; they are removed then, and nothing gets the target's name. */
  readonly handOn?: ((folders: readonly TarFolder[]) => Promise<void>) | undefined;
}

export interface ExportResult {
  /** Absolute. */
  readonly folder: string;
  readonly recording: string;
  readonly records: number;
  readonly proven: number;
  /** SHA-256 of SHA256SUMS, hex: names the whole bundle. */
  readonly sha256: string;
  /** Of what it was imported, that nobody witnessed; null where it was recorded here. */
  readonly imported: string | null;
  /** What lies behind the last signed head and does not open, a sentence; not there where nothing does. */
  readonly leftOut?: string;
  /** What stands beside the bundle where something could be withheld; not there where nothing was to be. */
  readonly redaction?: WrittenRedaction;
}

/** A bundle that is signed with one half of a key of two verifies nowhere: said before anything is written. @throws ExportError 'half-key' */
function refuseHalf(trust: Trust): void {
  if (canMldsa44() || !trustedInstallationKeys(trust).at(-1)?.second) return;
  throw new ExportError(
    'half-key',
    'Nothing was exported: the key of this installation has two halves, and this runtime cannot sign with the second one (ML-DSA-44), so every verifier would refuse the bundle. Export with a Wardmux whose runtime can: node -p "process.versions.openssl" says 3.5 or later there.',
  );
}

/**
 * Writes the bundle beside the target under a temporary name, verifies it as an auditor would, and renames it; after a
 * failure nothing of it is left, and what a kill leaves sweepPartials() finds.
 * @throws ExportError
 */
export async function writeBundle(options: BundleOptions): Promise<ExportResult> {
  const recording = basename(resolve(options.recordingFolder));
  const target = resolve(options.target);
  const verifier = readVerifier();
  refuseHalf(options.trust);
  refuseExisting(target);
  const { disclosure } = options;
  const beside = companionOf(target);
  if (disclosure) refuseExisting(beside);
  let begun: PartialFolder;
  let companion: PartialFolder | undefined;
  try {
    begun = beginPartial(options.notes, target, recording);
  } catch (error) {
    throw error instanceof StorageFault ? error : unwritable(target, error);
  }
  const { folder: partial } = begun;
  try {
    if (disclosure) companion = beginPartial(options.notes, beside, recording);
    const { checkpoint } = options;
    const heads = await writeLedger(options.ledger, recording, checkpoint.head, options.person.id, join(partial, BUNDLE.ledger));
    const compose = async (upTo?: number) => {
      const evidence = await writeEvidence(options, recording, partial, heads, companion?.folder, upTo);
      const digest = (name: string): string => digestOfFile(join(partial, name)).toString('hex');
      const statement: BundleStatement = {
        recording,
        person: evidence.first.person,
        started: evidence.first.started,
        state: heads.state,
        records: evidence.records,
        root: evidence.root,
        proven: heads.heads.at(-1)!.size,
        outputBytes: evidence.outputBytes,
        disclosed: evidence.disclosed,
        withheld: evidence.withheld,
        reason: options.reason ?? 'none',
        exported: new Date((options.clock ?? Date.now)()).toISOString(),
        evidence: digest(BUNDLE.evidence),
        ledger: digest(BUNDLE.ledger),
        cast: digest(BUNDLE.cast),
      };
      const own = { trust: options.trust, checkpoint, verifier, by: options.person.id, version: options.version };
      const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(partial, name), content, { mode: 0o600, flag: 'wx', flush: true });
      for (const [name, content] of composedFiles(statement, own)) write(name, content);
      const sums = composeSums(statement, own);
      write(BUNDLE.sums, sums);
      write(BUNDLE.installationSignature, await options.sign(statement));
      write(BUNDLE.personSignature, await sshSign(sums, options.person.signer, EXPORT_NAMESPACE));
      const verdict = verifyBundle(partial, trustText(options.trust));
      return { evidence, statement, sums, verdict };
    };
    let made = await compose();
    const { proven } = made.statement;
    // Behind the last signed head anybody can put what opens and follows no rule: it must not keep what is proven from being exported.
    if (!made.verdict.good && heads.end === undefined && made.evidence.records > proven) {
      const { sentence, detail } = made.verdict;
      for (const name of ALL_FILES) if (name !== BUNDLE.ledger) rmSync(join(partial, name), { force: true });
      made = await compose(proven);
      made.evidence.leftOut = `It ends with its last signed record, ${proven}: what lies behind it would not verify. ${sentence} ${detail}`;
    }
    const { evidence, statement, sums, verdict } = made;
    if (!verdict.good)
      throw new ExportError(
        'contradicted',
        `Recording ${recording} was not exported, because the bundle would not verify: ${verdict.sentence} ${verdict.detail}`,
      );
    const sha256 = createHash('sha256').update(sums).digest('hex');
    let redaction: WrittenRedaction | undefined;
    if (companion && disclosure) {
      const facts = { recording, bundle: sha256, by: options.person.id, made: statement.exported, program: options.version };
      redaction = { ...(await writeRedaction(companion.folder, facts, disclosure, options.person.signer)), folder: beside };
    }
    syncFolder(partial);
    const result = {
      folder: target,
      recording,
      records: evidence.records,
      proven: statement.proven,
      sha256,
      imported: heads.imported,
      ...(evidence.leftOut === undefined ? {} : { leftOut: evidence.leftOut }),
      ...(redaction ? { redaction } : {}),
    };
    if (options.handOn) {
      const folders = [{ name: 'bundle', folder: partial }, ...(companion ? [{ name: 'bundle-redaction', folder: companion.folder }] : [])];
      await options.handOn(folders);
      for (const each of companion ? [begun, companion] : [begun]) {
        rmSync(each.folder, { recursive: true, force: true });
        each.settled();
      }
      return result;
    }
    refuseExisting(target);
    if (companion) {
      // First what explains the bundle: there is never one whose list is missing.
      refuseExisting(beside);
      renameSync(companion.folder, beside);
    }
    try {
      renameSync(partial, target);
    } catch (error) {
      if (companion) renameSync(beside, companion.folder);
      throw error;
    }
    begun.settled();
    companion?.settled();
    syncFolder(dirname(target));
    return result;
  } catch (error) {
    for (const each of companion ? [begun, companion] : [begun]) {
      rmSync(each.folder, { recursive: true, force: true });
      each.settled();
    }
    throw exportFailure(recording, target, error);
  }
}

/** With which of its records lack pieces, as the ledger counts it. */
type WrittenHeads = LedgerHeads & { readonly left: ErasedHead | null };

/** This recording's events up to the checkpoint, those that took policies into force, and the keys of its owner and of who exports it, each with its inclusion path. */
async function writeLedger(
  { folder, key }: Pick<Ledger, 'folder' | 'key'>,
  recording: string,
  head: TreeHead,
  by: string,
  path: string,
): Promise<WrittenHeads> {
  const view = await LedgerView.open(folder, key);
  if (!view) throw new ExportError('not-in-ledger', `There is no ledger in ${folder}, so nothing is exported.`);
  const file = new TextFile(path);
  try {
    const own = await view.eventsOf(recording);
    const people = [by, ...own.flatMap(({ event }) => (event.action === 'recording.start' && event.person !== undefined ? [event.person] : []))];
    const found = [...own, ...(await view.policyEvents())]
      .filter(({ event }) => event.seq < head.size)
      .sort((a, b) => a.event.seq - b.event.seq)
      .map((one) => ({ ...one, head: openingOf(one.event.opened, recording) }))
      .filter((one) => belongsTo(one, recording, people));
    const heads = headsOf(found, recording);
    for (const one of found) {
      const path = (await view.inclusion(one, head)).map((hash) => hash.toString('hex'));
      file.write(`${JSON.stringify({ index: one.event.seq, event: one.entry.toString('utf8'), head: one.head, path })}\n`);
    }
    file.finish();
    return { ...heads, left: (await view.recording(recording))?.erased ?? null };
  } finally {
    file.close();
    view.close();
  }
}

function headsOf(events: readonly BundleEvent[], recording: string): LedgerHeads {
  try {
    return ledgerHeads(events, recording);
  } catch (error) {
    if (!(error instanceof BundleFailure)) throw error;
    if (error.code === 'no-head')
      throw new ExportError(
        'not-in-ledger',
        `The ledger does not know how far recording ${recording} goes yet. Try again in ten seconds; where it was interrupted before that, nothing of it is proven, and it can be played and not exported.`,
      );
    throw new ExportError('contradicted', `Recording ${recording} was not exported: ${error.message}`);
  }
}

interface WrittenEvidence {
  readonly first: SegmentHeader;
  readonly records: number;
  readonly root: string;
  readonly outputBytes: number;
  readonly disclosed: number;
  readonly withheld: number;
  leftOut?: string;
}

/** @param beside where the session with blocks in it is written, too. @param upTo frames to write, where not all that are there. */
async function writeEvidence(
  options: BundleOptions,
  recording: string,
  partial: string,
  heads: WrittenHeads,
  beside: string | undefined,
  upTo = Infinity,
): Promise<WrittenEvidence> {
  const reader = await openRecording(options.recordingFolder, { live: options.live ?? false });
  const evidence = new TextFile(join(partial, BUNDLE.evidence));
  const cast = new TextFile(join(partial, BUNDLE.cast));
  const { disclosure } = options;
  const rendering = beside !== undefined && disclosure ? new Rendering(join(beside, COMPANION.cast), recording, disclosure) : undefined;
  const tree = new MerkleTree();
  const erasedThere = new ErasedDigest();
  let piece = 0;
  const counts = { outputBytes: 0, disclosed: 0, withheld: 0 };
  let first: SegmentHeader | undefined;
  let text: CastText | undefined;
  let segment = -1;
  let headed = false;
  const line = (frame: Frame, rest: { header: string } | { pieces: EvidencePiece[] }): void => {
    const value: EvidenceLine = { head: coveredBytes(frame).toString('hex'), body: Buffer.from(frame.bodySha256).toString('hex'), ...rest };
    evidence.write(`${JSON.stringify(value)}\n`);
    tree.append(frame.leaf);
  };
  const header = async (): Promise<void> => {
    segment += 1;
    const read = await readHeader(options.recordingFolder, segment);
    if (!read) throw new ExportError('damaged', `Segment ${segment} of ${options.recordingFolder} has no header that can be read.`);
    first ??= read.header;
    text ??= new CastText(recording, read.frame.wallMs);
    rendering?.begin(read.frame.wallMs);
    line(read.frame, { header: Buffer.from(read.frame.body).toString('utf8') });
  };
  try {
    for await (const record of reader.records(options.opener)) {
      while (segment < record.frame.segment && tree.size < upTo) await header();
      if (tree.size >= upTo) break;
      const pieces = record.events.map(({ event, salt, bytes }): EvidencePiece => {
        const number = piece++;
        const reason = WITHHELD[event.code] ?? disclosure?.withheld(number, event);
        rendering?.event(number, event);
        if (reason !== undefined) {
          counts.withheld += 1;
          return { code: event.code, digest: pieceSeal(salt, bytes).toString('hex'), reason };
        }
        counts.disclosed += 1;
        if (event.code === 'o') counts.outputBytes += event.data.length;
        if (!headed) cast.write(text!.head(event.code === 's' ? event.data : undefined));
        headed = true;
        // Output that is text stands in session.cast, and once is enough.
        const isText = event.code === 'o' && text!.isText(event.data);
        cast.write(text!.line(event));
        return { salt: salt.toString('hex'), ...(isText ? {} : { bytes: bytes.toString('base64') }) };
      });
      for (const { place, code, seal } of record.erased) {
        counts.withheld += 1;
        pieces.splice(place, 0, { code, digest: Buffer.from(seal).toString('hex'), reason: WITHHELD[code] ?? ERASED_AS });
      }
      erasedThere.take(record.frame);
      line(record.frame, { pieces });
    }
    // A torn end is where an interrupted recording ends; anything else is damage, and evidence of it stays as it is.
    const { fault } = reader;
    const signed = heads.heads.at(-1)!.size;
    // Nor is what stands behind the last signed head of a recording that its recorder did not end: it is not proven, so it takes nothing away.
    const behind = heads.end === undefined && options.live !== true && fault !== undefined && fault.seq >= signed;
    if (fault && !behind && (fault.code !== 'torn' || fault.segment !== reader.segments.at(-1)))
      throw new ExportError(
        'damaged',
        `Recording ${recording} is damaged and was not exported: ${fault.message} Keep ${options.recordingFolder} for the audit.`,
      );
    // Headers without a record after them are frames of the tree like any other.
    const whole = Math.min(upTo, behind ? fault.seq : reader.head().size);
    while (tree.size < whole) await header();
    if (!first || !text || tree.size === 0) throw new ExportError('damaged', `Recording ${recording} has no whole record yet.`);
    if (!behind && upTo === Infinity && tree.head().root !== reader.head().root)
      throw new ExportError('damaged', `Recording ${recording} changed while it was read. Try again.`);
    if (!sameErased(erasedThere.head(), heads.left))
      throw new ExportError(
        'contradicted',
        `Recording ${recording} was not exported: what is erased in its files is not what the ledger says was erased. Finish it (wardmux erase), or keep ${options.recordingFolder} for the audit.`,
      );
    if (signed > tree.size)
      throw new ExportError(
        'contradicted',
        `Recording ${recording} was not exported: the ledger signs for ${signed} records and only ${tree.size} are there, so its end is missing. Keep ${options.recordingFolder} for the audit.`,
      );
    if (!headed) cast.write(text.head(undefined));
    cast.write(text.end());
    evidence.finish();
    cast.finish();
    rendering?.finish();
    return {
      first,
      records: tree.size,
      root: tree.head().root,
      ...counts,
      ...(behind ? { leftOut: `It ends before what lies behind its ${tree.size} records and is none of them: ${fault.message}` } : {}),
    };
  } finally {
    evidence.close();
    cast.close();
    rendering?.close();
  }
}

/** Trust as writeBundle takes it, from a file's text. @throws ExportError 'bad-trust' */
export function requireTrust(text: string): Trust {
  const trust = parseTrust(text);
  if (!trust || trust === 'newer')
    throw new ExportError('bad-trust', 'This is not a trust file of Wardmux. Make it again on the installation: wardmux trust > trust.json');
  return trust;
}
