/** Bytes that tell where in the output they stand, and a fixed key that a child process and its parent share. For tests only. */
import type { Recipient } from '../../src/recording/types.ts';
import { thumbprint, type AuditKeyFile } from '../../src/recording/wrap.ts';

/** `length` bytes of an endless output from `offset` on: lines of 16 bytes that count. */
export function pattern(offset: number, length: number): Buffer {
  const first = Math.floor(offset / 16);
  const lines: string[] = [];
  for (let line = first; line * 16 < offset + length; line++) lines.push(`${String(line).padStart(15, '.')}\n`);
  return Buffer.from(lines.join('')).subarray(offset - first * 16, offset - first * 16 + length);
}

/** The example key of RFC 7517 appendix A.2: known to everybody. */
const jwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
} as const;
const d = '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE';
const kid = thumbprint(jwk);
export const childKey: { readonly recipient: Recipient; readonly file: AuditKeyFile } = {
  recipient: { kid, role: 'audit', jwk },
  file: { format: 'wardmux-audit-key', version: 1, kid, jwk: { ...jwk, d } },
};
