/**
 * Each person's own workspace. Whoever is in sees theirs and no other: the shells of somebody else run on, parked, with pane ids that nobody else's have.
 * What is asked of the open one goes to that of whoever is in; what a process tells of a pane goes to that of whom it belongs to.
 */
import type { Output } from '../../src/bridge/schema.ts';
import type { AlertKind, WorkspaceView } from '../../src/types/workspace-view.ts';
import { denials } from '../../src/access/index.ts';
import type { Kept } from '../../src/mux/state/kept.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { inTime } from '../../src/time/in-time.ts';
import type { OpenedHost } from './opened-hosts.ts';
import type { Workspace } from './workspace.ts';

/** Pane ids of one person: nobody opens as many in a run. A frame has 32 bits for one (src/bridge/frames.ts). */
const PANES_EACH = 2 ** 20;
const MOST_PEOPLE = 2 ** 12;
/** Shells that are hung up get so long; the process that holds them kills before that (src/pty/recorded-pty.ts). */
const LOGOFF_MS = 15_000;

export interface WorkspacesParts {
  /** Id of whoever is in, or of the emergency that they are in. */
  readonly who: () => string | undefined;
  /** @param firstPane id of the first pane; the next one has the next. */
  readonly make: (whose: string, firstPane: number) => Workspace;
}

export class Workspaces {
  readonly #parts: WorkspacesParts;
  /** In the order in which their people came in first: of the nth are the nth pane ids. */
  readonly #all = new Map<string, Workspace>();

  constructor(parts: WorkspacesParts) {
    this.#parts = parts;
  }

  /** That of whoever is in, if they had one in this run. */
  get #own(): Workspace | undefined {
    return this.#all.get(this.#parts.who() ?? '');
  }

  /** That of whoever is in. @throws Refusal while nobody is */
  #open(): Workspace {
    const who = this.#parts.who();
    if (who === undefined) throw new Refusal('locked', denials.locked);
    const known = this.#all.get(who);
    if (known) return known;
    if (this.#all.size >= MOST_PEOPLE) throw new Refusal('too-many', 'More people have come in than one run can hold. Restart Wardmux.');
    const made = this.#parts.make(who, this.#all.size * PANES_EACH);
    this.#all.set(who, made);
    return made;
  }

  #ofPane(pane: number): Workspace | undefined {
    return [...this.#all.values()][Math.floor(pane / PANES_EACH)];
  }

  // ---------------------------------------------------------------- of whoever is in

  get view(): WorkspaceView | undefined {
    return this.#own?.view;
  }

  /** The recording of a pane of theirs; undefined for anybody else's. */
  recording(pane: number): string | undefined {
    return this.#own?.recording(pane);
  }

  /** Of theirs: panes whose program runs, and those whose program waits for room on the disk. */
  get ownShells(): number {
    return this.#own?.shellCount ?? 0;
  }
  get ownHeld(): number {
    return this.#own?.heldCount ?? 0;
  }

  resize(cols: number, rows: number, kept?: Kept): void {
    this.#open().resize(cols, rows, kept);
  }

  /** A pane's program rang the bell, or printed, where nobody looks. */
  alert(pane: number, what: AlertKind): void {
    this.#open().alert(pane, what);
  }

  /** What is typed into one of these panes goes into all of them; none: not any more. */
  synchronized(panes: readonly number[]): void {
    this.#open().synchronized(panes);
  }

  command(line: string, pane: number | undefined, from?: readonly string[]): Output<'command'> {
    return this.#open().command(line, pane, from);
  }

  /** Commands of a command line, in words as a shell gives them. */
  given(words: readonly string[]): ReturnType<Workspace['given']> {
    return this.#open().given(words);
  }

  /** A host in a window of its own. @throws Refusal while nobody is in, or there is no window yet */
  openHost(host: OpenedHost): void {
    this.#open().openHost(host);
  }

  /** A pane of theirs has printed, or their page has come. */
  output(): void {
    this.#own?.output();
  }

  /** Of a pane of theirs: nobody else's is asked. */
  copied(pane: number, digests: readonly string[]): void {
    this.#own?.copied(pane, digests);
  }

  /** @returns why nothing is pasted, or null where it may be. @throws Refusal while nobody is in */
  pasted(pane: number, digests: readonly string[]): string | null {
    return this.#open().pasted(pane, digests);
  }

  // ---------------------------------------------------------------- of a pane

  /** Whether it belongs to whoever is in. */
  isOwn(pane: number): boolean {
    const own = this.#own;
    return own !== undefined && this.#ofPane(pane) === own;
  }

  exited(pane: number, code: number, signal: number): void {
    this.#ofPane(pane)?.exited(pane, code, signal);
  }

  faulted(pane: number, sentence: string): void {
    this.#ofPane(pane)?.faulted(pane, sentence);
  }

  held(pane: number, why: 'reserve' | 'full' | null): void {
    this.#ofPane(pane)?.held(pane, why);
  }

  // ---------------------------------------------------------------- of everybody

  /** Whether a pane shows this recording, be it live or stopped. */
  hasRecording(recording: string): boolean {
    return [...this.#all.values()].some((workspace) => workspace.hasRecording(recording));
  }

  get shellCount(): number {
    return this.#sum(({ shellCount }) => shellCount);
  }

  get heldCount(): number {
    return this.#sum(({ heldCount }) => heldCount);
  }

  /** People whose shells run. */
  get people(): number {
    return this.#sum(({ shellCount }) => (shellCount > 0 ? 1 : 0));
  }

  #sum(count: (workspace: Workspace) => number): number {
    return [...this.#all.values()].reduce((sum, workspace) => sum + count(workspace), 0);
  }

  /**
   * Ends somebody's shells, and forgets how their windows were. @returns how many were ended; resolves when they have, or have not in time.
   */
  async logOff(person: string): Promise<{ readonly ended: number; readonly left: number }> {
    const workspace = this.#all.get(person);
    const before = workspace?.shellCount ?? 0;
    if (workspace) await inTime(workspace.logOff(), LOGOFF_MS);
    const left = workspace?.endingCount ?? 0;
    return { ended: before - left, left };
  }

  /** Whose shells run. */
  withShells(): string[] {
    return [...this.#all].flatMap(([person, { shellCount }]) => (shellCount > 0 ? [person] : []));
  }

  /** Somebody's panes whose program runs. */
  shellsOf(person: string): number {
    return this.#all.get(person)?.shellCount ?? 0;
  }

  /** The process that holds the shells died: everybody's are gone. */
  allGone(sentence: string): void {
    for (const workspace of this.#all.values()) workspace.allGone(sentence);
  }
}
