/** The table of commands. A command is loaded when it is called: all of them together take longer than `record` takes to start. */
import type { CliCommand } from '../command.ts';
import { all } from './all.ts';

/** Of the help, for somebody who reads it for the first time. A command that is not named here comes last. */
const order = [
  'init',
  'record',
  'host',
  'import',
  'list',
  'play',
  'export',
  'redact',
  'review',
  'hold',
  'delete',
  'erase',
  'retention',
  'backup',
  'restore',
  'trust',
  'verify',
  'ledger',
  'events',
  'alerts',
  'alert',
  'audit',
  'anchor',
  'sink',
  'person',
  'stop',
  'revocation',
  'passphrase',
  'breakglass',
  'policy',
  'audit-key',
  'installation',
  'selftest',
  'posture',
  'config',
  'report',
  'lock',
  'status',
  'completion',
];

const table: ReadonlyMap<string, () => Promise<CliCommand>> = new Map(
  [...order, ...Object.keys(all).filter((name) => !order.includes(name))].map((name) => [name, all[name]!]),
);

/** What a command line needs: the command that it begins with, one of the window's among them, or all of our own for the help and for what is no command. */
export async function commandsFor(args: readonly string[]): Promise<readonly CliCommand[]> {
  const [first = '', second] = args;
  const [word, ...rest] = first === 'help' && second !== undefined ? args.slice(1) : args;
  const named = table.get(word ?? '');
  // `wardmux help NAME` asks for all, as the parser of it does.
  if (named) return first === 'help' ? everyCommand() : [await named()];
  if (word === undefined || word === 'help' || word.startsWith('-')) return everyCommand();
  const { windowCommand } = await import('../window-command.ts');
  const ofWindow = windowCommand([word, ...rest], ownCommands);
  return ofWindow ? [ofWindow] : everyCommand();
}

/** Their names. A command of the window that has one of them is given in the window. */
export const ownCommands: readonly string[] = [...table.keys()];

/** All of them, in the order of the help. */
export const everyCommand = (): Promise<readonly CliCommand[]> => Promise.all([...table.values()].map((load) => load()));
