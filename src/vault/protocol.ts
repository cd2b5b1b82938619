/**
 * Messages between main and the vault host: the process that holds an open identity, and that the lock kills. Secrets
 * that a person types or a passkey gives never pass main in the clear: the renderer seals them to the vault host's
 * ephemeral key (src/bridge/channel), and main relays opaque `frame`s.
 */
import { unlockMethods } from '../types/words.ts';
import { z } from 'zod';
import { statementSchema } from '../export/statement.ts';
import { writtenSchema } from '../recording/written.ts';

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not bytes');
/** Opaque JSON for @simplewebauthn, checked in full by the vault host. */
const json = z.record(z.string(), z.unknown());

/** What the ledger has of the person's record: another one is refused. Undefined for somebody whom it does not know. */
const known = z.strictObject({ encryptionKey: z.string(), signingKey: z.string(), record: z.string(), slots: z.string(), seq: z.number() }).optional();

export const toVaultHost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('configure'), home: z.string(), origin: z.string(), rpId: z.string(), version: z.string() }),
  /** A renderer with this ephemeral key wants to talk. Answered by `connected`. */
  z.object({ type: z.literal('connect'), publicKey: bytes }),
  z.object({ type: z.literal('frame'), bytes }),
  /** First run. The passphrase has come as a sealed frame before. Answered by `created` or `refused`. */
  z.object({ type: z.literal('createPerson'), id: z.number(), name: z.string(), auditKeyPath: z.string(), replaceInstallation: z.boolean() }),
  /** The passphrase has come as a sealed frame before. Answered by `unlocked` or `refused`. */
  z.object({ type: z.literal('unlockPassphrase'), id: z.number(), person: z.string(), known }),
  /** Answered by `options` (for navigator.credentials.get, with PRF inputs) or `refused`. */
  z.object({ type: z.literal('passkeyOptions'), id: z.number(), person: z.string(), known }),
  /** The PRF result has come as a sealed frame before. Answered by `unlocked` or `refused`. */
  z.object({ type: z.literal('unlockPasskey'), id: z.number(), person: z.string(), known, response: json }),
  /** Needs an open identity. Answered by `options` (for navigator.credentials.create). */
  z.object({ type: z.literal('enrolOptions'), id: z.number() }),
  /** Answered by `options` for a proving get(). */
  z.object({ type: z.literal('enrolVerify'), id: z.number(), response: json }),
  /**
   * Two equal PRF results came as sealed frames. Answered by `enrolled`, with the changed record staged for main to enter (pinned.ts), and
   * certified by its person as the change that follows event `after`; or by `refused`.
   */
  z.object({ type: z.literal('enrolProve'), id: z.number(), response: json, label: z.string(), after: z.number() }),
  /** A challenge (src/proof): `peer` is the channel key of whoever asks. The page's is our own. Answered by `proved` or `refused`. */
  z.object({ type: z.literal('prove'), id: z.number(), purpose: z.enum(['unlock', 'view']), sealed: z.string(), peer: bytes }),
  /** Sends the pane's screen and output tail through the view channel, up to what its writer had written and only if the files are that. Answered by `replayed` or `refused`. */
  z.object({ type: z.literal('replay'), id: z.number(), pane: z.number(), recording: z.string(), written: writtenSchema }),
  /**
   * Answered by `exported` or `refused`; asks for one `attest` on its way. `checkpoint` is the ledger's newest one, `trust` the
   * text of trust.json: main signs for its own, whatever the vault host believes.
   */
  z.object({
    type: z.literal('export'),
    id: z.number(),
    recording: z.string(),
    folder: z.string(),
    checkpoint: z.object({ origin: z.string(), head: z.object({ size: z.number(), root: z.string() }), note: z.string() }),
    trust: z.string(),
  }),
  /** Judges a bundle by this trust.json. Answered by `judged` or `refused`. */
  z.object({ type: z.literal('judge'), id: z.number(), folder: z.string(), trust: z.string() }),
  /** Main's answer to an `attest`: an armored signature, empty where it refused. */
  z.object({ type: z.literal('attested'), export: z.number(), signature: z.string() }),
]);
export type ToVaultHost = z.infer<typeof toVaultHost>;

export const fromVaultHost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('connected'), publicKey: bytes }),
  z.object({ type: z.literal('frame'), bytes }),
  z.object({ type: z.literal('created'), id: z.number(), person: z.string(), auditKeyPath: z.string(), auditKid: z.string() }),
  z.object({ type: z.literal('unlocked'), id: z.number(), person: z.string(), method: z.enum(unlockMethods), slot: z.string() }),
  z.object({ type: z.literal('options'), id: z.number(), options: json }),
  z.object({ type: z.literal('enrolled'), id: z.number(), slot: z.string(), certificate: z.strictObject({ byKey: z.string(), signature: z.string() }) }),
  z.object({ type: z.literal('proved'), id: z.number(), proof: bytes }),
  z.object({ type: z.literal('replayed'), id: z.number(), pane: z.number(), skipped: z.number() }),
  z.object({ type: z.literal('exported'), id: z.number(), folder: z.string(), records: z.number(), sha256: z.string() }),
  z.object({ type: z.literal('judged'), id: z.number(), good: z.boolean(), sentence: z.string(), notes: z.array(z.string()) }),
  /** `code` is stable (UnlockFailure, ExportFailure); `sentence` is for people. */
  z.object({ type: z.literal('refused'), id: z.number(), code: z.string(), sentence: z.string() }),
  /**
   * The installation's key lives in main: please sign for the bundle that these facts are about. `export` is the id of the
   * request that is under way. Main composes what it signs; bytes are never sent. Answered by `attested`.
   */
  z.object({ type: z.literal('attest'), export: z.number(), statement: statementSchema }),
]);
export type FromVaultHost = z.infer<typeof fromVaultHost>;
