/** `wardmux stop`: locks somebody out at once, or the whole station, until another security admin lifts it. */
import { Option, type Command } from 'commander';
import type { PeopleParts } from '../../services/people/people.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import { liftStop, stopPerson, stopStation } from '../../services/emergency/stop.ts';
import { stopReasons, type StopReason } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';
import { somebody, type PersonOptions } from '../person.ts';
import { asPerson } from './person.ts';

type Options = PersonOptions & { readonly json?: boolean };
type StopOptions = Options & { readonly reason: StopReason };

const station = 'station';

/** @param who an id or a name; undefined: the station. */
async function deed(
  who: string | undefined,
  to: 'stopped' | 'lifted',
  { json, ...options }: Options,
  io: CliIo,
  act: (parts: PeopleParts, id: string | undefined) => Promise<void>,
): Promise<number> {
  const site = await openInstallation(io);
  const id = who === undefined ? undefined : await somebody(site, who);
  await asPerson(site, options, undefined, io, (parts) => act(parts, id));
  if (json) await io.out(jsonText({ what: id ?? station, state: to }));
  else await io.out(`${id ?? station}\t${to}\n`);
  return exit.done;
}

const withJson = (command: Command): Command => command.option('--json', 'print the result as JSON');
const reasonOption = (): Option => new Option('--reason <REASON>', 'why, for the ledger').choices(stopReasons).makeOptionMandatory();

export const stop: CliCommand = {
  name: 'stop',
  needs: { person: 'person.stop', station: 'station.stop', lift: 'stop.lift' },
  summary: 'Stops a person, or the whole station, at once, until another security admin lifts it.',
  description:
    'Whoever is stopped is locked and logged off within seconds, also where their shells run parked, and these end. While the station is stopped nobody unlocks but by break-glass; programs run on, recorded, as long as the policy lets them. Each is an event that the security admin has signed, so no file that is deleted lifts it. Nobody lifts what they have stopped themselves. The window has the same in :people, and the lock page of a stopped station takes a passkey or a passphrase for lifting it.',
  examples: [
    ['wardmux stop person p-0123456789ab --reason dismissal', 'out at once, and not in again'],
    ['wardmux stop station --reason security-incident --passphrase-fd 3 3< FILE', 'nobody unlocks here any more'],
    ['wardmux stop lift station', 'by another security admin; or: wardmux stop lift ID'],
  ],
  declare: (command, io, done) => {
    withJson(personOptions(command.command('person')))
      .description('Locks and logs off somebody else, who cannot come in until it is lifted.')
      .argument('<ID>', 'whom, by id or name')
      .addOption(reasonOption())
      .action(async (who: string, { reason, ...options }: StopOptions) =>
        done(await deed(who, 'stopped', options, io, (parts, id) => stopPerson(parts, id!, reason))),
      );
    withJson(personOptions(command.command(station)))
      .description('Nobody unlocks here any more but by break-glass.')
      .addOption(reasonOption())
      .action(async ({ reason, ...options }: StopOptions) => done(await deed(undefined, 'stopped', options, io, (parts) => stopStation(parts, reason))));
    withJson(personOptions(command.command('lift')))
      .description('Lifts what another security admin has stopped.')
      .argument('<WHAT>', 'station, or a person by id or name')
      .action(async (what: string, options: Options) => done(await deed(what === station ? undefined : what, 'lifted', options, io, liftStop)));
  },
};
