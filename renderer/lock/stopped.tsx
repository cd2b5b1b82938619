/**
 * The lock's face while nobody comes in but by break-glass: the station is stopped (who did it, when, why, and how it is lifted), or its revocation list
 * does not stand. What is still safe, too.
 */
import type { JSX } from 'preact';
import type { Output } from '../../src/bridge/schema.ts';
import { messages } from '../shared/messages.ts';
import { Button, Mark } from '../shared/parts.tsx';
import { clock } from '../shared/text.ts';

const text = messages.lock.stopped;
const { unlisted } = messages.lock;

type Facts = Output<'lock.facts'>;

/** Undefined where people come in. */
export const closedWords = (facts: Facts | undefined): { readonly label: string; readonly line: string } | undefined =>
  facts?.stopped ? text : facts?.unlisted ? unlisted : undefined;

interface ClosedProps {
  readonly facts: Facts;
  readonly onLift: () => void;
}

export function Closed({ facts: { stopped, unlisted: state, parked }, onLift }: ClosedProps): JSX.Element {
  const runs = parked > 0 ? text.runs : '';
  if (!stopped) return <Nobody why={state ? unlisted.why[state] : ''} say={`${runs} ${unlisted.lift}`} />;
  const { by, at, reason } = stopped;
  return (
    <>
      <p class="faint">{text.setAt(clock(new Date(at)))}</p>
      <p class="x3 poster__who">{by}</p>
      <Nobody why={text.reason(text.reasons[reason])} say={`${runs} ${text.lift}`} />
      <div class="poster__acts">
        <Button focus onClick={onLift}>
          {text.liftIt}
        </Button>
      </div>
    </>
  );
}

function Nobody({ why, say }: { readonly why: string; readonly say: string }): JSX.Element {
  return (
    <>
      <p class="poster__err" role="alert">
        <Mark kind="stop" />
        <span>
          <b>{text.nobody}</b> {why}
        </span>
      </p>
      <p class="poster__say dim">{say}</p>
    </>
  );
}

/** The same in the line. */
export function ClosedWord({ line }: { readonly line: string }): JSX.Element {
  return (
    <span class="st lockline__flag" data-level="stop">
      <Mark kind="stop" />
      <b>{line}</b>
    </span>
  );
}
