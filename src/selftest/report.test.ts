/** A report says what was found, is signed by the key that it names, and has one text. */
import { expect, test } from 'vitest';
import { sshKeysOf } from '../crypto/succession.ts';
import { EXPORT_NAMESPACE, signAsInstallation } from '../crypto/sshsig.ts';
import { INSTALLATION } from '../ledger/fixture.ts';
import { newSigningSecret, signerOf } from '../storage/signer.ts';
import { controls } from './rows.ts';
import { judgeReport, reportText, SELFTEST_NAMESPACE, signReport, statementOf, unsignedReport, type ReportFacts } from './report.ts';

const signer = signerOf(INSTALLATION, newSigningSecret());
const keys = [sshKeysOf({ publicKey: signer.publicKey, second: signer.second?.publicKey })];
const facts: ReportFacts = {
  installation: INSTALLATION,
  software: '0.1.0',
  time: '2026-11-28T12:00:00.000Z',
  policySha256: 'ab'.repeat(32),
  ledger: { size: 4, root: 'cd'.repeat(32) },
  tried: controls.map(({ name }) => ({ name, outcome: 'holds', seen: 'It was seen.' })),
};

test('a signed report is good, and holds', async () => {
  const report = await signReport(facts, signer);
  expect(judgeReport(reportText(report), keys)).toEqual({ verdict: 'good', report });
  expect(report.holds).toBe(true);
  expect(report.controls.every(({ safeguard }) => /^45 CFR 164\.3\d\d\(/.test(safeguard))).toBe(true);
});

test('a control that was not tried fails, and so does the whole', () => {
  const statement = statementOf({ ...facts, tried: facts.tried.slice(1) });
  expect(statement.controls[0]).toMatchObject({ outcome: 'fails', seen: 'It was not tried.' });
  expect(statement.holds).toBe(false);
});

test('every changed character of the text is found', async () => {
  const text = reportText(await signReport(facts, signer));
  const body = text.indexOf('"signature"');
  for (let at = 0; at < body; at += 7) {
    const other = text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1);
    if (other !== text) expect(judgeReport(other, keys).verdict, `character ${at}`).not.toBe('good');
  }
  expect(judgeReport(text.replace('"holds": true', '"holds": false'), keys).verdict).toBe('bad-signature');
  expect(judgeReport(text.trimEnd(), keys).verdict).toBe('malformed');
  expect(judgeReport(text.replace('{', '{ '), keys).verdict).toBe('malformed');
  expect(judgeReport('[]', keys).verdict).toBe('malformed');
});

test('who did not sign is told apart', async () => {
  const report = await signReport(facts, signer);
  const other = signerOf(INSTALLATION, newSigningSecret());
  expect(judgeReport(reportText(unsignedReport(facts)), keys).verdict).toBe('unsigned');
  expect(judgeReport(reportText(await signReport(facts, other)), keys).verdict).toBe('other-key');
  const { signature: _, ...statement } = report;
  // A signature of the same key for another purpose is none of a report.
  const signature = await signAsInstallation(Buffer.from(`${JSON.stringify(statement, null, 2)}\n`), signer, EXPORT_NAMESPACE);
  expect(judgeReport(reportText({ ...report, signature }), keys).verdict).toBe('bad-signature');
  if (!signer.second) return;
  const half = report.signature!.slice(0, report.signature!.indexOf('-----END SSH SIGNATURE-----') + '-----END SSH SIGNATURE-----\n'.length);
  expect(judgeReport(reportText({ ...report, signature: half }), keys).verdict).toBe('half-signed');
});

test('a signed statement that contradicts itself is no report', async () => {
  const statement = { ...statementOf({ ...facts, tried: [] }), holds: true };
  const signature = await signAsInstallation(Buffer.from(`${JSON.stringify(statement, null, 2)}\n`), signer, SELFTEST_NAMESPACE);
  expect(judgeReport(reportText({ ...statement, signature }), keys).verdict).toBe('malformed');
});
