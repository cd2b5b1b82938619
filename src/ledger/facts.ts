/**
 * What the ledger's events say about the things that decide: whose keys a person's are, which policy is in force, how often
 * somebody has failed. A pure reducer over events that the ledger's key vouches for; no file of the data folder has a say
 * in it. Over 400 lines: one case an event, all of them over the same state, which leaves it in one piece for the snapshot.
 */
import { clockStates, unlockMethods, type ClockState, type UnlockMethod } from '../types/words.ts';
import { backoffRows } from '../lock/backoff.ts';
import { nextIntegrity, NO_INTEGRITY, type IntegrityFacts } from './baseline-facts.ts';
import { nextEmergencies, NO_EMERGENCIES, runningOf, type DrillFacts, type EmergenciesState, type EmergencyFacts } from './break-glass-facts.ts';
import { logoffCauses, type LogoffCause } from '../lock/machine.ts';
import { NO_CHAIN, nextChainOfKeys, type KeyChain } from './key-chain.ts';
import {
  changeOf,
  isPassedOver,
  NO_STATION,
  takePersonEvent,
  takeStationStop,
  type KnownPerson,
  type PersonChange,
  type StationFacts,
  type StationStop,
} from './person-facts.ts';
import { policyCounts } from './policy-facts.ts';
import { afterChange, decidersOf, handOf, handsOf, NO_QUORUM, quorumOf, withTime, type Quorum, type QuorumFacts } from './quorum.ts';
import { nextRevocations, NO_REVOCATIONS, withRevocation, type RevocationFacts } from './revocation-facts.ts';
import { nextHolds, type HoldFacts } from './life-cycle-facts.ts';
import { nextHosts, type PinnedHost } from './host-facts.ts';
import type { LedgerEvent } from './types.ts';

export interface PolicyFacts {
  readonly sha256: string;
  /** Thumbprints of its audit keys. */
  readonly auditKeys: readonly string[];
  /** The event's number. */
  readonly seq: number;
}

/** What a person has accepted of the policy's consent text. */
export interface ConsentFacts {
  readonly version: number;
  /** Of the text. */
  readonly sha256: string;
}

/** That somebody was logged off. */
export interface LogoffFacts {
  /** Number of the event. */
  readonly seq: number;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly cause: LogoffCause;
  /** Shells that ended by it, and those that run on. */
  readonly ended: number;
  readonly held: number;
  /** Who has ended those since that ran on. */
  readonly by?: string | undefined;
}

/** An audit key that a policy had which was in force: the events that say so, and nothing else. */
export interface AuditKeyFacts {
  readonly kid: string;
  /** SHA-256 of the last policy that named it. */
  readonly policy: string;
  /** From this event `policy.change` on until that one; null where it is in force. */
  readonly inForce: readonly { readonly from: number; readonly to: number | null }[];
  /** Whether somebody has shown that its private half lies on another medium than the data folder. */
  readonly apart: boolean;
  /** When somebody was last asked to move it; null: never. */
  readonly asked: string | null;
}

export type Method = UnlockMethod;

export interface AttemptFacts {
  /** Attempts since the last success. */
  readonly failures: number;
  /** Number of the event of that success; -1 where there was none. */
  readonly since: number;
}

/** What somebody has yet to be told: what came after event `since`, and so many failures beside those that are still counted. */
export interface UntoldFacts {
  readonly since: number;
  readonly failures: number;
}

/** An unlock by a key slot. */
export interface SlotUse {
  /** Number of the event. */
  readonly seq: number;
  /** ISO 8601 UTC. */
  readonly time: string;
}

/** What the last event of the clock said. */
export interface ClockFacts {
  readonly state: ClockState;
  /** ISO 8601 UTC; null before there was one. */
  readonly time: string | null;
}

/** What a signed snapshot keeps of the facts. */
export interface FactsState {
  readonly people: readonly (readonly [string, KnownPerson])[];
  readonly attempts: readonly (readonly [string, AttemptFacts])[];
  /** Of those who have shown since they came in last that it is them, to lift or to agree: nobody was told anything there. */
  readonly untold: readonly (readonly [string, UntoldFacts])[];
  /** By id of a key slot: the last unlock with it. */
  readonly uses: readonly (readonly [string, SlotUse])[];
  readonly policy: PolicyFacts | null;
  /** The SHA-256 of every policy that was in force, oldest first; the last one is in force. */
  readonly policies: readonly string[];
  /** The last changes of each person, oldest first. */
  readonly changes: readonly (readonly [string, readonly PersonChange[]])[];
  /** The last that each person has accepted. */
  readonly consents: readonly (readonly [string, ConsentFacts])[];
  readonly auditKeys: readonly AuditKeyFacts[];
  readonly station: StationFacts;
  /** The last of each person. */
  readonly logoffs: readonly (readonly [string, LogoffFacts])[];
  /** The keys of the installation, by digest. */
  readonly keys: KeyChain;
  readonly emergencies: EmergenciesState;
  readonly revocations: RevocationFacts;
  /** Those in force, oldest first. */
  readonly holds: readonly HoldFacts[];
  readonly quorum: QuorumFacts;
  readonly integrity: IntegrityFacts;
  /** Hosts whose key is pinned, oldest first. */
  readonly hosts: readonly PinnedHost[];
  readonly clock: ClockFacts;
}
export const NO_FACTS: FactsState = {
  people: [],
  attempts: [],
  untold: [],
  uses: [],
  policy: null,
  policies: [],
  changes: [],
  consents: [],
  auditKeys: [],
  station: NO_STATION,
  logoffs: [],
  keys: NO_CHAIN,
  emergencies: NO_EMERGENCIES,
  revocations: NO_REVOCATIONS,
  holds: [],
  quorum: NO_QUORUM,
  integrity: NO_INTEGRITY,
  hosts: [],
  clock: { state: 'unknown', time: null },
};

/**
 * Whose attempts are counted: a person's, by their id; those under ids that nobody has, which a keyed digest puts into crowds (src/people/backoff.ts),
 * so that an unknown id is slowed down as a known one is; and those of the whole station.
 */
export const crowdName = (crowd: number): string => `crowd-${crowd}`;
export const STATION = 'station';
/** Where a passphrase can be guessed. */
const guessed: readonly Method[] = ['passphrase', 'passphrase-key'];
/** Failures from which on a passphrase waits for an hour. */
const SLOWEST = backoffRows.passphrase.free + backoffRows.passphrase.delays.length;
/** So many changes of somebody are kept at hand; all of them are in the ledger. */
const MOST_CHANGES = 16;
const NO_ATTEMPTS: AttemptFacts = { failures: 0, since: -1 };

export class LedgerFacts {
  readonly #people = new Map<string, KnownPerson>();
  readonly #attempts = new Map<string, AttemptFacts>();
  readonly #untold = new Map<string, UntoldFacts>();
  readonly #uses = new Map<string, SlotUse>();
  #policy: PolicyFacts | undefined;
  readonly #policies: string[] = [];
  readonly #changes = new Map<string, readonly PersonChange[]>();
  readonly #consents = new Map<string, ConsentFacts>();
  readonly #auditKeys = new Map<string, AuditKeyFacts>();
  #station: StationFacts = NO_STATION;
  readonly #logoffs = new Map<string, LogoffFacts>();
  #keys: KeyChain = NO_CHAIN;
  #emergencies: EmergenciesState = NO_EMERGENCIES;
  #revocations: RevocationFacts = NO_REVOCATIONS;
  #holds: readonly HoldFacts[] = [];
  #quorum: QuorumFacts = NO_QUORUM;
  #integrity: IntegrityFacts = NO_INTEGRITY;
  #hosts: readonly PinnedHost[] = [];
  #clock: ClockFacts = NO_FACTS.clock;

  /** From what a snapshot kept, or from nothing. */
  static from({
    people,
    attempts,
    untold,
    uses,
    policy,
    policies,
    changes,
    consents,
    auditKeys,
    station,
    logoffs,
    keys,
    emergencies,
    revocations,
    holds,
    quorum,
    integrity,
    hosts,
    clock,
  }: FactsState = NO_FACTS): LedgerFacts {
    const facts = new LedgerFacts();
    for (const [id, known] of people) facts.#people.set(id, known);
    for (const [method, count] of attempts) facts.#attempts.set(method, count);
    for (const [id, known] of untold) facts.#untold.set(id, known);
    for (const [slot, use] of uses) facts.#uses.set(slot, use);
    facts.#policy = policy ?? undefined;
    facts.#policies.push(...policies);
    for (const [id, known] of changes) facts.#changes.set(id, known);
    for (const [id, consent] of consents) facts.#consents.set(id, consent);
    for (const known of auditKeys) facts.#auditKeys.set(known.kid, known);
    facts.#station = station;
    for (const [id, logoff] of logoffs) facts.#logoffs.set(id, logoff);
    facts.#keys = keys;
    facts.#emergencies = emergencies;
    facts.#revocations = revocations;
    facts.#holds = holds;
    facts.#quorum = quorum;
    facts.#integrity = integrity;
    facts.#hosts = hosts;
    facts.#clock = clock;
    return facts;
  }

  state(): FactsState {
    return {
      people: [...this.#people],
      attempts: [...this.#attempts],
      untold: [...this.#untold],
      uses: [...this.#uses],
      policy: this.#policy ?? null,
      policies: [...this.#policies],
      changes: [...this.#changes],
      consents: [...this.#consents],
      auditKeys: this.auditKeys(),
      station: this.#station,
      logoffs: [...this.#logoffs],
      keys: this.#keys,
      emergencies: this.#emergencies,
      revocations: this.#revocations,
      holds: this.#holds,
      quorum: this.#quorum,
      integrity: this.#integrity,
      hosts: this.#hosts,
      clock: this.#clock,
    };
  }

  /** The next event that the ledger's key vouches for. */
  take(event: LedgerEvent): void {
    const { action, person, detail, seq, outcome } = event;
    this.#quorum = withTime(this.#quorum, event.time);
    this.#keys = nextChainOfKeys(this.#keys, event);
    const emergencies = nextEmergencies(this.#emergencies, event, this);
    if (typeof emergencies !== 'string') {
      this.#emergencies = emergencies;
      if (action === 'breakglass.start' && person !== undefined) this.#untold.delete(person);
    }
    const revocations = nextRevocations(this.#revocations, event);
    if (typeof revocations !== 'string' && revocations !== this.#revocations) this.#revoke(event, revocations);
    const holds = nextHolds(this.#holds, event, this);
    if (typeof holds !== 'string') this.#holds = holds;
    const integrity = nextIntegrity(this.#integrity, event, this);
    if (typeof integrity !== 'string') this.#integrity = integrity;
    const hosts = nextHosts(this.#hosts, event, this);
    if (typeof hosts !== 'string') this.#hosts = hosts;
    switch (action) {
      case 'person.keys':
      case 'person.roles':
      case 'person.state':
      case 'person.stop':
        this.#takePerson(event);
        // Nobody has failed with a passphrase that is new; whoever forgot the old one has, and waits for it no longer.
        if (person !== undefined && (detail?.['change'] === 'recovered' || detail?.['change'] === 'rebound') && this.#people.get(person)?.seq === seq)
          for (const method of guessed) this.#attempts.set(keyOf(person, method), { failures: 0, since: seq });
        return;
      case 'policy.change': {
        const { sha256, auditKeys } = detail ?? {};
        if (typeof sha256 === 'string' && Array.isArray(auditKeys) && policyCounts(this.#before(), event))
          this.#accepted({ sha256, auditKeys: auditKeys as string[], seq });
        return;
      }
      case 'consent.accepted': {
        const { version, sha256 } = detail ?? {};
        if (person !== undefined && typeof version === 'number' && typeof sha256 === 'string') this.#consents.set(person, { version, sha256 });
        return;
      }
      case 'clock.state': {
        const state = clockStates.find((word) => word === detail?.['state']);
        if (state) this.#clock = { state, time: event.time };
        return;
      }
      case 'station.stop':
        this.#station = takeStationStop(this.#people, event, this.#station) ?? this.#station;
        return;
      case 'session.logoff': {
        const { cause, ended, held } = detail ?? {};
        const known = logoffCauses.find((word) => word === cause);
        if (person !== undefined && known && typeof ended === 'number' && typeof held === 'number')
          this.#logoffs.set(person, { seq, time: event.time, cause: known, ended, held });
        return;
      }
      case 'session.ended': {
        const { of, ended } = detail ?? {};
        const known = typeof of === 'string' ? this.#logoffs.get(of) : undefined;
        // Whoever was told of their logoff since is told of this too.
        if (known && person !== undefined && typeof ended === 'number') this.#logoffs.set(String(of), { ...known, seq, by: person });
        return;
      }
      case 'audit-key.proven':
      case 'audit-key.asked': {
        const { key, medium } = detail ?? {};
        const known = typeof key === 'string' ? this.#auditKeys.get(key) : undefined;
        if (!known) return;
        const proven = action === 'audit-key.proven' && (medium === 'removable' || medium === 'other-disk');
        this.#auditKeys.set(known.kid, { ...known, apart: known.apart || proven, asked: action === 'audit-key.asked' ? event.time : known.asked });
        return;
      }
      case 'unlock.attempt':
        for (const who of [countedAs(person, detail?.['crowd']), STATION]) this.#count(who, detail?.['method'], 1);
        return;
      case 'unlock':
        if (outcome !== 'success') return;
        this.#tellLater(person, detail);
        this.#succeeded(person, detail?.['method'], detail?.['crowd'], seq);
        if (typeof event.credential === 'string') this.#uses.set(event.credential, { seq, time: event.time });
    }
  }

  #takePerson(event: LedgerEvent): void {
    const { person = '', detail, time } = event;
    const known = this.#people.get(person);
    const had = handsOf(this.#people, time);
    if (!takePersonEvent(this.#people, this.#quorum, event)) return;
    // Somebody new, or with new keys, is named or not as everybody is.
    this.#people.set(person, withRevocation(this.#people.get(person)!, person, this.#revocations));
    this.#quorum = afterChange(this.#quorum, had, this.#people, time);
    // What costs more opens as it did: nobody has changed anything.
    if (detail?.['change'] !== 'cost') this.#changed(person, changeOf(event, known));
  }

  #changed(person: string, change: PersonChange): void {
    this.#changes.set(person, [...this.changes(person), change].slice(-MOST_CHANGES));
  }

  #revoke({ seq, time }: LedgerEvent, revocations: RevocationFacts): void {
    this.#revocations = revocations;
    const had = handsOf(this.#people, time);
    for (const [id, known] of this.#people) {
      const next = withRevocation(known, id, revocations);
      this.#people.set(id, next);
      if (next.state !== known.state) this.#changed(id, { seq, time, kind: 'state', detail: next.state, by: null, second: null });
    }
    this.#quorum = afterChange(this.#quorum, had, this.#people, time);
  }

  #before(): Parameters<typeof policyCounts>[0] {
    return { person: (id) => this.person(id), quorum: (at, by) => this.quorum(at, by), policy: this.#policy };
  }

  #accepted(policy: PolicyFacts): void {
    const { sha256, auditKeys, seq } = policy;
    for (const known of this.#auditKeys.values()) {
      const last = known.inForce.at(-1)!;
      if (last.to === null && !auditKeys.includes(known.kid))
        this.#auditKeys.set(known.kid, { ...known, inForce: [...known.inForce.slice(0, -1), { from: last.from, to: seq }] });
    }
    for (const kid of auditKeys) {
      const { inForce: before, apart, asked } = this.#auditKeys.get(kid) ?? { inForce: [], apart: false, asked: null };
      const inForce = before.at(-1)?.to === null ? before : [...before, { from: seq, to: null }];
      this.#auditKeys.set(kid, { kid, policy: sha256, inForce, apart, asked });
    }
    this.#policy = policy;
    this.#policies.push(sha256);
  }

  #count(who: string, method: unknown, more: 1 | -1): void {
    const key = keyOf(who, method);
    const { failures, since } = this.#attempts.get(key) ?? NO_ATTEMPTS;
    this.#attempts.set(key, { failures: Math.max(0, failures + more), since });
  }

  /**
   * Before a success counts: whoever comes in is told, and whoever lifts or agrees is told when they come in. In an emergency that is who has begun it: the
   * first of two operators shows who they are, and goes.
   */
  #tellLater(person: string | undefined, detail: LedgerEvent['detail']): void {
    if (person === undefined) return;
    const waits = detail?.['emergency'] === true && this.emergency?.person !== person;
    if (detail?.['lifts'] !== true && detail?.['agrees'] !== true && !waits) return void this.#untold.delete(person);
    const method = unlockMethods.find((each) => each === detail['method']);
    const { since, failures } = this.untold(person);
    // The last one counted is this one.
    const before = method === undefined ? 0 : Math.max(0, this.attempts(person, method).failures - 1);
    this.#untold.set(person, { since, failures: failures + before });
  }

  #succeeded(person: string | undefined, method: unknown, crowd: unknown, seq: number): void {
    if (person !== undefined) this.#attempts.set(keyOf(person, method), { failures: 0, since: seq });
    // Who gave no id was counted with everybody who did not: their own try is given back, and nobody else's.
    if (crowd !== undefined) this.#count(countedAs(undefined, crowd), method, -1);
    for (const each of unlockMethods) this.#attempts.set(keyOf(STATION, each), { failures: 0, since: seq });
    if (person === undefined) return;
    // They have been here, and were told: a passphrase that was off may be tried again, an hour between two tries.
    for (const other of guessed.map((each) => keyOf(person, each))) {
      const { failures } = this.#attempts.get(other) ?? NO_ATTEMPTS;
      if (failures > SLOWEST) this.#attempts.set(other, { failures: SLOWEST, since: seq });
    }
  }

  /** The keys that the installation has had. */
  get keys(): KeyChain {
    return this.#keys;
  }

  /** What the events so far say of emergencies. */
  get emergencies(): EmergenciesState {
    return this.#emergencies;
  }

  /** The emergency that is not over; undefined where none is. */
  get emergency(): EmergencyFacts | undefined {
    return runningOf(this.#emergencies);
  }

  /** The newest revocation list that was seen here, and what became of the last look for one. */
  get revocations(): RevocationFacts {
    return this.#revocations;
  }

  /** The holds that are in force, oldest first. */
  get holds(): readonly HoldFacts[] {
    return this.#holds;
  }

  /** Which list of the program's files was signed for, and what the last look at them came to. */
  get integrity(): IntegrityFacts {
    return this.#integrity;
  }

  /** Hosts whose key is pinned, oldest first. */
  get hosts(): readonly PinnedHost[] {
    return this.#hosts;
  }

  /** Whether something sets this machine's clock, by the last event of that. */
  get clock(): ClockFacts {
    return this.#clock;
  }

  /** The last drill of somebody; undefined where there was none. */
  drill(person: string): DrillFacts | undefined {
    return this.#emergencies.drills.find((one) => one.person === person);
  }

  /** Undefined for somebody whom the ledger does not know. */
  person(id: string): KnownPerson | undefined {
    return this.#people.get(id);
  }

  /** Whether the next event is about somebody's keys, roles or state, or about a stop of the station, and does not count. */
  passesOver(event: LedgerEvent): boolean {
    if (event.action === 'station.stop') return takeStationStop(this.#people, event, this.#station) === undefined;
    return isPassedOver(this.#people, this.#quorum, event);
  }

  /** Ids of everybody who ever was enrolled, in the order of their enrolment. */
  people(): string[] {
    return [...this.#people.keys()];
  }

  /** Ids of those who can come in. */
  active(): string[] {
    return this.people().filter((id) => this.#people.get(id)!.state === 'active');
  }

  /** Ids of those who decide over people and policy. @param about whom it is about: nobody decides over themselves */
  deciders(about?: string): string[] {
    return decidersOf(this.#people, about);
  }

  /**
   * What it takes, at a moment, to decide what is for two. @param by who asks; undefined where that is not known yet
   * @param about whom it is about; undefined where that is nobody
   */
  quorum(at: string, by: string | undefined, about?: string): Quorum {
    return quorumOf(this.#people, this.#quorum, at, by, about);
  }

  /** Whose hand somebody is at a moment (quorum.ts): their own id, or that of who alone has made them a security admin. */
  hand(id: string, at: string): string {
    return handOf(this.#people, id, at);
  }

  /** What somebody has yet to be told when they come in. `since`: the last unlock that was a coming in, by whatever door; -1 where there was none. */
  untold(person: string): UntoldFacts {
    return this.#untold.get(person) ?? { since: Math.max(...unlockMethods.map((method) => this.attempts(person, method).since)), failures: 0 };
  }

  /** The last changes of somebody, oldest first. */
  changes(person: string): readonly PersonChange[] {
    return this.#changes.get(person) ?? [];
  }

  /** The last unlock with a key slot. Undefined where there was none. */
  use(slot: string): SlotUse | undefined {
    return this.#uses.get(slot);
  }

  /** The policy in force. Undefined before the first run. */
  get policy(): PolicyFacts | undefined {
    return this.#policy;
  }

  /** The SHA-256 of every policy that was in force, oldest first: the n-th is version n. The last one is in force. */
  get policies(): readonly string[] {
    return this.#policies;
  }

  /** What a person accepted last of the policy's consent text; undefined where nothing. */
  consent(person: string): ConsentFacts | undefined {
    return this.#consents.get(person);
  }

  /** Why nobody comes in here but by break-glass; undefined where everybody may. */
  get stationStop(): StationStop | undefined {
    return this.#station.stop ?? undefined;
  }

  /** The number of the last event about that; null where there was none. */
  get stationSeq(): number | null {
    return this.#station.seq;
  }

  /** When somebody was logged off last, and why; undefined where they never were. */
  logoff(person: string): LogoffFacts | undefined {
    return this.#logoffs.get(person);
  }

  /** Every audit key that a policy in force had, in the order in which they came. */
  auditKeys(): AuditKeyFacts[] {
    return [...this.#auditKeys.values()];
  }

  /** @param who a person's id, the name of a crowd, or STATION. */
  attempts(who: string, method: Method): AttemptFacts {
    return this.#attempts.get(keyOf(who, method)) ?? NO_ATTEMPTS;
  }
}

/** Somebody without an id and without a number is of the crowd of those who gave none. */
function countedAs(person: string | undefined, crowd: unknown): string {
  return person ?? crowdName(typeof crowd === 'number' ? crowd : 0);
}

function keyOf(who: string, method: unknown): string {
  return `${who} ${String(method)}`;
}
