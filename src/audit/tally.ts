/**
 * What the pictures of the audit centre are drawn from: counts by quarter of an hour of the last weeks, so that a ledger of any length takes the same memory. Pure:
 * the clock is given. An event counts when it happened; one whose time is not of these weeks by the clock of whoever looks counts nowhere.
 */
import { isOddHour } from '../alerts/evaluate.ts';
import { isFailedTry, rules, type SiteHours } from '../alerts/rules.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../types/units.ts';

/** Every time zone is whole quarters of an hour off. */
const QUARTER_MS = 15 * MINUTE_MS;
const KEPT_MS = 15 * DAY_MS;
/** Quarters that are there before old ones are looked for. */
const MOST_QUARTERS = (2 * KEPT_MS) / QUARTER_MS;
/** A clock that is corrected by some minutes hides nothing. */
const AHEAD_MS = HOUR_MS;

const HOURS_SHOWN = 24;
const DAYS_SHOWN = 7;
const RECORDING_DAYS = 14;

interface Counts {
  failed: number;
  done: number;
  recordings: number;
}

/** A day of the site's calendar. */
interface Day<T> {
  /** yyyy-mm-dd */
  readonly day: string;
  readonly of: T;
}

export interface Pictures {
  /** Failed unlocks of the last 24 hours, oldest first, and what the alert of this workstation asks for. */
  readonly failed: {
    readonly threshold: { readonly count: number; readonly minutes: number };
    readonly hours: readonly { readonly day: string; readonly hour: number; readonly count: number }[];
  };
  /** What people did in the last 7 days, 24 hours each, oldest first; `odd`: outside of the hours in which the site works. */
  readonly activity: readonly Day<readonly { readonly count: number; readonly odd: boolean }[]>[];
  /** Recordings that began, the last 14 days, oldest first. */
  readonly recordings: readonly Day<number>[];
}

export class Tally {
  readonly #quarters = new Map<number, Counts>();

  /** Quarters that are kept. */
  get size(): number {
    return this.#quarters.size;
  }

  /** @param now milliseconds since the epoch. */
  take(event: LedgerEvent, now: number): void {
    const at = Date.parse(event.time);
    if (!(at > now - KEPT_MS && at < now + AHEAD_MS)) return;
    const failed = event.action === 'unlock' && isFailedTry(event);
    const begun = event.action === 'recording.start';
    const done = !failed && event.person !== undefined;
    if (!failed && !begun && !done) return;
    const quarter = Math.floor(at / QUARTER_MS);
    let counts = this.#quarters.get(quarter);
    if (!counts) {
      if (this.#quarters.size >= MOST_QUARTERS) this.#forget(now);
      this.#quarters.set(quarter, (counts = { failed: 0, done: 0, recordings: 0 }));
    }
    if (failed) counts.failed++;
    if (done) counts.done++;
    if (begun) counts.recordings++;
  }

  #forget(now: number): void {
    const oldest = Math.floor((now - KEPT_MS) / QUARTER_MS);
    for (const quarter of this.#quarters.keys()) if (quarter < oldest) this.#quarters.delete(quarter);
  }

  /** @param now milliseconds since the epoch. */
  at(now: number, hours: SiteHours): Pictures {
    const local = localOf(hours.timeZone);
    const byHour = new Map<string, { failed: number; done: number }>();
    const byDay = new Map<string, number>();
    for (const [quarter, { failed, done, recordings }] of this.#quarters) {
      const { day, hour } = local(quarter * QUARTER_MS);
      const name = hourName(day, hour);
      const found = byHour.get(name) ?? { failed: 0, done: 0 };
      byHour.set(name, { failed: found.failed + failed, done: found.done + done });
      byDay.set(day, (byDay.get(day) ?? 0) + recordings);
    }
    const days = daysBefore(local(now).day, RECORDING_DAYS);
    const { count, windowMs } = rules['failed-unlocks-here'].threshold;
    return {
      failed: {
        threshold: { count, minutes: windowMs / MINUTE_MS },
        hours: hoursBefore(now, local).map(({ day, hour }) => ({ day, hour, count: byHour.get(hourName(day, hour))?.failed ?? 0 })),
      },
      activity: days.slice(-DAYS_SHOWN).map((day) => ({
        day,
        of: Array.from({ length: 24 }, (_, hour) => ({
          count: byHour.get(hourName(day, hour))?.done ?? 0,
          odd: isOddHour(hours, new Date(`${day}T12:00:00.000Z`).getUTCDay(), hour),
        })),
      })),
      recordings: days.map((day) => ({ day, of: byDay.get(day) ?? 0 })),
    };
  }
}

type Local = (at: number) => { readonly day: string; readonly hour: number };
const hourName = (day: string, hour: number): string => `${day} ${hour}`;

/** Day and hour as the clock of the site shows them. */
function localOf(timeZone: string): Local {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', hourCycle: 'h23' });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return { day: `${parts['year']}-${parts['month']}-${parts['day']}`, hour: Number(parts['hour']) };
  };
}

/** That day and those before it, oldest first. */
function daysBefore(day: string, count: number): string[] {
  const noon = Date.parse(`${day}T12:00:00.000Z`);
  return Array.from({ length: count }, (_, n) => new Date(noon - (count - 1 - n) * DAY_MS).toISOString().slice(0, 10));
}

/** The hours of the clock until now, oldest first. One that the clock shows twice, when summer ends, is one. */
function hoursBefore(now: number, local: Local): ReturnType<Local>[] {
  const hours = new Map<string, ReturnType<Local>>();
  for (let n = HOURS_SHOWN - 1; n >= 0; n--) {
    const one = local(now - n * HOUR_MS);
    hours.set(hourName(one.day, one.hour), one);
  }
  return [...hours.values()];
}
