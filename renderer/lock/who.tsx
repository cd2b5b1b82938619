/** The lock's question who it is, where several people can come in, its sentence where nobody can, and its siren. */
import type { JSX, Ref } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { messages } from '../shared/messages.ts';
import { Button, Mark } from '../shared/parts.tsx';
import { clock, moment } from '../shared/text.ts';
import { NameField } from './name-field.tsx';

const text = messages.lock;

export interface Listed {
  readonly id: string;
  readonly masked: string;
  readonly since: string;
}

export interface WhoProps {
  /** Whose shells run on, where the policy lists them. */
  readonly away: readonly Listed[];
  readonly onPick: (id: string, masked: string) => void;
  readonly input: Ref<HTMLInputElement>;
  readonly lockedAt: string | null;
  /** A sentence; empty where it is not told. */
  readonly why: string;
  readonly error: string;
  readonly onNext: () => void;
}

/** Whatever is typed leads to the same next page. */
export function Who({ input, lockedAt, why, error, onNext, away, onPick }: WhoProps): JSX.Element {
  return (
    <form
      class="poster__acts"
      onSubmit={(event) => {
        event.preventDefault();
        onNext();
      }}
    >
      <p class="faint">
        {lockedAt ? `${text.since(clock(new Date(lockedAt)))}. ` : ''}
        {text.who}
      </p>
      <p class="poster__err" role="alert">
        {error ? (
          <>
            <Mark kind="stop" />
            <b>{error}</b>
          </>
        ) : null}
      </p>
      <div>
        <label class="faint" for="who">
          {text.idField}
        </label>
        <NameField id="who" input={input} focus note="who-note" />
      </div>
      <Button kind="main" tall submit hint="enter">
        {text.next}
      </Button>
      {away.length > 0 ? (
        <ul class="poster__away" aria-label={text.away}>
          {away.map(({ id, masked, since }) => (
            <li key={id}>
              <Button hint={text.awaySince(clock(new Date(since)))} onClick={() => onPick(id, masked)}>
                {masked}
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <p id="who-note" class="dim">
        {why} {text.idNote}
      </p>
    </form>
  );
}

export function Problem({ sentence }: { readonly sentence: string }): JSX.Element {
  return (
    <p class="poster__err" role="alert">
      <Mark kind="stop" />
      <span>{sentence}</span>
    </p>
  );
}

/** Nobody outside has been told of an emergency: seen from across the room. */
export function Siren({ alert }: { readonly alert: NonNullable<Output<'lock.facts'>['emergency']['alert']> }): JSX.Element {
  return (
    <p class="siren" role="alert">
      <Mark kind="glass" />
      <span>
        <b>{messages.breakGlass.siren(moment(new Date(alert.since)))}</b> {messages.breakGlass.sirenTries(alert.tries)}
      </span>
    </p>
  );
}
