/** Evidence: export and verification of a pane's recording. The page asks for them, and so do commands of the multiplexer. */
import { Refusal } from '../../src/bridge/server.ts';
import type { Output } from '../../src/bridge/schema.ts';
import { defaultExportFolder, verifyAgainstLedger } from '../evidence.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

export type EvidenceParts = Pick<RequestParts, 'home' | 'env' | 'gate' | 'vaults' | 'pty' | 'workspace' | 'installed' | 'journal'>;

export function exportRequests(parts: RequestParts): HandlersOf<'export' | 'verify'> {
  return {
    'export.start': async ({ pane, folder }) => exportPane(parts, pane, folder),
    'verify.pane': async ({ pane }) => verifyPane(parts, pane),
  };
}

export async function exportPane(parts: EvidenceParts, pane: number, folder: string | undefined): Promise<Output<'export.start'>> {
  const { env, gate, vaults, pty, workspace, installed } = parts;
  gate.requireSession();
  const recording = workspace.recording(pane);
  if (!recording) throw new Refusal('no-recording', 'This pane has no recording to export.');
  const target = folder || defaultExportFolder(env, recording);
  // What the bundle proves has to be in the signed ledger first.
  await pty.checkpoint();
  await installed.current?.ledger.checkpoint();
  // The vault host enters the export in the ledger itself, as the command line does.
  const { folder: written, records, sha256 } = await vaults.require().ask({ type: 'export', recording, folder: target }, 'exported');
  return { folder: written, records, sha256 };
}

export async function verifyPane(parts: EvidenceParts, pane: number): Promise<Output<'verify.pane'>> {
  const { home, gate, pty, workspace, installed, journal } = parts;
  const { person } = gate.requireSession();
  const recording = workspace.recording(pane);
  if (!recording || !installed.current) throw new Refusal('no-recording', 'This pane has no recording to verify.');
  await pty.checkpoint();
  const { good, code, sentence } = await verifyAgainstLedger(home, installed.current.ledger, recording);
  journal.log({ action: 'verify', person: person.id, outcome: good ? 'success' : 'failure', detail: { target: 'recording', recording, code } });
  return { good, sentence };
}
