/** What one paste buffer has: show-buffer. */
import type { JSX } from 'preact';
import { showControls } from '../../../src/mux/paste.ts';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle } from '../../shared/parts.tsx';
import { count } from '../../shared/text.ts';
import { buffers } from '../clipboard.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { close, Leave } from './parts.tsx';

export const bufferText = band('buffer', { words: ['name'] }, BufferText);

/** Lines that are shown; a scrollback has 10,000. */
const SHOWN = 500;

function BufferText({ name }: { readonly name: string }): JSX.Element {
  const text = messages.buffers;
  const found = buffers.find(model.sessionClass.value.name, name);
  const lines = found?.text.split('\n') ?? [];
  return (
    <Band label={text.title(name)} onClose={close} keys={{ q: close }} class="band--help">
      <BandTitle>
        {text.title(name)} <span class="dim">{text.size(count(found?.text.length ?? 0))}</span>
      </BandTitle>
      <ol class="numbered gap-h">
        {lines.slice(0, SHOWN).map((line, index) => (
          <li key={index}>
            <span>{index + 1}</span>
            <span>{showControls(line)}</span>
          </li>
        ))}
      </ol>
      {lines.length > SHOWN ? <p class="dim">{messages.paste.more(lines.length - SHOWN)}</p> : null}
      <p class="actions gap">
        <Leave />
      </p>
    </Band>
  );
}
