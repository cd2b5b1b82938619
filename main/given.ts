/**
 * Commands that a command line gives to the windows of whoever is in (`wardmux CMD`). An account that five people share proves nothing, and neither does
 * a place in one of the panes: whoever gives one has opened the identity that is open here, for this one command, and proves it over its words.
 */
import { Challenge } from '../src/proof/proof.ts';
import { commandProof } from '../src/control/command.ts';
import type { VerbHandlers } from '../src/control/verbs.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { Gate } from './gate.ts';
import type { Journal } from './journal.ts';
import type { PersonSession } from './person-session.ts';
import type { WindowKeeper } from './window/keeper.ts';
import type { Workspaces } from './workspace/workspaces.ts';

/** Challenges that nobody has answered: each command needs one, for a moment. The oldest goes first. */
const MOST_CHALLENGES = 32;

interface GivenParts {
  readonly gate: Pick<Gate, 'requireSession'>;
  readonly windows: Pick<WindowKeeper, 'surface'>;
  readonly workspace: Pick<Workspaces, 'given'>;
  readonly journal: Pick<Journal, 'log' | 'refusals'>;
  /** Whether whoever is in has yet to read or to say something before their panes are shown. */
  readonly waits: (person: string) => boolean;
}

export class Given {
  readonly #parts: GivenParts;
  /** By what was sealed. */
  readonly #asked = new Map<string, { readonly challenge: Challenge; readonly session: PersonSession }>();

  constructor(parts: GivenParts) {
    this.#parts = parts;
  }

  readonly handlers: Pick<VerbHandlers, 'challenge' | 'command'> = {
    challenge: async () => {
      const session = this.#session();
      const challenge = await Challenge.to(session.person.encryptionKey);
      for (const [sealed, each] of this.#asked) if (each.session !== session || this.#asked.size >= MOST_CHALLENGES) this.#drop(sealed);
      this.#asked.set(challenge.sealed, { challenge, session });
      return { person: session.person.id, sealed: challenge.sealed };
    },
    command: async ({ words, sealed, proof }) => {
      const session = this.#session();
      const { person } = session;
      const asked = this.#asked.get(sealed);
      // A lock between the two makes another session: what was asked in the one before proves nothing in this.
      const proven = asked?.session === session && asked.challenge.accepts(Buffer.from(proof, 'base64'), commandProof(person.id, words));
      this.#drop(sealed);
      if (!proven) {
        this.#parts.journal.refusals.badMessage('socket', 'bad-message');
        throw new Refusal('not-proven', 'This is no proof of who is in, or it is of another command. Nothing was done. Give the command again.');
      }
      const { commands, ...said } = this.#parts.workspace.given(words);
      for (const { command, outcome } of commands) this.#parts.journal.log({ action: 'command.given', person: person.id, outcome, detail: { command } });
      return said;
    },
  };

  /** @throws Refusal while nobody is in, and where who is in is not who may be asked */
  #session(): PersonSession {
    const { gate, windows, waits } = this.#parts;
    const session = gate.requireSession();
    if (session.grant.breakGlass !== null) throw new Refusal('emergency', 'In an emergency commands are given in the window alone. Nothing was done.');
    if (windows.surface !== 'workspace') throw new Refusal('covered', 'Somebody else has the keyboard of the window. Nothing was done.');
    if (waits(session.person.id)) throw new Refusal('asked', 'The window asks something first, before it shows panes: answer it there. Nothing was done.');
    return session;
  }

  #drop(sealed: string): void {
    this.#asked.get(sealed)?.challenge.drop();
    this.#asked.delete(sealed);
  }
}
