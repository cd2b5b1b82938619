/**
 * The command line's door. What nobody has to be known for is asked before a command begins; everything else once it is known
 * who it is, by `unlockPerson` or, where naming somebody is enough, by `record`.
 */
import { permissions, type Permission, type Standing } from '../access/index.ts';
import type { Enter } from '../services/admit.ts';
import { admit } from '../services/admit.ts';

/** What commands need: one permission, or one for each subcommand (`verify`) or option (`--key`) that changes it. */
export type CliNeeds = Permission | Readonly<Record<string, Permission>>;

/** What the command that runs needs, as its row says, and whether it has been asked for. */
let row: Permission | undefined;
let asked = true;

/** Did the command that has ended never ask whether its person may? Then it is not done well, whatever it did. */
export const neverAsked = (): Permission | undefined => (asked ? undefined : row);

/** The command found nothing to do, and so nothing to ask for. */
export function nothingToDo(): void {
  asked = true;
}

/** What the command that runs needs: nothing else can be asked for in its name. @throws Error where none of the table runs */
export function needed(): Permission {
  if (row === undefined) throw new Error('no command of the table runs, so nobody knows what it needs');
  return row;
}

/** @param enter puts the denial into the ledger. @throws Refusal where it may not be done */
export async function pass(standing: Standing, enter: Enter): Promise<void> {
  asked = true;
  await admit('cli', needed(), standing, enter);
}

/**
 * Which permission a command line needs.
 * @param name of the command, or of its subcommand. @param flags the options that were given, as `--audit-key`.
 * @throws Error where its row does not say, or says two things
 */
export function needsOf(needs: CliNeeds, name: string, flags: readonly string[]): Permission {
  if (typeof needs === 'string') return needs;
  const [option, ...more] = flags.filter((flag) => Object.hasOwn(needs, flag));
  const others = more.filter((flag) => needs[flag] !== needs[option!]);
  if (others.length > 0) throw new Error(`the command ${name} needs one thing with ${option}, and another with ${others.join(', ')}`);
  const found = option !== undefined ? needs[option] : Object.hasOwn(needs, name) ? needs[name] : undefined;
  if (found === undefined) throw new Error(`the command ${name} does not say what it needs`);
  return found;
}

/** Before a command of the table begins. */
export async function passBefore(needs: Permission, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { roles, when } = permissions[needs];
  row = needs;
  asked = roles === 'anyone';
  if (roles !== 'anyone' || when.length === 3) return;
  const [{ homeFolder, homePaths, readInstallation }, { appendEvent, openInstallation }] = await Promise.all([
    import('../storage/index.ts'),
    import('../services/installation.ts'),
  ]);
  const standing: Standing = { phase: readInstallation(homePaths(homeFolder(env))) ? 'locked' : 'first-run' };
  await pass(standing, async (entry) => appendEvent(await openInstallation({ env }), entry));
}
