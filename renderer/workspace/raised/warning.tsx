/** The lock comes soon. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Band, Button } from '../../shared/parts.tsx';
import { left } from '../../shared/text.ts';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';

/** The one band that takes any key (../keys.ts), and says so. */
export function Warning({ controller }: { readonly controller: Controller }): JSX.Element {
  const text = messages.warning;
  const seconds = model.lockIn.value;
  const idle = Math.max(0, (model.status.value?.idleSeconds ?? 0) - seconds);
  return (
    <Band label={text.label} level="warn" alert class="countdown" onClose={() => controller.keepOpen()}>
      <p class="countdown__n" aria-hidden="true">
        {left(seconds)}
      </p>
      <div>
        <h2 class="x2">{text.title(seconds)}</h2>
        <p class="measure dim gap-h">{text.text(idle >= 60 ? `${Math.floor(idle / 60)} min ${idle % 60} s` : `${idle} s`)}</p>
        <p class="actions gap">
          <Button kind="main" hint={text.anyKey} focus onClick={() => controller.keepOpen()}>
            {text.keep}
          </Button>
          <Button hint="ctrl-shift-l" onClick={() => controller.lock()}>
            {text.lock}
          </Button>
        </p>
      </div>
    </Band>
  );
}
