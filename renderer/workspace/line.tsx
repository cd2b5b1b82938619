/** The status line: the bottom row on every screen. What goes when it gets narrow is decided by what fits. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { messages } from '../shared/messages.ts';
import { Mark, type MarkKind } from '../shared/parts.tsx';
import { count, left, size } from '../shared/text.ts';
import type { Controller } from './controller.ts';
import { keepFocus } from './focus.ts';
import * as model from './model.ts';

const text = messages.line;
/** 1 later windows, 2 role, 3 ledger count, 4 class word, 5 window names. Warnings, sealed, person and time never go. */
const DROP_STEPS = 5;
/** Windows that stay when the later ones go. */
const FIRST_WINDOWS = 3;

export function StatusLine({ controller }: { readonly controller: Controller }): JSX.Element {
  const line = useRef<HTMLElement>(null);
  const view = model.view.value;
  const status = model.status.value;
  const lockIn = model.lockIn.value;
  const prefix = model.prefixActive.value;
  const windows = view?.windows ?? [];
  const hidden = windows.filter((window, i) => i >= FIRST_WINDOWS && !window.active).length;
  useLayoutEffect(() => {
    const fit = (): void => fitLine(line.current!);
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(line.current!);
    return () => observer.disconnect();
  });
  const warning = status?.warning ?? false;
  return (
    <footer class="line" ref={line} aria-label={text.label} onMouseDown={keepFocus}>
      {status ? (
        <progress class="line__time" max={Math.max(1, status.idleSeconds)} value={lockIn} data-level={warning ? 'warn' : undefined} aria-hidden="true" />
      ) : null}
      <nav class="line__where" aria-label={text.where}>
        {view ? (
          <span class="seg is-current" data-class={view.sessionClass}>
            <span class="seg__class drop-4">{text[view.sessionClass]}</span>
            <span class="seg__name">{view.session}</span>
          </span>
        ) : null}
        <ol class="line__windows" aria-label={text.windows}>
          {windows.map((window, i) => (
            <li key={window.id} class={i >= FIRST_WINDOWS && !window.active ? 'drop-1' : undefined}>
              <button
                type="button"
                class={`win${window.active ? ' is-current' : ''}`}
                aria-current={window.active ? 'true' : undefined}
                onClick={() => void controller.command(`select-window -t :=${window.index}`)}
              >
                <span class="win__no">{window.index}</span>
                <span class={`win__name${window.active ? ' drop-6' : ' drop-5'}`}>{window.name}</span>
                {window.zoomed ? (
                  <span class="win__flag" title={text.zoomedWord}>
                    Z{window.active ? ` ${window.panes.find((pane) => pane.pane === window.activePane)?.number ?? 1}/${window.panes.length}` : ''}
                  </span>
                ) : null}
              </button>
            </li>
          ))}
          {hidden > 0 ? <li class="win win__more show-1">{text.more(hidden)}</li> : null}
        </ol>
      </nav>
      <div class="line__state">
        {prefix ? (
          <span class="st st--prefix">
            <b>{model.prefixLabel}</b>
          </span>
        ) : null}
        {status ? (
          <>
            <span class="st" data-level={state(status.recording.level)}>
              <Mark kind={status.recording.level} />
              <span class="st__word">{status.recording.word}</span>
              <b>{size(status.recording.sealedBytes)}</b>
            </span>
            <span class={`st${status.ledger.level === 'ok' ? ' drop-3' : ''}`} data-level={state(status.ledger.level)} title={status.ledger.note}>
              <Mark kind={status.ledger.level as MarkKind} />
              <span class="st__word">{status.ledger.word}</span>
              <b>{count(status.ledger.events)}</b>
            </span>
            <span class="st">
              {status.person}
              <span class="dim drop-2">{status.role}</span>
            </span>
            <span class="st st--time" data-level={warning ? 'warn' : undefined} role="timer" aria-live="off">
              {text.locksIn}
              <b>{left(lockIn)}</b>
            </span>
          </>
        ) : null}
      </div>
    </footer>
  );
}

const state = (level: string): string | undefined => (level === 'warn' || level === 'stop' ? level : undefined);

/** Drops one thing after the other until the line fits. */
export function fitLine(line: HTMLElement): void {
  for (let step = 0; step <= DROP_STEPS + 1; step++) {
    line.dataset.drop = String(step);
    if (line.scrollWidth <= line.clientWidth) return;
  }
}
