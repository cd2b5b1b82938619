/**
 * Stops a person, or the station, at once, and lifts it again. It is an event that a security admin has signed, so no file that is deleted lifts it; and
 * it is for another one to lift than who has set it (src/ledger/person-facts.ts has the rules once more).
 */
import type { Permission } from '../access/index.ts';
import { decided } from './decide.ts';
import { mayBy } from '../ledger/entitled.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import type { Together } from '../ledger/ledger.ts';
import { Refusal } from '../types/refusal.ts';
import type { StopReason } from '../types/words.ts';
import { requireStillMay } from './admit.ts';
import type { PeopleParts } from './people.ts';

type Parts = Pick<PeopleParts, 'ledger' | 'admin'>;

/** @throws Refusal, LedgerError: then nothing was changed. */
export async function stopPerson(parts: Parts, id: string, reason: StopReason): Promise<void> {
  const { facts } = parts.ledger;
  const known = facts.person(id);
  if (!known) throw new Refusal('unknown-person', `There is no person ${JSON.stringify(id.slice(0, 40))} here. Nothing was changed.`);
  if (id === parts.admin.id) throw new Refusal('not-yourself', 'Nobody stops themselves: lock, and have another security admin do it. Nothing was changed.');
  if (known.state !== 'active') throw new Refusal('no-change', `${id} is ${known.state} already, and cannot come in. Nothing was changed.`);
  requireOther(facts, parts.admin.id, id);
  await enterPersonStop(parts, id, 'stopped', reason);
}

/** @throws Refusal, LedgerError: then nothing was changed. */
export async function stopStation(parts: Parts, reason: StopReason): Promise<void> {
  const { facts } = parts.ledger;
  if (facts.stationStop) throw new Refusal('no-change', 'This station is stopped already. Nothing was changed.');
  requireOther(facts, parts.admin.id);
  await enterStationStop(parts, 'stopped', reason);
}

/** Lifts what another security admin has stopped. @param id whom; undefined: the station. @throws Refusal, LedgerError: then nothing was changed. */
export async function liftStop(parts: Parts, id: string | undefined): Promise<void> {
  const { facts } = parts.ledger;
  const by = parts.admin.id;
  const known = id === undefined ? undefined : facts.person(id);
  const setBy = id === undefined ? facts.stationStop?.by : known?.state === 'stopped' ? known.stoppedBy : undefined;
  if (setBy === undefined) throw new Refusal('no-change', `${id ?? 'This station'} is not stopped. Nothing was changed.`);
  if (setBy === by) throw new Refusal('not-yourself', 'Nobody lifts what they have stopped themselves: another security admin does. Nothing was changed.');
  if (id === by) throw new Refusal('not-yourself', 'Nobody lifts their own stop. Nothing was changed.');
  if (id === undefined) await enterStationStop(parts, 'lifted', null);
  else await enterPersonStop(parts, id, 'lifted', null);
}

/** Only another one lifts a stop: where there is none, it would be for ever. @param stopped who is about to be stopped, and lifts nothing then */
function requireOther(facts: Pick<LedgerFacts, 'active' | 'person'>, admin: string, stopped?: string): void {
  if (facts.active().some((id) => id !== admin && id !== stopped && mayBy(facts, id, 'stop.lift'))) return;
  throw new Refusal(
    'nobody-lifts',
    'Only another security admin could lift this, and there is none here, so it would be for ever. Enrol one first, or keep somebody out with: wardmux person disable ID. Nothing was changed.',
  );
}

type To = 'stopped' | 'lifted';

async function enterPersonStop(parts: Parts, id: string, to: To, reason: StopReason | null): Promise<void> {
  const { ledger, admin } = parts;
  const by = admin.id;
  const request = { deed: 'stop', person: id, to, reason, after: ledger.facts.person(id)!.stateSeq } as const;
  const certificate = await decided(ledger.installation, { admin }, request, undefined);
  const detail = { to, ...(reason === null ? {} : { reason }), by, ...certificate };
  const { seq } = await ledger.append({ action: 'person.stop', person: id, detail }, stillMay(parts, to === 'stopped' ? 'person.stop' : 'stop.lift'));
  if (ledger.facts.person(id)?.stateSeq !== seq) throw passedOver();
}

async function enterStationStop(parts: Parts, to: To, reason: StopReason | null): Promise<void> {
  const { ledger, admin } = parts;
  const by = admin.id;
  const request = { deed: 'station', to, reason, after: ledger.facts.stationSeq } as const;
  const certificate = await decided(ledger.installation, { admin }, request, undefined);
  const detail = { to, ...(reason === null ? {} : { reason }), by, ...certificate };
  const { seq } = await ledger.append({ action: 'station.stop', detail }, stillMay(parts, to === 'stopped' ? 'station.stop' : 'stop.lift'));
  if (ledger.facts.stationSeq !== seq) throw passedOver();
}

/** Asked under the ledger's lock: an admin who was disabled since they were let in enters nothing. */
const stillMay = ({ ledger, admin }: Parts, needs: Permission): Together => ({ before: () => requireStillMay(ledger.facts, admin.id, needs) });

/** The ledger has the event, and its rules do not take it: somebody else has changed it in the same moment. */
const passedOver = (): Refusal =>
  new Refusal('not-permitted', 'It was entered, and does not count: something was changed meanwhile. Look at: wardmux person list');
