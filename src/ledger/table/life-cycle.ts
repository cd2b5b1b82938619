/** Events of how long recordings are kept: holds, and what was deleted. */
import { deletionCauses, deletionReasons, holdEnds, holdReasons, holdScopes } from '../../types/words.ts';
import { agreement } from './people.ts';
import { row } from './row.ts';

export const lifeCycleRows = [
  row(
    'hold.set',
    'Recordings are held: nothing of them is deleted, by whatever schedule and by nobody, until the hold is over. scope: everything of a person (of), one recording, or all that ran at some moment from from to until. person has signed it with the key byKey.',
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
    { hold: 'hold', reason: holdEnds, byKey: 'bytes64', signature: 'bytes64', ...agreement },
    { person: 'required' },
  ),
  row(
    'recording.deleted',
    'A recording was deleted: what it held is gone, and this is what is left of it. owner, began, lengthMs, size, root: as the ledger has them of it. schedule: its time was over, by the policy of that digest, which keeps recordings for so many days. early: two decided it, an auditor and a security admin: second, secondKey, secondSignature, asked: as of person.roles.',
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
] as const;
