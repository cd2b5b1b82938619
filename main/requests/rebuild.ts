/**
 * After an unlock each pane is rebuilt from its recording. The vault begins as soon as the shells have answered, while the page still comes to
 * stand: what it sends waits there for the emulators. By then the identity is open, and was proven twice, to main and to the shells (src/proof).
 */
import { denialOf, type Grant } from '../../src/access/index.ts';
import type { AttachedPane } from '../../src/pty/service.ts';
import { enterLiveDamage, isDamage } from '../../src/records/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { sentenceOf } from '../../src/types/sentence.ts';
import type { RequestParts } from './parts.ts';

type Parts = Pick<RequestParts, 'gate' | 'vaults' | 'installed' | 'home' | 'journal'>;

/** Has the vault play the tail of each pane's recording to the page of this key, which the shells have seen proven: another one gets none of it. What fails is said in the pane, and where files are damaged it is entered. */
export function rebuildPanes(parts: Parts, grant: Grant, page: Uint8Array, panes: readonly AttachedPane[]): void {
  if (denialOf('recording.replay.own', { phase: 'open', grant }, Date.now()) !== undefined) return;
  const vault = parts.vaults.require();
  for (const attached of panes) {
    const { pane, recording, written } = attached;
    void vault.ask('rebuild', { pane, recording, written, page }).catch((error: unknown) => notRebuilt(parts, error, attached));
  }
}

/** The pane could not be rebuilt: where that is because somebody has been at the recording's files, it is found out here. */
async function notRebuilt({ gate, installed, home, journal }: Parts, error: unknown, { pane, recording, written }: AttachedPane): Promise<void> {
  if (!(error instanceof Refusal) || !isDamage(error.code)) return gate.notice('warn', sentenceOf(error), pane);
  const sentence = `The recording of this pane is not on the disk as it was written, so its screen is not rebuilt from it. ${error.message} The shell runs on; it is entered in the ledger. Tell who audits this workstation.`;
  gate.notice('stop', sentence, pane);
  const ledger = installed.current?.ledger;
  if (ledger) await enterLiveDamage(ledger, home.recordings, recording, written.head).catch((failure: unknown) => journal.notEntered(failure));
}
