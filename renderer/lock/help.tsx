/** For whoever cannot get in: what helps, and whom to ask. It asks nothing and knows nobody, so it tells nobody anything about anybody. */
import type { JSX } from 'preact';
import { Fragment } from 'preact';
import { messages } from '../shared/messages.ts';
import { Button } from '../shared/parts.tsx';

const text = messages.lock.help;

/** @param whom as the policy says it; empty where it does not. */
export function Help({ whom, onLeave }: { readonly whom: string; readonly onLeave: () => void }): JSX.Element {
  return (
    <div class="poster__help">
      <p class="strong">{text.title}</p>
      <p>{whom === '' ? text.askAnybody : text.ask(whom)}</p>
      <dl class="gap-h">
        {text.ways.map(([name, how]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd class="dim">{how}</dd>
          </Fragment>
        ))}
      </dl>
      <div class="poster__acts">
        <Button focus hint="esc" onClick={onLeave}>
          {text.back}
        </Button>
      </div>
    </div>
  );
}
