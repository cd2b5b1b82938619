/** What hosts are called, and their keys: where they stand in files, in events and on a command line. */

/** A name of a profile, as somebody types it. No name begins with a dash: ssh would take it for an option. */
export const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** Under what a key is pinned: the name, and a port where a jump names one. */
export const HOST_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?::\d{1,5})?$/;
/** A name of the network, or an address of it. */
export const HOST_ADDRESS = /^[A-Za-z0-9:][A-Za-z0-9._:-]{0,252}$/;
/** Of an account there. */
export const HOST_ACCOUNT = /^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}\$?$/;
/** A list of host names by pattern, as a policy has it. */
export const HOST_PATTERN = /^[A-Za-z0-9*?][A-Za-z0-9._*?-]{0,99}$/;
/** A cipher, a key exchange or a MAC, as ssh names it. */
export const HOST_ALGORITHM = /^[a-z0-9][a-z0-9@.-]{1,63}$/;

/** Kinds of host keys that are taken: no DSA, no certificates. */
export const hostKeyTypes = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'] as const;
export type HostKeyType = (typeof hostKeyTypes)[number];

/** Whether keys that nobody has seen are asked about, or refused. */
export const newHostKeys = ['refuse', 'ask'] as const;
export type NewHostKeys = (typeof newHostKeys)[number];

/** A fingerprint as ssh prints it. @param sha256 lower-case hex */
export const fingerprintText = (sha256: string): string => `SHA256:${Buffer.from(sha256, 'hex').toString('base64').replace(/=+$/, '')}`;
