/** The rules of a new passphrase, the same at the first run and at every change. */
import { utf8Text } from '../disk/utf8.ts';
import { loadJudge, normalisePassphrase } from '../people/passphrase.ts';
import { Refusal } from '../types/refusal.ts';

/** The bytes that are hashed, which the caller wipes, or a refusal in a sentence. @throws Refusal `weak-passphrase` */
export async function checkNewPassphrase(passphrase: Uint8Array, name: string, workstation: string): Promise<Buffer> {
  const text = utf8Text(passphrase);
  if (text === undefined) throw new Refusal('weak-passphrase', 'The passphrase is not valid UTF-8. Type it again.');
  const judge = await loadJudge();
  const { accepted, sentence } = judge(text, { name, workstation });
  if (!accepted) throw new Refusal('weak-passphrase', `The passphrase was not accepted. ${sentence}`);
  return Buffer.from(normalisePassphrase(text), 'utf8');
}
