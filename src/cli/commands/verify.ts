/** `wardmux verify`: judges a bundle. Needs no installation; where there is one, a failure becomes an event of its ledger. */
import { homeFolder, homePaths } from '../../storage/index.ts';
import { existsSync } from 'node:fs';
import { failureTable } from '../../export/failures.ts';
import { readTrustFile } from '../../export/trust.ts';
import { verifyBundle } from '../../export/verify.ts';
import type { BundleVerdict } from '../../export/verify/verdict.ts';
import type { CliCommand } from '../command.ts';
import { appendEvent, openInstallation } from '../../services/installation/installation.ts';
import { jsonText, type CliIo } from '../io.ts';
import { sentenceOf } from '../../types/sentence.ts';

export const verify: CliCommand = {
  name: 'verify',
  needs: 'evidence.read',
  summary: 'Verifies a bundle against pinned keys; works on a machine without an installation.',
  description: 'Exit status 0 is good. Every kind of failure has a status of its own, listed below.',
  examples: [
    ['wardmux verify bundle --trust trust.json', 'a sentence, and notes on what is not proven'],
    ['wardmux verify bundle --trust trust.json --json', 'verdict, facts and every check'],
  ],
  declare: (command, io, done) => {
    // Not in the description: there it would be filled into paragraphs.
    command.addHelpText('after', `\nKinds of failure:\n${failureTable.map((row) => `  ${row.status}  ${row.code}\n      ${row.sentence}`).join('\n')}`);
    command
      .argument('<DIR>', 'the bundle')
      .requiredOption('--trust <FILE>', 'trust.json of the installation, got by another way than the bundle')
      .option('--json', 'print the verdict as JSON')
      .action(async (folder: string, options: { trust: string; json?: boolean }) => {
        const verdict = verifyBundle(folder, readTrustFile(options.trust));
        if (options.json) await io.out(jsonText(verdict));
        else {
          await io.out(`${verdict.code}: ${verdict.sentence}${verdict.detail ? ` ${verdict.detail}` : ''}\n`);
          for (const note of verdict.notes) await io.out(`note: ${note}\n`);
        }
        if (!verdict.good) await tell(verdict, io);
        done(verdict.status);
      });
  },
};

/** A failed verification is worth remembering. It is the verdict that counts: trouble with the ledger is told and no more. */
async function tell(verdict: BundleVerdict, io: CliIo): Promise<void> {
  if (!existsSync(homePaths(homeFolder(io.env)).installation)) return;
  try {
    await appendEvent(
      await openInstallation(io),
      { action: 'verify', outcome: 'failure', detail: { target: 'bundle', code: verdict.code } },
      { talk: io.talk },
    );
  } catch (error) {
    io.talk(`The failure could not be entered into the ledger: ${sentenceOf(error)}`);
  }
}
