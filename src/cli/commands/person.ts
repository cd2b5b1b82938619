/** `wardmux person`: who belongs to this installation, and what they may do. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { askNewPassphrase } from '../../job/new-passphrase.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { KnownPerson } from '../../ledger/person-facts.ts';
import {
  enrol,
  grantRoles,
  listedPeople,
  orderedRoles,
  othersForRoles,
  prepareEnrolment,
  setState,
  type ListedPerson,
  type PeopleParts,
} from '../../services/people/people.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { factsOf, openInstallation, policyOf, withLedger, type OpenInstallation } from '../../services/installation/installation.ts';
import { changedRecords } from '../../services/people/person.ts';
import { prepareRebind, rebind, rebinders, type Shown } from '../../services/people/rebind.ts';
import { readPinned } from '../../people/pinned.ts';
import { promptPassphrase, readPassphraseFd } from '../../terminal/passphrase.ts';
import { identityChecks, roles as allRoles, type IdentityCheckWord, type PersonStateWord, type Role } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { descriptor, twoPeopleOptions, personOptions } from '../options.ts';
import { requireSecondFd, somebody, unlockPerson, unlockSecond, type TwoPeople, type PersonOptions } from '../person.ts';
import { declareSlots, slotExamples, slotNeeds } from './person-slots.ts';

type Options = PersonOptions & { readonly json?: boolean };
type TwoOptions = TwoPeople & { readonly json?: boolean };
type RebindOptions = TwoOptions & { readonly checked: IdentityCheckWord; readonly codeFd?: number | undefined; readonly newPassphraseFd?: number };
type AddOptions = TwoOptions & { readonly name: string; readonly role?: readonly Role[]; readonly newPassphraseFd?: number };

/**
 * Somebody who may what the command needs (a security admin or not: that is in its own `needs`) is let in, and does something under the ledger's lock.
 * @param why it takes two, where it does: whoever agrees is let in for the same.
 */
export async function asPerson<T>(
  site: OpenInstallation,
  options: TwoPeople,
  why: string | undefined,
  io: CliIo,
  deed: (parts: PeopleParts & { readonly ledger: Ledger }) => Promise<T>,
): Promise<T> {
  if (why !== undefined) requireSecondFd(options, 'This takes two people who may decide it');
  const admin = await unlockPerson(site, options, io);
  let second: Awaited<ReturnType<typeof unlockSecond>> | undefined;
  try {
    if (why !== undefined) second = await unlockSecond(site, options, why, io);
    const { home, installation } = site;
    const signing = (request: string): void => io.talk(`Both sign the request ${request}.`);
    const parts = { home, installation, admin: deciderOf(admin), second: second && deciderOf(second), signing };
    return await withLedger(site, ({ ledger }) => deed({ ...parts, ledger }), { identity: admin, talk: io.talk });
  } finally {
    admin.destroy();
    second?.destroy();
  }
}

/** Why that takes two; undefined where it does not. */
const twoFor = (others: readonly string[] | undefined, what: string): string | undefined => others && `because ${what}`;

async function add({ name, role = ['operator'], newPassphraseFd, json, ...options }: AddOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const roles = orderedRoles(role);
  const { policy } = await policyOf(site);
  const workstation = policy.workstation.name;
  // First the new person, and their identity is closed again, before anybody who enrols is let in: neither sees what is the other's.
  if (newPassphraseFd === undefined)
    io.talk(`${printable(name)} is to choose a passphrase now, alone at the keyboard. Whoever enrols them gives theirs afterwards.`);
  const passphrase =
    newPassphraseFd === undefined
      ? await askNewPassphrase({ name, workstation }, (text) => io.talk(text.replace(/\n$/, '')))
      : await readPassphraseFd(newPassphraseFd);
  const record = await prepareEnrolment({ name, passphrase, workstation });
  const why = twoFor(othersForRoles(await factsOf(site), undefined, undefined, roles), 'somebody gets roles');
  const known: KnownPerson = await asPerson(site, options, why, io, (parts) => enrol(parts, record, roles));
  if (json) await io.out(jsonText({ id: record.id, name: record.name, roles: known.roles }));
  else await io.out(`${record.id}\t${printable(record.name)}\t${known.roles.join(', ')}\n`);
  io.talk('They come in with their own passphrase. Auditors need the new trust file: wardmux trust > trust.json');
  return exit.done;
}

async function list({ json }: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const facts = await factsOf(site);
  const people = listedPeople(site.home, facts);
  const changed = changedRecords(site.home, facts);
  if (json) await io.out(jsonText(people));
  else await io.out(columns([['ID', 'NAME', 'ROLES', 'SLOTS', 'STATE'], ...people.map(rowOf)]));
  for (const { error } of changed) io.talk(error.message);
  return changed.length > 0 ? exit.changedPerson : exit.done;
}

function rowOf({ id, name, roles, slots, state, fault }: ListedPerson): string[] {
  const kinds = slots.map(({ type, label }) =>
    label === undefined ? type : `${type === 'passkey-prf' ? 'passkey' : type === 'passkey-store' ? 'weaker passkey' : type} ${label}`.trim(),
  );
  return [id, name ?? `(record ${fault ?? 'unreadable'})`, roles.join(', ') || '-', kinds.join(', ') || '-', state];
}

async function grant(
  who: string,
  { role = [], none, json, ...options }: TwoOptions & { readonly role?: readonly Role[]; readonly none?: boolean },
  io: CliIo,
): Promise<number> {
  const site = await openInstallation(io);
  if ((role.length === 0) !== (none === true)) throw new CliError('usage', 'Give each role that they shall have with --role, or --none for no role at all.');
  const roles = orderedRoles(role);
  const id = await somebody(site, who);
  const why = twoFor(othersForRoles(await factsOf(site), undefined, id, roles), 'somebody gets a role');
  await asPerson(site, options, why, io, (parts) => grantRoles(parts, id, roles));
  if (json) await io.out(jsonText({ id, roles }));
  else await io.out(`${id}\t${roles.join(', ') || '-'}\n`);
  return exit.done;
}

async function change(who: string, state: PersonStateWord, { json, ...options }: Options, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const id = await somebody(site, who);
  await asPerson(site, options, undefined, io, (parts) => setState(parts, id, state));
  if (json) await io.out(jsonText({ id, state }));
  else await io.out(`${id}\t${state}\n`);
  if (state === 'deleted')
    io.talk(
      'Their key slots and sealed keys are gone from this folder; what they recorded stays, and the audit key opens it. Backups of the folder have their keys still.',
    );
  return exit.done;
}

/** A code of theirs is asked for like a passphrase. The caller has no use for it but this once. */
async function shownBy({ checked, codeFd }: Pick<RebindOptions, 'checked' | 'codeFd'>, name: string): Promise<Shown> {
  if (codeFd !== undefined && checked !== 'recovery-code') throw new CliError('usage', '--code-fd goes with --checked recovery-code.');
  if (checked !== 'recovery-code') return { checked };
  const code = codeFd === undefined ? await promptPassphrase(`Recovery code of ${name}: `) : await readPassphraseFd(codeFd);
  try {
    return { checked, code: code.toString('utf8') };
  } finally {
    code.fill(0);
  }
}

async function newKeys(who: string, { checked, codeFd, newPassphraseFd, json, ...options }: RebindOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const facts = await factsOf(site);
  const id = await somebody(site, who);
  const old = readPinned(site.home, facts, id);
  if (!old) throw new CliError('usage', `There is no person ${JSON.stringify(id.slice(0, 40))} here. Nothing was changed.`);
  rebinders(facts, id);
  const why = 'New keys take two people';
  requireSecondFd(options, why);
  const { policy } = await policyOf(site);
  const workstation = policy.workstation.name;
  const name = printable(old.name);
  // First the one whom it is about, and what they have made is closed again, before either admin is let in: nobody sees what is another's.
  const shown = await shownBy({ checked, codeFd }, name);
  if (newPassphraseFd === undefined)
    io.talk(`${name} is to choose a passphrase now, alone at the keyboard. Both who decide it give theirs afterwards, one after the other.`);
  const passphrase =
    newPassphraseFd === undefined
      ? await askNewPassphrase({ name: old.name, workstation }, (text) => io.talk(text.replace(/\n$/, '')))
      : await readPassphraseFd(newPassphraseFd);
  const record = await prepareRebind(old, { passphrase, workstation });
  await asPerson(site, options, `because ${name} gets new keys`, io, (parts) => rebind(parts, record, shown));
  if (json) await io.out(jsonText({ id, name: old.name, checked, slot: record.slots[0]!.id }));
  else await io.out(`${id}\t${name}\tnew keys\n`);
  io.talk(
    `${name} comes in with the new passphrase. Everything that opened their recordings before opens nothing any more, and what they recorded until now stays closed to them: an audit key opens it. Backups of the folder have the old key slots still.`,
  );
  io.talk('Auditors need the new trust file: wardmux trust > trust.json');
  return exit.done;
}

const withJson = (command: Command): Command => command.option('--json', 'print the result as JSON');

const roleOption = (help: string): Option =>
  new Option('--role <ROLE>', help).choices(allRoles).argParser((value: string, before: readonly Role[] | undefined) => {
    const role = allRoles.find((one) => one === value);
    if (!role) throw new InvalidArgumentError(`It is one of ${allRoles.join(', ')}.`);
    return [...(before ?? []), role];
  });

/** What happens to somebody, by the name of its subcommand. */
const changes: readonly (readonly [name: string, state: PersonStateWord, help: string])[] = [
  ['disable', 'disabled', 'They cannot come in any more. What they recorded stays theirs.'],
  ['enable', 'active', 'They can come in again.'],
  ['delete', 'deleted', 'For ever: their key slots and sealed keys go, what they recorded stays, and their id is never given again.'],
];

export const person: CliCommand = {
  name: 'person',
  needs: {
    add: 'person.enrol',
    list: 'evidence.read',
    roles: 'role.grant',
    disable: 'person.disable',
    enable: 'person.disable',
    delete: 'person.delete',
    rebind: 'person.rebind',
    ...slotNeeds,
  },
  summary: 'The people of this installation: enrols, lists, disables and deletes them, and gives them roles.',
  description:
    'A security admin enrols somebody, who gives a passphrase of their own; neither sees what is the other’s. Where two may decide, a role is given by two of them, who sign the same request. Everything is an event of the ledger, signed by the admin: files that say something else are refused. Whoever has lost everything gets new keys by two of them. Nobody changes themselves, and nobody is security admin and auditor. docs/roles.md says what each role may do.',
  examples: [
    ['wardmux person add --name "Mara Ueda" --role operator', 'asks Mara for a new passphrase, then the admin for theirs'],
    ['wardmux person list', 'everybody, with roles, key slots and state'],
    ['wardmux person roles "Mara Ueda" --role operator --role emergency --second "Kim Olsen"', 'where two may decide: asks for both passphrases'],
    ['wardmux person disable p-0123456789ab --passphrase-fd 3 3< FILE', 'for scripts; FILE holds the admin’s passphrase'],
    ['wardmux person rebind "Mara Ueda" --checked staff-badge', 'Mara has lost everything: asks her for a new passphrase, then both admins for theirs'],
    ...slotExamples,
  ],
  declare: (command, io, done) => {
    declareSlots(command, io, done);
    const two = 'where more than one person may decide it';
    withJson(twoPeopleOptions(command.command('add'), two))
      .description('Enrols somebody. Descriptor 3 opens who enrols, 4 is the new person’s own.')
      .requiredOption('--name <NAME>', 'the name that colleagues know; it may be typed at the lock page instead of the id')
      .addOption(roleOption('what they may do; may be given again (default: operator)'))
      .addOption(new Option('--new-passphrase-fd <N>', 'read the new person’s passphrase from this file descriptor').argParser(descriptor))
      .action(async (options: AddOptions) => done(await add(options, io)));
    withJson(command.command('list'))
      .description('Lists everybody who ever was enrolled.')
      .action(async (options: { json?: boolean }) => done(await list(options, io)));
    withJson(twoPeopleOptions(command.command('roles'), two))
      .description('Gives somebody else exactly these roles.')
      .argument('<ID>', 'whom, by id or name')
      .addOption(roleOption('a role that they shall have; may be given again'))
      .option('--none', 'no role at all')
      .action(async (who: string, options: Parameters<typeof grant>[1]) => done(await grant(who, options, io)));
    withJson(twoPeopleOptions(command.command('rebind'), 'who is asked for in any case'))
      .description(
        'Gives somebody else, who has lost every way in, new keys under the same id, name and roles. It takes two security admins who have seen that it is them. What was recorded before stays closed to the new keys. Descriptors 3 and 5 open the admins, 4 is the new passphrase.',
      )
      .argument('<ID>', 'whom, by id or name')
      .addOption(new Option('--checked <HOW>', 'how both know who it is, for the ledger').choices(identityChecks).makeOptionMandatory())
      .addOption(new Option('--code-fd <N>', 'read their recovery code from this file descriptor, with --checked recovery-code').argParser(descriptor))
      .addOption(new Option('--new-passphrase-fd <N>', 'read their new passphrase from this file descriptor').argParser(descriptor))
      .action(async (who: string, options: RebindOptions) => done(await newKeys(who, options, io)));
    for (const [name, state, help] of changes)
      withJson(personOptions(command.command(name)))
        .description(help)
        .argument('<ID>', 'whom, by id or name')
        .action(async (who: string, options: Options) => done(await change(who, state, options, io)));
  },
};
