/** The stop of the station, lifted at its lock: by whom, and by what they prove it. It opens nothing. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Bridge } from '../shared/bridge.ts';
import { messages } from '../shared/messages.ts';
import { Button } from '../shared/parts.tsx';
import { say } from '../shared/say.ts';
import { FORM_LEFT_MS, useProof } from './proof-fields.tsx';

const text = messages.lock.stopped;

export interface LiftProps {
  readonly bridge: Bridge;
  /** Somebody here has a passphrase that opens with a key. */
  readonly both: boolean;
  readonly onLeave: () => void;
}

export function Lift({ bridge, both, onLeave }: LiftProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stillThere = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(onLeave, FORM_LEFT_MS);
  };
  useLayoutEffect(() => {
    form.current?.querySelector<HTMLElement>('[data-focus]')?.focus();
    stillThere();
    return () => clearTimeout(timer.current);
  }, []);
  const lifted = (): void => {
    say(text.lifted);
    onLeave();
  };
  const proof = useProof({
    id: 'lift',
    bridge,
    onInput: stillThere,
    onPassphrase: async (person) => {
      await bridge.request('lock.liftPassphrase', { person });
      lifted();
    },
    onPasskey: async (person, answer) => {
      await bridge.request('lock.liftPasskey', { person, ...answer });
      lifted();
    },
  });
  return (
    <form
      class="poster__acts glassform"
      ref={form}
      aria-label={text.liftIt}
      onInput={stillThere}
      onSubmit={(event) => {
        event.preventDefault();
        void proof.byPassphrase();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || proof.busy) return;
        event.stopPropagation();
        onLeave();
      }}
    >
      <p>
        <b>{text.liftIt}.</b> {text.liftText}
      </p>
      {proof.fields(text.liftId, true)}
      <Button kind="main" tall submit hint="enter" disabled={proof.busy}>
        {proof.busy ? messages.lock.busy : text.liftIt}
      </Button>
      <div class="actions">
        <Button disabled={proof.busy} onClick={() => void proof.byPasskey()}>
          {messages.breakGlass.passkey}
        </Button>
        {both ? (
          <Button disabled={proof.busy} onClick={() => void proof.byBoth()}>
            {messages.prove.byBoth}
          </Button>
        ) : null}
        <Button hint="esc" disabled={proof.busy} onClick={onLeave}>
          {messages.breakGlass.leave}
        </Button>
      </div>
    </form>
  );
}
