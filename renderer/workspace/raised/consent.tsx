/** The policy's text: accepted by each person before their first pane. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Band, Button } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';

interface Props {
  readonly controller: Controller;
  readonly version: number;
  readonly text: string;
}

/** The safe answer is first, in inverse, focused and on Escape: whoever does not accept locks, and Enter accepts nothing. */
export function ConsentText({ controller, version, text }: Props): JSX.Element {
  const words = messages.consent;
  const lock = (): void => controller.lock();
  const accept = (): void => void controller.accept(version);
  return (
    <Band label={words.title} onClose={lock} keys={{ a: accept }}>
      <div class="band__grid">
        <div>
          <h2 class="band__title">{words.title}</h2>
          <p class="dim gap-h">{words.version(version)}</p>
        </div>
        <p class="measure consent__text" tabIndex={0}>
          {text}
        </p>
        <div class="actions actions--col">
          <Button kind="main" hint="esc" focus onClick={lock}>
            {words.lock}
          </Button>
          <Button hint="a" onClick={accept}>
            {words.accept}
          </Button>
        </div>
      </div>
    </Band>
  );
}
