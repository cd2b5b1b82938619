/**
 * Growing delays after failed unlocks (NIST SP 800-63B-4, section 3.2.2). Per person and method, so that nobody locks
 * anybody else out, and a short one for the whole workstation. An id that nobody has is slowed down as a person's is: it is counted in one of many
 * crowds, which a keyed digest of what was typed names, so that no delay tells whether somebody exists. A failure is charged before the attempt and given back after a success: killing the app in between
 * wins nothing. How many there were the ledger says; the file on the disk adds when the last one was, and can only make it
 * stricter. One that was set back, changed or removed is found out by that, and the delay begins again.
 */
import { unlockMethods, type UnlockMethod } from '../types/words.ts';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { crowdName, STATION, type AttemptFacts } from '../ledger/facts.ts';
import { backoffRows, delaySeconds, isDisabled, stationDelaySeconds } from '../lock/backoff.ts';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import type { Home } from '../storage/home.ts';
import { toJson } from '../disk/json.ts';
import { UnlockError } from './errors.ts';
import { foldedName, personIdSchema } from './schema.ts';

export type Method = UnlockMethod;

/** Failures whose delay is the longest. */
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
export function readBackoffClock(): BackoffClock {
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
  /** Number of the ledger's event of the success before them; -1 where there was none. */
  readonly since: number;
}

/**
 * Milliseconds still to wait. Within one boot only the time since boot counts, so setting the clock changes nothing. After
 * a restart of the machine the wall clock counts; where it is before the failure, the whole delay starts again.
 */
export function remainingMs(method: Method, { failures, at }: Pick<Count, 'failures' | 'at'>, now: BackoffClock, longest = Infinity): number {
  return remainingOf(Math.min(longest, delayMs(method, failures)), at, now);
}

function remainingOf(delay: number, at: BackoffClock, now: BackoffClock): number {
  const passed = now.bootId === at.bootId ? now.bootMs - at.bootMs : now.wallMs - at.wallMs;
  return passed < 0 ? delay : Math.max(0, delay - passed);
}

const clockSchema = z.strictObject({ wallMs: z.number(), bootMs: z.number(), bootId: z.string().max(64) });
const countSchema = z.strictObject({ failures: z.int().min(0).max(1_000_000), at: clockSchema, since: z.int().min(-1) });
const stateSchema = z.strictObject({
  format: z.literal('wardmux-backoff'),
  version: z.literal(1),
  person: z.string().max(40),
  counts: z.strictObject({ passphrase: countSchema, passkey: countSchema, 'passphrase-key': countSchema }),
  mac: z.string().max(64),
});
type Counts = Readonly<Record<Method, Count>>;
const ofEach = <T>(of: (method: Method) => T): Readonly<Record<Method, T>> => ({
  passphrase: of('passphrase'),
  passkey: of('passkey'),
  'passphrase-key': of('passphrase-key'),
});

/** Crowds that ids which nobody has are counted in. To fill all of them takes days (five tries each, half a minute apart), and each leaves a file of some hundred bytes. */
const CROWDS = 1024;
const NO_PERSON = /^(?:crowd-\d{1,4}|station)$/;

/** people/WHO.backoff: of a person, a crowd, or the station. @throws where it is none, so that no path is made of what somebody typed. */
export const backoffPath = (home: Home, who: string): string => join(home.people, `${NO_PERSON.test(who) ? who : personIdSchema.parse(who)}.backoff`);

/** What an attempt is allowed beside the rows of the counters. */
export interface Allowance {
  /**
   * The person has another way in. Only then is a passphrase off after 100 failures in a row (SP 800-63B-4, section 3.2.2): where it is the only way, an
   * hour between two tries stays, because whoever stands at the keyboard could otherwise shut the person out of every recording.
   */
  readonly other?: boolean;
  /** It lifts the stop of this station, which nobody else can: never off, and no longer wait than `LIFT_WAIT_SECONDS`. */
  readonly lifts?: boolean;
}

/**
 * Whoever passes a stopped station could keep it stopped with one wrong try an hour. With this one whoever lifts it waits for minutes once, and whoever
 * guesses gets 288 tries a day, as long as it is stopped.
 */
export const LIFT_WAIT_SECONDS = 300;

export interface BackoffStatus {
  readonly failures: number;
  /** Whole seconds until the next attempt, rounded up; 0 where one may be made now. */
  readonly waitSeconds: number;
}

export type Tampering = 'missing' | 'damaged' | 'set-back';

export interface BackoffOptions {
  readonly clock?: () => BackoffClock;
  /** Whether the ledger has enrolled this id: a record can be taken off the disk for a moment, and its failures with it. */
  readonly isKnown?: (person: string) => boolean;
  /** What the ledger has of the attempts of a person, a crowd or the station. */
  readonly tally?: (who: string, method: Method) => AttemptFacts;
  /** The file is not what was written: for the ledger. */
  readonly onTampered?: (person: string | undefined, how: Tampering) => void;
}

/** The counters of all people. The ledger decides; whoever uses this enters `unlock.attempt` together with `begin`, and `unlock` before `succeeded`, under the ledger's lock. */
export class Backoff {
  readonly #home: Home;
  readonly #key: Uint8Array;
  readonly #clock: () => BackoffClock;
  readonly #isKnown: NonNullable<BackoffOptions['isKnown']>;
  readonly #tally: NonNullable<BackoffOptions['tally']>;
  readonly #onTampered: NonNullable<BackoffOptions['onTampered']>;
  /** What could not be written, for example on a full disk: it counts as long as this process lives. */
  readonly #unsaved = new Map<string, Counts>();

  /** @param key 32 bytes from the secret store, kept. */
  constructor(
    home: Home,
    key: Uint8Array,
    { clock = readBackoffClock, isKnown = () => true, tally = () => ({ failures: 0, since: -1 }), onTampered = () => {} }: BackoffOptions = {},
  ) {
    this.#home = home;
    this.#key = key;
    this.#clock = clock;
    this.#isKnown = isKnown;
    this.#tally = tally;
    this.#onTampered = onTampered;
  }

  #mac(person: string, counts: Counts): string {
    const flat = unlockMethods.map((method) => {
      const { failures, at, since } = counts[method];
      return [method, failures, at.wallMs, at.bootMs, at.bootId, since];
    });
    return createHmac('sha256', this.#key)
      .update(JSON.stringify(['wardmux/v2/backoff', person, flat]))
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

  /** The file's counts, where it is one that we have written. */
  #kept(person: string): Counts | Tampering {
    const bytes = readSmall(backoffPath(this.#home, person));
    if (!bytes) return 'missing';
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8'));
    } catch {
      return 'damaged';
    }
    const parsed = stateSchema.safeParse(value);
    if (!parsed.success || parsed.data.person !== person) return 'damaged';
    const [given, wanted] = [Buffer.from(parsed.data.mac), Buffer.from(this.#mac(person, parsed.data.counts))];
    return given.length === wanted.length && timingSafeEqual(given, wanted) ? parsed.data.counts : 'damaged';
  }

  #read(person: string): Counts {
    const at = this.#clock();
    const kept = this.#unsaved.get(person) ?? this.#kept(person);
    const known = this.#known(person);
    const none = unlockMethods.every((method) => known[method].failures === 0);
    let how = typeof kept === 'string' ? kept : undefined;
    // Nobody has failed there: there is no file yet.
    if (how === 'missing' && NO_PERSON.test(person) && none) how = undefined;
    const settle = (method: Method): Count => {
      const { failures, since } = known[method];
      const count = typeof kept === 'string' ? undefined : kept[method];
      // An attempt is in the file before it is in the ledger: more failures there are what a crash leaves, and stricter.
      if (count && count.since === since && count.failures >= failures) return count;
      // A success that is in the ledger and not in the file yet.
      if (count && count.since < since && failures === 0) return { failures, at, since };
      // Another process has let somebody in since the ledger was read here.
      if (count && count.since > since) return { failures: Math.max(failures, count.failures), at: count.at, since };
      if (count) how ??= 'set-back';
      return { failures, at, since };
    };
    const counts = ofEach(settle);
    if (how) {
      this.#write(person, counts);
      this.#onTampered(NO_PERSON.test(person) ? undefined : person, how);
    }
    return counts;
  }

  /**
   * Whom an attempt under this id is counted for, and what its events name. However an unknown one is written, it is the same one, as a known one is.
   * @param id as it was given; empty where none was.
   */
  counted(id: string): { readonly person: string } | { readonly crowd: number } {
    if (personIdSchema.safeParse(id).success && this.#isKnown(id)) return { person: id };
    if (id === '') return { crowd: 0 };
    const digest = createHmac('sha256', this.#key)
      .update(JSON.stringify(['wardmux/v2/crowd', foldedName(id)]))
      .digest();
    return { crowd: 1 + (digest.readUInt16BE(0) % (CROWDS - 1)) };
  }

  /** 32 bytes that are always the same for an id, however it is written, and that nobody without the key can tell from random ones. */
  decoy(id: string, label: string): Buffer {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify(['wardmux/v2/decoy', foldedName(id), label]))
      .digest();
  }

  #keyOf(id: string): string {
    const counted = this.counted(id);
    return 'person' in counted ? counted.person : crowdName(counted.crowd);
  }

  #known(who: string): Readonly<Record<Method, AttemptFacts>> {
    return ofEach((method) => this.#tally(who, method));
  }

  /** A new person's state. Written before the person. */
  create(person: string): void {
    const count = { failures: 0, at: this.#clock(), since: -1 };
    this.#write(
      personIdSchema.parse(person),
      ofEach(() => count),
    );
  }

  status(person: string, method: Method, { lifts = false }: Allowance = {}): BackoffStatus {
    const count = this.#read(this.#keyOf(person))[method];
    const own = remainingMs(method, count, this.#clock(), lifts ? 1000 * LIFT_WAIT_SECONDS : Infinity);
    return { failures: count.failures, waitSeconds: Math.ceil(Math.max(own, this.#stationMs(method)) / 1000) };
  }

  /** What everybody waits: for a passphrase, because a passkey is not guessed; nor is a passphrase whose key only its owner has. */
  #stationMs(method: Method): number {
    if (method !== 'passphrase') return 0;
    const { failures, at } = this.#read(STATION)[method];
    return remainingOf(1000 * stationDelaySeconds(failures), at, this.#clock());
  }

  /** @throws UnlockError `back-off`, with the time to wait in its sentence. */
  check(person: string, method: Method, allowance: Allowance = {}): void {
    const { failures, waitSeconds } = this.status(person, method, allowance);
    if (isOff(method, failures, allowance))
      throw new UnlockError(
        'back-off',
        `This way in was tried ${failures} times without success and is off. Use another one that you have: after that it may be tried again.`,
      );
    if (waitSeconds === 0) return;
    const instead = method === 'passkey' ? ', or use the passphrase' : '';
    throw new UnlockError('back-off', `Too many attempts. Wait ${waitWords(waitSeconds)} and try again${instead}.`);
  }

  /** Whether a passphrase that was given without an id may be tried on this person. */
  mayTry(person: string, method: Method, allowance: Allowance): boolean {
    const { failures, waitSeconds } = this.status(person, method, allowance);
    return waitSeconds === 0 && !isOff(method, failures, allowance);
  }

  /** Asks for an attempt, and charges a failure for it at once. @returns failures in a row before it. @throws UnlockError `back-off`; nothing is charged then. */
  begin(person: string, method: Method, allowance: Allowance = {}): number {
    this.check(person, method, allowance);
    return this.charge(person, method);
  }

  /** Charges a failure to somebody, and to the station. @returns failures in a row before it. */
  charge(person: string, method: Method): number {
    const [before] = [this.#keyOf(person), STATION].map((key) => {
      const counts = this.#read(key);
      const { failures, since } = counts[method];
      this.#write(key, { ...counts, [method]: { failures: failures + 1, at: this.#clock(), since } });
      return failures;
    });
    return before!;
  }

  /** The attempt succeeded, and the ledger has it. @param ids who was let in, as whom they had asked, and on whom else it was tried. */
  succeeded(...ids: readonly string[]): void {
    const at = this.#clock();
    for (const key of new Set([...ids.map((id) => this.#keyOf(id)), STATION])) {
      const known = this.#known(key);
      const counts = this.#read(key);
      const settle = (method: Method): Count => ({ ...known[method], at: known[method].failures === 0 ? at : counts[method].at });
      this.#write(key, ofEach(settle));
    }
  }
}

const isOff = (method: Method, failures: number, { other = false, lifts = false }: Allowance): boolean => other && !lifts && isDisabled(method, failures);

/** `45 seconds`, `2 minutes`: rounded up, so that waiting that long is always enough. */
export function waitWords(seconds: number): string {
  if (seconds <= 90) return `${seconds} second${seconds === 1 ? '' : 's'}`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
