/**
 * Verifying a bundle against keys that were pinned outside it. Reads only; believes nothing in the bundle that does not
 * follow from the trust file. verify.py makes the same checks in the same order, and a test holds the two together.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBundleCheckpoint } from './checkpoint.ts';
import { BundleFailure, failureRow } from './failures.ts';
import { guideText } from './guide.ts';
import { BUNDLE, SUMMED_FILES } from './bundle-files.ts';
import { parseSummary, summaryText, type BundleSummary } from './summary.ts';
import { EXPORT_NAMESPACE, parseSshKey, sshVerify, verifyInstallation } from '../crypto/sshsig.ts';
import { sha256 } from '../merkle/sha256.ts';
import { erasedSpans } from './heads.ts';
import { areSigners, parseTrust, sshThumbprint, trustedInstallationKeys, trustedNoteKeys, trustedPersonKeys, unknownAlgorithms } from './trust.ts';
import { checkEnd, checkHeads, checkOutput } from './verify/against-ledger.ts';
import { checkEvidence } from './verify/evidence.ts';
import { checkFiles, checkSums, digestOfFile, readable } from './verify/files.ts';
import { checkLedger } from './verify/ledger.ts';
import { checkRecipients } from './verify/recipients.ts';
import { checkNames, goodSentence, notesOf, type BundleFacts, type Check, type BundleVerdict } from './verify/verdict.ts';

/** Runs all checks. @param trust the text of the trust file, undefined where it cannot be read. Never throws over content. */
export function verifyBundle(folder: string, trust: string | undefined): BundleVerdict {
  let done = 0;
  const step = (name: Check['name']): void => {
    if (checkNames[done] !== name) throw new Error(`The check ${name} is out of order.`);
    done += 1;
  };
  const checks = (failed: boolean): Check[] =>
    checkNames.map((name, i) => ({ name, result: i < done ? 'good' : i === done && failed ? 'failed' : 'not checked' }));
  try {
    const facts = run(folder, trust, step);
    return { good: true, code: 'good', status: 0, sentence: goodSentence(facts), detail: '', notes: notesOf(facts), facts, checks: checks(false) };
  } catch (error) {
    if (!(error instanceof BundleFailure)) throw error;
    const { status, sentence } = failureRow(error.code);
    return { good: false, code: error.code, status, sentence, detail: error.detail, notes: [], facts: null, checks: checks(true) };
  }
}

function run(folder: string, trustText: string | undefined, step: (name: Check['name']) => void): BundleFacts {
  const trust = trustText === undefined ? undefined : parseTrust(trustText);
  if (trust === 'newer') throw new BundleFailure('newer-version', 'The trust file.');
  if (!trust)
    throw new BundleFailure('bad-trust', trustText === undefined ? 'It cannot be read.' : 'Make it again on the installation: wardmux trust > trust.json');
  step('trust file');
  checkFiles(folder);
  step('files of the bundle');
  const small = (name: string): Buffer => readable(name, () => readFileSync(join(folder, name)));
  const summaryBytes = small(BUNDLE.summary);
  const claims = parseSummary(summaryBytes);
  if (claims === 'newer') throw new BundleFailure('newer-version', `${BUNDLE.summary}.`);
  if (!claims) throw new BundleFailure('bad-summary', 'It is not the summary of a bundle.');
  if (claims.installation !== trust.installation)
    throw new BundleFailure('other-installation', `It comes from ${claims.installation}; the trust file is that of ${trust.installation}.`);
  const personKeys = trustedPersonKeys(trust, claims.exported.by);
  if (personKeys.length === 0) throw new BundleFailure('unknown-person', `It was exported by ${claims.exported.by}.`);
  step('installation and person');

  const checkpoint = openBundleCheckpoint(small(BUNDLE.checkpoint), trustedNoteKeys(trust));
  if (checkpoint === 'half') throw new BundleFailure('half-signature', `${BUNDLE.checkpoint}: the other one was taken off, or is not of that key.`);
  if (checkpoint === 'other-key') throw new BundleFailure('untrusted-key', `${BUNDLE.checkpoint} is signed with another key.`);
  if (!checkpoint) throw new BundleFailure('bad-checkpoint', `${BUNDLE.checkpoint} was changed.`);
  const { head } = checkpoint;
  if (head.size !== claims.ledger.size || head.root !== claims.ledger.root)
    throw new BundleFailure('other-checkpoint', `It signs for ${head.size} events; the bundle was made at ${claims.ledger.size}.`);
  step('ledger checkpoint');
  const digests = new Map<string, Buffer>();
  const ledger = checkLedger(folder, claims, head, digests);
  step('ledger proofs');
  const evidence = checkEvidence(folder, claims.recording, trust.installation, ledger, step, digests);
  const proven = checkHeads(ledger, evidence);
  step('records against the ledger');
  if (evidence.eventFailure) throw evidence.eventFailure;
  checkEnd(ledger, evidence);
  step('events of the recording');
  const withheldOutputBytes = checkOutput(ledger, evidence);
  step('amount of output');
  if (evidence.castFailure) throw evidence.castFailure;
  step('end of session.cast');
  const { policyReplaced, sealedToOwner } = checkRecipients(ledger, evidence.headers, trust, claims.exported.by);
  step('policy and recipients');
  const { first } = evidence;
  const summary: BundleSummary = {
    format: 'wardmux-bundle',
    version: 1,
    recording: claims.recording,
    installation: trust.installation,
    person: first.person,
    started: first.started,
    state: ledger.state,
    records: evidence.records,
    root: evidence.root,
    proven,
    outputBytes: evidence.outputBytes,
    pieces: { disclosed: evidence.disclosed, withheld: evidence.withheld },
    ledger: head,
    exported: claims.exported,
  };
  if (!Buffer.from(summaryText(summary), 'utf8').equals(summaryBytes)) throw new BundleFailure('bad-summary', 'It does not follow from evidence and ledger.');
  step('recording.json');

  const sums = small(BUNDLE.sums);
  const signatures = small(BUNDLE.installationSignature).toString('latin1');
  const keys = trustedInstallationKeys(trust);
  const { verdict: installationVerdict, second, by } = verifyInstallation(sums, signatures, keys, EXPORT_NAMESPACE);
  if (installationVerdict === 'half')
    throw new BundleFailure('half-signature', `${BUNDLE.installationSignature}: the other one was taken off, or is not of that key.`);
  if (installationVerdict === 'other-key') throw new BundleFailure('untrusted-key', `${BUNDLE.installationSignature} is made with another key.`);
  if (installationVerdict !== 'good') throw new BundleFailure('bad-installation-signature', `${BUNDLE.installationSignature} or ${BUNDLE.sums} was changed.`);
  step('signature of the installation');
  // That which the ledger had last of them: checkRecipients has found it among those that the trust file has.
  const last = ledger.people.get(claims.exported.by)!.at(-1)!.signingKey;
  const personKey = parseSshKey(personKeys.find((ssh) => sshThumbprint(ssh) === last)!)!;
  const personVerdict = sshVerify(sums, small(BUNDLE.personSignature).toString('latin1'), personKey, EXPORT_NAMESPACE);
  if (personVerdict === 'other-key') throw new BundleFailure('untrusted-person-key', `${BUNDLE.personSignature} is made with another key.`);
  if (personVerdict !== 'good') throw new BundleFailure('bad-person-signature', `${BUNDLE.personSignature} was changed.`);
  step('signature of the person');
  const guide = small(BUNDLE.guide);
  const signers = small(BUNDLE.allowedSigners);
  digests.set(BUNDLE.guide, sha256(guide)).set(BUNDLE.allowedSigners, sha256(signers));
  for (const name of SUMMED_FILES)
    if (!digests.has(name))
      digests.set(
        name,
        readable(name, () => digestOfFile(join(folder, name))),
      );
  checkSums(sums.toString('latin1'), digests);
  step('digests of the files');
  const { role, class: place, reason, breakGlass } = first;
  const { erased, uncounted } = erasedSpans(ledger.erasures, (id) => trustedPersonKeys(trust, id).map(sshThumbprint));
  return {
    recording: claims.recording,
    installation: trust.installation,
    person: first.person,
    exportedBy: claims.exported.by,
    access: { role, class: place, reason, breakGlass },
    state: ledger.state,
    records: evidence.records,
    proven,
    unproven: evidence.records - proven,
    signedAfterCrash: Math.max(0, proven - (ledger.signedBefore ?? proven)),
    recoveredBy: ledger.recoveredBy,
    damaged: ledger.damaged,
    ...(erased.length > 0 ? { erased } : {}),
    ...(uncounted.length > 0 ? { uncountedErasures: uncounted } : {}),
    imported: ledger.imported,
    outputBytes: evidence.outputBytes,
    disclosed: evidence.disclosed,
    withheld: evidence.withheld,
    withheldOutputBytes,
    policyReplaced,
    sealedToOwner,
    ownVerifier: digests.get(BUNDLE.verifier)!.toString('hex') === trust.verifier.sha256,
    ownGuide: guide.equals(Buffer.from(guideText(claims), 'utf8')),
    ownSigners: areSigners(trust, signers),
    // Where a key replaced another in between, two have signed: the weaker word of the two counts.
    secondSignatures: (['none', 'unchecked', 'good'] as const).find((word) => word === checkpoint.second || word === second)!,
    replacedKey: Math.min(checkpoint.by, by) < keys.length - 1,
    unknownAlgorithms: unknownAlgorithms(trust),
  };
}
