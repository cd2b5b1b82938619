/** Electron's entry: says what must be said before the app is ready, then hands the host to the app. */
import { app } from 'electron';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { socketPath } from '../../src/control/ask.ts';
import { mayHold } from '../../src/control/hold.ts';
import { protectProcess } from '../../src/native/protect.ts';
import { homeFolder, homePaths, installationKey } from '../../src/storage/index.ts';
import { ALREADY_RUNNING, NO_WINDOW } from '../exit.ts';
import { failed } from '../failed.ts';
import { runApp } from '../run.ts';
import { say } from '../say.ts';
import { secondStart } from '../second-start.ts';
import { unsupported } from '../supported.ts';
import { createElectronHost } from './index.ts';
import { prepareElectron } from './prepare.ts';
import { startRefusal } from './refusal.ts';

const distFolder = dirname(fileURLToPath(import.meta.url));
const home = homeFolder(process.env);

async function main(): Promise<number> {
  const never = startRefusal({ packaged: app.isPackaged, args: process.argv.slice(1), env: process.env }) ?? unsupported(process.platform);
  if (never !== undefined) {
    say(never);
    return NO_WINDOW;
  }
  protectProcess();
  const temporaryFolder = prepareElectron({ home });
  if (!app.requestSingleInstanceLock()) {
    // The one that runs may have no window any more: it is asked for one, as a second start of the other host does.
    const words = await secondStart(socketPath(home), installationKey(homePaths(home)), (pid) => mayHold(home, pid)).catch(
      () => 'it could not be asked for its window',
    );
    say(`Wardmux is already running with ${home}; ${words}.`);
    return ALREADY_RUNNING;
  }
  await app.whenReady();
  const host = await createElectronHost({ distFolder, home, temporaryFolder });
  return runApp(host, { home, rendererFolder: join(distFolder, 'renderer'), say });
}

main()
  .catch(failed)
  .then((code) => app.exit(code));
