/** `wardmux audit-key prove`: somebody has the private half of an audit key that the policy names. */
import { resolve } from 'node:path';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { mediumOf, type Medium } from '../../disk/media.ts';
import { requireStillMay } from '../../services/deeds/admit.ts';
import { provesAuditKey } from '../../services/policy/audit-key.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { openInstallation, policyOf, withLedger } from '../../services/installation/installation.ts';
import { type PersonOptions, unlockPerson } from '../person.ts';
import { jsonText, printable, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';

const places: Readonly<Record<Medium, string>> = {
  removable: 'It lies on a removable medium. Take that out, and keep it in a safe place; delete every copy that is still here.',
  'other-disk': 'It lies on another disk than the recordings. Delete every copy that is still here.',
  'same-disk': 'It lies on the disk of the recordings, where whoever reads it reads them all: move it to a removable medium, and prove it again.',
};

async function prove(file: string, options: PersonOptions & { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const path = resolve(file);
  const opener = await AuditKeyOpener.fromFile(path);
  const inForce = await policyOf(site);
  // Before anybody gives a passphrase for it.
  const proven = await provesAuditKey(inForce, opener);
  if (!proven)
    throw new CliError(
      'failed',
      proven === undefined
        ? `${printable(path)} holds the audit key ${opener.kid}, and the policy in force names ${inForce.policy.auditKeys.map(({ kid }) => kid).join(', ')}. Give the file of one of these.`
        : `${printable(path)} did not open what was sealed to the audit key ${opener.kid}. Nothing was entered.`,
    );
  const medium = mediumOf(path, site.home.folder);
  const identity = await unlockPerson(site, options, io);
  identity.destroy();
  const { kid } = opener;
  const { sha256 } = inForce;
  await withLedger(
    site,
    async ({ ledger }) => {
      if (ledger.facts.policy?.sha256 !== sha256) throw new CliError('failed', 'Another policy came into force meanwhile. Prove it again.');
      const person = identity.person.id;
      const before = (): void => requireStillMay(ledger.facts, person, 'audit-key.prove');
      await ledger.append({ action: 'audit-key.proven', person, detail: { key: kid, policySha256: sha256, medium } }, { before });
    },
    { identity, talk: io.talk },
  );
  const label = inForce.policy.auditKeys.find((key) => key.kid === kid)!.label;
  if (options.json) await io.out(jsonText({ key: kid, label, policySha256: sha256, medium }));
  else await io.out(`The private half of the audit key ${kid} (${printable(label)}) of the policy ${sha256} is in ${printable(path)}.\n${places[medium]}\n`);
  return exit.done;
}

export const auditKey: CliCommand = {
  name: 'audit-key',
  needs: { prove: 'audit-key.prove' },
  summary: 'Shows that you have the private audit key that the policy names.',
  description:
    'A fresh challenge is sealed to the audit key of the policy in force and opened with the file. That it was, and whether the file lies on a removable medium, on another disk or on that of the recordings, is entered in the ledger. Who unlocks at the terminal is asked once a day until it lies elsewhere.',
  examples: [['wardmux audit-key prove /media/ada/SAFE/wardmux-audit-key-ward7.json', 'asks for your passphrase']],
  declare: (command, io, done) => {
    personOptions(command.command('prove'))
      .description('Opens a challenge with the key in FILE, and enters that.')
      .argument('<FILE>', 'the file of the audit key, where it is kept')
      .option('--json', 'print key, policy and place as JSON')
      .action(async (file: string, options: PersonOptions & { json?: boolean }) => done(await prove(file, options, io)));
  },
};
