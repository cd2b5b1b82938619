/** Everything that can be done with one pane. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Band, Button } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { close, titleOf } from './parts.tsx';

export const paneMenu = band('menu', { pane: true }, PaneMenu);

function PaneMenu({ controller, pane }: { readonly controller: Controller; readonly pane: number }): JSX.Element {
  const { number, title } = titleOf(pane);
  const text = messages.menu;
  const ended = model.allPanes.value.some((entry) => entry.pane.pane === pane && model.hasEnded(entry.pane));
  const command = (line: string) => (): void => void controller.command(line, pane);
  const actions: readonly (readonly [string, string, () => void])[] = [
    [text.splitRight, '%', command('split-window -h')],
    [text.splitDown, '"', command('split-window -v')],
    [text.zoom, 'z', command('resize-pane -Z')],
    [text.copy, '[', () => controller.copyMode(pane)],
    [text.copySelection, 'c', () => controller.copying.copySelection(pane)],
    [text.paste, ']', () => void controller.pasting.own({ pane })],
    [text.search, 'S', () => controller.finding.open(pane)],
    [text.export, 'X', command('export-pane')],
    [text.verify, 'V', command('verify-pane')],
    [text.reader, 'r', () => controller.toggleReader(pane)],
    ...(ended ? ([[text.respawn, 'R', command('respawn-pane')]] as const) : []),
    [text.close, 'x', command('confirm-before -p "Close pane #P? Its program ends." kill-pane')],
  ];
  const run = (action: () => void) => (): void => {
    close();
    action();
  };
  return (
    <Band label={text.label(number)} onClose={close} keys={Object.fromEntries(actions.map(([, key, action]) => [key, run(action)]))}>
      <h2 class="band__title">
        {text.title(number)} <span class="dim">{title}</span>
      </h2>
      <div class="menu gap-h">
        {actions.map(([label, key, action], i) => (
          <Button key={key} hint={key} focus={i === 0} onClick={run(action)}>
            {label}
          </Button>
        ))}
      </div>
    </Band>
  );
}
