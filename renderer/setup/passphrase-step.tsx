/** The passphrase of the first run. */
import type { JSX } from 'preact';
import { messages } from '../shared/messages.ts';
import { useNewPassphrase } from '../shared/new-passphrase.tsx';
import { Button } from '../shared/parts.tsx';
import { Form, StepHead } from './step-parts.tsx';

const text = messages.setup;

interface PassphraseStepProps {
  readonly context: { readonly name: string; readonly workstation: string };
  readonly onBack: () => void;
  readonly onDone: (bytes: Uint8Array) => void;
}

export function PassphraseStep({ context, onBack, onDone }: PassphraseStepProps): JSX.Element {
  const { fields, show, next } = useNewPassphrase(context, onDone);
  return (
    <Form onSubmit={() => void next()}>
      <StepHead heading={text.passphrase.heading}>{text.passphrase.text}</StepHead>
      {fields}
      <p class="actions">
        <Button kind="main" submit hint="enter">
          {text.next}
        </Button>
        <Button kind="quiet" onClick={onBack}>
          {text.back}
        </Button>
        {show}
      </p>
    </Form>
  );
}
