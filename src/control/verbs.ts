/**
 * What can be asked for at the private socket: one row a verb. None opens anything, and none carries text of a pane, keys or a buffer: what a command
 * may say there, and by whom, stands in main/given.ts.
 */
import { z } from 'zod';
import { asked, type InputOf, type OutputOf, type Service } from '../process/service.ts';
import { Refusal } from '../types/refusal.ts';
import { invisibilities, limitedProcesses, limitNames } from '../types/words.ts';
import { MOST_WORDS } from './command.ts';

/** What an app or a terminal says of itself. */
const appFacts = z.object({
  /** There is a window, or one is being opened. */
  window: z.boolean(),
  state: z.enum(['starting', 'first-run', 'locked', 'unlocked']),
  locked: z.boolean(),
  /** ISO 8601 UTC: since when nothing is open. */
  since: z.string().nullable(),
  /** How it is known that nothing is to be seen; null while something may be. */
  visible: z.enum(invisibilities).nullable(),
  shells: z.number(),
  host: z.enum(['electron', 'chromium', 'terminal']),
  version: z.string(),
  pid: z.number(),
  /** Limits of its processes that another program has lowered since they began (prlimit): to what. */
  lowered: z.array(z.object({ process: z.enum(limitedProcesses), limit: z.enum(limitNames), to: z.number() })),
  /** After `lock`: the ledger has its event. The lock does not wait for that. */
  entered: z.boolean().optional(),
});
export type AppFacts = z.infer<typeof appFacts>;

const none = z.strictObject({});
/** Locking takes a tenth of a second, and three where a process hangs; an app that is silent this long hangs itself. */
const SOCKET_MS = 5000;
/** A browser is started for a window that was closed: as long as a start may take. */
const WINDOW_MS = 60_000;

const commandInput = z.strictObject({
  words: z
    .array(z.string())
    .min(1)
    .max(200)
    .refine((words) => JSON.stringify(words).length <= MOST_WORDS),
  /** Of the challenge that the proof answers. */
  sealed: z.string(),
  /** HMAC-SHA-256, base64. */
  proof: z.base64(),
});
const commandOutput = z.object({
  /** What was asked for, in whole lines. */
  output: z.string(),
  /** Why it was refused, or what differs from what was asked for. */
  note: z.string().optional(),
  refused: z.boolean(),
});

export const verbs = {
  lock: asked('app.lock', none, appFacts, SOCKET_MS),
  status: asked('app.status', none, appFacts, SOCKET_MS),
  show: asked('app.show', none, appFacts, WINDOW_MS),
  /** Who is in, and what only their key answers: for one command. */
  challenge: asked('session.use', none, z.object({ person: z.string(), sealed: z.string() }), SOCKET_MS),
  command: asked('session.use', commandInput, commandOutput, SOCKET_MS),
} as const satisfies Service;

export type Verb = keyof typeof verbs;
/** Those that take nothing, and tell of who is asked. */
export type FactsVerb = 'lock' | 'status' | 'show';
export type VerbInput<V extends Verb> = InputOf<typeof verbs, V>;
export type VerbOutput<V extends Verb> = OutputOf<typeof verbs, V>;
/** One a verb: a verb without one does not compile. */
export type VerbHandlers = { readonly [V in Verb]: V extends FactsVerb ? () => Promise<AppFacts> : (input: VerbInput<V>) => Promise<VerbOutput<V>> };
export const verbNames = Object.keys(verbs) as readonly Verb[];

const noWindows = async (): Promise<never> => {
  throw new Refusal('no-window', 'A terminal has one shell and no windows: this is for the app’s.');
};
/** Of who has none. */
export const withoutWindows: Pick<VerbHandlers, 'challenge' | 'command'> = { challenge: noWindows, command: noWindows };
