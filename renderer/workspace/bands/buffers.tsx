/** The paste buffers of the class in front, newest first: prefix # and =. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { showControls } from '../../../src/mux/paste.ts';
import { messages } from '../../shared/messages.ts';
import { Band } from '../../shared/parts.tsx';
import { count } from '../../shared/text.ts';
import type { PasteBuffer } from '../buffers.ts';
import { buffers } from '../clipboard.ts';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { close } from './parts.tsx';

export const bufferList = band('buffers', { pane: true }, BufferList);

const text = messages.buffers;
/** Characters of a buffer that its row shows. */
const SAMPLE = 200;

function BufferList({ controller, pane }: { readonly controller: Controller; readonly pane: number }): JSX.Element {
  const of = model.sessionClass.value;
  const list = buffers.list(of.name);
  const [at, setAt] = useState(0);
  const chosen = list[Math.min(at, list.length - 1)];
  const rows = useRef<HTMLOListElement>(null);
  // The row that had the focus may be the one that is gone.
  useLayoutEffect(() => {
    if (!rows.current!.contains(document.activeElement)) rows.current!.querySelectorAll('button')[Math.min(at, list.length - 1)]?.focus();
  }, [list.length]);
  const paste = (buffer: PasteBuffer): void => {
    close();
    void controller.pasting.own({ pane, buffer: buffer.name });
  };
  const onChosen = (action: (buffer: PasteBuffer) => void) => (): void => {
    if (chosen) action(chosen);
  };
  return (
    <Band
      label={text.label}
      onClose={close}
      keys={{
        q: close,
        d: onChosen(({ name }) => void buffers.remove(of.name, name)),
        v: onChosen(({ name }) => (model.band.value = { name: 'buffer', words: { name } })),
      }}
      class="band--flush palette"
    >
      <ol
        class="opts"
        ref={rows}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          const all = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
          all[(all.indexOf(document.activeElement as HTMLElement) + step + all.length) % all.length]?.focus();
        }}
      >
        {list.map((buffer, index) => (
          <li key={buffer.name}>
            <button
              type="button"
              class="opt opt--window"
              data-focus={index === 0 ? '' : undefined}
              aria-current={buffer === chosen ? 'true' : undefined}
              onFocus={() => setAt(index)}
              onClick={() => paste(buffer)}
            >
              <kbd />
              <span class="opt__name">{buffer.name}</span>
              <span class="opt__note">{text.size(count(buffer.text.length))}</span>
              <span class="opt__cmd">{showControls(buffer.text.slice(0, SAMPLE)).replace(/\s+/g, ' ')}</span>
            </button>
          </li>
        ))}
      </ol>
      <p class="prompt">
        {list.length === 0 ? <span class="opt__note">{text.empty(of.label)}</span> : null}
        <span class="prompt__hint">
          <kbd>↑↓</kbd> {messages.prompt.choose} <kbd>enter</kbd> {text.paste} <kbd>v</kbd> {text.read} <kbd>d</kbd> {text.forget} <kbd>esc</kbd>{' '}
          {messages.keys.leave}
        </span>
      </p>
    </Band>
  );
}
