/** Windows and shells of each person, and of an emergency, and what they ask of the rest of the app: whose they are, and whether whoever is in may. */
import { denials, type Door } from '../src/access/index.ts';
import { Origins } from '../src/mux/origins.ts';
import { classRules } from '../src/policy/index.ts';
import { classRoom } from '../src/services/policy/class-room.ts';
import type { Home } from '../src/storage/index.ts';
import { EMERGENCY_CLASS } from '../src/types/classes.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { BreakGlass } from './unlock/break-glass.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { PolicyWatch } from './watch/policy.ts';
import type { PtyClient } from './processes/pty-client.ts';
import type { Reasons } from './reasons.ts';
import type { WorkspaceMemory } from './workspace/memory.ts';
import { Workspace } from './workspace/workspace.ts';
import { Workspaces } from './workspace/workspaces.ts';
import { whoseOf } from './person-session.ts';

export interface OwnWorkspacesParts {
  readonly home: Pick<Home, 'folder'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly gate: Pick<Gate, 'session' | 'requireSession' | 'requireWhole' | 'emit' | 'lock' | 'lockAfter'>;
  readonly pty: PtyClient;
  readonly installed: InstalledHolder;
  readonly policy: Pick<PolicyWatch, 'look'>;
  readonly breakGlass: Pick<BreakGlass, 'secondsLeft' | 'command'>;
  readonly journal: Pick<Journal, 'log'>;
  readonly memory: Pick<WorkspaceMemory, 'changed'>;
  readonly reasons: () => Pick<Reasons, 'of'>;
  /** Asked before each command. */
  readonly door: Door;
  /** Locks and closes the window. */
  readonly detach: () => void;
}

export function ownWorkspaces(parts: OwnWorkspacesParts): Workspaces {
  const { env, gate, installed, breakGlass, pty, now } = parts;
  const who = (): string | undefined => whoseOf(gate.session);
  // One clipboard for everybody, and so one memory of where what is in it comes from.
  const origins = new Origins();
  return new Workspaces({
    who,
    make: (whose, firstPane) => {
      const isIn = (): boolean => who() === whose;
      const { person, grant } = gate.requireSession();
      return new Workspace({
        person: person.id,
        session: grant.breakGlass === null ? 'main' : 'break-glass',
        sessionClass: grant.breakGlass === null ? undefined : EMERGENCY_CLASS,
        classes: () => classRules(installed.require().policy.policy),
        room: (of) => classRoom(installed.require().policy.policy, person.id, of, env),
        origins,
        firstPane,
        pty,
        owner: async () => {
          gate.requireSession();
          // Break-glass works on, whatever cannot be written.
          if (grant.breakGlass === null) gate.requireWhole();
          // In an emergency the policy that was in force is, whatever can be said of its file.
          await parts.policy.look().catch((error: unknown) => {
            if (grant.breakGlass === null) throw error;
          });
          const present = gate.requireSession();
          // Somebody else came in meanwhile: nothing is opened in their name.
          if (!isIn()) throw new Refusal('locked', denials.locked);
          const { breakGlass: glass } = present.grant;
          return {
            ...installed.owner(present.person, present.grant, parts.reasons().of(present.person.id)),
            ...(glass === null ? {} : { secondsLeft: breakGlass.secondsLeft(glass) }),
          };
        },
        ledger: (entry) => parts.journal.log(entry),
        // What goes on in parked shells is told to their person, when they are in again, and to nobody else.
        changed: (view) => isIn() && gate.emit('view', () => view),
        keep: (kept) => isIn() && parts.memory.changed(kept),
        client: (action) => isIn() && gate.emit('client', () => action),
        refused: (needs) => parts.door(needs)?.sentence,
        lock: () => void gate.lock('command'),
        lockAfter: (seconds) => gate.lockAfter(whose, seconds),
        emergency: (what) => void breakGlass.command(what),
        detach: parts.detach,
        // Whole: a relative one would be taken from each shell's own folder.
        env: env['WARDMUX_HOME'] ? { ...env, WARDMUX_HOME: parts.home.folder } : env,
        now,
      });
    },
  });
}
