/** `wardmux sink list|status|test|run|token`: events of the ledger to the collectors that the policy names. */
import { Option, type Command } from 'commander';
import { whereOf } from '../../anchors/tls.ts';
import { AnchorError } from '../../anchors/errors.ts';
import { openInstallation, policyOf } from '../../services/installation/installation.ts';
import { drainOnce, forward, lookAgain, sinksOf, sinkStatus, testSink } from '../../services/ledger/sinks.ts';
import { keepSinkToken, removeSinkToken } from '../../services/ledger/sink-token.ts';
import { kindOf } from '../../sinks/kinds.ts';
import { promptPassphrase, readPassphraseFd } from '../../terminal/passphrase.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { columns, jsonText, type CliIo } from '../io.ts';
import { descriptor } from '../options.ts';

interface Json {
  readonly json?: boolean;
}

const NONE = 'The policy in force names no sink. See: docs/audit.md';

async function list({ json }: Json, io: CliIo): Promise<number> {
  const { policy } = await policyOf(await openInstallation(io));
  const rows = sinksOf(policy);
  if (json) await io.out(jsonText(rows.map((row) => ({ ...row, sent: kindOf(row).sent(row) }))));
  else if (rows.length === 0) io.talk(NONE);
  else await io.out(columns([['NAME', 'KIND', 'WHERE'], ...rows.map((row) => [row.name, row.kind, whereOf(row)])]));
  return exit.done;
}

async function status(name: string | undefined, { json }: Json, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { policy } = await policyOf(site);
  const all = await sinkStatus(site, sinksOf(policy, name), io.now());
  if (json) await io.out(jsonText(all));
  else if (all.length === 0) io.talk(NONE);
  else
    await io.out(
      columns([
        ['NAME', 'WHERE', 'SENT', 'WAITING', 'LAST'],
        ...all.map((one) => [one.name, one.where, String(one.sent), `${one.waiting} ${one.of}`, one.at ?? 'never']),
      ]),
    );
  return exit.done;
}

async function test(name: string, { json }: Json, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { policy } = await policyOf(site);
  const [row] = sinksOf(policy, name);
  const signal = new AbortController().signal;
  try {
    const { sha256: certificate, until } = await testSink(row!, { site, network: policy.network, now: io.now, signal });
    await io.out(json ? jsonText({ name, taken: true, certificate, until }) : `${name}\ttaken\t${certificate}\n`);
    return exit.done;
  } catch (error) {
    if (!(error instanceof AnchorError)) throw error;
    if (json) await io.out(jsonText({ name, taken: false, code: error.code }));
    io.talk(`${name}: ${error.message}`);
    return exit.notTaken;
  }
}

async function run(name: string | undefined, { once }: { readonly once?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { policy } = await policyOf(site);
  const rows = sinksOf(policy, name);
  if (rows.length === 0) {
    io.talk(NONE);
    return exit.done;
  }
  const stop = new AbortController();
  const parts = { site, network: policy.network, now: io.now, signal: stop.signal };
  if (once) {
    let failed = false;
    for (const row of rows)
      try {
        await io.out(`${row.name}\t${await drainOnce(row, parts)}\n`);
      } catch (error) {
        if (!(error instanceof AnchorError)) throw error;
        failed = true;
        io.talk(`${row.name}: ${error.message}`);
      }
    return failed ? exit.notTaken : exit.done;
  }
  const end = (): void => stop.abort();
  for (const word of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(word, end);
  try {
    await forward(rows, { ...parts, pause: () => lookAgain(stop.signal), over: () => stop.signal.aborted, talk: io.talk });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    for (const word of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(word, end);
  }
  return exit.done;
}

interface TokenOptions {
  readonly tokenFd?: number;
  readonly remove?: boolean;
}

async function token(name: string, { tokenFd, remove }: TokenOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const [row] = sinksOf((await policyOf(site)).policy, name);
  if (remove) {
    io.talk((await removeSinkToken(site, row!)) ? `${name} has no token in the secret store any more.` : `There is no token of ${name} in the secret store.`);
    return exit.done;
  }
  const words = tokenFd === undefined ? await promptPassphrase(`Token of ${name}: `) : await readPassphraseFd(tokenFd);
  await keepSinkToken(site, row!, words);
  io.talk(`The token of ${name} is in the secret store. See whether it is taken: wardmux sink test ${name}`);
  return exit.done;
}

const withJson = (command: Command): Command => command.option('--json', 'print JSON');

export const sinkCommand: CliCommand = {
  name: 'sink',
  needs: { list: 'evidence.read', status: 'evidence.read', test: 'sink.send', run: 'sink.send', token: 'sink.send' },
  summary: 'Sends the events of the ledger, and its alerts, to where the policy names.',
  description:
    'Syslog over TLS (RFC 5425), JSON over HTTPS (Elasticsearch, OpenSearch, Splunk, lines), or NATS JetStream: ids of people and no names, nothing of a session. Alerts by e-mail through the relay of the site, or to a webhook: the rule and its numbers, and whose only where the policy says so. The ledger is the queue: each sink goes on behind the last event that it took. To some kinds events can come twice after a connection that broke, with the same id: list --json says what each sink means by sent. What the collector wrote down is compared with the ledger by wardmux ledger verify --against.',
  examples: [
    ['wardmux sink list', 'those of the policy in force'],
    ['wardmux sink test siem', 'whether it takes a message; exit status 53 where it does not'],
    ['wardmux sink run', 'each event as it is entered, until SIGTERM: for a service of the account'],
    ['wardmux sink run --once', 'everything that waits, for a timer; exit status 53 where one did not take it'],
    ['wardmux sink token elastic --token-fd 3', 'puts the token of one into the secret store, where its row says so'],
    ['wardmux sink status --json', 'how many events each has, and how many wait'],
  ],
  declare: (command, io, done) => {
    withJson(command.command('list'))
      .description('Lists the sinks of the policy in force.')
      .action(async (options: Json) => done(await list(options, io)));
    withJson(command.command('status').argument('[NAME]', 'one of them'))
      .description('Says how many events each has, and how many wait.')
      .action(async (name: string | undefined, options: Json) => done(await status(name, options, io)));
    withJson(command.command('test').argument('<NAME>', 'which one'))
      .description('Sends it a message that is no event.')
      .action(async (name: string, options: Json) => done(await test(name, options, io)));
    command
      .command('token')
      .description('Puts the token that one asks for into the secret store of this installation.')
      .argument('<NAME>', 'which one')
      .addOption(new Option('--token-fd <N>', 'read it from this file descriptor instead of the terminal').argParser(descriptor))
      .option('--remove', 'take it out of there')
      .action(async (name: string, options: TokenOptions) => done(await token(name, options, io)));
    command
      .command('run')
      .description('Sends events as they are entered, until it is told to end.')
      .argument('[NAME]', 'one of them; all where it is left out')
      .option('--once', 'send what waits, and end')
      .action(async (name: string | undefined, options: { once?: boolean }) => done(await run(name, options, io)));
  },
};
