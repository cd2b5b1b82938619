/**
 * What main asks of the process that goes through the ledger, and what that tells main. It sends events to the sinks of the policy too. It holds no key of the installation: it reads what anybody reads who has the files of
 * this account, which takes seconds where there is much of it, and for which main, which has a lease to renew and frames to relay, has no time.
 */
import { z } from 'zod';
import { ruleNames } from '../alerts/absences.ts';
import { anchorFailureCodes } from '../anchors/errors.ts';
import { isMoment } from '../recording/time.ts';
import { asked, told, type InputOf } from '../process/service.ts';
import { sinkKindNames, sinksSchema } from '../sinks/kinds.ts';
import { HOST_ID } from '../types/hosts.ts';
import { PERSON_ID } from '../types/ids.ts';
import {
  clockStates,
  eventKinds,
  fileChanges,
  integrityParts,
  ledgerFindings,
  MOST_NAMED_FILES,
  roles,
  sinkCertificates,
  workstationClasses,
} from '../types/words.ts';

const seq = z.int().nonnegative();
const moment = z.string().refine(isMoment);
const none = z.object({});
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** An alert that is open: as src/alerts has it. */
const openAlert = z.strictObject({
  rule: z.enum(ruleNames),
  seq,
  severity: z.enum(['warn', 'page']),
  owner: z.enum(['auditor', 'security']),
  raised: moment,
  due: moment,
  about: z.array(z.string().regex(PERSON_ID)).readonly(),
  hosts: z.array(z.string().regex(HOST_ID)).readonly(),
  count: z.int().positive(),
  last: moment,
});
export type OpenAlert = z.infer<typeof openAlert>;

/** So many are told, those that cannot wait first: whoever has more closes some of them, and sees the others then. */
export const MOST_TOLD = 500;

/** `events`: how far the ledger was read for it. `all`: how many are open; `page`: of these, how many are for getting somebody out of bed. */
const openAlerts = z.strictObject({ events: seq, all: seq, page: seq, alerts: z.array(openAlert).max(MOST_TOLD).readonly() });
export type OpenAlerts = z.infer<typeof openAlerts>;

/** Characters of a sentence. */
export const MOST_WORDS = 2000;

/** Reads what was entered since, which is little but at the first time. */
const LOOK_MS = 60_000;

/** Events of a page. */
const MOST_EVENTS = 200;
const milliseconds = z.int().nonnegative();
const person = z.string().regex(PERSON_ID);
/** A question of src/audit/pages.ts. */
const eventQuery = z.strictObject({
  kind: z.enum(eventKinds),
  before: seq.nullable(),
  count: z.int().min(1).max(MOST_EVENTS),
  actions: z.array(z.string().max(64)).max(MOST_EVENTS).readonly().nullable(),
  people: z.array(person).max(1000).readonly().nullable(),
  since: milliseconds.nullable(),
  until: milliseconds.nullable(),
});
export type EventQueryInput = z.infer<typeof eventQuery>;
/** Ids, digests and words of lists: nothing that a session showed, and no name. `detail`: in words, cut where it is very long. */
const shownEvent = z.strictObject({
  seq,
  time: moment,
  entered: moment.nullable(),
  action: z.string().max(64),
  person: z.string().max(64).nullable(),
  outcome: z.string().max(16).nullable(),
  aal: z.int().nullable(),
  credential: z.string().max(64).nullable(),
  detail: z.string().max(MOST_WORDS),
  raised: z.enum(['warn', 'page']).nullable(),
  /** As of that time (src/ledger/contexts.ts); null while the ledger is read for the first time. */
  context: z
    .strictObject({
      roles: z.array(z.enum(roles)).readonly(),
      policySha256: sha256.nullable(),
      workstationClass: z.enum(workstationClasses).nullable(),
      clockMs: z.int().nullable(),
      clockState: z.enum(clockStates),
    })
    .nullable(),
});
export type ShownEvent = z.infer<typeof shownEvent>;
const eventPage = z.strictObject({ size: seq, events: z.array(shownEvent).max(MOST_EVENTS).readonly(), next: seq.nullable(), reached: moment.nullable() });
export type ShownPage = z.infer<typeof eventPage>;

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
/** As src/audit/tally.ts has them. */
const pictures = z.strictObject({
  failed: z.strictObject({
    threshold: z.strictObject({ count: seq, minutes: seq }),
    hours: z
      .array(z.strictObject({ day, hour: seq, count: seq }))
      .max(24)
      .readonly(),
  }),
  activity: z
    .array(
      z.strictObject({
        day,
        of: z
          .array(z.strictObject({ count: seq, odd: z.boolean() }))
          .length(24)
          .readonly(),
      }),
    )
    .max(31)
    .readonly(),
  recordings: z
    .array(z.strictObject({ day, of: seq }))
    .max(31)
    .readonly(),
});

const name = z.string().max(64);

/** As src/alerts/reviews.ts has them. */
export const reviews = z.strictObject({
  from: seq,
  since: moment.nullable(),
  events: seq,
  own: z
    .array(z.strictObject({ person, from: seq, to: seq, events: seq }))
    .max(1000)
    .readonly(),
  last: z.strictObject({ seq, by: person, time: moment, from: seq, to: seq, finding: z.enum(ledgerFindings), note: sha256 }).nullable(),
});
export type ToldReviews = z.infer<typeof reviews>;

/** As src/services/integrity/check.ts has them. Paths and versions the ledger judges. */
const findings = z.strictObject({
  check: z.strictObject({ sha256, files: seq, differences: seq, found: sha256 }),
  differs: z
    .array(
      z.strictObject({
        part: z.enum(integrityParts),
        how: z.enum(fileChanges),
        file: z.string().max(256).optional(),
        expected: sha256.optional(),
        found: sha256.optional(),
      }),
    )
    .max(MOST_NAMED_FILES)
    .readonly(),
  updated: z.strictObject({ from: z.string().max(64), to: z.string().max(64), checkout: z.boolean(), files: seq, sha256 }).nullable(),
});

export const auditService = {
  /** First, once: the data folder, a path that is absolute. */
  configure: told('process.keep', z.object({ home: z.string() })),
  /** Sinks of the policy in force, and the hosts that it lets be reached: it sends to these from now on, and to no other. */
  sinks: told('process.keep', z.object({ rows: sinksSchema, network: z.array(z.string()) })),
  /** Which alerts are open, by everything that is in the ledger now. */
  look: asked('process.keep', none, openAlerts, LOOK_MS),
  /** A page of events, newest first. */
  events: asked('process.keep', eventQuery, eventPage, LOOK_MS),
  /** What the pictures of the audit centre are drawn from, by everything that is in the ledger now. */
  pictures: asked('process.keep', none, pictures, LOOK_MS),
  /** Which events nobody has reviewed, by everything that is in the ledger now. */
  reviews: asked('process.keep', none, reviews, LOOK_MS),
};
export type AuditService = typeof auditService;
export type AuditInput<N extends keyof AuditService> = InputOf<AuditService, N>;

export const auditParentService = {
  ready: told('process.keep', none),
  /** Which alerts are open: when it has read the ledger for the first time, and whenever there are others. */
  alerts: told('process.keep', openAlerts),
  /** A sink has the first `size` events: please have that signed and kept. */
  sent: asked('process.keep', z.strictObject({ sink: name, size: seq, root: sha256, at: moment, certificate: sha256 }), none),
  /** A sink fails or, null, takes events again: please enter it. */
  sink: asked(
    'process.keep',
    z.strictObject({
      sink: name,
      kind: z.enum(sinkKindNames),
      failed: z.strictObject({ code: z.enum(anchorFailureCodes), attempts: seq, waiting: seq }).nullable(),
    }),
    none,
  ),
  /** A certificate that a sink hangs on ends soon: please enter it. */
  sinkEnds: asked('process.keep', z.strictObject({ sink: name, which: z.enum(sinkCertificates), until: moment }), none),
  /** What a look at the program's files came to that the ledger does not have yet: please enter it. */
  files: asked('process.keep', findings, none),
  /** Why nothing can be said of alerts now, as a sentence: it tries again. */
  blind: told('process.keep', z.object({ sentence: z.string().max(MOST_WORDS) })),
};
export type AuditParentService = typeof auditParentService;
export type AuditParentInput<N extends keyof AuditParentService> = InputOf<AuditParentService, N>;
