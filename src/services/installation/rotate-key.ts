/**
 * Another key takes over as that of the installation. Every step leaves a working installation when it is the last: until installation.json
 * is replaced the old key goes on, and from then on the new one, which whoever opens the ledger next helps to its place.
 */
import { requireStillMay } from '../deeds/admit.ts';
import { rotationEntry } from './open-ledger.ts';
import { certifySuccessor } from '../../crypto/succession.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { installationNoteKey, type NoteKey } from '../../ledger/note.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import type { TreeHead } from '../../types/head.ts';
import { StorageFault } from '../../disk/fault.ts';
import type { Home } from '../../storage/home.ts';
import { pinNew, pinSuccessor } from '../../storage/identity-pin.ts';
import { MOST_FORMER_KEYS, replaceInstallation, vouchText, type FormerKey, type Installation } from '../../storage/installation.ts';
import { openSecretStore, type SecretStore } from '../../storage/secret-store.ts';
import { newSigningSecret, nextKeySecret, publicHalves, settleSecrets, signerOf } from '../../storage/signer.ts';

export interface RotationParts {
  readonly home: Home;
  readonly installation: Installation;
  /** Open, and of the present key. */
  readonly ledger: Ledger;
  readonly signer: InstallationSigner;
  /** Who does it. */
  readonly person: string;
  readonly store?: SecretStore;
  readonly now?: () => Date;
  /** Told after each step, for whoever wants to know what a cut there leaves. */
  readonly after?: (step: RotationStep) => void;
}

/** In their order. */
export const rotationSteps = ['kept', 'pinned', 'certified', 'named', 'entered', 'moved', 'settled'] as const;
export type RotationStep = (typeof rotationSteps)[number];

/** @returns the installation as it is now. @throws StorageFault, LedgerError, Refusal where whoever does it may no longer */
export async function rotateKey(parts: RotationParts): Promise<Installation> {
  const { home, installation, ledger, signer, person, now = () => new Date(), after = () => undefined } = parts;
  const store = parts.store ?? openSecretStore(installation.secretStore, home, installation.id);
  const ask = (): void => requireStillMay(ledger.facts, person, 'installation.rotate');
  ask();
  const secret = newSigningSecret();
  try {
    const next = signerOf(installation.id, secret);
    if (installation.secondKey !== undefined && (!next.second || !signer.second))
      throw new StorageFault(
        'secret-store',
        home.installation,
        'The key of this installation has two halves, and this runtime can use one of them (it has no ML-DSA-44): nothing was changed. Rotate with the wardmux command of a clone, whose Node can.',
      );
    if ((installation.formerKeys?.length ?? 0) >= MOST_FORMER_KEYS)
      throw new StorageFault(
        'identity',
        home.installation,
        `The key of this installation was replaced ${MOST_FORMER_KEYS} times, which is as often as it can be. Nothing was changed. Make a new installation in another folder, and keep this one as it is.`,
      );
    await store.set(nextKeySecret, secret);
    after('kept');
    const pinned = await pinSuccessor(home, installation, publicHalves(next));
    after('pinned');
    const certificate = await certifySuccessor(installation.id, { publicKey: next.publicKey, second: next.second?.publicKey }, signer);
    after('certified');
    const { publicKey, secondKey, certificate: own, formerKeys = [], ...rest } = installation;
    const successorOf = async ({ size: until, root }: TreeHead): Promise<Installation> => {
      const old = {
        publicKey,
        ...(secondKey === undefined ? {} : { secondKey }),
        ...(own === undefined ? {} : { certificate: own }),
        until,
        root,
        replaced: now().toISOString(),
        by: person,
      };
      const text = vouchText(installation.id, old);
      const base64 = async (signature: Promise<Uint8Array>): Promise<string> => Buffer.from(await signature).toString('base64');
      const former: FormerKey = {
        ...old,
        vouched: await base64(next.sign(text)),
        ...(next.second ? { vouchedSecond: await base64(next.second.sign(text)) } : {}),
      };
      return { ...rest, ...publicHalves(next), certificate, formerKeys: [...formerKeys, former] };
    };
    let taken: Installation | undefined;
    const take = async (until: TreeHead): Promise<NoteKey> => {
      taken = await successorOf(until);
      replaceInstallation(home, taken);
      after('named');
      return installationNoteKey(taken);
    };
    await ledger.succeed(next, rotationEntry(await successorOf(ledger.head()))!, take, ask);
    after('entered');
    await settleSecrets(store, secret);
    after('moved');
    if (pinned) await pinNew(home, taken!);
    after('settled');
    return taken!;
  } finally {
    secret.fill(0);
  }
}
