/**
 * The table of commands, in the order of the help. A command is loaded when it is called: all of them together take longer
 * than `record` takes to start.
 */
import type { CliCommand } from '../command.ts';

const table: ReadonlyMap<string, () => Promise<CliCommand>> = new Map<string, () => Promise<CliCommand>>([
  ['init', async () => (await import('./init.ts')).init],
  ['record', async () => (await import('./record.ts')).record],
  ['list', async () => (await import('./list.ts')).list],
  ['play', async () => (await import('./play.ts')).play],
  ['export', async () => (await import('./export.ts')).exportCommand],
  ['trust', async () => (await import('./trust.ts')).trust],
  ['verify', async () => (await import('./verify.ts')).verify],
  ['ledger', async () => (await import('./ledger.ts')).ledger],
  ['anchor', async () => (await import('./anchor.ts')).anchor],
  ['person', async () => (await import('./person.ts')).person],
  ['stop', async () => (await import('./stop.ts')).stop],
  ['revocation', async () => (await import('./revocation.ts')).revocation],
  ['passphrase', async () => (await import('./passphrase.ts')).passphrase],
  ['breakglass', async () => (await import('./breakglass.ts')).breakglass],
  ['policy', async () => (await import('./policy.ts')).policy],
  ['audit-key', async () => (await import('./audit-key.ts')).auditKey],
  ['installation', async () => (await import('./installation.ts')).installation],
  ['selftest', async () => (await import('./selftest.ts')).selftest],
  ['posture', async () => (await import('./posture.ts')).postureCommand],
  ['report', async () => (await import('./report.ts')).reportCommand],
  ['lock', async () => (await import('./app.ts')).lock],
  ['status', async () => (await import('./app.ts')).status],
]);

/** What a command line needs: the command that it begins with, or all of them for the help and for what is no command. */
export function commandsFor(args: readonly string[]): Promise<readonly CliCommand[]> {
  const named = table.get(args[0] ?? '');
  return Promise.all(named ? [named()] : [...table.values()].map((load) => load()));
}
