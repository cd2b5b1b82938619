/** Evidence: export and verification of a pane's recording, for the page's requests. */
import { join } from 'node:path';
import { Refusal } from '../src/types/refusal.ts';
import type { Output } from '../src/bridge/schema.ts';
import { trustText } from '../src/export/index.ts';
import { LedgerError, type Ledger } from '../src/ledger/index.ts';
import { RecordingError } from '../src/recording/errors.ts';
import { liveState } from '../src/recording/live.ts';
import { checkRecording, proofText } from '../src/records/index.ts';
import type { Home } from '../src/storage/index.ts';
import { exportRecording } from '../src/services/recordings/export.ts';
import { installationTrust } from '../src/services/installation/trust.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { PtyClient } from './processes/pty-client.ts';
import type { VaultKeeper } from './processes/vault-keeper.ts';
import type { Workspaces } from './workspace/workspaces.ts';

export interface EvidenceParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly vaults: VaultKeeper;
  readonly pty: PtyClient;
  readonly workspace: Workspaces;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
}

/** What the page's requests ask for. */
export interface Evidence {
  /** @param folder absolute. */
  readonly exportPane: (pane: number, folder: string) => Promise<Output<'export.start'>>;
  readonly verifyExport: (folder: string) => Promise<Output<'export.verify'>>;
  readonly verifyPane: (pane: number) => Promise<Output<'verify.pane'>>;
}

export const evidenceOf = (parts: EvidenceParts): Evidence => ({
  exportPane: (pane, folder) => exportPane(parts, pane, folder),
  verifyExport: (folder) => verifyExport(parts, folder),
  verifyPane: (pane) => verifyPane(parts, pane),
});

/** The vault host judges the bundle, for it may be large: main has a lease to renew. */
async function verifyExport({ home, vaults, installed }: EvidenceParts, folder: string): Promise<Output<'export.verify'>> {
  const { installation, ledger } = installed.require();
  const trust = trustText(installationTrust(home, installation, ledger.facts));
  const { good, sentence, notes } = await vaults.require().ask('judge', { folder, trust });
  return { good, sentence, notes };
}

/**
 * The vault host opens the recording and writes the bundle; the installation signs here, for what it composes itself from
 * named facts: of this recording, for this person, to our own checkpoint, and only while they are still in.
 */
async function exportPane(parts: EvidenceParts, pane: number, target: string): Promise<Output<'export.start'>> {
  const { home, gate, vaults, pty, workspace, installed, journal } = parts;
  const { person } = gate.requireSession();
  const recording = workspace.recording(pane);
  if (!recording) throw new Refusal('no-recording', 'This pane has no recording to export.');
  const { installation, signer, ledger } = installed.require();
  // What the bundle proves has to be in the signed ledger first.
  await pty.checkpoint();
  const isIn = (): boolean => gate.session?.person === person;
  const { folder, records, sha256, redaction } = await exportRecording(
    { ledger, signer },
    {
      recording,
      person: person.id,
      trust: installationTrust(home, installation, ledger.facts),
      facts: { redaction: 'default' },
      write: ({ checkpoint, trust, sign }) => vaults.require().export({ recording, folder: target, checkpoint, trust: trustText(trust) }, sign),
      enter: (entry) => journal.enter(entry),
      check: (statement) => {
        if (statement.recording === recording && statement.person === person.id && isIn()) return;
        journal.refusals.badMessage('vault-host');
        throw new Refusal('not-signed', 'Nothing was signed.');
      },
      // A lock in the middle of it has its own event, when what was left of the bundle is removed.
      tellsFailure: () => gate.session !== undefined,
    },
  );
  return { folder, records, sha256, withheld: redaction.withheld, list: redaction.folder };
}

export async function verifyPane(parts: EvidenceParts, pane: number): Promise<Output<'verify.pane'>> {
  const { home, gate, pty, workspace, installed, journal } = parts;
  const { person } = gate.requireSession();
  const recording = workspace.recording(pane);
  if (!recording || !installed.current) throw new Refusal('no-recording', 'This pane has no recording to verify.');
  await pty.checkpoint();
  const { good, code, sentence } = await verifyRecording(home, installed.current.ledger, recording);
  journal.log({ action: 'verify', person: person.id, outcome: good ? 'success' : 'failure', detail: { target: 'recording', recording, code } });
  return { good, sentence };
}

/** Whether a recording, as it lies on the disk now, is what the signed ledger remembers. One sentence, for good and for bad. */
export async function verifyRecording(home: Home, ledger: Ledger, recording: string): Promise<{ good: boolean; code: string; sentence: string }> {
  const bad = (code: string, sentence: string) => ({ good: false, code, sentence });
  await ledger.checkpoint();
  const folder = join(home.recordings, recording);
  try {
    const proof = await checkRecording(folder, ledger, recording, { live: liveState(folder) === 'live' });
    if (!proof) return bad('unknown', `Recording ${recording} is not in the ledger: nothing of it is proven.`);
    if (proof.contradiction) return bad(proof.contradiction, `${proof.sentence} Keep a copy of both for the audit.`);
    if (proof.fault) return bad(proof.fault.code, proof.fault.message);
    return {
      good: true,
      code: 'good',
      sentence: `Verified against the signed ledger, ${proofText(proof)}. Whether the ledger was rolled back was not checked.`,
    };
  } catch (error) {
    if (error instanceof LedgerError) return bad(error.code, `The ledger does not hold: ${error.message}`);
    if (error instanceof RecordingError) return bad(error.code, error.message);
    throw error;
  }
}
