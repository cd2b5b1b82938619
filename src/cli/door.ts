/**
 * The command line's door. What nobody has to be known for is asked before a command begins; everything else once it is known
 * who it is, by `unlockPerson` or, where naming somebody is enough, by `record`.
 */
import { permissions, type Permission, type Standing } from '../access/index.ts';
import type { Enter } from '../services/admit.ts';
import { admit } from '../services/admit.ts';

/** What commands need: one permission, or one for each subcommand (`verify`) or option (`--key`) that changes it. */
export type CliNeeds = Permission | Readonly<Record<string, Permission>>;

/** What the command that runs needs of a person, and has not asked for yet. */
let due: Permission | undefined;

/** Did the command that has ended never ask whether its person may? Then it is not done well, whatever it did. */
export const neverAsked = (): Permission | undefined => due;

/** The command found nothing to do, and so nothing to ask for. */
export function nothingToDo(): void {
  due = undefined;
}

/** @param enter puts the denial into the ledger. @throws Refusal where it may not be done */
export async function pass(needs: Permission, standing: Standing, enter: Enter): Promise<void> {
  if (needs === due) due = undefined;
  await admit('cli', needs, standing, enter);
}

/**
 * Which permission a command line needs.
 * @param name of the command, or of its subcommand. @param options that were given, by their long names without dashes.
 */
export function needsOf(needs: CliNeeds, name: string, options: readonly string[]): Permission {
  if (typeof needs === 'string') return needs;
  const option = options.find((given) => Object.hasOwn(needs, `--${given}`));
  const found = option === undefined ? needs[name] : needs[`--${option}`];
  if (found === undefined) throw new Error(`the command ${name} does not say what it needs`);
  return found;
}

/** Before a command of the table begins. */
export async function passBefore(needs: Permission, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { roles, when } = permissions[needs];
  due = roles === 'anyone' ? undefined : needs;
  if (roles !== 'anyone' || when.length === 3) return;
  const [{ homeFolder, homePaths, readInstallation }, { appendEvent, openInstallation }] = await Promise.all([
    import('../storage/index.ts'),
    import('../services/installation.ts'),
  ]);
  const standing: Standing = { phase: readInstallation(homePaths(homeFolder(env))) ? 'locked' : 'first-run' };
  await pass(needs, standing, async (entry) => appendEvent(await openInstallation({ env }), entry));
}
