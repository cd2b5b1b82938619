/**
 * People in the window: who is there, and what somebody who may decides about them. A deed is asked for, answered by whoever it takes, and done when who
 * asked shows once more that it is them. While somebody else is at the keyboard (who is enrolled, who agrees) the session is covered: its page is gone, the
 * shells show it nothing, and a page of its own stands there, until who asked is back or somebody locks. Over 400 lines: every deed goes the same few steps.
 */
import { AGREE_MS } from '../../src/access/index.ts';
import type { Output } from '../../src/bridge/schema.ts';
import { certifierOf, deedText, type Certificate, type PeopleRequest, type UnmaskDeed } from '../../src/ledger/certificate.ts';
import type { LedgerFacts } from '../../src/ledger/facts.ts';
import { factsOf, readPinned } from '../../src/people/pinned.ts';
import type { PersonRecord } from '../../src/people/types.ts';
import { requestDigest, secondNeeded, type Decider } from '../../src/services/deeds/decide.ts';
import { unmaskRecording, whoUnmasks } from '../../src/services/recordings/review.ts';
import { checkName } from '../../src/people/new-person.ts';
import {
  enrol,
  grantRoles,
  namesakeOf,
  orderedRoles,
  othersForRoles,
  requireRoleChange,
  setState,
  somebodyElse,
  type PeopleParts,
} from '../../src/services/people/people.ts';
import { changePolicy, needsSecond } from '../../src/services/policy/change.ts';
import { rebind, requireRebindable } from '../../src/services/people/rebind.ts';
import { slotViews } from '../../src/services/people/slots.ts';
import { liftStop, requireLifter, requireOtherHand, stopPerson, stopStation } from '../../src/services/emergency/stop.ts';
import type { Home } from '../../src/storage/index.ts';
import type { Clock } from '../../src/time/clock.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { sentenceOf } from '../../src/types/sentence.ts';
import { roles as allRoles, type IdentityCheckWord, type PersonStateWord, type Role, type StopReason } from '../../src/types/words.ts';
import type { Gate } from '../gate.ts';
import type { PersonSession } from '../person-session.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import { changesOf, wishOf, wishWords } from './policy-page.ts';
import type { Slots } from '../unlock/slots.ts';
import { credentialMethod, type CredentialAnswer, type Unlock } from '../unlock/unlock.ts';
import type { VaultClient } from '../processes/vault-client.ts';
import type { WaysIn } from '../unlock/ways-in.ts';

/** What is decided about somebody. */
export type Deed =
  | { readonly kind: 'enrol'; readonly name: string; readonly roles: readonly Role[] }
  | { readonly kind: 'roles'; readonly id: string; readonly roles: readonly Role[] }
  | { readonly kind: 'state'; readonly id: string; readonly state: PersonStateWord }
  | { readonly kind: 'stop'; readonly id: string; readonly reason: StopReason }
  | { readonly kind: 'lift'; readonly id: string }
  | { readonly kind: 'station'; readonly reason: StopReason }
  | { readonly kind: 'rebind'; readonly id: string; readonly checked: Exclude<IdentityCheckWord, 'recovery-code'> }
  /** Somebody else’s recording, with nothing covered. */
  | { readonly kind: 'unmask'; readonly recording: string }
  /** What policy.json asks for, by its digest. */
  | { readonly kind: 'policy'; readonly sha256: string };

type Wish = ReturnType<typeof wishOf>;

/** A deed that was asked for and is not done. */
interface Asked {
  readonly session: PersonSession;
  readonly deed: Deed;
  readonly words: string;
  /** What it does, in plain words. */
  readonly effect: string;
  /** When: what two sign has it. */
  readonly at: Date;
  /** Until when (monotonic milliseconds) it can be answered. */
  readonly until: number;
  /** Ids of those who could agree, where it takes two. */
  readonly others: readonly string[] | undefined;
  /** The policy as it was shown. */
  readonly wish?: Wish | undefined;
  /** Who is to choose a passphrase: somebody new, or somebody who is known here. */
  readonly newcomer?: { readonly name: string; readonly id?: string } | undefined;
  /** Of who is to choose a passphrase, once they have. */
  readonly record?: PersonRecord;
  readonly second?: Decider;
  readonly refused?: true;
}

export interface PeoplePageParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'session' | 'requireSession' | 'cover' | 'uncover' | 'lock' | 'notice' | 'stop'>;
  readonly installed: Pick<InstalledHolder, 'require'>;
  readonly vaults: { readonly require: () => Pick<VaultClient, 'ask'> };
  readonly unlock: Pick<Unlock, 'agree'>;
  readonly waysIn: Pick<WaysIn, 'passkeyOptions'>;
  readonly slots: Pick<Slots, 'confirmPassphrase' | 'confirmPasskey'>;
  readonly journal: Pick<Journal, 'refusals'>;
  readonly clock: Pick<Clock, 'now'>;
}

const nothing = (): Refusal => new Refusal('nothing-asked', 'Nothing is asked for here any more. Nothing was changed.');

/** What a state means for who gets it. */
const effects: Readonly<Record<PersonStateWord, string>> = {
  disabled: 'They cannot come in any more, and whoever is in is locked out within seconds. What they recorded stays theirs; they can be let in again.',
  active: 'They can come in again, with what opened their keys before and with the roles that they have.',
  deleted:
    'For ever. Their key slots and sealed keys are removed from this workstation, their roles end, and their id is never given again. What they recorded stays, and only the audit key opens it.',
};
const stateWords: Readonly<Record<PersonStateWord, string>> = { disabled: 'Disable', active: 'Let in again', deleted: 'Delete for ever:' };

/** A word of the ledger's, as a person says it. */
const spoken = (reason: StopReason): string => reason.replaceAll('-', ' ');

export class People {
  readonly #parts: PeoplePageParts;
  #waiting: Asked | undefined;

  constructor(parts: PeoplePageParts) {
    this.#parts = parts;
  }

  /** What waits for an answer in the session that is open. Of another session nothing does. */
  get #asked(): Asked | undefined {
    const { gate } = this.#parts;
    if (this.#waiting && this.#waiting.session !== gate.session) this.#waiting = undefined;
    return this.#waiting;
  }

  #require(): Asked {
    const asked = this.#asked;
    if (!asked) throw nothing();
    if (this.#parts.clock.now() >= asked.until) throw new Refusal('lapsed', 'The fifteen minutes are over: nothing was changed. Ask for it again.');
    return asked;
  }

  async #facts(): Promise<LedgerFacts> {
    const { ledger } = this.#parts.installed.require();
    await ledger.refresh();
    return ledger.facts;
  }

  /** The name that goes with an id: where no record says it, the id. */
  #nameOf(id: string): string {
    const { home, installed } = this.#parts;
    try {
      return readPinned(home, installed.require().ledger.facts, id)?.name ?? id;
    } catch {
      return id;
    }
  }

  /** For sentences: who is meant beyond doubt. */
  #called(id: string): string {
    const name = this.#nameOf(id);
    return name === id ? id : `${name} (${id})`;
  }

  async list(): Promise<Output<'people.list'>> {
    const { home, gate } = this.#parts;
    const { person } = gate.requireSession();
    const facts = await this.#facts();
    const deciders = facts.deciders();
    const may = deciders.includes(person.id);
    const now = new Date().toISOString();
    return {
      people: facts.people().map((id) => {
        const { roles, state, stoppedBy } = facts.person(id)!;
        const { seconds, until } = facts.quorum(now, person.id, id);
        const agree = { seconds: seconds.map((second) => this.#nameOf(second)), waits: until ?? null };
        const shown = { id, roles: [...roles], state, you: id === person.id, yourStop: stoppedBy === person.id, ...agree };
        try {
          const record = readPinned(home, facts, id);
          const slots = record ? slotViews(record, facts).map(({ kdf: _, ...slot }) => slot) : [];
          const uses = slots.flatMap(({ lastUsed }) => lastUsed ?? []);
          return { ...shown, name: record?.name ?? null, slots, lastUnlock: uses.length === 0 ? null : uses.reduce((a, b) => (a > b ? a : b)), fault: null };
        } catch (error) {
          return { ...shown, name: null, slots: [], lastUnlock: null, fault: state === 'deleted' ? null : sentenceOf(error) };
        }
      }),
      roles: [...allRoles],
      may,
      who: deciders.map((id) => this.#called(id)),
    };
  }

  /**
   * @returns `step` proof where who asks is the only one whom it takes; else the session is covered.
   * @throws Refusal
   */
  async ask(deed: Deed): Promise<Output<'people.roles'>> {
    const { gate, clock, home } = this.#parts;
    const session = gate.requireSession();
    const facts = await this.#facts();
    const by = { id: session.person.id };
    let [words, effect, others]: [string, string, readonly string[] | undefined] = ['', '', undefined];
    let wish: Wish | undefined;
    let newcomer: Asked['newcomer'];
    if (deed.kind === 'enrol') {
      const name = checkName(deed.name);
      if (namesakeOf(home, facts, name)) throw new Refusal('same-name', `Somebody here has the name ${name} already. Give a name that tells them apart.`);
      const roles = orderedRoles(deed.roles);
      deed = { ...deed, name, roles };
      words = `Enrol ${name} as ${roles.join(', ') || 'somebody without a role'}.`;
      effect = 'They choose a passphrase alone, and come in with it. Nobody here sees it, and nobody can reset it.';
      others = othersForRoles(facts, by.id, undefined, roles);
      newcomer = { name };
    } else if (deed.kind === 'rebind') {
      ({ others } = requireRebindable(facts, by, deed.id));
      words = `Give ${this.#called(deed.id)} new keys. Both have seen that it is them: ${deed.checked.replaceAll('-', ' ')}.`;
      effect =
        'They choose a passphrase alone. Everything that opened their recordings before opens nothing any more, their shells end, and what they recorded until now stays closed to them: only an audit key opens it.';
      newcomer = { name: this.#nameOf(deed.id), id: deed.id };
    } else if (deed.kind === 'unmask') {
      const owner = (await this.#parts.installed.require().ledger.recording(deed.recording))?.person;
      others = whoUnmasks(facts, by.id, owner);
      if (others.length === 0) throw secondNeeded('To see somebody else’s recording with nothing covered takes two', others);
      words = `Show recording ${deed.recording} of ${owner ? this.#called(owner) : 'nobody who is known'} to ${this.#called(by.id)} with nothing covered.`;
      effect =
        'Until the lock, at this workstation, with the audit key in hand. It is entered that both of you agreed, and each look with how much of it was seen.';
    } else if (deed.kind === 'policy') {
      wish = wishOf(home, facts, deed.sha256);
      words = wishWords(wish.proposal);
      effect =
        'It counts at once: timers, unlock rules and classes are those from then on. Recordings that run keep the policy that they began under. Everybody is told at their next unlock.';
      others = needsSecond(facts, wish.proposal, by.id);
    } else if (deed.kind === 'station') {
      requireLifter({ home, ledger: { facts }, admin: by });
      words = `Stop this workstation. Reason: ${spoken(deed.reason)}.`;
      effect =
        'Everybody is locked out at once, you too, and nobody comes in but by break-glass. Programs run on, recorded, as long as the policy lets them. Another security admin than you lifts it, at the lock page or by: wardmux stop lift station';
    } else {
      const known = somebodyElse(facts, by, deed.id);
      const who = this.#called(deed.id);
      if (deed.kind === 'roles') {
        const roles = orderedRoles(deed.roles);
        requireRoleChange(facts, deed.id, roles, who);
        deed = { ...deed, roles };
        words = `Give ${who} the roles ${roles.join(', ') || 'none'}, in place of ${known.roles.join(', ') || 'none'}.`;
        effect = 'It counts at once: where they are in, they are locked out within seconds, and come in again with the new roles.';
        others = othersForRoles(facts, by.id, deed.id, roles);
      } else if (deed.kind === 'stop') {
        if (known.state !== 'active') throw new Refusal('no-change', `${who} is ${known.state} already, and cannot come in. Nothing was changed.`);
        requireLifter({ home, ledger: { facts }, admin: by }, deed.id);
        words = `Stop ${who}. Reason: ${spoken(deed.reason)}.`;
        effect = 'They are locked and logged off within seconds, their shells end, and they cannot come in until another security admin than you lifts it.';
      } else if (deed.kind === 'lift') {
        if (known.state !== 'stopped') throw new Refusal('no-change', `${who} is not stopped. Nothing was changed.`);
        requireOtherHand(facts, known.stoppedBy ?? by.id, by.id);
        words = `Lift the stop of ${who}.`;
        effect = 'They can come in again, with what opened their keys before and with the roles that they have.';
      } else {
        if (known.state === deed.state) throw new Refusal('no-change', `${who} is ${deed.state} already. Nothing was changed.`);
        words = `${stateWords[deed.state]} ${who}.`;
        effect = effects[deed.state];
      }
    }
    this.#waiting = { session, deed, words, effect, at: new Date(), until: clock.now() + AGREE_MS, others, wish, newcomer };
    const asked = this.view();
    if (asked.step !== 'proof') queueMicrotask(() => void gate.cover());
    return asked;
  }

  /** What the page shows of what waits. @throws Refusal where nothing does */
  view(): Output<'people.asked'> {
    const asked = this.#require();
    const { words, effect, others, second, refused, until, session, wish, newcomer } = asked;
    const step = refused ? 'proof' : newcomer && !asked.record ? 'newcomer' : others && !second ? 'second' : 'proof';
    const request = this.#request(asked);
    const { installation } = this.#parts.installed.require().ledger;
    return {
      step,
      words,
      effect,
      hash: others && request ? requestDigest(installation, session.person.id, request) : null,
      by: this.#nameOf(session.person.id),
      newcomer: newcomer?.name ?? null,
      renews: newcomer?.id !== undefined,
      who: (others ?? []).map((id) => this.#nameOf(id)),
      second: second ? this.#nameOf(second.id) : null,
      refused: refused ?? false,
      seconds: Math.ceil((until - this.#parts.clock.now()) / 1000),
      changes: wish ? changesOf(wish.proposal) : [],
    };
  }

  /** What two sign; undefined where one decides, or before the new person's part. */
  #request({ deed, at, record, wish }: Asked): ((PeopleRequest | UnmaskDeed) & { readonly asked: string }) | undefined {
    const { facts } = this.#parts.installed.require().ledger;
    const asked = at.toISOString();
    if (wish) return { deed: 'policy', previousSha256: wish.before, sha256: wish.proposal.sha256, asked };
    if (deed.kind === 'unmask') return { deed: 'unmask', recording: deed.recording, asked };
    if (deed.kind === 'roles') return { deed: 'roles', person: deed.id, roles: deed.roles, after: facts.person(deed.id)?.rolesSeq ?? null, asked };
    if (record && deed.kind === 'rebind') {
      const { id: person, checked } = deed;
      return { deed: 'rebind', person, ...factsOf(record), checked, after: this.#parts.installed.require().ledger.facts.person(person)?.seq ?? null, asked };
    }
    return record && deed.kind === 'enrol' ? { deed: 'roles', person: record.id, roles: deed.roles, after: null, asked } : undefined;
  }

  /** The new person's part. The passphrase has gone to the vault as a sealed frame. @throws Refusal */
  async newcomer(): Promise<Output<'people.asked'>> {
    const { vaults, installed } = this.#parts;
    const asked = this.#require();
    const { newcomer } = asked;
    if (!newcomer || asked.record) throw nothing();
    const workstation = installed.require().policy.policy.workstation.name;
    const { record } = await vaults.require().ask('newcomer', { ...newcomer, workstation });
    this.#goesOn(asked, { record });
    return this.view();
  }

  #goesOn(asked: Asked, more: Partial<Asked>): void {
    // Locked meanwhile, or asked anew.
    if (this.#asked !== asked) throw nothing();
    this.#waiting = { ...asked, ...more };
  }

  /** For a passkey of whoever agrees. */
  async agreeOptions(person: string, withPassphrase: boolean | undefined): Promise<Record<string, unknown>> {
    this.#require();
    return this.#parts.waysIn.passkeyOptions(person, credentialMethod(withPassphrase));
  }

  /**
   * Somebody else agrees. The secret has gone to the vault as a sealed frame.
   * @param typed their id or name @param answer of a passkey or key; left out where it was the passphrase alone @throws Refusal
   */
  async agree(typed: string, answer?: CredentialAnswer): Promise<Output<'people.asked'>> {
    const { unlock, vaults, installed, journal } = this.#parts;
    const asked = this.#require();
    const { others, session } = asked;
    const request = this.#request(asked);
    if (!others || !request || asked.second) throw nothing();
    const by = session.person.id;
    const method = answer ? credentialMethod(answer.withPassphrase) : 'passphrase';
    const { id, opened } = await unlock.agree(typed, method, (person, known) => {
      if (request.deed === 'unmask') {
        const unmask = { person, known, by, request };
        return answer ? vaults.require().ask('agreeUnmaskPasskey', { ...unmask, ...answer }) : vaults.require().ask('agreeUnmaskPassphrase', unmask);
      }
      const what = { person, known, by, request };
      return answer ? vaults.require().ask('agreePasskey', { ...what, ...answer }) : vaults.require().ask('agreePassphrase', what);
    });
    const { certificate } = opened;
    if (!others.includes(id)) {
      journal.refusals.denied('page', { needs: 'person.decide', why: 'not-permitted', person: id });
      throw new Refusal('not-permitted', `You may not agree to this. Who may: ${others.map((each) => this.#nameOf(each)).join(', ')}.`);
    }
    const { ledger } = installed.require();
    const text = deedText(ledger.installation, by, request);
    if (certifierOf(text, certificate) !== ledger.facts.person(id)?.signingKey)
      throw new Refusal('not-proven', 'What the vault signed is not by your key. Nothing was changed: lock, and tell whoever audits this workstation.');
    this.#goesOn(asked, { second: { id, certify: async (_, who, what) => signedBefore(text, certificate, deedText(ledger.installation, who, what)) } });
    return this.view();
  }

  /** Whoever was to agree does not. Nothing is done then but going back. */
  refuse(): Output<'people.asked'> {
    this.#goesOn(this.#require(), { refused: true });
    return this.view();
  }

  /**
   * Who asked shows once more that it is them: the deed is done, or left.
   * @param go false where they only come back. @param answer as of `agree`
   * @returns a sentence. @throws Refusal
   */
  async prove(go: boolean, answer?: CredentialAnswer): Promise<{ readonly sentence: string }> {
    const { slots, gate } = this.#parts;
    const asked = this.#asked;
    if (!asked) throw nothing();
    const isCovered = this.#isCovered(asked);
    const step = go ? this.view().step : undefined;
    if (go && (step !== 'proof' || asked.refused)) throw nothing();
    await (answer ? slots.confirmPasskey(answer) : slots.confirmPassphrase());
    if (this.#asked !== asked) throw nothing();
    this.#waiting = undefined;
    try {
      const sentence = go ? await this.#do(asked) : 'Nothing was changed.';
      if (isCovered) gate.notice(go ? 'ok' : 'note', sentence);
      return { sentence };
    } catch (error) {
      if (isCovered && error instanceof Error) gate.notice('stop', error.message);
      throw error;
    } finally {
      if (isCovered) queueMicrotask(() => void gate.uncover());
    }
  }

  /** Who asked leaves it, where nobody else was at the keyboard. */
  leave(): void {
    const asked = this.#asked;
    if (asked && this.#isCovered(asked)) throw new Refusal('covered', 'Somebody else was at the keyboard: who asked shows that it is them, or locks.');
    this.#waiting = undefined;
  }

  /** Whether somebody else has had the keyboard, or has it. */
  #isCovered = ({ newcomer, others }: Asked): boolean => newcomer !== undefined || others !== undefined;

  async #do({ deed, record, second, at, wish }: Asked): Promise<string> {
    const { home, installed, vaults, gate } = this.#parts;
    const { installation, ledger } = installed.require();
    const { person } = gate.requireSession();
    const admin: Decider = {
      id: person.id,
      // Of recordings nothing else is decided here, and the vault's table takes no such request.
      certify: async (_, __, request) =>
        request.deed === 'unmask' ? vaults.require().ask('certifyUnmask', { request }) : vaults.require().ask('certify', { request: request as PeopleRequest }),
    };
    const parts: PeopleParts = { home, installation, ledger, admin, second, asked: at.toISOString() };
    switch (deed.kind) {
      case 'enrol': {
        const { id } = record!;
        await enrol(parts, record!, deed.roles);
        return `${deed.name} is enrolled as ${id}. Auditors need the new trust file: wardmux trust`;
      }
      case 'roles':
        await grantRoles(parts, deed.id, deed.roles);
        return `${this.#called(deed.id)} has the roles ${deed.roles.join(', ') || 'none'}.`;
      case 'state':
        await setState(parts, deed.id, deed.state);
        return `${this.#called(deed.id)} is ${deed.state}.`;
      case 'stop':
        await stopPerson(parts, deed.id, deed.reason);
        return `${this.#called(deed.id)} is stopped, until another security admin lifts it.`;
      case 'lift':
        await liftStop(parts, deed.id);
        return `The stop of ${this.#called(deed.id)} is lifted.`;
      case 'rebind':
        await rebind(parts, record!, { checked: deed.checked });
        return `${this.#called(deed.id)} has new keys, and comes in with the new passphrase. Auditors need the new trust file: wardmux trust`;
      case 'policy': {
        if (ledger.facts.policy?.sha256 !== wish!.before)
          throw new Refusal('changed-meanwhile', 'Another policy came into force meanwhile. Nothing was changed: look at the difference again.');
        const version = await changePolicy({ ...parts, proposal: wish!.proposal });
        return `The policy is in force: version ${version}.`;
      }
      case 'unmask':
        await unmaskRecording({ ...parts, ledger }, deed.recording);
        return `Recording ${deed.recording} can be looked at with nothing covered until the lock. Open it again under :recordings.`;
      case 'station':
        await stopStation(parts, deed.reason);
        // On the answer the lock follows, without waiting for the next look at the ledger.
        queueMicrotask(() => gate.stop('stopped'));
        return 'This workstation is stopped.';
    }
  }

  /** Once a second. A covered session does not stand for ever: whoever had the keyboard may have gone. */
  tick(): void {
    const asked = this.#asked;
    if (!asked || this.#parts.clock.now() < asked.until) return;
    this.#waiting = undefined;
    if (this.#isCovered(asked)) void this.#parts.gate.lock('covered');
  }
}

/** A signature that was given before is for that text, and for no other. @throws Refusal */
function signedBefore(text: Uint8Array, certificate: Certificate, wanted: Uint8Array): Certificate {
  if (Buffer.compare(text, wanted) === 0) return certificate;
  throw new Refusal('changed-meanwhile', 'Something else was changed meanwhile, so what was agreed to is not this any more. Ask for it again.');
}
