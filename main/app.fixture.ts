/** An app over a host that does what each test says: no window, no processes. Its home is a real one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, vi } from 'vitest';
import { FlatLine, type Flat } from '../src/process/flat.fixture.ts';
import type { Service } from '../src/process/service.ts';
import { auditParentService } from '../src/audit/service.ts';
import { ptyParentService } from '../src/pty/service.ts';
import { FileSecretStore } from '../src/storage/secret-store.ts';
import { firstRun } from '../src/services/installation/first-run.ts';
import { openLedger } from '../src/services/installation/open-ledger.ts';
import { deciderOf } from '../src/services/deeds/decide.ts';
import { enrol, prepareEnrolment, type PeopleParts } from '../src/services/people/people.ts';
import { NOTHING_MORE, unlockWithPassphrase } from '../src/people/person.ts';
import { readPinned } from '../src/people/pinned.ts';
import type { Role } from '../src/types/words.ts';
import { certify, emergencyText } from '../src/ledger/certificate.ts';
import { homePaths, requireInstallation } from '../src/storage/index.ts';
import { newScryptParameters } from '../src/crypto/kdf.ts';
import type { OpenIdentity } from '../src/people/identity.ts';
import { vaultParentService } from '../src/vault/service.ts';
import { acceptAsItStands } from '../src/policy/force.fixture.ts';
import { prove } from '../src/proof/proof.ts';
import { App } from './app.ts';
import type { Child, Host, HostWindow, RefusedByHost } from './host.ts';
import { Listeners } from '../src/types/listeners.ts';

const clear: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of clear.splice(0).reverse()) await step();
});

/** What the process that goes through the ledger says of one that raises nothing. */
const NO_ALERTS = { events: 0, all: 0, page: 0, alerts: [] };

/** The recording of every pane that is opened. */
export const RECORDING = '20261128-020000-0a1b2c3d';

/** A process of ours that the test plays: it answers each message with what `answer` gives, until it is killed. */
function child(parent: Service, answer: (message: Flat) => Flat | undefined): Child & { readonly say: (message: Flat) => void } {
  const line = new FlatLine(parent);
  const messages = new Listeners<[unknown]>();
  const exits = new Listeners<[number | null, string | null]>();
  let live = true;
  const end = async (): Promise<void> => {
    if (!live) return;
    live = false;
    exits.emit(null, 'SIGKILL');
  };
  const say = (message: Flat): void => void messages.emit(line.outgoing(message));
  return {
    pid: 1,
    say,
    post: (message) =>
      queueMicrotask(() => {
        const heard = line.incoming(message);
        if (heard.type === 'stop') {
          answer(heard);
          void end();
          return;
        }
        const said = live ? answer(heard) : undefined;
        if (said) say(said);
      }),
    onMessage: (listener) => messages.add(listener),
    onExit: (listener) => exits.add(listener),
    kill: end,
  };
}

export interface Rig {
  readonly app: App;
  readonly clock: { now: number };
  readonly host: { idleSeconds: () => Promise<number | undefined>; readonly clearings: number };
  /** Surfaces in the order in which they were shown. */
  readonly shown: string[];
  readonly kills: () => number;
  /** What the vault host of the moment says by itself. */
  readonly vaultSays: (message: Flat) => void;
  /** What the vault host of the moment was asked, by type. */
  readonly vaultHeard: Flat[];
  /** What the process of the shells was told and asked, by type. */
  readonly ptyHeard: Flat[];
  /** Answers of main to a vault host that asked for a signature. */
  readonly signatures: string[];
  /** What the page was sent. */
  readonly posted: { readonly id?: number; readonly output?: Record<string, unknown>; readonly error?: { readonly code: string } }[];
  readonly home: string;
  /** The window's host refuses something. */
  readonly refuse: (what: RefusedByHost) => void;
  /** The first person, whose identity is open. */
  readonly admin: () => OpenIdentity;
  /** What the process of the shells says by itself. */
  readonly ptySays: (message: Flat) => void;
  /** What the process that goes through the ledger says by itself. */
  readonly auditSays: (message: Flat) => void;
  /** The page of the window has ended without anybody's doing. */
  goneNow(): void;
  /** The page asks. @returns the id that the answer has: others are asked before it, as a lock page says hello. */
  ask(request: string, input?: unknown): number;
}

/** An app at its lock page, or at its first run. */
export async function rig(options: {
  readonly setUp: boolean;
  /** What the vault host says in place of the true proof. */
  readonly falseProof?: (proof: Uint8Array) => Uint8Array;
  /** What the vault host says in place of the true signature of a lift. */
  readonly falseLift?: { readonly signature: string };
  /** A data folder that an app before this one has left. */
  readonly home?: string;
  /** Name of somebody who is enrolled beside Ada Example, as an operator. */
  readonly second?: string;
  /** Operator, unless given. */
  readonly secondRoles?: readonly Role[];
  /** A folder that heads and alerts go to. */
  readonly drop?: string;
}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-app-'));
  clear.push(() => rmSync(folder, { recursive: true }));
  const home = options.home ?? join(folder, 'home');
  const create = () =>
    firstRun({
      home,
      name: 'Ada Example',
      passphrase: Buffer.from('kettle orbit willow prairie stamp'),
      auditKeyPath: join(folder, 'audit-key.json'),
      chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }),
      kdf: newScryptParameters(),
    });
  let person = '';
  let identity: OpenIdentity | undefined;
  const second = { id: '', identity: undefined as OpenIdentity | undefined };
  /** Whom the vault host was asked to unlock last. */
  let asked = '';
  const become = (result: Awaited<ReturnType<typeof create>>): void => {
    person = result.person.id;
    identity = result.identity;
  };
  if (options.setUp) {
    const result = await create();
    become(result);
    if (options.second !== undefined) {
      const passphrase = 'marble canyon drizzle hammock violet';
      const record = await prepareEnrolment({ name: options.second, passphrase: Buffer.from(passphrase), kdf: newScryptParameters() });
      const { ledger } = await openLedger(result.home, result.installation);
      await enrol(
        { home: result.home, installation: result.installation, ledger, admin: deciderOf(result.identity) },
        record,
        options.secondRoles ?? ['operator'],
      );
      second.identity = await unlockWithPassphrase(readPinned(result.home, ledger.facts, record.id), Buffer.from(passphrase), NOTHING_MORE);
      second.id = record.id;
      await ledger.close();
    }
    if (options.drop !== undefined) {
      const policy = JSON.parse(readFileSync(result.home.policy, 'utf8')) as object;
      writeFileSync(result.home.policy, JSON.stringify({ ...policy, anchors: [{ name: 'share', kind: 'file', folder: options.drop }] }));
      await acceptAsItStands(home);
    }
  }
  let kills = 0;
  let say: (message: Flat) => void = () => {};
  const signatures: string[] = [];
  const vaultHeard: Flat[] = [];
  const ptyHeard: Flat[] = [];
  const vault = (): Child => {
    let page = new Uint8Array();
    const made = child(vaultParentService, (message) => {
      vaultHeard.push(message);
      const { type, id } = message;
      if (type === 'connect') {
        page = new Uint8Array(message['publicKey'] as Uint8Array);
        return { type: 'connected', id: id!, publicKey: new Uint8Array(65) };
      }
      // The pty host of the rig asks nothing that has to be true; main does.
      if (type === 'proveView') return { type: 'proved', id: id!, proof: new Uint8Array(32) };
      if (type === 'proveUnlock')
        void prove(asked === second.id ? second.identity! : identity!, message['sealed'] as string, {
          purpose: 'unlock',
          person: asked === second.id ? second.id : person,
          page,
          peer: new Uint8Array(),
        }).then((proof) => say({ type: 'proved', id: id!, proof: options.falseProof?.(proof) ?? proof }));
      if (type === 'unlockPassphrase') asked = message['person'] as string;
      if (type === 'unlockPassphrase')
        return {
          type: 'unlocked',
          id: id!,
          person: asked,
          method: 'passphrase',
          slot: (asked === second.id ? second : { identity }).identity!.slot,
          dearer: false,
        };
      if (type === 'sealWords') return { type: 'sealed', id: id!, file: null };
      if (type === 'letGo') return { type: 'gone', id: id! };
      if (type === 'signEmergency') {
        const signer = asked === second.id ? second.identity! : identity!;
        const { type: _, id: __, ...request } = message as unknown as Parameters<typeof emergencyText>[0] & Flat;
        const text = emergencyText({ ...request, installation: requireInstallation(homePaths(home)).id, by: signer.person.id });
        void certify(text, signer.person.signingKey, (bytes) => signer.sign(bytes)).then((certificate) => say({ type: 'signed', id: id!, ...certificate }));
      }
      if (type === 'liftPassphrase') {
        const signer = message['person'] === second.id ? second.identity! : identity!;
        const request = { deed: 'station', to: 'lifted', reason: null, after: message['after'] as number } as const;
        const { id: installation } = requireInstallation(homePaths(home));
        void deciderOf(signer)
          .certify(installation, signer.person.id, request)
          .then((certificate) => {
            const { slots } = JSON.parse(readFileSync(join(homePaths(home).people, `${message['person'] as string}.json`), 'utf8')) as {
              slots: { id: string }[];
            };
            say({ type: 'lifted', id: id!, slot: slots[0]!.id, certificate: { ...certificate, ...options.falseLift } });
          });
      }
      if (type === 'exportPlan' || type === 'exportPlanOther')
        return { type: 'planned', id: id!, clearPieces: 2, clearBytes: 10, withheld: 0, notRequested: 0, aboutBytes: 200_000, recognisers: '1.0.0' };
      if (type === 'exportWords') return { type: 'said', id: id!, words: 'a'.repeat(64) };
      if (type === 'passkeyOptions') return { type: 'options', id: id!, options: {} };
      if (type === 'answered') signatures.push(message['signature'] as string);
      if (type === 'refused') signatures.push('');
      if (type === 'createPerson')
        void create().then((result) => {
          become(result);
          say({ type: 'created', id: id!, person, auditKeyPath: result.auditKeyPath, auditKid: result.auditKid });
        });
      return undefined;
    });
    say = made.say;
    return {
      ...made,
      kill: () => {
        kills++;
        return made.kill();
      },
    };
  };
  let ptySays: (message: Flat) => void = () => {};
  const pty = (): Child => {
    const made = child(ptyParentService, (message) => {
      const { type, id } = message;
      ptyHeard.push(message);
      const answers: Readonly<Record<string, object>> = {
        attach: { publicKey: new Uint8Array(65), sealed: '' },
        proof: { panes: [] },
        spawn: { recording: RECORDING, pid: 1 },
        detach: {},
        endEmergency: {},
        checkpoint: {},
      };
      return answers[type] && { type: 'done', id: id!, ...answers[type] };
    });
    ptySays = made.say;
    return made;
  };
  let auditSays: (message: Flat) => void = () => {};
  const audit = (): Child => {
    const made = child(auditParentService, ({ type, id }) => (type === 'look' ? { type: 'looked', id: id!, ...NO_ALERTS } : undefined));
    auditSays = made.say;
    return made;
  };
  const shown: string[] = [];
  const posted: Rig['posted'] = [];
  let receive: (text: string) => void = () => {};
  let refuse: (what: RefusedByHost) => void = () => {};
  let gone: (reason: string) => void = () => {};
  const none = { dispose: () => {} };
  const window: HostWindow = {
    raise: async () => undefined,
    show: async (surface) => void shown.push(surface),
    blank: async () => 'gone',
    post: (text) => void posted.push(JSON.parse(text) as Rig['posted'][number]),
    postFrame: async () => {},
    onMessage: (listener) => {
      receive = listener;
      return none;
    },
    onFrame: () => none,
    onRendererGone: (listener) => {
      gone = listener;
      return none;
    },
    onClosed: () => none,
    rendererPid: async () => undefined,
    place: async () => undefined,
    close: async () => {},
  };
  const host = { idleSeconds: async (): Promise<number | undefined> => undefined, clearings: 0 };
  const full: Host = {
    name: 'chromium',
    description: 'a test',
    passkeyLimit: undefined,
    open: async () => window,
    fork: (name) => ({ 'vault-host': vault, 'pty-host': pty, 'audit-host': audit })[name](),
    idleSeconds: () => host.idleSeconds(),
    clearClipboard: async () => {
      host.clearings++;
      return false;
    },
    onSignal: () => none,
    onRefused: (listener) => {
      refuse = listener;
      return none;
    },
    quit: async () => {},
  };
  const clock = { now: 1_000_000 };
  const app = await App.start({ home, host: full, rendererFolder: folder, clock: { now: () => clock.now, after: () => () => {} }, env: { HOME: folder } });
  clear.push(() => app.stop('closed'));
  let id = 0;
  const ask = (request: string, input: unknown = ['lock.passphrase', 'lock.passkeyOptions'].includes(request) ? { person } : {}): number => {
    // A lock page has said hello before anybody types.
    if (request === 'lock.passphrase') ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
    const asked = ++id;
    receive(JSON.stringify({ id: asked, request, input }));
    return asked;
  };
  return {
    app,
    clock,
    host,
    shown,
    kills: () => kills,
    vaultSays: (message) => say(message),
    ptySays: (message) => ptySays(message),
    auditSays: (message) => auditSays(message),
    admin: () => identity!,
    vaultHeard,
    ptyHeard,
    signatures,
    posted,
    home,
    refuse: (what) => refuse(what),
    goneNow: () => gone('killed'),
    ask,
  };
}

export async function unlocked(): Promise<Rig> {
  const made = await rig({ setUp: true });
  made.ask('lock.passphrase');
  await vi.waitFor(() => expect(made.shown).toEqual(['lock', 'workspace']), 60_000);
  return made;
}

/** A command of Ada's, in another process. */
export async function asAda(made: Rig, deed: (parts: PeopleParts) => Promise<void>): Promise<void> {
  const home = homePaths(made.home);
  const installation = requireInstallation(home);
  const { ledger } = await openLedger(home, installation);
  try {
    await deed({ home, installation, ledger, admin: deciderOf(made.admin()) });
  } finally {
    await ledger.close();
  }
}
