/** `wardmux export`: a bundle for an auditor. What the recognisers find is withheld, unless two people say otherwise. */
import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { planDisclosure, type Disclosure } from '../../export/disclosure.ts';
import { writeBundle, type ExportResult } from '../../export/bundle.ts';
import { writeDerived, type DerivedResult } from '../../export/derived.ts';
import { memoryFolder, sealFolders, sealingKey } from '../../export/sealed.ts';
import { sweepPartials } from '../../export/partial.ts';
import { p256SshKey } from '../../crypto/sshsig.ts';
import type { RecordingState } from '../../ledger/rules.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { policyInForce } from '../../policy/index.ts';
import { recipientsOf } from '../../services/recordings/start.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import { goesOn } from '../../records/index.ts';
import { needsRecovery } from '../../recording/recovery.ts';
import { standardKinds, type Kind } from '../../redaction/index.ts';
import { version } from '../../version.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { checkWords, keepDisclosure } from '../../services/recordings/disclosures.ts';
import { exportRecording, type ExportFacts } from '../../services/recordings/export.ts';
import { othersFault, othersLook, requireOthers } from '../../services/recordings/export-others.ts';
import { appendEvent, openInstallation, trustOf, withLedger, type OpenInstallation } from '../../services/installation/installation.ts';
import { agreeToWhole } from '../../services/recordings/whole-export.ts';
import { requireSecondFd, unlockPerson, unlockSecond, type TwoPeople } from '../person.ts';
import { ledgerStateOf, recordingFolder } from '../recording-folder.ts';
import { verifyRecording } from '../../services/recordings/verify.ts';
import { derivedForms, givenReasons, importedText, type DerivedForm, type GivenReasonWord } from '../../types/words.ts';
import { jsonText, printable, type CliIo } from '../io.ts';
import { printer } from '../written-page.ts';
import { twoPeopleOptions } from '../options.ts';
import { chosenKinds, releasedBy, span } from '../redaction-options.ts';

interface ExportOptions extends TwoPeople {
  readonly output: string;
  readonly purpose: string;
  readonly recipient: string;
  readonly redact: string;
  readonly form: 'evidence' | DerivedForm;
  readonly release: readonly string[];
  readonly key?: string;
  readonly reason?: GivenReasonWord;
  readonly sealTo?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** How it is told what is withheld. */
function told(result: ExportResult | DerivedResult): string[] {
  const { sha256, redaction } = result;
  const bundle =
    'proven' in result
      ? `${result.records} records exported, ${result.proven} of them signed for by the ledger. SHA-256 of SHA256SUMS: ${sha256}`
      : `${result.records} records exported as one file, which proves nothing by itself. Its SHA-256: ${sha256}`;
  if (!redaction) return [bundle, 'Nothing was withheld but snapshots of the screen: treat it as you treat a patient record.'];
  const { withheld, released, recognisers, folder } = redaction;
  return [
    bundle,
    ...(released === 0 ? [] : [`${released} ${released === 1 ? 'piece was' : 'pieces were'} released by hand; the list has the reasons.`]),
    `${withheld === 0 ? 'Nothing was' : `${withheld} ${withheld === 1 ? 'piece was' : 'pieces were'}`} found by the recognisers (version ${recognisers}) and withheld; what they do not know is still in it. The list${'proven' in result ? ', and the session with blocks in it' : ''}: ${folder}`,
  ];
}

async function run(id: string, options: ExportOptions, io: CliIo): Promise<number> {
  const words = checkWords({ purpose: options.purpose, recipient: options.recipient });
  const kinds = chosenKinds(options.redact, standardKinds);
  const asked = span(options, id);
  const output = resolve(options.output);
  if (options.key !== undefined && options.reason === undefined)
    throw new CliError('usage', 'Somebody else’s recording is exported for a reason, which is entered: give --reason beside --key. Nothing was exported.');
  const fault = options.key === undefined ? undefined : othersFault(kinds, options.release.length);
  if (fault !== undefined) throw new CliError('usage', `${fault} Leave --release out, and --redact or name more kinds than the default has.`);
  const { form } = options;
  const released = releasedBy(options.release);
  if (released.size > 0 && kinds.length === 0)
    throw new CliError('usage', '--release is for what the recognisers found, and with --redact none they look for nothing.');
  if (options.sealTo !== undefined && form !== 'evidence')
    throw new CliError('usage', `--seal-to is for the evidence alone, and --form is ${form}: leave one of them out. Nothing was exported.`);
  const sealed = options.sealTo === undefined ? undefined : sealingKey(resolve(options.sealTo));
  if (sealed && lstatSync(output, { throwIfNoEntry: false }))
    throw new CliError('failed', `${printable(output)} exists already, and an export never overwrites anything: choose another file.`);
  const target = sealed ? join(memoryFolder([io.env['XDG_RUNTIME_DIR'], '/dev/shm']), `wardmux-export-${randomBytes(8).toString('hex')}`) : options.output;
  const site = await openInstallation(io);
  const folder = await recordingFolder(site, id);
  if (kinds.length === 0) requireSecondFd(options, 'An export with nothing withheld takes two people');
  const state = await ledgerStateOf(site, id);
  const live = goesOn(folder, state);
  if (!live && needsRecovery(folder))
    io.talk(
      `Recording ${id} was interrupted and not recovered yet: records after its last checkpoint will be called unproven. To have those signed for that your key opens, run: wardmux list --recover --passphrase-fd N`,
    );
  const trust = await trustOf(site);
  const identity = await unlockPerson(site, options, io);
  let second: OpenIdentity | undefined;
  try {
    const opener = await openerOf(site, id, state, identity, options, io);
    if (kinds.length === 0) second = await unlockSecond(site, options, 'because nothing is to be withheld', io);
    const isPart = asked.fromUs !== undefined || asked.toUs !== undefined;
    const planned = kinds.length > 0 || isPart || form !== 'evidence' ? await planDisclosure({ folder, opener, live }, { kinds, ...asked }) : undefined;
    const disclosure = planned?.release(released);
    const result = await withLedger(
      site,
      async ({ ledger, signer }) => {
        // One that was killed left text in the clear: it goes before more of it is written.
        for (const { recording, sentence, removed } of sweepPartials(site.home.run)) {
          io.talk(sentence);
          if (removed && recording !== undefined) await ledger.append({ action: 'export', outcome: 'failure', detail: { recording, code: 'cut-off' } });
        }
        const { person } = identity;
        const kept = await keepDisclosure(site.home, id, words, recipientsOf(person, policyInForce(site.home, ledger.facts)));
        const agreed =
          kinds.length === 0
            ? await agreeToWhole({
                installation: ledger.installation,
                facts: ledger.facts,
                recording: id,
                words: kept,
                identity,
                second,
                signing: (request) => io.talk(`Both sign the request ${request}.`),
              })
            : {};
        const facts: ExportFacts = {
          redaction: redactionWord(options.redact),
          ...(isPart ? { part: true } : {}),
          ...(form === 'evidence' ? {} : { form }),
          ...(sealed ? { sealedTo: sealed.kid } : {}),
          words: kept,
          ...agreed,
        };
        return exportRecording(
          { ledger, signer },
          {
            recording: id,
            person: person.id,
            trust,
            facts,
            enter: (entry) => ledger.append(entry),
            write: async (given): Promise<ExportResult | DerivedResult> => {
              const who = { id: person.id, signer: { publicKey: p256SshKey(person.signingKey), sign: (bytes: Uint8Array) => identity.sign(bytes) } };
              if (form !== 'evidence') {
                const { good, sentence } = await verifyRecording(site.home, ledger, id);
                if (!good) throw new CliError('failed', `Recording ${id} was not exported: ${sentence}`);
                return writeDerived({
                  folder,
                  opener,
                  live,
                  form,
                  disclosure: disclosure!,
                  person: who,
                  verdict: sentence,
                  target: output,
                  print: printer(io),
                  notes: site.home.run,
                  version,
                });
              }
              return writeBundle({
                ...given,
                recordingFolder: folder,
                opener,
                ...(options.reason === undefined ? {} : { reason: options.reason }),
                ledger,
                person: who,
                target,
                handOn: sealed && ((folders) => sealFolders(folders, sealed, output)),
                notes: site.home.run,
                version,
                live,
                disclosure,
              });
            },
          },
        );
      },
      { identity, talk: io.talk },
    );
    if (options.json)
      await io.out(jsonText({ ...result, ...(sealed ? { folder: undefined, file: output, sealedTo: sealed.kid } : {}), withheld: withheldByKind(disclosure) }));
    else await io.out(`${sealed || !('folder' in result) ? output : result.folder}\n`);
    if ('leftOut' in result && result.leftOut !== undefined) io.talk(result.leftOut);
    if ('imported' in result && result.imported !== null) io.talk(`Recording ${id}: ${importedText(result.imported)}. Verifying the bundle says so too.`);
    for (const line of told(
      sealed && result.redaction ? { ...result, redaction: { ...result.redaction, folder: 'bundle-redaction, in the same file' } } : result,
    ))
      io.talk(line);
    if (sealed) io.talk(`Whoever has the key ${sealed.kid} opens it with stock tools: jose jwe dec -i ${printable(options.output)} -k KEY | tar -x`);
    return exit.done;
  } finally {
    identity.destroy();
    second?.destroy();
  }
}

/**
 * What opens it: whoever exports, or of somebody else's recording an audit key. That it is opened with one, and why, is entered first.
 * @throws Refusal, CliError
 */
async function openerOf(
  site: OpenInstallation,
  recording: string,
  state: RecordingState | undefined,
  identity: OpenIdentity,
  { key, reason }: ExportOptions,
  io: CliIo,
): Promise<SegmentOpener> {
  if (key === undefined) return identity;
  const { id: person } = identity.person;
  requireOthers(recording, state, person);
  const opener = await AuditKeyOpener.fromFile(resolve(key));
  await appendEvent(site, othersLook(recording, person, reason!), { identity, talk: io.talk });
  return opener;
}

const redactionWord = (redact: string): ExportFacts['redaction'] => (redact === 'default' || redact === 'none' ? redact : 'chosen');

function withheldByKind(disclosure: Disclosure | undefined): Partial<Record<Kind | 'unread', number>> {
  const counts: Partial<Record<Kind | 'unread', number>> = {};
  for (const kind of disclosure?.withheldFindings.flatMap(({ kinds }) => kinds) ?? []) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

export const exportCommand: CliCommand = {
  name: 'export',
  needs: { export: 'recording.export.own', '--key': 'recording.export.others' },
  summary: 'Exports a recording as a signed bundle that verifies without Wardmux.',
  description:
    'What the recognisers find is withheld: the bundle verifies without it, and the folder beside it (DIR-redaction) has a signed list of what was withheld where, and the session with blocks in those places. What they do not know is still in it: treat it as you treat a patient record. Purpose and recipient are sealed, for the accounting of disclosures. An existing folder is never overwritten.',
  examples: [
    ['wardmux export 20261122-081500-0a1b2c3d -o bundle --purpose "yearly audit" --recipient "Example Audits"', 'asks for your passphrase'],
    ['wardmux export ID -o DIR --purpose TEXT --recipient TEXT --passphrase-fd 3 3< FILE', 'for scripts; FILE holds the passphrase'],
    [
      'wardmux export ID -o DIR --redact ssn,mrn,password --from 0:05:00 --to 0:10:00 --purpose TEXT --recipient TEXT',
      'with three recognisers, five minutes of it',
    ],
    ['wardmux export ID -o bundle.jwe --seal-to auditor.jwk --purpose TEXT --recipient TEXT', 'one file that the auditor alone opens, with jose and tar'],
    [
      'wardmux export ID -o session.cast --form cast --purpose TEXT --recipient TEXT',
      'what any player of asciicast plays, redacted likewise; also text, and report, a page to print: HTML, or PDF where its name ends in .pdf',
    ],
    [
      'wardmux export ID -o DIR --release "12.0=the switchboard, no patient" --purpose TEXT --recipient TEXT',
      'a piece that the preview lists goes out all the same, and the list says why',
    ],
    [
      'wardmux export ID -o DIR --key audit-key.json --reason audit --purpose TEXT --recipient TEXT',
      'an auditor, of somebody else’s recording; asks for the auditor’s passphrase too',
    ],
    ['wardmux trust > trust.json', 'give the auditor this too, by another way than the bundle'],
  ],
  declare: (command, io, done) => {
    twoPeopleOptions(
      command
        .argument('<ID>', 'the recording')
        .requiredOption('-o, --output <DIR>', 'the new folder; with --seal-to or another form, the new file')
        .requiredOption('--purpose <TEXT>', 'what it is for: sealed, for the accounting of disclosures')
        .requiredOption('--recipient <TEXT>', 'who gets it: sealed, likewise')
        .option('--redact <KINDS>', 'default, none (which takes two people), or kinds with commas: see wardmux redact kinds', 'default')
        .addOption(
          new Option('--form <FORM>', 'evidence, a folder that verifies; or one file that proves nothing by itself, and a list of what was withheld beside it')
            .choices(['evidence', ...derivedForms])
            .default('evidence'),
        )
        .option(
          '--release <PIECE=REASON>',
          'lets out what was found in this piece (see wardmux redact preview), with the reason in the list; again for each',
          (one: string, all: readonly string[]) => [...all, one],
          [],
        )
        .option('--key <FILE>', 'of somebody else’s recording: open it with this audit key')
        .addOption(new Option('--reason <REASON>', 'why somebody else’s is exported, with --key').choices(givenReasons))
        .option('--seal-to <KEY>', 'write one file that this public key (a JWK on P-256) opens, instead of a folder; nothing of it is on a disk in the clear')
        .option('--from <TIME>', 'withhold what was printed before: h:mm:ss since its start, or a moment')
        .option('--to <TIME>', 'withhold what was printed after'),
      'where nothing is withheld (--redact none)',
    )
      .option('--json', 'print the result as JSON')
      .action(async (id: string, options: ExportOptions) => done(await run(id, options, io)));
  },
};
