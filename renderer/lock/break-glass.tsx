/**
 * The glass, broken at the lock: why, in whose name, and by what they prove it, on one page, for somebody who never did it. It says first what it means.
 * Where two operators do it, the second one proves it on the same page, and the first one's answer goes with the page.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { EMERGENCY_TOGETHER_MINUTES, emergencyReasons, emergencyReasonWords, type EmergencyReason } from '../../src/types/words.ts';
import { Refused, type Bridge } from '../shared/bridge.ts';
import { textBytes } from '../shared/bytes.ts';
import { messages } from '../shared/messages.ts';
import { Button, Mark } from '../shared/parts.tsx';
import { say } from '../shared/say.ts';
import { clock, left } from '../shared/text.ts';
import { FORM_LEFT_MS, useProof } from './proof-fields.tsx';
import { ProofForm, useLeaving } from './proof-form.tsx';
import { mostTyped } from '../../src/types/most-typed.ts';

const text = messages.breakGlass;

export interface BreakGlassProps {
  readonly bridge: Bridge;
  readonly emergency: Output<'lock.facts'>['emergency'];
  /** Somebody here has a passphrase that opens with a key. */
  readonly both: boolean;
  readonly onLeave: () => void;
}

export function BreakGlass({ bridge, emergency, both, onLeave }: BreakGlassProps): JSX.Element {
  const [another, setAnother] = useState(false);
  // One that runs is gone on with, and was given its reason; whoever has another emergency does not wait for its end.
  const goesOn = emergency.running !== null && !another;
  const [reason, setReason] = useState<EmergencyReason | undefined>(undefined);
  /** It was asked for without one. Said where it is chosen: at 800 x 600 what stands below is out of sight then. */
  const [missing, setMissing] = useState(false);
  const [asked, setAsked] = useState(false);
  const [second, setSecond] = useState(false);
  const choose = (chosen: EmergencyReason): void => {
    setMissing(false);
    setReason(chosen);
  };
  const words = useRef<HTMLTextAreaElement>(null);

  const leave = (): void => {
    void bridge.request('emergency.leave', {}).catch(() => {});
    onLeave();
  };
  const { formRef, stillThere } = useLeaving(leave, another, second ? EMERGENCY_TOGETHER_MINUTES * 60_000 : FORM_LEFT_MS);
  useEffect(() => {
    if (second) proof.another();
  }, [second]);

  /** Why, once: what was written goes sealed to the vault before anybody is named. */
  const ask = async (): Promise<boolean> => {
    if (goesOn || asked) return true;
    if (!reason) {
      setMissing(true);
      formRef.current?.querySelector<HTMLElement>('input[type=radio]')?.focus();
      return false;
    }
    const written = words.current?.value.trim() ?? '';
    // Also where nothing was written: what was, on this page before and for nothing, is nobody's else.
    await bridge.sendFrame('vault', { type: 'words', bytes: textBytes(written) });
    await bridge.request('emergency.ask', { reason });
    setAsked(true);
    return true;
  };

  const answered = (answer: { readonly second: boolean }): void => {
    if (!answer.second) return;
    if (second) {
      proof.another();
      throw new Refused('same-operator', text.sameOperator);
    }
    say(text.secondNeeded);
    setSecond(true);
  };
  const proof = useProof({
    id: 'glass',
    bridge,
    before: ask,
    onInput: stillThere,
    onPassphrase: async (person) => answered(await bridge.request('emergency.passphrase', { person })),
    onPasskey: async (person, answer) => answered(await bridge.request('emergency.passkey', { person, ...answer })),
  });

  return (
    <ProofForm
      label={text.title}
      formRef={formRef}
      onInput={stillThere}
      proof={proof}
      kind="stop"
      act={goesOn ? text.comeBack : text.act}
      both={both}
      onLeave={leave}
      more={
        goesOn ? (
          <Button disabled={proof.busy} onClick={() => setAnother(true)}>
            {text.another}
          </Button>
        ) : null
      }
    >
      <p class="glassform__what">
        <Mark kind="glass" />
        <span>
          <b>{goesOn ? text.goesOn(clock(new Date(emergency.running!.since)), left(emergency.running!.left)) : text.title}</b>{' '}
          {goesOn ? text.goesOnWho : text.means(emergency.leaves)}
          {another ? <b> {text.endsOther}</b> : null}
        </span>
      </p>
      {goesOn ? null : (
        <>
          <fieldset class="glassform__why" disabled={asked}>
            <legend class="faint">{text.why}</legend>
            {missing ? (
              <p class="poster__err" role="alert">
                <Mark kind="stop" />
                <b>{text.noReason}</b>
              </p>
            ) : null}
            {emergencyReasons.map((each, n) => (
              <label key={each}>
                <input
                  type="radio"
                  name="reason"
                  value={each}
                  checked={reason === each}
                  data-focus={n === 0 ? '' : undefined}
                  onChange={() => choose(each)}
                  onKeyDown={(event) => {
                    const chosen = emergencyReasons[Number(event.key) - 1];
                    if (chosen === undefined) return;
                    event.preventDefault();
                    choose(chosen);
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
            <textarea
              id="glass-words"
              ref={words}
              class="input"
              rows={1}
              maxLength={mostTyped.emergency}
              spellcheck={false}
              autocomplete="off"
              readOnly={asked}
            />
          </div>
        </>
      )}
      {second ? (
        <p role="status">
          <b>{text.secondNeeded}</b>
        </p>
      ) : null}
      {proof.fields(second ? text.secondId : text.id, goesOn)}
    </ProofForm>
  );
}
