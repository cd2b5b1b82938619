/** A thousand values of each kind, in every shape, at four widths, cut into pieces anywhere: each is found as what it is, and no text that is left has it. */
import { describe, expect, test } from 'vitest';
import { Chance } from '../../test/redaction-corpus/random.ts';
import { compact, dea, hyphens, iso, person } from '../../test/redaction-corpus/published/people.ts';
import { password } from '../../test/redaction-corpus/published/secrets.ts';
import { Sequences } from '../terminal/sequences.ts';
import { covered, Redactor, standardKinds } from './index.ts';
import { shapes } from './shapes.fixture.ts';

const VALUES = 1000;
const letters = (chance: Chance, set: string, count: number): string => Array.from({ length: count }, () => chance.pick([...set])).join('');
/** Capitals only: what stands in a name may be a word anywhere. */
const strange = (chance: Chance): string => `Q${letters(chance, 'BCDFGHJKLMNPQRSTVWXZ', 7)}`;

/** Of each kind a text that is found by itself, and what of it must not get out. */
const kinds: Readonly<Record<string, (chance: Chance) => readonly [text: string, value: string]>> = {
  ssn: (chance) => same(person(chance).ssn),
  mrn: (chance) => behind('MRN: ', person(chance).mrn),
  visit: (chance) => behind('CSN: ', person(chance).visit),
  dob: (chance) => behind('DOB: ', iso({ ...person(chance).born, year: chance.from(1900, 2025) })),
  phone: (chance) => same(hyphens(person(chance).phone)),
  email: (chance) => same(`${strange(chance).toLowerCase()}@example.com`),
  mbi: (chance) => same(person(chance).mbi),
  dea: (chance) => behind('DEA: ', dea(chance, strange(chance))),
  member: (chance) => behind('Member ID: ', `W${chance.digits(10)}`),
  name: (chance) => behind('Patient: ', `${strange(chance)},${strange(chance)}`),
  hl7: (chance) => {
    const name = strange(chance);
    return [`PID|1||48291||${name}^ROSA`, name];
  },
  fhir: (chance) => {
    const day = iso({ ...person(chance).born, year: chance.from(1900, 2025) });
    return [`"birthDate": "${day}"`, day];
  },
  x12: (chance) => {
    const day = compact(person(chance).born);
    return [`DMG*D8*${day}*F~`, day];
  },
  'cloud-key': (chance) => same(`AKIA${letters(chance, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`),
  password: (chance) => behind('PGPASSWORD=', `${password(chance)}${chance.digits(4)}`),
};
const same = (value: string): readonly [string, string] => [value, value];
const behind = (label: string, value: string): readonly [string, string] => [`${label}${value}`, value];

/** What is printed, and what titles, links and clipboards say. */
function textOf(output: Uint8Array): string {
  const parts: string[] = [];
  const said: string[] = [];
  const sequences = new Sequences({
    text: (bytes) => parts.push(Buffer.from(bytes).toString('utf8')),
    control: (byte) => byte === 10 && parts.push('\n'),
    string: (_kind, text) =>
      said.push(
        text,
        Buffer.from(text.split(';').at(-1)!, 'base64').toString('latin1'),
        text.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      ),
  });
  sequences.feed(output);
  return [parts.join(''), ...said].join('\n');
}

/** Shapes in which a text of this length, that formats need as it is, is found on its own. */
const shapesFor = (kind: string): typeof shapes =>
  ['hl7', 'fhir', 'x12', 'password', 'cloud-key', 'name'].includes(kind) ? shapes.filter(({ disguise }) => !disguise) : shapes;

describe.each([40, 80, 132, 200])('%i columns', (cols) => {
  test.each(Object.keys(kinds))('%s', { timeout: 120_000 }, async (kind) => {
    const chance = new Chance(cols * 1000 + Object.keys(kinds).indexOf(kind));
    const redactor = new Redactor(standardKinds);
    await redactor.piece({
      code: 's',
      timeUs: 0,
      data: Buffer.from(JSON.stringify({ command: ['/bin/sh'], cwd: '/', cols, rows: 24, term: 'xterm', version: '1' })),
    });
    const pieces: Buffer[] = [];
    const plants: { readonly shape: string; readonly value: string; readonly from: number; readonly to: number }[] = [];
    const wanted = shapesFor(kind);
    for (let n = 0; n < VALUES / 4; n++) {
      const shape = wanted[n % wanted.length]!;
      const [text, value] = kinds[kind]!(chance);
      // Each stands on a screen of its own, as in a session something else comes between.
      const output = Buffer.from(`\x1b[2J\x1b[H# ${n}\r\n${shape.output(text, cols)}\r\nnext\r\n`);
      const from = pieces.length;
      for (let at = 0; at < output.length;) {
        const length = chance.pick([1, 3, 17, 400]);
        pieces.push(output.subarray(at, at + length));
        at += length;
      }
      plants.push({ shape: shape.name, value, from, to: pieces.length });
    }
    for (const data of pieces) await redactor.piece({ code: 'o', timeUs: 1, data });
    const found = await redactor.end();
    for (const { shape, value, from, to } of plants) {
      const numbers = Array.from({ length: to - from }, (_, i) => from + i);
      // The first piece of the recording is its start.
      const kindsFound = numbers.flatMap((i) => found.get(i + 1)?.kinds ?? []);
      expect(kindsFound, `${shape}: ${value}`).toContain(kind);
      const disclosed = Buffer.concat(numbers.filter((i) => !found.has(i + 1)).map((i) => pieces[i]!));
      const blocks = Buffer.concat(numbers.map((i) => covered(pieces[i]!, found.get(i + 1)?.masks ?? [])));
      for (const rest of [disclosed, blocks]) expect(textOf(rest), shape).not.toContain(value);
    }
  });
});
