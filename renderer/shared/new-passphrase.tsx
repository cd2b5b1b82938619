/** A new passphrase: judged while it is typed, typed twice, and handed on as bytes. The first run and the key slots ask for one alike. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { loadJudge, passphraseMin, type PassphraseContext, type PassphraseJudgement } from '../../src/people/passphrase.ts';
import { CapsLock, useCapsLock } from './caps-lock.tsx';
import { messages } from './messages.ts';
import { Field, Mark } from './parts.tsx';
import { secretText, SecretField, setSecretText, ShowSecret, takeSecret } from './secret-field.tsx';

const text = messages.newPassphrase;
/** Judging takes some ten milliseconds: not at every key of somebody who types fast. */
const PAUSE_MS = 80;
/** Two frames: the fields are painted before the page is busy. */
const LOAD_MS = 32;

export interface NewPassphrase {
  /** Both fields, and what is wrong with them. */
  readonly fields: JSX.Element;
  /** Shows and hides what is typed. It stands after the button that goes on. */
  readonly show: JSX.Element;
  /** Return, and the button that goes on. */
  readonly next: () => Promise<void>;
}

/** @param onDone takes the bytes when both fields hold the same good passphrase. */
export function useNewPassphrase(context: PassphraseContext, onDone: (bytes: Uint8Array) => void): NewPassphrase {
  const first = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const [judgement, setJudgement] = useState<PassphraseJudgement | undefined>(undefined);
  const [error, setError] = useState('');
  const [different, setDifferent] = useState('');
  const [shown, setShown] = useState(false);
  const capsLock = useCapsLock();
  /** The word lists take half a second to load: the fields stand before they do, and Return waits for them. */
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
      setDifferent(text.different);
      setSecretText(again.current!, '');
      return again.current!.focus();
    }
    setSecretText(again.current!, '');
    onDone(takeSecret(first.current!));
  };
  const fields = (
    <>
      <Field id="passphrase" label={text.field} error={error} hint={<Meter judgement={judgement} />}>
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
      <Field id="again" label={text.again} error={different}>
        <SecretField id="again" input={again} shown={shown} invalid={different !== ''} fresh onInput={() => setDifferent('')} />
      </Field>
      <CapsLock on={capsLock} />
    </>
  );
  return { fields, next, show: <ShowSecret fields="passphrase again" words={text} shown={shown} onChange={setShown} /> };
}

/** Four steps of strength, as strokes and as a sentence: no colour needed. */
function Meter({ judgement }: { readonly judgement: PassphraseJudgement | undefined }): JSX.Element {
  const length = judgement?.length ?? 0;
  const missing = passphraseMin - length;
  return (
    <span class="meter">
      <meter class="meter__bar" min={0} max={4} value={judgement?.level ?? 0} aria-label={text.meter} />
      <span class="meter__word">
        {length === 0 ? (
          ''
        ) : missing > 0 ? (
          text.short(missing)
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
