/** Alerts that are open, those that are due first, and the closing of one with a note: the note goes sealed to the vault, and nobody between sees it. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import { textBytes } from '../../shared/bytes.ts';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle, Button, Mark, TextField, type MarkKind } from '../../shared/parts.tsx';
import { count, moment } from '../../shared/text.ts';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { StepActions, useDeeds } from './deeds.tsx';
import { close, Leave } from './parts.tsx';
import { mostTyped } from '../../../src/types/most-typed.ts';

export const alertsBand = band('alerts', {}, Alerts);

const text = messages.alerts;

type Listed = Output<'audit.alerts'>;
type Alert = Listed['alerts'][number];

const marks: Readonly<Record<Alert['severity'], MarkKind>> = { page: 'stop', warn: 'warn' };
const nameOf = ({ rule, seq }: Alert): string => `${seq}/${rule}`;
const when = (iso: string): string => moment(new Date(iso));

function Alerts({ controller }: { readonly controller: Controller }): JSX.Element {
  const { bridge } = controller;
  const { listed, busy, run, look, clear, face } = useDeeds<Listed>(() => bridge.request('audit.alerts', {}), '');
  const [closing, setClosing] = useState<Alert | undefined>(undefined);
  const body = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => body.current?.querySelector<HTMLElement>(closing ? '#alert-note' : '.band__title')?.focus(), [closing]);
  const back = (): void => {
    if (busy) return;
    clear();
    setClosing(undefined);
  };
  const closeIt = (alert: Alert, note: string): void =>
    void run(text.busy, async () => {
      await bridge.sendFrame('vault', { type: 'words', bytes: textBytes(note) });
      await bridge.request('audit.close', { rule: alert.rule, alert: alert.seq });
      setClosing(undefined);
      await look();
      return text.closed(nameOf(alert));
    });
  const alerts = listed?.alerts ?? [];
  return (
    <Band label={text.label} onClose={closing ? back : close} keys={closing ? {} : { q: close }} class="band--help">
      <div ref={body}>
        <BandTitle>{text.title}</BandTitle>
        {face}
        {closing ? (
          <ClosingForm key={nameOf(closing)} alert={closing} onCancel={back} onDone={(note) => closeIt(closing, note)} />
        ) : (
          <>
            {listed ? <p class="dim">{listed.all === 0 ? text.none : text.counted(listed.all, alerts.length)}</p> : <p class="dim">{text.looking}</p>}
            <ol class="log checks gap-h" aria-label={text.label}>
              {alerts.map((alert) => (
                <li key={nameOf(alert)}>
                  <Mark kind={marks[alert.severity]} />
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
                        <button type="button" class="btn btn--quiet" aria-label={text.closeOne(nameOf(alert))} onClick={() => setClosing(alert)}>
                          {text.close}
                        </button>
                      </p>
                    ) : null}
                  </div>
                </li>
              ))}
            </ol>
            <p class="actions gap">
              <Leave />
              <Button
                onClick={() => {
                  clear();
                  void look();
                }}
              >
                {text.again}
              </Button>
            </p>
          </>
        )}
      </div>
    </Band>
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
