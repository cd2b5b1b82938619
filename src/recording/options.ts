/** What a recording is made with. */
import { OPERATOR, type Access, type Opened } from './access.ts';
import type { Recipient, RecordingNotice, StartInfo } from './types.ts';

/** The clock's edge. The real one is `recordingClock`; a test steps its own. */
export interface RecordingClock {
  /** Nanoseconds, monotonic, from any origin. */
  monoNs(): bigint;
  /** Milliseconds since 1970, UTC. */
  wallMs(): number;
}

export const recordingClock: RecordingClock = { monoNs: () => process.hrtime.bigint(), wallMs: () => Date.now() };

export interface RecordingOptions {
  /** The folder of all recordings; the recording gets a folder of its own in it, named by its id. Must exist. */
  readonly folder: string;
  /** An id from newRecordingId. A new one unless given. */
  readonly recording?: string;
  readonly installation: string;
  readonly person: string;
  /** As whom, where and why. */
  readonly access: Access;
  /** The class of its session; left out where there is no session. It stands in the event of its start. */
  readonly sessionClass?: string | undefined;
  /** SHA-256 of the policy in force, lower-case hex. */
  readonly policySha256: string;
  /** Everyone who can open it. At least one. */
  readonly recipients: readonly Recipient[];
  readonly start: StartInfo;
  readonly rotate: { readonly minutes: number; readonly mebibytes: number };
  /** Called synchronously. Must not throw. */
  readonly notice: (notice: RecordingNotice) => void;
  readonly clock?: RecordingClock;
  /** With less free space than this no recording begins. 0 unless given. */
  readonly reserveMebibytes?: number;
  /** Free space for an ordinary user on the folder's disk, in MiB: statfs unless given. */
  readonly freeMebibytes?: () => number;
}

/** What a recording takes from the policy in force. */
export interface RecordingRules {
  readonly policySha256: string;
  readonly workstationClass: Access['class'];
  readonly rotateMinutes: number;
  readonly rotateMebibytes: number;
  readonly reserveMebibytes: number;
}

/** Where it is written, and by what. */
export interface RecordingPlace {
  /** The folder of all recordings. */
  readonly recordingsFolder: string;
  readonly installation: string;
  /** Wardmux's own. */
  readonly version: string;
}

export interface RecordingStart {
  readonly place: RecordingPlace;
  readonly rules: RecordingRules;
  /** Whose it is, and who can open it. */
  readonly owner: Pick<RecordingOptions, 'person' | 'recipients'>;
  /** As whom and why it is begun; an operator at work, unless given. */
  readonly opened?: Opened | undefined;
  readonly sessionClass?: string | undefined;
  readonly start: Omit<StartInfo, 'version'>;
  readonly notice: RecordingOptions['notice'];
}

/** What every recording of a program is made with, in a pane or in a person's own terminal. */
export function recordingOptions({
  place,
  rules,
  owner: { person, recipients },
  opened = OPERATOR,
  sessionClass,
  start,
  notice,
}: RecordingStart): RecordingOptions {
  return {
    folder: place.recordingsFolder,
    installation: place.installation,
    person,
    access: { ...opened, class: rules.workstationClass },
    sessionClass,
    policySha256: rules.policySha256,
    recipients,
    start: { ...start, version: place.version },
    rotate: { minutes: rules.rotateMinutes, mebibytes: rules.rotateMebibytes },
    // What the policy keeps free, it keeps for this too: an emergency uses it.
    reserveMebibytes: opened.breakGlass === null ? rules.reserveMebibytes : 0,
    notice,
  };
}
