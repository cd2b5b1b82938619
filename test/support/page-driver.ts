/**
 * The tests' library beside the host: it speaks with the page through the host's own pipe, in sessions of its own, so that the
 * browser under test is started and held exactly as it is for a person.
 */
import { chromium, type Browser, type ConnectOverCDPTransport, type Page } from 'playwright-core';
import { DevToolsError, type DevTools } from '../../src/browser/devtools.ts';

/** A page that is being replaced answers nothing: the next attempt meets the new one. */
const CONNECT_MS = 5_000;

interface Message {
  readonly id: number;
  readonly method: string;
  readonly params?: object;
  readonly sessionId?: string;
}

/** What the library says without a session goes to a session with the browser that is its own; what it hears is what its sessions get. */
async function transportOver(devtools: DevTools): Promise<ConnectOverCDPTransport> {
  const { sessionId: root } = (await devtools.command('Target.attachToBrowserTarget', undefined, undefined)) as { sessionId: string };
  const sessions = new Set<string>();
  const name = (sessionId: string | undefined): { sessionId?: string } => (sessionId === undefined || sessionId === root ? {} : { sessionId });
  const heard = devtools.onEvent((method, params, sessionId) => {
    if (sessionId !== root && (sessionId === undefined || !sessions.has(sessionId))) return;
    const about = (params as { sessionId?: unknown }).sessionId;
    if (method === 'Target.attachedToTarget' && typeof about === 'string') sessions.add(about);
    // In the order in which it came: an answer takes one turn to get here too.
    queueMicrotask(() => transport.onmessage?.({ method, params, ...name(sessionId) }));
  });
  const gone = devtools.onGone((reason) => transport.onclose?.(reason));
  const transport: ConnectOverCDPTransport = {
    send(message) {
      const { id, method, params, sessionId } = message as Message;
      // The library ends the browser when it is done with it: that is not its to do here.
      if (method === 'Browser.close') return transport.close();
      // Nor may it attach to what comes up, or hold it until it has looked: what the host closes in that moment stops the page that has
      // opened it. It gets the one page that there is.
      const auto = method === 'Target.setAutoAttach';
      const asked =
        auto && sessionId === undefined
          ? attachToPage(devtools, root)
          : devtools.command(method, auto ? { ...params, waitForDebuggerOnStart: false } : params, sessionId ?? root, { withinMs: Infinity });
      asked.then(
        (result) => {
          const about = (result as { sessionId?: unknown } | undefined)?.sessionId;
          if (typeof about === 'string') sessions.add(about);
          transport.onmessage?.({ id, result, ...name(sessionId) });
        },
        (error: unknown) =>
          transport.onmessage?.({ id, error: { code: (error as DevToolsError).code ?? 0, message: (error as Error).message }, ...name(sessionId) }),
      );
    },
    close() {
      heard.dispose();
      gone.dispose();
      devtools.command('Target.detachFromTarget', { sessionId: root }, undefined).catch(() => {});
      transport.onclose?.();
    },
  };
  return transport;
}

async function attachToPage(devtools: DevTools, root: string): Promise<object> {
  const { targetInfos } = await devtools.browser.send('Target.getTargets', { filter: [{ type: 'page' }] });
  for (const { targetId } of targetInfos) await devtools.command('Target.attachToTarget', { targetId, flatten: true }, root);
  return {};
}

/** Keeps a page of the library's for the page of a host. */
export class PageDriver {
  readonly #host: { readonly devtools: DevTools | undefined };
  #over: DevTools | undefined;
  #browser: Browser | undefined;
  #page: Page | undefined;
  #crashed = false;
  #connecting: Promise<Page> | undefined;

  constructor(host: { readonly devtools: DevTools | undefined }) {
    this.#host = host;
  }

  /** The page that `ready` has found last. */
  get page(): Page {
    if (!this.#page) throw new Error('There is no page yet.');
    return this.#page;
  }

  /** The page as it is now: another object after its renderer or its browser has died. */
  ready(): Promise<Page> {
    return (this.#connecting ??= this.#find().finally(() => (this.#connecting = undefined)));
  }

  async #find(): Promise<Page> {
    const { devtools } = this.#host;
    if (!devtools) throw new Error('The window is not open.');
    if (this.#page && this.#over === devtools && !this.#crashed && !this.#page.isClosed()) return this.#page;
    await this.#browser?.close().catch(() => {});
    this.#browser = await chromium.connectOverCDP(await transportOver(devtools), { noDefaults: true, timeout: CONNECT_MS });
    const page = this.#browser.contexts()[0]?.pages()[0];
    if (!page) throw new Error('The library sees no page.');
    this.#crashed = false;
    page.on('crash', () => (this.#crashed = true));
    this.#over = devtools;
    this.#page = page;
    return page;
  }
}
