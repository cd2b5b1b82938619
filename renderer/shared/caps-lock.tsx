/** Caps Lock changes a passphrase that nobody sees: it is said beside the field. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messages } from './messages.ts';
import { Mark } from './parts.tsx';

/** Whether Caps Lock is on, as far as the keyboard has told: with the first key or click. */
export function useCapsLock(): boolean {
  const [on, setOn] = useState(false);
  useEffect(() => {
    // Of Caps Lock itself Linux reports the state before it at the press, and the one after it at the release.
    const read = (event: KeyboardEvent | PointerEvent): void => {
      if (!(event instanceof KeyboardEvent) || event.type === 'keyup' || event.key !== 'CapsLock') setOn(event.getModifierState('CapsLock'));
    };
    const events = ['keydown', 'keyup', 'pointerdown'] as const;
    for (const name of events) window.addEventListener(name, read, { capture: true });
    return () => events.forEach((name) => window.removeEventListener(name, read, { capture: true }));
  }, []);
  return on;
}

export function CapsLock({ on }: { readonly on: boolean }): JSX.Element {
  return (
    <p class="caps-lock" role="status" hidden={!on}>
      {on ? (
        <>
          <Mark kind="warn" />
          {messages.capsLock}
        </>
      ) : null}
    </p>
  );
}
