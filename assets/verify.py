#!/usr/bin/env python3
"""Checks an exported Wardmux session without Wardmux.

    python3 verify.py BUNDLE --trust trust.json [--json]
    python3 verify.py --allowed-signers --trust trust.json

Python 3.9 or newer and its standard library, nothing else. The trust file holds the public keys that you got from the
installation by a way of your own; keys inside the bundle are never believed. Exit status 0: good. Each kind of failure
has a code, a sentence and an exit status of its own (FAILURES below); 2: wrong usage.

The formats are described in docs/format.md of Wardmux. The cryptography is written out below: SHA-256 comes from
hashlib, Ed25519 follows RFC 8032, ECDSA on P-256 follows FIPS 186-5. It only verifies and holds no secrets, so it need
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
SUMMED_FILES = ['VERIFY.md', 'allowed_signers', 'checkpoint.note', 'evidence.jsonl', 'ledger.jsonl', 'recording.json', 'session.cast', 'verify.py']
ALL_FILES = sorted(SUMMED_FILES + ['SHA256SUMS', 'SHA256SUMS.installation.sig', 'SHA256SUMS.person.sig'])
LARGE_FILES = ['session.cast', 'evidence.jsonl', 'ledger.jsonl']
MAX_SMALL_FILE = 1024 * 1024
MAX_EVIDENCE_LINE = 8 * 1024 * 1024
MAX_LEDGER_LINE = 64 * 1024
MAX_SAFE_INTEGER = 2**53 - 1

# code: (exit status, sentence). The same table as in Wardmux's own verifier.
FAILURES = {
    'bad-trust': (10, 'The trust file cannot be read or is not a trust file of Wardmux.'),
    'missing-file': (11, 'This is not a whole bundle: a file is missing or is not a plain file.'),
    'extra-file': (12, 'The bundle holds a file that nobody signed for.'),
    'bad-summary': (13, 'recording.json is damaged, or it says something else than the evidence.'),
    'other-installation': (14, 'The bundle comes from an installation that the trust file does not name.'),
    'unknown-person': (15, 'The bundle was exported by a person whom the trust file does not name.'),
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
}

CHECKS = [
    'trust file',
    'files of the bundle',
    'installation and person',
    'ledger checkpoint',
    'ledger proofs',
    'order of the records',
    'disclosed texts',
    'records against the ledger',
    'amount of output',
    'session.cast',
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


def ed25519_verify(public_key, message, signature):
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a = ed_decode(public_key)
    r = ed_decode(signature[:32])
    s = int.from_bytes(signature[32:], 'little')
    if a is None or r is None or s >= L25519:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), 'little') % L25519
    return ed_equal(ed_multiply(s, ED_BASE), ed_add(r, ed_multiply(k, a)))


# ---------------------------------------------------------------------------------------------------------------------
# ECDSA on P-256 with SHA-256 (FIPS 186-5, section 6.4.2; curve: NIST SP 800-186, section 3.2.1.3). Affine points,
# None is the point at infinity.

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B256 = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G256 = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def p256_add(a, b):
    if a is None:
        return b
    if b is None:
        return a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P256 == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], P256 - 2, P256) % P256
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], P256 - 2, P256) % P256
    x = (slope * slope - a[0] - b[0]) % P256
    return x, (slope * (a[0] - x) - a[1]) % P256


def p256_multiply(scalar, point):
    result = None
    while scalar > 0:
        if scalar & 1:
            result = p256_add(result, point)
        point = p256_add(point, point)
        scalar >>= 1
    return result


def p256_verify(public_key, message, r, s):
    """`public_key` is an uncompressed point: 0x04, x, y."""
    if len(public_key) != 65 or public_key[0] != 4:
        return False
    x = int.from_bytes(public_key[1:33], 'big')
    y = int.from_bytes(public_key[33:], 'big')
    if x >= P256 or y >= P256 or (y * y - (x * x * x - 3 * x + B256)) % P256 != 0:
        return False
    if not (0 < r < N256 and 0 < s < N256):
        return False
    e = int.from_bytes(hashlib.sha256(message).digest(), 'big')
    w = pow(s, N256 - 2, N256)
    point = p256_add(p256_multiply(e * w % N256, G256), p256_multiply(r * w % N256, (x, y)))
    return point is not None and point[0] % N256 == r


# ---------------------------------------------------------------------------------------------------------------------
# SSH signatures (OpenSSH, PROTOCOL.sshsig)


def b64(text):
    """Strict base64: exactly one text for the bytes. None for anything else."""
    try:
        data = base64.b64decode(text.encode('ascii'), validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if base64.b64encode(data).decode('ascii') == text else None


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
            good = len(raw) == 32
        else:
            good = fields.string() == b'nistp256'
            raw = fields.string()
            good = good and len(raw) == 65 and raw[0] == 4
        fields.end()
    except ValueError:
        return None
    return (match[1], blob, raw) if good else None


def ssh_verify(message, armored, key):
    """'good', 'malformed', 'other-key' or 'bad'."""
    kind, blob_of_key, raw = key
    lines = armored.split('\n') if len(armored) <= 4096 else []
    if len(lines) < 4 or lines[0] != '-----BEGIN SSH SIGNATURE-----' or lines[-2] != '-----END SSH SIGNATURE-----' or lines[-1] != '':
        return 'malformed'
    blob = b64(''.join(lines[1:-2]))
    if not blob:
        return 'malformed'
    try:
        fields = Fields(blob)
        if fields.take(6) != b'SSHSIG' or fields.uint32() != 1:
            return 'malformed'
        embedded = fields.string()
        if fields.string() != NAMESPACE.encode() or fields.string() != b'':
            return 'malformed'
        hash_name = fields.string()
        if hash_name not in (b'sha256', b'sha512'):
            return 'malformed'
        signature = Fields(fields.string())
        fields.end()
        if embedded != blob_of_key:
            return 'other-key'
        if signature.string() != kind.encode():
            return 'malformed'
        value = signature.string()
        signature.end()
        digest = hashlib.new(hash_name.decode(), message).digest()
        data = b'SSHSIG' + ssh_string(NAMESPACE.encode()) + ssh_string(b'') + ssh_string(hash_name) + ssh_string(digest)
        if kind == 'ssh-ed25519':
            if len(value) != 64:
                return 'malformed'
            return 'good' if ed25519_verify(raw, data, value) else 'bad'
        parts = Fields(value)
        r, s = parts.string(), parts.string()
        parts.end()
        if len(r) > 33 or len(s) > 33:
            return 'malformed'
        return 'good' if p256_verify(raw, data, int.from_bytes(r, 'big'), int.from_bytes(s, 'big')) else 'bad'
    except ValueError:
        return 'malformed'


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


def is_label(value):
    """A name of 200 UTF-16 units at most, as the trust file's own schema counts."""
    return isinstance(value, str) and len(value.encode('utf-16-le', 'surrogatepass')) <= 400


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


def read_line_value(line):
    """(text, object) of a line that is a JSON object in UTF-8; (None, None) otherwise."""
    try:
        text = line.decode('utf-8')
        value = JSON.decode(text)
    except (ValueError, RecursionError):
        return None, None
    return (text, value) if isinstance(value, dict) else (None, None)


def whole_lines(path, limit, failure):
    """Numbered lines without their newline. `failure(number)` is raised for a last line that has none, and for one that is too long."""
    with open(path, 'rb') as file:
        number = 0
        while True:
            line = file.readline(limit + 2)
            if not line:
                return
            number += 1
            if not line.endswith(b'\n') or len(line) > limit + 1:
                raise failure(number)
            yield number, line[:-1]


def read_file(folder, name):
    with open(os.path.join(folder, name), 'rb') as file:
        return file.read(MAX_SMALL_FILE + 1)


def file_digest(folder, name):
    state = hashlib.sha256()
    with open(os.path.join(folder, name), 'rb') as file:
        for block in iter(lambda: file.read(1024 * 1024), b''):
            state.update(block)
    return state.digest()


# ---------------------------------------------------------------------------------------------------------------------
# The trust file


def decode_note_key(text):
    """(name, key id, raw key) of a C2SP note verification key, or None."""
    match = re.fullmatch(r'([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})', text)
    data = b64(match[3]) if match else None
    if data is None or len(data) != 33 or data[0] != 1:
        return None
    key_id = sha256(match[1].encode(), b'\n\x01', data[1:])[:4]
    return (match[1], key_id, data[1:]) if key_id.hex() == match[2] else None


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
    fields = {'format', 'version', 'installation', 'origin', 'ledger', 'ssh', 'persons', 'auditKeys'}
    good = isinstance(trust, dict) and set(trust) == fields
    good = good and trust['format'] == 'wardmux-trust' and is_int(trust['version']) and trust['version'] == 1
    good = good and is_match(trust['installation'], 'w-[0-9a-f]{12}')
    good = good and trust['origin'] == 'wardmux.localhost/' + trust['installation'] + '/ledger'
    good = good and isinstance(trust['ledger'], str) and (decode_note_key(trust['ledger']) or [None])[0] == trust['origin']
    good = good and isinstance(trust['ssh'], str) and parse_ssh_key(trust['ssh']) is not None
    good = good and isinstance(trust['persons'], list) and isinstance(trust['auditKeys'], list)
    for person in trust['persons'] if good else []:
        good = good and isinstance(person, dict) and set(person) == {'id', 'name', 'ssh'}
        good = good and is_match(person['id'], 'p-[0-9a-f]{12}') and is_label(person['name'])
        good = good and isinstance(person['ssh'], str) and parse_ssh_key(person['ssh']) is not None
    good = good and len({person['id'] for person in trust['persons']}) == len(trust['persons'])
    for key in trust['auditKeys'] if good else []:
        good = good and isinstance(key, dict) and set(key) == {'kid', 'label'}
        good = good and is_match(key['kid'], '[A-Za-z0-9_-]{43}') and is_label(key['label'])
    if not good:
        raise Failure('bad-trust', again)
    return trust


def allowed_signers(trust):
    signers = [(trust['installation'], trust['ssh'])] + [(person['id'], person['ssh']) for person in trust['persons']]
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


def read_claims(data):
    """The part of recording.json that cannot be derived from anything else."""
    _, value = read_line_value(data)
    good = value is not None and value.get('format') == 'wardmux-bundle' and is_int(value.get('version')) and value['version'] == 1
    good = good and is_match(value.get('recording'), r'[0-9]{8}-[0-9]{6}-[0-9a-f]{8}') and is_match(value.get('installation'), 'w-[0-9a-f]{12}')
    ledger = value.get('ledger') if good else None
    exported = value.get('exported') if good else None
    good = good and isinstance(ledger, dict) and is_int(ledger.get('size')) and is_hex(ledger.get('root'), 64)
    good = good and isinstance(exported, dict) and is_match(exported.get('by'), 'p-[0-9a-f]{12}')
    good = good and is_match(exported.get('time'), r'[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z')
    good = good and is_match(exported.get('version'), r'[0-9A-Za-z.+-]{1,40}')
    if not good:
        raise Failure('bad-summary', 'It is not the summary of a bundle.')
    return value


def check_checkpoint(note, key, claimed):
    """A C2SP checkpoint as a signed note. Returns (size, root in hex)."""
    name, key_id, raw = key
    other = Failure('untrusted-key', 'checkpoint.note is signed with another key.')
    changed = Failure('bad-checkpoint', 'checkpoint.note was changed.')
    split = note.rfind('\n\n')
    lines = note[split + 2 : -1].split('\n') if split >= 0 and note.endswith('\n') and len(note) <= 65536 else []
    text = note[: split + 1]
    ours, signed = False, False
    opened = False
    for line in lines:
        match = re.fullmatch(r'— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})', line)
        data = b64(match[2]) if match else None
        if data is None:
            opened = False
            break
        if match[1] != name or len(data) != 68 or data[:4] != key_id:
            continue
        opened = ed25519_verify(raw, text.encode('utf-8'), data[4:])
        break
    head = text.split('\n')
    good = opened and len(head) >= 4 and head[0] == name and re.fullmatch(r'0|[1-9][0-9]{0,15}', head[1]) is not None
    good = good and re.fullmatch(r'[A-Za-z0-9+/]{43}=', head[2]) is not None
    if not good:
        tail = note[split + 2 :]
        signed = re.fullmatch(r'— [^\s+]+ [A-Za-z0-9+/]{91}=\n', tail) is not None
        if signed:
            match = re.fullmatch(r'— ([^\s+]+) ([A-Za-z0-9+/]{91}=)\n', tail)
            ours = match[1] == name and base64.b64decode(match[2])[:4] == key_id
        raise other if signed and not ours else changed
    size, root = int(head[1]), base64.b64decode(head[2]).hex()
    if size != claimed['size'] or root != claimed['root']:
        raise Failure('other-checkpoint', f'It signs for {size} events; the bundle was made at {claimed["size"]}.')
    return size, root


HEAD_ACTIONS = ('recording.segment', 'recording.checkpoint', 'recording.end', 'recording.failed', 'recording.recovered')
STATES = {'recording.end': 'complete', 'recording.recovered': 'recovered', 'recording.failed': 'failed'}


def decode_event(line):
    """A ledger event, or None. Only its outer shape is looked at."""
    text, event = read_line_value(line)
    # The writer's one text only: what reads differently elsewhere is not an event.
    good = event is not None and compact(event) == text
    good = good and is_int(event.get('seq')) and isinstance(event.get('action'), str)
    good = good and is_match(event.get('time'), r'[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z')
    good = good and is_match(event.get('installation'), 'w-[0-9a-f]{12}')
    good = good and ('detail' not in event or isinstance(event['detail'], dict))
    good = good and ('person' not in event or isinstance(event['person'], str))
    return event if good else None


def parse_ledger_line(line):
    text, value = read_line_value(line)
    if value is None or not is_int(value.get('index')) or not isinstance(value.get('event'), str) or not isinstance(value.get('path'), list):
        return None
    if not all(is_hex(node, 64) for node in value['path']):
        return None
    again = compact({'index': value['index'], 'event': value['event'], 'path': value['path']})
    return value if again == text and well_formed(value['event']) else None


def well_formed(text):
    try:
        text.encode('utf-8')
        return True
    except UnicodeEncodeError:
        return False


def check_ledger(folder, recording, installation, head):
    """Every event's inclusion in the ledger. Returns (heads, counted output bytes or None, records signed before a crash or None, state)."""
    size, ledger_root = head
    events, before, count = [], -1, 0
    path = os.path.join(folder, 'ledger.jsonl')
    for number, line in whole_lines(path, MAX_LEDGER_LINE, lambda n: Failure('bad-ledger', f'Line {n} of ledger.jsonl.')):
        where = f'Line {number} of ledger.jsonl.'
        value = parse_ledger_line(line)
        leaf_bytes = value['event'].encode('utf-8') if value else b''
        event = decode_event(leaf_bytes) if value else None
        if event is None or value['index'] <= before or event['seq'] != value['index']:
            raise Failure('bad-ledger', where)
        if event['installation'] != installation or event.get('detail', {}).get('recording') != recording:
            raise Failure('bad-ledger', where)
        if value['index'] >= size:
            raise Failure('short-proof', where)
        root = root_from_inclusion(sha256(b'\x00', leaf_bytes), value['index'], size, [bytes.fromhex(node) for node in value['path']])
        if root is None:
            raise Failure('short-proof', where)
        if root.hex() != ledger_root:
            raise Failure('bad-proof', where)
        before = value['index']
        events.append(event)
        count += 1
    heads, started, output, last, largest, signed_before = [], False, None, None, 0, None
    for event in events:
        if event['action'] == 'recording.start':
            started = True
        if event['action'] not in HEAD_ACTIONS:
            continue
        detail = event.get('detail', {})
        if not is_int(detail.get('size')) or detail['size'] < 0 or not is_hex(detail.get('root'), 64):
            raise Failure('bad-ledger', 'An event states no size or root.')
        stated = detail.get('signedBefore')
        stated = stated if is_int(stated) and stated >= 0 else None
        # What follows a closing after a crash makes nothing older: the first one decides.
        if signed_before is None and (stated is not None or event['action'] == 'recording.recovered'):
            signed_before = largest if stated is None else min(largest, stated)
        largest = max(largest, detail['size'])
        heads.append((detail['size'], detail['root']))
        last = event['action']
        if last == 'recording.end' and is_int(detail.get('outputBytes')):
            output = detail['outputBytes']
    if not started or not heads:
        raise Failure('no-head', f'{count} events are in ledger.jsonl.')
    return heads, output, signed_before, STATES.get(last, 'open')


EVENT_CODES = 'soirmlugnxe'


def decode_piece(data):
    """(code, microseconds, data) of a piece: u8 code, u64 time, u32 length, data. None for anything else."""
    if len(data) < 13 or int.from_bytes(data[9:13], 'big') != len(data) - 13:
        return None
    code, time = chr(data[0]), int.from_bytes(data[1:9], 'big')
    return (code, time, data[13:]) if code in EVENT_CODES and time <= MAX_SAFE_INTEGER else None


def parse_evidence(line, number):
    """One record: (seq, wall ms, leaf, header text or None, events, pieces withheld, committed)."""
    bad = Failure('bad-evidence', f'Line {number} of evidence.jsonl.')
    text, value = read_line_value(line)
    if value is None or not is_hex(value.get('head'), 120) or not is_hex(value.get('body'), 64):
        raise bad
    covered, body = bytes.fromhex(value['head']), bytes.fromhex(value['body'])
    seq, wall, kind = int.from_bytes(covered[:8], 'big'), int.from_bytes(covered[16:24], 'big'), int.from_bytes(covered[24:28], 'big')
    commitment = covered[28:]
    if seq > MAX_SAFE_INTEGER or wall > MAX_SAFE_INTEGER:
        raise bad
    leaf = sha256(b'\x00', covered, body)
    if kind == 0:
        header = value.get('header')
        if not isinstance(header, str) or not well_formed(header) or compact({'head': value['head'], 'body': value['body'], 'header': header}) != text:
            raise bad
        digest = sha256(header.encode('utf-8'))
        return seq, wall, leaf, header, [], 0, digest == body and digest == commitment
    pieces = value.get('pieces')
    if kind != 1 or not isinstance(pieces, list) or not pieces:
        raise bad
    digests, opened, again = [], [], []
    for piece in pieces:
        if not isinstance(piece, dict):
            raise bad
        salt, data = piece.get('salt'), piece.get('bytes')
        digest, reason = piece.get('digest'), piece.get('reason')
        if is_hex(salt, 64) and isinstance(data, str):
            content = b64(data)
            if content is None:
                raise bad
            digests.append(sha256(bytes.fromhex(salt), content))
            opened.append(content)
            again.append({'salt': salt, 'bytes': data})
        elif is_hex(digest, 64) and is_match(reason, '[a-z-]{1,32}'):
            digests.append(bytes.fromhex(digest))
            again.append({'digest': digest, 'reason': reason})
        else:
            raise bad
    # One text for one record: no two readers can see different records in a line.
    if compact({'head': value['head'], 'body': value['body'], 'pieces': again}) != text:
        raise bad
    committed = sha256(*digests) == commitment
    events = []
    for content in opened if committed else []:
        event = decode_piece(content)
        if event is None:
            raise bad
        events.append(event)
    return seq, wall, leaf, None, events, len(again) - len(opened), committed


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


class Cast:
    """session.cast from the evidence: asciicast v2. Only its SHA-256 is kept."""

    def __init__(self, recording, wall_ms):
        self.recording = recording
        self.timestamp = wall_ms // 1000
        self.state = hashlib.sha256()
        self.headed = False
        self.decoders = {code: Decoder() for code in 'oi'}
        self.times = {'o': 0, 'i': 0}

    def head(self, cols=80, rows=24, term='xterm-256color'):
        if self.headed:
            return
        self.headed = True
        head = {'version': 2, 'width': cols, 'height': rows, 'timestamp': self.timestamp, 'title': f'Wardmux {self.recording}', 'env': {'TERM': term}}
        self.state.update((compact(head) + '\n').encode('utf-8'))

    def start(self, data):
        try:
            value = JSON.decode(data.decode('utf-8', 'replace'))
            if all(is_int(value[name]) and 1 <= value[name] <= 100000 for name in ('cols', 'rows')) and isinstance(value['term'], str):
                self.head(value['cols'], value['rows'], value['term'])
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        self.head()

    def event(self, code, time, data):
        if code == 's':
            self.start(data)
        elif code in 'oi':
            self.times[code] = time
            self.line(time, code, self.decoders[code].decode(data))
        elif code in 'rm':
            self.line(time, code, data.decode('utf-8', 'replace'))
        elif code in MARKERS:
            self.line(time, 'm', MARKERS[code])

    def line(self, time, code, text):
        if text == '':
            return
        self.head()
        quoted = json.dumps(text, ensure_ascii=False)
        self.state.update(f'[{time // 1000000}.{time % 1000000:06d}, "{code}", {quoted}]\n'.encode('utf-8'))

    def digest(self):
        self.head()
        for code in 'oi':
            self.line(self.times[code], code, self.decoders[code].decode(b'', True))
        return self.state.digest()


def read_header(text):
    try:
        header = JSON.decode(text)
    except (ValueError, RecursionError):
        return None
    names = ('recording', 'installation', 'person', 'started')
    good = isinstance(header, dict) and header.get('format') == 'wardmux-segment' and header.get('version') == 1
    good = good and all(isinstance(header.get(name), str) for name in names)
    good = good and all(is_int(header.get(name)) for name in ('segment', 'firstSeq', 'outputOffset'))
    return header if good else None


def check_order(seqs):
    wrong = next((i for i, seq in enumerate(seqs) if seq != i), None)
    if wrong is None:
        return
    detail = f'Record {wrong} is due, and record {seqs[wrong]} stands there.'
    if len(set(seqs)) < len(seqs):
        raise Failure('duplicated-record', detail)
    raise Failure('reordered-records' if sorted(seqs) == list(range(len(seqs))) else 'missing-record', detail)


def check_evidence(folder, recording, installation, heads, step):
    wanted = {size for size, _ in heads}
    roots, tree, seqs = {}, Tree(), []
    cast = first = bad_output = header_failure = commitment_failure = None
    segments = output = disclosed = withheld = 0
    path = os.path.join(folder, 'evidence.jsonl')
    for number, line in whole_lines(path, MAX_EVIDENCE_LINE, lambda n: Failure('bad-evidence', f'Line {n} of evidence.jsonl.')):
        seq, wall, leaf, header_text, events, hidden, committed = parse_evidence(line, number)
        seqs.append(seq)
        tree.append(leaf)
        if tree.size in wanted:
            roots[tree.size] = tree.root().hex()
        if cast is None:
            cast = Cast(recording, wall)
        if not committed and commitment_failure is None:
            commitment_failure = Failure('bad-commitment', f'Record {seq}.')
        if header_text is not None:
            header = read_header(header_text)
            first = first or header
            good = header is not None and header['recording'] == recording and header['installation'] == installation
            good = good and header['started'] == first['started'] and header['segment'] == segments and header['firstSeq'] == seq
            if not good:
                header_failure = header_failure or Failure('bad-header', f'Record {seq}, segment {segments}.')
            elif bad_output is None and (header['outputOffset'] < output or (withheld == 0 and header['outputOffset'] != output)):
                bad_output = segments
            segments += 1
        elif segments == 0:
            header_failure = header_failure or Failure('bad-header', f'Record {seq}, segment 0.')
        for code, time, data in events:
            cast.event(code, time, data)
            disclosed += 1
            if code == 'o':
                output += len(data)
        withheld += hidden
    if not seqs:
        raise Failure('bad-evidence', 'Line 0 of evidence.jsonl.')
    check_order(seqs)
    step('order of the records')
    if commitment_failure:
        raise commitment_failure
    if header_failure:
        raise header_failure
    step('disclosed texts')
    return {
        'first': first,
        'records': len(seqs),
        'root': tree.root().hex(),
        'roots': roots,
        'output': output,
        'disclosed': disclosed,
        'withheld': withheld,
        'cast': cast.digest(),
        'bad_output': bad_output,
    }


def check_heads(heads, evidence):
    proven = 0
    for size, _ in heads:
        if size > evidence['records']:
            raise Failure('cut', f'The ledger signs for {size} records, and there are {evidence["records"]}.')
    for size, root in heads:
        if size > 0 and evidence['roots'].get(size) != root:
            raise Failure('bad-root', f'The first {size} records.')
        proven = max(proven, size)
    if proven == 0:
        raise Failure('no-head', 'None of the records is signed for.')
    return proven


def check_output(counted, evidence):
    if evidence['bad_output'] is not None:
        raise Failure('bad-output', f'Segment {evidence["bad_output"]} counts other output before it than there is.')
    if counted is None:
        return None
    missing = counted - evidence['output']
    if missing < 0 or (missing != 0 and evidence['withheld'] == 0):
        raise Failure('bad-output', f'The ledger counted {counted} bytes, and there are {evidence["output"]}.')
    return missing


def check_sums(folder, sums):
    lines = sums.split('\n')
    last = lines.pop()
    if last != '' or len(lines) != len(SUMMED_FILES):
        raise Failure('bad-sums', f'It has {len(lines)} lines.')
    for number, name in enumerate(SUMMED_FILES):
        if re.fullmatch(r'[0-9a-f]{64}  ' + re.escape(name), lines[number]) is None:
            raise Failure('bad-sums', f'Line {number + 1}.')
    for number, name in enumerate(SUMMED_FILES):
        if file_digest(folder, name).hex() != lines[number][:64]:
            raise Failure('bad-file', f'{name}.')


def verify(folder, trust_path, step):
    trust = read_trust(trust_path)
    step('trust file')
    check_files(folder)
    step('files of the bundle')
    summary_bytes = read_file(folder, 'recording.json')
    claims = read_claims(summary_bytes)
    installation, recording = trust['installation'], claims['recording']
    if claims['installation'] != installation:
        raise Failure('other-installation', f'It comes from {claims["installation"]}; the trust file is that of {installation}.')
    by = claims['exported']['by']
    person_key = next((parse_ssh_key(person['ssh']) for person in trust['persons'] if person['id'] == by), None)
    if person_key is None:
        raise Failure('unknown-person', f'It was exported by {by}.')
    step('installation and person')

    note = read_file(folder, 'checkpoint.note').decode('utf-8', 'replace')
    head = check_checkpoint(note, decode_note_key(trust['ledger']), claims['ledger'])
    step('ledger checkpoint')
    heads, counted, signed_before, state = check_ledger(folder, recording, installation, head)
    step('ledger proofs')
    evidence = check_evidence(folder, recording, installation, heads, step)
    proven = check_heads(heads, evidence)
    step('records against the ledger')
    withheld_output = check_output(counted, evidence)
    step('amount of output')
    if file_digest(folder, 'session.cast') != evidence['cast']:
        raise Failure('bad-cast', 'It is not the text that follows from the evidence.')
    step('session.cast')
    summary = {
        'format': 'wardmux-bundle',
        'version': 1,
        'recording': recording,
        'installation': installation,
        'person': evidence['first']['person'],
        'started': evidence['first']['started'],
        'state': state,
        'records': evidence['records'],
        'root': evidence['root'],
        'proven': proven,
        'outputBytes': evidence['output'],
        'pieces': {'disclosed': evidence['disclosed'], 'withheld': evidence['withheld']},
        'ledger': {'size': head[0], 'root': head[1]},
        'exported': {name: claims['exported'][name] for name in ('time', 'by', 'version')},
    }
    if (json.dumps(summary, ensure_ascii=False, indent=2) + '\n').encode('utf-8') != summary_bytes:
        raise Failure('bad-summary', 'It does not follow from evidence and ledger.')
    step('recording.json')

    sums = read_file(folder, 'SHA256SUMS')
    name = 'SHA256SUMS.installation.sig'
    verdict = ssh_verify(sums, read_file(folder, name).decode('latin-1'), parse_ssh_key(trust['ssh']))
    if verdict == 'other-key':
        raise Failure('untrusted-key', f'{name} is made with another key.')
    if verdict != 'good':
        raise Failure('bad-installation-signature', f'{name} or SHA256SUMS was changed.')
    step('signature of the installation')
    name = 'SHA256SUMS.person.sig'
    verdict = ssh_verify(sums, read_file(folder, name).decode('latin-1'), person_key)
    if verdict == 'other-key':
        raise Failure('untrusted-person-key', f'{name} is made with another key.')
    if verdict != 'good':
        raise Failure('bad-person-signature', f'{name} was changed.')
    step('signature of the person')
    check_sums(folder, sums.decode('latin-1'))
    step('digests of the files')
    return {
        'recording': recording,
        'installation': installation,
        'person': summary['person'],
        'exportedBy': by,
        'state': state,
        'records': evidence['records'],
        'proven': proven,
        'unproven': evidence['records'] - proven,
        'signedAfterCrash': 0 if signed_before is None else max(0, proven - signed_before),
        'outputBytes': evidence['output'],
        'disclosed': evidence['disclosed'],
        'withheld': evidence['withheld'],
        'withheldOutputBytes': withheld_output,
    }


def after_crash_note(late, proven):
    before = proven - late
    if before > 0:
        return (
            f'The last {late} of {proven} records were signed only after a crash, when the recording was closed: '
            f'the checkpoint before it covers {before}. Trust those {late} less.'
        )
    return f'All {proven} records were signed only after a crash, when the recording was closed: no checkpoint before it covers any. Trust them less.'


def notes_of(facts):
    notes = []
    if facts['unproven'] > 0:
        notes.append(f'The last {facts["unproven"]} records are unproven: they came after the last one that the ledger knows of.')
    if facts['state'] == 'open':
        notes.append('The ledger in this bundle has no end of the recording: it was running or interrupted when it was exported, and later records are not in it.')
    if facts['state'] == 'recovered':
        notes.append('The recording was interrupted and closed after its last whole record.')
    if facts['signedAfterCrash'] > 0:
        notes.append(after_crash_note(facts['signedAfterCrash'], facts['proven']))
    if facts['state'] == 'failed':
        notes.append('The recording could not go on and was stopped.')
    if facts['withheld'] > 0:
        notes.append(f'{facts["withheld"]} of {facts["withheld"] + facts["disclosed"]} pieces are withheld: this bundle does not show what they hold.')
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
