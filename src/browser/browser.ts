/** The browser's process: its start, what it says when it cannot, and the end of everything that it has started. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { folderArgument } from './owned-folder.ts';
import { isRunning } from '../disk/process-identity.ts';
import { inTime } from '../time/in-time.ts';
import { killGroup, killNow, processTree, startedWith, whenGone } from './processes.ts';
import { DevTools, DevToolsError } from './devtools.ts';
import { appArgument } from './flags.ts';
import { handOver } from './hand-over.ts';
import type { TargetInfo } from './protocol.ts';

/** The browser shows its first page within 1 s on a slow machine; a start that takes longer than this has failed. */
const START_MS = 30_000;
/** Between two looks for that page. */
const LOOK_MS = 10;
/** A browser that does not end by itself in this time is killed. */
const QUIT_MS = 2000;
/** So much of what the browser says on its way up is kept: its reason stands in its last lines. */
const MAX_SAID_CHARS = 16 * 1024;

export interface BrowserOptions {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The profile: what has it as an argument is the browser's. */
  readonly folder: string;
  /** The address that the window is opened at, in a browser that comes up without one. */
  readonly opens?: string;
}

/** The browser's one page. */
interface FirstPage extends TargetInfo {
  /** It was held before it loaded anything, and goes on. Undefined where the browser's own arguments have opened it. */
  readonly letGo: (() => Promise<void>) | undefined;
}

/** The browser did not come up. */
export class BrowserStartError extends Error {
  /** What it said on its way. */
  readonly said: string;
  constructor(message: string, said: string) {
    super(message);
    this.name = 'BrowserStartError';
    this.said = said;
  }
}

export class Browser {
  readonly devtools: DevTools;
  /** Of the process that was started, which the browser says is itself. It leads the group of all that it has started, and dies with us. */
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, devtools: DevTools, pid: number, folder: string) {
    this.#child = child;
    this.devtools = devtools;
    this.pid = pid;
    this.#folder = folder;
  }

  /** Resolves with the browser and its one page. @throws BrowserStartError; nothing of it is left then. */
  static async start({ path, args, env, folder, opens }: BrowserOptions): Promise<{ readonly browser: Browser; readonly page: FirstPage }> {
    const child = spawn(path, [...args], {
      env,
      // The protocol's two descriptors are 3 and 4. Nothing of ours is read from a terminal, and nothing of the browser's shown in one.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      // A process group of its own: ctrl-c reaches main only, which seals and locks before it ends the browser.
      detached: true,
    });
    const said = listenTo(child);
    let ended: string | undefined;
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (error) => reject(new Error(error.message)));
      child.once('close', (code, signal) => {
        ended = signal ? `it ended with ${signal}` : `it ended with status ${code}`;
        reject(new Error(ended));
      });
      timer = setTimeout(() => reject(new Error(`it has shown no page within ${START_MS / 1000} seconds`)), START_MS);
    });
    failed.catch(() => {});
    try {
      // Where it could not be started at all there are no pipes.
      const { pid } = child;
      if (pid === undefined) return await failed;
      const devtools = new DevTools(child.stdio[3] as Writable, child.stdio[4] as Readable);
      const { processInfo } = await Promise.race([devtools.browser.send('SystemInfo.getProcessInfo', undefined, { withinMs: START_MS }), failed]);
      const says = processInfo.find(({ type }) => type === 'browser')?.id;
      if (says === undefined) throw new Error('it does not say which process it is');
      // Only the process that was started dies with us (tied.ts). And processes are killed and looked at by this number: one in a
      // namespace of its own names a stranger by it.
      if (says !== pid)
        throw new Error(
          `it says that it is process ${says}, and process ${pid} was started for it: a script or a container stands between, and the browser would outlive Wardmux. ` +
            'Have the script execute the browser in its own place (exec), or name the browser itself with WARDMUX_BROWSER',
        );
      const page = await Promise.race([opens === undefined ? firstPage(devtools) : openHeld(devtools, folder, opens), failed]);
      return { browser: new Browser(child, devtools, pid, folder), page };
    } catch (error) {
      if (child.pid !== undefined) {
        const tree = listed(child.pid, folder) ?? [child.pid];
        killGroup(child.pid);
        killNow(tree);
        await whenGone(tree, QUIT_MS);
      }
      // An end says more than the pipe's, which comes first.
      if (ended === undefined)
        await inTime(
          failed.catch(() => {}),
          QUIT_MS,
        );
      const message = error instanceof Error ? error.message : String(error);
      // What was found wrong with it says more than our own kill.
      throw new BrowserStartError(error instanceof DevToolsError ? (ended ?? message) : message, said());
    } finally {
      clearTimeout(timer);
    }
  }

  /** Those of the browser's processes that live. */
  tree(): number[] {
    return treeOf(this.pid, this.#folder);
  }

  /**
   * Kills all of them, without a word to anybody.
   * @returns those that live on after `limitMs`
   * @throws Error where the machine's processes cannot be listed
   */
  async kill(limitMs: number): Promise<number[]> {
    // First what nothing can keep from working; then whoever is left is looked for.
    killGroup(this.pid);
    let left = this.tree();
    // What a process has started while it was being killed is found by its folder.
    for (const end = performance.now() + limitMs; left.length > 0 && performance.now() < end; left = this.tree()) {
      killNow(left);
      left = await whenGone(left, end - performance.now());
    }
    return left;
  }

  /** Asks it to end, and kills what does not: its group, where the machine's processes cannot be listed. */
  async end(): Promise<void> {
    const tree = listed(this.pid, this.#folder);
    const gone = new Promise<void>((resolve) => this.devtools.onGone(() => resolve()));
    this.devtools.browser.send('Browser.close', undefined, { withinMs: QUIT_MS }).catch(() => {});
    await inTime(gone, QUIT_MS);
    const left = await whenGone(tree ?? [this.pid], QUIT_MS / 4);
    if (!tree) killGroup(this.pid);
    killNow(left);
    await whenGone(left, QUIT_MS);
    this.#child.stderr?.destroy();
  }
}

/** The page that the browser opens by itself. */
async function firstPage(devtools: DevTools): Promise<FirstPage> {
  for (;;) {
    const { targetInfos } = await devtools.browser.send('Target.getTargets', { filter: [{ type: 'page' }] }, { withinMs: START_MS });
    if (targetInfos[0]) return { ...targetInfos[0], letGo: undefined };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Opens the window and holds its page before it loads anything: what is drawn in it first, and its name, are ours to say then. */
async function openHeld(devtools: DevTools, folder: string, address: string): Promise<FirstPage> {
  const { browser } = devtools;
  const held = new Promise<FirstPage>((resolve) => {
    const hearing = browser.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      hearing.dispose();
      const letGo = async (): Promise<void> => {
        await devtools.session(sessionId).send('Runtime.runIfWaitingForDebugger');
        // Whatever comes up later is closed, and must not be held meanwhile.
        await browser.send('Target.setAutoAttach', { autoAttach: false, waitForDebuggerOnStart: false, flatten: true });
      };
      resolve({ ...targetInfo, letGo });
    });
  });
  const filter = [{ type: 'page', exclude: false }, { exclude: true }];
  await browser.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true, filter });
  await handOver(folder, [appArgument(address)]);
  return held;
}

/** Keeps the end of what the browser says. It goes on being read, or a full pipe would hold the browser. */
function listenTo(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-MAX_SAID_CHARS)));
  child.stderr?.on('error', () => {});
  return () => text;
}

/** @throws Error where the machine's processes cannot be listed */
function treeOf(root: number, folder: string): number[] {
  return [...new Set([...processTree(root), ...startedWith(folderArgument(folder))])].filter(isRunning);
}

/** The same; undefined where they cannot be listed: a program of this account can take the descriptor for that away (prlimit(2)). */
function listed(root: number, folder: string): number[] | undefined {
  try {
    return treeOf(root, folder);
  } catch {
    return undefined;
  }
}
