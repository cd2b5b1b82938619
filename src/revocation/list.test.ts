/** Lists that count and lists that do not: signatures, fields, ages, and what was seen before. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownFolder } from '../../test/support/first-home.ts';
import { judge, type FoundFile, type Judging } from './judge.ts';
import { dismissed, listKey, listText, signedList, signText } from './list.fixture.ts';
import { isList, namedHere, readList, REVOCATION_NAMESPACE, type NoList, type SignedList } from './list.ts';

const [key, spare, stranger] = [listKey(), listKey(), listKey()];
const keys = [key.text, spare.text];
const PERSON = 'p-0123456789ab';
const HOUR = 3_600_000;
const now = Date.parse('2026-11-28T12:00:00.000Z');
const at = (hours: number): string => new Date(now - hours * HOUR).toISOString();

const good = (read: SignedList | NoList): SignedList => {
  if (!isList(read)) throw new Error(`${read.fault}: ${read.why}`);
  return read;
};
const fault = (read: SignedList | NoList): string => (isList(read) ? 'none' : `${read.fault}: ${read.why}`);

test('a list that ssh-keygen signs counts, and says who and since when', () => {
  const folder = ownFolder();
  const [path, file] = [join(folder, 'key'), join(folder, 'list.json')];
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-C', '', '-N', '', '-f', path]);
  writeFileSync(file, listText({ number: 7, issued: '2026-11-28T12:00:00Z', revoked: [dismissed(PERSON)] }));
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', path, '-n', REVOCATION_NAMESPACE, file], { stdio: 'ignore' });
  const whole = Buffer.concat([readFileSync(file), readFileSync(`${file}.sig`)]);
  const [type, base64] = readFileSync(`${path}.pub`, 'utf8').trim().split(' ');
  expect(good(readList(whole, [`${type} ${base64}`]))).toMatchObject({
    number: 7,
    issued: '2026-11-28T12:00:00.000Z',
    revoked: [{ person: PERSON, reason: 'dismissal' }],
  });
});

test('either key of the policy may sign; a stranger, another purpose, a changed byte and no signature may not, and nothing of such a file is parsed', async () => {
  const text = listText({ number: 1 });
  for (const one of [key, spare]) expect(good(readList(await signText(text, one), keys)).number).toBe(1);
  expect(fault(readList(await signText(text, stranger), keys))).toContain('does not name');
  expect(fault(readList(await signText(text, key, 'session-export@wardmux.localhost'), keys))).toContain('namespace');
  expect(fault(readList(Buffer.from(text), keys))).toBe('unsigned: carries no signature');
  expect(fault(readList(await signText('not JSON\n', stranger), keys))).toMatch(/^unsigned/);
  expect(fault(readList(await signText('not JSON\n', key), keys))).toMatch(/^malformed: is not JSON/);
  expect(fault(readList(await signText(text, key), []))).toMatch(/^unsigned/);
});

test('property: no changed, cut or lengthened list counts', async () => {
  const whole = await signedList(key, { number: 3, revoked: [dismissed(PERSON)] });
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => {
      const changed = Buffer.from(whole);
      changed[place]! ^= flip;
      expect(isList(readList(changed, keys))).toBe(false);
      expect(isList(readList(whole.subarray(0, place), keys))).toBe(false);
      expect(isList(readList(Buffer.concat([whole, changed.subarray(0, place + 1)]), keys))).toBe(false);
    }),
  );
});

test.each([
  ['nobody named', { revoked: [{ reason: 'dismissal', since: '2026-11-28T11:58:00Z' }] }, 'none or several'],
  ['two named in one', { revoked: [{ ...dismissed(PERSON), slot: 'k-0123456789ab' }] }, 'none or several'],
  ['a reason of their own', { revoked: [{ ...dismissed(PERSON), reason: 'patient 4711' }] }, 'revoked.0.reason'],
  ['a name', { revoked: [dismissed('Ada Example')] }, 'not the id of a person'],
  ['number 0', { number: 0 }, 'number'],
  ['a day without a time', { issued: '2026-11-28' }, 'issued'],
])('a signed list with %s is none, and says where', async (_, change, words) => {
  expect(fault(readList(await signedList(key, { number: 1, ...change }), keys))).toContain(words);
});

test('a list names people by id and by either key, and slots by id and by credential', () => {
  const kid = (letter: string): string => letter.repeat(43);
  const since = '2026-11-28T11:58:00Z';
  const of = (what: object) => ({ ...what, reason: 'other' as const, since });
  const known = (id: string, letter: string, slots: readonly { id: string; credentialId?: string }[]) => ({
    id,
    encryptionKey: kid(letter),
    signingKey: kid(letter.toUpperCase()),
    slots,
  });
  const here = [
    known('p-000000000001', 'a', [{ id: 'k-1' }]),
    known('p-000000000002', 'b', []),
    known('p-000000000003', 'c', [{ id: 'k-2', credentialId: 'cred' }, { id: 'k-3' }]),
    known('p-000000000004', 'd', [{ id: 'k-4' }]),
  ];
  const revoked = [
    of({ person: 'p-000000000001' }),
    of({ key: kid('b') }),
    of({ key: kid('C') }),
    of({ credential: 'cred' }),
    of({ slot: 'k-4' }),
    of({ slot: 'k-99' }),
  ];
  expect(namedHere({ revoked }, here)).toEqual({ people: ['p-000000000001', 'p-000000000002', 'p-000000000003'], slots: ['k-2', 'k-4'] });
});

const judged = (file: FoundFile | Buffer, more: Partial<Judging> = {}) =>
  judge({
    demanded: { file: '/mnt/revoked.list', keys, maxAgeHours: 72 },
    file: Buffer.isBuffer(file) ? { bytes: file } : file,
    kept: undefined,
    known: null,
    now,
    ...more,
  });
const knownOf = (bytes: Buffer) => {
  const { number, sha256 } = good(readList(bytes, keys));
  return { number, sha256 };
};

test('age: a third of the time is silent, then it is said, then nobody comes in; a clock that is set back finds a list of the future', async () => {
  const old = (hours: number): Promise<Buffer> => signedList(key, { number: 4, issued: at(hours) });
  expect(judged(await old(23))).toMatchObject({ state: 'good', barred: false, ageHours: 23 });
  expect(judged(await old(23)).sentence).toBeUndefined();
  expect(judged(await old(24)).sentence).toContain('24 hours old');
  expect(judged(await old(71))).toMatchObject({ state: 'good', barred: false });
  expect(judged(await old(72))).toMatchObject({ state: 'too-old', barred: true, list: { number: 4 } });
  expect(judged(await old(-0.1))).toMatchObject({ state: 'good', barred: false });
  expect(judged(await old(-1))).toMatchObject({ state: 'early', barred: true });
});

test('away: the copy that is kept stands in until it is too old; without one, or where the copy was set back too, nobody comes in', async () => {
  const kept = await signedList(key, { number: 4, issued: at(5), revoked: [dismissed(PERSON)] });
  for (const state of ['missing', 'unreadable'] as const) {
    const away = { state, why: 'is not there' };
    expect(judged(away, { kept, known: knownOf(kept) })).toMatchObject({
      state,
      barred: false,
      list: { number: 4 },
      sentence: expect.stringContaining('kept here') as string,
    });
    expect(judged(away, { kept, known: knownOf(kept), now: now + 68 * HOUR })).toMatchObject({ state: 'too-old', barred: true });
    expect(judged(away)).toMatchObject({ state, barred: true, list: undefined });
    expect(judged(away, { kept: await signedList(key, { number: 3 }), known: knownOf(kept) })).toMatchObject({ state, barred: true, list: undefined });
    expect(judged(away, { kept: await signedList(stranger, { number: 4 }), known: knownOf(kept) })).toMatchObject({ state, barred: true });
  }
});

test('what is there and wrong bars, names the newest that was good on, and is never kept: an older one, another of the same number, one of nobody', async () => {
  const kept = await signedList(key, { number: 4, issued: at(5), revoked: [dismissed(PERSON)] });
  const with4 = { kept, known: knownOf(kept) };
  const wrong = { barred: true, list: { number: 4, revoked: [{ person: PERSON }] } };
  expect(judged(await signedList(key, { number: 3, issued: at(0) }), with4)).toMatchObject({ state: 'set-back', ...wrong });
  expect(judged(await signedList(key, { number: 4, issued: at(0) }), with4)).toMatchObject({ state: 'forked', ...wrong });
  expect(judged(await signedList(stranger, { number: 5 }), with4)).toMatchObject({ state: 'unsigned', ...wrong });
  expect(judged(await signText('{}\n', key), with4)).toMatchObject({ state: 'malformed', ...wrong });
  // Where the ledger was set back with everything in it, the copy still knows.
  expect(judged(await signedList(key, { number: 3, issued: at(0) }), { kept })).toMatchObject({ state: 'set-back', barred: true });
  // An event of the ledger that takes a number ahead closes, and opens nothing.
  expect(judged(kept, { kept, known: { number: 9, sha256: '0'.repeat(64) } })).toMatchObject({ state: 'set-back', barred: true });
});

test('a newer list takes the place of the one before, and is kept; the same one is not written again', async () => {
  const [four, five] = [await signedList(key, { number: 4, issued: at(5) }), await signedList(spare, { number: 5, issued: at(0) })];
  expect(judged(five, { kept: four, known: knownOf(four) })).toMatchObject({ state: 'good', barred: false, list: { number: 5 }, keep: five });
  expect(judged(five, { kept: five, known: knownOf(five) }).keep).toBeUndefined();
});
