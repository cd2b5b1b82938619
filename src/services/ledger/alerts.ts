/**
 * Alerts of an installation, from its ledger and nothing else; and how one is closed: with a note, which is sealed because it can name a patient, by
 * somebody whom it is not about.
 */
import { join } from 'node:path';
import { Alerts, type Alert } from '../../alerts/evaluate.ts';
import { Reviews } from '../../alerts/reviews.ts';
import { defaultHours, type SiteHours } from '../../alerts/rules.ts';
import { readSmall, writeAtomic } from '../../disk/atomic.ts';
import { ALERT_CLOSED, alertWhy, isAbout } from '../../ledger/alert-facts.ts';
import { alertText, certify, type Certificate } from '../../ledger/certificate.ts';
import { REVIEWED, type Reviewed } from '../../ledger/reviewed-facts.ts';
import { Contexts, type EventContext } from '../../ledger/contexts.ts';
import { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import type { Person } from '../../people/types.ts';
import { policyInForce } from '../../policy/index.ts';
import { sealedWords, type WordsLook } from '../../recording/sealed-words.ts';
import type { Recipient, SegmentOpener } from '../../recording/types.ts';
import type { Home } from '../../storage/index.ts';
import { recipientsOf } from '../recordings/start.ts';
import { Refusal } from '../../types/refusal.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { withLedger, type OpenInstallation } from '../installation/installation.ts';
import { readEvents } from './read.ts';
import { mostTyped } from '../../types/most-typed.ts';

const notes = sealedWords('alert-note');

/** Takes events in their order, and says which alerts there are. */
export class AlertReader {
  readonly #facts = LedgerFacts.from();
  readonly #contexts = new Contexts();
  readonly #reviews = new Reviews();
  readonly #alerts: Alerts;

  constructor(hours: SiteHours = defaultHours()) {
    this.#alerts = new Alerts(hours);
  }

  take(event: LedgerEvent): void {
    const reviews = this.#reviews.take(event, this.#facts);
    const closes = event.action === REVIEWED ? reviews : alertWhy(this.#facts, event) === undefined;
    this.#facts.take(event);
    this.#contexts.take(event, this.#facts);
    this.#alerts.take(event, closes);
  }

  /** What the events that were taken say. */
  get facts(): LedgerFacts {
    return this.#facts;
  }

  get reviews(): Pick<Reviews, 'all' | 'due'> {
    return this.#reviews;
  }

  /** Whether a review of these events would review one that was not reviewed. @param time ISO 8601 UTC. */
  adds(span: Pick<Reviewed, 'from' | 'to'>, person: string, time: string): boolean {
    return this.#reviews.adds(span, person, time, this.#facts);
  }

  /** What held when an event that was taken was entered. */
  contextOf(event: Pick<LedgerEvent, 'seq' | 'person'>): EventContext {
    return this.#contexts.of(event);
  }

  at(now: number): readonly Alert[] {
    return this.#alerts.at(now);
  }
}

/** All alerts that there ever were, oldest first. @throws LedgerError where the ledger does not hold */
export async function alertsOf(site: OpenInstallation, now: number): Promise<readonly Alert[]> {
  const reader = new AlertReader();
  await readEvents(site, (event) => reader.take(event));
  return reader.at(now);
}

/** What somebody types for an alert: the number of its event, with its rule where that event raised several. @throws Refusal */
export function alertMeant(alerts: readonly Alert[], typed: string): Alert {
  const [, seq, rule] = /^(\d{1,15})(?:\/([a-z-]{1,40}))?$/.exec(typed) ?? [];
  const found = alerts.filter((one) => seq !== undefined && one.seq === Number(seq) && (rule === undefined || one.rule === rule));
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new Refusal(
      'which-alert',
      `Event ${seq} raised several alerts. Say which: ${found.map((one) => `${one.seq}/${one.rule}`).join(', ')}. Nothing was closed.`,
    );
  throw new Refusal('no-alert', `There is no alert ${JSON.stringify(typed.slice(0, 60))}. Look at: wardmux alerts --all`);
}

const boundTo = ({ rule, seq }: Pick<Alert, 'rule' | 'seq'>): string => `${rule}/${seq}`;
export const pathOfNote = (home: Pick<Home, 'alertNotes'>, digest: string): string => join(home.alertNotes, `${digest}.json`);

/** @throws Refusal where it is empty, too long, or has a line end or another control character in it */
export function checkNote(note: string, effect = 'Nothing was closed.'): string {
  if (note.trim() === '' || note.length > mostTyped.note || /\p{Cc}/u.test(note))
    throw new Refusal('bad-words', `A note is one line of 1 to ${mostTyped.note} characters that says what you found. ${effect}`);
  return note.trim();
}

/** What somebody has found, sealed, and their signature that it closes an alert. */
export interface SignedClosing {
  /** As it is to lie on the disk. */
  readonly file: Uint8Array;
  readonly certificate: Certificate;
}

/** What is closed, and for whom the note is sealed. */
export interface Closing extends Pick<Alert, 'rule' | 'seq' | 'about'> {
  readonly recipients: readonly Recipient[];
}

/** Seals a note and signs that it closes the alert: where the identity is open. @param note wiped by the caller. @throws Refusal */
export async function signClosing(
  installation: string,
  { person, sign }: { readonly person: Pick<Person, 'id' | 'signingKey'>; readonly sign: (bytes: Uint8Array) => Promise<Uint8Array> },
  { rule, seq, about, recipients }: Closing,
  note: Uint8Array,
): Promise<SignedClosing> {
  const bytes = Buffer.from(checkNote(Buffer.from(note).toString('utf8')), 'utf8');
  try {
    const file = await notes.seal(boundTo({ rule, seq }), bytes, recipients);
    const text = alertText({ installation, alert: seq, rule, about, note: notes.digest(file), by: person.id });
    return { file, certificate: await certify(text, person.signingKey, sign) };
  } finally {
    bytes.fill(0);
  }
}

export interface ClosingParts {
  readonly home: Home;
  readonly ledger: Pick<Ledger, 'append' | 'facts'>;
  readonly person: Pick<Person, 'id' | 'encryptionKey'>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly sign: (closing: Closing) => Promise<SignedClosing>;
}

/** Enters that somebody closes an alert which is open. @throws Refusal, LedgerError, StorageFault: then it is as it was */
export async function enterClosing(
  { home, ledger, person, now, sign }: ClosingParts,
  { rule, seq, about }: Pick<Alert, 'rule' | 'seq' | 'about'>,
): Promise<void> {
  const by = person.id;
  if (about.includes(by)) throw new Refusal('not-closed', aboutYou(rule, seq));
  if (isAbout(ledger.facts, about, by, new Date(now).toISOString()))
    throw new Refusal(
      'not-closed',
      `The alert ${rule} of event ${seq} is about somebody who counts as one with you, because one of you alone has made the other a security admin or an auditor. Somebody else closes it. Nothing was closed.`,
    );
  const { file, certificate } = await sign({ rule, seq, about, recipients: recipientsOf(person, policyInForce(home, ledger.facts)) });
  const digest = notes.digest(file);
  writeAtomic(pathOfNote(home, digest), file);
  const entry = { action: ALERT_CLOSED, person: by, detail: { alert: seq, rule, about, note: digest, ...certificate } } as const;
  await ledger.append(entry, { before: () => requireStillMay(ledger.facts, by, 'alert.close') });
}

const aboutYou = (rule: string, seq: number): string =>
  `Nobody closes an alert that is about them, and the alert ${rule} of event ${seq} is about you. Somebody else does. Nothing was closed.`;

/** Something was added to it between the question and the answer, so it is about others, or more. */
export const notCounted = ({ rule, seq }: Pick<Alert, 'rule' | 'seq'>): Refusal =>
  new Refusal('not-closed', `It was entered, and does not count: something was added to the alert ${rule} of event ${seq} meanwhile. Try it again.`);

/** Closes an alert. @returns it, closed. @throws Refusal, LedgerError, StorageFault: then it is as it was */
export async function closeAlert(
  site: OpenInstallation,
  identity: OpenIdentity,
  { alert: typed, note }: { readonly alert: string; readonly note: string },
  { now, talk }: { readonly now: () => number; readonly talk: (line: string) => void },
): Promise<Alert> {
  // Before anything is looked for: it says what is wrong with what was typed.
  checkNote(note);
  const { person } = identity;
  const alert = alertMeant(await alertsOf(site, now()), typed);
  const { rule, seq, closed } = alert;
  if (closed) throw new Refusal('not-closed', `The alert ${rule} of event ${seq} was closed by ${closed.by} at ${closed.time}. Nothing was closed.`);
  await withLedger(
    site,
    ({ ledger }) => {
      const signer = { person, sign: (bytes: Uint8Array) => identity.sign(bytes) };
      const sign: ClosingParts['sign'] = (closing) => signClosing(ledger.installation, signer, closing, Buffer.from(note, 'utf8'));
      return enterClosing({ home: site.home, ledger, person, now: now(), sign }, alert);
    },
    { identity, talk },
  );
  const after = alertMeant(await alertsOf(site, now()), `${seq}/${rule}`);
  if (after.closed?.by === person.id) return after;
  throw notCounted(alert);
}

/** What there is of what was written when it was closed. */
export async function noteOf(
  site: OpenInstallation,
  alert: Alert,
  opener: Pick<SegmentOpener, 'kid' | 'open'>,
): Promise<WordsLook | { readonly state: 'open' }> {
  if (!alert.closed) return { state: 'open' };
  const digest = alert.closed.note;
  return /^[0-9a-f]{64}$/.test(digest) ? notes.look(boundTo(alert), digest, readSmall(pathOfNote(site.home, digest)), opener) : { state: 'missing' };
}
