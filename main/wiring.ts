/**
 * What the app is made of: window, pty host, vault host, ledger, lock and multiplexer, each given what it needs of the others. The data
 * folder is made ready here, and nothing else is opened. Every part is made in this file, but for a person's windows (own-workspaces.ts).
 * Over 400 lines: one list of parts, read in one place.
 */
import { openDoor, type Door, type DoorName } from '../src/access/index.ts';
import { BridgeServer } from '../src/process/bridge-server.ts';
import { noticeEntry } from '../src/ledger/notice.ts';
import { readPinned } from '../src/people/pinned.ts';
import { newHeadOf } from '../src/services/ledger/read.ts';
import { Revocations } from '../src/services/policy/revocations.ts';
import { openHome, type Home } from '../src/storage/index.ts';
import { mediumOf } from '../src/disk/media.ts';
import type { Clock } from '../src/time/clock.ts';
import type { Surface } from '../src/types/words.ts';
import { LimitWatch } from '../src/native/process-limits.ts';
import { AlertNotes } from './alert-notes.ts';
import { auditOf } from './audit.ts';
import { Attempts } from './unlock/attempts.ts';
import { BreakGlass } from './unlock/break-glass.ts';
import { DisplayFile } from './window/display.ts';
import { Evidences } from './evidence.ts';
import { consentOf } from './consent.ts';
import { Gate } from './gate.ts';
import { Given } from './given.ts';
import type { Host } from './host.ts';
import { hostsOf } from './hosts.ts';
import { InstalledHolder } from './installed.ts';
import { enterFindings } from './integrity.ts';
import { Journal } from './journal.ts';
import { Lift } from './deciding/lift.ts';
import { Logoff } from './unlock/logoff.ts';
import { LockController } from './lock-controller.ts';
import { PersonWatch } from './watch/person.ts';
import { People } from './deciding/people.ts';
import { PutOutWatch } from './watch/put-out.ts';
import { lookAtPolicy } from './deciding/policy-page.ts';
import { PolicyWatch } from './watch/policy.ts';
import { TimeSyncWatch } from './watch/time-sync.ts';
import { provingOf } from './proving.ts';
import { Reviews } from './review.ts';
import { AuditKeeper } from './processes/audit-keeper.ts';
import { PtyClient } from './processes/pty-client.ts';
import { Reasons } from './reasons.ts';
import { requestHandlers } from './requests/index.ts';
import type { RequestParts } from './requests/parts.ts';
import { defaultAuditKey, secretStoreFacts } from './setup-facts.ts';
import { notifyDesktop } from './machine/desktop-note.ts';
import { sendingOf } from './sending.ts';
import { readClockState } from './machine/time-sync.ts';
import { showFolder } from './machine/show-folder.ts';
import { Remote } from './remote.ts';
import { Status } from './status.ts';
import { Troubles } from './troubles.ts';
import { Slots } from './unlock/slots.ts';
import { Unlock } from './unlock/unlock.ts';
import { VaultKeeper } from './processes/vault-keeper.ts';
import { WaysIn } from './unlock/ways-in.ts';
import { Welcomes } from './unlock/welcomes.ts';
import { WindowKeeper } from './window/keeper.ts';
import { PlaceFile } from './window/place.ts';
import { ownWorkspaces } from './own-workspaces.ts';
import type { Workspaces } from './workspace/workspaces.ts';
import type { VaultClient } from './processes/vault-client.ts';
import { Looks } from './workspace/look.ts';
import { WorkspaceMemory } from './workspace/memory.ts';

export interface WiringParts {
  readonly home: string;
  readonly host: Host;
  readonly rendererFolder: string;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/** What only the app itself can say or do: whether it ends, and what becomes of a window that is closed. */
export interface Life {
  readonly stopping: () => boolean;
  readonly windowClosed: () => void;
  readonly reopen: () => Promise<void>;
}

/** What the app opens, asks once a second, and ends. */
export interface Wiring {
  readonly home: Home;
  readonly journal: Journal;
  readonly installed: InstalledHolder;
  readonly machine: LockController;
  readonly limits: LimitWatch;
  readonly pty: PtyClient;
  readonly vaults: VaultKeeper;
  readonly audit: AuditKeeper;
  readonly alertNotes: AlertNotes;
  readonly windows: WindowKeeper;
  readonly gate: Gate;
  readonly status: Status;
  readonly policy: PolicyWatch;
  readonly timeSync: TimeSyncWatch;
  readonly person: PersonWatch;
  readonly putOut: PutOutWatch;
  readonly revocations: Revocations;
  readonly breakGlass: BreakGlass;
  readonly people: People;
  readonly workspace: Workspaces;
  readonly troubles: Troubles;
  /** What answers at the private socket. */
  readonly socket: Remote;
  /** Policy, signer and ledger, once the first run has been. */
  readonly openInstalled: () => Promise<void>;
  /** What is shown while nothing is open. */
  readonly closedSurface: () => Surface;
}

export function wire({ home: folder, host, rendererFolder, clock, env, say }: WiringParts, life: Life): Wiring {
  const home = openHome(folder);
  const machine = new LockController();
  const limits = new LimitWatch();
  const station = new DisplayFile(home);
  const now = (): number => clock.now();
  const installed = new InstalledHolder({
    home,
    before: () => pty.checkpoint(),
    onError: (error) => journal.ledgerFailed(error),
    onDone: () => journal.ledgerWritten(),
    now,
    enter: (entry) => troubles.anchor(entry),
  });
  const journal = new Journal({
    ledger: () => installed.current?.ledger,
    say,
    notice: (level, sentence) => gate.notice(level, sentence),
    stands: (recording) => workspace.hasRecording(recording),
    now,
  });
  const pty = new PtyClient(host, () => installed.ptyConfiguration(), {
    frame: (bytes) => {
      workspace.output();
      return gate.toPage('pty', bytes);
    },
    exit: (pane, code, signal) => workspace.exited(pane, code, signal),
    notice: (notice) => {
      if (notice.kind === 'failed') journal.recordingStopped(notice.recording);
      if (notice.kind === 'start') installed.current?.scheduler.soon(clock.now());
      journal.log(noticeEntry(notice));
    },
    sealed: (person, bytes) => status.sealed(person, bytes),
    fault: (sentence, pane) => troubles.warned(sentence, pane),
    held: (pane, why) => {
      workspace.held(pane, why);
      status.tell();
    },
    died: () => troubles.shellsGone(),
    badMessage: () => journal.refusals.badMessage('pty-host'),
    denied: (denial) => journal.refusals.denied('pty', denial),
  });
  const vaults = new VaultKeeper({
    host,
    home: home.folder,
    journal,
    onFrame: (bytes) => gate.toPage('vault', bytes),
    onLooked: (ticket, recording) => reviews.looked(ticket, recording),
    onDied: () => {
      if (gate.holdsKey) void gate.lock('vault-gone');
      else showAgain('The part of Wardmux that holds the keys ends each time it is started.');
    },
  });
  const alertNotes = new AlertNotes({ notify: (note) => notifyDesktop(env, note), now });
  const audit = new AuditKeeper({
    host,
    home: home.folder,
    journal,
    sending: sendingOf({ home, installed, journal }),
    files: enterFindings({ installed, journal }),
    now,
    changed: () => {
      alertNotes.tick(audit.open);
      status.tell();
      gate.emitLocked('stale', () => ({}));
    },
  });
  /** Whoever is in, with what holds their keys. An emergency keeps nothing, and finds nothing of anybody's. */
  const ownKeys = (): { readonly person: string; readonly vault: VaultClient } | undefined =>
    gate.session?.grant.breakGlass === null && vaults.current ? { person: gate.session.person.id, vault: vaults.current } : undefined;
  const tampered = (person: string): void => journal.log({ action: 'workspace.tampered', person });
  const looks = new Looks({
    home,
    station,
    // A guest at a covered page is not who is in, and an emergency is nobody's own.
    open: () => (windows.surface === 'guest' ? undefined : ownKeys()),
    tampered,
  });
  const windows = new WindowKeeper({
    host,
    rendererFolder,
    places: new PlaceFile(home),
    appearance: () => looks.value,
    clock,
    onMessage: (text) => void bridge.receive(text),
    onFrame: (peer, bytes) => gate.fromPage(peer, bytes),
    onGone: () => {
      journal.log({ action: 'renderer.exit', detail: { surface: windows.surface } });
      if (gate.holdsKey) void gate.lock('renderer-gone');
      else showAgain('The page of the window ends each time it is shown.');
    },
    onClosed: () => life.windowClosed(),
    mayShow: (surface) => gate.mayShow(surface),
    onShow: (surface) => {
      // What one operator has agreed to goes with the page, however that has gone.
      breakGlass.leave();
      if (surface === 'workspace') return;
      reviews.forget();
      vaults.start();
    },
    onFailed: (error) => gate.pageless(error),
  });
  const clipboard = { copied: false };
  // Also where nothing was copied here: on a shared screen the next person must not find what any program of the last one left.
  const clearClipboard = async (): Promise<void> => {
    if ((installed.current?.policy.policy.lock.clearClipboard ?? true) && (await host.clearClipboard().catch(() => false))) clipboard.copied = false;
  };
  const door = (name: DoorName): Door =>
    openDoor({ standing: () => gate.standing(installed.current !== undefined), denied: (denial) => journal.refusals.denied(name, denial) });
  const emit: RequestParts['emit'] = (event, payload) => bridge.emit(event, payload);
  const gate = new Gate({
    windows,
    vaults,
    pty,
    machine,
    journal,
    clock,
    emit,
    sweep: () => troubles.sweepExports(),
    clearClipboard,
    parked: (person) => logoff.parked(person),
    loggedOff: (person, cause, by) => {
      reasons.forget(person);
      void logoff.loggedOff(person, cause, by);
    },
    say,
  });
  const revocations = new Revocations({
    home,
    ledger: () => installed.current?.ledger,
    policy: () => installed.current?.policy.policy,
    tell: (sentence) => gate.notice('warn', sentence),
    failed: (error) => journal.notEntered(error),
    clock,
  });
  const attempts = new Attempts({ home, gate, vaults, installed, journal, revocations });
  const waysIn = new WaysIn({ home, vaults, installed, journal, clock, attempts });
  const welcomes = new Welcomes({ home, gate, installed });
  const unlock = new Unlock({ home, gate, windows, vaults, installed, journal, revocations, attempts, welcomes, looks });
  const breakGlass = new BreakGlass({ home, gate, vaults, pty, installed, journal, clock });
  const status = new Status({
    home,
    gate,
    waysIn,
    breakGlass,
    installed,
    journal,
    machine,
    clock,
    revocations,
    audit,
    workspace: () => workspace,
    held: () => logoff.held.length,
  });
  const policy = new PolicyWatch({
    home,
    gate,
    pty,
    installed,
    journal,
    clock,
    changed: (fails) => {
      status.policyFails = fails;
      gate.emitLocked('stale', () => ({}));
    },
  });
  const timeSync = new TimeSyncWatch({
    read: () => readClockState(env),
    facts: () => installed.current?.ledger.facts,
    log: (entry) => journal.log(entry),
    now,
  });
  const person = new PersonWatch({
    present: () => gate.session,
    ledger: () => installed.current?.ledger,
    read: (id) => readPinned(home, installed.require().ledger.facts, id),
    revocations,
    lock: (cause) => void gate.lock(cause),
    failed: (error, first) => {
      journal.notEntered(error);
      if (first) gate.notice('stop', 'Whether you may still be in cannot be asked of the ledger. Wardmux locks in some seconds, unless it can be read again.');
    },
    again: () => journal.ledgerWritten(),
  });
  const memory = new WorkspaceMemory({
    home,
    open: ownKeys,
    tampered,
    say: (kind, text) => gate.notice(kind, text),
  });
  const workspace = ownWorkspaces({
    home,
    env,
    now,
    gate,
    pty,
    installed,
    policy,
    breakGlass,
    journal,
    memory,
    reasons: () => reasons,
    door: door('command'),
    detach: () => void detach(),
  });
  const reasons = new Reasons({ gate, installed, workspace: () => workspace });
  const logoff = new Logoff({ home, gate, machine, installed, journal, pty, workspace, memory });
  const slots = new Slots({ home, gate, installed, vaults, unlock, attempts });
  const people = new People({ home, gate, installed, vaults, unlock, waysIn, slots, journal, clock });
  const putOut = new PutOutWatch({
    revocations,
    ledger: () => installed.current?.ledger,
    changed: newHeadOf(home.ledger),
    stop: (cause) => gate.stop(cause),
    logOff: (person, cause) => gate.logOff(person, cause),
    here: () => [...(gate.session ? [gate.session.person.id] : []), ...machine.away.map(({ person }) => person), ...workspace.withShells()],
    end: (person, cause) => void logoff.loggedOff(person, cause, undefined),
    news: () => gate.emitLocked('stale', () => ({})),
    toldByLedger: () => waysIn.read,
  });
  const reviews = new Reviews({ home, gate, vaults, pty, installed, journal });
  const consent = consentOf(installed);
  const parts: RequestParts = {
    home,
    host,
    env,
    gate,
    windows,
    vaults,
    pty,
    workspace,
    memory,
    attempts,
    waysIn,
    unlock,
    welcomes,
    breakGlass,
    slots,
    people,
    logoff,
    lift: new Lift({ home, gate, installed, vaults, unlock, journal }),
    status,
    policy,
    lookAtPolicy: () => lookAtPolicy({ home, gate, installed }),
    consent,
    reasons,
    installed,
    journal,
    evidence: new Evidences({ home, gate, vaults, pty, workspace, installed, journal, memory: env['XDG_RUNTIME_DIR'] }),
    proving: provingOf({ home, gate, vaults, installed }),
    audit: auditOf({ home, gate, vaults, installed, journal, keeper: audit }),
    review: reviews,
    hosts: hostsOf({ home, env, gate, installed, workspace, look: () => policy.look() }),
    showFolder,
    setup: { auditKey: () => defaultAuditKey(env), medium: (path) => mediumOf(path, home.folder), secretStore: () => secretStoreFacts(home) },
    display: looks,
    clipboard,
    emit,
    openInstalled,
  };
  const troubles = new Troubles({ home, gate, windows, workspace, installed, journal, status, say });
  const socket = new Remote({
    gate,
    windows,
    workspace,
    installed,
    journal,
    host: host.name,
    lowered: () => limits.lowered,
    door: door('socket'),
    given: new Given({
      gate,
      windows,
      workspace,
      journal,
      waits: (person) => consent.asked(person) !== undefined || reasons.asked() !== undefined,
    }),
    reopen: () => life.reopen(),
  });
  const bridge = new BridgeServer({
    handlers: requestHandlers(parts),
    surface: () => windows.surface,
    door: door('page'),
    post: (text) => windows.post(text),
    document: () => windows.document,
    refused: (code, needs) => journal.log({ action: 'bridge.refused', detail: { surface: windows.surface, peer: 'page', code, ...(needs ? { needs } : {}) } }),
    now,
  });
  async function openInstalled(): Promise<void> {
    const open = await installed.open();
    if (open) gate.configure(open.policy.policy.lock);
  }
  const closedSurface = (): Surface => (installed.current ? 'lock' : 'setup');
  function showAgain(trouble: string): void {
    if (!life.stopping()) windows.again(closedSurface(), trouble);
  }
  /** Locks and closes the window; the shells run on. */
  async function detach(): Promise<void> {
    await gate.lock('command');
    await windows.close();
  }

  return {
    home,
    journal,
    installed,
    machine,
    limits,
    pty,
    vaults,
    audit,
    alertNotes,
    windows,
    gate,
    status,
    policy,
    timeSync,
    person,
    putOut,
    revocations,
    breakGlass,
    people,
    workspace,
    troubles,
    socket,
    openInstalled,
    closedSurface,
  };
}
