/** Events of the program's own files: which they are, what a look at them came to, and each that is not as it was signed for. */
import { fileChanges, integrityParts } from '../../types/words.ts';
import { agreement } from './people.ts';
import { row } from './row.ts';

export const integrityRows = [
  row(
    'integrity.baseline',
    'Somebody who may has signed which files the program has from here on: at the first run, or after an update. sha256: of the list of them in baselines/, with size, mode and SHA-256 of each. previousSha256: of the list before it. checkout: it runs from a clone, which is built anew. note: SHA-256 of the file in alert-notes/ with their words, sealed to the audit keys of the policy in force and to person. second: who agreed, as of policy.change; without them another list than before does not count where two may decide.',
    { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/110131', act: 'U', safeguard: 'integrity' },
    {
      sha256: 'sha256',
      'previousSha256?': 'sha256',
      version: 'version',
      files: 'count',
      checkout: 'boolean',
      'note?': 'sha256',
      byKey: 'bytes64',
      signature: 'bytes64',
      ...agreement,
    },
    { person: 'required' },
  ),
  row(
    'integrity.check',
    'The program’s files were held against the list of the last integrity.baseline that counts (sha256), and policy and data folder against what the ledger has: when something else was found than before, and once a day. differences: so many files are not as they were signed for. found: SHA-256 of all that is said of them, by which two looks are compared.',
    { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110131', act: 'R', safeguard: 'integrity' },
    { sha256: 'sha256', files: 'count', differences: 'count', found: 'sha256' },
    { outcome: 'required' },
  ),
  row(
    'integrity.differs',
    'A file is not as it was signed for: of the program, the list of its files, of the policy, or another one of the data folder. file: where it lies below the program’s folder or the data folder; of one that nobody signed for, the nearest folder that is ours. expected, found: SHA-256 of its content, where it is known. So many at most for one look; all of them: wardmux integrity check.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110135', act: 'E', outcome: 'failure', safeguard: 'integrity' },
    { part: integrityParts, how: fileChanges, 'file?': 'path', 'expected?': 'sha256', 'found?': 'sha256' },
  ),
  row(
    'program.updated',
    'Another version of the program runs than the one that was accepted, or a clone was built anew (checkout, as the list that was accepted says): nobody has accepted its files yet. files: so many differ. sha256: of the list of those that it has.',
    { ecs: 'configuration:change', ocsf: '6002:8', dicom: '110113/110131', act: 'U', safeguard: 'integrity' },
    { from: 'version', to: 'version', checkout: 'boolean', files: 'count', sha256: 'sha256' },
  ),
] as const;
