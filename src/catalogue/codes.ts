/**
 * What each event of the ledger is called elsewhere: in ECS (Elastic Common Schema), in OCSF, in DICOM audit messages (PS3.15 A.5) and in FHIR R4
 * AuditEvents; and which safeguard it supports. One row an action: the compiler asks for it. Words and numbers are those of the published value sets, to which a test holds them.
 * Where they have no code for what happened the nearest one stands there (`near`), and the action itself says what it was.
 */
import type { AuditEntry } from '../ledger/events.ts';
import type { Safeguard } from '../types/safeguards.ts';

export type AuditAction = AuditEntry['action'];

interface Codes {
  /** event.category: event.type, a comma between several. */
  readonly ecs: `${string}:${string}`;
  /** class_uid:activity_id. */
  readonly ocsf: `${number}:${number}`;
  /** EventID/EventTypeCode, a tilde before a nearest one. They are FHIR’s type and subtype too. */
  readonly dicom: `${number}/${'~' | ''}${number}`;
  /** EventActionCode, and FHIR’s action: create, read, update, delete, execute. */
  readonly act: 'C' | 'R' | 'U' | 'D' | 'E';
  /** What became of it, where the event itself has no outcome. A refusal is a failure of whoever tried. */
  readonly outcome?: 'failure';
  readonly safeguard: Safeguard;
}

const table: { readonly [A in AuditAction]: Codes } = {
  'app.start': { ecs: 'process:start', ocsf: '6002:3', dicom: '110100/110120', act: 'E', safeguard: 'audit-controls' },
  'app.stop': { ecs: 'process:end', ocsf: '6002:4', dicom: '110100/110121', act: 'E', safeguard: 'audit-controls' },
  'first-run': { ecs: 'configuration:creation', ocsf: '6002:1', dicom: '110113/110129', act: 'C', safeguard: 'access-authorization' },
  lock: { ecs: 'session:info', ocsf: '3002:99', dicom: '110114/~110123', act: 'E', safeguard: 'automatic-logoff' },
  'process.limited': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110131', act: 'E', safeguard: 'integrity' },
  'pane.open': { ecs: 'process:start', ocsf: '1007:1', dicom: '110100/110120', act: 'E', safeguard: 'audit-controls' },
  'pane.refused': { ecs: 'process:info', ocsf: '1007:1', dicom: '110113/110132', act: 'E', outcome: 'failure', safeguard: 'access-control' },
  'pane.close': { ecs: 'process:end', ocsf: '1007:2', dicom: '110100/110121', act: 'E', safeguard: 'audit-controls' },
  'session.crossing': { ecs: 'process:info', ocsf: '6003:99', dicom: '110113/~110132', act: 'E', safeguard: 'access-control' },
  'session.reason': { ecs: 'session:info', ocsf: '3002:99', dicom: '110114/~110122', act: 'E', safeguard: 'access-authorization' },
  'session.park': { ecs: 'session:info', ocsf: '3002:99', dicom: '110114/~110125', act: 'E', safeguard: 'automatic-logoff' },
  'session.takeover': { ecs: 'session:end', ocsf: '3002:2', dicom: '110113/~110132', act: 'D', safeguard: 'automatic-logoff' },
  'session.logoff': { ecs: 'session:end', ocsf: '3002:2', dicom: '110114/110123', act: 'E', safeguard: 'automatic-logoff' },
  'input.jiggled': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110130', act: 'E', safeguard: 'automatic-logoff' },
  'pty-host.exit': { ecs: 'process:end', ocsf: '6002:4', dicom: '110113/~110121', act: 'E', outcome: 'failure', safeguard: 'audit-controls' },
  'vault-host.exit': { ecs: 'process:end', ocsf: '6002:4', dicom: '110113/~110121', act: 'E', outcome: 'failure', safeguard: 'audit-controls' },
  'renderer.exit': { ecs: 'process:end', ocsf: '6002:4', dicom: '110113/~110121', act: 'E', outcome: 'failure', safeguard: 'audit-controls' },
  'bridge.refused': { ecs: 'api:denied', ocsf: '6003:99', dicom: '110113/~110132', act: 'E', outcome: 'failure', safeguard: 'access-control' },
  'access.denied': { ecs: 'iam:info', ocsf: '6003:99', dicom: '110113/110132', act: 'E', outcome: 'failure', safeguard: 'access-control' },
  'host.refused': { ecs: 'intrusion_detection:denied', ocsf: '2004:1', dicom: '110113/~110132', act: 'E', outcome: 'failure', safeguard: 'access-control' },
  unlock: { ecs: 'authentication:start', ocsf: '3002:1', dicom: '110114/110122', act: 'E', safeguard: 'authentication' },
  'unlock.attempt': { ecs: 'authentication:info', ocsf: '3002:6', dicom: '110114/~110122', act: 'E', safeguard: 'login-monitoring' },
  'backoff.tampered': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110137', act: 'E', safeguard: 'login-monitoring' },
  'workspace.tampered': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110135', act: 'E', safeguard: 'integrity' },
  'view.refused': { ecs: 'process:info', ocsf: '6003:2', dicom: '110113/110132', act: 'R', outcome: 'failure', safeguard: 'access-control' },
  'installation.pin': { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/110129', act: 'U', safeguard: 'integrity' },
  'person.keys': { ecs: 'iam:user,change', ocsf: '3001:99', dicom: '110113/110137', act: 'U', safeguard: 'authentication' },
  'recovery.refused': { ecs: 'authentication:start', ocsf: '3002:1', dicom: '110114/110122', act: 'E', outcome: 'failure', safeguard: 'login-monitoring' },
  'person.roles': { ecs: 'iam:admin,change', ocsf: '3005:1', dicom: '110113/110136', act: 'U', safeguard: 'access-authorization' },
  'person.state': { ecs: 'iam:user,change', ocsf: '3001:99', dicom: '110113/110137', act: 'U', safeguard: 'workforce-termination' },
  'person.stop': { ecs: 'iam:user,change', ocsf: '3001:9', dicom: '110113/110137', act: 'U', safeguard: 'workforce-termination' },
  'station.stop': { ecs: 'configuration:change', ocsf: '6002:7', dicom: '110113/110129', act: 'U', safeguard: 'access-control' },
  'person.refused': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110137', act: 'R', outcome: 'failure', safeguard: 'integrity' },
  'breakglass.start': { ecs: 'iam:admin,user', ocsf: '3005:1', dicom: '110113/110127', act: 'E', safeguard: 'emergency-access' },
  'breakglass.extend': { ecs: 'iam:admin,user', ocsf: '3005:1', dicom: '110113/~110127', act: 'U', safeguard: 'emergency-access' },
  'breakglass.end': { ecs: 'iam:admin,user', ocsf: '3005:2', dicom: '110113/110138', act: 'E', safeguard: 'emergency-access' },
  'breakglass.alert': { ecs: 'network:info', ocsf: '4001:6', dicom: '110113/~110128', act: 'E', safeguard: 'emergency-access' },
  'breakglass.review': { ecs: 'iam:info', ocsf: '6003:2', dicom: '110101/~110138', act: 'R', safeguard: 'activity-review' },
  'breakglass.drill': { ecs: 'authentication:info', ocsf: '3002:6', dicom: '110114/~110122', act: 'E', safeguard: 'emergency-access' },
  'revocation.list': { ecs: 'iam:user,change', ocsf: '3005:2', dicom: '110113/110137', act: 'U', safeguard: 'workforce-termination' },
  'revocation.look': { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110129', act: 'R', safeguard: 'workforce-termination' },
  'recording.start': { ecs: 'file:creation', ocsf: '1008:6', dicom: '110113/110134', act: 'C', safeguard: 'audit-controls' },
  'recording.segment': { ecs: 'file:creation', ocsf: '1008:5', dicom: '110113/~110135', act: 'C', safeguard: 'audit-controls' },
  'recording.heads': { ecs: 'file:info', ocsf: '1008:99', dicom: '110113/~110135', act: 'U', safeguard: 'authenticate-ephi' },
  'recording.end': { ecs: 'file:change', ocsf: '1008:7', dicom: '110113/110133', act: 'E', safeguard: 'audit-controls' },
  'recording.failed': { ecs: 'file:change', ocsf: '1008:7', dicom: '110113/110133', act: 'E', outcome: 'failure', safeguard: 'audit-controls' },
  'recording.recovered': { ecs: 'file:change', ocsf: '1008:8', dicom: '110113/~110135', act: 'U', safeguard: 'authenticate-ephi' },
  'recording.damaged': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110135', act: 'E', outcome: 'failure', safeguard: 'integrity' },
  play: { ecs: 'file:access', ocsf: '1001:2', dicom: '110101/~110132', act: 'R', safeguard: 'activity-review' },
  view: { ecs: 'file:access', ocsf: '1001:2', dicom: '110101/~110132', act: 'R', safeguard: 'activity-review' },
  'recording.review': { ecs: 'file:info', ocsf: '6003:3', dicom: '110101/~110138', act: 'U', safeguard: 'activity-review' },
  'recording.unmask': { ecs: 'iam:info', ocsf: '6003:99', dicom: '110113/~110132', act: 'E', safeguard: 'access-authorization' },
  export: { ecs: 'file:access', ocsf: '1008:3', dicom: '110106/~110135', act: 'R', safeguard: 'audit-controls' },
  verify: { ecs: 'file:info', ocsf: '1008:99', dicom: '110101/~110135', act: 'R', safeguard: 'authenticate-ephi' },
  'hold.set': { ecs: 'configuration:change', ocsf: '1008:99', dicom: '110113/110135', act: 'U', safeguard: 'integrity' },
  'hold.clear': { ecs: 'configuration:change', ocsf: '1008:99', dicom: '110113/110135', act: 'U', safeguard: 'integrity' },
  'recording.deleted': { ecs: 'file:deletion', ocsf: '1008:2', dicom: '110113/110135', act: 'D', safeguard: 'integrity' },
  'hold.frozen': { ecs: 'configuration:change', ocsf: '1008:99', dicom: '110113/110135', act: 'U', safeguard: 'integrity' },
  'backup.begun': { ecs: 'process:start', ocsf: '6002:3', dicom: '110106/~110135', act: 'R', safeguard: 'data-backup' },
  'backup.made': { ecs: 'file:creation', ocsf: '1008:1', dicom: '110106/~110135', act: 'R', safeguard: 'data-backup' },
  'backup.erased': { ecs: 'file:deletion', ocsf: '1008:2', dicom: '110113/~110135', act: 'D', safeguard: 'integrity' },
  'backup.restored': { ecs: 'configuration:change', ocsf: '1008:99', dicom: '110113/110134', act: 'C', safeguard: 'data-backup' },
  'erasure.certified': { ecs: 'file:deletion', ocsf: '1008:2', dicom: '110113/110135', act: 'D', safeguard: 'integrity' },
  'ledger.unvouched': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110133', act: 'E', safeguard: 'integrity' },
  'ledger.disturbed': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/110133', act: 'E', outcome: 'failure', safeguard: 'integrity' },
  'ledger.kept': { ecs: 'configuration:info', ocsf: '1008:8', dicom: '110113/110134', act: 'E', safeguard: 'audit-controls' },
  'ledger.refused': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110133', act: 'E', outcome: 'failure', safeguard: 'integrity' },
  'ledger.read': { ecs: 'file:access', ocsf: '1001:2', dicom: '110101/~110132', act: 'R', safeguard: 'activity-review' },
  'alert.closed': { ecs: 'configuration:info', ocsf: '2004:3', dicom: '110101/~110132', act: 'U', safeguard: 'activity-review' },
  'installation.key': { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/110129', act: 'U', safeguard: 'encryption' },
  'anchor.sent': { ecs: 'network:info', ocsf: '1008:5', dicom: '110113/~110128', act: 'E', safeguard: 'authenticate-ephi' },
  'anchor.failed': { ecs: 'network:info', ocsf: '4001:4', dicom: '110113/~110128', act: 'E', outcome: 'failure', safeguard: 'authenticate-ephi' },
  'anchor.diverged': { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110133', act: 'E', outcome: 'failure', safeguard: 'integrity' },
  'sink.failed': { ecs: 'network:info', ocsf: '4001:4', dicom: '110113/~110128', act: 'E', outcome: 'failure', safeguard: 'activity-review' },
  'sink.resumed': { ecs: 'network:info', ocsf: '4001:1', dicom: '110113/~110128', act: 'E', safeguard: 'activity-review' },
  'policy.change': { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/110129', act: 'U', safeguard: 'access-authorization' },
  'consent.accepted': { ecs: 'authentication:info', ocsf: '3002:99', dicom: '110114/~110122', act: 'E', safeguard: 'workstation-use' },
  'audit-key.proven': { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110129', act: 'R', safeguard: 'encryption' },
  'audit-key.asked': { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110129', act: 'R', safeguard: 'encryption' },
  selftest: { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110129', act: 'R', safeguard: 'evaluation' },
  'policy.refused': { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/~110129', act: 'U', outcome: 'failure', safeguard: 'integrity' },
};

/** The codes of an action, apart. */
export interface CatalogueCodes {
  readonly ecs: { readonly category: string; readonly type: readonly string[] };
  readonly ocsf: { readonly classUid: number; readonly activityId: number };
  /** `near`: the value set has no type for it, and this one is the nearest. */
  readonly dicom: { readonly eventId: string; readonly eventType: string; readonly near: boolean };
  readonly act: Codes['act'];
  readonly outcome: 'failure' | undefined;
  readonly safeguard: Safeguard;
}

export const codes: ReadonlyMap<string, CatalogueCodes> = new Map(
  Object.entries(table).map(([action, { ecs, ocsf, dicom, act, outcome, safeguard }]) => {
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
