/** `wardmux posture`: where this installation is weaker than the strict profile. */
import { LedgerView } from '../../ledger/view.ts';
import { policyInForce } from '../../policy/index.ts';
import type { PostureFacts } from '../../posture/facts.ts';
import { postureFacts, selfTestOf } from '../../posture/gather.ts';
import { levels, postureOf, type Level, type PostureRow } from '../../posture/rows.ts';
import { factsOf, openInstallation, type OpenInstallation } from '../../services/installation/installation.ts';
import { safeguards } from '../../types/safeguards.ts';
import { anchorViews } from '../../services/installation/anchored.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { jsonText, printable, type CliIo } from '../io.ts';

/** The last self-test that the ledger has. */
async function lastSelfTest({ home, noteKey }: OpenInstallation): Promise<PostureFacts['selfTest']> {
  const view = await LedgerView.open(home.ledger, noteKey);
  try {
    return selfTestOf((await view?.selfTestEvents())?.at(-1)?.event);
  } finally {
    view?.close();
  }
}

const headings: Readonly<Record<Level, string>> = { stop: 'to do now', weaker: 'weaker than strict', unseen: 'not to be seen from here' };

const citationOf = ({ safeguard }: PostureRow): string =>
  [safeguards[safeguard].citation, safeguards[safeguard].controls].filter((text) => text !== '').join('; ');

async function posture(options: { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const ledger = await factsOf(site);
  const { policy, sha256 } = policyInForce(site.home, ledger);
  const facts = postureFacts({
    home: site.home,
    installation: site.installation,
    isPinned: site.identity.state === 'pinned',
    ledger,
    policy,
    anchors: await anchorViews(site, policy, io.now()),
    selfTest: await lastSelfTest(site),
    now: io.now(),
  });
  const rows = postureOf(facts);
  if (options.json) {
    await io.out(
      jsonText({
        installation: site.installation.id,
        workstation: policy.workstation.name,
        time: new Date(io.now()).toISOString(),
        policySha256: sha256,
        rows: rows.map((row) => ({ ...row, safeguard: safeguards[row.safeguard] })),
      }),
    );
    return exit.done;
  }
  for (const row of rows) {
    const { level, title, value, strict, advice } = row;
    await io.out(printable(`${level}: ${title} (${citationOf(row)})`) + `\n  in force: ${printable(value)}\n  strict:   ${strict}\n  to do:    ${advice}\n`);
  }
  const counts = levels.map((level) => `${rows.filter((row) => row.level === level).length} ${headings[level]}`);
  await io.out(`${counts.join(', ')}. A row names the safeguard that a setting supports; it does not show that a rule is met.\n`);
  return exit.done;
}

export const postureCommand: CliCommand = {
  name: 'posture',
  needs: 'evidence.read',
  summary: 'Lists where this installation is weaker than the strict profile, and what to do.',
  description:
    'A row a setting: the safeguard of 45 CFR part 164 that it supports, what is in force, what the strict profile has, and what to do. Nothing is changed.',
  examples: [
    ['wardmux posture', 'the worst first'],
    ['wardmux posture --json', 'the same for programs'],
  ],
  declare: (command, io, done) => {
    command.option('--json', 'print JSON').action(async (options: { json?: boolean }) => done(await posture(options, io)));
  },
};
