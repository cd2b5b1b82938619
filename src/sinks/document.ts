/**
 * An event as a JSON document in the words of ECS (Elastic Common Schema), with what ECS has no word for under `wardmux`: what collectors take that speak JSON. Of what
 * leaves (leaving.ts), all of it; what it says in words of lists and ids is what the syslog message says. Pure.
 */
import { hostOf } from '../anchors/syslog-tls.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { eventId, leavingOf } from './leaving.ts';

/** The schema whose fields these are. */
const ECS_VERSION = '8.11.0';
/** What of a document stands in its own fields, wherever it is kept. */
const OBSERVER = { vendor: 'Wardmux', product: 'Wardmux', type: 'terminal' } as const;

/** A document with the id that the collector knows it by. */
export interface SinkDocument {
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly host: string;
  /** One line: JSON, or of a shape that has another form, that. */
  readonly line: string;
}

/** How a shape makes its documents. */
export interface DocumentForms {
  readonly event: (event: LedgerEvent, leaf: string, host: string) => SinkDocument;
  readonly test: (installation: string, time: string, host: string) => SinkDocument;
}

/** @param leaf its leaf in the ledger's tree, lower-case hex. */
export function eventDocument(event: LedgerEvent, leaf: string, host: string): SinkDocument {
  const { seq, time, entered, installation, aal, credential, monoUs } = event;
  const { name, person, outcome, codes, detail } = leavingOf(event);
  const id = eventId(event);
  const at = hostOf(host);
  const document = {
    '@timestamp': time,
    ecs: { version: ECS_VERSION },
    event: {
      kind: 'event',
      id,
      sequence: seq,
      action: name,
      outcome,
      module: 'wardmux',
      dataset: 'wardmux.ledger',
      ...(codes && { category: [codes.ecs.category], type: codes.ecs.type }),
    },
    host: { name: at },
    observer: { ...OBSERVER, serial_number: installation },
    ...(person !== undefined && { user: { id: person } }),
    wardmux: {
      // In this order, and first: a collector's file is compared with the ledger by these four (collected.ts).
      id,
      installation,
      seq,
      leaf,
      aal,
      credential,
      monoUs,
      ...(entered !== undefined && { entered }),
      ...(codes && {
        ocsf: { class_uid: codes.ocsf.classUid, activity_id: codes.ocsf.activityId },
        dicom: { event_id: codes.dicom.eventId, event_type: codes.dicom.eventType, event_action: codes.act },
      }),
      ...(detail.length > 0 && { detail: Object.fromEntries(detail) }),
    },
  };
  return { id, time, host: at, line: JSON.stringify(document) };
}

/** That a collector takes documents of this workstation: it is no event. */
export function testDocument(installation: string, time: string, host: string): SinkDocument {
  const at = hostOf(host);
  const id = `${installation}/test-${time}`;
  const document = {
    '@timestamp': time,
    ecs: { version: ECS_VERSION },
    event: { kind: 'state', id, action: 'test', module: 'wardmux', dataset: 'wardmux.test' },
    host: { name: at },
    observer: { ...OBSERVER, serial_number: installation },
    message: `A test of ${installation}: no event.`,
  };
  return { id, time, host: at, line: JSON.stringify(document) };
}

export const ecsDocuments: DocumentForms = { event: eventDocument, test: testDocument };
