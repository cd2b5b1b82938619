/**
 * The ledger, opened for writing with every head of it that can be found outside: in the secret store, in the receipts of
 * the anchors, and in file drops. Where it does not extend one of them, nothing is signed.
 */
import { Ledger } from '../ledger/ledger.ts';
import { ledgerOrigin, noteKey, type NoteKey } from '../ledger/note.ts';
import type { InstallationSigner, KnownHeads, OutsideHead } from '../ledger/types.ts';
import { everyPolicy } from '../policy/force.ts';
import { openSecretStore, openSigner, type Home, type Installation, type SecretStore } from '../storage/index.ts';
import { headOfNote } from './head.ts';
import { knownHeads } from './known.ts';
import { openAnchors } from './open.ts';

/** Name of the secret: the note of the newest checkpoint. It is public; what counts is that it is kept elsewhere. */
export const HEAD_SECRET = 'ledger-head';

/** The head that the secret store keeps; undefined where it has none of this ledger. @throws StorageFault */
export async function keptHead(store: SecretStore, key: NoteKey): Promise<OutsideHead | undefined> {
  const head = headOfNote((await store.get(HEAD_SECRET))?.toString('utf8') ?? '', key);
  return head && { ...head, source: `the secret store (${store.name})` };
}

/** The heads outside of an installation's ledger. */
export function headsOf(home: Home, installation: Installation, store = openSecretStore(installation.secretStore, home, installation.id)): KnownHeads {
  const key = noteKey(ledgerOrigin(installation.id), Buffer.from(installation.publicKey, 'base64url'));
  return {
    known: async () => {
      // Which policy is in force the ledger says, and it is not open yet: heads of more anchors than that can only make it stricter.
      const parts = { installation: installation.id, key, rootAt: async () => undefined };
      const all = everyPolicy(home).flatMap(({ policy }) => openAnchors(policy, home.anchors, parts));
      // Each once: a share that hangs holds one thread for each look.
      const anchors = [...new Map(all.map((anchor) => [JSON.stringify(anchor.row), anchor])).values()];
      const [kept, outside] = await Promise.all([keptHead(store, key), knownHeads(anchors, key)]);
      return [...(kept ? [kept] : []), ...outside];
    },
    keep: async (note) => {
      const head = headOfNote(note, key);
      const kept = await keptHead(store, key);
      // Another process may have kept a newer one meanwhile.
      if (head && (!kept || kept.size <= head.size)) await store.set(HEAD_SECRET, Buffer.from(note, 'utf8'));
    },
  };
}

/** Opens the ledger of an installation, and its signer. @throws LedgerError, StorageFault */
export async function openLedger(home: Home, installation: Installation): Promise<{ readonly ledger: Ledger; readonly signer: InstallationSigner }> {
  const signer = await openSigner(home, installation);
  const ledger = await Ledger.open({ folder: home.ledger, installation: installation.id, signer, outside: headsOf(home, installation) });
  return { ledger, signer };
}
