/** What a recording is made with. */
import type { Access } from './access.ts';
import type { Recipient, RecordingNotice, StartInfo } from './types.ts';

/** The clock's edge. The real one is `systemClock`; a test steps its own. */
export interface RecordingClock {
  /** Nanoseconds, monotonic, from any origin. */
  monoNs(): bigint;
  /** Milliseconds since 1970, UTC. */
  wallMs(): number;
}

export const systemClock: RecordingClock = { monoNs: () => process.hrtime.bigint(), wallMs: () => Date.now() };

export interface RecordingOptions {
  /** The folder of all recordings; the recording gets a folder of its own in it, named by its id. Must exist. */
  readonly folder: string;
  /** An id from newRecordingId. A new one unless given. */
  readonly recording?: string;
  readonly installation: string;
  readonly person: string;
  /** As whom, where and why. */
  readonly access: Access;
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
