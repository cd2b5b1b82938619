/** Each place where something was found: it is withheld, or let out by hand with a reason. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { ToldPlace } from '../../../src/review/told.ts';
import { messages } from '../../shared/messages.ts';
import { Button, Mark, TextField } from '../../shared/parts.tsx';
import { count, length } from '../../shared/text.ts';
import type { Exporting } from './exporting.ts';
import { mostTyped } from '../../../src/types/most-typed.ts';

const text = messages.export;

/** Full blocks are the brightest thing on a page of which they say nothing. */
const shaded = (covered: string): string => covered.replaceAll('\u2588', '\u2591');

/** What was found, a row each, and the one that is decided about. */
export function Places({ exporting }: { readonly exporting: Exporting }): JSX.Element {
  const places = exporting.places.value;
  const found = exporting.found.value;
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const go = (to: number): void => {
    const next = Math.max(0, Math.min(places.length - 1, to));
    setAt(next);
    list.current?.querySelectorAll<HTMLElement>('button')[next]?.focus();
  };
  const place = places[at];
  if (!place)
    return (
      <div class="export__places" role="status">
        <p class="dim">{text.nothingFound(exporting.planned.value?.recognisers ?? '')}</p>
      </div>
    );
  return (
    <div class="export__places">
      <p class="faint">
        {found > places.length ? text.someListed(count(places.length), count(found)) : exporting.isOthers ? text.placesOthersHint : text.placesHint}
      </p>
      <ul
        class="recs export__list"
        ref={list}
        aria-label={text.places}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
          if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
          event.preventDefault();
          event.stopPropagation();
          go(at + step);
        }}
      >
        {places.map((one, n) => (
          <li key={one.place}>
            <button type="button" class="rec rec--place" aria-current={n === at ? 'true' : undefined} onClick={() => setAt(n)}>
              <span class="rec__when">{length(one.timeUs / 1000)}</span>
              <span class="rec__what">
                <span>{shaded(one.text).trim() || one.kinds.join(', ')}</span>
              </span>
              <span class="faint">{one.kinds.join(', ')}</span>
              <span>
                <span>
                  <Mark kind={exporting.released.value.has(one.place) ? 'warn' : 'seal'} />
                  {exporting.released.value.has(one.place) ? text.letOut : text.kept}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Place key={place.place} exporting={exporting} place={place} of={text.placeOf(count(at + 1), count(places.length))} />
    </div>
  );
}

function Place({ exporting, place, of }: { readonly exporting: Exporting; readonly place: ToldPlace; readonly of: string }): JSX.Element {
  const reason = exporting.released.value.get(place.place);
  const [typed, setTyped] = useState(reason ?? '');
  const [error, setError] = useState('');
  const isUnread = place.kinds.includes('unread');
  const release = (): void => {
    const why = typed.trim();
    setError(why === '' ? text.noReason : '');
    if (why !== '') exporting.decide(place.place, why);
  };
  return (
    <section class="export__place" aria-label={text.placeLabel}>
      <p class="faint" role="status">
        {text.placeSays(of, length(place.timeUs / 1000), place.place, place.kinds.join(', '), place.seen.join(', '))}
      </p>
      <p class="export__around" tabIndex={0} role="group" aria-label={text.around}>
        <span class="dim">{shaded(place.before)}</span>
        <b>{shaded(place.text)}</b>
        <span class="dim">{shaded(place.after)}</span>
      </p>
      {isUnread ? (
        <p class="faint">{text.unread}</p>
      ) : exporting.isOthers ? (
        <p class="faint">{text.othersKept}</p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            release();
          }}
        >
          <TextField
            id="export-reason"
            label={text.reason}
            hint={reason === undefined ? text.reasonHint : text.letOutFor(reason)}
            error={error || undefined}
            text={typed}
            onInput={setTyped}
            maxLength={mostTyped.release}
          />
          <p class="actions gap-h">
            <Button submit hint="enter">
              {text.letItOut}
            </Button>
            {reason === undefined ? null : (
              <Button
                onClick={() => {
                  exporting.decide(place.place, undefined);
                  setTyped('');
                }}
              >
                {text.keepIt}
              </Button>
            )}
          </p>
        </form>
      )}
    </section>
  );
}
