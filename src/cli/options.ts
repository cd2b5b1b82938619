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

/** A moment: a day, which means its end (UTC), or a time with its zone. @returns milliseconds since the epoch */
export const moment = (text: string): number => momentOf(text, 'T23:59:59.999Z', 'its end');

/** The same, where a day means its beginning. */
export const beginning = (text: string): number => momentOf(text, 'T00:00:00.000Z', 'its beginning');

/** Date.parse takes 30 February for 2 March. */
const dayThatIs = (day: string): boolean => new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);

function momentOf(text: string, clock: string, means: string): number {
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = day || time ? Date.parse(day ? `${text}${clock}` : text) : Number.NaN;
  // Days that no month has are turned into others, and nobody meant those.
  if (Number.isNaN(at) || !dayThatIs(text.slice(0, 10)))
    throw new InvalidArgumentError(`It is a day as 2026-11-28, which means ${means} in UTC, or a time with its zone as 2026-11-28T14:00:00Z.`);
  return at;
}

/** The same, and who agrees. @param when that takes two, as a part of a sentence */
export function twoPeopleOptions(command: Command, when: string): Command {
  return personOptions(command)
    .option('--second <PERSON>', `who agrees, by id or name, ${when}`)
    .addOption(new Option('--second-passphrase-fd <N>', 'read their passphrase from this file descriptor').argParser(descriptor));
}

/** --person and --passphrase-fd. */
export function personOptions(command: Command): Command {
  return command
    .option('--person <ID>', 'who you are, by id or name, where several people share this installation; else the one whose passphrase it is')
    .addOption(new Option('--passphrase-fd <N>', 'read the passphrase from this file descriptor instead of the terminal').argParser(descriptor));
}
