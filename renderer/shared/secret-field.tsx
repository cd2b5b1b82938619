/** A passphrase field: shown on request, read into bytes, and empty again at once. */
import type { JSX, Ref } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { normalisePassphrase } from '../../src/people/passphrase.ts';
import { textBytes } from './bytes.ts';
import { bullets, editedText } from './secret-text.ts';

export interface SecretFieldProps {
  readonly id: string;
  readonly input: Ref<HTMLInputElement>;
  readonly shown: boolean;
  readonly invalid?: boolean;
  readonly disabled?: boolean;
  readonly fresh?: boolean;
  readonly focus?: boolean;
  readonly onInput?: () => void;
}

interface Held {
  text: string;
  /** Where the selection began before the edit that is under way; undefined where none was announced. */
  start: number | undefined;
  shown: boolean;
}
const fields = new WeakMap<HTMLInputElement, Held>();

function heldBy(input: HTMLInputElement): Held {
  let held = fields.get(input);
  if (!held) fields.set(input, (held = { text: '', start: undefined, shown: false }));
  return held;
}

/** Draws what is held, and leaves the caret where it is. */
function draw(input: HTMLInputElement): void {
  const { text, shown } = heldBy(input);
  const value = shown ? text : bullets(text);
  if (input.value === value) return;
  const caret = input.selectionEnd ?? value.length;
  input.value = value;
  input.setSelectionRange(caret, caret);
}

/** What the field says now becomes what is held. */
function take(input: HTMLInputElement): void {
  const held = heldBy(input);
  const { value } = input;
  // Without a word before it the whole field was filled.
  held.text = held.shown || held.start === undefined ? value : editedText(held.text, held.start, value, input.selectionEnd ?? value.length);
  held.start = undefined;
  draw(input);
}

export const secretText = (input: HTMLInputElement): string => heldBy(input).text;

export function setSecretText(input: HTMLInputElement, text: string): void {
  Object.assign(heldBy(input), { text, start: undefined });
  draw(input);
  input.setSelectionRange(text.length, text.length);
}

export function SecretField({ id, input, shown, invalid, disabled, fresh, focus, onInput }: SecretFieldProps): JSX.Element {
  const own = useRef<HTMLInputElement | null>(null);
  const composing = useRef(false);
  useLayoutEffect(() => {
    heldBy(own.current!).shown = shown;
    draw(own.current!);
  }, [shown]);
  return (
    <input
      id={id}
      ref={(element) => {
        own.current = element;
        if (typeof input === 'function') input(element);
        else if (input) input.current = element;
      }}
      class="input"
      {...(shown ? ({ type: 'text' } as const) : ({ type: 'password' } as const))}
      autocomplete={fresh ? 'new-password' : 'off'}
      autocapitalize="off"
      spellcheck={false}
      maxLength={1024}
      readOnly={disabled}
      aria-invalid={invalid ? 'true' : undefined}
      aria-describedby={`${id}-hint ${id}-error`}
      data-focus={focus ? '' : undefined}
      // An input method changes what it has put there until it is done: one edit.
      onCompositionStart={(event) => {
        composing.current = true;
        heldBy(event.currentTarget).start = event.currentTarget.selectionStart ?? 0;
      }}
      onCompositionEnd={(event) => {
        composing.current = false;
        take(event.currentTarget);
        onInput?.();
      }}
      onBeforeInput={(event) => {
        // Return, or an erasing key where nothing is left to erase, is announced too, and no edit follows: the last word counts.
        if (!composing.current) heldBy(event.currentTarget).start = event.currentTarget.selectionStart ?? 0;
      }}
      // What is dropped is not at the caret.
      onDrop={(event) => event.preventDefault()}
      onInput={(event) => {
        if (composing.current) return;
        take(event.currentTarget);
        onInput?.();
      }}
    />
  );
}

export interface ShowSecretProps {
  /** The ids of the fields, with spaces between them. */
  readonly fields: string;
  readonly words: { readonly show: string; readonly hide: string };
  readonly shown: boolean;
  readonly onChange: (shown: boolean) => void;
}

/**
 * Shows passphrase fields in clear, and hides them again. It stands after the button that goes on: Tab from a field must not
 * lead here, where a space or Return of somebody who types without looking would show the passphrase.
 */
export function ShowSecret({ fields: ids, words, shown, onChange }: ShowSecretProps): JSX.Element {
  return (
    <button type="button" class="btn btn--quiet" aria-pressed={shown} aria-controls={ids} onClick={() => onChange(!shown)}>
      {shown ? words.hide : words.show}
    </button>
  );
}

/** Takes the passphrase out of its field: NFC, UTF-8. The bytes are wiped once they are sealed. */
export function takeSecret(input: HTMLInputElement): Uint8Array {
  const bytes = textBytes(normalisePassphrase(secretText(input)));
  setSecretText(input, '');
  return bytes;
}
