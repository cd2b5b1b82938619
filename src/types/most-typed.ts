/** How much somebody may type, in UTF-16 units: a field of a page takes no more, and whoever is given more refuses it. */
export const mostTyped = {
  /** Of a person, a workstation, a passkey. */
  name: 80,
  /** Of the site's own system. */
  ticket: 32,
  /** To an alert that is closed. */
  note: 500,
  /** What an export is for, and for whom; each. */
  disclosure: 500,
  /** Why what was found in an export is let out. */
  release: 200,
  /** Why the glass is broken: two or three sentences. */
  emergency: 1000,
} as const;

/** Of a line that is typed unseen, or comes by a descriptor, in bytes: a passphrase, or the token of a collector. A signed token of a directory has two or three KiB. */
export const MOST_HIDDEN_BYTES = 8192;
