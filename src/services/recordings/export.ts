/**
 * One export, wherever it is asked for: a checkpoint that the bundle's proofs lead to, the bundle, which whoever has the identity
 * writes, the installation's signature over what it composes itself from named facts, and the event.
 */
import type { SignedCheckpoint } from '../../ledger/types.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import { EXPORT_NAMESPACE, signAsInstallation } from '../../crypto/sshsig.ts';
import { composeSums, type BundleStatement } from '../../export/statement.ts';
import type { Trust } from '../../export/trust.ts';
import type { Decided } from '../../ledger/certificate.ts';
import type { exportRedactions } from '../../ledger/table/recordings.ts';
import { readVerifier } from '../../export/verifier.ts';
import { CodedError } from '../../types/coded-error.ts';
import type { DerivedForm } from '../../types/words.ts';
import { version } from '../../version.ts';
import type { Enter } from '../deeds/admit.ts';

/** What a bundle is written with. */
export interface ExportGiven {
  /** The ledger's newest one: the bundle's proofs lead to it. */
  readonly checkpoint: SignedCheckpoint;
  readonly trust: Trust;
  /** The installation's signature over the SHA256SUMS that follows from these facts, armored. */
  readonly sign: (statement: BundleStatement) => Promise<string>;
}

/** For the event. */
export interface ExportFacts extends Partial<Decided> {
  readonly redaction: (typeof exportRedactions)[number];
  /** A span of it was asked for. */
  readonly part?: true;
  /** It leaves as one file that proves nothing by itself; left out of a bundle's. */
  readonly form?: DerivedForm;
  /** The key that it was sealed to. */
  readonly sealedTo?: string;
  /** SHA-256 of the sealed purpose and recipient. */
  readonly words?: string;
}

/** What is told of a bundle that was written. */
export interface ExportWritten {
  readonly sha256: string;
  readonly records: number;
  readonly redaction?: { readonly list: string; readonly recognisers: string; readonly withheld: number; readonly released: number } | undefined;
}

export interface ExportAsked<W> {
  /** Id. What the ledger has to know of it is in the ledger already. */
  readonly recording: string;
  /** Id of the person who exports. */
  readonly person: string;
  /** What an auditor will pin. */
  readonly trust: Trust;
  /** What the event says beside what was written: how it is redacted, and why it goes out. */
  readonly facts: ExportFacts;
  /** Writes the bundle, verifies it as an auditor would, and gives it its name; after a failure nothing of it is left. */
  readonly write: (given: ExportGiven) => Promise<W>;
  /** Takes the event: before anybody is told that the bundle is there. */
  readonly enter: Enter;
  /** Throws where facts that came from another process are not of this export, or nobody stands behind it any more. Asked before each signature. */
  readonly check?: (statement: BundleStatement) => void;
  /** False where the failure has an event of its own. */
  readonly tellsFailure?: () => boolean;
}

/** @throws what `write` throws, CodedError of the ledger and of the signature; that is an event */
export async function exportRecording<W extends ExportWritten>(
  { ledger, signer }: { readonly ledger: Pick<Ledger, 'checkpoint'>; readonly signer: InstallationSigner },
  { recording, person, trust, facts, write, enter, check, tellsFailure }: ExportAsked<W>,
): Promise<W> {
  const event = async (
    outcome: 'success' | 'failure',
    detail: Partial<ExportWritten['redaction']> & ({ sha256: string; records: number } | { code: string }),
  ): Promise<void> => void (await enter({ action: 'export', person, outcome, detail: { recording, ...facts, ...detail } }));
  let written: W;
  try {
    const checkpoint = await ledger.checkpoint();
    const own = { trust, checkpoint, verifier: readVerifier(), by: person, version };
    const sign = async (statement: BundleStatement): Promise<string> => {
      check?.(statement);
      return signAsInstallation(composeSums(statement, own), signer, EXPORT_NAMESPACE);
    };
    written = await write({ checkpoint, trust, sign });
  } catch (error) {
    // The first error is the one to tell, also where the ledger cannot take another event.
    if (tellsFailure?.() ?? true) await event('failure', { code: error instanceof CodedError ? error.code : 'failed' }).catch(() => undefined);
    throw error;
  }
  const { sha256, records, redaction } = written;
  const found = redaction && {
    list: redaction.list,
    recognisers: redaction.recognisers,
    withheld: redaction.withheld,
    ...(redaction.released > 0 ? { released: redaction.released } : {}),
  };
  await event('success', { sha256, records, ...found });
  return written;
}
