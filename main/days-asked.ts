/** Days that somebody has typed, as moments. */
import { Refusal } from '../src/types/refusal.ts';

/** From the beginning of a day to the end of one, by the clock of this machine. Empty: not limited. @throws Refusal `no-day` */
export function daysAsked({ since, until }: { readonly since: string; readonly until: string }): {
  readonly since: number | null;
  readonly until: number | null;
} {
  const at = (typed: string, clock: string): number | null => {
    if (typed === '') return null;
    const time = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(typed) ? `${typed}T${clock}` : 'none');
    if (Number.isNaN(time)) throw new Refusal('no-day', `${JSON.stringify(typed)} is no day. Type it as 2026-01-31.`);
    return Math.max(0, time);
  };
  return { since: at(since, '00:00:00.000'), until: at(until, '23:59:59.999') };
}
