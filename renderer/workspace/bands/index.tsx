/** What rises from the line, a file a band. */
import type { JSX } from 'preact';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { Confirm } from './confirm.tsx';
import { Export } from './export.tsx';
import { EveryKey, WhichKey } from './keys.tsx';
import { Messages } from './messages.tsx';
import { PaneMenu } from './pane-menu.tsx';
import { PasteQuestion } from './paste-question.tsx';
import { Prompt } from './prompt.tsx';
import { Warning } from './warning.tsx';
import { Windows } from './windows.tsx';

/** The warning stands over whatever is open, and what was typed there is still there after it. */
export function Overlays({ controller }: { readonly controller: Controller }): JSX.Element {
  return (
    <>
      <Open controller={controller} />
      {model.status.value?.warning ? <Warning controller={controller} /> : null}
    </>
  );
}

function Open({ controller }: { readonly controller: Controller }): JSX.Element | null {
  const overlay = model.overlay.value;
  switch (overlay?.kind) {
    case 'keys':
      return <EveryKey />;
    case 'messages':
      return <Messages />;
    case 'windows':
      return <Windows controller={controller} />;
    case 'paste':
      return <PasteQuestion key="paste" controller={controller} pane={overlay.pane} review={overlay.review} />;
    case 'confirm':
      return <Confirm controller={controller} prompt={overlay.prompt} command={overlay.command} />;
    case 'prompt':
      return <Prompt controller={controller} prompt={overlay.prompt} initial={overlay.initial} template={overlay.template} />;
    case 'menu':
      return <PaneMenu controller={controller} pane={overlay.pane} />;
    case 'export':
      return <Export controller={controller} pane={overlay.pane} />;
    default:
      return model.whichKey.value ? <WhichKey /> : null;
  }
}
