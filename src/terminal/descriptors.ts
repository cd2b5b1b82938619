/**
 * Which file descriptors the starter of this process has handed over. `--passphrase-fd` takes a number, and behind a wrong one
 * lies what Node or we have opened: to read there hangs, or takes the bytes of another file for a passphrase.
 */
import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Flag of fdinfo, in octal (proc(5), open(2)). Node sets it on everything that it opens, and on part of what it is handed. */
const CLOSE_ON_EXEC = 0o2000000;
/** Who may read and write: the last two bits. */
const ACCESS_MODE = 0o3;

let given: ReadonlySet<number> | undefined;

/**
 * Looks now, as the first thing of a process: whatever is opened later was not handed over. Only Linux tells; elsewhere
 * everything counts as handed over.
 */
export function noteDescriptors(): void {
  if (process.platform !== 'linux') return;
  const found = readdirSync('/proc/self/fd').flatMap((name) => describe(Number(name)) ?? []);
  const pipes = found.filter(({ file }) => file.startsWith('pipe:'));
  // A pipe whose two ends are both here, and closed at the next execve, is one of Node to itself.
  const isOwn = ({ file, access, kept }: Described): boolean =>
    !kept && (file.startsWith('anon_inode:') || pipes.some((other) => other.file === file && other.access !== access));
  given = new Set(found.filter((one) => one.fd <= 2 || !isOwn(one)).map(({ fd }) => fd));
}

/** False where it is known that the starter has not handed this descriptor over. */
export const wasHandedOver = (fd: number): boolean => given?.has(fd) ?? true;

interface Described {
  readonly fd: number;
  /** As /proc names it: a path, `pipe:[123]`, `anon_inode:[eventpoll]`. */
  readonly file: string;
  readonly access: number;
  /** It would live through execve(2). */
  readonly kept: boolean;
}

function describe(fd: number): Described | undefined {
  try {
    const file = readlinkSync(`/proc/self/fd/${fd}`);
    const flags = parseInt(/^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '', 8);
    // The folder that was just read is closed by now.
    fstatSync(fd);
    return { fd, file, access: flags & ACCESS_MODE, kept: (flags & CLOSE_ON_EXEC) === 0 };
  } catch {
    return undefined;
  }
}
