/** What the handlers of the page's requests work with. Each file of this folder is one domain of src/bridge/schema.ts. */
import type { EventName, Events } from '../../src/bridge/schema.ts';
import type { Handlers } from '../../src/process/bridge-server.ts';
import type { Home } from '../../src/storage/index.ts';
import type { Clock } from '../clock.ts';
import type { DisplayFile } from '../display.ts';
import type { Gate } from '../gate.ts';
import type { Host } from '../host.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import type { PolicyWatch } from '../policy-watch.ts';
import type { PtyClient } from '../pty-client.ts';
import type { Status } from '../status.ts';
import type { Unlock } from '../unlock.ts';
import type { VaultKeeper } from '../vault-keeper.ts';
import type { WindowKeeper } from '../window-keeper.ts';
import type { Workspace } from '../workspace.ts';

export interface RequestParts {
  readonly home: Home;
  readonly host: Host;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly windows: WindowKeeper;
  readonly vaults: VaultKeeper;
  readonly pty: PtyClient;
  readonly workspace: Workspace;
  readonly unlock: Unlock;
  readonly status: Status;
  readonly policy: PolicyWatch;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  readonly display: DisplayFile;
  /** `copied`: something was copied in the workspace, and no lock page has cleared the clipboard since. */
  readonly clipboard: { copied: boolean };
  /** To whatever page stands; the gate's own `emit` is for the open workspace. */
  readonly emit: <E extends EventName>(event: E, payload: Events[E]) => void;
  /** Opens what the first run has made. */
  readonly openInstalled: () => Promise<void>;
}

/** The requests of one domain, each by its name in the table. */
export type HandlersOf<Prefix extends string> = {
  readonly [N in keyof Handlers as N extends Prefix | `${Prefix}.${string}` ? N : never]: Handlers[N];
};
