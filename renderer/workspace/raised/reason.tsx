/** Why somebody has come in, where the policy asks: a word of a list, by its digit, and the ticket. Nothing is shown or opened before it. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { givenReasons, givenReasonWords, type GivenReasonWord } from '../../../src/types/words.ts';
import { failureWords } from '../../shared/failure.ts';
import { messages } from '../../shared/messages.ts';
import { Band, Button, FaultLine, TextField } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import { mostTyped } from '../../../src/types/most-typed.ts';

interface Props {
  readonly controller: Controller;
  /** The shape of a ticket; null where none is asked for. */
  readonly ticket: string | null;
}

export function ReasonAsked({ controller, ticket: shape }: Props): JSX.Element {
  const words = messages.reason;
  const [reason, setReason] = useState<GivenReasonWord | undefined>(undefined);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const ticket = useRef<HTMLInputElement>(null);
  const lock = (): void => controller.lock();
  const choose = (word: GivenReasonWord): void => {
    setReason(word);
    setError('');
    ticket.current?.focus();
  };
  const give = async (): Promise<void> => {
    if (busy) return;
    if (!reason) return setError(words.noReason);
    const written = ticket.current?.value.trim() ?? '';
    if (shape !== null && !written) {
      setError(words.noTicket);
      return ticket.current?.focus();
    }
    setBusy(true);
    try {
      await controller.giveReason(reason, shape === null ? null : written);
    } catch (failure) {
      setError(failureWords(failure, words.failed));
      ticket.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  const onDigit = (event: KeyboardEvent): void => {
    const chosen = givenReasons[Number(event.key) - 1];
    if (!chosen || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choose(chosen);
  };
  return (
    <Band label={words.title} onClose={lock}>
      <form
        class="band__grid"
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <div>
          <h2 class="band__title">{words.title}</h2>
          <p class="dim gap-h measure">{words.means}</p>
        </div>
        <div>
          <fieldset class="reasons">
            <legend class="faint">{words.why}</legend>
            {givenReasons.map((word, n) => (
              <label key={word}>
                <input
                  type="radio"
                  name="reason"
                  value={word}
                  checked={reason === word}
                  data-focus={n === 0 ? '' : undefined}
                  onChange={() => setReason(word)}
                  onKeyDown={onDigit}
                />
                <span>{givenReasonWords[word]}</span>
                <kbd>{n + 1}</kbd>
              </label>
            ))}
          </fieldset>
          {shape === null ? null : <TextField id="ticket" label={words.ticket} hint={words.shape(shape)} input={ticket} maxLength={mostTyped.ticket} />}
          <FaultLine error={error} />
        </div>
        <div class="actions actions--col">
          <Button kind="main" hint="enter" submit disabled={busy}>
            {words.give}
          </Button>
          <Button hint="esc" onClick={lock}>
            {words.lock}
          </Button>
        </div>
      </form>
    </Band>
  );
}
