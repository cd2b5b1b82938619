/** The last step of what is asked for in a band where it takes nobody else at the keyboard: who asked reads it once more, and shows that it is them. */
import type { JSX } from 'preact';
import type { Output } from '../../../src/bridge/schema.ts';
import type { Bridge } from '../../shared/bridge.ts';
import { messages } from '../../shared/messages.ts';
import { Button } from '../../shared/parts.tsx';
import { Prove } from '../../shared/prove.tsx';
import { touchPasskey } from '../../shared/touch-passkey.ts';

const text = messages.people;

interface AskedProofProps {
  readonly asked: Output<'people.asked'>;
  readonly bridge: Bridge;
  readonly busy: boolean;
  /** Kinds of the key slots of who is in. */
  readonly own: readonly string[];
  readonly onProve: (how: () => Promise<{ readonly sentence: string }>, words: string) => void;
  readonly onCancel: () => void;
}

export function AskedProof({ asked, bridge, busy, own, onProve, onCancel }: AskedProofProps): JSX.Element {
  return (
    <section aria-label={asked.words}>
      <p class="x2 gap-h">{asked.words}</p>
      <p class="dim measure">{asked.effect}</p>
      <Prove
        id="prove"
        words={text.prove}
        label={messages.prove.field}
        submit={text.doIt}
        busy={busy}
        onPassphrase={(bytes) =>
          onProve(async () => {
            await bridge.sendFrame('vault', { type: 'passphrase', bytes });
            return bridge.request('people.provePassphrase', { go: true });
          }, messages.prove.busy)
        }
        onPasskey={
          own.includes('passkey') || own.includes('passkey-store')
            ? () =>
                onProve(async () => {
                  const answer = await touchPasskey(bridge, () => bridge.request('people.proveOptions', {}));
                  return bridge.request('people.provePasskey', { go: true, ...answer });
                }, messages.slots.testing)
            : undefined
        }
        onBoth={
          own.includes('passphrase-key')
            ? (bytes) =>
                onProve(async () => {
                  const answer = await touchPasskey(bridge, (both) => bridge.request('people.proveOptions', both), bytes);
                  return bridge.request('people.provePasskey', { go: true, ...answer });
                }, messages.slots.testing)
            : undefined
        }
      >
        <Button kind="quiet" hint="esc" onClick={onCancel}>
          {text.cancel}
        </Button>
      </Prove>
    </section>
  );
}
