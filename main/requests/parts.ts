/**
 * What the handlers of the page's requests work with. Each file of this folder is one domain of src/bridge/schema.ts. Of each part
 * only that is named which a handler uses: what stands below can be another thing, as under the pages of test/renderer.
 */
import type { EventName, Events } from '../../src/bridge/schema.ts';
import type { RequestHandlers } from '../../src/process/bridge-server.ts';
import type { Medium } from '../../src/disk/media.ts';
import type { AuditKeyPlace } from '../../src/services/policy/audit-key.ts';
import type { Home } from '../../src/storage/index.ts';
import type { Auditing } from '../audit.ts';
import type { Attempts } from '../unlock/attempts.ts';
import type { BreakGlass } from '../unlock/break-glass.ts';
import type { Looks } from '../workspace/look.ts';
import type { Consent } from '../consent.ts';
import type { Evidence } from '../evidence.ts';
import type { Gate } from '../gate.ts';
import type { Host } from '../host.ts';
import type { Hosts } from '../hosts.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import type { Logoff } from '../unlock/logoff.ts';
import type { Lift } from '../deciding/lift.ts';
import type { People } from '../deciding/people.ts';
import type { lookAtPolicy } from '../deciding/policy-page.ts';
import type { PolicyWatch } from '../watch/policy.ts';
import type { Proving } from '../proving.ts';
import type { PtyClient } from '../processes/pty-client.ts';
import type { Reasons } from '../reasons.ts';
import type { Reviewing } from '../review.ts';
import type { SecretStoreFacts } from '../setup-facts.ts';
import type { Slots } from '../unlock/slots.ts';
import type { Status } from '../status.ts';
import type { Unlock } from '../unlock/unlock.ts';
import type { VaultClient } from '../processes/vault-client.ts';
import type { WaysIn } from '../unlock/ways-in.ts';
import type { Welcomes } from '../unlock/welcomes.ts';
import type { WindowKeeper } from '../window/keeper.ts';
import type { Workspaces } from '../workspace/workspaces.ts';
import type { WorkspaceMemory } from '../workspace/memory.ts';

export interface RequestParts {
  readonly home: Pick<Home, 'folder' | 'recordings'>;
  readonly host: Pick<Host, 'name' | 'passkeyLimit'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly gate: Pick<Gate, 'session' | 'activity' | 'greeted' | 'hold' | 'emit' | 'lock' | 'notice'>;
  readonly windows: Pick<WindowKeeper, 'document' | 'surface' | 'greet'>;
  readonly vaults: {
    /** The vault host that stands. @throws Refusal */
    readonly require: () => Pick<VaultClient, 'connect' | 'ask'>;
  };
  readonly pty: Pick<PtyClient, 'start' | 'attach' | 'ack'>;
  readonly workspace: Pick<Workspaces, 'view' | 'resize' | 'output' | 'command' | 'alert' | 'synchronized' | 'copied' | 'pasted'>;
  readonly memory: Pick<WorkspaceMemory, 'recall'>;
  readonly attempts: Pick<Attempts, 'changedRecords'>;
  readonly waysIn: Pick<WaysIn, 'look' | 'passkeyOptions' | 'passkeyUnused' | 'wait'>;
  readonly unlock: Pick<Unlock, 'attempt' | 'finishFirstRun'>;
  readonly welcomes: Pick<Welcomes, 'takeWelcome' | 'takeNotes'>;
  readonly breakGlass: Pick<BreakGlass, 'ask' | 'leave' | 'admit'>;
  readonly slots: Pick<
    Slots,
    'list' | 'raiseCost' | 'addPasskey' | 'changePassphrase' | 'rename' | 'remove' | 'confirmPassphrase' | 'passkeyOptions' | 'confirmPasskey' | 'enrolOptions'
  >;
  readonly people: Pick<People, 'list' | 'ask' | 'view' | 'newcomer' | 'agree' | 'agreeOptions' | 'refuse' | 'prove' | 'leave'>;
  readonly logoff: Pick<Logoff, 'heldPeople' | 'endHeld'>;
  readonly lift: Pick<Lift, 'station'>;
  readonly status: Pick<Status, 'workstation' | 'lockFacts' | 'line' | 'tell' | 'takeFlags'>;
  readonly policy: Pick<PolicyWatch, 'look' | 'remind'>;
  readonly lookAtPolicy: () => ReturnType<typeof lookAtPolicy>;
  readonly consent: Consent;
  readonly reasons: Pick<Reasons, 'asked' | 'of' | 'give'>;
  readonly installed: Pick<InstalledHolder, 'current'>;
  readonly journal: Pick<Journal, 'log' | 'notEntered'>;
  readonly display: Pick<Looks, 'value' | 'change'>;
  readonly evidence: Evidence;
  readonly proving: Proving;
  readonly audit: Auditing;
  readonly review: Reviewing;
  readonly hosts: Hosts;
  /** In the desktop's file manager. @returns false where there is none. */
  readonly showFolder: (folder: string) => Promise<boolean>;
  /** What the first run says before anything is written. */
  readonly setup: {
    readonly auditKey: () => AuditKeyPlace;
    /** On what a file lies. */
    readonly medium: (path: string) => Medium;
    readonly secretStore: () => Promise<SecretStoreFacts>;
  };
  /** `copied`: something was copied in the workspace, and no lock page has cleared the clipboard since. */
  readonly clipboard: { copied: boolean };
  /** To whatever page stands; the gate's own `emit` is for the open workspace. */
  readonly emit: <E extends EventName>(event: E, payload: Events[E]) => void;
  /** Opens what the first run has made. */
  readonly openInstalled: () => Promise<void>;
}

/** The requests of one domain, each by its name in the table. */
export type HandlersOf<Prefix extends string> = {
  readonly [N in keyof RequestHandlers as N extends Prefix | `${Prefix}.${string}` ? N : never]: RequestHandlers[N];
};
