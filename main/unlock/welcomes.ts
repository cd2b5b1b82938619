/** What whoever comes in is told: when they were in last, what failed since, what was changed of them. Each is said once, and to nobody else. */
import type { Events } from '../../src/bridge/schema.ts';
import { changeSentences } from '../../src/services/people/changes.ts';
import type { Home } from '../../src/storage/index.ts';
import { unlockMethods, type UnlockMethod } from '../../src/types/words.ts';
import type { Gate } from '../gate.ts';
import type { InstalledHolder } from '../installed.ts';

export interface WelcomesParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'notice'>;
  readonly installed: Pick<InstalledHolder, 'require'>;
}

export class Welcomes {
  readonly #parts: WelcomesParts;
  /** What the workspace that was opened last has yet to be told, and up to when its person was told what changes (ISO 8601 UTC). */
  #welcome: { readonly person: string; readonly told: Events['welcome']; readonly until: string | null } | undefined;
  /** The ledger's counts at the last unlock of this run. At the first one nobody knows what was told of the other methods: all of it is. */
  readonly #told = new Map<string, number>();
  /** What whoever came in last has yet to be told besides. */
  #notes: readonly string[] = [];

  constructor(parts: WelcomesParts) {
    this.#parts = parts;
  }

  /** Their workspace opens: what it says when it says hello. @param until up to when they were told what changes */
  opens(person: string, { lastUnlock, failures }: Events['welcome'], until: string | null): void {
    // A workspace that never said hello has told its person nothing.
    const untold = this.#welcome?.person === person ? this.#welcome.told.failures : 0;
    this.#welcome = { person, told: { lastUnlock, failures: failures + untold }, until };
    for (const other of unlockMethods) this.#told.set(`${person} ${other}`, this.#counted(person, other));
  }

  /** In place of those of whoever came in before. */
  note(notes: readonly string[]): void {
    this.#notes = notes;
  }

  /** Once for each unlock, and only for who listens. */
  takeNotes(): readonly string[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  /** What was changed of them since they were in last, by whoever: said once, and kept in the log. Their enrolment they were there for. */
  tellChanges(person: string, since: number): void {
    const { home, installed, gate } = this.#parts;
    const changed = changeSentences(home, installed.require().ledger.facts, person, Math.max(0, since));
    if (since < 0 || changed.length === 0) return;
    gate.notice('warn', 'What opens your keys, or what you may do here, was changed since you were in last.', undefined, changed);
  }

  /** Once for each unlock, and only for who listens: a page that stands may not have said hello yet. */
  takeWelcome(): { readonly told: Events['welcome']; readonly until: string | null } | undefined {
    const welcome = this.#welcome;
    this.#welcome = undefined;
    return welcome;
  }

  /**
   * When this person was let in last, by whatever door, in this run or an earlier one, and up to when they were told what changes: the ledger's word, ISO 8601
   * UTC. Null: never, or it cannot say.
   */
  async lastSeen(person: string): Promise<{ readonly unlock: string | null; readonly told: string | null }> {
    const { ledger } = this.#parts.installed.require();
    const found = await ledger.event(ledger.facts.untold(person).since).catch(() => undefined);
    const told = found?.event.time ?? null;
    // New keys, and a passphrase by a code, end the failures too, and nobody came in by them.
    return { unlock: found?.event.action === 'unlock' ? told : null, told };
  }

  #counted(person: string, method: UnlockMethod): number {
    return this.#parts.installed.require().ledger.facts.attempts(person, method).failures;
  }

  /** Failed tries since the last unlock by the ways that are not `method`: a success takes only its own away from the ledger's count. */
  failuresOfOthers(person: string, method: UnlockMethod): number {
    return unlockMethods
      .filter((other) => other !== method)
      .map((other) => Math.max(0, this.#counted(person, other) - (this.#told.get(`${person} ${other}`) ?? 0)))
      .reduce((sum, failures) => sum + failures, 0);
  }
}
