/** `wardmux audit-key prove|new|rewrap`: somebody has the private half of an audit key that the policy names; and another one that takes its place. */
import { resolve } from 'node:path';
import { createNew, writeAtomic } from '../../disk/atomic.ts';
import { toJson } from '../../disk/json.ts';
import { parsePolicy, proposalSentence } from '../../policy/index.ts';
import { AuditKeyOpener, generateAuditKey } from '../../recording/wrap.ts';
import { outOfReach } from '../../services/recordings/out-of-reach.ts';
import { rewrapRecordings } from '../../services/recordings/rewrap.ts';
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

interface NewOptions {
  readonly out: string;
  readonly label: string;
  readonly replace?: string;
}

/** A new key, and the wish that the policy names it. */
async function makeNew({ out, label, replace }: NewOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { policy, proposal } = await policyOf(site);
  // A draft is somebody's work, or something that somebody put there: it is neither lost nor taken over with the new key.
  if (proposal)
    throw new CliError(
      'draft',
      `${proposalSentence(site.home, proposal)} Nothing was made: a new key is proposed over the policy in force, and not over a draft.`,
    );
  if (replace !== undefined && !policy.auditKeys.some(({ kid }) => kid === replace))
    throw new CliError(
      'usage',
      `The policy names no audit key ${printable(replace.slice(0, 60))}, but ${policy.auditKeys.map(({ kid }) => kid).join(', ')}. Nothing was made.`,
    );
  const { recipient, file } = generateAuditKey();
  const auditKeys = [...policy.auditKeys.filter(({ kid }) => kid !== replace), { kid: recipient.kid, label, jwk: recipient.jwk }];
  const text = toJson({ ...policy, auditKeys });
  parsePolicy(Buffer.from(text), site.home.policy);
  createNew(resolve(out), toJson(file));
  writeAtomic(site.home.policy, text);
  await io.out(`${recipient.kid}\n`);
  io.talk(
    `Written to ${site.home.policy}. It is in force when two have run: wardmux policy accept. Then it opens what begins from then on; what was recorded before, once whoever has the audit key of before has run: wardmux audit-key rewrap FILE`,
  );
  return exit.done;
}

/** What an audit key of before opens, wrapped once more for those of the policy in force. */
async function rewrap(file: string, options: PersonOptions & { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const opener = await AuditKeyOpener.fromFile(resolve(file));
  const inForce = await policyOf(site);
  const identity = await unlockPerson(site, options, io);
  identity.destroy();
  const person = identity.person.id;
  const done = await withLedger(site, ({ ledger }) => rewrapRecordings({ home: site.home, ledger, person, inForce, opener }), { identity, talk: io.talk });
  const left = await outOfReach(site.home, site.installation, opener.kid, done.to);
  if (options.json) await io.out(jsonText({ key: opener.kid, ...done, left }));
  else await io.out(`${done.segments} segments of ${done.recordings} recordings open with ${done.to.join(', ')} too.\n`);
  if (done.closed > 0) io.talk(`${done.closed} segments are not sealed to ${opener.kid}, or did not open with it: another audit key of before may open them.`);
  for (const { backup, runs } of left.backups)
    io.talk(
      `Not reached: run${runs.length === 1 ? '' : 's'} ${runs.join(', ')} of the backup ${backup}, sealed before. Make a new backup in another folder, and keep this key as long as that one.`,
    );
  for (const { folder, files } of left.words)
    io.talk(`Not reached: ${files === 1 ? '1 file' : `${files} files`} of sealed words in ${printable(folder)}, which the ledger names by their digests.`);
  io.talk(`The key ${opener.kid} still opens what it opened: keep its file as safe as ever. What was handed out under it opens with no other.`);
  return exit.done;
}

export const auditKey: CliCommand = {
  name: 'audit-key',
  needs: { prove: 'audit-key.prove', new: 'policy.propose', rewrap: 'audit-key.rewrap' },
  summary: 'Shows that you have the private audit key that the policy names, and has another one take its place.',
  description:
    'A new key is proposed in policy.json, where no other change waits to be accepted, and two accept it; from then on recordings are sealed to it. What was recorded before is wrapped once more for it by whoever has the key of before, while recordings go on; a call that was cut off is made again. To prove: a fresh challenge is sealed to the audit key of the policy in force and opened with the file. That it was, and whether the file lies on a removable medium, on another disk or on that of the recordings, is entered in the ledger. Who unlocks at the terminal is asked once a day until it lies elsewhere.',
  examples: [
    ['wardmux audit-key prove /media/ada/SAFE/wardmux-audit-key-ward7.json', 'asks for your passphrase'],
    ['wardmux audit-key new --out /media/ada/SAFE/next.json --replace KID', 'a new key in the place of another one; then: wardmux policy accept'],
    ['wardmux audit-key rewrap /media/ada/SAFE/before.json', 'what the key of before opens, for the new one too'],
  ],
  declare: (command, io, done) => {
    personOptions(command.command('prove'))
      .description('Opens a challenge with the key in FILE, and enters that.')
      .argument('<FILE>', 'the file of the audit key, where it is kept')
      .option('--json', 'print key, policy and place as JSON')
      .action(async (file: string, options: PersonOptions & { json?: boolean }) => done(await prove(file, options, io)));
    command
      .command('new')
      .description('Makes an audit key in a new file, and proposes it in policy.json.')
      .requiredOption('--out <FILE>', 'a new file for the private half')
      .option('--label <TEXT>', 'what the policy calls it', 'Audit key')
      .option('--replace <KID>', 'an audit key of the policy that is to go')
      .action(async (options: NewOptions) => done(await makeNew(options, io)));
    personOptions(command.command('rewrap'))
      .description('Has what the audit key in FILE opens wrapped once more for the others of the policy in force.')
      .argument('<FILE>', 'the file of the audit key of before')
      .option('--json', 'print what was done as JSON')
      .action(async (file: string, options: PersonOptions & { json?: boolean }) => done(await rewrap(file, options, io)));
  },
};
