/** What can be asked for at the private socket: one row a verb. None takes anything, and none opens anything. */
import { z } from 'zod';
import { asked, type Service } from '../process/service.ts';
import { invisibilities, limitedProcesses, limitNames } from '../types/words.ts';

/** What an app or a terminal says of itself. */
export const appFacts = z.object({
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

export const verbs = {
  lock: asked('app.lock', none, appFacts, SOCKET_MS),
  status: asked('app.status', none, appFacts, SOCKET_MS),
  show: asked('app.show', none, appFacts, WINDOW_MS),
} as const satisfies Service;

export type Verb = keyof typeof verbs;
/** One a verb: a verb without one does not compile. */
export type VerbHandlers = { readonly [V in Verb]: () => Promise<AppFacts> };
export const verbNames = Object.keys(verbs) as readonly Verb[];
