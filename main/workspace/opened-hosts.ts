/** Hosts that are open in panes of somebody's, for what the ledger is told of each: when its recording has begun, and when it has ended. */
import type { AuditEntry } from '../../src/ledger/events.ts';

/** A host that is opened in a window of its own, and what is entered of it. */
export interface OpenedHost {
  /** How it was asked for. */
  readonly name: string;
  readonly command: readonly string[];
  /** Of its panes; undefined: the one in front. */
  readonly class: string | undefined;
  readonly begun: (recording: string) => AuditEntry;
  readonly ended: (recording: string, code: number, signal: number) => AuditEntry;
}

/** Which host is open in which pane; a pane is known by its number. It enters nothing: each call says what is to be entered. */
export class OpenedHosts {
  readonly #panes = new Map<number, { readonly host: OpenedHost; readonly recording?: string }>();

  /** It is about to be opened in this pane. */
  add(pane: number, host: OpenedHost): void {
    this.#panes.set(pane, { host });
  }

  /** The pane's recording has begun. @returns what is entered; undefined where no host is opened in it */
  begun(pane: number, recording: string): AuditEntry | undefined {
    const { host } = this.#panes.get(pane) ?? {};
    if (host) this.#panes.set(pane, { host, recording });
    return host?.begun(recording);
  }

  /** The pane's program has ended, be it closed by hand. @returns the host's name, and what is entered where its recording had begun; undefined where none was opened in it */
  ended(pane: number, code: number, signal: number): { readonly name: string; readonly entry: AuditEntry | undefined } | undefined {
    const { host, recording } = this.#panes.get(pane) ?? {};
    this.#panes.delete(pane);
    return host && { name: host.name, entry: recording === undefined ? undefined : host.ended(recording, code, signal) };
  }

  /** Nothing of it came to be, or whoever would tell is gone. @param pane undefined: of all */
  forget(pane?: number): void {
    if (pane === undefined) this.#panes.clear();
    else this.#panes.delete(pane);
  }
}
