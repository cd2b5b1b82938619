/** Why an anchor did not take a head. `code` goes into the ledger; the sentence stays here. */
import { CodedError } from '../types/coded-error.ts';
import { capital, troubleOf } from '../disk/errno.ts';

/** Stable: a closed list of the events anchor.failed and anchor.diverged. */
export const anchorFailureCodes = [
  'not-allowed',
  'unreachable',
  'timeout',
  'refused',
  'bad-certificate',
  'bad-answer',
  'bad-token',
  'gone',
  'not-marked',
  'unknown-key',
  'disk-full',
  'read-only',
  'denied',
  'io',
  'diverged',
] as const;
export type AnchorFailureCode = (typeof anchorFailureCodes)[number];

export class AnchorError extends CodedError<AnchorFailureCode> {
  /** For `diverged`: the note that is kept outside. */
  readonly outside: string | undefined;

  constructor(code: AnchorFailureCode, message: string, options?: ErrorOptions & { readonly outside?: string }) {
    super(code, message, options);
    this.outside = options?.outside;
  }
}

/** Of a network, and of a disk that may be unplugged or a share's: what they mean here. */
const systemCodes: Readonly<Record<string, readonly [AnchorFailureCode, string]>> = {
  ENOENT: ['gone', 'it is not there. Mount the disk or share'],
  ENOTDIR: ['gone', 'a part of the path is no folder. Mount the disk or share'],
  ESTALE: ['gone', 'the share was mounted anew. Mount it again'],
  ENODEV: ['gone', 'the disk is gone. Mount it again'],
  EHOSTDOWN: ['gone', "the share's server is down"],
  ENOTCONN: ['gone', 'the share is not connected'],
  ECONNREFUSED: ['unreachable', 'nobody listens there'],
  ECONNRESET: ['refused', 'the server ended the connection'],
  EPIPE: ['refused', 'the server ended the connection'],
  ENOTFOUND: ['unreachable', 'the name is not known'],
  EAI_AGAIN: ['unreachable', 'the name service does not answer'],
  EHOSTUNREACH: ['unreachable', 'there is no way to it'],
  ENETUNREACH: ['unreachable', 'there is no network'],
  ETIMEDOUT: ['timeout', 'it does not answer'],
};

/** Troubles of a disk that have the same name here. */
const diskCodes = ['disk-full', 'read-only', 'denied'] as const;

/** An error of node:fs, node:net or node:tls as ours. @param what begins the sentence: `/mnt/audit cannot be written`. */
export function anchorError(error: unknown, what: string): AnchorError {
  if (error instanceof AnchorError) return error;
  const { code = 'unknown', message = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const known = systemCodes[code];
  if (known) return new AnchorError(known[0], `${what}: ${known[1]} (${code}).`, { cause: error });
  const trouble = troubleOf(error);
  if (trouble)
    return new AnchorError(diskCodes.find((each) => each === trouble.code) ?? 'io', `${what}: ${trouble.is}. ${capital(trouble.mend)} (${code}).`, {
      cause: error,
    });
  // What TLS says of certificates: OpenSSL's X509_V_ERR names without their prefix, Node's own, and alerts of the server.
  if (/CERT|VERIFY|ISSUER|SELF_SIGNED|CRL|^HOSTNAME_MISMATCH$|ALTNAME|INVALID_CA|INVALID_PURPOSE/.test(code))
    return code.startsWith('ERR_SSL')
      ? new AnchorError('refused', `${what}: the server refused this workstation's certificate, or wants one (${code}).`, { cause: error })
      : new AnchorError('bad-certificate', `${what}: the server's certificate is not good (${code}).`, { cause: error });
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return new AnchorError('refused', `${what}: TLS failed (${code}).`, { cause: error });
  return new AnchorError('io', `${what} (${code === 'unknown' ? message.slice(0, 80) : code}).`, { cause: error });
}
