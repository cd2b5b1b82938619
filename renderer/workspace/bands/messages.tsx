/** What was said since the unlock, newest first: prefix ~. */
import type { JSX } from 'preact';
import { messages } from '../../shared/messages.ts';
import { Band, BandTitle, Mark } from '../../shared/parts.tsx';
import { clock } from '../../shared/text.ts';
import * as model from '../model.ts';
import { band } from './band.tsx';
import { close, Leave } from './parts.tsx';

export const messageLog = band('messages', {}, Messages);

function Messages(): JSX.Element {
  const text = messages.log;
  const said = model.log.value.toReversed();
  return (
    <Band label={text.label} onClose={close} keys={{ q: close }} class="band--help">
      <BandTitle>{text.label}</BandTitle>
      {said.length === 0 ? <p class="dim gap-h">{text.none}</p> : null}
      <ol class="log gap-h">
        {said.map((notice) => (
          <li key={notice.id}>
            <time class="dim">{clock(notice.at)}</time>
            <Mark kind={notice.kind} />
            <p>
              {notice.sentence} <span class="dim">{notice.note}</span>
            </p>
          </li>
        ))}
      </ol>
      <p class="actions gap">
        <Leave />
      </p>
    </Band>
  );
}
