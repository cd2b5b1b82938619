/** `wardmux anchor list|add|test|status`: where signed heads of the ledger are kept outside of this machine. */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Option, type Command } from 'commander';
import { kindOf, kinds, networkAllows, worstGrade, type AnchorGrade, type AnchorRow, type AnchorView } from '../../anchors/index.ts';
import { anchorsSchema, loadPolicy, parsePolicy, type PolicyInForce } from '../../policy/index.ts';
import { writeAtomic } from '../../disk/atomic.ts';
import { toJson } from '../../disk/json.ts';
import { anchorsOf, anchorViews, testAnchors } from '../../services/installation/anchored.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit, type ExitName } from '../exit.ts';
import { openInstallation, policyOf, type OpenInstallation } from '../../services/installation/installation.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { wholeNumber } from '../options.ts';
import { issueInWords } from '../../disk/issue.ts';

const statusOf: Readonly<Record<AnchorGrade, ExitName>> = { anchored: 'done', 'not-anchored': 'notAnchored', diverged: 'diverged' };

/** What to do where the policy in force has no anchor: one that only policy.json names is not used yet. */
function noAnchor({ policy, proposal }: PolicyInForce, name?: string): string {
  const inForce = new Set(policy.anchors?.map((row) => row.name));
  const proposed = (proposal?.kind === 'changed' ? (proposal.loaded.policy.anchors ?? []) : [])
    .map((row) => row.name)
    .filter((other) => !inForce.has(other) && (name === undefined || other === name));
  if (proposed.length > 0)
    return `policy.json names ${proposed.join(', ')}, and the policy in force does not: nobody has accepted it yet. Run: wardmux policy accept`;
  return 'The policy names no anchor. Add one: wardmux anchor add NAME --file FOLDER';
}

/** The policy in force, where it has the anchor that was named. @throws CliError */
async function policyWith(site: OpenInstallation, name: string | undefined): Promise<PolicyInForce> {
  const found = await policyOf(site);
  if (name === undefined || found.policy.anchors?.some((row) => row.name === name)) return found;
  const { proposal } = found;
  if (proposal?.kind === 'changed' && proposal.loaded.policy.anchors?.some((row) => row.name === name))
    throw new CliError('notAnchored', noAnchor(found, name));
  return found;
}

async function tell(views: readonly AnchorView[], policy: PolicyInForce, options: { json?: boolean }, io: CliIo): Promise<number> {
  const grade = worstGrade(views);
  if (options.json) await io.out(jsonText({ grade, anchors: views }));
  else if (views.length === 0) await io.out(`not-anchored: ${noAnchor(policy)}\n`);
  else for (const { name, grade: own, sentence } of views) await io.out(printable(`${own}: ${name}: ${sentence}`) + '\n');
  return exit[statusOf[grade]];
}

async function status(name: string | undefined, options: { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const policy = await policyWith(site, name);
  return tell(await anchorViews(site, policy.policy, io.now(), { name }), policy, options, io);
}

/** Tells what came of a head that is handed over now: one that went earlier makes this attempt no better. */
async function test(name: string | undefined, options: { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const policy = await policyWith(site, name);
  const views = await testAnchors(site, policy.policy, io.now, name);
  for (const { name: of, failing, where } of views) if (failing) io.talk(`${of}: ${where} did not take it (${failing.code}).`);
  const told = await tell(views, policy, options, io);
  return told !== exit.diverged && views.some(({ failing }) => failing) ? exit.notTaken : told;
}

async function list(options: { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const found = await policyOf(site);
  const { policy } = found;
  const { anchors } = anchorsOf(site, policy);
  if (options.json) await io.out(jsonText(policy.anchors ?? []));
  else if (anchors.length === 0) io.talk(noAnchor(found));
  else await io.out(columns([['NAME', 'KIND', 'WHERE'], ...anchors.map(({ row, channel }) => [row.name, row.kind, channel.where])]));
  return exit.done;
}

interface AddOptions extends Readonly<Record<string, unknown>> {
  readonly every?: number;
  readonly addNetwork?: boolean;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError('usage', `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}

/** The row that the options describe; the policy's schema judges it. */
function rowOf(name: string, { every, addNetwork: _, ...given }: AddOptions): AnchorRow {
  const options = given as Readonly<Record<string, string | undefined>>;
  const [kind, ...more] = kinds.filter((each) => options[each.kind] !== undefined);
  if (!kind || more.length > 0)
    throw new CliError('usage', `Say one of ${kinds.map((each) => `--${each.kind} ${each.place[0].replace(/^<|>$/g, '')}`).join(', ')}.`);
  const base = { name, ...(every === undefined ? {} : { everySeconds: every }) };
  return kind.fromOptions({ base, place: options[kind.kind]!, options, read: readText });
}

async function add(name: string, options: AddOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { policy } = loadPolicy(site.home);
  const row = rowOf(name, options);
  const same = policy.anchors?.find((other) => other.name === name);
  if (same && !isDeepStrictEqual(same, row))
    throw new CliError('usage', `The policy has another anchor ${name} already. Choose another name, or take that one out of ${site.home.policy}.`);
  // The schema first: only then is the address one that can be looked at.
  const anchors = same ? policy.anchors! : [...(policy.anchors ?? []), row];
  const issue = anchorsSchema.safeParse(anchors, { error: issueInWords }).error?.issues[0];
  if (issue) throw new CliError('usage', `The anchor cannot be added: ${String(issue.path.at(-1) ?? 'the list')} ${issue.message}.`);
  const kind = kindOf(row);
  const target = kind.reached?.(row);
  const allowed = target === undefined || networkAllows(policy.network, target.host, target.port);
  if (target && !allowed && !options.addNetwork)
    throw new CliError(
      'failed',
      `The policy does not let this workstation reach ${target.host}:${target.port}. Add "${target.host}:${target.port}" to network in ${site.home.policy}, or say --add-network.`,
    );
  kind.prepare?.(row, { home: site.home.folder, installation: site.installation.id, talk: io.talk });
  const network = target && !allowed ? [...policy.network, `${target.host}:${target.port}`] : policy.network;
  const text = toJson({ ...policy, network, anchors });
  parsePolicy(Buffer.from(text), site.home.policy);
  if (!same) writeAtomic(site.home.policy, text);
  io.talk(
    `${same ? 'The policy has it already' : `Written to ${site.home.policy}`}. It is in force when you have run: wardmux policy accept. Then hand over a head with: wardmux anchor test ${name}`,
  );
  return exit.done;
}

const json = (command: Command): Command => command.option('--json', 'print JSON');

export const anchor: CliCommand = {
  name: 'anchor',
  needs: { list: 'evidence.read', add: 'policy.propose', test: 'anchor.send', status: 'evidence.read' },
  summary: 'Keeps signed heads of the ledger outside: file drop, syslog over TLS, timestamps.',
  description:
    'A ledger that was cut, rewritten or set back to an older copy cannot be told from a good one by what lies beside it. A head that is kept elsewhere tells. Anchors stand in policy.json.',
  examples: [
    ['wardmux anchor add share --file /mnt/audit', 'a folder on another disk or a share'],
    ['wardmux anchor add siem --syslog siem.example.org --ca siem-ca.pem --add-network', 'RFC 5424 over TLS, port 6514'],
    ['wardmux anchor add tsa --timestamp http://tsa.example.org/tsr --ca tsa-root.pem --add-network', 'RFC 3161 timestamps'],
    ['wardmux anchor status', 'exit status 0 anchored, 50 not anchored, 51 diverged'],
  ],
  declare: (command, io, done) => {
    json(command.command('list'))
      .description('Lists the anchors of the policy.')
      .action(async (options: { json?: boolean }) => done(await list(options, io)));
    const adding = command
      .command('add')
      .argument('<NAME>', 'lower-case letters, digits and hyphens')
      .description('Writes an anchor into policy.json, and marks the folder of a file drop.');
    for (const { kind, place } of kinds) adding.option(`--${kind} ${place[0]}`, place[1]);
    for (const [flags, help] of new Map(kinds.flatMap(({ options }) => options))) adding.option(flags, help);
    adding
      .addOption(new Option('--every <SECONDS>', 'seconds between two heads, 10 to 86400').argParser(wholeNumber))
      .option('--add-network', 'also add the host to network in policy.json')
      .action(async (name: string, options: AddOptions) => done(await add(name, options, io)));
    json(command.command('test'))
      .argument('[NAME]', 'only this one')
      .description('Signs a head of the ledger and hands it over now.')
      .action(async (name: string | undefined, options: { json?: boolean }) => done(await test(name, options, io)));
    json(command.command('status'))
      .argument('[NAME]', 'only this one')
      .description('Says of each anchor how old its newest head is, and whether this ledger extends it.')
      .action(async (name: string | undefined, options: { json?: boolean }) => done(await status(name, options, io)));
  },
};
