/** What keeps the packaged app from starting at all. No import of Electron: the tests have none. */

/**
 * An argument or a variable of the starter that would change the engine. The fuses cover Node's own, and nothing covers
 * `--remote-debugging-port`, `--no-sandbox`, `--renderer-cmd-prefix` or `ELECTRON_DISABLE_SANDBOX`: so none that could be
 * one is taken. Wardmux itself has no arguments in the package, and reads no such variable.
 * @returns a sentence, or undefined where nothing is wrong. It names the argument without its value.
 */
export function startRefusal(start: { readonly packaged: boolean; readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv }): string | undefined {
  if (!start.packaged) return undefined;
  // Windows takes a slash for a dash.
  const argument = start.args.find((text) => text.startsWith('-') || (process.platform === 'win32' && text.startsWith('/')));
  if (argument !== undefined)
    return `Wardmux does not start with the argument ${shown(argument.split('=')[0]!)}: it takes none that begins with "-", because such arguments change the engine below it (debugging, sandbox). Start it without.`;
  const variable = Object.keys(start.env).find((name) => /^(ELECTRON|NODE)_/i.test(name));
  if (variable !== undefined)
    return `Wardmux does not start with the environment variable ${shown(variable)} set: variables that begin with ELECTRON_ or NODE_ change the engine below it. Unset it (env -u ${shown(variable)} …) and start again.`;
  return undefined;
}

/** A name of the starter's, fit for a sentence on a terminal. */
function shown(name: string): string {
  return name.replace(/[^\w.-]/g, '?').slice(0, 60);
}
