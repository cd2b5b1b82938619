/** The files of a bundle, and limits for those who read one. */
import type { DerivedForm } from '../types/words.ts';

export const BUNDLE = {
  cast: 'session.cast',
  evidence: 'evidence.jsonl',
  summary: 'recording.json',
  ledger: 'ledger.jsonl',
  checkpoint: 'checkpoint.note',
  sums: 'SHA256SUMS',
  installationSignature: 'SHA256SUMS.installation.sig',
  personSignature: 'SHA256SUMS.person.sig',
  allowedSigners: 'allowed_signers',
  verifier: 'verify.py',
  guide: 'VERIFY.md',
} as const;

/** The files that SHA256SUMS lists, in its order (bytes of the names). */
export const SUMMED_FILES = [
  BUNDLE.guide,
  BUNDLE.allowedSigners,
  BUNDLE.checkpoint,
  BUNDLE.evidence,
  BUNDLE.ledger,
  BUNDLE.summary,
  BUNDLE.cast,
  BUNDLE.verifier,
] as const;

export const ALL_FILES: readonly string[] = [...SUMMED_FILES, BUNDLE.sums, BUNDLE.installationSignature, BUNDLE.personSignature].sort();

/** What stands beside a bundle of which something could be withheld, in a folder of its own: the bundle's files are those of its format, and no others. */
export const COMPANION = {
  list: 'redaction.json',
  signature: 'redaction.json.sig',
  cast: 'session.redacted.cast',
} as const;

export const COMPANION_FILES: readonly string[] = Object.values(COMPANION);

/** What a form that is one file is called until it gets its name. */
export const DERIVED: Readonly<Record<DerivedForm, string>> = { cast: COMPANION.cast, text: 'session.redacted.txt', report: 'session.redacted.html' };

/** All that an export under way may have in its folders. */
export const EXPORT_FILES: readonly string[] = [...ALL_FILES, ...COMPANION_FILES, ...Object.values(DERIVED)];

/** Files other than evidence, cast and ledger are small; a larger one is not ours and is not read into memory. */
export const MAX_SMALL_FILE = 1024 * 1024;
/** A record's body has 1 MiB at most; in base64, with a salt for each piece, its line stays below this. */
export const MAX_EVIDENCE_LINE = 8 * 1024 * 1024;
/** A ledger event has at most about 4 KiB; in a string, with its path, its line stays below this. */
export const MAX_LEDGER_LINE = 64 * 1024;
