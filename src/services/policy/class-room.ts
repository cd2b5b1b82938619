/** What the class of a session means for its shells, as the policy in force has it: where they keep what is theirs, and how they are kept in. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { sessionClass, type Policy } from '../../policy/index.ts';
import { EMERGENCY_CLASS } from '../../types/classes.ts';
import { Refusal } from '../../types/refusal.ts';

/** See src/pty/confine.ts, which takes it. */
interface ClassRoom {
  readonly class: string;
  readonly folder: string;
  readonly withhold: string[];
  readonly sandbox: { readonly network: boolean } | null;
}

/**
 * $XDG_STATE_HOME/wardmux-classes, else ~/.local/state/wardmux-classes. Not in the data folder: what shells keep is theirs, in the
 * clear, with the modes that they give it.
 */
function classesFolder(env: Readonly<Record<string, string | undefined>>): string {
  const state = env['XDG_STATE_HOME'];
  return join(state && isAbsolute(state) ? state : join(env['HOME'] || homedir(), '.local', 'state'), 'wardmux-classes');
}

/** @param person id: on one account nobody has another one's history. @throws Refusal `no-class` where the policy does not name the class any more */
export function classRoom(
  policy: Pick<Policy, 'classes' | 'workstation'>,
  person: string,
  of: string,
  env: Readonly<Record<string, string | undefined>>,
): ClassRoom {
  const folder = join(classesFolder(env), person, of);
  // Whoever breaks the glass has a shell, whatever cannot be made of a sandbox.
  if (of === EMERGENCY_CLASS) return { class: of, folder, withhold: [], sandbox: null };
  const found = sessionClass(policy, of);
  if (!found)
    throw new Refusal(
      'no-class',
      `The policy in force has no class "${of}" any more, so no shell is started in it. Open a session of another class: new-session -C NAME`,
    );
  return { class: of, folder, withhold: [...(found.withhold ?? [])], sandbox: found.sandbox ? { network: found.sandbox.network } : null };
}
