/** What of a policy changes: each field before and after, and which way that goes. The same for who asks and for who agrees. */
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { messages } from './messages.ts';
import { Columns, Mark, Wide, type MarkKind } from './parts.tsx';

const text = messages.policy;

type Changes = Output<'people.asked'>['changes'];

const marks: Readonly<Record<Changes[number]['direction'], MarkKind>> = { weaker: 'warn', stronger: 'ok', neither: 'none' };

export function PolicyChanges({ changes }: { readonly changes: Changes }): JSX.Element | null {
  if (changes.length === 0) return null;
  return (
    <Wide label={text.wish} gap="gap-h">
      <table class="t">
        <Columns names={text.columns} />
        <tbody>
          {changes.map(({ field, before, after, direction }) => (
            <tr key={field}>
              <td>
                <Mark kind={marks[direction]} />
                {text.ways[direction]}
              </td>
              <td>{field}</td>
              <td class="value">{before ?? <span class="dim">{text.nothing}</span>}</td>
              <td class="value">{after ?? <span class="dim">{text.nothing}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}
