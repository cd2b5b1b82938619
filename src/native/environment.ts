/**
 * Variables of the starter that would act inside of our processes: they load code or options into Node, Electron, the
 * dynamic linker, the C library or the cryptography. The list is runtime-variables.json, because the steps that run before
 * there is TypeScript read it too; it holds what ld.so takes away from a setuid program, and the runtimes' own.
 */
import list from './runtime-variables.json' with { type: 'json' };

export type Environment = Readonly<Record<string, string | undefined>>;

/** True for a variable that none of our processes may get. */
function isRuntimeVariable(name: string): boolean {
  return list.names.includes(name) || list.prefixes.some((prefix) => name.startsWith(prefix));
}

/** Names of those that are set, sorted. */
export function runtimeVariables(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => env[name] !== undefined && isRuntimeVariable(name))
    .sort();
}

/** The environment without them. */
export function withoutRuntimeVariables(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && !isRuntimeVariable(entry[0])));
}
