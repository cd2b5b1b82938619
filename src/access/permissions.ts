/**
 * Who may do what, and when: one row a permission, deny by default. Every row of ours that can be asked for (a page's request,
 * a command of the multiplexer, a message to a helper process, a verb of the private socket, a command of the command line)
 * names one of these as what it `needs`, and `door.ts` is the only place that compares at a door.
 */
import { roles, type Role } from '../types/words.ts';

/** `first-run`: nobody is known here yet. `locked`: somebody is, and no identity is open. `open`: one is. */
export const phases = ['first-run', 'locked', 'open'] as const;
export type Phase = (typeof phases)[number];

export interface PermissionRow {
  readonly when: readonly Phase[];
  /** Any one of these. `anyone`: also somebody who has not said who they are. */
  readonly roles: readonly Role[] | 'anyone';
  /** What it is that may be done, in one sentence. */
  readonly help: string;
  /** It leads to a second factor: also for whoever came in with one where the policy asks for two. */
  readonly enrols?: true;
  /** It opens what is sealed for whoever asks, or changes what does: where the policy asks for two factors, a passphrase alone does not do for it anywhere. */
  readonly sealed?: true;
}

const always: readonly Phase[] = phases;

export const permissions = {
  'page.stand': { when: always, roles: 'anyone', help: 'Stand in the window: say hello, say that somebody is there, choose colours.' },
  'process.keep': {
    when: always,
    roles: 'anyone',
    help: 'Keep a helper process going: main’s own words to it, and sealed frames that open only to their own key.',
  },
  'app.status': { when: always, roles: 'anyone', help: 'Hear whether the app is locked.' },
  'app.lock': { when: always, roles: 'anyone', help: 'Lock.' },
  'app.show': { when: always, roles: 'anyone', help: 'Bring the window back, at its lock page.' },
  'evidence.read': { when: always, roles: 'anyone', help: 'Read what the files of an installation, or of a bundle, show without any key.' },
  'policy.propose': { when: always, roles: 'anyone', help: 'Write a wish into policy.json. It changes nothing until somebody who may has accepted it.' },
  'recording.recover': { when: always, roles: 'anyone', help: 'Close interrupted recordings after their last whole record.' },
  'sink.send': {
    when: always,
    roles: 'anyone',
    help: 'Hand events of the ledger to the sinks that the policy names, and put the token of one into the secret store.',
  },
  'anchor.send': { when: always, roles: 'anyone', help: 'Hand a signed head of the ledger to where heads are kept outside.' },
  'selftest.run': { when: ['locked', 'open'], roles: 'anyone', help: 'Have the controls tried on this machine; the report is signed and entered.' },
  'request.answer': {
    when: ['open'],
    roles: 'anyone',
    help: 'Answer what somebody who is in asks for: choose one’s own passphrase, agree or refuse, or show that one is back.',
  },
  'command.give': {
    when: ['open'],
    roles,
    enrols: true,
    help: 'Give a line of commands in the window, and have it show its own keys, messages and looks. Each command asks for what it does.',
  },
  'installation.create': { when: ['first-run'], roles: 'anyone', help: 'Make the installation, its first person and its audit key.' },
  'identity.unlock': { when: ['locked', 'open'], roles: 'anyone', help: 'Try to open an identity, which takes the place of one that is open.' },
  'recording.replay.key': { when: always, roles: 'anyone', help: 'Replay a recording with an audit key from a file: the key decides.' },
  'session.record': {
    when: ['locked', 'open'],
    roles: ['operator', 'emergency'],
    help: 'Record a command for a person who is named: public keys are enough for it.',
  },
  'session.open': { when: ['open'], roles: ['operator', 'emergency'], sealed: true, help: 'Open a pane with a recorded shell.' },
  'host.profile': { when: ['locked', 'open'], roles: 'anyone', help: 'Add or take away a profile of a host: where it is, and no option.' },
  'host.forget': { when: ['open'], roles: ['security'], help: 'Take back a pinned key of a host, so that another one can be pinned.' },
  'session.use': { when: ['open'], roles: ['operator', 'emergency'], sealed: true, help: 'See one’s panes, type into them, arrange and close them.' },
  'logoff.end-held': {
    when: ['open'],
    roles: ['operator', 'auditor', 'security'],
    help: 'Hear whose shells run on although they were logged off, because the policy holds them, and end these: how many and since when, nothing of what they show.',
  },
  'recording.replay.own': { when: ['open'], roles: ['operator', 'emergency'], sealed: true, help: 'Replay a recording that is wrapped for oneself.' },
  'recording.export.own': { when: ['open'], roles: ['operator'], sealed: true, help: 'Export a recording that is wrapped for oneself.' },
  'recording.import': { when: ['open'], roles: ['operator'], help: 'Make a sealed recording of another program’s file, which is marked as imported.' },
  'review.own': { when: ['open'], roles: ['operator', 'auditor', 'security'], help: 'Look through the list of one’s own recordings.' },
  'review.everybody': {
    when: ['open'],
    roles: ['auditor', 'security'],
    help: 'Look through the list of everybody’s recordings, with names: what is public of each, and no content.',
  },
  'recording.look': {
    when: ['open'],
    roles: ['operator', 'emergency', 'auditor'],
    sealed: true,
    help: 'Go on looking at a recording that one was let look at: its moments and its text.',
  },
  'recording.replay.others': {
    when: ['open'],
    roles: ['auditor'],
    sealed: true,
    help: 'Look at somebody else’s recording in the window, with an audit key in hand: for a reason, entered first, and masked.',
  },
  'recording.export.others': {
    when: ['open'],
    roles: ['auditor'],
    sealed: true,
    help: 'Export somebody else’s recording, with an audit key in hand: for a reason, entered first, and never with nothing withheld.',
  },
  'recording.export': {
    when: ['open'],
    roles: ['operator', 'auditor'],
    sealed: true,
    help: 'Go on with an export that one was let plan: make it, and show where it is.',
  },
  'recording.unmask': {
    when: ['open'],
    roles: ['auditor'],
    sealed: true,
    help: 'Ask that somebody else’s recording be shown with nothing covered: another auditor, or a security admin, agrees to it.',
  },
  'recording.review': { when: ['open'], roles: ['auditor'], help: 'Say of somebody else’s recording that it is to be reviewed, in review, fine, or flagged.' },
  'ledger.verify': { when: ['open'], roles: ['operator', 'auditor', 'security'], help: 'Verify the ledger and a recording, and have that entered.' },
  'vault.slot.add': { when: ['open'], roles, enrols: true, sealed: true, help: 'Add a key slot to one’s own vault.' },
  'vault.slot.change': { when: ['open'], roles, enrols: true, sealed: true, help: 'Change, name, test and remove the key slots of one’s own vault.' },
  'audit.look': {
    when: ['open'],
    roles: ['auditor', 'security'],
    help: 'Look at the audit centre: alerts that are open, and everybody’s events, with names.',
  },
  'ledger.review': {
    when: ['open'],
    roles: ['auditor'],
    help: 'Sign what one found when one looked through the events of others: of oneself nobody reviews anything.',
  },
  'alert.close': { when: ['open'], roles: ['auditor', 'security'], help: 'Close an alert that is not about oneself, with a note.' },
  'hold.set': { when: ['open'], roles: ['auditor', 'security'], help: 'Hold recordings: nothing of them is deleted until the hold is over.' },
  'hold.clear': { when: ['open'], roles: ['auditor', 'security'], help: 'End a hold: two do it, an auditor and a security admin.' },
  'retention.run': { when: ['open'], roles: ['auditor', 'security'], help: 'Delete recordings whose time is over, by the policy in force.' },
  'evidence.delete': {
    when: ['open'],
    roles: ['auditor', 'security'],
    help: 'Delete a recording before its time, or erase a span of one: two do it, an auditor and a security admin.',
  },
  'backup.make': {
    when: ['locked', 'open'],
    roles: 'anyone',
    help: 'Back up everything that is here, sealed to the audit keys of the policy in force: nobody’s key is needed for it.',
  },
  'backup.restore': { when: always, roles: 'anyone', help: 'Put a backup back into a new folder, with an audit key from a file: the key decides.' },
  'installation.rotate': { when: ['open'], roles: ['security'], help: 'Have another key take over as that of the installation.' },
  'audit-key.prove': {
    when: ['open'],
    roles: ['auditor', 'security', 'custodian'],
    help: 'Have it entered that one has the private half of an audit key.',
  },
  'audit-key.rewrap': {
    when: ['open'],
    roles: ['security', 'custodian'],
    help: 'Have what an audit key opens, whose file one has, wrapped once more for the others of the policy in force, which two have accepted.',
  },
  'consent.accept': { when: ['open'], roles, enrols: true, help: 'Accept the text of the policy in force.' },
  'reason.give': { when: ['open'], roles, enrols: true, help: 'Say why one has come in, where the policy asks.' },
  'baseline.accept': {
    when: ['open'],
    roles: ['security'],
    help: 'Sign that the program’s files are those that it is to have from here on: at the first run, and after an update.',
  },
  'policy.accept': { when: ['open'], roles: ['security'], help: 'Take a changed policy into force.' },
  'person.enrol': { when: ['open'], roles: ['security'], help: 'Enrol somebody, who gives their own passphrase.' },
  'person.disable': { when: ['open'], roles: ['security'], help: 'Keep somebody else from coming in, or let them in again.' },
  'person.delete': { when: ['open'], roles: ['security'], help: 'Delete somebody else for ever: their keys are gone, what they recorded stays.' },
  'person.rebind': {
    when: ['open'],
    roles: ['security'],
    help: 'Give somebody else new keys, who has lost everything: two do it, who have seen that it is them.',
  },
  'break-glass.start': {
    when: ['open'],
    roles: ['operator', 'emergency'],
    help: 'Break the glass: who has the role of emergencies alone, operators as two. It opens a session of its own, and nothing of anybody else’s.',
  },
  'break-glass.extend': { when: ['open'], roles: ['emergency'], help: 'Extend the emergency that one is in, once, and end it.' },
  'break-glass.drill': { when: ['open'], roles: ['emergency'], help: 'Try the credential for emergencies, and have that entered.' },
  'break-glass.review': { when: ['open'], roles: ['auditor'], help: 'Review what somebody else did in an emergency, and close it.' },
  'person.decide': {
    when: ['open'],
    roles: ['security'],
    help: 'Sign what is decided about somebody else or about the policy, and agree to what another one asks for.',
  },
  'person.stop': { when: ['open'], roles: ['security'], help: 'Lock and log off somebody else at once, until another security admin lifts it.' },
  'station.stop': { when: ['open'], roles: ['security'], help: 'Stop the station: nobody comes in but by break-glass, until another security admin lifts it.' },
  'stop.lift': { when: ['open'], roles: ['security'], help: 'Lift what another security admin has stopped.' },
  'role.grant': { when: ['open'], roles: ['security'], help: 'Give somebody else roles, or take them.' },
} as const satisfies Readonly<Record<string, PermissionRow>>;

export type Permission = keyof typeof permissions;
/** Whether it opens what is sealed for whoever asks, or changes what does. */
export const isSealed = (permission: Permission): boolean => (permissions[permission] as PermissionRow).sealed === true;
export const permissionNames = Object.keys(permissions) as readonly Permission[];
