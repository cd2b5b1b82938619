/**
 * The one open identity, which leaves this process for nobody: who is in, what that lets them do, for how long their slots may be changed. What the
 * handlers (handlers/) are asked for they ask it of here.
 */
import { existsSync } from 'node:fs';
import { EMERGENCY, denials, emergencyGrantOf, enrolGrantOf, grantOf, type Grant, type Standing } from '../access/index.ts';
import type { dearerCost } from '../crypto/kdf.ts';
import type { OpenIdentity } from '../people/identity.ts';
import { Passkeys } from '../people/passkey.ts';
import { StoredHalves } from '../people/stored-half.ts';
import type { Person } from '../people/types.ts';
import type { FirstRunInput } from '../services/installation/first-run.ts';
import { homePaths, type Home } from '../storage/home.ts';
import { requireInstallation } from '../storage/installation.ts';
import { Refusal } from '../types/refusal.ts';
import type { UnlockMethod } from '../types/words.ts';
import { VaultPage } from './page.ts';
import type { VaultInput } from './service.ts';

/** A proof that it is still the same person is good for so long: some changes in one go, and not for who comes after. */
const CONFIRMED_MS = 5 * 60_000;
/** And this long for a decision about somebody else: what main does between both takes a moment, and on a slow disk seconds. */
const DECIDE_MS = 30_000;
/** In the first run the audit key is put away in between. */
const FIRST_RUN_MS = 30 * 60_000;

/** What comes from outside. */
export interface HolderParts {
  readonly now?: () => Date;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
  readonly chooseStore?: FirstRunInput['chooseStore'];
  readonly kdf?: FirstRunInput['kdf'];
  readonly dearer?: typeof dearerCost;
}

/** What whoever comes in does then, where that is not what their roles say. */
export interface Entrance {
  /** Who has the role of emergencies holds that alone then; an operator is one of two. */
  readonly emergency?: boolean | undefined;
  /** They have shown one factor of two, and do nothing but enrol another. */
  readonly enrols?: boolean | undefined;
}

export class Holder {
  readonly parts: HolderParts;
  readonly page = new VaultPage();
  #configuration: VaultInput<'configure'> | undefined;
  #home: Home | undefined;
  #passkeys: Passkeys | undefined;
  #identity: OpenIdentity | undefined;
  /** The passphrase that opened it, where that shall have another cost: until that is asked for. */
  #dearer: Buffer | undefined;
  /** Until when (monotonic milliseconds) its slots may be changed. */
  #confirmedUntil = 0;
  /** What it lets its person do. */
  #grant: Grant | undefined;

  /** What somebody else has agreed to, and what both have: recordings that are shown with nothing covered. */
  #agreedUnmask: string | undefined;
  readonly #unmasked = new Set<string>();

  readonly #forgets: (() => void)[] = [];

  constructor(parts: HolderParts) {
    this.parts = parts;
  }

  /** First, once. */
  configure(configuration: VaultInput<'configure'>): void {
    if (this.#configuration) return;
    this.#configuration = configuration;
    this.#home = homePaths(configuration.home);
    this.#passkeys = new Passkeys({ origin: configuration.origin, rpId: configuration.rpId }, undefined, new StoredHalves(this.#home));
  }

  /** @throws Refusal before it is configured */
  ready(): { readonly home: Home; readonly configuration: VaultInput<'configure'>; readonly passkeys: Passkeys } {
    const [home, configuration, passkeys] = [this.#home, this.#configuration, this.#passkeys];
    if (!home || !configuration || !passkeys) throw new Refusal('not-configured', 'The vault is not ready yet. Try again in a moment.');
    return { home, configuration, passkeys };
  }

  /** The id of this installation, which everything that is signed names. */
  get installation(): string {
    return requireInstallation(this.ready().home).id;
  }

  /** For whoever asks whether somebody may. */
  get standing(): Standing {
    if (this.#grant) return { phase: 'open', grant: this.#grant };
    // Before it is configured nobody knows, and what is asked for then is refused by its handler.
    return { phase: this.#home && existsSync(this.#home.installation) ? 'locked' : 'first-run' };
  }

  /** The identity that the door has let somebody use. @throws Refusal */
  open(): OpenIdentity {
    if (!this.#identity) throw new Refusal('locked', denials.locked);
    return this.#identity;
  }

  become(identity: OpenIdentity, method: UnlockMethod, { emergency = false, enrols = false }: Entrance = {}): void {
    for (const forget of this.#forgets) forget();
    this.#agreedUnmask = undefined;
    this.#unmasked.clear();
    this.#identity?.destroy();
    this.#identity = identity;
    this.#confirmedUntil = 0;
    const { person } = identity;
    this.#grant = emergency && mayBreak(person) ? emergencyGrantOf(person, method, 'none', null) : (enrols ? enrolGrantOf : grantOf)(person, method);
  }

  /** Somebody else has signed this text. */
  agreedTo(text: Uint8Array): void {
    this.#agreedUnmask = Buffer.from(text).toString('base64');
  }

  /** Who is in signs the same: from now on the recording is shown with nothing covered. @throws Refusal where nobody has agreed to it */
  unmask(recording: string, text: Uint8Array): void {
    const agreed = this.#agreedUnmask;
    this.#agreedUnmask = undefined;
    if (agreed !== Buffer.from(text).toString('base64')) throw new Refusal('second-needed', 'Nobody else has agreed to this here. Nothing was changed.');
    this.#unmasked.add(recording);
  }

  isUnmasked(recording: string): boolean {
    return this.#unmasked.has(recording);
  }

  /** Runs when nobody is in any more: what was made with their key goes with it. */
  onForget(run: () => void): void {
    this.#forgets.push(run);
  }

  /** Nobody is in any more; the page stands. */
  forget(): void {
    for (const forget of this.#forgets) forget();
    this.#agreedUnmask = undefined;
    this.#unmasked.clear();
    this.takeDearer()?.fill(0);
    this.#identity?.destroy();
    this.#identity = undefined;
    this.#grant = undefined;
    this.#confirmedUntil = 0;
  }

  wipe(): void {
    this.forget();
    this.page.wipe();
  }

  /** Keeps a passphrase until its cost is raised, or nobody is in any more. */
  keepDearer(typed: Buffer | undefined): void {
    this.#dearer?.fill(0);
    this.#dearer = typed;
  }

  /** Whoever takes it wipes it. */
  takeDearer(): Buffer | undefined {
    const typed = this.#dearer;
    this.#dearer = undefined;
    return typed;
  }

  /** Who is in has shown once more that it is them. @param long in the first run, where nobody has been anywhere. */
  confirm(long?: 'first-run'): void {
    this.#confirmedUntil = this.nowMs() + (long ? FIRST_RUN_MS : CONFIRMED_MS);
  }

  /** Whoever sits down at an open session is not who changes what opens it. @throws Refusal */
  confirmed(): OpenIdentity {
    return this.#confirmed(0);
  }

  /** Nor who decides about others: that is asked for right after the proof. @throws Refusal */
  justConfirmed(): OpenIdentity {
    return this.#confirmed(CONFIRMED_MS - DECIDE_MS);
  }

  #confirmed(less: number): OpenIdentity {
    const identity = this.open();
    if (this.nowMs() < this.#confirmedUntil - less) return identity;
    throw new Refusal('not-confirmed', 'Show that it is you, with your passphrase or a passkey, before you change what opens your recordings.');
  }

  /** Monotonic milliseconds. */
  nowMs(): number {
    return this.parts.nowMs?.() ?? performance.now();
  }

  now(): Date {
    return this.parts.now?.() ?? new Date();
  }
}

/** Alone, or with another one: what an emergency opens is the same. */
const mayBreak = ({ roles }: Person): boolean => roles.includes(EMERGENCY) || roles.includes('operator');
