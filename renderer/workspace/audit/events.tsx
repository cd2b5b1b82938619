/** Events of the ledger as a table, newest first: of one sort or all, of somebody, of a span of days. What a row has beside it opens below it. */
import { Fragment, type JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { eventKinds } from '../../../src/types/words.ts';
import { messages } from '../../shared/messages.ts';
import { Button, Columns, Mark, type MarkKind } from '../../shared/parts.tsx';
import { count, toSecond } from '../../shared/text.ts';
import type { EventLooking, ShownEvent } from './looking.ts';
import { alertMarks } from './open-alerts.tsx';

const text = messages.audit;

/** Of what becomes of something: an event that says nothing of it has happened, and that is all. */
const outcomeMarks: Readonly<Record<string, MarkKind>> = { success: 'ok', failure: 'stop' };
const when = (iso: string): string => toSecond(new Date(iso));

/** Up and down go from row to row, down from a field to the first: nobody should have to pass every filter to get there. */
function walk(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0 || event.ctrlKey || event.altKey || event.metaKey) return;
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLButtonElement>('.event__open')];
  const at = rows.indexOf(event.target as HTMLButtonElement);
  const next = at < 0 ? (step > 0 ? rows[0] : undefined) : rows[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export function Events({ looking }: { readonly looking: EventLooking }): JSX.Element {
  const query = looking.query.value;
  const found = looking.found.value;
  const events = looking.events.value;
  const form = useRef<HTMLFormElement>(null);
  const fields = ['action', 'person', 'since', 'until'] as const;
  return (
    <section class="audit__events" aria-label={text.events} onKeyDown={walk}>
      <header class="review__head">
        <h3 class="audit__title" tabIndex={-1}>
          <kbd>2</kbd> {text.events}
        </h3>
        <span class="dim" role="status">
          {found ? text.size(count(found.size)) : text.looking}
        </span>
      </header>
      <div class="review__filters" role="group" aria-label={text.kindsLabel}>
        {eventKinds.map((kind) => (
          <button key={kind} type="button" class="chip" aria-pressed={query.kind === kind} onClick={() => void looking.ask({ kind })}>
            {text.kinds[kind]}
          </button>
        ))}
      </div>
      <form
        ref={form}
        class="review__find"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = new FormData(event.currentTarget);
          void looking.ask(Object.fromEntries(fields.map((name) => [name, String(typed.get(name) ?? '').trim()])));
        }}
      >
        {fields.map((name) => (
          <span key={name} class="review__field">
            <label class="faint" for={`audit-${name}`}>
              {text.fields[name]}
            </label>
            <input
              id={`audit-${name}`}
              name={name}
              class={`input audit__${name}`}
              placeholder={text.examples[name]}
              autocomplete="off"
              spellcheck={false}
              maxLength={name === 'person' ? 100 : name === 'action' ? 64 : 10}
            />
          </span>
        ))}
        <Button submit hint="enter">
          {text.find}
        </Button>
      </form>
      {looking.fault.value ? (
        <p role="alert">
          <Mark kind="stop" />
          {looking.fault.value}
        </p>
      ) : null}
      <div class="review__rows" role="group" aria-label={text.rowsLabel} tabIndex={0}>
        <table class="t audit__table">
          <Columns names={text.columns} />
          <tbody>
            {events.map((event) => (
              <Row key={event.seq} event={event} />
            ))}
          </tbody>
        </table>
        {found ? <Foot looking={looking} found={found} some={events.length > 0} /> : null}
      </div>
    </section>
  );
}

function Foot({
  looking,
  found,
  some,
}: {
  readonly looking: EventLooking;
  readonly found: NonNullable<EventLooking['found']['value']>;
  readonly some: boolean;
}): JSX.Element {
  const { next, reached } = found;
  return (
    <>
      <p class="dim gap-h" role="status">
        {looking.busy.value ? text.looking : next === null ? (some ? text.beginning : text.none) : reached === null ? '' : text.reached(when(reached))}
      </p>
      {next === null ? null : (
        <p class="actions gap-h">
          <Button onClick={() => void looking.more()}>{text.older}</Button>
        </p>
      )}
    </>
  );
}

function Row({ event }: { readonly event: ShownEvent }): JSX.Element {
  const [open, setOpen] = useState(false);
  const { seq, time, entered, action, outcome, person, detail, raised, aal, credential, context } = event;
  const below: readonly (readonly [string, string])[] = [
    ...(entered === null ? [] : [[text.entered, when(entered)] as const]),
    [text.detail, detail === '' ? text.noDetail : detail],
    [text.unlocked, aal === null || credential === null ? text.nobodyIn : text.by(aal, credential)],
    ...(context === null
      ? []
      : ([
          ...(person === null ? [] : [[text.roles, context.roles.join(', ') || text.noRole] as const]),
          [text.place, `${context.workstationClass ?? text.notKnown}, ${context.policySha256 === null ? text.noPolicy : text.policy(context.policySha256)}`],
          [text.clock, text.clockSays(context.clockMs, context.clockState)],
        ] as const)),
  ];
  return (
    <Fragment>
      <tr class={open ? 'is-current' : undefined}>
        <td class="num">
          <button type="button" class="event__open" aria-expanded={open} aria-label={text.openOne(count(seq))} onClick={() => setOpen(!open)}>
            {count(seq)}
          </button>
        </td>
        <td>{when(time)}</td>
        <td class="name">{action}</td>
        <td>
          {outcome === null ? (
            <span class="faint">-</span>
          ) : (
            <>
              <Mark kind={outcomeMarks[outcome] ?? 'nothing'} />
              {text.outcomes[outcome] ?? outcome}
            </>
          )}
        </td>
        <td>{person ?? <span class="faint">{text.station}</span>}</td>
        <td class="wide">{detail}</td>
        <td>
          {raised === null ? null : (
            <>
              <Mark kind={alertMarks[raised]} />
              {text.raised[raised]}
            </>
          )}
        </td>
      </tr>
      {open ? (
        <tr class="event__below">
          <td />
          <td colSpan={6}>
            <dl class="kv">
              {below.map(([name, value]) => (
                <Fragment key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </Fragment>
              ))}
            </dl>
          </td>
        </tr>
      ) : null}
    </Fragment>
  );
}
