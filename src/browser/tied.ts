/** Ties what we start to us: a window whose main is gone shows text that nobody could take away, and so does a helper that never hears of its end. */
import { existsSync } from 'node:fs';

/** util-linux has both (`--pdeathsig` since 2.33, 2018); without them the next start ends a browser that was left (owned-folder.ts). */
const setpriv = '/usr/bin/setpriv';
const prlimit = '/usr/bin/prlimit';
/** A core of 0 bytes would still be piped to a collector of the system's; no file and no collector takes 1. */
const CORE = '--core=1:1';

/**
 * The command that starts a browser which the kernel kills as soon as our process ends, however that ends and whether or not the
 * browser runs then (prctl(2), PR_SET_PDEATHSIG), and which nobody but root lets write a core: its hard limit is as low as the soft
 * one. A script that executes the browser in its place, as those of the distributions do, passes both on. The death is not inherited:
 * a script that starts the browser and waits would leave one that is stopped, so what comes up as another process than the started one is
 * refused (browser.ts). A program with the setuid bit on the way, as snap's, takes the death away, and nobody can see that.
 */
export function tiedToUs(path: string, args: readonly string[]): { readonly path: string; readonly args: string[] } {
  if (process.platform !== 'linux' || !existsSync(setpriv) || !existsSync(prlimit)) return { path, args: [...args] };
  return { path: setpriv, args: ['--pdeathsig', 'KILL', '--', prlimit, CORE, '--', path, ...args] };
}

/**
 * The same for a helper of ours, which ends by itself once its pipe to us is closed, and seals what it has first: the kernel lets one that somebody
 * has stopped go on as soon as our process ends (SIGCONT), so that it hears of that. Else it would keep open keys and running shells.
 */
export function wokenWithoutUs(path: string, args: readonly string[]): { readonly path: string; readonly args: string[] } {
  if (process.platform !== 'linux' || !existsSync(setpriv)) return { path, args: [...args] };
  return { path: setpriv, args: ['--pdeathsig', 'CONT', '--', path, ...args] };
}
