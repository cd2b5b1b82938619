/** A report of events, signed by the installation for whoever reads it elsewhere: beside its file stands a statement of what it was made from, and the file’s digest. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import type { InstallationSshKey } from '../../crypto/sshsig.ts';
import { openSigner } from '../../storage/index.ts';
import { INSTALLATION_ID, PERSON_ID } from '../../types/ids.ts';
import { judgeStatement, signStatement, type SignedText } from '../deeds/signed.ts';
import { appendEvent, type OpenInstallation } from '../installation/installation.ts';

/** A signature made for another purpose is none of a report. */
const REPORT_NAMESPACE = 'report@wardmux.localhost';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const statement = z.strictObject({
  format: z.literal('wardmux-report'),
  version: z.literal(1),
  installation: z.string().regex(INSTALLATION_ID),
  /** Of Wardmux. */
  software: z.string().max(40),
  made: z.iso.datetime(),
  report: z.enum(['events', 'review']),
  since: z.iso.datetime().nullable(),
  until: z.iso.datetime().nullable(),
  /** Only these actions, and only what this person did or what is about them; null where all were asked for. */
  actions: z.array(z.string().max(60)).max(1000).nullable(),
  person: z.string().regex(PERSON_ID).nullable(),
  /** How far the ledger was read for it. */
  ledger: z.strictObject({ size: z.int().nonnegative(), root: sha256 }),
  /** Of the file. */
  sha256,
});
const signed = z.strictObject({ ...statement.shape, signature: z.string().max(65_536) });
export type ReportStatement = z.infer<typeof statement>;

/** Where the statement of a report’s file stands. */
export const signatureOf = (path: string): string => `${path}.sig.json`;
export const reportDigest = (file: string | Uint8Array): string => hash('sha256', file, 'hex');

/** Signs a report and has that entered. @throws LedgerError, StorageFault: then nothing is signed for */
export async function signReport(
  site: OpenInstallation,
  facts: Omit<ReportStatement, 'format' | 'version' | 'installation' | 'sha256'>,
  file: string | Uint8Array,
): Promise<SignedText<ReportStatement>> {
  const { home, installation } = site;
  // In the order of the schema: a statement has one text.
  const text = statement.parse({ format: 'wardmux-report', version: 1, installation: installation.id, ...facts, sha256: reportDigest(file) });
  const made = await signStatement<ReportStatement>(text, await openSigner(home, installation), REPORT_NAMESPACE);
  await appendEvent(site, { action: 'report.signed', detail: { report: facts.report, events: facts.ledger.size, sha256: made.sha256 } });
  return made;
}

export const judgeReport = (text: string, keys: readonly InstallationSshKey[]) => judgeStatement(signed, text, keys, REPORT_NAMESPACE);
