/** The door of the room. */
export { homeFolder, homePaths, listFolder, lookPath, openHome, workspacePath, type Home } from './home.ts';
export { checkIdentity, pinFirstUse, pinNew, pinnedBefore, pinSuccessor, type IdentityCheck } from './identity-pin.ts';
export { createInstallation, installationKey, keyDigest, newInstallationId, readInstallation, requireInstallation, type Installation } from './installation.ts';
export { chooseSecretStore, FileSecretStore, openSecretStore, storeWeakness, type SecretStore, type SecretStoreName } from './secret-store.ts';
export { createSigningKey, openSigner } from './signer.ts';
