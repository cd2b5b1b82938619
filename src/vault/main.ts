/** Entry of the vault host process: under child_process.fork and under Electron's utilityProcess. */
import { writeFileSync } from 'node:fs';
import { parentLink } from '../process/link.ts';
import { VaultHost } from './host.ts';

try {
  // No kind of memory of this process goes into a core dump (core(5)): it holds what opens every recording of a person.
  writeFileSync('/proc/self/coredump_filter', '0');
} catch {
  // Not Linux, or /proc is not there: the system's own limits on core dumps remain.
}

new VaultHost({ link: parentLink(), exit: (code) => process.exit(code) });
// An interrupt typed where the app was started is main's to answer; main ends us when it is time.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
