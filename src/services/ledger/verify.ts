/**
 * The verification of an installation's ledger as it lies there: its files, heads that are kept outside, its recordings, its policy, and whose it is. One
 * service for `wardmux ledger verify` and for the self-test.
 */
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HALF_HEAD, readHeads, unknownSentence, type AnchorView } from '../../anchors/index.ts';
import { endless } from '../../break-glass/index.ts';
import { LedgerFacts } from '../../ledger/facts.ts';
import { knownRecordings } from '../../ledger/known.ts';
import { restoreAdvice } from '../../ledger/errors.ts';
import type { LedgerFaultCode, LedgerReading } from '../../ledger/read.ts';
import type { OutsideHead } from '../../ledger/types.ts';
import { LedgerView } from '../../ledger/view.ts';
import { policyInForce } from '../../policy/force.ts';
import { proofText } from '../../records/index.ts';
import { storeWeakness } from '../../storage/index.ts';
import { StorageFault } from '../../disk/fault.ts';
import { anchorViews } from '../installation/anchored.ts';
import { identitySentence, type OpenInstallation } from '../installation/installation.ts';
import {
  anchorVerdict,
  besideVerdict,
  entitledVerdict,
  faultSentence,
  halfNotes,
  halfVerdict,
  identityVerdict,
  peopleVerdict,
  policyVerdict,
  verdictOf,
  type GivenTrust,
  type LedgerVerdict,
  type VerdictCode,
} from './verdicts.ts';
import { deletionSentence } from '../recordings/life-cycle.ts';
import { lookOutside } from '../installation/open-ledger.ts';
import { checkContent, checkRecordings, neverEntered, presentRecordings, type Progress, type RecordingsCheck } from '../recordings/check.ts';

/** An append takes some milliseconds; these are many of them. */
const SETTLE = { attempts: 5, ms: 200 };

interface OutsideCheck {
  readonly heads: readonly {
    readonly source: string;
    readonly size: number;
    readonly root: string;
    readonly time: string;
    readonly half: boolean;
    readonly extended: boolean;
  }[];
  readonly verdict: LedgerVerdict | undefined;
  readonly notes: readonly string[];
}

/** Compares a ledger without faults with the heads that are kept outside: those that the installation finds, and those that it was given. */
async function compareOutside(site: OpenInstallation, view: LedgerView | undefined, paths: readonly string[], others: boolean): Promise<OutsideCheck> {
  const { home, installation, noteKey: key } = site;
  const notes: string[] = [];
  const found: OutsideHead[] = [];
  let verdict: LedgerVerdict | undefined;
  for (const path of paths) {
    const { heads, foreign, unknown, tooLong } = readHeads(resolve(path), key);
    found.push(...heads);
    if (tooLong > 0)
      notes.push(`${tooLong} ${tooLong === 1 ? 'line' : 'lines'} in ${path} ${tooLong === 1 ? 'is' : 'are'} too long to be a head, and passed over.`);
    if (unknown > 0) verdict = { code: 'diverged', sentence: unknownSentence(path, unknown) };
    else if (foreign > 0 && !others)
      verdict = {
        code: 'diverged',

        sentence: `${foreign} ${foreign === 1 ? 'note' : 'notes'} in ${path} ${foreign === 1 ? 'is' : 'are'} of another ledger, or without a good signature of ${installation.id}: its key was replaced, or the ledger of another workstation is kept there too. Where that is so, say --others.`,
      };
    else if (foreign > 0)
      notes.push(
        `${foreign} ${foreign === 1 ? 'note' : 'notes'} in ${path} ${foreign === 1 ? 'is' : 'are'} of another ledger, or without a good signature of this installation.`,
      );
    const halves = heads.filter(({ half }) => half).length;
    if (heads.length > 0 && halves === heads.length)
      verdict ??= {
        code: 'not-anchored',

        sentence: `The ledger is good by itself, and ${path} has no whole head of it to compare with. ${HALF_HEAD}`,
      };
    else if (halves > 0) notes.push(`${halves} of ${heads.length} heads in ${path} are compared and not counted. ${HALF_HEAD}`);
    if (heads.length === 0)
      verdict ??= {
        code: 'not-anchored',
        sentence: `The ledger is good by itself, and ${path} has no head of it to compare with. Where its heads go: wardmux anchor status`,
      };
  }
  const accepted = new Set((await view?.policyEvents())?.map(({ event }) => event.detail?.['sha256']));
  const looked = await lookOutside(home, installation, undefined, (sha256) => accepted.has(sha256));
  found.push(...looked.heads);
  for (const failure of looked.failures) {
    // What is kept there is of this ledger by name, and of no key that is known here: that it could be looked at is the finding.
    if (failure instanceof StorageFault && failure.code === 'contradiction') verdict = { code: 'diverged', sentence: failure.message };
    notes.push(
      `Not all heads that this workstation keeps outside of the ledger could be looked at: ${failure instanceof Error ? failure.message : 'unknown fault'}`,
    );
  }
  const heads = [];
  for (const { source, size, root, time, half } of found) heads.push({ source, size, root, time, half, extended: (await view?.rootAt(size)) === root });
  const bad = heads.filter(({ extended }) => !extended).sort((a, b) => b.size - a.size)[0];
  if (bad)
    verdict = {
      code: 'diverged',

      sentence: `The ledger does not extend its head of ${bad.size} events (${bad.time}) that is kept in ${bad.source}: it was cut, set back to an older copy, or rewritten. Nothing more is signed here. ${restoreAdvice(home.folder)}`,
    };
  // What lies in the data folder is set back with the ledger, and one half of a key is no key: these can contradict, and prove nothing.
  const outside = heads.filter(
    ({ half }, n) => !half && !found[n]!.here && !(installation.secretStore === 'file' && found[n]!.source.startsWith('the secret store')),
  );
  const newest = [...outside].sort((a, b) => b.size - a.size)[0];
  if (newest && !bad)
    notes.push(
      `It extends the ${outside.length} ${outside.length === 1 ? 'head that is' : 'heads that are'} kept outside; the newest covers ${newest.size} events (${newest.time}, ${newest.source}).`,
    );
  if (!newest && !bad)
    notes.push('Whether the whole ledger was set back to an older copy cannot be seen here: no head of it that counts was found outside. See: wardmux anchor');
  return { heads, verdict, notes };
}

/** None where the policy cannot be read: policyVerdict says so. */
async function viewsOf(site: OpenInstallation, read: LedgerView, io: VerifyEdges): Promise<AnchorView[]> {
  try {
    return await anchorViews(site, policyInForce(site.home, read.facts).policy, io.now(), { read });
  } catch (error) {
    if (error instanceof StorageFault) return [];
    throw error;
  }
}

/** An append that is under way looks like one that was interrupted: what stays there is none. */
async function readSettled<T extends { readonly reading: LedgerReading }>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const result = await read();
    const { faults } = result.reading;
    if (attempt === SETTLE.attempts || faults.length === 0 || faults.some(({ code }) => code !== 'unvouched')) return result;
    await wait(SETTLE.ms);
  }
}

/** How often progress is told. */
const PROGRESS_MS = 1000;

/** Says whether it is time to tell how far something is. */
function everyProgress(io: Pick<VerifyEdges, 'now'>): () => boolean {
  let told = io.now();
  return () => {
    if (io.now() - told < PROGRESS_MS) return false;
    told = io.now();
    return true;
  };
}

/** Reads all content of the recordings that are there, and says on stderr how far it is. */
async function compareContent(
  { home }: OpenInstallation,
  view: LedgerView,
  compared: RecordingsCheck,
  present: readonly string[],
  io: VerifyEdges,
): Promise<RecordingsCheck> {
  const gone = new Set(compared.missing.map(({ id }) => id));
  const due = everyProgress(io);
  const progress: Progress = ({ recordings, of, bytes }) => {
    if (recordings < of && !due()) return;
    io.talk(`${recordings} of ${of} recordings compared, ${(bytes / 1e6).toFixed(1)} MB read`);
  };
  const ids = present.filter((id) => !gone.has(id));
  const { contradictions, content } = await checkContent(home.recordings, ids, view, progress);
  const known = new Set(contradictions.map(({ id }) => id));
  // What the glance saw, and content alone does not show, is said too.
  return { ...compared, content, contradictions: [...contradictions, ...compared.contradictions.filter(({ id }) => !known.has(id))] };
}

export interface VerifyOptions {
  /** Folders and files with heads that somebody has kept. */
  readonly anchor?: readonly string[];
  /** Notes of other ledgers may stand there too. */
  readonly others?: boolean;
  readonly trust?: GivenTrust | undefined;
  /** Reads all content of the recordings. */
  readonly deep?: boolean;
}

/** What it is done with. */
export interface VerifyEdges {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** Takes how far it is. */
  readonly talk: (line: string) => void;
}

/** What is to be said of a ledger, and what it was found from. */
export interface LedgerVerification {
  readonly good: boolean;
  readonly code: 'good' | LedgerFaultCode | VerdictCode;
  /** For people. */
  readonly sentence: string;
  readonly notes: readonly string[];
  readonly reading: LedgerReading;
  /** Why it is not good, where it reads well. */
  readonly differs: LedgerVerdict | undefined;
  /** Undefined where the ledger does not hold. */
  readonly outside: OutsideCheck | undefined;
  readonly compared: RecordingsCheck | undefined;
  /** What was deleted, a sentence each. */
  readonly deleted: readonly string[];
  readonly views: readonly AnchorView[];
}

/** Of the recordings that the ledger knows, where none is missing. */
const whatIsThere = (known: number, deleted: number): string =>
  deleted === 0
    ? `the ${known} recordings that it knows are there.`
    : `of the ${known} recordings that it knows ${known - deleted} are there, and ${deleted} were deleted, as it says.`;

/** It is another's ledger: nothing else that could be said of it counts. */
const replaced: ReadonlySet<VerdictCode> = new Set(['superseded-key', 'other-installation']);

/** Verifies the ledger of an installation as it lies there. Nothing is changed. */
export async function verifyLedger(site: OpenInstallation, options: VerifyOptions, io: VerifyEdges): Promise<LedgerVerification> {
  const { recordings: folder } = site.home;
  const present = presentRecordings(folder);
  const due = everyProgress(io);
  const read = () =>
    readSettled(() =>
      LedgerView.read(site.home.ledger, site.noteKey, (events) => {
        if (due()) io.talk(`${events} events of the ledger read`);
      }),
    );
  let whole = await read();
  const strange = whole.reading.faults.length > 0 ? [] : present.filter((id) => !whole.reading.states.get(id));
  const unknown = await neverEntered(site, strange, io);
  if (unknown.length < strange.length) {
    whole.view?.close();
    whole = await read();
  }
  // All that follows is asked of these events alone: whoever has the key can sign something else beside them.
  const { reading, view, unentitled } = whole;
  const { events, checkpoints, faults } = reading;
  const known = knownRecordings(reading.states);
  const facts = view?.facts ?? LedgerFacts.from();
  const outside = faults.length > 0 ? undefined : await compareOutside(site, view, options.anchor ?? [], options.others === true);
  // A ledger that does not hold knows nothing that a folder could be compared with.
  const glanced = faults.length === 0 ? checkRecordings(folder, present, known, reading.states) : undefined;
  const compared = glanced && view && options.deep ? await compareContent(site, view, glanced, present, io) : glanced;
  const deleted: string[] = [];
  for (const id of compared?.deleted ?? []) deleted.push(deletionSentence(id, (await view?.eventsOf(id)) ?? []) ?? `Recording ${id} was deleted.`);
  const views = view ? await viewsOf(site, view, io) : [];
  const beside = view && !(await view.agreesWithBeside()) ? besideVerdict(site) : undefined;
  view?.close();
  const whose = identityVerdict(site, options.trust);
  const differs =
    (whose && replaced.has(whose.code) ? whose : undefined) ??
    beside ??
    (outside?.verdict?.code === 'diverged' ? outside.verdict : undefined) ??
    (faults.length > 0 ? undefined : (policyVerdict(site, facts) ?? entitledVerdict(unentitled) ?? peopleVerdict(site, facts))) ??
    (compared && verdictOf(compared, folder)) ??
    halfVerdict(reading, site.installation.id) ??
    whose ??
    outside?.verdict ??
    anchorVerdict(views);
  const good = faults.length === 0 && !differs;
  const code = faults[0]?.code ?? differs?.code ?? 'good';
  const sentence =
    (faults[0] && faultSentence(faults[0], site.home.folder)) ??
    differs?.sentence ??
    `The ledger is good: ${events} events, ${checkpoints} checkpoints, all in order and signed by ${site.installation.id}; ${whatIsThere(known.size, deleted.length)}${compared?.content ? ` Their content is what it signed for: ${proofText({ proven: compared.content.proven, found: { size: compared.content.records } })}.` : ''}`;
  const notes: string[] = [];
  const weakness = storeWeakness(site.installation.secretStore, site.home);
  if (weakness) notes.push(weakness);
  if (site.identity.state !== 'pinned' && options.trust === undefined) notes.push(identitySentence(site.identity, site.installation.secretStore));
  const open = endless(facts, io.now());
  if (open)
    notes.push(
      `The emergency ${open.id}, which began ${open.time}, has no end in the ledger, and its time is over: what ran it was ended in the middle. The next start here ends it.`,
    );
  const imported = [...known.values()].filter((one) => one.imported !== null).length;
  if (imported > 0)
    notes.push(`${imported} of its ${known.size} recordings were imported from files of other programs, and not witnessed here. Which: wardmux list`);
  notes.push(...halfNotes(reading, site.noteKey));
  if (outside) notes.push(...outside.notes);
  for (const { name, grade, sentence: told } of views) notes.push(`${grade}: ${name}: ${told}`);
  return { good, code, sentence, notes, reading, differs: faults.length > 0 ? undefined : differs, outside, compared, deleted, views };
}
