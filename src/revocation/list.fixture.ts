/** For tests: keys that sign lists, and lists. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { ed25519SshKey, sshKeyText, sshSign, type SshSigner } from '../crypto/sshsig.ts';
import { REVOCATION_NAMESPACE } from './list.ts';

export interface ListKey extends SshSigner {
  /** As the policy has it. */
  readonly text: string;
}

export function listKey(): ListKey {
  const { publicKey: made, privateKey } = generateKeyPairSync('ed25519');
  const publicKey = ed25519SshKey(Buffer.from(made.export({ format: 'jwk' }).x!, 'base64url'));
  return { publicKey, text: sshKeyText(publicKey), sign: async (bytes) => sign(null, bytes, privateKey) };
}

export interface ListText {
  readonly number: number;
  readonly issued?: string;
  readonly revoked?: readonly object[];
}

export const listText = ({ number, issued = new Date().toISOString(), revoked = [] }: ListText): string =>
  `${JSON.stringify({ format: 'wardmux-revocations', version: 1, number, issued, revoked }, null, 2)}\n`;

/** The text and its signature, as `cat list.json list.json.sig` puts them together. */
export async function signText(text: string, key: SshSigner, namespace = REVOCATION_NAMESPACE): Promise<Buffer> {
  const message = Buffer.from(text, 'utf8');
  return Buffer.concat([message, Buffer.from(await sshSign(message, key, namespace))]);
}

export const signedList = (key: SshSigner, list: ListText): Promise<Buffer> => signText(listText(list), key);

/** Of somebody, for a list. */
export const dismissed = (person: string): object => ({ person, reason: 'dismissal', since: '2026-11-28T11:58:00Z' });
