/**
 * The one schema of the bridge between a page and the core. Both sides take their types from here; the core checks every
 * request, every answer and every event at run time and refuses what it does not know (deny by default). Pane text, keystrokes and secrets are not in
 * it: they travel as sealed frames (frames.ts, channel/). Over 400 lines: one table, read in one place.
 *
 * On the wire, JSON text:
 *   page -> core   {"id":1,"request":"lock","input":{}}
 *   core -> page   {"id":1,"ok":true,"output":{}} or {"id":1,"ok":false,"error":{"code":"…","sentence":"…"}}
 *   core -> page   {"event":"status","payload":{}}
 */
import { permissionNames, type Permission } from '../access/permissions.ts';
import { ANSWER_MS } from '../types/answer.ts';
import { PERSON_ID, RECORDING_ID } from '../types/ids.ts';
import { HOST_ID, HOST_NAME, hostKeyTypes } from '../types/hosts.ts';
import { CLASS_NAME, classLooks, MOST_PIECES, PIECE_DIGEST } from '../types/classes.ts';
import {
  clockStates,
  emergencyReasons,
  reviewFindings,
  eventKinds,
  exportForms,
  searchedFor,
  givenReasons,
  identityChecks,
  type Peer,
  peers,
  allPersonStates,
  policyDirections,
  reasons,
  recogniserKinds,
  recordingSorts,
  recordingStates,
  ledgerFindings,
  reviewStates,
  revocationStates,
  roles,
  stopReasons,
  type Surface,
  surfaces,
  themes,
  toldLockReasons,
  unlockMethods,
  workstationClasses,
} from '../types/words.ts';
import { alertKinds, clientAction, workspaceView } from '../types/workspace-view.ts';
import { z } from 'zod';
import { mostTyped } from '../types/most-typed.ts';

const pane = z.number().int().nonnegative();
const base64 = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9+/]+={0,2}$/);
const none = z.strictObject({});
/** Classes whose text a line is: those of a policy, and some that it does not name any more. */
const MOST_ORIGINS = 16;
/** Of one window: far more than anybody sees at once. */
const MOST_PANES = 500;
const pieces = z.array(z.string().regex(PIECE_DIGEST)).max(MOST_PIECES);
const webauthn = z.record(z.string(), z.unknown());
const short = z.string().max(200);
const personId = z.string().regex(PERSON_ID);
const recording = z.string().regex(RECORDING_ID);
/** The page's number for what it asks of recordings: the answer's frames have it. */
const ticket = z.number().int().min(0).max(0xffffffff);
const roleList = z.array(z.enum(roles)).max(roles.length);
const theme = z.enum(themes);
/** Size of the text: the width of a cell in pixels, or as it fits. */
const cell = z.enum(['auto', '8', '9', '10', '12']);
/** What of passkeys cannot work in this window, as a sentence. */
const passkeyLimit = z.string().nullable();

/** A handler that asks the vault or the shells several things, each of which has a time of its own (10 s, most). */
const STEPS_MS = 60_000;
/** One of them derives a key: two minutes are for a busy machine (src/vault/service.ts). */
const DERIVE_MS = 180_000;

/** A way to somebody's keys. */
const slot = z.object({
  id: z.string(),
  kind: z.enum(['passphrase', 'passkey', 'passphrase-key', 'passkey-store', 'recovery-code']),
  name: z.string().nullable(),
  made: z.string(),
  lastUsed: z.string().nullable(),
  verification: z.string(),
  model: z.string().nullable(),
  aaguid: z.string().nullable(),
});

/** The key is one that is touched: the passphrase has been sent as a sealed frame as well, and only both open. */
const withPassphrase = z.boolean().optional();

/** Which recordings, in which order, and which of them. */
/** A day by this machine's clock, as 2026-01-31; empty: not limited. */
const day = z.string().max(30);
/** Which recordings somebody looks for. */
const listFilter = {
  state: z.enum([...recordingStates, ...reviewStates]).optional(),
  /** Why its session was opened. */
  reason: z.enum(reasons).optional(),
  /** Of the id, the person or their name. */
  words: z.string().max(100).optional(),
  /** Of the day that it began, from and to. */
  since: day.optional(),
  until: day.optional(),
} as const;
const listQuery = z.strictObject({
  ...listFilter,
  sort: z.enum(recordingSorts),
  descending: z.boolean(),
  from: z.number().int().nonnegative(),
  count: z.number().int().min(1).max(500),
  /** These and no others: what was found in is told whose it is and when it began, whatever the list stands at. */
  only: z.array(recording).max(100).optional(),
});
/** Which events somebody looks for. */
const eventQuery = z.strictObject({
  kind: z.enum(eventKinds),
  before: z.number().int().nonnegative().nullable(),
  /** The name of an action, or the first words of several (`recording.*`); empty: any. */
  action: z.string().max(64),
  /** An id or a part of a name; empty: anybody. */
  person: z.string().max(100),
  since: day,
  until: day,
  count: z.number().int().min(1).max(200),
});
const eventPage = z.object({
  /** Events of the whole ledger. */
  size: z.number(),
  events: z.array(
    z.object({
      seq: z.number(),
      time: z.string(),
      /** When it was entered, where that was later. */
      entered: z.string().nullable(),
      action: z.string(),
      /** A name, or the id of whoever has none here. */
      person: z.string().nullable(),
      outcome: z.string().nullable(),
      aal: z.number().nullable(),
      credential: z.string().nullable(),
      detail: z.string(),
      raised: z.enum(['warn', 'page']).nullable(),
      /** As of that time; null where that is not known yet. `clockMs`, `clockState`: see src/ledger/contexts.ts. */
      context: z
        .object({
          roles: roleList.readonly(),
          policySha256: short.nullable(),
          workstationClass: z.enum(workstationClasses).nullable(),
          clockMs: z.number().nullable(),
          clockState: z.enum(clockStates),
        })
        .nullable(),
    }),
  ),
  /** Where to go on; null where the beginning was reached. */
  next: z.number().nullable(),
  /** When the last event that was looked at happened. */
  reached: z.string().nullable(),
});
/** What an export is planned with. */
const exportAsked = {
  ticket,
  /** Left out: the recognisers that run by themselves. */
  kinds: z.array(z.enum(recogniserKinds)).min(1).max(recogniserKinds.length).optional(),
  fromUs: z.number().int().nonnegative().optional(),
  toUs: z.number().int().nonnegative().optional(),
};
const exportPlanned = z.object({
  recording,
  clearPieces: z.number(),
  clearBytes: z.number(),
  withheld: z.number(),
  notRequested: z.number(),
  aboutBytes: z.number(),
  /** Of the recognisers' table. */
  recognisers: short,
});
/** `masked`: whether what the recognisers know is covered. `live`: it goes on. */
const lookedAt = z.object({ whole: z.boolean(), masked: z.boolean(), live: z.boolean() });
const listed = z.object({
  rows: z.array(
    z.object({
      id: z.string(),
      person: z.string(),
      name: z.string().nullable(),
      start: z.string(),
      lengthMs: z.number(),
      size: z.number(),
      state: z.enum(recordingStates),
      signed: z.number().nullable(),
      found: z.number().nullable(),
      /** The class of its session, where there is one. */
      sessionClass: z.string().nullable(),
      /** Why it was recorded, where somebody said so. */
      reason: z.string().nullable(),
      /** What an auditor said of it last, and who: their name, where whoever looks may see it, or their id. */
      review: z.object({ state: z.enum(reviewStates), by: z.string() }).nullable(),
      yours: z.boolean(),
    }),
  ),
  /** Of all, and of those that the filter leaves. */
  all: z.number(),
  left: z.number(),
  /** Of all, by state, and by what was said of them. */
  states: z.record(z.string(), z.number()),
  /** Of all, by why their sessions were opened. */
  reasons: z.record(z.string(), z.number()),
});
/** A field of a policy: JSON, whole, for who signs reads it; null where there is nothing. */
const policyChange = z.object({ field: z.string(), before: z.string().nullable(), after: z.string().nullable(), direction: z.enum(policyDirections) });

/** What is asked for about somebody, and whose turn it is: who chooses a passphrase, who agrees, or who asked and shows that it is them. */
const asked = z.object({
  step: z.enum(['newcomer', 'second', 'proof']),
  words: z.string(),
  /** What it does, in plain words. */
  effect: z.string(),
  /** Of what two sign; null where one decides. */
  hash: z.string().nullable(),
  by: z.string(),
  newcomer: z.string().nullable(),
  /** They are enrolled already, and what they recorded until now stays closed to what they choose here. */
  renews: z.boolean(),
  /** Who could agree, and who has. */
  who: z.array(z.string()),
  second: z.string().nullable(),
  refused: z.boolean(),
  /** Until it lapses. */
  seconds: z.number(),
  /** Of a policy what changes, the weaker first; empty of everything else. */
  changes: z.array(policyChange),
});
/** A host whose key is asked about, with those on the way that were logged in to; and a key as people compare it. */
const shownHost = { host: z.string(), address: z.string(), port: z.number(), jumps: z.array(z.string()).readonly() };
const shownKey = z.object({ type: z.enum(hostKeyTypes), sha256: z.string(), fingerprint: z.string(), picture: z.array(z.string()).max(16).readonly() });
/** Five hosts on the way, two looks at each at most (src/hosts/ask-ssh.ts). */
const HOSTS_MS = 600_000;
const aboutSomebody = z.strictObject({ id: personId });
const proven = z.object({ sentence: z.string() });

/**
 * One row a request: what whoever sends it needs (src/access), on which surfaces it makes sense, what it takes, what it gives, and
 * how long the answer may take. Its handler stands in main/requests, in the file of its domain.
 */
export const requests = {
  /** First message of every document: its ephemeral view key. */
  hello: row('page.stand', surfaces, z.strictObject({ publicKey: base64 }), none, STEPS_MS),
  /** Genuine input by a person: extends the idle timer. At most one a second is sent. `kind` move extends only once. */
  activity: row('page.stand', ['setup', 'workspace', 'guest'], z.strictObject({ kind: z.enum(['key', 'pointer', 'move']) }), none),

  'setup.facts': row(
    'installation.create',
    ['setup'],
    none,
    z.object({
      workstation: z.string(),
      home: z.string(),
      auditKeyPath: z.string(),
      /** Why there, and what is wrong with it. */
      auditKeySentence: z.string(),
      secretStore: z.object({ name: z.string(), weaker: z.boolean(), sentence: z.string() }),
      passkeyLimit,
    }),
    STEPS_MS,
  ),
  /** The passphrase has been sent as a sealed frame to the vault host. */
  'setup.create': row(
    'installation.create',
    ['setup'],
    z.strictObject({
      name: z.string().trim().min(1).max(mostTyped.name),
      workstationClass: z.enum(workstationClasses),
      auditKeyPath: z.string().min(1).max(1000),
      replaceInstallation: z.boolean().optional(),
    }),
    /** `auditKeyAway`: its file lies on a removable medium. */
    z.object({ person: z.string(), auditKeyPath: z.string(), auditKid: z.string(), auditKeyAway: z.boolean() }),
    DERIVE_MS,
  ),
  'setup.passkeyOptions': row('installation.create', ['setup'], none, webauthn),
  'setup.passkeyVerify': row('installation.create', ['setup'], z.strictObject({ response: webauthn }), webauthn),
  /** Two PRF results have been sent as sealed frames. */
  'setup.passkeyProve': row('installation.create', ['setup'], z.strictObject({ response: webauthn, label: short }), z.object({ slot: z.string() }), STEPS_MS),
  'setup.finish': row('installation.create', ['setup'], none, none, STEPS_MS),

  /** The person who is in accepts the policy's text, which came as `consent`. The panes follow. */
  'consent.accept': row('consent.accept', ['workspace'], z.strictObject({ version: z.number().int().positive() }), none, STEPS_MS),

  /** Why they have come in, where the policy asks, which came as `reason`. The panes follow. */
  'reason.give': row(
    'reason.give',
    ['workspace'],
    z.strictObject({ reason: z.enum(givenReasons), ticket: z.string().min(1).max(32).nullable() }),
    none,
    STEPS_MS,
  ),

  'lock.facts': row(
    'identity.unlock',
    ['lock'],
    none,
    z.object({
      workstation: z.string(),
      banner: z.string(),
      /** Whom somebody asks who cannot get in; empty where the policy does not say. */
      help: z.string(),
      lockedAt: z.string().nullable(),
      /** Why it is locked, where that can be told. */
      reason: z.enum(toldLockReasons).nullable(),
      /** Several people can come in: none is named, and each types their id or name. */
      typed: z.boolean(),
      /** People whose shells run on; `held`: those of them who were logged off. */
      parked: z.number(),
      held: z.number(),
      /** Nobody comes in but by break-glass: who did it, masked, when, and why. */
      stopped: z.object({ by: z.string(), at: z.string(), reason: z.enum(stopReasons) }).nullable(),
      /** The revocation list that the policy demands does not stand, so nobody comes in but by break-glass: what is wrong with it. */
      unlisted: z.enum(revocationStates).nullable(),
      /** Whose they are, where the policy lists them; empty where it does not. */
      away: z.array(z.object({ id: z.string(), masked: z.string(), since: z.string() })),
      people: z.array(z.object({ id: z.string(), masked: z.string(), methods: z.array(z.enum(unlockMethods)) })),
      /** Somebody here has a passphrase that opens with a key. Of several people nobody is told whose it is. */
      both: z.boolean(),
      /** Degraded facts for the line, already sentences: no pane text, no cause, no host. */
      flags: z.array(z.string()),
      backOffSeconds: z.number(),
      failures: z.number(),
      /** Something was copied in the workspace: the page overwrites the clipboard with nothing. */
      clearClipboard: z.boolean(),
      passkeyLimit,
      /** Which policy is in force; null where that cannot be read. */
      policy: z.object({ version: z.number(), class: z.enum(workstationClasses), idleSeconds: z.number() }).nullable(),
      emergency: z.object({
        /** One runs, locked: since when, and seconds left. */
        running: z.object({ since: z.string(), left: z.number() }).nullable(),
        /** One operator has agreed, and waits for another. */
        second: z.boolean(),
        /** One began then, and nobody outside has been told of it yet: so many attempts have failed, null where the policy names no way. */
        alert: z.object({ since: z.string(), tries: z.number().nullable() }).nullable(),
        /** The policy names a way by which an alert leaves. */
        leaves: z.boolean(),
      }),
    }),
  ),
  /** What was typed as an id or a name: how long a passphrase for it still has to wait, and how often one has failed. The same for one that nobody has. */
  'lock.wait': row('identity.unlock', ['lock'], z.strictObject({ person: z.string().max(100) }), z.object({ seconds: z.number(), failures: z.number() })),
  /** The clipboard holds nothing any more. */
  'lock.clipboardCleared': row('page.stand', ['lock'], none, none),
  /** The passphrase has been sent as a sealed frame to the vault host. */
  'lock.passphrase': row('identity.unlock', ['lock'], z.strictObject({ person: z.string().max(100) }), none, DERIVE_MS),
  'lock.passkeyOptions': row('identity.unlock', ['lock'], z.strictObject({ person: z.string().max(100), withPassphrase }), webauthn),
  /** The options were of no use: the authenticator did not answer, or gave no secret. Entered in the ledger, and counted for nothing. */
  'lock.passkeyUnused': row('identity.unlock', ['lock'], z.strictObject({ reason: z.enum(['not-used', 'no-secret']) }), none),
  /** The PRF result has been sent as a sealed frame. */
  'lock.passkey': row('identity.unlock', ['lock'], z.strictObject({ person: z.string().max(100), response: webauthn, withPassphrase }), none, DERIVE_MS),

  /** While the station is stopped: somebody who may lifts that, as lock.passphrase says who they are, and nothing is opened. */
  'lock.liftPassphrase': row('identity.unlock', ['lock'], z.strictObject({ person: z.string().max(100) }), none, DERIVE_MS),
  /** As lock.passkey. */
  'lock.liftPasskey': row('identity.unlock', ['lock'], z.strictObject({ person: z.string().max(100), response: webauthn, withPassphrase }), none, DERIVE_MS),

  /** Why the glass is to be broken; what they write of it has been sent as a sealed frame. Who it is follows. */
  'emergency.ask': row('identity.unlock', ['lock'], z.strictObject({ reason: z.enum(emergencyReasons) }), none, STEPS_MS),
  /** They do not go on. */
  'emergency.leave': row('identity.unlock', ['lock'], none, none),
  /** As lock.passphrase, and nothing else is opened than an emergency. `second`: an operator has agreed, and a second one has to. */
  'emergency.passphrase': row('identity.unlock', ['lock'], z.strictObject({ person: z.string().max(100) }), z.object({ second: z.boolean() }), DERIVE_MS),
  /** As lock.passkey. */
  'emergency.passkey': row(
    'identity.unlock',
    ['lock'],
    z.strictObject({ person: z.string().max(100), response: webauthn, withPassphrase }),
    z.object({ second: z.boolean() }),
    DERIVE_MS,
  ),

  /** What opens the recordings of who is in. */
  'slots.list': row(
    'vault.slot.change',
    ['workspace'],
    none,
    z.object({
      slots: z.array(slot),
      /** Advice, and what is wrong: sentences. */
      notes: z.array(z.string()),
      /** What was changed, when and by whom, newest first: sentences. */
      changes: z.array(z.string()),
      /** Whether the policy lets a passkey without PRF be added. */
      stored: z.boolean(),
    }),
  ),
  /** Changes follow within minutes of one of these. The passphrase has been sent as a sealed frame to the vault host. */
  'slots.confirmPassphrase': row('vault.slot.change', ['workspace'], none, none, DERIVE_MS),
  /** Of every passkey, or of the one of `slot`, which is tried by it. */
  'slots.passkeyOptions': row('vault.slot.change', ['workspace'], z.strictObject({ slot: z.string().max(40).optional(), withPassphrase }), webauthn),
  /** The PRF result has been sent as a sealed frame. */
  'slots.confirmPasskey': row(
    'vault.slot.change',
    ['workspace'],
    z.strictObject({ response: webauthn, withPassphrase }),
    z.object({ slot: z.string() }),
    DERIVE_MS,
  ),
  /** The new passphrase has been sent as a sealed frame. */
  'slots.passphrase': row('vault.slot.change', ['workspace'], none, none, DERIVE_MS),
  'slots.rename': row('vault.slot.change', ['workspace'], z.strictObject({ slot: z.string().max(40), name: short }), none, STEPS_MS),
  'slots.remove': row('vault.slot.change', ['workspace'], z.strictObject({ slot: z.string().max(40) }), none, STEPS_MS),
  /** `stored`: of a passkey without PRF, where the policy allows that. */
  'slots.enrolOptions': row('vault.slot.add', ['workspace'], z.strictObject({ withPassphrase, stored: z.boolean().optional() }), webauthn),
  'slots.enrolVerify': row('vault.slot.add', ['workspace'], z.strictObject({ response: webauthn }), webauthn),
  /** Two PRF results have been sent as sealed frames. */
  'slots.enrolProve': row(
    'vault.slot.add',
    ['workspace'],
    z.strictObject({ response: webauthn, label: short, withPassphrase }),
    z.object({ slot: z.string() }),
    DERIVE_MS,
  ),

  /** Every host that has a name here. `leftOut`: lines of a configuration that are not followed. */
  'hosts.list': row(
    'session.open',
    ['workspace'],
    none,
    z.object({
      hosts: z.array(
        z.object({
          name: z.string(),
          from: z.enum(['wardmux', 'config']),
          file: z.string().nullable(),
          line: z.number().nullable(),
          fingerprint: z.string().nullable(),
          pinned: z.string().nullable(),
          sessionClass: z.string().nullable(),
        }),
      ),
      leftOut: z.number(),
    }),
  ),
  /** Opens a host in a window of its own. `accepted`: a key that whoever is in was shown, and takes. It takes as long as the hosts on the way do. */
  'hosts.open': row(
    'session.open',
    ['workspace'],
    z.strictObject({
      name: z.string().regex(HOST_NAME),
      accepted: z.strictObject({ host: z.string().regex(HOST_ID), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
    }),
    z.discriminatedUnion('state', [
      z.object({ state: z.literal('opened') }),
      z.object({ state: z.literal('new'), ...shownHost, key: shownKey }),
      z.object({
        state: z.literal('changed'),
        ...shownHost,
        pinned: z.object({ type: z.enum(hostKeyTypes), fingerprint: z.string(), time: z.string() }),
        key: shownKey.nullable(),
      }),
    ]),
    HOSTS_MS,
  ),
  /** Everybody who ever was enrolled. `may`: whether who is in decides about them; `who`: who does. */
  'people.list': row(
    'evidence.read',
    ['workspace'],
    none,
    z.object({
      people: z.array(
        z.object({
          id: z.string(),
          /** Null where the record is not the one that the ledger knows. */
          name: z.string().nullable(),
          roles: z.array(z.enum(roles)),
          state: z.enum(allPersonStates),
          you: z.boolean(),
          /** Stopped by who is in, who does not lift it. */
          yourStop: z.boolean(),
          slots: z.array(slot),
          lastUnlock: z.string().nullable(),
          /** Who could agree to what takes two about them, by name; and until when nobody decides that alone, where who could was put out. */
          seconds: z.array(z.string()),
          waits: z.string().nullable(),
          /** What is wrong with their record, as a sentence; of who is deleted nothing is looked for in it. */
          fault: z.string().nullable(),
        }),
      ),
      roles: z.array(z.enum(roles)),
      may: z.boolean(),
      who: z.array(z.string()),
    }),
  ),
  /** Each asks for one thing. Where it takes somebody else too, the guest's page follows on the answer. */
  'people.enrol': row('person.enrol', ['workspace'], z.strictObject({ name: z.string().trim().min(1).max(mostTyped.name), roles: roleList }), asked),
  'people.roles': row('role.grant', ['workspace'], z.strictObject({ id: personId, roles: roleList }), asked),
  'people.disable': row('person.disable', ['workspace'], aboutSomebody, asked),
  'people.enable': row('person.disable', ['workspace'], aboutSomebody, asked),
  'people.delete': row('person.delete', ['workspace'], aboutSomebody, asked),
  /** Out at once, and not in again until another one lifts it. */
  'people.stop': row('person.stop', ['workspace'], aboutSomebody.extend({ reason: z.enum(stopReasons) }), asked),
  'people.lift': row('stop.lift', ['workspace'], aboutSomebody, asked),
  'people.stopStation': row('station.stop', ['workspace'], z.strictObject({ reason: z.enum(stopReasons) }), asked),
  /** New keys for somebody who lost everything: they choose a passphrase, then a second one agrees. A recovery code is for the command line. */
  'people.rebind': row('person.rebind', ['workspace'], aboutSomebody.extend({ checked: z.enum(identityChecks).exclude(['recovery-code']) }), asked),
  /** Whose shells run on here although they were logged off, because the policy holds them. */
  'people.held': row(
    'logoff.end-held',
    ['workspace'],
    none,
    z.object({ held: z.array(z.object({ id: personId, name: z.string().nullable(), shells: z.number(), since: z.string() })) }),
  ),
  'people.endHeld': row('logoff.end-held', ['workspace'], aboutSomebody, z.object({ sentence: z.string() }), STEPS_MS),
  'people.leave': row('request.answer', ['workspace'], none, none),
  'people.asked': row('request.answer', ['guest'], none, asked),
  /** The passphrase has been sent as a sealed frame. */
  'people.newcomer': row('request.answer', ['guest'], none, asked, DERIVE_MS),
  'people.agreePassphrase': row('request.answer', ['guest'], z.strictObject({ person: z.string().max(100) }), asked, DERIVE_MS),
  'people.agreeOptions': row('request.answer', ['guest'], z.strictObject({ person: z.string().max(100), withPassphrase }), webauthn),
  /** The PRF result has been sent as a sealed frame. */
  'people.agreePasskey': row(
    'request.answer',
    ['guest'],
    z.strictObject({ person: z.string().max(100), response: webauthn, withPassphrase }),
    asked,
    DERIVE_MS,
  ),
  'people.refuse': row('request.answer', ['guest'], none, asked),
  /** Who asked shows that it is them: then it is done or, without `go`, left. The secret has been sent as a sealed frame. */
  'people.provePassphrase': row('request.answer', ['workspace', 'guest'], z.strictObject({ go: z.boolean() }), proven, DERIVE_MS),
  'people.proveOptions': row('request.answer', ['workspace', 'guest'], z.strictObject({ withPassphrase }), webauthn),
  'people.provePasskey': row(
    'request.answer',
    ['workspace', 'guest'],
    z.strictObject({ go: z.boolean(), response: webauthn, withPassphrase }),
    proven,
    DERIVE_MS,
  ),

  /** Size of the stage in cells (without the line); panes are laid out in it. */
  'workspace.size': row(
    'session.use',
    ['workspace'],
    z.strictObject({ cols: z.number().int().min(20).max(1000), rows: z.number().int().min(4).max(500) }),
    none,
  ),
  /**
   * A command line in tmux's syntax, one command or several with `;`: each is asked for its own. `pane` is where it was given, `from` what the action that opened its question or
   * prompt came with. `refused`: `message` says why.
   */
  command: row(
    'command.give',
    ['workspace'],
    z.strictObject({ line: z.string().max(4000), pane: pane.optional(), from: z.array(z.string().regex(CLASS_NAME)).max(MOST_ORIGINS).readonly().optional() }),
    z.object({ message: z.string().optional(), refused: z.literal(true).optional() }),
  ),
  /** Output bytes parsed by the pane's terminal, in all. */
  ack: row('session.use', ['workspace'], z.strictObject({ pane, parsed: z.number().int().nonnegative() }), none),
  /** A pane's program rang the bell, or printed, where nobody looks: its window is marked until somebody does, over a lock too. */
  alert: row('session.use', ['workspace'], z.strictObject({ pane, what: z.enum(alertKinds) }), none),
  /** What is typed into one of these panes goes into all of them from here on, or not any more (none). */
  synchronized: row('session.use', ['workspace'], z.strictObject({ panes: z.array(pane).max(MOST_PANES).readonly() }), none),
  /** The workspace is ready for replay and live frames of its panes. */
  'workspace.attach': row('recording.replay.own', ['workspace'], none, none),
  lock: row('app.lock', ['workspace', 'guest'], none, none),
  /** Something was copied: that it was, and nothing of it. The answer says whether the lock will clear the clipboard. */
  'clipboard.copied': row('command.give', ['workspace'], none, z.object({ clearedAtLock: z.boolean() })),
  /** Digests of the pieces of what was copied in this pane (src/mux/origins.ts): the text itself stays in the page. */
  'clipboard.origin': row('session.use', ['workspace'], z.strictObject({ pane, digests: pieces }), none),
  /** Digests of what is to be pasted into this pane. Where the policy does not let it into the pane's class, why not. */
  'clipboard.paste': row('session.use', ['workspace'], z.strictObject({ pane, digests: pieces }), z.object({ refusal: z.string().nullable() })),
  /**
   * What an export of a pane's recording, or of one of one's own, would hold: how much, and as a sealed frame of this ticket the places where something was found. It is
   * looked through for that, which is entered first. Nothing is written.
   */
  'export.plan': row(
    'recording.export.own',
    ['workspace'],
    z.strictObject({ ...exportAsked, pane: pane.optional(), recording: recording.optional() }),
    exportPlanned,
    'any',
  ),
  /** The same of somebody else’s: why, and where the file of an audit key lies, which the vault reads for this and once more when it is made. */
  'export.planOther': row(
    'recording.export.others',
    ['workspace'],
    z.strictObject({ ...exportAsked, recording, reason: z.enum(givenReasons), keyFile: z.string().min(1).max(4096) }),
    exportPlanned,
    'any',
  ),
  /** Makes what was planned with this ticket. What it is for, for whom, and what is released by hand have come to the vault as a sealed frame. */
  'export.start': row(
    'recording.export',
    ['workspace'],
    z.strictObject({ ticket, form: z.enum(exportForms), path: z.string().min(1).max(1000), keyFile: z.string().min(1).max(4096).optional() }),
    z.object({ path: z.string(), records: z.number(), sha256: z.string(), withheld: z.number(), released: z.number(), list: z.string() }),
    'any',
  ),
  /** Verifies a bundle that this window has exported, as an auditor would with this installation's trust.json. */
  'export.verify': row(
    'evidence.read',
    ['workspace'],
    z.strictObject({ folder: z.string().min(1).max(1000) }),
    z.object({ good: z.boolean(), sentence: z.string(), notes: z.array(z.string()) }),
    'any',
  ),
  /** Shows what this window has exported, or the folder that it is in, in the desktop's file manager. */
  'export.show': row('recording.export', ['workspace'], z.strictObject({ folder: z.string().min(1).max(1000) }), none),
  /** Verifies the pane's recording and the ledger as they stand. */
  'verify.pane': row('ledger.verify', ['workspace'], z.strictObject({ pane }), z.object({ good: z.boolean(), sentence: z.string() }), 'any'),
  /** The policy in force, newest version first, and what policy.json would change. `wish`: null where it is the one in force. */
  'policy.look': row(
    'evidence.read',
    ['workspace'],
    none,
    z.object({
      class: z.string(),
      versions: z.array(
        z.object({
          version: z.number(),
          from: z.string(),
          by: z.string().nullable(),
          second: z.string().nullable(),
          sha256: short,
          rollbackTo: z.number().nullable(),
          /** How many fields got weaker. */
          weaker: z.number(),
        }),
      ),
      wish: z
        .object({
          /** Null where nobody can take it into force. */
          sha256: short.nullable(),
          words: z.string(),
          changes: z.array(policyChange),
          /** How many more fields change than are shown. */
          more: z.number(),
          /** Who could agree, where it takes two; null where one decides. */
          second: z.array(z.string()).nullable(),
          /** Why nobody decides it now, as a sentence. */
          why: z.string().nullable(),
        })
        .nullable(),
      may: z.boolean(),
      who: z.array(z.string()),
      /** Kinds of the key slots of who is in. */
      own: z.array(z.string()),
    }),
    STEPS_MS,
  ),
  /** As of `people.enrol`. `sha256`: of what was shown. */
  'policy.accept': row('policy.accept', ['workspace'], z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }), asked),
  /** Where this installation is weaker than the strict profile, worst first, and the last self-test that the ledger has. */
  'posture.look': row(
    'evidence.read',
    ['workspace'],
    none,
    z.object({
      rows: z.array(
        z.object({
          name: short,
          level: z.enum(['stop', 'weaker', 'unseen']),
          title: short,
          value: z.string(),
          strict: z.string(),
          advice: z.string(),
          /** 45 CFR. */
          safeguard: short,
        }),
      ),
      selfTest: z.object({ time: z.string(), holds: z.boolean() }).nullable(),
    }),
    STEPS_MS,
  ),
  /** Tries the controls; the report is signed, and in the ledger by its digest. */
  'selftest.run': row(
    'selftest.run',
    ['workspace'],
    none,
    z.object({
      time: z.string(),
      holds: z.boolean(),
      sha256: short,
      controls: z.array(
        z.object({ name: short, title: short, safeguard: short, outcome: z.enum(['holds', 'fails', 'not-shown']), seen: z.string(), limit: z.string() }),
      ),
    }),
    'any',
  ),
  /** Alerts that are open, those that cannot wait first: of `all`, as many as are told. */
  'audit.alerts': row(
    'audit.look',
    ['workspace'],
    none,
    z.object({
      all: z.number(),
      alerts: z.array(
        z.object({
          rule: short,
          seq: z.number(),
          severity: z.enum(['warn', 'page']),
          owner: z.enum(['auditor', 'security']),
          raised: z.string(),
          due: z.string(),
          last: z.string(),
          count: z.number(),
          help: z.string(),
          late: z.boolean(),
          /** Names, and the id of whoever has none here. */
          about: z.array(z.string()),
          /** Whoever is in is one of those: they do not close it. */
          aboutYou: z.boolean(),
        }),
      ),
    }),
    STEPS_MS,
  ),
  /** Events, newest first, those with numbers below `before`; a look that begins, at the newest or with another question, is entered first. */
  'audit.events': row('audit.look', ['workspace'], eventQuery, eventPage, STEPS_MS),
  /** What the pictures are drawn from: counts, and nobody's. */
  'audit.pictures': row(
    'audit.look',
    ['workspace'],
    none,
    z.object({
      failed: z.object({
        threshold: z.object({ count: z.number(), minutes: z.number() }),
        hours: z.array(z.object({ day: short, hour: z.number(), count: z.number() })).readonly(),
      }),
      activity: z.array(z.object({ day: short, of: z.array(z.object({ count: z.number(), odd: z.boolean() })).readonly() })).readonly(),
      recordings: z.array(z.object({ day: short, of: z.number() })).readonly(),
      /** Of the disk that the data folder is on, bytes: all of it, what is free for us, and below what programs wait. */
      disk: z.object({ size: z.number(), free: z.number(), reserve: z.number() }),
    }),
    STEPS_MS,
  ),
  /** Which events nobody has reviewed; what reviewers did themselves waits for somebody else. */
  'audit.reviews': row(
    'audit.look',
    ['workspace'],
    none,
    z.object({
      from: z.number(),
      since: z.string().nullable(),
      events: z.number(),
      /** Names, and the id of whoever has none here. `you`: whoever is in is one of those. */
      own: z.array(z.object({ person: z.string(), you: z.boolean(), from: z.number(), to: z.number(), events: z.number() })),
      last: z.object({ by: z.string(), time: z.string(), from: z.number(), to: z.number(), finding: z.enum(ledgerFindings) }).nullable(),
    }),
    STEPS_MS,
  ),
  /** Signs that who is in has reviewed the events from one number to before another; what they found has been sent as a sealed frame to the vault host. */
  'audit.sign': row(
    'ledger.review',
    ['workspace'],
    z.strictObject({ from: z.number().int().nonnegative(), to: z.number().int().positive(), finding: z.enum(ledgerFindings) }),
    none,
    STEPS_MS,
  ),
  /** Emergencies that nobody has reviewed, oldest first, and one that runs. Of who was in them the names, and the id of whoever has none here. */
  'audit.emergencies': row(
    'audit.look',
    ['workspace'],
    none,
    z.object({
      emergencies: z.array(
        z.object({
          id: short,
          person: z.string(),
          personId: z.string(),
          /** Who agreed, where two operators broke the glass. */
          second: z.string().nullable(),
          reason: z.enum(emergencyReasons),
          time: z.string(),
          end: z.string().nullable(),
          /** By when somebody else is to have reviewed it; null while it runs. */
          due: z.string().nullable(),
          late: z.boolean(),
          /** They wrote something, which an audit key opens. */
          words: z.boolean(),
          /** Why who is in does not review it, as a sentence; null where they may. */
          not: z.string().nullable(),
        }),
      ),
    }),
    STEPS_MS,
  ),
  /** Closes one with what was found, signed. */
  'audit.reviewEmergency': row('break-glass.review', ['workspace'], z.strictObject({ id: short, finding: z.enum(reviewFindings) }), none, STEPS_MS),
  /** Closes an alert with a note, which has been sent as a sealed frame to the vault host. `alert`: number of the event that raised it. */
  'audit.close': row('alert.close', ['workspace'], z.strictObject({ rule: short, alert: z.number().int().nonnegative() }), none, STEPS_MS),
  /** One's own recordings, a page of them; `days` says where in all of them each day begins. What they are called is content, and is not in it. */
  'review.list': row('review.own', ['workspace'], listQuery, listed, STEPS_MS),
  /** The same of everybody's, with names. */
  'review.everybody': row('review.everybody', ['workspace'], listQuery, listed, STEPS_MS),
  /** Looks at a recording: what is in it comes as sealed frames of this ticket. That somebody looks is entered first. Answers when it is read whole. */
  'review.open': row('recording.replay.own', ['workspace'], z.strictObject({ ticket, recording, masked: z.boolean().optional() }), lookedAt, 'any'),
  /** The same of somebody else’s: why, and where the file of an audit key lies that it is sealed to, which the vault reads. Masked, unless two have agreed. */
  'review.openOther': row(
    'recording.replay.others',
    ['workspace'],
    z.strictObject({ ticket, recording, masked: z.boolean(), reason: z.enum(givenReasons), keyFile: z.string().min(1).max(4096) }),
    lookedAt,
    'any',
  ),
  /** Asks that somebody else’s recording be shown with nothing covered: the session is covered, and somebody else agrees. */
  'review.unmask': row('recording.unmask', ['workspace'], z.strictObject({ recording }), asked),
  /** What ran in these, as a sealed frame. */
  'review.programs': row('recording.replay.own', ['workspace'], z.strictObject({ ticket, recordings: z.array(recording).max(500) }), none, STEPS_MS),
  'review.seek': row('recording.look', ['workspace'], z.strictObject({ ticket, timeUs: z.number().int().nonnegative() }), none, STEPS_MS),
  'review.more': row('recording.look', ['workspace'], z.strictObject({ ticket }), none, STEPS_MS),
  'review.lines': row(
    'recording.look',
    ['workspace'],
    z.strictObject({ ticket, timeUs: z.number().int().nonnegative(), count: z.number().int().min(1).max(500) }),
    none,
    STEPS_MS,
  ),
  /** Finds in one's own recordings, or in one of them, the text or the ticket that has been sent to the vault host as a sealed frame. */
  'review.search': row(
    'recording.replay.own',
    ['workspace'],
    z.strictObject({ ticket, lookFor: z.enum(searchedFor), recording: recording.optional() }),
    z.object({ hits: z.number(), searched: z.number() }),
    'any',
  ),
  /** The same in everybody’s that the filter leaves, newest first: why, and where the file of an audit key lies. Masked: a hit leads to its moment. */
  'review.searchOthers': row(
    'recording.replay.others',
    ['workspace'],
    z.strictObject({ ...listFilter, ticket, lookFor: z.enum(searchedFor), why: z.enum(givenReasons), keyFile: z.string().min(1).max(4096) }),
    z.object({ hits: z.number(), searched: z.number() }),
    'any',
  ),
  'review.stop': row('recording.look', ['workspace'], none, none),
  /** The look at a recording ends: how much of it was seen is entered. */
  'review.close': row('recording.look', ['workspace'], none, none),
  /** Says of somebody else’s recording how its review stands: the vault signs it. */
  'review.say': row('recording.review', ['workspace'], z.strictObject({ recording, state: z.enum(reviewStates) }), none, STEPS_MS),
  /** Compares all of a recording with what the ledger signed for. */
  'review.verify': row(
    'ledger.verify',
    ['workspace'],
    z.strictObject({ recording }),
    z.object({
      good: z.boolean(),
      sentence: z.string(),
      /** Records that are there, and how many of them are proven; null where nothing could be counted. */
      found: z.number().nullable(),
      proven: z.number().nullable(),
    }),
    'any',
  ),
  'display.set': row(
    'page.stand',
    surfaces,
    z.strictObject({
      theme: theme.optional(),
      cell: cell.optional(),
      contrast: z.boolean().optional(),
      motion: z.boolean().optional(),
    }),
    none,
  ),
} as const;

function row<I extends z.ZodType, O extends z.ZodType>(
  needs: Permission,
  on: readonly Surface[],
  input: I,
  output: O,
  withinMs: number | 'any' = ANSWER_MS,
): { readonly needs: Permission; readonly surfaces: readonly Surface[]; readonly input: I; readonly output: O; readonly withinMs: number | undefined } {
  return { needs, surfaces: on, input, output, withinMs: withinMs === 'any' ? undefined : withinMs };
}

export type Requests = typeof requests;
export type RequestName = keyof Requests;
export type Input<N extends RequestName> = z.infer<Requests[N]['input']>;
export type Output<N extends RequestName> = z.infer<Requests[N]['output']>;

const count = z.number();
const word = z.string();

/** The line. Every state has a word; `level` is colour on top of it. */
const statusView = z
  .object({
    /** Classes of sessions, as the policy in force has them. */
    classes: z.array(z.object({ name: word, label: word, look: z.enum(classLooks) }).readonly()).readonly(),
    /** What kind of workstation this is. */
    place: z.enum(workstationClasses),
    person: word,
    role: word,
    /** They came in with one factor of two, and may enrol another. */
    enrols: z.literal(true).optional(),
    /** What they may do: the page asks for nothing else. The core asks again at every door, whatever the page thinks. */
    permits: z.array(z.enum(permissionNames)).readonly(),
    recording: z.object({ level: z.enum(['seal', 'none', 'warn', 'stop']), word, sealedBytes: count }).readonly(),
    /** `note`: where its heads are kept outside, and how well the key that signs it is kept where that is weaker than it could be. */
    ledger: z.object({ level: z.enum(['ok', 'none', 'warn', 'stop']), word, events: count, note: word.optional() }).readonly(),
    /** Seconds until the lock; the idle timer's truth lives in the core. */
    lockIn: count,
    idleSeconds: count,
    warning: z.boolean(),
    /** They are in an emergency: since when, seconds left, and how often the alert was tried in vain, while it has not left by every anchor; null: by none it could. */
    emergency: z.object({ since: word, left: count, extended: z.boolean(), reason: word, alertTries: count.nullable().optional() }).readonly().optional(),
    /** Alerts that are open: how many, and how bad the worst of them is; null where that is not known. */
    alerts: z
      .object({ open: count, worst: z.enum(['warn', 'page']) })
      .readonly()
      .nullable()
      .optional(),
    /** A collector that has events of the ledger sent to it has taken none for hours. */
    forwarder: z.literal('silent').optional(),
    /** Emergencies that they can review. */
    reviews: z.object({ due: count, overdue: count }).readonly().optional(),
  })
  .readonly();
export type StatusView = z.infer<typeof statusView>;

const display = z.object({ theme, cell, contrast: z.boolean(), motion: z.boolean() }).readonly();
export type Display = z.infer<typeof display>;

/** A `note` is a reminder: a quiet line that goes by itself. */
const noticeLevel = z.enum(['ok', 'note', 'warn', 'stop']);
export type NoticeLevel = z.infer<typeof noticeLevel>;

/** What the core tells a page unasked: what is not as it stands here is not sent. */
export const events = {
  /** The peer's ephemeral public key, base64: frames from and to it are possible now. */
  channel: z
    .object({
      peer: z.enum(peers),
      publicKey: word,
      /** Output bytes of each pane at the end of the last view of it: what comes back behind them nobody has seen. */
      seen: z
        .array(z.object({ pane: count, bytes: count }).readonly())
        .readonly()
        .optional(),
    })
    .readonly(),
  view: workspaceView,
  status: statusView,
  /** Main runs (lease.ts). A workspace that has not heard this for three seconds takes its text off the screen. */
  lease: none.readonly(),
  /** A toast (`level` ok, note) or a banner that stays until read (warn, stop). */
  notice: z.object({ level: noticeLevel, sentence: word, pane: count.optional(), more: z.array(word).readonly().optional() }).readonly(),
  /** A banner that lasts as long as what it says is so: another word about the same thing takes its place, and null takes it away. */
  lasting: z
    .object({
      about: z.literal('policy'),
      fault: z
        .object({ level: z.enum(['warn', 'stop']), sentence: word })
        .readonly()
        .nullable(),
    })
    .readonly(),
  /** A command that the workspace itself carries out: copy-mode, display-panes, a band, search, paste … */
  client: clientAction,
  display,
  /** To the lock page: `lock.facts` has something else to say now. */
  stale: none.readonly(),
  /** The policy's text, which the person has yet to accept; null where nothing has to be accepted any more. No pane is shown or opened before it is. */
  consent: z.object({ version: count, text: word }).readonly().nullable(),
  /** Whoever is in has yet to say why: the shape of a ticket, null where none is asked for; null where nothing is asked any more. No pane is shown or opened before it is. */
  reason: z.object({ ticket: word.nullable() }).readonly().nullable(),
  /** Welcome after an unlock: last unlock, failures since. */
  welcome: z.object({ lastUnlock: word.nullable(), failures: count }).readonly(),
} as const;

export type EventName = keyof typeof events;
export type Events = { readonly [E in EventName]: z.infer<(typeof events)[E]> };

/** What the host puts into a page as `window.wardmux`; the same in the preload and in the Chromium host's init script. */
export interface PageBridge {
  send(text: string): void;
  sendFrame(peer: Peer, bytes: Uint8Array): void;
  onMessage(listener: (text: string) => void): void;
  /** The listener's promise tells the host that the frame is taken. */
  onFrame(listener: (peer: Peer, bytes: Uint8Array) => Promise<void> | void): void;
}
