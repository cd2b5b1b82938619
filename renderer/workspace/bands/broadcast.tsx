/** Which panes what is typed would go into: set-option synchronize-panes. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { messages } from '../../shared/messages.ts';
import { Band, Button, Mark } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import { band } from './band.tsx';
import { close, titleOf } from './parts.tsx';

export const broadcastQuestion = band('broadcast', {}, BroadcastQuestion);

/** The safe answer is first, in inverse, focused and on Escape. */
function BroadcastQuestion({ controller }: { readonly controller: Controller }): JSX.Element {
  const text = messages.broadcast;
  // As they are when the question is asked: what was not in the list gets nothing.
  const [receivers] = useState(() => controller.broadcast.candidates());
  const yes = (): void => {
    close();
    controller.broadcast.start(receivers);
  };
  return (
    <Band label={text.title(receivers.length)} level="warn" alert deliberate onClose={close} keys={{ y: yes, n: close }}>
      <div class="band__grid">
        <div>
          <h2 class="band__title">{text.title(receivers.length)}</h2>
          <p class="dim gap-h">{text.explains}</p>
        </div>
        <ol class="numbered">
          {receivers.map(({ pane, number, host }) => (
            <li key={pane}>
              <span>{number}</span>
              <span>
                {titleOf(pane).title} {host === undefined ? <span class="dim">{text.here}</span> : <b class="warn">{host}</b>}
              </span>
            </li>
          ))}
        </ol>
        <div>
          <div class="actions actions--col">
            <Button kind="main" hint="esc" focus onClick={close}>
              {text.no}
            </Button>
            <Button hint="y" onClick={yes}>
              {text.yes(receivers.length)}
            </Button>
          </div>
          <p class="warn gap-h">
            <Mark kind="warn" />
            {text.ends}
          </p>
        </div>
      </div>
    </Band>
  );
}
