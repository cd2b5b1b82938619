/** What a kind of anchor is: one literal a file, and a line in all.ts. Policy, receipts, grades and `wardmux anchor add` are made from these. */
import type { z } from 'zod';
import type { NoteKey } from '../ledger/note.ts';
import type { NewestHead } from './newest.ts';
import type { RootAt } from './relation.ts';
import type { EmergencyAlert, AnchorHead } from './types.ts';
import { SentenceError } from '../types/sentence.ts';

/** What a channel may need. */
export interface AnchorContext {
  readonly installation: string;
  readonly key: NoteKey;
  readonly rootAt: RootAt;
  /** The policy's list: nothing else is reached. */
  readonly network: readonly string[];
  /** Where a kind may keep files of its own. */
  readonly folder: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An option of `wardmux anchor add`: its flags as commander has them, and its help. */
export type AnchorOption = readonly [flags: string, help: string];

/** What was given to `wardmux anchor add`. */
export interface Given {
  /** The row's name and its seconds. */
  readonly base: { readonly name: string; readonly everySeconds?: number };
  /** The value of the kind's own option. */
  readonly place: string;
  /** The other options, by their long names in camel case. */
  readonly options: Readonly<Record<string, string | undefined>>;
  /** @throws where the file cannot be read */
  readonly read: (path: string) => string;
}

/** What a place is prepared for. */
export interface PreparedFor {
  /** The data folder. */
  readonly home: string;
  readonly installation: string;
  readonly talk: (line: string) => void;
}

/** The way to an anchor. `P`: what its kind gives for a head. A proof of another kind may stand under the same name, from a row that was replaced. */
export interface Channel<P> {
  /** For people: `folder /mnt/audit`, `siem.example.org:6514`. */
  readonly where: string;
  /**
   * Hands a head over. Resolves only when the kind's own condition for that is met (see each file).
   * @param signal ends the attempt.
   * @param known what it gave for a head before, signed for here.
   * @throws AnchorError
   */
  send(head: AnchorHead, signal: AbortSignal, known?: P): Promise<P>;
  /**
   * Hands an alert over, where this kind carries any: resolves as send does. @param signature of the text by the installation, base64.
   * @throws AnchorError
   */
  alert?(alert: EmergencyAlert, signature: string, signal: AbortSignal): Promise<void>;
  /** Checks a proof that was given before. @returns a sentence where it does not hold. */
  check(head: AnchorHead, proof: P): Promise<string | undefined>;
  /** The heads that can be read back there, where this kind can be read. @param known as send. @throws AnchorError */
  latest?(known?: P): Promise<NewestHead>;
}

export interface AnchorKind<Row, P> {
  readonly kind: string;
  /** Its row in policy.json. */
  readonly row: z.ZodType<Row>;
  /** What it gives for a head, as a line of receipts.jsonl keeps it. The order of the fields is what is signed. */
  readonly proof: z.ZodType<P>;
  /** Between two heads, where the row does not say (s). */
  readonly everySeconds: number;
  /** At rest (s): a collector can then raise an alarm about a workstation that is silent. */
  readonly restSeconds: number;
  /** So many rows of it, where there is a reason for fewer than of others. */
  readonly most?: { readonly rows: number; readonly sentence: string };
  readonly open: (row: Row, context: AnchorContext) => Channel<P>;
  /** Where the proof itself says when: ISO 8601 UTC. */
  readonly provenAt?: (proof: P) => string;
  /** The folder that heads are kept in, where it is one. */
  readonly folder?: (row: Row) => string;
  /** What it reaches over the network. */
  readonly reached?: (row: Row) => Address;
  /** `--KIND <…>`: the place, and its help. */
  readonly place: readonly [placeholder: string, help: string];
  readonly options: readonly AnchorOption[];
  /** The row that the options describe; its schema judges it. @throws AnchorUsage */
  readonly fromOptions: (given: Given) => Row;
  /** Looks at the place before it is written down. @throws AnchorUsage */
  readonly prepare?: (row: Row, parts: PreparedFor) => void;
}

/** An option that several kinds have. */
export const CA_OPTION: AnchorOption = ['--ca <FILE>', 'PEM: who signs the collector’s certificate, or the authority’s root'];

/** The options of `wardmux anchor add` do not make a row: says what is missing, and is wrong usage. */
export class AnchorUsage extends SentenceError {
  override name = 'AnchorUsage';
}
