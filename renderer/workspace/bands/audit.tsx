/** The audit centre: pictures of the last days, events of the ledger, alerts that are open, and what is due to be reviewed. It covers the stage, not the line. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle, Button } from '../../shared/parts.tsx';
import type { Output } from '../../../src/bridge/schema.ts';
import { Events } from '../audit/events.tsx';
import { EmergenciesDue, useEmergencies } from '../audit/emergencies.tsx';
import { EventLooking } from '../audit/looking.ts';
import { OpenAlerts, useAlerts } from '../audit/open-alerts.tsx';
import { Pictures } from '../audit/pictures.tsx';
import { ReviewsDue, useReviews } from '../audit/reviews.tsx';
import type { Controller } from '../controller.ts';
import { band } from './band.tsx';
import { useDeeds } from './deeds.tsx';
import { close } from './parts.tsx';

export const auditBand = band('audit', { may: ['emergency'] }, Audit);

const text = messages.audit;

interface AuditProps {
  readonly controller: Controller;
  /** Whose recordings were looked at, where that is what one comes back from. */
  readonly emergency?: string;
}

function Audit({ controller, emergency }: AuditProps): JSX.Element {
  const { bridge } = controller;
  const looking = useMemo(() => new EventLooking(bridge), []);
  const pictures = useDeeds<Output<'audit.pictures'>>(() => bridge.request('audit.pictures', {}), '');
  const alerts = useAlerts(bridge);
  const emergencies = useEmergencies(bridge);
  const reviews = useReviews(bridge);
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => void looking.ask(), []);
  const title = (section: string): HTMLElement | null | undefined => body.current?.querySelector<HTMLElement>(`.${section} .audit__title`);
  const to = (section: string) => (): void => {
    const found = title(section);
    found?.scrollIntoView({ block: 'start' });
    found?.focus();
  };
  const again = (): void => {
    void looking.ask();
    pictures.clear();
    void pictures.look();
    alerts.again();
    emergencies.again();
    reviews.again();
  };
  // Escape leaves a form before it leaves the house.
  const form = [alerts, emergencies, reviews].find(({ of }) => of !== undefined);
  const keys = { q: close, r: again, '1': to('audit__pictures'), '2': to('audit__events'), '3': to('audit__alerts'), '4': to('audit__reviews') };
  return (
    <Band label={text.label} onClose={form?.back ?? close} keys={form ? {} : keys} house>
      <div ref={body} class="audit">
        <header class="audit__head review__head">
          <BandTitle>{text.label}</BandTitle>
          <span class="dim">{text.lookEntered}</span>
          <span class="actions">
            <Button kind="quiet" hint="r" onClick={again}>
              {messages.alerts.again}
            </Button>
            <Button kind="quiet" hint="esc" onClick={close}>
              {messages.keys.leave}
            </Button>
          </span>
        </header>
        <section class="audit__pictures" aria-label={text.pictures.label}>
          <h3 class="audit__title" tabIndex={-1}>
            <kbd>1</kbd> {text.pictures.label}
          </h3>
          {pictures.listed ? <Pictures pictured={pictures.listed} /> : <p class="dim">{messages.alerts.looking}</p>}
          {pictures.face}
        </section>
        <Events looking={looking} />
        <div class="audit__side">
          <section class="audit__alerts" aria-label={messages.alerts.title}>
            <h3 class="audit__title" tabIndex={-1}>
              <kbd>3</kbd> {messages.alerts.title}
            </h3>
            <OpenAlerts state={alerts} home={() => title('audit__alerts')} />
          </section>
          <section class="audit__reviews" aria-label={text.reviews.label}>
            <h3 class="audit__title" tabIndex={-1}>
              <kbd>4</kbd> {text.reviews.label}
            </h3>
            <EmergenciesDue state={emergencies} home={() => title('audit__reviews')} from={emergency} />
            <ReviewsDue state={reviews} home={() => title('audit__reviews')} />
          </section>
        </div>
      </div>
    </Band>
  );
}
