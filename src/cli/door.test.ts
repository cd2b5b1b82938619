import { expect, test, vi } from 'vitest';
import { needsOf } from './door.ts';

const row = {
  show: 'evidence.read',
  '--audit-key': 'recording.replay.key',
  '--recover': 'recording.recover',
  '--text': 'recording.replay.own',
  '--key --text': 'recording.replay.key',
} as const;

test.each([
  ['show', [], 'evidence.read'],
  ['show', ['--json'], 'evidence.read'],
  // Commander calls it auditKey: by that name its row would never have been found, and the weaker one taken.
  ['show', ['--json', '--audit-key'], 'recording.replay.key'],
  ['show', ['--key'], 'evidence.read'],
  ['show', ['--text'], 'recording.replay.own'],
  ['show', ['--text', '--json', '--key'], 'recording.replay.key'],
  ['show', ['--text', '--key', '--audit-key'], 'recording.replay.key'],
])('%s %j needs %s', (name, flags, needs) => expect(needsOf(row, name, flags)).toBe(needs));

test.each([
  ['erase', []],
  ['constructor', []],
  ['show', ['--audit-key', '--recover']],
  // What two options say together takes nothing away from a third one.
  ['show', ['--key', '--text', '--recover']],
])('%s %j: a row that does not say, or says two things, lets nobody through', (name, flags) => expect(() => needsOf(row, name, flags)).toThrow('needs'));

test('where no command of the table runs nothing can be asked for', async () => {
  vi.resetModules();
  const { pass } = await import('./door.ts');
  await expect(pass({ phase: 'locked' }, () => undefined)).rejects.toThrow('no command of the table runs');
});
