/** A recording along its time: how much was printed when, where it was idle or locked, and what happened. One slider: arrows and the pointer lead anywhere. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { MarkerKind, Timeline } from '../../../src/review/timeline.ts';
import { messages } from '../../shared/messages.ts';
import { length } from '../../shared/text.ts';

const text = messages.recordings;

/** Blocks of activity that are drawn. */
const BLOCKS = 80;
/** Below this, clock times have seconds: their minutes would be the same. */
const SECONDS_MS = 10 * 60_000;
/** Marks of one kind that are drawn: more would be one line. */
const DRAWN = 200;

/** Bytes in each of so many equal parts of the whole time. */
function blocksOf({ activity, partUs, durationUs }: Timeline): number[] {
  const blocks = Array.from({ length: BLOCKS }, () => 0);
  for (const [n, bytes] of activity.entries()) {
    const at = Math.min(BLOCKS - 1, Math.floor(((n + 0.5) * partUs * BLOCKS) / Math.max(1, durationUs)));
    blocks[at]! += bytes;
  }
  return blocks;
}

/** 0 nothing, 1 to 4 by the logarithm: a screen that is drawn anew and a log that floods are both to be seen. */
const heat = (bytes: number, most: number): number => (bytes === 0 ? 0 : Math.max(1, Math.ceil((Math.log1p(bytes) / Math.log1p(most)) * 4)));

interface Props {
  readonly timeline: Timeline;
  readonly atMs: number;
  /** When it began, to write clock times below; empty where that is not known, and then times within it are written. */
  readonly start: string;
  readonly onSeek: (ms: number) => void;
}

export function TimelineView({ timeline, atMs, start, onSeek }: Props): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const endMs = timeline.durationUs / 1000;
  const percent = (us: number): string => `${(100 * us) / Math.max(1, timeline.durationUs)}%`;
  const blocks = blocksOf(timeline);
  const most = Math.max(1, ...blocks);
  const to = (event: PointerEvent): void => {
    const box = element.current!.getBoundingClientRect();
    onSeek(((event.clientX - box.left) / Math.max(1, box.width)) * endMs);
  };
  const of = (kind: MarkerKind): readonly number[] =>
    timeline.markers
      .filter((marker) => marker.kind === kind)
      .slice(0, DRAWN)
      .map(({ timeUs }) => timeUs);
  const below = (ms: number): string => (start === '' ? length(ms) : text.clock(new Date(new Date(start).getTime() + ms), endMs < SECONDS_MS));
  return (
    <div>
      <div
        ref={element}
        class="timeline"
        role="slider"
        tabIndex={0}
        aria-label={text.timeline}
        aria-valuemin={0}
        aria-valuemax={Math.round(endMs / 1000)}
        aria-valuenow={Math.round(atMs / 1000)}
        aria-valuetext={text.at(length(atMs), length(endMs))}
        onPointerDown={(event) => {
          element.current!.setPointerCapture(event.pointerId);
          to(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons & 1) to(event);
        }}
      >
        <svg class="chart" aria-hidden="true" width="100%" height="100%">
          <defs>
            <pattern id="locked" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <path class="hatch" d="M0 0V6" />
            </pattern>
          </defs>
          {blocks.map((bytes, n) => (
            <rect key={n} class={`heat h${heat(bytes, most)}`} x={`${(100 * n) / BLOCKS}%`} y="4" width={`${100 / BLOCKS - 0.15}%`} height="16" />
          ))}
          <line class="way" x1="0" x2="100%" y1="40" y2="40" />
          <line class="gone" x1="0" x2={percent(atMs * 1000)} y1="40" y2="40" />
          {timeline.idle.slice(0, DRAWN).map(({ fromUs, toUs }) => (
            <line key={fromUs} class="idle" x1={percent(fromUs)} x2={percent(toUs)} y1="40" y2="40" />
          ))}
          {timeline.locked.slice(0, DRAWN).map(({ fromUs, toUs }) => (
            <rect key={fromUs} class="locked" fill="url(#locked)" x={percent(fromUs)} width={percent(toUs - fromUs)} y="28" height="24" />
          ))}
          {of('command').map((us) => (
            <line key={us} class="tick" x1={percent(us)} x2={percent(us)} y1="30" y2="40" />
          ))}
          {of('resize').map((us) => (
            <svg key={us} x={percent(us)} y="40" overflow="visible">
              <rect class="resize" x="-4" y="-4" width="8" height="8" />
            </svg>
          ))}
          {of('gap').map((us) => (
            <svg key={us} x={percent(us)} y="40" overflow="visible">
              <path class="gap" d="M-7 -8L-3 0L-7 8M7 -8L3 0L7 8" />
            </svg>
          ))}
          <line class="head" x1={percent(atMs * 1000)} x2={percent(atMs * 1000)} y1="0" y2="56" />
        </svg>
      </div>
      <p class="timeline__times faint" aria-hidden="true">
        {[0, 1, 2, 3, 4].map((n) => (
          <span key={n}>{below((endMs * n) / 4)}</span>
        ))}
      </p>
      <p class="legend">
        <span>{text.legend.commands(timeline.counts.command)}</span>
        <span>{text.legend.locked(length(timeline.locked.reduce((sum, { fromUs, toUs }) => sum + (toUs - fromUs) / 1000, 0)))}</span>
        <span>{text.legend.resizes(timeline.counts.resize)}</span>
        <span class={timeline.counts.gap > 0 ? 'is-stop' : undefined}>{text.legend.gaps(timeline.counts.gap)}</span>
      </p>
    </div>
  );
}
