/**
 * What can be asked of whom: one table a service, a row a question, from which both ends take their types. The page, the
 * private socket, the vault's process and the one with the shells are asked through `call`, and nowhere else: the row is
 * found, the door is asked, the input is checked, the handler runs in the row's time, what it gives is checked before it is
 * sent, and whatever it throws becomes a code and a sentence.
 */
import type { z } from 'zod';
import type { Denial, Permission } from '../access/index.ts';
import { inTime } from '../time/in-time.ts';
import { ANSWER_MS } from '../types/answer.ts';
import { Refusal } from '../types/refusal.ts';

/** What every table has. A row without `output` is told, and not answered. */
export interface Row {
  /** What whoever asks needs (src/access). */
  readonly needs: Permission;
  readonly input: z.ZodType;
  readonly output?: z.ZodType | undefined;
  /**
   * How long an answer may take (ms). Undefined: as long as it likes. Whoever answers keeps it; another process that asks
   * counts by itself, because what hangs keeps no time.
   */
  readonly withinMs?: number | undefined;
}
export type Service = Readonly<Record<string, Row>>;

/** A row that is answered. @param withinMs in milliseconds, or 'any' where the length of what is done has no bound. */
export function asked<I extends z.ZodType, O extends z.ZodType>(
  needs: Permission,
  input: I,
  output: O,
  withinMs: number | 'any' = ANSWER_MS,
): { readonly needs: Permission; readonly input: I; readonly output: O; readonly withinMs: number | undefined } {
  return { needs, input, output, withinMs: withinMs === 'any' ? undefined : withinMs };
}

/** A row that is told, and not answered. */
export function told<I extends z.ZodType>(needs: Permission, input: I): { readonly needs: Permission; readonly input: I; readonly output: undefined } {
  return { needs, input, output: undefined };
}

export type Asked<S extends Service> = { [N in keyof S & string]: S[N]['output'] extends z.ZodType ? N : never }[keyof S & string];
export type Told<S extends Service> = Exclude<keyof S & string, Asked<S>>;
export type InputOf<S extends Service, N extends keyof S> = z.output<S[N]['input']>;
export type OutputOf<S extends Service, N extends keyof S> = S[N]['output'] extends z.ZodType ? z.output<S[N]['output']> : void;
/** One handler a row. Where it answers at once, so does the service. */
export type Handlers<S extends Service> = { readonly [N in keyof S & string]: (input: InputOf<S, N>) => OutputOf<S, N> | Promise<OutputOf<S, N>> };

export interface Failure {
  readonly code: string;
  readonly sentence: string;
}
export type Answer = { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: Failure };

/**
 * Why a question reached no handler, or (`failed`) that its handler threw, took too long or gave what its row does not have, for
 * whoever keeps the record. Never holds what was sent.
 */
export type Trouble =
  | { readonly code: 'unknown-request' }
  | { readonly code: 'bad-input'; readonly request: string; readonly needs: Permission; readonly fields: readonly string[] }
  | { readonly code: 'failed'; readonly request: string; readonly needs: Permission };

export interface ServiceParts<S extends Service> {
  readonly table: S;
  readonly handlers: Handlers<S>;
  /** A denial has been told when this gives one. */
  readonly door: (needs: Permission, input: unknown) => Denial | undefined;
  readonly trouble: (trouble: Trouble) => void;
  /** What is said of an error that is no Refusal. Left out: that something went wrong, and nothing of the error. */
  readonly failure?: (error: unknown, request: string) => Failure;
}

/** Nobody knows how far a handler had come. */
const failed: Failure = {
  code: 'failed',
  sentence:
    'Something went wrong inside Wardmux, and it is not known whether this was done. Look before you try again; if it happens again, close and start Wardmux.',
};
const late: Failure = {
  code: 'no-answer',
  sentence: 'This takes longer than it may, and it is not known whether it will still be done. Look before you try again.',
};

const no = (code: string, sentence: string): Answer => ({ ok: false, error: { code, sentence } });

/** Asks a service. Never throws, never rejects; at once where the handler answers at once. */
export function call<S extends Service>(parts: ServiceParts<S>, request: string, input: unknown): Answer | Promise<Answer> {
  const { table, handlers, door, trouble, failure } = parts;
  if (!Object.hasOwn(table, request)) {
    trouble({ code: 'unknown-request' });
    return no('unknown-request', 'Wardmux does not know this request.');
  }
  const row = table[request]!;
  const { needs } = row;
  const denial = door(needs, input);
  if (denial) return no(denial.why, denial.sentence);
  const parsed = row.input.safeParse(input);
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))].filter((path) => path !== '');
    trouble({ code: 'bad-input', request, needs, fields });
    return no('bad-input', 'Wardmux could not read this request.');
  }
  const wrong = (error: Failure): Answer => {
    trouble({ code: 'failed', request, needs });
    return { ok: false, error };
  };
  const thrown = (error: unknown): Answer => {
    if (error instanceof Refusal) return no(error.code, error.message);
    if (failure) {
      const { code, sentence } = failure(error, request);
      return no(code, sentence);
    }
    return wrong(failed);
  };
  const done = (output: unknown): Answer => {
    if (!row.output) return { ok: true, output: undefined };
    // What the row does not name is not sent, and what is not as the row has it is no answer.
    const checked = row.output.safeParse(output);
    return checked.success ? { ok: true, output: checked.data } : wrong(failed);
  };
  try {
    const output: unknown = handlers[request as keyof S & string](parsed.data as never);
    if (!(output instanceof Promise)) return done(output);
    const answer = output.then(done, thrown);
    return row.withinMs === undefined ? answer : inTime(answer, row.withinMs, () => wrong(late));
  } catch (error) {
    return thrown(error);
  }
}
