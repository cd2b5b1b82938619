/** What the ledger says of one recording: who began it and how, how far it goes, how it ended, and which policies were in force. Used when a bundle is made and when it is verified. */
import { PERSON_ID } from '../types/ids.ts';
import type { TreeHead } from '../types/head.ts';
import { AGREE_MS } from '../access/two-people.ts';
import { identityChecks, type DeletionReason } from '../types/words.ts';
import { thumbprint } from '../recording/wrap.ts';
import { p256JwkOf } from '../crypto/p256.ts';
import { BYTES_64, certifierOf, keysText, policyText, rebindText, spanErasureText } from '../ledger/certificate.ts';
import { readErasure } from '../ledger/life-cycle-facts.ts';
import { isMoment } from '../recording/time.ts';
import {
  DELETED,
  ERASED,
  isBreak,
  isKids,
  isSha256,
  nextRecordingState,
  readStart,
  sayingsOf,
  type RecordingBeginning,
  type RecordingState,
  type RuleCode,
  type Saying,
} from '../ledger/rules.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { BundleFailure } from './failures.ts';
import { stateOf, type BundleState } from './summary.ts';

const matches = (pattern: RegExp, value: unknown): value is string => typeof value === 'string' && pattern.test(value);

/** A policy that was taken into force. */
export interface LedgerPolicy {
  readonly seq: number;
  readonly sha256: string;
  /** Kids of its audit keys, in order. */
  readonly auditKeys: readonly string[];
  /** When: ms since the epoch. */
  readonly time: number;
}

export interface LedgerHeads {
  readonly start: RecordingBeginning;
  /** When that was: ms since the epoch. */
  readonly startTime: number;
  /** In the order of the ledger, with the number of the event; their sizes never become smaller. */
  readonly heads: readonly (TreeHead & { readonly seq: number })[];
  readonly segments: readonly { readonly segment: number; readonly firstSeq: number }[];
  /** Where the recorder closed it in good order. */
  readonly end: { readonly reason: string; readonly outputBytes: number; readonly size: number } | undefined;
  /** Where it was closed after a crash: how many records a checkpoint covered before. Undefined where its own recorder closed it. */
  readonly signedBefore: number | undefined;
  /** Who opened it with a key after a crash, and had more of it signed for: each once, in the order of the ledger. */
  readonly recoveredBy: readonly string[];
  /** What events say was erased of it, in the order of the ledger: whether they count, the trust file says too (erasedSpans). */
  readonly erasures: readonly SaidErased[];
  /** How often the ledger says that its files were not what was written. */
  readonly damaged: number;
  /** Of what it was imported, and nobody witnessed it; null where it was recorded. */
  readonly imported: string | null;
  readonly state: BundleState;
  /** In the order of the ledger. */
  readonly policies: readonly LedgerPolicy[];
  readonly people: ReadonlyMap<string, readonly LedgerKeys[]>;
  /** Who has certified keys and is none of these people: the trust file has to know them by this signing key. */
  readonly certifiers: readonly { readonly seq: number; readonly by: string; readonly signingKey: string }[];
}

/** A span that two have erased. */
export interface ErasedSpan {
  /** Ids of the two who decided it, and when. */
  readonly by: string;
  readonly second: string;
  readonly time: string;
  readonly reason: DeletionReason;
  /** Milliseconds since the recording's start. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly pieces: number;
}

/** An event that says that something was erased. */
interface SaidErased {
  readonly seq: number;
  /** Undefined where it does not say it as this version does, or two have not signed it. */
  readonly agreed: { readonly span: ErasedSpan; readonly signers: readonly Certifier[]; readonly after: number | null } | undefined;
}

/** Keys of a person, as the ledger first entered them, or as two people gave them new ones: the last ones are theirs. */
export interface LedgerKeys {
  readonly seq: number;
  /** RFC 7638 thumbprints. */
  readonly encryptionKey: string;
  readonly signingKey: string;
}

/** An event as a bundle has it: of `recording.heads` the head of its own recording. */
export interface BundleEvent {
  readonly event: LedgerEvent;
  readonly head?: TreeHead | undefined;
}

/** Whether an event belongs into the bundle of a recording: it names it, has its head, takes a policy into force, or gives the keys of its owner or exporter. */
export function belongsTo({ event: { action, detail, person }, head }: BundleEvent, recording: string, people: readonly string[]): boolean {
  if (detail?.['recording'] === recording || head !== undefined || action === 'policy.change') return true;
  return action === 'person.keys' && person !== undefined && people.includes(person);
}

/** What an event of a bundle says of its recording, if it says something that is judged. */
function sayingOf({ event, head }: BundleEvent, recording: string): Saying | undefined {
  if (head) return { ...event, recording, detail: { recording, size: head.size, root: head.root } };
  // Of a deletion nothing is judged there: what is deleted has no bundle from then on. What was erased changes no head.
  return event.action === DELETED || event.action === ERASED ? undefined : sayingsOf(event).find((saying) => saying.recording === recording);
}

/**
 * Reads the events of one recording, in the order of the ledger: by the rules of the ledger (src/ledger/rules.ts).
 * @throws BundleFailure 'bad-ledger', 'contradiction', 'no-head'
 */
export function ledgerHeads(events: readonly BundleEvent[], recording: string): LedgerHeads {
  const heads: LedgerHeads['heads'][number][] = [];
  const segments: { segment: number; firstSeq: number }[] = [];
  const policies: LedgerPolicy[] = [];
  const people = new Map<string, LedgerKeys[]>();
  const certifiers: { seq: number; by: string; signingKey: string }[] = [];
  /** Each person's last `person.keys`. */
  const entered = new Map<string, number>();
  let start: RecordingBeginning | undefined;
  let startTime = 0;
  let end: LedgerHeads['end'];
  let last: string | undefined;
  let signedBefore: number | undefined;
  let state: RecordingState | undefined;
  let damaged = 0;
  const erasures: SaidErased[] = [];
  const recoveredBy = new Set<string>();
  const certify = (seq: number, certifier: Certifier): void => {
    const known = people.get(certifier.by)?.at(-1);
    if (known && known.signingKey !== certifier.signingKey)
      throw new BundleFailure('contradiction', `Event ${seq} is certified with a key that is not that of the person it names.`);
    if (!known) certifiers.push({ seq, ...certifier });
  };
  for (const one of events) {
    const { action, detail = {}, seq, person, time } = one.event;
    const bad = (): BundleFailure => new BundleFailure('bad-ledger', `Event ${seq} does not have the fields of its kind.`);
    const contradiction = (why: string): BundleFailure => new BundleFailure('contradiction', `Event ${seq} ${why}.`);
    if (action === 'policy.change') {
      const { sha256, auditKeys, previousSha256 } = detail;
      if (!isSha256(sha256) || !isKids(auditKeys)) throw bad();
      if (previousSha256 !== undefined && previousSha256 !== policies.at(-1)?.sha256)
        throw new BundleFailure('bad-policy', `Event ${seq} took the place of another one than the last that is shown before it.`);
      const both = readAgreement(one.event);
      if (both === 'bad-fields') throw bad();
      if (both === 'not-agreed') throw contradiction('was not agreed to by two people, as it says');
      for (const each of both ?? []) certify(seq, each);
      policies.push({ seq, sha256, auditKeys, time: Date.parse(time) });
    }
    if (action === 'person.keys') {
      const { encryptionKey, signingKey, record, slots } = detail;
      if (!matches(PERSON_ID, person) || !isKids([encryptionKey, signingKey]) || !isSha256(record) || !isSha256(slots)) throw bad();
      const known = people.get(person);
      const keys = { seq, encryptionKey: encryptionKey as string, signingKey: signingKey as string };
      if (detail['change'] === 'rebound') {
        const both = readRebinding(one.event, known?.at(-1), entered.get(person) ?? null);
        if (both === 'bad-fields') throw bad();
        if (both === 'not-agreed') throw contradiction('gives new keys that two people have not agreed to');
        for (const each of both) certify(seq, each);
        known!.push(keys);
      } else {
        const certifier = readCertifier(one.event, entered.get(person) ?? null);
        if (certifier === 'bad-fields') throw bad();
        // Of the first person only there is nobody but the installation to certify them, and nobody enrols themselves.
        const own = certifier !== undefined && certifier !== 'nobody' && certifier.by === person;
        if (certifier === 'nobody' || (!certifier && people.size > 0) || (own && !known)) throw contradiction('gives keys that nobody has certified');
        if (certifier) certify(seq, certifier);
        if (!known) people.set(person, [keys]);
      }
      entered.set(person, seq);
    }
    if (action === 'recording.damaged' && detail['recording'] === recording) damaged++;
    if (action === ERASED && detail['recording'] === recording) {
      const agreed = readErased(one.event, state?.person);
      const isKnown = ({ by, signingKey }: Certifier): boolean => (people.get(by)?.at(-1)?.signingKey ?? signingKey) === signingKey;
      erasures.push({ seq, agreed: agreed?.signers.every(isKnown) ? agreed : undefined });
    }
    const saying = sayingOf(one, recording);
    if (!saying) continue;
    const next = nextRecordingState(state, saying);
    if (isBreak(next)) throw malformed.includes(next.broken) ? bad() : contradiction(next.sentence);
    const before = state?.head.size ?? 0;
    state = next;
    if (action === 'recording.start') {
      start = readStart(saying);
      startTime = Date.parse(time);
      continue;
    }
    const { signedBefore: stated, segment, firstSeq, reason, outputBytes } = saying.detail as Record<string, number> & { reason?: string };
    if (action === 'recording.segment') segments.push({ segment: segment!, firstSeq: firstSeq! });
    if (action === 'recording.end') end = { reason: reason!, outputBytes: outputBytes!, size: next.head.size };
    // What follows a closing after a crash makes nothing older: the first one decides.
    if (stated !== undefined || action === 'recording.recovered') signedBefore ??= Math.min(before, stated ?? before);
    if (action === 'recording.recovered') recoveredBy.add(person!);
    heads.push({ ...next.head, seq });
    last = action;
  }
  if (!start || !state || !heads.some((head) => head.size > 0)) throw new BundleFailure('no-head', 'None of the records is signed for.');
  const { imported } = state;
  return {
    start,
    startTime,
    heads,
    segments,
    end,
    signedBefore,
    recoveredBy: [...recoveredBy],
    damaged,
    erasures,
    imported,
    state: stateOf(last),
    policies,
    people,
    certifiers,
  };
}

/** @param owner whose recording it is: nobody erases a part of what they did themselves */
function readErased(event: LedgerEvent, owner: string | null | undefined): SaidErased['agreed'] {
  const { installation, person: by, time, detail = {} } = event;
  const { byKey, signature, second, secondKey, secondSignature, asked } = detail as Readonly<Record<string, string | undefined>>;
  const said = readErasure(event);
  if (!said || !matches(PERSON_ID, by) || !matches(PERSON_ID, second) || !isMoment(asked)) return undefined;
  if (![byKey, signature, secondKey, secondSignature].every((value) => matches(BYTES_64, value))) return undefined;
  const text = spanErasureText({ ...said, installation, by, asked });
  const one = certifierOf(text, { byKey: byKey!, signature: signature! });
  const other = certifierOf(text, { byKey: secondKey!, signature: secondSignature! });
  const passed = Date.parse(time) - Date.parse(asked);
  if (one === undefined || other === undefined || passed < 0 || passed > AGREE_MS || new Set([by, second, owner]).size < 3) return undefined;
  const { fromMs, toMs, pieces, reason, after } = said;
  const signers = [
    { by, signingKey: one },
    { by: second, signingKey: other },
  ];
  return { span: { by, second, time, reason, fromMs, toMs, pieces }, signers, after };
}

/**
 * What was erased: what two have signed whom the trust file knows by these keys, each behind the one before it that counts. That they had the roles for it, the
 * ledger says, and no bundle has it.
 * @returns the others by their numbers: an installation's key alone can sign anything
 */
export function erasedSpans(
  erasures: readonly SaidErased[],
  signingKeys: (person: string) => readonly string[],
): { readonly erased: readonly ErasedSpan[]; readonly uncounted: readonly number[] } {
  const erased: ErasedSpan[] = [];
  const uncounted: number[] = [];
  let last: number | null = null;
  for (const { seq, agreed } of erasures) {
    if (agreed?.after !== last || !agreed.signers.every(({ by, signingKey }) => signingKeys(by).includes(signingKey))) uncounted.push(seq);
    else {
      erased.push(agreed.span);
      last = seq;
    }
  }
  return { erased, uncounted };
}

/** Somebody who signed an event, and with which key: its thumbprint. */
interface Certifier {
  readonly by: string;
  readonly signingKey: string;
}

/** Who took a policy into force together, where the event names two; undefined where it does not. */
function readAgreement({ installation, person, time, detail = {} }: LedgerEvent): readonly Certifier[] | 'bad-fields' | 'not-agreed' | undefined {
  const { sha256, previousSha256, byKey, signature, second, secondKey, secondSignature, asked } = detail as Readonly<Record<string, string | undefined>>;
  if ([second, secondKey, secondSignature, asked].every((field) => field === undefined)) return undefined;
  if (!matches(PERSON_ID, person) || !matches(PERSON_ID, second) || !isSha256(previousSha256) || !isMoment(asked)) return 'bad-fields';
  if (!matches(BYTES_64, byKey) || !matches(BYTES_64, signature) || !matches(BYTES_64, secondKey) || !matches(BYTES_64, secondSignature)) return 'bad-fields';
  const text = policyText({ installation, previousSha256, sha256: sha256!, by: person, asked });
  const one = certifierOf(text, { byKey, signature });
  const other = certifierOf(text, { byKey: secondKey, signature: secondSignature });
  const passed = Date.parse(time) - Date.parse(asked);
  if (second === person || one === undefined || other === undefined || passed < 0 || passed > AGREE_MS) return 'not-agreed';
  return [
    { by: person, signingKey: one },
    { by: second, signingKey: other },
  ];
}

/** Two who gave somebody new keys together. @param known whose keys these replace. @param after number of their `person.keys` before this one. */
function readRebinding(
  { installation, person, time, detail = {} }: LedgerEvent,
  known: LedgerKeys | undefined,
  after: number | null,
): readonly Certifier[] | 'bad-fields' | 'not-agreed' {
  const { encryptionKey, signingKey, record, slots, formerKey, by, byKey, signature, second, secondKey, secondSignature, asked } = detail as Readonly<
    Record<string, string | undefined>
  >;
  const checked = identityChecks.find((word) => word === detail['checked']);
  if (!checked || !matches(PERSON_ID, by) || !matches(PERSON_ID, second) || !isMoment(asked)) return 'bad-fields';
  if (!matches(BYTES_64, byKey) || !matches(BYTES_64, signature) || !matches(BYTES_64, secondKey) || !matches(BYTES_64, secondSignature)) return 'bad-fields';
  if (!matches(BYTES_64, formerKey)) return 'bad-fields';
  const before = thumbprint(p256JwkOf(Buffer.concat([Buffer.of(4), Buffer.from(formerKey, 'base64url')])));
  const facts = { installation, person: person!, encryptionKey: encryptionKey!, signingKey: signingKey!, record: record!, slots: slots! };
  const text = rebindText({ ...facts, checked, by, after, asked });
  const one = certifierOf(text, { byKey, signature });
  const other = certifierOf(text, { byKey: secondKey, signature: secondSignature });
  const passed = Date.parse(time) - Date.parse(asked);
  if (new Set([person, by, second]).size < 3 || one === undefined || other === undefined || passed < 0 || passed > AGREE_MS) return 'not-agreed';
  // Both keys are new, and those before are the ones that they take the place of.
  if (before !== known?.signingKey || known.signingKey === signingKey || known.encryptionKey === encryptionKey) return 'not-agreed';
  return [
    { by, signingKey: one },
    { by: second, signingKey: other },
  ];
}

/** Who certified these keys, whose facts were looked at before, by their signature; undefined where nobody is named. */
function readCertifier({ installation, person, detail = {} }: LedgerEvent, after: number | null): Certifier | 'bad-fields' | 'nobody' | undefined {
  const { encryptionKey, signingKey, record, slots, by, byKey, signature } = detail as Readonly<Record<string, string | undefined>>;
  if (by === undefined && byKey === undefined && signature === undefined) return undefined;
  if (!matches(PERSON_ID, by) || !matches(BYTES_64, byKey) || !matches(BYTES_64, signature)) return 'bad-fields';
  const facts = { installation, person: person!, encryptionKey: encryptionKey!, signingKey: signingKey!, record: record!, slots: slots!, by, after };
  const key = certifierOf(keysText(facts), { byKey, signature });
  return key === undefined ? 'nobody' : { by, signingKey: key };
}

/** Rules whose break is an event that is none of its kind. */
const malformed: readonly RuleCode[] = ['bad-start', 'bad-head'];
