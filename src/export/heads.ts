/** What the ledger says of one recording: who began it and how, how far it goes, how it ended, and which policies were in force. Used when a bundle is made and when it is verified. */
import { BREAK_GLASS, type Access } from '../recording/access.ts';
import { reasons, roles, workstationClasses } from '../types/words.ts';
import { isCount } from '../recording/json.ts';
import type { TreeHead } from '../recording/types.ts';
import { BYTES_64, certifierOf } from '../ledger/certificate.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { emptyRoot } from '../merkle/tree.ts';
import { BundleFailure } from './failures.ts';
import { stateOf, type BundleState } from './summary.ts';

/** Events that state size and root of the recording's tree. */
const HEAD_ACTIONS: readonly string[] = ['recording.segment', 'recording.checkpoint', 'recording.end', 'recording.failed', 'recording.recovered'];
/** What may follow the event that closed a recording: one that failed may be recovered. */
const AFTER_CLOSING: Readonly<Record<string, readonly string[]>> = {
  'recording.end': [],
  'recording.failed': ['recording.recovered'],
  'recording.recovered': [],
};

const ROOT = /^[0-9a-f]{64}$/;
const KID = /^[A-Za-z0-9_-]{43}$/;
const PERSON = /^p-[0-9a-f]{12}$/;
const matches = (pattern: RegExp, value: unknown): value is string => typeof value === 'string' && pattern.test(value);
const isKids = (value: unknown): value is string[] => Array.isArray(value) && value.every((kid) => typeof kid === 'string' && KID.test(kid));
const isOneOf = (list: readonly string[], value: unknown): boolean => typeof value === 'string' && list.includes(value);

/** How a recording began. */
export interface LedgerStart extends Access {
  readonly seq: number;
  readonly person: string;
  /** Kids, in order. */
  readonly recipients: readonly string[];
  readonly policySha256: string;
}

/** A policy that was taken into force. */
export interface LedgerPolicy {
  readonly seq: number;
  readonly sha256: string;
  /** Kids of its audit keys, in order. */
  readonly auditKeys: readonly string[];
}

export interface LedgerHeads {
  readonly start: LedgerStart;
  /** In the order of the ledger; their sizes never become smaller. */
  readonly heads: readonly TreeHead[];
  readonly segments: readonly { readonly segment: number; readonly firstSeq: number }[];
  /** Where the recorder closed it in good order. */
  readonly end: { readonly reason: string; readonly outputBytes: number; readonly size: number } | undefined;
  /** Where it was closed after a crash: how many records a checkpoint covered before. Undefined where its own recorder closed it. */
  readonly signedBefore: number | undefined;
  readonly state: BundleState;
  /** In the order of the ledger. */
  readonly policies: readonly LedgerPolicy[];
  readonly people: ReadonlyMap<string, LedgerPerson>;
  /** Who has certified keys and is none of these people: the trust file has to know them by this signing key. */
  readonly certifiers: readonly { readonly seq: number; readonly by: string; readonly signingKey: string }[];
}

/** The keys of a person, as the ledger first entered them: they never change. */
export interface LedgerPerson {
  readonly seq: number;
  /** RFC 7638 thumbprints. */
  readonly encryptionKey: string;
  readonly signingKey: string;
}

/** Whether an event belongs into the bundle of a recording: it names it, takes a policy into force, or gives the keys of its owner or exporter. */
export function belongsTo({ action, detail, person }: LedgerEvent, recording: string, people: readonly string[]): boolean {
  if (detail?.['recording'] === recording || action === 'policy.change') return true;
  return action === 'person.keys' && person !== undefined && people.includes(person);
}

/**
 * Reads the events of one recording, in the order of the ledger.
 * @throws BundleFailure 'bad-ledger', 'contradiction', 'no-head'
 */
export function ledgerHeads(events: readonly LedgerEvent[], recording: string): LedgerHeads {
  const heads: TreeHead[] = [];
  const segments: { segment: number; firstSeq: number }[] = [];
  const policies: LedgerPolicy[] = [];
  const people = new Map<string, LedgerPerson>();
  const certifiers: { seq: number; by: string; signingKey: string }[] = [];
  /** Each person's last `person.keys`. */
  const entered = new Map<string, number>();
  let start: LedgerStart | undefined;
  let end: LedgerHeads['end'];
  let last: string | undefined;
  let signedBefore: number | undefined;
  for (const event of events) {
    const { action, detail = {}, seq } = event;
    const bad = (): BundleFailure => new BundleFailure('bad-ledger', `Event ${seq} does not have the fields of its kind.`);
    const contradiction = (why: string): BundleFailure => new BundleFailure('contradiction', `Event ${seq} ${why}.`);
    if (action === 'policy.change') {
      const { sha256, auditKeys } = detail;
      if (typeof sha256 !== 'string' || !ROOT.test(sha256) || !isKids(auditKeys)) throw bad();
      policies.push({ seq, sha256, auditKeys });
    }
    if (action === 'person.keys') {
      const { encryptionKey, signingKey } = detail;
      if (!isKids([encryptionKey, signingKey]) || event.person === undefined) throw bad();
      const certifier = readCertifier(event, entered.get(event.person) ?? null);
      if (certifier === 'bad-fields') throw bad();
      // Of the first person only there is nobody but the installation to certify them, and nobody enrols themselves.
      const own = certifier !== undefined && certifier !== 'nobody' && certifier.by === event.person;
      if (certifier === 'nobody' || (!certifier && people.size > 0) || (own && !people.has(event.person)))
        throw contradiction('gives keys that nobody has certified');
      if (certifier) {
        const known = people.get(certifier.by);
        if (known && known.signingKey !== certifier.signingKey) throw contradiction('is certified with a key that is not that of the person it names');
        if (!known) certifiers.push({ seq, ...certifier });
      }
      entered.set(event.person, seq);
      if (!people.has(event.person)) people.set(event.person, { seq, encryptionKey: encryptionKey as string, signingKey: signingKey as string });
    }
    if (detail['recording'] !== recording) continue;
    if (action === 'recording.start') {
      if (start) throw contradiction('is a second start');
      start = readStartEvent(event);
      if (!start) throw bad();
    }
    if (!HEAD_ACTIONS.includes(action)) continue;
    const { size, root, signedBefore: stated, segment, firstSeq, reason, outputBytes, durationMs } = detail;
    if (!isCount(size) || typeof root !== 'string' || !ROOT.test(root) || (stated !== undefined && !isCount(stated))) throw bad();
    const before = heads.at(-1);
    const largest = before?.size ?? 0;
    if (!start) throw contradiction('stands before the start');
    if (last !== undefined && AFTER_CLOSING[last]?.includes(action) === false) throw contradiction('stands after the recording was closed');
    if (size < largest) throw contradiction(`knows ${size} records, and ${largest} were known before it`);
    if (size === 0 ? root !== emptyRoot().toString('hex') : size === before?.size && root !== before.root)
      throw contradiction(`states another root for ${size} records than the one before it`);
    if (action === 'recording.segment') {
      if (!isCount(segment) || !isCount(firstSeq)) throw bad();
      if (segment <= (segments.at(-1)?.segment ?? 0)) throw contradiction('states a segment that is not higher than the one before it');
      if (firstSeq >= size) throw contradiction('states a segment that begins behind its head');
      segments.push({ segment, firstSeq });
    }
    if (action === 'recording.end') {
      if (typeof reason !== 'string' || !isCount(outputBytes) || !isCount(durationMs)) throw bad();
      end = { reason, outputBytes, size };
    }
    // What follows a closing after a crash makes nothing older: the first one decides.
    if (stated !== undefined || action === 'recording.recovered') signedBefore ??= Math.min(largest, stated ?? largest);
    heads.push({ size, root });
    last = action;
  }
  if (!start || !heads.some((head) => head.size > 0)) throw new BundleFailure('no-head', 'None of the records is signed for.');
  return { start, heads, segments, end, signedBefore, state: stateOf(last), policies, people, certifiers };
}

/** Who certified these keys, by their signature; undefined where nobody is named. */
function readCertifier(
  { installation, person, detail = {} }: LedgerEvent,
  after: number | null,
): { readonly by: string; readonly signingKey: string } | 'bad-fields' | 'nobody' | undefined {
  const { encryptionKey, signingKey, record, slots, by, byKey, signature } = detail as Readonly<Record<string, string | undefined>>;
  if (by === undefined && byKey === undefined && signature === undefined) return undefined;
  if (!matches(PERSON, person) || !matches(PERSON, by) || !matches(ROOT, record) || !matches(ROOT, slots)) return 'bad-fields';
  if (!matches(BYTES_64, byKey) || !matches(BYTES_64, signature)) return 'bad-fields';
  const facts = { installation, person, encryptionKey: encryptionKey!, signingKey: signingKey!, record, slots, by, after };
  const key = certifierOf(facts, { byKey, signature });
  return key === undefined ? 'nobody' : { by, signingKey: key };
}

function readStartEvent({ seq, person, detail = {} }: LedgerEvent): LedgerStart | undefined {
  const { recipients, policySha256, role, class: place, reason, breakGlass = null } = detail;
  if (!matches(PERSON, person) || !isKids(recipients)) return undefined;
  if (typeof policySha256 !== 'string' || !ROOT.test(policySha256)) return undefined;
  if (!isOneOf(roles, role) || !isOneOf(workstationClasses, place) || !isOneOf(reasons, reason)) return undefined;
  if (breakGlass !== null && (typeof breakGlass !== 'string' || !BREAK_GLASS.test(breakGlass))) return undefined;
  return { seq, person, recipients, policySha256, ...({ role, class: place, reason, breakGlass } as Access) };
}
