/** The algorithms that everything rests on: published answers, by the functions that we call, and one round of sealing, opening and tampering. */
import { createECDH, createHmac, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { seal, unseal } from '../crypto/seal.ts';
import { ed25519Verify } from '../crypto/ed25519.ts';
import { deriveFromPassphrase } from '../crypto/kdf.ts';
import { sha256 } from '../merkle/sha256.ts';
import { fails, holds, type Finding } from './finding.ts';

/** Bytes of the round: a record of a busy pane. */
const ROUND_BYTES = 1024;

export interface CipherParts {
  readonly seal?: typeof seal;
  readonly unseal?: typeof unseal;
  readonly ed25519Verify?: typeof ed25519Verify;
  readonly sha256?: (bytes: Uint8Array) => Buffer;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** An answer that was published, and what we get. */
interface Answer {
  readonly what: string;
  readonly given: () => Promise<boolean> | boolean;
}

function answers({ unseal: open = unseal, ed25519Verify: isSigned = ed25519Verify, sha256: digest = sha256 }: CipherParts): readonly Answer[] {
  return [
    {
      // FIPS 180-4, example of one block.
      what: 'SHA-256',
      given: () => digest(Buffer.from('abc')).equals(hex('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')),
    },
    {
      // RFC 4231, test case 2.
      what: 'HMAC-SHA-256',
      given: () =>
        createHmac('sha256', 'Jefe')
          .update('what do ya want for nothing?')
          .digest()
          .equals(hex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')),
    },
    {
      // RFC 5869, test case 1.
      what: 'HKDF-SHA-256',
      given: () =>
        Buffer.from(hkdfSync('sha256', Buffer.alloc(22, 0x0b), hex('000102030405060708090a0b0c'), hex('f0f1f2f3f4f5f6f7f8f9'), 42)).equals(
          hex('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'),
        ),
    },
    {
      // RFC 7914, section 12, the second one. Ours derives 32 bytes: scrypt's output is a prefix of the longer one.
      what: 'scrypt',
      given: async () =>
        (await deriveFromPassphrase(Buffer.from('password'), { N: 1024, r: 8, p: 16, salt: Buffer.from('NaCl').toString('base64url') })).equals(
          hex('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162'),
        ),
    },
    {
      // The Galois/Counter Mode of Operation (McGrew, Viega), test case 16.
      what: 'AES-256-GCM',
      given: () => {
        const ciphertext = hex(
          '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662 76fc6ece0f4e1768cddf8853bb2d551b',
        );
        const opened = open(
          hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
          { iv: hex('cafebabefacedbaddecaf888').toString('base64url'), ciphertext: ciphertext.toString('base64url') },
          hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
        );
        const plain = 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39';
        return opened?.equals(hex(plain)) === true;
      },
    },
    {
      // RFC 8032, section 7.1, test 2; and the same signature for another message.
      what: 'Ed25519',
      given: () => {
        const key = hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
        const signature = hex(
          '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da 085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
        );
        return isSigned(key, hex('72'), signature) && !isSigned(key, hex('73'), signature);
      },
    },
    {
      // RFC 6979, appendix A.2.5, the message "sample" with SHA-256.
      what: 'ECDSA on P-256',
      given: () => {
        const [x, y] = [
          '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
          '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
        ].map((coordinate) => hex(coordinate).toString('base64url'));
        const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
        const signature = hex(
          'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716 f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
        );
        const good = (message: string): boolean => verify('sha256', Buffer.from(message), { key, dsaEncoding: 'ieee-p1363' }, signature);
        return good('sample') && !good('simple');
      },
    },
    {
      // RFC 5903, section 8.1: both sides come to the same secret.
      what: 'ECDH on P-256',
      given: () => {
        const ours = createECDH('prime256v1');
        ours.setPrivateKey(hex('c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433'));
        const theirs = hex(
          '04 d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63 56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab',
        );
        return ours.computeSecret(theirs).equals(hex('d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de'));
      },
    },
  ];
}

export async function tryCipher(parts: CipherParts = {}): Promise<Finding> {
  const wrong: string[] = [];
  const all = answers(parts);
  for (const { what, given } of all) if (!(await given())) wrong.push(what);
  if (wrong.length > 0) return fails(`${wrong.join(', ')} ${wrong.length === 1 ? 'does' : 'do'} not give the published answer.`);
  const broken = round(parts);
  if (broken !== undefined) return fails(broken);
  return holds(
    `${all.length} algorithms give their published answers; ${ROUND_BYTES} random bytes were sealed and opened, and refused with one bit changed in each of five places.`,
  );
}

/** @returns a sentence where it went wrong. */
function round({ seal: close = seal, unseal: open = unseal }: CipherParts): string | undefined {
  const [key, plain, aad] = [randomBytes(32), randomBytes(ROUND_BYTES), Buffer.from('wardmux/v1/selftest')];
  const sealed = close(key, plain, aad);
  const bytes = Buffer.from(sealed.ciphertext, 'base64url');
  if (bytes.includes(plain.subarray(0, 16))) return 'What was sealed stands in its ciphertext.';
  if (open(key, sealed, aad)?.equals(plain) !== true) return 'What was sealed does not open again.';
  const flipped = (from: Uint8Array, at: number): Buffer => {
    const copy = Buffer.from(from);
    copy[at]! ^= 1;
    return copy;
  };
  const with_ = (ciphertext: Buffer): typeof sealed => ({ ...sealed, ciphertext: ciphertext.toString('base64url') });
  const tampered: readonly (readonly [what: string, opened: Buffer | undefined])[] = [
    ['the ciphertext', open(key, with_(flipped(bytes, 0)), aad)],
    ['the tag', open(key, with_(flipped(bytes, bytes.length - 1)), aad)],
    ['the iv', open(key, { ...sealed, iv: flipped(Buffer.from(sealed.iv, 'base64url'), 0).toString('base64url') }, aad)],
    ['what is bound to it', open(key, sealed, flipped(aad, 0))],
    ['the key', open(flipped(key, 0), sealed, aad)],
  ];
  const taken = tampered.filter(([, opened]) => opened !== undefined).map(([what]) => what);
  return taken.length > 0 ? `With one bit changed in ${taken.join(', in ')} it opens all the same.` : undefined;
}
