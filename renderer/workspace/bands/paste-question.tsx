/** A paste of more than one plain line is shown before it goes. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Band, Button, Mark } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import type { PasteReview } from '../paste.ts';
import { band } from './band.tsx';
import { titleOf } from './parts.ts';

export const pasteQuestion = band('paste', { pane: true, review: true }, PasteQuestion);

/** The safe answer is first, in inverse, focused and on Escape: Enter never pastes. */
function PasteQuestion({ controller, pane, review }: { readonly controller: Controller; readonly pane: number; readonly review: PasteReview }): JSX.Element {
  const { number, title } = titleOf(pane);
  const text = messages.paste;
  const answer = (choice: 'no' | 'as-is' | 'without-last'): void => controller.pasting.answer(pane, review, choice);
  const whole = controller.pasting.takenWhole(pane);
  const heading = review.lineCount === 1 ? text.titleOne : text.title(review.lineCount);
  return (
    <Band
      label={heading}
      level="warn"
      onClose={() => answer('no')}
      keys={{ y: () => answer('as-is'), ...(review.lastRuns ? { w: () => answer('without-last') } : {}) }}
    >
      <div class="band__grid">
        <div>
          <h2 class="band__title">{heading}</h2>
          <p class="dim gap-h">{whole ? text.intoBracketed(number, title) : text.into(number, title)}</p>
        </div>
        <div>
          <ol class="numbered">
            {review.lines.map((line, i) => (
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
                {i + 1 === review.lineCount && review.lastRuns ? <b class="ctl">LF</b> : null}
              </li>
            ))}
          </ol>
          {review.moreLines > 0 ? <p class="dim">{text.more(review.moreLines)}</p> : null}
          {review.endsEarly || review.removed > 0 || review.lastRuns ? (
            <p class="warn gap-h">
              <Mark kind="warn" />
              {[
                review.endsEarly ? text.endedEarly : review.removed > 0 ? text.removed(review.removed) : '',
                review.lastRuns ? (whole ? text.lastNewline : text.lastRuns) : '',
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
          {review.lastRuns ? (
            <Button hint="w" onClick={() => answer('without-last')}>
              {text.withoutLast}
            </Button>
          ) : null}
        </div>
      </div>
    </Band>
  );
}
