/** The `wardmux` command in the process of a test: for what it prints and how it ends, where no process of its own is needed. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CliIo } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';

export interface Printed {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** @param home the data folder. @param place the HOME of whoever runs it. @param more what is other than in a script. */
export async function runHere(
  args: readonly string[],
  { home, place }: { readonly home: string; readonly place: string },
  more: Partial<CliIo> = {},
): Promise<Printed> {
  const out: Buffer[] = [];
  const err: string[] = [];
  const status = await runCli(args, {
    env: { WARDMUX_HOME: home, HOME: place },
    out: async (data) => void out.push(Buffer.from(data as string)),
    talk: (line) => void err.push(`${line}\n`),
    stdoutIsTerminal: false,
    now: Date.now,
    wait: async () => {},
    ...more,
  });
  return { status, out: Buffer.concat(out).toString(), err: err.join('') };
}

/** The same with passphrases at descriptors: of whoever runs it, and of a second person. None: as it stands. */
export async function runWith(
  args: readonly string[],
  at: { readonly home: string; readonly place: string },
  passphrases: readonly string[],
  more: Partial<CliIo> = {},
): Promise<Printed> {
  const fds = passphrases.map((words, n) => {
    const file = join(at.place, `passphrase-${n}`);
    writeFileSync(file, `${words}\n`);
    return openSync(file, 'r');
  });
  const options = fds.flatMap((fd, n) => [n === 0 ? '--passphrase-fd' : '--second-passphrase-fd', String(fd)]);
  const ran = await runHere([...args, ...options], at, more);
  for (const fd of fds)
    try {
      closeSync(fd);
    } catch {
      // The command closed it.
    }
  return ran;
}
