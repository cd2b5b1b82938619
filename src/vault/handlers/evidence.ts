/** What can be shown to somebody else: a recording as a bundle, whether a bundle is good, what the self-test of this process found. */
import { p256SshKey, planDisclosure, requireTrust, verifyBundle, writeBundle, type BundleStatement } from '../../export/index.ts';
import { installationNoteKey } from '../../ledger/index.ts';
import type { Handlers } from '../../process/service.ts';
import { standardKinds } from '../../redaction/index.ts';
import { requireInstallation } from '../../storage/installation.ts';
import { Refusal } from '../../types/refusal.ts';
import type { Holder } from '../holder.ts';
import { recordingFolder } from '../recording-folder.ts';
import { tryKeyless } from '../self-test.ts';
import type { VaultService } from '../service.ts';

/** @param attest asks main, which has the installation's key, to sign for the bundle of these facts: a signature. */
export function evidenceHandlers(
  holder: Holder,
  attest: (ticket: number, statement: BundleStatement) => Promise<string>,
): Pick<Handlers<VaultService>, 'export' | 'judge' | 'selfTest'> {
  return {
    export: async ({ ticket, recording, folder, checkpoint, trust }) => {
      const { home, configuration } = holder.ready();
      const identity = holder.open();
      const source = recordingFolder(home, recording);
      const installation = requireInstallation(home);
      const disclosure = await planDisclosure({ folder: source, opener: identity, live: true }, { kinds: standardKinds });
      const result = await writeBundle({
        recordingFolder: source,
        opener: identity,
        ledger: { folder: home.ledger, key: installationNoteKey(installation) },
        checkpoint,
        sign: (statement) =>
          attest(ticket, statement).catch(() => {
            throw new Refusal('not-signed', 'The key of this installation did not sign for this export, so nothing was exported.');
          }),
        person: { id: identity.person.id, signer: { publicKey: p256SshKey(identity.person.signingKey), sign: (bytes) => identity.sign(bytes) } },
        trust: requireTrust(trust),
        target: folder,
        notes: home.run,
        version: configuration.version,
        live: true,
        disclosure,
      });
      return { folder: result.folder, records: result.records, sha256: result.sha256, redaction: result.redaction! };
    },
    judge: ({ folder, trust }) => {
      const { good, sentence, detail, notes } = verifyBundle(folder, trust);
      return { good, sentence: detail ? `${sentence} ${detail}` : sentence, notes: [...notes] };
    },
    selfTest: async () => {
      const { tried, head } = await tryKeyless(holder.ready().home.folder);
      return { tried: [...tried], head };
    },
  };
}
