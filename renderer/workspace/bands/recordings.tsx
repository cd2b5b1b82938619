/** The review house: recordings that somebody may see, text found in theirs, and one of them replayed, with its text beside it. It covers the stage, not the line. */
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { reasons } from '../../../src/types/words.ts';
import { messages } from '../../shared/messages.ts';
import { Band } from '../../shared/parts.tsx';
import type { Controller } from '../controller.ts';
import * as model from '../model.ts';
import { RecordingList } from '../review/list.tsx';
import { Looking } from '../review/looking.ts';
import { Replay } from '../review/replay.tsx';
import { band } from './band.tsx';
import { close } from './parts.tsx';

export const recordingsBand = band('recordings', { may: ['words', 'reason', 'emergency'] }, Recordings);

interface RecordingsProps {
  readonly controller: Controller;
  /** What the list is filtered by when it opens. */
  readonly words?: string;
  readonly reason?: string;
  /** Of which emergency they are, where they were opened from the audit centre: leaving them leads back to it. */
  readonly emergency?: string;
}

function Recordings({ controller, words, reason: of, emergency }: RecordingsProps): JSX.Element {
  const looking = useMemo(() => {
    const reason = reasons.find((one) => one === of);
    return new Looking(controller.bridge, { ...(words === undefined ? {} : { words }), ...(reason && { reason }) });
  }, []);
  useEffect(() => {
    const release = controller.onReview((frame) => looking.receive(frame));
    void looking.list();
    return () => {
      looking.clear();
      looking.close();
      release();
    };
  }, []);
  const row = looking.row.value;
  const away = (): void => {
    if (emergency === undefined) close();
    else model.band.value = { name: 'audit', words: { emergency } };
  };
  // Escape leaves what was opened last.
  const leave = (): void => {
    if (looking.row.value) looking.close();
    else if (looking.hits.value) looking.clear();
    else away();
  };
  return (
    <Band label={messages.recordings.label} onClose={leave} house>
      <div class={`review${row ? ' is-open' : ''}`}>
        <RecordingList looking={looking} onLeave={away} />
        {row ? <Replay key={row.id} looking={looking} row={row} /> : null}
      </div>
    </Band>
  );
}
