#!/usr/bin/env python3
"""Checks an exported Wardmux session without Wardmux.

    python3 verify.py BUNDLE --trust trust.json [--json]
    python3 verify.py --allowed-signers --trust trust.json

Python 3.9 or newer and its standard library, nothing else. The trust file holds the public keys that you got from the
installation by a way of your own; keys inside the bundle are never believed. Exit status 0: good. Each kind of failure
has a code, a sentence and an exit status of its own (FAILURES below); 2: wrong usage.

The formats are described in docs/format.md of Wardmux. The cryptography is written out below: SHA-256 comes from
hashlib, Ed25519 follows RFC 8032, ECDSA on P-256 follows FIPS 186-5, ML-DSA-44 follows FIPS 204. It only verifies and holds no secrets, so it need
not run in constant time.
"""
import sys

# Run as a program, Python looks for modules beside it first, and beside it lies whatever somebody put into the bundle: a
# json.py there would run in place of Python's own, and say what it likes. The standard library alone is wanted.
if __name__ == '__main__' and not sys.flags.isolated and not getattr(sys.flags, 'safe_path', False):
    del sys.path[0]

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import stat
from decimal import Decimal

NAMESPACE = 'session-export@wardmux.localhost'
INSTALLATION_KEY_NAMESPACE = 'installation-key@wardmux.localhost'
SUMMED_FILES = ['VERIFY.md', 'allowed_signers', 'checkpoint.note', 'evidence.jsonl', 'ledger.jsonl', 'recording.json', 'session.cast', 'verify.py']
ALL_FILES = sorted(SUMMED_FILES + ['SHA256SUMS', 'SHA256SUMS.installation.sig', 'SHA256SUMS.person.sig'])
LARGE_FILES = ['session.cast', 'evidence.jsonl', 'ledger.jsonl']
MAX_SMALL_FILE = 1024 * 1024
MAX_EVIDENCE_LINE = 8 * 1024 * 1024
MAX_LEDGER_LINE = 64 * 1024
MAX_NOTE = 64 * 1024
MAX_SAFE_INTEGER = 2**53 - 1

# What version 1 of the format knows (docs/format.md, "Access" and "Export bundle").
PERSON_ID = 'p-[0-9a-f]{12}'
ROLES = ('operator', 'auditor', 'security', 'custodian', 'emergency')
ERASED = 'recording.erased'
# Why something of a recording was erased: words that this version knows.
ERASURE_REASONS = ('privacy-request', 'legal', 'mistake', 'other')
IMPORT_KINDS = ('asciicast-v2', 'asciicast-v3', 'script', 'ttyrec', 'tlog')
CLASSES = ('shared-clinical', 'nursing', 'it-office', 'remote')
REASONS = (
    'none',
    'treatment',
    'patient-safety',
    'system-down',
    'identity-down',
    'lost-authenticator',
    'security-incident',
    'maintenance',
    'audit',
    'privacy-request',
    'legal',
)
CHECKED = ('known-to-both', 'staff-badge', 'official-id', 'call-back', 'recovery-code')
EMERGENCY_REASONS = ('patient-safety', 'system-down', 'identity-down', 'lost-authenticator', 'security-incident')
END_REASONS = ('exit', 'closed', 'app-stop', 'main-gone', 'write-failed')
STATES = ('complete', 'recovered', 'failed', 'open')
EVENT_CODES = 'soirmlugnxe'
WITHHELD_CODES = 'soimn'
WITHHELD_REASONS = ('snapshot', 'patient-data', 'personal-data', 'secret', 'third-party', 'not-requested')
MAX_CELLS = 2000
MAX_RECIPIENTS = 64
# Of all policies that ever were in force, and how often one of them came into force.
MAX_AUDIT_KEYS = 1000
# A shell that is being started when a policy is accepted keeps to the one before: so long its start may be entered after that.
POLICY_OVERLAP_MS = 60000
# The second signature of what takes two people counts for so long after it was asked for.
AGREE_MS = 15 * 60 * 1000

# code: (exit status, sentence). The same table as in Wardmux's own verifier.
FAILURES = {
    'bad-trust': (10, 'The trust file cannot be read or is not a trust file of Wardmux.'),
    'missing-file': (11, 'This is not a whole bundle: a file is missing or is not a plain file.'),
    'extra-file': (12, 'The bundle holds a file that nobody signed for.'),
    'bad-summary': (13, 'recording.json is damaged, or it says something else than the evidence.'),
    'other-installation': (14, 'The bundle comes from an installation that the trust file does not name.'),
    'unknown-person': (15, 'The recording is of, or was exported by, a person whom the trust file does not name.'),
    'untrusted-key': (16, 'The bundle is signed with a key that is not the trusted key of its installation.'),
    'bad-checkpoint': (17, 'The signature of the ledger checkpoint is not good: the checkpoint was changed.'),
    'other-checkpoint': (18, 'The ledger checkpoint is genuine, but it is not the one that belongs to this bundle.'),
    'bad-ledger': (19, 'ledger.jsonl is damaged, or it holds events that do not belong to this recording.'),
    'short-proof': (20, 'A proof that an event is in the ledger has the wrong length: it was cut or padded.'),
    'bad-proof': (21, 'An event is not in the ledger that the checkpoint signs for: event or proof was changed.'),
    'no-head': (22, 'The ledger events in the bundle do not say where the recording began or how far it goes.'),
    'bad-evidence': (23, 'evidence.jsonl is damaged: a line is not a record.'),
    'missing-record': (24, 'A record is missing from the middle of the evidence.'),
    'duplicated-record': (25, 'A record stands twice in the evidence.'),
    'reordered-records': (26, 'The records of the evidence stand in another order than they were sealed in.'),
    'bad-header': (27, 'The header of a segment does not belong at its place in this recording.'),
    'bad-commitment': (28, 'A disclosed text is not the text that was sealed: it was changed.'),
    'cut': (29, 'The end of the recording is missing: the ledger signs for more records than there are.'),
    'bad-root': (30, 'The records are not those that the ledger signs for: a record was changed or replaced.'),
    'bad-output': (31, 'The amount of output does not agree with what the ledger and the segments say.'),
    'bad-cast': (32, 'session.cast shows something else than the evidence.'),
    'bad-installation-signature': (33, 'The signature of the installation over SHA256SUMS is not good.'),
    'untrusted-person-key': (34, 'The bundle is signed with a key that is not the trusted key of the exporting person.'),
    'bad-person-signature': (35, 'The signature of the exporting person over SHA256SUMS is not good.'),
    'bad-sums': (36, 'SHA256SUMS does not list exactly the files of a bundle.'),
    'bad-file': (37, 'A file is not the one that was signed: its SHA-256 is another.'),
    'newer-version': (38, 'This is of a newer version than this verifier knows: verify it with the verifier of that version.'),
    'contradiction': (39, "The ledger's events of this recording contradict each other."),
    'bad-events': (40, 'The events of the recording do not follow its rules.'),
    'bad-time': (41, 'Time runs backwards in the recording.'),
    'bad-recipients': (42, 'A segment can be opened by somebody whom policy and trust file do not name, or the ledger names others.'),
    'bad-policy': (43, 'A segment names a policy that the ledger did not have in force.'),
    'half-signature': (44, 'The key of the installation has two halves, and only one of them signed.'),
}

CHECKS = [
    'trust file',
    'files of the bundle',
    'installation and person',
    'ledger checkpoint',
    'ledger proofs',
    'order of the records',
    'disclosed texts and session.cast',
    'segment headers',
    'records against the ledger',
    'events of the recording',
    'amount of output',
    'end of session.cast',
    'policy and recipients',
    'recording.json',
    'signature of the installation',
    'signature of the person',
    'digests of the files',
]


class Failure(Exception):
    """Ends a verification. `detail` says what and where, and never holds session text."""

    def __init__(self, code, detail):
        super().__init__(code)
        self.code = code
        self.detail = detail


# ---------------------------------------------------------------------------------------------------------------------
# Ed25519 (RFC 8032, section 5.1.7). Points in extended coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, x*y = T/Z.

P25519 = 2**255 - 19
L25519 = 2**252 + 27742317777372353535851937790883648493
D25519 = -121665 * pow(121666, P25519 - 2, P25519) % P25519
SQRT_M1 = pow(2, (P25519 - 1) // 4, P25519)


def ed_add(a, b):
    """Addition of RFC 8032, section 5.1.4."""
    p = P25519
    e = (a[1] - a[0]) * (b[1] - b[0]) % p
    f = (a[1] + a[0]) * (b[1] + b[0]) % p
    g = 2 * a[3] * b[3] * D25519 % p
    h = 2 * a[2] * b[2] % p
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % p, g * h % p, f * g % p, e * h % p


def ed_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = ed_add(result, point)
        point = ed_add(point, point)
        scalar >>= 1
    return result


def ed_equal(a, b):
    p = P25519
    return (a[0] * b[2] - b[0] * a[2]) % p == 0 and (a[1] * b[2] - b[1] * a[2]) % p == 0


def ed_decode(data):
    """A point from its 32 bytes (section 5.1.3), or None."""
    p = P25519
    y = int.from_bytes(data, 'little')
    sign = y >> 255
    y &= 2**255 - 1
    if y >= p:
        return None
    x2 = (y * y - 1) * pow(D25519 * y * y + 1, p - 2, p) % p
    if x2 == 0:
        return None if sign else (0, y, 1, 0)
    x = pow(x2, (p + 3) // 8, p)
    if (x * x - x2) % p != 0:
        x = x * SQRT_M1 % p
    if (x * x - x2) % p != 0:
        return None
    if x & 1 != sign:
        x = p - x
    return x, y, 1, x * y % p


ED_BASE = ed_decode(bytes.fromhex('58' + '66' * 31))
# The y of a point of order 8, and of all eight points whose order divides the cofactor.
ED_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
ED_SMALL_ORDER = (0, 1, P25519 - 1, ED_ORDER_8, P25519 - ED_ORDER_8)


def is_ed_point(data):
    """Whether 32 bytes encode a y below p, and not a point of small order. Libraries differ about those (docs/format.md, "Signature algorithms")."""
    y = int.from_bytes(data, 'little') & (2**255 - 1)
    return len(data) == 32 and y < P25519 and y not in ED_SMALL_ORDER


def is_ed_key(data):
    """Whether 32 bytes are a public key: such an encoding, of a y that belongs to a point of the curve."""
    return is_ed_point(data) and ed_decode(data) is not None


def ed25519_verify(public_key, message, signature):
    if len(signature) != 64 or not is_ed_point(public_key) or not is_ed_point(signature[:32]):
        return False
    a = ed_decode(public_key)
    r = ed_decode(signature[:32])
    s = int.from_bytes(signature[32:], 'little')
    if a is None or r is None or s >= L25519:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), 'little') % L25519
    return ed_equal(ed_multiply(s, ED_BASE), ed_add(r, ed_multiply(k, a)))


# ---------------------------------------------------------------------------------------------------------------------
# ECDSA on P-256 with SHA-256 (FIPS 186-5, section 6.4.2; curve: NIST SP 800-186, section 3.2.1.3).

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B256 = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G256 = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def p256_double(a):
    """Jacobian coordinates, curves with a = -3 (Explicit-Formulas Database, dbl-2001-b)."""
    x, y, z = a
    delta, gamma = z * z % P256, y * y % P256
    beta = x * gamma % P256
    alpha = 3 * (x - delta) * (x + delta) % P256
    x3 = (alpha * alpha - 8 * beta) % P256
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % P256, ((y + z) * (y + z) - gamma - delta) % P256


def p256_add(a, b):
    """Jacobian coordinates (add-2007-bl without its savings). A point with z = 0 is the one at infinity."""
    if a[2] == 0:
        return b
    if b[2] == 0:
        return a
    za, zb = a[2] * a[2] % P256, b[2] * b[2] % P256
    ua, ub = a[0] * zb % P256, b[0] * za % P256
    sa, sb = a[1] * b[2] * zb % P256, b[1] * a[2] * za % P256
    h, r = (ub - ua) % P256, (sb - sa) % P256
    if h == 0:
        return p256_double(a) if r == 0 else (1, 1, 0)
    h2 = h * h % P256
    h3, v = h * h2 % P256, ua * h2 % P256
    x = (r * r - h3 - 2 * v) % P256
    return x, (r * (v - x) - sa * h3) % P256, a[2] * b[2] * h % P256


def p256_multiply2(scalar, point, other_scalar, other):
    """scalar * point + other_scalar * other, bit by bit from the top, both at once."""
    both = p256_add(point, other)
    result = (1, 1, 0)
    for bit in range(max(scalar.bit_length(), other_scalar.bit_length()) - 1, -1, -1):
        result = p256_double(result)
        one, two = scalar >> bit & 1, other_scalar >> bit & 1
        if one or two:
            result = p256_add(result, both if one and two else point if one else other)
    return result


def p256_point(data):
    """(x, y) of the one encoding of a point that a key may have: 0x04, x, y, both below p, on the curve. None for anything else.

    The curve has a cofactor of 1: no point is of small order, and the one at infinity cannot be written so.
    """
    if len(data) != 65 or data[0] != 4:
        return None
    x, y = int.from_bytes(data[1:33], 'big'), int.from_bytes(data[33:], 'big')
    return (x, y) if x < P256 and y < P256 and (y * y - (x * x * x - 3 * x + B256)) % P256 == 0 else None


def p256_verify(public_key, message, r, s):
    """`public_key` is an uncompressed point. Of (r, s) and (r, n - s) each is as good as the other."""
    point = p256_point(public_key)
    if point is None or not (0 < r < N256 and 0 < s < N256):
        return False
    e = int.from_bytes(hashlib.sha256(message).digest(), 'big')
    w = pow(s, N256 - 2, N256)
    total = p256_multiply2(e * w % N256, G256 + (1,), r * w % N256, point + (1,))
    if total[2] == 0:
        return False
    z = pow(total[2], P256 - 2, P256)
    return total[0] * z * z % P256 % N256 == r


# ---------------------------------------------------------------------------------------------------------------------
# ML-DSA-44 (FIPS 204, algorithms 3 and 8: pure, with an empty context). Polynomials are lists of 256 integers.

ML_Q = 8380417
ML_K, ML_L, ML_TAU, ML_OMEGA = 4, 4, 39, 80
ML_GAMMA1, ML_GAMMA2, ML_BETA = 2**17, (ML_Q - 1) // 88, 78
ML_PUBLIC_KEY, ML_SIGNATURE = 1312, 2420
# Powers of the 512th root of unity 1753, in the order of FIPS 204, appendix B.
ML_ZETAS = [pow(1753, int(format(i, '08b')[::-1], 2), ML_Q) for i in range(256)]


def ml_ntt(w):
    """Algorithm 41."""
    w, m, length = list(w), 0, 128
    while length:
        for start in range(0, 256, 2 * length):
            m += 1
            z = ML_ZETAS[m]
            for j in range(start, start + length):
                t = z * w[j + length] % ML_Q
                w[j + length] = w[j] - t
                w[j] = w[j] + t
        length //= 2
    return w


def ml_inverse_ntt(w):
    """Algorithm 42."""
    w, m, length = list(w), 256, 1
    while length < 256:
        for start in range(0, 256, 2 * length):
            m -= 1
            z = -ML_ZETAS[m]
            for j in range(start, start + length):
                t = w[j]
                w[j] = t + w[j + length]
                w[j + length] = z * (t - w[j + length]) % ML_Q
        length *= 2
    return [8347681 * value % ML_Q for value in w]


def ml_unpack(data, bits):
    """Algorithm 18, SimpleBitUnpack: whole numbers of so many bits each, lowest bit first."""
    number, mask = int.from_bytes(data, 'little'), (1 << bits) - 1
    return [number >> i & mask for i in range(0, 8 * len(data), bits)]


def ml_uniform(seed):
    """Algorithm 30, RejNTTPoly."""
    length = 840
    while True:
        stream = hashlib.shake_128(seed).digest(length)
        triples = (stream[i] | stream[i + 1] << 8 | (stream[i + 2] & 0x7F) << 16 for i in range(0, length, 3))
        values = [value for value in triples if value < ML_Q][:256]
        if len(values) == 256:
            return values
        length *= 2


def ml_ball(seed):
    """Algorithm 29, SampleInBall: 39 coefficients of 1 or -1."""
    stream = iter(hashlib.shake_256(seed).digest(4096))
    signs = int.from_bytes(bytes(next(stream) for _ in range(8)), 'little')
    c = [0] * 256
    for i in range(256 - ML_TAU, 256):
        j = next(byte for byte in stream if byte <= i)
        c[i] = c[j]
        c[j] = -1 if signs & 1 else 1
        signs >>= 1
    return c


def ml_hints(data):
    """Algorithm 21, HintBitUnpack: a set of places for each polynomial, or None."""
    hints, first = [], 0
    for i in range(ML_K):
        last = data[ML_OMEGA + i]
        places = data[first:last]
        if not first <= last <= ML_OMEGA or any(a >= b for a, b in zip(places, places[1:])):
            return None
        hints.append(set(places))
        first = last
    return hints if not any(data[first:ML_OMEGA]) else None


def ml_use_hint(hint, r):
    """Algorithm 40, with Decompose (algorithm 36)."""
    low = r % (2 * ML_GAMMA2)
    if low > ML_GAMMA2:
        low -= 2 * ML_GAMMA2
    high = 0 if r - low == ML_Q - 1 else (r - low) // (2 * ML_GAMMA2)
    if r - low == ML_Q - 1:
        low -= 1
    return (high + (1 if low > 0 else -1)) % 44 if hint else high


def mldsa44_verify(public_key, message, signature):
    if len(public_key) != ML_PUBLIC_KEY or len(signature) != ML_SIGNATURE:
        return False
    hints = ml_hints(signature[32 + 576 * ML_L :])
    z = [[ML_GAMMA1 - value for value in ml_unpack(signature[32 + 576 * i : 608 + 576 * i], 18)] for i in range(ML_L)]
    if hints is None or any(abs(value) >= ML_GAMMA1 - ML_BETA for row in z for value in row):
        return False
    mu = hashlib.shake_256(hashlib.shake_256(public_key).digest(64) + b'\0\0' + message).digest(64)
    c = ml_ntt(ml_ball(signature[:32]))
    z = [ml_ntt(row) for row in z]
    packed = b''
    for i in range(ML_K):
        t = ml_ntt([value << 13 for value in ml_unpack(public_key[32 + 320 * i : 352 + 320 * i], 10)])
        row = [-a * b for a, b in zip(c, t)]
        for j in range(ML_L):
            uniform = ml_uniform(public_key[:32] + bytes((j, i)))
            row = [value + a * b for value, a, b in zip(row, uniform, z[j])]
        w = [ml_use_hint(place in hints[i], value) for place, value in enumerate(ml_inverse_ntt([value % ML_Q for value in row]))]
        packed += sum(value << 6 * place for place, value in enumerate(w)).to_bytes(192, 'little')
    return hashlib.shake_256(mu + packed).digest(32) == signature[:32]


# ---------------------------------------------------------------------------------------------------------------------
# SSH signatures (OpenSSH, PROTOCOL.sshsig)


def b64(text):
    """Strict base64: exactly one text for the bytes. None for anything else."""
    try:
        return b64_bytes(text.encode('ascii'))
    except ValueError:
        return None


def b64_bytes(text):
    try:
        data = binascii.a2b_base64(text)
    except binascii.Error:
        return None
    # What the decoder leaves out (spare bits, padding that is too long, characters that are none) is not written again.
    return data if binascii.b2a_base64(data, newline=False) == text else None


class Fields:
    """Reads the fields of RFC 4251 one by one. ValueError where they end too early."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, length):
        if length > len(self.data) - self.at:
            raise ValueError('too short')
        self.at += length
        return self.data[self.at - length : self.at]

    def uint32(self):
        return int.from_bytes(self.take(4), 'big')

    def string(self):
        return self.take(self.uint32())

    def end(self):
        if self.at != len(self.data):
            raise ValueError('bytes left over')


def ssh_string(data):
    return len(data).to_bytes(4, 'big') + data


def parse_ssh_key(text):
    """(type, blob, raw key) of `TYPE BASE64`, or None."""
    match = re.fullmatch(r'(ssh-ed25519|ecdsa-sha2-nistp256) ([A-Za-z0-9+/]+={0,2})', text)
    blob = b64(match[2]) if match else None
    if blob is None:
        return None
    try:
        fields = Fields(blob)
        if fields.string() != match[1].encode():
            return None
        if match[1] == 'ssh-ed25519':
            raw = fields.string()
            good = is_ed_key(raw)
        else:
            good = fields.string() == b'nistp256'
            raw = fields.string()
            good = good and p256_point(raw) is not None
        fields.end()
    except ValueError:
        return None
    return (match[1], blob, raw) if good else None


SSH_HASH = b'sha512'
MAX_ARMOR = 8192
MAX_SIGNATURES = 8


def mldsa44_ssh_key(raw):
    kind = 'ssh-mldsa-44'
    return kind, ssh_string(kind.encode()) + ssh_string(raw), raw


def ssh_key_text(key):
    return key[0] + ' ' + base64.b64encode(key[1]).decode('ascii')


def ssh_armor(blob):
    """The one text of a signature, as ssh-keygen writes it."""
    text = base64.b64encode(blob).decode('ascii')
    lines = [text[i : i + 70] for i in range(0, len(text), 70)]
    return '-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n' % '\n'.join(lines)


def is_mpint(data):
    """A positive integer of 256 bits at most, in the one way of RFC 4251."""
    if data[:1] == b'\0':
        return 1 < len(data) <= 33 and data[1] >= 0x80
    return 0 < len(data) <= 32 and data[0] < 0x80


def open_signature(armored, namespace):
    """(key, signature) as they stand in it; None where it is not a signature of this namespace, in its one text."""
    lines = armored.split('\n') if len(armored) <= MAX_ARMOR else []
    blob = b64(''.join(lines[1:-2])) if len(lines) >= 4 else None
    if not blob or ssh_armor(blob) != armored:
        return None
    try:
        fields = Fields(blob)
        if fields.take(6) != b'SSHSIG' or fields.uint32() != 1:
            return None
        key = fields.string()
        if fields.string() != namespace.encode() or fields.string() != b'' or fields.string() != SSH_HASH:
            return None
        signature = fields.string()
        fields.end()
        return key, signature
    except ValueError:
        return None


def ssh_verify(message, armored, key, namespace=NAMESPACE):
    """'good', 'malformed', 'other-key' or 'bad'."""
    kind, blob_of_key, raw = key
    opened = open_signature(armored, namespace)
    if opened is None:
        return 'malformed'
    if opened[0] != blob_of_key:
        return 'other-key'
    try:
        signature = Fields(opened[1])
        if signature.string() != kind.encode():
            return 'malformed'
        value = signature.string()
        signature.end()
        digest = hashlib.sha512(message).digest()
        data = b'SSHSIG' + ssh_string(namespace.encode()) + ssh_string(b'') + ssh_string(SSH_HASH) + ssh_string(digest)
        if kind == 'ssh-ed25519':
            if len(value) != 64:
                return 'malformed'
            return 'good' if ed25519_verify(raw, data, value) else 'bad'
        if kind == 'ssh-mldsa-44':
            if len(value) != ML_SIGNATURE:
                return 'malformed'
            return 'good' if mldsa44_verify(raw, data, value) else 'bad'
        parts = Fields(value)
        r, s = parts.string(), parts.string()
        parts.end()
        if not is_mpint(r) or not is_mpint(s):
            return 'malformed'
        return 'good' if p256_verify(raw, data, int.from_bytes(r, 'big'), int.from_bytes(s, 'big')) else 'bad'
    except ValueError:
        return 'malformed'


def verify_installation(message, text, keys, namespace=NAMESPACE):
    """(verdict, second, which): as ssh_verify, or 'half' where a key of two halves signed with one; whether the second half did; which of `keys`, pairs."""
    found = re.findall(r'-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]*?-----END SSH SIGNATURE-----\n', text) if len(text) <= MAX_SIGNATURES * MAX_ARMOR else []
    if not 0 < len(found) <= MAX_SIGNATURES or ''.join(found) != text:
        return 'malformed', 'none', -1
    for n, (first, second) in enumerate(keys):
        verdict = ssh_verify(message, found[0], first, namespace)
        if verdict == 'other-key':
            continue
        if verdict != 'good':
            return 'bad', 'none', -1
        has = 'none'
        for signature in found[1:]:
            opened = open_signature(signature, namespace)
            if opened is None:
                return 'bad', 'none', -1
            # By any other key, the first one again among them: passed over.
            if not second or opened[0] != second[1]:
                continue
            if ssh_verify(message, signature, second, namespace) != 'good':
                return 'bad', 'none', -1
            has = 'good'
        return ('half', 'none', -1) if second and has == 'none' else ('good', has, n)
    if any(second and ssh_verify(message, found[0], second, namespace) not in ('malformed', 'other-key') for _, second in keys):
        return 'half', 'none', -1
    return 'other-key', 'none', -1


# ---------------------------------------------------------------------------------------------------------------------
# Merkle trees (RFC 6962, section 2.1)


def sha256(*parts):
    state = hashlib.sha256()
    for part in parts:
        state.update(part)
    return state.digest()


class Tree:
    """Keeps the roots of its complete subtrees only, largest first."""

    def __init__(self):
        self.size = 0
        self.peaks = []

    def append(self, leaf):
        node, rest = leaf, self.size
        while rest & 1:
            node = sha256(b'\x01', self.peaks.pop(), node)
            rest >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha256(b'')
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha256(b'\x01', peak, root)
        return root


def root_from_inclusion(leaf, index, size, path):
    """The root that an audit path leads to (RFC 9162, section 2.1.3.2); None where the path has the wrong length."""
    fn, sn, root = index, size - 1, leaf
    for node in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            root = sha256(b'\x01', node, root)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            root = sha256(b'\x01', root, node)
        fn >>= 1
        sn >>= 1
    return root if sn == 0 else None


# ---------------------------------------------------------------------------------------------------------------------
# Reading


def number(text):
    """A JSON number as ECMAScript reads it, that is as a double, so that both verifiers see the same value.

    Never int(text): its time grows with the square of the digits, and old versions of Python set it no limit, so that one
    line of digits would keep the auditor waiting for hours. Whole numbers come back as they would be written again.
    """
    value = float(text)
    if not value.is_integer() or abs(value) >= 1e21:
        return value
    return int(value) if abs(value) <= MAX_SAFE_INTEGER else int(Decimal(repr(value)))


def no_number(name):
    raise ValueError(name + ' is not JSON')


# One for all: making a decoder costs more than decoding a line.
JSON = json.JSONDecoder(parse_int=number, parse_float=number, parse_constant=no_number)


def is_int(value):
    return type(value) is int and abs(value) <= MAX_SAFE_INTEGER


def is_hex(value, length):
    return isinstance(value, str) and len(value) == length and re.fullmatch('[0-9a-f]*', value) is not None


def is_match(value, pattern):
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_count(value):
    return is_int(value) and value >= 0


def is_label(value):
    """A name of 200 characters at most."""
    return isinstance(value, str) and len(value) <= 200 and well_formed(value)


def is_one_of(value, words):
    return isinstance(value, str) and value in words


def is_moment(value):
    """A moment that exists, as ECMAScript's toISOString writes it."""
    if not is_match(value, r'[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z'):
        return False
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= month <= 12 or not 1 <= day <= days[month - 1]:
        return False
    return int(value[11:13]) < 24 and int(value[14:16]) < 60 and int(value[17:19]) < 60


def milliseconds(moment):
    """Of a moment, since one of its own: for differences. Days are those of the Gregorian calendar, counted from March on."""
    year, month, day = int(moment[:4]), int(moment[5:7]), int(moment[8:10])
    if month <= 2:
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day
    seconds = 3600 * int(moment[11:13]) + 60 * int(moment[14:16]) + int(moment[17:19])
    return (86400 * days + seconds) * 1000 + int(moment[20:23])


def well_formed(text):
    try:
        text.encode('utf-8')
        return True
    except UnicodeEncodeError:
        return False


MAX_DEPTH = 8
MEMBER_NAME = re.compile('[A-Za-z][A-Za-z0-9]{0,63}')


def is_plain(value, depth=MAX_DEPTH):
    """Names of ours, no half of a character, and no deeper than any reader goes."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return depth > 0 and all(is_plain(item, depth - 1) for item in value)
    if isinstance(value, dict):
        return depth > 0 and all(MEMBER_NAME.fullmatch(name) and is_plain(item, depth - 1) for name, item in value.items())
    return True


def parse_one_object(data):
    """The object of bytes that are the one text of it; None for anything else."""
    text, value = read_line_value(data)
    return value if value is not None and is_plain(value) and compact(value) == text else None


# Quotes and escapes, to know what is inside a string; and the fractions that Python writes in a way of its own.
FRACTION = re.compile(r'\\.|"|[0-9](?:\.[0-9]{1,16})?e-0[5-9]')


def ecmascript_fractions(text):
    """JSON of Python with its fractions as ECMAScript writes them (ECMA-262, Number::toString).

    Both write the shortest digits. They differ where Python has an exponent from -05 to -09: ECMAScript begins with the
    exponents at -7, and does not pad them.
    """
    inside = False

    def again(match):
        nonlocal inside
        token = match[0]
        if token == '"':
            inside = not inside
        if inside or not token[0].isdigit():
            return token
        digits, exponent = token.split('e-0')
        if exponent in '56':
            return '0.' + '0' * (int(exponent) - 1) + digits.replace('.', '')
        return digits + 'e-' + exponent

    return FRACTION.sub(again, text)


def compact(value):
    """The one text of a value, as the writer makes it."""
    text = json.dumps(value, ensure_ascii=False, separators=(',', ':'))
    return ecmascript_fractions(text) if 'e-0' in text else text


def pretty(value):
    """The one text of a value that is written out."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + '\n'
    return ecmascript_fractions(text) if 'e-0' in text else text


def read_line_value(line):
    """(text, object) of a line that is a JSON object in UTF-8; (None, None) otherwise."""
    try:
        text = line.decode('utf-8')
        value = JSON.decode(text)
    except (ValueError, RecursionError):
        return None, None
    return (text, value) if isinstance(value, dict) else (None, None)


# Lines of a flood have some 32 KiB: smaller blocks would be put together again.
READ_BLOCK = 256 * 1024


class Lines:
    """A file read forward, line by line; its SHA-256 comes with it, over the very bytes that were read."""

    def __init__(self, folder, name, limit):
        self.file = readable(name, lambda: open(os.path.join(folder, name), 'rb', READ_BLOCK))
        self.limit = limit
        self.state = hashlib.sha256()
        self.torn = False

    def next(self):
        """The next line without its newline; None at the end, and where a line has no newline or is too long: then `torn` is set."""
        if self.torn:
            return None
        line = self.file.readline(self.limit + 2)
        self.state.update(line)
        if not line:
            return None
        if not line.endswith(b'\n') or len(line) > self.limit + 1:
            self.torn = True
            return None
        return line[:-1]

    def digest(self):
        for block in iter(lambda: self.file.read(1024 * 1024), b''):
            self.state.update(block)
        return self.state.digest()

    def close(self):
        self.file.close()


def readable(name, read):
    try:
        return read()
    except OSError:
        raise Failure('missing-file', f'{name} cannot be read.') from None


def read_file(folder, name):
    def read():
        with open(os.path.join(folder, name), 'rb') as file:
            return file.read(MAX_SMALL_FILE + 1)

    return readable(name, read)


def file_digest(folder, name):
    def read():
        state = hashlib.sha256()
        with open(os.path.join(folder, name), 'rb') as file:
            for block in iter(lambda: file.read(1024 * 1024), b''):
                state.update(block)
        return state.digest()

    return readable(name, read)


# ---------------------------------------------------------------------------------------------------------------------
# The trust file

COSIGNATURE = b'\x06'
ALGORITHMS = ('ed25519', 'ml-dsa-44')


def decode_note_key(text, kind=b'\x01'):
    """(name, key id, raw key) of a C2SP note verification key, or None: Ed25519, or of the kind of an ML-DSA-44 cosignature."""
    match = re.fullmatch(r'([!-*,-~]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})', text)
    data = b64(match[3]) if match else None
    if data is None or data[:1] != kind or not (is_ed_key(data[1:]) if kind == b'\x01' else len(data) == 1 + ML_PUBLIC_KEY):
        return None
    key_id = sha256(match[1].encode(), b'\n', data)[:4]
    return (match[1], key_id, data[1:]) if key_id.hex() == match[2] else None


def decode_second(text, origin):
    key = decode_note_key(text, COSIGNATURE)
    return key if key is not None and key[0] == origin else None


def thumbprint(raw):
    """RFC 7638 SHA-256 thumbprint of an uncompressed P-256 point, base64url."""
    x, y = (base64.urlsafe_b64encode(part).decode('ascii').rstrip('=') for part in (raw[1:33], raw[33:]))
    return base64.urlsafe_b64encode(sha256(('{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' % (x, y)).encode())).decode('ascii').rstrip('=')


def is_ssh_key(text, kind):
    key = parse_ssh_key(text) if isinstance(text, str) and len(text) <= 400 else None
    return key is not None and key[0] == kind


def is_kid(value):
    return is_match(value, '[A-Za-z0-9_-]{43}')


def is_list(value, least, most):
    return isinstance(value, list) and least <= len(value) <= most


def members(value, names):
    """A dictionary with these members in this order, and no other."""
    return isinstance(value, dict) and tuple(value) == names


def is_certificate(value):
    return value is None or (isinstance(value, str) and len(value) <= 16384)


def is_unique(values):
    return len(set(values)) == len(values)


def is_trusted_key(key):
    if not isinstance(key, dict):
        return False
    if key.get('algorithm') == 'ml-dsa-44':
        return members(key, ('algorithm', 'ledger')) and isinstance(key['ledger'], str)
    if key.get('algorithm') != 'ed25519':
        good = members(key, ('algorithm', 'key')) and is_match(key['algorithm'], '[a-z0-9][a-z0-9-]{0,31}')
        return good and is_match(key['key'], '[!-~]{1,8192}')
    good = members(key, ('algorithm', 'ledger', 'ssh', 'certificate')) and is_certificate(key['certificate'])
    good = good and is_ssh_key(key['ssh'], 'ssh-ed25519') and isinstance(key['ledger'], str)
    note = decode_note_key(key['ledger']) if good else None
    return note is not None and note[2] == parse_ssh_key(key['ssh'])[2]


def installation_keys(trust):
    """The keys of the installation: (as the trust file has it, note keys, SSH keys), of each both halves; a second half may be None."""
    found = []
    for i, key in enumerate(trust['keys']):
        if key['algorithm'] != 'ed25519':
            continue
        after = trust['keys'][i + 1] if i + 1 < len(trust['keys']) else {}
        second = decode_second(after['ledger'], trust['origin']) if after.get('algorithm') == 'ml-dsa-44' else None
        found.append((key, (decode_note_key(key['ledger']), second), (parse_ssh_key(key['ssh']), mldsa44_ssh_key(second[2]) if second else None)))
    return found


def are_second_halves(trust):
    """A second half stands right behind a first one, and is a key."""
    keys = trust['keys']
    seconds = [i for i, key in enumerate(keys) if key['algorithm'] == 'ml-dsa-44']
    good = all(i > 0 and keys[i - 1]['algorithm'] == 'ed25519' and decode_second(keys[i]['ledger'], trust['origin']) is not None for i in seconds)
    return good and is_unique([keys[i]['ledger'] for i in seconds])


def is_succession(trust):
    """Each certificate is one of the key before, by all of its halves; and who had two halves has no successor with one."""
    before = None
    for key, _, halves in installation_keys(trust):
        if key['certificate'] is not None:
            if before is None or (before[1] and not halves[1]):
                return False
            successor = '\n'.join(ssh_key_text(half) for half in halves if half)
            message = ('%s\n%s\n' % (trust['installation'], successor)).encode('utf-8')
            if verify_installation(message, key['certificate'], [before], INSTALLATION_KEY_NAMESPACE)[0] != 'good':
                return False
        before = halves
    return True


def are_spans(value):
    """Between which events an audit key was in force: in their order, and open at most at the end."""
    if not is_list(value, 1, MAX_AUDIT_KEYS):
        return False
    end = -1
    for span in value:
        if end is None or not members(span, ('from', 'to')) or not is_count(span['from']) or span['from'] <= end:
            return False
        end = span['to']
        if end is not None and (not is_count(end) or end <= span['from']):
            return False
    return True


def is_trust(trust):
    names = ('format', 'version', 'installation', 'origin', 'keys', 'persons', 'auditKeys', 'verifier')
    if not members(trust, names) or trust['format'] != 'wardmux-trust' or not is_int(trust['version']) or trust['version'] != 1:
        return False
    installation = trust['installation']
    if not is_match(installation, 'w-[0-9a-f]{12}') or trust['origin'] != 'wardmux.localhost/' + installation + '/ledger':
        return False
    if not is_list(trust['keys'], 0, 64) or not all(is_trusted_key(key) for key in trust['keys']):
        return False
    if not are_second_halves(trust):
        return False
    keys = installation_keys(trust)
    if not keys or not is_unique([key['ssh'] for key, _, _ in keys]) or any(note[0] != trust['origin'] for _, (note, _), _ in keys):
        return False
    if not is_list(trust['persons'], 0, 10000):
        return False
    kids = []
    for person in trust['persons']:
        names = ('id', 'name', 'ssh', 'kids') + (('former',) if isinstance(person, dict) and 'former' in person else ())
        good = members(person, names) and is_match(person['id'], PERSON_ID) and is_label(person['name'])
        good = good and ('former' not in person or is_list(person['former'], 1, 63))
        good = good and all(members(key, ('ssh',)) and is_ssh_key(key['ssh'], 'ecdsa-sha2-nistp256') for key in person.get('former', []))
        if not good or not is_ssh_key(person['ssh'], 'ecdsa-sha2-nistp256') or not is_list(person['kids'], 1, 64) or not all(map(is_kid, person['kids'])):
            return False
        kids += person['kids']
    if not is_unique([person['id'] for person in trust['persons']]) or not is_unique(kids) or not is_list(trust['auditKeys'], 0, MAX_AUDIT_KEYS):
        return False
    for key in trust['auditKeys']:
        good = members(key, ('kid', 'label', 'ssh', 'inForce')) and is_kid(key['kid']) and is_label(key['label']) and are_spans(key['inForce'])
        if not good or not is_ssh_key(key['ssh'], 'ecdsa-sha2-nistp256') or thumbprint(parse_ssh_key(key['ssh'])[2]) != key['kid']:
            return False
    if not is_unique([key['kid'] for key in trust['auditKeys']]):
        return False
    if not members(trust['verifier'], ('sha256',)) or not is_hex(trust['verifier']['sha256'], 64):
        return False
    return is_succession(trust)


def read_trust(path):
    again = 'Make it again on the installation: wardmux trust > trust.json'
    try:
        with open(path, 'rb') as file:
            data = file.read(MAX_SMALL_FILE + 1)
        if len(data) > MAX_SMALL_FILE:
            raise ValueError('too large')
        text = data.decode('utf-8')
    except (OSError, ValueError):
        raise Failure('bad-trust', 'It cannot be read.') from None
    try:
        trust = JSON.decode(text)
    except (ValueError, RecursionError):
        raise Failure('bad-trust', again) from None
    # One text for one trust file: so no member stands in it twice, and the stock tools read what the verifiers read.
    if not is_plain(trust) or pretty(trust) != text:
        raise Failure('bad-trust', again)
    if is_trust(trust):
        return trust
    if is_newer(trust, 'wardmux-trust'):
        raise Failure('newer-version', 'The trust file.')
    raise Failure('bad-trust', again)


def is_newer(value, form):
    return isinstance(value, dict) and value.get('format') == form and is_int(value.get('version')) and value['version'] > 1


# Of VERIFY.md, with these in the places of what a bundle says of itself: docs/format.md, "Export bundle".
GUIDE_SHA256 = 'f585c092324b6e764cfa129e3765caf132f3b8b43ed811a5fdac964ab49835ba'


def is_own_guide(data, claims):
    """Whether a VERIFY.md is the one that belongs to this verifier."""
    values = {'recording': claims['recording'], 'installation': claims['installation'], 'by': claims['exported']['by'], 'time': claims['exported']['time']}
    for name, value in values.items():
        place = b'{' + name.encode() + b'}'
        if place in data:
            return False
        data = data.replace(value.encode(), place)
    return sha256(data).hex() == GUIDE_SHA256


def signing_keys(trust, who):
    """What somebody signs with, and before that signed with, oldest first: (key as OpenSSH writes it, its thumbprint)."""
    for person in trust['persons']:
        if person['id'] == who:
            return [(key['ssh'], thumbprint(parse_ssh_key(key['ssh'])[2])) for key in person.get('former', []) + [person]]
    return []


def are_signers(trust, data):
    """Whether each line of an allowed_signers is one of those that follow from the trust file."""
    own = allowed_signers(trust).encode('utf-8').split(b'\n')
    lines = data.split(b'\n')
    return lines.pop() == b'' and all(line != b'' and line in own for line in lines)


def allowed_signers(trust):
    signers = [(trust['installation'], key['ssh']) for key, _, _ in installation_keys(trust)]
    signers += [(person['id'], key['ssh']) for person in trust['persons'] for key in [person] + person.get('former', [])]
    return ''.join(f'{name} namespaces="{NAMESPACE}" {key}\n' for name, key in signers)


# ---------------------------------------------------------------------------------------------------------------------
# The checks, in the order of CHECKS


def check_files(folder):
    try:
        names = os.listdir(folder)
    except OSError:
        raise Failure('missing-file', '%s cannot be read as a folder. Give the folder that wardmux export has made.' % folder) from None
    for name in ALL_FILES:
        info = os.lstat(os.path.join(folder, name)) if name in names else None
        if info is None or not stat.S_ISREG(info.st_mode):
            raise Failure('missing-file', f'{name} is missing or is not a plain file.')
        if info.st_size > MAX_SMALL_FILE and name not in LARGE_FILES:
            raise Failure('missing-file', f'{name} is too large to be that file.')
    extra = [name for name in names if name not in ALL_FILES]
    if extra:
        raise Failure('extra-file', f'Files that do not belong to a bundle: {len(extra)}.')


def summary_text(summary):
    return pretty(summary).encode('utf-8')


def is_summary(value):
    names = (
        'format',
        'version',
        'recording',
        'installation',
        'person',
        'started',
        'state',
        'records',
        'root',
        'proven',
        'outputBytes',
        'pieces',
        'ledger',
        'exported',
    )
    if not members(value, names) or value['format'] != 'wardmux-bundle' or not is_int(value['version']) or value['version'] != 1:
        return False
    good = is_match(value['recording'], r'[0-9]{8}-[0-9]{6}-[0-9a-f]{8}') and is_match(value['installation'], 'w-[0-9a-f]{12}')
    good = good and is_match(value['person'], PERSON_ID) and is_moment(value['started']) and is_one_of(value['state'], STATES)
    good = good and is_count(value['records']) and is_hex(value['root'], 64) and is_count(value['proven']) and is_count(value['outputBytes'])
    pieces, ledger, exported = value['pieces'], value['ledger'], value['exported']
    good = good and members(pieces, ('disclosed', 'withheld')) and is_count(pieces['disclosed']) and is_count(pieces['withheld'])
    good = good and members(ledger, ('size', 'root')) and is_count(ledger['size']) and is_hex(ledger['root'], 64)
    good = good and members(exported, ('time', 'by', 'version', 'reason')) and is_moment(exported['time']) and is_match(exported['by'], PERSON_ID)
    return good and is_match(exported['version'], r'[0-9A-Za-z.+-]{1,40}') and is_one_of(exported['reason'], REASONS)


def read_summary(data):
    text, value = read_line_value(data)
    if value is None or not is_plain(value) or pretty(value) != text:
        raise Failure('bad-summary', 'It is not the summary of a bundle.')
    if is_newer(value, 'wardmux-bundle'):
        raise Failure('newer-version', 'recording.json.')
    if not is_summary(value):
        raise Failure('bad-summary', 'It is not the summary of a bundle.')
    return value


def cosigned_message(name, size, root, seconds):
    """What an ML-DSA-44 cosignature signs (c2sp.org/tlog-cosignature): the whole tree, by the log itself."""
    text = bytes([len(name)]) + name.encode('ascii')
    return b'subtree/v1\n\0' + text + seconds + text + bytes(8) + size.to_bytes(8, 'big') + root


def check_checkpoint(data, keys, claimed):
    """A C2SP checkpoint as a signed note. `keys`: pairs of note keys. Returns (size, root in hex, whether the second half signed too, which of the keys it was)."""
    half = Failure('half-signature', 'checkpoint.note: the other one was taken off, or is not of that key.')
    changed = Failure('bad-checkpoint', 'checkpoint.note was changed.')
    try:
        note = data.decode('utf-8')
    except ValueError:
        raise changed from None
    split = note.rfind('\n\n')
    if len(data) > MAX_NOTE or split < 0 or not note.endswith('\n'):
        raise changed
    text = note[: split + 1]
    pair, seconds = None, {}
    for line in note[split + 2 : -1].split('\n'):
        match = re.fullmatch(r'— ([!-*,-~]+) ([A-Za-z0-9+/]+={0,2})', line)
        signature = b64(match[2]) if match else None
        if signature is None:
            raise changed
        second = next((key for _, key in keys if key and match[1] == key[0] and len(signature) == 12 + ML_SIGNATURE and signature[:4] == key[1]), None)
        if second is not None:
            seconds.setdefault(second, signature)
        found = next((key for key in keys if match[1] == key[0][0] and len(signature) == 68 and signature[:4] == key[0][1]), None)
        if found is None or pair is not None:
            continue
        if not ed25519_verify(found[0][2], text.encode('utf-8'), signature[4:]):
            raise changed
        pair = found
    if pair is None and seconds:
        raise half
    if pair is None:
        raise Failure('untrusted-key', 'checkpoint.note is signed with another key.')
    signer, second = pair
    lines = text[:-1].split('\n')
    good = len(lines) >= 3 and '' not in lines and lines[0] == signer[0] and re.fullmatch(r'0|[1-9][0-9]{0,14}', lines[1]) is not None
    good = good and re.fullmatch(r'[A-Za-z0-9+/]{43}=', lines[2]) is not None and b64(lines[2]) is not None
    if not good:
        raise changed
    size, root = int(lines[1]), b64(lines[2]).hex()
    if second:
        if second not in seconds:
            raise half
        if not mldsa44_verify(second[2], cosigned_message(second[0], size, b64(lines[2]), seconds[second][4:12]), seconds[second][12:]):
            raise changed
    if size != claimed['size'] or root != claimed['root']:
        raise Failure('other-checkpoint', f'It signs for {size} events; the bundle was made at {claimed["size"]}.')
    return size, root, 'good' if second else 'none', keys.index(pair)


HEADS = 'recording.heads'
# Digests in an event of heads at most.
MAX_HEADS = 256
CLOSING_STATES = {'recording.end': 'complete', 'recording.recovered': 'recovered', 'recording.failed': 'failed'}
HEAD_ACTIONS = ('recording.segment', *CLOSING_STATES)
EMPTY_ROOT = sha256(b'').hex()


# base64url of 64 bytes has one text: the last letter has four bits to spare.
BYTES_64 = '[A-Za-z0-9_-]{85}[AQgw]'
EVENT_MEMBERS = ('seq', 'time', 'entered', 'monoUs', 'installation', 'action', 'person', 'outcome', 'aal', 'credential', 'detail')


def decode_event(line):
    """A ledger event, or None. Only its outer shape is looked at."""
    # The writer's one text only: what reads differently elsewhere is not an event.
    event = parse_one_object(line)
    good = event is not None and is_int(event.get('seq')) and isinstance(event.get('action'), str) and is_moment(event.get('time'))
    good = good and members(event, tuple(name for name in EVENT_MEMBERS if name in event)) and ('entered' not in event or is_moment(event['entered']))
    good = good and all(name in event for name in ('monoUs', 'aal', 'credential')) and (event['monoUs'] is None or is_count(event['monoUs']))
    good = good and (event['aal'] is None or is_int(event['aal']) and 1 <= event['aal'] <= 3)
    good = good and (event['credential'] is None or is_match(event['credential'], '[A-Za-z0-9_-]{1,64}'))
    good = good and is_match(event.get('installation'), 'w-[0-9a-f]{12}') and ('outcome' not in event or isinstance(event['outcome'], str))
    good = good and ('detail' not in event or isinstance(event['detail'], dict))
    good = good and ('person' not in event or isinstance(event['person'], str))
    return event if good else None


def is_opened(event, head, recording):
    """An event of heads has the opening of one of its digests beside it, and every other event has none."""
    if event['action'] != HEADS:
        return head is None
    digests = event.get('detail', {}).get('heads')
    if head is None or not isinstance(digests, list) or not 1 <= len(digests) <= MAX_HEADS:
        return False
    if not all(is_hex(digest, 64) for digest in digests) or any(a >= b for a, b in zip(digests, digests[1:])):
        return False
    text = compact([recording, head['size'], head['root']])
    return sha256(bytes.fromhex(head['salt']), text.encode('utf-8')).hex() in digests


def belongs_to(event, head, recording, people):
    """It names the recording, has its head, takes a policy into force, or gives the keys of its owner or exporter."""
    if event.get('detail', {}).get('recording') == recording or head is not None or event['action'] == 'policy.change':
        return True
    return event['action'] == 'person.keys' and event.get('person') in people


def parse_ledger_line(line):
    text, value = read_line_value(line)
    if value is None or not is_int(value.get('index')) or not isinstance(value.get('event'), str) or not isinstance(value.get('path'), list):
        return None
    if not all(is_hex(node, 64) for node in value['path']):
        return None
    head = value.get('head')
    if 'head' in value and not (isinstance(head, dict) and is_hex(head.get('salt'), 64) and is_count(head.get('size')) and is_hex(head.get('root'), 64)):
        return None
    again = {'index': value['index'], 'event': value['event']}
    if 'head' in value:
        again['head'] = {name: head[name] for name in ('salt', 'size', 'root')}
    again['path'] = value['path']
    return value if compact(again) == text and well_formed(value['event']) else None


def check_ledger(folder, claims, head, digests):
    """Every event's inclusion in the ledger. Returns what they say of the recording (see ledger_story)."""
    size, ledger_root = head
    recording, installation = claims['recording'], claims['installation']
    people = (claims['person'], claims['exported']['by'])
    events, before, number = [], -1, 0
    file = Lines(folder, 'ledger.jsonl', MAX_LEDGER_LINE)
    try:
        while True:
            line = file.next()
            if line is None:
                break
            number += 1
            where = f'Line {number} of ledger.jsonl.'
            value = parse_ledger_line(line)
            leaf_bytes = value['event'].encode('utf-8') if value else b''
            event = decode_event(leaf_bytes) if value else None
            if event is None or value['index'] <= before or event['seq'] != value['index']:
                raise Failure('bad-ledger', where)
            head = value.get('head')
            if not is_opened(event, head, recording):
                raise Failure('bad-ledger', where)
            if event['installation'] != installation or not belongs_to(event, head, recording, people):
                raise Failure('bad-ledger', where)
            if value['index'] >= size:
                raise Failure('short-proof', where)
            root = root_from_inclusion(sha256(b'\x00', leaf_bytes), value['index'], size, [bytes.fromhex(node) for node in value['path']])
            if root is None:
                raise Failure('short-proof', where)
            if root.hex() != ledger_root:
                raise Failure('bad-proof', where)
            before = value['index']
            events.append((event, head))
        if file.torn:
            raise Failure('bad-ledger', f'Line {number + 1} of ledger.jsonl.')
        digests['ledger.jsonl'] = file.digest()
    finally:
        file.close()
    return ledger_story(events, recording)


def is_kids(value):
    return isinstance(value, list) and all(map(is_kid, value))


def read_start(event, detail):
    good = is_match(event.get('person'), PERSON_ID) and is_kids(detail.get('recipients')) and is_hex(detail.get('policySha256'), 64)
    good = good and is_one_of(detail.get('role'), ROLES) and is_one_of(detail.get('class'), CLASSES) and is_one_of(detail.get('reason'), REASONS)
    glass = detail.get('breakGlass')
    # Left out where there is none, so null is none either.
    good = good and ('breakGlass' not in detail or is_match(glass, 'b-[0-9a-f]{12}'))
    if not good:
        return None
    start = {name: detail[name] for name in ('recipients', 'policySha256', 'role', 'class', 'reason')}
    return dict(start, seq=event['seq'], time=milliseconds(event['time']), person=event['person'], breakGlass=glass)


def read_certifier(event, after, bad):
    """(id, thumbprint of the signing key) of who certified these keys, by their signature; 'nobody' where it is not good, None where nobody is named."""
    detail = event['detail']
    if all(name not in detail for name in ('by', 'byKey', 'signature')):
        return None
    if not is_match(detail.get('by'), PERSON_ID) or not is_match(detail.get('byKey'), BYTES_64) or not is_match(detail.get('signature'), BYTES_64):
        raise bad
    facts = [detail[name] for name in ('encryptionKey', 'signingKey', 'record', 'slots', 'by')]
    key = signer_of(['wardmux/v1/person-keys', event['installation'], event['person']] + facts + [after], detail['byKey'], detail['signature'])
    return (detail['by'], key) if key is not None else 'nobody'


def signer_of(values, key, signature):
    """Thumbprint of the key that has signed the JSON of these values; None where it has not."""
    point, signed = b'\x04' + base64.urlsafe_b64decode(key + '=='), base64.urlsafe_b64decode(signature + '==')
    r, s = int.from_bytes(signed[:32], 'big'), int.from_bytes(signed[32:], 'big')
    return thumbprint(point) if p256_verify(point, compact(values).encode('utf-8'), r, s) else None


def read_agreement(event, bad):
    """[(id, thumbprint of the signing key)] of the two who took a policy into force together, where the event names two; [] where it does not."""
    detail, pattern = event.get('detail', {}), 'p-[0-9a-f]{12}'
    if all(name not in detail for name in ('second', 'secondKey', 'secondSignature', 'asked')):
        return []
    good = is_match(event.get('person'), pattern) and is_match(detail.get('second'), pattern) and is_hex(detail.get('previousSha256'), 64)
    good = good and is_moment(detail.get('asked')) and all(is_match(detail.get(name), BYTES_64) for name in ('byKey', 'signature', 'secondKey', 'secondSignature'))
    if not good:
        raise bad
    values = ['wardmux/v1/policy', event['installation'], detail['previousSha256'], detail['sha256'], event['person'], detail['asked']]
    one, other = signer_of(values, detail['byKey'], detail['signature']), signer_of(values, detail['secondKey'], detail['secondSignature'])
    passed = milliseconds(event['time']) - milliseconds(detail['asked'])
    if detail['second'] == event['person'] or one is None or other is None or not 0 <= passed <= AGREE_MS:
        raise Failure('contradiction', f'Event {event["seq"]} was not agreed to by two people, as it says.')
    return [(event['person'], one), (detail['second'], other)]


def read_rebinding(event, known, after, bad):
    """[(id, thumbprint of the signing key)] of the two who gave somebody new keys together. known: (seq, encryption key, signing key) before; after: number of
    the event that gave them or changed their slots last."""
    detail, person = event['detail'], event['person']
    good = is_one_of(detail.get('checked'), CHECKED) and is_match(detail.get('by'), PERSON_ID) and is_match(detail.get('second'), PERSON_ID)
    good = good and is_moment(detail.get('asked'))
    if not good or not all(is_match(detail.get(name), BYTES_64) for name in ('byKey', 'signature', 'secondKey', 'secondSignature', 'formerKey')):
        raise bad
    facts = [detail[name] for name in ('encryptionKey', 'signingKey', 'record', 'slots', 'checked', 'by')]
    values = ['wardmux/v1/person-rebind', event['installation'], person] + facts + [after, detail['asked']]
    one, other = signer_of(values, detail['byKey'], detail['signature']), signer_of(values, detail['secondKey'], detail['secondSignature'])
    passed = milliseconds(event['time']) - milliseconds(detail['asked'])
    agreed = one is not None and other is not None and 0 <= passed <= AGREE_MS and len({person, detail['by'], detail['second']}) == 3
    # Both keys are new, and those before are the ones that they take the place of.
    agreed = agreed and known is not None and thumbprint(b'\x04' + base64.urlsafe_b64decode(detail['formerKey'] + '==')) == known[2]
    if not agreed or detail['encryptionKey'] == known[1] or detail['signingKey'] == known[2]:
        raise Failure('contradiction', f'Event {event["seq"]} gives new keys that two people have not agreed to.')
    return [(detail['by'], one), (detail['second'], other)]


def is_head(action, person, detail):
    """A head event has the fields of its kind, and names who opened the recording with a key."""
    if action == 'recording.recovered' and not is_match(person, PERSON_ID):
        return False
    good = is_count(detail.get('size')) and is_hex(detail.get('root'), 64)
    if action == 'recording.segment':
        good = good and is_count(detail.get('segment')) and is_count(detail.get('firstSeq'))
    if action == 'recording.end':
        good = good and isinstance(detail.get('reason'), str) and is_count(detail.get('outputBytes')) and is_count(detail.get('durationMs'))
    return good and ('signedBefore' not in detail or is_count(detail['signedBefore']))


def broken_rule(state, action, detail, recording):
    """Why an event cannot follow what the ledger said of the recording before; None where it can. See "What recordings may say"."""
    if state is None:
        return f'states a head of recording {recording}, which has not begun'
    closed, size, root = state['closed'], detail['size'], detail['root']
    if closed and (closed == 'recording.end' or action != 'recording.recovered'):
        return f'states a head of recording {recording} after its {closed}'
    if size < state['size']:
        return f'says that recording {recording} has {size} records, and {state["size"]} were signed for before'
    if root != EMPTY_ROOT if size == 0 else size == state['size'] and root != state['root']:
        return f'gives the {size} records of recording {recording} another root than the one that was signed for before'
    if action == 'recording.segment' and (detail['segment'] <= state['segment'] or detail['firstSeq'] >= size):
        return f'names a segment of recording {recording} that cannot follow segment {state["segment"]}'
    return None


def certify(people, certifiers, seq, who, key):
    known = people.get(who)
    if known is not None and known[-1][2] != key:
        raise Failure('contradiction', f'Event {seq} is certified with a key that is not that of the person it names.')
    if known is None:
        certifiers.append((seq, who, key))


def read_erased(event, owner):
    """{span, signers, after} of an erasure that two have signed; None for what does not say it as this version does. signers: [(id, thumbprint of the key)]."""
    detail, by = event.get('detail', {}), event.get('person')
    length, after = detail.get('lengthMs'), detail.get('after')
    good = is_match(by, PERSON_ID) and all(is_match(detail.get(name), PERSON_ID) for name in ('owner', 'second'))
    good = good and is_moment(detail.get('began')) and is_moment(detail.get('asked')) and is_one_of(detail.get('reason'), ERASURE_REASONS)
    good = good and all(is_count(detail.get(name)) for name in ('size', 'fromMs', 'toMs', 'pieces', 'records'))
    good = good and all(value is None or is_count(value) for value in (length, after)) and all(is_hex(detail.get(name), 64) for name in ('root', 'sha256'))
    good = good and all(is_match(detail.get(name), BYTES_64) for name in ('byKey', 'signature', 'secondKey', 'secondSignature'))
    if not good or detail['fromMs'] > detail['toMs'] or len({by, detail['second'], owner}) < 3:
        return None
    values = ['wardmux/v1/recording-erased', event['installation'], detail['recording'], detail['owner'], detail['began'], length, detail['size'], detail['root']]
    values += [detail[name] for name in ('fromMs', 'toMs', 'pieces', 'records', 'sha256', 'reason')] + [by, after, detail['asked']]
    one, other = signer_of(values, detail['byKey'], detail['signature']), signer_of(values, detail['secondKey'], detail['secondSignature'])
    if one is None or other is None or not 0 <= milliseconds(event['time']) - milliseconds(detail['asked']) <= AGREE_MS:
        return None
    span = {'by': by, 'second': detail['second'], 'time': event['time'], 'reason': detail['reason']}
    span.update({name: detail[name] for name in ('fromMs', 'toMs', 'pieces')})
    return {'span': span, 'signers': [(by, one), (detail['second'], other)], 'after': after}


def erased_spans(erasures, trust):
    """What two have signed whom the trust file knows by these keys, each behind the one before it that counts; and the numbers of other events that say so."""
    erased, uncounted, last = [], [], None
    for seq, agreed in erasures:
        if agreed is None or agreed['after'] != last or any(key not in [one for _, one in signing_keys(trust, who)] for who, key in agreed['signers']):
            uncounted.append(seq)
        else:
            erased.append(agreed['span'])
            last = seq
    return erased, uncounted


def ledger_story(events, recording):
    """Who began the recording and how, how far it goes, how it ended, and which policies were in force."""
    heads, signed_at, segments, policies, people, certifiers, entered = [], [], [], [], {}, [], {}
    start = end = last = signed_before = state = None
    damaged, erasures, recovered_by, imported = 0, [], [], None
    for event, opening in events:
        action, detail, seq = event['action'], event.get('detail', {}), event['seq']
        bad = Failure('bad-ledger', f'Event {seq} does not have the fields of its kind.')
        if action == 'policy.change':
            if not is_hex(detail.get('sha256'), 64) or not is_kids(detail.get('auditKeys')):
                raise bad
            if 'previousSha256' in detail and (not policies or detail['previousSha256'] != policies[-1][1]):
                raise Failure('bad-policy', f'Event {seq} took the place of another one than the last that is shown before it.')
            for who, key in read_agreement(event, bad):
                certify(people, certifiers, seq, who, key)
            policies.append((seq, detail['sha256'], detail['auditKeys'], milliseconds(event['time'])))
        if action == 'person.keys':
            good = is_match(event.get('person'), PERSON_ID) and is_kid(detail.get('encryptionKey')) and is_kid(detail.get('signingKey'))
            if not good or not is_hex(detail.get('record'), 64) or not is_hex(detail.get('slots'), 64):
                raise bad
            known, keys = people.get(event['person']), (seq, detail['encryptionKey'], detail['signingKey'])
            if detail.get('change') == 'rebound':
                for who, key in read_rebinding(event, known[-1] if known else None, entered.get(event['person']), bad):
                    certify(people, certifiers, seq, who, key)
                known.append(keys)
            else:
                certifier = read_certifier(event, entered.get(event['person']), bad)
                # Of the first person only there is nobody but the installation to certify them, and nobody enrols themselves.
                own = certifier is not None and certifier[0] == event['person']
                if certifier == 'nobody' or (certifier is None and people) or (own and known is None):
                    raise Failure('contradiction', f'Event {seq} gives keys that nobody has certified.')
                if certifier is not None:
                    certify(people, certifiers, seq, *certifier)
                people.setdefault(event['person'], [keys])
            entered[event['person']] = seq
        if opening is not None:
            detail = {'recording': recording, 'size': opening['size'], 'root': opening['root']}
        if detail.get('recording') != recording:
            continue
        damaged += action == 'recording.damaged'
        if action == ERASED:
            agreed = read_erased(event, start['person'] if start is not None else None)
            if agreed is not None and any(who in people and people[who][-1][2] != key for who, key in agreed['signers']):
                agreed = None
            erasures.append((seq, agreed))
        if action == 'recording.start':
            if state is not None:
                raise Failure('contradiction', f'Event {seq} starts recording {recording} a second time.')
            start = read_start(event, detail)
            if start is None:
                raise bad
            state = {'size': 0, 'root': EMPTY_ROOT, 'segment': 0, 'closed': None}
            if 'imported' in detail:
                # A word of a later version is still an import.
                imported = detail['imported'] if is_one_of(detail['imported'], IMPORT_KINDS) else 'unknown'
        if action != HEADS and action not in HEAD_ACTIONS:
            continue
        if not is_head(action, event.get('person'), detail):
            raise bad
        why = broken_rule(state, action, detail, recording)
        if why is not None:
            raise Failure('contradiction', f'Event {seq} {why}.')
        before, size = state['size'], detail['size']
        state = dict(state, size=size, root=detail['root'])
        if action == 'recording.segment':
            state['segment'] = detail['segment']
            segments.append((detail['segment'], detail['firstSeq']))
        if action in CLOSING_STATES:
            state['closed'] = action
        if action == 'recording.recovered' and event['person'] not in recovered_by:
            recovered_by.append(event['person'])
        if action == 'recording.end':
            end = (detail['reason'], detail['outputBytes'], size)
        # What follows a closing after a crash makes nothing older: the first one decides.
        if signed_before is None and ('signedBefore' in detail or action == 'recording.recovered'):
            signed_before = min(before, detail.get('signedBefore', before))
        heads.append((size, detail['root']))
        signed_at.append((size, seq))
        last = action
    if start is None or all(size == 0 for size, _ in heads):
        raise Failure('no-head', 'None of the records is signed for.')
    return {
        'start': start,
        'heads': heads,
        'signed_at': signed_at,
        'segments': segments,
        'end': end,
        'signed_before': signed_before,
        'recovered_by': recovered_by,
        'damaged': damaged,
        'erasures': erasures,
        'imported': imported,
        'state': CLOSING_STATES.get(last, 'open'),
        'policies': policies,
        'people': people,
        'certifiers': certifiers,
    }


def decode_piece(data):
    """(code, microseconds, data) of a piece: u8 code, u64 time, u32 length, data. None for anything else, and for a snapshot, which is never disclosed."""
    if len(data) < 13 or int.from_bytes(data[9:13], 'big') != len(data) - 13:
        return None
    code, time = chr(data[0]), int.from_bytes(data[1:9], 'big')
    return (code, time, data[13:]) if code in EVENT_CODES and code != 'n' and time <= MAX_SAFE_INTEGER else None


class Frame:
    __slots__ = ('seq', 'mono', 'wall', 'leaf', 'commitment', 'body', 'header', 'pieces')


def read_piece(piece):
    """A piece as its writer makes it, or None."""
    if not isinstance(piece, dict):
        return None
    if is_hex(piece.get('salt'), 64):
        if 'bytes' not in piece:
            return {'salt': piece['salt']}
        return {'salt': piece['salt'], 'bytes': piece['bytes']} if isinstance(piece['bytes'], str) else None
    code, digest, reason = piece.get('code'), piece.get('digest'), piece.get('reason')
    good = isinstance(code, str) and len(code) == 1 and code in WITHHELD_CODES and is_hex(digest, 64) and is_one_of(reason, WITHHELD_REASONS)
    return {'code': code, 'digest': digest, 'reason': reason} if good and (code == 'n') == (reason == 'snapshot') else None


def unhex(text, length):
    """The bytes of so many lower-case hexadecimal digits, which are bytes themselves; None for anything else."""
    try:
        data = binascii.a2b_hex(text)
    except binascii.Error:
        return None
    return data if len(text) == length and binascii.b2a_hex(data) == text else None


def read_plain(line):
    """(head, body, pieces) of a line as nearly all are: a sealed record with nothing withheld. None for any other, which may be good all the same.

    Where there is no backslash, what stands between two quotes is a string. Each token is compared, or is read as digits or base64
    of which there is one text: so the line is the one text of what comes back, and need not be written again to show it.
    """
    tokens = line.split(b'"')
    if b'\\' in line or [*tokens[:3], *tokens[4:7], *tokens[8:11]] != [b'{', b'head', b':', b',', b'body', b':', b',', b'pieces', b':[{']:
        return None
    covered, body = unhex(tokens[3], 120), unhex(tokens[7], 64)
    pieces, at, then = [], 11, b'},{'
    while then == b'},{' and len(tokens) >= at + 4:
        name, colon, salt, then = tokens[at : at + 4]
        piece = {'salt': unhex(salt, 64)}
        at += 4
        if then == b',' and len(tokens) >= at + 4 and tokens[at : at + 2] == [b'bytes', b':']:
            piece['bytes'], then = b64_bytes(tokens[at + 2]), tokens[at + 3]
            at += 4
        if name != b'salt' or colon != b':' or None in piece.values():
            return None
        pieces.append(piece)
    whole = then == b'}]}' and at == len(tokens) and covered is not None and body is not None
    return (covered, body, pieces) if whole and covered[24:28] == b'\0\0\0\1' else None


def open_piece(piece):
    """A piece of `read_piece` with its bytes; None in the place of base64 that is none, which is told when it is reached."""
    if 'digest' in piece:
        return dict(piece, digest=bytes.fromhex(piece['digest']))
    opened = {'salt': bytes.fromhex(piece['salt'])}
    return dict(opened, bytes=b64(piece['bytes'])) if 'bytes' in piece else opened


def parse_evidence(line, number):
    """One record, read and not yet compared with anything."""
    bad = Failure('bad-evidence', f'Line {number} of evidence.jsonl.')
    plain, value = read_plain(line), None
    if plain is None:
        text, value = read_line_value(line)
        if value is None or not is_hex(value.get('head'), 120) or not is_hex(value.get('body'), 64):
            raise bad
        plain = bytes.fromhex(value['head']), bytes.fromhex(value['body']), []
    frame = Frame()
    covered, frame.body, frame.pieces = plain
    frame.seq, frame.mono, frame.wall = (int.from_bytes(covered[i : i + 8], 'big') for i in (0, 8, 16))
    frame.commitment, frame.header = covered[28:], None
    if frame.seq > MAX_SAFE_INTEGER or frame.wall > MAX_SAFE_INTEGER:
        raise bad
    frame.leaf = sha256(b'\x00', covered, frame.body)
    if value is None:
        return frame
    again, kind = {'head': value['head'], 'body': value['body']}, int.from_bytes(covered[24:28], 'big')
    if kind == 0:
        header = value.get('header')
        if not isinstance(header, str) or not well_formed(header):
            raise bad
        frame.header = header.encode('utf-8')
        again['header'] = header
    else:
        if kind != 1 or not isinstance(value.get('pieces'), list) or not value['pieces']:
            raise bad
        again['pieces'] = [read_piece(piece) for piece in value['pieces']]
        if None in again['pieces']:
            raise bad
        frame.pieces = [open_piece(piece) for piece in again['pieces']]
    # One text for one record: no two readers can see different records in a line.
    if compact(again) != text:
        raise bad
    return frame


# ---------------------------------------------------------------------------------------------------------------------
# Events: what they hold, and what may follow what


def is_word(value):
    return is_match(value, '[a-z][a-z0-9-]{0,31}')


def is_cells(value):
    return is_int(value) and 1 <= value <= MAX_CELLS


# Members, in their order, of the events whose data are an object.
OBJECTS = {
    's': {
        'command': lambda value: isinstance(value, list) and len(value) > 0 and all(isinstance(part, str) for part in value),
        'cwd': lambda value: isinstance(value, str),
        'cols': is_cells,
        'rows': is_cells,
        'term': lambda value: isinstance(value, str),
        'version': lambda value: is_match(value, '[0-9A-Za-z.+-]{1,40}'),
    },
    'l': {'cause': is_word},
    'u': {
        'person': lambda value: is_match(value, PERSON_ID),
        'method': is_word,
        'role': lambda value: is_one_of(value, ROLES),
        'reason': lambda value: is_one_of(value, REASONS),
        'breakGlass': lambda value: value is None or is_match(value, 'b-[0-9a-f]{12}'),
    },
    'g': {'bytes': is_count, 'reason': is_word},
    'x': {'code': is_int, 'signal': is_int},
    'e': {'reason': lambda value: is_one_of(value, END_REASONS)},
}


def read_object(code, data):
    checks = OBJECTS[code]
    value = parse_one_object(data)
    return value if members(value, tuple(checks)) and all(check(value[name]) for name, check in checks.items()) else None


def is_event_data(code, data):
    if code in 'oi':
        return len(data) > 0
    if code == 'm':
        try:
            return len(data) > 0 and data.decode('utf-8') is not None
        except ValueError:
            return False
    if code == 'r':
        size = re.fullmatch(rb'([1-9][0-9]{0,3})x([1-9][0-9]{0,3})', data)
        return size is not None and int(size[1]) <= MAX_CELLS and int(size[2]) <= MAX_CELLS
    return read_object(code, data) is not None


class EventOrder:
    """What may follow what. Each method returns None, or (code, sentence) of what is wrong."""

    def __init__(self):
        self.mono = self.time = 0
        self.segment = -1
        self.due = None
        self.started = self.exited = self.ended = False

    def frame(self, seq, mono, is_header):
        if mono < self.mono:
            return 'bad-time', f'Record {seq} is older than the one before it.'
        self.mono = mono
        if self.ended:
            return 'bad-events', f'Record {seq} stands after the end of the recording.'
        if not is_header:
            return None
        if self.due is not None:
            return 'bad-events', f'Record {seq} begins a segment, and the one before it holds no record.'
        self.segment += 1
        self.due = 's' if self.segment == 0 else 'r'
        return None

    def piece(self, seq, code):
        def wrong(why):
            return 'bad-events', f'Record {seq} {why}.'

        if self.ended:
            return wrong('goes on after the end of the recording')
        if self.due is not None and code != self.due:
            if self.due == 's':
                return wrong('is the first of the recording, and does not begin with its start')
            return wrong('is the first of a segment, and does not begin with the size of the terminal')
        if code == 's' and self.started:
            return wrong('holds a second start')
        # The size at the beginning of a segment may come between the exit and the end, and nothing else does.
        if self.exited and code != 'e' and self.due != 'r':
            return wrong('goes on after the exit of the program')
        self.due = None
        self.started = self.started or code == 's'
        self.exited = self.exited or code == 'x'
        self.ended = self.ended or code == 'e'
        return None

    def event(self, seq, code, time, data):
        """`data` is None for the text of an output."""
        if time < self.time:
            return 'bad-time', f'An event of record {seq} is older than the one before it.'
        if time * 1000 > self.mono:
            return 'bad-time', f'An event of record {seq} is younger than its record.'
        self.time = time
        if data is not None and not is_event_data(code, data):
            return 'bad-events', f'An event of record {seq} holds what its kind does not have.'
        if data is not None and code == 'e' and read_object('e', data)['reason'] == 'exit' and not self.exited:
            return 'bad-events', f'Record {seq} ends the recording with the exit of its program, and none stands before it.'
        return None


MARKERS = {'l': 'locked', 'u': 'unlocked', 'g': 'gap', 'x': 'exit', 'e': 'end'}


# Lowest and highest second byte after these lead bytes (Unicode, table 3-7); 0x80 to 0xBF after any other.
SECOND_BYTES = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}


def unfinished(data):
    """How many bytes at the end begin a character that is not complete yet: 0 to 3."""
    for back in range(1, min(3, len(data)) + 1):
        lead = data[-back]
        if 0x80 <= lead <= 0xBF:
            continue
        length = 2 if 0xC2 <= lead <= 0xDF else 3 if 0xE0 <= lead <= 0xEF else 4 if 0xF0 <= lead <= 0xF4 else 0
        if back >= length:
            return 0
        low, high = SECOND_BYTES.get(lead, (0x80, 0xBF))
        return back if back == 1 or low <= data[1 - back] <= high else 0
    return 0


class Decoder:
    """UTF-8 in pieces, U+FFFD for each maximal invalid part. Python's own incremental decoder holds surrogates back."""

    def __init__(self):
        self.held = b''

    def decode(self, data, final=False):
        data = self.held + data
        keep = 0 if final else unfinished(data)
        self.held = data[len(data) - keep :]
        return data[: len(data) - keep].decode('utf-8', 'replace')


def cast_line(time, code, text):
    if text == '':
        return ''
    quoted = json.dumps(text, ensure_ascii=False)
    return f'[{time // 1000000}.{time % 1000000:06d}, "{code}", {quoted}]\n'


class Cast:
    """session.cast from the evidence: asciicast v2."""

    def __init__(self, recording, wall_ms):
        self.recording = recording
        self.timestamp = wall_ms // 1000
        self.decoders = {code: Decoder() for code in 'oi'}
        self.times = {'o': 0, 'i': 0}

    def head(self, start):
        """Line 1. `start`: data of the start event; None where it is withheld or missing."""
        value = read_object('s', start) if start is not None else None
        cols, rows, term = (value['cols'], value['rows'], value['term']) if value else (80, 24, 'xterm-256color')
        head = {'version': 2, 'width': cols, 'height': rows, 'timestamp': self.timestamp, 'title': f'Wardmux {self.recording}', 'env': {'TERM': term}}
        return compact(head) + '\n'

    def is_text(self, data):
        """Whether an output event is the text of its line: then the evidence does not repeat it."""
        if self.decoders['o'].held or not data:
            return False
        try:
            data.decode('utf-8')
            return True
        except ValueError:
            return False

    def line(self, code, time, data):
        if code in 'oi':
            self.times[code] = time
            return cast_line(time, code, self.decoders[code].decode(data))
        if code in 'rm':
            return cast_line(time, code, data.decode('utf-8', 'replace'))
        return cast_line(time, 'm', MARKERS[code]) if code in MARKERS else ''

    def end(self):
        """What cut characters leave."""
        return ''.join(cast_line(self.times[code], code, self.decoders[code].decode(b'', True)) for code in 'oi')


TEXT_LINE = re.compile(rb'\[(0|[1-9][0-9]{0,9})\.([0-9]{6}), "o", (".+")\]', re.DOTALL)


def read_text_line(line):
    """(microseconds, data) of the line of an output event; None where it is not the one text of one with text in it."""
    match = TEXT_LINE.fullmatch(line)
    if match is None:
        return None
    time = int(match[1]) * 1000000 + int(match[2])
    data = read_text(match[3])
    return (time, data) if data and time <= MAX_SAFE_INTEGER else None


# What the writer escapes of what terminals are full of. The backslash comes first, because the others begin with one.
ESCAPES = ((b'\\', b'\\\\'), (b'"', b'\\"'), (b'\n', b'\\n'), (b'\r', b'\\r'), (b'\t', b'\\t'), (b'\b', b'\\b'), (b'\x1b', b'\\u001b'), (b'\x07', b'\\u0007'))


def read_text(quoted):
    """The UTF-8 of a JSON string, of which these bytes, quotes included, have to be the one text; None where they are not.

    The one text escapes single bytes and leaves the others as they are, so it is read as bytes, that is as Latin-1: reading it as
    characters takes three times as long where some lie beyond that. To show that it is the one text it is written again, by
    replacing each byte that is escaped. Bytes that are escaped and not in ESCAPES are in no text that was read, so where there is
    one the two differ, and json decides.
    """
    try:
        data = JSON.decode(quoted.decode('latin-1')).encode('latin-1')
        if not data.isascii():
            data.decode('utf-8')
    except (ValueError, RecursionError):
        return None
    again = data
    for byte, escaped in ESCAPES:
        again = again.replace(byte, escaped)
    if again == quoted[1:-1] or json.dumps(data.decode('latin-1'), ensure_ascii=False).encode('latin-1') == quoted:
        return data
    return None


HEADER_FIELDS = (
    'format',
    'version',
    'recording',
    'installation',
    'person',
    'role',
    'class',
    'reason',
    'breakGlass',
    'segment',
    'firstSeq',
    'outputOffset',
    'started',
    'policySha256',
    'recipients',
)


def is_segment_jwe(jwe, kid):
    """Whether this is a segment's secret, wrapped for that key, as far as it can be seen without the key."""
    match = re.fullmatch(r'([A-Za-z0-9_-]{1,1024})\.\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{22}', jwe) if isinstance(jwe, str) else None
    if match is None or len(match[1]) % 4 == 1:
        return False
    data = base64.urlsafe_b64decode(match[1] + '=' * (-len(match[1]) % 4))
    if base64.urlsafe_b64encode(data).decode('ascii').rstrip('=') != match[1]:
        return False
    head = parse_one_object(data)
    if not members(head, ('alg', 'enc', 'kid', 'epk')) or head['alg'] != 'ECDH-ES' or head['enc'] != 'A256GCM' or head['kid'] != kid:
        return False
    epk = head['epk']
    return members(epk, ('x', 'crv', 'kty', 'y')) and epk['crv'] == 'P-256' and epk['kty'] == 'EC' and is_kid(epk['x']) and is_kid(epk['y'])


def read_header(body):
    """A segment header whose every field is as the page says, or None."""
    header = parse_one_object(body)
    if not members(header, HEADER_FIELDS) or header['format'] != 'wardmux-segment' or not is_int(header['version']) or header['version'] != 1:
        return None
    good = is_match(header['recording'], r'[0-9]{8}-[0-9]{6}-[0-9a-f]{8}') and is_match(header['installation'], 'w-[0-9a-f]{12}')
    good = good and is_match(header['person'], PERSON_ID)
    good = good and is_one_of(header['role'], ROLES) and is_one_of(header['class'], CLASSES) and is_one_of(header['reason'], REASONS)
    good = good and (header['breakGlass'] is None or is_match(header['breakGlass'], 'b-[0-9a-f]{12}'))
    good = good and all(is_count(header[name]) for name in ('segment', 'firstSeq', 'outputOffset'))
    good = good and is_moment(header['started']) and is_hex(header['policySha256'], 64) and is_list(header['recipients'], 1, MAX_RECIPIENTS)
    for entry in header['recipients'] if good else []:
        good = good and members(entry, ('kid', 'role', 'jwe')) and is_kid(entry['kid']) and is_one_of(entry['role'], ('owner', 'audit'))
        good = good and is_segment_jwe(entry['jwe'], entry['kid'])
    good = good and is_unique([entry['kid'] for entry in header['recipients']])
    good = good and sum(entry['role'] == 'owner' for entry in header['recipients']) <= 1
    return header if good else None


class OutputCount:
    """Output counted against what each segment says was before it."""

    def __init__(self):
        self.wrong = None
        self.before = self.disclosed = self.withheld = 0

    def header(self, segment, offset):
        if not self.fits(offset) and self.wrong is None:
            self.wrong = segment
        self.before, self.disclosed, self.withheld = offset, 0, 0

    def fits(self, total):
        """Whether so many bytes in all can be the output up to here. A withheld piece has one byte or more."""
        least = self.before + self.disclosed + self.withheld
        return total >= least if self.withheld > 0 else total == least


class Walk:
    """The walk through evidence.jsonl, with session.cast beside it."""

    def __init__(self, recording, installation, wanted, cast):
        self.recording, self.installation, self.wanted, self.file = recording, installation, wanted, cast
        self.tree, self.roots, self.headers = Tree(), {}, []
        self.output, self.order, self.cast = OutputCount(), EventOrder(), None
        self.headed = False
        self.records = self.segments = self.output_bytes = self.disclosed = self.withheld = 0
        self.end_reason = None
        # The first of each kind; which of them is told is decided after the last line, by the order of the checks.
        self.text_failure = self.header_failure = self.event_failure = None
        # What is wrong with the end of session.cast: told late, because records that are missing at the end make it too.
        self.cast_failure = None
        self.misplaced = None
        self.due_stands_later = False

    def frame(self, frame):
        if self.misplaced is not None:
            self.due_stands_later = self.due_stands_later or frame.seq == self.misplaced[0]
        elif frame.seq != self.records:
            self.misplaced = (self.records, frame.seq)
        self.records += 1
        self.tree.append(frame.leaf)
        if self.tree.size in self.wanted:
            self.roots[self.tree.size] = self.tree.root().hex()
        # What does not stand where it was sealed, or is not what was sealed, is nothing to read.
        if self.misplaced is not None or self.text_failure is not None:
            return
        if self.cast is None:
            self.cast = Cast(self.recording, frame.wall)
        self.told(self.order.frame(frame.seq, frame.mono, frame.header is not None))
        if frame.header is not None:
            self.header(frame)
        else:
            self.record(frame)

    def end(self):
        """After the last line."""
        if self.misplaced is not None or self.text_failure is not None or self.cast is None:
            return
        self.head(None)
        self.expect(self.cast.end())
        if (self.file.next() is not None or self.file.torn) and self.text_failure is None:
            self.text_failure = Failure('bad-cast', 'It goes on after the last event.')
        self.cast_failure, self.text_failure = self.text_failure, None

    def told(self, wrong):
        if wrong is not None and self.event_failure is None:
            self.event_failure = Failure(*wrong)

    def header(self, frame):
        digest = sha256(frame.header)
        if digest != frame.body or digest != frame.commitment:
            self.text_failure = Failure('bad-commitment', f'Record {frame.seq}.')
            return
        header = read_header(frame.header)
        first = self.headers[0] if self.headers else header
        good = header is not None and header['recording'] == self.recording and header['installation'] == self.installation
        good = good and header['person'] == first['person'] and header['started'] == first['started']
        good = good and header['segment'] == self.segments and header['firstSeq'] == frame.seq
        if good:
            self.headers.append(header)
            self.output.header(self.segments, header['outputOffset'])
        elif self.header_failure is None:
            value = parse_one_object(frame.header)
            newer = value is not None and is_newer(value, 'wardmux-segment')
            self.header_failure = Failure('newer-version' if newer else 'bad-header', f'Record {frame.seq}, segment {self.segments}.')
        self.segments += 1

    def record(self, frame):
        if self.segments == 0 and self.header_failure is None:
            self.header_failure = Failure('bad-header', f'Record {frame.seq} stands before the first segment.')
        bad = Failure('bad-evidence', f'Record {frame.seq} is not written as it has to be.')
        digests, pieces = [], []
        for piece in frame.pieces:
            if 'digest' in piece:
                code, seal, event = piece['code'], piece['digest'], None
                if code == 's':
                    self.head(None)
            elif 'bytes' in piece:
                data = piece['bytes']
                event = decode_piece(data) if data is not None else None
                if event is None or (event[0] == 'o' and self.cast.is_text(event[2])):
                    self.text_failure = bad
                    return
                code, seal = event[0], sha256(piece['salt'], data)
                if code == 's':
                    self.head(event[2])
                else:
                    self.expect(self.cast.line(*event))
            else:
                self.head(None)
                line = self.file.next()
                read = read_text_line(line) if line is not None and not self.cast.decoders['o'].held else None
                if read is None:
                    self.text_failure = self.text_failure or Failure('bad-cast', f'The text of record {frame.seq} does not stand in it.')
                    return
                time, data = read
                code, event = 'o', ('o', time, data)
                seal = sha256(piece['salt'] + b'o' + time.to_bytes(8, 'big') + len(data).to_bytes(4, 'big'), data)
                self.cast.times['o'] = time
            if self.text_failure is not None:
                return
            digests.append(sha256(code.encode('ascii'), seal))
            pieces.append((code, event, 'bytes' in piece))
        if sha256(*digests) != frame.commitment:
            self.text_failure = Failure('bad-commitment', f'Record {frame.seq}.')
            return
        # Events are only looked at when they are what was sealed; until then they are somebody's claim.
        for code, event, whole in pieces:
            wrong = self.order.piece(frame.seq, code)
            if wrong is None and event is not None:
                wrong = self.order.event(frame.seq, code, event[1], event[2] if whole else None)
            self.told(wrong)
            if event is None:
                self.withheld += 1
                self.output.withheld += code == 'o'
                continue
            self.disclosed += 1
            if code == 'o':
                self.output_bytes += len(event[2])
                self.output.disclosed += len(event[2])
            elif code == 'e':
                value = read_object('e', event[2])
                self.end_reason = value['reason'] if value else None

    def head(self, start):
        """Line 1 of session.cast, once: before the first line, or with the start event."""
        if not self.headed:
            self.headed = True
            self.expect(self.cast.head(start))

    def expect(self, text):
        """The next lines of session.cast are these."""
        if text == '':
            return
        self.head(None)
        for expected in text[:-1].split('\n'):
            if self.file.next() != expected.encode('utf-8'):
                self.text_failure = self.text_failure or Failure('bad-cast', 'It is not the text that follows from the evidence.')
                return


def check_evidence(folder, recording, installation, ledger, step, digests):
    file = Lines(folder, 'evidence.jsonl', MAX_EVIDENCE_LINE)
    cast = None
    try:
        cast = Lines(folder, 'session.cast', MAX_EVIDENCE_LINE)
        walk = Walk(recording, installation, {size for size, _ in ledger['heads']}, cast)
        while True:
            line = file.next()
            if line is None:
                break
            walk.frame(parse_evidence(line, walk.records + 1))
        if file.torn or walk.records == 0:
            raise Failure('bad-evidence', f'Line {walk.records + (1 if file.torn else 0)} of evidence.jsonl.')
        walk.end()
        if walk.misplaced is not None:
            due, found = walk.misplaced
            code = 'duplicated-record' if found < due else 'reordered-records' if walk.due_stands_later else 'missing-record'
            raise Failure(code, f'Record {due} is due, and record {found} stands there.')
        step('order of the records')
        if walk.text_failure:
            raise walk.text_failure
        step('disclosed texts and session.cast')
        if walk.header_failure:
            raise walk.header_failure
        step('segment headers')
        digests['evidence.jsonl'] = file.digest()
        digests['session.cast'] = cast.digest()
        return walk
    finally:
        file.close()
        if cast is not None:
            cast.close()


def check_heads(ledger, walk):
    proven = ledger['heads'][-1][0]
    if proven > walk.records:
        raise Failure('cut', f'The ledger signs for {proven} records, and there are {walk.records}.')
    for size, root in ledger['heads']:
        if size > 0 and walk.roots.get(size) != root:
            raise Failure('bad-root', f'The first {size} records.')
    for segment, first_seq in ledger['segments']:
        if segment >= len(walk.headers) or walk.headers[segment]['firstSeq'] != first_seq:
            raise Failure('contradiction', f'Segment {segment} does not begin at record {first_seq}.')
    return proven


def check_end(ledger, walk):
    """Where the ledger ends the recording, there it ends, and for the same reason."""
    if ledger['end']:
        reason, _, size = ledger['end']
        if size != walk.records or not walk.order.ended:
            raise Failure('contradiction', f'The ledger ends the recording after {size} records, and it does not end there.')
        if reason != walk.end_reason:
            raise Failure('contradiction', 'The ledger has another reason for the end than the recording.')


def check_output(ledger, walk):
    if walk.output.wrong is not None:
        raise Failure('bad-output', f'Segment {walk.output.wrong} counts other output before it than there is.')
    if ledger['end'] is None:
        return None
    counted = ledger['end'][1]
    if not walk.output.fits(counted):
        raise Failure('bad-output', f'The ledger counted {counted} bytes, and there are {walk.output_bytes}.')
    return counted - walk.output_bytes


def kids_of(header, role=None):
    return [entry['kid'] for entry in header['recipients'] if role is None or entry['role'] == role]


def is_in_force(spans, first, until):
    """Whether one span has the event that put the policy into force, and reaches to the other."""
    return any(span['from'] <= first and (span['to'] is None or (first < span['to'] and until <= span['to'])) for span in spans)


def check_recipients(ledger, headers, trust, by):
    """Whoever can open a segment is named by the policy in force and by the trust file; the ledger began the recording as its headers
    say, and knows the exporting person by the same key. Returns whether another policy had come into force before it began,
    and whether its owner can open each segment."""
    start, policies, first = ledger['start'], ledger['policies'], headers[0]
    if first['person'] != start['person']:
        raise Failure('contradiction', f'The recording is that of {first["person"]}, and the ledger says that {start["person"]} began it.')
    if any(first[name] != start[name] for name in ('role', 'class', 'reason', 'breakGlass')):
        raise Failure('contradiction', 'The ledger says that it was opened in another role, place or need.')
    glass = first['breakGlass'] is not None
    if (first['role'] == 'emergency') != glass or (glass and first['reason'] not in EMERGENCY_REASONS):
        raise Failure('contradiction', 'It was opened in the role of emergencies outside of one, or in one in another role or for no reason of its own.')
    if first['policySha256'] != start['policySha256']:
        raise Failure('bad-policy', 'The ledger has another one at the start of the recording.')
    if kids_of(first) != start['recipients']:
        raise Failure('bad-recipients', 'The ledger has others at the start of the recording.')
    trusted = {key['kid']: key['inForce'] for key in trust['auditKeys']}
    own = next((person['kids'] for person in trust['persons'] if person['id'] == first['person']), None)
    if own is None:
        raise Failure('unknown-person', f'The recording is that of {first["person"]}.')
    # Of who exports it the ledger has a key; of its owner it need not have one.
    for who in [by] + ([first['person']] if first['person'] in ledger['people'] else []):
        # Whoever got new keys has them in the order of the trust file, which may have some that came after the bundle.
        known, trusted_keys = ledger['people'].get(who, []), [key for _, key in signing_keys(trust, who)]
        if not known or [keys[2] for keys in known] != trusted_keys[: len(known)]:
            raise Failure('contradiction', f'The ledger has another signing key of {who} than the trust file.')
    for seq, certifier, key in ledger['certifiers']:
        if key not in [trusted_key for _, trusted_key in signing_keys(trust, certifier)]:
            raise Failure('contradiction', f'Event {seq} is certified by {certifier} with a key that the trust file does not have.')
    owned = [keys[1] for keys in ledger['people'].get(first['person'], []) if keys[0] < start['seq']]
    known = owned[-1] if owned else None
    # One that was in force before the start. A later segment may be under a later one, and never under an earlier.
    earlier = [i for i, policy in enumerate(policies) if policy[0] < start['seq']]
    began = max((i for i in earlier if policies[i][1] == first['policySha256']), default=-1)
    replaced = next((policy for policy in policies[began + 1 :] if policy[0] < start['seq']), None)
    if began >= 0 and replaced is not None and start['time'] - replaced[3] > POLICY_OVERLAP_MS:
        raise Failure('bad-policy', 'Another one had come into force more than a minute before the recording began.')
    in_force = began
    for header in headers:
        where = f'Segment {header["segment"]}'
        if header['segment'] > 0:
            later = (i for i in range(in_force, len(policies)) if policies[i][1] == header['policySha256'])
            in_force = next(later, -1)
        if in_force < 0 or policies[in_force][1] != header['policySha256']:
            raise Failure('bad-policy', f'{where}.')
        # By the first event that signs for its header it was written, and so its policy was in force before.
        signed = next((seq for size, seq in ledger['signed_at'] if size > header['firstSeq']), None)
        put = policies[in_force][0]
        if signed is not None and put > signed:
            raise Failure('bad-policy', f'{where} is older than its policy.')
        audit = kids_of(header, 'audit')
        if audit != policies[in_force][2]:
            raise Failure('bad-recipients', f'{where} is sealed to other audit keys than those of its policy.')
        if not audit or any(kid not in trusted for kid in audit):
            raise Failure('bad-recipients', f'{where} is sealed to an audit key that the trust file does not name, or to none.')
        until = put if header['segment'] > 0 else start['seq'] if replaced is None else replaced[0]
        if not all(is_in_force(trusted[kid], put, until) for kid in audit):
            raise Failure('bad-recipients', f'{where} is sealed to an audit key that was not in force then, as the trust file says.')
        if any(kid not in own or kid != known for kid in kids_of(header, 'owner')):
            raise Failure('bad-recipients', f'{where} is sealed to a key that is not that of {header["person"]}.')
    return began < max(earlier, default=-1), all(kids_of(header, 'owner') for header in headers)


def check_sums(sums, digests):
    lines = sums.split('\n')
    last = lines.pop()
    if last != '' or len(lines) != len(SUMMED_FILES):
        raise Failure('bad-sums', f'It has {len(lines)} lines.')
    for number, name in enumerate(SUMMED_FILES):
        if re.fullmatch(r'[0-9a-f]{64}  ' + re.escape(name), lines[number]) is None:
            raise Failure('bad-sums', f'Line {number + 1}.')
    for number, name in enumerate(SUMMED_FILES):
        if digests[name].hex() != lines[number][:64]:
            raise Failure('bad-file', f'{name}.')


def verify(folder, trust_path, step):
    trust = read_trust(trust_path)
    step('trust file')
    check_files(folder)
    step('files of the bundle')
    summary_bytes = read_file(folder, 'recording.json')
    claims = read_summary(summary_bytes)
    installation, recording = trust['installation'], claims['recording']
    if claims['installation'] != installation:
        raise Failure('other-installation', f'It comes from {claims["installation"]}; the trust file is that of {installation}.')
    by = claims['exported']['by']
    person_keys = signing_keys(trust, by)
    if not person_keys:
        raise Failure('unknown-person', f'It was exported by {by}.')
    step('installation and person')

    keys = installation_keys(trust)
    size, root, second, signed_by = check_checkpoint(read_file(folder, 'checkpoint.note'), [notes for _, notes, _ in keys], claims['ledger'])
    head = (size, root)
    step('ledger checkpoint')
    digests = {}
    ledger = check_ledger(folder, claims, head, digests)
    step('ledger proofs')
    walk = check_evidence(folder, recording, installation, ledger, step, digests)
    proven = check_heads(ledger, walk)
    step('records against the ledger')
    if walk.event_failure:
        raise walk.event_failure
    check_end(ledger, walk)
    step('events of the recording')
    withheld_output = check_output(ledger, walk)
    step('amount of output')
    if walk.cast_failure:
        raise walk.cast_failure
    step('end of session.cast')
    policy_replaced, sealed_to_owner = check_recipients(ledger, walk.headers, trust, by)
    erased, uncounted = erased_spans(ledger['erasures'], trust)
    step('policy and recipients')
    first = walk.headers[0]
    summary = {
        'format': 'wardmux-bundle',
        'version': 1,
        'recording': recording,
        'installation': installation,
        'person': first['person'],
        'started': first['started'],
        'state': ledger['state'],
        'records': walk.records,
        'root': walk.tree.root().hex(),
        'proven': proven,
        'outputBytes': walk.output_bytes,
        'pieces': {'disclosed': walk.disclosed, 'withheld': walk.withheld},
        'ledger': {'size': head[0], 'root': head[1]},
        'exported': claims['exported'],
    }
    if summary_text(summary) != summary_bytes:
        raise Failure('bad-summary', 'It does not follow from evidence and ledger.')
    step('recording.json')

    sums = read_file(folder, 'SHA256SUMS')
    name = 'SHA256SUMS.installation.sig'
    verdict, sums_second, sums_by = verify_installation(sums, read_file(folder, name).decode('latin-1'), [halves for _, _, halves in keys])
    if verdict == 'half':
        raise Failure('half-signature', f'{name}: the other one was taken off, or is not of that key.')
    if verdict == 'other-key':
        raise Failure('untrusted-key', f'{name} is made with another key.')
    if verdict != 'good':
        raise Failure('bad-installation-signature', f'{name} or SHA256SUMS was changed.')
    step('signature of the installation')
    name = 'SHA256SUMS.person.sig'
    # That which the ledger had last of them: check_recipients has found it among those that the trust file has.
    person_key = next(parse_ssh_key(ssh) for ssh, key in person_keys if key == ledger['people'][by][-1][2])
    verdict = ssh_verify(sums, read_file(folder, name).decode('latin-1'), person_key)
    if verdict == 'other-key':
        raise Failure('untrusted-person-key', f'{name} is made with another key.')
    if verdict != 'good':
        raise Failure('bad-person-signature', f'{name} was changed.')
    step('signature of the person')
    guide, signers = read_file(folder, 'VERIFY.md'), read_file(folder, 'allowed_signers')
    digests['VERIFY.md'], digests['allowed_signers'] = sha256(guide), sha256(signers)
    for name in SUMMED_FILES:
        if name not in digests:
            digests[name] = file_digest(folder, name)
    check_sums(sums.decode('latin-1'), digests)
    step('digests of the files')
    return {
        'recording': recording,
        'installation': installation,
        'person': first['person'],
        'exportedBy': by,
        'access': {name: first[name] for name in ('role', 'class', 'reason', 'breakGlass')},
        'state': ledger['state'],
        'records': walk.records,
        'proven': proven,
        'unproven': walk.records - proven,
        'signedAfterCrash': 0 if ledger['signed_before'] is None else max(0, proven - ledger['signed_before']),
        'recoveredBy': ledger['recovered_by'],
        'damaged': ledger['damaged'],
        # Left out where nothing was.
        **({'erased': erased} if erased else {}),
        **({'uncountedErasures': uncounted} if uncounted else {}),
        'imported': ledger['imported'],
        'outputBytes': walk.output_bytes,
        'disclosed': walk.disclosed,
        'withheld': walk.withheld,
        'withheldOutputBytes': withheld_output,
        'policyReplaced': policy_replaced,
        'sealedToOwner': sealed_to_owner,
        'ownVerifier': digests['verify.py'].hex() == trust['verifier']['sha256'],
        'ownGuide': is_own_guide(guide, claims),
        'ownSigners': are_signers(trust, signers),
        # Where a key replaced another in between, two have signed: the weaker word of the two counts.
        'secondSignatures': 'good' if second == sums_second == 'good' else 'none',
        'replacedKey': min(signed_by, sums_by) < len(keys) - 1,
        'unknownAlgorithms': list(dict.fromkeys(key['algorithm'] for key in trust['keys'] if key['algorithm'] not in ALGORITHMS)),
    }


def after_crash_note(late, proven):
    before = proven - late
    if before > 0:
        return (
            f'The last {late} of {proven} records were signed only after a crash, when a key had opened them: '
            f'the checkpoint before it covers {before}. Trust those {late} less.'
        )
    return f'All {proven} records were signed only after a crash, when a key had opened them: no checkpoint before it covers any. Trust them less.'


def erased_note(erased):
    return (
        f'Something of the recording was erased: {erased["pieces"]} pieces, from {erased["fromMs"]} to {erased["toMs"]} ms '
        f'since its start and snapshots behind that, on {erased["time"]} by {erased["by"]} and {erased["second"]}, who have signed it, '
        f'because of {erased["reason"]}. They are among what is withheld, and nobody can disclose them any more.'
    )


def notes_of(facts):
    notes = []
    if facts['imported'] is not None:
        notes.append(
            f'The recording was imported from a file ({facts["imported"]}): what it shows, and all times in it, are the word of that file, '
            f'which {facts["person"]} brought. Proven is that it was not changed since then.'
        )
    if facts['unproven'] > 0:
        notes.append(f'The last {facts["unproven"]} records are unproven: they came after the last one that the ledger knows of.')
    if facts['state'] == 'open':
        notes.append('The ledger in this bundle has no end of the recording: it was running or interrupted when it was exported, and later records are not in it.')
    if facts['state'] == 'recovered':
        notes.append(f'The recording was interrupted, and more of it was signed for when it was opened with a key, by: {", ".join(facts["recoveredBy"])}.')
    if facts['signedAfterCrash'] > 0:
        notes.append(after_crash_note(facts['signedAfterCrash'], facts['proven']))
    if facts['state'] == 'failed':
        notes.append('The recording could not go on: it was stopped, or its recorder was gone.')
    if facts['damaged'] > 0:
        times = 'once' if facts['damaged'] == 1 else f'{facts["damaged"]} times'
        notes.append(
            f'The ledger says {times} that the files of the recording were found damaged or replaced (recording.damaged): '
            'ask what was found, and which copy this bundle was made of.'
        )
    notes.extend(erased_note(one) for one in facts.get('erased', []))
    notes.extend(
        f'Event {seq} says that something of the recording was erased, and no two people whom the trust file knows have signed that: it does not count.'
        for seq in facts.get('uncountedErasures', [])
    )
    if facts['withheld'] > 0:
        output = '; no byte of output is' if facts['withheldOutputBytes'] == 0 else ''
        notes.append(
            f'{facts["withheld"]} of {facts["withheld"] + facts["disclosed"]} pieces are withheld: this bundle does not show what they hold. '
            f'Snapshots of the screen always are, because they repeat output{output}.'
        )
    if facts['policyReplaced']:
        notes.append('When the recording began, another policy had already come into force: it keeps to the one before.')
    if not facts['sealedToOwner']:
        notes.append(f"Not every segment is sealed to a key of {facts['person']}: that it is theirs is this installation's word alone.")
    if not facts['ownVerifier']:
        notes.append('The verify.py in the bundle is not the one that the trust file names: do not run it. It is of another version, or somebody else wrote it.')
    if not facts['ownGuide']:
        notes.append('The VERIFY.md in the bundle is not the one that this verifier knows: do not go by it. It is of another version, or somebody else wrote it.')
    if not facts['ownSigners']:
        notes.append(
            'allowed_signers in the bundle has a line that does not follow from the trust file: do not use it. '
            'Make your own: verify.py --allowed-signers --trust FILE'
        )
    if facts['replacedKey']:
        half = ' That key has no second half (ML-DSA-44).' if facts['secondSignatures'] == 'none' else ''
        notes.append(
            'The checkpoint or SHA256SUMS is signed with a key that was replaced: another one comes after it in the trust file. '
            f'So it was made before that, or by somebody who has the old key.{half}'
        )
    if facts['unknownAlgorithms']:
        names = ', '.join(facts['unknownAlgorithms'])
        notes.append(f'The trust file has keys that this verifier cannot use, and what they signed was not checked: {names}.')
    if facts['withheldOutputBytes'] is not None and facts['withheldOutputBytes'] > 0:
        notes.append(f'{facts["withheldOutputBytes"]} bytes of output are withheld.')
    return notes


def judge(folder, trust_path):
    """The verdict, as a dictionary: the same as that of `wardmux verify --json`."""
    done = []
    try:
        facts = verify(folder, trust_path, done.append)
        sentence = (
            f'The bundle is good: {facts["proven"]} of {facts["records"]} records of recording {facts["recording"]} are exactly those '
            f'that the ledger of {facts["installation"]} signs for.'
        )
        if facts['imported'] is not None:
            sentence += f' It was imported from a file ({facts["imported"]}), and nobody witnessed it.'
        verdict = {'good': True, 'code': 'good', 'status': 0, 'sentence': sentence, 'detail': '', 'notes': notes_of(facts), 'facts': facts}
    except Failure as failure:
        status, sentence = FAILURES[failure.code]
        verdict = {'good': False, 'code': failure.code, 'status': status, 'sentence': sentence, 'detail': failure.detail, 'notes': [], 'facts': None}
    checks = []
    for i, name in enumerate(CHECKS):
        result = 'good' if i < len(done) else 'failed' if i == len(done) and not verdict['good'] else 'not checked'
        checks.append({'name': name, 'result': result})
    verdict['checks'] = checks
    return verdict


def main():
    parser = argparse.ArgumentParser(description='Checks an exported Wardmux session without Wardmux.', epilog='example: python3 verify.py . --trust ../trust.json')
    parser.add_argument('bundle', nargs='?', help='folder of the bundle')
    parser.add_argument('--trust', required=True, metavar='FILE', help='trust.json of the installation, from outside the bundle')
    parser.add_argument('--json', action='store_true', help='print the verdict as JSON')
    parser.add_argument('--allowed-signers', action='store_true', help='print the trusted keys as an allowed_signers file for ssh-keygen -Y verify, and check nothing')
    args = parser.parse_args()
    if hasattr(sys.stdout, 'reconfigure'):
        sys.stdout.reconfigure(encoding='utf-8')
    if args.allowed_signers:
        try:
            sys.stdout.write(allowed_signers(read_trust(args.trust)))
        except Failure as failure:
            status, sentence = FAILURES[failure.code]
            print(f'{sentence} {failure.detail}', file=sys.stderr)
            return status
        return 0
    if args.bundle is None:
        parser.error('the folder of the bundle is missing')
    verdict = judge(args.bundle, args.trust)
    if args.json:
        print(json.dumps(verdict, ensure_ascii=False, indent=2))
    else:
        print(f'{verdict["code"]}: {verdict["sentence"]}' + (f' {verdict["detail"]}' if verdict['detail'] else ''))
        for note in verdict['notes']:
            print(f'note: {note}')
    return verdict['status']


if __name__ == '__main__':
    sys.exit(main())
