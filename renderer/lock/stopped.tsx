/** The lock's face while the station is stopped: who did it, when, why, what is still safe, and how it is lifted. Only break-glass opens it. */
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { messages } from '../shared/messages.ts';
import { Button, Mark } from '../shared/parts.tsx';
import { clock } from '../shared/text.ts';

const text = messages.lock.stopped;

export interface StoppedProps {
  readonly stopped: NonNullable<Output<'lock.facts'>['stopped']>;
  /** Shells of somebody run on. */
  readonly runs: boolean;
  readonly onLift: () => void;
}

export function Stopped({ stopped, runs, onLift }: StoppedProps): JSX.Element {
  const { by, at, reason } = stopped;
  return (
    <>
      <p class="faint">{text.setAt(clock(new Date(at)))}</p>
      <p class="x3 poster__who">{by}</p>
      <p class="poster__err" role="alert">
        <Mark kind="stop" />
        <span>
          <b>{text.nobody}</b> {text.reason(text.reasons[reason])}
        </span>
      </p>
      <p class="poster__say dim">
        {runs ? text.runs : ''} {text.lift}
      </p>
      <div class="poster__acts">
        <Button focus onClick={onLift}>
          {text.liftIt}
        </Button>
      </div>
    </>
  );
}

/** The same in the line. */
export function StoppedWord(): JSX.Element {
  return (
    <span class="st lockline__flag" data-level="stop">
      <Mark kind="stop" />
      <b>{text.line}</b>
    </span>
  );
}
