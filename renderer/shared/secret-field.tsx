/** A passphrase field: shown on request, read into bytes, and empty again at once. */
import type { Ref } from 'preact';
import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { normalisePassphrase } from '../../src/vault/passphrase.ts';
import { textBytes } from './bytes.ts';

export interface SecretFieldProps {
  readonly id: string;
  readonly input: Ref<HTMLInputElement>;
  readonly words: { readonly show: string; readonly hide: string };
  readonly invalid?: boolean;
  readonly disabled?: boolean;
  readonly fresh?: boolean;
  readonly focus?: boolean;
  readonly onInput?: (length: number) => void;
}

export function SecretField({ id, input, words, invalid, disabled, fresh, focus, onInput }: SecretFieldProps): JSX.Element {
  const [shown, setShown] = useState(false);
  return (
    <div class="field__row">
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
      <button type="button" class="btn btn--quiet" aria-pressed={shown} aria-controls={id} onClick={() => setShown(!shown)}>
        {shown ? words.hide : words.show}
      </button>
    </div>
  );
}

/** Takes the passphrase out of its field: NFC, UTF-8. The bytes are wiped once they are sealed. */
export function takeSecret(input: HTMLInputElement): Uint8Array {
  const bytes = textBytes(normalisePassphrase(input.value));
  input.value = '';
  return bytes;
}
