/** The windows of this session and the other sessions, to go to one: prefix w and s, and the +N of the line. */
import type { JSX } from 'preact';
import type { WindowView } from '../../../src/types/workspace-view.ts';
import { messages } from '../../shared/messages.ts';
import { Band } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { close } from './parts.tsx';

export const windowList = band('windows', {}, Windows);

const text = messages.windows;

function Windows({ controller }: { readonly controller: Controller }): JSX.Element {
  const go = (index: number): void => {
    close();
    void controller.command(`select-window -t :=${index}`);
  };
  const to = (session: number): void => {
    close();
    void controller.command(`switch-client -t '$${session}'`);
  };
  const { windows = [], sessions = [] } = model.view.value ?? {};
  const others = sessions.filter(({ attached }) => !attached);
  const digits = Object.fromEntries(windows.filter(({ index }) => index < 10).map(({ index }) => [String(index), () => go(index)]));
  return (
    <Band label={text.label} onClose={close} keys={{ q: close, ...digits }} class="band--flush palette">
      <ol
        class="opts"
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
          rows[(rows.indexOf(document.activeElement as HTMLElement) + step + rows.length) % rows.length]?.focus();
        }}
      >
        {windows.map((window) => (
          <li key={window.id}>
            <button
              type="button"
              class="opt opt--window"
              data-focus={window.active ? '' : undefined}
              aria-current={window.active ? 'true' : undefined}
              onClick={() => go(window.index)}
            >
              <kbd>{window.index}</kbd>
              <span class="opt__name">{window.name}</span>
              <span class="opt__note">
                {[...(window.active ? [text.here] : []), ...(window.last ? [messages.line.lastWord] : []), ...alertWords(window)].join(', ')}
              </span>
              <span class="opt__cmd">{window.panes.map((pane) => model.paneTitle(pane)).join(', ')}</span>
            </button>
          </li>
        ))}
        {others.map(({ id, name, class: of, windows: many, alerts = [] }) => (
          <li key={`session ${id}`}>
            <button type="button" class="opt opt--window" onClick={() => to(id)}>
              <kbd />
              <span class="opt__name seg" data-class={model.classOf(of).look}>
                <span class="seg__class">{model.classOf(of).label}</span>
                {name}
              </span>
              <span class="opt__note">{alertWords({ alerts }).join(', ')}</span>
              <span class="opt__cmd">{text.windows(many)}</span>
            </button>
          </li>
        ))}
      </ol>
      <p class="prompt">
        <span class="prompt__hint">
          <kbd>↑↓</kbd> {messages.prompt.choose} <kbd>enter</kbd> {text.go} <kbd>esc</kbd> {messages.keys.leave}
        </span>
      </p>
    </Band>
  );
}

function alertWords({ alerts = [] }: Pick<WindowView, 'alerts'>): readonly string[] {
  return [...(alerts.includes('bell') ? [messages.line.bellWord] : []), ...(alerts.includes('activity') ? [messages.line.activityWord] : [])];
}
