/**
 * RFC 3161 time-stamp requests and responses. The structure is read with asn1js; digests, signatures and certificates are
 * node:crypto's. A token is judged at the time that it states itself: a certificate that expired since then does not make
 * it worse. Not asked: whether a certificate was revoked (that would need a network, and the answer would have to be kept).
 */
import { constants, hash, verify, X509Certificate } from 'node:crypto';
import * as asn1 from 'asn1js';
import { splitPem } from './fields.ts';
import { AnchorError } from './errors.ts';

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  /** RFC 2634: SHA-1 of the signer's certificate. */
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  /** RFC 5035: any digest of it, SHA-256 unless said. */
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  extendedKeyUsage: '2.5.29.37',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

const digests: Readonly<Record<string, string>> = {
  [OID.sha256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** Signature algorithms; `null` takes the digest that the signer names beside it. SHA-1 is not among them. */
const signatures: Readonly<Record<string, { readonly digest: string | null; readonly pss?: true } | undefined>> = {
  '1.2.840.113549.1.1.1': { digest: null },
  '1.2.840.113549.1.1.10': { digest: null, pss: true },
  '1.2.840.113549.1.1.11': { digest: 'sha256' },
  '1.2.840.113549.1.1.12': { digest: 'sha384' },
  '1.2.840.113549.1.1.13': { digest: 'sha512' },
  '1.2.840.10045.4.3.2': { digest: 'sha256' },
  '1.2.840.10045.4.3.3': { digest: 'sha384' },
  '1.2.840.10045.4.3.4': { digest: 'sha512' },
};

/** A chain of a public authority has three or four certificates. */
const MAX_CHAIN = 8;

export interface Timestamp {
  /** The authority's time, ISO 8601 UTC. */
  readonly time: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** The authority's policy, an object identifier. */
  readonly policy: string;
}

/** A TimeStampReq for the SHA-256 of `data`, with the certificates in the answer. @param nonce 8 bytes */
export function timestampRequest(data: Uint8Array, nonce: Uint8Array): Buffer {
  const request = new asn1.Sequence({
    value: [
      new asn1.Integer({ value: 1 }),
      new asn1.Sequence({
        value: [
          new asn1.Sequence({ value: [new asn1.ObjectIdentifier({ value: OID.sha256 }), new asn1.Null()] }),
          new asn1.OctetString({ valueHex: hash('sha256', data, 'buffer') }),
        ],
      }),
      new asn1.Integer({ valueHex: positive(nonce) }),
      new asn1.Boolean({ value: true }),
    ],
  });
  return Buffer.from(request.toBER());
}

/** As the bytes of a DER integer above zero: the first bit is 0, and no needless zeros. */
function positive(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy[0] = (copy[0]! & 0x3f) | 0x40;
  return copy;
}

const bad = (why: string): AnchorError => new AnchorError('bad-token', `The timestamp does not hold: ${why}.`);

type Node = asn1.BaseBlock;

function parse(bytes: Uint8Array): Node {
  const { offset, result } = asn1.fromBER(bytes);
  if (offset !== bytes.byteLength || result.error) throw bad('it is no DER');
  return result;
}

function children(node: Node | undefined): Node[] {
  const value = (node as asn1.Constructed | undefined)?.valueBlock?.value;
  if (!Array.isArray(value)) throw bad('a part of it has another form');
  return value;
}

function oid(node: Node | undefined): string {
  if (!(node instanceof asn1.ObjectIdentifier)) throw bad('an object identifier is missing');
  return node.getValue();
}

function octets(node: Node | undefined): Buffer {
  if (!(node instanceof asn1.OctetString)) throw bad('an octet string is missing');
  return Buffer.from(node.getValue());
}

function integer(node: Node | undefined): Buffer {
  if (!(node instanceof asn1.Integer)) throw bad('a number is missing');
  return Buffer.from(node.valueBlock.valueHexView);
}

const raw = (node: Node): Buffer => Buffer.from(node.valueBeforeDecodeView);
const isTag = (node: Node | undefined, number: number): boolean => node?.idBlock.tagClass === 3 && node.idBlock.tagNumber === number;

/** RFC 3161, section 2.4.2: why an authority did not grant a token. */
const failures: readonly (readonly [bit: number, word: string])[] = [
  [0, 'badAlg'],
  [2, 'badRequest'],
  [5, 'badDataFormat'],
  [14, 'timeNotAvailable'],
  [15, 'unacceptedPolicy'],
  [16, 'unacceptedExtension'],
  [17, 'addInfoNotAvailable'],
  [25, 'systemFailure'],
];

function tokenOf(response: Uint8Array): Node {
  const [status, token] = children(parse(response));
  const [code, ...rest] = children(status);
  const value = integer(code).readUIntBE(0, 1);
  // granted, grantedWithMods
  if (value !== 0 && value !== 1) {
    const bits = rest.find((node) => node instanceof asn1.BitString);
    const flags = bits ? Buffer.from(bits.valueBlock.valueHexView) : Buffer.alloc(0);
    const words = failures.filter(([bit]) => ((flags[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0).map(([, word]) => word);
    throw new AnchorError('refused', `The authority gave no timestamp (status ${value}${words.length > 0 ? `, ${words.join(', ')}` : ''}).`);
  }
  if (!token) throw bad('the answer has no token');
  return token;
}

/**
 * Verifies a TimeStampResp: that it was granted, that it is for `data`, and that a certificate for time-stamping signed it
 * whose chain leads to `roots` at the time that it states.
 * @param roots PEM; nothing else is trusted.
 * @param nonce of the request; left out where a kept response is judged again.
 * @throws AnchorError 'refused' or 'bad-token'
 */
export function verifyTimestamp(response: Uint8Array, data: Uint8Array, roots: string, nonce?: Uint8Array): Timestamp {
  try {
    return verifyToken(tokenOf(response), data, roots, nonce);
  } catch (error) {
    // asn1js and node:crypto throw errors of their own for bytes that are not what they should be.
    throw error instanceof AnchorError ? error : bad('a part of it cannot be read');
  }
}

function verifyToken(token: Node, data: Uint8Array, roots: string, nonce: Uint8Array | undefined): Timestamp {
  const [type, content] = children(token);
  if (oid(type) !== OID.signedData) throw bad('it is not signed data');
  const parts = children(children(content)[0]);
  const [contentType, wrapped] = children(parts[2]);
  if (oid(contentType) !== OID.tstInfo) throw bad('what is signed is no timestamp');
  const info = octets(children(wrapped)[0]);
  const embedded = parts.find((node) => isTag(node, 0));
  const certificates = embedded ? children(embedded).map((node) => new X509Certificate(raw(node))) : [];
  const signers = children(parts.at(-1));
  if (signers.length !== 1) throw bad(`it has ${signers.length} signers, and one is due`);

  const stamp = readInfo(info, data, nonce);
  const signer = verifySigner(signers[0]!, info, certificates);
  requireTimeStamping(signer);
  if (
    !leadsTo(
      signer,
      certificates,
      splitPem(roots).map((pem) => new X509Certificate(pem)),
      Date.parse(stamp.time),
    )
  )
    throw bad(
      `its certificate (${signer.subject.replaceAll('\n', ', ')}) does not lead to an authority that the policy names, or was not valid at ${stamp.time}`,
    );
  return stamp;
}

/** TSTInfo: RFC 3161, section 2.4.2. */
function readInfo(info: Buffer, data: Uint8Array, nonce: Uint8Array | undefined): Timestamp {
  const [version, policy, imprint, serial, time, ...rest] = children(parse(info));
  if (integer(version).toString('hex') !== '01') throw bad('its version is not 1');
  const [algorithm, digest] = children(imprint);
  if (oid(children(algorithm)[0]) !== OID.sha256 || !octets(digest).equals(hash('sha256', data, 'buffer'))) throw bad('it is for other bytes');
  if (!(time instanceof asn1.GeneralizedTime)) throw bad('it states no time');
  if (nonce) {
    const answered = rest.find((node) => node instanceof asn1.Integer);
    if (!answered || !integer(answered).equals(positive(nonce))) throw bad('it answers another request');
  }
  const text = Buffer.from(time.valueBlock.valueHexView).toString('latin1');
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  const milliseconds = match
    ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}.${(match[7] ?? '0').padEnd(3, '0').slice(0, 3)}Z`)
    : NaN;
  if (Number.isNaN(milliseconds)) throw bad('it states no time');
  return { time: new Date(milliseconds).toISOString(), serial: integer(serial).toString('hex'), policy: oid(policy) };
}

/** CMS, RFC 5652, section 5.4: the signature is over the signed attributes, and those name content and certificate. */
function verifySigner(signerInfo: Node, info: Buffer, certificates: readonly X509Certificate[]): X509Certificate {
  const parts = children(signerInfo);
  const digest = digests[oid(children(parts[2])[0])];
  if (!digest) throw bad('its digest is not SHA-256, SHA-384 or SHA-512');
  const signed = parts[3];
  if (!isTag(signed, 0)) throw bad('it has no signed attributes');
  const attributes = new Map(
    children(signed).map((attribute) => {
      const [name, values] = children(attribute);
      return [oid(name), children(values)] as const;
    }),
  );
  if (attributes.size !== children(signed).length) throw bad('an attribute stands in it twice');
  const single = (name: string): Node => {
    const values = attributes.get(name) ?? [];
    if (values.length !== 1) throw bad('an attribute is missing');
    return values[0]!;
  };
  if (oid(single(OID.contentType)) !== OID.tstInfo) throw bad('its attributes name another content');
  if (!octets(single(OID.messageDigest)).equals(hash(digest, info, 'buffer'))) throw bad('its content was changed');

  const v2 = attributes.has(OID.signingCertificateV2);
  // SigningCertificate(V2) ::= SEQUENCE { certs SEQUENCE OF ESSCertID(v2), … }; the first one is the signer's.
  const [first, second] = children(children(children(single(v2 ? OID.signingCertificateV2 : OID.signingCertificate))[0])[0]);
  const named = v2 && first instanceof asn1.Sequence ? digests[oid(children(first)[0])] : v2 ? 'sha256' : 'sha1';
  const wanted = octets(first instanceof asn1.OctetString ? first : second);
  const signer = named === undefined ? undefined : certificates.find((certificate) => hash(named, certificate.raw, 'buffer').equals(wanted));
  if (!signer) throw bad('the certificate that it names is not in it');

  const algorithm = signatures[oid(children(parts[4])[0])];
  if (!algorithm) throw bad('its signature algorithm is not one that is taken here');
  // The attributes are tagged [0] where they stand, and signed as the SET OF that they are.
  const bytes = raw(signed!);
  bytes[0] = 0x31;
  const key = algorithm.pss
    ? { key: signer.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    : signer.publicKey;
  if (!verify(algorithm.digest ?? digest, bytes, key, octets(parts[5]))) throw bad('its signature is wrong');
  return signer;
}

/** RFC 3161, section 2.3: the certificate is for time-stamping, for nothing else, and says so critically. */
function requireTimeStamping(certificate: X509Certificate): void {
  const extensions = children(children(parse(certificate.raw))[0]).find((node) => isTag(node, 3));
  const usage = extensions && children(children(extensions)[0]).find((extension) => oid(children(extension)[0]) === OID.extendedKeyUsage);
  if (!usage) throw bad('its certificate is not one for time-stamping');
  const [, critical, value] = children(usage);
  if (!(critical instanceof asn1.Boolean) || !critical.getValue()) throw bad('its certificate is not only for time-stamping');
  const uses = children(parse(octets(value))).map(oid);
  if (uses.length !== 1 || uses[0] !== OID.timeStamping) throw bad('its certificate is not one for time-stamping');
}

/** Is there a way from the certificate to one of the roots, each one valid at `time` and signed by the next? */
function leadsTo(certificate: X509Certificate, others: readonly X509Certificate[], roots: readonly X509Certificate[], time: number, depth = 0): boolean {
  if (time < Date.parse(certificate.validFrom) || time > Date.parse(certificate.validTo)) return false;
  if (depth > 0 && !certificate.ca) return false;
  if (roots.some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint256)) return true;
  if (depth >= MAX_CHAIN) return false;
  return [...roots, ...others].some(
    (issuer) =>
      issuer.fingerprint256 !== certificate.fingerprint256 &&
      certificate.checkIssued(issuer) &&
      certificate.verify(issuer.publicKey) &&
      leadsTo(issuer, others, roots, time, depth + 1),
  );
}
