/**
 * The report of a self-test: a statement of facts that this room composes itself, signed by the installation's key in a
 * namespace of its own. docs/format.md, "Self-test reports", is normative.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { signAsInstallation, verifyInstallation, type InstallationSshKey } from '../crypto/sshsig.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import { toJson } from '../disk/json.ts';
import { INSTALLATION_ID } from '../types/ids.ts';
import type { TreeHead } from '../types/head.ts';
import { safeguards } from '../types/safeguards.ts';
import type { AuditEntry } from '../ledger/events.ts';
import { outcomes, type ControlOutcome } from './finding.ts';
import { controls } from './rows.ts';
import type { TriedControl } from './run.ts';

/** A signature made for another purpose is none of a report. */
export const SELFTEST_NAMESPACE = 'selftest@wardmux.localhost';

/** Some sentences for each control. */
const MAX_SEEN = 20_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const words = z.string().max(MAX_SEEN);
const statementSchema = z.strictObject({
  format: z.literal('wardmux-selftest'),
  version: z.literal(1),
  installation: z.string().regex(INSTALLATION_ID),
  /** Of Wardmux. */
  software: z.string().max(40),
  time: z.iso.datetime(),
  /** SHA-256 of the policy in force; null where that could not be read. */
  policySha256: sha256.nullable(),
  /** The head of the ledger when it was verified; null where there is none that is good. */
  ledger: z.strictObject({ size: z.int().nonnegative(), root: sha256 }).nullable(),
  /** No control failed. */
  holds: z.boolean(),
  controls: z
    .array(z.strictObject({ name: z.string().max(40), title: words, safeguard: words, outcome: z.enum(outcomes), seen: words, limit: words }))
    .min(1)
    .max(100),
});
const reportSchema = z.strictObject({
  ...statementSchema.shape,
  /** SSH signatures over the same text without this member, one of each half of the installation's key; null where nothing could be signed. */
  signature: z.string().max(65_536).nullable(),
});
export type Statement = z.infer<typeof statementSchema>;
export type Report = z.infer<typeof reportSchema>;

/** The facts of a report: what main or a command knows itself. */
export interface ReportFacts {
  readonly installation: string;
  readonly software: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly policySha256: string | null;
  readonly ledger: TreeHead | null;
  readonly tried: readonly TriedControl[];
}

/** Composes the statement: titles, safeguards and limits are those of the table, whoever tried the controls. */
export function statementOf({ tried, installation, software, time, policySha256, ledger }: ReportFacts): Statement {
  const rows = controls.map(({ name, title, safeguard, limit }) => {
    const found = tried.find((one) => one.name === name);
    return {
      name,
      title,
      safeguard: safeguards[safeguard].citation,
      outcome: found?.outcome ?? ('fails' as const),
      seen: found?.seen ?? 'It was not tried.',
      limit,
    };
  });
  return {
    format: 'wardmux-selftest',
    version: 1,
    installation,
    software,
    time,
    policySha256,
    ledger: ledger && { size: ledger.size, root: ledger.root },
    holds: rows.every(({ outcome }) => outcome !== 'fails'),
    controls: rows,
  };
}

/** The text that is signed. */
const statementText = (statement: Statement): string => toJson(statement);

/** The text of a report, as it is written and printed. */
export const reportText = (report: Report): string => toJson(report);

/** Names a report in the ledger: SHA-256 of its text, lower-case hex. */
export const reportDigest = (report: Report): string => hash('sha256', reportText(report), 'hex');

export const countOf = ({ controls: rows }: Report, outcome: ControlOutcome): number => rows.filter((row) => row.outcome === outcome).length;

/** What the ledger is told of a report. @param person who asked for it, where somebody is known. */
export const reportEntry = (report: Report, person?: string): AuditEntry => ({
  action: 'selftest',
  ...(person === undefined ? {} : { person }),
  outcome: report.holds ? 'success' : 'failure',
  detail: { sha256: reportDigest(report), controls: report.controls.length, failed: countOf(report, 'fails'), notShown: countOf(report, 'not-shown') },
});

export async function signReport(facts: ReportFacts, signer: InstallationSigner): Promise<Report> {
  const statement = statementOf(facts);
  return { ...statement, signature: await signAsInstallation(Buffer.from(statementText(statement)), signer, SELFTEST_NAMESPACE) };
}

/** A report that nobody signed: where the key cannot be had, what was found is told all the same. */
export const unsignedReport = (facts: ReportFacts): Report => ({ ...statementOf(facts), signature: null });

/** What is wrong with a report; `good` where nothing is. */
export type ReportVerdict = 'good' | 'malformed' | 'unsigned' | 'other-key' | 'half-signed' | 'bad-signature';

export interface JudgedReport {
  readonly verdict: ReportVerdict;
  /** Undefined where it is none. */
  readonly report: Report | undefined;
}

/**
 * Judges the text of a report. There is one text of a report: what reads differently is none.
 * @param keys of the installation, former ones too.
 */
export function judgeReport(text: string, keys: readonly InstallationSshKey[]): JudgedReport {
  const report = parseReport(text);
  if (!report) return { verdict: 'malformed', report };
  const { signature, ...statement } = report;
  if (signature === null) return { verdict: 'unsigned', report };
  const { verdict } = verifyInstallation(Buffer.from(statementText(statement)), signature, keys, SELFTEST_NAMESPACE);
  const isFalse = statement.holds !== statement.controls.every(({ outcome }) => outcome !== 'fails');
  if (verdict === 'good') return { verdict: isFalse ? 'malformed' : 'good', report };
  return { verdict: verdict === 'other-key' ? 'other-key' : verdict === 'half' ? 'half-signed' : 'bad-signature', report };
}

function parseReport(text: string): Report | undefined {
  try {
    const { data } = reportSchema.safeParse(JSON.parse(text));
    return data && reportText(data) === text ? data : undefined;
  } catch {
    return undefined;
  }
}
