/** What each event of the ledger is called elsewhere, taken apart: from the rows of the table of events (src/ledger/table), where each stands with its event. */
import { eventTable } from '../ledger/events.ts';
import type { EventRow } from '../ledger/table/row.ts';
import type { Safeguard } from '../types/safeguards.ts';

/** The codes of an action, apart. */
export interface CatalogueCodes {
  readonly ecs: { readonly category: string; readonly type: readonly string[] };
  readonly ocsf: { readonly classUid: number; readonly activityId: number };
  /** `near`: the value set has no type for it, and this one is the nearest. */
  readonly dicom: { readonly eventId: string; readonly eventType: string; readonly near: boolean };
  readonly act: EventRow['codes']['act'];
  readonly outcome: 'failure' | undefined;
  readonly safeguard: Safeguard;
}

export const codes: ReadonlyMap<string, CatalogueCodes> = new Map(
  eventTable.map(({ action, codes: { ecs, ocsf, dicom, act, outcome, safeguard } }) => {
    const [category, types] = ecs.split(':') as [string, string];
    const [classUid, activityId] = ocsf.split(':').map(Number) as [number, number];
    const [eventId, eventType] = dicom.split('/') as [string, string];
    return [
      action,
      {
        ecs: { category, type: types.split(',') },
        ocsf: { classUid, activityId },
        dicom: { eventId, eventType: eventType.replace('~', ''), near: eventType.startsWith('~') },
        act,
        outcome,
        safeguard,
      },
    ];
  }),
);
