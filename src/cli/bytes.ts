/** Arguments, variables and folders are bytes to the system and text to Node: what is no UTF-8 is found here before it is changed. */
import { isUtf8 } from 'node:buffer';
import { readFileSync, readlinkSync } from 'node:fs';
import { SentenceError } from '../types/sentence.ts';

/** Parts of a /proc file, which ends each with a NUL. Nothing where there is no such file. */
function parts(path: string): Buffer[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    found.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return found;
}

/** A sentence where an argument of this process is no UTF-8. */
export function argumentsNotUtf8(): string | undefined {
  const all = parts('/proc/self/cmdline');
  const at = all.findIndex((part) => !isUtf8(part));
  // Counted from the command's own first one: Node, its flags and the program come before.
  return at < 0 ? undefined : `Argument ${at - (all.length - (process.argv.length - 2)) + 1} is not UTF-8, and so it cannot be passed on as it is.`;
}

/** A sentence where a variable that this process was started with is no UTF-8; its value is not shown. */
export function variablesNotUtf8(): string | undefined {
  const bad = parts('/proc/self/environ').find((part) => !isUtf8(part));
  return (
    bad && `The environment variable ${bad.toString('latin1').split('=')[0]!.replace(/[^\w]/g, '?')} is not UTF-8, and so it cannot be passed on as it is.`
  );
}

/** The working folder. @throws SentenceError where it was deleted, or its name is no UTF-8. */
export function workingFolder(): string {
  let folder: string;
  try {
    folder = process.cwd();
  } catch {
    throw new SentenceError('The working folder does not exist any more. Go to another one, for example: cd');
  }
  if (folder.includes('\ufffd') && !isUtf8(readlinkSync('/proc/self/cwd', 'buffer')))
    throw new SentenceError('The name of the working folder is not UTF-8, and so the command cannot be started there. Go to another one.');
  return folder;
}
