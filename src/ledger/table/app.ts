/** Events of the app: its start and end, its lock, its panes and processes, and what it refused. */
import { denialReasons, doorNames } from '../../access/index.ts';
import { logoffCauses } from '../../lock/machine.ts';
import { crossingWays } from '../../types/classes.ts';
import { givenReasons, invisibilities, limitedProcesses, limitNames, lockCauses, surfaces } from '../../types/words.ts';
import { row } from './row.ts';

/** What a host refuses to a page, or to whoever sits at it. */
export const hostRefusals = [
  'navigation',
  'redirection',
  'window',
  'browser-part',
  'embedded-page',
  'dialog',
  'file-chooser',
  'download',
  'foreign-request',
  'web-socket',
  'message',
] as const;
export const appRows = [
  row(
    'app.start',
    'The app or a command that records started.',
    { ecs: 'process:start', ocsf: '6002:3', dicom: '110100/110120', act: 'E', safeguard: 'audit-controls' },
    { version: 'version', 'host?': ['electron', 'chromium', 'terminal', 'cli'] },
  ),
  row(
    'app.stop',
    'The app ended in good order.',
    { ecs: 'process:end', ocsf: '6002:4', dicom: '110100/110121', act: 'E', safeguard: 'audit-controls' },
    { 'reason?': ['closed', 'signal', 'shutdown', 'error'] },
  ),
  row(
    'first-run',
    'This installation, its first person and its audit key were created.',
    { ecs: 'configuration:creation', ocsf: '6002:1', dicom: '110113/110129', act: 'C', safeguard: 'access-authorization' },
    { auditKeys: 'kids', 'policySha256?': 'sha256' },
    { person: 'required' },
  ),
  row(
    'lock',
    'The app locked: renderer and private keys are gone. limit: the longest time after an unlock was over. covered: somebody else had the keyboard, and who is in did not come back. How it is known that nothing is to be seen: gone, the screen was looked at, or a terminal says that it is empty; killed, the processes that draw were ended; unknown, neither.',
    { ecs: 'session:info', ocsf: '3002:99', dicom: '110114/~110123', act: 'E', safeguard: 'automatic-logoff' },
    { cause: lockCauses, 'visible?': invisibilities },
    { person: 'optional' },
  ),
  row(
    'process.limited',
    'Another program has lowered a limit of one of our processes (prlimit), so it locked: to what, in the limit’s own unit.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110131', act: 'E', safeguard: 'integrity' },
    {
      process: limitedProcesses,
      limit: limitNames,
      to: 'count',
    },
  ),
  row(
    'pane.open',
    'A shell was started in a pane.',
    { ecs: 'process:start', ocsf: '1007:1', dicom: '110100/110120', act: 'E', safeguard: 'audit-controls' },
    { pane: 'count', recording: 'recording' },
    { person: 'optional' },
  ),
  row(
    'pane.refused',
    'A shell was not started, as what its session’s class has for it could not be had: its folder is a link or belongs to somebody else, or its sandbox cannot be made.',
    { ecs: 'process:info', ocsf: '1007:1', dicom: '110113/110132', act: 'E', outcome: 'failure', safeguard: 'access-control' },
    { pane: 'count', sessionClass: 'session-class' },
    { person: 'required' },
  ),
  row(
    'pane.close',
    'A pane closed.',
    { ecs: 'process:end', ocsf: '1007:2', dicom: '110100/110121', act: 'E', safeguard: 'audit-controls' },
    {
      pane: 'count',
      'recording?': 'recording',
      'code?': 'integer',
      'signal?': 'integer',
      'reason?': ['exit', 'closed', 'app-stop', 'pty-host-gone', 'logoff'],
    },
    { person: 'optional' },
  ),
  row(
    'session.crossing',
    'Text was to go from a session of one class into one of another: pasted, or as words of a command line that was given in the first. success: the policy in force lets it, and it went. failure: it does not, and nothing went.',
    { ecs: 'process:info', ocsf: '6003:99', dicom: '110113/~110132', act: 'E', safeguard: 'access-control' },
    { from: 'session-class', to: 'session-class', way: crossingWays },
    { person: 'required', outcome: 'required' },
  ),
  row(
    'command.given',
    'Somebody gave a command to their windows at a command line (wardmux CMD), and proved to be who is in: which command, and none of its words. failure: it was refused.',
    { ecs: 'process:info', ocsf: '6003:99', dicom: '110113/~110132', act: 'E', safeguard: 'audit-controls' },
    { command: 'code' },
    { person: 'required', outcome: 'required' },
  ),
  row(
    'session.reason',
    'Why this person came in, or began their session, where the policy asks. ticket: whether they gave one; it is sealed in the recordings of their session.',
    { ecs: 'session:info', ocsf: '3002:99', dicom: '110114/~110122', act: 'E', safeguard: 'access-authorization' },
    { reason: givenReasons, ticket: 'boolean' },
    { person: 'required' },
  ),
  row(
    'session.park',
    'Somebody else came in while this person’s screen was locked: their shells run on, recorded, and nobody sees them.',
    { ecs: 'session:info', ocsf: '3002:99', dicom: '110114/~110125', act: 'E', safeguard: 'automatic-logoff' },
    { shells: 'count' },
    { person: 'required' },
  ),
  row(
    'session.takeover',
    'Whoever came in (person) took over, as the policy says: of was logged off, and nothing of theirs was shown.',
    { ecs: 'session:end', ocsf: '3002:2', dicom: '110113/~110132', act: 'D', safeguard: 'automatic-logoff' },
    { of: 'person' },
    { person: 'required' },
  ),
  row(
    'session.logoff',
    'This person was logged off; only a new unlock begins another session of theirs. logoff, park, limit: the policy’s time after a lock, since somebody else came in, or after an unlock was over. new-keys: two people gave them others, and what ran is sealed to those before. ended: shells that were ended by it. held: shells that run on recorded, as the policy says. left: shells that were told to end, and had not in time.',
    { ecs: 'session:end', ocsf: '3002:2', dicom: '110114/110123', act: 'E', safeguard: 'automatic-logoff' },
    { cause: logoffCauses, ended: 'count', held: 'count', 'left?': 'count' },
    { person: 'required' },
  ),
  row(
    'input.jiggled',
    'It locked although the pointer moved until the end of the idle time: movement without a key or a press extends it once only. Something else than a hand moves it.',
    { ecs: 'intrusion_detection:info', ocsf: '2004:1', dicom: '110113/~110130', act: 'E', safeguard: 'automatic-logoff' },
    {},
    { person: 'optional' },
  ),
  row(
    'pty-host.exit',
    'The process that holds the shells ended unasked.',
    { ecs: 'process:end', ocsf: '6002:4', dicom: '110113/~110121', act: 'E', outcome: 'failure', safeguard: 'audit-controls' },
    { 'code?': 'integer', 'signal?': 'integer' },
  ),
  row(
    'vault-host.exit',
    'The process that holds an open identity ended unasked.',
    { ecs: 'process:end', ocsf: '6002:4', dicom: '110113/~110121', act: 'E', outcome: 'failure', safeguard: 'audit-controls' },
    { 'code?': 'integer', 'signal?': 'integer' },
  ),
  row(
    'audit-host.exit',
    'The process that goes through the ledger for alerts ended unasked. It is started again, later each time that it ends at once.',
    { ecs: 'process:end', ocsf: '6002:4', dicom: '110113/~110121', act: 'E', outcome: 'failure', safeguard: 'activity-review' },
    { 'code?': 'integer', 'signal?': 'integer' },
  ),
  row(
    'renderer.exit',
    'A page ended unasked.',
    { ecs: 'process:end', ocsf: '6002:4', dicom: '110113/~110121', act: 'E', outcome: 'failure', safeguard: 'audit-controls' },
    { surface: surfaces, 'reason?': ['crashed', 'killed', 'oom', 'unresponsive', 'closed', 'other'] },
  ),
  row(
    'bridge.refused',
    'A message from a page or a process was refused and changed nothing; or (`failed`) it was accepted and could not be carried out in whole.',
    { ecs: 'api:denied', ocsf: '6003:99', dicom: '110113/~110132', act: 'E', outcome: 'failure', safeguard: 'access-control' },
    {
      'surface?': surfaces,
      'peer?': ['page', 'pty-host', 'vault-host', 'audit-host', 'socket', 'terminal'],
      code: [
        'bad-json',
        'unknown-request',
        'bad-input',
        'wrong-surface',
        'locked',
        'bad-frame',
        'bad-message',
        'too-large',
        'too-many',
        'wrong-peer',
        'moved',
        'failed',
      ],
      'needs?': 'permission',
    },
  ),
  row(
    'access.denied',
    'Somebody asked for something that they may not do, and nothing came of it: at which door, what it needs, and why not.',
    { ecs: 'iam:info', ocsf: '6003:99', dicom: '110113/110132', act: 'E', outcome: 'failure', safeguard: 'access-control' },
    { door: doorNames, needs: 'permission', why: denialReasons },
    { person: 'optional' },
  ),
  row(
    'host.refused',
    'The window’s host refused what a page tried, and nothing came of it. No page of ours tries such a thing.',
    { ecs: 'intrusion_detection:denied', ocsf: '2004:1', dicom: '110113/~110132', act: 'E', outcome: 'failure', safeguard: 'access-control' },
    {
      surface: surfaces,
      what: [...hostRefusals, 'too-many'],
    },
  ),
] as const;
