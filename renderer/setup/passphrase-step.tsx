/** The passphrase: judged while it is typed, typed twice, and handed on as bytes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { loadJudge, passphraseMin, type PassphraseJudgement } from '../../src/people/passphrase.ts';
import { CapsLock, useCapsLock } from '../shared/caps-lock.tsx';
import { messages } from '../shared/messages.ts';
import { Button, Field, Mark } from '../shared/parts.tsx';
import { secretText, SecretField, setSecretText, ShowSecret, takeSecret } from '../shared/secret-field.tsx';
import { Form, StepHead } from './step-parts.tsx';

const text = messages.setup;
/** Judging takes some ten milliseconds: not at every key of somebody who types fast. */
const PAUSE_MS = 80;
/** Two frames: the step is painted before the page is busy. */
const LOAD_MS = 32;

interface PassphraseStepProps {
  readonly context: { readonly name: string; readonly workstation: string };
  readonly onBack: () => void;
  readonly onDone: (bytes: Uint8Array) => void;
}

export function PassphraseStep({ context, onBack, onDone }: PassphraseStepProps): JSX.Element {
  const first = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const [judgement, setJudgement] = useState<PassphraseJudgement | undefined>(undefined);
  const [error, setError] = useState('');
  const [different, setDifferent] = useState('');
  const [shown, setShown] = useState(false);
  const capsLock = useCapsLock();
  /** The word lists take half a second to load: the step stands before they do, and Return waits for them. */
  const [judge] = useState(() => new Promise<void>((painted) => setTimeout(painted, LOAD_MS)).then(loadJudge));
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(pause.current), []);
  const judged = async (): Promise<PassphraseJudgement | undefined> => {
    const judging = await judge;
    const field = first.current;
    if (!field) return undefined;
    const now = judging(secretText(field), context);
    setJudgement(now);
    return now;
  };
  const next = async (): Promise<void> => {
    clearTimeout(pause.current);
    // At once, and not when it is judged: whoever types on means the second field.
    const isFirst = !secretText(again.current!);
    if (isFirst && secretText(first.current!)) again.current!.focus();
    const now = await judged();
    if (!now) return;
    setError(now.accepted ? '' : now.sentence);
    if (!now.accepted) return first.current!.focus();
    if (isFirst) return;
    if (secretText(again.current!) !== secretText(first.current!)) {
      setDifferent(text.passphrase.different);
      setSecretText(again.current!, '');
      return again.current!.focus();
    }
    setSecretText(again.current!, '');
    onDone(takeSecret(first.current!));
  };
  return (
    <Form onSubmit={() => void next()}>
      <StepHead heading={text.passphrase.heading}>{text.passphrase.text}</StepHead>
      <Field id="passphrase" label={text.passphrase.field} error={error} hint={<Meter judgement={judgement} />}>
        <SecretField
          id="passphrase"
          input={first}
          shown={shown}
          invalid={error !== ''}
          fresh
          focus
          onInput={() => {
            clearTimeout(pause.current);
            pause.current = setTimeout(() => void judged(), PAUSE_MS);
            setError('');
          }}
        />
      </Field>
      <Field id="again" label={text.passphrase.again} error={different}>
        <SecretField id="again" input={again} shown={shown} invalid={different !== ''} fresh onInput={() => setDifferent('')} />
      </Field>
      <CapsLock on={capsLock} />
      <p class="actions">
        <Button kind="main" submit hint="enter">
          {text.next}
        </Button>
        <Button kind="quiet" onClick={onBack}>
          {text.back}
        </Button>
        <ShowSecret fields="passphrase again" words={{ show: text.passphrase.show, hide: text.passphrase.hide }} shown={shown} onChange={setShown} />
      </p>
    </Form>
  );
}

/** Four steps of strength, as strokes and as a sentence: no colour needed. */
function Meter({ judgement }: { readonly judgement: PassphraseJudgement | undefined }): JSX.Element {
  const length = judgement?.length ?? 0;
  const missing = passphraseMin - length;
  return (
    <span class="meter">
      <meter class="meter__bar" min={0} max={4} value={judgement?.level ?? 0} aria-label={text.passphrase.meter} />
      <span class="meter__word">
        {length === 0 ? (
          ''
        ) : missing > 0 ? (
          text.passphrase.short(missing)
        ) : judgement!.accepted ? (
          <>
            <Mark kind="ok" />
            {judgement!.sentence}
          </>
        ) : (
          judgement!.sentence
        )}
      </span>
    </span>
  );
}
