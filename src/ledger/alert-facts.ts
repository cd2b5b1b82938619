/** Who closes an alert: somebody active who may, who is none of those it is about, and has signed that and the digest of their note. Pure. */
import { permissions } from '../access/index.ts';
import { PERSON_ID } from '../types/ids.ts';
import { alertText, certifierOf } from './certificate.ts';
import type { KnownPeople } from './break-glass-facts.ts';
import { areOneHand } from './quorum.ts';
import type { LedgerEvent } from './types.ts';

export const ALERT_CLOSED = 'alert.closed';

/** Whether it is about somebody, or about one whose hand they are: who alone has put them there. @param at ISO 8601 UTC */
export const isAbout = (people: KnownPeople, about: readonly string[], by: string, at: string): boolean =>
  about.some((one) => areOneHand({ get: (id) => people.person(id) }, by, one, at));

/**
 * Why an `alert.closed` does not count; undefined where it does, and for events of other things. Whether there was such an alert, and whether it was about
 * those, who evaluates the events says (src/alerts).
 */
export function alertWhy(before: KnownPeople, { action, seq, time, installation, person: by = '', detail = {} }: LedgerEvent): string | undefined {
  if (action !== ALERT_CLOSED) return undefined;
  const { alert, rule, about, note, byKey, signature } = detail;
  if (typeof alert !== 'number' || alert >= seq || typeof rule !== 'string' || typeof note !== 'string' || !isPeople(about))
    return 'closes an alert and does not say which, or whom it was about';
  if (isAbout(before, about, by, time)) return `closes the alert ${rule} of event ${alert} in the name of somebody whom it was about, or of a hand of theirs`;
  const known = before.person(by);
  const may = known?.state === 'active' && known.roles.some((role) => (permissions['alert.close'].roles as readonly string[]).includes(role));
  const text = alertText({ installation, alert, rule, about, note, by });
  const signer = typeof byKey === 'string' && typeof signature === 'string' ? certifierOf(text, { byKey, signature }) : undefined;
  return may && signer === known.signingKey ? undefined : `closes the alert ${rule} of event ${alert}, and nobody who may has signed that`;
}

const isPeople = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && PERSON_ID.test(one)) && new Set(value).size === value.length;
