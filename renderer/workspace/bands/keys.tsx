/** Every key: the short list for those who hesitate after the prefix, and the whole one. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { groups } from '../../../src/mux/keys/table.ts';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle, useWholeRows } from '../../shared/parts.tsx';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { copyHelp, helpRows } from './key-help.ts';
import { close, Leave } from './parts.tsx';

export const everyKey = band('keys', {}, EveryKey);

/** The keys after the prefix, for those who hesitate. Takes no focus. */
export function WhichKey(): JSX.Element {
  const band = useRef<HTMLElement>(null);
  useWholeRows(band);
  return (
    <aside class="band band--keys" ref={band} aria-label={model.withPrefix(messages.keys.label)}>
      <KeyTable table="prefix" short />
    </aside>
  );
}

function KeyTable({ table, short = false }: { readonly table: 'prefix' | 'root'; readonly short?: boolean }): JSX.Element {
  const Heading = short ? 'h2' : 'h3';
  return (
    <div class={short ? 'keys keys--short' : 'keys'}>
      {groups.map((group) => {
        const all = helpRows(table, group, short, model.keyRows.value);
        if (all.length === 0) return null;
        return (
          <section key={group}>
            <Heading>{group}</Heading>
            <ul>
              {all.map((row) => (
                <li key={row.keys}>
                  <kbd>{row.keys}</kbd>
                  <span>{row.label}</span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function EveryKey(): JSX.Element {
  return (
    <Band label={messages.keys.every} onClose={close} keys={{ q: close }} class="band--help">
      <BandTitle>{messages.keys.every}</BandTitle>
      <p class="dim">
        {messages.keys.first} <kbd class="strong">{model.prefixLabel}</kbd>, <kbd class="strong">esc</kbd> {messages.keys.leave}
      </p>
      <div class="gap-h">
        <KeyTable table="prefix" />
      </div>
      <p class="dim gap">{messages.keys.always}</p>
      <div class="gap-h">
        <KeyTable table="root" />
      </div>
      <p class="dim gap">{messages.keys.copy(model.options.value['mode-keys'])}</p>
      <ul class="keys gap-h">
        {copyHelp(model.options.value['mode-keys'], model.keyChanges.value).map((row) => (
          <li key={row.label}>
            <kbd>{row.keys}</kbd>
            <span>{row.label}</span>
          </li>
        ))}
      </ul>
      <p class="actions gap">
        <Leave />
      </p>
    </Band>
  );
}
