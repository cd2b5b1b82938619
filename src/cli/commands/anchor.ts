/** `wardmux anchor list|add|test|status`: where signed heads of the ledger are kept outside of this machine. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { Option, type Command } from 'commander';
import { AnchorKeeper, markDrop, worstGrade, type AnchorGrade, type AnchorView } from '../../anchors/index.ts';
import { anchorsSchema, loadPolicy, networkAllows, parsePolicy, type AnchorRow, type PolicyInForce } from '../../policy/index.ts';
import { writeAtomic } from '../../disk/atomic.ts';
import { toJson } from '../../disk/json.ts';
import { anchorsOf, anchorViews } from '../anchored.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit, type ExitName } from '../exit.ts';
import { openInstallation, policyOf, withLedger, type OpenInstallation } from '../../services/installation.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { wholeNumber } from '../options.ts';
import { issueInWords } from '../../disk/issue.ts';

/** RFC 5425, section 4.1. */
const SYSLOG_PORT = 6514;

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
  return tell(await anchorViews(site, policy.policy, io.now(), name), policy, options, io);
}

/** Hands the ledger's head over now, whatever the waits say, and tells what came of that: a head that went earlier makes this attempt no better. */
async function test(name: string | undefined, options: { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const policy = await policyWith(site, name);
  const { anchors, history } = anchorsOf(site, policy.policy, name);
  const views = await withLedger(site, async ({ ledger, signer }) => {
    const entering: Promise<unknown>[] = [];
    const keeper = new AnchorKeeper({
      anchors,
      key: site.noteKey,
      history,
      now: io.now,
      enter: (entry) => void entering.push(ledger.append(entry)),
      sign: (bytes) => signer.sign(bytes),
    });
    const { note } = await ledger.checkpoint();
    await keeper.load(note);
    await keeper.flush(true);
    await Promise.all(entering);
    return keeper.view();
  });
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

interface AddOptions {
  readonly file?: string;
  readonly syslog?: string;
  readonly timestamp?: string;
  readonly ca?: string;
  readonly fingerprint?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly tlsCa?: string;
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
function rowOf(name: string, options: AddOptions): AnchorRow {
  const chosen = [options.file, options.syslog, options.timestamp].filter((value) => value !== undefined);
  if (chosen.length !== 1) throw new CliError('usage', 'Say one of --file FOLDER, --syslog HOST[:PORT], --timestamp URL.');
  const every = options.every === undefined ? {} : { everySeconds: options.every };
  const ca = options.ca === undefined ? {} : { ca: readText(options.ca) };
  if (options.file !== undefined) return { name, kind: 'file', folder: resolve(options.file), ...every };
  if (options.timestamp !== undefined) {
    if (ca.ca === undefined) throw new CliError('usage', 'Say whose timestamps count: --ca FILE, the certificates of the authority’s root in PEM.');
    const tlsCa = options.tlsCa === undefined ? {} : { tlsCa: readText(options.tlsCa) };
    return { name, kind: 'timestamp', url: options.timestamp, ca: ca.ca, ...tlsCa, ...every };
  }
  const [, host = '', port = String(SYSLOG_PORT)] = /^(.*?)(?::(\d+))?$/.exec(options.syslog!)!;
  if (ca.ca === undefined && options.fingerprint === undefined)
    throw new CliError('usage', 'Say which server it is: --ca FILE, or --fingerprint with the SHA-256 of its certificate.');
  const fingerprint = options.fingerprint === undefined ? {} : { fingerprint: options.fingerprint.replaceAll(':', '').toLowerCase() };
  const own = options.certificate && options.key ? { certificate: resolve(options.certificate), key: resolve(options.key) } : {};
  if ((options.certificate === undefined) !== (options.key === undefined)) throw new CliError('usage', '--certificate and --key go together.');
  return { name, kind: 'syslog', host, port: Number(port), ...ca, ...fingerprint, ...own, ...every };
}

/** Host and port that a row reaches; none for a file. */
function reached(row: AnchorRow): { readonly host: string; readonly port: number } | undefined {
  if (row.kind === 'syslog') return row;
  if (row.kind === 'file') return undefined;
  const { hostname, port, protocol } = new URL(row.url);
  return { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/** Looks at the folder of a file drop, and marks it. */
function prepareDrop(folder: string, { home, installation }: OpenInstallation, io: CliIo): void {
  let real: string;
  try {
    real = realpathSync(folder);
  } catch (error) {
    throw new CliError('usage', `${folder} is not there (${(error as NodeJS.ErrnoException).code ?? 'unknown'}). Mount the disk or share first.`);
  }
  const data = realpathSync(home.folder);
  if (real === data || real.startsWith(data + sep))
    throw new CliError('usage', `${folder} is in the data folder: whoever sets that back sets the anchor back with it. Choose another disk or a share.`);
  if (!statSync(real).isDirectory()) throw new CliError('usage', `${folder} is not a folder.`);
  markDrop(folder, installation.id);
  if (statSync(real).dev === statSync(data).dev)
    io.talk(`note: ${folder} is on the same disk as the data folder. It shows that the ledger was set back only where the forger does not reach it.`);
}

async function add(name: string, options: AddOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { policy } = loadPolicy(site.home);
  const row = rowOf(name, options);
  const same = policy.anchors?.find((other) => other.name === name);
  if (same && JSON.stringify(same) !== JSON.stringify(row))
    throw new CliError('usage', `The policy has another anchor ${name} already. Choose another name, or take that one out of ${site.home.policy}.`);
  // The schema first: only then is the address one that can be looked at.
  const anchors = same ? policy.anchors! : [...(policy.anchors ?? []), row];
  const issue = anchorsSchema.safeParse(anchors, { error: issueInWords }).error?.issues[0];
  if (issue) throw new CliError('usage', `The anchor cannot be added: ${String(issue.path.at(-1) ?? 'the list')} ${issue.message}.`);
  const target = reached(row);
  const allowed = target === undefined || networkAllows(policy.network, target.host, target.port);
  if (target && !allowed && !options.addNetwork)
    throw new CliError(
      'failed',
      `The policy does not let this workstation reach ${target.host}:${target.port}. Add "${target.host}:${target.port}" to network in ${site.home.policy}, or say --add-network.`,
    );
  if (row.kind === 'file') prepareDrop(row.folder, site, io);
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
    command
      .command('add')
      .argument('<NAME>', 'lower-case letters, digits and hyphens')
      .description('Writes an anchor into policy.json, and marks the folder of a file drop.')
      .option('--file <FOLDER>', 'a folder on another disk or a share')
      .option('--syslog <HOST[:PORT]>', 'a collector that takes RFC 5424 over TLS')
      .option('--timestamp <URL>', 'an authority that gives RFC 3161 timestamps')
      .option('--ca <FILE>', 'PEM: who signs the collector’s certificate, or the authority’s root')
      .option('--fingerprint <SHA256>', 'the collector’s certificate itself, in hexadecimal')
      .option('--certificate <FILE>', 'PEM: this workstation’s certificate for the collector')
      .option('--key <FILE>', 'PEM: its key')
      .option('--tls-ca <FILE>', 'PEM: who signs the certificate of an https authority')
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
