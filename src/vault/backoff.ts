/**
 * Growing delays after failed unlocks (NIST SP 800-63B-4, section 3.2.2). Per person and method, so that nobody locks
 * anybody else out. A failure is charged before the attempt and given back after a success: killing the app in between
 * wins nothing. The state is on disk with a MAC, so a restart does not forget it and an editor does not forgive it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { backoffRows, delaySeconds, type UnlockMethod } from '../lock/backoff.ts';
import { readSmall, writeAtomic } from '../storage/atomic.ts';
import { StorageFault } from '../storage/fault.ts';
import type { Home } from '../storage/home.ts';
import { toJson } from '../storage/json.ts';
import { UnlockError } from './errors.ts';
import { personIdSchema } from './schema.ts';

export type Method = UnlockMethod;

/**
 * Failures whose delay is the longest: what a state counts as that was tampered with. The pure table (src/lock) also names
 * a count at which a passphrase is off for good. The vault does not go that far: the state lies in a file of this account,
 * so whoever may write there could shut a person out of every recording by making a hundred failures, or by deleting the
 * file; and a hundred tries at an hour each are no guessing. The longest delay stays instead.
 */
const most = (method: Method): number => backoffRows[method].free + backoffRows[method].delays.length;

/** Milliseconds to wait after `failures` in a row. */
export function delayMs(method: Method, failures: number): number {
  return 1000 * delaySeconds(method, Math.min(failures, most(method)));
}

/** The clocks: the wall clock can be set; time since boot cannot, but starts again with each boot. */
export interface BackoffClock {
  readonly wallMs: number;
  /** Milliseconds since boot. */
  readonly bootMs: number;
  /** Names the present boot. */
  readonly bootId: string;
}

/** Linux: /proc/uptime counts suspended time too, and goes on when the app restarts. Elsewhere every start is a boot. */
export function systemClock(): BackoffClock {
  const wallMs = Date.now();
  try {
    const bootMs = Math.round(1000 * Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]));
    return { wallMs, bootMs, bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() };
  } catch {
    return { wallMs, bootMs: Math.round(performance.now()), bootId: `pid-${process.pid}` };
  }
}

/** One method's failures in a row, and when the last was. */
export interface Count {
  readonly failures: number;
  readonly at: BackoffClock;
}

/**
 * Milliseconds still to wait. Within one boot only the time since boot counts, so setting the clock changes nothing. After
 * a restart of the machine the wall clock counts; where it is before the failure, the whole delay starts again.
 */
export function remainingMs(method: Method, { failures, at }: Count, now: BackoffClock): number {
  const delay = delayMs(method, failures);
  const passed = now.bootId === at.bootId ? now.bootMs - at.bootMs : now.wallMs - at.wallMs;
  return passed < 0 ? delay : Math.max(0, delay - passed);
}

const clockSchema = z.strictObject({ wallMs: z.number(), bootMs: z.number(), bootId: z.string().max(64) });
const countSchema = z.strictObject({ failures: z.int().min(0).max(1_000_000), at: clockSchema });
const stateSchema = z.strictObject({
  format: z.literal('wardmux-backoff'),
  version: z.literal(1),
  person: z.string().max(40),
  counts: z.strictObject({ passphrase: countSchema, passkey: countSchema }),
  mac: z.string().max(64),
});
type Counts = Readonly<Record<Method, Count>>;

/** Ids that nobody has share one state: asking for them costs the same as asking for a real one. */
const unknown = 'unknown';
const keyOf = (home: Home, person: string): string =>
  personIdSchema.safeParse(person).success && existsSync(join(home.people, `${person}.json`)) ? person : unknown;

/** people/ID.backoff. @throws where it is no id, so that no path is made of what somebody typed. */
export const backoffPath = (home: Home, person: string): string => join(home.people, `${person === unknown ? unknown : personIdSchema.parse(person)}.backoff`);

export interface BackoffStatus {
  readonly failures: number;
  /** Whole seconds until the next attempt, rounded up; 0 where one may be made now. */
  readonly waitSeconds: number;
}

/** The counters of all people. One process writes them: the vault host, or a command. */
export class Backoff {
  readonly #home: Home;
  readonly #key: Uint8Array;
  readonly #clock: () => BackoffClock;
  /** What could not be written, for example on a full disk: it counts as long as this process lives. */
  readonly #unsaved = new Map<string, Counts>();
  /** A state that is not ours was found; the event is for the ledger. */
  readonly onTampered: ((person: string) => void) | undefined;

  /** @param key 32 bytes from the secret store, kept. */
  constructor(home: Home, key: Uint8Array, options: { readonly clock?: () => BackoffClock; readonly onTampered?: (person: string) => void } = {}) {
    this.#home = home;
    this.#key = key;
    this.#clock = options.clock ?? systemClock;
    this.onTampered = options.onTampered;
  }

  #mac(person: string, counts: Counts): string {
    const flat = (['passphrase', 'passkey'] as const).map((method) => {
      const { failures, at } = counts[method];
      return [method, failures, at.wallMs, at.bootMs, at.bootId];
    });
    return createHmac('sha256', this.#key)
      .update(JSON.stringify(['wardmux/v1/backoff', person, flat]))
      .digest('base64url');
  }

  #write(person: string, counts: Counts): void {
    try {
      writeAtomic(backoffPath(this.#home, person), toJson({ format: 'wardmux-backoff', version: 1, person, counts, mac: this.#mac(person, counts) }));
      this.#unsaved.delete(person);
    } catch (error) {
      // A full or read-only disk must not keep people out of the app that would tell them so.
      if (!(error instanceof StorageFault) || (error.code !== 'disk-full' && error.code !== 'read-only')) throw error;
      this.#unsaved.set(person, counts);
    }
  }

  #read(person: string): Counts {
    const unsaved = this.#unsaved.get(person);
    if (unsaved) return unsaved;
    const at = this.#clock();
    const bytes = readSmall(backoffPath(this.#home, person));
    if (bytes) {
      let value: unknown;
      try {
        value = JSON.parse(bytes.toString('utf8'));
      } catch {
        value = undefined;
      }
      const parsed = stateSchema.safeParse(value);
      if (parsed.success && parsed.data.person === person) {
        const [given, wanted] = [Buffer.from(parsed.data.mac), Buffer.from(this.#mac(person, parsed.data.counts))];
        if (given.length === wanted.length && timingSafeEqual(given, wanted)) return parsed.data.counts;
      }
    } else if (person === unknown) {
      return { passphrase: { failures: 0, at }, passkey: { failures: 0, at } };
    }
    // Each person has a state from the start: one that is gone or changed was tampered with, and the longest delay starts.
    const worst: Counts = { passphrase: { failures: most('passphrase'), at }, passkey: { failures: most('passkey'), at } };
    this.#write(person, worst);
    this.onTampered?.(person);
    return worst;
  }

  /** A new person's state. Written before the person. */
  create(person: string): void {
    const at = this.#clock();
    this.#write(personIdSchema.parse(person), { passphrase: { failures: 0, at }, passkey: { failures: 0, at } });
  }

  status(person: string, method: Method): BackoffStatus {
    const count = this.#read(keyOf(this.#home, person))[method];
    return { failures: count.failures, waitSeconds: Math.ceil(remainingMs(method, count, this.#clock()) / 1000) };
  }

  /** @throws UnlockError `back-off`, with the time to wait in its sentence. */
  check(person: string, method: Method): void {
    const { waitSeconds } = this.status(person, method);
    if (waitSeconds === 0) return;
    const other = method === 'passkey' ? ', or use the passphrase' : '';
    throw new UnlockError('back-off', `Too many attempts. Wait ${waitWords(waitSeconds)} and try again${other}.`);
  }

  /** Asks for an attempt, and charges a failure for it at once. @throws UnlockError `back-off`; nothing is charged then. */
  begin(person: string, method: Method): void {
    this.check(person, method);
    const key = keyOf(this.#home, person);
    const counts = this.#read(key);
    this.#write(key, { ...counts, [method]: { failures: counts[method].failures + 1, at: this.#clock() } });
  }

  /** The attempt succeeded. @returns failures in a row before it. */
  succeeded(person: string, method: Method): number {
    const key = keyOf(this.#home, person);
    const counts = this.#read(key);
    this.#write(key, { ...counts, [method]: { failures: 0, at: this.#clock() } });
    return Math.max(0, counts[method].failures - 1);
  }
}

/** `45 seconds`, `2 minutes`: rounded up, so that waiting that long is always enough. */
export function waitWords(seconds: number): string {
  if (seconds <= 90) return `${seconds} second${seconds === 1 ? '' : 's'}`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

/**
 * What the lock screen shows, read without the key: for the eye only. The vault host decides, with the MAC checked.
 */
export function shownBackoff(home: Home, person: string, method: Method, clock: BackoffClock = systemClock()): BackoffStatus {
  try {
    const parsed = stateSchema.parse(JSON.parse((readSmall(backoffPath(home, person)) ?? Buffer.alloc(0)).toString('utf8')));
    const count = parsed.counts[method];
    return { failures: count.failures, waitSeconds: Math.ceil(remainingMs(method, count, clock) / 1000) };
  } catch {
    return { failures: 0, waitSeconds: 0 };
  }
}
