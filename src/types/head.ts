/** Size and root of an RFC 6962 tree at one moment: of a recording, what the ledger remembers; of the ledger, what is signed. */
export interface TreeHead {
  /** Leaves so far. */
  readonly size: number;
  /** Merkle tree hash, 32 bytes, lower-case hex. */
  readonly root: string;
}
