/** The environment of our own child processes, in both hosts. */

/**
 * What a child may know of our environment. Shells get theirs by message, so no token of the person who started the app
 * lies in these processes. The bus address leads the vault host to the Secret Service.
 */
const passedOn = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'XDG_DATA_HOME',
  'XDG_CONFIG_HOME',
  'DBUS_SESSION_BUS_ADDRESS',
  // The vault host prints what it exports.
  'WARDMUX_BROWSER',
];

export function childEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of passedOn) if (env[name] !== undefined) result[name] = env[name];
  return result;
}
