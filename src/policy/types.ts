/** policy.json: what this workstation demands. Unknown fields are refused. */
import type { AnchorRow } from '../anchors/kinds.ts';
import type { PublicJwk } from '../types/keys.ts';

export interface Policy {
  readonly format: 'wardmux-policy';
  readonly version: 1;
  readonly workstation: { readonly name: string; readonly class: 'shared-clinical' | 'nursing' | 'it-office' | 'remote'; readonly banner: string };
  readonly lock: {
    /** Seconds without input until the lock. 30 to 900. */
    readonly idleSeconds: number;
    /** Seconds of warning before it. */
    readonly warnSeconds: number;
    /** Whether the lock empties the clipboard. True where it is left out. */
    readonly clearClipboard?: boolean | undefined;
  };
  readonly recording: {
    readonly input: 'never';
    readonly rotateMinutes: number;
    readonly rotateMebibytes: number;
    /** Stop opening panes when less than this is free. */
    readonly reserveMebibytes: number;
  };
  /** Every recording is wrapped for each of these. At least one. */
  readonly auditKeys: readonly { readonly kid: string; readonly label: string; readonly jwk: PublicJwk }[];
  /** Hosts that the app may reach. Empty: none. */
  readonly network: readonly string[];
  /** Where heads of the ledger are kept outside. Left out: nowhere. */
  readonly anchors?: readonly AnchorRow[] | undefined;
}
