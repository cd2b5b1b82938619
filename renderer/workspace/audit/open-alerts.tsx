/** Alerts that are open, those that cannot wait first, and the closing of one with a note: the note goes sealed to the vault, and nobody between sees it. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { mostTyped } from '../../../src/types/most-typed.ts';
import type { Bridge } from '../../shared/bridge.ts';
import { messages } from '../../shared/messages.ts';
import { Mark, TextField, type MarkKind } from '../../shared/parts.tsx';
import { count, moment } from '../../shared/text.ts';
import { StepActions } from '../bands/deeds.tsx';
import * as model from '../model.ts';
import { useFormFocus, useNoteForm, type NoteForm } from './note-form.ts';

const text = messages.alerts;

type Listed = Output<'audit.alerts'>;
type Alert = Listed['alerts'][number];

export const alertMarks: Readonly<Record<Alert['severity'], MarkKind>> = { page: 'stop', warn: 'warn' };
const nameOf = ({ rule, seq }: Alert): string => `${seq}/${rule}`;
const when = (iso: string): string => moment(new Date(iso));

export interface AlertsState extends NoteForm<Listed, Alert> {
  readonly finish: (alert: Alert, note: string) => void;
}

export function useAlerts(bridge: Bridge): AlertsState {
  const form = useNoteForm<Listed, Alert>(bridge, () => bridge.request('audit.alerts', {}));
  return {
    ...form,
    finish: (alert, note) =>
      form.send(note, async () => {
        await bridge.request('audit.close', { rule: alert.rule, alert: alert.seq });
        return text.closed(nameOf(alert));
      }),
  };
}

/** @param home what has the focus when the form is left. */
export function OpenAlerts({ state, home }: { readonly state: AlertsState; readonly home: () => HTMLElement | null | undefined }): JSX.Element {
  const {
    deeds: { listed, face },
    of: closing,
    begin,
    finish,
    back,
  } = state;
  useFormFocus(closing, '#alert-note', home);
  const alerts = listed?.alerts ?? [];
  return (
    <>
      {face}
      {closing ? (
        <ClosingForm key={nameOf(closing)} alert={closing} onCancel={back} onDone={(note) => finish(closing, note)} />
      ) : (
        <>
          {listed ? <p class="dim">{listed.all === 0 ? text.none : text.counted(listed.all, alerts.length)}</p> : <p class="dim">{text.looking}</p>}
          <ol class="log checks gap-h" aria-label={text.label}>
            {alerts.map((alert) => (
              <li key={nameOf(alert)}>
                <Mark kind={alertMarks[alert.severity]} />
                <div>
                  <p>
                    <b>{alert.help}</b> <span class="faint">{nameOf(alert)}</span>
                  </p>
                  <p class="dim">
                    {text.severities[alert.severity]}, {alert.late ? <b>{text.late(when(alert.due))}</b> : text.due(when(alert.due))},{' '}
                    {text.owners[alert.owner]}
                  </p>
                  <p class="dim">
                    {text.raised(when(alert.raised), count(alert.count), when(alert.last))} {alert.about.length > 0 ? text.about(alert.about) : ''}
                  </p>
                  {alert.aboutYou ? (
                    <p class="dim">{text.aboutYou}</p>
                  ) : model.permits('alert.close') ? (
                    <p class="actions">
                      <button type="button" class="btn btn--quiet" aria-label={text.closeOne(nameOf(alert))} onClick={() => begin(alert)}>
                        {text.close}
                      </button>
                    </p>
                  ) : null}
                </div>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

function ClosingForm({
  alert,
  onCancel,
  onDone,
}: {
  readonly alert: Alert;
  readonly onCancel: () => void;
  readonly onDone: (note: string) => void;
}): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  return (
    <form
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        const note = field.current!.value.trim();
        if (note !== '') return onDone(note);
        setError(text.noNote);
        field.current!.focus();
      }}
    >
      <h3>{text.closeTitle(nameOf(alert))}</h3>
      <p class="gap-h">{alert.help}</p>
      <p class="dim gap-h">{text.closeText}</p>
      <div class="gap-h">
        <TextField id="alert-note" label={text.note} input={field} error={error} maxLength={mostTyped.note} focus />
      </div>
      <StepActions go={text.closeGo} cancel={messages.people.cancel} onCancel={onCancel} />
    </form>
  );
}
