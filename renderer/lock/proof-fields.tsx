/** Who somebody is, and by what they prove it, on one page of the lock: the fields, what is wrong with them, and how they are sent. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Bridge } from '../shared/bridge.ts';
import { CapsLock, useCapsLock } from '../shared/caps-lock.tsx';
import { messages } from '../shared/messages.ts';
import { Mark } from '../shared/parts.tsx';
import { getPasskey, PasskeyUnused } from '../shared/passkey.ts';
import { secretText, SecretField, takeSecret } from '../shared/secret-field.tsx';
import type { Touched } from '../shared/touch-passkey.ts';
import { NameField } from './name-field.tsx';
import { refusalWords } from '../shared/refusal-words.ts';

export interface ProofParts {
  /** Of its fields. */
  readonly id: string;
  readonly bridge: Bridge;
  /** Somebody is there. */
  readonly onInput: () => void;
  readonly onPassphrase: (person: string) => Promise<void>;
  readonly onPasskey: (person: string, answer: Touched) => Promise<void>;
  /** Asked first. @returns false where it says itself what is missing */
  readonly before?: () => Promise<boolean>;
}

export interface Proof {
  readonly busy: boolean;
  /** The field of the id is empty again, and has the focus. */
  readonly another: () => void;
  readonly byPassphrase: () => Promise<void>;
  readonly byPasskey: () => Promise<void>;
  /** With the passphrase that was typed, and a key that is touched. */
  readonly byBoth: () => Promise<void>;
  /** @param label of the id's field @param focus whether it has the focus first */
  readonly fields: (label: string, focus: boolean) => JSX.Element;
}

export function useProof({ id, bridge, onInput, onPassphrase, onPasskey, before = async () => true }: ProofParts): Proof {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const capsLock = useCapsLock();
  const said = useRef<HTMLParagraphElement>(null);
  // On a small screen it stands below what is seen.
  useLayoutEffect(() => {
    if (error) said.current?.scrollIntoView({ block: 'nearest' });
  }, [error]);
  const who = useRef<HTMLInputElement>(null);
  const secret = useRef<HTMLInputElement>(null);

  const prove = async (by: (person: string) => Promise<void>): Promise<void> => {
    if (busy) return;
    const person = who.current?.value.trim() ?? '';
    setError('');
    if (!person) {
      setError(messages.lock.idEmpty);
      return who.current?.focus();
    }
    setBusy(true);
    onInput();
    try {
      if (await before()) await by(person);
    } catch (failure) {
      setError(failure instanceof PasskeyUnused ? messages.lock.cancelled : refusalWords(failure));
      secret.current?.focus();
    } finally {
      if (secret.current) takeSecret(secret.current).fill(0);
      setBusy(false);
      onInput();
    }
  };

  /** The field, where a passphrase stands in it. */
  const typed = (): HTMLInputElement | undefined => {
    const field = secret.current;
    if (field && secretText(field)) return field;
    setError(messages.lock.empty);
    field?.focus();
    return undefined;
  };

  const byPassphrase = async (): Promise<void> => {
    const field = typed();
    if (!field) return;
    await prove(async (person) => {
      await bridge.sendFrame('vault', { type: 'passphrase', bytes: takeSecret(field) });
      await onPassphrase(person);
    });
  };

  const touch = (field?: HTMLInputElement): Promise<void> =>
    prove(async (person) => {
      const both = field ? ({ withPassphrase: true } as const) : {};
      const { response, prf } = await getPasskey(await bridge.request('lock.passkeyOptions', { person, ...both }));
      if (!prf) throw new PasskeyUnused();
      await bridge.sendFrame('vault', { type: 'prf', bytes: prf });
      if (field) await bridge.sendFrame('vault', { type: 'passphrase', bytes: takeSecret(field) });
      await onPasskey(person, { response, ...both });
    });
  const byPasskey = (): Promise<void> => touch();
  const byBoth = async (): Promise<void> => {
    const field = typed();
    if (field) await touch(field);
  };

  const fields = (label: string, focus: boolean): JSX.Element => (
    <>
      <div>
        <label class="faint" for={`${id}-who`}>
          {label}
        </label>
        <NameField id={`${id}-who`} input={who} readOnly={busy} focus={focus} />
      </div>
      <div>
        <label class="faint" for={`${id}-secret`}>
          {messages.lock.field}
        </label>
        <SecretField id={`${id}-secret`} input={secret} shown={false} disabled={busy} onInput={onInput} />
      </div>
      <CapsLock on={capsLock} />
      <p class="poster__err" role="alert" ref={said}>
        {error ? (
          <>
            <Mark kind="stop" />
            <b>{error}</b>
          </>
        ) : null}
      </p>
    </>
  );
  const another = (): void => {
    if (who.current) who.current.value = '';
    who.current?.focus();
  };
  return { busy, another, byPassphrase, byPasskey, byBoth, fields };
}

/** So long a form stands without a further key: whoever was called away leaves nothing to the next who comes. */
export const FORM_LEFT_MS = 60_000;
