/** The recognisers on the labelled corpus: what is published holds, and is not worse than what was asked for (requirements 5.4). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measured } from '../../src/export/measured.ts';
import { covered, Redactor, RECOGNISERS_VERSION, standardKinds } from '../../src/redaction/index.ts';
import { corpusOf, ordinary } from './index.ts';
import { publishedCorpus } from './published/index.ts';
import { falseHits, measure, precisionOf, recallOf } from './measure.ts';

/** Another seed than the one that the published figures are of. */
const documents = corpusOf(20261129, 700);

test('of what is labelled, has a check digit or a place in a format, 99 of 100 are withheld, and 98 of 100 that are withheld are somebody’s', () => {
  const figures = measure(documents, standardKinds);
  expect([...figures.keys()].sort()).toEqual(standardKinds.toSorted());
  for (const [kind, one] of figures) {
    expect(one.gold, kind).toBeGreaterThan(40);
    expect(recallOf(one), kind).toBeGreaterThanOrEqual(kind === 'columns' ? 0.97 : 0.99);
    expect(precisionOf(one), kind).toBeGreaterThanOrEqual(0.98);
  }
});

test('of what published formats and manuals have, 98 of 100 names and 99 of 100 of all else are withheld', { timeout: 120_000 }, () => {
  const figures = measure(publishedCorpus(20261201, 540), standardKinds);
  expect([...figures.keys()].sort()).toEqual(standardKinds.toSorted());
  for (const [kind, one] of figures) {
    expect(one.gold, kind).toBeGreaterThan(20);
    expect(recallOf(one), kind).toBeGreaterThanOrEqual(kind === 'columns' ? 0.97 : kind === 'name' ? 0.98 : 0.99);
    expect(precisionOf(one), kind).toBeGreaterThanOrEqual(0.98);
  }
});

test('ordinary output of administrators has one false hit in a thousand lines at most', () => {
  const { lines, hits } = falseHits(ordinary(20261129, 20_000), standardKinds);
  expect(lines).toBe(20_000);
  expect(hits).toBeLessThanOrEqual(lines / 1000);
});

test('through a terminal, in pieces of any length, all of it is covered that is found line by line', async () => {
  for (const { text, gold, form } of documents.slice(0, 28)) {
    const redactor = new Redactor(standardKinds);
    const lines = text.split('\n');
    const output = lines.join('\r\n');
    const pieces = output.match(/[\s\S]{1,97}/g)!.map((piece) => Buffer.from(piece));
    for (const data of pieces) await redactor.piece({ code: 'o', timeUs: 0, data });
    const found = await redactor.end();
    const shown = Buffer.concat(pieces.map((data, i) => covered(data, found.get(i)?.masks ?? []))).toString();
    for (const { start, end, kind } of gold) {
      // As far into the output as into the text, and one more for each line before it.
      const before = text.slice(0, start).split('\n').length - 1;
      expect(shown.slice(start + before, end + before).replaceAll(' ', ''), `${form} ${kind}`).toMatch(/^\u2588+$/);
    }
  }
});

test('the page and the list have the recall that was measured with this version of the table', () => {
  expect(measured.version).toBe(RECOGNISERS_VERSION);
  const page = readFileSync(join(import.meta.dirname, '../../docs/redaction.md'), 'utf8');
  const recalls = Object.entries<number>(measured.recall);
  expect(recalls.length).toBeGreaterThan(15);
  for (const [kind, recall] of recalls) expect(page).toMatch(new RegExp(`\\| \`${kind}\` .*\\| ${recall.toFixed(3)} `));
});
