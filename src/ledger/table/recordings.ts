/** Events of recordings: how they begin, how far they go, how they end, and who has read them. */
import { derivedForms, endReasons, importKinds, reasons, reviewStates, roles, workstationClasses } from '../../types/words.ts';
import { agreement } from './people.ts';
import { row } from './row.ts';

const failureCauses = ['disk-full', 'read-only', 'io-error', 'permission', 'process-gone', 'moved', 'other'] as const;

/** How an export was redacted. */
export const exportRedactions = ['default', 'chosen', 'none'] as const;

export const recordingRows = [
  row(
    'recording.start',
    'A recording began: who can open it, the policy in force, and as whom, where and why the session was opened. class: of the workstation. sessionClass: of the session, as the policy names it; left out where there was none. imported: nobody here witnessed it; it was made of a file of that format, all times in it are that file’s, and person is who brought it. sourceSha256, timingSha256: of that file, and of the timing file beside it. claimed: when that file says that it began.',
    { ecs: 'file:creation', ocsf: '1008:6', dicom: '110113/110134', act: 'C', safeguard: 'audit-controls' },
    {
      recording: 'recording',
      recipients: 'kids',
      policySha256: 'sha256',
      role: roles,
      class: workstationClasses,
      reason: reasons,
      'breakGlass?': 'break-glass',
      'sessionClass?': 'session-class',
      'imported?': importKinds,
      'sourceSha256?': 'sha256',
      'timingSha256?': 'sha256',
      'claimed?': 'moment',
    },
    { person: 'required' },
  ),
  row(
    'recording.segment',
    'A recording went on in a new segment with a fresh secret.',
    { ecs: 'file:creation', ocsf: '1008:5', dicom: '110113/~110135', act: 'C', safeguard: 'audit-controls' },
    { recording: 'recording', segment: 'count', firstSeq: 'count', size: 'count', root: 'sha256' },
    { person: 'optional' },
  ),
  row(
    'recording.heads',
    "Size and root of each recording's tree that has grown, at this moment: one event for all of them, a salted digest each.",
    { ecs: 'file:info', ocsf: '1008:99', dicom: '110113/~110135', act: 'U', safeguard: 'authenticate-ephi' },
    {
      heads: 'digests',
    },
  ),
  row(
    'recording.end',
    'A recording ended in good order.',
    { ecs: 'file:change', ocsf: '1008:7', dicom: '110113/110133', act: 'E', safeguard: 'audit-controls' },
    {
      recording: 'recording',
      reason: endReasons,
      size: 'count',
      root: 'sha256',
      outputBytes: 'count',
      durationMs: 'count',
      'signedBefore?': 'count',
    },
  ),
  row(
    'recording.failed',
    'A recording could not go on and its shell was stopped, or its recorder is gone: size and root are what was signed for until then.',
    { ecs: 'file:change', ocsf: '1008:7', dicom: '110113/110133', act: 'E', outcome: 'failure', safeguard: 'audit-controls' },
    {
      recording: 'recording',
      reason: failureCauses,
      size: 'count',
      root: 'sha256',
    },
  ),
  row(
    'recording.recovered',
    'More of an interrupted recording is signed for: the person opened it with their key, in segments whose headers were signed for before.',
    { ecs: 'file:change', ocsf: '1008:8', dicom: '110113/~110135', act: 'U', safeguard: 'authenticate-ephi' },
    {
      recording: 'recording',
      size: 'count',
      root: 'sha256',
      tornBytes: 'count',
      'signedBefore?': 'count',
    },
    { person: 'required' },
  ),
  row(
    'recording.damaged',
    'What lies in the folder of a recording is not what was signed for: shorter, longer, or another. It was left as it is; entered once for each such finding.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110135', act: 'E', outcome: 'failure', safeguard: 'integrity' },
    { recording: 'recording', signedSize: 'count', signedRoot: 'sha256', foundSize: 'count', foundRoot: 'sha256' },
  ),
  row(
    'play',
    'A recording was opened for reading. reason: why somebody else’s was, as who opened it says. masked: whether what the recognisers know was covered. how: replayed, found in by its text, or read as text; left out by versions that only replayed.',
    { ecs: 'file:access', ocsf: '1001:2', dicom: '110101/~110132', act: 'R', safeguard: 'activity-review' },
    { recording: 'recording', key: ['owner', 'audit'], 'raw?': 'boolean', 'how?': ['replay', 'search', 'text'], 'reason?': reasons, 'masked?': 'boolean' },
    { person: 'optional', outcome: 'required' },
  ),
  row(
    'view',
    'How much of a recording was seen in the window, entered when the look at it ended: from and to, milliseconds since its start, of everything that was shown.',
    { ecs: 'file:access', ocsf: '1001:2', dicom: '110101/~110132', act: 'R', safeguard: 'activity-review' },
    { recording: 'recording', key: ['owner', 'audit'], fromMs: 'count', toMs: 'count' },
    { person: 'required' },
  ),
  row(
    'recording.review',
    'What an auditor says of a recording, which is never their own: it is to be looked at, they look at it, it is fine, or something in it is flagged. The last one counts. person has signed it with the key byKey.',
    { ecs: 'file:info', ocsf: '6003:3', dicom: '110101/~110138', act: 'U', safeguard: 'activity-review' },
    { recording: 'recording', state: reviewStates, byKey: 'bytes64', signature: 'bytes64' },
    { person: 'required' },
  ),
  row(
    'recording.unmask',
    'Two have agreed that the first one sees somebody else’s recording with nothing covered, until the lock: second, secondKey, secondSignature, asked: as of person.roles. Neither of them is its person.',
    { ecs: 'iam:info', ocsf: '6003:99', dicom: '110113/~110132', act: 'E', safeguard: 'access-authorization' },
    { recording: 'recording', byKey: 'bytes64', signature: 'bytes64', ...agreement },
    { person: 'required' },
  ),
  row(
    'export',
    'A recording was exported; sha256 is the digest of the bundle’s SHA256SUMS. redaction: default, the recognisers that run by themselves; chosen, those that were named; none, nothing was withheld but snapshots, and two people have signed for that (byKey and signature of person, second, secondKey, secondSignature, asked). recognisers: the version of their table. withheld: pieces in which something was found. released: pieces of which somebody said, with a reason that stands in the list, that they go out all the same. list: SHA-256 of the list beside the bundle. form: it left as one file that proves nothing by itself (asciicast, plain text, a report), and sha256 is that file’s. part: a span of it was asked for. words: SHA-256 of the file in disclosures/ with purpose and recipient, sealed to the audit keys of the policy in force and to person. sealedTo: it left as one file that this key opens, and never was on a disk in the clear.',
    { ecs: 'file:access', ocsf: '1008:3', dicom: '110106/~110135', act: 'R', safeguard: 'audit-controls' },
    {
      recording: 'recording',
      'sha256?': 'sha256',
      'records?': 'count',
      'code?': 'code',
      'redaction?': exportRedactions,
      'recognisers?': 'version',
      'withheld?': 'count',
      'released?': 'count',
      'list?': 'sha256',
      'form?': derivedForms,
      'part?': 'boolean',
      'words?': 'sha256',
      'sealedTo?': 'kid',
      'byKey?': 'bytes64',
      'signature?': 'bytes64',
      ...agreement,
    },
    { person: 'optional', outcome: 'required' },
  ),
  row(
    'verify',
    'A bundle, a recording or the ledger was verified.',
    { ecs: 'file:info', ocsf: '1008:99', dicom: '110101/~110135', act: 'R', safeguard: 'authenticate-ephi' },
    { target: ['bundle', 'recording', 'ledger'], 'recording?': 'recording', code: 'code' },
    { person: 'optional', outcome: 'required' },
  ),
] as const;
