/**
 * Whether the list that the policy demands stands: which of two files is the newest that is signed, whether it was set back against what the ledger has
 * seen, and whether it is too old. Pure. What is away is what a network is now and then, and the copy that is kept stands in for it until that is too old;
 * what is there and is wrong, somebody has put there, and nobody comes in.
 */
import type { RevocationState } from '../types/words.ts';
import { isList, readList, type SignedList } from './list.ts';
import { HOUR_MS } from '../types/units.ts';

/** What the policy demands. */
export interface RevocationPolicy {
  /** Absolute. */
  readonly file: string;
  /** `TYPE BASE64` of the SSH keys that may sign it. */
  readonly keys: readonly string[];
  /** From which age on it is too old. */
  readonly maxAgeHours: number;
}

/** What was found where the policy says that it is. */
export type FoundFile = { readonly bytes: Uint8Array } | { readonly state: 'missing' | 'unreadable'; readonly why: string };

export interface Judging {
  readonly demanded: RevocationPolicy;
  readonly file: FoundFile;
  /** The last one that was taken: its signature counts, and where it lies does not. */
  readonly kept: Uint8Array | undefined;
  /** The newest that the ledger has. */
  readonly known: { readonly number: number; readonly sha256: string } | null;
  /** Milliseconds since the epoch: as late as anything here has ever said that it is. */
  readonly now: number;
}

export interface Judged {
  /** The newest that is signed: what it names is revoked, also where it is too old. */
  readonly list?: SignedList | undefined;
  /** The bytes of it, where they are to be kept. */
  readonly keep?: Uint8Array | undefined;
  readonly state: RevocationState;
  /** Nobody comes in but by break-glass. */
  readonly barred: boolean;
  /** For people: what is wrong, where, and what to do. Undefined where nothing is. */
  readonly sentence?: string | undefined;
  /** Hours since it was issued; undefined where there is none. */
  readonly ageHours?: number | undefined;
}

/** Whoever signs has another clock (ms). */
const SKEW_MS = 10 * 60_000;
/** From this part of its greatest age on it is said that a new one is due: a day of three (requirements 4.5). */
const DUE_PART = 1 / 3;

const fetchAdvice = 'Have a new one put there by whoever signs it.';

export function judge({ demanded, file, kept: keptBytes, known, now }: Judging): Judged {
  const { file: path, keys, maxAgeHours } = demanded;
  const kept = keptBytes && readList(keptBytes, keys);
  // A copy that was replaced by an older one is none.
  const standIn = kept && isList(kept) && fault(kept, known) === undefined ? kept : undefined;
  const bad = (state: RevocationState, why: string, advice: string, list = standIn): Judged => ({
    state,
    barred: true,
    sentence: `The revocation list ${path} ${why}. Nobody comes in but by break-glass until that is over. ${advice}`,
    list,
    ageHours: list && hoursOf(list, now),
  });
  if ('state' in file) {
    if (!standIn) return bad(file.state, file.why, 'No list that counts is kept here. ' + fetchAdvice);
    const aged = byAge(standIn, { maxAgeHours, now, path, bad });
    return aged.barred
      ? aged
      : {
          ...aged,
          state: file.state,
          sentence: `The revocation list ${path} ${file.why}. Number ${standIn.number} of ${standIn.issued} is kept here, and counts until it is ${maxAgeHours} hours old.`,
        };
  }
  const read = readList(file.bytes, keys);
  if (!isList(read)) return bad(read.fault, read.why, 'It was not taken. ' + fetchAdvice);
  const older = fault(read, newest(known, standIn));
  if (older) return bad(older, faultWhy(older, read, newest(known, standIn)!), `It was not taken. Tell whoever audits this workstation. ${fetchAdvice}`);
  const keep = standIn?.sha256 === read.sha256 ? {} : { keep: file.bytes };
  return { ...byAge(read, { maxAgeHours, now, path, bad }), ...keep };
}

type Known = NonNullable<Judging['known']>;

function newest(one: Known | null, other: Known | undefined): Known | null {
  return other && (!one || other.number > one.number) ? other : one;
}

/** What is wrong with a list beside what was seen before. */
function fault({ number, sha256 }: Known, known: Known | null): 'set-back' | 'forked' | undefined {
  if (!known || number > known.number) return undefined;
  if (number < known.number) return 'set-back';
  return sha256 === known.sha256 ? undefined : 'forked';
}

const faultWhy = (state: 'set-back' | 'forked', { number }: Known, known: Known): string =>
  state === 'set-back'
    ? `has number ${number}, and number ${known.number} was here before`
    : `is another list than the one of the same number ${number} that was here before`;

const hoursOf = ({ issued }: Pick<SignedList, 'issued'>, now: number): number => Math.max(0, Math.floor((now - Date.parse(issued)) / HOUR_MS));

interface Aging {
  readonly maxAgeHours: number;
  readonly now: number;
  readonly path: string;
  readonly bad: (state: RevocationState, why: string, advice: string, list: SignedList) => Judged;
}

function byAge(list: SignedList, { maxAgeHours, now, path, bad }: Aging): Judged {
  const age = now - Date.parse(list.issued);
  if (age < -SKEW_MS) return bad('early', `was issued at ${list.issued}, which is yet to come by this machine’s clock`, 'Set the clock right.', list);
  if (age >= maxAgeHours * HOUR_MS) return bad('too-old', `is of ${list.issued}, and older than ${maxAgeHours} hours`, fetchAdvice, list);
  const ageHours = hoursOf(list, now);
  if (age < maxAgeHours * HOUR_MS * DUE_PART) return { state: 'good', barred: false, list, ageHours };
  const sentence = `The revocation list ${path} is ${ageHours} hours old. From ${maxAgeHours} hours on nobody comes in but by break-glass. ${fetchAdvice}`;
  return { state: 'good', barred: false, list, ageHours, sentence };
}
