/** The door of the export room. */
export {
  exportRecording,
  ExportError,
  readVerifier,
  requireTrust,
  writeBundle,
  type ExportErrorCode,
  type ExportOptions,
  type ExportResult,
} from './bundle.ts';
export { failureTable, type FailureCode } from './failures.ts';
export { composeSums, statementSchema, type BundleStatement, type SignersOwn } from './statement.ts';
export { sweepPartials, type CutOff } from './partial.ts';
export { ed25519SshKey, EXPORT_NAMESPACE, p256SshKey, sshSign, sshVerify, type SshSigner } from './sshsig.ts';
export { allowedSigners, makeTrust, parseTrust, readTrustFile, trustText, type Trust } from './trust.ts';
export { verifyBundle, type Verdict } from './verify.ts';
