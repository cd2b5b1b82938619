/** `wardmux selftest`: tries the controls on this machine, signs the report, and judges one. */
import { resolve } from 'node:path';
import { keysOf } from '../../ledger/note.ts';
import { LedgerView } from '../../ledger/view.ts';
import { sshKeysOf } from '../../crypto/succession.ts';
import type { InstallationSshKey } from '../../crypto/sshsig.ts';
import { readSmall } from '../../disk/atomic.ts';
import { utf8Text } from '../../disk/utf8.ts';
import { parseTrust, readTrustFile, trustedInstallationKeys } from '../../export/trust.ts';
import { anchorsFinding } from '../../selftest/anchors.ts';
import { tryBackoff } from '../../selftest/back-off.ts';
import { lookAtCounters } from '../../selftest/counters.ts';
import { keylessChecks } from '../../selftest/keyless.ts';
import { lookAtPermissions } from '../../selftest/permissions.ts';
import {
  countOf,
  judgeReport,
  reportDigest,
  reportEntry,
  reportText,
  signReport,
  unsignedReport,
  type Report,
  type ReportFacts,
  type ReportVerdict,
} from '../../selftest/report.ts';
import { tryControls } from '../../selftest/run.ts';
import { testAnchors } from '../../services/installation/anchored.ts';
import { factsOf, openInstallation, policyOf, withLedger, type OpenInstallation } from '../../services/installation/installation.ts';
import { homeFolder, homePaths, requireInstallation } from '../../storage/index.ts';
import { sentenceOf } from '../../types/sentence.ts';
import { version } from '../../version.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText, printable, type CliIo } from '../io.ts';

async function factsOfReport(site: OpenInstallation, seen: ReturnType<typeof lookAtPermissions>, io: CliIo): Promise<ReportFacts> {
  const { checks, head } = keylessChecks(site, seen, io);
  const tried = await tryControls({
    ...checks,
    anchors: async () => {
      const { policy } = await policyOf(site);
      return anchorsFinding(policy.anchors ? await testAnchors(site, policy, io.now) : []);
    },
    'back-off': async () =>
      tryBackoff({
        own: () => withLedger(site, ({ ledger }) => lookAtCounters(site.home, site.installation, ledger)),
        people: (await factsOf(site)).active().length,
      }),
  });
  const policySha256 = await policyOf(site).then(
    ({ sha256 }) => sha256,
    () => null,
  );
  return { installation: site.installation.id, software: version, time: new Date(io.now()).toISOString(), policySha256, ledger: head(), tried };
}

async function tellRows({ controls }: Report, io: CliIo): Promise<void> {
  for (const { outcome, title, safeguard, seen, limit } of controls)
    await io.out(printable(`${outcome}: ${title} (${safeguard}): ${seen}`) + `\n  not shown here: ${limit}\n`);
}

async function run(options: { json?: boolean }, io: CliIo): Promise<number> {
  const folder = homeFolder(io.env);
  requireInstallation(homePaths(folder));
  // Before it is opened: that mends some of what is found here.
  const seen = lookAtPermissions(folder);
  const site = await openInstallation(io);
  const facts = await factsOfReport(site, seen, io);
  let report: Report;
  let trouble: string | undefined;
  try {
    report = await withLedger(site, async ({ ledger, signer }) => {
      const signed = await signReport(facts, signer);
      await ledger.append(reportEntry(signed));
      return signed;
    });
  } catch (error) {
    report = unsignedReport(facts);
    trouble = sentenceOf(error);
  }
  if (options.json) await io.out(reportText(report));
  else {
    await tellRows(report, io);
    if (trouble === undefined) await io.out(`Signed by ${report.installation}, and in its ledger as ${reportDigest(report)}.\n`);
  }
  if (trouble !== undefined) io.talk(`The report is not signed, and not in the ledger: ${trouble}`);
  const failed = countOf(report, 'fails');
  if (failed > 0) io.talk(`${failed} of ${report.controls.length} controls ${failed === 1 ? 'does' : 'do'} not hold.`);
  return report.holds && trouble === undefined ? exit.done : exit.controlFailed;
}

type Judgement = ReportVerdict | 'not-entered';

const sentences: Readonly<Record<Judgement, (of: string) => string>> = {
  good: (of) => `The report is as ${of} has signed it.`,
  malformed: () => 'This is no report of a self-test, or it was changed: there is one way to write each.',
  unsigned: () => 'Nobody signed this report.',
  'other-key': (of) => `The report is not signed by a key of ${of}.`,
  'half-signed': (of) => `One half alone of the key of ${of} signed the report.`,
  'bad-signature': (of) => `The report is not as ${of} signed it: it was changed.`,
  'not-entered': (of) => `The report has a good signature, and the ledger of ${of} has no event of it: somebody else has that key, or the ledger was set back.`,
};

/** The keys that a report, or a certificate, may be signed with: those of a trust.json, or of the installation that is here. */
export async function keysFor(
  trustFile: string | undefined,
  io: CliIo,
): Promise<{ readonly of: string; readonly keys: readonly InstallationSshKey[]; readonly site?: OpenInstallation }> {
  if (trustFile === undefined) {
    const site = await openInstallation(io);
    const keys = keysOf(site.noteKey).map(({ key: { publicKey, second } }) => sshKeysOf({ publicKey, second: second?.publicKey }));
    return { of: site.installation.id, keys, site };
  }
  const trust = parseTrust(readTrustFile(resolve(trustFile)) ?? '');
  if (trust === undefined || trust === 'newer') throw new CliError('usage', `${trustFile} is not a trust.json that this version can read.`);
  return { of: trust.installation, keys: trustedInstallationKeys(trust) };
}

/** Whether an event of the ledger names the report. */
async function isEntered({ home, noteKey }: OpenInstallation, report: Report): Promise<boolean> {
  const sha256 = reportDigest(report);
  const view = await LedgerView.open(home.ledger, noteKey);
  try {
    return ((await view?.selfTestEvents()) ?? []).some(({ event }) => event.detail?.['sha256'] === sha256);
  } finally {
    view?.close();
  }
}

async function judge(file: string, options: { json?: boolean; trust?: string }, io: CliIo): Promise<number> {
  const bytes = readSmall(resolve(file));
  if (!bytes) throw new CliError('usage', `There is no file ${file}.`);
  const { of, keys, site } = await keysFor(options.trust, io);
  const { verdict, report } = judgeReport(utf8Text(bytes) ?? '', keys);
  const whole = verdict === 'good' ? report : undefined;
  const code: Judgement = whole && site && !(await isEntered(site, whole)) ? 'not-entered' : verdict;
  const sentence = sentences[code](of);
  if (options.json) await io.out(jsonText({ good: code === 'good', code, sentence, installation: of, holds: whole?.holds ?? null, time: whole?.time ?? null }));
  else {
    await io.out(`${code}: ${sentence}\n`);
    if (whole) await io.out(`${whole.time}, Wardmux ${whole.software}:\n`);
    if (whole) await tellRows(whole, io);
    if (whole && !site) await io.out('note: Whether it stands in the ledger was not looked at; at the workstation it is.\n');
  }
  if (code !== 'good') return exit.badReport;
  return whole?.holds ? exit.done : exit.controlFailed;
}

export const selftest: CliCommand = {
  name: 'selftest',
  needs: { selftest: 'selftest.run', '--verify': 'evidence.read' },
  summary: 'Tries the controls on this machine, and signs a report of what came of it.',
  description:
    'Lock, encryption, ledger, heads outside, files, waiting after failures, recovery: each is tried and not asked. Attacks go at copies and at things made for it; nothing of yours is changed. The report is in the ledger by its digest. Exit status 0 only where everything that can be tried here holds.',
  examples: [
    ['wardmux selftest', 'a row a control, and what it does not show'],
    ['wardmux selftest --json > selftest.json', 'the signed report'],
    [
      'wardmux selftest --verify selftest.json',
      'whether that is a report of this installation; exit status 57 where a control did not hold, 58 where it is none',
    ],
    ['wardmux selftest --verify selftest.json --trust trust.json', 'the same, for an auditor elsewhere'],
  ],
  declare: (command, io, done) => {
    command
      .option('--json', 'print the report as JSON, with its signature')
      .option('--verify <FILE>', 'judge a report instead')
      .option('--trust <FILE>', 'with --verify: the keys of this trust.json, and not those of the installation here')
      .action(async ({ verify, ...options }: { json?: boolean; verify?: string; trust?: string }) => {
        if (verify === undefined && options.trust !== undefined) throw new CliError('usage', '--trust goes with --verify FILE.');
        done(verify === undefined ? await run(options, io) : await judge(verify, options, io));
      });
  },
};
