/**
 * Who answers at a socket: each answer is signed by the installation's key, over the question's nonce. Whoever has taken the
 * socket's place in its folder can pass a question on, and nothing else.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ed25519Verify } from '../crypto/ed25519.ts';

/** No other thing that the key signs begins like this: a checkpoint with its origin, a bundle and a certificate with SSHSIG. */
const NAMESPACE = 'wardmux/v1/socket-answer';
const NONCE_BYTES = 32;

/** Of fixed form, so that nobody can have a text of their own signed by asking with it. */
export const nonceSchema = z.string().regex(/^[0-9a-f]{64}$/);
export const newNonce = (): string => randomBytes(NONCE_BYTES).toString('hex');

/** What an answer is about. The name tells the app from a terminal, so that the answer of one is not taken for the other's. */
export interface Question {
  /** The socket's file name. */
  readonly name: string;
  readonly command: string;
  readonly nonce: string;
}

/** One line each: namespace, socket, command, nonce, the answer as JSON, which has no line end in it. */
const signedText = ({ name, command, nonce }: Question, answer: string): Buffer =>
  Buffer.from([NAMESPACE, name, command, nonce, answer, ''].join('\n'), 'utf8');

const signedSchema = z.strictObject({ answer: z.string(), signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/) });

/**
 * @param answer facts that main has put together.
 * @param sign Ed25519 by the installation's key; resolves with undefined before the first run, and the answer then goes as it is.
 */
export async function signAnswer(
  question: Question,
  answer: Readonly<Record<string, unknown>>,
  sign: (bytes: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<Record<string, unknown>> {
  const text = JSON.stringify(answer);
  const signature = await sign(signedText(question, text));
  return signature ? { answer: text, signature: Buffer.from(signature).toString('base64url') } : answer;
}

/** @param publicKey raw Ed25519, 32 bytes. @returns the answer, or undefined where it is not signed by that key for this question. */
export function openAnswer(question: Question, received: unknown, publicKey: Uint8Array): unknown {
  const { success, data } = signedSchema.safeParse(received);
  if (!success || !ed25519Verify(publicKey, signedText(question, data.answer), Buffer.from(data.signature, 'base64url'))) return undefined;
  return JSON.parse(data.answer);
}
