/** The rules of a new name and a new passphrase, the same at the first run and at every change. */
import { issueInWords } from '../disk/issue.ts';
import { utf8Text } from '../disk/utf8.ts';
import { Refusal } from '../types/refusal.ts';
import { loadJudge, normalisePassphrase } from './passphrase.ts';
import { nameSchema } from './schema.ts';

/** The name, or a refusal in a sentence. @throws Refusal `bad-name` */
export function checkName(name: string): string {
  const parsed = nameSchema.safeParse(name, { error: issueInWords });
  if (parsed.success) return parsed.data;
  throw new Refusal('bad-name', `This name cannot be used: ${parsed.error.issues[0]?.message ?? 'not valid'}. Give the name that colleagues know.`);
}

/** The bytes that are hashed, which the caller wipes, or a refusal in a sentence. @throws Refusal `weak-passphrase` */
export async function checkNewPassphrase(passphrase: Uint8Array, name: string, workstation: string): Promise<Buffer> {
  const text = utf8Text(passphrase);
  if (text === undefined) throw new Refusal('weak-passphrase', 'The passphrase is not valid UTF-8. Type it again.');
  const judge = await loadJudge();
  const { accepted, sentence } = judge(text, { name, workstation });
  if (!accepted) throw new Refusal('weak-passphrase', `The passphrase was not accepted. ${sentence}`);
  return Buffer.from(normalisePassphrase(text), 'utf8');
}
