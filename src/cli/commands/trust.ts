/** `wardmux trust`: what an auditor pins, and the verifier that belongs to it. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createNew } from '../../disk/atomic.ts';
import { storageFault } from '../../disk/errno.ts';
import { allowedSigners, trustText } from '../../export/trust.ts';
import { readVerifier } from '../../export/verifier.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { identitySentence, openInstallation, trustOf } from '../../services/installation/installation.ts';
import { keyDigest } from '../../storage/installation.ts';

const TRUST_FILE = 'trust.json';
const VERIFIER_FILE = 'verify.py';

export const trust: CliCommand = {
  name: 'trust',
  needs: 'evidence.read',
  summary: 'Prints the public keys of this installation, for an auditor to keep outside any bundle.',
  description: `The file also names the SHA-256 of the verify.py that belongs to it. With --verifier both are written into a folder, for an auditor who has no Wardmux.`,
  examples: [
    ['wardmux trust > trust.json', 'for wardmux verify and verify.py'],
    ['wardmux trust --verifier auditor', 'auditor/trust.json and auditor/verify.py, to be handed to the auditor before any bundle'],
    [
      'wardmux trust --without 5f1c…',
      'without a stolen key that was replaced (its digest: wardmux ledger show --action installation.key); what only it signed no longer verifies',
    ],
    ['wardmux trust --allowed-signers > signers', 'for ssh-keygen -Y verify'],
  ],
  declare: (command, io, done) => {
    command
      .option('--verifier <DIR>', 'write trust.json and verify.py into this folder, which is made where it is missing')
      .option(
        '--without <DIGEST>',
        'leave out a key that was replaced, since somebody stole it; may be said several times',
        (value: string, all: string[]) => [...all, value],
        [],
      )
      .option('--allowed-signers', 'print them as OpenSSH’s allowed_signers')
      .action(async (options: { allowedSigners?: boolean; verifier?: string; without: string[] }) => {
        const site = await openInstallation(io);
        if (site.identity.state !== 'pinned') io.talk(`note: ${identitySentence(site.identity, site.installation.secretStore)}`);
        const former = (site.installation.formerKeys ?? []).map((key) => ({ digest: keyDigest(key), replaced: key.replaced }));
        const unknown = options.without.find((digest) => !former.some((key) => key.digest === digest));
        if (unknown !== undefined)
          throw new CliError(
            'usage',
            `${JSON.stringify(unknown.slice(0, 80))} is no key of this installation that was replaced. ${former.length === 0 ? 'None was.' : `These were:\n${former.map(({ digest, replaced }) => `  ${digest}  replaced ${replaced}`).join('\n')}`}`,
          );
        const facts = await trustOf(site, options.without);
        if (options.verifier !== undefined) {
          const folder = resolve(options.verifier);
          writeNew(folder, [
            [TRUST_FILE, trustText(facts)],
            [VERIFIER_FILE, readVerifier()],
          ]);
          await io.out(`${join(folder, TRUST_FILE)}\n${join(folder, VERIFIER_FILE)}\nSHA-256 of ${VERIFIER_FILE}: ${facts.verifier.sha256}\n`);
        } else await io.out(options.allowedSigners ? allowedSigners(facts) : trustText(facts));
        done(exit.done);
      });
  },
};

/** For others to read. */
const MODE = 0o644;

/** Files that were not there before. @throws StorageFault */
function writeNew(folder: string, files: readonly (readonly [name: string, content: string | Uint8Array])[]): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw storageFault(error, 'make the folder', folder);
  }
  for (const [name, content] of files) createNew(join(folder, name), content, MODE);
}
