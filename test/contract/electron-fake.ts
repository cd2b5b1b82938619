/**
 * A fake of the electron module, for machines without its runtime. It records what the host asks for, and does the little
 * that carries messages: documents come through the session's own protocol handler, the real preload runs in a context of
 * its own, values are cloned between "processes", children are real ones. Methods are typed from electron.d.ts, so that a
 * change there is a type error here.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createContext, runInContext } from 'node:vm';
import type * as Electron from 'electron';
import type { PageBridge } from '../../src/bridge/schema.ts';

export interface FakeState {
  switches: Map<string, string>;
  paths: Map<string, string>;
  sandboxed: boolean;
  windows: FakeBaseWindow[];
  views: FakeWebContentsView[];
  sessions: FakeSession[];
  forks: { entry: string; options: Electron.ForkOptions }[];
  menu: Electron.MenuItemConstructorOptions[] | undefined;
  crashReporterStarted: boolean;
  live: Set<number>;
  idle: number;
}

/** The built preload, and what a page does with the bridge. Set by the test before it opens a window. */
export const page: { preload: string; run: (bridge: PageBridge, surface: string) => void } = { preload: '', run: () => {} };

export let state: FakeState;
let nextPid = 900_000_000;

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
    live: new Set(),
    idle: 7,
  };
  app.removeAllListeners();
  powerMonitor.removeAllListeners();
}

class FakeApp
  extends EventEmitter
  implements Pick<Electron.App, 'enableSandbox' | 'setPath' | 'setName' | 'requestSingleInstanceLock' | 'whenReady' | 'isPackaged'>
{
  readonly isPackaged = true;
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
}
export const app = new FakeApp();

class FakePowerMonitor extends EventEmitter implements Pick<Electron.PowerMonitor, 'getSystemIdleTime'> {
  getSystemIdleTime(): number {
    return state.idle;
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
      'setPermissionCheckHandler' | 'setPermissionRequestHandler' | 'setDevicePermissionHandler' | 'setDisplayMediaRequestHandler' | 'setSpellCheckerEnabled'
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

export class FakeWebContents
  extends EventEmitter
  implements
    Pick<Electron.WebContents, 'loadURL' | 'send' | 'forcefullyCrashRenderer' | 'getOSProcessId' | 'isDestroyed' | 'setWindowOpenHandler' | 'close' | 'focus'>
{
  readonly ipc = new EventEmitter();
  readonly mainFrame = { origin: 'null' };
  readonly #session: FakeSession;
  windowOpen: ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | undefined;
  #pid = 0;
  #destroyed = false;
  /** The renderer's side of the line; undefined when there is no renderer. */
  #renderer: EventEmitter | undefined;

  constructor(own: FakeSession) {
    super();
    this.#session = own;
    app.emit('web-contents-created', {}, this);
  }

  async loadURL(url: string): Promise<void> {
    const scheme = new URL(url).protocol.slice(0, -1);
    const response = await this.#session.handlers.get(scheme)!(new Request(url) as never);
    if (this.#destroyed) throw new Error('ERR_ABORTED (-3)');
    this.#pid = nextPid++;
    state.live.add(this.#pid);
    this.mainFrame.origin = new URL(url).origin;
    this.emit('did-navigate', {}, url, response.status, '');
    if (response.status !== 200) return;
    const html = await response.text();
    this.#run(/data-surface="(\w+)"/.exec(html)?.[1] ?? '');
    this.emit('dom-ready');
  }

  #run(surface: string): void {
    const renderer = new EventEmitter();
    this.#renderer = renderer;
    const world: Record<string, unknown> = {};
    const electron = {
      contextBridge: { exposeInMainWorld: (key: string, api: unknown) => void (world[key] = api) },
      ipcRenderer: {
        on: (channel: string, listener: (...args: unknown[]) => void) => renderer.on(channel, listener),
        send: (channel: string, ...args: unknown[]) => {
          const cloned = structuredClone(args);
          setImmediate(() => {
            if (this.#renderer === renderer) this.ipc.emit(channel, { senderFrame: this.mainFrame, sender: this }, ...cloned);
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
    const renderer = this.#renderer;
    const cloned = structuredClone(args);
    setImmediate(() => {
      if (this.#renderer === renderer) renderer?.emit(channel, {}, ...cloned);
    });
  }

  forcefullyCrashRenderer(): void {
    this.dieOfItself('killed');
  }

  /** The renderer ends. Also for tests. */
  dieOfItself(reason: Electron.RenderProcessGoneDetails['reason']): void {
    if (!this.#renderer && this.#pid === 0) return;
    state.live.delete(this.#pid);
    this.#pid = 0;
    this.#renderer = undefined;
    setImmediate(() => this.emit('render-process-gone', {}, { reason, exitCode: 9 }));
  }

  getOSProcessId(): number {
    return this.#pid;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  setWindowOpenHandler(handler: (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse): void {
    this.windowOpen = handler;
  }
  close(): void {
    this.#destroyed = true;
    state.live.delete(this.#pid);
    this.#pid = 0;
    this.#renderer = undefined;
  }
  focus(): void {}
}

export class WebContentsView implements Pick<Electron.WebContentsView, 'setBounds' | 'setBackgroundColor'> {
  readonly webContents: FakeWebContents;
  readonly options: Electron.WebContentsViewConstructorOptions;
  constructor(options: Electron.WebContentsViewConstructorOptions = {}) {
    this.options = options;
    this.webContents = new FakeWebContents(options.webPreferences?.session as unknown as FakeSession);
    state.views.push(this);
  }
  setBounds(): void {}
  setBackgroundColor(): void {}
}
export type FakeWebContentsView = WebContentsView;

export class BaseWindow
  extends EventEmitter
  implements Pick<Electron.BaseWindow, 'setContentProtection' | 'getContentBounds' | 'isMinimized' | 'restore' | 'focus' | 'destroy'>
{
  readonly options: Electron.BaseWindowConstructorOptions;
  contentProtection = false;
  focused = 0;
  readonly children: WebContentsView[] = [];
  readonly contentView = {
    addChildView: (view: WebContentsView) => void this.children.push(view),
    removeChildView: (view: WebContentsView) => void this.children.splice(this.children.indexOf(view), 1),
  };
  constructor(options: Electron.BaseWindowConstructorOptions = {}) {
    super();
    this.options = options;
    state.windows.push(this);
  }
  setContentProtection(enable: boolean): void {
    this.contentProtection = enable;
  }
  getContentBounds(): Electron.Rectangle {
    return { x: 0, y: 0, width: 1000, height: 700 };
  }
  isMinimized(): boolean {
    return false;
  }
  restore(): void {}
  focus(): void {
    this.focused++;
  }
  destroy(): void {
    this.emit('closed');
  }
}
export type FakeBaseWindow = BaseWindow;

class FakeUtilityProcess extends EventEmitter implements Pick<Electron.UtilityProcess, 'postMessage'> {
  readonly #child: ChildProcess;
  constructor(entry: string, options: Electron.ForkOptions) {
    super();
    this.#child = fork(entry, [], {
      execArgv: options.execArgv ?? [],
      env: options.env as Record<string, string>,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('spawn', () => this.emit('spawn'));
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.on('exit', (code) => this.emit('exit', code ?? 0));
  }
  get pid(): number | undefined {
    return this.#child.pid;
  }
  postMessage(message: unknown): void {
    this.#child.send(message as never, () => {});
  }
}
export const utilityProcess = {
  fork(entry: string, _args: string[] = [], options: Electron.ForkOptions = {}): FakeUtilityProcess {
    state.forks.push({ entry, options });
    return new FakeUtilityProcess(entry, options);
  },
};

export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: Electron.MenuItemConstructorOptions[]) => void (state.menu = menu),
};

export const crashReporter = {
  start(): void {
    state.crashReporterStarted = true;
  },
};

reset();
