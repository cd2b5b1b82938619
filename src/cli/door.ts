/**
 * The command line's door. What nobody has to be known for is asked before a command begins; everything else once it is known
 * who it is, by `unlockPerson` or, where naming somebody is enough, by `record`. Until then a command whose row needs somebody can do
 * nothing, whatever it forgets: what it prints is held back, and the ledger is not opened for it.
 */
import { permissions, type Permission, type Standing } from '../access/index.ts';
import { admit, type Admitted, type Enter } from '../services/deeds/admit.ts';
import { CliError } from './exit.ts';

/** What commands need: one permission, or one for each subcommand (`verify`), option (`--key`) or options together (`--key --text`) that change it. */
export type CliNeeds = Permission | Readonly<Record<string, Permission>>;

/** What the command that runs needs, as its row says, and whether somebody is being asked for it, or may do it. */
let row: Permission | undefined;
let door: 'closed' | 'asking' | 'open' = 'open';
/** What is printed before somebody is asked: it is shown to whom is asked, or to nobody. */
let held: (() => Promise<void>)[] = [];

/** Did the command that has ended never ask whether its person may? Then nothing came of it. */
export const neverAsked = (): Permission | undefined => (door === 'closed' ? row : undefined);

/** A new command line, in a process that may have run another one: nothing of that one's is left. */
export function freshDoor(): void {
  row = undefined;
  door = 'open';
  held = [];
}

/** The command found nothing to do that somebody has to be asked for. */
export function nothingToDo(): void {
  door = 'open';
}

/** Before anything is done in an installation. @throws CliError where nobody was asked whether it may be */
export function requireAsked(): void {
  if (door !== 'closed') return;
  throw new CliError(
    'failed',
    `this command needs the permission ${row}, and would do something before anybody is asked for it. Nothing was done. Please report that.`,
  );
}

/** Prints, or holds back what is to be printed until somebody is asked. */
export async function printWhenAsked(print: () => Promise<void>): Promise<void> {
  held.push(print);
  if (door !== 'closed') await printHeld();
}

/** Everything that was held back, where that may be shown now. */
export async function printHeld(): Promise<void> {
  if (door !== 'closed') for (const print of held.splice(0)) await print();
}

/** While `ask` finds out who it is, what it is about is shown, and each attempt is entered. Where nobody is let in, the door is closed again. */
export async function whileAsking<T>(ask: () => Promise<T>): Promise<T> {
  const before = door;
  if (door === 'closed') door = 'asking';
  try {
    await printHeld();
    return await ask();
  } catch (error) {
    door = before;
    throw error;
  }
}

/** What the command that runs needs: nothing else can be asked for in its name. @throws Error where none of the table runs */
export function needed(): Permission {
  if (row === undefined) throw new Error('no command of the table runs, so nobody knows what it needs');
  return row;
}

/** @param enter puts the denial into the ledger. @throws Refusal where it may not be done */
export async function pass(standing: Standing, enter: Enter): Promise<Admitted> {
  const admitted = await admit('cli', needed(), standing, enter);
  door = 'open';
  return admitted;
}

/**
 * Which permission a command line needs.
 * @param name of the command, or of its subcommand. @param flags the options that were given, as `--audit-key`.
 * @throws Error where its row does not say, or says two things
 */
export function needsOf(needs: CliNeeds, name: string, flags: readonly string[]): Permission {
  if (typeof needs === 'string') return needs;
  const given = Object.keys(needs).filter((key) => key.startsWith('--') && key.split(' ').every((flag) => flags.includes(flag)));
  // What options say together stands in the place of what each of them says.
  const isPart = (key: string, of: string): boolean => of !== key && key.split(' ').every((flag) => of.split(' ').includes(flag));
  const [option, ...more] = given.filter((key) => !given.some((other) => isPart(key, other)));
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
  door = roles === 'anyone' ? 'open' : 'closed';
  held = [];
  if (roles !== 'anyone' || when.length === 3) return;
  const [{ homeFolder, homePaths, readInstallation }, { appendEvent, openInstallation }] = await Promise.all([
    import('../storage/index.ts'),
    import('../services/installation/installation.ts'),
  ]);
  const standing: Standing = { phase: readInstallation(homePaths(homeFolder(env))) ? 'locked' : 'first-run' };
  await pass(standing, async (entry) => appendEvent(await openInstallation({ env }), entry));
}
