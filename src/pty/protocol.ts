/**
 * Messages between main and the pty host, validated on both sides. Pane text never travels here in the clear: output
 * and input go through the sealed view channel (src/bridge/channel) as opaque `frame`s that main only relays.
 */
import { z } from 'zod';
import { writtenSchema } from '../recording/written.ts';
import { endReasons, reasons, roles, workstationClasses } from '../types/words.ts';

const pane = z.number().int().nonnegative();
const cells = z.number().int().min(1).max(2000);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not bytes');
const head = z.object({ size: z.number().int().nonnegative(), root: z.string().regex(/^[0-9a-f]{64}$/) });
const jwk = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() });
export const recipientSchema = z.object({ kid: z.string(), role: z.enum(['owner', 'audit']), jwk });
const endReason = z.enum(endReasons);

export const recordingNoticeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('start'),
    recording: z.string(),
    person: z.string(),
    recipients: z.array(z.string()).readonly(),
    policySha256: z.string(),
    access: z.object({ role: z.enum(roles), class: z.enum(workstationClasses), reason: z.enum(reasons), breakGlass: z.string().nullable() }),
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

export const toPtyHost = z.discriminatedUnion('type', [
  /** First message, once. Paths are absolute. */
  z.object({
    type: z.literal('configure'),
    recordingsFolder: z.string(),
    installation: z.string(),
    ...policyFields,
    version: z.string(),
  }),
  /** Another policy is in force: for the shells that are started from here on. A recording keeps the one that it began under. */
  z.object({ type: z.literal('policy'), ...policyFields }),
  /** Starts a shell, recorded from its first byte. Answered by `spawned` or `spawnFailed`. */
  z.object({
    type: z.literal('spawn'),
    pane,
    person: z.string(),
    recipients: z.array(recipientSchema).min(1),
    command: z.array(z.string()).min(1),
    cwd: z.string(),
    env: z.record(z.string(), z.string()),
    cols: cells,
    rows: cells,
  }),
  z.object({ type: z.literal('resize'), pane, cols: cells, rows: cells }),
  /**
   * A workspace with this ephemeral P-256 key (raw, 65 bytes) wants to see and type. Nobody is believed here: answered by
   * `challenge`, sealed to `key`, and only panes whose owner has held that key since their first byte are shown.
   */
  z.object({ type: z.literal('attach'), publicKey: bytes, person: z.string(), method: z.string(), key: jwk }),
  /** What the vault has made of the challenge. Answered by `attached`, or by `attachRefused`; either way the challenge is used up. */
  z.object({ type: z.literal('proof'), proof: bytes }),
  /** A sealed frame from the workspace. */
  z.object({ type: z.literal('frame'), bytes }),
  /** Output bytes of the pane that the workspace has parsed, in all: cumulative, so that a lost ack heals. */
  z.object({ type: z.literal('ack'), pane, parsed: z.number().nonnegative() }),
  /** Main runs. Without it for three seconds (src/bridge/lease.ts) the view key is dropped as by a lock, but without an answer. */
  z.object({ type: z.literal('lease') }),
  /** Lock: drop the view key, mark every recording, start new segments. Answered by `detached`. */
  z.object({ type: z.literal('detach'), cause: z.string() }),
  /** SIGHUP to the shell's process group; the recording ends with reason `closed`. */
  z.object({ type: z.literal('kill'), pane }),
  /** Answered by a `heads` notice of the live recordings that have grown, then `checkpointed`. */
  z.object({ type: z.literal('checkpoint') }),
  /** End everything, seal, exit 0. */
  z.object({ type: z.literal('stop') }),
]);
export type ToPtyHost = z.infer<typeof toPtyHost>;

export const fromPtyHost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('spawned'), pane, recording: z.string(), pid: z.number() }),
  z.object({ type: z.literal('spawnFailed'), pane, sentence: z.string() }),
  /** The channel's key for this page, and what only the owner's identity can open (src/proof). Good for some seconds. */
  z.object({ type: z.literal('challenge'), publicKey: bytes, sealed: z.string() }),
  z.object({ type: z.literal('attachRefused'), reason: z.enum(['wrong-proof', 'no-challenge']) }),
  /** Live output goes on after `written`; everything before it is in the recording, whose files are held against that. */
  z.object({ type: z.literal('attached'), panes: z.array(z.object({ pane, recording: z.string(), written: writtenSchema })) }),
  z.object({ type: z.literal('detached') }),
  z.object({ type: z.literal('frame'), bytes }),
  z.object({ type: z.literal('exit'), pane, code: z.number(), signal: z.number() }),
  /** The program of this pane waits for room on the disk: there is less than the policy keeps, or none. Null: it goes on. */
  z.object({ type: z.literal('held'), pane, why: z.enum(['reserve', 'full']).nullable() }),
  z.object({ type: z.literal('notice'), notice: recordingNoticeSchema }),
  z.object({ type: z.literal('checkpointed') }),
  /** Output bytes sealed since this process began, of all panes. Sent at most once a second while something is being sealed. */
  z.object({ type: z.literal('sealed'), bytes: z.number() }),
  /** Something to tell the person; `pane` where one is concerned. Never holds pane text. */
  z.object({ type: z.literal('fault'), pane: pane.optional(), sentence: z.string() }),
]);
export type FromPtyHost = z.infer<typeof fromPtyHost>;
export type AttachedPane = Extract<FromPtyHost, { type: 'attached' }>['panes'][number];
