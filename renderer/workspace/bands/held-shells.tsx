/** Shells of people who were logged off, which the policy lets run on: whose, how many and since when, for whoever may end them. Nothing stands here where there are none. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Output } from '../../../src/bridge/schema.ts';
import type { Bridge } from '../../shared/bridge.ts';
import { messages } from '../../shared/messages.ts';
import { Mark } from '../../shared/parts.tsx';
import { moment } from '../../shared/text.ts';
import * as model from '../model.ts';
import { useDeeds } from './deeds.tsx';

const text = messages.people.held;

type Listed = Output<'people.held'>;
type Held = Listed['held'][number];

const nameOf = ({ name, id }: Held): string => name ?? id;

export function HeldShells({ bridge }: { readonly bridge: Bridge }): JSX.Element | null {
  return model.permits('logoff.end-held') ? <Some bridge={bridge} /> : null;
}

function Some({ bridge }: { readonly bridge: Bridge }): JSX.Element | null {
  const { listed, run, look, face } = useDeeds<Listed>(() => bridge.request('people.held', {}), '');
  const [sure, setSure] = useState<string | undefined>(undefined);
  /** Something was ended here: how that went stays to be read where no other is left. */
  const [ended, setEnded] = useState(false);
  const body = useRef<HTMLElement>(null);
  // The button that was pressed has gone: the one that changes nothing has the focus, and afterwards the heading of what is left.
  useLayoutEffect(() => body.current?.querySelector<HTMLElement>('[data-keep]')?.focus(), [sure]);
  const end = (id: string): void =>
    void run(text.busy, async () => {
      const { sentence } = await bridge.request('people.endHeld', { id });
      setSure(undefined);
      setEnded(true);
      await look();
      return sentence;
    });
  const held = listed?.held ?? [];
  if (held.length === 0 && !ended) return null;
  return (
    <section class="gap people__held" aria-label={text.title} ref={body}>
      {held.length === 0 ? null : (
        <>
          <h3>{text.title}</h3>
          <p class="dim measure">{text.text}</p>
          <ul class="log checks gap-h">
            {held.map((one) => (
              <li key={one.id}>
                <Mark kind="seal" />
                <div>
                  <p>
                    <b>{nameOf(one)}</b>
                    {one.name === null ? null : <span class="faint"> {one.id}</span>}, {text.row(one.shells, moment(new Date(one.since)))}
                  </p>
                  {sure === one.id ? <p class="dim measure">{text.sure(nameOf(one))}</p> : null}
                  <p class="actions">
                    {sure === one.id ? (
                      <>
                        <button type="button" class="btn btn--main" onClick={() => end(one.id)}>
                          {text.go}
                        </button>
                        <button type="button" class="btn btn--quiet" data-keep="" onClick={() => setSure(undefined)}>
                          {text.keep}
                        </button>
                      </>
                    ) : (
                      <button type="button" class="btn btn--quiet" aria-label={text.endOf(nameOf(one))} onClick={() => setSure(one.id)}>
                        {text.end}
                      </button>
                    )}
                  </p>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      {face}
    </section>
  );
}
