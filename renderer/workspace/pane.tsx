/** One pane: its rule, its emulator, and what stands over it. Mounted once for the pane's whole life. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { PaneView, WindowView } from '../../src/types/workspace-view.ts';
import { messages } from '../shared/messages.ts';
import { Button, Mark } from '../shared/parts.tsx';
import { BorderGrips } from './borders.tsx';
import type { Controller } from './controller.ts';
import { FindRow } from './find-row.tsx';
import { keepFocus } from '../shared/focus.ts';
import { clock } from '../shared/text.ts';
import * as model from './model.ts';

interface PaneProps {
  readonly controller: Controller;
  readonly pane: PaneView;
  readonly window: WindowView;
  readonly shown: boolean;
  readonly focused: boolean;
}

export function Pane({ controller, pane, window, shown, focused }: PaneProps): JSX.Element {
  const screen = useRef<HTMLDivElement>(null);
  const terminal = controller.terminal(pane.pane);
  const title = model.paneTitle(pane);
  const { mouse } = model.options.value;
  const tracking = (): boolean => terminal.terminal.modes.mouseTrackingMode !== 'none';
  useLayoutEffect(() => terminal.open(screen.current!), []);
  useLayoutEffect(() => {
    if (focused && shown) controller.focusTerminal();
  }, [focused, shown]);
  useLayoutEffect(() => {
    terminal.terminal.textarea?.setAttribute('aria-label', messages.workspace.terminalInput(pane.number, title));
  }, [pane.number, title]);
  /** Option mouse off: what no program has asked for is nobody's. Buttons of the pane act all the same. */
  const stray = (event: MouseEvent): void => {
    if (mouse || (focused && tracking() && !event.shiftKey) || (event.target as Element).closest('button')) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const copying = model.copying.value?.pane === pane.pane ? model.copying.value : undefined;
  const receives = controller.broadcast.others(pane.pane).length > 0;
  // Alt and a click type cursor keys that fit the line of this screen, and no other's.
  useLayoutEffect(() => void (terminal.terminal.options.altClickMovesCursor = !receives), [receives]);
  return (
    <section
      class={`pane${focused ? ' is-focused' : ''}${copying ? ' is-copying' : ''}${receives ? ' is-receiving' : ''}`}
      data-pane={pane.pane}
      data-edge={pane.edges.join(' ')}
      hidden={!shown}
      style={{ '--x': String(pane.x), '--y': String(pane.y), '--w': String(pane.cols), '--hh': String(pane.rows) }}
      aria-label={messages.workspace.pane(pane.number, title, focused)}
      onPointerDown={() => {
        if (mouse) controller.select(pane.pane);
      }}
      onMouseDownCapture={stray}
      onContextMenuCapture={stray}
      onContextMenu={(event) => {
        event.preventDefault();
        if (mouse && (!tracking() || event.shiftKey)) model.band.value = { name: 'menu', pane: pane.pane };
      }}
    >
      <header class="rule" onMouseDown={keepFocus}>
        <span class="rule__label">
          <b>{pane.number}</b> {title}
        </span>
        <Flags pane={pane} window={window} focused={focused} />
        <ClassWord />
      </header>
      {receives ? <span class="pane__receives" aria-hidden="true" /> : null}
      {model.emergency.value ? <Watermark since={model.emergency.value.since} /> : null}
      <div class="screen" ref={screen} />
      {copying ? <CopyFace copying={copying} rows={pane.rows - 1} /> : null}
      {model.clock.value === pane.pane ? <ClockFace cols={pane.cols} /> : null}
      {model.hasEnded(pane) ? <EndFace controller={controller} pane={pane} /> : null}
      {pane.held ? <HeldFace why={pane.held} /> : null}
      {model.searching.value === pane.pane ? <FindRow controller={controller} pane={pane.pane} /> : null}
      {model.paneNumbers.value ? (
        <span class={`pane__number${focused ? ' is-current' : ''}`} aria-hidden="true">
          {pane.number}
        </span>
      ) : null}
      {mouse ? <BorderGrips controller={controller} pane={pane} /> : null}
    </section>
  );
}

/** The time, as large as the pane takes, until a key is pressed. */
function ClockFace({ cols }: { readonly cols: number }): JSX.Element {
  const [now, setNow] = useState(() => new Date());
  useLayoutEffect(() => {
    const next = setTimeout(() => setNow(new Date()), 60_000 - (Date.now() % 60_000));
    return () => clearTimeout(next);
  }, [now]);
  const time = clock(now);
  return (
    <div class="pane__clock" role="img" aria-label={messages.clock.label(time)} style={{ '--w': String(cols) }}>
      <b>{time}</b>
      <span class="dim">{messages.clock.hint}</span>
    </div>
  );
}

/** What copy mode draws itself: its cursor, a rectangle, the line that was marked. */
function CopyFace({ copying: { column, row, rectangle, mark }, rows }: { readonly copying: model.CopyState; readonly rows: number }): JSX.Element {
  return (
    <>
      {mark !== undefined && mark >= 0 && mark < rows ? <span class="copy-mark" aria-hidden="true" style={{ '--y': String(mark) }} /> : null}
      {rectangle ? (
        <span
          class="copy-rectangle"
          aria-hidden="true"
          style={{ '--x': String(rectangle.x), '--y': String(rectangle.y), '--cols': String(rectangle.cols), '--rows': String(rectangle.rows) }}
        />
      ) : null}
      <span class="cur copy-cursor" aria-hidden="true" style={{ '--x': String(column), '--y': String(row) }} />
    </>
  );
}

/** What copy mode says of itself: what is being selected, and what it waits for. */
function copyFlag({ selecting, rectangular, asked }: model.CopyState): string {
  const { copyMode, copySelecting, copyRectangle, copyCharacter, copyLine, copyCount } = messages.workspace;
  const parts: string[] = [copyMode];
  if (rectangular) parts.push(copyRectangle);
  if (selecting) parts.push(copySelecting);
  if (asked) parts.push(asked === 'character' ? copyCharacter : (asked.line ? copyLine : copyCount)(asked.digits));
  return parts.join(', ');
}

/** The last cells of the rule: of which class everything here is. As large as the row. */
function ClassWord(): JSX.Element {
  const { label, look } = model.sessionClass.value;
  return (
    <span class="rule__class" data-class={look} title={messages.workspace.classPlain}>
      {label}
    </span>
  );
}

/** Who is in an emergency, and since when: under the text of every pane, as large as the pane takes. */
function Watermark({ since }: { readonly since: string }): JSX.Element {
  const who = messages.breakGlass.mark(model.status.value?.person ?? '', clock(new Date(since)));
  return (
    <p class="watermark" aria-hidden="true" style={{ '--letters': String(Math.max(who.length, messages.breakGlass.word.length)) }}>
      {messages.breakGlass.word}
      <br />
      {who}
    </p>
  );
}

/** Beside its class: what is special about this pane now. The most passing fact first. */
function Flags({ pane, window, focused }: { readonly pane: PaneView; readonly window: WindowView; readonly focused: boolean }): JSX.Element | null {
  const terminal = model.terminals.get(pane.pane);
  if (!terminal) return null;
  const text = messages.workspace;
  const back = terminal.linesBack.value;
  const copying = model.copying.value?.pane === pane.pane ? model.copying.value : undefined;
  const others = model.broadcast.value?.receivers ?? [];
  const flags: string[] = others.some((each) => each.pane === pane.pane) ? [messages.broadcast.receives(others.length - 1)] : [];
  if (terminal.linkTarget.value) flags.push(text.link(terminal.linkTarget.value));
  if (terminal.replaying.value) flags.push(text.replaying);
  if (copying) flags.push(copyFlag(copying));
  if (copying && terminal.found.value) flags.push(messages.search.count(terminal.found.value.index, terminal.found.value.count));
  if (back > 0) flags.push(text.linesBack(back));
  if (terminal.skipped.value) flags.push(terminal.skipped.value);
  if (model.emergency.value) flags.push(focused ? messages.breakGlass.flag : messages.breakGlass.recorded);
  if (pane.marked) flags.push(text.marked);
  if (window.zoomed) flags.push(model.withPrefix(text.zoomed(window.panes.length - 1)));
  return flags.length > 0 ? <span class="rule__flags">{flags.join('  ')}</span> : null;
}

/** The program is gone: what is, what is safe, what can be done. What it printed stays readable above. */
function EndFace({ controller, pane }: { readonly controller: Controller; readonly pane: PaneView }): JSX.Element {
  const failed = pane.state === 'failed';
  const face = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => controller.terminal(pane.pane).makeRoom(face.current!.offsetHeight), []);
  return (
    <div class="pane__state" ref={face} role="status" onMouseDown={keepFocus}>
      <p>
        <Mark kind="stop" />
        <b>{pane.sentence ?? (failed ? messages.faces.failed : messages.faces.exited)}</b>
      </p>
      <p class="actions gap-h">
        <Button kind="main" hint="enter" onClick={() => void controller.command('respawn-pane', pane.pane)}>
          {messages.faces.again}
        </Button>
        <Button hint="x" onClick={() => void controller.command('kill-pane', pane.pane)}>
          {messages.faces.close}
        </Button>
      </p>
    </div>
  );
}

/** The program waits for room on the disk. It is live: the face covers its last rows, and moves nothing of its text. */
function HeldFace({ why }: { readonly why: NonNullable<PaneView['held']> }): JSX.Element {
  return (
    <div class="pane__state" role="status" onMouseDown={keepFocus}>
      <p>
        <Mark kind="warn" />
        <b>{messages.faces.held[why]}</b>
      </p>
      <p>{messages.faces.heldGoesOn}</p>
    </div>
  );
}
