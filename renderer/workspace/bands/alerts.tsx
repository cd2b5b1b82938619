/** Alerts that are open, by themselves: the count on the line leads here. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle, Button } from '../../shared/parts.tsx';
import { OpenAlerts, useAlerts } from '../audit/open-alerts.tsx';
import type { Controller } from '../controller.ts';
import { band } from './band.tsx';
import { close, Leave } from './parts.tsx';

export const alertsBand = band('alerts', {}, Alerts);

const text = messages.alerts;

function Alerts({ controller }: { readonly controller: Controller }): JSX.Element {
  const state = useAlerts(controller.bridge);
  const { of: closing, back, again } = state;
  const body = useRef<HTMLDivElement>(null);
  return (
    <Band label={text.label} onClose={closing ? back : close} keys={closing ? {} : { q: close }} class="band--help">
      <div ref={body}>
        <BandTitle>{text.title}</BandTitle>
        <OpenAlerts state={state} home={() => body.current?.querySelector<HTMLElement>('.band__title')} />
        {closing ? null : (
          <p class="actions gap">
            <Leave />
            <Button onClick={again}>{text.again}</Button>
          </p>
        )}
      </div>
    </Band>
  );
}
