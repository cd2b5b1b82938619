import { describe, expect, test } from 'vitest';
import { filterRows, groupByDay, provenShare, sortRows, type RecordingRow } from './rows.ts';

const row = (n: number, more: Partial<RecordingRow> = {}): RecordingRow => ({
  id: `20261122-0815${String(n % 60).padStart(2, '0')}-${n.toString(16).padStart(8, '0')}`,
  person: 'p-000000000001',
  name: 'Mara Ueda',
  start: new Date(Date.UTC(2026, 10, 22, 8, 15, n)).toISOString(),
  lengthMs: 1000 * n,
  size: 10 * n,
  state: 'complete',
  signed: 10,
  found: 10,
  reason: null,
  review: null,
  program: 'bash',
  ...more,
});

describe('a filter', () => {
  const rows = [
    row(1),
    row(2, { person: 'p-000000000002', name: 'Kim Olsen', state: 'live', program: 'psql feeds' }),
    row(3, { name: null, start: '', state: 'interrupted', review: { state: 'flagged', by: 'p-000000000009' } }),
    row(4, { reason: 'audit', review: { state: 'to-review', by: 'p-000000000009' }, state: 'contradicts', start: '2026-11-24T00:00:00.000Z' }),
  ];
  const ids = (some: readonly RecordingRow[]): number[] => some.map((one) => rows.indexOf(one) + 1);

  test.each([
    [{}, [1, 2, 3, 4]],
    [{ state: 'live' as const }, [2]],
    [{ state: 'flagged' as const }, [3]],
    [{ state: 'to-review' as const, reason: 'audit' as const }, [4]],
    [{ reason: 'legal' as const }, []],
    [{ person: 'p-000000000002' }, [2]],
    [{ person: 'olsen' }, [2]],
    [{ person: 'p-00000000000' }, []],
    [{ since: Date.UTC(2026, 10, 23) }, [4]],
    [{ until: Date.UTC(2026, 10, 23) }, [1, 2]],
    [{ since: Date.UTC(2026, 10, 24), until: Date.UTC(2026, 10, 24) }, [4]],
    [{ words: ['PSQL', 'kim'] }, [2]],
    [{ words: ['psql', 'mara'] }, []],
    [{ words: ['', ' '.trim()] }, [1, 2, 3, 4]],
  ])('%j leaves %j', (filter, left) => expect(ids(filterRows(rows, filter))).toEqual(left));

  test('whose name may not be seen is not found by it', () => {
    expect(filterRows([row(1, { name: null })], { person: 'mara' })).toEqual([]);
  });
});

describe('sorted', () => {
  test('rows that are equal stand newest first, either way round', () => {
    const rows = [row(1, { size: 5 }), row(2, { size: 5 }), row(3, { size: 1 })];
    expect(sortRows(rows, 'size', false).map(({ lengthMs }) => lengthMs)).toEqual([3000, 2000, 1000]);
    expect(sortRows(rows, 'size', true).map(({ lengthMs }) => lengthMs)).toEqual([2000, 1000, 3000]);
  });

  test('how far proven: nothing signed stands below little of it', () => {
    expect([provenShare({ signed: null, found: 5 }), provenShare({ signed: 1, found: 4 }), provenShare({ signed: 4, found: null })]).toEqual([-1, 0.25, 1]);
  });
});

test('days follow each other as the rows do', () => {
  const rows = [row(1), row(2), row(3, { start: '2026-11-21T23:59:59.999Z' }), row(4)];
  expect(groupByDay(rows).map(({ day, rows: some }) => [day, some.length])).toEqual([
    ['2026-11-22', 2],
    ['2026-11-21', 1],
    ['2026-11-22', 1],
  ]);
});
