/** Every command of `wardmux`, by its word: one line each, made from the files of this folder by test/docs/made.test.ts. */
import type { CliCommand } from '../command.ts';

export const all: Readonly<Record<string, () => Promise<CliCommand>>> = {
  anchor: async () => (await import('./anchor.ts')).anchor,
  'audit-key': async () => (await import('./audit-key.ts')).auditKey,
  breakglass: async () => (await import('./breakglass.ts')).breakglass,
  export: async () => (await import('./export.ts')).exportCommand,
  init: async () => (await import('./init.ts')).init,
  installation: async () => (await import('./installation.ts')).installation,
  ledger: async () => (await import('./ledger.ts')).ledger,
  list: async () => (await import('./list.ts')).list,
  lock: async () => (await import('./app.ts')).lock,
  passphrase: async () => (await import('./passphrase.ts')).passphrase,
  person: async () => (await import('./person.ts')).person,
  play: async () => (await import('./play.ts')).play,
  policy: async () => (await import('./policy.ts')).policy,
  posture: async () => (await import('./posture.ts')).postureCommand,
  record: async () => (await import('./record.ts')).record,
  report: async () => (await import('./report.ts')).reportCommand,
  revocation: async () => (await import('./revocation.ts')).revocation,
  selftest: async () => (await import('./selftest.ts')).selftest,
  status: async () => (await import('./app.ts')).status,
  stop: async () => (await import('./stop.ts')).stop,
  trust: async () => (await import('./trust.ts')).trust,
  verify: async () => (await import('./verify.ts')).verify,
};
