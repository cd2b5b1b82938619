/** Options that several commands share. */
import { InvalidArgumentError, Option, type Command } from 'commander';

/** A file descriptor's number. 0 is allowed: a pipe into stdin is a way to hand over a passphrase. */
export function descriptor(text: string): number {
  const fd = Number(text);
  if (!/^\d{1,9}$/.test(text) || fd > 65_535) throw new InvalidArgumentError('It is the number of an open file descriptor, for example 3.');
  return fd;
}

/** A whole number; who takes it knows its bounds. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}

/** A positive number. */
export function factor(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1000)) throw new InvalidArgumentError('It is a number above 0, 1000 at most.');
  return value;
}

/** --person and --passphrase-fd. */
export function personOptions(command: Command): Command {
  return command
    .option('--person <ID>', 'who you are, where several people share this installation')
    .addOption(new Option('--passphrase-fd <N>', 'read the passphrase from this file descriptor instead of the terminal').argParser(descriptor));
}
