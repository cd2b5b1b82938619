/** The workspace's document: stage, banners, line, and what rises from it. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { messages } from '../shared/messages.ts';
import { Button, LiveRegions, Mark } from '../shared/parts.tsx';
import { Bands } from './bands/index.tsx';
import type { Controller } from './controller.ts';
import { keepFocus } from '../shared/focus.ts';
import { StatusLine } from './line.tsx';
import { clock } from '../shared/text.ts';
import * as model from './model.ts';
import { Pane } from './pane.tsx';

export function App({ controller }: { readonly controller: Controller }): JSX.Element {
  return (
    <div class="app" data-state={model.emergency.value ? 'break-glass' : undefined}>
      <Stage controller={controller} />
      <Banners controller={controller} />
      <StatusLine controller={controller} />
      <Bands controller={controller} />
      <LiveRegions />
    </div>
  );
}

function Stage({ controller }: { readonly controller: Controller }): JSX.Element {
  const stage = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const measure = (): void => controller.stage(stage.current!.clientWidth, stage.current!.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(stage.current!);
    return () => observer.disconnect();
  }, []);
  const window = model.activeWindow.value;
  const panes = model.allPanes.value;
  return (
    <main class="stage" ref={stage} aria-label={window ? messages.workspace.stage(window.name, window.panes.length) : messages.faces.emptyTitle}>
      <h1 class="vh">{messages.workspace.title}</h1>
      {panes.map(({ pane, window: owner, shown, focused }) => (
        <Pane key={pane.pane} controller={controller} pane={pane} window={owner} shown={shown} focused={focused} />
      ))}
      {!model.view.value && model.opensNoShells.value ? <House /> : null}
      {model.view.value && !panes.some(({ shown }) => shown) ? (
        <div class="stage__empty">
          <h2 class="x2">{messages.faces.emptyTitle}</h2>
          <p class="dim gap-h">{messages.faces.emptyHint}</p>
          <p class="actions gap">
            <Button kind="main" hint="enter" onClick={() => void controller.command('new-window')}>
              {messages.faces.emptyAction}
            </Button>
          </p>
        </div>
      ) : null}
    </main>
  );
}

/** It stands as long as the emergency does, and says what it means and what can be done. */
function Emergency({ controller }: { readonly controller: Controller }): JSX.Element | null {
  const emergency = model.emergency.value;
  if (!emergency) return null;
  const text = messages.breakGlass;
  return (
    <section class="banner glass" data-level="stop" aria-label={text.word} onMouseDown={keepFocus}>
      <Mark kind="glass" />
      <p>
        <b>{text.since(clock(new Date(emergency.since)))}</b> {text.body(emergency.reason)}
      </p>
      <span class="actions">
        {emergency.extended ? null : (
          <Button kind="quiet" hint=":break-glass extend" onClick={() => void controller.command('break-glass extend')}>
            {text.extend}
          </Button>
        )}
        <Button hint=":break-glass end" onClick={() => void controller.command('break-glass end')}>
          {text.end}
        </Button>
      </span>
    </section>
  );
}

/** For who works with no shells here, or came in with one factor of two: what there is for them. */
function House(): JSX.Element {
  const open = (name: string) => (): void => void (model.band.value = { name });
  const { title, hint, pages } = model.status.value?.enrols ? messages.house.enrols : messages.house;
  return (
    <div class="stage__empty">
      <h2 class="x2">{title}</h2>
      <p class="dim gap-h measure">{hint}</p>
      <p class="actions gap">
        {pages
          .filter(([, , needs]) => needs === undefined || model.permits(needs))
          .map(([band, name]) => (
            <Button key={band} onClick={open(band)}>
              {name}
            </Button>
          ))}
      </p>
    </div>
  );
}

function Banners({ controller }: { readonly controller: Controller }): JSX.Element {
  return (
    <aside class="banners" aria-label={messages.workspace.notices} onMouseDown={keepFocus}>
      <Toasts controller={controller} />
      <Emergency controller={controller} />
      {model.banners.value.map((banner) => (
        <section class="banner" data-level={banner.kind} key={banner.id}>
          <Mark kind={banner.kind === 'stop' ? 'stop' : 'warn'} />
          <p>
            <b>{banner.sentence}</b>
            {banner.note}
          </p>
          <Button kind="quiet" hint={model.withPrefix(messages.workspace.dismissHint)} onClick={() => controller.notices.dismiss(banner.id)}>
            {messages.workspace.dismiss}
          </Button>
        </section>
      ))}
    </aside>
  );
}

function Toasts({ controller }: { readonly controller: Controller }): JSX.Element {
  return (
    <div class="toasts" data-place={model.cursorIsLow.value ? 'top' : 'bottom'}>
      {model.toasts.value.map((toast) => (
        <section class="toast" data-level={toast.kind} key={toast.id}>
          <Mark kind={toast.kind} />
          <p>
            {toast.sentence} <span class="dim">{toast.note}</span>
          </p>
          <Button kind="quiet" hint={model.withPrefix(messages.workspace.dismissHint)} onClick={() => controller.notices.dismiss(toast.id)}>
            {messages.workspace.dismiss}
          </Button>
        </section>
      ))}
    </div>
  );
}
