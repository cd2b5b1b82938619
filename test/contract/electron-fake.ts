/**
 * A fake of the electron module, for machines without its runtime. It records what the host asks for, and does the little
 * that carries messages: documents come through the session's own protocol handler, the real preload runs in a context of
 * its own, children are real ones. Methods are typed from electron.d.ts, so that a change there is a type error here.
 *
 * Where Electron's behaviour is what a host trips over, the fake has that behaviour, read in Electron's source (45):
 * - Values cross between processes, and between the worlds of a page, by V8's serializer, which writes the whole ArrayBuffer
 *   behind a view (shell/common/v8_util.cc).
 * - A renderer is a process. forcefullyCrashRenderer asks it to abort, which dumps core, and which a stopped one does not do
 *   (shell/browser/api/electron_api_web_contents.cc); closing contents ends the process by and by, and not a stopped one.
 * - A utility process has a parentPort without any event of its end, only warns of an unhandled rejection
 *   (shell/services/node/), has no pid before `spawn`, tells a signal as its number, and inherits the whole environment
 *   where it is given an empty one (shell/browser/api/electron_api_utility_process.cc). What hears that main is gone is a
 *   message port (shell/browser/api/message_port.cc).
 * - A window can be kept from closing only in `close`; after `closed` it and its methods are gone, its views are not.
 *   getContentBounds is in the screen's coordinates. A menu bar that hides itself comes by Alt and takes height from the
 *   content, without a resize of the window (shell/browser/ui/views/root_view.cc).
 * - A shutdown of the system waits only where `shutdown` was prevented.
 * - Where nobody sets a menu before the first window, there is one with reload, zoom and developer tools.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import type * as Electron from 'electron';
import type { Look } from '../../main/machine/x11-window.ts';
import type { PageBridge } from '../../src/bridge/schema.ts';
import { cross, pack, unpack } from './serializer.ts';

export interface FakeState {
  switches: Map<string, string>;
  paths: Map<string, string>;
  sandboxed: boolean;
  windows: FakeBaseWindow[];
  views: FakeWebContentsView[];
  sessions: FakeSession[];
  forks: { entry: string; args: string[]; options: Electron.ForkOptions; process: FakeUtilityProcess }[];
  /** Undefined: nobody has set one, so a window gets Electron's own. */
  menu: Electron.MenuItemConstructorOptions[] | null | undefined;
  crashReporterStarted: boolean;
  /** Renderers that were asked to abort: each has left a core dump with what it showed. */
  coreDumps: number[];
  /** Processes of renderers that have not ended. */
  live: Set<number>;
  idle: number;
  /** The process that draws was stopped: the screen stays as it is. */
  frozen: boolean;
}

/** What the screen shows of the last window: what is in it, unless the process that draws was stopped. */
let shown: Look = 'gone';
export function screen(): Look {
  const window = state.windows.at(-1);
  if (!window || window.isDestroyed()) return 'gone';
  if (!state.frozen) shown = window.contentView.children.length > 0 ? 'picture' : 'plain';
  return shown;
}

/** The built preload, and what a page does with the bridge. Set by the test before it opens a window. */
export const page: { preload: string; run: (bridge: PageBridge, surface: string) => void } = { preload: '', run: () => {} };

export let state: FakeState;

/** Forgets everything recorded, and every listener. */
export function reset(): void {
  state = {
    switches: new Map(),
    paths: new Map(),
    sandboxed: false,
    windows: [],
    views: [],
    sessions: [],
    forks: [],
    menu: undefined,
    crashReporterStarted: false,
    coreDumps: [],
    live: new Set(),
    idle: 7,
    frozen: false,
  };
  app.removeAllListeners();
  powerMonitor.removeAllListeners();
}

class FakeApp
  extends EventEmitter
  implements Pick<Electron.App, 'enableSandbox' | 'setPath' | 'setName' | 'requestSingleInstanceLock' | 'whenReady' | 'isPackaged' | 'exit'>
{
  isPackaged = true;
  exited: number | undefined;
  readonly commandLine: Pick<Electron.CommandLine, 'appendSwitch'> = { appendSwitch: (name, value) => void state.switches.set(name, value ?? '') };
  enableSandbox(): void {
    state.sandboxed = true;
  }
  setPath(name: string, path: string): void {
    state.paths.set(name, path);
  }
  setName(): void {}
  requestSingleInstanceLock(): boolean {
    return true;
  }
  async whenReady(): Promise<void> {}
  exit(code?: number): void {
    this.exited ??= code ?? 0;
  }
}
export const app = new FakeApp();

/** What a listener of a cancellable event gets. */
export class FakeEvent {
  defaultPrevented = false;
  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

class FakePowerMonitor extends EventEmitter implements Pick<Electron.PowerMonitor, 'getSystemIdleTime'> {
  getSystemIdleTime(): number {
    return state.idle;
  }
  /** The system goes down. True when it waits for the app. */
  shutDown(): boolean {
    const event = new FakeEvent();
    this.emit('shutdown', event);
    return event.defaultPrevented;
  }
}
export const powerMonitor = new FakePowerMonitor();

type Handler = Parameters<Electron.Protocol['handle']>[1];
type PermissionCheck = NonNullable<Parameters<Electron.Session['setPermissionCheckHandler']>[0]>;
type PermissionRequest = NonNullable<Parameters<Electron.Session['setPermissionRequestHandler']>[0]>;
type DevicePermission = NonNullable<Parameters<Electron.Session['setDevicePermissionHandler']>[0]>;

export class FakeSession
  extends EventEmitter
  implements
    Pick<
      Electron.Session,
      | 'setPermissionCheckHandler'
      | 'setPermissionRequestHandler'
      | 'setDevicePermissionHandler'
      | 'setDisplayMediaRequestHandler'
      | 'setSpellCheckerEnabled'
      | 'clearStorageData'
    >
{
  readonly partition: string;
  readonly options: Electron.FromPartitionOptions | undefined;
  readonly handlers = new Map<string, Handler>();
  permissionCheck: PermissionCheck | undefined;
  permissionRequest: PermissionRequest | undefined;
  devicePermission: DevicePermission | undefined;
  displayMedia: unknown = 'unset';
  spellChecker = true;
  /** How often everything that pages have stored was removed. */
  cleared = 0;
  blocked: { urls: string[]; answer: (url: string) => boolean | undefined } | undefined;
  readonly protocol: Pick<Electron.Protocol, 'handle'> = { handle: (scheme, handler) => void this.handlers.set(scheme, handler) };
  readonly webRequest = {
    onBeforeRequest: (
      filter: Electron.WebRequestFilter,
      listener: (details: { url: string }, callback: (response: Electron.CallbackResponse) => void) => void,
    ): void => {
      this.blocked = {
        urls: filter.urls ?? [],
        answer: (url) => {
          let cancel: boolean | undefined;
          listener({ url }, (response) => (cancel = response.cancel));
          return cancel;
        },
      };
    },
  };
  constructor(partition: string, options: Electron.FromPartitionOptions | undefined) {
    super();
    this.partition = partition;
    this.options = options;
  }
  setPermissionCheckHandler(handler: PermissionCheck | null): void {
    this.permissionCheck = handler ?? undefined;
  }
  setPermissionRequestHandler(handler: PermissionRequest | null): void {
    this.permissionRequest = handler ?? undefined;
  }
  setDevicePermissionHandler(handler: DevicePermission | null): void {
    this.devicePermission = handler ?? undefined;
  }
  setDisplayMediaRequestHandler(handler: unknown): void {
    this.displayMedia = handler;
  }
  async clearStorageData(): Promise<void> {
    this.cleared++;
  }
  setSpellCheckerEnabled(enable: boolean): void {
    this.spellChecker = enable;
  }
}
export const session = {
  fromPartition(partition: string, options?: Electron.FromPartitionOptions): FakeSession {
    const created = new FakeSession(partition, options);
    state.sessions.push(created);
    return created;
  },
};

const DESTROYED = 'Object has been destroyed';

export class FakeWebContents
  extends EventEmitter
  implements
    Pick<
      Electron.WebContents,
      'loadURL' | 'send' | 'forcefullyCrashRenderer' | 'getOSProcessId' | 'isDestroyed' | 'setWindowOpenHandler' | 'close' | 'focus' | 'closeDevTools'
    >
{
  readonly ipc = new EventEmitter();
  readonly #frame = { origin: 'null' };
  readonly #session: FakeSession;
  #windowOpen: ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | undefined;
  #process: ChildProcess | undefined;
  #reason: Electron.RenderProcessGoneDetails['reason'] | undefined;
  #destroyed = false;
  /** The renderer's side of the line; undefined when there is no renderer. */
  #renderer: EventEmitter | undefined;
  devToolsClosed = 0;

  constructor(own: FakeSession) {
    super();
    this.#session = own;
    app.emit('web-contents-created', {}, this);
  }

  get mainFrame(): { origin: string } {
    this.#check();
    return this.#frame;
  }

  async loadURL(url: string): Promise<void> {
    this.#check();
    const scheme = new URL(url).protocol.slice(0, -1);
    const response = await this.#session.handlers.get(scheme)!(new Request(url) as never);
    if (this.#destroyed) throw new Error('ERR_ABORTED (-3)');
    // The process of the document that was there gives way to that of the new one.
    this.#process?.removeAllListeners('exit').kill('SIGKILL');
    this.#start();
    this.#frame.origin = new URL(url).origin;
    this.emit('did-navigate', {}, url, response.status, '');
    if (response.status === 200) {
      const html = await response.text();
      this.#run(/data-surface="(\w+)"/.exec(html)?.[1] ?? '');
    }
    this.emit('dom-ready');
  }

  /** A process that does nothing, with what a renderer's command line says. */
  #start(): void {
    const child = spawn('sleep', ['infinity'], { argv0: 'electron --type=renderer', stdio: 'ignore' });
    const pid = child.pid!;
    this.#process = child;
    this.#reason = undefined;
    state.live.add(pid);
    const { live } = state;
    child.on('exit', (_code, signal) => {
      live.delete(pid);
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#renderer = undefined;
      const reason = this.#reason ?? (signal === 'SIGKILL' || signal === 'SIGTERM' ? 'killed' : 'crashed');
      setImmediate(() => this.emit('render-process-gone', {}, { reason, exitCode: signal ? constants.signals[signal] : 0 }));
    });
    child.on('exit', () => live.delete(pid));
  }

  #run(surface: string): void {
    const renderer = new EventEmitter();
    this.#renderer = renderer;
    const world: Record<string, unknown> = {};
    const electron = {
      contextBridge: { exposeInMainWorld: (key: string, api: unknown) => void (world[key] = bridged(api)) },
      ipcRenderer: {
        on: (channel: string, listener: (...args: unknown[]) => void) => renderer.on(channel, listener),
        send: (channel: string, ...args: unknown[]) => {
          const packed = pack(args);
          setImmediate(() => {
            if (this.#renderer !== renderer || this.#destroyed) return;
            this.ipc.emit(channel, { senderFrame: this.#frame, sender: this }, ...(unpack(packed) as unknown[]));
          });
        },
      },
    };
    const sandbox = createContext({
      require: (name: string) => (name === 'electron' ? electron : undefined),
      module: { exports: {} },
      exports: {},
      process: { isMainFrame: true },
      Promise,
      queueMicrotask,
    });
    runInContext(page.preload, sandbox);
    page.run(world['wardmux'] as PageBridge, surface);
  }

  send(channel: string, ...args: unknown[]): void {
    this.#check();
    const renderer = this.#renderer;
    const packed = pack(args);
    setImmediate(() => {
      if (this.#renderer === renderer) renderer?.emit(channel, {}, ...(unpack(packed) as unknown[]));
    });
  }

  forcefullyCrashRenderer(): void {
    this.#check();
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    state.coreDumps.push(pid);
    // A message to the renderer, which it answers with its abort. A stopped one does not.
    process.kill(pid, 'SIGTERM');
  }

  /** The renderer ends. For tests. */
  dieOfItself(reason: Electron.RenderProcessGoneDetails['reason']): void {
    this.#reason = reason;
    this.#process?.kill('SIGKILL');
  }

  getOSProcessId(): number {
    this.#check();
    return this.#process?.pid ?? 0;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  setWindowOpenHandler(handler: (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse): void {
    this.#check();
    this.#windowOpen = handler;
  }
  /** What a page gets that opens a window. */
  openWindow(url: string): Electron.WindowOpenHandlerResponse {
    return this.#windowOpen?.({ url } as Electron.HandlerDetails) ?? { action: 'allow' };
  }
  close(): void {
    this.#check();
    this.#destroyed = true;
    this.#renderer = undefined;
    const child = this.#process;
    this.#process = undefined;
    child?.kill('SIGTERM');
    this.emit('destroyed');
  }
  focus(): void {
    this.#check();
  }
  closeDevTools(): void {
    this.#check();
    this.devToolsClosed++;
  }
  /** A key comes down on its way to the page. True when the page gets it. */
  press(input: Partial<Electron.Input>): boolean {
    const event = new FakeEvent();
    this.emit('before-input-event', event, { type: 'keyDown', key: '', code: '', control: false, shift: false, alt: false, meta: false, ...input });
    return !event.defaultPrevented;
  }

  #check(): void {
    if (this.#destroyed) throw new TypeError(DESTROYED);
  }
}

/** What of a preload's object a page sees: functions whose arguments are copied from one world to the other. */
function bridged(value: unknown): unknown {
  if (typeof value === 'function') return (...args: unknown[]) => bridged((value as (...args: unknown[]) => unknown)(...args.map(bridged)));
  if (value instanceof Promise) return value.then(bridged);
  // A promise of the other context.
  if (typeof (value as { then?: unknown } | undefined)?.then === 'function') return Promise.resolve(value).then(bridged);
  if (typeof value === 'object' && value !== null && Object.values(value).some((entry) => typeof entry === 'function'))
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, bridged(entry)]));
  return cross(value);
}

export class WebContentsView implements Pick<Electron.WebContentsView, 'setBounds' | 'setBackgroundColor'> {
  readonly webContents: FakeWebContents;
  readonly options: Electron.WebContentsViewConstructorOptions;
  bounds: Electron.Rectangle = { x: 0, y: 0, width: 0, height: 0 };
  constructor(options: Electron.WebContentsViewConstructorOptions = {}) {
    this.options = options;
    this.webContents = new FakeWebContents(options.webPreferences?.session as unknown as FakeSession);
    state.views.push(this);
  }
  setBounds(bounds: Electron.Rectangle): void {
    this.bounds = bounds;
  }
  setBackgroundColor(): void {}
}
export type FakeWebContentsView = WebContentsView;

/** Of the menu bar, where there is one. */
const MENU_HEIGHT = 28;

class FakeContentView extends EventEmitter implements Pick<Electron.View, 'getBounds'> {
  readonly children: WebContentsView[] = [];
  /** In the window's coordinates, as a view's bounds are. */
  bounds: Electron.Rectangle;
  constructor(bounds: Electron.Rectangle) {
    super();
    this.bounds = bounds;
  }
  addChildView(view: WebContentsView): void {
    this.children.push(view);
  }
  removeChildView(view: WebContentsView): void {
    const at = this.children.indexOf(view);
    if (at >= 0) this.children.splice(at, 1);
  }
  getBounds(): Electron.Rectangle {
    return this.bounds;
  }
}

export class BaseWindow
  extends EventEmitter
  implements
    Pick<
      Electron.BaseWindow,
      | 'setContentProtection'
      | 'getContentBounds'
      | 'getNormalBounds'
      | 'isMaximized'
      | 'maximize'
      | 'isMinimized'
      | 'restore'
      | 'focus'
      | 'destroy'
      | 'close'
      | 'isDestroyed'
    >
{
  readonly options: Electron.BaseWindowConstructorOptions;
  readonly #content: FakeContentView;
  readonly #hasMenu: boolean;
  #menuShown: boolean;
  #destroyed = false;
  #maximized = false;
  contentProtection = false;
  focused = 0;

  constructor(options: Electron.BaseWindowConstructorOptions = {}) {
    super();
    this.options = options;
    this.#hasMenu = process.platform !== 'darwin' && state.menu !== null;
    this.#menuShown = this.#hasMenu && !options.autoHideMenuBar;
    this.#content = new FakeContentView(this.#layout());
    state.windows.push(this);
  }

  #layout(): Electron.Rectangle {
    const top = this.#menuShown ? MENU_HEIGHT : 0;
    return { x: 0, y: top, width: this.options.width ?? 800, height: (this.options.height ?? 600) - top };
  }

  get contentView(): FakeContentView {
    this.#check();
    return this.#content;
  }
  setContentProtection(enable: boolean): void {
    this.#check();
    this.contentProtection = enable;
  }
  getContentBounds(): Electron.Rectangle {
    this.#check();
    const { x, y, width, height } = this.#content.bounds;
    return { x: x + 120, y: y + 90, width, height };
  }
  getNormalBounds(): Electron.Rectangle {
    this.#check();
    const { x = 120, y = 90, width = 800, height = 600 } = this.options;
    return { x, y, width, height };
  }
  isMaximized(): boolean {
    this.#check();
    return this.#maximized;
  }
  maximize(): void {
    this.#check();
    this.#maximized = true;
  }
  isMinimized(): boolean {
    this.#check();
    return false;
  }
  restore(): void {
    this.#check();
  }
  focus(): void {
    this.#check();
    this.focused++;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  /** As by the person: may be prevented. */
  close(): void {
    this.#check();
    const event = new FakeEvent();
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy(): void {
    this.#check();
    this.#destroyed = true;
    this.emit('closed');
  }
  /** A single Alt, pressed and released. The page's view keeps its place until somebody moves it. */
  pressAlt(): void {
    if (!this.#hasMenu) return;
    this.#menuShown = !this.#menuShown;
    this.#content.bounds = this.#layout();
    this.#content.emit('bounds-changed');
  }

  #check(): void {
    if (this.#destroyed) throw new TypeError(DESTROYED);
  }
}
export type FakeBaseWindow = BaseWindow;

/** Runs before the entry in the child: gives it the parentPort of a utility process. */
const utilityEntry = fileURLToPath(new URL('./utility-process.ts', import.meta.url));

class FakeMessagePort extends EventEmitter implements Pick<Electron.MessagePortMain, 'start' | 'close'> {
  started = false;
  closed = false;
  start(): void {
    this.started = true;
  }
  close(): void {
    this.closed = true;
    this.emit('close');
  }
}

export class MessageChannelMain {
  readonly port1 = new FakeMessagePort();
  readonly port2 = new FakeMessagePort();
}

class FakeUtilityProcess extends EventEmitter implements Pick<Electron.UtilityProcess, 'postMessage' | 'kill'> {
  readonly #child: ChildProcess;
  #pid: number | undefined;
  /** The other ends of ports that the child has: closed, so are those. */
  readonly #ports: FakeMessagePort[] = [];
  #portCount = 0;

  constructor(entry: string, args: string[], options: Electron.ForkOptions) {
    super();
    const { env } = options;
    this.#child = fork(entry, args, {
      execArgv: ['--import', utilityEntry, '--unhandled-rejections=warn-with-error-code', ...(options.execArgv ?? [])],
      env: (env && Object.keys(env).length > 0 ? env : process.env) as Record<string, string>,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('spawn', () =>
      setImmediate(() => {
        this.#pid = this.#child.pid;
        this.emit('spawn');
      }),
    );
    this.#child.on('message', (packed) => this.emit('message', unpack(packed as Uint8Array)));
    this.#child.on('exit', (code, signal) => {
      this.#pid = undefined;
      this.emit('exit', signal ? constants.signals[signal] : (code ?? 0));
    });
    this.#child.on('error', () => {});
  }
  get pid(): number | undefined {
    return this.#pid;
  }
  postMessage(message: unknown, transfer: Electron.MessagePortMain[] = []): void {
    if (!this.#child.connected) return;
    const ports = transfer.map((port) => {
      this.#ports.push(port as never);
      return this.#portCount++;
    });
    this.#child.send({ packed: pack(message), ports } as never, () => {});
  }
  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }
  /** As when main is killed: its ends of everything are gone, and nobody says so on parentPort. */
  loseMain(): void {
    this.#child.disconnect();
  }
  get processId(): number {
    return this.#child.pid!;
  }
}
export const utilityProcess = {
  fork(entry: string, args: string[] = [], options: Electron.ForkOptions = {}): FakeUtilityProcess {
    const child = new FakeUtilityProcess(entry, args, options);
    state.forks.push({ entry, args, options, process: child });
    return child;
  },
};

export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: Electron.MenuItemConstructorOptions[] | null) => void (state.menu = menu),
};

/** What is `stuck` is another program's, which keeps it at a clear; what is `deaf` does not answer. */
class FakeClipboard implements Pick<Electron.Clipboard, 'clear' | 'readText' | 'writeText'> {
  text = '';
  stuck = false;
  deaf = false;
  clear(): void {
    if (!this.stuck) this.text = '';
  }
  readText(): Promise<string> {
    return this.deaf ? new Promise(() => {}) : Promise.resolve(this.text);
  }
  async writeText(text: string): Promise<void> {
    this.text = text;
  }
}
export const clipboard = Object.assign(new FakeClipboard(), { selection: new FakeClipboard() });

export const crashReporter = {
  start(): void {
    state.crashReporterStarted = true;
  },
};

reset();
