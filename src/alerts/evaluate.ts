/**
 * Alerts of a ledger: its events in order, nothing else. What is open now follows from them alone, so a crash loses none and doubles none, and whoever
 * has the ledger, and goes by the same hours of the site (`odd-hours`: those of the reader's own time zone until the policy has them), comes to the same.
 * Pure: the clock is given.
 */
import { ALERT_CLOSED } from '../ledger/alert-facts.ts';
import { REVIEWED } from '../ledger/reviewed-facts.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { hostsOf, peopleOf } from '../ledger/events.ts';
import { absences, ruleHelp, type AbsenceRule, type RuleName } from './absences.ts';
import { rules, type AlertRule, type Context, type Severity, type SiteHours } from './rules.ts';
import { HOUR_MS } from '../types/units.ts';

export interface Alert {
  readonly rule: RuleName;
  /** Number of the event that raised it; of an absence, of the event since when it counts. With the rule it is this alert’s name for ever. */
  readonly seq: number;
  readonly severity: Severity;
  readonly owner: AlertRule['owner'];
  /** ISO 8601 UTC. */
  readonly raised: string;
  readonly due: string;
  /** Whom it is about: none of them closes it. */
  readonly about: readonly string[];
  /** Hosts of the network that those events name, as they are opened here: names of machines, and nobody's. */
  readonly hosts: readonly string[];
  /** The events that it was raised by, and those that it has taken in since; the newest MAX_EVENTS of them. */
  readonly events: readonly number[];
  /** How many those are in all. */
  readonly count: number;
  readonly last: string;
  readonly closed: { readonly by: string; readonly time: string; readonly seq: number; readonly note: string } | null;
}

/** What somebody is to look at, for people: what the rule looks for, and the host that it was. */
export const alertSentence = ({ rule, hosts }: Pick<Alert, 'rule' | 'hosts'>): string =>
  hosts.length === 0 ? ruleHelp(rule) : `${ruleHelp(rule)} ${hosts.length === 1 ? 'Host' : 'Hosts'}: ${hosts.join(', ')}.`;

const urgency: Readonly<Record<Severity, number>> = { page: 0, warn: 1 };

/**
 * In which order somebody looks at them: what cannot wait first, and of these what is due first. By the time alone an emergency, whose review has three days,
 * would stand behind everything that has hours.
 */
export const moreUrgent = (a: Alert, b: Alert): number => urgency[a.severity] - urgency[b.severity] || Date.parse(a.due) - Date.parse(b.due) || a.seq - b.seq;

/** Of a flood the newest say enough. */
const MAX_EVENTS = 20;

interface Open {
  alert: Alert;
  readonly key: string;
}

interface Counted {
  readonly at: number;
  readonly seq: number;
  readonly about: readonly string[];
  readonly hosts: readonly string[];
  readonly distinct: string | undefined;
}

interface Waiting {
  readonly seq: number;
  readonly at: number;
  readonly about: readonly string[];
}

const united = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];
const iso = (at: number): string => new Date(at).toISOString();
const entries = <T>(table: Readonly<Record<string, T>>): readonly (readonly [RuleName, T])[] => Object.entries(table) as [RuleName, T][];

/** The rules that look at an action. */
const rulesOf = new Map<string, readonly (readonly [RuleName, AlertRule])[]>();
function rulesFor(action: string): readonly (readonly [RuleName, AlertRule])[] {
  let found = rulesOf.get(action);
  if (!found) {
    found = entries<AlertRule>(rules).filter(([, { actions }]) => actions === undefined || actions.includes(action));
    rulesOf.set(action, found);
  }
  return found;
}

/** Whether a full hour of the site’s clock is outside of those in which it works. @param weekday 0 is Sunday. */
export const isOddHour = ({ days, from, to }: Omit<SiteHours, 'timeZone'>, weekday: number, hour: number): boolean =>
  !days.includes(weekday) || hour < from || hour >= to;

/** Whether a moment is outside of the hours in which the site works. */
export function oddHours({ timeZone, ...hours }: SiteHours): (at: number) => boolean {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' });
  const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  return (at) => {
    const parts = format.formatToParts(at);
    const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
    return isOddHour(hours, names.indexOf(part('weekday')), Number(part('hour')));
  };
}

/** Takes the events of one ledger, each once, in their order. */
export class Alerts {
  readonly #all: Open[] = [];
  readonly #open = new Map<string, Open>();
  readonly #counted = new Map<string, Counted[]>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #owners = new Map<string, string>();
  readonly #isOdd: (at: number) => boolean;
  /** The clock as the last event had it: wall and monotonic, milliseconds. */
  #clock: { readonly wall: number; readonly mono: number } | undefined;

  constructor(hours: SiteHours) {
    this.#isOdd = oddHours(hours);
  }

  /** @param counts whether an `alert.closed` or a `ledger.reviewed` does: who has the ledger’s facts knows (src/ledger/alert-facts.ts, reviewed-facts.ts). */
  take(event: LedgerEvent, counts = true): void {
    const at = Date.parse(event.time);
    if (!counts && (event.action === ALERT_CLOSED || event.action === REVIEWED)) return;
    if (event.action === ALERT_CLOSED) return this.#close(event);
    if (event.action === 'recording.start' && event.person !== undefined) this.#owners.set(String(event.detail?.['recording']), event.person);
    const setBackMs = this.#setBack(event, at);
    let odd: boolean | undefined;
    const isOdd = this.#isOdd;
    const context: Context = {
      ownerOf: (recording) => this.#owners.get(recording),
      setBackMs,
      get isOddHour() {
        return (odd ??= isOdd(at));
      },
    };
    for (const [name, rule] of rulesFor(event.action)) {
      if (rule.is(event, context)) this.#count(name, rule, event, at);
      else this.#settle(name, rule, event);
    }
    for (const [name, rule] of entries<AbsenceRule>(absences)) this.#wait(name, rule, event, at);
  }

  /** @param now milliseconds since the epoch: what should have happened by then and has not is an alert too. @returns by the time they were raised, oldest first. */
  at(now: number): readonly Alert[] {
    const overdue = [...this.#waiting].flatMap(([key, { seq, at, about }]) => {
      const name = key.slice(0, key.indexOf(' ')) as keyof typeof absences;
      const rule: AbsenceRule = absences[name];
      return now < at + rule.afterMs ? [] : [raisedBy(name, rule, seq, at + rule.afterMs, rule.about ? about : [], [seq])];
    });
    const closed = new Map(this.#all.filter(({ alert }) => alert.closed).map(({ alert }) => [`${alert.rule} ${alert.seq}`, alert]));
    // One that was closed while it was overdue stands among the others.
    const open = overdue.filter(({ rule, seq }) => !closed.has(`${rule} ${seq}`));
    return [...this.#all.map(({ alert }) => alert), ...open].toSorted((a, b) => Date.parse(a.raised) - Date.parse(b.raised) || a.seq - b.seq);
  }

  /** How far the clock went back, compared with the event before it. The monotonic one goes on while a machine runs, and begins anew with it. */
  #setBack({ monoUs, entered }: LedgerEvent, wall: number): number {
    // What was entered late stands behind what happened after it.
    if (monoUs === null || entered !== undefined) return 0;
    const before = this.#clock;
    const mono = monoUs / 1000;
    this.#clock = { wall, mono };
    if (!before) return 0;
    const since = mono >= before.mono ? mono - before.mono : 0;
    return Math.max(0, before.wall + since - wall);
  }

  #count(name: RuleName, rule: AlertRule, event: LedgerEvent, at: number): void {
    const key = rule.by ? `${name} ${rule.by(event) ?? ''}` : name;
    const about = peopleOf(event);
    const hosts = hostsOf(event);
    const open = rule.gathers ? this.#open.get(key) : undefined;
    if (open) {
      const { alert } = open;
      const events = [...alert.events, event.seq].slice(-MAX_EVENTS);
      open.alert = { ...alert, events, count: alert.count + 1, last: event.time, about: united(alert.about, about), hosts: united(alert.hosts, hosts) };
      return;
    }
    const { count, windowMs } = rule.threshold ?? { count: 1, windowMs: 0 };
    const one: Counted = { at, seq: event.seq, about, hosts, distinct: rule.distinct?.(event) };
    if (rule.distinct && one.distinct === undefined) return;
    // Those of a later time stay: one that is entered late, or a clock that was set back, empties no count.
    const kept = [...(this.#counted.get(key) ?? []).filter((each) => each.at >= at - windowMs), one];
    const isNear = (each: Counted): boolean => each.at <= at + windowMs;
    const near = kept.filter(isNear);
    const reached = rule.distinct ? new Set(near.map(({ distinct }) => distinct)).size : near.length;
    if (reached < count) {
      this.#counted.set(key, kept);
      return;
    }
    // The count begins anew: what has raised one alert raises no second one.
    this.#counted.set(
      key,
      kept.filter((each) => !isNear(each)),
    );
    this.#add(
      key,
      raisedBy(
        name,
        rule,
        event.seq,
        at,
        united(near.flatMap((each) => each.about)),
        near.map(({ seq }) => seq),
        united(near.flatMap((each) => each.hosts)),
      ),
    );
  }

  /** What is open stays so: it is closed by somebody who has looked. */
  #settle(name: RuleName, rule: AlertRule, event: LedgerEvent): void {
    const who = rule.settled?.(event);
    if (who === undefined) return;
    const key = rule.by ? `${name} ${rule.by(event) ?? ''}` : name;
    const kept = this.#counted.get(key)?.filter(({ distinct }) => distinct !== who);
    if (kept) this.#counted.set(key, kept);
  }

  #add(key: string, alert: Alert): Open {
    const open = { alert, key };
    this.#all.push(open);
    if (alert.closed === null) this.#open.set(key, open);
    return open;
  }

  #wait(name: RuleName, rule: AbsenceRule, event: LedgerEvent, at: number): void {
    const over = rule.ends(event);
    if (over !== undefined) {
      const key = `${name} ${over}`;
      const before = this.#waiting.get(key);
      this.#waiting.delete(key);
      // It came too late: that it was overdue stays to be closed.
      if (before && at >= before.at + rule.afterMs && !this.#all.some(({ alert }) => alert.rule === name && alert.seq === before.seq))
        this.#add(key, raisedBy(name, rule, before.seq, before.at + rule.afterMs, rule.about ? before.about : [], [before.seq]));
    }
    const from = rule.from(event);
    // It waits since the first of them, however often it is said.
    if (from !== undefined && !this.#waiting.has(`${name} ${from}`)) this.#waiting.set(`${name} ${from}`, { seq: event.seq, at, about: peopleOf(event) });
  }

  #close({ seq, time, person = '', detail = {} }: LedgerEvent): void {
    const about = Array.isArray(detail['about']) ? (detail['about'] as readonly string[]) : [];
    const isIt = ({ alert }: Open): boolean => alert.rule === detail['rule'] && alert.seq === detail['alert'] && alert.closed === null;
    const found = this.#all.find(isIt) ?? this.#overdue(String(detail['rule']), Number(detail['alert']), Date.parse(time));
    // Who closes it says whom it is about, and signs that: where that is not so, or it is about them, it stays open.
    if (!found || found.alert.about.includes(person) || [...about].toSorted().join() !== [...found.alert.about].toSorted().join()) return;
    found.alert = { ...found.alert, closed: { by: person, time, seq, note: String(detail['note']) } };
    if (this.#open.get(found.key) === found) this.#open.delete(found.key);
  }

  /** An absence that is closed while what it waits for has still not happened. */
  #overdue(name: string, seq: number, now: number): Open | undefined {
    if (!Object.hasOwn(absences, name)) return undefined;
    const rule: AbsenceRule = absences[name as keyof typeof absences];
    for (const [key, one] of this.#waiting)
      if (
        key.startsWith(`${name} `) &&
        one.seq === seq &&
        now >= one.at + rule.afterMs &&
        !this.#all.some(({ alert }) => alert.rule === name && alert.seq === seq)
      )
        return this.#add(key, raisedBy(name as RuleName, rule, seq, one.at + rule.afterMs, rule.about ? one.about : [], [seq]));
    return undefined;
  }
}

function raisedBy(
  rule: RuleName,
  { severity, owner, dueHours }: Pick<AlertRule, 'severity' | 'owner' | 'dueHours'>,
  seq: number,
  at: number,
  about: readonly string[],
  events: readonly number[],
  hosts: readonly string[] = [],
): Alert {
  const raised = iso(at);
  return {
    rule,
    seq,
    severity,
    owner,
    raised,
    due: iso(at + dueHours * HOUR_MS),
    about,
    hosts,
    events: events.slice(-MAX_EVENTS),
    count: events.length,
    last: raised,
    closed: null,
  };
}
