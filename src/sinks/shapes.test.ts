/** What an answer means: of an event it is believed only where it names that event in its place, and whatever it is, it is an answer. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../test/support/properties.ts';
import { answered, shapeNames, shapes } from './shapes.ts';

const ids = ['w-0123456789ab/7', 'w-0123456789ab/8', 'w-0123456789ab/9'] as const;
const item = (id: string, status: number, type?: string) => ({ create: { _id: id, status, ...(type && { error: { type } }) } });
const answer = (items: readonly object[]): string => JSON.stringify({ took: 3, errors: false, items });
const bulk = (text: string, status = 200) => answered(shapes.elastic, status, text, ids);

test('a bulk answer: what was made now or stood there before is taken, up to the first that was not', () => {
  expect(bulk(answer([item(ids[0], 201), item(ids[1], 409, 'version_conflict_engine_exception'), item(ids[2], 201)]))).toEqual({ taken: 3 });
  expect(bulk(answer([item(ids[0], 201), item(ids[1], 400, 'document_parsing_exception'), item(ids[2], 201)]))).toEqual({
    taken: 1,
    why: { code: 'refused', is: `does not take ${ids[1]}: status 400, document_parsing_exception` },
  });
  expect(bulk(answer([item(ids[0], 201)]))).toMatchObject({ taken: 1, why: { code: 'bad-answer' } });
  // In another order, or of others: not of these.
  expect(bulk(answer([item(ids[1], 201), item(ids[0], 201), item(ids[2], 201)]))).toMatchObject({ taken: 0, why: { code: 'bad-answer' } });
  // `index` writes over what stands there: this never asks for it.
  expect(bulk(JSON.stringify({ items: [{ index: { _id: ids[0], status: 201 } }] }))).toMatchObject({ taken: 0, why: { code: 'bad-answer' } });
  for (const status of [200, 202, 304, 404, 500, 0, -1]) expect(bulk(answer([item(ids[0], status)]))).toMatchObject({ taken: 0, why: { code: 'refused' } });
});

test('nothing of an answer acts in a terminal, and no sentence grows with it', () => {
  const { why } = bulk(answer([item(ids[0], 400, `\u001b[2J${'x'.repeat(500)}`)]));
  expect(why!.is).not.toContain('\u001b');
  expect(why!.is.length).toBeLessThan(200);
  expect(bulk('{"error":{"type":"\u001b]0;owned\u0007"}}', 400).why!.is).not.toMatch(/\p{Cc}/u);
});

test('what repeats the token is left out, of an item and of a refusal of all', () => {
  const token = 'Quillfeather-9f8e7d';
  const left = 'what it says repeats the token and is left out';
  const basic = Buffer.from(token).toString('base64');
  for (const said of [`ApiKey ${token}`, `${'x'.repeat(200)}${token}`, `Basic ${basic}`, `Basic ${basic.replace(/=+$/, '')}.`, token.toLowerCase()]) {
    expect(answered(shapes.elastic, 200, answer([item(ids[0], 400, said)]), ids, token).why!.is).toBe(`does not take ${ids[0]}: status 400, ${left}`);
    expect(answered(shapes.elastic, 400, JSON.stringify({ error: { type: said } }), ids, token).why!.is).toContain(`400, ${left})`);
    expect(answered(shapes.splunk, 400, JSON.stringify({ code: 4, text: said }), ids, token).why!.is).toContain(`400, ${left})`);
  }
  expect(answered(shapes.elastic, 400, '{"error":{"type":"parse_exception"}}', ids, token).why!.is).toContain('400, parse_exception)');
});

test('Splunk: code 0 is all of them; anything else none, with the event that it names', () => {
  const splunk = (text: string, status = 200) => answered(shapes.splunk, status, text, ids);
  expect(splunk('{"text":"Success","code":0}')).toEqual({ taken: 3 });
  expect(splunk('{"text":"Server is busy","code":9}')).toMatchObject({ taken: 0, why: { code: 'refused' } });
  expect(splunk('{"text":"Success"}')).toMatchObject({ taken: 0, why: { code: 'bad-answer' } });
  expect(splunk('{"text":"Invalid data format","code":6,"invalid-event-number":1}', 400)).toEqual({
    taken: 0,
    why: { code: 'refused', is: 'does not take the events (HTTP status 400, code 6 Invalid data format at event 1 of the batch)' },
  });
});

test('lines: any 2xx is all of them, and nothing else is', () => {
  for (const status of [200, 201, 202, 204]) expect(answered(shapes.lines, status, '', ids)).toEqual({ taken: 3 });
  for (const status of [0, 100, 301, 304, 400, 401, 403, 404, 413, 429, 500, 503]) expect(answered(shapes.lines, status, '', ids)).toMatchObject({ taken: 0 });
});

/** Whether an answer says of the first `taken` that they are there, by the letter. */
const says = (text: string, taken: number): boolean => ids.slice(0, taken).every((id) => text.includes(JSON.stringify(id)));

const piece = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"items"',
  '"create"',
  '"_id"',
  '"status"',
  '"code"',
  ...ids.map((id) => JSON.stringify(id)),
  '201',
  '409',
  '0',
  'null',
  '"error"',
  '"type"',
  '1e999',
  '"\\u0000"',
  ' ',
);
const items = fc.array(
  fc.record({
    create: fc.record({ _id: fc.oneof(fc.constantFrom(...ids), fc.string()), status: fc.oneof(fc.constantFrom(201, 409, 429, 400), fc.integer()) }),
  }),
  { maxLength: 5 },
);
const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
  fc.json(),
  items.map((each) => JSON.stringify({ items: each })),
  items.chain((each) => {
    const text = JSON.stringify({ items: each });
    return fc.nat(text.length).map((at) => text.slice(0, at));
  }),
);

test.each(shapeNames)('%s: any answer at all is none of more than it names', (name) => {
  fc.assert(
    fc.property(anything, fc.oneof(fc.constantFrom(200, 201, 400, 429), fc.integer({ min: 100, max: 599 })), (text, status) => {
      const { taken, why } = answered(shapes[name], status, text, ids);
      expect(taken).toBeGreaterThanOrEqual(0);
      expect(taken === ids.length).toBe(why === undefined);
      if (status < 200 || status > 299) expect(taken).toBe(0);
      if (name === 'elastic' || name === 'opensearch') expect(says(text, taken)).toBe(true);
      expect(why?.is ?? '').not.toMatch(/\p{Cc}/u);
    }),
    { numRuns: 3000 },
  );
});

test('an answer that is nested without end is an answer too', () => {
  for (const text of ['['.repeat(500_000), `{"items":${'['.repeat(100_000)}${']'.repeat(100_000)}}`]) expect(bulk(text)).toMatchObject({ taken: 0 });
});
