/** Events of how long recordings are kept: holds, and what was deleted. */
import { deletionCauses, deletionReasons, holdEnds, holdReasons, holdScopes } from '../../types/words.ts';
import { agreement } from './people.ts';
import { row } from './row.ts';

export const lifeCycleRows = [
  row(
    'hold.set',
    'Recordings are held: nothing of them is deleted, by whatever schedule and by nobody, until the hold is over. scope: everything of a person (of), one recording, or all that ran at some moment from from to until. person has signed it with the key byKey.',
    { ecs: 'configuration:change', ocsf: '1008:99', dicom: '110113/110135', act: 'U', safeguard: 'integrity' },
    {
      hold: 'hold',
      scope: holdScopes,
      'of?': 'person',
      'recording?': 'recording',
      'from?': 'moment',
      'until?': 'moment',
      reason: holdReasons,
      byKey: 'bytes64',
      signature: 'bytes64',
    },
    { person: 'required' },
  ),
  row(
    'hold.clear',
    'A hold is over. It takes two, an auditor and a security admin: second, secondKey, secondSignature, asked: as of person.roles.',
    { ecs: 'configuration:change', ocsf: '1008:99', dicom: '110113/110135', act: 'U', safeguard: 'integrity' },
    { hold: 'hold', reason: holdEnds, byKey: 'bytes64', signature: 'bytes64', ...agreement },
    { person: 'required' },
  ),
  row(
    'recording.deleted',
    'A recording was deleted: what it held is gone, and this is what is left of it. owner, began, lengthMs, size, root: as the ledger has them of it. schedule: its time was over, by the policy of that digest, which keeps recordings for so many days. early: two decided it, an auditor and a security admin: second, secondKey, secondSignature, asked: as of person.roles.',
    { ecs: 'file:deletion', ocsf: '1008:2', dicom: '110113/110135', act: 'D', safeguard: 'integrity' },
    {
      recording: 'recording',
      owner: 'person',
      began: 'moment',
      'lengthMs?': 'count',
      size: 'count',
      root: 'sha256',
      cause: deletionCauses,
      reason: deletionReasons,
      'policySha256?': 'sha256',
      'days?': 'count',
      byKey: 'bytes64',
      signature: 'bytes64',
      ...agreement,
    },
    { person: 'required' },
  ),
  row(
    'hold.frozen',
    'At an incident: this hold was set, and the installation has signed what of recordings it covers. sha256: of that text.',
    { ecs: 'configuration:change', ocsf: '1008:99', dicom: '110113/110135', act: 'U', safeguard: 'integrity' },
    { hold: 'hold', sha256: 'sha256', recordings: 'count' },
    { person: 'required' },
  ),
  row(
    'backup.begun',
    'A run of a backup began: whatever stood here by then may be in it, sealed to these audit keys. backup: the set of runs in one folder.',
    { ecs: 'process:start', ocsf: '6002:3', dicom: '110106/~110135', act: 'R', safeguard: 'data-backup' },
    {
      backup: 'backup',
      run: 'count',
      recipients: 'kids',
    },
  ),
  row(
    'backup.made',
    'A run of a backup is whole. sha256: of its run.json. size, root: the head of the ledger that it has. files, bytes: what is in it.',
    { ecs: 'file:creation', ocsf: '1008:1', dicom: '110106/~110135', act: 'R', safeguard: 'data-backup' },
    {
      backup: 'backup',
      run: 'count',
      sha256: 'sha256',
      size: 'count',
      root: 'sha256',
      files: 'count',
      bytes: 'count',
    },
  ),
  row(
    'backup.erased',
    'What opens a recording in the runs of a backup was overwritten there: in so many runs. Custodians’ keys open nothing of it in that folder any more; a copy of the folder is another one.',
    { ecs: 'file:deletion', ocsf: '1008:2', dicom: '110113/~110135', act: 'D', safeguard: 'integrity' },
    { backup: 'backup', recording: 'recording', runs: 'count' },
    { person: 'required' },
  ),
  row(
    'erasure.certified',
    'Recordings were erased by two, and this installation has signed a certificate of it. sha256: of its text. left: so many backups that the ledger knows were not at hand, and may still have some of them.',
    { ecs: 'file:deletion', ocsf: '1008:2', dicom: '110113/110135', act: 'D', safeguard: 'integrity' },
    { sha256: 'sha256', recordings: 'count', backups: 'count', left: 'count' },
    { person: 'required' },
  ),
  row(
    'backup.restored',
    'This installation was put back from a run of a backup, by whoever has the audit key. size, root: the head of the ledger that it had: the events behind it are of after that.',
    { ecs: 'configuration:change', ocsf: '1008:99', dicom: '110113/110134', act: 'C', safeguard: 'data-backup' },
    { backup: 'backup', run: 'count', sha256: 'sha256', size: 'count', root: 'sha256', key: 'kid' },
  ),
] as const;
