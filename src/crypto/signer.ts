/** Whoever signs for the installation. */

/** Signs with the installation's key. The key itself stays where it is kept. */
export interface InstallationSigner {
  readonly installation: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Ed25519 (RFC 8032): 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** The second half, which signs checkpoints and exports too: ML-DSA-44 (FIPS 204). Undefined where there is none, or this runtime cannot use it. */
  readonly second?: {
    /** 1,312 bytes. */
    readonly publicKey: Uint8Array;
    /** 2,420 bytes. */
    sign(bytes: Uint8Array): Promise<Uint8Array>;
  };
}
