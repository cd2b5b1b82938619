/** Fields that rows of several kinds of anchor have in policy.json, and what of the network the policy lets them reach. */
import { X509Certificate } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** Names go into the ledger, so they are words and no text. */
const anchorNamePattern = /^[a-z][a-z0-9-]{0,31}$/;
/** A chain of a few certificates. */
const MAX_PEM = 32 * 1024;

export const absolutePath = z.string().max(1024).refine(isAbsolute, 'is not an absolute path');
/** As in `network`: the two are compared. */
export const hostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'is not a host name in lower case');
export const certificates = z.string().max(MAX_PEM).refine(isPem, 'is not certificates in PEM');

export const anchorName = z
  .string()
  .regex(anchorNamePattern, 'is not a name: lower-case letters, digits and hyphens, 32 at most, a letter first')
  .describe('What the anchor is called here and in the ledger.');
/** Checkpoints come every ten seconds at most, and a day without a head is no anchor. */
export const everySeconds = z.int().min(10).max(86_400).optional().describe('Seconds between two heads that are handed over. Left out: a time of its kind.');

/** The certificates of a PEM text, one text each. */
export function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
}

function isPem(text: string): boolean {
  const blocks = splitPem(text);
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block));
  } catch {
    return false;
  }
}

/**
 * May the app reach this host? An entry with a port allows that port, one without allows every port of the host.
 * @param network the policy's list.
 */
export function networkAllows(network: readonly string[], host: string, port: number): boolean {
  return network.includes(host) || network.includes(`${host}:${port}`);
}
