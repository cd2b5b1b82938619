/** Entry of the process that goes through the ledger: under child_process.fork and under Electron's utilityProcess. */
import { setPriority } from 'node:os';
import { protectProcessOrExit } from '../native/protect.ts';
import { parentLink } from '../process/link.ts';
import { AuditHost } from './host.ts';

/** Behind everything that somebody waits for (nice(1)). */
const BEHIND = 10;

protectProcessOrExit();
try {
  setPriority(BEHIND);
} catch {
  // A system that does not let it be changed: it goes on as everybody does.
}
new AuditHost({ link: parentLink(), now: Date.now, exit: (code) => process.exit(code) });
// An interrupt typed where the app was started is main's to answer; main ends us when it is time.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
