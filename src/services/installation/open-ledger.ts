/**
 * The ledger, opened for writing with every head of it that can be found outside: in the secret store, in the receipts of
 * the anchors, and in file drops. Where it does not extend one of them, nothing is signed.
 */
import { isInside } from '../../disk/inside.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { installationNoteKey, type NoteKey } from '../../ledger/note.ts';
import type { KnownHeads, OutsideHead } from '../../ledger/types.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import { everyPolicy } from '../../policy/force.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import { checkIdentity, keyDigest, openSecretStore, openSigner, pinNew, type Home, type Installation, type SecretStore } from '../../storage/index.ts';
import { StorageFault } from '../../disk/fault.ts';
import { headOfNote, isOfUnknownKey } from '../../anchors/head.ts';
import { knownHeads } from '../../anchors/known.ts';
import { kindOf, type AnchorRow } from '../../anchors/kinds.ts';
import { openAnchors } from '../../anchors/open.ts';

/** Name of the secret: the note of the newest checkpoint. It is public; what counts is that it is kept elsewhere. */
export const HEAD_SECRET = 'ledger-head';

/** The head that the secret store keeps; undefined where it has none of this ledger. @throws StorageFault */
async function keptHead(store: SecretStore, key: NoteKey): Promise<OutsideHead | undefined> {
  const note = (await store.get(HEAD_SECRET))?.toString('utf8') ?? '';
  if (isOfUnknownKey(note, key))
    throw new StorageFault(
      'contradiction',
      store.name,
      `The secret store (${store.name}) keeps a head of this ledger that is signed by no key that is known here: the key was replaced, and the data folder was set back to before that. Nothing is signed. Keep a copy of the folder for the audit, then restore the newest backup.`,
    );
  const head = headOfNote(note, key);
  return head && { ...head, source: `the secret store (${store.name})` };
}

/** What was found outside, and why one or the other place could not be looked at: a place that fails takes no head of another away. */
export interface Outside {
  readonly heads: readonly OutsideHead[];
  readonly failures: readonly unknown[];
}

/** Whether what an anchor keeps is set back with the data folder. A folder that is not there keeps nothing. */
function isSetBackWith({ folder: data }: Home, row: AnchorRow): boolean {
  const folder = kindOf(row).folder?.(row);
  try {
    return folder !== undefined && isInside(folder, data);
  } catch {
    return false;
  }
}

/**
 * Looks for heads in the secret store and at every anchor, each on its own.
 * @param wasInForce whether a policy of this digest ever was, as the ledger says. Anchors of others contradict, and prove nothing: anybody puts a policy
 * beside those that were kept.
 */
export async function lookOutside(
  home: Home,
  installation: Installation,
  store = openSecretStore(installation.secretStore, home, installation.id),
  wasInForce: (sha256: string) => boolean = () => true,
): Promise<Outside> {
  const key = installationNoteKey(installation);
  const atAnchors = async (): Promise<Outside> => {
    // Which policy is in force the ledger says, and it is not open yet: heads of more anchors than that can only make it stricter.
    const parts = { installation: installation.id, key, rootAt: async () => undefined };
    const all = everyPolicy(home)
      .toSorted((a, b) => Number(wasInForce(a.sha256)) - Number(wasInForce(b.sha256)))
      .flatMap(({ policy, sha256 }) => openAnchors(policy, home.anchors, parts).map((anchor) => ({ anchor, counts: wasInForce(sha256) })));
    // Each once: a share that hangs holds one thread for each look. The last of a row is the one that counts, where one does.
    const anchors = [...new Map(all.map((one) => [JSON.stringify(one.anchor.row), one])).values()];
    return settled(
      anchors.map(async ({ anchor, counts }) => {
        const heads = await knownHeads([anchor], key);
        return counts && !isSetBackWith(home, anchor.row) ? heads : heads.map((head) => ({ ...head, here: true }));
      }),
    );
  };
  const inStore = async (): Promise<OutsideHead[]> => {
    const kept = await keptHead(store, key);
    return kept ? [kept] : [];
  };
  const [kept, anchored] = await Promise.all([settled([inStore()]), atAnchors().catch((error: unknown): Outside => ({ heads: [], failures: [error] }))]);
  return { heads: [...kept.heads, ...anchored.heads], failures: [...kept.failures, ...anchored.failures] };
}

async function settled(looks: readonly Promise<readonly OutsideHead[]>[]): Promise<Outside> {
  const results = await Promise.allSettled(looks);
  return {
    heads: results.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
    failures: results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])),
  };
}

/** The heads outside of an installation's ledger, for whoever writes it: all places must have been looked at. */
export function headsOf(home: Home, installation: Installation, store = openSecretStore(installation.secretStore, home, installation.id)): KnownHeads {
  const key = installationNoteKey(installation);
  return {
    known: async () => {
      const { heads, failures } = await lookOutside(home, installation, store);
      if (failures.length > 0) throw failures[0];
      return heads;
    },
    keep: async (note) => {
      const head = headOfNote(note, key);
      const kept = await keptHead(store, key);
      // Another process may have kept a newer one meanwhile.
      if (head && (!kept || kept.size <= head.size)) await store.set(HEAD_SECRET, Buffer.from(note, 'utf8'));
    },
  };
}

/** Opens the ledger of an installation, and its signer. @throws LedgerError, StorageFault, also where it is not the pinned one */
export async function openLedger(home: Home, installation: Installation): Promise<{ readonly ledger: Ledger; readonly signer: InstallationSigner }> {
  const { state, ...identity } = await checkIdentity(home, installation);
  const signer = await openSigner(home, installation);
  // The signer may have had a person open a keyring that was locked before.
  if (state === 'unchecked') await checkIdentity(home, installation);
  const key = installationNoteKey(installation);
  const ledger = await Ledger.open({ folder: home.ledger, installation: installation.id, signer, key, outside: headsOf(home, installation) });
  try {
    const rotation = rotationEntry(installation);
    // A rotation that was cut after the new key had taken over: what it had still to do is done now.
    if (rotation && ledger.facts.keys.keys.at(-1) !== keyDigest(installation)) await ledger.append(rotation);
    if ('next' in identity) await pinNew(home, installation);
  } catch (error) {
    await ledger.close();
    throw error;
  }
  return { ledger, signer };
}

/** What the key of an installation enters as its first word; undefined where it is the first one. */
export function rotationEntry(installation: Installation): AuditEntry | undefined {
  const former = installation.formerKeys?.at(-1);
  return (
    former && {
      action: 'installation.key',
      person: former.by,
      detail: { key: keyDigest(installation), previous: keyDigest(former), secondKey: installation.secondKey !== undefined },
    }
  );
}
