import { expect, test } from 'vitest';
import { checkEntry } from '../ledger/events.ts';
import { kindOf, sinkKindNames, sinksSchema } from './kinds.ts';

test.each(sinkKindNames)('%s: its name is one that the ledger takes, and its schema is of that kind', (kind) => {
  expect(sinkKindNames.filter((other) => other === kind)).toHaveLength(1);
  expect(kindOf({ kind }).kind).toBe(kind);
  checkEntry({ action: 'sink.resumed', detail: { sink: 'siem', kind } });
  // Whatever else is wrong with it, the kind is known; and who the server is has to be said.
  const issues = sinksSchema.safeParse([{ kind, name: 'siem', host: 'siem.example.org', port: 1 }]).error?.issues.map(({ path }) => path[1]);
  expect(issues).not.toContain('kind');
  const { issues: unknown } = sinksSchema.safeParse([
    { kind, name: 'siem', host: 'siem.example.org', port: 1, shape: 'lines', stream: 'A', strange: 1 },
  ]).error!;
  expect(JSON.stringify(unknown)).toContain('strange');
});

test('a kind that nobody knows is no row, and two of one name are none', () => {
  expect(sinksSchema.safeParse([{ kind: 'pigeon', name: 'a' }]).success).toBe(false);
  const row = { kind: 'syslog', name: 'a', host: 'siem.example.org', port: 1, fingerprint: 'ab'.repeat(32) };
  expect(sinksSchema.safeParse([row]).success).toBe(true);
  expect(sinksSchema.safeParse([row, row]).error?.issues[0]?.message).toBe('has the same name twice');
  const { fingerprint: _, ...unpinned } = row;
  expect(sinksSchema.safeParse([unpinned]).error?.issues[0]?.message).toContain('needed to know the server');
});
