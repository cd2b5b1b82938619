/** Events of people: their keys, and how they came in. */
import { identityChecks, personStates, stopReasons, unlockMethods } from '../../types/words.ts';
import { row } from './row.ts';

/** Why an unlock can fail, as the vault says it. */
export const unlockFailures = [
  'wrong-passphrase',
  'passkey-refused',
  'no-such-slot',
  'back-off',
  'corrupt-vault',
  'no-such-person',
  'changed-person',
  'disabled',
  'person-stopped',
  'stopped',
  'two-factors',
  'unlisted',
  'not-proven',
] as const;

/**
 * What a change of somebody's key slots did: a passphrase in place of the one before, the same passphrase at a higher cost, a passkey that
 * came, a passphrase and a key together in place of the passphrase alone, a credential that got another name, a slot that went, a sheet of recovery codes, a passphrase in place of everything, by such a code, or
 * new keys for somebody who lost everything, by two people.
 */
export const slotChanges = ['passphrase', 'cost', 'passkey', 'passphrase-key', 'passkey-store', 'name', 'removed', 'codes', 'recovered', 'rebound'] as const;
export type SlotChangeWord = (typeof slotChanges)[number];

/** Who agreed to what takes two people. */
export const agreement = { 'second?': 'person', 'secondKey?': 'bytes64', 'secondSignature?': 'bytes64', 'asked?': 'moment' } as const;

export const peopleRows = [
  row(
    'unlock',
    'Someone asked to unlock; a failure carries its reason, never what was typed. passkey-not-used and passkey-no-secret are what the page tells, and count for nothing. failures: attempts in a row of this person and method that had failed before it. crowd: no id was given (0), or one that nobody has; a number that a keyed digest of it gives, which says no more than that the same one was given again. again: they were in, and were asked once more who they are. agrees: nothing was opened; they agreed to what somebody else asked for. lifts: nobody came in; they showed that it was them to lift a stop. What they are to be told who come in, neither takes away. uv: whether the authenticator had verified its owner, as its signed answer says; left out where none was used. The assurance level is aal. emergency: it was to break the glass; whoever came in by it has breakglass.start, and who agreed to it alone did not come in. two-factors: what was shown was right, and fewer factors than the policy asks for. person-stopped: it was right, and they were stopped; stopped: the station was.',
    { ecs: 'authentication:start', ocsf: '3002:1', dicom: '110114/110122', act: 'E', safeguard: 'authentication' },
    {
      'method?': unlockMethods,
      'reason?': [...unlockFailures, 'vault-gone', 'passkey-not-used', 'passkey-no-secret', 'error'],
      'failures?': 'count',
      'crowd?': 'count',
      'again?': 'boolean',
      'agrees?': 'boolean',
      'lifts?': 'boolean',
      'emergency?': 'boolean',
      'uv?': 'boolean',
    },
    { person: 'optional', outcome: 'required' },
  ),
  row(
    'unlock.attempt',
    'An unlock is about to be tried. It counts as a failure until a success follows. crowd: as of unlock.',
    { ecs: 'authentication:info', ocsf: '3002:6', dicom: '110114/~110122', act: 'E', safeguard: 'login-monitoring' },
    { method: unlockMethods, 'crowd?': 'count' },
    { person: 'optional' },
  ),
  row(
    'backoff.tampered',
    'The file that says when somebody last failed to unlock was removed, changed, or set back to an older one. How often, the ledger knows; the delay begins again.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110137', act: 'E', safeguard: 'login-monitoring' },
    { how: ['missing', 'damaged', 'set-back'] },
    { person: 'optional' },
  ),
  row(
    'workspace.tampered',
    'A file with how somebody’s windows were arranged and called, or how they look, is not as they sealed it, so it was not used.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110135', act: 'E', safeguard: 'integrity' },
    {},
    { person: 'required' },
  ),
  row(
    'view.refused',
    'The process that holds the shells did not show them to a page: that the owner’s identity is open was not proven to it, or too late.',
    { ecs: 'process:info', ocsf: '6003:2', dicom: '110113/110132', act: 'R', outcome: 'failure', safeguard: 'access-control' },
    { reason: ['wrong-proof', 'no-challenge', 'no-answer'] },
    { person: 'optional' },
  ),
  row(
    'installation.pin',
    'The Secret Service of this account was told which installation this data folder is: at its first run, or at the first unlock where it knew none of it. previous: the installation that it knew before, and that somebody has given up in words. not-asked: it could not be asked at the first run, and whatever it knows of this folder was given up in words; it was told nothing.',
    { ecs: 'configuration:change', ocsf: '5019:1', dicom: '110113/110129', act: 'U', safeguard: 'integrity' },
    { how: ['first-run', 'first-use', 'not-asked'], 'previous?': 'installation' },
    { person: 'optional' },
  ),
  row(
    'person.keys',
    'A person’s keys, record and slots, at enrolment, whenever slots change, and when two people gave somebody new keys who had lost everything (rebound); a record in people/ that differs is refused. by: who certified it with the signing key byKey, a security admin at an enrolment and the person themselves afterwards; where they are missing, the installation, which does so for the first person only. change: what it did to the slots, of them slot (the new one, or the one it is about) and previous (whose place it took; the recovery code that was used). model: of a credential that came, what its authenticator calls itself (AAGUID), which nobody vouches for. Of new keys: checked, how both have seen that it is them; formerKey, the signing key before these; second, secondKey, secondSignature, asked: as of person.roles.',
    { ecs: 'iam:user,change', ocsf: '3001:99', dicom: '110113/110137', act: 'U', safeguard: 'authentication' },
    {
      encryptionKey: 'kid',
      signingKey: 'kid',
      record: 'sha256',
      slots: 'sha256',
      'by?': 'person',
      'byKey?': 'bytes64',
      'signature?': 'bytes64',
      'change?': slotChanges,
      'slot?': 'slot',
      'previous?': 'slot',
      'model?': 'aaguid',
      'checked?': identityChecks,
      'formerKey?': 'bytes64',
      ...agreement,
    },
    { person: 'required' },
  ),
  row(
    'recovery.refused',
    'Somebody gave a recovery code, and it was none of this person’s, or was used before, or the new passphrase was not accepted.',
    { ecs: 'authentication:start', ocsf: '3002:1', dicom: '110114/110122', act: 'E', outcome: 'failure', safeguard: 'login-monitoring' },
    { reason: ['wrong-code', 'weak-passphrase'] },
    { person: 'required' },
  ),
  row(
    'person.roles',
    'What somebody may do here from now on: all of their roles. by: a security admin, who is somebody else and certified it with the signing key byKey; where they are missing, the installation, which does so for the first person only. second: who agreed, with the signing key secondKey over the same text, at most 15 minutes after asked: without them nobody gets a role where two may decide.',
    { ecs: 'iam:admin,change', ocsf: '3005:1', dicom: '110113/110136', act: 'U', safeguard: 'access-authorization' },
    { roles: 'roles', 'by?': 'person', 'byKey?': 'bytes64', 'signature?': 'bytes64', ...agreement },
    { person: 'required' },
  ),
  row(
    'person.state',
    'Somebody can come in no more, or can again; or is deleted for ever: their key slots and sealed keys are gone, what they recorded stays, and record is that of the gravestone that is left of theirs. by: as of person.roles.',
    { ecs: 'iam:user,change', ocsf: '3001:99', dicom: '110113/110137', act: 'U', safeguard: 'workforce-termination' },
    { state: personStates, 'record?': 'sha256', by: 'person', byKey: 'bytes64', signature: 'bytes64' },
    { person: 'required' },
  ),
  row(
    'person.stop',
    'Somebody was stopped: they were locked and logged off, and cannot come in until another security admin than who did it lifts that. by: as of person.roles. reason: of a stop, not of its end.',
    { ecs: 'iam:user,change', ocsf: '3001:9', dicom: '110113/110137', act: 'U', safeguard: 'workforce-termination' },
    { to: ['stopped', 'lifted'], 'reason?': stopReasons, by: 'person', byKey: 'bytes64', signature: 'bytes64' },
    { person: 'required' },
  ),
  row(
    'station.stop',
    'This station was stopped: nobody comes in but by break-glass, until another security admin than who did it lifts that. by: as of person.roles. reason: of a stop, not of its end.',
    { ecs: 'configuration:change', ocsf: '6002:7', dicom: '110113/110129', act: 'U', safeguard: 'access-control' },
    { to: ['stopped', 'lifted'], 'reason?': stopReasons, by: 'person', byKey: 'bytes64', signature: 'bytes64' },
  ),
  row(
    'person.refused',
    'The record of a person in people/ is not the one that the ledger knows, so it was not used.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110137', act: 'R', outcome: 'failure', safeguard: 'integrity' },
    { reason: ['unknown', 'keys', 'record', 'slots', 'missing', 'damaged'] },
    { person: 'required' },
  ),
] as const;
