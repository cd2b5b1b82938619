/** `wardmux host`: hosts that are opened by the system's ssh, recorded, with keys that were pinned in the ledger. */
import { Option } from 'commander';
import { addProfile, jumpOf, removeProfile, requireName, type HostProfile } from '../../hosts/index.ts';
import { workingFolder } from '../../native/given.ts';
import { recordExit } from '../../job/status.ts';
import { record, type Prepared } from '../../job/record.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { policyInForce, type Policy } from '../../policy/index.ts';
import { askForHost, forgetHost, listHosts, type AskedHost, type HostContext } from '../../services/hosts/hosts.ts';
import { factsOf, openInstallation } from '../../services/installation/installation.ts';
import type { Home } from '../../storage/index.ts';
import { comparing, sentBy } from '../../types/host-words.ts';
import { fingerprintText } from '../../types/hosts.ts';
import { sentenceOf, SentenceError } from '../../types/sentence.ts';
import { givenReasons, type GivenReasonWord } from '../../types/words.ts';
import { version } from '../../version.ts';
import type { CliCommand } from '../command.ts';
import { pass } from '../door.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, type CliIo } from '../io.ts';
import { personOptions, wholeNumber } from '../options.ts';
import type { PersonOptions } from '../person.ts';
import { asPerson } from './person.ts';

async function list({ json }: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { hosts, leftOut } = await listHosts(site.home.hosts, await factsOf(site), io.env);
  if (json) await io.out(jsonText({ hosts, leftOut }));
  else if (hosts.length > 0)
    await io.out(
      columns([
        ['HOST', 'KEY', 'PINNED', 'FROM'],
        ...hosts.map(({ name, fingerprint, pinned, file, line }) => [name, fingerprint ?? '-', pinned ?? '-', file === null ? 'wardmux' : `${file}:${line}`]),
      ]),
    );
  if (hosts.length === 0) io.talk('No host is known: neither ~/.ssh/config nor a profile names one. Add one: wardmux host add NAME --address ADDRESS');
  for (const { file, line, keyword, why } of leftOut) io.talk(`not followed: ${file}:${line}: ${keyword}${why === undefined ? '' : ` (${why})`}`);
  return exit.done;
}

interface AddOptions {
  readonly address: string;
  readonly account?: string;
  readonly port?: number;
  readonly jump?: readonly string[];
  readonly json?: boolean;
}

async function add(name: string, { address, account, port, jump, json }: AddOptions, io: CliIo): Promise<number> {
  const { home } = await openInstallation(io);
  const profile: HostProfile = {
    name: requireName(name),
    address,
    ...(account === undefined ? {} : { account }),
    ...(port === undefined ? {} : { port }),
    ...(jump === undefined ? {} : { jumps: jump.map((one) => jumpOf(one).name) }),
  };
  addProfile(home.hosts, profile);
  if (json) await io.out(jsonText(profile));
  else await io.out(`${name}\tadded\n`);
  return exit.done;
}

async function remove(name: string, { json }: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const { home } = await openInstallation(io);
  removeProfile(home.hosts, name);
  if (json) await io.out(jsonText({ name, state: 'removed' }));
  else await io.out(`${name}\tremoved\n`);
  return exit.done;
}

/** @param person whose id what is entered has */
const contextOf = (home: Pick<Home, 'hosts'>, ledger: Pick<Ledger, 'facts' | 'append'>, policy: Policy, person: string, { env }: CliIo): HostContext => ({
  profiles: home.hosts,
  env,
  policy,
  person,
  facts: () => ledger.facts,
  enter: (entry) => ledger.append(entry),
});

/** What a person reads of a host that is not opened. */
function refusalOf(name: string, asked: Exclude<AskedHost, { readonly state: 'ready' }>): string {
  const { host, address, port, jumps } = asked;
  if (asked.state === 'new') {
    const { key } = asked;
    const { ask, command } = comparing(host, key.type);
    return [
      `Nobody here has pinned the key of ${host} (${address}, port ${port}). Nothing was opened. ${sentBy(jumps)}`,
      `${key.fingerprint} (${key.type})`,
      ...key.picture,
      `${ask} ${command}`,
      `If it is the same: wardmux host pin ${name} --key ${key.fingerprint}`,
    ].join('\n');
  }
  const { pinned, key } = asked;
  return [
    `${host} (${address}, port ${port}) does not show the key that is pinned under its name. Nothing was opened, and it is entered in the ledger. ${sentBy(jumps)}`,
    `pinned:  ${fingerprintText(pinned.sha256)} (${pinned.type}), ${pinned.time}, by ${pinned.by}`,
    `offered: ${key ? `${key.fingerprint} (${key.type})` : 'no key of a kind that is taken'}`,
    ...(key?.picture ?? []),
    'A host that was set up anew looks like this, and so does somebody in between. Ask whoever runs it, by another way.',
    `Where it was set up anew, a security admin takes the old key back: wardmux host forget ${host}`,
  ].join('\n');
}

interface OpenOptions {
  readonly json?: boolean;
  readonly person?: string;
  readonly reason?: GivenReasonWord;
  readonly ticket?: string;
}

async function open(name: string, { json, person, reason, ticket }: OpenOptions, io: CliIo): Promise<number> {
  let cwd: string;
  try {
    requireName(name);
    cwd = workingFolder();
    if (ticket !== undefined && reason === undefined) throw new SentenceError('a ticket goes with a reason: give --reason too.');
  } catch (error) {
    io.talk(`wardmux: ${sentenceOf(error)}`);
    return recordExit.failed;
  }
  const prepare = async (asked: Parameters<NonNullable<Parameters<typeof record>[0]['prepare']>>[0]): Promise<Prepared> => {
    const { home, ledger, person: whose, loaded } = asked;
    const found = await askForHost(name, undefined, contextOf(home, ledger, loaded.policy, whose.id, io));
    if (found.state !== 'ready') throw new SentenceError(refusalOf(name, found));
    const { host } = found.detail;
    return {
      command: found.command,
      begun: (recording) => ({ action: 'host.open', person: whose.id, detail: { recording, ...found.detail } }),
      ended: (recording, { code, signal }) => ({ action: 'host.close', person: whose.id, detail: { recording, host, code, signal } }),
    };
  };
  const given = reason && { reason, ticket: ticket ?? null };
  return record({ command: [], prepare, json: json ?? false, person, given }, { env: { ...io.env }, cwd, version, admit: pass });
}

async function pin(name: string, { key, json, ...options }: PersonOptions & { readonly key: string; readonly json?: boolean }, io: CliIo): Promise<number> {
  requireName(name);
  const sha256 = /^SHA256:[A-Za-z0-9+/]{43}$/.test(key) ? Buffer.from(key.slice(7), 'base64').toString('hex') : '';
  if (fingerprintText(sha256) !== key) throw new CliError('usage', `--key is a fingerprint as ssh prints it: SHA256: and 43 characters.`);
  const site = await openInstallation(io);
  const pinned = await asPerson(site, options, undefined, io, async ({ ledger, home, admin: person }) => {
    const context = contextOf(home, ledger, policyInForce(home, ledger.facts).policy, person.id, io);
    const first = await askForHost(name, undefined, context);
    if (first.state === 'changed') throw new CliError('failed', refusalOf(name, first));
    if (first.state === 'ready') throw new CliError('failed', `The key of ${name} is pinned already. Nothing was changed.`);
    // Without the line that would pin the other one.
    if (first.key.sha256 !== sha256)
      throw new CliError(
        'failed',
        `The key that you gave is not the one that ${first.host} shows. Nothing was pinned. Somebody may stand between you and it, or you were told of another key: ask whoever runs it before anything is pinned.`,
      );
    await askForHost(name, { host: first.host, sha256 }, context);
    return ledger.facts.hosts.find(({ host }) => host === first.host);
  });
  if (!pinned) throw new CliError('failed', `The key of ${name} was not pinned. Try again.`);
  if (json) await io.out(jsonText(pinned));
  else await io.out(`${pinned.host}\tpinned\n`);
  return exit.done;
}

async function forget(host: string, { json, ...person }: PersonOptions & { readonly json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  await asPerson(site, person, undefined, io, ({ ledger, admin }) => forgetHost(ledger, admin.id, host));
  if (json) await io.out(jsonText({ host, state: 'forgotten' }));
  else await io.out(`${host}\tforgotten\n`);
  return exit.done;
}

export const host: CliCommand = {
  name: 'host',
  needs: {
    list: 'evidence.read',
    add: 'host.profile',
    remove: 'host.profile',
    open: 'session.record',
    pin: 'session.open',
    forget: 'host.forget',
  },
  summary: 'Hosts that are opened by SSH: with pinned keys, the options of the policy, and a recording.',
  description:
    'Names come from ~/.ssh/config, of which addresses, accounts, ports, keys and jumps are followed and nothing else, and from profiles of Wardmux’s own. A host is opened by the system’s ssh with every option on its command line. Its key is pinned in the ledger by whoever has seen its fingerprint; a changed key opens nothing.',
  examples: [
    ['wardmux host list', 'every name, with its pinned key'],
    ['wardmux host add lab-gw --address 10.20.9.30 --account ops --jump bastion', 'a profile'],
    ['wardmux host open lab-gw', 'in this terminal, recorded'],
    ['wardmux host pin lab-gw --key SHA256:FINGERPRINT', 'takes the key that it shows, if it is this one'],
    ['wardmux host forget lab-gw', 'a security admin takes a pinned key back'],
    ['wardmux host remove lab-gw', 'takes a profile away'],
  ],
  declare: (command, io, done) => {
    command
      .command('list')
      .description('Shows every host that is known by name.')
      .option('--json', 'print JSON')
      .action(async (options: { json?: boolean }) => done(await list(options, io)));
    command
      .command('add')
      .argument('<NAME>', 'how it is to be called')
      .description('Adds a profile.')
      .addOption(new Option('--address <ADDRESS>', 'a name of the network, or an address').makeOptionMandatory())
      .option('--account <ACCOUNT>', 'the account there')
      .addOption(new Option('--port <N>', 'its port').argParser(wholeNumber))
      .addOption(
        new Option('--jump <NAME>', 'a host on the way; more than once for more, the first one first').argParser((one: string, before: string[] = []) => [
          ...before,
          one,
        ]),
      )
      .option('--json', 'print the result as JSON')
      .action(async (name: string, options: AddOptions) => done(await add(name, options, io)));
    command
      .command('remove')
      .argument('<NAME>', 'its name')
      .description('Takes a profile away. Its pinned key stays.')
      .option('--json', 'print the result as JSON')
      .action(async (name: string, options: { json?: boolean }) => done(await remove(name, options, io)));
    command
      .command('open')
      .argument('<NAME>', 'its name')
      .description('Opens a host in this terminal, recorded. Exits as ssh does; 125 when it was not opened.')
      .option('--json', 'end with a line of JSON on stderr')
      .option('--person <ID>', 'whose recording it is, where several people share this installation')
      .addOption(new Option('--reason <REASON>', 'why, where the policy asks').choices(givenReasons))
      .option('--ticket <TICKET>', 'for which ticket, in the shape that the policy has; never a patient’s number')
      .action(async (name: string, options: OpenOptions) => done(await open(name, options, io)));
    personOptions(command.command('pin').argument('<NAME>', 'its name'))
      .description('Pins the key that a host shows, or the first host on the way there whose key is not pinned.')
      .addOption(new Option('--key <FINGERPRINT>', 'what it has to be, as ssh prints it').makeOptionMandatory())
      .option('--json', 'print the result as JSON')
      .action(async (name: string, options: PersonOptions & { key: string; json?: boolean }) => done(await pin(name, options, io)));
    personOptions(command.command('forget').argument('<HOST>', 'under what it is pinned, as host list shows'))
      .description('Takes a pinned key back: a security admin does, when they know why a host has another one.')
      .option('--json', 'print the result as JSON')
      .action(async (name: string, options: PersonOptions & { json?: boolean }) => done(await forget(name, options, io)));
  },
};
