/**
 * What main asks of the process that holds the shells, and what that tells main; checked at both ends. Pane text never travels
 * here in the clear: output and input go through the sealed view channel (src/bridge/channel) as opaque frames that main only
 * relays. Who may see and type no row says: that is proven with the owner's key (`attach`, `proof`).
 */
import { PERSON_ID } from '../types/ids.ts';
import { z } from 'zod';
import { denialReasons, permissionNames } from '../access/index.ts';
import { BREAK_GLASS } from '../recording/access.ts';
import { writtenSchema } from '../recording/written.ts';
import { asked, told, type InputOf, type OutputOf } from '../process/service.ts';
import { CLASS_NAME } from '../types/classes.ts';
import { endReasons, reasons, roles, workstationClasses } from '../types/words.ts';

const personId = z.string().regex(PERSON_ID);
const pane = z.number().int().nonnegative();
const cells = z.number().int().min(1).max(2000);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not bytes');
const head = z.object({ size: z.number().int().nonnegative(), root: z.string().regex(/^[0-9a-f]{64}$/) });
const jwk = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() });
const recipientSchema = z.object({ kid: z.string(), role: z.enum(['owner', 'audit']), jwk });
const endReason = z.enum(endReasons);
/** Id of an emergency; null where there is none. */
const breakGlass = z.string().regex(BREAK_GLASS).nullable();

/** Why somebody has come in, where they were asked. */
const why = z.object({ reason: z.enum(reasons), ticket: z.string().min(1).max(32).nullable() });

const recordingNoticeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('start'),
    recording: z.string(),
    person: z.string(),
    recipients: z.array(z.string()).readonly(),
    policySha256: z.string(),
    access: z.object({ role: z.enum(roles), class: z.enum(workstationClasses), reason: z.enum(reasons), breakGlass: z.string().nullable() }),
    sessionClass: z.string().regex(CLASS_NAME).optional(),
  }),
  z.object({ kind: z.literal('segment'), recording: z.string(), segment: z.number(), firstSeq: z.number(), head }),
  z.object({ kind: z.literal('heads'), heads: z.array(z.object({ recording: z.string(), head })).readonly() }),
  z.object({ kind: z.literal('end'), recording: z.string(), reason: endReason, head, outputBytes: z.number(), durationMs: z.number() }),
  z.object({ kind: z.literal('failed'), recording: z.string(), reason: z.string(), head }),
]);

/** What a recording takes from the policy in force. */
const policyFields = {
  policySha256: z.string(),
  workstationClass: z.enum(workstationClasses),
  rotateMinutes: z.number().positive(),
  rotateMebibytes: z.number().positive(),
  reserveMebibytes: z.number().nonnegative(),
};

const none = z.object({});
/** A lock waits for it. A slow one has a segment of each shell to end on a busy disk; its end would be the end of all of them. */
const DETACH_MS = 2000;

export const ptyService = {
  /** First, once. Paths are absolute. */
  configure: told('process.keep', z.object({ recordingsFolder: z.string(), installation: z.string(), ...policyFields, version: z.string() })),
  /** Another policy is in force: for the shells that are started from here on. A recording keeps the one that it began under. */
  policy: told('process.keep', z.object(policyFields)),
  /** Starts a shell, recorded from its first byte. `roles` are those of the person, as the ledger has them. */
  spawn: asked(
    'session.record',
    z.object({
      pane,
      person: z.string(),
      roles: z.array(z.string()),
      /** As whom and why: in an emergency, or as an operator. */
      opened: z.object({ role: z.enum(roles), reason: z.enum(reasons), breakGlass }).optional(),
      /** Of an emergency, as main counts it: without it nothing is started in one. */
      secondsLeft: z.number().positive().optional(),
      /** Marked in the recording, behind its beginning. */
      ticket: z.string().min(1).max(32).optional(),
      recipients: z.array(recipientSchema).min(1),
      /** The class of its session, and what that means for its shells. Left out: none, as in a terminal. */
      room: z
        .object({
          class: z.string().regex(CLASS_NAME),
          folder: z.string().startsWith('/'),
          withhold: z.array(z.string()),
          sandbox: z.object({ network: z.boolean() }).nullable(),
        })
        .optional(),
      command: z.array(z.string()).min(1),
      cwd: z.string(),
      env: z.record(z.string(), z.string()),
      cols: cells,
      rows: cells,
    }),
    z.object({ recording: z.string(), pid: z.number() }),
  ),
  resize: told('process.keep', z.object({ pane, cols: cells, rows: cells })),
  /**
   * A workspace with this ephemeral P-256 key (raw, 65 bytes) wants to see and type. Nobody is believed here: the answer is the
   * channel's key for this page, and a challenge sealed to `key`; only panes whose owner has held that key since their first
   * byte are shown, and of an emergency those of that one alone. Good for some seconds.
   */
  attach: asked(
    'process.keep',
    z.object({ publicKey: bytes, person: z.string(), method: z.string(), key: jwk, breakGlass: breakGlass.optional(), why: why.optional() }),
    z.object({ publicKey: bytes, sealed: z.string() }),
  ),
  /**
   * What the vault has made of the challenge, which is used up by it. Refused with `wrong-proof` or `no-challenge`. Live output
   * goes on after `written`; everything before it is in the recording, whose files are held against that. `seen`: output bytes at
   * the end of the last view.
   */
  proof: asked(
    'process.keep',
    z.object({ proof: bytes }),
    z.object({ panes: z.array(z.object({ pane, recording: z.string(), written: writtenSchema, seen: z.number().int().nonnegative() })) }),
  ),
  /** Output bytes of the pane that the workspace has parsed, in all: cumulative, so that a lost ack heals. */
  ack: told('process.keep', z.object({ pane, parsed: z.number().nonnegative() })),
  /** Main runs. Without it for three seconds (src/bridge/lease.ts) the view key is dropped as by a lock, but without an answer. */
  lease: told('process.keep', none),
  /** Lock: drop the view key, mark every recording, start new segments. */
  detach: asked('process.keep', z.object({ cause: z.string() }), none, DETACH_MS),
  /** SIGHUP to the shell's process group; the recording ends with reason `closed`. */
  kill: told('process.keep', z.object({ pane })),
  /** The emergency is extended: once, and never one that is over. */
  extendEmergency: told('process.keep', z.object({ breakGlass: z.string().regex(BREAK_GLASS) })),
  /**
   * It is over: its shells end. They do by themselves too, when its time is up. Answered when every recording of it has told of its beginning: what is
   * entered on that is the end of all of them.
   */
  endEmergency: asked('process.keep', z.object({ breakGlass: z.string().regex(BREAK_GLASS) }), none, DETACH_MS),
  /** A `heads` notice of the live recordings that have grown, then the answer. */
  checkpoint: asked('process.keep', none, none),
  /** End everything, seal, exit 0. */
  stop: told('process.keep', none),
};
export type PtyService = typeof ptyService;
export type AttachedPane = OutputOf<PtyService, 'proof'>['panes'][number];
export type PtyInput<N extends keyof PtyService> = InputOf<PtyService, N>;

export const ptyParentService = {
  ready: told('process.keep', none),
  /** Somebody asked for what they may not do: for the ledger, which is main's. */
  denied: told('process.keep', z.object({ needs: z.enum(permissionNames), why: z.enum(denialReasons), person: personId.optional() })),
  exit: told('process.keep', z.object({ pane, code: z.number(), signal: z.number() })),
  /** The program of this pane waits for room on the disk: there is less than the policy keeps, or none. Null: it goes on. */
  held: told('process.keep', z.object({ pane, why: z.enum(['reserve', 'full']).nullable() })),
  notice: told('process.keep', recordingNoticeSchema),
  /** Output bytes of somebody's panes that were sealed since this process began. Sent at most once a second while something is being sealed. */
  sealed: told('process.keep', z.object({ person: personId, bytes: z.number() })),
  /** Something to tell the person; `pane` where one is concerned. Never holds pane text. */
  fault: told('process.keep', z.object({ pane: pane.optional(), sentence: z.string() })),
};
export type PtyParentService = typeof ptyParentService;
