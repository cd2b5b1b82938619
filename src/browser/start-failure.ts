/** Why a browser did not come up: one sentence of what it said itself, and what to do. */

/** A browser's own line may be a paragraph; more than this says nothing to a person. */
const MAX_LINE_CHARS = 300;

interface Facts {
  readonly name: string;
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

const quoted = (line: string): string => `"${line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS)}…` : line}"`;

/** What a browser says (the first line that matches), and what that means to a person. */
const causes: readonly { readonly says: RegExp; readonly sentence: (line: string, facts: Facts) => string }[] = [
  {
    says: /Authorization required|No protocol specified|Invalid MIT-MAGIC-COOKIE/i,
    sentence: (_line, { env }) =>
      `the display ${env['DISPLAY'] ?? ''} does not let this account in. Start Wardmux as the account that is logged in there, or set XAUTHORITY to its key file.`,
  },
  {
    says: /Missing X server|open display|platform failed to initialize|connect to Wayland display/i,
    sentence: (_line, { env }) =>
      `nothing answers at the display ${env['DISPLAY'] ?? env['WAYLAND_DISPLAY'] ?? '(none is set)'}. In a terminal of the desktop that you sit at, echo $DISPLAY says the right one: set DISPLAY to it, and start Wardmux again.`,
  },
  {
    says: /No usable sandbox|SUID sandbox helper/,
    sentence: (line, { name }) =>
      `${name} cannot make its sandbox on this machine, and is not opened without one. On Debian: sudo apt-get install chromium-sandbox. Elsewhere, allow user namespaces for it. It said: ${quoted(line)}.`,
  },
  {
    says: /error while loading shared libraries/,
    sentence: (line, { name, path }) => `${name} (${path}) is not whole: install it again. It said: ${quoted(line)}.`,
  },
  {
    says: /No space left on device/,
    sentence: (line) => `the disk or the memory that its profile lies in is full: make room, and start Wardmux again. It said: ${quoted(line)}.`,
  },
];

/** A line of its log: [process:thread:day/time:SEVERITY:file:line] text. */
const logLine = /^\[[^\]]*?(?::(INFO|WARNING|VERBOSE\d|ERROR|FATAL))?:[^\]]*\]\s*/;

/** @param ended what became of the process @param said its stderr @returns a sentence */
export function startFailure(ended: string, said: string, facts: Facts): string {
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const text = (line: string): string => line.replace(logLine, '');
  for (const { says, sentence } of causes) {
    const line = lines.find((candidate) => says.test(candidate));
    if (line !== undefined) return sentence(text(line), facts);
  }
  // What is wrong is what it said last. A bus that is not there is nothing: it says so on every machine without one.
  const last = lines.filter((line) => !/dbus/i.test(line) && !/^\[[^\]]*:(INFO|WARNING|VERBOSE\d):/.test(line)).at(-1);
  return `${facts.name} (${facts.path}) did not come up: ${ended.replace(/\.$/, '')}.${last === undefined ? '' : ` It said: ${quoted(text(last))}.`}`;
}
