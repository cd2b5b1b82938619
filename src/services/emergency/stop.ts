/**
 * Stops a person, or the station, at once, and lifts it again. It is an event that a security admin has signed, so no file that is deleted lifts it; and
 * it is for another one to lift than who has set it (src/ledger/person-facts.ts has the rules once more).
 */
import type { Permission } from '../../access/index.ts';
import { decided, type Decider } from '../deeds/decide.ts';
import { mayBy } from '../../ledger/entitled.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger, Together } from '../../ledger/ledger.ts';
import { readPinned } from '../../people/pinned.ts';
import { Refusal } from '../../types/refusal.ts';
import type { StopReason } from '../../types/words.ts';
import { requireStillMay } from '../deeds/admit.ts';
import type { PeopleParts } from '../people/people.ts';

type Parts = Pick<PeopleParts, 'home' | 'ledger' | 'admin'>;

/** @throws Refusal, LedgerError: then nothing was changed. */
export async function stopPerson(parts: Parts, id: string, reason: StopReason): Promise<void> {
  const { facts } = parts.ledger;
  const known = facts.person(id);
  if (!known) throw new Refusal('unknown-person', `There is no person ${JSON.stringify(id.slice(0, 40))} here. Nothing was changed.`);
  if (id === parts.admin.id) throw new Refusal('not-yourself', 'Nobody stops themselves: lock, and have another security admin do it. Nothing was changed.');
  if (known.state !== 'active') throw new Refusal('no-change', `${id} is ${known.state} already, and cannot come in. Nothing was changed.`);
  requireLifter(parts, id);
  await enterPersonStop(parts, id, 'stopped', reason);
}

/** @throws Refusal, LedgerError: then nothing was changed. */
export async function stopStation(parts: Parts, reason: StopReason): Promise<void> {
  const { facts } = parts.ledger;
  if (facts.stationStop) throw new Refusal('no-change', 'This station is stopped already. Nothing was changed.');
  requireLifter(parts);
  await enterStationStop(parts, 'stopped', reason);
}

/** Lifts what another security admin has stopped. @param id whom; undefined: the station. @throws Refusal, LedgerError: then nothing was changed. */
export async function liftStop(parts: Parts, id: string | undefined): Promise<void> {
  const { facts } = parts.ledger;
  const by = parts.admin.id;
  const known = id === undefined ? undefined : facts.person(id);
  const setBy = id === undefined ? facts.stationStop?.by : known?.state === 'stopped' ? known.stoppedBy : undefined;
  if (setBy === undefined) throw new Refusal('no-change', `${id ?? 'This station'} is not stopped. Nothing was changed.`);
  requireOtherHand(facts, setBy, by);
  if (id === by) throw new Refusal('not-yourself', 'Nobody lifts their own stop. Nothing was changed.');
  if (id === undefined) await enterStationStop(parts, 'lifted', null);
  else await enterPersonStop(parts, id, 'lifted', null);
}

/** @param setBy who has stopped it @throws Refusal where who lifts it is the same, or one of both has put the other there alone */
export function requireOtherHand(facts: Pick<LedgerFacts, 'hand'>, setBy: string, by: string): void {
  const now = new Date().toISOString();
  if (setBy === by) throw new Refusal('not-yourself', 'Nobody lifts what they have stopped themselves: another security admin does. Nothing was changed.');
  if (facts.hand(setBy, now) === facts.hand(by, now))
    throw new Refusal(
      'not-yourself',
      `Of ${by} and ${setBy}, who has stopped this, one alone has made the other a security admin: a third one lifts it. Nothing was changed.`,
    );
}

/**
 * Only another one lifts a stop: where there is none, it would be for ever. That of the station is lifted at its lock page or by a command, so whoever could
 * has something that opens. @param stopped who is about to be stopped, and lifts nothing then; undefined: the station @throws Refusal `nobody-lifts`
 */
export function requireLifter(
  { home, ledger, admin }: Pick<Parts, 'home'> & { readonly ledger: Pick<Ledger, 'facts'>; readonly admin: Pick<Decider, 'id'> },
  stopped?: string,
): void {
  const { facts } = ledger;
  const now = new Date().toISOString();
  const others = facts.active().filter((id) => id !== stopped && facts.hand(id, now) !== facts.hand(admin.id, now) && mayBy(facts, id, 'stop.lift'));
  if (others.some((id) => stopped !== undefined || opensAnything(home, facts, id))) return;
  throw new Refusal(
    'nobody-lifts',
    others.length === 0
      ? 'Only another security admin could lift this, and there is none here, so it would be for ever. Enrol one first, or keep somebody out with: wardmux person disable ID. Nothing was changed.'
      : 'Only another security admin could lift this, and the record of each other one here is damaged or away, so it would be for ever. Nothing was changed.',
  );
}

/** Whose record is damaged or away opens nothing. */
function opensAnything(home: Parts['home'], facts: LedgerFacts, id: string): boolean {
  try {
    return (readPinned(home, facts, id)?.slots.length ?? 0) > 0;
  } catch {
    return false;
  }
}

type To = 'stopped' | 'lifted';

async function enterPersonStop(parts: Parts, id: string, to: To, reason: StopReason | null): Promise<void> {
  const { ledger, admin } = parts;
  const by = admin.id;
  const request = { deed: 'stop', person: id, to, reason, after: ledger.facts.person(id)!.stateSeq } as const;
  const certificate = await decided(ledger.installation, { admin }, request, undefined);
  const detail = { to, ...(reason === null ? {} : { reason }), by, ...certificate };
  const { seq } = await ledger.append({ action: 'person.stop', person: id, detail }, stillMay(parts, to, 'person.stop', id));
  if (ledger.facts.person(id)?.stateSeq !== seq) throw passedOver();
}

async function enterStationStop(parts: Parts, to: To, reason: StopReason | null): Promise<void> {
  const { ledger, admin } = parts;
  const by = admin.id;
  const request = { deed: 'station', to, reason, after: ledger.facts.stationSeq } as const;
  const certificate = await decided(ledger.installation, { admin }, request, undefined);
  const detail = { to, ...(reason === null ? {} : { reason }), by, ...certificate };
  const { seq } = await ledger.append({ action: 'station.stop', detail }, stillMay(parts, to, 'station.stop'));
  if (ledger.facts.stationSeq !== seq) throw passedOver();
}

/**
 * Asked under the ledger's lock: an admin who was disabled since they were let in enters nothing, and nothing is stopped that nobody could lift by now.
 * @param stops what it needs to stop that. @param stopped whom; undefined: the station
 */
const stillMay = (parts: Parts, to: To, stops: Permission, stopped?: string): Together => ({
  before: () => {
    requireStillMay(parts.ledger.facts, parts.admin.id, to === 'stopped' ? stops : 'stop.lift');
    if (to === 'stopped') requireLifter(parts, stopped);
  },
});

/** The ledger has the event, and its rules do not take it: somebody else has changed it in the same moment. */
const passedOver = (): Refusal =>
  new Refusal('not-permitted', 'It was entered, and does not count: something was changed meanwhile. Look at: wardmux person list');
