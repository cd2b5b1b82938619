/**
 * Where it is typed who it is. Whoever types on from memory while a page is being made has their name go nowhere and their passphrase
 * land here: what is as long as a passphrase is not shown.
 */
import type { JSX, Ref } from 'preact';
import { useState } from 'preact/hooks';
import { passphraseMin } from '../../src/people/passphrase.ts';
import { messages } from '../shared/messages.ts';

/** A name can be as long, and loses nothing by being hidden: any text leads to the same next page. */
const isLong = (typed: string): boolean => [...typed].length >= passphraseMin;

/** What stands on the next page of a name that was typed. */
export const shownName = (typed: string): string => (isLong(typed) ? messages.lock.longName([...typed].length) : typed);

export interface NameFieldProps {
  readonly id: string;
  readonly input: Ref<HTMLInputElement>;
  readonly readOnly?: boolean;
  /** Whether it has the focus first. */
  readonly focus: boolean;
  /** Id of what describes it. */
  readonly note?: string;
}

export function NameField({ id, input, readOnly, focus, note }: NameFieldProps): JSX.Element {
  const [hidden, setHidden] = useState(false);
  return (
    <input
      id={id}
      ref={input}
      class="input"
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
      maxLength={100}
      readOnly={readOnly}
      data-focus={focus ? '' : undefined}
      data-hidden={hidden ? '' : undefined}
      aria-describedby={note}
      onInput={(event) => setHidden(isLong(event.currentTarget.value))}
    />
  );
}
