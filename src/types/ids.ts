/** How our ids are written, each in one place. docs/format.md is normative. */

/** yyyymmdd-hhmmss-xxxxxxxx: UTC, then 4 random bytes, so that ids sort by time and never meet. */
export const RECORDING_ID = /^\d{8}-\d{6}-[0-9a-f]{8}$/;
export const PERSON_ID = /^p-[0-9a-f]{12}$/;
export const INSTALLATION_ID = /^w-[0-9a-f]{12}$/;
export const HOLD_ID = /^h-[0-9a-f]{12}$/;
/** A folder that backups of one installation are in. */
export const BACKUP_ID = /^k-[0-9a-f]{12}$/;
/** The model of an authenticator (WebAuthn, section 6.5.1), as a UUID in lower case. */
export const AAGUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
