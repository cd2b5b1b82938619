/**
 * The built pages in a real Chromium, with the production origin and content security policy, over a core in this
 * process: main's own handlers of the page's requests, the real bridge server, the real multiplexer and real sealed channels;
 * below them nothing but what a test says.
 */
import { groundScript } from '../../main/chromium/ground.ts';
import type { Surface, UnlockMethod } from '../../src/types/words.ts';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { existsSync, statSync, readdirSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type CDPSession, type Page } from 'playwright-core';
import { contentSecurityPolicy, origin } from '../../main/host.ts';
import { PeerChannel } from '../../src/bridge/channel/node.ts';
import { decodeFrame, encodeFrame, type ViewFrame } from '../../src/bridge/frames.ts';
import type { Display, Events, EventName, Output, StatusView } from '../../src/bridge/schema.ts';
import type { WorkspaceView } from '../../src/types/workspace-view.ts';
import { RENEW_MS } from '../../src/bridge/lease.ts';
import type { CommandOutcome } from '../../src/mux/commands/command.ts';
import { requestHandlers } from '../../main/requests/index.ts';
import type { RequestParts } from '../../main/requests/parts.ts';
import { BridgeServer } from '../../src/process/bridge-server.ts';
import type { OutputOf } from '../../src/process/service.ts';
import { grantOf, permissionNames } from '../../src/access/index.ts';
import type { Person } from '../../src/people/types.ts';
import { Ways } from '../../src/people/ways.ts';
import { auditKeyPlace } from '../../src/services/policy/audit-key.ts';
import { crossingSentence } from '../../src/types/classes.ts';
import type { ReviewTold, ToldPlace } from '../../src/review/told.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { runCommandLine } from '../../src/mux/commands/run.ts';
import { alerted } from '../../src/mux/state/alerts.ts';
import type { Change } from '../../src/mux/state/effects.ts';
import { type State, createState } from '../../src/mux/state/model.ts';
import { paneExited, paneFailed, paneStarted } from '../../src/mux/state/panes.ts';
import { Origins } from '../../src/mux/origins.ts';
import { activePane, classOfPane } from '../../src/mux/state/query.ts';
import { terminalSizes } from '../../src/mux/state/sizes.ts';
import { newWindow, setStage } from '../../src/mux/state/windows.ts';
import { toView } from '../../src/mux/view.ts';
import type { VaultInput, VaultService } from '../../src/vault/service.ts';
import { PATIENCE_MS } from '../support/wait-for.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = join(root, 'dist/renderer');
/** A window that nobody sees, without the network and the services that a test has no use for. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--font-render-hinting=none',
];
const types: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };

/** Builds dist/renderer when it is missing or older than its sources. */
export async function buildPages(): Promise<void> {
  const newest = (folder: string): number =>
    Math.max(
      0,
      ...readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
    );
  const built = join(pages, 'workspace.html');
  const sources = Math.max(
    newest(join(root, 'renderer')),
    newest(join(root, 'src/bridge')),
    newest(join(root, 'src/mux')),
    newest(join(root, 'src/review')),
    statSync(join(root, 'src/people/passphrase.ts')).mtimeMs,
  );
  if (existsSync(built) && statSync(built).mtimeMs > sources) return;
  const { build } = await import('vite');
  await build({ configFile: join(root, 'renderer/vite.config.ts'), logLevel: 'error' });
}

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args });

const text = new TextEncoder();
const host = `(() => {
  const early = [], earlyFrames = [];
  let onMessage, onFrame;
  window.__violations = [];
  document.addEventListener('securitypolicyviolation', (event) => window.__violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile));
  const decode = (base64) => Uint8Array.fromBase64(base64);
  window.__message = (message) => (onMessage ? onMessage(message) : early.push(message));
  window.__frame = (peer, base64) => (onFrame ? onFrame(peer, decode(base64)) : new Promise((resolve) => earlyFrames.push(() => resolve(onFrame(peer, decode(base64))))));
  window.wardmux = {
    send: (message) => window.__wardmuxSend(message),
    sendFrame: (peer, bytes) => window.__wardmuxFrame(peer, bytes.toBase64()),
    onMessage: (listener) => { onMessage = listener; early.splice(0).forEach(listener); },
    onFrame: (listener) => { onFrame = listener; earlyFrames.splice(0).forEach((run) => run()); },
  };
})();`;

export const calmStatus: StatusView = {
  classes: [
    { name: 'clinical', label: 'clinical', look: 'clinical' },
    { name: 'general', label: 'general', look: 'general' },
  ],
  person: 'M. Ueda',
  role: 'operator',
  place: 'nursing',
  permits: [...permissionNames],
  recording: { level: 'seal', word: 'sealed', sealedBytes: 19_314_769 },
  ledger: { level: 'ok', word: 'ledger', events: 48_211 },
  lockIn: 252,
  idleSeconds: 300,
  warning: false,
};

/** Nothing goes from one into the other. */
const classes = { names: ['clinical', 'general'], first: 'clinical', lets: () => false };

export type LockFacts = Output<'lock.facts'>;
export const calmLock: LockFacts = {
  workstation: 'ICU-WS-014',
  banner: 'Ostermoor Regional Hospital, Information Services. Authorised staff only. Terminal work on this station is recorded and reviewed.',
  lockedAt: '2026-11-24T14:32:00',
  reason: 'idle',
  typed: false,
  parked: 1,
  held: 0,
  help: '',
  stopped: null,
  unlisted: null,
  away: [],
  people: [{ id: 'p-000000000001', masked: 'M. U.', methods: ['passkey', 'passphrase'] }],
  both: false,
  flags: ['The ledger has not been anchored outside since 14:20.'],
  backOffSeconds: 0,
  failures: 0,
  clearClipboard: false,
  passkeyLimit: null,
  policy: { version: 3, class: 'nursing', idleSeconds: 300 },
  emergency: { running: null, second: false, alert: null, leaves: false },
};

const calmSlot = { made: '2026-11-02T08:00:00.000Z', lastUsed: '2026-11-24T13:12:00.000Z', model: null, aaguid: null };
const calmSlots: Output<'slots.list'> = {
  slots: [
    { ...calmSlot, id: 'k-000000000001', kind: 'passphrase', name: null, verification: 'something you know' },
    { ...calmSlot, id: 'k-000000000002', kind: 'passkey', name: 'Key ring', model: 'YubiKey 5 Series', aaguid: '2fc0579f-8113-47ea-b116-bb5a8db9202a', verification: 'user verified each time' }, // prettier-ignore
  ],
  notes: ['One passkey is enrolled. Enrol a second one and keep it in another place.'],
  changes: ['2026-11-24 13:12 UTC: a passkey was added, by you.'],
  stored: true,
};

const calmAsked: Output<'people.asked'> = {
  step: 'second',
  words: 'Give Mara Ueda (p-000000000001) the roles operator, emergency, in place of operator.',
  effect: 'It counts at once.',
  hash: '4be190c7d2f81a3677b05e9c03daf4619c28e5b66d1740af8832c1e6b95de29a',
  by: 'S. Adeyemi',
  newcomer: null,
  renews: false,
  who: ['K. Moss', 'D. Farrow'],
  second: null,
  refused: false,
  seconds: 702,
  changes: [],
};
const somebody = { slots: [], lastUnlock: null, fault: null, you: false, yourStop: false, seconds: ['K. Moss'], waits: null };
const weakerPolicy: Output<'people.asked'>['changes'] = [
  { field: 'lock.idleSeconds', before: '300', after: '900', direction: 'weaker' },
  { field: 'lock.logoffMinutes', before: '15', after: '60', direction: 'weaker' },
  { field: 'workstation.banner', before: '""', after: '"Authorised staff only."', direction: 'neither' },
];
const calmPolicy: Output<'policy.look'> = {
  class: 'nursing',
  versions: [
    {
      version: 2,
      from: '2026-11-24T09:12:00.000Z',
      by: 'M. Ueda',
      second: 'K. Moss',
      sha256: 'b'.repeat(64),
      rollbackTo: null,
      weaker: 1,
    },
    { version: 1, from: '2026-11-02T08:00:00.000Z', by: null, second: null, sha256: 'a'.repeat(64), rollbackTo: null, weaker: 0 },
  ],
  wish: {
    sha256: 'c'.repeat(64),
    words: 'Take another policy into force (cccccccccccccccc): 3 fields change, 2 of them get weaker.',
    changes: weakerPolicy,
    more: 0,
    second: ['K. Moss'],
    why: null,
  },
  may: true,
  who: ['M. Ueda', 'K. Moss'],
  own: ['passphrase', 'passkey'],
};
const calmPeople: Output<'people.list'> = {
  people: [
    {
      ...somebody,
      id: 'p-0000000019d0',
      name: 'S. Adeyemi',
      roles: ['security'],
      state: 'active',
      you: true,
      lastUnlock: '2026-11-24T13:12:00.000Z',
      slots: calmSlots.slots,
    },
    {
      ...somebody,
      id: 'p-000000007c41',
      name: 'Mara Ueda',
      roles: ['operator'],
      state: 'active',
      lastUnlock: '2026-11-24T12:12:00.000Z',
      slots: calmSlots.slots,
    },
    { ...somebody, id: 'p-00000000e802', name: 'K. Moss', roles: ['security'], state: 'active' },
    { ...somebody, id: 'p-00000000214a', name: 'E. Brandt', roles: ['operator'], state: 'disabled' },
    { ...somebody, id: 'p-00000000a5a5', name: 'N. Reyes', roles: ['operator'], state: 'stopped' },
    { ...somebody, id: 'p-0000000055c8', name: null, roles: [], state: 'deleted' },
  ],
  roles: ['operator', 'auditor', 'security', 'custodian', 'emergency'],
  may: true,
  who: ['S. Adeyemi (p-0000000019d0)', 'K. Moss (p-00000000e802)'],
};

const block = (cells: number): string => '█'.repeat(cells);
export const calmPlaces: readonly ToldPlace[] = [
  {
    place: '611.0',
    timeUs: 1_637_326_000,
    kinds: ['hl7', 'name'],
    seen: ['text', 'screen'],
    reason: 'patient-data',
    before: '14:29:17 adt-in recv ADT^A08 90191 ',
    text: `PID|||${block(7)}^^^ZZ^MR||${block(13)}||${block(8)}|U `,
    after: 'NK1|1||SPO',
  },
  {
    place: '618.0',
    timeUs: 1_641_000_000,
    kinds: ['mrn'],
    seen: ['text'],
    reason: 'patient-data',
    before: 'feeds=> ',
    text: `select * from pat where mrn=${block(7)}; `,
    after: ' mrn | last_name | dob | phone',
  },
  {
    place: '640.0',
    timeUs: 1_702_119_000,
    kinds: ['phone'],
    seen: ['text', 'screen'],
    reason: 'personal-data',
    before: '14:30:41 pager: mail to oncall, ',
    text: `call ${block(8)} `,
    after: '14:30:52 oru-out stop channel stalled',
  },
  { place: '655.1', timeUs: 1_760_000_000, kinds: ['unread'], seen: ['control'], reason: 'personal-data', before: 'ops@if-icu-01:~$ ', text: '', after: '' },
];

type ShownEvent = Output<'audit.events'>['events'][number];
/** Events of a shift, newest first. */
export const calmEvents: readonly ShownEvent[] = (
  [
    ['verify', 'R. Okafor', 'success', 'target=ledger'],
    ['recording.review', 'R. Okafor', null, 'recording=20261124-140200-0a1b2c3d state=fine'],
    ['anchor.failed', null, null, 'anchor=siem kind=syslog code=unreachable attempts=3', 'warn'],
    ['unlock', 'M. Ueda', 'success', 'method=passphrase failed-before=2'],
    ['unlock', 'M. Ueda', 'failure', 'method=passkey reason=passkey-refused', 'page'],
    ['unlock', 'M. Ueda', 'failure', 'method=passphrase reason=wrong-passphrase'],
    ['lock', 'M. Ueda', null, 'cause=idle visible=gone'],
    ['recording.end', null, null, 'recording=20261124-140200-0a1b2c3d reason=exit size=1842'],
    ['person.roles', 'J. Varga', null, 'roles=operator,auditor by=p-00000000e802', 'warn'],
    ['access.denied', 'p-00000000e802', null, 'door=page needs=policy.accept why=not-permitted'],
    ['export', 'R. Okafor', 'success', 'recording=20261124-140200-0a1b2c3d redaction=default'],
    ['breakglass.start', 'T. Lind', null, 'breakGlass=b-0123456789ab reason=patient-safety', 'page'],
    ['pane.open', 'M. Ueda', null, 'pane=3 recording=20261124-140200-0a1b2c3d'],
    ['app.start', null, null, 'version=0.1.0 host=chromium'],
  ] as const satisfies readonly (readonly [string, string | null, string | null, string, ('warn' | 'page')?])[]
).map(([action, person, outcome, detail, raised = null], n) => ({
  seq: 48_209 - n,
  time: new Date(Date.parse('2026-11-24T14:33:07.000Z') - n * 83_000).toISOString(),
  entered: null,
  action,
  person,
  outcome,
  aal: person === null ? null : 2,
  credential: person === null ? null : 'k-000000000002',
  detail,
  raised,
  context: {
    roles: person === null ? [] : ['operator' as const],
    policySha256: 'b'.repeat(64),
    workstationClass: 'nursing' as const,
    clockMs: n === 6 ? -90_000 : 0,
    clockState: n === 6 ? ('unsynced' as const) : ('synced' as const),
  },
}));
export const calmPictures: Output<'audit.pictures'> = {
  failed: {
    threshold: { count: 10, minutes: 10 },
    hours: Array.from({ length: 24 }, (_, n) => ({
      day: n < 9 ? '2026-11-23' : '2026-11-24',
      hour: (n + 15) % 24,
      count: [0, 0, 1, 0, 2][n % 5]! + (n === 23 ? 11 : 0),
    })),
  },
  activity: Array.from({ length: 7 }, (_, d) => ({
    day: `2026-11-${18 + d}`,
    // The 21st and the 22nd are a weekend.
    of: Array.from({ length: 24 }, (_, hour) => {
      const odd = d === 3 || d === 4 || hour < 6 || hour >= 20;
      return { odd, count: odd ? Number((hour * 7 + d * 5) % 17 === 0) : (hour * 13 + d * 29) % 31 };
    }),
  })),
  recordings: Array.from({ length: 14 }, (_, d) => ({ day: `2026-11-${11 + d}`, of: d % 7 === 3 ? 0 : (d * 37) % 53 })),
  disk: { size: 512 * 1024 ** 3, free: 190 * 1024 ** 3, reserve: 512 * 1024 ** 2 },
};

type VaultAnswers = { [N in keyof VaultService]?: (input: VaultInput<N>) => Promise<OutputOf<VaultService, N>> };

/** A core without shells: what a page asks for is noted, what a test wants is sent. */
export class FakeCore {
  readonly requests: { readonly request: string; readonly input: unknown }[] = [];
  readonly refused: string[] = [];
  readonly frames: { readonly peer: 'pty' | 'vault'; readonly frame: ViewFrame }[] = [];
  readonly page: Page;
  state: State | undefined;
  readonly #origins = new Origins();
  status: StatusView = calmStatus;
  /** Commands are carried out and answered when this is over: a core that has much to do. */
  busy: Promise<void> = Promise.resolve();
  lockFacts: LockFacts = calmLock;
  /** Reasons and names that the glass was to be broken for, in order; and whether a second operator has to agree. */
  readonly emergencies: string[] = [];
  secondNeeded = false;
  /** Of whoever is typed. */
  wait = { seconds: 0, failures: 0 };
  askWait = async (): Promise<Output<'lock.wait'>> => this.wait;
  passkeyLimit: string | null = null;
  /** The policy's text, which has to be accepted. */
  consent: { readonly version: number; readonly text: string } | undefined;
  /** Why has to be said: the shape of the ticket. */
  reason: { readonly ticket: string | null } | undefined;
  readonly reasonsGiven: unknown[] = [];
  /** What opens the recordings of who is in. */
  slots: Output<'slots.list'> = calmSlots;
  policy: Output<'policy.look'> = calmPolicy;
  readonly people: { -readonly [N in keyof RequestParts['people']]: RequestParts['people'][N] } = {
    list: async () => calmPeople,
    ask: async () => ({ ...calmAsked, step: 'proof', hash: null, words: 'Disable Mara Ueda (p-000000007c41).', effect: 'They cannot come in any more.' }),
    view: () => calmAsked,
    newcomer: async () => calmAsked,
    agree: async () => ({ ...calmAsked, step: 'proof', second: 'K. Moss' }),
    agreeOptions: async () => ({}),
    refuse: () => ({ ...calmAsked, step: 'proof', refused: true }),
    prove: async () => ({ sentence: 'Mara Ueda (p-000000007c41) is disabled.' }),
    leave: () => undefined,
  };
  /** Renews the page's lease, as main does while it runs. */
  lends = true;
  /** What the vault's process answers, in place of what suits most tests. */
  vault: VaultAnswers = {};
  /** An attempt whose key was right; one that is refused throws. */
  unlock: (person: string, method: UnlockMethod) => Promise<void> = async () => undefined;
  /** Somebody lifts the stop of the station; where that is refused it throws. */
  lift: (person: string, method: UnlockMethod) => Promise<void> = async (person) => void this.lifts.push(person);
  readonly lifts: string[] = [];
  askLockFacts: () => Omit<LockFacts, 'passkeyLimit'> = () => this.lockFacts;
  readonly evidence: { -readonly [N in keyof RequestParts['evidence']]: RequestParts['evidence'][N] } = {
    planOther: (asked) => this.evidence.plan(asked),
    plan: async ({ ticket, recording }) => {
      const told: ReviewTold = { kind: 'places', places: calmPlaces, found: calmPlaces.length };
      await this.frame('vault', { type: 'review', pane: ticket, bytes: Buffer.from(JSON.stringify(told)) });
      return {
        recording: recording ?? '20261124-140200-0a1b2c3d',
        clearPieces: 1830,
        clearBytes: 1_640_000,
        withheld: calmPlaces.length,
        notRequested: 0,
        aboutBytes: 4_231_884,
        recognisers: '1.2.0',
      };
    },
    make: async (_, path) => ({ path, records: 1842, sha256: '9c41d07be5a2'.padEnd(64, '0'), withheld: 12, released: 0, list: `${path}-redaction` }),
    verifyExport: async () => ({ good: true, sentence: 'Good: signed, whole, and in the ledger.', notes: [] }),
    verifyPane: async () => ({ good: true, sentence: '1 842 records, tree and ledger agree.' }),
  };
  readonly proving: { -readonly [N in keyof RequestParts['proving']]: RequestParts['proving'][N] } = {
    look: async () => ({ rows: [], selfTest: null }),
    selfTest: async () => ({ time: '2026-11-28T12:00:00.000Z', holds: true, sha256: 'ab'.repeat(32), controls: [] }),
  };
  /** Shells that run on of people who were logged off. */
  held: Output<'people.held'>['held'] = [];
  endHeld: (id: string) => string = (id) => {
    const found = this.held.find((one) => one.id === id);
    this.held = this.held.filter((one) => one !== found);
    return `One shell of ${found?.name ?? id} ended.`;
  };
  readonly hosts: { -readonly [N in keyof RequestParts['hosts']]: RequestParts['hosts'][N] } = {
    list: async () => ({ hosts: [], leftOut: 0 }),
    open: async () => ({ state: 'opened' }),
  };
  readonly audit: { -readonly [N in keyof RequestParts['audit']]: RequestParts['audit'][N] } = {
    alerts: async () => ({ all: 0, alerts: [] }),
    events: async () => ({ size: 0, events: [], next: null, reached: null }),
    pictures: async () => calmPictures,
    reviews: async () => ({
      from: 46_900,
      since: '2026-11-17T08:00:00.000Z',
      events: 1310,
      own: [{ person: 'R. Okafor', you: false, from: 41_204, to: 46_811, events: 212 }],
      last: { by: 'R. Okafor', time: '2026-11-17T08:12:00.000Z', from: 40_311, to: 46_900, finding: 'followed-up' },
    }),
    sign: async () => undefined,
    emergencies: async () => ({ emergencies: [] }),
    reviewEmergency: async () => undefined,
    close: async () => undefined,
  };
  readonly review: { -readonly [N in keyof RequestParts['review']]: RequestParts['review'][N] } = {
    list: async () => ({ rows: [], all: 0, left: 0, states: {}, reasons: {} }),
    open: async () => ({ whole: true, masked: false, live: false }),
    openOther: async () => ({ whole: true, masked: true, live: false }),
    programs: async () => undefined,
    seek: async () => undefined,
    more: async () => undefined,
    lines: async () => undefined,
    search: async () => ({ hits: 0, searched: 0 }),
    searchOthers: async () => ({ hits: 0, searched: 0 }),
    stop: async () => undefined,
    close: async () => undefined,
    say: async () => undefined,
    verify: async () => ({ good: true, sentence: 'Verified against the signed ledger, proven: 3 of 3 records.', found: 3, proven: 3 }),
  };
  readonly #server: BridgeServer;
  readonly #surface: Surface;
  readonly #channels = new Map<'pty' | 'vault', PeerChannel>();
  readonly #sent = new Map<number, number>();
  #posts: Promise<unknown> = Promise.resolve();

  constructor(page: Page, surface: Surface) {
    this.page = page;
    this.#surface = surface;
    this.#server = new BridgeServer({
      handlers: requestHandlers(this.#parts()),
      surface: () => surface,
      door: () => undefined,
      post: (message) => this.#post(message),
      refused: (reason) => this.refused.push(reason),
      now: () => performance.now(),
    });
    // As main does on a machine that is busy.
    const leases = setInterval(() => this.lends && this.emit('lease', {}), RENEW_MS / 2);
    leases.unref();
    page.once('close', () => clearInterval(leases));
  }

  receive(message: string): void {
    const { request, input } = JSON.parse(message) as { request: string; input: unknown };
    this.requests.push({ request, input });
    if (request === 'command') void this.busy.then(() => this.#server.receive(message));
    else void this.#server.receive(message);
  }

  receiveFrame(peer: 'pty' | 'vault', base64: string): void {
    const frame = decodeFrame(this.#channels.get(peer)!.open(Buffer.from(base64, 'base64')));
    this.frames.push({ peer, frame: 'bytes' in frame ? { ...frame, bytes: Uint8Array.from(frame.bytes) } : frame });
  }

  emit<E extends EventName>(event: E, payload: Events[E]): void {
    this.#server.emit(event, payload);
  }

  /** Resolves when the page has taken everything that was sent. */
  async settled(): Promise<void> {
    await this.#posts;
    await this.page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
  }

  async frame(peer: 'pty' | 'vault', frame: ViewFrame): Promise<void> {
    const sealed = Buffer.from(this.#channels.get(peer)!.seal(encodeFrame(frame))).toString('base64');
    await this.page.evaluate(`window.__frame(${JSON.stringify(peer)}, ${JSON.stringify(sealed)})`);
  }

  /** Output of a pane's program. */
  async print(pane: number, output: string | Uint8Array): Promise<void> {
    const bytes = typeof output === 'string' ? text.encode(output) : output;
    const offset = this.#sent.get(pane) ?? 0;
    this.#sent.set(pane, offset + bytes.length);
    await this.frame('pty', { type: 'output', pane, offset, bytes });
  }

  /** Live output goes on here, as after an unlock. */
  startAt(pane: number, offset: number): void {
    this.#sent.set(pane, offset);
  }

  command(line: string, pane?: number): string | undefined {
    return this.run(line, pane).message;
  }

  run(line: string, pane?: number): Pick<CommandOutcome, 'message' | 'failed'> {
    if (!this.state) return {};
    const result = runCommandLine(this.state, line, { pane: pane ?? activePane(this.state), program: 'bash', refused: () => undefined, classes });
    this.#apply(result);
    return result;
  }

  change(change: (state: State) => State): void {
    this.#apply({ state: change(this.state!), effects: [] });
  }

  exit(pane: number, sentence: string): void {
    this.change((state) => paneExited(state, pane, sentence));
  }

  fail(pane: number, sentence: string): void {
    this.change((state) => paneFailed(state, pane, sentence));
  }

  sizes(): Map<number, { readonly cols: number; readonly rows: number }> {
    return terminalSizes(this.state!) as Map<number, { cols: number; rows: number }>;
  }

  commands(): string[] {
    return this.requests.filter(({ request }) => request === 'command').map(({ input }) => (input as { line: string }).line);
  }

  typed(pane?: number): string {
    return Buffer.concat(
      this.frames.flatMap(({ frame }) => (frame.type === 'input' && (pane === undefined || frame.pane === pane) ? [frame.bytes] : [])),
    ).toString();
  }

  #apply(change: Change): void {
    this.state = change.state;
    for (const effect of change.effects) {
      if (effect.kind === 'client') this.emit('client', effect.action);
      if (effect.kind === 'spawn') this.state = paneStarted(this.state, effect.pane, `20261124-140200-0000000${effect.pane}`);
    }
    this.emit('view', toView(this.state));
  }

  #post(message: string): void {
    const script = `window.__message(${JSON.stringify(message)})`;
    this.#posts = this.#posts.then(() => this.page.evaluate(script)).catch(() => {});
  }

  #connect(peer: 'pty' | 'vault', publicKey: Uint8Array): Uint8Array {
    const channel = new PeerChannel(publicKey);
    this.#channels.set(peer, channel);
    return channel.publicKey;
  }

  /** The stage has this size; the first time a window is opened in it. */
  resize = (cols: number, rows: number): void => {
    if (this.state) this.#apply(setStage(this.state, { cols, rows }));
    else this.#apply(newWindow(createState({ cols, rows }, { session: 'icu-feeds', class: 'clinical' }), { program: 'bash' }));
  };

  /** What main's handlers of the page's requests work with, without a disk, a process or a lock. */
  #parts(): RequestParts {
    const emit: RequestParts['emit'] = (event, payload) => this.emit(event, payload);
    const workspace = this.#surface === 'workspace';
    let display: Display = { theme: 'system', cell: 'auto', contrast: false, motion: true };
    const passkeyLimit = (): string | undefined => this.passkeyLimit ?? undefined;
    const view = (): WorkspaceView | undefined => this.state && toView(this.state);
    return {
      home: { folder: '/home/mueda/.local/share/wardmux', recordings: '/home/mueda/.local/share/wardmux/recordings' },
      host: {
        name: 'chromium',
        get passkeyLimit() {
          return passkeyLimit();
        },
      },
      env: { HOME: '/home/mueda' },
      gate: {
        session: workspace ? session : undefined,
        activity: () => undefined,
        hold: () => undefined,
        emit: (event, payload) => workspace && emit(event, payload()),
        greeted: () => undefined,
        lock: async () => undefined,
        notice: (level, sentence) => emit('notice', { level, sentence }),
      },
      windows: { document: 1, surface: this.#surface, greet: () => undefined },
      vaults: { require: () => ({ connect: async (publicKey) => this.#connect('vault', publicKey), ask: (request, input) => this.#askVault(request, input) }) },
      pty: {
        start: () => undefined,
        attach: async ({ publicKey }) => ({ publicKey: this.#connect('pty', publicKey), panes: [] }),
        ack: () => undefined,
      },
      workspace: {
        get view() {
          return view();
        },
        resize: (cols, rows) => this.resize(cols, rows),
        output: () => undefined,
        synchronized: () => undefined,
        alert: (pane, what) => this.change((state) => alerted(state, pane, what)),
        command: (line, pane) => {
          const { message, failed } = this.run(line, pane);
          return { ...(message === undefined ? {} : { message }), ...(failed ? { refused: true as const } : {}) };
        },
        copied: (pane, digests) => this.#origins.copied(digests, classOfPane(this.state!, pane)!),
        pasted: (pane, digests) => {
          const refused = this.#origins.pasted(digests, classOfPane(this.state!, pane)!, classes).find(({ allowed }) => !allowed);
          return refused ? crossingSentence(refused) : null;
        },
      },
      memory: { recall: async () => undefined },
      unlock: {
        attempt: async (person, method, open, admit) => {
          await open(person, undefined, false);
          // In an emergency this core says whether a second one is needed.
          if (admit && this.emergencies.push(person) && this.secondNeeded) return (this.secondNeeded = false);
          await this.unlock(person, method);
          return true;
        },
        finishFirstRun: async () => undefined,
      },
      attempts: { changedRecords: () => [] },
      waysIn: {
        passkeyOptions: async (person) => (await this.#askVault('passkeyOptions', { person, known: undefined })).options,
        passkeyUnused: () => undefined,
        wait: () => this.askWait(),
        look: async () => ({ read: true, seconds: this.lockFacts.backOffSeconds }),
      },
      welcomes: { takeWelcome: () => undefined, takeNotes: () => [] },
      breakGlass: {
        ask: async (reason) => void this.emergencies.push(reason),
        // Each page that comes leaves what was asked for on the one before it.
        leave: () => void (this.emergencies.length > 0 && this.emergencies.push('left')),
        admit: async () => undefined,
      },
      logoff: { heldPeople: () => this.held, endHeld: async (id) => this.endHeld(id) },
      lift: { station: (person, answer) => this.lift(person, answer ? 'passkey' : 'passphrase') },
      slots: {
        list: async () => this.slots,
        raiseCost: async () => undefined,
        addPasskey: async (answer, label) => (await this.#askVault('enrolProve', { ...answer, label, known: undefined, workstation: 'ICU-WS-014' })).slot,
        changePassphrase: async () => (await this.#askVault('changePassphrase', { known: undefined, workstation: 'ICU-WS-014' })).slot,
        rename: async (slot, name) => (await this.#askVault('changeSlot', { known: undefined, slot, name })).slot,
        remove: async (slot) => (await this.#askVault('changeSlot', { known: undefined, slot })).slot,
        confirmPassphrase: () => this.#askVault('confirmPassphrase', { known: undefined }),
        enrolOptions: async (how) => (await this.#askVault('enrolOptions', how)).options,
        passkeyOptions: async (slot) => (await this.#askVault('confirmOptions', { known: undefined, slot })).options,
        confirmPasskey: (answer) => this.#askVault('confirmPasskey', { known: undefined, ...answer }),
      },
      status: {
        workstation: () => 'ICU-WS-014',
        lockFacts: () => this.askLockFacts(),
        line: () => this.status,
        tell: () => this.emit('status', this.status),
        takeFlags: () => [],
      },
      policy: { look: async () => undefined as never, remind: async () => undefined },
      consent: {
        asked: () => (this.consent ? { ...this.consent, sha256: '0'.repeat(64), policySha256: '0'.repeat(64) } : undefined),
        accept: async () => void (this.consent = undefined),
      },
      reasons: {
        asked: () => this.reason,
        of: () => undefined,
        give: async (given) => {
          this.reasonsGiven.push(given);
          this.reason = undefined;
        },
      },
      installed: { current: undefined },
      journal: { log: () => undefined, notEntered: () => undefined },
      display: {
        get value() {
          return display;
        },
        change: (part) => (display = { ...display, ...part }),
      },
      evidence: this.evidence,
      proving: this.proving,
      audit: this.audit,
      review: this.review,
      hosts: this.hosts,
      people: this.people,
      lookAtPolicy: async () => this.policy,
      showFolder: async () => true,
      setup: {
        auditKey: () => ({ ...auditKeyPlace([], '/home/mueda', 'ICU-WS-014'), path: '/home/mueda/wardmux-audit-key.json' }),
        medium: () => 'same-disk',
        secretStore: async () => ({ name: 'Secret Service', weaker: false, sentence: 'Secret Service of this desktop, locked at logout.' }),
      },
      clipboard: { copied: false },
      emit,
      openInstalled: async () => undefined,
    };
  }

  /** The vault's process, answered for here: what a test puts into `vault`, or what stands below. */
  async #askVault<N extends keyof VaultService & string>(request: N, input: VaultInput<N>): Promise<OutputOf<VaultService, N>> {
    const answer = (this.vault[request] ?? calmVault[request]) as ((input: VaultInput<N>) => Promise<OutputOf<VaultService, N>>) | undefined;
    if (!answer) throw new Error(`nobody answers ${request} here`);
    return answer(input);
  }
}

/** Who is in, as far as a page is told. */
const person = { id: 'p-000000000001', name: 'M. Ueda', roles: ['operator'], active: true } as unknown as Person;
const session = { person, grant: grantOf(person, 'passphrase'), ways: new Ways('s-1') };

const calmVault: VaultAnswers = {
  createPerson: async ({ auditKeyPath }) => ({ person: 'p-000000000001', auditKeyPath, auditKid: 'audit-7f3ac210' }),
  enrolOptions: async () => {
    throw new Refusal('no-passkey', 'No passkey is answered for here.');
  },
  unlockPassphrase: async ({ person }) => ({ person, method: 'passphrase', slot: 's-1', dearer: false }),
  unlockPasskey: async ({ person }) => ({ person, method: 'passkey', slot: 's-1' }),
  passkeyOptions: async () => {
    throw new Refusal('passkey-refused', 'That passkey did not open this.');
  },
};

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly core: FakeCore;
  readonly errors: string[];
  cdp(): Promise<CDPSession>;
}

/** Opens one document. Close its context when done. `prepare` runs before the page loads. */
export async function open(
  browser: Browser,
  surface: Surface,
  options: BrowserContextOptions = {},
  prepare: (core: FakeCore) => void | Promise<void> = () => {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    reducedMotion: 'reduce',
    locale: 'en-GB',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const core = new FakeCore(page, surface);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.origin !== origin) return route.abort();
    const path = normalize(url.pathname);
    const file = join(pages, path);
    if (!file.startsWith(pages) || !existsSync(file)) return route.fulfill({ status: 404, body: '' });
    await route.fulfill({
      status: 200,
      headers: { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-security-policy': contentSecurityPolicy },
      body: await readFile(file),
    });
  });
  await context.exposeBinding('__wardmuxSend', (_, message: string) => core.receive(message));
  await context.exposeBinding('__wardmuxFrame', (_, peer: 'pty' | 'vault', base64: string) => core.receiveFrame(peer, base64));
  // As the window's host does: what stands before the page's own style sheets must take nothing from them.
  await context.addInitScript(groundScript({ theme: 'system', contrast: false }));
  await context.addInitScript(host);
  await prepare(core);
  await page.goto(`${origin}/${surface}.html`);
  shown = page;
  return { context, page, core, errors, cdp: () => context.newCDPSession(page) };
}

/** The page that was opened last: a wait that fails says what stood on it. */
let shown: Page | undefined;

/** Where the focus is and what can be read, for the sentence of a failure that nobody sees again. */
async function described(): Promise<string> {
  if (!shown || shown.isClosed()) return 'no page is open';
  return shown.evaluate<string>(`(() => {
    const at = document.activeElement;
    return 'focus at ' + (at ? at.tagName + '#' + at.id + '.' + at.className : 'nothing') + (document.hasFocus() ? '' : ' of a page without the focus') + '; text: ' + document.body.innerText.slice(0, 600);
  })()`);
}

/** Waits until `check` holds; fails with what was last seen. No fixed sleeps. */
export async function until<T>(check: () => T | Promise<T>, what: string, ms = PATIENCE_MS): Promise<NonNullable<T>> {
  const end = performance.now() + ms;
  let last: T | undefined;
  while (performance.now() < end) {
    last = await check();
    if (last) return last as NonNullable<T>;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  throw new Error(`${what} did not happen within ${ms} ms; last seen: ${String(last)}; ${await described()}`);
}

/** The text on a pane's screen. */
export const screenText = (page: Page, pane: number): Promise<string> =>
  page.evaluate<string>(`[...document.querySelectorAll('[data-pane="${pane}"] .xterm-rows > div')].map((row) => row.textContent.trimEnd()).join('\\n')`);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const axeRun = `axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations.map((violation) => violation.id + ': ' + violation.nodes.map((node) => node.html.slice(0, 120)).join(' | ')))`;

/** What axe finds on the page as it is now, a line each. */
export async function axeViolations({ page }: Opened): Promise<string[]> {
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(axe);
  return page.evaluate<string[]>(axeRun);
}
