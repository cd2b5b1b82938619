/** `wardmux revocation`: looks at a list of who and what is revoked, as the workstation does. Nothing is changed. */
import { readSmall } from '../../disk/atomic.ts';
import { parsePolicy, policyInForce, type Policy } from '../../policy/index.ts';
import { judgeList } from '../../services/policy/revocations.ts';
import { factsOf, openInstallation } from '../../services/installation/installation.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, type CliIo } from '../io.ts';

interface Options {
  readonly policy?: string;
  readonly json?: boolean;
}

function policyAt(path: string): Policy {
  const bytes = readSmall(path);
  if (!bytes) throw new CliError('usage', `There is no file at ${path}.`);
  return parsePolicy(bytes, path).policy;
}

async function check(file: string | undefined, { policy: path, json }: Options, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const facts = await factsOf(site);
  const { revocation } = path === undefined ? policyInForce(site.home, facts).policy : policyAt(path);
  if (!revocation) throw new CliError('failed', `${path ?? 'The policy in force'} demands no revocation list, so nobody knows whose signature would count.`);
  const demanded = { ...revocation, ...(file === undefined ? {} : { file }) };
  const { state, barred, sentence, list, named } = await judgeList(site.home, facts, demanded, io.now());
  const about = list && { number: list.number, issued: list.issued, sha256: list.sha256, signer: list.signer, revoked: list.revoked.length };
  if (json) await io.out(jsonText({ file: demanded.file, state, stands: !barred, list: about ?? null, named }));
  else {
    if (about) await io.out(columns(Object.entries(about).map(([name, value]) => [name, String(value)])));
    await io.out(
      `here: ${named.people.length} people${named.people.map((id) => ` ${id}`).join('')}, ${named.slots.length} key slots${named.slots.map((id) => ` ${id}`).join('')}\n`,
    );
    await io.out(`${barred ? 'does not stand' : 'stands'} (${state})\n`);
  }
  if (sentence !== undefined) io.talk(sentence);
  return barred ? exit.failed : exit.done;
}

export const revocation: CliCommand = {
  name: 'revocation',
  needs: { check: 'evidence.read' },
  summary: 'Looks at the list of who and what is revoked.',
  description:
    'The policy can demand a signed list, by file, of people and of ways in that are revoked. Whoever it names is logged off within a minute and does not come in; where no list stands, nobody does but by break-glass. It is made and signed with ssh-keygen: docs/revocation.md.',
  examples: [
    ['wardmux revocation check', 'the list that the policy in force demands: does it stand, and whom does it name here'],
    ['wardmux revocation check FILE --policy FILE', 'another one, by a policy that is to come into force'],
  ],
  declare: (command, io, done) => {
    command
      .command('check')
      .argument('[FILE]', 'a list that does not lie there yet')
      .description('Judges a list as the workstation does, and says whom of it that names. Exit status 1 where it does not stand.')
      .option('--policy <FILE>', 'whose keys and age count: of the policy in force, unless given')
      .option('--json', 'print the result as JSON')
      .action(async (file: string | undefined, options: Options) => done(await check(file, options, io)));
  },
};
