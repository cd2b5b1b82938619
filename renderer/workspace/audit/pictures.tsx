/** Pictures where people would rather look: plain SVG, each with what it shows in a sentence, and with its data as a table. A colour never says it alone. */
import { Fragment, type ComponentChildren, type JSX } from 'preact';
import type { Output } from '../../../src/bridge/schema.ts';
import { messages } from '../../shared/messages.ts';
import { Columns, Wide } from '../../shared/parts.tsx';
import { count, size } from '../../shared/text.ts';

type Pictured = Output<'audit.pictures'>;

const text = messages.audit.pictures;

const two = (hour: number): string => String(hour).padStart(2, '0');
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
/** The first of the largest. */
const largest = <T,>(of: readonly T[], value: (one: T) => number): T | undefined =>
  of.reduce<T | undefined>((best, one) => (best === undefined || value(one) > value(best) ? one : best), undefined);

export function Pictures({ pictured }: { readonly pictured: Pictured }): JSX.Element {
  return (
    <div class="figures">
      <Failed failed={pictured.failed} />
      <Activity activity={pictured.activity} />
      <div class="figures__pair">
        <Recordings recordings={pictured.recordings} />
        <Disk disk={pictured.disk} />
      </div>
    </div>
  );
}

interface FigureProps {
  readonly title: string;
  readonly note: string;
  /** What it shows. */
  readonly says: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly children: ComponentChildren;
}

function Figure({ title, note, says, columns, rows, children }: FigureProps): JSX.Element {
  return (
    <figure class="figure">
      <figcaption>
        <b>{title}</b>
        <span class="faint">{note}</span>
      </figcaption>
      <div aria-hidden="true">{children}</div>
      <p class="dim">{says}</p>
      <details class="figure__data">
        <summary>{text.asTable(title)}</summary>
        <Wide label={title}>
          <table class="t">
            <Columns names={columns} />
            <tbody>
              {rows.map((row) => (
                <tr key={row[0]}>
                  {row.map((cell, n) =>
                    n === 0 ? (
                      <th key={n} scope="row">
                        {cell}
                      </th>
                    ) : (
                      <td key={n}>{cell}</td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      </details>
    </figure>
  );
}

/** Of a bar chart: its height, and room above for a number. */
const HIGH = 60;
const TOP = 14;

function Bars({ values, limit }: { readonly values: readonly number[]; readonly limit?: number }): JSX.Element {
  const most = Math.max(1, limit ?? 0, ...values);
  const high = (value: number): number => Math.round((HIGH * value) / most);
  const part = 100 / Math.max(1, values.length);
  return (
    <svg class="chart" width="100%" height={HIGH + TOP + 1}>
      {values.map((value, n) => {
        const over = limit !== undefined && value >= limit;
        return (
          <g key={n}>
            <rect
              class={over ? 'stick over' : 'stick'}
              x={`${part * n + part * 0.15}%`}
              y={TOP + HIGH - high(value)}
              width={`${part * 0.7}%`}
              height={high(value)}
            />
            {over ? (
              <text class="number" x={`${part * (n + 0.5)}%`} y={TOP + HIGH - high(value) - 3} text-anchor="middle">
                {count(value)}
              </text>
            ) : null}
          </g>
        );
      })}
      <line class="way" x1="0" x2="100%" y1={TOP + HIGH + 0.5} y2={TOP + HIGH + 0.5} />
      {limit === undefined ? null : <line class="limit" x1="0" x2="100%" y1={TOP + HIGH - high(limit)} y2={TOP + HIGH - high(limit)} />}
    </svg>
  );
}

function Failed({ failed: { threshold, hours } }: Pick<Pictured, 'failed'>): JSX.Element {
  const worst = largest(hours, (one) => one.count);
  const all = sum(hours.map((one) => one.count));
  return (
    <Figure
      title={text.failed}
      note={text.failedNote(threshold.count, threshold.minutes)}
      says={worst === undefined || all === 0 ? text.noneFailed : text.failedSays(count(all), count(worst.count), two(worst.hour))}
      columns={text.failedColumns}
      rows={hours.map(({ day, hour, count: n }) => [`${day} ${two(hour)}`, count(n)])}
    >
      <Bars values={hours.map((one) => one.count)} limit={threshold.count} />
      <p class="timeline__times faint">
        {hours
          .filter((_, n) => n % 6 === 0)
          .map(({ day, hour }) => (
            <span key={`${day} ${hour}`}>{two(hour)}</span>
          ))}
        <span>{text.now}</span>
      </p>
    </Figure>
  );
}

/** Cells of a day. */
const CELL = 14;

function Activity({ activity }: Pick<Pictured, 'activity'>): JSX.Element {
  const counts = activity.flatMap(({ of }) => of.map((hour) => hour.count));
  const most = Math.max(1, ...counts);
  const heat = (value: number): number => (value === 0 ? 0 : Math.max(1, Math.ceil((value / most) * 4)));
  const odd = sum(activity.flatMap(({ of }) => of.filter((hour) => hour.odd).map((hour) => hour.count)));
  return (
    <Figure
      title={text.activity}
      note={text.activityNote}
      says={text.activitySays(count(sum(counts)), count(odd))}
      columns={text.activityColumns}
      rows={activity.map(({ day, of }) => [
        `${text.weekday(day)} ${day}`,
        count(sum(of.map((hour) => hour.count))),
        count(sum(of.filter((hour) => hour.odd).map((hour) => hour.count))),
        of.flatMap((hour, n) => (hour.odd && hour.count > 0 ? [two(n)] : [])).join(' ') || '-',
      ])}
    >
      <div class="activity">
        {activity.map(({ day, of }) => (
          <Fragment key={day}>
            <span class="faint">{text.weekday(day)}</span>
            <svg class="chart" width="100%" height={CELL + 2}>
              {of.map((hour, n) => (
                <rect
                  key={n}
                  class={`heat h${heat(hour.count)}${hour.odd && hour.count > 0 ? ' odd' : ''}`}
                  x={`${(100 * n) / 24 + 0.3}%`}
                  y="1"
                  width={`${100 / 24 - 0.6}%`}
                  height={CELL}
                />
              ))}
            </svg>
          </Fragment>
        ))}
        <span />
        <p class="timeline__times faint">
          {[0, 6, 12, 18, 24].map((hour) => (
            <span key={hour}>{two(hour)}</span>
          ))}
        </p>
      </div>
    </Figure>
  );
}

function Recordings({ recordings }: Pick<Pictured, 'recordings'>): JSX.Element {
  const most = largest(recordings, (one) => one.of);
  const all = sum(recordings.map((one) => one.of));
  return (
    <Figure
      title={text.recordings}
      note={text.recordingsNote}
      says={most === undefined || all === 0 ? text.noRecordings : text.recordingsSays(count(all), count(most.of), most.day)}
      columns={text.recordingsColumns}
      rows={recordings.map(({ day, of }) => [day, count(of)])}
    >
      <Bars values={recordings.map((one) => one.of)} />
    </Figure>
  );
}

function Disk({ disk: { size: all, free, reserve } }: Pick<Pictured, 'disk'>): JSX.Element {
  const percent = (bytes: number): string => `${(100 * bytes) / Math.max(1, all)}%`;
  return (
    <Figure
      title={text.disk}
      note={text.diskNote}
      says={text.diskSays(size(free), size(all), size(reserve))}
      columns={text.diskColumns}
      rows={[
        [text.used, size(all - free)],
        [text.free, size(free)],
        [text.reserve, size(reserve)],
      ]}
    >
      <svg class="chart" width="100%" height="16">
        <rect class="heat h0" x="0" y="2" width="100%" height="12" />
        <rect class="heat h3" x="0" y="2" width={percent(all - free)} height="12" />
        <line class="limit" x1={percent(all - reserve)} x2={percent(all - reserve)} y1="0" y2="16" />
      </svg>
    </Figure>
  );
}
