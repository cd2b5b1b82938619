/** A new passphrase, typed on the terminal: judged, and typed again. */
import { loadJudge, type PassphraseContext } from '../people/passphrase.ts';
import { Refusal } from '../types/refusal.ts';
import { promptPassphrase } from '../terminal/passphrase.ts';

/** Somebody who mistypes this often needs a pause and not another question. */
const maxQuestions = 5;

/**
 * Asks twice, and again where the rules refuse it. The caller wipes the result.
 * @param talk takes what is said in between. `prompt`: for tests, instead of /dev/tty.
 * @throws Refusal `weak-passphrase`, PassphraseInputError
 */
export async function askNewPassphrase(
  context: PassphraseContext,
  talk: (text: string) => void,
  { prompt = promptPassphrase, question = 'Passphrase: ' }: { readonly prompt?: typeof promptPassphrase | undefined; readonly question?: string } = {},
): Promise<Buffer> {
  talk('Choose a passphrase of 15 characters or more: four or five unrelated words. It is not shown while you type.\n');
  const judge = await loadJudge();
  for (let asked = 0; asked < maxQuestions; asked++) {
    const first = await prompt(question);
    const { accepted, sentence } = judge(first.toString('utf8'), context);
    if (!accepted) {
      first.fill(0);
      talk(`${sentence}\n`);
      continue;
    }
    talk(`${sentence}\n`);
    const second = await prompt('The same passphrase again: ');
    const same = first.equals(second);
    second.fill(0);
    if (same) return first;
    first.fill(0);
    talk('The two were not the same. Start again.\n');
  }
  throw new Refusal('weak-passphrase', `No passphrase was chosen in ${maxQuestions} attempts. Nothing was changed.`);
}
