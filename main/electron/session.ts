/** The one session: in memory, serving our own pages, refusing everything else. */
import type { Surface } from '../../src/types/words.ts';
import { session, type Session } from 'electron';
import { origin, type RefusedByHost } from '../host.ts';
import { servePage } from '../window/pages.ts';

/** Without `persist:` it lives in memory only. */
const PARTITION = 'wardmux';

/**
 * The workspace may copy, and paste from its own menu. The lock may clear the clipboard; it, the first run and a guest may not
 * read what was copied before.
 */
const permissions: Readonly<Record<Surface, readonly string[]>> = {
  setup: ['clipboard-sanitized-write'],
  lock: ['clipboard-sanitized-write'],
  guest: ['clipboard-sanitized-write'],
  workspace: ['clipboard-read', 'clipboard-sanitized-write'],
};

export interface ElectronSessionOptions {
  readonly rendererFolder: string;
  /** The surface that stands in the window now. */
  readonly surface: () => Surface | undefined;
  /** True once for the document that is wanted now. */
  readonly takeDocument: (pathname: string) => boolean;
  readonly onRefused: (what: RefusedByHost) => void;
}

export function openSession(options: ElectronSessionOptions): Session {
  const own = session.fromPartition(PARTITION, { cache: false });

  own.protocol.handle('https', async (request) => {
    const url = URL.parse(request.url);
    // A document is given once a show: a reload or a link gets nothing, and the page counts as gone.
    const document = url?.origin === origin && url.pathname.endsWith('.html');
    if (request.method !== 'GET' || (document && !options.takeDocument(url.pathname))) return refuse(document ? 'navigation' : 'foreign-request');
    const answer = await servePage(options.rendererFolder, request.url);
    if (answer.status === 403) options.onRefused('foreign-request');
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  });
  // Every other scheme that could carry bytes is answered by us, with no. The network stack never sees a request.
  for (const scheme of ['http', 'file', 'ftp']) own.protocol.handle(scheme, () => refuse('foreign-request'));
  own.webRequest.onBeforeRequest({ urls: ['ws://*/*', 'wss://*/*'] }, (_details, callback) => {
    options.onRefused('web-socket');
    callback({ cancel: true });
  });

  function refuse(what: RefusedByHost): Response {
    options.onRefused(what);
    return new Response('Refused: Wardmux serves its own pages only.\n', { status: 403 });
  }

  const allowed = (permission: string, from: string): boolean => {
    const surface = options.surface();
    return surface !== undefined && new URL(from).origin === origin && permissions[surface].includes(permission);
  };
  own.setPermissionCheckHandler((_contents, permission, from) => URL.canParse(from) && allowed(permission, from));
  own.setPermissionRequestHandler((_contents, permission, callback, details) =>
    callback(URL.canParse(details.requestingUrl) && allowed(permission, details.requestingUrl)),
  );
  // No USB, HID or serial device for pages. WebAuthn does not come this way.
  own.setDevicePermissionHandler(() => false);
  own.setDisplayMediaRequestHandler(null);
  own.setSpellCheckerEnabled(false);
  own.on('will-download', (event) => {
    event.preventDefault();
    options.onRefused('download');
  });
  return own;
}
