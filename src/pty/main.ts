/** Entry of the pty host process: under child_process.fork and under Electron's utilityProcess. */
import { coreBytesOf, protectProcessOrExit } from '../native/protect.ts';
import { parentLink } from '../process/link.ts';
import { RecordingWriter } from '../recording/writer.ts';
import { steadyClock } from '../time/clock.ts';
import { PtyHost } from './host.ts';
import { spawnUnixPty } from './unix.ts';

protectProcessOrExit(coreBytesOf(process.argv.slice(2)));
const link = parentLink();
const host = new PtyHost({
  link,
  spawn: spawnUnixPty,
  createWriter: (options) => RecordingWriter.create(options),
  clock: steadyClock,
  exit: (code) => void link.flush().then(() => process.exit(code)),
});
// An interrupt typed where the app was started is main's to answer; we go when main says so, or when it is gone.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => void host.stop('app-stop'));
