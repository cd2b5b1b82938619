import { SentenceError } from '../types/sentence.ts';

/**
 * Exit statuses of the `wardmux` command. Stable: scripts rely on them. `verify` has one for each kind of failure, from 10
 * up (src/export/failures.ts); `record` exits as the recorded command does, or with one of its own below.
 */
export const exitTable = [
  { name: 'done', status: 0, help: 'Done; for verify: the bundle is good.' },
  { name: 'failed', status: 1, help: 'Refused or failed; a sentence on stderr says why. Nothing was overwritten.' },
  { name: 'usage', status: 2, help: 'Wrong usage: an unknown option, a missing argument, an input that cannot be used.' },
  { name: 'notRunning', status: 3, help: 'The app is not running, or another one already is.' },
  { name: 'notUnlocked', status: 4, help: 'The passphrase or key did not open it, or unlocking must wait.' },
  { name: 'noRecording', status: 5, help: 'There is no such recording.' },
  { name: 'damaged', status: 6, help: 'The recording is damaged; what came before the damage was still given.' },
  { name: 'badLedger', status: 7, help: 'The ledger does not verify.' },
  { name: 'missingRecording', status: 8, help: 'The ledger verifies, and it knows a recording that is not on the disk.' },
  { name: 'unknownRecording', status: 9, help: 'The ledger verifies, and a recording is on the disk that it does not know.' },
  { name: 'notAnchored', status: 50, help: 'No head of the ledger stands outside, or newer ones have waited too long.' },
  { name: 'diverged', status: 51, help: 'A head that is kept outside is not of this ledger: it was cut, set back or rewritten.' },
  { name: 'contradiction', status: 52, help: 'A recording on the disk is not what the ledger signed for; it was left as it is.' },
  { name: 'notTaken', status: 53, help: 'anchor test, sink: an anchor or a sink did not take what it was given now; older ones may stand there.' },
  { name: 'otherInstallation', status: 54, help: 'The installation is not the one that is pinned for this folder, or that trust.json names.' },
  { name: 'uncheckedIdentity', status: 55, help: 'The ledger verifies by itself; whose it is could not be checked.' },
  { name: 'halfSigned', status: 56, help: 'The ledger verifies, and one half of its key alone signed its newest checkpoint.' },
  { name: 'controlFailed', status: 57, help: 'selftest: a control does not hold, or the report could not be signed and entered.' },
  { name: 'badReport', status: 58, help: 'selftest --verify: it is no report that this installation has signed and entered.' },
  { name: 'changedPerson', status: 59, help: 'The ledger verifies, and the record of a person on the disk is not as it has it; nothing is unlocked with it.' },
  { name: 'notDark', status: 60, help: 'Locked, but nobody knows whether the screen still shows something.' },
  { name: 'notWritten', status: 61, help: 'The output could not be written: a full disk, or a device that takes nothing.' },
  { name: 'impostor', status: 62, help: 'What answers at the socket is not this Wardmux, or the app runs and cannot be asked: nothing is known of it.' },
  { name: 'openAlert', status: 63, help: 'events, alerts --exit-code: an alert is open.' },
  {
    name: 'badBackup',
    status: 64,
    help: 'backup verify: it is not what was signed for, has no whole run or not every run that the ledger here has, or is not of that ledger.',
  },
  { name: 'notAllTaken', status: 65, help: 'config check: the file can be read, and something in it is not taken.' },
  { name: 'draft', status: 66, help: 'audit-key new: policy.json is not the policy in force, and what stands there is not written over.' },
  { name: 'noBrowser', status: 67, help: 'A PDF is made by Chromium, Chrome or Edge: none is installed, or it did not come up.' },
  { name: 'differs', status: 68, help: 'integrity check: a file is not as it was signed for, or nobody has signed for any.' },
  { name: 'locked', status: 69, help: 'A command for the windows of the running app: it is locked, or nobody is in yet.' },
  { name: 'cancelled', status: 130, help: 'Cancelled at the keyboard.' },
] as const;

export type ExitName = (typeof exitTable)[number]['name'];

/** Status by name. */
export const exit = Object.fromEntries(exitTable.map(({ name, status }) => [name, status])) as Readonly<Record<ExitName, number>>;

/** Ends a command with a sentence on stderr. */
export class CliError extends SentenceError {
  readonly status: number;

  constructor(name: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.status = exit[name];
  }
}
