/**
 * Alerts of an installation, from its ledger and nothing else; and how one is closed: with a note, which is sealed because it can name a patient, by
 * somebody whom it is not about.
 */
import { join } from 'node:path';
import { Alerts, type Alert } from '../../alerts/evaluate.ts';
import { defaultHours, type SiteHours } from '../../alerts/rules.ts';
import { readSmall, writeAtomic } from '../../disk/atomic.ts';
import { ALERT_CLOSED, alertWhy, isAbout } from '../../ledger/alert-facts.ts';
import { alertText, certify } from '../../ledger/certificate.ts';
import { LedgerFacts } from '../../ledger/facts.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { policyInForce } from '../../policy/index.ts';
import { sealedWords } from '../../recording/sealed-words.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import { recipientsOf } from '../recordings/start.ts';
import { Refusal } from '../../types/refusal.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { withLedger, type OpenInstallation } from '../installation/installation.ts';
import { readEvents } from './read.ts';

/** Characters of a note. */
const MAX_NOTE = 500;
const notes = sealedWords('alert-note');

/** Takes events in their order, and says which alerts there are. */
export class AlertReader {
  readonly #facts = LedgerFacts.from();
  readonly #alerts: Alerts;

  constructor(hours: SiteHours = defaultHours()) {
    this.#alerts = new Alerts(hours);
  }

  take(event: LedgerEvent): void {
    const closes = event.action !== ALERT_CLOSED || alertWhy(this.#facts, event) === undefined;
    this.#facts.take(event);
    this.#alerts.take(event, closes);
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
const pathOf = (site: OpenInstallation, digest: string): string => join(site.home.alertNotes, `${digest}.json`);

/** @throws Refusal where it is empty, too long, or has a line end or another control character in it */
function checkNote(note: string): string {
  if (note.trim() === '' || note.length > MAX_NOTE || /\p{Cc}/u.test(note))
    throw new Refusal('bad-words', `--note is one line of 1 to ${MAX_NOTE} characters that says what you found. Nothing was closed.`);
  return note.trim();
}

/** Why somebody cannot close it; undefined where they can. */
function closeFault({ closed, about, seq, rule }: Alert, person: string): string | undefined {
  if (closed) return `The alert ${rule} of event ${seq} was closed by ${closed.by} at ${closed.time}.`;
  if (about.includes(person)) return `Nobody closes an alert that is about them, and the alert ${rule} of event ${seq} is about you. Somebody else does.`;
  return undefined;
}

/** Closes an alert. @returns it, closed. @throws Refusal, LedgerError, StorageFault: then it is as it was */
export async function closeAlert(
  site: OpenInstallation,
  identity: OpenIdentity,
  { alert: typed, note }: { readonly alert: string; readonly note: string },
  { now, talk }: { readonly now: () => number; readonly talk: (line: string) => void },
): Promise<Alert> {
  const words = checkNote(note);
  const by = identity.person.id;
  const alert = alertMeant(await alertsOf(site, now()), typed);
  const fault = closeFault(alert, by);
  if (fault !== undefined) throw new Refusal('not-closed', `${fault} Nothing was closed.`);
  await withLedger(
    site,
    async ({ ledger }) => {
      if (isAbout(ledger.facts, alert.about, by, new Date(now()).toISOString()))
        throw new Refusal(
          'not-closed',
          `The alert ${alert.rule} of event ${alert.seq} is about somebody who counts as one with you, because one of you alone has made the other a security admin or an auditor. Somebody else closes it. Nothing was closed.`,
        );
      const bytes = Buffer.from(words, 'utf8');
      const file = await notes.seal(boundTo(alert), bytes, recipientsOf(identity.person, policyInForce(site.home, ledger.facts)));
      bytes.fill(0);
      const digest = notes.digest(file);
      writeAtomic(pathOf(site, digest), file);
      const { rule, seq, about } = alert;
      const text = alertText({ installation: ledger.installation, alert: seq, rule, about, note: digest, by });
      const certificate = await certify(text, identity.person.signingKey, (signed) => identity.sign(signed));
      const entry = { action: ALERT_CLOSED, person: by, detail: { alert: seq, rule, about, note: digest, ...certificate } } as const;
      await ledger.append(entry, { before: () => requireStillMay(ledger.facts, by, 'alert.close') });
    },
    { identity, talk },
  );
  const after = alertMeant(await alertsOf(site, now()), `${alert.seq}/${alert.rule}`);
  if (after.closed?.by === by) return after;
  throw new Refusal(
    'not-closed',
    `It was entered, and does not count: something was added to the alert ${alert.rule} of event ${alert.seq} meanwhile. Try it again.`,
  );
}

/** What was written when it was closed. `missing`, `changed`: the file is gone, or is not the one that the ledger has. `sealed`: not to that key. */
export async function noteOf(
  site: OpenInstallation,
  alert: Alert,
  opener: Pick<SegmentOpener, 'kid' | 'open'>,
): Promise<{ readonly words: string } | 'open' | 'missing' | 'changed' | 'sealed'> {
  if (!alert.closed) return 'open';
  if (!/^[0-9a-f]{64}$/.test(alert.closed.note)) return 'missing';
  const file = readSmall(pathOf(site, alert.closed.note));
  if (!file) return 'missing';
  if (notes.digest(file) !== alert.closed.note) return 'changed';
  const words = await notes.open(boundTo(alert), file, opener);
  return words === undefined ? 'sealed' : { words };
}
