/** `wardmux export`: a bundle for an auditor. */
import { writeBundle } from '../../export/bundle.ts';
import { sweepPartials } from '../../export/partial.ts';
import { p256SshKey } from '../../crypto/sshsig.ts';
import { liveState } from '../../recording/live.ts';
import { needsRecovery } from '../../recording/recovery.ts';
import { version } from '../../version.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { exportRecording } from '../../services/export-recording.ts';
import { openInstallation, trustOf, withLedger } from '../../services/installation.ts';
import { unlockPerson } from '../person.ts';
import { recordingFolder } from '../recording-folder.ts';
import { importedText } from '../../types/words.ts';
import { jsonText } from '../io.ts';
import { personOptions } from '../options.ts';

export const exportCommand: CliCommand = {
  name: 'export',
  needs: 'recording.export.own',
  summary: 'Exports a recording as a signed bundle that verifies without Wardmux.',
  description: 'The bundle shows what was on the screen: treat it as you treat a patient record. An existing folder is never overwritten.',
  examples: [
    ['wardmux export 20261122-081500-0a1b2c3d -o bundle', 'asks for your passphrase'],
    ['wardmux export ID -o DIR --passphrase-fd 3 3< FILE', 'for scripts; FILE holds the passphrase'],
    ['wardmux trust > trust.json', 'give the auditor this too, by another way than the bundle'],
  ],
  declare: (command, io, done) => {
    personOptions(command.argument('<ID>', 'the recording').requiredOption('-o, --output <DIR>', 'the new folder'))
      .option('--json', 'print the result as JSON')
      .action(async (id: string, options: { output: string; json?: boolean; person?: string; passphraseFd?: number }) => {
        const site = await openInstallation(io);
        const folder = await recordingFolder(site, id);
        const live = liveState(folder) === 'live';
        if (!live && needsRecovery(folder))
          io.talk(
            `Recording ${id} was interrupted and not recovered yet: records after its last checkpoint will be called unproven. To have those signed for that your key opens, run: wardmux list --recover --passphrase-fd N`,
          );
        const trust = await trustOf(site);
        const identity = await unlockPerson(site, options, io);
        try {
          const result = await withLedger(
            site,
            async ({ ledger, signer }) => {
              // One that was killed left text in the clear: it goes before more of it is written.
              for (const { recording, sentence, removed } of sweepPartials(site.home.run)) {
                io.talk(sentence);
                if (removed && recording !== undefined) await ledger.append({ action: 'export', outcome: 'failure', detail: { recording, code: 'cut-off' } });
              }
              const { person } = identity;
              return exportRecording(
                { ledger, signer },
                {
                  recording: id,
                  person: person.id,
                  trust,
                  enter: (entry) => ledger.append(entry),
                  write: (given) =>
                    writeBundle({
                      ...given,
                      recordingFolder: folder,
                      opener: identity,
                      ledger,
                      person: { id: person.id, signer: { publicKey: p256SshKey(person.signingKey), sign: (bytes) => identity.sign(bytes) } },
                      target: options.output,
                      notes: site.home.run,
                      version,
                      live,
                    }),
                },
              );
            },
            { identity, talk: io.talk },
          );
          if (options.json) await io.out(jsonText(result));
          else await io.out(`${result.folder}\n`);
          if (result.leftOut !== undefined) io.talk(result.leftOut);
          if (result.imported !== null) io.talk(`Recording ${id}: ${importedText(result.imported)}. Verifying the bundle says so too.`);
          io.talk(`${result.records} records exported, ${result.proven} of them signed for by the ledger. SHA-256 of SHA256SUMS: ${result.sha256}`);
          done(exit.done);
        } finally {
          identity.destroy();
        }
      });
  },
};
