/** What can go wrong beside the person's own doing, and who is told: the workspace where somebody is in, else the lock page. */
import { sweepPartials } from '../src/export/partial.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import { recoverRecordings, settledInShort } from '../src/records/index.ts';
import type { Home } from '../src/storage/index.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import { sentenceOf } from '../src/types/sentence.ts';
import { limitSentence, type Lowered } from '../src/native/process-limits.ts';
import type { Status } from './status.ts';
import type { WindowKeeper } from './window/keeper.ts';
import type { Workspaces } from './workspace/workspaces.ts';

/** So many seconds before the longest time after an unlock is over it is said: enough to end what one is doing. */
const LIMIT_WARN_S = 600;

export interface TroubleParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly windows: WindowKeeper;
  readonly workspace: Workspaces;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  readonly status: Status;
  readonly say: (line: string) => void;
}

export class Troubles {
  readonly #parts: TroubleParts;
  /** Who is in has been told that their time is nearly over. */
  #limitTold = false;

  constructor(parts: TroubleParts) {
    this.#parts = parts;
  }

  /** The lock and the end kill the vault, also in the middle of an export: what that had written in the clear does not stay. */
  sweepExports(): void {
    const { home, journal, status, say } = this.#parts;
    for (const { recording, removed, sentence, brief } of sweepPartials(home.run)) {
      status.flag(brief);
      say(sentence);
      if (removed && recording !== undefined) journal.log({ action: 'export', outcome: 'failure', detail: { recording, code: 'cut-off' } });
    }
  }

  /** Another program has lowered limits of our processes. What they can still do nobody knows, and whoever did it can do it again: it locks. */
  limited(lowered: readonly Lowered[]): void {
    if (lowered.length === 0) return;
    const { gate, journal, status, say } = this.#parts;
    const sentence = limitSentence(lowered);
    for (const detail of lowered) journal.refusals.limited(detail);
    status.flag(sentence);
    say(sentence);
    if (gate.holdsKey) void gate.lock('lowered');
    else gate.emitLocked('stale', () => ({}));
  }

  /** Whoever is in for nearly as long as the policy lets them be is told in time: what they run ends with it, unless they prove once more who they are. */
  limitComes(seconds: number): void {
    const { gate, installed } = this.#parts;
    const near = gate.session !== undefined && seconds <= LIMIT_WARN_S;
    if (near && !this.#limitTold) {
      const hold = installed.current?.policy.policy.lock.holdShells ?? false;
      const what = hold ? 'and your shells run on' : 'and your shells end';
      const minutes = Math.ceil(seconds / 60);
      gate.notice('warn', `In ${minutes} minutes you are logged off, whatever you type, ${what}. Lock and unlock before that, and the time begins anew.`);
    }
    this.#limitTold = near;
  }

  /** The process that holds the shells ended unasked. */
  shellsGone(): void {
    const { gate, windows, workspace, journal } = this.#parts;
    journal.log({ action: 'pty-host.exit', detail: {} });
    workspace.allGone(
      'The process that ran this shell has ended, and the shell with it. Everything up to its last whole record is sealed: wardmux play shows it. Start again for a new shell.',
    );
    // The page's channel ended with the process: the workspace is drawn anew, with a new channel.
    if (gate.session) windows.again('workspace', 'The process that runs the shells ends each time it is started.');
    // What is said to the page before would go with it.
    void this.#recover().finally(() =>
      gate.notice('stop', 'The process that runs the shells has ended. Their recordings are sealed up to the last whole record.'),
    );
  }

  /** Closes what the shells' end has left open; each is said behind one sentence for all. */
  async #recover(): Promise<void> {
    const { home, gate, installed } = this.#parts;
    try {
      const settled = installed.current ? await recoverRecordings(home.recordings, installed.current.ledger) : [];
      const each = settled.map(({ sentence }) => sentence);
      if (each.length > 0) gate.notice('warn', settledInShort(settled), undefined, each);
    } catch (error) {
      gate.notice('warn', sentenceOf(error));
    }
  }

  /** Something about an anchor, for the ledger; that one contradicts the ledger is told at once. */
  anchor(entry: AuditEntry): void {
    const { gate, journal, status } = this.#parts;
    journal.log(entry);
    if (entry.action !== 'anchor.diverged') return;
    const sentence = 'The ledger does not extend a head that is kept outside: it was cut, set back or rewritten. Tell whoever audits this workstation.';
    if (gate.session) gate.notice('stop', sentence);
    else status.flag(sentence);
  }

  /** The process that holds the shells warns. A recording that stops tells so by its own notice; this is such as a disk that fills. */
  warned(sentence: string, pane: number | undefined): void {
    const { gate, workspace } = this.#parts;
    if (pane !== undefined) workspace.faulted(pane, sentence);
    // Of somebody else's pane nobody else hears.
    if (pane !== undefined && !workspace.isOwn(pane)) return;
    gate.notice(pane === undefined ? 'warn' : 'stop', sentence, pane);
  }
}
