/** Ledgers of an installation whose key has two halves, and of one whose key took the place of another, with what reading each must report. */
import { cosignature, installationSignature, insiderKeys, type InsiderKeys } from '../attacks/forge.ts';
import { certificateText, INSTALLATION_KEY_NAMESPACE } from '../../src/crypto/succession.ts';
import { vouchText } from '../../src/storage/installation.ts';
import { INSTALLATION, PERSON } from './example.ts';
import { checkpointOf, filesOf, linesOf, noteBy, ORIGIN, type LedgerCase, type LedgerLines, type Mark } from './ledgers.ts';
import { sha256 } from './second-writer.ts';

const CREATED = '2026-03-04T05:00:00.000Z';
const REPLACED = '2026-03-05T06:00:00.000Z';
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

type Halves = Pick<InsiderKeys, 'installation' | 'second' | 'noteSign'>;
const halvesOf = ({ installation, second }: Halves) => ({ publicKey: installation.publicKey.raw, second: second?.publicKey });
const namesOf = (keys: Halves) => ({ publicKey: base64url(halvesOf(keys).publicKey), ...(keys.second ? { secondKey: base64url(keys.second.publicKey) } : {}) });
const digestOf = (keys: Halves): string => sha256(halvesOf(keys).publicKey, halvesOf(keys).second ?? '').toString('hex');

/** A checkpoint of the first `size` lines by a key, as far as its halves sign. */
const whole =
  (keys: Halves): Mark['note'] =>
  (size, root) =>
    noteBy(keys, checkpointOf(size, root)) + (keys.second ? cosignature(ORIGIN, { size, root: root.toString('hex') }, keys.second) : '');
const half =
  (keys: Halves): Mark['note'] =>
  (size, root) =>
    noteBy(keys, checkpointOf(size, root));
/** With another byte at this place of what stands behind the key id of the second signature. */
const spoiled =
  (keys: Halves, at: number): Mark['note'] =>
  (size, root) => {
    const [text, line] = [half(keys)(size, root), cosignature(ORIGIN, { size, root: root.toString('hex') }, keys.second!)];
    const [dash, name, signature] = line.trimEnd().split(' ');
    const bytes = Buffer.from(signature!, 'base64');
    bytes[4 + at]! ^= 1;
    return `${text}${dash} ${name} ${bytes.toString('base64')}\n`;
  };

/** installation.json of a key, and of the one that it replaced after so many events. */
function installationText(keys: Halves, former?: { readonly keys: Halves; readonly until: number; readonly root: Buffer }): string {
  const common = { format: 'wardmux-installation', version: 1, id: INSTALLATION, created: CREATED, ...namesOf(keys) };
  if (!former) return JSON.stringify({ ...common, secretStore: 'file' });
  const certificate = installationSignature(certificateText(INSTALLATION, halvesOf(keys)), former.keys, { namespace: INSTALLATION_KEY_NAMESPACE });
  const fact = { ...namesOf(former.keys), until: former.until, root: former.root.toString('hex'), replaced: REPLACED, by: PERSON };
  const text = vouchText(INSTALLATION, fact);
  const vouched = Buffer.from(keys.noteSign(text)).toString('base64');
  const formerKey = { ...fact, vouched, ...(keys.second ? { vouchedSecond: keys.second.sign(text).toString('base64') } : {}) };
  return JSON.stringify({ ...common, certificate, formerKeys: [formerKey], secretStore: 'file' });
}

export function rotatedLedgers(name: string): LedgerCase[] {
  const before = insiderKeys(name, true, 1);
  const two = insiderKeys(`${name}/hybrid`, true);
  const stranger = insiderKeys(`${name}/stranger`, true);
  const cases: LedgerCase[] = [];
  const add = (
    what: string,
    codes: readonly string[],
    lines: LedgerLines,
    marks: readonly Mark[],
    head: Halves,
    installation: string,
    facts: { readonly whole: number; readonly halfSigned: readonly number[] },
  ): void => {
    const files = filesOf(lines, marks, (text) => noteBy(head, text));
    cases.push({
      name: what,
      codes,
      installation,
      ...facts,
      files: Object.fromEntries([...files].map(([file, content]) => [file, content.toString('base64')])),
    });
  };

  // Two halves.
  const lines = linesOf(before);
  const { length: all } = lines.lines;
  const own = installationText(two);
  const halves = (what: string, codes: readonly string[], notes: readonly Mark['note'][], facts: { whole: number; halfSigned: number[] }): void =>
    add(
      `two halves: ${what}`,
      codes,
      lines,
      notes.map((note, i) => ({ size: i === notes.length - 1 ? all : i, note })),
      two,
      own,
      facts,
    );
  halves('whole', [], [whole(two), whole(two)], { whole: all, halfSigned: [] });
  halves('the newest checkpoint by the first half alone', [], [whole(two), whole(two), half(two)], { whole: 1, halfSigned: [all] });
  halves('an older checkpoint by the first half alone', [], [half(two), whole(two)], { whole: all, halfSigned: [0] });
  halves('every checkpoint by the first half alone', [], [half(two), half(two)], { whole: 0, halfSigned: [0, all] });
  halves('a second signature that is not good', ['bad-signature'], [whole(two), spoiled(two, 100)], { whole: 0, halfSigned: [] });
  halves('a second signature of another second', ['bad-signature'], [whole(two), spoiled(two, 7)], { whole: 0, halfSigned: [] });
  halves(
    'the second signature of a stranger, which is passed over',
    [],
    [whole(two), (size, root) => half(two)(size, root) + cosignature(ORIGIN, { size, root: root.toString('hex') }, stranger.second!)],
    { whole: 0, halfSigned: [all] },
  );

  add(
    'two halves: whole, and an installation.json without the second',
    ['bad-signature', 'bad-signature'],
    lines,
    [
      { size: 0, note: whole(two) },
      { size: all, note: whole(two) },
    ],
    two,
    installationText({ ...two, second: undefined }),
    { whole: 0, halfSigned: [] },
  );

  // A key that took the place of another, after all of these events.
  const taken = { action: 'installation.key', person: PERSON, detail: { key: digestOf(two), previous: digestOf(before), secondKey: true } };
  const lock = { action: 'lock', detail: { cause: 'idle' } };
  const after = linesOf(before, (f) => void f.events.push(taken, lock));
  const end = after.lines.length;
  const root = lines.rootAt(all);
  const changed = installationText(two, { keys: before, until: all, root });
  const three = (last: Mark['note'] = whole(two)): Mark[] => [
    { size: 0, note: whole(before) },
    { size: all, note: whole(before) },
    { size: end, note: last },
  ];
  const replaced = (
    what: string,
    codes: readonly string[],
    of: LedgerLines,
    marks: readonly Mark[],
    head: Halves,
    installation = changed,
    facts = { whole: end, halfSigned: [] as number[] },
  ): void => add(`a key was replaced: ${what}`, codes, of, marks, head, installation, facts);
  replaced('whole', [], after, three(), two);
  replaced('a checkpoint of the key before, for more events than its word counts for', ['bad-signature'], after, three(whole(before)), two, changed, {
    whole: all,
    halfSigned: [],
  });
  replaced('a head of the key before, for more events than its word counts for', ['bad-head'], after, three(), before, changed, { whole: end, halfSigned: [] });
  replaced('cut where the new key had signed nothing yet', [], lines, three().slice(0, 2), before, changed, { whole: all, halfSigned: [] });
  replaced('cut where the new key had signed a head', [], lines, three().slice(0, 2), two, changed, { whole: all, halfSigned: [] });
  replaced('fewer events than the key before had', ['cut'], lines.first(all - 1), [{ size: 0, note: whole(before) }], two, changed, {
    whole: 0,
    halfSigned: [],
  });
  replaced(
    'another root than the key before had',
    ['bad-signature', 'root-mismatch'],
    after,
    three(),
    two,
    installationText(two, { keys: before, until: all, root: sha256('another') }),
  );
  replaced(
    'no event of it, and others behind',
    ['other-keys'],
    linesOf(before, (f) => void f.events.push(lock, lock)),
    three(),
    two,
  );
  replaced(
    'another key in its event',
    ['other-keys'],
    linesOf(before, (f) => void f.events.push({ ...taken, detail: { ...taken.detail, key: digestOf(stranger) } }, lock)),
    three(),
    two,
  );
  replaced('the event, and no former key in installation.json', ['bad-signature', 'bad-signature', 'other-keys'], after, three(), two, installationText(two));
  return cases;
}
