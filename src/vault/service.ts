/**
 * What main asks of the vault's process, which holds an open identity and which the lock kills, and what that asks of main.
 * Secrets that a person types or a passkey gives never pass main in the clear: the page seals them to the vault's ephemeral
 * key (src/bridge/channel), and main relays opaque frames.
 */
import { PERSON_ID, RECORDING_ID } from '../types/ids.ts';
import { z } from 'zod';
import type { checkPinned } from '../people/pinned.ts';
import { personSchema } from '../people/schema.ts';
import { isMoment } from '../recording/time.ts';
import { denialReasons, permissionNames } from '../access/index.ts';
import { ruleNames } from '../alerts/absences.ts';
import { slotChanges } from '../ledger/table/people.ts';
import { statementSchema } from '../export/statement.ts';
import { writtenSchema } from '../recording/written.ts';
import { asked, told, type InputOf, type OutputOf, type Row } from '../process/service.ts';
import { BREAK_GLASS } from '../recording/access.ts';
import {
  emergencyReasons,
  reviewFindings,
  exportForms,
  givenReasons,
  searchedFor,
  identityChecks,
  allPersonStates,
  personStates,
  recogniserKinds,
  ledgerFindings,
  reviewStates,
  roles,
  stopReasons,
  unlockMethods,
  workstationClasses,
} from '../types/words.ts';
import { outcomes } from '../selftest/finding.ts';
import { keylessNames } from '../selftest/rows.ts';

const personId = z.string().regex(PERSON_ID);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not bytes');
/** Opaque JSON for @simplewebauthn, checked in full by the vault. */
/** One that is looked into; `live` where the ledger says too that it goes on. */
const lookedInto = z.object({ id: z.string(), live: z.boolean() });
const json = z.record(z.string(), z.unknown());
const none = z.object({});
/** `uv`: whether the authenticator had verified its owner; left out where none was used. */
const uv = z.boolean().optional();
const unlocked = z.object({ person: z.string(), method: z.enum(unlockMethods), slot: z.string(), uv });
/** The key is one that is touched, and opens only together with the passphrase, which has come as a sealed frame before. */
const withPassphrase = z.boolean().optional();
const options = z.object({ options: json });

/** What the ledger has of the person's record: another one is refused. Undefined for somebody whom it does not know. */
const seq = z.number();
const known = z
  .strictObject({
    encryptionKey: z.string(),
    signingKey: z.string(),
    record: z.string(),
    slots: z.string(),
    former: z.array(z.strictObject({ encryptionKey: z.string(), signingKey: z.string() })).readonly(),
    seq,
    roles: z.array(z.enum(roles)).readonly(),
    rolesSeq: seq.nullable(),
    state: z.enum(allPersonStates),
    stateSeq: seq.nullable(),
    stoppedBy: z.string().optional(),
    behind: z.enum(allPersonStates).optional(),
    revokedSlots: z.array(z.string()).readonly().optional(),
    bound: z.strictObject({ to: personId, until: z.string() }).optional(),
  })
  .optional();
/** A field of the ledger's facts that has no row above would let nobody in who has it: it does not compile. */
true satisfies keyof NonNullable<Parameters<typeof checkPinned>[2]> extends keyof NonNullable<z.infer<typeof known>> ? true : false;

/** A change of slots that waits beside the record, certified by its person, for main to enter (src/people/pinned.ts). */
const staged = z.strictObject({
  change: z.enum(slotChanges),
  slot: z.string(),
  previous: z.string().optional(),
  model: z.string().optional(),
  slots: z.string(),
  after: z.number(),
  byKey: z.string(),
  signature: z.string(),
});

/** In an emergency: what it opens counts for that alone. */
const emergency = z.boolean().optional();
/** Whoever comes in enrols a second factor, and does nothing else. */
const enrols = z.boolean().optional();
const breakGlass = z.string().regex(BREAK_GLASS);
/** Of what a page has asked for: main counts them. */
const ticket = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const recipient = z.object({
  kid: z.string(),
  role: z.enum(['owner', 'audit']),
  jwk: z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }),
});
/** What somebody who may decides about somebody else, or about the policy (src/ledger/certificate.ts): the vault makes the text of it that is signed. */
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const moment = z.string().refine(isMoment);
const about = { person: personId, after: seq.nullable() };
const stopping = { to: z.enum(['stopped', 'lifted']), reason: z.enum(stopReasons).nullable() };
const newKeys = { encryptionKey: z.string().max(43), signingKey: z.string().max(43), record: digest, slots: digest };
const deedRequest = z.discriminatedUnion('deed', [
  z.strictObject({ deed: z.literal('keys'), ...about, asked: moment.optional(), ...newKeys }),
  z.strictObject({ deed: z.literal('rebind'), ...about, asked: moment.optional(), ...newKeys, checked: z.enum(identityChecks) }),
  z.strictObject({ deed: z.literal('roles'), ...about, asked: moment.optional(), roles: z.array(z.enum(roles)).readonly() }),
  z.strictObject({ deed: z.literal('state'), ...about, state: z.enum(personStates), record: digest.nullable() }),
  z.strictObject({ deed: z.literal('stop'), ...about, ...stopping }),
  z.strictObject({ deed: z.literal('station'), after: about.after, ...stopping }),
  z.strictObject({ deed: z.literal('policy'), previousSha256: digest, sha256: digest, asked: moment.optional() }),
]);
const certificate = z.strictObject({ byKey: z.string(), signature: z.string() });
/** Somebody's signature under what `by` asks for, or under what they do themselves, and by which of their slots it was given. */
const agreement = z.strictObject({ slot: z.string(), uv, certificate });
const unmaskRequest = z.strictObject({ deed: z.literal('unmask'), recording: z.string().regex(RECORDING_ID), asked: moment });
const agreeing = { person: z.string(), known, by: personId, request: deedRequest };

/** Where the file of an audit key lies. */
const keyFile = z.string().max(4096);
/** What is looked through for an export. */
const exportAsked = {
  ticket,
  recording: z.string(),
  live: z.boolean(),
  kinds: z.array(z.enum(recogniserKinds)).min(1).readonly().optional(),
  fromUs: z.number().optional(),
  toUs: z.number().optional(),
};
const exportPlanned = z.object({
  clearPieces: z.number(),
  clearBytes: z.number(),
  withheld: z.number(),
  notRequested: z.number(),
  aboutBytes: z.number(),
  recognisers: z.string(),
});

/** A workspace of hundreds of panes takes some 50 KiB. */
const OWN_TEXT = 256 * 1024;
const LOOK_TEXT = 1024;
const sealedBox = z.strictObject({ iv: z.string().max(16), ciphertext: z.string().max(2 * OWN_TEXT) });

/** scrypt takes a second of a free core, and a first run measures it before: on a busy machine that is a minute. */
const SCRYPT_MS = 120_000;

/** A row that opens somebody's keys: why that failed is one of the words that the ledger has for failed unlocks. */
const opening = <R extends Row>(row: R): R & { readonly opens: true } => ({ ...row, opens: true });
/** Whether a request is of such a row. */
export const opensKeys = (request: string): boolean => Object.hasOwn(vaultService, request) && 'opens' in vaultService[request as keyof VaultService];

export const vaultService = {
  /** First, once. */
  configure: told('process.keep', z.object({ home: z.string(), origin: z.string(), rpId: z.string(), version: z.string() })),
  /** A page with this ephemeral key wants to talk; the vault's own key for it. */
  connect: asked('process.keep', z.object({ publicKey: bytes }), z.object({ publicKey: bytes })),
  /** First run. The passphrase has come as a sealed frame before. */
  createPerson: asked(
    'installation.create',
    z.object({ name: z.string(), workstationClass: z.enum(workstationClasses), auditKeyPath: z.string(), replaceInstallation: z.boolean() }),
    z.object({ person: z.string(), auditKeyPath: z.string(), auditKid: z.string() }),
    SCRYPT_MS,
  ),
  /** The passphrase has come as a sealed frame before. */
  unlockPassphrase: opening(
    asked('identity.unlock', z.object({ person: z.string(), known, emergency, enrols }), unlocked.extend({ dearer: z.boolean() }), SCRYPT_MS),
  ),
  /** After an unlock that said `dearer`: gives the passphrase that was typed then the cost that this machine can bear. */
  raiseCost: asked('vault.slot.change', z.object({ known }), staged, SCRYPT_MS),
  /** For navigator.credentials.get, with PRF inputs. */
  passkeyOptions: asked('identity.unlock', z.object({ person: z.string(), known, withPassphrase }), options),
  /** The PRF result has come as a sealed frame before. */
  unlockPasskey: opening(asked('identity.unlock', z.object({ person: z.string(), known, response: json, emergency, withPassphrase }), unlocked, SCRYPT_MS)),
  /** Seals to the audit keys what somebody wrote who breaks the glass. It has come as a sealed frame before; null where nothing has. */
  sealWords: asked('identity.unlock', z.object({ breakGlass, recipients: z.array(recipient).readonly() }), z.object({ file: bytes.nullable() })),
  /** Who is in signs that the glass is broken: this text is composed here, and no bytes of main's are signed. */
  signEmergency: asked(
    'break-glass.start',
    z.object({ breakGlass, reason: z.enum(emergencyReasons), text: sha256.nullable(), after: z.int().nonnegative().nullable() }),
    z.object({ byKey: z.string(), signature: z.string() }),
  ),
  /** Whoever was let in is out again, and the page that asked stands: a second one has to agree. */
  letGo: asked('process.keep', none, none),
  /** Who is in shows it once more: their slots are changed within minutes of that. The passphrase has come as a sealed frame before. */
  confirmPassphrase: asked('vault.slot.change', z.object({ known }), z.object({ slot: z.string() }), SCRYPT_MS),
  /** For navigator.credentials.get, with PRF inputs: for every passkey, or for the one of `slot`, which is tried by it. */
  confirmOptions: asked('vault.slot.change', z.object({ known, slot: z.string().optional(), withPassphrase }), options),
  /** The PRF result has come as a sealed frame before. */
  confirmPasskey: asked('vault.slot.change', z.object({ known, response: json, withPassphrase }), z.object({ slot: z.string(), uv }), SCRYPT_MS),
  /** The new passphrase has come as a sealed frame before. */
  changePassphrase: asked('vault.slot.change', z.object({ known, workstation: z.string() }), staged, SCRYPT_MS),
  /** Gives a passkey its name or, where there is none, takes the slot away. */
  changeSlot: asked('vault.slot.change', z.object({ known, slot: z.string(), name: z.string().optional() }), staged),
  /** For navigator.credentials.create. `stored`: of a passkey without PRF, half of whose key the OS secret store keeps; whether that is allowed main has asked the policy. */
  enrolOptions: asked('vault.slot.add', z.object({ withPassphrase, stored: z.boolean().optional() }), options),
  /** For a proving get(). */
  enrolVerify: asked('vault.slot.add', z.object({ response: json }), options),
  /** Two equal PRF results, or handles, came as sealed frames; `withPassphrase` the passphrase too, which must be a good one, and the slot takes the place of it alone. */
  enrolProve: asked('vault.slot.add', z.object({ response: json, label: z.string(), known, withPassphrase, workstation: z.string() }), staged, SCRYPT_MS),
  /** Somebody new: keys of their own under their passphrase, which has come as a sealed frame before. Nothing is written. */
  newcomer: asked(
    'person.enrol',
    z.object({ name: z.string(), id: personId.optional(), workstation: z.string() }),
    z.object({ record: personSchema }),
    SCRYPT_MS,
  ),
  /** Signs what who is in decides, who has just shown once more that it is them: once for each time. */
  certify: asked('person.decide', z.object({ request: deedRequest }), certificate),
  /** Signs what who is in says of somebody else’s recording: this text alone, composed here. */
  certifyReview: asked(
    'recording.review',
    z.strictObject({ recording: z.string().regex(RECORDING_ID), state: z.enum(reviewStates), after: seq.nullable() }),
    certificate,
  ),
  /** Seals what who is in found of an alert, which has come as a sealed frame before, and signs that it closes it. `alert`: number of the event that raised it. */
  certifyAlert: asked(
    'alert.close',
    z.strictObject({ rule: z.enum(ruleNames), alert: z.int().nonnegative(), about: z.array(personId).readonly(), recipients: z.array(recipient).readonly() }),
    certificate.extend({ file: bytes }),
  ),
  /** Seals what who is in found in the events from one number to before another, which has come as a sealed frame before, and signs that they have reviewed them. */
  certifyReviewed: asked(
    'ledger.review',
    z.strictObject({
      from: seq,
      to: seq,
      finding: z.enum(ledgerFindings),
      root: z.string().regex(/^[0-9a-f]{64}$/),
      recipients: z.array(recipient).readonly(),
    }),
    certificate.extend({ file: bytes }),
  ),
  /** Signs what who is in says of an emergency that they were not in: this text alone, composed here. */
  certifyEmergencyReview: asked('break-glass.review', z.strictObject({ breakGlass, start: seq, finding: z.enum(reviewFindings) }), certificate),
  /** Signs that somebody else’s recording is shown with nothing covered, right after a proof as `certify`: once somebody else has agreed to the same here, this process shows it so until the lock. */
  certifyUnmask: asked('recording.unmask', z.object({ request: unmaskRequest }), certificate),
  agreeUnmaskPassphrase: opening(asked('recording.unmask', z.object({ ...agreeing, request: unmaskRequest }), agreement, SCRYPT_MS)),
  agreeUnmaskPasskey: opening(
    asked('recording.unmask', z.object({ ...agreeing, request: unmaskRequest, response: json, withPassphrase }), agreement, SCRYPT_MS),
  ),
  /** Somebody else agrees to it, and is nobody here afterwards. Their passphrase has come as a sealed frame before. */
  agreePassphrase: opening(asked('person.decide', z.object(agreeing), agreement, SCRYPT_MS)),
  /** The PRF result has come as a sealed frame before; the options are those of `passkeyOptions`. */
  agreePasskey: opening(asked('person.decide', z.object({ ...agreeing, response: json, withPassphrase }), agreement, SCRYPT_MS)),
  /**
   * Somebody signs that the stop of the station is lifted, which counts where they may do that: this text alone, composed here, and nothing stays open. Their
   * passphrase has come as a sealed frame before. `after`: number of the stop.
   */
  liftPassphrase: opening(asked('identity.unlock', z.object({ person: z.string(), known, after: about.after }), agreement, SCRYPT_MS)),
  /** The PRF result has come as a sealed frame before; the options are those of `passkeyOptions`. */
  liftPasskey: opening(
    asked('identity.unlock', z.object({ person: z.string(), known, after: about.after, response: json, withPassphrase }), agreement, SCRYPT_MS),
  ),
  /** A challenge of main's (src/proof), whose answer opens the workspace, whatever roles its person has. */
  proveUnlock: asked('identity.unlock', z.object({ sealed: z.string() }), z.object({ proof: bytes })),
  /** A challenge of the shells: `peer` is their channel key. The page's is the vault's own. */
  proveView: asked('session.use', z.object({ sealed: z.string(), peer: bytes }), z.object({ proof: bytes })),
  /** Sends the pane's screen and output tail through the view channel, up to what its writer had written and only if the files are that. `page`: the key that was proven to the shells; no other page gets it. */
  rebuild: asked(
    'recording.replay.own',
    z.object({ pane: z.number(), recording: z.string(), written: writtenSchema, page: bytes }),
    z.object({ skipped: z.number() }),
    'any',
  ),
  /** Opens a recording that somebody looks at, and reads it: what is in it goes to the page as `review` frames of this ticket. Answers when it was read, or another one was opened. `commands`: the span that those told with it are from. */
  reviewOpen: asked(
    'recording.replay.own',
    z.object({ ticket, recording: z.string(), live: z.boolean(), masked: z.boolean() }),
    z.object({ whole: z.boolean(), commands: z.object({ fromUs: z.number(), toUs: z.number() }).optional() }),
    'any',
  ),
  /**
   * The same of somebody else’s, with the audit key of that file, which is read for this look and forgotten with it. Where it is not `masked`, two have signed
   * that here (certifyUnmask) since who is in came in.
   */
  reviewOpenOther: asked(
    'recording.replay.others',
    z.object({ ticket, recording: z.string(), live: z.boolean(), masked: z.boolean(), keyFile }),
    z.object({ whole: z.boolean(), commands: z.object({ fromUs: z.number(), toUs: z.number() }).optional() }),
    'any',
  ),
  /** What ran in these recordings, as a `review` frame: of those that this key opens. */
  reviewPrograms: asked('recording.replay.own', z.object({ ticket, masked: z.boolean(), recordings: z.array(z.string()).max(500).readonly() }), none, 'any'),
  /** The screen at a moment, microseconds since its start. `toUs`: up to where content was given. */
  reviewSeek: asked('recording.look', z.object({ ticket, timeUs: z.int().nonnegative() }), z.object({ toUs: z.number() }), 'any'),
  /** What comes behind what was given last. */
  reviewMore: asked('recording.look', z.object({ ticket }), z.object({ toUs: z.number(), end: z.boolean() }), 'any'),
  /** Lines of its text around a moment. */
  reviewLines: asked(
    'recording.look',
    z.object({ ticket, timeUs: z.int().nonnegative(), count: z.int().min(1).max(500) }),
    z.object({ fromUs: z.number(), toUs: z.number() }),
    'any',
  ),
  /** Finds in these recordings what has come as a sealed frame before. Asks for one `looked` for each with hits, before they are told. */
  reviewSearch: asked(
    'recording.replay.own',
    z.object({ ticket, lookFor: z.enum(searchedFor), masked: z.boolean(), recordings: z.array(lookedInto).readonly() }),
    z.object({ hits: z.number(), searched: z.number() }),
    'any',
  ),
  /** The same in somebody else’s, with the audit key of that file, masked. */
  reviewSearchOthers: asked(
    'recording.replay.others',
    z.object({ ticket, lookFor: z.enum(searchedFor), recordings: z.array(lookedInto).readonly(), keyFile }),
    z.object({ hits: z.number(), searched: z.number() }),
    'any',
  ),
  /** Ends a search; what is open is closed too unless `search`. */
  reviewClose: asked('recording.look', z.object({ search: z.boolean() }), none),
  /** Looks through a recording for an export, and keeps what it would withhold; the page is told of the places, in a frame of this ticket. */
  exportPlan: asked('recording.export.own', z.object(exportAsked), exportPlanned, 'any'),
  /** The same of somebody else’s, with the audit key of that file, which is read for this look and once more when the export is made, and forgotten each time. */
  exportPlanOther: asked('recording.export.others', z.object({ ...exportAsked, reason: z.enum(givenReasons), keyFile }), exportPlanned, 'any'),
  /** Takes what has come as a sealed frame before: seals what the plan's export is for, and releases what somebody lets out by hand. `keyFile`: the key that it is sealed to. */
  exportWords: asked(
    'recording.export',
    z.object({ plan: ticket, recipients: z.array(recipient).readonly(), keyFile: z.string().optional() }),
    z.object({ words: sha256, sealedTo: z.string().optional() }),
  ),
  /**
   * Makes the export of a plan. Of a bundle it asks for one `attest` on its way, with the same ticket. `checkpoint` is the ledger's newest one, `trust` the text of
   * trust.json: main signs for its own, whatever the vault believes.
   */
  export: asked(
    'recording.export',
    z.object({
      ticket: z.number(),
      plan: ticket,
      form: z.enum(exportForms),
      path: z.string(),
      keyFile: z.string().optional(),
      /** What the ledger says of the recording, for a form that has to be told. */
      verdict: z.string(),
      /** A folder in memory, where there is one: what is to be sealed is in the clear there alone. */
      memory: z.string().nullable(),
      checkpoint: z.object({ origin: z.string(), head: z.object({ size: z.number(), root: z.string() }), note: z.string() }),
      trust: z.string(),
    }),
    z.object({
      path: z.string(),
      records: z.number(),
      sha256: z.string(),
      /** What the recognisers found is withheld: how much, and the digest of the list of it. */
      redaction: z.strictObject({
        folder: z.string(),
        list: z.string(),
        recognisers: z.string(),
        withheld: z.int().nonnegative(),
        released: z.int().nonnegative(),
      }),
    }),
    'any',
  ),
  /** Seals what is kept of the person's windows, for them alone. */
  keepWorkspace: asked('session.use', z.object({ text: z.string().max(OWN_TEXT) }), z.object({ sealed: sealedBox })),
  /** Opens what this person's identity has sealed so; nothing else opens with it. */
  recallWorkspace: asked('session.use', z.object({ sealed: sealedBox }), z.object({ text: z.string().max(OWN_TEXT) })),
  /** Seals how the window looks to whoever is in, whatever their roles are, for them alone; and opens it. */
  keepLook: asked('command.give', z.object({ text: z.string().max(LOOK_TEXT) }), z.object({ sealed: sealedBox })),
  recallLook: asked('command.give', z.object({ sealed: sealedBox }), z.object({ text: z.string().max(LOOK_TEXT) })),
  /** Judges a bundle by this trust.json. */
  judge: asked(
    'evidence.read',
    z.object({ folder: z.string(), trust: z.string() }),
    z.object({ good: z.boolean(), sentence: z.string(), notes: z.array(z.string()) }),
    'any',
  ),
  /** Tries the controls that need no key of the installation. What came of it is told in words of this process: main composes the report from its own table. */
  selfTest: asked(
    'selftest.run',
    none,
    z.object({
      tried: z.array(z.strictObject({ name: z.enum(keylessNames), outcome: z.enum(outcomes), seen: z.string().max(20_000) })).max(keylessNames.length),
      head: z.strictObject({ size: z.int().nonnegative(), root: z.string().regex(/^[0-9a-f]{64}$/) }).nullable(),
    }),
    'any',
  ),
};
export type VaultService = typeof vaultService;
export type VaultInput<N extends keyof VaultService> = InputOf<VaultService, N>;
export type VaultOutput<N extends keyof VaultService> = OutputOf<VaultService, N>;

export const vaultParentService = {
  ready: told('process.keep', none),
  /** Somebody asked for what they may not do: for the ledger, which is main's. */
  denied: told('process.keep', z.object({ needs: z.enum(permissionNames), why: z.enum(denialReasons), person: personId.optional() })),
  /** Somebody finds text in this recording, in the search of this ticket: please enter it, before they see it. */
  looked: asked('process.keep', z.object({ ticket, recording: z.string() }), none),
  /**
   * The installation's key lives in main: please sign for the bundle that these facts are about, under the ticket of the export
   * that is under way. Main composes what it signs; bytes are never sent.
   */
  attest: asked('process.keep', z.object({ ticket: z.number(), statement: statementSchema }), z.object({ signature: z.string() })),
};
export type VaultParentService = typeof vaultParentService;
