/**
 * Every way in which a bundle can fail, once: code, exit status, sentence. `wardmux verify`, verify.py, --json and the
 * documentation take them from here (a test holds verify.py to it). Codes and statuses are stable; new ones go to the end.
 */

export interface FailureRow {
  readonly code: string;
  /** Exit status of `wardmux verify` and verify.py. */
  readonly status: number;
  /** For people. What exactly, and where, stands in the verdict's detail. */
  readonly sentence: string;
}

export const failureTable = [
  row('bad-trust', 10, 'The trust file cannot be read or is not a trust file of Wardmux.'),
  row('missing-file', 11, 'This is not a whole bundle: a file is missing or is not a plain file.'),
  row('extra-file', 12, 'The bundle holds a file that nobody signed for.'),
  row('bad-summary', 13, 'recording.json is damaged, or it says something else than the evidence.'),
  row('other-installation', 14, 'The bundle comes from an installation that the trust file does not name.'),
  row('unknown-person', 15, 'The recording is of, or was exported by, a person whom the trust file does not name.'),
  row('untrusted-key', 16, 'The bundle is signed with a key that is not the trusted key of its installation.'),
  row('bad-checkpoint', 17, 'The signature of the ledger checkpoint is not good: the checkpoint was changed.'),
  row('other-checkpoint', 18, 'The ledger checkpoint is genuine, but it is not the one that belongs to this bundle.'),
  row('bad-ledger', 19, 'ledger.jsonl is damaged, or it holds events that do not belong to this recording.'),
  row('short-proof', 20, 'A proof that an event is in the ledger has the wrong length: it was cut or padded.'),
  row('bad-proof', 21, 'An event is not in the ledger that the checkpoint signs for: event or proof was changed.'),
  row('no-head', 22, 'The ledger events in the bundle do not say where the recording began or how far it goes.'),
  row('bad-evidence', 23, 'evidence.jsonl is damaged: a line is not a record.'),
  row('missing-record', 24, 'A record is missing from the middle of the evidence.'),
  row('duplicated-record', 25, 'A record stands twice in the evidence.'),
  row('reordered-records', 26, 'The records of the evidence stand in another order than they were sealed in.'),
  row('bad-header', 27, 'The header of a segment does not belong at its place in this recording.'),
  row('bad-commitment', 28, 'A disclosed text is not the text that was sealed: it was changed.'),
  row('cut', 29, 'The end of the recording is missing: the ledger signs for more records than there are.'),
  row('bad-root', 30, 'The records are not those that the ledger signs for: a record was changed or replaced.'),
  row('bad-output', 31, 'The amount of output does not agree with what the ledger and the segments say.'),
  row('bad-cast', 32, 'session.cast shows something else than the evidence.'),
  row('bad-installation-signature', 33, 'The signature of the installation over SHA256SUMS is not good.'),
  row('untrusted-person-key', 34, 'The bundle is signed with a key that is not the trusted key of the exporting person.'),
  row('bad-person-signature', 35, 'The signature of the exporting person over SHA256SUMS is not good.'),
  row('bad-sums', 36, 'SHA256SUMS does not list exactly the files of a bundle.'),
  row('bad-file', 37, 'A file is not the one that was signed: its SHA-256 is another.'),
  row('newer-version', 38, 'This is of a newer version than this verifier knows: verify it with the verifier of that version.'),
  row('contradiction', 39, "The ledger's events of this recording contradict each other."),
  row('bad-events', 40, 'The events of the recording do not follow its rules.'),
  row('bad-time', 41, 'Time runs backwards in the recording.'),
  row('bad-recipients', 42, 'A segment can be opened by somebody whom policy and trust file do not name, or the ledger names others.'),
  row('bad-policy', 43, 'A segment names a policy that the ledger did not have in force.'),
  row('half-signature', 44, 'The key of the installation has two halves, and only one of them signed.'),
] as const satisfies readonly FailureRow[];

export type FailureCode = (typeof failureTable)[number]['code'];

function row<C extends string>(code: C, status: number, sentence: string) {
  return { code, status, sentence } as const;
}

const byCode = new Map<string, FailureRow>(failureTable.map((entry) => [entry.code, entry]));

export function failureRow(code: FailureCode): FailureRow {
  return byCode.get(code)!;
}

/** Ends a verification. `detail` says what and where, and never holds session text. */
export class BundleFailure extends Error {
  readonly code: FailureCode;
  readonly detail: string;

  constructor(code: FailureCode, detail: string) {
    super(`${failureRow(code).sentence} ${detail}`);
    this.name = 'BundleFailure';
    this.code = code;
    this.detail = detail;
  }
}
