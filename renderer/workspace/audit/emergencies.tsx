/** Emergencies that somebody else has to review: who was in each, why, until when it is due, and the finding of whoever may, signed once and for ever. */
import type { JSX, Ref } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { emergencyReasonWords, reviewFindings, type ReviewFinding } from '../../../src/types/words.ts';
import type { Bridge } from '../../shared/bridge.ts';
import { messages } from '../../shared/messages.ts';
import { FaultLine, Mark } from '../../shared/parts.tsx';
import { moment } from '../../shared/text.ts';
import { StepActions } from '../bands/deeds.tsx';
import * as model from '../model.ts';
import { useDeedForm, useFormFocus, type DeedForm } from './note-form.ts';

const text = messages.audit.emergencies;

type Listed = Output<'audit.emergencies'>;
type Emergency = Listed['emergencies'][number];

const when = (iso: string): string => moment(new Date(iso));
const whoOf = ({ person, second }: Emergency): string => text.who(person, second);

export interface EmergenciesState extends Omit<DeedForm<Listed, Emergency>, 'run'> {
  readonly finish: (one: Emergency, finding: ReviewFinding) => void;
}

/** The emergencies as they are listed, and the review of one. */
export function useEmergencies(bridge: Bridge): EmergenciesState {
  const { run, ...form } = useDeedForm<Listed, Emergency>(() => bridge.request('audit.emergencies', {}));
  return {
    ...form,
    finish: (one, finding) =>
      run(async () => {
        await bridge.request('audit.reviewEmergency', { id: one.id, finding });
        return text.done(one.id);
      }),
  };
}

interface DueProps {
  readonly state: EmergenciesState;
  /** What has the focus when the form is left. */
  readonly home: () => HTMLElement | null | undefined;
  /** The emergency whose recordings were looked at: the focus goes back to it. */
  readonly from: string | undefined;
}

export function EmergenciesDue({ state, home, from }: DueProps): JSX.Element {
  const {
    deeds: { listed, face },
    of: reviewing,
    begin,
    finish,
    back,
  } = state;
  useFormFocus(reviewing, '#emergency-justified', home);
  const all = listed?.emergencies ?? [];
  const cameFrom = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    cameFrom.current?.focus();
    cameFrom.current?.closest('li')?.scrollIntoView({ block: 'nearest' });
  }, [listed === undefined]);
  return (
    <div class="audit__emergencies">
      {face}
      {reviewing ? (
        <ReviewForm key={reviewing.id} one={reviewing} onCancel={back} onDone={(finding) => finish(reviewing, finding)} />
      ) : (
        <>
          {listed && all.length === 0 ? <p class="dim">{text.none}</p> : null}
          {all.length === 0 ? null : (
            <ol class="log checks" aria-label={text.label}>
              {all.map((one) => (
                <li key={one.id}>
                  <Mark kind={one.late ? 'stop' : 'glass'} />
                  <One one={one} onReview={() => begin(one)} recordings={one.id === from ? cameFrom : undefined} />
                </li>
              ))}
            </ol>
          )}
        </>
      )}
    </div>
  );
}

interface OneProps {
  readonly one: Emergency;
  readonly onReview: () => void;
  /** Of the button to its recordings. */
  readonly recordings: Ref<HTMLButtonElement> | undefined;
}

function One({ one, onReview, recordings }: OneProps): JSX.Element {
  const { id, time, end, due, late, reason, not, personId } = one;
  const may = model.permits('break-glass.review');
  /** Of whose it is, for this reason: what else they recorded for it stands beside it. */
  const itsRecordings = (): void => void (model.band.value = { name: 'recordings', words: { words: personId, reason, emergency: id } });
  return (
    <div>
      <p>
        <b>{whoOf(one)}</b>, {text.what(emergencyReasonWords[reason])} <span class="faint">{id}</span>
      </p>
      <p class="dim">
        {end === null ? text.runs(when(time)) : text.ran(when(time), when(end))}
        {due === null ? '' : ', '}
        {due === null ? null : late ? <b>{text.late(when(due))}</b> : text.due(when(due))}
      </p>
      {end === null ? null : <p class="dim">{may ? not : text.mayNot}</p>}
      <p class="actions">
        {may && end !== null && not === null ? (
          <button type="button" class="btn btn--quiet" aria-label={text.reviewOf(id)} onClick={onReview}>
            {text.review}
          </button>
        ) : null}
        {model.permits('review.everybody') ? (
          <button type="button" class="btn btn--quiet" aria-label={text.recordingsOf(id)} ref={recordings} onClick={itsRecordings}>
            {text.recordings}
          </button>
        ) : null}
      </p>
    </div>
  );
}

interface FormProps {
  readonly one: Emergency;
  readonly onCancel: () => void;
  readonly onDone: (finding: ReviewFinding) => void;
}

function ReviewForm({ one, onCancel, onDone }: FormProps): JSX.Element {
  const [chosen, setChosen] = useState<ReviewFinding | undefined>(undefined);
  const [error, setError] = useState('');
  return (
    <form
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen === undefined) setError(text.missing);
        else onDone(chosen);
      }}
    >
      <h4>{text.title(one.id, whoOf(one))}</h4>
      <p class="dim gap-h">{text.text}</p>
      <p class="dim gap-h">{one.words ? text.words(one.id) : text.noWords}</p>
      <FaultLine error={error} gap />
      <fieldset class="people__roles">
        <legend class="faint">{text.legend}</legend>
        {reviewFindings.map((finding) => (
          <label key={finding}>
            <input id={`emergency-${finding}`} type="radio" name="emergency-finding" checked={chosen === finding} onChange={() => setChosen(finding)} />
            {text.findings[finding]}
          </label>
        ))}
      </fieldset>
      <StepActions go={text.go} cancel={messages.people.cancel} onCancel={onCancel} />
    </form>
  );
}
