/** Events of revocation lists: which were seen, whom and what of this installation they name, and what became of looking for them. */
import { revocationStates } from '../../types/words.ts';
import { row } from './row.ts';

export const revocationRows = [
  row(
    'revocation.list',
    'A revocation list that is signed by a key of the policy in force was seen here, or names more of this installation by now. number: its own, which only grows. sha256: of what was signed. signer: SHA-256 of the key that signed it, as SSH encodes it. people: who of this installation it names: they are logged off, and cannot come in until a newer list does not name them. slots: key slots that open nothing any more.',
    { ecs: 'iam:user,change', ocsf: '3005:2', dicom: '110113/110137', act: 'U', safeguard: 'workforce-termination' },
    { number: 'count', sha256: 'sha256', issued: 'moment', signer: 'sha256', people: 'people', slots: 'slots' },
  ),
  row(
    'revocation.look',
    'A look for the revocation list that the policy demands came to something else than the one before. state: good, or what is wrong with what lies there. open: people come in; where that is false, nobody does but by break-glass.',
    { ecs: 'configuration:info', ocsf: '5019:1', dicom: '110113/~110129', act: 'R', safeguard: 'workforce-termination' },
    { state: revocationStates, open: 'boolean' },
  ),
] as const;
