/** What the line of the workspace and the lock page say about this machine. Facts only: nothing is decided here. */
import { denialOf, permissionNames } from '../src/access/index.ts';
import { hostname } from 'node:os';
import { durationText, worstGrade, type AnchorGrade, type AnchorView } from '../src/anchors/index.ts';
import type { Output, StatusView } from '../src/bridge/schema.ts';
import { assurance, hasTwoFactors, methodOf } from '../src/people/factors.ts';
import type { Person } from '../src/people/types.ts';
import { sessionClasses, type Policy } from '../src/policy/index.ts';
import { storeWeakness, type Home } from '../src/storage/index.ts';
import type { Clock } from '../src/time/clock.ts';
import { alertsSentence } from '../src/types/alerts.ts';
import { EMERGENCY_CLASS } from '../src/types/classes.ts';
import type { UnlockMethod } from '../src/types/words.ts';
import type { BreakGlass } from './unlock/break-glass.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { LockCause, LockController } from './lock-controller.ts';
import { mask } from './mask.ts';
import { nameOf } from '../src/services/people/people.ts';
import type { Revocations } from '../src/services/policy/revocations.ts';
import type { ToldLockReason } from '../src/types/words.ts';
import type { AuditKeeper } from './processes/audit-keeper.ts';
import type { LedgerLook, WaysIn } from './unlock/ways-in.ts';
import type { Workspaces } from './workspace/workspaces.ts';

/** What the lock page says of why it locked. What was decided about somebody, or against them, it does not say; of a stopped station it says more. */
const told: Readonly<Record<LockCause, ToldLockReason | null>> = {
  idle: 'idle',
  limit: 'limit',
  hotkey: 'hand',
  menu: 'hand',
  command: 'command',
  suspend: 'sleep',
  resume: 'sleep',
  'os-lock': 'desktop',
  'user-switch': 'switch',
  lid: 'lid',
  'window-closed': 'closed',
  'emergency-over': 'emergency-over',
  covered: 'left',
  'renderer-gone': 'doubt',
  'vault-gone': 'doubt',
  'clock-back': 'doubt',
  gap: 'doubt',
  lowered: 'doubt',
  unknown: 'doubt',
  policy: null,
  stopped: null,
  // Why they do not come in any more is nobody’s but theirs; of a list that does not stand the page says it.
  revoked: null,
  unlisted: null,
};

/**
 * The page counts down by itself from what it was told (seconds). It never says more than is left; while the lock is far away it may say
 * less, by what the minutes of the line hide.
 */
const DRIFT = { more: 1, less: 1, lessFar: 15, far: 120 };

/** On the lock page; the whole sentence names paths, and is for whoever tries to come in. */
const policyTrouble = 'The policy in force cannot be read.';

export interface StatusParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly waysIn: Pick<WaysIn, 'people' | 'active' | 'failures'>;
  readonly breakGlass: Pick<BreakGlass, 'lockFacts' | 'line'>;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  readonly machine: LockController;
  readonly clock: Pick<Clock, 'now'>;
  readonly revocations: Pick<Revocations, 'lastLook'>;
  readonly audit: Pick<AuditKeeper, 'open' | 'blind'>;
  /** How many were logged off whose shells the policy holds. */
  readonly held: () => number;
  /** Panes whose program runs, or waits for room on the disk: of whoever is in, and of everybody. */
  readonly workspace: () => Pick<Workspaces, 'ownShells' | 'ownHeld' | 'heldCount' | 'people' | 'shellsOf'>;
}

interface Flag {
  readonly sentence: string;
  readonly more: readonly string[];
}

export class Status {
  readonly #parts: StatusParts;
  /** Sentences of the start that somebody has to see: at the lock page as long as nobody is in, then once in the workspace. */
  readonly #flags: Flag[] = [];
  /** The policy in force could not be read at the last look. */
  policyFails = false;
  /** What was given for the line last. */
  #told: Told | undefined;
  /** By person: whoever is in hears nothing of what others' shells print. */
  readonly #sealedBytes = new Map<string, number>();

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  sealed(person: string, bytes: number): void {
    this.#sealedBytes.set(person, bytes);
  }

  /** @param more what stands behind the sentence, for whoever comes in: the lock's line has room for one. */
  flag(sentence: string, more: readonly string[] = []): void {
    if (!this.#flags.some((flag) => flag.sentence === sentence)) this.#flags.push({ sentence, more });
  }

  takeFlags(): Flag[] {
    return this.#flags.splice(0);
  }

  workstation(): string {
    return this.#parts.installed.current?.policy.policy.workstation.name ?? hostname();
  }

  /**
   * What the lock page may say: no host, no text of a pane, and of why it locked only what the room could have seen.
   * @param looked what `WaysIn.look` has just given: where the ledger was not read, nobody knows whether somebody is the only one, and nobody is named.
   */
  lockFacts(clearClipboard: boolean, { read, seconds }: LedgerLook): Omit<Output<'lock.facts'>, 'passkeyLimit'> {
    const { gate, waysIn, installed, journal, machine, revocations } = this.#parts;
    const people = waysIn.people();
    const flags: string[] = [];
    if (journal.ledgerFault) flags.push('The ledger cannot be written.');
    if (journal.recordingFault) flags.push('Recording has a fault.');
    const { heldCount, people: parked } = this.#parts.workspace();
    if (heldCount > 0) flags.push('The disk is short of room: a program waits.');
    if (this.policyFails) flags.push(policyTrouble);
    else if (installed.current?.policy.proposal) flags.push('The policy file is not the policy in force.');
    const { state, barred, sentence } = revocations.lastLook;
    if (!barred && sentence !== undefined)
      flags.push(state === 'good' ? 'A new revocation list is due.' : 'The revocation list is away; the last one counts for now.');
    const { open, blind } = this.#parts.audit;
    if (open && open.all > 0) flags.push(alertsSentence(open.all));
    else if (blind !== undefined) flags.push('Whether an alert is open is not known.');
    const unread = people.length < waysIn.active;
    if (unread) flags.push('The record of somebody who can come in is gone or damaged: a security admin sees whose (wardmux person list).');
    const typed = waysIn.active > 1 || unread || !read;
    return {
      workstation: this.workstation(),
      banner: installed.current?.policy.policy.workstation.banner ?? '',
      help: installed.current?.policy.policy.workstation.help ?? '',
      lockedAt: gate.lastLock?.at ?? null,
      reason: gate.lastLock ? told[gate.lastLock.cause] : 'start',
      typed,
      parked,
      held: this.#parts.held(),
      stopped: this.#stopped(),
      unlisted: machine.stop === 'unlisted' ? (revocations.lastLook.state ?? 'missing') : null,
      away: read ? this.#away(people) : [],
      // Of several none is named: whoever comes in knows who they are, and nobody else learns it.
      people: (typed ? [] : people).map((person) => ({
        id: person.id,
        masked: mask(person.name),
        methods: this.#methods(person),
      })),
      both: people.some(({ slots }) => slots.some(({ type }) => type === 'passphrase-key')),
      flags: [...flags, ...this.#flags.map(({ sentence }) => sentence)],
      backOffSeconds: seconds,
      failures: read ? waysIn.failures : 0,
      clearClipboard,
      policy: this.policyFails ? null : this.#policyInForce(),
      emergency: this.#parts.breakGlass.lockFacts(),
    };
  }

  /** The ways in that do here: where two factors are asked for, and there are such, not the passphrase alone. */
  #methods(person: Person): UnlockMethod[] {
    const least = this.#parts.installed.current?.policy.policy.unlock?.factors ?? 1;
    const all = [...new Set(person.slots.flatMap((slot) => methodOf(slot) ?? []))];
    return hasTwoFactors(person) ? all.filter((method) => assurance[method] >= least) : all;
  }

  #stopped(): Output<'lock.facts'>['stopped'] {
    const { home, installed } = this.#parts;
    const facts = installed.current?.ledger.facts;
    const stop = facts?.stationStop;
    return stop ? { by: mask(nameOf(home, facts, stop.by) ?? ''), at: stop.time, reason: stop.reason } : null;
  }

  /** Whose shells run on, where the policy lists them: masked names, and since when. */
  #away(people: readonly Person[]): Output<'lock.facts'>['away'] {
    const { installed, machine, clock, workspace } = this.#parts;
    if (!installed.current?.policy.policy.lock.listParked) return [];
    return machine.away.flatMap(({ person, since }) => {
      const known = people.find(({ id }) => id === person);
      if (!known || workspace().shellsOf(person) === 0) return [];
      return [{ id: person, masked: mask(known.name), since: new Date(Date.now() - (clock.now() - since)).toISOString() }];
    });
  }

  #policyInForce(): Output<'lock.facts'>['policy'] {
    const { current } = this.#parts.installed;
    if (!current) return null;
    const { workstation, lock } = current.policy.policy;
    return { version: current.ledger.facts.policies.length, class: workstation.class, idleSeconds: lock.idleSeconds };
  }

  /** Tells the workspace what its line is to say, where that is news: each word wakes the page, and all that draws it. */
  tell(): void {
    const { gate, clock } = this.#parts;
    if (!gate.session) return;
    const line = this.#line();
    if (isNews(this.#told, toldBy(line, clock.now()), line.lockIn)) gate.emit('status', () => this.line());
  }

  /** The line, for the page that stands. @throws Refusal while nobody is in. */
  line(): StatusView {
    const line = this.#line();
    this.#told = toldBy(line, this.#parts.clock.now());
    return line;
  }

  #line(): StatusView {
    const { home, gate, installed, journal, machine, clock } = this.#parts;
    const { person, grant } = gate.requireSession();
    const { lockIn, idleSeconds, warning } = machine.view(clock.now());
    const events = installed.current?.ledger.events ?? 0;
    const note = installed.current && storeWeakness(installed.current.installation.secretStore, home);
    const sealedBytes = this.#sealedBytes.get(person.id) ?? 0;
    const { ownHeld, ownShells } = this.#parts.workspace();
    const { policy } = installed.require().policy;
    return {
      classes: classViews(policy),
      place: policy.workstation.class,
      person: person.name,
      role: grant.roles.join(', '),
      ...(grant.enrols ? { enrols: true as const } : {}),
      permits: permissionNames.filter((needs) => denialOf(needs, { phase: 'open', grant }, Date.now()) === undefined),
      recording: { ...recordingWord(journal.recordingFault !== undefined, ownHeld, ownShells), sealedBytes },
      ledger: journal.ledgerFault ? { level: 'stop', word: 'ledger stopped', events } : ledgerLine(installed.current?.anchors.view() ?? [], events, note),
      lockIn,
      idleSeconds,
      warning,
      ...alertsLine(this.#parts.audit),
      ...this.#parts.breakGlass.line(),
    };
  }
}

/** Nothing while none is open, and before the ledger was read. */
export function alertsLine({ open, blind }: Pick<AuditKeeper, 'open' | 'blind'>): Pick<StatusView, 'alerts' | 'forwarder'> {
  const silent = open?.alerts.some(({ rule }) => rule === 'sink-silent') ? { forwarder: 'silent' as const } : {};
  if (open && open.all > 0) return { alerts: { open: open.all, worst: open.page > 0 ? 'page' : 'warn' }, ...silent };
  return blind === undefined ? {} : { alerts: null };
}

/** Classes of sessions for the page: how each is called and looks. Those of emergencies have one that no policy names. */
function classViews(policy: Policy): StatusView['classes'] {
  const named = sessionClasses(policy).map(({ name, label = name, look }) => ({ name, label, look }));
  return [...named, { name: EMERGENCY_CLASS, label: EMERGENCY_CLASS, look: 'plain' }];
}

interface Told {
  /** All but the times that run down. */
  readonly words: string;
  /** When the time until the lock, and that of an emergency, is over: seconds of the clock. */
  readonly lockAt: number;
  readonly endsAt: number;
}

export function toldBy({ lockIn, emergency, ...rest }: StatusView, nowMs: number): Told {
  const { left, ...glass } = emergency ?? { left: 0 };
  const now = nowMs / 1000;
  return { words: JSON.stringify([rest, emergency && glass]), lockAt: now + lockIn, endsAt: emergency ? now + left : 0 };
}

/** Whether a page that counts down from what it was told `before` says something else than is true `now`. */
export function isNews(before: Told | undefined, now: Told, lockIn: number): boolean {
  if (before?.words !== now.words || Math.abs(before.endsAt - now.endsAt) > DRIFT.more) return true;
  const less = now.lockAt - before.lockAt;
  return less < -DRIFT.more || less > (lockIn > DRIFT.far ? DRIFT.lessFar : DRIFT.less);
}

/** The recordings' part of the line. What waits is no fault: nothing of it is lost, and it goes on by itself. */
export function recordingWord(stopped: boolean, held: number, shells: number): Pick<StatusView['recording'], 'level' | 'word'> {
  if (stopped) return { level: 'stop', word: 'a recording stopped' };
  if (held > 0) return { level: 'warn', word: held === 1 ? 'a pane waits for disk space' : `${held} panes wait for disk space` };
  // Nothing is sealed where nothing runs.
  if (shells === 0) return { level: 'none', word: 'no shell runs' };
  return { level: 'seal', word: 'sealed' };
}

const levels: Readonly<Record<AnchorGrade, StatusView['ledger']['level']>> = { anchored: 'ok', 'not-anchored': 'warn', diverged: 'stop' };

/**
 * The ledger's part of the line: how old the newest head is that stands outside.
 * @param weakness how the signing key is kept, where that is weaker than it could be.
 */
export function ledgerLine(views: readonly AnchorView[], events: number, weakness: string | undefined): StatusView['ledger'] {
  const grade = worstGrade(views);
  const ages = views.flatMap(({ ageSeconds }) => ageSeconds ?? []);
  const age = ages.length === 0 || Math.min(...ages) < 60 ? 'now' : durationText(Math.min(...ages));
  // Where nothing is known of the oldest, no time is said.
  const late = views.filter((view) => view.grade === 'not-anchored').map(({ ageSeconds }) => ageSeconds);
  const since = late.length === 0 || late.includes(null) ? '' : ` since ${durationText(Math.max(...late.map(Number)))}`;
  const words: Readonly<Record<AnchorGrade, string>> = {
    anchored: `ledger anchored ${age}`,
    'not-anchored': `ledger not anchored${since}`,
    diverged: 'ledger diverged',
  };
  const sentences = views.length === 0 ? ['No anchor keeps heads of this ledger outside.'] : views.map(({ name, sentence }) => `${name}: ${sentence}`);
  // Where the policy names no anchor, that is how this workstation is meant to be, and no alarm; and nothing that could be ticked.
  const level = views.length === 0 ? 'none' : levels[grade];
  return { level, word: words[grade], events, note: [...sentences, ...(weakness ? [weakness] : [])].join(' ') };
}
