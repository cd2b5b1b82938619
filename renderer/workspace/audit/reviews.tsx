/** Which events nobody has reviewed, and the signing of a review: what was found goes sealed to the vault, as the note of an alert does. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { mostTyped } from '../../../src/types/most-typed.ts';
import { ledgerFindings, type LedgerFinding } from '../../../src/types/words.ts';
import type { Bridge } from '../../shared/bridge.ts';
import { messages } from '../../shared/messages.ts';
import { Button, TextField } from '../../shared/parts.tsx';
import { count, moment } from '../../shared/text.ts';
import { StepActions } from '../bands/deeds.tsx';
import * as model from '../model.ts';
import { useFormFocus, useNoteForm, type NoteForm } from './note-form.ts';

const text = messages.audit.reviews;

type Due = Output<'audit.reviews'>;
interface Span {
  readonly from: number;
  readonly to: number;
}

export interface ReviewsState extends NoteForm<Due, Span> {
  readonly finish: (span: Span, finding: LedgerFinding, note: string) => void;
}

export function useReviews(bridge: Bridge): ReviewsState {
  const form = useNoteForm<Due, Span>(bridge, () => bridge.request('audit.reviews', {}));
  return {
    ...form,
    finish: (span, finding, note) =>
      form.send(note, async () => {
        await bridge.request('audit.sign', { ...span, finding });
        return text.signed(count(span.from), count(span.to - 1));
      }),
  };
}

/** @param home what has the focus when the form is left. */
export function ReviewsDue({ state, home }: { readonly state: ReviewsState; readonly home: () => HTMLElement | null | undefined }): JSX.Element {
  const {
    deeds: { listed, face },
    of: signing,
    begin,
    finish,
    back,
  } = state;
  useFormFocus(signing, '#review-finding', home);
  const may = model.permits('ledger.review');
  return (
    <>
      {face}
      {signing ? <SigningForm span={signing} onCancel={back} onDone={(finding, note) => finish(signing, finding, note)} /> : null}
      {listed && !signing ? (
        <>
          <p>
            {listed.events === 0
              ? text.none
              : text.due(count(listed.events), count(listed.from), listed.since === null ? text.now : moment(new Date(listed.since)))}
          </p>
          {may && listed.events > 0 ? (
            <p class="actions gap-h">
              <Button onClick={() => begin({ from: listed.from, to: listed.from + listed.events })}>{text.sign}</Button>
            </p>
          ) : null}
          {listed.own.map(({ person, you, from, to, events }) => (
            <div key={person} class="gap-h">
              <p class="dim">{you ? text.yours(count(events)) : text.own(count(events), person)}</p>
              {may && !you ? (
                <p class="actions">
                  <button type="button" class="btn btn--quiet" aria-label={text.signOwnOf(person)} onClick={() => begin({ from, to })}>
                    {text.signOwn}
                  </button>
                </p>
              ) : null}
            </div>
          ))}
          <p class="dim gap-h">
            {listed.last
              ? text.last(
                  moment(new Date(listed.last.time)),
                  listed.last.by,
                  count(listed.last.from),
                  count(listed.last.to - 1),
                  text.findings[listed.last.finding],
                )
              : text.never}
          </p>
        </>
      ) : null}
    </>
  );
}

interface FormProps {
  readonly span: Span;
  readonly onCancel: () => void;
  readonly onDone: (finding: LedgerFinding, note: string) => void;
}

function SigningForm({ span, onCancel, onDone }: FormProps): JSX.Element {
  const finding = useRef<HTMLSelectElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  return (
    <form
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        const note = field.current!.value.trim();
        if (note !== '')
          return onDone(
            ledgerFindings.find((one) => one === finding.current!.value)!,
            note,
          );
        setError(messages.alerts.noNote);
        field.current!.focus();
      }}
    >
      <h4>{text.signTitle(count(span.from), count(span.to - 1))}</h4>
      <p class="dim gap-h">{text.signText}</p>
      <p class="field gap-h">
        <label class="faint" for="review-finding">
          {text.finding}
        </label>
        <select id="review-finding" ref={finding} class="input">
          {ledgerFindings.map((one) => (
            <option key={one} value={one}>
              {text.findings[one]}
            </option>
          ))}
        </select>
      </p>
      <div class="gap-h">
        <TextField id="review-note" label={messages.alerts.note} input={field} error={error} maxLength={mostTyped.note} />
      </div>
      <StepActions go={text.signGo} cancel={messages.people.cancel} onCancel={onCancel} />
    </form>
  );
}
