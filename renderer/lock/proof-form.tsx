/** The form in which somebody proves at the lock who they are, for one deed: its fields, its buttons, and that it goes by itself where nobody is there any more. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren, JSX, RefObject } from 'preact';
import { messages } from '../shared/messages.ts';
import { Button } from '../shared/parts.tsx';
import { FORM_LEFT_MS, type Proof } from './proof-fields.tsx';

export interface Leaving {
  readonly formRef: RefObject<HTMLFormElement | null>;
  /** Somebody is there: so long from now it stands. */
  readonly stillThere: () => void;
}

/** @param leave where nobody has typed for `leftMs` @param anew when this changes the form begins anew, with its first field */
export function useLeaving(leave: () => void, anew?: unknown, leftMs = FORM_LEFT_MS): Leaving {
  const formRef = useRef<HTMLFormElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stillThere = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(leave, leftMs);
  };
  useLayoutEffect(() => {
    formRef.current?.querySelector<HTMLElement>('[data-focus]')?.focus();
    stillThere();
    return () => clearTimeout(timer.current);
  }, [anew]);
  // Somebody is there in whose time it changes.
  useEffect(stillThere, [leftMs]);
  return { formRef, stillThere };
}

export interface ProofFormProps {
  readonly label: string;
  readonly formRef: RefObject<HTMLFormElement | null>;
  readonly onInput: () => void;
  readonly proof: Proof;
  readonly kind: 'main' | 'stop';
  /** What is done by it. */
  readonly act: string;
  /** Somebody here has a passphrase that opens with a key. */
  readonly both: boolean;
  readonly onLeave: () => void;
  /** Further buttons. */
  readonly more?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function ProofForm({ label, formRef, onInput, proof, kind, act, both, onLeave, more, children }: ProofFormProps): JSX.Element {
  const { busy } = proof;
  return (
    <form
      class="poster__acts glassform"
      ref={formRef}
      aria-label={label}
      onInput={onInput}
      onSubmit={(event) => {
        event.preventDefault();
        void proof.byPassphrase();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || busy) return;
        event.stopPropagation();
        onLeave();
      }}
    >
      {children}
      <Button kind={kind} tall submit hint="enter" disabled={busy}>
        {busy ? messages.lock.busy : act}
      </Button>
      <div class="actions">
        <Button disabled={busy} onClick={() => void proof.byPasskey()}>
          {messages.breakGlass.passkey}
        </Button>
        {both ? (
          <Button disabled={busy} onClick={() => void proof.byBoth()}>
            {messages.prove.byBoth}
          </Button>
        ) : null}
        {more}
        <Button hint="esc" disabled={busy} onClick={onLeave}>
          {messages.breakGlass.leave}
        </Button>
      </div>
    </form>
  );
}
