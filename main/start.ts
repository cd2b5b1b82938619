/**
 * `npm start`: becomes a clean process first, and loads the app only then: what a second start leaves behind was loaded for nobody, and nothing of the app runs
 * in a process that is not protected.
 */
import { foldersNotUtf8, reachWorkingFolder, variableSentence, variablesNotUtf8 } from '../src/native/given.ts';
import { protectProcess, restartClean } from '../src/native/protect.ts';
import { sentenceOf } from '../src/types/sentence.ts';
import { say } from './say.ts';
import { unsupported } from './supported.ts';
import { FAILED, NO_WINDOW } from './exit.ts';

async function main(): Promise<number> {
  const never = unsupported(process.platform) ?? foldersNotUtf8(process.env);
  if (never !== undefined) {
    say(never);
    return NO_WINDOW;
  }
  for (const name of variablesNotUtf8()) {
    say(`${variableSentence(name)} So the shells here start without it.`);
    delete process.env[name];
  }
  reachWorkingFolder();
  // The person's own choice of a runtime is read here, and given to nobody.
  restartClean(['ELECTRON_OVERRIDE_DIST_PATH']);
  protectProcess();
  const { open } = await import('./open.ts');
  return open();
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(sentenceOf(error));
    process.exit(FAILED);
  },
);
