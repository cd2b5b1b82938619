/**
 * An export on its way in the window: what is asked for, what it would hold, what is let out by hand, and what came of it. What was found comes from the vault as
 * sealed frames; what it is for goes there as one. Framework-free: views read the signals.
 */
import { batch, computed, signal } from '@preact/signals';
import type { ReviewFrame } from '../../../src/bridge/frames.ts';
import type { Input, Output } from '../../../src/bridge/schema.ts';
import type { ReviewTold, ToldPlace } from '../../../src/review/told.ts';
import { lengthUs } from '../../../src/types/length.ts';
import { recogniserKinds, type ExportForm, type GivenReasonWord } from '../../../src/types/words.ts';
import { Refused, type Bridge } from '../../shared/bridge.ts';
import { textBytes } from '../../shared/bytes.ts';
import { messages } from '../../shared/messages.ts';
import { refusalWords } from '../../shared/refusal-words.ts';

const text = messages.export;

/** Somebody else’s is exported for a reason, with an audit key in hand: what was said of them when it was looked at, and nothing where it was not. */
type WithKey = Pick<Input<'export.planOther'>, 'reason' | 'keyFile'>;

/** Where it comes from. */
export type ExportOf = { readonly pane: number } | { readonly recording: string; readonly others?: Partial<WithKey> | undefined };

type Kind = NonNullable<Input<'export.plan'>['kinds']>[number];
export type Redact = 'default' | 'chosen' | 'all' | 'none';
/** Of somebody else’s at least what the default recognisers find is withheld. */
export const redactsOwn: readonly Redact[] = ['default', 'chosen', 'none'];
export const redactsOthers: readonly Redact[] = ['default', 'all'];

export interface Asked {
  readonly purpose: string;
  readonly recipient: string;
  /** Empty: from its start, to its end. */
  readonly from: string;
  readonly to: string;
  readonly redact: Redact;
  readonly kinds: readonly Kind[];
  readonly form: ExportForm;
  readonly path: string;
  /** Of the key that it is sealed to. */
  readonly keyFile: string;
  /** Of somebody else’s alone: why, and the audit key that opens it. */
  readonly reason: GivenReasonWord;
  readonly auditKey: string;
}

export type AskedField = 'purpose' | 'recipient' | 'auditKey' | 'from' | 'to' | 'kinds' | 'redact' | 'path' | 'keyFile';
/** What is wrong with an audit key, as the vault says it. */
const keyFaults: readonly string[] = ['bad-key-file', 'not-a-recipient'];

export type Planned = Output<'export.plan'>;
export type Made = Output<'export.start'>;
export type Verdict = Output<'export.verify'>;

const blank: Asked = {
  purpose: '',
  recipient: '',
  from: '',
  to: '',
  redact: 'default',
  kinds: [],
  form: 'evidence',
  path: '',
  keyFile: '',
  reason: 'audit',
  auditKey: '',
};

let nextTicket = 1;

export class Exporting {
  readonly #bridge: Bridge;
  readonly #of: ExportOf;
  #ticket = 0;
  #left = false;
  /** It is somebody else’s. */
  readonly isOthers: boolean;

  readonly step = signal<'ask' | 'planning' | 'look' | 'making' | 'done'>('ask');
  readonly asked = signal<Asked>(blank);
  /** What is wrong, and at which field. */
  readonly fault = signal<{ readonly field: AskedField; readonly words: string } | undefined>(undefined);
  readonly planned = signal<Planned | undefined>(undefined);
  readonly places = signal<readonly ToldPlace[]>([]);
  /** All of them: also those that are not listed. */
  readonly found = signal(0);
  /** Why somebody lets out what was found there, by the place. */
  readonly released = signal<ReadonlyMap<string, string>>(new Map());
  readonly made = signal<Made | undefined>(undefined);
  readonly verdict = signal<Verdict | 'busy' | undefined>(undefined);
  /** What is withheld, as it stands. */
  readonly withheld = computed(() => (this.planned.value?.withheld ?? 0) - this.released.value.size);

  constructor(bridge: Bridge, of: ExportOf) {
    this.#bridge = bridge;
    this.#of = of;
    const given = 'recording' in of ? of.others : undefined;
    this.isOthers = given !== undefined;
    if (given) this.change({ ...(given.reason && { reason: given.reason }), ...(given.keyFile === undefined ? {} : { auditKey: given.keyFile }) });
  }

  change(change: Partial<Asked>): void {
    this.asked.value = { ...this.asked.value, ...change };
  }

  /** Nobody looks any more. */
  leave(): void {
    this.#left = true;
  }

  /** Looks through it, where all that is asked for has been said. Nothing is written. */
  async plan(): Promise<void> {
    if (this.step.value !== 'ask') return;
    const asked = this.asked.value;
    const fault = wrongIn(asked, this.isOthers);
    this.fault.value = fault;
    if (fault) return;
    const ticket = (this.#ticket = nextTicket++);
    batch(() => {
      this.step.value = 'planning';
      this.places.value = [];
      this.found.value = 0;
      this.released.value = new Map();
    });
    try {
      const [fromUs, toUs] = [asked.from, asked.to].map((typed) => (typed.trim() === '' ? undefined : lengthUs(typed.trim())));
      const kinds = asked.redact === 'chosen' ? asked.kinds : asked.redact === 'all' ? recogniserKinds : undefined;
      const planned = await this.#plan({
        ticket,
        ...(kinds === undefined ? {} : { kinds: [...kinds] }),
        ...(fromUs === undefined ? {} : { fromUs }),
        ...(toUs === undefined ? {} : { toUs }),
      });
      if (ticket !== this.#ticket) return;
      batch(() => {
        this.planned.value = planned;
        this.step.value = 'look';
      });
    } catch (error) {
      if (ticket === this.#ticket) this.#failed(error);
    }
  }

  #plan(how: Pick<Input<'export.plan'>, 'ticket' | 'kinds' | 'fromUs' | 'toUs'>): Promise<Planned> {
    const of = this.#of;
    if ('pane' in of) return this.#bridge.request('export.plan', { ...how, pane: of.pane });
    const { recording } = of;
    if (!this.isOthers) return this.#bridge.request('export.plan', { ...how, recording });
    const { reason, auditKey } = this.asked.value;
    return this.#bridge.request('export.planOther', { ...how, recording, reason, keyFile: auditKey.trim() });
  }

  /** To what was asked; what was planned is not made. */
  back(): void {
    this.#ticket = 0;
    this.step.value = 'ask';
  }

  #failed(error: unknown): void {
    const field = error instanceof Refused && keyFaults.includes(error.code) && this.isOthers ? 'auditKey' : 'path';
    batch(() => {
      this.step.value = 'ask';
      this.fault.value = { field, words: refusalWords(error) };
    });
  }

  receive({ pane: ticket, bytes }: ReviewFrame): void {
    if (ticket !== this.#ticket) return;
    const told = JSON.parse(new TextDecoder().decode(bytes)) as ReviewTold;
    if (told.kind !== 'places') return;
    batch(() => {
      this.places.value = told.places;
      this.found.value = told.found;
    });
  }

  /** @param reason undefined: it is withheld. */
  decide(place: string, reason: string | undefined): void {
    const released = new Map(this.released.value);
    if (reason === undefined) released.delete(place);
    else released.set(place, reason);
    this.released.value = released;
  }

  /** Makes what was planned. @param sayLate is told of it where nobody looks any more. */
  async make(sayLate: (level: 'ok' | 'stop', words: string, path?: string) => void): Promise<void> {
    if (this.step.value !== 'look') return;
    const { purpose, recipient, form, path, keyFile } = this.asked.value;
    this.step.value = 'making';
    try {
      const said = { purpose: purpose.trim(), recipient: recipient.trim(), released: [...this.released.value] };
      await this.#bridge.sendFrame('vault', { type: 'disclosure', bytes: textBytes(JSON.stringify(said)) });
      const made = await this.#bridge.request('export.start', {
        ticket: this.#ticket,
        form,
        path: path.trim(),
        ...(form === 'sealed' ? { keyFile: keyFile.trim() } : {}),
      });
      if (this.#left) return sayLate('ok', text.doneTitle[form], made.path);
      batch(() => {
        this.made.value = made;
        this.step.value = 'done';
      });
    } catch (error) {
      if (this.#left) return sayLate('stop', refusalWords(error));
      this.#failed(error);
    }
  }

  async verify(): Promise<void> {
    const path = this.made.value?.path;
    if (path === undefined || this.asked.value.form !== 'evidence' || this.verdict.value === 'busy') return;
    this.verdict.value = 'busy';
    this.verdict.value = await this.#bridge
      .request('export.verify', { folder: path })
      .catch((error: unknown): Verdict => ({ good: false, sentence: refusalWords(error), notes: [] }));
  }

  /** @returns why it could not be shown. */
  async show(): Promise<string | undefined> {
    const path = this.made.value?.path;
    if (path === undefined) return undefined;
    return this.#bridge.request('export.show', { folder: path }).then(() => undefined, refusalWords);
  }
}

/** The first field with which nothing can be planned. */
function wrongIn(
  { purpose, recipient, auditKey, from, to, redact, kinds, form, path, keyFile }: Asked,
  isOthers: boolean,
): { readonly field: AskedField; readonly words: string } | undefined {
  const none = (typed: string): boolean => typed.trim() === '';
  const isPlace = (typed: string): boolean => none(typed) || lengthUs(typed.trim()) !== undefined;
  if (none(purpose)) return { field: 'purpose', words: text.noPurpose };
  if (none(recipient)) return { field: 'recipient', words: text.noRecipient };
  if (isOthers && none(auditKey)) return { field: 'auditKey', words: text.noAuditKey };
  if (!isPlace(from)) return { field: 'from', words: text.noPlace };
  if (!isPlace(to)) return { field: 'to', words: text.noPlace };
  if (redact === 'none') return { field: 'redact', words: text.noneTakesTwo };
  if (redact === 'chosen' && kinds.length === 0) return { field: 'kinds', words: text.noKinds };
  if (form === 'sealed' && none(keyFile)) return { field: 'keyFile', words: text.noKeyFile };
  return none(path) ? { field: 'path', words: text.noPath } : undefined;
}
