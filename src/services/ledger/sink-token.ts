/**
 * The token that a sink asks for: in the secret store of the installation, or in a file that the policy names. Never in an argument, an environment or, where there is a
 * Secret Service, a file of ours; where the secret store of the installation is files, it is one of those, of mode 0600.
 */
import { AnchorError, anchorError } from '../../anchors/errors.ts';
import { requirePlainHandle } from '../../disk/plain.ts';
import { IN_STORE } from '../../sinks/fields.ts';
import type { AnySinkRow } from '../../sinks/kind.ts';
import { openSecretStore } from '../../storage/index.ts';
import type { OpenInstallation } from '../installation/installation.ts';
import { MOST_HIDDEN_BYTES } from '../../types/most-typed.ts';
import { Refusal } from '../../types/refusal.ts';
import { sentenceOf } from '../../types/sentence.ts';

const keyOf = (sink: string): string => `sink.${sink}`;
const storeOf = ({ home, installation }: OpenInstallation) => openSecretStore(installation.secretStore, home, installation.id);

/** Printable ASCII without a space at either end: what can stand in a header. Undefined where it is none. */
function tokenOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/\r?\n$/, '');
  return /^[!-~]([ -~]*[!-~])?$/.test(text) && text.length <= MOST_HIDDEN_BYTES ? text : undefined;
}

async function tokenFile(path: string): Promise<Buffer> {
  const file = await requirePlainHandle(path).catch((error: unknown) => {
    throw anchorError(error, `${path}, the token, cannot be read`);
  });
  try {
    const { uid, mode, size } = await file.stat();
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
      throw new AnchorError(
        'denied',
        `Others than this account can use ${path}, which is a token, so it is not used. Run, as this account: chmod 600 '${path}'`,
      );
    return size > MOST_HIDDEN_BYTES + 2 ? Buffer.alloc(0) : await file.readFile();
  } finally {
    await file.close();
  }
}

/** A keyring that is locked now is a sink that cannot be sent to now. */
const fromStore = (site: OpenInstallation, name: string): Promise<Buffer | undefined> =>
  storeOf(site)
    .get(keyOf(name))
    .catch((error: unknown) => {
      throw new AnchorError('denied', sentenceOf(error), { cause: error });
    });

/** @returns undefined where the row has none. @throws AnchorError where it is not there, others can read it, or it is no token */
export async function sinkToken(site: OpenInstallation, { name, token }: AnySinkRow): Promise<string | undefined> {
  if (token === undefined) return undefined;
  const bytes = token === IN_STORE ? await fromStore(site, name) : await tokenFile(token);
  if (!bytes)
    throw new AnchorError('denied', `The secret store of this installation has no token for ${name}. Put it there: wardmux sink token ${name} --token-fd 3`);
  const text = tokenOf(bytes);
  bytes.fill(0);
  if (text === undefined)
    throw new AnchorError('denied', `The token of ${name} is none: one line of printable ASCII, ${MOST_HIDDEN_BYTES} characters at most.`);
  return text;
}

/** Puts a token into the secret store; the bytes are wiped, whatever becomes of it. @throws Refusal where the sink does not look there, or it is no token; StorageFault */
export async function keepSinkToken(site: OpenInstallation, { name, token }: AnySinkRow, bytes: Buffer): Promise<void> {
  try {
    if (token !== IN_STORE)
      throw new Refusal('no-token', `The policy does not have ${name} look for a token in the secret store: its row has no "token": "store".`);
    const text = tokenOf(bytes);
    if (text === undefined) throw new Refusal('no-token', `That is no token: one line of printable ASCII, ${MOST_HIDDEN_BYTES} characters at most.`);
    await storeOf(site).set(keyOf(name), bytes.subarray(0, text.length));
  } finally {
    bytes.fill(0);
  }
}

/** @returns whether there was one. @throws StorageFault */
export const removeSinkToken = (site: OpenInstallation, { name }: AnySinkRow): Promise<boolean> => storeOf(site).delete(keyOf(name));
