/** Public keys as they stand in files and messages. */
import { z } from 'zod';

/** Base64url, without padding, of so many bytes. */
export const base64url = (min: number, max: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'not base64url')
    .refine((text) => {
      const { length } = Buffer.from(text, 'base64url');
      return length >= min && length <= max;
    }, `not ${min} to ${max} bytes of base64url`);

/** A point on P-256 (RFC 7518, section 6.2). */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}
