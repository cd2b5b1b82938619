/** policy.json: what this workstation demands. Unknown fields are refused. What each field is for: fields.ts. */
import type { SinkRow } from '../sinks/kinds.ts';
import type { AnchorRow } from '../anchors/kinds.ts';
import type { PublicJwk } from '../types/keys.ts';
import type { RevocationPolicy } from '../revocation/index.ts';
import type { ClassLook } from '../types/classes.ts';
import type { NewHostKeys } from '../types/hosts.ts';
import type { reasonAsks, WorkstationClass } from '../types/words.ts';

/** A class of sessions. */
export interface SessionClass {
  readonly name: string;
  /** Left out: its name. */
  readonly label?: string | undefined;
  readonly look: ClassLook;
  /** Of sessions for which nobody has chosen one. One row has it. */
  readonly first?: boolean | undefined;
  /** Names of classes that its text may go into. */
  readonly to: readonly string[];
  /** Variables of the environment that its shells do not get. */
  readonly withhold?: readonly string[] | undefined;
  readonly sandbox?: { readonly kind: 'bubblewrap'; readonly network: boolean } | undefined;
}

export interface Policy {
  /** For editors. */
  readonly $schema?: string | undefined;
  readonly format: 'wardmux-policy';
  readonly version: 1;
  readonly workstation: { readonly name: string; readonly class: WorkstationClass; readonly banner: string; readonly help?: string | undefined };
  /** Classes of sessions. Left out: `clinical` and `general`, between which nothing goes, without a sandbox. */
  readonly classes?: readonly SessionClass[] | undefined;
  /** Left out: nobody is asked to accept anything. */
  readonly consent?: { readonly version: number; readonly text: string } | undefined;
  readonly lock: {
    /** Seconds without input until the lock. 30 to 900. */
    readonly idleSeconds: number;
    /** Seconds of warning before it. */
    readonly warnSeconds: number;
    /** Hours after an unlock until its person is logged off, whatever is typed. 24 where it is left out. */
    readonly maxHours?: number | undefined;
    /** Minutes after a lock until whoever was in is logged off. 60 where it is left out. */
    readonly logoffMinutes?: number | undefined;
    /** The same for somebody who is parked, from when somebody else came in. 60 where it is left out. */
    readonly parkMinutes?: number | undefined;
    /** Whether their shells run on then. False where it is left out. */
    readonly holdShells?: boolean | undefined;
    /** Whether whoever comes in logs off everybody else. False where it is left out. */
    readonly takeOver?: boolean | undefined;
    /** Whether the lock page lists whose shells run on. False where it is left out. */
    readonly listParked?: boolean | undefined;
    /** Whether the lock empties the clipboard. True where it is left out. */
    readonly clearClipboard?: boolean | undefined;
  };
  /** Left out: one factor does. */
  readonly unlock?:
    | {
        /** How many factors whoever comes in shows. 1 where it is left out. */
        readonly factors?: 1 | 2 | undefined;
        /** Whether a passphrase alone does at a terminal and in a command, where two are asked for. False where it is left out. */
        readonly commands?: boolean | undefined;
        /** Whether a passkey that holds no key itself opens, by half a key in the OS secret store. False where it is left out. */
        readonly storedPasskeys?: boolean | undefined;
      }
    | undefined;
  /** Left out: nobody is asked why. */
  readonly reason?: { readonly ask: (typeof reasonAsks)[number]; readonly ticket?: string | undefined } | undefined;
  /** Left out: no list is looked for. */
  readonly revocation?: RevocationPolicy | undefined;
  /** Left out: keys of hosts are asked about, and there are no passwords. */
  readonly hosts?:
    | {
        readonly newKeys?: NewHostKeys | undefined;
        readonly passwords?: boolean | undefined;
        readonly ciphers?: readonly string[] | undefined;
        readonly kexAlgorithms?: readonly string[] | undefined;
        readonly macs?: readonly string[] | undefined;
        /** The first row that a name fits gives the class of its panes. */
        readonly classes?: readonly { readonly name: string; readonly class: string }[] | undefined;
      }
    | undefined;
  readonly recording: {
    readonly input: 'never';
    readonly rotateMinutes: number;
    readonly rotateMebibytes: number;
    /** Stop opening panes when less than this is free. */
    readonly reserveMebibytes: number;
    /** Cover what the recognisers know in one’s own, until one asks otherwise. Left out: no. */
    readonly maskOwnReplays?: boolean | undefined;
  };
  /** Left out: recordings are kept for ever. */
  readonly retention?: { readonly contentDays: number } | undefined;
  /** Every recording is wrapped for each of these. At least one. */
  readonly auditKeys: readonly { readonly kid: string; readonly label: string; readonly jwk: PublicJwk }[];
  /** Hosts that the app may reach. Empty: none. */
  readonly network: readonly string[];
  /** Where heads of the ledger are kept outside. Left out: nowhere. */
  readonly anchors?: readonly AnchorRow[] | undefined;
  /** Where events of the ledger go. Left out: nowhere. */
  readonly sinks?: readonly SinkRow[] | undefined;
}
