/** Entry of the vault host process: under child_process.fork and under Electron's utilityProcess. */
import { protectProcessOrExit } from '../native/protect.ts';
import { parentLink } from '../process/link.ts';
import { VaultHost } from './host.ts';

// It holds what opens every recording of a person.
protectProcessOrExit();

new VaultHost({ link: parentLink(), exit: (code) => process.exit(code) });
// An interrupt typed where the app was started is main's to answer; main ends us when it is time.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
