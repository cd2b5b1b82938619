/** What a kind of sink is: one literal a file, and a line in all.ts. Policy, queue, command and the process that sends are made from these. */
import type { z } from 'zod';
import type { AnchorError } from '../anchors/errors.ts';
import type { ServerCertificate, ServerRow } from '../anchors/tls.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import type { AlertTelling, ToldAlert } from './told.ts';

/** An event of the queue, and its leaf in the ledger's tree, lower-case hex. */
export interface SinkEvent {
  readonly event: LedgerEvent;
  readonly leaf: string;
}

/** What a kind needs to send. */
export interface SinkContext {
  /** The policy's list: nothing else is reached. */
  readonly network: readonly string[];
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** What this machine is called. */
  readonly host: string;
  /** What the row's `token` stands for, where it has one. */
  readonly token: string | undefined;
  /** Of kinds without an acknowledgement: how long a connection has to hold behind what it was given (ms). */
  readonly quietMs?: number;
}

/** What a kind needs to hand events over. */
export interface SendContext extends SinkContext {
  /** The leaf of any event of this ledger, lower-case hex; undefined where it has none of that number. */
  readonly leafOf: (seq: number) => Promise<string | undefined>;
}

/** What became of a batch. */
export interface Taken {
  /** So many of its first events, or alerts, were taken, or were there already, in the sense of the kind's `sent`. */
  readonly events: number;
  readonly certificate: ServerCertificate;
  /** Why the next was not, where not all were. Never skipped: the queue goes on with it. */
  readonly refused?: AnchorError | undefined;
}

/** Of which installation a test is, and when, ISO 8601 UTC. */
interface TestOf {
  readonly installation: string;
  readonly time: string;
}

/** What every row has, of whatever kind. */
export interface AnySinkRow extends ServerRow {
  readonly name: string;
  readonly kind: string;
  readonly token?: string | undefined;
}

interface AnyKind<Row extends AnySinkRow> {
  readonly kind: Row['kind'];
  /** Its row in policy.json. */
  readonly row: z.ZodType<Row>;
  /** What it means that an event, or an alert, went, for people. */
  readonly sent: (row: Row) => string;
  /** Hands over something that is no event. @throws AnchorError where it was not taken, or what the system says */
  readonly test: (row: Row, test: TestOf, context: SinkContext) => Promise<ServerCertificate>;
}

/** To which every event goes. */
export interface SinkKind<Row extends AnySinkRow> extends AnyKind<Row> {
  /** Events of one attempt. */
  readonly batch: number;
  /** Hands events over, in order. @throws AnchorError where none was taken, or what the system says */
  readonly send: (row: Row, events: readonly SinkEvent[], context: SendContext) => Promise<Taken>;
}

/** To which alerts go, and no events. */
export interface AlertKind<Row extends AnySinkRow & AlertTelling> extends AnyKind<Row> {
  /** Hands alerts over, in order; one at least. @throws AnchorError where none was taken, or what the system says */
  readonly tell: (row: Row, alerts: readonly ToldAlert[], context: SinkContext) => Promise<Taken>;
}
