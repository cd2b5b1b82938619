/** Whoever is in shows once more that it is them: with the passphrase, with a passkey, or with the passphrase and a key that is touched. */
import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { messages } from './messages.ts';
import { Button, Field } from './parts.tsx';
import { SecretField, secretText, takeSecret } from './secret-field.tsx';

export interface ProveProps {
  readonly id: string;
  /** Why they are asked. */
  readonly words: string;
  readonly label: string;
  /** What Return does. */
  readonly submit: string;
  /** Something is on its way: what is typed stays in its field until it is known what came of that. */
  readonly busy: boolean;
  readonly onPassphrase: (bytes: Uint8Array) => void;
  /** Undefined where there is no passkey. */
  readonly onPasskey?: (() => void) | undefined;
  /** With what was typed, and a key that is touched. Undefined where there is none. */
  readonly onBoth?: ((bytes: Uint8Array) => void) | undefined;
  /** Fields before the passphrase, and buttons behind the others. */
  readonly before?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function Prove({ id, words, label, submit, busy, onPassphrase, onPasskey, onBoth, before, children }: ProveProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  return (
    <form
      class="gap"
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        if (busy) return;
        if (!secretText(field.current!)) return setError(messages.prove.empty);
        onPassphrase(takeSecret(field.current!));
      }}
    >
      <p>{words}</p>
      {before}
      <Field id={id} label={label} error={error}>
        <SecretField id={id} input={field} shown={false} invalid={error !== ''} focus={!before} onInput={() => setError('')} />
      </Field>
      <p class="actions">
        <Button kind="main" submit hint="enter">
          {submit}
        </Button>
        {onPasskey ? <Button onClick={onPasskey}>{messages.prove.byPasskey}</Button> : null}
        {onBoth ? (
          <Button
            onClick={() => {
              if (busy) return;
              if (!secretText(field.current!)) return setError(messages.prove.empty);
              onBoth(takeSecret(field.current!));
            }}
          >
            {messages.prove.byBoth}
          </Button>
        ) : null}
        {children}
      </p>
    </form>
  );
}
