/** The stop of the station, lifted at its lock: by whom, and by what they prove it. It opens nothing. */
import type { JSX } from 'preact';
import type { Bridge } from '../shared/bridge.ts';
import { messages } from '../shared/messages.ts';
import { say } from '../shared/say.ts';
import { useProof } from './proof-fields.tsx';
import { ProofForm, useLeaving } from './proof-form.tsx';

const text = messages.lock.stopped;

export interface LiftProps {
  readonly bridge: Bridge;
  /** Somebody here has a passphrase that opens with a key. */
  readonly both: boolean;
  readonly onLeave: () => void;
}

export function Lift({ bridge, both, onLeave }: LiftProps): JSX.Element {
  const { formRef, stillThere } = useLeaving(onLeave);
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
    <ProofForm label={text.liftIt} formRef={formRef} onInput={stillThere} proof={proof} kind="main" act={text.liftIt} both={both} onLeave={onLeave}>
      <p>
        <b>{text.liftIt}.</b> {text.liftText}
      </p>
      {proof.fields(text.liftId, true)}
    </ProofForm>
  );
}
