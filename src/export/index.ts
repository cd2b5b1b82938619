/** The door of the export room. */
export { exportRecording, requireTrust, writeBundle, type ExportOptions, type ExportResult } from './bundle.ts';
export { ExportError, type ExportErrorCode } from './error.ts';
export { failureTable, type FailureCode } from './failures.ts';
export { composeSums, statementSchema, type BundleStatement, type SignersOwn } from './statement.ts';
export { sweepPartials, type CutOff } from './partial.ts';
export { ed25519SshKey, EXPORT_NAMESPACE, p256SshKey, signAsInstallation, sshSign, sshVerify, type SshSigner } from '../crypto/sshsig.ts';
export { allowedSigners, makeTrust, parseTrust, readTrustFile, trustText, type Trust } from './trust.ts';
export { verifyBundle } from './verify.ts';
export type { Verdict } from './verify/verdict.ts';
export { readVerifier, verifierSha256 } from './verifier.ts';
