/**
 * The glass, broken at the lock: why, in whose name, and by what they prove it, on one page, for somebody who never did it. It says first what it means.
 * Where two operators do it, the second one proves it on the same page, and the first one's answer goes with the page.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { emergencyReasons, emergencyReasonWords, type EmergencyReason } from '../../src/types/words.ts';
import { Refused, type Bridge } from '../shared/bridge.ts';
import { textBytes } from '../shared/bytes.ts';
import { CapsLock, useCapsLock } from '../shared/caps-lock.tsx';
import { messages } from '../shared/messages.ts';
import { Button, Mark } from '../shared/parts.tsx';
import { getPasskey, PasskeyUnused } from '../shared/passkey.ts';
import { say } from '../shared/say.ts';
import { secretText, SecretField, takeSecret } from '../shared/secret-field.tsx';
import { clock, left } from '../shared/text.ts';

const text = messages.breakGlass;
/** As src/break-glass/words.ts has it. */
const MAX_WORDS = 1000;
/** So long it stands without a further key: whoever was called away leaves nothing to the next who comes. */
const LEFT_MS = 60_000;

export interface BreakGlassProps {
  readonly bridge: Bridge;
  readonly emergency: Output<'lock.facts'>['emergency'];
  readonly onLeave: () => void;
}

export function BreakGlass({ bridge, emergency, onLeave }: BreakGlassProps): JSX.Element {
  const [another, setAnother] = useState(false);
  // One that runs is gone on with, and was given its reason; whoever has another emergency does not wait for its end.
  const goesOn = emergency.running !== null && !another;
  const [reason, setReason] = useState<EmergencyReason | undefined>(undefined);
  const [asked, setAsked] = useState(false);
  const [second, setSecond] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const capsLock = useCapsLock();
  const form = useRef<HTMLFormElement>(null);
  const words = useRef<HTMLTextAreaElement>(null);
  const id = useRef<HTMLInputElement>(null);
  const secret = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const leave = (): void => {
    clearTimeout(timer.current);
    void bridge.request('emergency.leave', {}).catch(() => {});
    onLeave();
  };
  const stillThere = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(leave, LEFT_MS);
  };
  useLayoutEffect(() => {
    form.current?.querySelector<HTMLElement>('[data-focus]')?.focus();
    stillThere();
    return () => clearTimeout(timer.current);
  }, [another]);
  useEffect(() => {
    if (second) id.current?.focus();
  }, [second]);

  /** Why, once: what was written goes sealed to the vault before anybody is named. */
  const ask = async (): Promise<boolean> => {
    if (goesOn || asked) return true;
    if (!reason) {
      setError(text.noReason);
      form.current?.querySelector<HTMLElement>('input[type=radio]')?.focus();
      return false;
    }
    const written = words.current?.value.trim() ?? '';
    if (written) await bridge.sendFrame('vault', { type: 'words', bytes: textBytes(written) });
    await bridge.request('emergency.ask', { reason });
    setAsked(true);
    return true;
  };

  const prove = async (by: (person: string) => Promise<{ readonly second: boolean }>): Promise<void> => {
    if (busy) return;
    const person = id.current?.value.trim() ?? '';
    setError('');
    if (!person) {
      setError(messages.lock.idEmpty);
      return id.current?.focus();
    }
    setBusy(true);
    stillThere();
    try {
      if (!(await ask())) return;
      const answer = await by(person);
      if (!answer.second) return;
      setSecond(true);
      say(text.secondNeeded);
      if (id.current) id.current.value = '';
    } catch (failure) {
      setError(failure instanceof PasskeyUnused ? messages.lock.cancelled : failure instanceof Refused ? failure.message : messages.bridge.failed);
      secret.current?.focus();
    } finally {
      if (secret.current) takeSecret(secret.current).fill(0);
      setBusy(false);
      stillThere();
    }
  };

  const byPassphrase = (): Promise<void> => {
    const field = secret.current;
    if (!field || !secretText(field)) {
      setError(messages.lock.empty);
      field?.focus();
      return Promise.resolve();
    }
    return prove(async (person) => {
      await bridge.sendFrame('vault', { type: 'passphrase', bytes: takeSecret(field) });
      return bridge.request('emergency.passphrase', { person });
    });
  };

  const byPasskey = (): Promise<void> =>
    prove(async (person) => {
      const { response, prf } = await getPasskey(await bridge.request('lock.passkeyOptions', { person }));
      if (!prf) throw new PasskeyUnused();
      await bridge.sendFrame('vault', { type: 'prf', bytes: prf });
      return bridge.request('emergency.passkey', { person, response });
    });

  return (
    <form
      class="poster__acts glassform"
      ref={form}
      aria-label={text.title}
      onInput={stillThere}
      onSubmit={(event) => {
        event.preventDefault();
        void byPassphrase();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || busy) return;
        event.stopPropagation();
        leave();
      }}
    >
      <p class="glassform__what">
        <Mark kind="glass" />
        <span>
          <b>{goesOn ? text.goesOn(clock(new Date(emergency.running!.since)), left(emergency.running!.left)) : text.title}</b>{' '}
          {goesOn ? text.goesOnWho : text.means}
          {another ? <b> {text.endsOther}</b> : null}
        </span>
      </p>
      {goesOn ? null : (
        <>
          <fieldset class="glassform__why" disabled={asked}>
            <legend class="faint">{text.why}</legend>
            {emergencyReasons.map((each, n) => (
              <label key={each}>
                <input
                  type="radio"
                  name="reason"
                  value={each}
                  checked={reason === each}
                  data-focus={n === 0 ? '' : undefined}
                  onChange={() => setReason(each)}
                  onKeyDown={(event) => {
                    const chosen = emergencyReasons[Number(event.key) - 1];
                    if (chosen === undefined) return;
                    event.preventDefault();
                    setReason(chosen);
                    words.current?.focus();
                  }}
                />
                <span>{emergencyReasonWords[each]}</span>
                <kbd>{n + 1}</kbd>
              </label>
            ))}
          </fieldset>
          <div>
            <label class="faint" for="glass-words">
              {text.words}
            </label>
            <textarea id="glass-words" ref={words} class="input" rows={1} maxLength={MAX_WORDS} spellcheck={false} autocomplete="off" readOnly={asked} />
          </div>
        </>
      )}
      {second ? (
        <p role="status">
          <b>{text.secondNeeded}</b>
        </p>
      ) : null}
      <div>
        <label class="faint" for="glass-who">
          {second ? text.secondId : text.id}
        </label>
        <input
          id="glass-who"
          ref={id}
          class="input"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={100}
          readOnly={busy}
          data-focus={goesOn ? '' : undefined}
        />
      </div>
      <div>
        <label class="faint" for="glass-secret">
          {messages.lock.field}
        </label>
        <SecretField id="glass-secret" input={secret} shown={false} disabled={busy} onInput={stillThere} />
      </div>
      <CapsLock on={capsLock} />
      <p class="poster__err" role="alert">
        {error ? (
          <>
            <Mark kind="stop" />
            <b>{error}</b>
          </>
        ) : null}
      </p>
      <Button kind="stop" tall submit hint="enter" disabled={busy}>
        {busy ? messages.lock.busy : goesOn ? text.comeBack : text.act}
      </Button>
      <div class="actions">
        <Button disabled={busy} onClick={() => void byPasskey()}>
          {text.passkey}
        </Button>
        {goesOn ? (
          <Button disabled={busy} onClick={() => setAnother(true)}>
            {text.another}
          </Button>
        ) : null}
        <Button hint="esc" disabled={busy} onClick={leave}>
          {text.leave}
        </Button>
      </div>
    </form>
  );
}
