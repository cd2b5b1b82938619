/**
 * An emergency from the lock page: asked for, signed by who breaks the glass, entered, and only then opened; ended by its time, by who is in, or by the
 * next one. It lives in this process and in that with the shells (src/pty/emergencies.ts): where this one ends, it is over. What makes it count is the
 * ledger's rules (src/ledger/break-glass-facts.ts); which clock is asked nobody can set.
 */
import { join } from 'node:path';
import { emergencyGrantOf } from '../../src/access/index.ts';
import { reviewableBy, reviewStateOf, silentAlert } from '../../src/break-glass/index.ts';
import { begin, extend, isOver, secondsLeft, type Glass } from '../../src/lock/glass.ts';
import type { Output, StatusView } from '../../src/bridge/schema.ts';
import { freeMebibytes, holdRoom, releaseRoom } from '../../src/disk/room.ts';
import type { EmergencyFacts } from '../../src/ledger/break-glass-facts.ts';
import type { Certificate } from '../../src/ledger/certificate.ts';
import { mayBy } from '../../src/ledger/entitled.ts';
import type { LedgerFacts } from '../../src/ledger/facts.ts';
import type { Person } from '../../src/people/types.ts';
import type { Recipient } from '../../src/recording/types.ts';
import { deniedEntry } from '../../src/services/deeds/admit.ts';
import { isEmergencyPerson, keepWords, mayStillWorkIn, newEmergencyId } from '../../src/services/emergency/break-glass.ts';
import type { Home } from '../../src/storage/index.ts';
import type { Clock } from '../../src/time/clock.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { sentenceOf } from '../../src/types/sentence.ts';
import {
  EMERGENCY_MINUTES,
  EMERGENCY_TOGETHER_MINUTES,
  emergencyReasonWords,
  type EmergencyEnd,
  type EmergencyReason,
  type UnlockMethod,
} from '../../src/types/words.ts';
import type { Gate } from '../gate.ts';
import type { LockCause } from '../lock-controller.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import type { PtyClient } from '../processes/pty-client.ts';
import type { Admitted } from './unlock.ts';
import type { VaultKeeper } from '../processes/vault-keeper.ts';

/** In ms. */
const TOGETHER_MS = EMERGENCY_TOGETHER_MINUTES * 60_000;
/** An hour of a busy shell, sealed, is a few MiB. */
const ROOM_BYTES = 16 * 1024 * 1024;
/** With less than this it is given up: the shells of an emergency may use it (they use what the policy keeps free before). In MiB. */
const SHORT_MEBIBYTES = 64;

/** What is asked for at the lock page, until the glass is broken or the page is left. */
interface Asked {
  readonly id: string;
  readonly reason: EmergencyReason;
  readonly text: string | null;
  /** `breakglass.start` before it: what is signed is good behind that alone. */
  readonly after: number | null;
  /** The first of two operators. */
  first?: { readonly person: string; readonly certificate: Certificate; readonly at: number };
}

interface Running extends Glass {
  readonly id: string;
  readonly person: string;
  /** Who agreed, where two operators broke the glass. */
  readonly second: string | null;
  readonly reason: EmergencyReason;
  /** ISO 8601 UTC. */
  readonly since: string;
}

/** What locks where whoever is in is in an emergency that ends. */
const locksWith: Readonly<Record<EmergencyEnd, LockCause>> = {
  ended: 'command',
  expired: 'emergency-over',
  replaced: 'command',
  restart: 'command',
  person: 'policy',
};

export interface BreakGlassParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'session' | 'requireSession' | 'lock' | 'extendGlass' | 'emitLocked' | 'notice'>;
  readonly vaults: VaultKeeper;
  readonly pty: Pick<PtyClient, 'extendEmergency' | 'endEmergency' | 'kill9' | 'running'>;
  readonly installed: InstalledHolder;
  readonly journal: Pick<Journal, 'enter'>;
  readonly clock: Pick<Clock, 'now'>;
}

export class BreakGlass {
  readonly #parts: BreakGlassParts;
  #asked: Asked | undefined;
  #running: Running | undefined;
  #extending = false;
  /** How often a page was left. */
  #left = 0;
  /** What the lock page was told of the alert last. */
  #told = JSON.stringify(null);

  constructor(parts: BreakGlassParts) {
    this.#parts = parts;
  }

  get #facts(): LedgerFacts {
    return this.#parts.installed.require().ledger.facts;
  }

  /** At the start: one that ran when this process ended before is over. Room is held back for the next. */
  settle(): void {
    const { installed, journal } = this.#parts;
    const open = installed.current?.ledger.facts.emergency;
    if (open) void journal.enter({ action: 'breakglass.end', person: open.person, detail: { breakGlass: open.id, cause: 'restart' } });
    this.#hold();
  }

  get #room(): string {
    return join(this.#parts.home.emergencies, 'room');
  }

  #hold(): void {
    try {
      if (this.#facts.active().some((id) => isEmergencyPerson(this.#facts, id)) && freeMebibytes(this.#parts.home.emergencies) >= 2 * SHORT_MEBIBYTES)
        holdRoom(this.#room, ROOM_BYTES, { sync: false });
    } catch {
      // There is no first run yet, or no room to hold back.
    }
  }

  // ---------------------------------------------------------------- at the lock page

  /** Why: the words have come as a sealed frame to the vault, and go sealed to the disk before anybody is asked who they are. @throws Refusal, StorageFault */
  async ask(reason: EmergencyReason): Promise<void> {
    const { home, vaults, installed } = this.#parts;
    this.leave();
    const page = this.#left;
    const id = newEmergencyId();
    const recipients = installed.require().policy.policy.auditKeys.map(({ kid, jwk }): Recipient => ({ kid, role: 'audit', jwk }));
    const { file } = await vaults.require().ask('sealWords', { breakGlass: id, recipients });
    const text = file === null ? null : keepWords(home, id, file);
    if (this.#left !== page) throw noReason();
    this.#asked = { id, reason, text, after: this.#facts.emergencies.all.at(-1)?.seq ?? null };
  }

  /** Whoever asked has gone, or their page: what one operator has agreed to is no use to the next who comes. */
  leave(): void {
    this.#asked = undefined;
    this.#left++;
  }

  /**
   * Somebody has proven who they are, in an emergency.
   * @returns what they may do, and until when; undefined where a second operator has to prove it too. @throws Refusal, LedgerError
   */
  async admit(person: Person, method: UnlockMethod): Promise<Admitted | undefined> {
    const now = this.#parts.clock.now();
    const running = this.#running;
    if (running && running.person === person.id && !isOver(running, now) && mayStillWorkIn(this.#facts, running)) {
      this.#asked = undefined;
      return admittedTo(running, person, method);
    }
    const asked = this.#asked;
    if (!asked) throw noReason();
    const alone = isEmergencyPerson(this.#facts, person.id);
    if (!alone && !this.#facts.person(person.id)?.roles.includes('operator')) {
      void this.#parts.journal.enter(deniedEntry('page', { needs: 'break-glass.start', why: 'not-permitted', person: person.id }));
      throw new Refusal('not-permitted', 'The glass is broken by somebody with the role of emergencies, or by two operators. Your roles do not permit it.');
    }
    const { id, reason, text, after } = asked;
    const certificate = await this.#parts.vaults.require().ask('signEmergency', { breakGlass: id, reason, text, after });
    const { first } = asked;
    const stands = first !== undefined && now - first.at < TOGETHER_MS && mayStillWorkIn(this.#facts, { person: first.person, second: person.id });
    const isSecond = stands && first.person !== person.id;
    if (!alone && !isSecond) {
      asked.first = { person: person.id, certificate, at: now };
      return undefined;
    }
    await this.#begin(asked, person.id, certificate, alone ? undefined : first);
    return admittedTo(this.#running!, person, method);
  }

  async #begin(asked: Asked, person: string, certificate: Certificate, second: Asked['first']): Promise<void> {
    const { id, reason, text } = asked;
    const { installed, clock } = this.#parts;
    const { ledger } = installed.require();
    if (this.#running) await this.#end('replaced');
    const agreed = second && { second: second.person, secondKey: second.certificate.byKey, secondSignature: second.certificate.signature };
    const detail = { breakGlass: id, reason, minutes: EMERGENCY_MINUTES, ...(text === null ? {} : { text }), ...certificate, ...agreed };
    // Asked once more under the ledger's lock: what would be passed over, and named by `ledger verify` for ever, is not even entered.
    const before = (): void => {
      // With the page goes what was asked for on it, also in this moment.
      if (this.#asked !== asked) throw noReason();
      const both = [person, ...(second ? [second.person] : [])];
      if (!both.every((each) => mayStillWorkIn(ledger.facts, { person: each, second: second?.person ?? null })))
        throw new Refusal('not-permitted', 'Somebody who asked for it may not any more: they were disabled, or have other roles. Nothing was opened.');
    };
    await ledger.append({ action: 'breakglass.start', person, detail }, { before });
    const begun = ledger.facts.emergency;
    // The ledger's rules have the last word.
    if (begun?.id !== id)
      throw new Refusal('not-permitted', 'It was entered, and does not count: roles, or another emergency, came between. Nothing was opened.');
    this.#asked = undefined;
    this.#running = { id, ...begin(clock.now()), person, second: begun.second, reason, since: begun.time };
    try {
      if (freeMebibytes(this.#parts.home.emergencies) < SHORT_MEBIBYTES) releaseRoom(this.#room, ROOM_BYTES);
    } catch {
      // Nobody can say how much is free.
    }
    await this.#tell();
  }

  /** The alert is on its way before anybody is let in, and nobody waits for it. */
  async #tell(): Promise<void> {
    const { installed } = this.#parts;
    // The head that goes with it covers it.
    await installed
      .require()
      .ledger.checkpoint()
      .catch(() => undefined);
    this.#alert();
    installed.tickAnchors();
  }

  // ---------------------------------------------------------------- while it runs

  /** Of the emergency of that id, for a shell that is to be started in it. @throws Refusal where it is over */
  secondsLeft(id: string): number {
    const now = this.#parts.clock.now();
    const running = this.#running;
    if (running?.id !== id || isOver(running, now)) throw new Refusal('emergency-over', 'The emergency is over, so no shell is started in it.');
    return secondsLeft(running, now);
  }

  /** Of whoever is in; undefined where they are not in an emergency. */
  get #own(): Running | undefined {
    const glass = this.#parts.gate.session?.grant.breakGlass ?? null;
    return glass !== null && this.#running?.id === glass ? this.#running : undefined;
  }

  /** Whoever is in extends it, or ends it. Never rejects: what was not done is said. */
  async command(what: 'extend' | 'end'): Promise<void> {
    const { gate } = this.#parts;
    if (what === 'end') return this.#own ? this.#end('ended') : undefined;
    try {
      await this.#extend();
      gate.notice('ok', 'The emergency is extended by 60 minutes. It is not extended again.');
    } catch (error) {
      gate.notice('warn', sentenceOf(error));
    }
  }

  /** @throws Refusal, LedgerError */
  async #extend(): Promise<void> {
    const { pty, installed, clock } = this.#parts;
    const own = this.#own;
    const longer = own && extend(own, clock.now());
    if (!own || !longer) throw notExtended();
    const { ledger } = installed.require();
    // One that is on its way is that one time: a second event would be passed over, and `ledger verify` would name it for ever.
    if (this.#extending) throw notExtended();
    this.#extending = true;
    try {
      await ledger.append({ action: 'breakglass.extend', person: own.person, detail: { breakGlass: own.id, minutes: EMERGENCY_MINUTES } });
    } finally {
      this.#extending = false;
    }
    if (ledger.facts.emergency?.extended !== true || this.#running !== own) throw new Refusal('not-extended', 'The emergency was over by then.');
    this.#running = { ...own, ...longer };
    this.#parts.gate.extendGlass();
    pty.extendEmergency(own.id);
  }

  async #end(cause: EmergencyEnd): Promise<void> {
    const { gate, pty, journal } = this.#parts;
    const running = this.#running;
    if (!running) return;
    const inside = this.#own !== undefined;
    this.#running = undefined;
    if (inside) await gate.lock(locksWith[cause]);
    // One that does not answer could go on: it is ended, and every shell with it.
    if (pty.running) await pty.endEmergency(running.id).catch(() => pty.kill9());
    await journal.enter({ action: 'breakglass.end', person: running.person, detail: { breakGlass: running.id, cause } });
    await this.#parts.installed
      .require()
      .ledger.checkpoint()
      .catch(() => undefined);
    this.#hold();
  }

  /** Once a second. */
  async tick(): Promise<void> {
    const { installed, clock, gate } = this.#parts;
    if (!installed.current) return;
    if (this.#running && isOver(this.#running, clock.now())) await this.#end('expired');
    // Whoever is stopped, disabled, or without that role by now leaves no shell behind: nobody else could see what it does.
    else if (this.#running && !mayStillWorkIn(this.#facts, this.#running)) await this.#end('person');
    this.#alert();
    const told = JSON.stringify(this.#alertFacts());
    if (told === this.#told) return;
    this.#told = told;
    gate.emitLocked('stale', () => ({}));
  }

  /** What has yet to leave by an anchor of the policy in force, over restarts and other policies. */
  #alert(): void {
    const { installation, anchors } = this.#parts.installed.require();
    // A review says nothing to anybody outside.
    for (const one of this.#facts.emergencies.all) anchors.alert({ id: one.id, time: one.time, text: alertText(installation.id, one) }, one.alerted);
  }

  #alertFacts(): Output<'lock.facts'>['emergency']['alert'] {
    const { anchors } = this.#parts.installed.require();
    const silent = silentAlert(this.#facts, anchors.carriesAlerts);
    return silent ? { since: silent.time, tries: anchors.alertTries ?? null } : null;
  }

  // ---------------------------------------------------------------- what is shown

  /** For the lock page: nobody's name, and no reason. */
  lockFacts(): Output<'lock.facts'>['emergency'] {
    const running = this.#running;
    const now = this.#parts.clock.now();
    const { current } = this.#parts.installed;
    if (!current) return { running: null, second: false, alert: null, leaves: false };
    return {
      running: running && !isOver(running, now) ? { since: running.since, left: secondsLeft(running, now) } : null,
      second: this.#asked?.first !== undefined && now - this.#asked.first.at < TOGETHER_MS,
      alert: this.#alertFacts(),
      leaves: current.anchors.carriesAlerts,
    };
  }

  /** For the line of whoever is in. */
  line(): Pick<StatusView, 'emergency' | 'reviews'> {
    const { gate, clock, installed } = this.#parts;
    const own = this.#own;
    if (own) {
      const tries = installed.require().anchors.alertTries ?? (this.#facts.emergency?.alerted.length === 0 ? null : undefined);
      const { since, extended, reason } = own;
      return {
        emergency: {
          since,
          left: secondsLeft(own, clock.now()),
          extended,
          reason: emergencyReasonWords[reason],
          ...(tries === undefined ? {} : { alertTries: tries }),
        },
      };
    }
    const person = gate.session?.person.id;
    if (person === undefined || !mayBy(this.#facts, person, 'break-glass.review')) return {};
    const due = reviewableBy(this.#facts, person);
    const overdue = due.filter((one) => reviewStateOf(one, Date.now()) === 'overdue').length;
    return due.length === 0 ? {} : { reviews: { due: due.length, overdue } };
  }
}

const noReason = (): Refusal => new Refusal('no-reason', 'Say first why the glass is broken.');

const notExtended = (): Refusal => new Refusal('not-extended', 'An emergency is extended once, while it runs. Nothing was changed.');

const admittedTo = ({ id, reason, until, extended }: Running, person: Person, method: UnlockMethod): Admitted => ({
  grant: emergencyGrantOf(person, method, reason, id),
  glass: { until, extended },
});

/** One line of ASCII without patient data: ids, a word of a list, and where it stands in the ledger. */
function alertText(installation: string, { id, person, second, reason, time, seq }: EmergencyFacts): string {
  return JSON.stringify({ format: 'wardmux-alert', version: 1, installation, breakGlass: id, person, second, reason, time, event: seq });
}
