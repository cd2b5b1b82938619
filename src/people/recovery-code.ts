/**
 * Recovery codes: 128 random bits on paper (NIST SP 800-63B-4, section 4.2 asks for 64), so a code needs no stretching. Crockford's
 * base 32 without I, L, O and U, with two characters that tell a slip of the pen from a wrong code.
 */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SECRET_BYTES = 16;
/** 128 bits in letters of 5: the last one has two bits to spare, which are 0. */
const SECRET_LETTERS = 26;
const CHECK_LETTERS = 2;
const GROUP = 4;

function letters(secret: Uint8Array): string {
  let bits = [...secret].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  bits = bits.padEnd(SECRET_LETTERS * 5, '0');
  return Array.from({ length: SECRET_LETTERS }, (_, n) => ALPHABET[parseInt(bits.slice(5 * n, 5 * n + 5), 2)]).join('');
}

/** Ten bits of SHA-256. */
function check(secret: Uint8Array): string {
  const bits = createHash('sha256').update('wardmux/v1/recovery-code/check').update(secret).digest().readUInt16BE(0) >> 6;
  return ALPHABET[bits >> 5]! + ALPHABET[bits & 31]!;
}

/** `text`: seven groups of four. `secret`: 16 bytes that the caller wipes. */
export function newCode(): { readonly text: string; readonly secret: Buffer } {
  const secret = randomBytes(SECRET_BYTES);
  const all = letters(secret) + check(secret);
  return { text: all.match(new RegExp(`.{${GROUP}}`, 'g'))!.join('-'), secret };
}

/**
 * The 16 bytes of a code as somebody types it: any case, with or without dashes and spaces, O for 0, I and L for 1. The caller wipes them.
 * Undefined where it is no code: a letter is missing or another one.
 */
export function readCode(text: string): Buffer | undefined {
  const typed = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  if (typed.length !== SECRET_LETTERS + CHECK_LETTERS || [...typed].some((letter) => !ALPHABET.includes(letter))) return undefined;
  const bits = [...typed.slice(0, SECRET_LETTERS)].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(Array.from({ length: SECRET_BYTES }, (_, n) => parseInt(bits.slice(8 * n, 8 * n + 8), 2)));
  if (letters(secret) + check(secret) === typed) return secret;
  secret.fill(0);
  return undefined;
}

/** HKDF-SHA256 (RFC 5869). @returns 32 bytes that the caller wipes. */
export const deriveFromCode = (secret: Uint8Array): Buffer => Buffer.from(hkdfSync('sha256', secret, '', 'wardmux/v1/recovery-code', 32));
