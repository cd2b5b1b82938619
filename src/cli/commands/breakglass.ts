/** `wardmux breakglass`: emergencies that were, what is owed after them, and drills for the next one. */
import { Option, type Command } from 'commander';
import { emergencyGrantOf, type Standing } from '../../access/index.ts';
import { DRILL_DAYS, drillsDue, reviewDueAt, reviewStateOf } from '../../break-glass/index.ts';
import type { EmergencyFacts } from '../../ledger/break-glass-facts.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { certifyEmergencyReview, drill, lookAtEmergency, requireEmergency, reviewEmergency } from '../../services/emergency/break-glass.ts';
import { factsOf, openInstallation, withLedger } from '../../services/installation/installation.ts';
import { emergencyReasonWords, reviewFindings, type ReviewFinding } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';

type Json = { readonly json?: boolean };

/** When a review is due, and what is so now, for people. */
function reviewText(one: EmergencyFacts, now: number): string {
  const due = reviewDueAt(one);
  const state = reviewStateOf(one, now);
  if (one.review) return `${one.review.finding}, ${one.review.by}`;
  return due === undefined ? 'runs' : `${state} ${new Date(due).toISOString()}`;
}

async function list({ json }: Json, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const facts = await factsOf(site);
  const { all, drills } = facts.emergencies;
  const due = drillsDue(facts, io.now());
  const words = await Promise.all(all.map((one) => lookAtEmergency(site.home, one)));
  if (json) {
    const emergencies = all.map((one, n) => {
      const at = reviewDueAt(one);
      return {
        id: one.id,
        person: one.person,
        second: one.second,
        reason: one.reason,
        words: words[n]!.state,
        time: one.time,
        extended: one.extended,
        end: one.end,
        alerted: one.alerted,
        review: one.review,
        reviewState: reviewStateOf(one, io.now()),
        reviewDue: at === undefined ? null : new Date(at).toISOString(),
      };
    });
    await io.out(jsonText({ emergencies, drills: drills.map(({ person, time }) => ({ person, time })), drillsDue: due }));
    return exit.done;
  }
  if (all.length === 0) await io.out('No glass was ever broken here.\n');
  else
    await io.out(
      columns([
        ['ID', 'SINCE', 'END', 'WHO', 'REASON', 'WORDS', 'ALERT', 'REVIEW'],
        ...all.map((one, n) => [
          one.id,
          one.time,
          one.end ? `${one.end.time} ${one.end.cause}` : 'runs',
          one.second === null ? one.person : `${one.person} with ${one.second}`,
          emergencyReasonWords[one.reason],
          words[n]!.state,
          one.alerted.join(', ') || 'not sent',
          reviewText(one, io.now()),
        ]),
      ]),
    );
  for (const { person, last } of due)
    io.talk(
      `note: ${person} has the role of emergencies and ${last === null ? 'has never tried their credential' : `last tried their credential at ${last}`}; it is tried every ${DRILL_DAYS} days: wardmux breakglass drill`,
    );
  return exit.done;
}

async function words(id: string, { key, json }: Json & { readonly key: string }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const one = requireEmergency(await factsOf(site), id);
  const look = await lookAtEmergency(site.home, one, await AuditKeyOpener.fromFile(key));
  const faults = {
    none: `Who began ${id} wrote nothing.`,
    missing: `The file with the words of ${id} is gone from ${site.home.emergencies}. Restore it from a backup.`,
    changed: `The file with the words of ${id} in ${site.home.emergencies} is not the one that the ledger knows. Keep a copy for the audit, and restore it from a backup.`,
    sealed: `The words of ${id} are not sealed to that audit key.`,
  } as const;
  if (look.state !== 'read') throw new CliError('failed', faults[look.state]);
  await io.out(json ? jsonText({ id, words: look.words }) : `${printable(look.words)}\n`);
  return exit.done;
}

async function close(id: string, { finding, json, ...options }: PersonOptions & Json & { readonly finding: ReviewFinding }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const identity = await unlockPerson(site, options, io);
  try {
    await withLedger(
      site,
      ({ ledger }) =>
        reviewEmergency({ ledger, by: identity.person.id, certify: (said) => certifyEmergencyReview(ledger.installation, identity, said) }, id, finding),
      { identity, talk: io.talk },
    );
  } finally {
    identity.destroy();
  }
  const by = identity.person.id;
  await io.out(json ? jsonText({ id, finding, by }) : `${id}\t${finding}\t${by}\n`);
  return exit.done;
}

async function tryIt({ json, ...options }: PersonOptions & Json, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const standing = (person: { readonly id: string; readonly roles: readonly string[] }): Standing => ({
    phase: 'open',
    // The role that they hold is in force for this deed; whoever does not hold it tries in vain.
    grant: { ...emergencyGrantOf(person, 'passphrase', 'none', null), roles: person.roles },
  });
  const identity = await unlockPerson(site, options, io, standing);
  try {
    await withLedger(site, ({ ledger }) => drill({ ledger, identity }), { identity, talk: io.talk });
  } finally {
    identity.destroy();
  }
  const { id } = identity.person;
  await io.out(json ? jsonText({ person: id }) : `${id} can break the glass here: the credential opened, and it signed.\n`);
  io.talk('Now seal the envelope anew, and write the date on it.');
  return exit.done;
}

const withJson = (command: Command): Command => command.option('--json', 'print the result as JSON');

export const breakglass: CliCommand = {
  name: 'breakglass',
  needs: { list: 'evidence.read', words: 'recording.replay.key', review: 'break-glass.review', drill: 'break-glass.drill' },
  summary: 'Emergencies: lists and reviews those that were, and drills for the next one.',
  description:
    'Breaking the glass itself is done at the lock page, by somebody with the role of emergencies or by two operators; it opens a session of its own for 60 minutes, recorded, and nothing of anybody else’s. Within 72 hours of its end an auditor who was not in it reviews it. Who has the role tries their credential every 90 days.',
  examples: [
    ['wardmux breakglass list', 'what was, by whom and why, and which reviews are due'],
    ['wardmux breakglass words b-0123456789ab --key audit-key.json', 'what they wrote, which is sealed to the audit keys'],
    ['wardmux breakglass review b-0123456789ab --finding justified', 'asks for the auditor’s passphrase'],
    ['wardmux breakglass drill --person "Envelope ward 7"', 'asks for the passphrase of the envelope'],
  ],
  declare: (command, io, done) => {
    withJson(command.command('list'))
      .description('Lists every emergency.')
      .action(async (options: Json) => done(await list(options, io)));
    withJson(command.command('words'))
      .description('Opens what they wrote with an audit key.')
      .argument('<ID>', 'the emergency')
      .requiredOption('--key <FILE>', 'the file of an audit key')
      .action(async (id: string, options: Parameters<typeof words>[1]) => done(await words(id, options, io)));
    withJson(personOptions(command.command('review')))
      .description('Closes an emergency with what you found, signed. Look at its recordings and words first.')
      .argument('<ID>', 'the emergency')
      .addOption(new Option('--finding <WORD>', 'what you found').choices([...reviewFindings]).makeOptionMandatory())
      .action(async (id: string, options: Parameters<typeof close>[1]) => done(await close(id, options, io)));
    withJson(personOptions(command.command('drill')))
      .description('Tries the credential for emergencies, and enters that it works.')
      .action(async (options: PersonOptions & Json) => done(await tryIt(options, io)));
  },
};
