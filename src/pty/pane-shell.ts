/** A pane as the process with the shells has it. */
import type { Opened } from '../recording/access.ts';
import type { OutputBacklog } from './backlog/backlog.ts';
import type { RecordedPty } from './recorded-pty.ts';

export interface PaneShell {
  readonly id: number;
  readonly person: string;
  /** Thumbprint of the owner's public key, from before the first byte: whoever cannot prove that key sees nothing. */
  readonly owner: string;
  /** As whom and why: in an emergency, or as an operator. */
  readonly opened: Opened;
  recorded: RecordedPty | undefined;
  /** Set by a `kill` that came before the shell had started. */
  killed: boolean;
  /** What was typed before the shell had started. */
  readonly typed: Uint8Array[];
  /** Output bytes at the last snapshot. */
  snapshot: number;
  /** Output bytes at the end of the last view; undefined while there is one, or where there was none yet. */
  seen?: number | undefined;
  /** Output on its way to the page. */
  readonly backlog: OutputBacklog;
}

/** Once for each view: what is printed from then on is seen. */
export function takeSeen(pane: PaneShell): number | undefined {
  const { seen } = pane;
  pane.seen = undefined;
  return seen;
}
