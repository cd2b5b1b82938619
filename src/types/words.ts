/** Closed lists of words that several rooms use, each in one place. docs/format.md is normative for those that stand in files. */

/**
 * What somebody may be here, in the order in which lists of roles are written. Recordings are opened as operators, and in an emergency. This list and
 * the two of classes and reasons hold what later versions will write as well, because version 1 of the format is frozen: a reader of today judges those too.
 */
export const roles = ['operator', 'auditor', 'security', 'custodian', 'emergency'] as const;
export type Role = (typeof roles)[number];

/** What somebody is to this installation. `deleted` is for ever. */
export const personStates = ['active', 'disabled', 'deleted'] as const;
/**
 * Where somebody stands by everything that the ledger has: `stopped` until another security admin lifts it, `revoked` until a newer revocation list does
 * not name them any more.
 */
export const allPersonStates = [...personStates, 'stopped', 'revoked'] as const;

/** How a recording stands. `contradicts`: not what the ledger signed for. `unknown`: the ledger does not know it. */
export const recordingStates = ['complete', 'live', 'interrupted', 'contradicts', 'unknown'] as const;
export type RecordingStateWord = (typeof recordingStates)[number];
/** What an auditor who looks at a recording says of it. A recording of which nobody has said anything has none of these. */
export const reviewStates = ['to-review', 'in-review', 'fine', 'flagged'] as const;
export type ReviewState = (typeof reviewStates)[number];
/** What somebody found who looked through the events of a span of time. `followed-up`: something, and it was dealt with. `reported`: something, and it was handed on. */
export const ledgerFindings = ['nothing', 'followed-up', 'reported'] as const;
export type LedgerFinding = (typeof ledgerFindings)[number];
/**
 * Whether something sets this machine's clock, as the kernel says: `synced`, it was put right within its last hours; `unsynced`, it was not; `unknown`,
 * nobody here says so, or nobody has asked.
 */
export const clockStates = ['synced', 'unsynced', 'unknown'] as const;
export type ClockState = (typeof clockStates)[number];
/** Whose certificate of a sink ends: the collector's, this workstation's, or that of who signed the collector's. */
export const sinkCertificates = ['server', 'own', 'authority'] as const;
/** Of which sort the events are that somebody looks through (src/report/events.ts says which those are). */
export const eventKinds = ['all', 'alerts', 'failed', 'unlocks', 'changes', 'recordings', 'emergencies'] as const;
export type EventKind = (typeof eventKinds)[number];
/** What a list of recordings is sorted by. */
export const recordingSorts = ['start', 'person', 'length', 'size', 'state', 'proven', 'review'] as const;
export type RecordingSort = (typeof recordingSorts)[number];

/** Why a person or a station is stopped. A closed list: no free text is in the ledger. */
export const stopReasons = ['security-incident', 'lost-authenticator', 'dismissal', 'misuse', 'maintenance', 'drill', 'other'] as const;
export type StopReason = (typeof stopReasons)[number];
/** How two security admins have seen that somebody is who they say, before they give them new keys. A closed list: no free text is in the ledger. */
export const identityChecks = ['known-to-both', 'staff-badge', 'official-id', 'call-back', 'recovery-code'] as const;
export type IdentityCheckWord = (typeof identityChecks)[number];

/**
 * What became of the last look at the revocation list that the policy demands (src/revocation). missing, unreadable: where it should be; unsigned,
 * malformed: it is none, or of nobody who may; set-back, forked: an older one, or another one of the same number, than was seen before; early: issued in
 * the future; too-old.
 */
export const revocationStates = ['good', 'missing', 'unreadable', 'unsigned', 'malformed', 'set-back', 'forked', 'early', 'too-old'] as const;
export type RevocationState = (typeof revocationStates)[number];
/** What an event of that name can make of somebody. */
export type PersonStateWord = (typeof personStates)[number];
export type PersonState = (typeof allPersonStates)[number];

/** What kind of place the workstation stands in: the classes of the policy. */
export const workstationClasses = ['shared-clinical', 'nursing', 'it-office', 'remote'] as const;
export type WorkstationClass = (typeof workstationClasses)[number];

/** Where a first run does not say otherwise; whoever does one is asked or told. */
export const usualClass: WorkstationClass = 'nursing';

/** The same in words: what it is called, and what stands where. */
export const classWords: Readonly<Record<WorkstationClass, { readonly name: string; readonly where: string }>> = {
  nursing: { name: 'nursing', where: 'a ward or another team' },
  'shared-clinical': { name: 'shared clinical', where: 'many people in turn, where patients pass' },
  'it-office': { name: 'IT office', where: 'the desk of one person, where others do not enter' },
  remote: { name: 'remote', where: 'a desk outside of the hospital' },
};

/** Why a session was opened, where a reason was asked for. `none`: none was, as everywhere but in an emergency. */
export const reasons = [
  'none',
  'treatment',
  'patient-safety',
  'system-down',
  'identity-down',
  'lost-authenticator',
  'security-incident',
  'maintenance',
  'audit',
  'privacy-request',
  'legal',
] as const;
export type Reason = (typeof reasons)[number];

/**
 * Those that whoever comes in, or begins a session, gives where the policy asks for one, with what the window calls each: the word that somebody types to
 * find it in a list stands first, so that no two begin with an article.
 */
export const givenReasons = [
  'treatment',
  'patient-safety',
  'maintenance',
  'system-down',
  'security-incident',
  'audit',
  'privacy-request',
  'legal',
] as const satisfies readonly Reason[];
export type GivenReasonWord = (typeof givenReasons)[number];
export const givenReasonWords: Readonly<Record<GivenReasonWord, string>> = {
  treatment: 'treatment of a patient',
  'patient-safety': 'safety of a patient',
  maintenance: 'maintenance',
  'system-down': 'system down',
  'security-incident': 'security incident',
  audit: 'audit',
  'privacy-request': 'privacy request',
  legal: 'legal matter',
};
/** When the policy asks why: at each unlock, or when somebody’s session begins, until it has ended. */
export const reasonAsks = ['unlock', 'session'] as const;

/** For which of them somebody breaks the glass (requirements 4.6), with what the lock page calls each. */
export const emergencyReasons = [
  'patient-safety',
  'system-down',
  'identity-down',
  'lost-authenticator',
  'security-incident',
] as const satisfies readonly Reason[];
export type EmergencyReason = (typeof emergencyReasons)[number];
export const emergencyReasonWords: Readonly<Record<EmergencyReason, string>> = {
  'patient-safety': 'a patient’s safety',
  'system-down': 'a system is down',
  'identity-down': 'the sign-on service is down',
  'lost-authenticator': 'a key or passphrase is lost',
  'security-incident': 'a security incident',
};
/** How long an emergency lasts, and by how much it is extended, once (requirements 4.6). */
export const EMERGENCY_MINUTES = 60;
/** Two operators stand at the same lock page: what the first has agreed to is no use to who comes so long after. */
export const EMERGENCY_TOGETHER_MINUTES = 5;
/** How an emergency ended: by who was in, by its time, because another one began, because what ran it had ended by then, or because who was in it may not be any more. */
export const emergencyEnds = ['ended', 'expired', 'replaced', 'restart', 'person'] as const;
export type EmergencyEnd = (typeof emergencyEnds)[number];
/** What whoever reviews an emergency finds. */
export const reviewFindings = ['justified', 'not-justified'] as const;
export type ReviewFinding = (typeof reviewFindings)[number];

/** How an identity is opened. `passphrase-key`: by a passphrase and a key that is touched, both. */
export const unlockMethods = ['passkey', 'passphrase', 'passphrase-key'] as const;
export type UnlockMethod = (typeof unlockMethods)[number];

/** Why a recording ended in good order, or as good as it could. */
export const endReasons = ['exit', 'closed', 'app-stop', 'main-gone', 'write-failed'] as const;
export type EndReason = (typeof endReasons)[number];

/**
 * What a recording was imported from, that nobody here has witnessed: the format of another program's file. `recording.start` has it, and nothing else
 * makes an import of a recording.
 */
export const importKinds = ['asciicast-v2', 'asciicast-v3', 'script', 'ttyrec', 'tlog'] as const;
export type ImportKind = (typeof importKinds)[number];
/** What is said of an import wherever a recording is named: it is no word of ours that things happened so. */
export const importedText = (kind: string): string => `imported from a file (${kind}), not witnessed: what it shows, and when, is that file's word`;

/** What a hold covers: everything of one person, one recording, or all that ran in a span of time. */
export const holdScopes = ['person', 'recording', 'span'] as const;
export type HoldScope = (typeof holdScopes)[number];
/** Why recordings are held. A closed list: no free text is in the ledger. */
export const holdReasons = ['legal', 'security-incident', 'audit', 'privacy-request', 'patient-safety', 'other'] as const;
export type HoldReason = (typeof holdReasons)[number];
/** Why a hold is over. */
export const holdEnds = ['closed', 'mistake', 'other'] as const;
export type HoldEnd = (typeof holdEnds)[number];
/** Whether a recording was deleted because its time was over, or before that. */
export const deletionCauses = ['schedule', 'early'] as const;
export type DeletionCause = (typeof deletionCauses)[number];
/** Why a recording is deleted; `retention` is that of the schedule. */
export const deletionReasons = ['retention', 'privacy-request', 'legal', 'mistake', 'other'] as const;
export type DeletionReason = (typeof deletionReasons)[number];

/** The processes that a page has a sealed channel to. */
export const peers = ['pty', 'vault'] as const;
export type Peer = (typeof peers)[number];

/** The window's documents: each in a renderer process of its own. `guest`: somebody else is at the keyboard of an open session, and sees nothing of it. */
export const surfaces = ['setup', 'lock', 'workspace', 'guest'] as const;
export type Surface = (typeof surfaces)[number];

/**
 * How it is known that nothing of a page is on the screen any more. `gone`: the screen was looked at, or a picture after it
 * was presented, or the window never was on one; or a terminal says that it is empty. `killed`: there was no such proof in
 * time, so the processes that draw were ended, and the window with them. `unknown`: neither.
 */
export const invisibilities = ['gone', 'killed', 'unknown'] as const;
export type Invisibility = (typeof invisibilities)[number];

/** The fields of policy.json as the ledger names a change of them. A list is one field. src/policy/fields.ts says what each is for. */
export const policyFieldNames = [
  '$schema',
  'format',
  'version',
  'workstation.name',
  'workstation.class',
  'workstation.help',
  'workstation.banner',
  'classes',
  'consent.version',
  'consent.text',
  'lock.idleSeconds',
  'lock.warnSeconds',
  'lock.maxHours',
  'lock.logoffMinutes',
  'lock.parkMinutes',
  'lock.holdShells',
  'lock.takeOver',
  'lock.listParked',
  'lock.clearClipboard',
  'unlock.factors',
  'unlock.commands',
  'unlock.storedPasskeys',
  'reason.ask',
  'reason.ticket',
  'revocation.file',
  'revocation.keys',
  'revocation.maxAgeHours',
  'hosts.newKeys',
  'hosts.passwords',
  'hosts.ciphers',
  'hosts.kexAlgorithms',
  'hosts.macs',
  'hosts.classes',
  'recording.input',
  'recording.rotateMinutes',
  'recording.rotateMebibytes',
  'recording.reserveMebibytes',
  'recording.maskOwnReplays',
  'retention.contentDays',
  'auditKeys',
  'network',
  'anchors',
  'sinks',
] as const;
export type PolicyFieldName = (typeof policyFieldNames)[number];

/** Which way a change of the policy goes. */
export const policyDirections = ['weaker', 'stronger', 'neither'] as const;
export type PolicyDirection = (typeof policyDirections)[number];

/** What of an installation is held against what was signed for: the program's files, the list of them, the policy's files, and the other files of the data folder. */
export const integrityParts = ['program', 'list', 'policy', 'data'] as const;
export type IntegrityPart = (typeof integrityParts)[number];
/** How a file is not as it was signed for. `mode`: it has other rights; whose it is stands in no list. `kind`: it is a link, or no file. */
export const fileChanges = ['changed', 'mode', 'kind', 'missing', 'added', 'unreadable'] as const;
export type FileChange = (typeof fileChanges)[number];
/** Of more files than these one look enters how many there are. */
export const MOST_NAMED_FILES = 32;

/** Our own processes, whose limits are looked at. */
export const limitedProcesses = ['main', 'pty-host', 'vault-host', 'audit-host'] as const;
export type LimitedProcess = (typeof limitedProcesses)[number];
/** What a process may take of the system at most (getrlimit(2)), by the names of prlimit(1): those without which it cannot do what it is for. */
export const limitNames = ['as', 'cpu', 'data', 'fsize', 'memlock', 'msgqueue', 'nofile', 'nproc', 'sigpending', 'stack'] as const;
export type LimitName = (typeof limitNames)[number];

/** Colours of the window. */
export const themes = ['dark', 'light', 'system'] as const;

/** What ends somebody’s being in front: of the lock’s machine, and of the ledger’s event `lock`. */
export const lockCauses = [
  'idle',
  'limit',
  'hotkey',
  'menu',
  'command',
  'suspend',
  'resume',
  'os-lock',
  'user-switch',
  'lid',
  'renderer-gone',
  'vault-gone',
  'window-closed',
  'clock-back',
  'gap',
  'policy',
  'lowered',
  'stopped',
  'revoked',
  'unlisted',
  'emergency-over',
  'covered',
  'unknown',
] as const;

/**
 * Why it is locked, as far as a locked workstation tells whoever stands before it: what anybody in the room could have seen. `doubt`: something was not as
 * it should be, and the ledger says what.
 */
export const toldLockReasons = [
  'start',
  'idle',
  'hand',
  'command',
  'sleep',
  'lid',
  'desktop',
  'switch',
  'closed',
  'limit',
  'emergency-over',
  'left',
  'doubt',
] as const;
export type ToldLockReason = (typeof toldLockReasons)[number];

/** Something a person did. `move` (the pointer moved, nothing was pressed) extends once until the next key or press. */
export type Activity = 'key' | 'pointer' | 'move';

/** What is looked for in recordings: text that was shown, or the ticket that somebody gave. */
export const searchedFor = ['shown', 'ticket'] as const;
export type SearchedFor = (typeof searchedFor)[number];

/** What an export is, where it is no bundle that verifies: one file, made of what is disclosed. */
export const derivedForms = ['cast', 'text', 'report'] as const;
export type DerivedForm = (typeof derivedForms)[number];

/** What a recogniser finds (src/redaction), as `--redact` takes it. */
export const recogniserKinds = [
  'ssn',
  'mrn',
  'visit',
  'dob',
  'phone',
  'email',
  'mbi',
  'dea',
  'npi',
  'member',
  'name',
  'hl7',
  'fhir',
  'columns',
  'x12',
  'private-key',
  'cloud-key',
  'jwt',
  'password',
] as const;

/** What the window exports: a folder that verifies, that folder sealed to a key as one file, or a form of one file. */
export const exportForms = ['evidence', 'sealed', ...derivedForms] as const;
export type ExportForm = (typeof exportForms)[number];
