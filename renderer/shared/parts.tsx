/** The small parts that every surface is built from: marks, buttons, bands, live regions. */
import { cellSize } from './cell.ts';
import type { ComponentChildren, JSX, Ref } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { assertive, polite } from './say.ts';

export type MarkKind = 'seal' | 'ok' | 'wait' | 'warn' | 'stop' | 'none' | 'note' | 'nothing' | 'glass';

/** One cell, drawn. Always stands before a word. */
export function Mark({ kind }: { readonly kind: MarkKind }): JSX.Element {
  return <i class="mark" data-m={kind} aria-hidden="true" />;
}

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  /** The key printed beside the action. */
  readonly hint?: string;
  readonly kind?: 'main' | 'stop' | 'quiet' | 'glass';
  readonly tall?: boolean;
  readonly submit?: boolean;
  readonly disabled?: boolean;
  readonly focus?: boolean;
}

export function Button({ children, onClick, hint, kind, tall, submit, disabled, focus }: ButtonProps): JSX.Element {
  return (
    <button
      type={submit ? 'submit' : 'button'}
      class={`btn${kind ? ` btn--${kind}` : ''}${tall ? ' btn--tall' : ''}`}
      aria-disabled={disabled ? 'true' : undefined}
      onClick={(event) => {
        if (disabled) event.preventDefault();
        else onClick?.();
      }}
      data-focus={focus ? '' : undefined}
    >
      <span>{children}</span>
      {hint ? <kbd>{hint}</kbd> : null}
    </button>
  );
}

/** The title of a band that is read: it has the focus, so that a long band opens at its beginning. */
export function BandTitle({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <h2 class="band__title" tabIndex={-1} data-focus="">
      {children}
    </h2>
  );
}

export interface BandProps {
  readonly children: ComponentChildren;
  readonly label: string;
  readonly onClose: () => void;
  readonly level?: 'warn' | 'stop';
  readonly class?: string;
  /** It stands where the panes do, down to the line. */
  readonly house?: boolean;
  readonly alert?: boolean;
  /** It is to be read first: what was typed before it stood does not answer it (../workspace/deliver-key.ts). */
  readonly deliberate?: boolean;
  /** Letters that act while no field has the focus. Enter and Escape belong to the dialog. */
  readonly keys?: Readonly<Record<string, () => void>>;
}

/** Rounds an element's height up to whole rows, so that no row of a shell is cut in half. @param own false for one that fills the stage: a row more would cover the line */
export function useWholeRows(band: { readonly current: HTMLElement | null }, own = true): void {
  useLayoutEffect(() => {
    if (!own) return;
    const element = band.current!;
    const { r } = cellSize();
    element.style.minHeight = '';
    element.style.minHeight = `${Math.ceil(element.offsetHeight / r) * r}px`;
  });
}

/** A modal question that rises from the line. Focus goes to [data-focus], and back to where it was when it closes. */
export function Band({ children, label, onClose, level, class: extra, house = false, alert, deliberate = false, keys }: BandProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current!;
    const before = document.activeElement as HTMLElement | null;
    element.showModal();
    if (deliberate) element.dataset['since'] = String(performance.now());
    element.querySelector<HTMLElement>('[data-focus]')?.focus();
    return () => {
      element.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  useWholeRows(dialog, !house);
  return (
    <>
      <div class="veil" />
      <dialog
        ref={dialog}
        class={`band${house ? ' band--house' : ''}${extra ? ` ${extra}` : ''}`}
        data-level={level}
        role={alert ? 'alertdialog' : undefined}
        aria-label={label}
        onCancel={(event) => {
          event.preventDefault();
          onClose();
        }}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.altKey || event.metaKey || event.target instanceof HTMLInputElement) return;
          const run = keys?.[event.key];
          if (!run) return;
          event.preventDefault();
          run();
        }}
      >
        {children}
      </dialog>
    </>
  );
}

/** Put one at the root of each document. */
export function LiveRegions(): JSX.Element {
  return (
    <>
      <p class="vh" role="status">
        {polite}
      </p>
      <p class="vh" role="alert">
        {assertive}
      </p>
    </>
  );
}

/** A labelled field with its error at the field. */
export interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly children: ComponentChildren;
}

export function Field({ id, label, hint, error, children }: FieldProps): JSX.Element {
  return (
    <div class="field">
      <label class="faint" for={id}>
        {label}
      </label>
      {children}
      <p class="field__hint dim" id={`${id}-hint`}>
        {hint}
      </p>
      <FaultLine id={`${id}-error`} error={error} />
    </div>
  );
}

export interface TextFieldProps extends Omit<FieldProps, 'children'> {
  readonly input?: Ref<HTMLInputElement>;
  /** What stands in it at first, where nobody is told of what is typed; or, with `onInput`, what stands in it. */
  readonly text?: string;
  readonly onInput?: (text: string) => void;
  readonly focus?: boolean;
  readonly readOnly?: boolean;
  readonly maxLength?: number;
}

/** A field for one line of text that nobody completes or corrects. */
export function TextField({ id, label, hint, error, input, text, onInput, focus, readOnly, maxLength }: TextFieldProps): JSX.Element {
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <input
        id={id}
        ref={input}
        class="input"
        {...(onInput
          ? { value: text, onInput: (event: { readonly currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value) }
          : { defaultValue: text })}
        autocomplete="off"
        spellcheck={false}
        maxLength={maxLength}
        readOnly={readOnly}
        data-focus={focus ? '' : undefined}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={`${id}-hint ${id}-error`}
      />
    </Field>
  );
}

/** Where a sentence about what went wrong comes to stand, said aloud when it comes. */
export function FaultLine({ id, error, gap }: { readonly id?: string; readonly error: ComponentChildren; readonly gap?: boolean }): JSX.Element {
  return (
    <p class={gap ? 'field__error gap-h' : 'field__error'} id={id} role="alert">
      {error ? (
        <>
          <Mark kind="stop" />
          {error}
        </>
      ) : null}
    </p>
  );
}

/** The names of a table's columns. */
export function Columns({ names }: { readonly names: readonly string[] }): JSX.Element {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** A table that may be wider than its place: then it is scrolled there, by keys as well. */
export function Wide({ label, gap, children }: { readonly label: string; readonly gap?: 'gap' | 'gap-h'; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class={gap ? `slots ${gap}` : 'slots'} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
