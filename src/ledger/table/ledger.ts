/** Events of the ledger itself, of its heads outside, and of the policy. */
import { ruleCodes } from '../rules.ts';
import { ledgerFindings } from '../../types/words.ts';
import { agreement } from './people.ts';
import { row } from './row.ts';

const media = ['removable', 'other-disk', 'same-disk'] as const;

export const ledgerRows = [
  row(
    'ledger.unvouched',
    'What stood in a file of this ledger beyond what its key had vouched for was moved aside into a file of its own: an interrupted write, or bytes of somebody else.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110133', act: 'E', safeguard: 'integrity' },
    { file: ['events', 'checkpoints', 'head', 'late'], lines: 'count', bytes: 'count' },
  ),
  row(
    'ledger.disturbed',
    'A file of this ledger was not what its key had left there, or somebody else held its lock for ten seconds. time: when that was first seen; entered: when it was whole again. Nothing was written between them, and what happened meanwhile follows.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/110133', act: 'E', outcome: 'failure', safeguard: 'integrity' },
    { file: ['events', 'checkpoints', 'head', 'lock'], how: ['removed', 'replaced', 'changed', 'shorter', 'set-back', 'held', 'unreadable'] },
  ),
  row(
    'ledger.kept',
    'A process had ended while the ledger could not be written, and had kept what it had to enter, signed, beside it: that follows. sha256: of the text that was signed; each counts once.',
    { ecs: 'configuration:info', ocsf: '1008:8', dicom: '110113/110134', act: 'E', safeguard: 'audit-controls' },
    { events: 'count', sha256: 'sha256' },
  ),
  row(
    'ledger.refused',
    'What happened could not be entered at once, and when it could, it contradicted what had been signed for meanwhile: it is no event. rule: see “What recordings may say”.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110133', act: 'E', outcome: 'failure', safeguard: 'integrity' },
    { action: 'action', rule: ruleCodes, recording: 'recording' },
    { person: 'optional' },
  ),
  row(
    'ledger.read',
    'Somebody asked a command of ours, or the audit centre in the window, for events of this ledger, and it was entered before any was shown. how: once, as they came in from then on, or as a report. window: it was the audit centre, where person looked. Who reads its files by other means leaves nothing here.',
    { ecs: 'file:access', ocsf: '1001:2', dicom: '110101/~110132', act: 'R', safeguard: 'activity-review' },
    { how: ['list', 'follow', 'report'], 'window?': 'boolean' },
    { person: 'optional' },
  ),
  row(
    'report.signed',
    'A report of events was written into a file and signed by the installation. report: of which kind. events: of the ledger, so many were read for it. sha256: of the text of the signed statement, which has that of the file.',
    { ecs: 'file:creation', ocsf: '1001:1', dicom: '110106/~110132', act: 'R', safeguard: 'activity-review' },
    { report: ['events', 'review'], events: 'count', sha256: 'sha256' },
  ),
  row(
    'alert.closed',
    'Somebody whom it is not about has looked at an alert, and signed that. alert: number of the event that raised it, or since which it counts. rule: as wardmux alerts names it. about: everybody whom it was about. note: SHA-256 of the file in alert-notes/ with what they found, sealed to the audit keys of the policy in force and to person.',
    { ecs: 'configuration:info', ocsf: '2004:3', dicom: '110101/~110132', act: 'U', safeguard: 'activity-review' },
    { alert: 'count', rule: 'code', about: 'people', note: 'sha256', byKey: 'bytes64', signature: 'bytes64' },
    { person: 'required' },
  ),
  row(
    'ledger.reviewed',
    'An auditor has looked through the events from one number to before another, and signed what they found; what they did themselves, or whose hand they are, is not reviewed by that. root: of the ledger over its first events, so many as to says. finding: nothing; something, and it was dealt with; or it was handed on. note: SHA-256 of the file in alert-notes/ with their words, sealed to the audit keys of the policy in force and to person.',
    { ecs: 'configuration:info', ocsf: '6003:2', dicom: '110101/~110132', act: 'R', safeguard: 'activity-review' },
    { from: 'count', to: 'count', root: 'sha256', finding: ledgerFindings, note: 'sha256', byKey: 'bytes64', signature: 'bytes64' },
    { person: 'required' },
  ),
  row(
    'installation.key',
    'Another key took over as that of the installation, certified by the one before: the first word of the new one. key, previous: SHA-256 of the Ed25519 and, where there is one, the ML-DSA-44 public key. secondKey: whether the new one has two halves.',
    { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/110129', act: 'U', safeguard: 'encryption' },
    { key: 'sha256', previous: 'sha256', secondKey: 'boolean' },
    { person: 'required' },
  ),
  row(
    'anchor.sent',
    'An anchor outside took a head of this ledger: the first one, the first after a failure, or the first in a day. kind: as its row of the policy has it.',
    { ecs: 'network:info', ocsf: '1008:5', dicom: '110113/~110128', act: 'E', safeguard: 'authenticate-ephi' },
    {
      anchor: 'anchor',
      kind: 'code',
      size: 'count',
      root: 'sha256',
    },
  ),
  row(
    'anchor.failed',
    'An anchor outside has not taken a head in several attempts; they go on.',
    { ecs: 'network:info', ocsf: '4001:4', dicom: '110113/~110128', act: 'E', outcome: 'failure', safeguard: 'authenticate-ephi' },
    {
      anchor: 'anchor',
      kind: 'code',
      code: 'code',
      attempts: 'count',
    },
  ),
  row(
    'anchor.diverged',
    'A head that was signed for and kept outside is not one of this ledger: it was cut, set back or rewritten.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110133', act: 'E', outcome: 'failure', safeguard: 'integrity' },
    {
      anchor: 'anchor',
      kind: 'code',
      size: 'count',
      root: 'sha256',
    },
  ),
  row(
    'policy.change',
    'A policy came into force: at the first run, and when somebody who may has accepted a changed file. auditKeys: who can open recordings that begin under it. version: how many have been in force, this one among them. rollbackTo: the version that it is the same as, where an older policy came back. changes: of each field that differs which way it goes, what it was, and what it is. second: who agreed to a weakening, which does not count without them where more than one person may decide; both have signed the request, each with their own key, at most 15 minutes after asked.',
    { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/110129', act: 'U', safeguard: 'access-authorization' },
    {
      sha256: 'sha256',
      'previousSha256?': 'sha256',
      auditKeys: 'kids',
      'version?': 'count',
      'rollbackTo?': 'count',
      'changes?': 'policy-changes',
      'byKey?': 'bytes64',
      'signature?': 'bytes64',
      ...agreement,
    },
    { person: 'optional' },
  ),
  row(
    'consent.accepted',
    'A person accepted the consent text of the policy in force, before their first pane. sha256: of the text, in UTF-8.',
    { ecs: 'authentication:info', ocsf: '3002:99', dicom: '110114/~110122', act: 'E', safeguard: 'workstation-use' },
    { version: 'count', sha256: 'sha256', policySha256: 'sha256' },
    { person: 'required' },
  ),
  row(
    'audit-key.proven',
    'Somebody opened a fresh challenge with the private half of an audit key of the policy in force. medium: where its file lay, on a removable medium, on another file system than the data folder, or on the same.',
    { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110129', act: 'R', safeguard: 'encryption' },
    { key: 'kid', policySha256: 'sha256', medium: media },
    { person: 'required' },
  ),
  row(
    'audit-key.rewrap',
    'Somebody with the private half of an audit key began to have what it opens wrapped once more, for the other audit keys of the policy in force (to).',
    { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/~110129', act: 'U', safeguard: 'encryption' },
    { key: 'kid', to: 'kids', policySha256: 'sha256' },
    { person: 'required' },
  ),
  row(
    'audit-key.rewrapped',
    'What came of that: so many segments of so many recordings were wrapped once more; closed: so many are not sealed to that key, or did not open.',
    { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/~110129', act: 'U', safeguard: 'encryption' },
    { key: 'kid', to: 'kids', policySha256: 'sha256', recordings: 'count', segments: 'count', closed: 'count' },
    { person: 'required' },
  ),
  row(
    'audit-key.asked',
    'Somebody who unlocked at the terminal was asked to move an audit key off this disk, because nobody has shown that it lies elsewhere.',
    { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110129', act: 'R', safeguard: 'encryption' },
    { key: 'kid' },
    { person: 'required' },
  ),
  row(
    'selftest',
    'The controls were tried on this machine, and the report was signed. sha256: of its text. failed, notShown: so many of them failed, or could not be tried here.',
    { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110129', act: 'R', safeguard: 'evaluation' },
    { sha256: 'sha256', controls: 'count', failed: 'count', notShown: 'count' },
    { person: 'optional', outcome: 'required' },
  ),
  row(
    'policy.refused',
    'policy.json is not the policy in force: it was changed and not accepted, is malformed, or is missing. The policy in force stays the one before. sha256: of the file. changes: so many other states of it were seen since the last such event, where that is more than one; a minute lies between two of them.',
    { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/~110129', act: 'U', outcome: 'failure', safeguard: 'integrity' },
    { reason: ['changed', 'malformed', 'missing'], 'sha256?': 'sha256', 'changes?': 'count' },
    {},
  ),
] as const;
