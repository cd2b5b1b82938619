/** The status line: the bottom row on every screen. What goes when it gets narrow is decided in fit-line.ts. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import { classWords } from '../../src/types/words.ts';
import type { StatusView } from '../../src/bridge/schema.ts';
import type { SessionView, WindowView } from '../../src/types/workspace-view.ts';
import { messages } from '../shared/messages.ts';
import { Mark, type MarkKind } from '../shared/parts.tsx';
import { count, size } from '../shared/text.ts';
import type { Controller } from './controller.ts';
import { roughly, shownSeconds } from './countdown.ts';
import { fitLine } from './fit-line.ts';
import { keepFocus } from '../shared/focus.ts';
import * as model from './model.ts';

const text = messages.line;
const glass = messages.breakGlass;
export function StatusLine({ controller }: { readonly controller: Controller }): JSX.Element {
  const line = useRef<HTMLElement>(null);
  const view = model.view.value;
  const status = model.status.value;
  const lockIn = model.lockIn.value;
  const prefix = model.prefixActive.value;
  const of = model.sessionClass.value;
  const windows = view?.windows ?? [];
  useLayoutEffect(() => {
    const fit = (): void => fitLine(line.current!);
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(line.current!);
    return () => observer.disconnect();
  });
  const warning = status?.warning ?? false;
  const emergency = model.emergency.value;
  const reviews = status?.reviews;
  return (
    <footer class="line" ref={line} aria-label={text.label} onMouseDown={keepFocus}>
      {status ? (
        <progress
          class="line__time"
          max={Math.max(1, status.idleSeconds)}
          value={shownSeconds(lockIn)}
          data-level={warning ? 'warn' : undefined}
          aria-hidden="true"
        />
      ) : null}
      <nav class="line__where" aria-label={text.where}>
        {view ? (
          <span class="seg is-current" data-class={emergency ? 'glass' : of.look}>
            {emergency ? (
              <span class="seg__class">{glass.word}</span>
            ) : status ? (
              <span class="seg__class" data-drop="3" title={messages.workspace.classPlain}>
                {of.label}
              </span>
            ) : null}
            <span class="seg__name">{emergency ? glass.emergency : view.session}</span>
          </span>
        ) : null}
        {view?.sessions.map((session) => (session.attached ? null : <OtherSession controller={controller} session={session} key={session.id} />))}
        <ol class="line__windows" aria-label={text.windows}>
          {windows.map((window) => (
            <li key={window.id} data-window={window.active ? 'current' : 'other'}>
              <button
                type="button"
                class={`win${window.active ? ' is-current' : ''}`}
                aria-current={window.active ? 'true' : undefined}
                onClick={() => void controller.command(`select-window -t :=${window.index}`)}
              >
                <span class="win__no">{window.index}</span>
                <span class="win__name" data-drop={window.active ? '5' : '4'}>
                  {window.name}
                </span>
                <Flags window={window} />
              </button>
            </li>
          ))}
          {windows.length > 1 ? (
            <li>
              <button type="button" class="win win__more" aria-label={text.moreLabel} onClick={() => void controller.command('choose-tree -w')} />
            </li>
          ) : null}
        </ol>
      </nav>
      <div class="line__state">
        {prefix ? (
          <span class="st st--prefix">
            <b>{model.prefixLabel}</b>
          </span>
        ) : null}
        {emergency?.alertTries === undefined ? null : (
          <span class="st">
            <Mark kind="wait" />
            <span>{glass.alertQueued(emergency.alertTries)}</span>
          </span>
        )}
        {status?.alerts === undefined ? null : <AlertCount controller={controller} alerts={status.alerts} />}
        {status?.forwarder ? (
          <span class="st" data-level="stop" title={text.forwarderHow}>
            <Mark kind="stop" />
            <span>{text.forwarderSilent}</span>
          </span>
        ) : null}
        {reviews ? (
          <ToAudit controller={controller} command="audit" level={reviews.overdue > 0 ? 'stop' : 'warn'} title={glass.reviewsHow}>
            <Mark kind="glass" />
            <span>{glass.reviews(reviews.due, reviews.overdue)}</span>
          </ToAudit>
        ) : null}
        {status ? (
          <>
            <span class="st" data-level={state(status.recording.level)}>
              <Mark kind={status.recording.level} />
              <span class="st__word">{status.recording.word}</span>
              {status.recording.level === 'none' ? null : <b data-drop="7">{size(status.recording.sealedBytes)}</b>}
            </span>
            <span
              class="st"
              data-drop={state(status.ledger.level) ? undefined : '9'}
              data-level={state(status.ledger.level)}
              title={[status.ledger.note, text.ledgerPlain].filter(Boolean).join(' ')}
            >
              <Mark kind={status.ledger.level as MarkKind} />
              <span class="st__word">{status.ledger.word}</span>
              <span data-drop="2">
                <b>{count(status.ledger.events)}</b> {text.ledgerEvents(status.ledger.events)}
              </span>
            </span>
            <span class="st" data-drop="8">
              {status.person}
              <span class="dim" data-drop="1">
                {status.role}
              </span>
            </span>
            <span class="st dim" data-drop="3" title={text.placePlain}>
              {classWords[status.place].name}
            </span>
          </>
        ) : null}
      </div>
      {emergency ? (
        <span class="st st--time" role="timer" aria-live="off">
          <span>{glass.endsIn}</span>
          <b>{roughly(model.endsIn.value)}</b>
        </span>
      ) : null}
      {status ? (
        <span class="st st--time" data-level={warning ? 'warn' : undefined} role="timer" aria-live="off">
          {/* Beside the end of an emergency a time alone says nothing. */}
          <span data-drop={emergency ? undefined : '6'}>{text.locksIn}</span>
          <b>{roughly(lockIn)}</b>
        </span>
      ) : null}
    </footer>
  );
}

/** How many alerts are open, for everybody; a way to them for who may look. */
function AlertCount({ controller, alerts }: { readonly controller: Controller; readonly alerts: NonNullable<StatusView['alerts']> | null }): JSX.Element {
  const level = alerts?.worst === 'page' ? 'stop' : 'warn';
  return (
    <ToAudit controller={controller} command="alerts" level={level} title={alerts ? text.alertsHow : text.alertsUnknownHow} known={alerts !== null}>
      <Mark kind={level} />
      <span>{alerts ? text.alerts(alerts.open) : text.alertsUnknown}</span>
    </ToAudit>
  );
}

interface ToAuditProps {
  readonly controller: Controller;
  readonly command: 'alerts' | 'audit';
  readonly level: 'warn' | 'stop';
  readonly title: string;
  /** False where there is nothing to show. */
  readonly known?: boolean;
  readonly children: ComponentChildren;
}

/** A word of the line that leads to what it counts, for who may look. */
function ToAudit({ controller, command, level, title, known = true, children }: ToAuditProps): JSX.Element {
  return known && model.permits('audit.look') ? (
    <button type="button" class="st" data-level={level} title={title} onClick={() => void controller.command(command)}>
      {children}
    </button>
  ) : (
    <span class="st" data-level={level} title={title}>
      {children}
    </span>
  );
}

/** Another session: its class, its name, what happened in it. */
function OtherSession({
  controller,
  session: { id, name, class: of, alerts = [] },
}: {
  readonly controller: Controller;
  readonly session: SessionView;
}): JSX.Element {
  const { label, look } = model.classOf(of);
  return (
    <button type="button" class="seg" data-class={look} data-drop="5" onClick={() => void controller.command(`switch-client -t '$${id}'`)}>
      <span class="seg__class" data-drop="3">
        {label}
      </span>
      <span class="seg__name">{name}</span>
      {alerts.length > 0 ? (
        <span class="win__flag" title={alerts.map((alert) => alertWords[alert]).join(', ')}>
          {alerts.includes('activity') ? '#' : ''}
          {alerts.includes('bell') ? '!' : ''}
          <span class="vh"> {alerts.map((alert) => alertWords[alert]).join(', ')}</span>
        </span>
      ) : null}
    </button>
  );
}
const alertWords = { bell: text.bellWord, activity: text.activityWord } as const;

/** Z, and what tmux marks a window with: - the last one, ! a bell, # output. */
function Flags({ window }: { readonly window: WindowView }): JSX.Element | null {
  const flags = [
    ...(window.last ? [['-', text.lastWord]] : []),
    ...(window.alerts?.includes('activity') ? [['#', text.activityWord]] : []),
    ...(window.alerts?.includes('bell') ? [['!', text.bellWord]] : []),
    ...(model.broadcast.value?.window === window.id ? [['⇉', messages.broadcast.window]] : []),
    ...(window.zoomed ? [[zoomFlag(window), text.zoomedWord]] : []),
  ] as const;
  if (flags.length === 0) return null;
  return (
    <span class="win__flag" title={flags.map(([, word]) => word).join(', ')}>
      {flags.map(([flag]) => flag).join('')}
      <span class="vh"> {flags.map(([, word]) => word).join(', ')}</span>
    </span>
  );
}

function zoomFlag({ active, activePane, panes }: WindowView): string {
  return active ? `Z ${panes.find((pane) => pane.pane === activePane)?.number ?? 1}/${panes.length}` : 'Z';
}

const state = (level: string): string | undefined => (level === 'warn' || level === 'stop' ? level : undefined);
