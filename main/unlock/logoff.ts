/**
 * Logs somebody off, as the machine has decided: their shells end, or run on where the policy holds them, and nothing of their windows stays in
 * memory. It is entered when it is so, and whoever it was is told when they come in again. What runs on so is listed for whoever may end it: whose, how
 * many and since when, and nothing of what it shows.
 */
import type { Output } from '../../src/bridge/schema.ts';
import type { LedgerFacts, LogoffFacts } from '../../src/ledger/facts.ts';
import type { LogoffCause } from '../../src/lock/machine.ts';
import { nameOf } from '../../src/services/people/people.ts';
import type { Home } from '../../src/storage/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import type { Gate } from '../gate.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import type { LockController } from '../lock-controller.ts';
import { whoseOf } from '../person-session.ts';
import type { PtyClient } from '../processes/pty-client.ts';
import type { WorkspaceMemory } from '../workspace/memory.ts';
import type { Workspaces } from '../workspace/workspaces.ts';

export interface LogoffParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'proven' | 'holdsKey' | 'session' | 'requireSession' | 'requireWhole'>;
  readonly machine: Pick<LockController, 'away'>;
  readonly installed: Pick<InstalledHolder, 'current'>;
  readonly journal: Pick<Journal, 'log'>;
  readonly pty: Pick<PtyClient, 'retire'>;
  readonly workspace: Pick<Workspaces, 'logOff' | 'shellsOf' | 'shellCount'>;
  readonly memory: Pick<WorkspaceMemory, 'forget'>;
}

/** Of whom nothing runs on, whatever the policy holds: they are not to be here any more. */
export const alwaysEnds: readonly LogoffCause[] = ['stopped', 'revoked', 'person', 'new-keys'];

export class Logoff {
  readonly #parts: LogoffParts;
  /** When each was logged off whose shells were held then. */
  readonly #held = new Map<string, string>();

  constructor(parts: LogoffParts) {
    this.#parts = parts;
  }

  /** Somebody else came in, and this person's shells run on. */
  parked(person: string): void {
    const { journal, workspace } = this.#parts;
    journal.log({ action: 'session.park', person, detail: { shells: workspace.shellsOf(person) } });
  }

  /** @param by who has taken over. Resolves when it is done; never rejects. */
  async loggedOff(person: string, cause: LogoffCause, by: string | undefined): Promise<void> {
    const { gate, installed, journal, pty, workspace, memory } = this.#parts;
    if (by !== undefined) journal.log({ action: 'session.takeover', person: by, detail: { of: person } });
    memory.forget(person);
    const hold = !alwaysEnds.includes(cause) && (installed.current?.policy.policy.lock.holdShells ?? false);
    const held = hold ? workspace.shellsOf(person) : 0;
    if (held > 0) this.#held.set(person, new Date().toISOString());
    const gone = hold ? { ended: 0, left: 0 } : await workspace.logOff(person);
    // A lock that it came with is told first.
    await gate.proven;
    journal.log({ action: 'session.logoff', person, detail: { cause, ended: gone.ended, held, ...(gone.left > 0 ? { left: gone.left } : {}) } });
    // Nobody has anything there any more: what it had in its memory goes with it.
    if (workspace.shellCount === 0 && !gate.holdsKey) pty.retire();
  }

  /** Whose shells run on although they were logged off, and since when. Whoever came in again has them, and is not among these. */
  get held(): readonly { readonly id: string; readonly since: string }[] {
    const { gate, machine, workspace } = this.#parts;
    const here = [whoseOf(gate.session), ...machine.away.map(({ person }) => person)];
    return [...this.#held].flatMap(([id, since]) => (here.includes(id) || workspace.shellsOf(id) === 0 ? [] : [{ id, since }]));
  }

  heldPeople(): Output<'people.held'>['held'] {
    const { home, installed, workspace } = this.#parts;
    const facts = installed.current?.ledger.facts;
    return this.held.map(({ id, since }) => ({ id, since, name: (facts && nameOf(home, facts, id)) ?? null, shells: workspace.shellsOf(id) }));
  }

  /** Whoever is in ends what of somebody else is held. @returns what is said of it. @throws Refusal where nothing is, or it could not be entered */
  async endHeld(id: string): Promise<string> {
    const { gate, journal, workspace } = this.#parts;
    const { person } = gate.requireSession();
    const found = this.heldPeople().find((one) => one.id === id);
    if (!found) throw new Refusal('not-held', 'Nothing of theirs runs on here any more: they came in again, or it has ended. Nothing was ended.');
    gate.requireWhole();
    const { ended, left } = await workspace.logOff(id);
    journal.log({ action: 'session.ended', person: person.id, detail: { of: id, ended, ...(left > 0 ? { left } : {}) } });
    const what = `${shells(ended)} of ${found.name ?? id} ended.`;
    return left === 0 ? what : `${what} ${shells(left)} had not ended in time, and ${left === 1 ? 'is' : 'are'} told once more when they come in.`;
  }
}

const shells = (count: number): string => (count === 1 ? 'One shell' : `${count} shells`);

const why: Readonly<Record<LogoffCause, string>> = {
  logoff: 'the time of the policy after a lock was over',
  park: 'the time of the policy was over while somebody else was in',
  limit: 'the longest time after an unlock was over',
  takeover: 'somebody else came in and took over, as the policy says',
  stopped: 'a security admin stopped your sessions',
  revoked: 'a revocation list named you',
  person: 'what you may do here was changed',
  'new-keys': 'you got new keys, and what ran was sealed to those before',
  unknown: 'nobody could tell how long you were away',
};

/** What somebody is told who is about to come in, and was logged off since they were in last. @param called a person’s name, or their id */
export function logoffNote(facts: Pick<LedgerFacts, 'untold' | 'logoff'>, person: string, called: (id: string) => string): string | undefined {
  const logoff = facts.logoff(person);
  const { since } = facts.untold(person);
  return logoff && logoff.seq > since ? logoffSentence(logoff, called) : undefined;
}

/** Undefined where nothing of theirs ran. */
function logoffSentence({ time, cause, ended: gone, held, by }: LogoffFacts, called: (id: string) => string, now = new Date()): string | undefined {
  if (gone + held === 0) return undefined;
  const where = cause === 'new-keys' ? 'which an audit key opens.' : 'see: wardmux list';
  const what =
    gone > 0
      ? `${shells(gone)} ended by it; what was printed is in the recordings, ${where}`
      : by === undefined
        ? `${shells(held)} ran on, recorded, as the policy says.`
        : `${shells(held)} ran on, recorded, until ${called(by)} ended what was left; what was printed is in the recordings, ${where}`;
  const at = new Date(time);
  const day = at.toDateString() === now.toDateString() ? '' : `${at.toDateString()}, `;
  return `You were logged off (${day}${at.toTimeString().slice(0, 5)}), because ${why[cause]}. ${what}`;
}
