/** Where Wardmux cannot run yet: said at the start, before anything is tried. */

/** @returns a sentence, or undefined where it can. */
export function unsupported(platform: NodeJS.Platform): string | undefined {
  if (platform !== 'win32') return undefined;
  return 'Windows is not supported yet: shells are started and sealed over the ptys of Linux and macOS, and there is nothing of the kind for Windows consoles here. Nothing was changed.';
}
