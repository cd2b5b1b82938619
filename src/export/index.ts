/** The door of the export room. */
export { requireTrust, writeBundle } from './bundle.ts';
export { planDisclosure } from './disclosure.ts';
export { composeSums, type BundleStatement } from './statement.ts';
export { ed25519SshKey, EXPORT_NAMESPACE, p256SshKey, signAsInstallation, sshVerify } from '../crypto/sshsig.ts';
export { parseTrust, trustText } from './trust.ts';
export { verifyBundle } from './verify.ts';
export { readVerifier } from './verifier.ts';
