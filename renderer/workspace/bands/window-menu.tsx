/** What can be done with the window in front: prefix <. The keys are those of tmux's menu. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Band, Button } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { close } from './parts.tsx';

export const windowMenu = band('window-menu', {}, WindowMenu);

function WindowMenu({ controller }: { readonly controller: Controller }): JSX.Element {
  const text = messages.windowMenu;
  const window = model.activeWindow.value;
  const marked = model.allPanes.value.some(({ pane }) => pane.marked);
  const rows: readonly (readonly [string, string, string])[] = [
    [text.left, 'l', 'swap-window -d -t :-1'],
    [text.right, 'r', 'swap-window -d -t :+1'],
    ...(marked ? ([[text.swap, 's', 'swap-window']] as const) : []),
    [text.rename, 'n', `command-prompt -I "#W" "rename-window -- '%%'"`],
    [text.after, 'w', 'new-window'],
    [text.number, '.', `command-prompt -p number "move-window -t '%%'"`],
    [text.close, 'X', 'confirm-before -p "Close window #W? The programs in it end." kill-window'],
  ];
  const run = (line: string) => (): void => {
    close();
    void controller.command(line);
  };
  return (
    <Band label={text.label} onClose={close} keys={Object.fromEntries(rows.map(([, key, line]) => [key, run(line)]))}>
      <h2 class="band__title">
        {text.label} <span class="dim">{window ? `${window.index} ${window.name}` : ''}</span>
      </h2>
      <div class="menu gap-h">
        {rows.map(([label, key, line], index) => (
          <Button key={key} hint={key} focus={index === 0} onClick={run(line)}>
            {label}
          </Button>
        ))}
      </div>
    </Band>
  );
}
