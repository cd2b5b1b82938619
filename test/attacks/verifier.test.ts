/** verify.py is a second implementation: its parts against published vectors, and against the first implementation on bytes that nobody chose. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { CastText } from '../../src/export/cast.ts';
import { ed25519Verify } from '../../src/crypto/ed25519.ts';
import type { RecordingEvent } from '../../src/recording/types.ts';
import { verifier } from './fixture.ts';

// Each test starts Python at least once, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

function python(script: string, input: string): unknown {
  const load = `import importlib.util, json, sys
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
v = importlib.util.module_from_spec(spec)
spec.loader.exec_module(v)
data = json.load(sys.stdin)
`;
  return JSON.parse(execFileSync('python3', ['-B', '-c', load + script, verifier], { input, maxBuffer: 1 << 28 }).toString());
}

// RFC 8032, section 7.1, tests 1 to 3: public key, message, signature.
const ed25519 = [
  [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

test('Ed25519 in verify.py: RFC 8032, and what must be refused', () => {
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const cases = ed25519.flatMap(([key, message, signature]) => {
    // S + L verifies under the same equation; RFC 8032, section 5.1.7 demands S < L.
    const s = BigInt(`0x${Buffer.from(signature.slice(64), 'hex').reverse().toString('hex')}`) + order;
    const large = signature.slice(0, 64) + Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse().toString('hex');
    return [
      [key, message, signature],
      [key, `${message}00`, signature],
      [key, message, large],
      [key, message, `00${signature.slice(2)}`],
      ['ff'.repeat(32), message, signature],
    ];
  });
  const expected = ed25519.flatMap(() => [true, false, false, false, false]);
  expect(python('print(json.dumps([v.ed25519_verify(*[bytes.fromhex(x) for x in case]) for case in data]))', JSON.stringify(cases))).toEqual(expected);
});

test('Ed25519 with points of small and of mixed order: both verifiers take the same ones, and only those that the format takes', () => {
  // Keys aB + jT and signatures R = rB + iT, T of order 8, by somebody who knows a and r: for about one message in so many the
  // equation holds without the cofactor, and for each with it. Then every encoding of a point of small order, as key and as R.
  const script = `import hashlib
P, L, B = v.P25519, v.L25519, v.ED_BASE
def encode(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, 'little')
T = v.ed_decode(bytes.fromhex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'))
point = lambda scalar, j: v.ed_add(v.ed_multiply(scalar, B), v.ed_multiply(j, T))
hashed = lambda *parts: int.from_bytes(hashlib.sha512(b''.join(parts)).digest(), 'little') % L
cases = []
def case(a, key, r, point, message, small):
    k = hashed(point, key, message)
    cases.append((key, message, point + ((r + k * a) % L).to_bytes(32, 'little'), small))
for j in range(8):
    for i in range(8):
        for r in (0, 987654321):
            for m in range(4):
                case(123456789, encode(point(123456789, j)), r, encode(point(r, i)), b'%d' % m, r == 0)
small = [encode(point(0, j)) for j in range(8)]
ys = [y + 2**255 * s for y in (0, 1, P - 1, P, P + 1, 2**255 - 1) for s in (0, 1)]
for data in small + [y.to_bytes(32, 'little') for y in ys]:
    for m in range(4):
        case(0, data, 0, small[0], b'%d' % m, True)
        case(0, data, 1, encode(B), b'%d' % m, True)
        case(5, encode(point(5, 0)), 0, data, b'%d' % m, True)
print(json.dumps([[*map(bytes.hex, each[:3]), each[3], v.ed25519_verify(*each[:3])] for each in cases]))
`;
  const cases = python(script, '[]') as [key: string, message: string, signature: string, small: boolean, there: boolean][];
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
  const here = cases.map(([key, message, signature]) => ed25519Verify(bytes(key), bytes(message), bytes(signature)));
  expect(here).toEqual(cases.map(([, , , , there]) => there));
  expect(cases.filter(([, , , small], i) => small && here[i])).toEqual([]);
  // Of keys and signatures that are no more than of mixed order some are good, and those that need the cofactor are not.
  expect(here).toContain(true);
  expect(cases.some(([, , , small], i) => !small && !here[i])).toBe(true);
});

test('ECDSA P-256 in verify.py: RFC 6979, appendix A.2.5, and what must be refused', () => {
  const key = '0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299';
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const sample = ['efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716', 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8'];
  const text = ['f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367', '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083'];
  const cases = [
    [key, 'sample', ...sample],
    [key, 'test', ...text],
    [key, 'sample', ...text],
    [key, 'sample', '0', sample[1]],
    [key, 'sample', sample[0], '0'],
    [key, 'sample', (BigInt(`0x${sample[0]}`) + order).toString(16), sample[1]],
    [`${key.slice(0, -1)}8`, 'sample', ...sample],
  ];
  const script = 'print(json.dumps([v.p256_verify(bytes.fromhex(k), m.encode(), int(r, 16), int(s, 16)) for k, m, r, s in data]))';
  expect(python(script, JSON.stringify(cases))).toEqual([true, true, false, false, false, false, false]);
});

test('both write the same session.cast from any bytes, however characters are cut', () => {
  // A small generator with a fixed seed: a failure can be repeated. Bytes are drawn from those that make UTF-8 difficult.
  let seed = 20261122;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const difficult = [
    0x00, 0x0a, 0x1b, 0x22, 0x5c, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xbb, 0xf0, 0xf1, 0xf4, 0xf5,
    0xff,
  ];
  const casts: { wall: number; events: [string, number, string][] }[] = [];
  const digests: string[] = [];
  for (let round = 0; round < 400; round++) {
    const events: RecordingEvent[] = [];
    let time = 0;
    for (let i = next(8); i >= 0; i--) {
      const data = Buffer.from(Array.from({ length: next(12) }, () => difficult[next(difficult.length)]!));
      time += next(3_000_000);
      events.push({ code: 'ooooiirmlugxen'[next(14)] as RecordingEvent['code'], timeUs: time, data });
    }
    if (next(2)) events.unshift({ code: 's', timeUs: 0, data: Buffer.from(JSON.stringify({ cols: next(3) ? 100 : 0, rows: 30, term: '"\u2028é' })) });
    const hash = createHash('sha256');
    const text = new CastText('20261122-000000-00000001', 1_795_309_731_999);
    hash.update(text.head(events[0]?.code === 's' ? events[0].data : undefined));
    for (const event of events) hash.update(`${text.isText(event.data)}\n${text.line(event)}`);
    hash.update(text.end());
    digests.push(hash.digest('hex'));
    casts.push({ wall: 1_795_309_731_999, events: events.map(({ code, timeUs, data }) => [code, timeUs, Buffer.from(data).toString('hex')]) });
  }
  const script = `out = []
for cast in data:
    c = v.Cast('20261122-000000-00000001', cast['wall'])
    events = [(code, time, bytes.fromhex(content)) for code, time, content in cast['events']]
    text = c.head(events[0][2] if events and events[0][0] == 's' else None)
    for code, time, content in events:
        text += ('true' if c.is_text(content) else 'false') + '\\n' + c.line(code, time, content)
    out.append(v.sha256((text + c.end()).encode('utf-8')).hex())
print(json.dumps(out))`;
  expect(python(script, JSON.stringify(casts))).toEqual(digests);
});

test('both write a number in the same way, of any size, and leave strings that look like one alone', () => {
  const numbers = [1.5, 0.1 + 0.2, 123456.789, 2 ** 53, 1e20, 1e21, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 1e-4, 9.999999999999999e-5];
  // Every size around those at which one of the two changes its notation, with few digits and with all of them.
  for (let exponent = -12; exponent <= 24; exponent++)
    for (const digits of [1, 1.5, 1.2345678901234567, 9.999999999999998]) numbers.push(Number(`${digits}e${exponent}`));
  const values = [...numbers, ...numbers.map((number) => -number)].map((number) => ({ number, '1e-07': ['"1e-05', '\\', number, '\\" 1e-06'] }));
  const texts = values.map((value) => JSON.stringify(value));
  expect(python('print(json.dumps([v.compact(v.JSON.decode(text)) for text in data]))', JSON.stringify(texts))).toEqual(texts);
});

test('what is read in a fast way is read so in no other way than slowly', () => {
  let seed = 20261128;
  const one = <T>(list: ArrayLike<T>): T => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return list[Math.floor((seed / 2 ** 32) * list.length)]!;
  };
  const characters = [...'a/"\\\n\r\t\b\f\u001b\u0007\u0000\u001f\u007f\u0080ÿĀ│😷\ufeff\u2028', '\ud800'];
  const number = (each: string): string => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const ways: readonly ((each: string) => string)[] = [
    ...Array<(each: string) => string>(12).fill((each) => JSON.stringify(each).slice(1, -1)),
    number,
    (each) => number(each).toUpperCase().replace('U', 'u'),
    (each) => `\\${each}`,
    (each) => each,
  ];
  const texts = Array.from({ length: 4000 }, () => `"${Array.from({ length: one([1, 2, 3, 9]) }, () => one(ways)(one(characters))).join('')}"`);
  // As the writer would write it, or it is none: a reader that shares nothing with verify.py.
  const due = texts.map((text) => {
    try {
      const value = JSON.parse(text) as unknown;
      return typeof value === 'string' && value.isWellFormed() && JSON.stringify(value) === text ? Buffer.from(value).toString('hex') : null;
    } catch {
      return null;
    }
  });
  expect(new Set(due).size).toBeGreaterThan(500);
  expect(due.filter((each) => each === null).length).toBeGreaterThan(500);
  const said = "print(json.dumps([data.hex() if data is not None else None for data in map(v.read_text, (t.encode('utf-8', 'surrogatepass') for t in data))]))";
  expect(python(said, JSON.stringify(texts))).toEqual(due);

  const scraps = ['"', '\\', 'A', ' ', ',', '{', '}', '[', ']', ':', '=', '\n', '"salt"', ',"bytes":""', `{"salt":"${'0'.repeat(64)}"}`, '\\u0061', 'é'];
  const digits = (count: number): string => Array.from({ length: count }, () => one('0123456789abcdef')).join('');
  const lines = Array.from({ length: 1500 }, () => {
    const kinds: readonly (() => object)[] = [
      () => ({ salt: digits(64) }),
      () => ({ salt: digits(64), bytes: Buffer.from(digits(2 * one([0, 1, 2, 3, 16])), 'hex').toString('base64') }),
      () => ({ code: 'n', digest: digits(64), reason: 'snapshot' }),
    ];
    const head = `${'0'.repeat(48)}${one(['00000001', '00000001', '00000000', '00000002'])}${digits(64)}`;
    const line = JSON.stringify({ head, body: digits(64), pieces: Array.from({ length: one([1, 1, 2, 3]) }, () => one([kinds[0]!, ...kinds])()) });
    const at = one(Array.from(line, (_, i) => i));
    return one([
      line,
      line.slice(0, at) + one(scraps) + line.slice(at),
      line.slice(0, at) + one(scraps) + line.slice(at + 1),
      line.slice(0, at) + line.slice(at + 1),
    ]);
  });
  const bothWays = `def told(line):
    try:
        frame = v.parse_evidence(line.encode('utf-8'), 1)
        return repr([getattr(frame, name) for name in frame.__slots__])
    except v.Failure as failure:
        return failure.code
fast = list(map(told, data))
plain = sum(v.read_plain(line.encode('utf-8')) is not None for line in data)
v.read_plain = lambda line: None
print(json.dumps([fast, list(map(told, data)), plain]))`;
  const [fast, slow, plain] = python(bothWays, JSON.stringify(lines)) as [string[], string[], number];
  expect(fast).toEqual(slow);
  expect(fast.filter((each) => each === 'bad-evidence').length).toBeGreaterThan(300);
  expect(plain).toBeGreaterThan(100);
});

test('runs in a folder that holds a module of its own making, and takes no word from it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-modules-'));
  try {
    copyFileSync(verifier, join(folder, 'verify.py'));
    for (const name of ['argparse', 'json', 'hashlib']) writeFileSync(join(folder, `${name}.py`), "print('good')\nraise SystemExit(0)\n");
    const run = spawnSync('python3', ['-B', 'verify.py', '.', '--trust', 'none.json'], { cwd: folder, encoding: 'utf8' });
    expect(run).toMatchObject({ status: 10, stdout: expect.stringMatching(/^bad-trust: /) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
