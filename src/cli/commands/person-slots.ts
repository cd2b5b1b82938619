/** `wardmux person slots`: what opens somebody's recordings, and changes of it. */
import type { Command } from 'commander';
import { nameSlot, newCodes, removeSlot } from '../../people/change.ts';
import type { PersonRecord } from '../../people/types.ts';
import { appendEvent, factsOf, openInstallation, type OpenInstallation } from '../../services/installation/installation.ts';
import { choosePerson } from '../../services/people/person.ts';
import { changeSentences } from '../../services/people/changes.ts';
import { changeSlotsOf, slotNotes, slotViews } from '../../services/people/slots.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';

interface SlotOptions extends PersonOptions {
  readonly json?: boolean;
  readonly remove?: string;
  readonly rename?: string;
  readonly name?: string;
  readonly codes?: boolean;
}

export const slotNeeds = {
  slots: 'evidence.read',
  '--remove': 'vault.slot.change',
  '--rename': 'vault.slot.change',
  '--codes': 'vault.slot.change',
} as const;

export const slotExamples = [
  ['wardmux person slots', 'what opens your recordings, made when, used when'],
  ['wardmux person slots --rename k-0123456789ab --name "Key in the safe"', 'asks for your passphrase'],
  ['wardmux person slots --codes | lp', 'prints a sheet of recovery codes, which are shown nowhere else'],
] as const;

/** Of the ISO form as much as people read: `2026-11-28 08:15`. */
const moment = (iso: string | null): string => (iso === null ? 'never' : iso.slice(0, 16).replace('T', ' '));

async function show(site: OpenInstallation, options: SlotOptions, io: CliIo): Promise<number> {
  const facts = await factsOf(site);
  const person = await choosePerson(site.home, facts, options.person, (entry) => appendEvent(site, entry));
  const slots = slotViews(person, facts);
  const notes = slotNotes(site.home, person);
  const changes = changeSentences(site.home, facts, person.id).toReversed();
  if (options.json) {
    await io.out(jsonText({ person: { id: person.id, name: person.name }, slots, notes, changes }));
    return exit.done;
  }
  const rows = slots.map(({ id, kind, name, made, lastUsed, verification, model }) => [
    id,
    kind,
    name ?? '',
    moment(made),
    moment(lastUsed),
    model ?? '',
    verification,
  ]);
  await io.out(`${printable(person.name)} (${person.id})\n${columns([['SLOT', 'KIND', 'NAME', 'MADE', 'LAST USED', 'MODEL', 'VERIFICATION'], ...rows])}`);
  for (const note of notes) io.talk(note);
  for (const sentence of changes) io.talk(sentence);
  return exit.done;
}

/** The sheet, as it is printed. */
function sheet({ id, name }: PersonRecord, made: string, codes: readonly { readonly number: number; readonly slot: string; readonly text: string }[]): string {
  return [
    `Wardmux recovery codes of ${printable(name)} (${id}), made ${moment(made)} UTC`,
    '',
    ...codes.map(({ number, slot, text }) => `  ${number}  ${text}   ${slot}`),
    '',
    'Each is good once, for a new passphrase: wardmux passphrase recover',
    'It takes the place of your passphrase and of every passkey. Sheets of before are void.',
    'Whoever has this sheet can take your place at this workstation: keep it where you keep a passport.',
    '',
  ].join('\n');
}

async function slots(options: SlotOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { remove, rename, name, codes } = options;
  if ((name === undefined) !== (rename === undefined)) throw new CliError('usage', '--rename ID and --name NAME go together.');
  const changes = [remove, rename, codes].filter((one) => one !== undefined).length;
  if (changes > 1) throw new CliError('usage', '--remove, --rename and --codes are one change each: give one of them.');
  if (changes === 0) return show(site, options, io);
  // Whoever has an audit key reads recordings, and is not to become the people in them.
  if (codes && io.stdoutIsTerminal && io.env['WARDMUX'] !== undefined)
    throw new CliError(
      'usage',
      'What this terminal shows is recorded, and who has an audit key could read the codes there and take your place. Nothing was made: send them to a printer (| lp), or into a file on a medium of yours.',
    );
  const identity = await unlockPerson(site, options, io);
  try {
    const { person } = identity;
    if (codes) {
      const now = new Date(io.now()).toISOString();
      const { codes: made } = await changeSlotsOf(site, identity, () => newCodes(identity, now));
      await io.out(options.json ? jsonText({ person: person.id, made: now, codes: made }) : sheet(person, now, made));
      io.talk('These codes stand nowhere else. Print the sheet and keep it away from this workstation.');
      return exit.done;
    }
    const done = await changeSlotsOf(site, identity, () => (rename === undefined ? removeSlot(identity, remove!) : nameSlot(identity, rename, name!)));
    if (options.json) await io.out(jsonText({ person: person.id, change: done.change, slot: done.slot }));
    else await io.out(rename === undefined ? `${remove} opens nothing any more.\n` : `${rename} has its name.\n`);
    return exit.done;
  } finally {
    identity.destroy();
  }
}

export function declareSlots(command: Command, io: CliIo, done: (status: number) => void): void {
  personOptions(command.command('slots'))
    .description(
      'Lists what opens a person’s recordings: kind, name, made when, last used as the ledger has it, the authenticator’s model as it says itself, and what it verifies. With an option it changes them, with the passphrase.',
    )
    .option('--json', 'print it as JSON')
    .option('--remove <SLOT>', 'takes a key slot away; never the last one that opens the recordings')
    .option('--rename <SLOT>', 'gives a passkey another name')
    .option('--name <NAME>', 'the name, with --rename')
    .option('--codes', 'makes a sheet of recovery codes in place of what is left of the one before, and prints it on stdout')
    .action(async (options: SlotOptions) => done(await slots(options, io)));
}
