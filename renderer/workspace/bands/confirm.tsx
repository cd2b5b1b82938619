/** A question before a command: confirm-before. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Band, Button } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import { band } from './band.tsx';
import { close } from './parts.tsx';

export const confirm = band('confirm', { words: ['prompt', 'command'] }, Confirm);

function Confirm({
  controller,
  prompt,
  command,
  from,
}: {
  readonly controller: Controller;
  readonly prompt: string;
  readonly command: string;
  readonly from: readonly string[];
}): JSX.Element {
  const yes = (): void => {
    close();
    void controller.command(command, undefined, from);
  };
  return (
    <Band label={prompt} level="warn" alert onClose={close} keys={{ y: yes, n: close }}>
      <div class="band__grid band__grid--2">
        <div class="actions actions--col">
          <Button kind="main" hint="esc" focus onClick={close}>
            {messages.confirm.no}
          </Button>
          <Button hint="y" onClick={yes}>
            {messages.confirm.yes}
          </Button>
        </div>
        <div>
          <h2 class="band__title">{prompt}</h2>
          <p class="dim">{messages.confirm.hint}</p>
        </div>
      </div>
    </Band>
  );
}
