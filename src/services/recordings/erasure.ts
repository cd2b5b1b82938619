/**
 * Crypto-erasure: recordings are deleted by two, or a span of one is erased, what opens them in backups at hand is overwritten, and the installation signs a certificate that names what
 * was erased, the backups that still have it, and what was handed on before. docs/life-cycle.md says what a certificate does not show.
 */
import { z } from 'zod';
import { eraseGrain, grainTag, hasRun, requireSet, runsIn, SET_KEY_BYTES, BackupError, type SetFile } from '../../backup/index.ts';
import type { InstallationSshKey } from '../../crypto/sshsig.ts';
import { readLedgerGently } from '../../ledger/read.ts';
import { openSecretStore, openSigner, type Home, type Installation } from '../../storage/index.ts';
import { installationNoteKey } from '../../ledger/note.ts';
import { BACKUP_ID, INSTALLATION_ID, PERSON_ID, RECORDING_ID } from '../../types/ids.ts';
import { Refusal } from '../../types/refusal.ts';
import { deletionReasons, type DeletionReason } from '../../types/words.ts';
import { judgeStatement, signStatement, type SignedText } from '../deeds/signed.ts';
import { setKeySecret, withBackupLock } from '../installation/backup.ts';
import { eraseSpanOf, type SpanAsked, type SpanParts } from './erase-span.ts';
import { deletedBefore, deleteEarly, type LifeCycleParts } from './life-cycle.ts';

/** A signature made for another purpose is none of a certificate. */
const ERASURE_NAMESPACE = 'erasure@wardmux.localhost';

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const person = z.string().regex(PERSON_ID);
const recordingId = z.string().regex(RECORDING_ID);
/** erased: what opens it there was overwritten. has-it: not all of its runs were at hand. not-in-it: all were, and none has anything of these recordings. */
const backupStates = ['erased', 'has-it', 'not-in-it'] as const;

/** What the ledger has of a recording. */
const whole = { recording: recordingId, owner: person, began: z.iso.datetime(), size: count, root: sha256 };
const decision = { installation: z.string().regex(INSTALLATION_ID), time: z.iso.datetime(), reason: z.enum(deletionReasons), by: person, second: person };
const copies = {
  backups: z.array(z.strictObject({ backup: z.string().regex(BACKUP_ID), runs: z.array(count), state: z.enum(backupStates) })),
  /** Exports of these recordings that the ledger knows: SHA-256 of SHA256SUMS. They are not reached. */
  exports: z.array(z.strictObject({ recording: recordingId, time: z.iso.datetime(), sha256 })),
  /** The head of the ledger with the events of it. */
  ledger: z.strictObject({ size: count, root: sha256 }),
};
const format = { format: z.literal('wardmux-erasure') };
const statementShape = {
  ...format,
  version: z.literal(1),
  ...decision,
  recordings: z.array(z.strictObject({ ...whole, removed: z.boolean() })).min(1),
  ...copies,
};
/** Of a span of one recording: milliseconds since its start. */
const spanShape = {
  ...format,
  version: z.literal(2),
  ...decision,
  recordings: z.array(z.strictObject({ ...whole, fromMs: count, toMs: count, pieces: count })).length(1),
  ...copies,
};
const signed = { signature: z.string().max(65_536) };
const certificateSchema = z.discriminatedUnion('version', [z.strictObject({ ...statementShape, ...signed }), z.strictObject({ ...spanShape, ...signed })]);
const statementSchema = z.strictObject(statementShape);
const spanSchema = z.strictObject(spanShape);
type Statement = z.infer<typeof statementSchema>;
type SpanStatement = z.infer<typeof spanSchema>;

export interface ErasureParts extends LifeCycleParts {
  readonly home: Home;
  readonly installation: Installation;
  readonly ledger: SpanParts['ledger'] & { head(): { readonly size: number; readonly root: string }; checkpoint(): Promise<unknown> };
  readonly now: () => number;
}

export interface Erased {
  readonly certificate: SignedText<Statement | SpanStatement>;
  /** Why others were left as they are: a sentence each. */
  readonly left: readonly string[];
}

/**
 * @param recordings their ids. @param folders of backups that are at hand.
 * @throws Refusal where nothing could be erased; StorageFault `busy` where a backup is being made; BackupError where a folder is no backup of this installation: nothing was erased then
 */
export const eraseContent = (
  parts: ErasureParts,
  recordings: readonly string[],
  reason: Exclude<DeletionReason, 'retention'>,
  folders: readonly string[],
): Promise<Erased> => withBackupLock(parts.home, () => withSets(parts, folders, (sets) => eraseAll(parts, recordings, reason, sets)));

/** A span of one recording, and all of the recording in the backups at hand: their next run has it anew, without the span. @throws as eraseContent */
export const eraseSpan = (parts: ErasureParts, recording: string, asked: SpanAsked, folders: readonly string[]): Promise<Erased> =>
  withBackupLock(parts.home, () => withSets(parts, folders, (sets) => eraseIn(parts, recording, asked, sets)));

async function eraseIn(parts: ErasureParts, recording: string, asked: SpanAsked, sets: readonly OpenedSet[]): Promise<Erased> {
  const { fromMs, toMs, pieces, owner, began, size, root, left } = await eraseSpanOf(parts, recording, asked);
  const { start } = (await parts.ledger.recording(recording))!;
  const recordings = [{ recording, owner, began, size, root, fromMs, toMs, pieces }];
  const certificate = await certify(parts, sets, start, [recording], asked.reason, (deed) => ({
    format: 'wardmux-erasure' as const,
    version: 2 as const,
    ...deed.decision,
    recordings,
    ...deed.copies,
  }));
  return { certificate, left };
}

async function eraseAll(
  parts: ErasureParts,
  recordings: readonly string[],
  reason: Exclude<DeletionReason, 'retention'>,
  sets: readonly OpenedSet[],
): Promise<Erased> {
  const { ledger } = parts;
  const left: string[] = [];
  const erased: Statement['recordings'] = [];
  let first: Refusal | undefined;
  let start = Number.POSITIVE_INFINITY;
  for (const recording of recordings) {
    try {
      const state = await ledger.recording(recording);
      // What was deleted before and may lie in a backup that is at hand now is erased there.
      const { removed } = state?.deleted && sets.length > 0 ? deletedBefore(parts, recording, state) : await deleteEarly(parts, recording, reason);
      start = Math.min(start, state!.start);
      erased.push({ recording, owner: state!.person!, began: state!.began, ...headOf(state!), removed });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      first ??= error;
      left.push(error.message);
    }
  }
  if (erased.length === 0) throw first ?? new Refusal('no-recording', 'There is no recording to erase. Nothing was changed.');
  const ids = erased.map(({ recording }) => recording);
  const certificate = await certify(parts, sets, start, ids, reason, (deed) => ({
    format: 'wardmux-erasure' as const,
    version: 1 as const,
    ...deed.decision,
    recordings: erased,
    ...deed.copies,
  }));
  return { certificate, left };
}

type Deed = { readonly decision: Pick<Statement, keyof typeof decision>; readonly copies: Pick<Statement, keyof typeof copies> };

/** Overwrites what opens these recordings in the backups at hand, and signs what was done. @param start number of the first event of these recordings */
async function certify<S extends Statement | SpanStatement>(
  { home, installation, ledger, admin, second, now }: ErasureParts,
  sets: readonly OpenedSet[],
  start: number,
  recordings: readonly string[],
  reason: Statement['reason'],
  of: (deed: Deed) => S,
): Promise<SignedText<S>> {
  const touched = new Map<string, number>();
  for (const {
    folder,
    set: { set },
    key,
  } of sets)
    for (const recording of recordings) {
      const tag = grainTag(key, recording);
      const runs = runsIn(folder).filter((run) => eraseGrain(folder, run, tag) > 0).length;
      touched.set(set, (touched.get(set) ?? 0) + runs);
      if (runs > 0) await ledger.append({ action: 'backup.erased', person: admin.id, detail: { backup: set, recording, runs } });
    }
  await ledger.checkpoint();
  const { backups, exports } = await knownCopies(home, installation, start, new Set(recordings));
  const found: Deed['copies'] = {
    backups: backups.map(({ backup, runs }) => {
      const at = sets.filter(({ set: { set } }) => set === backup);
      const all = runs.every(({ run, sha256 }) => at.some(({ folder, set }) => hasRun(folder, set, run, sha256)));
      const state: (typeof backupStates)[number] = !all ? 'has-it' : touched.get(backup)! > 0 ? 'erased' : 'not-in-it';
      return { backup, runs: runs.map(({ run }) => run), state };
    }),
    exports: [...exports],
    ledger: headOf({ head: ledger.head() }),
  };
  const who = { installation: installation.id, time: new Date(now()).toISOString(), reason, by: admin.id, second: second!.id };
  const certificate = await signStatement(of({ decision: who, copies: found }), await openSigner(home, installation), ERASURE_NAMESPACE);
  const open = found.backups.filter(({ state }) => state === 'has-it').length;
  const detail = { sha256: certificate.sha256, recordings: recordings.length, backups: backups.length, left: open };
  await ledger.append({ action: 'erasure.certified', person: admin.id, detail });
  return certificate;
}

const headOf = ({ head: { size, root } }: { readonly head: { readonly size: number; readonly root: string } }) => ({ size, root });

/** A backup at hand, and the key that names recordings in it. */
interface OpenedSet {
  readonly folder: string;
  readonly set: SetFile;
  readonly key: Buffer;
}

/** Their keys are wiped whatever comes of it. @throws BackupError, what the task throws */
async function withSets<T>({ home, installation }: ErasureParts, folders: readonly string[], task: (sets: readonly OpenedSet[]) => Promise<T>): Promise<T> {
  const sets: OpenedSet[] = [];
  try {
    for (const folder of folders) sets.push(await openedSet(folder, home, installation));
    return await task(sets);
  } finally {
    for (const { key } of sets) key.fill(0);
  }
}

async function openedSet(folder: string, home: Home, installation: Installation): Promise<OpenedSet> {
  const set = requireSet(folder);
  const { installation: of } = set;
  if (of !== installation.id)
    throw new BackupError('not-a-backup', `${folder} is a backup of the installation ${of}, and this one is ${installation.id}. Nothing was erased.`);
  const key = await openSecretStore(installation.secretStore, home, installation.id).get(setKeySecret(set.set));
  if (key?.length === SET_KEY_BYTES) return { folder, set, key };
  throw new BackupError(
    'not-a-backup',
    `This workstation has not the key that names recordings in ${folder}: it lost its secret store since. Destroy the whole backup instead, and make a new one. Nothing was erased.`,
  );
}

/** A run that may have something of a recording. */
interface KnownRun {
  readonly run: number;
  /** Of its run.json; undefined where the ledger has no end of it. */
  sha256: string | undefined;
}

/**
 * Runs of backups that had not ended when a recording began, and exports of recordings, as the ledger has them: by the order of its events, whatever a clock said.
 * @param start sequence number of the first event of these recordings
 */
async function knownCopies(home: Home, installation: Installation, start: number, ids: ReadonlySet<string>) {
  const backups = new Map<string, Map<number, KnownRun>>();
  const exports: Statement['exports'] = [];
  /** The one that is going on: at most one does, whatever set it is of (withBackupLock). */
  let going: { readonly backup: string; readonly run: number } | undefined;
  const known = (backup: string, run: number, sha256?: string): void => {
    const runs = backups.get(backup) ?? new Map<number, KnownRun>();
    backups.set(backup, runs.set(run, { run, sha256 }));
  };
  await readLedgerGently(home.ledger, installationNoteKey(installation), {
    onEvent: ({ action, detail = {}, time, outcome, seq }) => {
      const { backup, run, recording, sha256: sums } = detail;
      const sha256 = typeof sums === 'string' ? sums : undefined;
      // It goes through the recordings after it has begun, so it may have one that began meanwhile.
      if (going && seq > start) known(going.backup, going.run);
      if (typeof backup === 'string' && typeof run === 'number') {
        if (action === 'backup.begun') going = { backup, run };
        if (action === 'backup.made' || action === 'backup.restored') {
          going = undefined;
          if (backups.get(backup)?.has(run)) known(backup, run, sha256);
        }
      }
      if (action === 'export' && outcome === 'success' && typeof recording === 'string' && ids.has(recording) && sha256 !== undefined)
        exports.push({ recording, time, sha256 });
    },
  });
  if (going) known(going.backup, going.run);
  return { backups: [...backups].map(([backup, runs]) => ({ backup, runs: [...runs.values()] })), exports };
}

export const judgeCertificate = (text: string, keys: readonly InstallationSshKey[]) => judgeStatement(certificateSchema, text, keys, ERASURE_NAMESPACE);
