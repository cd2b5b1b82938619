/** The recordings that somebody may see, by day, and what was found in them. */
import type { JSX, Ref } from 'preact';
import { useRef } from 'preact/hooks';
import { groupByDay } from '../../../src/review/rows.ts';
import { givenReasons, givenReasonWords, reasons, recordingSorts, recordingStates, reviewStates, searchedFor } from '../../../src/types/words.ts';
import { messages } from '../../shared/messages.ts';
import { Button, Mark, TextField, type MarkKind } from '../../shared/parts.tsx';
import { clock, count, length, size } from '../../shared/text.ts';
import * as model from '../model.ts';
import type { Looking, Row } from './looking.ts';

const text = messages.recordings;

const marks: Readonly<Record<Row['state'], MarkKind>> = { complete: 'seal', live: 'wait', interrupted: 'warn', contradicts: 'stop', unknown: 'stop' };

/** What an auditor said of it: by itself a word, so the mark is of how much it asks for. */
export const reviewMarks: Readonly<Record<NonNullable<Row['review']>['state'], MarkKind>> = {
  'to-review': 'wait',
  'in-review': 'wait',
  fine: 'ok',
  flagged: 'stop',
};

/** A word of the ledger’s, as a person says it. */
const spoken = (reason: string): string => reason.replaceAll('-', ' ');

const dayOf = (start: string): string => (start === '' ? text.noDay : text.day(new Date(start)));

/** Up and down go through recordings and hits, down from a field to the first: nobody should have to pass every filter to get there. */
function walk(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0 || event.ctrlKey || event.altKey || event.metaKey || event.target instanceof HTMLSelectElement) return;
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLButtonElement>('.review__rows li button')];
  const at = rows.indexOf(event.target as HTMLButtonElement);
  const next = at < 0 ? (step > 0 ? rows[0] : undefined) : rows[at + step];
  event.preventDefault();
  // The replay beside the list has other uses for these keys.
  event.stopPropagation();
  next?.focus();
}

export function RecordingList({ looking, onLeave }: { readonly looking: Looking; readonly onLeave: () => void }): JSX.Element {
  const query = looking.query.value;
  const counts = looking.counts.value;
  const words = useRef<HTMLInputElement>(null);
  const find = useRef<HTMLInputElement>(null);
  const lookFor = useRef<HTMLSelectElement>(null);
  const given = reasons.filter((reason) => query.reason === reason || (counts?.reasons[reason] ?? 0) > 0);
  const own = model.permits('recording.replay.own');
  const others = model.permits('recording.replay.others');
  const key = useRef<HTMLInputElement>(null);
  const why = useRef<HTMLSelectElement>(null);
  const search = (): void => {
    const typed = find.current?.value ?? '';
    const what = searchedFor.find((one) => one === lookFor.current?.value) ?? 'shown';
    if (typed.trim() === '') return;
    const keyFile = key.current?.value.trim() ?? '';
    if (own && keyFile === '') return void looking.search(typed, false, what);
    const reason = givenReasons.find((word) => word === why.current?.value);
    if (keyFile === '' || !reason) {
      looking.fault.value = keyFile === '' ? text.noKeyFile : text.noReason;
      (keyFile === '' ? key : why).current?.focus();
      return;
    }
    looking.fault.value = '';
    void looking.searchOthers(typed, what, { reason, keyFile });
  };
  return (
    <section class="review__list" aria-label={text.listLabel} onKeyDown={walk}>
      <header class="review__head">
        <h2 class="band__title" tabIndex={-1}>
          {text.label}
        </h2>
        <span class="dim" role="status">
          {counts ? text.counted(count(counts.left), count(counts.all)) : text.looking}
        </span>
        <Button kind="quiet" hint="esc" onClick={onLeave}>
          {messages.keys.leave}
        </Button>
      </header>
      <div class="review__filters" role="group" aria-label={text.filters}>
        <button type="button" class="chip" aria-pressed={query.state === undefined} onClick={() => looking.filter({ state: undefined })}>
          {text.all} <span class="faint">{counts ? count(counts.all) : ''}</span>
        </button>
        {recordingStates
          .filter((state) => query.state === state || (counts?.states[state] ?? 0) > 0)
          .map((state) => (
            <button key={state} type="button" class="chip" aria-pressed={query.state === state} onClick={() => looking.filter({ state })}>
              {text.states[state]} <span class="faint">{count(counts?.states[state] ?? 0)}</span>
            </button>
          ))}
        {reviewStates
          .filter((state) => query.state === state || (counts?.states[state] ?? 0) > 0)
          .map((state) => (
            <button key={state} type="button" class="chip" aria-pressed={query.state === state} onClick={() => looking.filter({ state })}>
              {text.reviews[state]} <span class="faint">{count(counts?.states[state] ?? 0)}</span>
            </button>
          ))}
      </div>
      <form
        class="review__find"
        onSubmit={(event) => {
          event.preventDefault();
          search();
        }}
      >
        <span class="review__field">
          <label class="faint" for="review-words">
            {text.words}
          </label>
          <input
            id="review-words"
            ref={words}
            defaultValue={query.words}
            data-focus={own || others ? undefined : ''}
            class="input"
            autocomplete="off"
            spellcheck={false}
            maxLength={100}
            onInput={() => looking.filter({ words: words.current!.value })}
          />
        </span>
        {days.map((name) => (
          <span key={name} class="review__field">
            <label class="faint" for={`review-${name}`}>
              {text[name]}
            </label>
            <input
              id={`review-${name}`}
              class="input review__day-field"
              placeholder={text.exampleDay}
              autocomplete="off"
              spellcheck={false}
              maxLength={10}
              onInput={(event) => {
                const typed = event.currentTarget.value.trim();
                // A day that is half typed filters nothing yet.
                if (typed === '' || /^\d{4}-\d\d-\d\d$/.test(typed)) looking.filter({ [name]: typed });
              }}
            />
          </span>
        ))}
        {own || others ? (
          <span class="review__field">
            <select id="review-for" ref={lookFor} class="input" aria-label={text.lookFor}>
              {searchedFor.map((one) => (
                <option key={one} value={one}>
                  {text.lookedFor[one]}
                </option>
              ))}
            </select>
            <input id="review-find" aria-label={text.find} ref={find} data-focus="" class="input" autocomplete="off" spellcheck={false} maxLength={200} />
            {/* Enter in the field is this button. */}
            <Button submit hint="enter">
              {text.findButton}
            </Button>
          </span>
        ) : null}
        {given.length > 0 ? (
          <span class="review__field">
            <label class="faint" for="review-reason">
              {text.reasonFilter}
            </label>
            <select
              id="review-reason"
              class="input"
              value={query.reason ?? ''}
              onChange={(event) => looking.filter({ reason: reasons.find((reason) => reason === event.currentTarget.value) })}
            >
              <option value="">{text.anyReason}</option>
              {given.map((reason) => (
                <option key={reason} value={reason}>
                  {spoken(reason)}
                </option>
              ))}
            </select>
          </span>
        ) : null}
        <span class="review__field">
          <label class="faint" for="review-sort">
            {text.sort}
          </label>
          <select
            id="review-sort"
            class="input"
            value={query.sort}
            onChange={(event) => looking.filter({ sort: recordingSorts.find((sort) => sort === event.currentTarget.value) ?? 'start' })}
          >
            {recordingSorts.map((sort) => (
              <option key={sort} value={sort}>
                {text.sorts[sort]}
              </option>
            ))}
          </select>
          <button type="button" class="chip" aria-pressed={query.descending} onClick={() => looking.filter({ descending: !query.descending })}>
            {text.descending[query.sort]}
          </button>
        </span>
        {others ? (
          <details class="review__key">
            <summary>{text.withKey}</summary>
            <p class="measure">{text.withKeyMeans}</p>
            <span class="review__field">
              <label class="faint" for="review-key-reason">
                {text.searchWhy}
              </label>
              <ReasonSelect id="review-key-reason" select={why} chosen={looking.withKey.value?.reason} />
            </span>
            <TextField id="review-key" label={text.searchKey} hint={text.otherKeyHint} input={key} text={looking.withKey.value?.keyFile} maxLength={4096} />
          </details>
        ) : null}
      </form>
      {looking.fault.value ? (
        <p role="alert">
          <Mark kind="stop" />
          {looking.fault.value}
        </p>
      ) : null}
      <div class="review__rows">{looking.hits.value ? <Hits looking={looking} /> : <Rows looking={looking} />}</div>
    </section>
  );
}

const days = ['since', 'until'] as const;

/** Why somebody else’s is looked at. */
export function ReasonSelect({
  id,
  select,
  chosen,
}: {
  readonly id: string;
  readonly select: Ref<HTMLSelectElement>;
  readonly chosen: string | undefined;
}): JSX.Element {
  return (
    <select id={id} ref={select} class="input">
      <option value="">{text.choose}</option>
      {givenReasons.map((word) => (
        <option key={word} value={word} selected={word === chosen}>
          {givenReasonWords[word]}
        </option>
      ))}
    </select>
  );
}

function Rows({ looking }: { readonly looking: Looking }): JSX.Element {
  const rows = looking.rows.value;
  const counts = looking.counts.value;
  const query = looking.query.value;
  const open = looking.row.value?.id;
  const days = query.sort === 'start' ? groupByDay(rows, dayOf) : [{ day: text.by(text.sorts[query.sort]), rows }];
  if (counts && rows.length === 0) return <p class="dim gap">{counts.all === 0 ? text.none : text.noneLeft}</p>;
  return (
    <>
      {days.map(({ day, rows: some }) => (
        <section key={day} aria-label={day}>
          <h3 class="review__day faint">{day}</h3>
          <ol class="recs">
            {some.map((row) => (
              <li key={row.id}>
                <button type="button" class="rec" aria-current={open === row.id ? 'true' : undefined} onClick={() => void looking.open(row)}>
                  <span class="rec__when">
                    {row.start === '' ? '-' : clock(new Date(row.start))}
                    <span class="faint">{length(row.lengthMs)}</span>
                  </span>
                  <span class="rec__what">
                    <b>{looking.programs.value.get(row.id) ?? (row.yours ? row.id : text.sealed)}</b>
                    <span class="faint">
                      {[row.name ?? row.person, row.sessionClass, row.reason && spoken(row.reason), looking.tickets.value.get(row.id)]
                        .filter(Boolean)
                        .join(', ')}
                    </span>
                  </span>
                  <span class="rec__size faint">{size(row.size)}</span>
                  <span class="rec__state">
                    <span>
                      <Mark kind={marks[row.state]} />
                      {text.states[row.state]}
                    </span>
                    {row.review ? (
                      <span>
                        <Mark kind={reviewMarks[row.review.state]} />
                        {text.reviews[row.review.state]}
                      </span>
                    ) : (
                      <span class="faint">{text.signed(row.signed === null ? null : count(row.signed))}</span>
                    )}
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </section>
      ))}
      {counts && rows.length < counts.left ? (
        <p class="actions gap">
          <Button onClick={() => void looking.list(true)}>{text.more(count(counts.left - rows.length))}</Button>
        </p>
      ) : null}
    </>
  );
}

function Hits({ looking }: { readonly looking: Looking }): JSX.Element {
  const hits = looking.hits.value ?? [];
  const found = looking.found.value;
  const openAt = (id: string, timeUs: number): void =>
    void looking.open(looking.rowOf(id) ?? { ...strange, id, yours: !looking.ofOthers.value }, timeUs / 1000);
  const began = (row: Row | undefined): Date | undefined => (row?.start ? new Date(row.start) : undefined);
  return (
    <>
      <p role="status" class="gap-h">
        {found ? text.found(count(found.hits), count(found.searched), found.cancelled) : text.searching(count(hits.length), size(looking.searchedBytes.value))}
      </p>
      {found?.unread.map((sentence) => (
        <p key={sentence}>
          <Mark kind="warn" />
          {sentence}
        </p>
      ))}
      <p class="actions gap-h">
        <Button hint="esc" onClick={() => looking.clear()}>
          {found ? text.backToList : text.stop}
        </Button>
      </p>
      <ol class="recs gap-h">
        {hits.map(({ recording, timeUs, context, at, length: long }, n) => {
          const row = looking.rowOf(recording);
          const start = began(row);
          return (
            <li key={n}>
              <button type="button" class="rec rec--hit" onClick={() => openAt(recording, timeUs)}>
                <span class="rec__when">
                  {length(timeUs / 1000)}
                  <span class="faint">{start ? clock(start) : ''}</span>
                </span>
                <span class="rec__what">
                  {context === '' ? (
                    <span class="dim">{text.covered}</span>
                  ) : (
                    <span class="hit">
                      {context.slice(0, at)}
                      <mark>{context.slice(at, at + long)}</mark>
                      {context.slice(at + long)}
                    </span>
                  )}
                  <span class="faint">
                    {[row && (row.name ?? row.person), start && text.shortDay(start), looking.programs.value.get(recording) ?? recording]
                      .filter(Boolean)
                      .join(', ')}
                  </span>
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** A hit in a recording of which nothing is told yet, or nothing can be. */
const strange: Omit<Row, 'id' | 'yours'> = {
  person: '',
  name: null,
  start: '',
  lengthMs: 0,
  size: 0,
  state: 'complete',
  signed: null,
  found: null,
  sessionClass: null,
  reason: null,
  review: null,
};
