import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from './commands/index.ts';
import { commandsDocument, keysDocument } from './docs.ts';

/** To bring the files up to date: UPDATE_DOCS=1 with this test. */
const documents = [
  ['commands.md', commandsDocument],
  ['keys.md', keysDocument],
] as const;

describe('documents made from the tables', () => {
  it.each(documents)('docs/%s is current', async (name, make) => {
    const url = new URL(`../../docs/${name}`, import.meta.url);
    if (process.env['UPDATE_DOCS']) (await import('node:fs')).writeFileSync(url, make());
    expect(readFileSync(url, 'utf8')).toBe(make());
  });

  it('names every command and every flag', () => {
    const text = commandsDocument();
    for (const command of commands) {
      expect(text).toContain(`### ${command.name}\n`);
      for (const flag of Object.keys(command.args.values ?? {})) expect(text).toContain(`[-${flag} ${command.args.values?.[flag] ?? ''}]`);
    }
  });
});
