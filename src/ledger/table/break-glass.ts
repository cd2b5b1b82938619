/** Events of emergencies: how a glass was broken, by whom and why, how it ended, that it was told of outside, and who has looked at it since. */
import { emergencyEnds, emergencyReasons, reviewFindings } from '../../types/words.ts';
import { row } from './row.ts';

export const breakGlassRows = [
  row(
    'breakglass.start',
    'Somebody broke the glass: person works in it, alone as who has the role of emergencies, or as an operator together with second, another one. Each has signed the request with their own key. text: SHA-256 of the file in break-glass/ that has their own words, sealed to the audit keys of the policy in force; it is missing where they gave none.',
    { ecs: 'iam:admin,user', ocsf: '3005:1', dicom: '110113/110127', act: 'E', safeguard: 'emergency-access' },
    {
      breakGlass: 'break-glass',
      reason: emergencyReasons,
      minutes: 'count',
      'text?': 'sha256',
      byKey: 'bytes64',
      signature: 'bytes64',
      'second?': 'person',
      'secondKey?': 'bytes64',
      'secondSignature?': 'bytes64',
    },
    { person: 'required' },
  ),
  row(
    'breakglass.extend',
    'The emergency was extended, which it is once: by so many minutes.',
    { ecs: 'iam:admin,user', ocsf: '3005:1', dicom: '110113/~110127', act: 'U', safeguard: 'emergency-access' },
    { breakGlass: 'break-glass', minutes: 'count' },
    { person: 'required' },
  ),
  row(
    'breakglass.end',
    'The emergency is over, and its shells with it. replaced: another one began. restart: what ran it had ended, and no emergency outlives that. person: who worked in it was stopped, disabled or deleted, or lost the role that they began it by.',
    { ecs: 'iam:admin,user', ocsf: '3005:2', dicom: '110113/110138', act: 'E', safeguard: 'emergency-access' },
    { breakGlass: 'break-glass', cause: emergencyEnds },
    { person: 'required' },
  ),
  row(
    'breakglass.alert',
    'The alert of an emergency has left by this anchor.',
    { ecs: 'network:info', ocsf: '4001:6', dicom: '110113/~110128', act: 'E', safeguard: 'emergency-access' },
    { breakGlass: 'break-glass', anchor: 'anchor', kind: 'code' },
  ),
  row(
    'breakglass.review',
    'An auditor who is none of those who were in it has reviewed an emergency that is over, and signed what they found.',
    { ecs: 'iam:info', ocsf: '6003:2', dicom: '110101/~110138', act: 'R', safeguard: 'activity-review' },
    { breakGlass: 'break-glass', finding: reviewFindings, byKey: 'bytes64', signature: 'bytes64' },
    { person: 'required' },
  ),
  row(
    'breakglass.drill',
    'Somebody who has the role of emergencies has tried their credential for them, and signed that.',
    { ecs: 'authentication:info', ocsf: '3002:6', dicom: '110114/~110122', act: 'E', safeguard: 'emergency-access' },
    { byKey: 'bytes64', signature: 'bytes64' },
    { person: 'required' },
  ),
] as const;
