/** A passphrase field: shown on request, read into bytes, and empty again at once. */
import type { JSX, Ref } from 'preact';
import { normalisePassphrase } from '../../src/people/passphrase.ts';
import { textBytes } from './bytes.ts';

export interface SecretFieldProps {
  readonly id: string;
  readonly input: Ref<HTMLInputElement>;
  readonly shown: boolean;
  readonly invalid?: boolean;
  readonly disabled?: boolean;
  readonly fresh?: boolean;
  readonly focus?: boolean;
  readonly onInput?: (length: number) => void;
}

export function SecretField({ id, input, shown, invalid, disabled, fresh, focus, onInput }: SecretFieldProps): JSX.Element {
  return (
    <input
      id={id}
      ref={input}
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
      onInput={(event) => onInput?.(event.currentTarget.value.length)}
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
export function ShowSecret({ fields, words, shown, onChange }: ShowSecretProps): JSX.Element {
  return (
    <button type="button" class="btn btn--quiet" aria-pressed={shown} aria-controls={fields} onClick={() => onChange(!shown)}>
      {shown ? words.hide : words.show}
    </button>
  );
}

/** Takes the passphrase out of its field: NFC, UTF-8. The bytes are wiped once they are sealed. */
export function takeSecret(input: HTMLInputElement): Uint8Array {
  const bytes = textBytes(normalisePassphrase(input.value));
  input.value = '';
  return bytes;
}
