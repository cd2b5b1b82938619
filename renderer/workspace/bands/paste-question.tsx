/** A paste of more than one plain line is shown before it goes. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Band, Button, Mark } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import type { AskedPaste } from '../paste.ts';
import { band } from './band.tsx';
import { titleOf } from './parts.tsx';

export const pasteQuestion = band('paste', { pane: true, pasted: true }, PasteQuestion);

/** The safe answer is first, in inverse, focused and on Escape: Enter never pastes. */
function PasteQuestion({
  controller,
  pane,
  pasted: asked,
}: {
  readonly controller: Controller;
  readonly pane: number;
  readonly pasted: AskedPaste;
}): JSX.Element {
  const { number, title } = titleOf(pane);
  const text = messages.paste;
  const answer = (choice: 'no' | 'as-is' | 'without-last'): void => controller.pasting.answer(pane, asked, choice);
  const {
    findings: pasted,
    reach: { whole, also, alsoRun },
  } = asked;
  const heading = pasted.lineCount === 1 ? text.titleOne : text.title(pasted.lineCount);
  return (
    <Band
      label={heading}
      level="warn"
      deliberate
      onClose={() => answer('no')}
      keys={{ y: () => answer('as-is'), ...(pasted.lastRuns ? { w: () => answer('without-last') } : {}) }}
    >
      <div class="band__grid">
        <div>
          <h2 class="band__title">{heading}</h2>
          <p class="dim gap-h">{whole ? text.intoBracketed(number, title) : text.into(number, title)}</p>
          {also > 0 ? (
            <p class="warn gap-h">
              <Mark kind="warn" />
              {messages.broadcast.pastesToo(also, alsoRun)}
            </p>
          ) : null}
        </div>
        <div>
          <ol class="numbered">
            {pasted.lines.map((line, i) => (
              <li key={i}>
                <span>{i + 1}</span>
                {line.map((part, j) =>
                  part.control ? (
                    <b class="ctl" key={j}>
                      {part.text}
                    </b>
                  ) : (
                    <span key={j}>{part.text}</span>
                  ),
                )}
                {i + 1 === pasted.lineCount && pasted.lastRuns ? <b class="ctl">LF</b> : null}
              </li>
            ))}
          </ol>
          {pasted.moreLines > 0 ? <p class="dim">{text.more(pasted.moreLines)}</p> : null}
          {pasted.endsEarly || pasted.removed > 0 || pasted.lastRuns ? (
            <p class="warn gap-h">
              <Mark kind="warn" />
              {[
                pasted.endsEarly ? text.endedEarly : pasted.removed > 0 ? text.removed(pasted.removed) : '',
                pasted.lastRuns ? (whole && alsoRun === 0 ? text.lastNewline : text.lastRuns) : '',
              ]
                .filter(Boolean)
                .join(' ')}
            </p>
          ) : null}
        </div>
        <div class="actions actions--col">
          <Button kind="main" hint="esc" focus onClick={() => answer('no')}>
            {text.no}
          </Button>
          <Button hint="y" onClick={() => answer('as-is')}>
            {text.asIs}
          </Button>
          {pasted.lastRuns ? (
            <Button hint="w" onClick={() => answer('without-last')}>
              {text.withoutLast}
            </Button>
          ) : null}
        </div>
      </div>
    </Band>
  );
}
